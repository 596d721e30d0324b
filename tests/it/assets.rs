//! The manifest agrees with the sound files, and with the wordings they were made from; the sounds are as loud as each
//! other, whole and clean, and the program carries them.
//!
//! `UPDATE_MANIFEST=1 cargo test --test it assets` rewrites `assets/manifest.tsv` instead of comparing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use attendant::control::call::{Language, Prompt};
use attendant::media::inspect::{self, MUSIC_LEVEL, PROMPT_LEVEL};
use attendant::media::library::{Library, Sound};
use attendant::media::manifest::Manifest;
use attendant::media::rate::SAMPLES_PER_SECOND;
use attendant::media::speech_level::measure;
use attendant::media::wav;

/// The rate of the recordings as the folder below a language names it.
const RATE_FOLDER: &str = "8k";
const HOLD_MUSIC_FILE: &str = "music/hold_music_8k.wav";

#[test]
fn the_manifest_agrees_with_the_sound_files() {
    let file = assets().join("manifest.tsv");
    let wanted = manifest_of_the_files();
    if env::var_os("UPDATE_MANIFEST").is_some() {
        fs::write(&file, wanted).expect("assets/manifest.tsv can be written");
        return;
    }

    let found = fs::read_to_string(&file).expect("assets/manifest.tsv can be read");
    let (found, wanted): (BTreeSet<_>, BTreeSet<_>) = (found.lines().collect(), wanted.lines().collect());
    let differences: Vec<String> = (wanted.difference(&found).map(|line| format!("+ {line}")))
        .chain(found.difference(&wanted).map(|line| format!("- {line}")))
        .collect();
    assert!(
        differences.is_empty(),
        "assets/manifest.tsv differs from the sound files and wordings; `just manifest` would change:\n{}",
        differences.join("\n")
    );
}

#[test]
fn every_line_of_the_manifest_can_be_looked_up() {
    let manifest = Manifest::built_in();
    for (language, prompts) in wordings() {
        for (prompt, wording) in prompts {
            let entry = manifest.prompt(&language, &prompt);
            let entry = entry.unwrap_or_else(|| panic!("the manifest lacks {language} {prompt}"));
            assert_eq!(entry.wording, wording);
            assert_eq!(samples_of(&entry.file), entry.samples, "{}", entry.file);
        }
    }
    assert_eq!(manifest.hold_music().file, HOLD_MUSIC_FILE);
}

#[test]
fn the_english_wordings_stand_alike_in_both_tables() {
    let english = fs::read_to_string(assets().join("scripts/prompts_en.tsv")).unwrap();
    let english: BTreeMap<String, String> = english
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(prompt, wording)| (prompt.to_owned(), wording.to_owned()))
        .collect();
    assert_eq!(wordings()["en-US"], english);
}

/// The program's own sounds are those of the files, sample by sample, and last as long as the manifest says.
#[test]
fn the_program_carries_every_sound() {
    let library = Library::built_in();
    let same = |file: &str, sound: &Sound| {
        let samples = wav::read(&fs::read(assets().join(file)).unwrap()).unwrap();
        assert!(sound.samples().eq(samples), "{file} is another sound in the program");
    };
    let manifest = Manifest::built_in();
    for (language, prompt) in recordings() {
        let entry = manifest.prompt(language.tag(), prompt.name()).unwrap();
        same(&entry.file, library.prompt(prompt, language).unwrap());
        let lasts = library.duration(prompt, language).as_millis();
        assert_eq!(lasts, entry.milliseconds().into(), "{}", entry.file);
    }
    same(&manifest.hold_music().file, library.hold_music());
}

/// ITU-T P.56. The words that are joined to sentences count among the prompts.
#[test]
fn all_prompts_are_equally_loud() {
    let level = |(language, prompt): (Language, Prompt)| {
        let sound = samples(Library::built_in().prompt(prompt, language).unwrap());
        (measure(&sound).unwrap().active_dbov, language.tag(), prompt.name())
    };
    let levels: Vec<_> = recordings().map(level).collect();
    let softest = levels.iter().min_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
    let loudest = levels.iter().max_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
    assert!(loudest.0 - softest.0 <= 1.0, "from {softest:?} to {loudest:?}");
    assert!((softest.0 - PROMPT_LEVEL).abs() <= 1.0 && (loudest.0 - PROMPT_LEVEL).abs() <= 1.0);
}

#[test]
fn no_prompt_has_a_fault_or_keys_in_it() {
    // Finding keys takes longest: one thread for each language.
    std::thread::scope(|scope| {
        for language in Language::ALL {
            scope.spawn(move || {
                for prompt in Library::recordings() {
                    let samples = samples(Library::built_in().prompt(prompt, language).unwrap());
                    let clipped = wav::clipped(&wav::write(&samples)).unwrap();
                    let inspection = inspect::prompt(&samples, clipped);
                    let name = format!("{} {}", language.tag(), prompt.name());
                    assert_eq!(inspection.faults, [], "{name}");
                    assert!(inspection.peak_dbfs <= -1.0, "{name} peaks at {} dBFS", inspection.peak_dbfs);
                }
            });
        }
    });
}

#[test]
fn the_music_joins_without_a_seam() {
    let music = inspect::hold_music(&samples(Library::built_in().hold_music()), 0);
    assert_eq!(music.faults, []);
    let seam = music.seam.unwrap();
    assert!(seam.click_db < 0.0, "the seam stands out: {seam:?}");
    assert!(seam.gap.is_zero(), "{seam:?}");
    assert!((music.level.unwrap().active_dbov - MUSIC_LEVEL).abs() < 1.0);
}

fn recordings() -> impl Iterator<Item = (Language, Prompt)> {
    Language::ALL.into_iter().flat_map(|language| Library::recordings().map(move |prompt| (language, prompt)))
}

fn samples(sound: &Sound) -> Vec<i16> {
    sound.samples().collect()
}

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

/// The table as it must be, from nothing but the sound files and the scripts. Panics where the two do not
/// match: rewriting the table does not help then.
fn manifest_of_the_files() -> String {
    let mut expected = BTreeMap::from([(HOLD_MUSIC_FILE.to_owned(), ("-", "hold_music", "hold music"))]);
    let wordings = wordings();
    for (language, prompts) in &wordings {
        for (prompt, wording) in prompts {
            let file = format!("prompts/{language}/{RATE_FOLDER}/{prompt}.wav");
            expected.insert(file, (language, prompt, wording));
        }
    }

    let found = sound_files();
    let expected_files: BTreeSet<String> = expected.keys().cloned().collect();
    let missing: Vec<_> = expected_files.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected_files).collect();
    assert!(missing.is_empty(), "the scripts have a wording, assets/ has no sound: {missing:#?}");
    assert!(extra.is_empty(), "assets/ has a sound, the scripts have no wording: {extra:#?}");

    let mut rows: Vec<_> = expected
        .into_iter()
        .map(|(file, (language, prompt, wording))| (language, prompt, samples_of(&file), file, wording))
        .collect();
    rows.sort_unstable();
    let rows = rows.into_iter().map(|(language, prompt, samples, file, wording)| {
        format!("{language}\t{prompt}\t{file}\t{samples}\t{wording}\n")
    });
    "language\tprompt\tfile\tsamples\twording\n".to_owned() + &rows.collect::<String>()
}

/// Language, prompt, wording: the prompts from `prompts.tsv`, the number words from `numbers.json`.
fn wordings() -> BTreeMap<String, BTreeMap<String, String>> {
    let numbers = fs::read_to_string(assets().join("scripts/numbers.json")).unwrap();
    let mut wordings: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&numbers).unwrap();

    let prompts = fs::read_to_string(assets().join("scripts/prompts.tsv")).unwrap();
    let mut rows = prompts.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = rows.next().expect("prompts.tsv begins with a line of column names");
    for row in rows {
        assert_eq!(row.len(), header.len(), "prompts.tsv: {row:?} must have a column for each language");
        for (language, wording) in header.iter().zip(&row).skip(1) {
            let prompts = wordings.entry((*language).to_owned()).or_default();
            prompts.insert(row[0].to_owned(), (*wording).to_owned());
        }
    }
    wordings
}

/// Every sound file below `assets/`, relative to it, with `/` between folders.
fn sound_files() -> BTreeSet<String> {
    let root = assets();
    let mut found = BTreeSet::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wav") {
                let inside = path.strip_prefix(&root).unwrap();
                let names: Vec<_> = inside.iter().map(|name| name.to_str().unwrap()).collect();
                found.insert(names.join("/"));
            }
        }
    }
    found
}

/// The length of a sound file, after a look at its format.
fn samples_of(file: &str) -> u32 {
    let reader =
        hound::WavReader::open(assets().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let wanted = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLES_PER_SECOND,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    assert_eq!(reader.spec(), wanted, "{file} must be mono, 16 bit, {SAMPLES_PER_SECOND} Hz");
    reader.duration()
}
