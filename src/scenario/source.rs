//! The texts that a scenario was read from: its file and what that includes.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::limits::FILE_BYTES_MAX;
use super::mask::Secrets;
use super::span::Span;
use crate::files;
use crate::media::library::Sound;
use crate::media::wav;

/// Reads a file by its path; the error says why it cannot be read.
type Reader<'r> = Box<dyn FnMut(&str) -> Result<Vec<u8>, String> + Send + 'r>;

/// Every text that was read, by its number in [`Span::source`].
pub struct Sources<'r> {
    read: Reader<'r>,
    texts: Vec<SourceText>,
    /// The texts that are never quoted in the clear.
    pub(super) secrets: Secrets,
    /// Recordings that callers play, by their paths.
    sounds: BTreeMap<String, Result<Sound, String>>,
}

/// What is said of a recording that lies elsewhere.
const TOO_FAR: &str = "cannot be played: it needs a relative path, to a file near the scenario";

/// Reads the recordings that callers play.
pub(super) struct SoundFiles<'s, 'r> {
    read: &'s mut Reader<'r>,
    texts: &'s [SourceText],
    known: &'s mut BTreeMap<String, Result<Sound, String>>,
}

impl SoundFiles<'_, '_> {
    /// Returns the sound of a file that the text of this number names.
    pub(super) fn read(&mut self, source: u16, name: &str) -> Result<Sound, String> {
        let path = |number: u16| self.texts.get(usize::from(number)).map_or("", |text| text.path.as_str());
        let path = resolve(path(0), path(source), name).map_err(|_far| TOO_FAR.to_owned())?;
        if let Some(known) = self.known.get(&path) {
            return known.clone();
        }
        let sound = (self.read)(&path).and_then(|bytes| match wav::read(&bytes) {
            Ok(samples) if samples.is_empty() => Err("is empty".to_owned()),
            Ok(samples) => Ok(Sound::new(&samples)),
            Err(error) => Err(format!("cannot be played: {error}")),
        });
        self.known.insert(path, sound.clone());
        sound
    }
}

/// One text.
#[derive(Debug)]
pub struct SourceText {
    /// The path it was read from.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<&str> = self.texts.iter().map(|text| text.path.as_str()).collect();
        f.debug_struct("Sources").field("texts", &paths).finish_non_exhaustive()
    }
}

impl<'r> Sources<'r> {
    /// Texts that `read` fetches by their paths.
    pub fn new(read: impl FnMut(&str) -> Result<Vec<u8>, String> + Send + 'r) -> Self {
        let (texts, secrets, sounds) = Default::default();
        Self { read: Box::new(read), texts, secrets, sounds }
    }

    /// What is not to be quoted, and the recordings.
    pub(super) fn secrets_and_sounds(&mut self) -> (&mut Secrets, SoundFiles<'_, 'r>) {
        let Self { read, texts, secrets, sounds } = self;
        (secrets, SoundFiles { read, texts, known: sounds })
    }

    /// Texts from the file system.
    #[must_use]
    pub fn from_files() -> Self {
        Self::new(read_file)
    }

    /// Texts from the file system. `asked` is told the path of each before it is read, of one that is not there too.
    pub fn from_files_asked(mut asked: impl FnMut(&str) + Send + 'r) -> Self {
        Self::new(move |path| {
            asked(path);
            read_file(path)
        })
    }

    /// Texts from the file system, but this one, which may not be there, as it is given.
    #[must_use]
    pub fn from_files_but(path: String, text: String) -> Self {
        Self::new(
            move |wanted| if wanted == path { Ok(text.clone().into_bytes()) } else { read_file(wanted) },
        )
    }

    /// The text with this number.
    #[must_use]
    pub fn text(&self, source: u16) -> Option<&SourceText> {
        self.texts.get(usize::from(source))
    }

    /// The paths of all texts: the file's own, and those of what it includes.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| text.path.as_str())
    }

    /// The line and the column of a span's start, both counted from 1, the column in characters.
    #[must_use]
    pub fn line_and_column(&self, span: Span) -> (usize, usize) {
        let Some(source) = self.text(span.source) else {
            return (1, 1);
        };
        let before = source.text.get(..span.start as usize).unwrap_or(&source.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// A value of the command line with all masked that may be a PIN.
    pub(crate) fn masked(&self, value: &str) -> String {
        self.secrets.mask_source(value, u16::MAX, 0).text
    }

    /// Keys of a press with all masked that may belong to a PIN.
    pub(crate) fn masked_keys(&self, keys: &str) -> String {
        self.secrets.mask_keys(keys)
    }

    /// A text line by line, with every PIN masked.
    pub(crate) fn masked_lines(&self, source: u16) -> Vec<String> {
        let text = self.text(source).map_or("", |source| source.text.as_str());
        let mut start = 0;
        let lines = text.split_inclusive('\n').map(|line| {
            let from = start;
            start += line.len();
            self.secrets.mask_source(line.trim_end_matches(['\n', '\r']), source, from).text
        });
        lines.collect()
    }

    /// Fetches a text; its number, or why there is none.
    pub(crate) fn fetch(&mut self, path: &str) -> Result<u16, String> {
        let number = u16::try_from(self.texts.len()).map_err(|_| "too many files".to_owned())?;
        let bytes = (self.read)(path)?;
        let (text, refused) = if bytes.len() > FILE_BYTES_MAX {
            (String::new(), Some("is larger than 1 MiB, the limit for a scenario file".to_owned()))
        } else {
            match String::from_utf8(bytes) {
                // Some editors put a byte order mark before the text.
                Ok(text) => match text.strip_prefix('\u{feff}') {
                    Some(rest) => (rest.to_owned(), None),
                    None => (text, None),
                },
                Err(error) => {
                    let at = error.utf8_error().valid_up_to();
                    (String::new(), Some(format!("is not UTF-8 (byte {})", grouped(at))))
                }
            }
        };
        self.secrets.learn_ids(&text);
        self.secrets.learn_pins(&text);
        self.texts.push(SourceText { path: path.to_owned(), text });
        refused.map_or(Ok(number), Err)
    }
}

/// A number with commas between thousands.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn read_file(path: &str) -> Result<Vec<u8>, String> {
    files::read(Path::new(path), FILE_BYTES_MAX as u64).map_err(|error| error.to_string())
}

/// Returns the path of `include` in the file `from`, relative to the folder that `main` is relative to, or an error
/// message.
pub(super) fn resolve(main: &str, from: &str, include: &str) -> Result<String, String> {
    let refused = "an included file needs a path relative to the file that includes it";
    if include.is_empty() || include.starts_with(['/', '~']) || include.contains([':', '\\', '\0']) {
        return Err(refused.to_owned());
    }
    let mut parts: Vec<&str> = folder(from).split('/').filter(|part| !part.is_empty()).collect();
    let root = if from.starts_with('/') { "/" } else { "" };
    for part in include.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if root.is_empty() => parts.push(".."),
            ".." => {}
            _ => parts.push(part),
        }
    }
    let home: Vec<&str> = folder(main).split('/').filter(|part| !part.is_empty()).collect();
    let inside = match home.split_last() {
        None => {
            parts.first().is_none_or(|first| *first != "..") || parts.get(1).is_some_and(|next| *next != "..")
        }
        Some((&"..", _)) => parts.iter().take_while(|part| **part == "..").count() <= home.len() + 1,
        Some((_, above)) => parts.starts_with(above),
    };
    if inside {
        Ok(format!("{root}{}", parts.join("/")))
    } else {
        Err("it is more than one folder above the scenario's own".to_owned())
    }
}

fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_found_from_the_including_file() {
        for (from, include, found) in [
            ("a/b/main.yaml", "lib.yaml", "a/b/lib.yaml"),
            ("a/b/main.yaml", "./x/../lib.yaml", "a/b/lib.yaml"),
            ("a/b/main.yaml", "../lib.yaml", "a/lib.yaml"),
            ("a/b/x/part.yaml", "../lib.yaml", "a/b/lib.yaml"),
        ] {
            assert_eq!(resolve("a/b/main.yaml", from, include), Ok(found.to_owned()), "{include}");
        }
        assert_eq!(resolve("main.yaml", "main.yaml", "lib.yaml"), Ok("lib.yaml".to_owned()));
        assert_eq!(resolve("main.yaml", "main.yaml", "../lib.yaml"), Ok("../lib.yaml".to_owned()));
        assert_eq!(resolve("/a/b/m.yaml", "/a/b/m.yaml", "../l.yaml"), Ok("/a/l.yaml".to_owned()));
    }

    #[test]
    fn includes_stay_near_the_scenario() {
        for include in ["/etc/passwd", "~/x", "https://example.org/x", "c:\\x", "", "../../../etc/passwd"] {
            assert!(resolve("a/b/main.yaml", "a/b/main.yaml", include).is_err(), "{include}");
        }
        assert!(resolve("main.yaml", "main.yaml", "../../x").is_err());
        assert!(resolve("/a/b/m.yaml", "/a/b/m.yaml", "../../x.yaml").is_err());
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_048_576].map(grouped), ["0", "999", "1,000", "1,048,576"]);
    }
}
