//! The conditions of the corpus, each a way to make any number of recordings.

use std::sync::Arc;

use attendant::control::call::Digit;
use attendant::media::dtmf::generator::Settings;
use rand::rngs::ChaCha8Rng;

use crate::score::Kind;
use crate::signal::{Recording, digits, keyed};
use crate::sources::Sources;
use crate::{accept, field, lines, networks, reject, talkoff};

pub(crate) type Make = Box<dyn Fn(&mut ChaCha8Rng) -> Recording + Send + Sync>;

/// Keys in each sequence.
pub(crate) const KEYS: usize = 10;

pub(crate) struct Condition {
    pub(crate) class: &'static str,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// How many recordings a full run makes.
    pub(crate) sequences: usize,
    /// Whether the start, the end and the delay of its keys are measured: where a line neither moves nor mutes any.
    pub(crate) timed: bool,
    pub(crate) make: Make,
}

/// Collects conditions.
pub(crate) struct Corpus {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) sources: Arc<Sources>,
}

impl Corpus {
    /// Every condition of every class.
    pub(crate) fn all(sources: Arc<Sources>) -> Self {
        let mut corpus = Self { conditions: Vec::new(), sources };
        accept::clean_and_tolerances(&mut corpus);
        accept::levels_and_noise(&mut corpus);
        lines::all(&mut corpus);
        networks::codecs(&mut corpus);
        networks::programs(&mut corpus);
        networks::packet_networks(&mut corpus);
        networks::over_sounds(&mut corpus);
        networks::fast_and_slow(&mut corpus);
        field::corners(&mut corpus);
        field::calls(&mut corpus);
        reject::bursts(&mut corpus);
        reject::not_digits(&mut corpus);
        talkoff::sounds(&mut corpus);
        corpus
    }

    pub(crate) fn add(
        &mut self,
        (class, kind): (&'static str, Kind),
        name: impl Into<String>,
        sequences: usize,
        make: impl Fn(&mut ChaCha8Rng) -> Recording + Send + Sync + 'static,
    ) -> &mut Condition {
        let timed = false;
        self.conditions.push(Condition {
            class,
            kind,
            name: name.into(),
            sequences,
            timed,
            make: Box::new(make),
        });
        self.conditions.last_mut().expect("it was pushed just now")
    }

    /// Random keys with these settings each, and then what the line does to all of it.
    pub(crate) fn keys(
        &mut self,
        class: (&'static str, Kind),
        name: impl Into<String>,
        sequences: usize,
        each: impl Fn(&mut ChaCha8Rng, Digit) -> Settings + Send + Sync + 'static,
        line: impl Fn(&mut ChaCha8Rng, &mut Recording) + Send + Sync + 'static,
    ) -> &mut Condition {
        self.add(class, name, sequences, move |rng| {
            let digits = digits(rng, KEYS);
            let mut recording = keyed(rng, &digits, &each);
            line(rng, &mut recording);
            recording
        })
    }
}

/// A line that does nothing.
pub(crate) fn clean(_: &mut ChaCha8Rng, _: &mut Recording) {}
