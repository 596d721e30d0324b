//! Attendant: the dial-in side of an audio conferencing service, simulated as Skype for Business Online offered it
//! in late 2017. Callers name a meeting, wait in its lobby with music, and are released together once the organizer
//! keys a PIN.
//!
//! # The floors of the house
//!
//! | floor | module | what |
//! |---|---|---|
//! | 0 | [`control`] | decides: machines without I/O, clock, hash order or entropy |
//! | 1 | [`media`] | computes: sounds, and what lines do to them |
//! | 1 | [`sip`] | SIP as machines and values: messages, transactions, what is let in |
//! | 1 | [`rtp`] | the media protocol as machines and values: streams, reports, latching |
//! | 2 | [`assets`], [`clock`], [`config`], [`files`], [`store`], [`suggest`], [`telemetry`] | files of sounds, the only `now()`, settings, files that users name, users and mails as they are kept, what was meant, the program's own log |
//! | 3 | [`bridge`] | the bridge as rows, shared by both drivers: calls, conferences, values on their way, the protocol of far ends |
//! | 3 | [`leg`] | the far end of a call: scripted callers, their lines and what goes wrong on them, devices |
//! | 4 | [`exchange`] | the machines in real time: a task for each meeting and each lane of legs |
//! | 4 | [`mail`], [`admin`] | mails from the outbox to a folder or a server; what administrators ask for and are answered |
//! | 5 | [`scenario`] | the language of scenario files: reading, checking, compiling |
//! | 5 | [`play`] | playing one case, in virtual time or on the live exchange; facts and invariants |
//! | 5 | [`report`] | what is told of cases that were played, and recordings |
//! | 5 | [`suite`] | many cases: running, choosing, shrinking, other orders, sessions, coverage, faulty bridges, the truth table |
//! | 6 | [`terminal`] | the terminal of a program that draws on all of it: keys, signals, colours, frames |
//! | 6 | [`load`] | load runs: arrivals as data, percentiles, reports |
//! | 6 | [`web`] | the admin center: pages, REST API, figures, what goes on in meetings |
//! | 6 | [`serve`] | exchange, HTTP and mail on one directory, opened and closed as one service |
//! | 6 | [`phone`] | the telephone at the keyboard: handsets, what one hears, the screen |
//! | 6 | [`step`] | a case event by event, forwards and backwards |
//! | 7 | [`cli`] | the command line |
//!
//! A module imports only from lower floors, and on its own floor only in one order; `tests/it/tidy` holds the table
//! and refuses what could make a run differ from the last.
//!
//! # How it runs
//!
//! Four machines talk in values: a [scripted caller](control::caller::Caller), the
//! [attendant](control::attendant::Attendant) of its leg, the [meeting](control::meeting::Meeting), and the
//! [directory](control::directory::Directory). Each takes one input or timeout, is drained of its outputs, and keeps
//! every deadline in one table. [`play::world::World`] carries the values in virtual time and decides nothing;
//! all that is printed or judged is read off [one event stream](control::event::Event).
//!
//! # Invariants
//!
//! [`play::invariants`] checks BEHAVIOUR section 6 after every event of every run: nobody is in a meeting that
//! nobody started, a start releases the whole lobby at once, lobby and meeting never hear each other, every call has
//! one outcome, hold music is not cut by others.

pub use attendant_control as control;
pub use attendant_media as media;
pub use attendant_rtp as rtp;
pub use attendant_sip as sip;

pub mod admin;
pub mod assets;
pub mod bridge;
pub mod cli;
pub mod clock;
pub mod config;
pub mod exchange;
pub mod files;
pub mod leg;
pub mod load;
pub mod mail;
pub mod phone;
pub mod play;
pub mod report;
pub mod scenario;
pub mod serve;
pub mod step;
pub mod store;
pub mod suggest;
pub mod suite;
pub mod telemetry;
pub mod terminal;
pub mod web;
