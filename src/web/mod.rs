//! Floor 6: the admin center. One program runs the bridge on the users of the directory and serves pages, the REST API,
//! the figures and the stream of what happens.
//!
//! Nothing is decided here: what administrators do goes through [`crate::admin`], as from the command line and by cmdlets,
//! what is shown of calls is read off the event stream.

mod apart;
mod api;
mod app;
mod client;
mod cookie;
mod follow;
mod guard;
mod limits;
mod live;
mod metrics;
mod page;
mod problem;
mod server;
mod session;
mod words;

pub use live::place::can_be_placed;
pub use server::{Center, Served, Settings, Tls, Unopened};

pub use api::document;
