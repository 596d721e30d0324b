//! Floor 2: a folder of sounds as a user keeps it: `en-US/welcome.wav`, or with the rate in between,
//! `en-US/8k/welcome.wav`, all of that in `prompts/` or not; hold music in `music/`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::control::call::{Language, Prompt};
use crate::files::{self, FileError};
use crate::media::library::Library;
use crate::media::manifest::Manifest;
use crate::media::wav::WavError;

/// The largest file that is read: an hour of CD sound.
pub const FILE_MAX: u64 = 640 << 20;

/// The most files that are looked at: all prompts in all languages at several rates, many times over.
pub const FILES_MAX: usize = 10_000;

/// Names of a hold music file; the first one found is used.
const MUSIC_NAMES: [&str; 3] = ["hold_music_8k", "hold_music", "hold_music_16k"];

/// Endings of WAV files.
const WAVS: [&str; 2] = ["wav", "wave"];

/// Endings of sound files that are not WAV.
const OTHER_SOUNDS: [&str; 33] = [
    "3gp", "aac", "ac3", "aif", "aifc", "aiff", "al", "alaw", "amr", "ape", "au", "caf", "flac", "g722",
    "g729", "gsm", "m4a", "mka", "mp2", "mp3", "mp4", "ogg", "opus", "raw", "sln", "snd", "spx", "ul",
    "ulaw", "voc", "w64", "wma", "wv",
];

/// The names of the sounds in a folder; no sound has been read yet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Folder {
    /// The file of each prompt that is there.
    pub prompts: BTreeMap<(Language, Prompt), PathBuf>,
    /// The hold music.
    pub music: Option<PathBuf>,
    /// Files that cannot be played, with the reason, in the order of their paths.
    pub unused: Vec<(PathBuf, Unused)>,
}

/// Why a file of the folder is not played.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unused {
    /// The folder is named after no language of the bridge.
    Language(String),
    /// The prompt is unknown.
    Name(String),
    /// A sound, but no WAV.
    Kind,
    /// There is other music, or none can be told to be the one.
    Music,
    /// It is not a regular file: why it is not opened.
    Irregular(String),
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Language(name) => {
                let known = Language::ALL.map(Language::tag).join(", ");
                write!(f, "unknown language \"{name}\": expected one of {known}")
            }
            Self::Name(name) => write!(f, "unknown prompt \"{name}\""),
            Self::Kind => f.write_str("not a WAV file, by its name"),
            Self::Irregular(why) => f.write_str(why),
            Self::Music => {
                f.write_str("more than one music file: the one to play must be named hold_music.wav")
            }
        }
    }
}

/// Why a folder or a file cannot be read.
#[derive(Debug)]
pub enum AssetError {
    /// The folder cannot be searched.
    Io(io::Error),
    /// The file cannot be read.
    File(FileError),
    /// More than [`FILES_MAX`] files.
    TooMany,
    /// Neither a folder named after a language, nor music.
    Nothing,
    /// The sound in it cannot be read.
    Wav(WavError),
}

impl fmt::Display for AssetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::TooMany => write!(f, "more than {FILES_MAX} files: this is not a folder of prompts"),
            Self::Nothing => f.write_str(
                "neither prompts nor music: expected folders named by language, as en-US/welcome.wav, or \
                 music/hold_music.wav",
            ),
            Self::Wav(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AssetError {}

impl From<io::Error> for AssetError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Folder {
    /// Looks into a folder.
    ///
    /// # Errors
    /// It cannot be read, holds far too much, or nothing that could be meant.
    pub fn look(folder: &Path) -> Result<Self, AssetError> {
        let nested = folder.join("prompts");
        let root = if nested.is_dir() { nested } else { folder.to_owned() };
        let mut found = Self::default();
        let mut left = FILES_MAX;
        for language in folders(&root)? {
            let name = name_of(&language);
            let mut files = Vec::new();
            if name != "music" {
                all_files(&language, &mut files, &mut left)?;
            }
            found.leave_out_irregular(&mut files);
            match Language::from_tag(&name) {
                Some(spoken) => found.take_language(&language, spoken, files),
                None => found.unused.extend(
                    files
                        .into_iter()
                        .filter(|file| is_wav(file))
                        .map(|file| (file, Unused::Language(name.clone()))),
                ),
            }
        }
        found.take_music(&folder.join("music"), &mut left)?;
        found.unused.sort();
        if found.prompts.is_empty() && found.music.is_none() && found.unused.is_empty() {
            return Err(AssetError::Nothing);
        }
        Ok(found)
    }

    /// Takes away what would be a sound by its name and is not a file: a pipe would be waited for without end.
    fn leave_out_irregular(&mut self, files: &mut Vec<PathBuf>) {
        files.retain(|file| {
            let irregular = files::check(file).err();
            if let Some(why) = &irregular
                && is_wav(file)
            {
                self.unused.push((file.clone(), Unused::Irregular(why.to_string())));
            }
            irregular.is_none()
        });
    }

    fn take_language(&mut self, folder: &Path, language: Language, files: Vec<PathBuf>) {
        let mut ranks: BTreeMap<Prompt, u32> = BTreeMap::new();
        for file in files {
            if !is_wav(&file) {
                if is_other_sound(&file) {
                    self.unused.push((file, Unused::Kind));
                }
                continue;
            }
            let (name, rank) = prompt_name(file.strip_prefix(folder).unwrap_or(&file));
            let Some(prompt) = Library::recordings().find(|prompt| prompt.name() == name) else {
                // The built-in English has number words that no prompt needs yet.
                let is_spare = Language::ALL
                    .iter()
                    .any(|language| Manifest::built_in().prompt(language.tag(), &name).is_some());
                if !is_spare {
                    self.unused.push((file, Unused::Name(name)));
                }
                continue;
            };
            match ranks.entry(prompt) {
                Entry::Occupied(other) if *other.get() <= rank => {}
                entry @ (Entry::Occupied(_) | Entry::Vacant(_)) => {
                    entry.insert_entry(rank);
                    self.prompts.insert((language, prompt), file);
                }
            }
        }
    }

    fn take_music(&mut self, folder: &Path, left: &mut usize) -> Result<(), AssetError> {
        if !folder.is_dir() {
            return Ok(());
        }
        let mut files = Vec::new();
        all_files(folder, &mut files, left)?;
        self.leave_out_irregular(&mut files);
        let (files, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| is_wav(file));
        self.unused
            .extend(others.into_iter().filter(|file| is_other_sound(file)).map(|file| (file, Unused::Kind)));
        let stem = |file: &PathBuf| file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let named =
            MUSIC_NAMES.iter().find_map(|name| files.iter().find(|file| stem(file).as_deref() == Some(name)));
        match (named, &files[..]) {
            (Some(music), _) | (None, [music]) => self.music = Some(music.clone()),
            (None, _) => self.unused.extend(files.into_iter().map(|file| (file, Unused::Music))),
        }
        Ok(())
    }
}

/// The bytes of a sound file.
///
/// # Errors
/// It cannot be read, or is larger than [`FILE_MAX`].
pub fn read(file: &Path) -> Result<Vec<u8>, AssetError> {
    files::read(file, FILE_MAX).map_err(AssetError::File)
}

/// A prompt's name by the path below its language, `/` between folders, and how welcome its rate is: ours, then one
/// that is not told, then the others upwards.
fn prompt_name(below: &Path) -> (String, u32) {
    let below = below.with_extension("");
    let mut parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let rate = parts.first().and_then(|first| first.strip_suffix('k')?.parse::<u32>().ok());
    if rate.is_some() && parts.len() > 1 {
        parts.remove(0);
    }
    let rank = match rate {
        Some(8) => 0,
        None => 1,
        Some(rate) => rate.max(2),
    };
    (parts.join("/"), rank)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, AssetError> {
    let mut folders: Vec<PathBuf> = entries(folder)?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

/// Everything below a folder that is not a folder, sorted. A link is not followed, so that none leads in a circle.
fn all_files(folder: &Path, files: &mut Vec<PathBuf>, left: &mut usize) -> Result<(), AssetError> {
    for path in entries(folder)? {
        *left = left.checked_sub(1).ok_or(AssetError::TooMany)?;
        if path.is_dir() && !path.is_symlink() {
            all_files(&path, files, left)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, AssetError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        if paths.len() == FILES_MAX {
            return Err(AssetError::TooMany);
        }
        let path = entry?.path();
        if !name_of(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_wav(file: &Path) -> bool {
    extension(file).is_some_and(|extension| WAVS.contains(&extension.as_str()))
}

fn is_other_sound(file: &Path) -> bool {
    extension(file).is_some_and(|extension| OTHER_SOUNDS.contains(&extension.as_str()))
}

fn extension(file: &Path) -> Option<String> {
    file.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        folder
    }

    /// Returns the paths found, relative to the folder.
    fn look(files: &[&str]) -> Vec<String> {
        let folder = folder(files);
        let found = Folder::look(folder.path()).unwrap();
        let below = |path: &Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
        let prompts = found.prompts.iter().map(|((language, prompt), file)| {
            format!("{} {}: {}", language.tag(), prompt.name(), below(file))
        });
        let music = found.music.iter().map(|file| format!("music: {}", below(file)));
        let unused = found.unused.iter().map(|(file, why)| format!("{}: {why}", below(file)));
        prompts.chain(music).chain(unused).collect()
    }

    #[test]
    fn prompts_are_found_with_or_without_optional_folders() {
        let found =
            ["en-US welcome: prompts/en-US/8k/welcome.wav", "en-US digits/7: prompts/en-US/8k/digits/7.wav"];
        assert_eq!(
            look(&["prompts/en-US/8k/welcome.wav", "prompts/en-US/8k/digits/7.wav", "README.md"]),
            found
        );
        assert_eq!(look(&["de-de/welcome.WAV"]), ["de-DE welcome: de-de/welcome.WAV"]);
    }

    #[test]
    fn the_rate_that_need_not_be_changed_comes_first() {
        let files =
            ["en-US/48k/welcome.wav", "en-US/16k/welcome.wav", "en-US/welcome.wav", "en-US/8k/welcome.wav"];
        assert_eq!(look(&files), ["en-US welcome: en-US/8k/welcome.wav"]);
        assert_eq!(look(&files[..3]), ["en-US welcome: en-US/welcome.wav"]);
        assert_eq!(look(&files[..2]), ["en-US welcome: en-US/16k/welcome.wav"]);
    }

    #[test]
    fn one_of_several_music_files_must_be_named_hold_music() {
        assert_eq!(look(&["music/jazz.wav"]), ["music: music/jazz.wav"]);
        assert_eq!(look(&["music/jazz.wav", "music/hold_music.wav"]), ["music: music/hold_music.wav"]);
        let why = "more than one music file: the one to play must be named hold_music.wav";
        assert_eq!(
            look(&["music/jazz.wav", "music/pop.wav"]),
            [format!("music/jazz.wav: {why}"), format!("music/pop.wav: {why}")]
        );
    }

    #[test]
    fn what_is_too_much_is_told_with_the_reason() {
        assert_eq!(
            look(&[
                "en-US/wellcome.wav",
                "en-US/welcome.mp3",
                "en-US/digits/90.wav",
                "tlh/welcome.wav",
                "en-US/a.txt"
            ]),
            [
                "en-US/welcome.mp3: not a WAV file, by its name",
                "en-US/wellcome.wav: unknown prompt \"wellcome\"",
                "tlh/welcome.wav: unknown language \"tlh\": expected one of en-US, de-DE, fr-FR, es-ES, ja-JP",
            ]
        );
    }

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let empty = folder(&["notes/a.txt"]);
        assert!(matches!(Folder::look(empty.path()), Err(AssetError::Nothing)));
        assert!(matches!(Folder::look(&empty.path().join("nowhere")), Err(AssetError::Io(_))));
    }
}
