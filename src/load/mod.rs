//! Floor 6: load runs. A profile says which stories are played how often; the same scripted callers as everywhere play
//! them on the live exchange, or in virtual time, and every latency is counted from the moment at which its cause was
//! due: what a late generator adds is in the figures, and too much of it makes a run void.

mod arrival_source;
pub mod callers;
pub mod compare;
mod conduct;
pub mod exposition;
pub mod figures;
pub mod find;
pub mod host;
pub mod live;
pub mod organizers;
pub mod outward;
pub mod profile;
pub mod progress;
pub mod prometheus;
pub mod protobuf;
pub mod ranks;
pub mod report;
pub mod run;
pub mod schedule;
pub mod tally;
pub mod verdict;
pub mod virtual_time;
