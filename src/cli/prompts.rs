//! `attendant prompts`: what the bridge says, what is wrong with recordings of one's own, and what a recording of a call
//! holds.

mod hear;

use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;

use serde::Serialize;

use super::counted;
use super::exit::{CliError, Exit};
use super::progress::Progress;
use super::screen::Screen;
use super::sounds::mixed_down;
use crate::assets::{self, AssetError, Folder};
use crate::control::call::{Language, Prompt};
use crate::media::inspect::{self, Fault, Inspection, UNEVEN};
use crate::media::library::Library;
use crate::media::manifest::Manifest;
use crate::media::speech_level::dbm0;
use crate::media::wav;
use crate::report::Paint;
use crate::suite::in_order;
use hear::Hear;

const EXAMPLES: &str = "\
Examples:
  attendant prompts list --language de-DE
  attendant prompts check my-sounds
  attendant prompts check my-sounds --json | jq 'select(.faults != [])'
  attendant prompts hear call.wav

A sound folder holds en-US/welcome.wav, en-US/digits/7.wav and so on (or en-US/8k/welcome.wav), and \
music/hold_music.wav, as WAV of any common kind and rate. `attendant replay --assets my-sounds` plays it.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Prompts {
    #[command(subcommand)]
    command: PromptsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PromptsCommand {
    /// Print all prompts with their length and wording
    List(List),
    /// Check a sound folder: which prompts are missing, and which recordings are too loud, clipped or unreadable
    Check(Check),
    /// Print which prompts and music a recording of a call holds, and when each begins
    Hear(Hear),
}

#[derive(Debug, clap::Args)]
struct List {
    /// The language
    #[arg(long, value_name = "TAG", default_value = Language::EnUs.tag(), value_parser = super::language)]
    language: Language,
}

#[derive(Debug, clap::Args)]
struct Check {
    /// The sound folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Print JSON lines: one for each sound, each missing prompt and each file that is not played
    #[arg(long)]
    json: bool,
}

impl Prompts {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        match &self.command {
            PromptsCommand::List(list) => list.run(screen),
            PromptsCommand::Check(check) => check.run(screen),
            PromptsCommand::Hear(hear) => hear.run(screen),
        }
    }
}

impl List {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let mut out = screen.page();
        for prompt in Library::recordings() {
            let entry = Manifest::built_in().prompt(self.language.tag(), prompt.name());
            let entry = entry.expect("the manifest has every prompt in every language: a test looks");
            let seconds = Library::built_in().duration(prompt, self.language).as_secs_f64();
            writeln!(out, "{:24} {seconds:6.2} s  {}", prompt.name(), entry.wording)?;
        }
        out.flush()?;
        Ok(Exit::Success)
    }
}

/// The purpose of a file in the folder: a prompt, or the music.
type Slot = Option<(Language, Prompt)>;

/// A file that was looked at.
struct Sound<'f> {
    slot: Slot,
    file: &'f Path,
    inspected: Result<Inspection, AssetError>,
    /// How many channels its file has; 0 if it cannot be read.
    channels: u16,
}

impl Check {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let folder = Folder::look(&self.folder)
            .map_err(|error| CliError::bad(format!("error: {}: {error}", self.folder.display())))?;
        let checked = Checked { root: &self.folder, sounds: inspect_all(&folder), folder: &folder };
        let mut out = screen.page_unless(self.json);
        if self.json { checked.write_json(&mut out) } else { checked.write(&mut out, screen.paint()) }?;
        out.flush()?;
        Ok(if checked.wrong() == 0 { Exit::Success } else { Exit::Failed })
    }
}

/// Reads and measures every sound, on all cores.
fn inspect_all(folder: &Folder) -> Vec<Sound<'_>> {
    let prompts = folder.prompts.iter().map(|(slot, file)| (Some(*slot), file.as_path()));
    let music = folder.music.iter().map(|file| (None, file.as_path()));
    let files: Vec<(Slot, &Path)> = prompts.chain(music).collect();
    let progress = Progress::new(files.len(), "sounds");
    let jobs = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut sounds = Vec::new();
    let inspect = |number: usize| inspect_one(files[number].0, files[number].1);
    in_order(jobs, files.len(), &AtomicBool::new(false), inspect, |number, inspected| {
        let (slot, file) = files[number];
        let channels = inspected.as_ref().map_or(0, |(_, channels)| *channels);
        sounds.push(Sound { slot, file, inspected: inspected.map(|(inspection, _)| inspection), channels });
        progress.count();
        ControlFlow::Continue(())
    });
    progress.end();
    compare(&mut sounds);
    sounds
}

/// Returns the measurements of a file, and its number of channels.
fn inspect_one(slot: Slot, file: &Path) -> Result<(Inspection, u16), AssetError> {
    let bytes = assets::read(file)?;
    let clipped = wav::clipped(&bytes).map_err(AssetError::Wav)?;
    let channels = wav::channels(&bytes).map_err(AssetError::Wav)?;
    let inspection = match slot {
        Some(_) => inspect::prompt(&wav::read(&bytes).map_err(AssetError::Wav)?, clipped),
        None => inspect::hold_music(&wav::read_loop(&bytes).map_err(AssetError::Wav)?, clipped),
    };
    Ok((inspection, channels))
}

/// Notes which prompts stand out of their language.
fn compare(sounds: &mut [Sound<'_>]) {
    for language in Language::ALL {
        let Some([_, middle, _]) = spread(&levels(sounds, language)) else { continue };
        let own = |sound: &&mut Sound<'_>| sound.slot.is_some_and(|(spoken, _)| spoken == language);
        for inspection in sounds.iter_mut().filter(own).filter_map(|sound| sound.inspected.as_mut().ok()) {
            let over = inspection.level.map_or(0.0, |level| level.active_dbov - middle);
            if over.abs() > UNEVEN {
                inspection.faults.push(Fault::Uneven(over));
            }
        }
    }
}

/// Active levels of a language's prompts, in dBov.
fn levels(sounds: &[Sound<'_>], language: Language) -> Vec<f64> {
    let own = sounds.iter().filter(|sound| sound.slot.is_some_and(|(spoken, _)| spoken == language));
    own.filter_map(|sound| Some(sound.inspected.as_ref().ok()?.level?.active_dbov)).collect()
}

/// The lowest, the middle and the highest.
fn spread(levels: &[f64]) -> Option<[f64; 3]> {
    let mut levels = levels.to_vec();
    levels.sort_by(f64::total_cmp);
    Some([*levels.first()?, levels[levels.len() / 2], *levels.last()?])
}

/// A folder with all that was found.
struct Checked<'f> {
    root: &'f Path,
    folder: &'f Folder,
    sounds: Vec<Sound<'f>>,
}

/// One line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    /// A file that is played, or would be.
    Sound {
        v: u8,
        file: String,
        language: Option<&'static str>,
        prompt: &'static str,
        /// How many its file has: several are mixed down.
        #[serde(skip_serializing_if = "Option::is_none")]
        channels: Option<u16>,
        #[serde(flatten)]
        measured: Option<Measured>,
        faults: Vec<String>,
    },
    /// A prompt for which there is no file.
    Lacking { v: u8, language: &'static str, prompt: &'static str },
    /// A file that is not played.
    Unused { v: u8, file: String, why: String },
    /// The end.
    Summary { v: u8, folder: &'l str, sounds: usize, wrong: usize },
}

#[derive(Serialize)]
struct Measured {
    ms: u128,
    active_dbm0: Option<f64>,
    active_dbov: Option<f64>,
    activity: Option<f64>,
    peak_dbfs: f64,
    silence_before_ms: u128,
    silence_after_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    seam_click_db: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seam_gap_ms: Option<u128>,
}

impl Measured {
    fn of(inspection: &Inspection) -> Self {
        let [before, after] = inspection.silence;
        Self {
            ms: inspection.length.as_millis(),
            active_dbm0: inspection.level.map(|level| tenth(level.active_dbm0())),
            active_dbov: inspection.level.map(|level| tenth(level.active_dbov)),
            activity: inspection.level.map(|level| (level.activity * 100.0).round() / 100.0),
            peak_dbfs: tenth(inspection.peak_dbfs),
            silence_before_ms: before.as_millis(),
            silence_after_ms: after.as_millis(),
            seam_click_db: inspection.seam.map(|seam| tenth(seam.click_db)),
            seam_gap_ms: inspection.seam.map(|seam| seam.gap.as_millis()),
        }
    }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

impl Checked<'_> {
    /// Returns how many sounds have a fault, prompts are lacking and files are not played.
    fn wrong(&self) -> usize {
        let faulty = self.sounds.iter().filter(|sound| !faults(sound).is_empty()).count();
        faulty + self.folder.unused.len() + self.lacking().values().map(Vec::len).sum::<usize>()
    }

    /// Returns the prompts that each language lacks, for languages that have any.
    fn lacking(&self) -> BTreeMap<Language, Vec<&'static str>> {
        let there = |language: &Language| self.folder.prompts.keys().any(|(spoken, _)| spoken == language);
        let lacks = |language: Language| {
            Library::recordings()
                .filter(|prompt| !self.folder.prompts.contains_key(&(language, *prompt)))
                .map(Prompt::name)
                .collect()
        };
        let languages = Language::ALL.into_iter().filter(there).map(|language| (language, lacks(language)));
        languages.filter(|(_, lacking): &(_, Vec<_>)| !lacking.is_empty()).collect()
    }

    fn shown(&self, file: &Path) -> String {
        file.strip_prefix(self.root).unwrap_or(file).display().to_string()
    }

    fn write(&self, out: &mut impl Write, paint: Paint) -> std::io::Result<()> {
        self.write_table(out)?;
        for sound in &self.sounds {
            let faults = faults(sound);
            if !faults.is_empty() {
                writeln!(out, "{} {}: {}", paint.bad("wrong"), self.shown(sound.file), faults.join("; "))?;
            }
        }
        for (language, lacking) in self.lacking() {
            writeln!(out, "{} {}: {}", paint.bad("lacks"), language.tag(), lacking.join(", "))?;
        }
        for (file, why) in &self.folder.unused {
            writeln!(out, "{} {}: {why}", paint.bad("not played"), self.shown(file))?;
        }
        let mixed = self.sounds.iter().filter(|sound| sound.channels > 1);
        if let Some(note) = mixed_down(mixed.map(|sound| self.shown(sound.file)).collect()) {
            writeln!(out, "{} {note}", paint.open("note"))?;
        }
        let sounds = counted(self.sounds.len(), "sound");
        match self.wrong() {
            0 => writeln!(out, "{}", paint.good(&format!("{sounds}: no faults"))),
            1 => writeln!(out, "{}", paint.bad(&format!("{sounds}: 1 fault"))),
            wrong => writeln!(out, "{}", paint.bad(&format!("{sounds}: {wrong} faults"))),
        }
    }

    /// Writes the table of languages, with the lowest, median and highest level.
    fn write_table(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "language  prompts   active level in dBm0       longest")?;
        for language in Language::ALL {
            let own = |sound: &&Sound<'_>| sound.slot.is_some_and(|(spoken, _)| spoken == language);
            let count = self.sounds.iter().filter(own).count();
            let Some(levels) = spread(&levels(&self.sounds, language)) else {
                if count == 0 {
                    writeln!(out, "{:8}     none   the built-in ones are played", language.tag())?;
                }
                continue;
            };
            let [low, middle, high] = levels.map(dbm0);
            let lengths = self.sounds.iter().filter(own).filter_map(|sound| sound.inspected.as_ref().ok());
            let longest = lengths.map(|inspection| inspection.length).max().unwrap_or_default().as_secs_f64();
            let of = Library::recordings().count();
            let tag = language.tag();
            writeln!(out, "{tag:8} {count:3} of {of}  {low:7.1} {middle:7.1} {high:7.1}   {longest:6.1} s")?;
        }
        let music = self.sounds.iter().find(|sound| sound.slot.is_none());
        match music.map(|sound| &sound.inspected) {
            None => writeln!(out, "music        none   the built-in one is played"),
            Some(Err(_)) => Ok(()),
            Some(Ok(Inspection { level, length, seam, .. })) => {
                let level = level.map_or(f64::NEG_INFINITY, |level| level.active_dbm0());
                let joins = seam.map_or(String::new(), |seam| {
                    let (click, gap) = (seam.click_db, seam.gap.as_millis());
                    format!("   loop joint {click:+.0} dB against the music around it, gap {gap} ms")
                });
                let length = length.as_secs_f64();
                writeln!(out, "music               {level:15.1}           {length:6.1} s{joins}")
            }
        }
    }

    fn write_json(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mut line = |line: &Line<'_>| {
            serde_json::to_writer(&mut *out, line)?;
            writeln!(out)
        };
        for sound in &self.sounds {
            line(&Line::Sound {
                v: 1,
                file: self.shown(sound.file),
                language: sound.slot.map(|(language, _)| language.tag()),
                prompt: sound.slot.map_or("hold_music", |(_, prompt)| prompt.name()),
                channels: sound.inspected.is_ok().then_some(sound.channels),
                measured: sound.inspected.as_ref().ok().map(Measured::of),
                faults: faults(sound),
            })?;
        }
        for (language, lacking) in self.lacking() {
            for prompt in lacking {
                line(&Line::Lacking { v: 1, language: language.tag(), prompt })?;
            }
        }
        for (file, why) in &self.folder.unused {
            line(&Line::Unused { v: 1, file: self.shown(file), why: why.to_string() })?;
        }
        let (sounds, wrong) = (self.sounds.len(), self.wrong());
        line(&Line::Summary { v: 1, folder: &self.root.display().to_string(), sounds, wrong })
    }
}

/// Returns a sound's faults in words.
fn faults(sound: &Sound<'_>) -> Vec<String> {
    match &sound.inspected {
        Ok(inspection) => inspection.faults.iter().map(Fault::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}
