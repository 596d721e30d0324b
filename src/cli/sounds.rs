//! `--assets`: what the bridge plays instead of the built-in sounds.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::exit::CliError;
use super::screen::Screen;
use crate::assets::{self, AssetError, Folder};
use crate::control::call::{Language, Prompt};
use crate::media::library::{Library, Sound};
use crate::media::wav;
use crate::scenario::collection::Suite;
use crate::suite::in_order;

/// The option of every command that plays.
#[derive(Debug, clap::Args)]
pub(super) struct Sounds {
    /// Play the prompts and music of this folder instead of the built-in ones: en-US/welcome.wav and so on,
    /// music/hold_music.wav
    #[arg(long, value_name = "DIR")]
    assets: Option<PathBuf>,
}

/// The kind of a file in the folder.
#[derive(Clone, Copy)]
enum Slot {
    Prompt(Language, Prompt),
    Music,
}

impl Sounds {
    /// Gives all cases of a suite the sounds to play.
    pub(super) fn give_to(
        &self,
        suite: &mut Suite,
        jobs: NonZeroUsize,
        screen: &Screen,
    ) -> Result<(), CliError> {
        let Some(library) = self.read(jobs, screen)? else { return Ok(()) };
        for case in &mut suite.cases {
            Arc::make_mut(&mut case.story).given.library = Arc::clone(&library);
        }
        suite.assets.clone_from(&self.assets);
        Ok(())
    }

    /// The sounds for a bridge that is opened once.
    pub(super) fn library(&self, screen: &Screen) -> Result<Arc<Library>, CliError> {
        let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(self.read(jobs, screen)?.unwrap_or_else(|| Arc::clone(Library::built_in())))
    }

    /// Reads the folder, if one is named. What it has no sound for is reported: the built-in one is played.
    fn read(&self, jobs: NonZeroUsize, screen: &Screen) -> Result<Option<Arc<Library>>, CliError> {
        let Some(folder) = &self.assets else { return Ok(None) };
        let shown = folder.display();
        let found =
            Folder::look(folder).map_err(|error| CliError::bad(format!("error: {shown}: {error}")))?;
        let (library, mixed) = library(folder, &found, jobs)?;
        if let Some(note) = mixed_down(mixed) {
            screen.say(&format!("note: {note}"));
        }
        if let Some(lacking) = lacking(&found) {
            screen.say(&format!("note: {shown} {lacking}; the built-in sounds are played instead"));
        }
        Ok(Some(Arc::new(library)))
    }
}

/// Reports files that were mixed down to mono.
pub(super) fn mixed_down(files: Vec<String>) -> Option<String> {
    let named = match &files[..] {
        [] => return None,
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        few => few.join(", "),
    };
    Some(format!("{named}: two channels, mixed down to mono"))
}

/// Returns the built-in sounds with those of the folder in their place, and the files that were mixed down.
fn library(folder: &Path, found: &Folder, jobs: NonZeroUsize) -> Result<(Library, Vec<String>), CliError> {
    let prompts =
        found.prompts.iter().map(|((language, prompt), file)| (Slot::Prompt(*language, *prompt), file));
    let files: Vec<(Slot, &PathBuf)> =
        prompts.chain(found.music.iter().map(|file| (Slot::Music, file))).collect();
    let read = |number: usize| {
        let (slot, file) = files[number];
        let bytes = assets::read(file)?;
        let samples = match slot {
            Slot::Prompt(..) => wav::read(&bytes),
            Slot::Music => wav::read_loop(&bytes),
        };
        let channels = wav::channels(&bytes).map_err(AssetError::Wav)?;
        Ok((Sound::new(&samples.map_err(AssetError::Wav)?), channels))
    };
    let mut library = Library::clone(Library::built_in());
    let (mut wrong, mut mixed) = (Vec::new(), Vec::new());
    let mut take = |number: usize, sound: Result<(Sound, u16), AssetError>| {
        let (slot, file) = files[number];
        match (slot, sound) {
            (_, Err(error)) => wrong.push(format!("error: {}: {error}", file.display())),
            (slot, Ok((sound, channels))) => {
                if channels > 1 {
                    mixed.push(file.display().to_string());
                }
                match slot {
                    Slot::Prompt(language, prompt) => library.set_prompt(prompt, language, sound),
                    Slot::Music => library.set_hold_music(sound),
                }
            }
        }
        ControlFlow::Continue(())
    };
    in_order(jobs, files.len(), &AtomicBool::new(false), read, &mut take);
    if wrong.is_empty() {
        return Ok((library, mixed));
    }
    wrong.push(format!("`attendant prompts check {}` lists every fault in it", folder.display()));
    Err(CliError::bad(wrong.join("\n")))
}

/// Describes in one line what a folder has no sound for; `None` if it is complete.
fn lacking(found: &Folder) -> Option<String> {
    let mut lacking: BTreeMap<Language, Vec<&'static str>> = BTreeMap::new();
    let mut nothing = Vec::new();
    for language in Language::ALL {
        let names: Vec<_> = Library::recordings()
            .filter(|prompt| !found.prompts.contains_key(&(language, *prompt)))
            .map(Prompt::name)
            .collect();
        match names.len() {
            0 => {}
            all if all == Library::recordings().count() => nothing.push(language.tag()),
            _ => {
                lacking.insert(language, names);
            }
        }
    }
    let mut parts: Vec<String> = lacking
        .iter()
        .map(|(language, names)| match &names[..] {
            [first, second, third, rest @ ..] if !rest.is_empty() => {
                format!("{first}, {second}, {third} and {} more in {}", rest.len(), language.tag())
            }
            few => format!("{} in {}", few.join(", "), language.tag()),
        })
        .collect();
    if !nothing.is_empty() {
        parts.push(format!("any prompt in {}", nothing.join(", ")));
    }
    if found.music.is_none() {
        parts.push("hold music".to_owned());
    }
    (!parts.is_empty()).then(|| format!("has no sound for {}", parts.join("; ")))
}
