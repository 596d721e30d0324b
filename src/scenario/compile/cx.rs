//! The context that all parts of the compiler share: one case of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::control::call::Language;
use crate::control::caller::OrganizerRef;
use crate::control::policy::{FormerSetting, Policy, ServiceNumber};

use super::signals::Signals;
use super::values::short;
use crate::leg::cast::{KeyPath, Recording};
use crate::media::library::Sound;
use crate::scenario::file::File;
use crate::scenario::limits::{FILE_TEXT_MAX, FILE_WEIGHT_MAX, STEPS_MAX};
use crate::scenario::mask::Secrets;
use crate::scenario::problem::{Problem, Problems, suggest};
use crate::scenario::source::grouped;
use crate::scenario::span::Span;
use crate::scenario::story::{Act, NotImplemented, Organizer, Params, StepText};
use crate::scenario::tree::Node;

/// Reads a sound by its path, which the text of this number names.
pub(in crate::scenario) type SoundReader<'m> = dyn FnMut(u16, &str) -> Result<Sound, String> + 'm;

/// One case of a file while it is compiled.
pub(in crate::scenario) struct Cx<'f, 'm> {
    pub(super) file: &'f File,
    pub(super) params: Params,
    pub(super) problems: &'m mut Problems,
    pub(super) secrets: &'m mut Secrets,
    pub(super) budget: Budget<'m>,
    pub(super) used: Used,
    pub(super) unbuilt: Unbuilt,
    pub(super) policy: Policy,
    /// The settings as an administrator's steps leave them.
    pub(super) scratch: Policy,
    pub(super) people: People<'f>,
    /// Steps with an error, which are not looked at again.
    pub(super) failed: BTreeSet<Span>,
    pub(super) signals: Signals,
    pub(super) steps: Vec<StepText>,
    pub(super) acts: Vec<Act>,
    /// Recordings that callers play.
    pub(super) recordings: Vec<Recording>,
    /// Reads a sound by its path, which the text of this number names.
    pub(super) sounds: &'m mut SoundReader<'m>,
    /// Cases under `skip` or `expected_to_fail` that are not this one.
    pub(super) idle_exemptions: Vec<(String, Span)>,
}

/// Who and what is there before the first call.
#[derive(Debug, Default)]
pub(super) struct People<'f> {
    pub(super) organizers: Vec<Organizer>,
    /// Where each organizer is named.
    pub(super) organizer_spans: Vec<Span>,
    pub(super) users: Vec<String>,
    pub(super) numbers: Vec<(String, ServiceNumber)>,
    pub(super) callers: Vec<CallerInfo<'f>>,
    pub(super) places: Places<'f>,
}

/// The places of names in the lists of a case.
#[derive(Debug, Default)]
pub(super) struct Places<'f> {
    pub(super) callers: BTreeMap<&'f str, usize>,
    pub(super) organizers: BTreeMap<&'f str, u16>,
    pub(super) users: BTreeMap<String, u16>,
    pub(super) numbers: BTreeMap<String, usize>,
    /// The organizer of each conference ID.
    pub(super) ids: BTreeMap<String, u16>,
}

/// What a case needs that is not built yet, each place once.
#[derive(Debug, Default)]
pub(super) struct Unbuilt {
    pub(super) features: Vec<NotImplemented>,
    at: BTreeSet<Span>,
}

/// How much a case may take.
#[derive(Debug)]
pub(super) struct Budget<'m> {
    /// What all cases of the file have taken so far.
    weight: &'m mut Weight,
    /// Steps of this case so far.
    walked: usize,
    /// Something was too much: it is of no use to read on.
    pub(super) exhausted: bool,
}

/// The size of all cases of a file so far.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Weight {
    /// Steps, callers and whatever else is kept.
    kept: usize,
    /// Bytes of text that were read.
    text: usize,
}

/// A caller of the file, or the administrator.
#[derive(Debug)]
pub(in crate::scenario) struct CallerInfo<'f> {
    pub(super) name: &'f str,
    pub(super) count: u32,
    /// The place of the first of them among the roles.
    pub(super) first_role: u32,
    pub(super) script: Option<&'f Node>,
    pub(super) from: Option<String>,
    /// The user's place among the users.
    pub(super) signed_in: Option<u16>,
    pub(super) key_path: KeyPath,
    pub(super) is_admin: bool,
}

/// The parts of the file that the case used, so that the linter can find unused ones.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Used {
    pub(in crate::scenario) params: BTreeSet<String>,
    pub(in crate::scenario) procedures: BTreeSet<String>,
    pub(in crate::scenario) organizers: BTreeSet<u16>,
    /// Parameters that are keyed or are a PIN.
    pub(in crate::scenario) secret_params: BTreeSet<String>,
    /// Each `hears` that the sound of the `hears` before it may meet.
    pub(in crate::scenario) heard_again: BTreeSet<Span>,
    /// Keys that are pressed before the first call.
    pub(in crate::scenario) early_presses: BTreeSet<Span>,
    /// Settings by earlier names, with their values.
    pub(in crate::scenario) former_settings: BTreeMap<Span, (&'static FormerSetting, String)>,
    /// Blind waits.
    pub(in crate::scenario) waits: BTreeSet<Span>,
    /// Whether anything is expected or forbidden by a script.
    pub(in crate::scenario) expectations: usize,
}

impl<'f, 'm> Cx<'f, 'm> {
    /// A case of this file with these values of its parameters, of which nothing was read.
    pub(super) fn new(
        file: &'f File,
        params: Params,
        (problems, secrets): (&'m mut Problems, &'m mut Secrets),
        sounds: &'m mut SoundReader<'m>,
        weight: &'m mut Weight,
    ) -> Self {
        Self {
            file,
            params,
            problems,
            secrets,
            budget: Budget { weight, walked: 0, exhausted: false },
            used: Used::default(),
            unbuilt: Unbuilt::default(),
            policy: Policy::default(),
            scratch: Policy::default(),
            people: People::default(),
            failed: BTreeSet::new(),
            signals: Signals::default(),
            steps: Vec::new(),
            acts: Vec::new(),
            recordings: Vec::new(),
            sounds,
            idle_exemptions: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::error(span, message));
    }

    pub(super) fn not_implemented(&mut self, span: Span, why: impl Into<String>) {
        if self.unbuilt.at.insert(span) {
            self.unbuilt.features.push(NotImplemented { span, why: why.into() });
        }
    }

    /// Takes note of a step, or of a caller; false once there are too many.
    pub(super) fn spend(&mut self, span: Span) -> bool {
        self.budget.walked += 1;
        self.weigh(1, span);
        if self.budget.exhausted {
            return false;
        }
        if self.budget.walked <= STEPS_MAX {
            return true;
        }
        self.budget.exhausted = true;
        self.error(
            span,
            format!(
                "a scenario may have at most {} steps once procedures and repeats are written out",
                grouped(STEPS_MAX)
            ),
        );
        false
    }

    /// Counts steps or callers of the file.
    pub(super) fn weigh(&mut self, more: usize, span: Span) {
        self.budget.weight.kept = self.budget.weight.kept.saturating_add(more);
        if self.budget.weight.kept > FILE_WEIGHT_MAX && !self.budget.exhausted {
            self.budget.exhausted = true;
            let message = format!(
                "all combinations of one file may have at most {} steps and callers together",
                grouped(FILE_WEIGHT_MAX)
            );
            self.error(span, message);
        }
    }

    /// Takes note of so much text; `None` once there was too much.
    pub(super) fn read_text(&mut self, bytes: usize, span: Span) -> Option<()> {
        self.budget.weight.text = self.budget.weight.text.saturating_add(bytes);
        if self.budget.weight.text <= FILE_TEXT_MAX {
            return Some(());
        }
        self.budget.exhausted = true;
        self.error(span, "all combinations of one file may read at most 128 MiB of text together");
        None
    }

    /// Returns whether it is useless to read on.
    pub(super) fn gives_up(&self) -> bool {
        self.budget.exhausted || self.problems.is_full()
    }

    /// The secondary languages of each service number.
    pub(super) fn languages(&self) -> Arc<[Vec<Language>]> {
        if self.people.numbers.iter().all(|(_, number)| number.secondary.is_empty()) {
            return Arc::default();
        }
        self.people.numbers.iter().map(|(_, number)| number.secondary.to_vec()).collect()
    }

    /// An organizer by name.
    pub(super) fn organizer(&mut self, node: &'f Node, what: &str) -> Option<OrganizerRef> {
        let name = self.text(node, what)?;
        self.organizer_named(&name, node.span)
    }

    pub(super) fn organizer_named(&mut self, name: &str, span: Span) -> Option<OrganizerRef> {
        if let Some(place) = self.people.places.organizers.get(name).copied() {
            self.used.organizers.insert(place);
            return Some(OrganizerRef(place));
        }
        let help = suggest(name, self.people.organizers.iter().map(|organizer| organizer.name.as_str()));
        let problem = Problem::error(span, format!("unknown organizer `{}`", short(name)));
        let problem = match help {
            Some(help) => problem.help(help),
            None => problem.help("organizers are listed under `given.organizers`"),
        };
        self.problem(problem);
        None
    }
}
