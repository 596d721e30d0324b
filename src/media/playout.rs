//! The sound of one caller as data: the source, and its start. It is rendered to samples only for listeners (a
//! recorder, a loudspeaker, an RTP stream); a caller to whom nobody listens costs the few bytes of a [`Playout`], and
//! no timer.

use std::time::Duration;

use super::library::{Library, Sound};
use super::rate::SAMPLES_PER_SECOND;
use crate::control::call::Source;
use crate::control::time::Instant;

/// The duration of a sample, in microseconds.
const MICROSECONDS: u64 = 1_000_000 / SAMPLES_PER_SECOND as u64;

/// The source that one caller hears, and its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Playout {
    source: Source,
    since: Instant,
}

impl Playout {
    /// Nothing is heard yet.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { source: Source::Silence, since: now }
    }

    /// From now on this is heard, in place of what was before.
    pub fn hear(&mut self, now: Instant, source: Source) {
        *self = Self { source, since: now };
    }

    /// Returns the source.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Since when.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Returns whether nothing of a prompt is left; never for what goes on until something else is heard.
    pub(super) fn is_over(&self, library: &Library, now: Instant) -> bool {
        match self.source {
            Source::Prompt { prompt, language, .. } => self.since + library.duration(prompt, language) <= now,
            Source::Silence | Source::HoldMusic { .. } | Source::Conference => false,
        }
    }

    /// Fills `out` as [`render`](Self::render) does, with a sound that is not in the library.
    pub(super) fn render_sound(&self, sound: &Sound, from: Instant, out: &mut [i16]) {
        let (early, start) = self.after_the_change(from, out);
        once(Some(sound), samples(self.since, start), &mut out[early..]);
    }

    /// Fills `out` with what is heard from `from` on, in samples of [`SAMPLES_PER_SECOND`]: any stretch of time after
    /// the last change. `conference` is the same stretch of the mix of all others, and is taken for a caller in the
    /// meeting only; what it lacks is silence, as is time before the last change, a prompt that is over, and a recorded
    /// name, since its samples belong to the caller who recorded it.
    pub fn render(&self, library: &Library, from: Instant, conference: &[i16], out: &mut [i16]) {
        let (early, start) = self.after_the_change(from, out);
        let heard = &mut out[early..];
        match self.source {
            Source::Silence => heard.fill(0),
            Source::Prompt { prompt, language, .. } => {
                let sound = library.prompt(prompt, language);
                once(sound, samples(self.since, start), heard);
            }
            Source::HoldMusic { begun } => looped(library.hold_music(), samples(begun, start), heard),
            Source::Conference => {
                let there = conference.get(early..).unwrap_or_default();
                let count = there.len().min(heard.len());
                heard[..count].copy_from_slice(&there[..count]);
                heard[count..].fill(0);
            }
        }
    }

    /// Silences what lies before the last change: how many samples, and the moment after them.
    fn after_the_change(&self, from: Instant, out: &mut [i16]) -> (usize, Instant) {
        let early = samples_before(from, self.since);
        let silent = usize::try_from(early).unwrap_or(usize::MAX).min(out.len());
        out[..silent].fill(0);
        (silent, from + Duration::from_micros(early * MICROSECONDS))
    }
}

/// Samples of a stretch that begin before this moment. What begins within a sample is heard from the next one on, in this
/// stretch as in those that follow it: otherwise its first sample would be there twice.
pub(super) fn samples_before(from: Instant, moment: Instant) -> u64 {
    moment.micros().saturating_sub(from.micros()).div_ceil(MICROSECONDS)
}

/// Whole samples between two moments; none if they are the other way round.
fn samples(from: Instant, to: Instant) -> u64 {
    to.micros().saturating_sub(from.micros()) / MICROSECONDS
}

fn once(sound: Option<&Sound>, from: u64, out: &mut [i16]) {
    let copied = match (sound, usize::try_from(from)) {
        (Some(sound), Ok(from)) => sound.copy(from, out),
        (None, _) | (_, Err(_)) => 0,
    };
    out[copied..].fill(0);
}

fn looped(sound: &Sound, from: u64, out: &mut [i16]) {
    if sound.is_empty() {
        return out.fill(0);
    }
    let mut at = usize::try_from(from % sound.len() as u64).expect("less than the loop's length");
    let mut rest = out;
    while !rest.is_empty() {
        let copied = sound.copy(at, rest);
        rest = &mut rest[copied..];
        at = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::control::call::{Language, PlaybackId, Prompt, Tone};

    /// Milliseconds into a run.
    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn prompt(prompt: Prompt) -> Source {
        Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
    }

    /// The built-in library, with a loop of 1,000 samples that count.
    fn library() -> Library {
        let mut library = Library::clone(Library::built_in());
        library.set_hold_music(Sound::new(&(0..1_000).collect::<Vec<i16>>()));
        library
    }

    fn heard(playout: Playout, from: Instant, count: usize) -> Vec<i16> {
        let mut out = vec![-1; count];
        playout.render(&library(), from, &[7; 160], &mut out);
        out
    }

    #[test]
    fn a_prompt_is_heard_once_and_then_nothing() {
        let mut playout = Playout::new(at(0));
        playout.hear(at(100), prompt(Prompt::Tone(Tone::High)));
        let tone: Vec<i16> =
            library().prompt(Prompt::Tone(Tone::High), Language::EnUs).unwrap().samples().collect();
        assert_eq!(heard(playout, at(100), 2_000), tone);
        assert_eq!(heard(playout, at(120), 160), tone[160..320]);
        assert_eq!(heard(playout, at(340), 160), [&tone[1_920..], &[0; 80]].concat());
        assert_eq!(heard(playout, at(9_000), 3), [0; 3]);
    }

    #[test]
    fn music_goes_round_from_wherever_its_loop_is() {
        let mut playout = Playout::new(at(0));
        playout.hear(at(500), Source::HoldMusic { begun: at(400) });
        assert_eq!(heard(playout, at(500), 3), [800, 801, 802]);
        assert_eq!(heard(playout, at(524), 10), [992, 993, 994, 995, 996, 997, 998, 999, 0, 1]);
        // A year later, and for longer than the loop.
        let year = at(500 + 365 * 86_400_000);
        assert_eq!(heard(playout, year, 2_500)[..3], [800, 801, 802]);
        assert_eq!(heard(playout, year, 2_500)[2_200..2_203], [0, 1, 2]);
    }

    #[test]
    fn only_members_hear_the_conference_from_the_change_on() {
        let mut playout = Playout::new(at(0));
        assert_eq!(heard(playout, at(0), 160), [0; 160]);
        playout.hear(at(10), Source::Conference);
        assert_eq!(heard(playout, at(0), 200), [&[0; 80][..], &[7; 80], &[0; 40]].concat());
        playout.hear(at(20), Source::HoldMusic { begun: at(20) });
        assert!(!heard(playout, at(20), 3).contains(&7));
    }

    #[test]
    fn a_sound_that_begins_within_a_sample_repeats_none() {
        let mut playout = Playout::new(at(0));
        // 40.3 samples into the stretch; the loop began at another part of a sample.
        let since = Instant::from_micros(405_040);
        playout.hear(since, Source::HoldMusic { begun: Instant::from_micros(400_100) });
        let pieces = (0..4).flat_map(|piece| heard(playout, at(400 + 20 * piece), 160)).collect::<Vec<_>>();
        assert_eq!(pieces[..41], [0; 41]);
        assert_eq!(pieces[41..], (40..639).collect::<Vec<i16>>());
    }

    #[test]
    fn a_recorded_name_is_silence_here() {
        let mut playout = Playout::new(at(0));
        let name = Prompt::RecordedName { leg: crate::control::call::LegId::new(1), millis: 900 };
        playout.hear(at(0), prompt(name));
        assert_eq!(heard(playout, at(0), 160), [0; 160]);
    }

    #[test]
    fn a_parked_caller_is_a_few_bytes() {
        assert!(size_of::<Playout>() <= 40, "{} bytes", size_of::<Playout>());
    }

    #[test]
    fn what_is_built_in_is_played_from_where_it_lies() {
        let library = Arc::clone(Library::built_in());
        let clone = Library::clone(&library);
        assert_eq!(clone.hold_music(), library.hold_music());
        assert_eq!(library.hold_music().len(), 576_000);
    }

    proptest! {
        /// However the time is cut into pieces, the samples are those of one piece.
        #[test]
        fn pieces_of_any_length_join_without_a_gap(
            cuts in prop::collection::vec(1_usize..700, 1..20), begun in 0_u64..400_000, since in 0_u64..500_000,
        ) {
            let mut playout = Playout::new(at(0));
            playout.hear(Instant::from_micros(since), Source::HoldMusic { begun: Instant::from_micros(begun) });
            let whole = heard(playout, at(400), cuts.iter().sum());
            let mut pieces = Vec::new();
            for count in cuts {
                let from = Instant::from_micros(400_000 + 125 * pieces.len() as u64);
                pieces.extend(heard(playout, from, count));
            }
            prop_assert_eq!(pieces, whole);
        }
    }
}
