//! SIP as machines and values: bytes in, bytes out. No socket, no clock, no thread; time is an argument, so that the
//! same code runs in virtual time and on the wire.
//!
//! | file | what |
//! |---|---|
//! | [`message`] | a message as parsed and as printed, typed access to its headers (RFC 3261 section 7, 20, 25) |

pub mod message;
