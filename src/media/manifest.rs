//! The manifest: the length and the wording of every prompt, and the length of the hold music.
//!
//! The table is `assets/manifest.tsv`, built into the program, so that a caller in virtual time waits
//! exactly as long as a real one although no sound file is ever opened. The integration test `assets`
//! compares the table with the sound files.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::OnceLock;

use super::rate::SAMPLES_PER_SECOND;

/// Samples in a millisecond, the unit of every deadline.
const SAMPLES_PER_MILLISECOND: u32 = SAMPLES_PER_SECOND / 1000;

/// The columns of the table, as its first line names them.
const COLUMNS: [&str; 5] = ["language", "prompt", "file", "samples", "wording"];

/// Stands in the column `language` where a sound belongs to no language.
const NO_LANGUAGE: &str = "-";

/// The name of the one sound that belongs to no language.
const HOLD_MUSIC: &str = "hold_music";

/// One sound file: where it is, how long it is, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Length in samples, at [`SAMPLES_PER_SECOND`].
    pub samples: u32,
    /// The text of the recording, in its own language.
    pub wording: String,
    /// The file, relative to `assets/`.
    pub file: String,
}

impl Entry {
    /// Returns the duration of the sound in whole milliseconds, rounded up: a listener who waits that long has heard
    /// all of it.
    pub fn milliseconds(&self) -> u64 {
        u64::from(self.samples.div_ceil(SAMPLES_PER_MILLISECOND))
    }
}

/// Every prompt in every language, and the hold music.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    languages: BTreeMap<String, BTreeMap<String, Entry>>,
    hold_music: Entry,
}

impl Manifest {
    /// The manifest of the sounds that this program was built with.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Manifest> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            Self::parse(include_str!("../../assets/manifest.tsv"))
                .expect("the table is part of the program, and a unit test parses it")
        })
    }

    /// Reads the table: a line of column names, then a line for each sound, tab separated, sorted by language
    /// and prompt.
    ///
    /// # Errors
    ///
    /// The first line that is not as described, with its number.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut lines = (1..).zip(text.lines());
        let (_, header) = lines.next().unwrap_or((1, ""));
        if header.split('\t').ne(COLUMNS) {
            return Err(Problem::Header { found: header.to_owned() }.on_line(1));
        }

        let mut languages: BTreeMap<String, BTreeMap<String, Entry>> = BTreeMap::new();
        let mut hold_music = None;
        let mut previous = ("", "");
        for (number, line) in lines {
            let row = Row::parse(line).map_err(|problem| problem.on_line(number))?;
            let key = (row.language, row.prompt);
            if key <= previous {
                let problem =
                    if key == previous { Problem::Twice(row.name()) } else { Problem::Order(row.name()) };
                return Err(problem.on_line(number));
            }
            previous = key;

            if row.language != NO_LANGUAGE {
                languages
                    .entry(row.language.to_owned())
                    .or_default()
                    .insert(row.prompt.to_owned(), row.entry());
            } else if row.prompt == HOLD_MUSIC {
                hold_music = Some(row.entry());
            } else {
                return Err(Problem::NeedsLanguage { prompt: row.prompt.to_owned() }.on_line(number));
            }
        }

        let hold_music = hold_music.ok_or_else(|| Problem::NoHoldMusic.on_line(text.lines().count()))?;
        Ok(Self { languages, hold_music })
    }

    /// The prompt of that name (`enter-conference-id`, `digits/7`) in that language (`en-US`).
    pub fn prompt(&self, language: &str, prompt: &str) -> Option<&Entry> {
        self.languages.get(language)?.get(prompt)
    }

    /// Every prompt of a language with its name, sorted by name; nothing for an unknown language.
    pub fn prompts(&self, language: &str) -> impl Iterator<Item = (&str, &Entry)> {
        self.languages.get(language).into_iter().flatten().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The languages that have prompts, as tags (`de-DE`), sorted.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    /// The music on hold, the same in every language: a loop whose end runs into its beginning.
    pub fn hold_music(&self) -> &Entry {
        &self.hold_music
    }
}

/// One line of the table, its columns checked.
struct Row<'t> {
    language: &'t str,
    prompt: &'t str,
    file: &'t str,
    samples: u32,
    wording: &'t str,
}

impl<'t> Row<'t> {
    fn parse(line: &'t str) -> Result<Self, Problem> {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[language, prompt, file, samples, wording] = fields.as_slice() else {
            return Err(Problem::Columns { found: fields.len() });
        };
        if let Some((column, _)) = COLUMNS.into_iter().zip(&fields).find(|(_, field)| field.is_empty()) {
            return Err(Problem::Empty { column });
        }
        let samples = samples
            .parse()
            .ok()
            .filter(|&samples| samples > 0)
            .ok_or_else(|| Problem::Samples { found: samples.to_owned() })?;
        Ok(Self { language, prompt, file, samples, wording })
    }

    fn entry(&self) -> Entry {
        Entry { samples: self.samples, wording: self.wording.to_owned(), file: self.file.to_owned() }
    }

    fn name(&self) -> String {
        format!("{} {}", self.language, self.prompt)
    }
}

/// Why a text is not a manifest: the line and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    line: usize,
    problem: Problem,
}

impl ManifestError {
    /// The line that is wrong, counted from 1; the last line where something is missing altogether.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl Error for ManifestError {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Header { found: String },
    Columns { found: usize },
    Empty { column: &'static str },
    Samples { found: String },
    Twice(String),
    Order(String),
    NeedsLanguage { prompt: String },
    NoHoldMusic,
}

impl Problem {
    fn on_line(self, line: usize) -> ManifestError {
        ManifestError { line, problem: self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { found } => {
                write!(f, "the columns must be \"{}\", tab separated, not {found:?}", COLUMNS.join(" "))
            }
            Self::Columns { found } => {
                write!(f, "there must be {} columns, tab separated, not {found}", COLUMNS.len())
            }
            Self::Empty { column } => write!(f, "the column \"{column}\" is empty"),
            Self::Samples { found } => {
                write!(f, "the length must be a whole number of samples above 0, not {found:?}")
            }
            Self::Twice(name) => write!(f, "duplicate line \"{name}\""),
            Self::Order(name) => {
                write!(f, "\"{name}\" is out of order: lines are sorted by language, then by prompt")
            }
            Self::NeedsLanguage { prompt } => {
                write!(f, "\"{prompt}\" needs a language: only \"{HOLD_MUSIC}\" has none")
            }
            Self::NoHoldMusic => {
                write!(f, "the table ends without a line for \"{HOLD_MUSIC}\" (language \"{NO_LANGUAGE}\")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "language\tprompt\tfile\tsamples\twording\n";
    const MUSIC: &str = "-\thold_music\tmusic/hold.wav\t576000\tmusic\n";

    fn refused(rows: &str) -> String {
        Manifest::parse(&format!("{HEADER}{rows}")).expect_err("the table has a mistake").to_string()
    }

    #[test]
    fn a_prompt_is_found_by_language_and_name() {
        let rows = "de-DE\tdigits/7\tde/7.wav\t801\tsieben\nen-US\tdigits/7\ten/7.wav\t800\tseven\n";
        let manifest = Manifest::parse(&format!("{HEADER}{MUSIC}{rows}")).unwrap();

        let seven = manifest.prompt("en-US", "digits/7").unwrap();
        assert_eq!(seven, &Entry { samples: 800, wording: "seven".to_owned(), file: "en/7.wav".to_owned() });
        assert_eq!(manifest.languages().collect::<Vec<_>>(), ["de-DE", "en-US"]);
        assert_eq!(manifest.prompts("de-DE").map(|(name, _)| name).collect::<Vec<_>>(), ["digits/7"]);
        assert_eq!(manifest.hold_music().milliseconds(), 72_000);
    }

    #[test]
    fn an_unknown_language_or_prompt_is_not_found() {
        let manifest = Manifest::built_in();
        assert_eq!(manifest.prompt("tlh", "welcome"), None);
        assert_eq!(manifest.prompt("en-US", "hold_music"), None);
        assert_eq!(manifest.prompts("tlh").count(), 0);
    }

    #[test]
    fn a_length_is_rounded_up_to_whole_milliseconds() {
        let lasting = |samples| Entry { samples, wording: String::new(), file: String::new() }.milliseconds();
        assert_eq!([1, 8, 9, 800, 801].map(lasting), [1, 1, 2, 100, 101]);
        assert_eq!(lasting(u32::MAX), 536_870_912);
    }

    #[test]
    fn all_five_languages_have_the_same_prompts() {
        let manifest = Manifest::built_in();
        assert_eq!(manifest.languages().collect::<Vec<_>>(), ["de-DE", "en-US", "es-ES", "fr-FR", "ja-JP"]);
        // English alone has the words above twenty.
        for language in manifest.languages() {
            for (name, _) in manifest.prompts("ja-JP") {
                assert!(manifest.prompt(language, name).is_some(), "{language} lacks {name}");
            }
        }
    }

    #[test]
    fn a_table_may_have_windows_line_ends() {
        let text = format!("{HEADER}{MUSIC}").replace('\n', "\r\n");
        assert_eq!(Manifest::parse(&text).unwrap().hold_music().wording, "music");
    }

    #[test]
    fn other_columns_are_refused() {
        let error = Manifest::parse("language,prompt\n").unwrap_err();
        assert_eq!(error.line(), 1);
        assert_eq!(
            error.to_string(),
            "line 1: the columns must be \"language prompt file samples wording\", tab separated, \
             not \"language,prompt\""
        );
        assert!(Manifest::parse("").is_err());
    }

    #[test]
    fn a_line_with_too_few_columns_is_refused() {
        assert_eq!(
            refused(&format!("{MUSIC}en-US\twelcome\n")),
            "line 3: there must be 5 columns, tab separated, not 2"
        );
    }

    #[test]
    fn an_empty_column_is_refused() {
        assert_eq!(refused("en-US\twelcome\t\t800\tWelcome.\n"), "line 2: the column \"file\" is empty");
    }

    #[test]
    fn a_length_that_is_no_number_or_nothing_is_refused() {
        for samples in ["1.5", "0", "-8", "99999999999"] {
            assert_eq!(
                refused(&format!("-\thold_music\tm.wav\t{samples}\tmusic\n")),
                format!("line 2: the length must be a whole number of samples above 0, not {samples:?}")
            );
        }
    }

    #[test]
    fn a_prompt_that_stands_twice_is_refused() {
        assert_eq!(refused(&format!("{MUSIC}{MUSIC}")), "line 3: duplicate line \"- hold_music\"");
    }

    #[test]
    fn lines_out_of_order_are_refused() {
        assert_eq!(
            refused(&format!("en-US\twelcome\tw.wav\t8\tWelcome.\n{MUSIC}")),
            "line 3: \"- hold_music\" is out of order: lines are sorted by language, then by prompt"
        );
    }

    #[test]
    fn a_prompt_without_a_language_is_refused() {
        assert_eq!(
            refused("-\twelcome\tw.wav\t8\tWelcome.\n"),
            "line 2: \"welcome\" needs a language: only \"hold_music\" has none"
        );
    }

    #[test]
    fn a_table_without_hold_music_is_refused() {
        assert_eq!(
            refused("en-US\twelcome\tw.wav\t8\tWelcome.\n"),
            "line 2: the table ends without a line for \"hold_music\" (language \"-\")"
        );
    }
}
