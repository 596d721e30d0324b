//! Cases as real calls to bridges that run elsewhere: `attendant serve` in a process of its own, and a bridge that has nothing
//! of this program's.

mod confbridge;
mod server;
mod targets;
