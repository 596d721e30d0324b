//! The keys of a press as caps, with everything that can be a PIN as one.

use std::collections::BTreeSet;

use crate::control::caller::{KeyPart, Named, Op, OrganizerRef, StepId};
use crate::control::numbers::in_groups;
use crate::control::pin::MASK;
use crate::control::policy::PinLength;
use crate::scenario::source::Sources;
use crate::scenario::story::{Act, Story};

/// The cap of the organizer's PIN.
const PIN: &str = "PIN";

/// The caps of every press of a story.
#[derive(Debug)]
pub(super) struct Caps<'a> {
    story: &'a Story,
    sources: &'a Sources<'static>,
    /// Steps whose digits may be a part of a PIN that is keyed in several.
    long: BTreeSet<(u32, StepId)>,
}

impl<'a> Caps<'a> {
    pub(super) fn new(story: &'a Story, sources: &'a Sources<'static>) -> Self {
        let mut long = BTreeSet::new();
        for (part, role) in (0..).zip(&story.cast.roles) {
            let mut row: Vec<StepId> = Vec::new();
            for (step, op) in &role.program.ops {
                let Op::Press { keys, .. } = op else { continue };
                for key in keys.iter() {
                    match key {
                        KeyPart::Key(digit) if digit.number().is_some() => row.push(*step),
                        KeyPart::Pause(_) => {}
                        KeyPart::Key(_) | KeyPart::Named(_) => row.clear(),
                    }
                    if row.len() >= PinLength::MIN && row.first() != row.last() {
                        long.extend(row.iter().map(|step| (part, *step)));
                    }
                }
            }
        }
        Self { story, sources, long }
    }

    /// The caps of a step; nothing if it presses no key.
    pub(super) fn of(&self, part: u32, step: StepId) -> Option<Vec<String>> {
        let role = self.story.cast.roles.get(part as usize)?;
        let presses = |(of, op): &'a (StepId, Op)| {
            if let Op::Press { keys, .. } = op { (*of == step).then_some(keys) } else { None }
        };
        let keys = role.program.ops.iter().find_map(presses)?;
        let split = self.long.contains(&(part, step));
        let (mut caps, mut row) = (Vec::new(), String::new());
        for key in keys.iter() {
            match key {
                KeyPart::Key(digit) if digit.number().is_some() => row.push(digit.symbol()),
                KeyPart::Pause(_) => {}
                KeyPart::Key(digit) => {
                    self.finish(&mut row, &mut caps, split);
                    caps.push(digit.symbol().to_string());
                }
                KeyPart::Named(named) => {
                    self.finish(&mut row, &mut caps, split);
                    caps.extend(self.named(*named));
                }
            }
        }
        self.finish(&mut row, &mut caps, split);
        Some(caps)
    }

    /// A row of digits that a script writes out.
    fn finish(&self, row: &mut String, caps: &mut Vec<String>, split: bool) {
        let digits = std::mem::take(row);
        if digits.is_empty() {
            return;
        }
        let is_short = digits.len() < PinLength::MIN && !split;
        if is_short || self.sources.masked_keys(&digits) == digits {
            caps.extend(spread(&digits));
        } else {
            caps.push(MASK.to_owned());
        }
    }

    fn named(&self, named: Named) -> Vec<String> {
        match named {
            Named::Pin(_) => vec![PIN.to_owned()],
            Named::Passcode(_) => vec!["passcode".to_owned()],
            Named::PreviousPin(_) => vec!["old PIN".to_owned()],
            Named::ConferenceId(organizer) => self.id(organizer),
            Named::PreviousConferenceId(_) => vec!["old ID".to_owned()],
        }
    }

    /// The conference ID of the file, if the story keeps it.
    fn id(&self, organizer: OrganizerRef) -> Vec<String> {
        let given = self.story.given.organizers.get(usize::from(organizer.0));
        let changes = |act: &Act| matches!(act, Act::ResetConferenceId(whose) | Act::Enable(whose) if *whose == organizer);
        match given.and_then(|organizer| organizer.conference_id.as_deref()) {
            Some(id) if !self.story.acts.iter().any(changes) => spread(id).collect(),
            _ => vec!["ID".to_owned()],
        }
    }
}

fn spread(digits: &str) -> impl Iterator<Item = String> + '_ {
    digits.chars().map(|digit| digit.to_string())
}

/// Caps in words: `314 1592 #`, `* PIN #`.
pub(super) fn in_words(caps: &[String]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut row = String::new();
    for cap in caps {
        if cap.len() == 1 && cap.bytes().all(|byte| byte.is_ascii_digit()) {
            row.push_str(cap);
            continue;
        }
        words.extend((!row.is_empty()).then(|| in_groups(&std::mem::take(&mut row))));
        words.push(cap.clone());
    }
    words.extend((!row.is_empty()).then(|| in_groups(&row)));
    words.join(" ")
}
