//! RTP as machines and values (RFC 3550): bytes in, bytes out; no socket, no clock, no thread.
//!
//! A [`flow`] is one caller's stream, both ways. What it sends is a slice of a sound that was [`encoded`] once; what it
//! receives passes the [`latch`] before anything is believed of it. A caller who waits costs a header every 20 ms,
//! built in place: nothing is decoded, and nothing allocated, until somebody listens.
//!
//! Time is an argument, and so is entropy: synchronization sources, first sequence numbers and seeds come from the
//! driver, which owns sockets and threads. [`slots`] says which flows are due in which millisecond, [`ports`] which
//! port comes next.

// Every package names the modules of all floors alike.
use crate as rtp;
use attendant_control as control;
use attendant_media as media;

pub mod conceal;
pub mod encoded;
pub mod flow;
pub mod jitter;
pub mod latch;
pub mod mask;
pub mod packet;
pub mod ports;
pub mod receive;
pub mod refusal;
pub mod rtcp;
pub mod send;
pub mod slots;
