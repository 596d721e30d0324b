//! Calls by SIP from end to end in virtual time: a shard, telephones that share none of its code, and a network between them.

mod network;
mod phone;
mod walk;
mod world;
