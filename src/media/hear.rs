//! Which known sound is heard, and since when, from samples alone: for calls to bridges that do not tell.
//!
//! Sounds are told apart by fingerprints (Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002):
//! every 10 ms, 24 bits that say in which neighbouring bands the balance of energy has moved. A [`Lexicon`] holds the
//! fingerprints of what may be heard. A [`Recognizer`] takes the samples of one call, and says what begins, twice: first
//! [`Certainty::Provisional`] after some 300 ms, early enough to act on, and then [`Certainty::Confirmed`] after some
//! 500 ms, sure enough for a verdict; a provisional finding may be withdrawn.
//!
//! Where nobody transcodes, a [`CodeBook`] tells the same from the codes of G.711 at once, and to the sample.
//!
//! The [voices](crate::media::speaker) of scripted callers are known too, one or many: a prompt over them is looked for in what
//! they leave of the spectrum.
//!
//! Levels do not matter, nor do G.711, noise of 20 dB, a few percent of lost packets, and clocks that differ by 150 ppm.

mod alike;
mod codes;
mod cut;
mod fingerprint;
mod intervals;
mod lexicon;
mod scan;
mod sounds;
#[cfg(test)]
mod tests;
mod voices;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

pub use alike::Alike;
pub use codes::{Beginning, CodeBook, CodeTracker, Slice};
pub use cut::{Piece, cut};
use fingerprint::{Analyzer, BITS, HOP, NOTHING, Print};
pub use intervals::{Heard, Interval, intervals};
pub use lexicon::{Lexicon, Word};
use scan::{Candidate, Scan, WINDOW};
pub use sounds::{Known, Recording, Sounds};
pub use voices::VoiceSet;

/// Frames of which fewer than this share of bits differ belong to the same sound, looked at over [`CONFIRMED`] frames.
const SAME: f64 = 0.67;

/// The frames over which a finding is confirmed: 600 ms.
const CONFIRMED: usize = 60;

/// The share of a window that must be sound in the recording: silence has no bits to compare.
const SOUNDING: f64 = 0.6;

/// What is followed has ended when fewer bits than this share are the same over [`LOST`] frames. Noise agrees by 0.5.
const STILL: f64 = 0.6;

/// The frames after which a sound that broke off is missed.
const LOST: usize = 20;

/// How much better another place must fit before the clocks are taken to differ.
const DRIFTED: f64 = 0.04;

/// How sure it is that a sound began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certainty {
    /// Sure enough to act on; may be [withdrawn](Finding::Withdrawn).
    Provisional,
    /// Sure enough for a verdict: unknown speech is taken for a known sound less than twice in a thousand times.
    Confirmed,
}

/// What was found out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// This sound is heard. Its first sample was, or would have been, this one of the call; earlier than the call if a
    /// loop was not heard from its start.
    Begins {
        /// Which.
        word: Word,
        /// The place of its first sample, to 5 ms.
        at: i64,
        /// How sure that is.
        certainty: Certainty,
    },
    /// What began provisionally was something else.
    Withdrawn {
        /// Which.
        word: Word,
    },
    /// The sound is not heard any more: it was played to its end, or broke off.
    Ends {
        /// Which.
        word: Word,
        /// The place after its last sample, to 50 ms if it broke off.
        at: i64,
    },
    /// These voices speak, over whatever else is heard. A voice is known by its first two syllables, after 700 ms, and missed
    /// 300 ms after its last.
    Voices {
        /// All of them.
        voices: VoiceSet,
        /// Since this sample, to 50 ms where it is quiet.
        at: i64,
    },
}

/// Listens to one call.
pub struct Recognizer {
    lexicon: Arc<Lexicon>,
    analyzer: Analyzer,
    scan: Scan,
    /// The latest frames, as many as a confirmation looks at.
    recent: VecDeque<Print>,
    /// Frames so far.
    frames: i64,
    /// Frames in a row in which there was nothing at all.
    nothing: usize,
    voices: VoiceSet,
    followed: Option<Followed>,
    findings: VecDeque<Finding>,
}

/// A sound that is heard.
#[derive(Debug)]
struct Followed {
    candidate: Candidate,
    certainty: Certainty,
    /// Differing bits of the latest frames with sound, for the place before, the present and the one after.
    differing: VecDeque<(i64, [f64; 3])>,
}

impl Recognizer {
    /// Listens for the sounds of this lexicon.
    #[must_use]
    pub fn new(lexicon: Arc<Lexicon>) -> Self {
        Self {
            scan: Scan::new(&lexicon),
            lexicon,
            analyzer: Analyzer::default(),
            recent: VecDeque::with_capacity(CONFIRMED),
            frames: 0,
            nothing: 0,
            voices: VoiceSet::default(),
            followed: None,
            findings: VecDeque::new(),
        }
    }

    /// Takes what is heard next, at [`SAMPLES_PER_SECOND`](super::rate::SAMPLES_PER_SECOND).
    pub fn handle_input(&mut self, samples: &[i16]) {
        let mut analyzer = std::mem::take(&mut self.analyzer);
        analyzer.each_print(samples, |print, voices| self.take(print, voices));
        self.analyzer = analyzer;
    }

    /// What was found out, in order.
    pub fn poll_output(&mut self) -> Option<Finding> {
        self.findings.pop_front()
    }

    /// Forgets what is heard and what was: what comes now is something else.
    pub fn forget(&mut self) {
        self.followed = None;
        self.recent.clear();
        self.scan = Scan::new(&self.lexicon);
    }

    fn take(&mut self, print: Print, (voices, since): (VoiceSet, u32)) {
        // The notes of music are tones too, and some come and go like syllables.
        let is_music =
            self.followed.as_ref().is_some_and(|followed| self.lexicon.is_loop(followed.candidate.word));
        let voices = if is_music { VoiceSet::default() } else { voices };
        if voices != self.voices {
            self.voices = voices;
            let at = (self.frames + 1 - i64::from(since)) * HOP as i64;
            self.findings.push_back(Finding::Voices { voices, at });
        }
        if self.recent.len() == CONFIRMED {
            self.recent.pop_front();
        }
        self.recent.push_back(print);
        let frame = self.frames;
        self.frames += 1;
        let is_confirmed = self.follow(frame, print);
        if is_confirmed {
            return;
        }
        let found = self.look(print, frame);
        match (found, &self.followed) {
            (Some(found), Some(followed))
                if !self.lexicon.means_same(found.word, followed.candidate.word) =>
            {
                self.findings.push_back(Finding::Withdrawn { word: followed.candidate.word });
                self.begin(found);
            }
            (Some(found), None) => self.begin(found),
            (Some(_) | None, _) => {}
        }
        self.confirm();
    }

    /// Looks for a sound. While nothing is heard there is none to look for: most callers wait in silence most of the time.
    fn look(&mut self, print: Print, frame: i64) -> Option<Candidate> {
        self.nothing = if print.power > NOTHING { 0 } else { self.nothing + 1 };
        if self.nothing < WINDOW {
            return self.scan.step(&self.lexicon, print, frame);
        }
        if !self.scan.is_new() {
            self.scan = Scan::new(&self.lexicon);
        }
        None
    }

    fn begin(&mut self, candidate: Candidate) {
        let certainty = Certainty::Provisional;
        self.findings.push_back(Finding::Begins { word: candidate.word, at: candidate.at(), certainty });
        self.followed = Some(Followed { candidate, certainty, differing: VecDeque::with_capacity(LOST) });
    }

    /// Looks whether the sound that is followed goes on; returns whether it does and is confirmed.
    fn follow(&mut self, frame: i64, print: Print) -> bool {
        let Some(followed) = &mut self.followed else { return false };
        let word = followed.candidate.word;
        if let Some(end) = self.lexicon.end(word, followed.candidate.begun)
            && frame >= end
        {
            let at = followed.candidate.at() + self.lexicon.samples(word);
            return self.lose(at);
        }
        let places = [-1, 0, 1].map(|drift| {
            let own = self.lexicon.print(word, frame - followed.candidate.begun - drift);
            own.and_then(|own| own.differing(print))
        });
        if let [Some(before), Some(here), Some(after)] = places {
            if followed.differing.len() == LOST {
                followed.differing.pop_front();
            }
            followed.differing.push_back((frame, [before, here, after]));
        }
        if followed.differing.len() < LOST {
            return followed.certainty == Certainty::Confirmed;
        }
        let same = [0, 1, 2].map(|place| {
            let bits: f64 = followed.differing.iter().map(|(_, differing)| differing[place]).sum();
            1.0 - bits / (BITS * LOST) as f64
        });
        let [before, here, after] = same;
        if here < STILL && before < STILL && after < STILL {
            let at = followed.broke_off();
            return self.lose(at);
        }
        if before > here + DRIFTED || after > here + DRIFTED {
            followed.candidate.begun += if before > after { -1 } else { 1 };
            followed.differing.clear();
        }
        followed.certainty == Certainty::Confirmed
    }

    /// What was followed is not heard any more, and what was heard meanwhile is looked at. Returns `false`, as nothing is
    /// followed now.
    fn lose(&mut self, at: i64) -> bool {
        if let Some(followed) = self.followed.take() {
            let word = followed.candidate.word;
            self.findings.push_back(match followed.certainty {
                Certainty::Provisional => Finding::Withdrawn { word },
                Certainty::Confirmed => Finding::Ends { word, at },
            });
            if followed.certainty == Certainty::Confirmed {
                let after = at / HOP as i64;
                self.scan = Scan::new(&self.lexicon);
                let first = self.frames - self.recent.len() as i64;
                // The newest frame is scanned by the caller.
                let missed = self.recent.iter().take(self.recent.len() - 1).zip(first..);
                for (print, frame) in missed.filter(|(_, frame)| *frame >= after) {
                    self.scan.step(&self.lexicon, *print, frame);
                }
            }
        }
        false
    }

    /// Confirms what began provisionally, once enough of it has been heard.
    fn confirm(&mut self) {
        let Some(followed) = &mut self.followed else { return };
        if followed.certainty == Certainty::Confirmed {
            return;
        }
        let first = self.frames - self.recent.len() as i64;
        let heard = self.recent.iter().copied().zip(first..);
        let Some(same) = self.lexicon.same(followed.candidate, heard, CONFIRMED) else { return };
        if same >= SAME {
            followed.certainty = Certainty::Confirmed;
            let (word, at) = (followed.candidate.word, followed.candidate.at());
            self.findings.push_back(Finding::Begins { word, at, certainty: Certainty::Confirmed });
        } else {
            self.findings.push_back(Finding::Withdrawn { word: followed.candidate.word });
            self.followed = None;
        }
    }
}

impl Followed {
    /// The sample at which the latest frames stop to fit.
    fn broke_off(&self) -> i64 {
        // A bit of the same sound differs in one of three, of another in one of two: what is over the middle counts
        // against each frame, from the newest back.
        let middle = 0.42 * BITS as f64;
        let (mut against, mut most, mut at) = (0.0, f64::NEG_INFINITY, 0);
        for (frame, [_, differing, _]) in self.differing.iter().rev() {
            against += differing - middle;
            if against > most {
                (most, at) = (against, *frame);
            }
        }
        // A frame shows what is in its middle.
        at * HOP as i64 + fingerprint::WINDOW as i64 / 2
    }
}

impl fmt::Debug for Recognizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recognizer").field("frames", &self.frames).field("followed", &self.followed).finish()
    }
}
