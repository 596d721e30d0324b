//! Floor 6: the admin center. Pages, the REST API, the metrics and the stream of events of a bridge; it answers requests
//! and opens no socket of its own, which [`crate::serve`] does.
//!
//! Nothing is decided here: what administrators do goes through [`crate::admin`], as from the command line and by cmdlets,
//! what is shown of calls is read off the event stream.

mod access;
mod access_log;
mod answers;
mod api;
mod app;
mod bridge;
mod changed;
mod client;
mod cookie;
mod detached;
mod drawings;
mod exported;
mod follow;
mod guard;
mod hosts;
mod limits;
mod live;
mod metrics;
mod note;
mod order;
mod own_process;
mod page;
mod probe;
mod problem;
mod record_filter;
mod record_keeper;
mod recorded;
mod requests;
mod router;
mod session;
mod tick;
mod translation;
mod webhooks;

pub(crate) use access::Access;
pub use api::document;
pub(crate) use app::{App, Shared};
pub(crate) use bridge::{Bridge, TelephoneFigures};
pub(crate) use follow::follow_directory;
pub(crate) use hosts::Hosts;
pub(crate) use live::launch::Launcher;
pub use live::launch::can_be_launched;
pub(crate) use live::sink::EventSink;
pub(crate) use live::webhooks::WebhookTap;
pub(crate) use probe::probe_directory;
pub(crate) use record_keeper::keep_records;
pub(crate) use router::router;
pub(crate) use tick::tick;
pub(crate) use webhooks::send_webhooks;
