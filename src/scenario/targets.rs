//! Target files: bridges of others, as cases are played there: what is dialled, who calls, how keys travel, whose conferences
//! they are, and what each of our words sounds like there.

mod read;
mod schema;
mod sounds;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::control::call::Digits;
use crate::control::caller::Sound;
use crate::control::pin::Pin;
use crate::leg::cast::KeyPath;
use crate::leg::outward::{Destination, Identity, NextHop, SipAddress};
use crate::media::g711::Law;
use crate::media::hear::{CodeBook, Known, Recording, Sounds};
use crate::sip::digest::Login;
use crate::sip::message::{Host, HostPort, Uri};

pub use read::{KEYS, SecretReader, read};
pub use schema::schema;

/// A bridge of others.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// What is dialled for each service number of a story, by its name there.
    pub numbers: Vec<(String, Dialled)>,
    /// What is dialled for a number that nobody has.
    pub unknown: Option<Dialled>,
    /// Who calls; `{n}` stands for the number of the caller.
    pub from: Option<Arc<str>>,
    /// What it is told when it asks for a password.
    pub login: Option<Login>,
    /// What is offered, the preferred first.
    pub codecs: Vec<Law>,
    /// How keys travel.
    pub keys: KeyPath,
    /// How long each is down at least.
    pub hold: Duration,
    /// The shortest pause after one.
    pub gap: Duration,
    /// Whose conferences they are: cases that are played side by side have different ones.
    pub organizers: Vec<Conference>,
    /// What is heard there.
    pub sounds: Vec<TargetSound>,
    /// Music is whatever goes on for long and is no other known sound.
    pub takes_any_music: bool,
    /// What it never says.
    pub absent: BTreeSet<SoundWord>,
}

/// A sound of the language as an ordered word: a prompt's name, `recorded-name`, `hold_music`.
pub type SoundWord = &'static str;

/// What is dialled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Dialled {
    /// A whole address.
    Address(Uri),
    /// A number at the host that is called.
    User(String),
}

impl Dialled {
    /// Returns the address, where calls go to this host.
    #[must_use]
    pub fn at(&self, host: &SipAddress) -> Uri {
        match self {
            Self::Address(uri) => uri.clone(),
            Self::User(user) => host.of_user(user),
        }
    }
}

/// A conference that somebody has there.
#[derive(Clone, Copy, Debug)]
pub struct Conference {
    /// What callers key.
    pub conference_id: Digits,
    /// What its organizer keys.
    pub pin: Pin,
}

/// A sound that is heard there.
#[derive(Clone, Debug)]
pub struct TargetSound {
    /// Our word for it.
    pub word: SoundWord,
    /// What it means.
    pub known: Known,
    /// Its file.
    pub file: PathBuf,
    /// Its samples.
    pub samples: Vec<i16>,
    /// It is known only from this sample on: before, others are alike.
    pub from: usize,
}

impl Target {
    /// Returns how this bridge is called, by somebody who reaches it there.
    #[must_use]
    pub fn destination(&self, hop: NextHop) -> Destination {
        let Self { from, login, codecs, keys, hold, gap, .. } = self;
        // Who does not say who calls is often not let in.
        let home = HostPort { host: Host::Ip(hop.home), port: None };
        let from = from.as_ref().map_or_else(|| format!("sip:caller{{n}}@{home}").into(), Arc::clone);
        Destination {
            hop,
            identity: Identity::Pattern(from),
            login: login.clone(),
            codecs: codecs.clone(),
            keys: Some(*keys),
            hold: *hold,
            gap: *gap,
        }
    }

    /// Returns its sounds, for ears.
    #[must_use]
    pub fn ears(&self) -> Sounds {
        let recordings = self.sounds.iter().map(|sound| Recording {
            known: sound.known,
            samples: &sound.samples,
            from: sound.from,
        });
        Sounds::of_recordings(&recordings.collect::<Vec<_>>(), self.takes_any_music)
    }

    /// Returns the codes of its sounds in this law, where nobody transcodes.
    #[must_use]
    pub fn codes(&self, law: Law) -> CodeBook {
        let sounds = self
            .sounds
            .iter()
            .map(|sound| (sound.known, sound.samples.iter().copied(), sound.known == Known::HoldMusic));
        CodeBook::new(law, sounds)
    }

    /// Returns what is dialled for a number of stories, if it has one of that name.
    #[must_use]
    pub fn number(&self, name: &str, host: &SipAddress) -> Option<Uri> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, dialled)| dialled.at(host))
    }

    /// Returns what its sounds are called, by our words for them: their files.
    #[must_use]
    pub fn sound_names(&self) -> BTreeMap<SoundWord, String> {
        let mut names: BTreeMap<SoundWord, String> = BTreeMap::new();
        for sound in &self.sounds {
            let stem = sound.file.file_stem().unwrap_or_default().to_string_lossy();
            let known = names.entry(sound.word).or_default();
            if !known.is_empty() {
                known.push_str(", ");
            }
            known.push_str(&stem);
        }
        names
    }

    /// Returns whether callers can hear a sound there.
    #[must_use]
    pub fn has(&self, sound: Sound) -> bool {
        let is_known = |known: Known| match (known, sound) {
            (Known::Prompt(prompt, _), Sound::Prompt(wanted)) => prompt == wanted,
            (Known::HoldMusic, Sound::HoldMusic) => true,
            (Known::Prompt(..) | Known::HoldMusic | Known::Recording(_), _) => false,
        };
        match sound {
            Sound::Silence => true,
            Sound::HoldMusic if self.takes_any_music => true,
            Sound::Prompt(_) | Sound::HoldMusic => self.sounds.iter().any(|sound| is_known(sound.known)),
            // It speaks one language, and which names it plays nobody knows.
            Sound::PromptIn(..) | Sound::RecordedName => false,
            // These are the callers' own.
            Sound::Talk(_) | Sound::Tone(_) => true,
        }
    }

    /// Returns whether it never makes a sound.
    #[must_use]
    pub fn lacks(&self, sound: Sound) -> bool {
        word_of(sound).is_some_and(|word| self.absent.contains(word))
    }
}

/// The word of a sound in files.
#[must_use]
pub fn word_of(sound: Sound) -> Option<SoundWord> {
    match sound {
        Sound::Prompt(prompt) | Sound::PromptIn(prompt, _) => Some(prompt.name()),
        Sound::RecordedName => Some("recorded-name"),
        Sound::HoldMusic => Some("hold_music"),
        Sound::Silence | Sound::Talk(_) | Sound::Tone(_) => None,
    }
}
