//! Administrators' acts: one vocabulary for cmdlets, the command line, scenarios and pages.

pub mod act;
pub mod answer;
