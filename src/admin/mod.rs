//! Administrators' acts: one vocabulary for cmdlets, the command line, scenarios and pages, and what carries them out.

pub mod accounts;
pub mod act;
pub mod actor;
pub mod administration;
pub mod answer;
mod audit;
pub mod cmdlet;
pub mod import;
mod letter;
mod numbers;
mod people;
mod perform;
mod pin_inside;
pub mod prune;
pub mod refusal;
mod refused;
mod settings;
mod short_name;
mod tenant;
mod tokens;
mod turns;
mod user_command;
mod view;
