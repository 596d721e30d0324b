//! A bridge of others: what a case needs there comes from a target file, and what cannot be known there is left out.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::unfit::changed_settings;
use super::{NotPlayed, Pool, Staged};
use crate::control::caller::{Expectation, Op, Sound, Target as Called};
use crate::control::directory::Coordinates;
use crate::control::policy::OrganizerId;
use crate::leg::cast::NO_NUMBER;
use crate::leg::outward::{Destination, NextHop, SipAddress};
use crate::media::hear::Sounds;
use crate::scenario::story::Story;
use crate::scenario::targets::{Conference, Target, word_of};
use crate::sip::message::Uri;

/// A bridge of others, as a target file describes it.
#[derive(Debug)]
pub(super) struct Foreign {
    target: Target,
    address: SipAddress,
    sounds: Arc<Sounds>,
    /// Whether each conference of the pool is some case's.
    taken: Mutex<Vec<bool>>,
    given_back: Condvar,
}

impl Foreign {
    pub(super) fn new(target: Target, address: SipAddress) -> Self {
        let taken = Mutex::new(vec![false; target.organizers.len()]);
        let sounds = Arc::new(target.ears());
        Self { target, address, sounds, taken, given_back: Condvar::new() }
    }

    /// Returns how this bridge is called, by somebody who reaches it there.
    pub(super) fn destination(&self, hop: NextHop) -> Destination {
        self.target.destination(hop)
    }

    /// Sets up what a story needs; takes out what this bridge never says.
    ///
    /// # Errors
    /// The story needs what the target file does not have.
    pub(super) fn stage(&self, story: &mut Story) -> Result<Staged<'_>, NotPlayed> {
        let passed_over = self.fit(story).map_err(NotPlayed::Skipped)?;
        let numbers = self.numbers(story).map_err(NotPlayed::Skipped)?;
        let unknown = self.target.unknown.as_ref().map(|dialled| dialled.at(&self.address));
        let lease = self.take(story.given.organizers.len()).map_err(NotPlayed::Skipped)?;
        Ok(Staged {
            shown: self.coordinates(&lease),
            numbers,
            unknown: unknown.unwrap_or_else(|| self.address.uri().clone()),
            sounds: Arc::clone(&self.sounds),
            passed_over,
            _lease: super::Lease::Conferences(lease),
        })
    }

    /// Takes out what this bridge never says; returns it as it is written, or why the story is not for it.
    pub(super) fn fit(&self, story: &mut Story) -> Result<Vec<String>, String> {
        self.why_not(story).map_or(Ok(()), Err)?;
        self.pass_over(story)
    }

    /// Returns all of its conferences, for load runs.
    pub(super) fn pool(&self, story: &Story) -> Result<Pool<'_>, String> {
        let numbers = self.numbers(story)?;
        let unknown = self.target.unknown.as_ref().map(|dialled| dialled.at(&self.address));
        let lease = self.take(self.target.organizers.len())?;
        let organizers = self.coordinates(&lease);
        let unknown = unknown.unwrap_or_else(|| self.address.uri().clone());
        Ok(Pool { organizers, numbers, unknown, _lease: super::Lease::Conferences(lease) })
    }

    fn coordinates(&self, lease: &Conferences<'_>) -> Vec<Coordinates> {
        let shown = (0..).zip(lease.conferences()).map(|(number, conference)| Coordinates {
            organizer: OrganizerId(number),
            conference_id: conference.conference_id,
            pin: conference.pin,
            passcode: None,
        });
        shown.collect()
    }

    fn why_not(&self, story: &Story) -> Option<String> {
        if let Some(setting) = changed_settings(story).first() {
            return Some(format!("it sets `{}`, which nobody can set there", setting.name));
        }
        if story.given.organizers.iter().any(|organizer| organizer.allow_anonymous_start == Some(true)) {
            return Some("whether meetings start without a PIN, a target file cannot say".to_owned());
        }
        if story.given.organizers.iter().any(|organizer| organizer.passcode.is_some()) {
            return Some("the passcode of a meeting, a target file cannot say".to_owned());
        }
        let mut ops = story.cast.roles.iter().flat_map(|role| &role.program.ops).map(|(_, op)| op);
        if self.target.unknown.is_none() && ops.any(|op| *op == Op::Dial(Called::Number(NO_NUMBER))) {
            return Some("the target has no `unknown_number`".to_owned());
        }
        None
    }

    /// What is dialled for the numbers that a story dials.
    fn numbers(&self, story: &Story) -> Result<Vec<Uri>, String> {
        let numbers = &story.given.numbers;
        let find = |name: &str| self.target.number(name, &self.address);
        let dialled = numbers.iter().enumerate().map(|(place, (name, _))| match find(name) {
            Some(dialled) => Ok(dialled),
            // The only number of a story is the one that is called.
            None if (place, numbers.len()) == (0, 1) && name == "bridge" => Ok(self.address.uri().clone()),
            None => Err(format!("the target has no number `{name}`")),
        });
        dialled.collect()
    }

    /// Takes steps out that only wait for what this bridge never says; returns them as they are written.
    fn pass_over(&self, story: &mut Story) -> Result<Vec<String>, String> {
        let mut passed_over = Vec::new();
        for role in &mut Arc::make_mut(&mut story.cast).roles {
            for (step, op) in &mut Arc::make_mut(&mut role.program).ops {
                let sound = match op {
                    Op::Expect(Expectation::Hears(sound), _) | Op::Still(sound, _) => *sound,
                    Op::Never(Expectation::Hears(sound), _) if !self.target.has(*sound) => *sound,
                    Op::Expect(Expectation::State(_), _) | Op::Never(..) | Op::Dial(_) => continue,
                    Op::Press { .. } | Op::Say(..) | Op::When(_) | Op::Wait(_) | Op::Mark(_) | Op::HangUp => {
                        continue;
                    }
                    Op::Drop | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => continue,
                };
                if self.target.has(sound) {
                    continue;
                }
                if !self.target.lacks(sound) {
                    return Err(self.missing(sound));
                }
                let text = story.steps.get(step.0 as usize).map_or("", |step| &*step.text);
                passed_over.push(format!("`{text}` is passed over: {} never says that", self.target.name));
                // Nothing of the program moves: forks name their branches by place.
                *op = Op::Wait(Duration::ZERO);
            }
        }
        passed_over.sort_unstable();
        passed_over.dedup();
        Ok(passed_over)
    }

    fn missing(&self, sound: Sound) -> String {
        let word = word_of(sound).unwrap_or("silence");
        match sound {
            Sound::PromptIn(_, language) => {
                format!(
                    "in which language it says `{word}` the target cannot say, and {} is asked for",
                    language.tag()
                )
            }
            Sound::Prompt(_)
            | Sound::RecordedName
            | Sound::HoldMusic
            | Sound::Silence
            | Sound::Talk(_)
            | Sound::Tone(_) => {
                format!("the target has no sound for `{word}`, and does not list it under `absent`")
            }
        }
    }

    /// Waits for so many conferences of the pool.
    fn take(&self, count: usize) -> Result<Conferences<'_>, String> {
        let pool = self.target.organizers.len();
        if count > pool {
            return Err(format!("it has {count} organizers, and the target {pool}"));
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let free: Vec<usize> = (0..pool).filter(|place| !taken[*place]).take(count).collect();
            if free.len() == count {
                free.iter().for_each(|place| taken[*place] = true);
                return Ok(Conferences { of: self, places: free });
            }
            taken = self.given_back.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Conferences of the pool that a case has. They are given back when this goes.
#[derive(Debug)]
pub(super) struct Conferences<'f> {
    of: &'f Foreign,
    places: Vec<usize>,
}

impl Conferences<'_> {
    fn conferences(&self) -> impl Iterator<Item = Conference> + '_ {
        self.places.iter().map(|place| self.of.target.organizers[*place])
    }
}

impl Drop for Conferences<'_> {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        self.places.iter().for_each(|place| taken[*place] = false);
        drop(taken);
        self.of.given_back.notify_all();
    }
}
