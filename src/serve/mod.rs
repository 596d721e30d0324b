//! Floor 6, above `web`: opens the exchange, HTTP and mail on one directory as one service, and closes them in good order.
//!
//! [`crate::web`] opens no socket: it answers requests, wherever they come from.

mod certificates;
mod error;
mod farewell;
mod listener;
mod open_files;
mod service;
mod signals;
mod telephones;
mod tls;

pub use certificates::Certificates;
pub use error::OpenError;
pub use farewell::Farewell;
pub use open_files::raise as raise_open_files;
pub use service::{Served, Service, Settings};
pub use signals::Signals;
pub use telephones::Room;
pub use tls::Tls;
