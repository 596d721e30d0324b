//! `attendant target check`: what is wrong with a target file, and which of its sounds are alike.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::read_target;
use crate::cli::counted;
use crate::cli::exit::{CliError, Exit};
use crate::cli::screen::Screen;
use crate::control::time::show_duration;
use crate::media::hear::{Alike, Lexicon, Word};
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::scenario::targets::{Target, TargetSound};

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The target file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Check {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let target = read_target(&self.file, screen)?;
        let found = doubts(&target);
        let (mut out, paint) = (screen.page(), screen.paint());
        for doubt in &found {
            writeln!(out, "{doubt}")?;
        }
        let (sounds, doubts) = (counted(target.sounds.len(), "sound"), counted(found.len(), "doubt"));
        let line = format!("{}: {sounds}, {doubts}", target.name);
        writeln!(out, "{}", if found.is_empty() { paint.good(&line) } else { paint.bad(&line) })?;
        out.flush()?;
        Ok(if found.is_empty() { Exit::Success } else { Exit::Failed })
    }
}

/// Sounds that are not known for certain.
fn doubts(target: &Target) -> Vec<String> {
    let mut lexicon = Lexicon::default();
    for TargetSound { samples, from, .. } in &target.sounds {
        // A loop is looked at as it lies: it may be joined anywhere.
        lexicon.add(samples.get(*from..).unwrap_or_default().iter().copied(), false);
    }
    let sounds = || target.sounds.iter().enumerate();
    let mut doubts = Vec::new();
    for (place, sound) in sounds() {
        if !lexicon.is_long_enough(Word(place)) {
            let name = shown(&sound.file);
            doubts.push(format!("{name} has less than 300ms of sound: an ear does not know it by that"));
        }
    }
    for (one, sound) in sounds() {
        for (other, second) in sounds().filter(|(other, second)| *other != one && second.known != sound.known)
        {
            let names = (shown(&sound.file), shown(&second.file));
            doubts.extend(doubt(sound, &names, lexicon.alike(Word(one), Word(other))));
        }
    }
    doubts
}

fn doubt(sound: &TargetSound, (one, other): &(String, String), alike: Alike) -> Option<String> {
    match alike {
        Alike::No => None,
        Alike::Until(sample) => {
            let from = show_duration(time_of(sound.from + sample));
            let word = sound.word;
            Some(format!("{one} begins as {other} does; write `{word}: {{ file: {one}, from: {from} }}`"))
        }
        Alike::Whole => {
            Some(format!("{one} is in all of its length as {other} is: no caller can tell which it is"))
        }
    }
}

fn time_of(samples: usize) -> Duration {
    Duration::from_millis(samples as u64 * 1_000 / u64::from(SAMPLES_PER_SECOND))
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}
