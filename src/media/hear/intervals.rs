//! A whole recording as stretches of what is heard.

use std::sync::Arc;

use super::{Certainty, Finding, Lexicon, Recognizer, VoiceSet, Word};

/// Samples of a block whose level is looked at: 10 ms.
const BLOCK: usize = 80;

/// Quieter than this mean square is silence: -58 dB relative to full scale.
const SILENT: f64 = 1_702.0;

/// Blocks that a stretch between known sounds has at least; a shorter one belongs to the one before it. 200 ms.
const LEAST: usize = 20;

/// What is heard for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// A sound of the lexicon.
    Known(Word),
    /// These voices, and no known sound.
    Voices(VoiceSet),
    /// Sound that is in no lexicon.
    Unknown,
    /// Nothing.
    Silence,
}

/// A stretch of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Its first sample.
    pub from: usize,
    /// The sample after its last.
    pub to: usize,
    /// What is heard.
    pub heard: Heard,
}

/// Returns what is heard in a recording from its first sample to its last, without gaps.
#[must_use]
pub fn intervals(lexicon: &Arc<Lexicon>, samples: &[i16]) -> Vec<Interval> {
    let mut intervals = Vec::new();
    let mut at = 0;
    let (known, voices) = known(lexicon, samples);
    for known in known {
        between((samples, &voices), at, known.from, &mut intervals);
        at = known.to;
        intervals.push(known);
    }
    between((samples, &voices), at, samples.len(), &mut intervals);
    intervals
}

/// Who speaks from which sample on.
type Voices = Vec<(usize, VoiceSet)>;

/// The sounds that are confirmed, and the voices.
fn known(lexicon: &Arc<Lexicon>, samples: &[i16]) -> (Vec<Interval>, Voices) {
    let mut recognizer = Recognizer::new(Arc::clone(lexicon));
    recognizer.handle_input(samples);
    let (mut known, mut spoken): (Vec<Interval>, Voices) = Default::default();
    let place = |at: i64| usize::try_from(at).unwrap_or(0).min(samples.len());
    while let Some(finding) = recognizer.poll_output() {
        match finding {
            Finding::Begins { word, at, certainty: Certainty::Confirmed } => {
                let from = place(at).max(known.last().map_or(0, |before| before.to));
                known.push(Interval { from, to: samples.len(), heard: Heard::Known(word) });
            }
            Finding::Ends { at, .. } => {
                if let Some(last) = known.last_mut() {
                    last.to = place(at).max(last.from);
                }
            }
            Finding::Begins { certainty: Certainty::Provisional, .. } => {}
            Finding::Withdrawn { .. } => {}
            Finding::Voices { voices, at } => spoken.push((place(at), voices)),
        }
    }
    (known, spoken)
}

/// Adds what is heard between two places where nothing is known.
fn between((samples, voices): (&[i16], &Voices), from: usize, to: usize, intervals: &mut Vec<Interval>) {
    let stretch = samples.get(from..to).unwrap_or_default();
    let mut at = from;
    let mut added: Vec<Interval> = Vec::new();
    for block in stretch.chunks(BLOCK) {
        let power = block.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / block.len() as f64;
        let heard = if power < SILENT { Heard::Silence } else { spoken(voices, at) };
        match added.last_mut() {
            Some(last) if last.heard == heard => last.to = at + block.len(),
            Some(_) | None => added.push(Interval { from: at, to: at + block.len(), heard }),
        }
        at += block.len();
    }
    for interval in added {
        let is_short = interval.to - interval.from < LEAST * BLOCK;
        match intervals.last_mut() {
            Some(last) if is_short || last.heard == interval.heard => last.to = interval.to,
            Some(_) | None => intervals.push(interval),
        }
    }
}

/// What is heard at a place where there is sound that is not known.
fn spoken(voices: &Voices, at: usize) -> Heard {
    let last = voices.iter().take_while(|(since, _)| *since <= at).last();
    last.filter(|(_, voices)| !voices.is_empty()).map_or(Heard::Unknown, |(_, voices)| Heard::Voices(*voices))
}
