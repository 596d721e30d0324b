//! Masks PINs in quotations from a scenario file (BEHAVIOUR section 4). It works on the text, so that
//! a file that cannot be parsed does not reveal them either.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::control::numbers::{conference_id, is_separator};
use crate::control::pin::MASK;
use crate::control::policy::{PinLength, Policy};

use super::span::Span;

/// Number of digits in a row, or with pauses between them, that are masked as a PIN unless something says that they
/// are not one.
const SUSPECT_DIGITS: usize = 4;

/// Keys of a scenario file whose numbers are not PINs, besides the settings.
const PLAIN_KEYS: [&str; 20] = [
    "conference_id",
    "number",
    "toll_free_number",
    "phone",
    "from",
    "mail",
    "seed",
    "timeout",
    "count",
    "wait",
    "within",
    "for",
    "gap",
    "hold",
    "times",
    "dial",
    "to",
    "over",
    "max_in_flight",
    "scenario",
];

/// Parameters of cmdlets whose numbers are not PINs, in lower case.
const PLAIN_PARAMETERS: [&str; 3] = ["-conferenceid", "-servicenumber", "-tollfreeservicenumber"];

/// Number of letters that are not telephone keys from which a word with digits after it is a name, such as `rfc4733` or
/// `sfbo-2017`: one letter may be a slip beside a PIN.
const NAME_LETTERS: usize = 2;

/// Number of bytes after `pin` or `press` that are searched in a text that has not been parsed yet.
const SECRET_VALUE_MAX: usize = 256;

/// Keys whose values are secret, except for conference IDs.
const SECRET_KEYS: [&str; 3] = ["pin", "passcode", "press"];

/// The texts that must be masked in quotations, and those that need not.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    spans: BTreeSet<Span>,
    words: BTreeSet<String>,
    conference_ids: BTreeSet<String>,
    /// Digits after `pin` and `press` in texts that have not been parsed yet: PINs unless they turn out to be
    /// conference IDs.
    suspects: BTreeSet<String>,
}

impl Secrets {
    /// Marks a range of keyed digits or of a PIN.
    pub(super) fn hide_span(&mut self, span: Span) {
        self.spans.insert(span);
    }

    /// Marks the digits in this word as a PIN, wherever they occur.
    pub(super) fn hide_word(&mut self, word: &str) {
        self.words.extend(like_pins(word).map(str::to_owned));
    }

    /// Marks a conference ID.
    pub(super) fn show_id(&mut self, id: &str) {
        self.conference_ids.insert(id.to_owned());
    }

    /// Finds the conference IDs that a text gives, whether or not it is sound YAML.
    pub(super) fn learn_ids(&mut self, text: &str) {
        const KEY: &str = "conference_id";
        for (at, _) in text.match_indices(KEY) {
            let rest = text[at + KEY.len()..].trim_start_matches(['"', '\'', ' ', ':']);
            // Up to the end of its groups: half an ID may be somebody's PIN.
            let line = rest.lines().next().unwrap_or_default();
            let end = line.find(|c: char| !(c.is_ascii_digit() || is_separator(c))).unwrap_or(line.len());
            if let Some(id) = conference_id(&line[..end]) {
                self.show_id(&id.reveal());
            }
        }
    }

    /// Finds what may be a PIN in a text, whether or not it is sound YAML.
    pub(super) fn learn_pins(&mut self, text: &str) {
        for (value, _, _) in secret_values(text) {
            self.suspects.extend(like_pins(value).map(str::to_owned));
        }
    }

    fn is_pin(&self, digits: &str) -> bool {
        self.words.contains(digits)
            || (self.suspects.contains(digits) && !self.conference_ids.contains(digits))
    }

    /// Returns a message with every PIN masked that it might quote.
    pub(super) fn mask_message(&self, text: &str) -> String {
        let mut hidden = Vec::new();
        self.words_in(text, &mut hidden);
        cover(text, hidden).text
    }

    /// Returns the keys of a press, with all masked that may belong to a PIN.
    pub(super) fn mask_keys(&self, keys: &str) -> String {
        let mut hidden = Vec::new();
        self.keyed_in(keys, 0, &mut hidden);
        cover(keys, hidden).text
    }

    /// Returns a part of a source, starting at byte `start` of it, with its secrets masked.
    pub(super) fn mask_source(&self, part: &str, source: u16, start: usize) -> Masked {
        let mut hidden = Vec::new();
        for span in &self.spans {
            let from = (span.start as usize).max(start);
            let to = (span.end as usize).min(start + part.len());
            if span.source == source
                && from < to
                && part.is_char_boundary(from - start)
                && part.is_char_boundary(to - start)
            {
                self.keyed_in(&part[from - start..to - start], from - start, &mut hidden);
            }
        }
        for (value, at, is_whole_key) in secret_values(part) {
            if is_whole_key {
                self.keyed_in(value, at, &mut hidden);
            }
        }
        self.words_in(part, &mut hidden);
        for run in runs(part, keyed_with_pauses) {
            if count_digits(&part[run.clone()]) >= SUSPECT_DIGITS && !self.is_plain(part, &run) {
                hidden.push(run);
            }
        }
        cover(part, hidden)
    }

    fn words_in(&self, text: &str, hidden: &mut Vec<Range<usize>>) {
        for run in runs(text, keyed_with_pauses) {
            let row = &text[run.clone()];
            if count_digits(row) >= SUSPECT_DIGITS && count_digits(row) < row.len() {
                hidden.push(run);
                continue;
            }
            for start in run.clone() {
                let most = PinLength::MAX.min(run.end - start);
                let known = |length: &usize| self.is_pin(&text[start..start + length]);
                hidden.extend((PinLength::MIN..=most).rev().find(known).map(|length| start..start + length));
            }
        }
    }

    /// Collects the digits in `keys` that may belong to a PIN: all but conference IDs, names and a meeting's `*6`.
    fn keyed_in(&self, keys: &str, offset: usize, hidden: &mut Vec<Range<usize>>) {
        let mut from = 0;
        while from < keys.len() {
            let to = keys[from..].find("${").map_or(keys.len(), |at| from + at);
            for run in runs(&keys[from..to], may_be_keyed) {
                let run = run.start + from..run.end + from;
                let text = &keys[run.clone()];
                let command = run.len() == 1 && keys[..run.start].ends_with('*');
                let known = self.conference_ids.contains(text) && !self.words.contains(text);
                if text.bytes().any(|byte| byte.is_ascii_digit()) && !command && !known {
                    hidden.push(run.start + offset..run.end + offset);
                }
            }
            from = keys[to..].find('}').map_or(keys.len(), |end| to + end + 1);
        }
    }

    /// Returns whether these digits are known not to be a PIN.
    fn is_plain(&self, text: &str, run: &Range<usize>) -> bool {
        let (before, after) = (&text[..run.start], &text[run.end..]);
        if self.conference_ids.contains(&text[run.clone()]) || before.ends_with('+') || ends_in_a_name(before)
        {
            return true;
        }
        let word = before.trim_end_matches(['"', '\'', ' ', '+', ':']).rsplit(' ').next().unwrap_or_default();
        if PLAIN_PARAMETERS.contains(&word.to_ascii_lowercase().as_str()) {
            // A number that contains a PIN is masked as a whole, not only the PIN.
            let mut known = Vec::new();
            self.words_in(&text[run.clone()], &mut known);
            return known.is_empty();
        }
        let unit = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        if matches!(&after[..unit], "ms" | "s" | "m" | "h") {
            return true;
        }
        let Some(key) = before.trim_end_matches(['"', '\'', ' ']).strip_suffix(':') else {
            return false;
        };
        let key = key.trim_end_matches(['"', '\'', ' ']);
        let key = &key[key
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |at| at + key[at..].chars().next().map_or(1, char::len_utf8))..];
        PLAIN_KEYS.contains(&key) || Policy::SETTINGS.iter().any(|setting| setting.name == key)
    }
}

/// A text with its secrets masked.
#[derive(Debug)]
pub(super) struct Masked {
    pub(super) text: String,
    /// The masked ranges, each with the range of its mask.
    moved: Vec<(Range<usize>, Range<usize>)>,
}

impl Masked {
    /// Returns where a range of the original is in the masked text.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place_one(range.start, true);
        start..self.place_one(range.end, false).max(start)
    }

    fn place_one(&self, at: usize, start: bool) -> usize {
        let mut shift = (0, 0);
        for (old, new) in &self.moved {
            if at < old.start || (at == old.start && start) {
                break;
            }
            if at < old.end {
                return if start { new.start } else { new.end };
            }
            shift = (old.end, new.end);
        }
        at - shift.0 + shift.1
    }
}

fn cover(text: &str, mut hidden: Vec<Range<usize>>) -> Masked {
    hidden.sort_by_key(|range| (range.start, range.end));
    let mut masked = String::with_capacity(text.len());
    let mut moved: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let mut done = 0;
    for range in hidden {
        if range.start < done {
            // Overlaps the previous range: the rest is covered by the same mask.
            if range.end > done {
                done = range.end;
                if let Some((old, _)) = moved.last_mut() {
                    old.end = done;
                }
            }
            continue;
        }
        masked.push_str(&text[done..range.start]);
        let start = masked.len();
        masked.push_str(MASK);
        done = range.end;
        moved.push((range, start..masked.len()));
    }
    masked.push_str(&text[done..]);
    Masked { text: masked, moved }
}

/// Returns whether a text ends such that digits after it are part of a name.
fn ends_in_a_name(before: &str) -> bool {
    let belongs = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    let letters = before.chars().rev().take_while(belongs).filter(char::is_ascii_alphabetic);
    letters.filter(|letter| !may_be_keyed(*letter as u8)).count() >= NAME_LETTERS
}

/// Returns the rows of digits in a text that have the length of a PIN.
fn like_pins(text: &str) -> impl Iterator<Item = &str> {
    let rows = text.split(|c: char| !c.is_ascii_digit());
    rows.filter(|row| (PinLength::MIN..=PinLength::MAX).contains(&row.len()))
}

fn keyed_with_pauses(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'w' | b'W')
}

fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Digits with the pauses and the letter keys between them.
fn may_be_keyed(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'w' | b'W' | b'A'..=b'D' | b'a'..=b'd')
}

/// Returns the longest runs of bytes that are `wanted`, which accepts ASCII only.
fn runs(text: &str, wanted: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain(std::iter::once(0)).enumerate() {
        match (wanted(byte) && at < text.len(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push(from..at);
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    found
}

/// Returns the text after `pin:` and `press:`, up to the end of the value or of the line, with its place, and whether
/// that is the whole key and not the end of another, as in `spin:`.
fn secret_values(text: &str) -> Vec<(&str, usize, bool)> {
    let mut found = Vec::new();
    for key in SECRET_KEYS {
        let mut done = 0;
        for (at, _) in text.match_indices(key) {
            // A match inside a value that was already found belongs to it.
            if at < done {
                continue;
            }
            let rest = &text[at + key.len()..];
            let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest).trim_start_matches(' ');
            let Some(value) = rest.strip_prefix(':') else {
                continue;
            };
            let value = value.trim_start_matches([' ', '\t']);
            let most = value.char_indices().map(|(at, _)| at).find(|at| *at >= SECRET_VALUE_MAX);
            let value = &value[..most.unwrap_or(value.len())];
            let end = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].find(quote).map_or(value.len(), |end| end + 1),
                Some(_) | None => value.find([',', '}', '\n']).unwrap_or(value.len()),
            };
            let line_end = value.find('\n').unwrap_or(value.len());
            let value = &value[..end.min(line_end)];
            let start = value.as_ptr() as usize - text.as_ptr() as usize;
            done = start + value.len();
            found.push((value, start, !text[..at].ends_with(|c: char| c.is_ascii_alphabetic())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.learn_ids("amos: { conference_id: \"3141592\", pin: \"27182\" }");
        secrets.hide_word("27182");
        secrets
    }

    #[test]
    fn a_quoted_line_shows_ids_and_numbers_but_no_pin() {
        for (line, quoted) in [
            (
                "amos: { conference_id: \"3141592\", pin: \"27182\" }",
                "amos: { conference_id: \"3141592\", pin: \"*******\" }",
            ),
            ("- press: \"3141592#\"", "- press: \"3141592#\""),
            ("- press: \"99999#\"", "- press: \"*******#\""),
            ("- press: \"*6\"", "- press: \"*6\""),
            ("- press: 2w7w1w", "- press: *******"),
            ("- press: \"27", "- press: \"*******"),
            ("- press: \"${amos.pin2}#\"", "- press: \"${amos.pin2}#\""),
            ("'pin' : 12", "'pin' : *******"),
            ("params: { wrong: \"99999\" }", "params: { wrong: \"*******\" }"),
            (
                "from: \"+4930123456\", seed: 123456, wait: 1500ms, max_length: 20000",
                "from: \"+4930123456\", seed: 123456, wait: 1500ms, max_length: 20000",
            ),
            ("seed: 27182", "seed: *******"),
            ("# amos has 27182", "# amos has *******"),
            ("dtmf: rfc4733, wait: 99999", "dtmf: rfc4733, wait: 99999"),
            ("dtmf: rfc27182", "dtmf: rfc*******"),
            ("profile: sfbo-2018", "profile: sfbo-2018"),
            ("hears: x99999", "hears: x*******"),
            ("spin: \"1\", suppress: 2", "spin: \"1\", suppress: 2"),
            ("old_pin: \"1\", spin: 99999", "old_pin: \"*******\", spin: *******"),
            (
                "cmdlet: Set-X amos -ConferenceId 7654321 -Pin 7654321",
                "cmdlet: Set-X amos -ConferenceId 7654321 -Pin *******",
            ),
        ] {
            assert_eq!(secrets().mask_source(line, 0, 0).text, quoted);
        }
    }

    #[test]
    fn places_move_with_the_mask() {
        let line = "pin: 27182, number: x";
        let masked = secrets().mask_source(line, 0, 0);
        assert_eq!(masked.text, "pin: *******, number: x");
        assert_eq!(masked.place(5..10), 5..12);
        assert_eq!(masked.place(6..8), 5..12);
        assert_eq!(&masked.text[masked.place(12..18)], "number");
    }

    #[test]
    fn keyed_digits_are_masked_wherever_they_occur() {
        let mut secrets = secrets();
        secrets.hide_span(Span { source: 0, start: 104, end: 107 });
        assert_eq!(secrets.mask_source("    182#", 0, 100).text, "    *******#");
        assert_eq!(secrets.mask_source("    182#", 1, 100).text, "    182#");
    }

    #[test]
    fn half_of_a_conference_id_in_groups_is_not_one() {
        let mut secrets = Secrets::default();
        let text = "amos: { conference_id: \"2718 281\" }\nkim: { pin: 2718 }";
        secrets.learn_ids(text);
        secrets.learn_pins(text);
        assert_eq!(secrets.mask_message("2718"), "*******");
    }

    #[test]
    fn a_message_never_names_a_pin() {
        assert_eq!(secrets().mask_message("nobody is called 27182"), "nobody is called *******");
    }
}
