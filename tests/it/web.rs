//! The admin center, as browsers and programs meet it: over real sockets, with the real program behind them.

mod api;
mod backup;
mod browser;
mod exposition;
mod file;
mod lease;
mod live;
mod log;
mod metrics;
mod outage;
mod pages;
mod program;
mod records;
mod rights;
mod running;
mod security;
mod tls;
mod webhooks;

pub(super) use browser::take_a_picture;
pub(super) use live::{Program, Stream};
pub(super) use program::Served;
use program::{Answer, Person};

pub(super) const AMOS: &str = "amos.marble@contoso.com";

/// The path of Amos in the page and in the API.
const AMOS_PATH: &str = "/users/amos.marble%40contoso.com";
