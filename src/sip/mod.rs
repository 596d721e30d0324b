//! SIP as machines and values: bytes in, bytes out. No socket, no clock, no thread; time is an argument, so that the
//! same code runs in virtual time and on the wire.
//!
//! | file | what |
//! |---|---|
//! | [`message`] | a message as parsed and as printed, typed access to its headers (RFC 3261 sections 7, 20, 25) |
//! | [`transport`] | UDP, TCP, TLS, and which of them is reliable |
//! | [`transaction`] | a request, its repetitions and its responses (RFC 3261 section 17, RFC 6026) |
//! | [`mask`] | a message as it may be shown: without keys |
//! | [`guard`] | the first look at a message: it passes, is answered, or is dropped |
//! | [`framer`] | a stream cut into messages (RFC 3261 section 18.3) |
//! | [`refusal`] | why something is not let in |
//! | [`network`] | a peer, or all peers of a network, by address |
//! | [`inspection`] | what every request is asked before its method does anything (RFC 3261 section 8.2) |
//! | [`admission`] | what is taken, shed or slowed |
//! | [`dialog`] | tags, route set, target, numbers of requests (RFC 3261 section 12) |
//! | [`offer`] | offer and answer of session descriptions (RFC 3264) |
//! | [`session`] | one call: answered, on hold, refreshed, ended (RFC 3261 sections 13 to 15) |
//! | [`shard`] | all transactions and calls of one shard, as rows |
//! | [`keys`] | keys in INFO bodies, and the gate through which each press passes once |
//! | [`numbers`] | what a request URI dials, and who calls |
//! | [`digest`] | challenges, what answers them, and the check of that (RFC 8760, RFC 7616) |
//! | [`uac`] | a call of ours: placed, authorized, answered or refused, ended (RFC 3261 sections 8.1, 13.2) |

// Every package names the modules of all floors alike.
use crate as sip;
use attendant_control as control;
use attendant_media as media;

pub mod admission;
pub mod dialog;
pub mod digest;
pub mod framer;
pub mod guard;
pub mod inspection;
pub mod keys;
pub mod mask;
pub mod message;
pub mod network;
pub mod numbers;
pub mod offer;
pub mod refusal;
pub mod session;
pub mod shard;
pub mod transaction;
pub mod transport;
pub mod uac;
