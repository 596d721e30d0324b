//! `attendant prompts hear`: what a recording of a call holds.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::assets::{self, AssetError};
use crate::cli::exit::{CliError, Exit};
use crate::cli::screen::Screen;
use crate::control::call::{Language, Prompt};
use crate::media::hear::{Heard, Lexicon, Word, intervals};
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

/// A sound that may be heard.
enum Known {
    Prompt(Prompt, Language),
    HoldMusic,
}

/// A stretch of the recording, as `--json` prints it.
#[derive(Serialize)]
struct Line {
    /// In seconds.
    from: f64,
    /// In seconds.
    to: f64,
    /// A prompt's name, `hold_music`, `unknown` or `silence`.
    sound: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
}

impl Hear {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let named = |error: AssetError| CliError::bad(format!("error: {}: {error}", self.file.display()));
        let bytes = assets::read(&self.file).map_err(named)?;
        let samples = wav::read(&bytes).map_err(|error| named(AssetError::Wav(error)))?;
        let (lexicon, known) = self.lexicon();
        let mut out = screen.page_unless(self.json);
        for interval in intervals(&lexicon, &samples) {
            let seconds = |sample: usize| sample as f64 / f64::from(SAMPLES_PER_SECOND);
            let (sound, language) = match interval.heard {
                Heard::Known(Word(at)) => match &known[at] {
                    Known::Prompt(prompt, language) => (prompt.name(), Some(language.tag())),
                    Known::HoldMusic => ("hold_music", None),
                },
                Heard::Unknown => ("unknown", None),
                Heard::Silence => ("silence", None),
            };
            let line = Line { from: seconds(interval.from), to: seconds(interval.to), sound, language };
            if self.json {
                serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from)?;
                writeln!(out)?;
            } else {
                let language = line.language.map_or_else(String::new, |language| format!("  {language}"));
                writeln!(out, "{:8.3} s {:8.3} s  {}{language}", line.from, line.to, line.sound)?;
            }
        }
        out.flush()?;
        Ok(Exit::Success)
    }

    /// The sounds that may be heard, and what each is.
    fn lexicon(&self) -> (Arc<Lexicon>, Vec<Known>) {
        let languages = if self.language.is_empty() { Language::ALL.as_slice() } else { &self.language };
        let library = Library::built_in();
        let (mut lexicon, mut known) = (Lexicon::default(), Vec::new());
        for language in languages {
            for prompt in Library::recordings() {
                if let Some(sound) = library.prompt(prompt, *language) {
                    lexicon.add(sound.samples(), false);
                    known.push(Known::Prompt(prompt, *language));
                }
            }
        }
        lexicon.add(library.hold_music().samples(), true);
        known.push(Known::HoldMusic);
        (Arc::new(lexicon), known)
    }
}
