//! Floor 6, above `web`: opens the exchange, HTTP and mail on one directory as one service, and closes them in good order.
//!
//! It is the only module that opens a socket: [`crate::web`] answers requests, wherever they come from.

mod error;
mod listener;
mod service;
mod signals;

pub use error::OpenError;
pub use listener::Tls;
pub use service::{Served, Service, Settings};
pub use signals::stop_signal;
