//! Profiles: which stories a load run plays, and how often each. A profile is a scenario file that says so under
//! `load`; some are built in.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use crate::control::time::Instant;
use crate::scenario::load::{Load, Often};
use crate::scenario::problem::Problem;
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::{Act, Params, Story};

/// A profile that is built in.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// By which it is asked for.
    pub name: &'static str,
    /// The scenario file.
    pub text: &'static str,
}

macro_rules! ready {
    ($($name:literal)*) => {
        /// The profiles that are built in: the files of `scenarios/load`.
        pub const READY: &[Ready] =
            &[$(Ready { name: $name, text: include_str!(concat!("../../scenarios/load/", $name, ".yaml")) }),*];
    };
}

ready! { "microsoft" "one-big-lobby" "many-small" "storm" "guessing" "troubled" }

/// The longest that a profile may load: its figures of each second are kept.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// The stories and the load of a load run.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name, or the path of its file.
    pub name: String,
    /// The thresholds, in the file's words.
    pub line: String,
    /// The file's `load`.
    pub load: Load,
    /// The stories of the mix.
    pub stories: Vec<Arc<Story>>,
    /// How often each is played.
    often: Vec<Often>,
    /// Tells this profile from all others, its parameters included: SHA-256 in hexadecimal digits.
    pub digest: String,
}

/// Why there is no profile.
#[derive(Debug)]
pub enum NoProfile {
    /// Its file is not a valid scenario: all errors, formatted for a screen.
    File(String),
    /// It cannot be used as a load.
    Unfit(String),
    /// Something that nobody has built.
    NotBuilt(String),
}

impl Profile {
    /// Reads a profile: one that is built in, or a file.
    ///
    /// # Errors
    /// There is none of that name, it is wrong, or it is no load.
    pub fn read(name: &str, set: &Params, coloured: bool) -> Result<Self, NoProfile> {
        let text = READY.iter().find(|ready| ready.name == name).map(|ready| ready.text);
        let stories = |set: &Params| {
            let mut sources = match text {
                Some(text) => Sources::from_files_but(name.to_owned(), text.to_owned()),
                None => Sources::from_files(),
            };
            let render = |problems: Vec<Problem>, sources: &Sources<'_>| {
                let rendered: Vec<String> =
                    problems.iter().map(|problem| problem.render(sources, coloured)).collect();
                NoProfile::File(rendered.join("\n\n"))
            };
            let stories = read(name, &mut sources, set).map_err(|problems| render(problems, &sources))?;
            Ok((stories, sources))
        };
        let (mut alone, sources) = stories(set)?;
        let load = alone.first().and_then(|story| story.load.clone()).ok_or_else(|| {
            let known: Vec<&str> = READY.iter().map(|ready| ready.name).collect();
            NoProfile::Unfit(format!(
                "{name} has no `load`, which says how often to play the story, such as `load: {{ stages: \
                 [{{ to: 10/s, over: 1m }}] }}`; the built-in profiles are {}",
                known.join(", ")
            ))
        })?;
        let mut mix: Vec<(Story, Often)> = Vec::new();
        if load.mix.is_empty() {
            mix.extend(alone.drain(..).map(|story| (story, Often::Share(1))));
        }
        for share in &load.mix {
            let set = share.set.iter().chain(set).map(|(name, value)| (name.clone(), value.clone()));
            let (stories, _) = stories(&set.collect())?;
            mix.extend(stories.into_iter().map(|story| (story, share.often)));
        }
        let mut hash = Sha256::new();
        (0..).map_while(|number| sources.text(number)).for_each(|source| hash.update(&source.text));
        set.iter().for_each(|(name, value)| hash.update(format!("\0{name}={value}")));
        let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let line = mix.first().map(|(story, _)| story.name.clone()).unwrap_or_default();
        let (stories, often) = mix.into_iter().map(|(story, often)| (Arc::new(story), often)).unzip();
        let profile = Self { name: name.to_owned(), line, load, stories, often, digest };
        profile.check()?;
        Ok(profile)
    }

    /// Returns the same profile with its stories changed, as another bridge needs them.
    ///
    /// # Errors
    /// What the change says.
    pub fn changed<E>(&self, change: impl Fn(&Story) -> Result<Story, E>) -> Result<Self, E> {
        let stories = self.stories.iter().map(|story| change(story).map(Arc::new));
        Ok(Self { stories: stories.collect::<Result<_, _>>()?, ..self.clone() })
    }

    fn check(&self) -> Result<(), NoProfile> {
        let unfit = |why: &str| Err(NoProfile::Unfit(format!("{}: {why}", self.name)));
        let stages: Duration = self.load.stages.iter().map(|stage| stage.over).sum();
        if stages > LONGEST {
            return unfit("the stages take more than 24 h together");
        }
        let Some(first) = self.stories.first() else { return unfit("the mix has no story") };
        if let Some(missing) = self.stories.iter().flat_map(|story| &story.not_implemented).next() {
            return Err(NoProfile::NotBuilt(format!("{}: {}", self.name, missing.why)));
        }
        for story in &self.stories {
            if let Some(organizer) = story.given.organizers.iter().find(|one| one.conference_id.is_some()) {
                return unfit(&format!(
                    "{} has a fixed conference ID, but the story runs many times at once: leave it out, \
                     and let callers press \"${{{}.conference_id}}#\"",
                    organizer.name, organizer.name
                ));
            }
            if story.given.policy != first.given.policy || story.given.numbers != first.given.numbers {
                return unfit("all stories of the mix run for one tenant: they must have the same settings");
            }
            if story.directory_faults != first.directory_faults {
                return unfit(
                    "all stories of the mix use one directory: they must have the same directory faults",
                );
            }
        }
        let alone = self.stories.len() == 1 && self.often.iter().all(|often| *often == Often::Times(1));
        let sets = |story: &Arc<Story>| story.acts.iter().any(|act| matches!(act, Act::Set { .. }));
        if !alone && self.stories.iter().any(sets) {
            return unfit(
                "a story of a load run must not `set` the tenant's settings: they apply to all stories",
            );
        }
        Ok(())
    }
}

/// Draws the next story by the shares of the mix.
#[derive(Debug)]
pub struct Mix {
    profile: Arc<Profile>,
    rng: ChaCha8Rng,
    /// Stories that are played so many times yet, first of all.
    first: Vec<(usize, u32)>,
    /// Stories with the sum of the shares up to theirs.
    shares: Vec<(usize, u32)>,
}

impl Mix {
    /// The stories of a profile as this seed draws them.
    #[must_use]
    pub fn new(profile: &Arc<Profile>, seed: u64) -> Self {
        let (mut first, mut shares, mut sum) = (Vec::new(), Vec::new(), 0_u32);
        for (story, often) in profile.often.iter().enumerate() {
            match often {
                Often::Times(times) => first.push((story, *times)),
                Often::Share(share) => {
                    sum = sum.saturating_add(*share);
                    shares.push((story, sum));
                }
            }
        }
        Self { profile: Arc::clone(profile), rng: ChaCha8Rng::seed_from_u64(seed), first, shares }
    }

    /// A story that is played so many times, with when each of its cast begins if it begins at `at`; `None` once all
    /// are.
    pub fn first(&mut self, at: Instant) -> Option<(usize, Box<[Instant]>)> {
        let (story, times) = self.first.iter_mut().find(|(_, times)| *times > 0)?;
        *times -= 1;
        let story = *story;
        Some((story, self.moments(story, at)))
    }

    /// A story that is played by its share, with when each of its cast begins if it begins at `at`; `None` if there is
    /// none.
    pub fn draw(&mut self, at: Instant) -> Option<(usize, Box<[Instant]>)> {
        let sum = self.shares.last()?.1;
        let drawn = self.rng.random_range(0..sum);
        let story = self.shares.iter().find(|(_, up_to)| drawn < *up_to)?.0;
        Some((story, self.moments(story, at)))
    }

    fn moments(&mut self, story: usize, at: Instant) -> Box<[Instant]> {
        let played = &self.profile.stories[story];
        let mut begins = vec![at; played.cast.roles.len()];
        let spread = played.load.iter().flat_map(|load| &load.spread);
        for (roles, within) in spread {
            for role in roles.clone() {
                let micros = u64::try_from(within.as_micros()).unwrap_or(u64::MAX);
                begins[role as usize] = at + Duration::from_micros(self.rng.random_range(0..=micros));
            }
        }
        begins.into()
    }
}
