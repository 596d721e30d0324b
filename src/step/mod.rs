//! Floor 6: a case event by event, forwards and backwards, `attendant step`.
//!
//! [`Trace`](trace::Trace) is what happened, read off a run or a saved report; [`Cursor`](cursor::Cursor) is a place in it,
//! with everybody's place at that moment; [`StepModel`](model::StepModel) takes keys, and [`screen`] draws it.

mod callers;
pub mod cursor;
pub mod live;
pub mod model;
pub mod saved;
pub mod screen;
#[cfg(test)]
mod tests;
pub mod trace;
