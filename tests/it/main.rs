//! The one integration binary: a module for each subject, so that linking happens once.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics fails with its line, which is what a test is for"
)]

mod administering;
mod assets;
mod bad_scenarios;
mod bounded;
mod broken_scenarios;
mod cmdlets;
mod config;
mod coverage;
mod cut_off;
mod determinism;
mod device;
mod directories;
mod disk;
mod documents;
mod dtmf;
mod elsewhere;
mod exchange;
mod explore;
mod faulty_bridge;
mod files;
mod hold_music;
mod html_report;
mod interleavings;
mod interop;
mod junit;
mod language;
mod load;
mod mail;
mod manners;
mod media_threads;
mod model;
mod over_sip;
mod package;
mod parity;
mod phone;
mod postgres;
mod postgres_route;
mod profiles;
mod properties;
mod recorded;
mod recordings;
mod records;
mod replay;
mod reports;
mod riff;
mod secrets;
mod selection;
mod shell;
mod signalling;
mod sip;
mod sounds;
mod stage;
mod step;
mod stores;
mod telephones;
mod tidy;
mod tmux;
mod truth_table;
mod via;
mod watch;
mod web;
mod why;
