//! How well a detector did: what it heard against what was there.

use attendant::control::call::Digit;
use attendant::media::dtmf::Press;
use attendant::media::rate::SAMPLES_PER_SECOND;

use crate::signal::Recording;

/// What is asked of a detector.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    /// Every key must be heard.
    Must,
    /// Every key had better be heard.
    Stretch,
    /// No burst may be taken for a key.
    Reject,
    /// No key may be heard where nobody presses one.
    Hits,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Stretch => "stretch",
            Self::Reject => "reject",
            Self::Hits => "hits",
        }
    }
}

/// Counts over many recordings.
#[derive(Clone, Default, Debug)]
pub(crate) struct Score {
    pub(crate) sequences: usize,
    pub(crate) exact: usize,
    /// Keys that were pressed, or bursts that were none.
    pub(crate) keys: usize,
    /// Edits that make what was pressed of what was heard; for bursts those that were taken for keys.
    pub(crate) errors: usize,
    pub(crate) heard: usize,
    pub(crate) samples: u64,
    /// In ms, of keys in exact sequences of timed conditions: by how much the start and the end are off, and how long
    /// after the start a key was known.
    pub(crate) starts: Vec<f64>,
    pub(crate) ends: Vec<f64>,
    pub(crate) delays: Vec<f64>,
    /// The first sequence that was not exact: what was pressed, and what was heard.
    pub(crate) first_wrong: Option<(String, String)>,
}

impl Score {
    pub(crate) fn of(recording: &Recording, kind: Kind, timed: bool, presses: &[Press]) -> Self {
        let pressed: Vec<Digit> = recording.truth.iter().map(|truth| truth.digit).collect();
        let heard: Vec<Digit> = presses.iter().map(|press| press.digit).collect();
        let mut score = Self {
            sequences: 1,
            keys: pressed.len(),
            heard: heard.len(),
            samples: recording.samples.len() as u64,
            ..Self::default()
        };
        match kind {
            Kind::Must | Kind::Stretch => {
                score.errors = edits(&pressed, &heard);
                score.exact = usize::from(score.errors == 0);
                if timed && score.errors == 0 {
                    score.time(recording, presses);
                }
            }
            Kind::Reject | Kind::Hits => {
                score.errors = heard.len().min(pressed.len());
                score.exact = usize::from(heard.is_empty());
            }
        }
        if score.exact == 0 {
            let text = |digits: &[Digit]| digits.iter().map(|digit| digit.symbol()).collect::<String>();
            score.first_wrong = Some((text(&pressed), text(&heard)));
        }
        score
    }

    fn time(&mut self, recording: &Recording, presses: &[Press]) {
        let ms = |samples: f64| samples * 1000.0 / f64::from(SAMPLES_PER_SECOND);
        for (truth, press) in recording.truth.iter().zip(presses) {
            self.starts.push(ms((press.start as f64 - truth.start as f64).abs()));
            self.ends.push(ms((press.end as f64 - truth.end as f64).abs()));
            self.delays.push(ms(press.detected as f64 - truth.start as f64));
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.sequences += other.sequences;
        self.exact += other.exact;
        self.keys += other.keys;
        self.errors += other.errors;
        self.heard += other.heard;
        self.samples += other.samples;
        self.starts.extend(other.starts);
        self.ends.extend(other.ends);
        self.delays.extend(other.delays);
        if self.first_wrong.is_none() {
            self.first_wrong = other.first_wrong;
        }
    }

    /// Sequences heard exactly, in percent.
    pub(crate) fn exact_percent(&self) -> f64 {
        100.0 * self.exact as f64 / self.sequences.max(1) as f64
    }

    /// Errors for each key, or bursts taken for keys, in percent.
    pub(crate) fn error_percent(&self) -> f64 {
        100.0 * self.errors as f64 / self.keys.max(1) as f64
    }

    pub(crate) fn hours(&self) -> f64 {
        self.samples as f64 / f64::from(SAMPLES_PER_SECOND) / 3600.0
    }

    pub(crate) fn hits_an_hour(&self) -> f64 {
        self.heard as f64 / self.hours()
    }
}

/// The value below which 95 % of the others are; nothing of nothing.
pub(crate) fn p95(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * 95 / 100).min(sorted.len().saturating_sub(1))).copied()
}

/// The fewest keys to put in, take out or replace (Levenshtein).
pub(crate) fn edits(pressed: &[Digit], heard: &[Digit]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (before, pressed) in pressed.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = before + 1;
        for (at, heard) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(pressed != heard);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}
