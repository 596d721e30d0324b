//! A bridge that is faulty on purpose: what is wrong with it, and how that is made in a World.

use std::sync::Arc;

use crate::bridge::protocol::Report;
use crate::control::attendant::Input as ToAttendant;
use crate::control::call::{Digit, LegEvent, LegId, Prompt, Source};
use crate::control::meeting::{self, Notice};
use crate::control::policy::Terms;
use crate::leg::log::{Entry, Log};
use crate::play::world::{Envelope, Handling, Tamper};
use crate::play::{Failure, Played, play, play_tampered};
use crate::scenario::story::Story;
use crate::suite::SEED;

/// A bridge with one fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name, by what a caller would say of it.
    pub name: &'static str,
    /// What is wrong, in a sentence.
    pub wrong: &'static str,
    means: Means,
}

/// How a fault is made.
#[derive(Clone, Copy, Debug)]
enum Means {
    /// The bridge holds itself to these settings, whatever the scenario says.
    Settings(&'static [(&'static str, &'static str)]),
    /// Nobody gets to hear these prompts, on the own line or announced.
    Mute(&'static [Prompt]),
    /// Each value between the machines is tampered with by itself.
    Hand(fn(&mut Envelope) -> Handling),
    /// Values are tampered with by what went before.
    Memory(fn(&Story) -> Tamper),
}

impl Fault {
    pub(super) const fn set(
        name: &'static str,
        wrong: &'static str,
        settings: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { name, wrong, means: Means::Settings(settings) }
    }

    pub(super) const fn mute(name: &'static str, wrong: &'static str, prompts: &'static [Prompt]) -> Self {
        Self { name, wrong, means: Means::Mute(prompts) }
    }

    pub(super) const fn hand(
        name: &'static str,
        wrong: &'static str,
        hand: fn(&mut Envelope) -> Handling,
    ) -> Self {
        Self { name, wrong, means: Means::Hand(hand) }
    }

    pub(super) const fn memory(
        name: &'static str,
        wrong: &'static str,
        tamper: fn(&Story) -> Tamper,
    ) -> Self {
        Self { name, wrong, means: Means::Memory(tamper) }
    }

    /// Plays a case on this bridge, with its own seed.
    ///
    /// # Panics
    /// As [`play`].
    #[must_use]
    pub fn play(&self, story: &Arc<Story>) -> Played {
        let seed = story.seed.unwrap_or(SEED);
        match self.means {
            Means::Settings(settings) => {
                let mut other = Story::clone(story);
                for (name, value) in settings {
                    other.given.policy.set(name, value).expect("a fault names settings that exist");
                }
                play(&Arc::new(other), seed)
            }
            Means::Mute(prompts) => {
                play_tampered(story, seed, Tamper::new(move |carried| mute(carried, prompts)))
            }
            Means::Hand(hand) => play_tampered(story, seed, Tamper::new(hand)),
            Means::Memory(tamper) => play_tampered(story, seed, tamper(story)),
        }
    }

    /// Whether a case catches the fault: a step, a check or an invariant fails, and not merely that all time is up, or a
    /// question unasked.
    ///
    /// # Panics
    /// As [`play`].
    #[must_use]
    pub fn is_caught_by(&self, story: &Arc<Story>) -> bool {
        self.play(story).failures.first().is_some_and(|wrong| match wrong {
            Failure::Step { .. } | Failure::Check { .. } | Failure::Invariant(_) => true,
            Failure::TimedOut { .. } | Failure::Order { .. } => false,
        })
    }

    /// Whether a case, played like this on a bridge without fault, could come out differently with it. One that gives the
    /// settings itself, or in which no such prompt is heard, need not be played.
    pub(super) fn may_matter(&self, story: &Story, sound: &Log) -> bool {
        match self.means {
            Means::Settings(settings) => {
                let differs =
                    |(name, value): &(&str, &str)| story.given.policy.show(name).as_deref() != Some(*value);
                settings.iter().any(differs)
            }
            Means::Mute(prompts) => sound.entries.iter().any(|(_, entry)| {
                matches!(entry, Entry::Event(event) if event.prompt().is_some_and(|said| prompts.contains(&said)))
            }),
            Means::Hand(_) | Means::Memory(_) => true,
        }
    }
}

fn mute(carried: &mut Envelope, prompts: &[Prompt]) -> Handling {
    if let Envelope::Report(_, heard) = carried {
        match heard {
            Report::Hears(Source::Prompt { prompt, .. }) if prompts.contains(prompt) => {
                *heard = Report::Hears(Source::Silence);
            }
            Report::Announced(Some(announced)) if prompts.contains(&announced.prompt) => {
                *heard = Report::Announced(None);
            }
            Report::Hears(_) | Report::Announced(_) | Report::Answered { .. } => {}
            Report::Voice(_) | Report::Ended(_) | Report::Refused(_) => {}
        }
    }
    Handling::Carry
}

pub(super) fn lose_if(lost: bool) -> Handling {
    if lost { Handling::Lose } else { Handling::Carry }
}

/// A key on its way to an attendant.
pub(super) fn key(carried: &Envelope) -> Option<(LegId, Digit)> {
    if let Envelope::Attendant(leg, ToAttendant::Leg(LegEvent::Digit(digit))) = carried {
        Some((*leg, *digit))
    } else {
        None
    }
}

/// What a caller begins to hear.
pub(super) fn ear(carried: &Envelope) -> Option<(LegId, Source)> {
    if let Envelope::Report(leg, Report::Hears(source)) = carried { Some((*leg, *source)) } else { None }
}

/// A notice on its way from a meeting to a caller's attendant.
pub(super) fn notice(carried: &mut Envelope) -> Option<(LegId, &mut Notice)> {
    if let Envelope::Attendant(leg, ToAttendant::Notice(notice)) = carried {
        Some((*leg, notice))
    } else {
        None
    }
}

pub(super) fn to_meeting(carried: &mut Envelope) -> Option<&mut meeting::Input> {
    if let Envelope::Meeting(_, input) = carried { Some(input) } else { None }
}

/// What a meeting is held to, on its way there.
pub(super) fn terms(carried: &mut Envelope) -> Option<&mut Terms> {
    match to_meeting(carried)? {
        meeting::Input::Arrive { terms, .. } | meeting::Input::NewTerms { terms } => Some(terms),
        meeting::Input::TermsFound { result, .. } => result.as_mut().ok(),
        meeting::Input::Enter { .. }
        | meeting::Input::PinEntered { .. }
        | meeting::Input::PasscodeEntered { .. }
        | meeting::Input::PinChecked { .. } => None,
        meeting::Input::Command { .. } | meeting::Input::Leave { .. } | meeting::Input::Admit { .. } => None,
        meeting::Input::Remove { .. } | meeting::Input::Refuse { .. } | meeting::Input::SetMuted { .. } => {
            None
        }
        meeting::Input::AnnouncementFinished { .. }
        | meeting::Input::Decide { .. }
        | meeting::Input::SetLocked { .. }
        | meeting::Input::SetRecording { .. }
        | meeting::Input::End => None,
    }
}
