//! Other orders of what a scenario leaves open: who joins before whom, whether the meeting starts before somebody hangs
//! up, whether a PIN is reset before it is looked at. Callers act a little later and the directory takes a little
//! longer, so that what lay near each other changes places; each order is a run of its own.
//!
//! This is delay-bounded search (Emmi, Qadeer, Rakamarić, "Delay-bounded scheduling", POPL 2011): all orders with one
//! thing later than in the scenario's own run, then with two, and so on, before any at random.

mod moments;
mod save;
mod search;

pub use save::{NoRoom, as_entry, as_file};
pub use search::{Bounds, Explored, Found, Reach, explore};
