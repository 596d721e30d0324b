//! `attendant prompts hear`: what a recording of a call holds.

use std::io::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::assets::{self, AssetError};
use crate::cli::exit::{CliError, Exit};
use crate::cli::screen::Screen;
use crate::control::call::Language;
use crate::media::hear::{Heard, Known, Sounds, intervals};
use crate::media::library::Library;
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::wav;

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Hear {
    /// The recording: a WAV file of any common kind and rate, as a telephone heard it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only prompts in this language; repeat for more
    #[arg(long, value_name = "TAG", value_parser = crate::cli::language)]
    language: Vec<Language>,

    /// Print JSON lines, one for each sound
    #[arg(long)]
    json: bool,
}

/// A stretch of the recording, as `--json` prints it.
#[derive(Serialize)]
struct Line {
    /// In seconds.
    from: f64,
    /// In seconds.
    to: f64,
    /// A prompt's name, `hold_music`, `voices`, `unknown` or `silence`.
    sound: &'static str,
    /// The numbers of scripted callers' voices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    voices: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
}

impl Hear {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let named = |error: AssetError| CliError::bad(format!("error: {}: {error}", self.file.display()));
        let bytes = assets::read(&self.file).map_err(named)?;
        let samples = wav::read(&bytes).map_err(|error| named(AssetError::Wav(error)))?;
        let languages = if self.language.is_empty() { Language::ALL.as_slice() } else { &self.language };
        let sounds = Sounds::of(Library::built_in(), languages);
        let mut out = screen.page_unless(self.json);
        for interval in intervals(sounds.lexicon(), &samples) {
            let seconds = |sample: usize| sample as f64 / f64::from(SAMPLES_PER_SECOND);
            let (sound, language) = match interval.heard {
                Heard::Known(word) => match sounds.known(word) {
                    Known::Prompt(prompt, language) => (prompt.name(), Some(language.tag())),
                    Known::HoldMusic => ("hold_music", None),
                    Known::Recording(_) => ("recording", None),
                },
                Heard::Voices(_) => ("voices", None),
                Heard::Unknown => ("unknown", None),
                Heard::Silence => ("silence", None),
            };
            let voices = match interval.heard {
                Heard::Voices(voices) => voices.numbers().collect(),
                Heard::Known(_) | Heard::Unknown | Heard::Silence => Vec::new(),
            };
            let (from, to) = (seconds(interval.from), seconds(interval.to));
            let line = Line { from, to, sound, voices, language };
            if self.json {
                serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from)?;
                writeln!(out)?;
            } else {
                let voices = line.voices.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
                let more = line.language.map_or(voices, str::to_owned);
                let gap = if more.is_empty() { "" } else { "  " };
                writeln!(out, "{:8.3} s {:8.3} s  {}{gap}{more}", line.from, line.to, line.sound)?;
            }
        }
        out.flush()?;
        Ok(Exit::Success)
    }
}
