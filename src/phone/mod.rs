//! Floor 6: the telephone at the keyboard, `attendant dial`.
//!
//! [`PhoneModel`](model::PhoneModel) decides: keys, what the exchange tells and the clock go in, orders come out, and it is the
//! same for the screen and for plain lines. [`call`] carries the orders to device legs of an exchange in this process,
//! [`remote`] to another bridge by SIP; [`screen`] draws and [`plain`] writes; a [`monitor`](monitor::Monitor) has what the
//! focused handset hears, for a loudspeaker or a file, and measures what all of them hear, for the screen.

pub mod call;
pub mod carrier;
pub mod demo;
pub mod describe;
pub mod events;
pub mod handset;
mod headline;
pub mod help;
pub mod hint;
pub mod keyed;
pub mod live;
pub mod meter;
mod microphone;
pub mod model;
pub mod monitor;
pub mod people;
pub mod plain;
pub mod remote;
pub mod screen;
mod sentence;
pub mod speaker;
pub mod state;
mod unknown;
