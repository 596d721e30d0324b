//! Detects keys in a stream of samples, however a telephone line impaired it.
//!
//! Every 2 ms the spectrum of the stream is computed. If two tones, one of each group, stand out, the last 72 ms are
//! searched backwards for that key: how long its tones have been on, breaks included, how exact and steady they are,
//! and what else there is. The evidence against a press is weighed as a whole, so that a key that is poor in one
//! respect passes where speech, which is poor in several, does not. A press ends when its tones have been away for
//! longer than any break, and is then reported with the times of its edges.
//!
//! It exceeds ITU-T Q.24; `cargo bench --bench dtmf` measures its performance.

use super::evidence::{Evidence, MOST_AGAINST};
use super::history::{BREAK, EDGE, History, Pair};
use super::spectrum::{HOP, Spectrum};
use super::{Press, key_at};
use crate::control::call::Digit;
use crate::media::level::{level_of_power, power};
use crate::media::rate::SAMPLES_PER_SECOND;

/// A detection. Times are in samples since the stream's first.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Heard {
    /// Two tones that may be a key's have begun: early enough to stop a prompt, too early to be sure.
    ToneBegan,
    /// Tones that could have been a key's have stopped.
    ToneEnded,
    /// A key is pressed, and counts from now on.
    Pressed {
        /// The key.
        digit: Digit,
        /// Where its tones began.
        start: u64,
        /// The position in the stream at which it was detected.
        detected: u64,
    },
    /// The last key was released.
    Released(Press),
}

/// Detects keys in one stream of mono samples at 8,000 per second. Takes blocks of any size, allocates nothing, and
/// reports the same for any block sizes.
///
/// Each press gives one [`Heard::Pressed`], 37 to 45 ms after its tones began, and then one [`Heard::Released`],
/// before any other press. [`Detector::finish`] reports what is still open at the end of the stream.
#[derive(Clone, Debug)]
pub struct Detector {
    spectrum: Spectrum,
    history: History,
    /// Samples that came.
    now: u64,
    tone: Tone,
    pressed: Option<Pressed>,
    /// The last presses that ended, the newest first.
    previous: [Option<Previous>; ECHOED],
}

/// The state of tones that may be a key's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tone {
    /// None, or too short yet.
    Absent {
        /// Moments in a row that had some.
        with: u32,
    },
    /// Told.
    Present {
        /// Moments in a row that had none.
        without: u32,
    },
}

/// A press that goes on.
#[derive(Clone, Copy, Debug)]
struct Pressed {
    pair: Pair,
    start: u64,
    detected: u64,
    amplitude: f32,
    powers: Mean,
    /// Where its tones stopped, while they are off.
    away_since: Option<u64>,
}

/// The mean powers of a press's two tones, so far.
#[derive(Clone, Copy, Debug)]
struct Mean {
    powers: [f32; 2],
    moments: f32,
}

/// A press that ended.
#[derive(Clone, Copy, Debug)]
struct Previous {
    pair: Pair,
    amplitude: f32,
    end: u64,
    /// The moment that ended it: everything earlier belongs to it.
    told_at: u64,
}

/// The quietest tone of a key, in dBm0: -38 is heard, -55 never (Q.24 leaves to each country what is between).
const QUIETEST_DBM0: f64 = -46.0;

/// The purity that a moment needs to be searched for a key.
const PURE: f32 = 0.45;

/// The lowest power of the high tone relative to the low tone, at any moment: -11 dB. Lines damp high tones more (Q.24: 6 to 10 dB).
const HIGH_WEAKER: f32 = 0.079;

/// The highest power of the high tone relative to the low tone: 7 dB (Q.24: 4 to 6 dB).
const HIGH_STRONGER: f32 = 5.0;

/// An echo of a key, or the end of its ringing, is quieter than this part of the key's own amplitude if it comes within
/// so many samples of its end: -8 dB within 300 ms, -12 dB where a satellite makes it later ...
const ECHOES: [(f32, u64); 2] =
    [(0.4, 3 * SAMPLES_PER_SECOND as u64 / 10), (0.25, 45 * SAMPLES_PER_SECOND as u64 / 100)];

/// ... during which there may have been so many presses.
const ECHOED: usize = 6;

/// Moments with two tones that make [`Heard::ToneBegan`].
const TONE_MOMENTS: u32 = 3;

/// Moments without that make [`Heard::ToneEnded`]: as long as the longest break.
const NO_TONE_MOMENTS: u32 = BREAK as u32 / HOP as u32 + 1;

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// Creates a detector for a new stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            spectrum: Spectrum::new(),
            history: History::new(),
            now: 0,
            tone: Tone::Absent { with: 0 },
            pressed: None,
            previous: [None; ECHOED],
        }
    }

    /// Processes the next samples, and reports what they contain, in order.
    pub fn feed(&mut self, samples: &[i16], mut heard: impl FnMut(Heard)) {
        for sample in samples {
            self.now += 1;
            if let Some(moment) = self.spectrum.feed(*sample) {
                self.history.push(moment);
                self.decide(&mut heard);
            }
        }
    }

    /// Ends the stream: reports what is still open, as if silence followed.
    pub fn finish(mut self, heard: impl FnMut(Heard)) {
        const SILENCE: [i16; SAMPLES_PER_SECOND as usize / 20] = [0; SAMPLES_PER_SECOND as usize / 20];
        self.feed(&SILENCE, heard);
    }

    fn decide(&mut self, heard: &mut impl FnMut(Heard)) {
        let pair = self.strongest_pair();
        self.tell_tone(pair.is_some(), heard);
        if let Some(pressed) = self.pressed.take() {
            self.go_on(pressed, heard);
        }
        let Some(pair) = pair else { return };
        if self.pressed.is_some_and(|pressed| pressed.pair == pair) {
            return;
        }
        let after = self.previous[0].map_or(0, |previous| previous.told_at);
        let Some(evidence) = Evidence::of(&self.history, self.spectrum.recent(), pair, after) else { return };
        if evidence.against >= MOST_AGAINST || self.is_echo(pair, &evidence) {
            return;
        }
        if let Some(pressed) = self.pressed.take() {
            let end = pressed.away_since.unwrap_or(evidence.start);
            self.release(pressed, end, after, heard);
        }
        self.press(pair, &evidence, heard);
    }

    /// Returns the tone of each group that stands out now, if they may be a key's.
    fn strongest_pair(&self) -> Option<Pair> {
        let moment = self.history.at(self.history.now());
        let strongest = |tones: std::ops::Range<usize>| {
            tones.max_by(|&one, &other| moment.power(one).total_cmp(&moment.power(other)))
        };
        let pair = Pair { low: strongest(0..4)?, high: strongest(4..8)? };
        let (low, high) = (moment.power(pair.low), moment.power(pair.high));
        let loud = low.min(high) >= power(QUIETEST_DBM0) as f32;
        let even = high >= low * HIGH_WEAKER && high <= low * HIGH_STRONGER;
        let pure = self.history.purity(self.history.now(), pair) >= PURE;
        (loud && even && pure).then_some(pair)
    }

    fn tell_tone(&mut self, there: bool, heard: &mut impl FnMut(Heard)) {
        self.tone = match (self.tone, there) {
            (Tone::Absent { with }, true) if with + 1 >= TONE_MOMENTS => {
                heard(Heard::ToneBegan);
                Tone::Present { without: 0 }
            }
            (Tone::Present { without }, false) if without + 1 >= NO_TONE_MOMENTS => {
                heard(Heard::ToneEnded);
                Tone::Absent { with: 0 }
            }
            (Tone::Absent { with }, true) => Tone::Absent { with: with + 1 },
            (Tone::Absent { .. }, false) => Tone::Absent { with: 0 },
            (Tone::Present { .. }, true) => Tone::Present { without: 0 },
            (Tone::Present { without }, false) => Tone::Present { without: without + 1 },
        };
    }

    /// Follows the current press; releases it when its tones have been off for longer than a break.
    fn go_on(&mut self, mut pressed: Pressed, heard: &mut impl FnMut(Heard)) {
        let now = self.history.now();
        let amplitude = self.history.amplitude(now, pressed.pair);
        let edge = EDGE * pressed.amplitude;
        if amplitude >= edge {
            pressed.away_since = None;
            // A press may begin quietly, behind a fade; a click is not to raise the mark at once.
            pressed.amplitude += 0.2 * (amplitude - pressed.amplitude).max(0.0);
            if amplitude > 0.8 * pressed.amplitude {
                let moment = self.history.at(now);
                pressed.powers.add([moment.power(pressed.pair.low), moment.power(pressed.pair.high)]);
            }
        }
        let away_since = match pressed.away_since {
            _ if amplitude >= edge => {
                self.pressed = Some(pressed);
                return;
            }
            Some(since) => since,
            None => {
                let before = self.history.amplitude(now - 1, pressed.pair);
                let back = (edge - amplitude) / (before - amplitude).max(f32::MIN_POSITIVE);
                History::sample(now, HOP as f32 * back.min(1.0))
            }
        };
        if (History::sample(now, 0.0) - away_since) as f32 > BREAK {
            self.release(pressed, away_since, now, heard);
        } else {
            self.pressed = Some(Pressed { away_since: Some(away_since), ..pressed });
        }
    }

    /// Returns whether this is the echo of one of the last presses.
    fn is_echo(&self, pair: Pair, evidence: &Evidence) -> bool {
        self.previous.iter().flatten().any(|previous| {
            let echoes = |(part, within): &(f32, u64)| {
                evidence.amplitude < part * previous.amplitude && evidence.start < previous.end + within
            };
            previous.pair == pair && ECHOES.iter().any(echoes)
        })
    }

    fn press(&mut self, pair: Pair, evidence: &Evidence, heard: &mut impl FnMut(Heard)) {
        self.pressed = Some(Pressed {
            pair,
            start: evidence.start,
            detected: self.now,
            amplitude: evidence.amplitude,
            powers: Mean { powers: evidence.powers, moments: 1.0 },
            away_since: None,
        });
        heard(Heard::Pressed { digit: digit(pair), start: evidence.start, detected: self.now });
    }

    fn release(&mut self, pressed: Pressed, end: u64, told_at: u64, heard: &mut impl FnMut(Heard)) {
        let [low, high] = pressed.powers.powers.map(|power| level_of_power(f64::from(power)) as f32);
        self.previous.rotate_right(1);
        self.previous[0] = Some(Previous { pair: pressed.pair, amplitude: pressed.amplitude, end, told_at });
        heard(Heard::Released(Press {
            digit: digit(pressed.pair),
            start: pressed.start,
            end,
            detected: pressed.detected,
            level_dbm0: low.midpoint(high),
            twist_db: high - low,
        }));
    }
}

impl Mean {
    fn add(&mut self, powers: [f32; 2]) {
        self.moments += 1.0;
        for (mean, power) in self.powers.iter_mut().zip(powers) {
            *mean += (power - *mean) / self.moments;
        }
    }
}

fn digit(pair: Pair) -> Digit {
    key_at(pair.low, pair.high - 4).expect("a pair is a tone of each group, and those have all their keys")
}

/// The keys in a whole recording, in order.
#[must_use]
pub fn decode(samples: &[i16]) -> Vec<Press> {
    let mut presses = Vec::new();
    let mut keep = |heard| {
        if let Heard::Released(press) = heard {
            presses.push(press);
        }
    };
    let mut detector = Detector::new();
    detector.feed(samples, &mut keep);
    detector.finish(&mut keep);
    presses
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::media::dtmf::generator::{Settings, dial, keys};
    use crate::media::level::{peak, sample};
    use crate::media::oscillator::Oscillator;

    const MS: u32 = SAMPLES_PER_SECOND / 1000;
    const ALL: &str = "123A456B789C*0#D";

    fn timed(on: u32, off: u32) -> Settings {
        Settings { on: on * MS, off: off * MS, ..Settings::default() }
    }

    /// These keys, dialled after a quarter of a second.
    fn dialled(symbols: &str, settings: &Settings) -> Vec<i16> {
        let mut samples = vec![0; 2000];
        samples.extend(dial(&keys(symbols).unwrap(), settings));
        samples.extend([0; 800]);
        samples
    }

    fn symbols(presses: &[Press]) -> String {
        presses.iter().map(|press| press.digit.symbol()).collect()
    }

    fn heard_of(symbols_: &str, settings: &Settings) -> String {
        symbols(&decode(&dialled(symbols_, settings)))
    }

    #[test]
    fn every_key_is_heard_with_its_edges_level_and_twist() {
        let settings = Settings { level_dbm0: -12.0, twist_db: 3.0, ..timed(50, 50) };
        let presses = decode(&dialled(ALL, &settings));
        assert_eq!(symbols(&presses), ALL);
        for (press, start) in presses.iter().zip((2000..).step_by(800)) {
            assert!(press.start.abs_diff(start) <= 24, "{press:?} began at {start}");
            assert!(press.end.abs_diff(start + 400) <= 24, "{press:?} ended at {}", start + 400);
            assert!(press.detected - start <= 45 * 8, "{press:?} began at {start}");
            assert!((press.level_dbm0 + 12.0).abs() < 0.3 && (press.twist_db - 3.0).abs() < 0.3, "{press:?}");
        }
    }

    #[test]
    fn a_key_is_told_when_it_counts_and_again_when_it_is_released() {
        let mut heard = Vec::new();
        let mut detector = Detector::new();
        detector.feed(&dialled("5", &timed(100, 100)), |what| heard.push(what));
        let [Heard::ToneBegan, Heard::Pressed { detected, .. }, second, third] = heard[..] else {
            panic!("{heard:?}");
        };
        assert!(detected < 2000 + 45 * 8);
        let mut last = [second, third];
        last.sort_by_key(|heard| matches!(heard, Heard::ToneEnded));
        assert!(matches!(last, [Heard::Released(Press { .. }), Heard::ToneEnded]), "{last:?}");
    }

    #[test]
    fn the_tone_is_told_of_within_25_milliseconds() {
        let samples = dialled("7", &timed(100, 100));
        let mut detector = Detector::new();
        let mut began = None;
        for (at, sample) in (1u64..).zip(&samples) {
            detector.feed(&[*sample], |heard| {
                if heard == Heard::ToneBegan {
                    began = began.or(Some(at));
                }
            });
        }
        assert!((2000..=2000 + 25 * 8).contains(&began.unwrap()), "{began:?}");
    }

    #[test]
    fn a_press_that_the_end_of_the_stream_cuts_is_told_at_the_end() {
        let samples = dialled("9", &timed(100, 0));
        assert_eq!(symbols(&decode(&samples[..2000 + 60 * 8])), "9");
    }

    #[test]
    fn a_tone_of_35_milliseconds_is_a_key_and_one_of_23_is_none() {
        assert_eq!(heard_of(ALL, &timed(35, 60)), ALL);
        assert_eq!(heard_of(ALL, &timed(23, 60)), "");
    }

    #[test]
    fn equal_keys_are_separated_by_30_ms_but_not_by_20_ms() {
        assert_eq!(heard_of("5555", &timed(50, 30)), "5555");
        let mut samples = dialled("55", &timed(100, 100));
        samples[2400..2560].fill(0);
        assert_eq!(symbols(&decode(&samples)), "55");
    }

    #[test]
    fn frequencies_may_be_off_by_what_q_24_allows_and_no_more() {
        for (low, high) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
            let detuned = |part: f64| Settings { detune: [low * part, high * part], ..timed(50, 50) };
            assert_eq!(heard_of(ALL, &detuned(0.015 + 2.0 / 697.0 / 2.0)), ALL);
            assert_eq!(heard_of(ALL, &detuned(0.035)), "");
        }
        assert_eq!(heard_of(ALL, &Settings { detune: [0.035, 0.0], ..timed(100, 50) }), "");
        assert_eq!(heard_of(ALL, &Settings { detune: [0.0, -0.035], ..timed(100, 50) }), "");
    }

    #[test]
    fn keys_are_detected_in_the_required_range_of_levels() {
        for level_dbm0 in [-38.0, -25.0, 0.0] {
            assert_eq!(heard_of(ALL, &Settings { level_dbm0, ..timed(50, 50) }), ALL, "{level_dbm0} dBm0");
        }
        for twist_db in [-8.0, 4.0] {
            assert_eq!(heard_of(ALL, &Settings { twist_db, ..timed(50, 50) }), ALL, "{twist_db} dB");
        }
        assert_eq!(heard_of(ALL, &Settings { level_dbm0: -55.0, ..timed(50, 50) }), "");
    }

    /// Adds a sine of so many Hz and dBm0.
    fn with_tone(samples: &mut [i16], hertz: f64, dbm0: f64) {
        let mut tone = Oscillator::new(hertz);
        for out in samples {
            *out = sample(f64::from(*out) + peak(dbm0) * tone.next_sample());
        }
    }

    #[test]
    fn hum_and_dial_tone_as_loud_as_the_keys_do_no_harm() {
        for steady in [&[425.0][..], &[350.0, 440.0], &[400.0, 450.0], &[50.0, 100.0, 150.0], &[60.0, 180.0]]
        {
            let mut samples = dialled(ALL, &Settings { level_dbm0: -12.0, ..timed(50, 50) });
            for hertz in steady {
                with_tone(&mut samples, *hertz, -12.0);
            }
            assert_eq!(symbols(&decode(&samples)), ALL, "{steady:?} Hz");
        }
    }

    #[test]
    fn two_flutes_that_play_a_key_s_tones_are_none() {
        // Not quite in tune, as a telephone may be.
        let mut keyed = dialled("5", &Settings { detune: [0.013, -0.013], ..timed(150, 100) });
        assert_eq!(symbols(&decode(&keyed)), "5");
        // They begin within 40 ms, where a telephone takes 7 at the most, ...
        let mut slow = keyed.clone();
        for (n, out) in slow[1980..2320].iter_mut().enumerate() {
            *out = sample(f64::from(*out) * n as f64 / 340.0);
        }
        assert_eq!(symbols(&decode(&slow)), "");
        // ... or have overtones.
        with_tone(&mut keyed[2000..3200], 1560.0, -20.0);
        with_tone(&mut keyed[2000..3200], 2637.0, -20.0);
        assert_eq!(symbols(&decode(&keyed)), "");
    }

    #[test]
    fn an_echo_that_comes_after_the_next_key_is_none() {
        let direct = dialled("1590", &timed(50, 50));
        let mut samples = direct.clone();
        for (out, late) in samples[1200..].iter_mut().zip(&direct) {
            *out = sample(f64::from(*out) + 0.25 * f64::from(*late));
        }
        assert_eq!(symbols(&decode(&samples)), "1590");
    }

    #[test]
    fn an_echo_by_satellite_is_none() {
        let direct = dialled("159", &timed(50, 150));
        let mut samples = direct.clone();
        samples.resize(direct.len() + 3200, 0);
        for (out, late) in samples[3200..].iter_mut().zip(&direct) {
            *out = sample(f64::from(*out) + 0.17 * f64::from(*late));
        }
        assert_eq!(symbols(&decode(&samples)), "159");
        // A key that is pressed again is as loud as before.
        assert_eq!(heard_of("55", &timed(50, 350)), "55");
    }

    #[test]
    fn two_keys_of_a_row_or_column_at_once_are_none() {
        for (digit, third) in [("1", 1336.0), ("1", 770.0), ("5", 1633.0), ("D", 852.0)] {
            let level_dbm0 = -10.0;
            let mut samples = dialled(digit, &Settings { level_dbm0, ..timed(100, 100) });
            with_tone(&mut samples[2000..2800], third, level_dbm0);
            assert_eq!(symbols(&decode(&samples)), "", "{digit} and {third} Hz");
        }
    }

    #[test]
    fn a_note_and_its_octave_are_no_key() {
        let mut samples = vec![0; 4000];
        with_tone(&mut samples[2000..3200], 831.2, -12.0);
        with_tone(&mut samples[2000..3200], 1660.5, -18.0);
        assert_eq!(symbols(&decode(&samples)), "");
    }

    #[test]
    fn a_coder_that_lets_tones_rise_slowly_hides_no_key() {
        let mut samples = dialled("7", &timed(60, 60));
        for (n, out) in samples[2000..2240].iter_mut().enumerate() {
            *out = sample(f64::from(*out) * n as f64 / 240.0);
        }
        assert_eq!(symbols(&decode(&samples)), "7");
    }

    proptest! {
        #[test]
        fn what_is_heard_does_not_depend_on_the_blocks(sizes in prop::collection::vec(1usize..700, 1..40)) {
            static WHOLE: LazyLock<(Vec<i16>, Vec<Heard>)> = LazyLock::new(|| {
                let (samples, mut heard) = (dialled("14#", &timed(50, 40)), Vec::new());
                Detector::new().feed(&samples, |what| heard.push(what));
                (samples, heard)
            });
            let (samples, whole) = &*WHOLE;
            let (mut parts, mut rest, mut detector) = (Vec::new(), &samples[..], Detector::new());
            for size in sizes.into_iter().chain([usize::MAX]) {
                let (block, left) = rest.split_at(size.min(rest.len()));
                detector.feed(block, |heard| parts.push(heard));
                rest = left;
            }
            prop_assert_eq!(whole, &parts);
        }

        #[test]
        fn any_samples_are_taken_and_every_press_has_its_release(
            samples in prop::collection::vec(prop_oneof![Just(i16::MIN), Just(i16::MAX), any::<i16>()], 0..2000),
        ) {
            let mut down = false;
            let mut follow = |heard| match heard {
                Heard::Pressed { .. } => assert!(!std::mem::replace(&mut down, true)),
                Heard::Released(press) => {
                    assert!(std::mem::replace(&mut down, false));
                    assert!(press.start < press.end && press.start < press.detected);
                }
                Heard::ToneBegan | Heard::ToneEnded => {}
            };
            let mut detector = Detector::new();
            detector.feed(&samples, &mut follow);
            detector.finish(&mut follow);
            prop_assert!(!down);
        }
    }
}
