//! One line of what has happened.

use std::fmt;

use super::{MOMENT, OPEN_TIME};
use crate::control::call::{HangupCause, Prompt};
use crate::control::time::Instant;
use crate::phone::sentence::{begins, go_on};

/// A line of what has happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventLine {
    /// When; of a repeat, the last time.
    pub at: Instant,
    /// The names of those it happened to.
    pub(super) callers: Vec<String>,
    pub(super) what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What {
    Text(String),
    Hears(Spoken),
    Muted(bool),
    Ended(HangupCause),
    Ignored(u32, &'static str),
    Keys { keys: String, effect: String },
}

/// Prompts that make a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Spoken {
    prompts: Vec<Prompt>,
    words: String,
    /// Whether a meeting hears it, instead of callers.
    meeting: bool,
}

impl Spoken {
    pub(super) fn new(prompt: Prompt, words: String, meeting: bool) -> Self {
        Self { prompts: vec![prompt], words, meeting }
    }

    pub(super) fn is_only(&self, prompt: Prompt) -> bool {
        !self.meeting && self.prompts == [prompt]
    }

    pub(super) fn goes_on_with(&self, prompt: Prompt) -> bool {
        self.prompts.last().is_some_and(|last| go_on(*last, prompt))
    }

    pub(super) fn go_on(&mut self, prompt: Prompt, words: &str) {
        // Of several who hear it at the same moment, each says so.
        if self.prompts.last() != Some(&prompt) {
            self.prompts.push(prompt);
            self.words.push(' ');
            self.words.push_str(words);
        }
    }
}

impl EventLine {
    /// The name of whom it happened to; empty where that is nobody, or where [`EventLine::text`] says more than one.
    #[must_use]
    pub fn caller(&self) -> &str {
        match (&self.callers[..], &self.what) {
            (_, What::Hears(Spoken { meeting: true, .. })) => "",
            ([one], _) => one,
            (_, _) => "",
        }
    }

    /// What happened; words that were heard stand in quotation marks.
    #[must_use]
    pub fn text(&self) -> String {
        let told = match &self.what {
            What::Text(text) => text.clone(),
            What::Hears(spoken) => {
                format!("{} “{}”", self.verb(spoken.meeting, "hears", "hear"), spoken.words)
            }
            What::Muted(true) => format!("{} muted", self.verb(false, "is", "are")),
            What::Muted(false) => format!("{} no longer muted", self.verb(false, "is", "are")),
            What::Ended(HangupCause::Caller) => "hangs up".to_owned(),
            What::Ended(HangupCause::Bridge) => "is hung up on by the bridge".to_owned(),
            What::Ended(HangupCause::Cancelled) => "hangs up before the answer".to_owned(),
            What::Ended(HangupCause::Lost) => "is cut off: the call is lost".to_owned(),
            What::Ended(HangupCause::NoAck) => "is cut off: the answer was not acknowledged".to_owned(),
            What::Ended(HangupCause::NoMedia) => "is cut off: no sound could be agreed on".to_owned(),
            What::Ended(HangupCause::MediaGone) => "is cut off: no sound comes any more".to_owned(),
            What::Ended(HangupCause::SessionExpired) => {
                "is cut off: its telephone did not say that the call goes on".to_owned()
            }
            What::Ended(HangupCause::UnknownNumber) => "hears busy: no such number".to_owned(),
            What::Ended(HangupCause::Declined) => {
                "hears busy: the bridge takes no calls from there".to_owned()
            }
            What::Ended(HangupCause::Congestion) => {
                "hears busy: the bridge has as many calls as it may".to_owned()
            }
            What::Ignored(count, why) => {
                let keys = if *count == 1 { "key" } else { "keys" };
                let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                format!("{count} {keys} ignored{why}")
            }
            What::Keys { keys, effect } if effect.is_empty() => format!("keys {keys}"),
            What::Keys { keys, effect } => format!("keys {keys}: {effect}"),
        };
        match &self.callers[..] {
            [] => told,
            [_] if !self.caller().is_empty() => told,
            callers => format!("{} {told}", listed(callers)),
        }
    }

    fn verb<'v>(&self, meeting: bool, one: &'v str, many: &'v str) -> &'v str {
        if meeting || self.callers.len() == 1 { one } else { many }
    }

    /// Until when the line may change.
    pub(super) fn open_until(&self) -> Instant {
        match &self.what {
            What::Ignored(..) => self.at + OPEN_TIME,
            What::Hears(spoken) if spoken.prompts.last().is_some_and(|last| begins(*last)) => {
                // Each part of a sentence takes less than that.
                self.at + OPEN_TIME * spoken.prompts.len() as u32
            }
            What::Text(_) | What::Hears(_) | What::Muted(_) | What::Ended(_) | What::Keys { .. } => {
                self.at + MOMENT
            }
        }
    }
}

impl fmt::Display for EventLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.caller().is_empty() { "" } else { " " };
        write!(f, "{}{gap}{}", self.caller(), self.text())
    }
}

/// Names in a row: `Pat`, `Pat and Kim`, `Pat, Kim and Amos`.
#[must_use]
pub fn listed(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [before @ .., last] => {
            let before: Vec<&str> = before.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", before.join(", "), last.as_ref())
        }
    }
}
