//! The vocabulary for people: every word that a scenario can use, grouped, with its meaning. It is made from the
//! tables that the reader and the schema use; the command `words` and docs/vocabulary.md are made from it.

use std::fmt::Write as _;
use std::time::Duration;

use crate::control::call::Language;
use crate::control::policy::{Group as SettingGroup, Policy, SettingInfo, Takes};
use crate::media::manifest::Manifest;

use super::compile::{ORGANIZER_KEYS, RUNTIME_NAMES};
use super::profiles as profile_files;
use super::verbs::{VERBS, VerbInfo, VerbScope};
use super::vocabulary::{
    CALL_FACTS, DIRECTORY_FAULTS, LINE_FAULTS, MEETING_FACTS, ORGANIZER_FACTS, SOUNDS, SPOKEN_NUMBERS,
    STATES, WEBHOOK_FACTS, WEBHOOK_FAULTS, Words, played_prompts,
};

/// Words of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Its heading.
    pub name: &'static str,
    /// Where these words are written, in Markdown.
    pub place: &'static str,
    /// What stands beside a word: its length, its default and the like; empty where nothing does.
    pub beside: &'static str,
    /// The words, in the order in which they are documented.
    pub words: Vec<Word>,
}

/// A word with what it means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// As it is written; a part in capitals stands for a name.
    pub word: String,
    /// What stands beside it, by [`Group::beside`].
    pub beside: String,
    /// What it means, or how a prompt is worded.
    pub meaning: String,
}

fn word(word: impl Into<String>, beside: impl Into<String>, meaning: impl Into<String>) -> Word {
    Word { word: word.into(), beside: beside.into(), meaning: meaning.into() }
}

/// Returns every word, by group.
#[must_use]
pub fn groups() -> Vec<Group> {
    let group = |name, place, beside, words| Group { name, place, beside, words };
    vec![
        group("steps", "in a script: `- VERB: …`", "with", VERBS.iter().map(step).collect()),
        group("prompts", "`hears: PROMPT`, `never: PROMPT`", "seconds", prompts()),
        group("sounds", "`hears: SOUND`, `never: SOUND`", "", sounds()),
        group("states", "`expect: STATE`, `never: STATE`, `when: CALLER.STATE`", "", listed("", STATES)),
        group("queries", "at the end: `then: [{ that: QUERY, is: … }]`", "", queries()),
        group("keys", "`press: \"…\"`; behind `*`, the keys of a meeting", "setting", keys()),
        group(
            "faults",
            "`faults: [{ on: CALLER, FAULT: … }]`, `{ on: directory, FAULT: … }`, `{ on: webhook, FAULT: … }`",
            "on",
            faults(),
        ),
        group("settings", "under `given`, nested as the dots say", "default", settings()),
        group("profiles", "`given: { profile: PROFILE }`", "", profiles()),
    ]
}

fn step(info: &VerbInfo) -> Word {
    let whose = match info.scope {
        VerbScope::Callers | VerbScope::Both => "",
        VerbScope::Admin => "Administrators: ",
    };
    word(info.name, info.modifiers.join(", "), format!("{whose}{}", info.doc))
}

fn prompts() -> Vec<Word> {
    let named = played_prompts().map(|prompt| {
        let entry = Manifest::built_in().prompt(Language::default().tag(), prompt.name());
        let seconds = |milliseconds| Duration::from_millis(milliseconds).as_secs_f64();
        entry.map_or_else(
            || word(prompt.name(), "", ""),
            |entry| {
                word(
                    prompt.name(),
                    format!("{:.1}", seconds(entry.milliseconds())),
                    format!("“{}”", entry.wording),
                )
            },
        )
    });
    let (first, last) = (SPOKEN_NUMBERS.start(), SPOKEN_NUMBERS.end());
    let numbers = word(format!("digits/{first} to digits/{last}"), "", "A number, spoken.");
    named.chain([numbers]).collect()
}

fn sounds() -> Vec<Word> {
    SOUNDS.iter().map(|(_, name, doc)| word(*name, "", *doc)).collect()
}

fn listed<T>(whose: &str, words: &Words<T>) -> Vec<Word> {
    words.iter().map(|(_, name, doc)| word(format!("{whose}{name}"), "", *doc)).collect()
}

fn queries() -> Vec<Word> {
    let mut all = listed("meeting(ORGANIZER).", MEETING_FACTS);
    all.extend(listed("organizer(ORGANIZER).", ORGANIZER_FACTS));
    all.extend(listed("CALLER.", CALL_FACTS));
    all.extend(listed("webhook(EVENT).", WEBHOOK_FACTS));
    all.push(word("calls", "", "How many calls are still up."));
    all
}

fn keys() -> Vec<Word> {
    let mut all = vec![
        word("0 to 9, *, #, A to D", "", "Keys of the telephone. Spaces and hyphens are ignored."),
        word("w", "", "A pause of 0.5 s."),
        word("W", "", "A pause of 1 s."),
        word(",", "", "A pause of 2 s."),
    ];
    all.extend(RUNTIME_NAMES.map(|(name, doc)| word(format!("${{ORGANIZER.{name}}}"), "", doc)));
    let policy = Policy::default();
    for setting in Policy::SETTINGS.iter().filter(|setting| setting.takes == Takes::Key) {
        let keys = match policy.show(setting.name).unwrap_or_default() {
            none if none == "none" => continue,
            number if number.len() == 1 => format!("*{number}"),
            keys => keys,
        };
        let meaning = setting.doc.split(';').next().unwrap_or_default();
        all.push(word(keys, full_name(setting), format!("{meaning}.")));
    }
    all
}

fn faults() -> Vec<Word> {
    let on = |whose: &'static str| move |fault: Word| Word { beside: whose.to_owned(), ..fault };
    let lines = listed("", LINE_FAULTS).into_iter().map(on("CALLER"));
    let directory = listed("", DIRECTORY_FAULTS).into_iter().map(on("directory"));
    let webhooks = listed("on: webhook, ", WEBHOOK_FAULTS).into_iter().map(on("webhook"));
    lines.chain(directory).chain(webhooks).collect()
}

fn settings() -> Vec<Word> {
    let policy = Policy::default();
    let settings = Policy::SETTINGS.iter().map(|setting| {
        let default = policy.show(setting.name).unwrap_or_default();
        word(full_name(setting), default, format!("{}{}", setting.doc, values(setting.takes)))
    });
    let organizers =
        ORGANIZER_KEYS.iter().map(|(name, doc)| word(format!("organizers.NAME.{name}"), "", *doc));
    settings.chain(organizers).collect()
}

fn full_name(setting: &SettingInfo) -> String {
    let (SettingGroup::Tenant | SettingGroup::Dialog | SettingGroup::Meeting | SettingGroup::Lockout) =
        setting.group;
    format!("{}.{}", setting.group.name(), setting.name)
}

/// The words that a setting takes, where they are a closed list.
fn values(takes: Takes) -> String {
    match takes {
        Takes::Word(words) => format!(" One of {}.", words.join(", ")),
        Takes::Count(least, most) => format!(" {least} to {most}."),
        Takes::Flag | Takes::Duration | Takes::Text | Takes::Limits | Takes::Key => String::new(),
        Takes::Form { says, .. } => format!(" It is {says}."),
    }
}

fn profiles() -> Vec<Word> {
    let all = profile_files::built_in().iter();
    all.map(|profile| word(profile.name.clone(), "", format!("{}.", profile.imitates))).collect()
}

/// Returns the group of this name, or else every group with the words that contain the query or have it in their
/// meaning, in any case, hyphens and underscores alike.
#[must_use]
pub fn matching(query: &str) -> Vec<Group> {
    let query = plain(query);
    let mut groups = groups();
    if groups.iter().any(|group| group.name == query) {
        groups.retain(|group| group.name == query);
        return groups;
    }
    for group in &mut groups {
        group
            .words
            .retain(|word| plain(&word.word).contains(&query) || plain(&word.meaning).contains(&query));
    }
    groups.retain(|group| !group.words.is_empty());
    groups
}

/// Returns the closest word to one that nothing matches, as a question, if there is a close one.
#[must_use]
pub fn suggestion(query: &str) -> Option<String> {
    let groups = groups();
    let words = groups.iter().flat_map(|group| &group.words).map(|word| word.word.as_str());
    // Of `meeting(ORGANIZER).lobby_peak` people type the end.
    let parts = words.map(|word| word.rsplit('.').next().unwrap_or(word));
    crate::suggest::suggest(query, parts.chain(groups.iter().map(|group| group.name)))
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace('-', "_")
}

/// Returns docs/vocabulary.md.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Vocabulary\n\nEvery word that a scenario can use, made by the program from the tables that it reads files \
         with. `attendant words`\nprints the same, `attendant words lobby` what has to do with lobbies; \
         [scenarios.md](scenarios.md) explains how the words are used.\n",
    );
    for group in groups() {
        let Group { name, place, beside, words } = &group;
        let heading = name[..1].to_uppercase() + &name[1..];
        let (column, rule) =
            if beside.is_empty() { (String::new(), "") } else { (format!(" {beside} |"), " --- |") };
        let _infallible = write!(
            page,
            "\n## {heading}\n\nWritten {place}.\n\n| word |{column} meaning |\n| --- |{rule} --- |\n"
        );
        for Word { word, beside: value, meaning } in words {
            let cell = if beside.is_empty() { String::new() } else { format!(" {} |", escaped(value)) };
            let _infallible = writeln!(page, "| `{word}` |{cell} {} |", escaped(meaning));
        }
    }
    page
}

/// A text in a cell of a Markdown table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<").replace('*', "\\*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str) -> Vec<String> {
        matching(query).into_iter().flat_map(|group| group.words).map(|word| word.word).collect()
    }

    #[test]
    fn every_word_has_a_meaning_and_stands_once_in_its_group() {
        for group in groups() {
            let mut words: Vec<&str> = group.words.iter().map(|word| word.word.as_str()).collect();
            assert!(group.words.iter().all(|word| !word.meaning.is_empty()), "{}", group.name);
            words.sort_unstable();
            let all = words.len();
            words.dedup();
            assert_eq!(words.len(), all, "{}", group.name);
        }
    }

    #[test]
    fn words_and_meanings_are_found_in_any_spelling() {
        assert_eq!(found("Hold-Music"), found("hold_music"));
        assert!(found("hold_music").contains(&"hold_music".to_owned()));
        assert!(found("lobby-timeout").contains(&"CALLER.outcome".to_owned()), "by its meaning");
        assert_eq!(found("profiles").len(), profile_files::names().count(), "a group comes whole");
        assert_eq!(found("xyzzy"), [""; 0]);
    }

    #[test]
    fn a_mistyped_word_is_answered_with_the_closest() {
        assert_eq!(suggestion("lobby_peek").as_deref(), Some("did you mean `lobby_peak`?"));
        assert_eq!(suggestion("seting"), suggestion("setings"));
        assert_eq!(suggestion("xyzzy"), None);
    }
}
