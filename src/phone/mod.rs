//! Floor 6: the telephone at the keyboard, `attendant dial`.
//!
//! [`PhoneModel`](model::PhoneModel) decides: keys, what the exchange tells and the clock go in, orders come out, and it is the
//! same for the screen and for plain lines. [`call`] carries the orders to device legs of an exchange in this process;
//! [`screen`] draws and [`plain`] writes; a [`monitor`](monitor::Monitor) renders what the focused handset hears, for a loudspeaker or
//! a file.

pub mod call;
pub mod demo;
pub mod describe;
pub mod handset;
pub mod help;
pub mod keymap;
pub mod live;
pub mod model;
pub mod monitor;
pub mod plain;
pub mod screen;
pub mod signals;
pub mod speaker;
pub mod terminal;
