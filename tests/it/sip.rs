//! SIP through its public surface: what hostile messages are answered, and transactions against models of the RFC.

mod network;
mod torture;
mod transactions;
