//! The fingerprint of a moment: in which neighbouring bands the balance of energy has moved within 30 ms.

use std::f32::consts::PI;
use std::fmt;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::voices::{Tracker, VoiceSet, place_of, tones};
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::speaker::VOICES;

/// Samples from one print to the next: 10 ms.
pub(super) const HOP: usize = 80;

/// Samples that a print looks at, under a Hann window: 64 ms.
pub(super) const WINDOW: usize = 512;

/// The bits of a print: one for each pair of neighbouring bands.
pub(super) const BITS: usize = 24;

/// The bands, of equal width on a logarithmic scale, as far as a telephone carries sound in full, in Hz.
const BANDS: usize = BITS + 1;
const LOWEST: f32 = 300.0;
const HIGHEST: f32 = 3_300.0;

/// Over so many hops the movement is looked at: 30 ms.
const LAG: usize = 3;

/// How far a tone reaches in the spectrum, in lines: further out it is 40 dB down.
const REACH: f32 = 4.0;

/// Not louder than this mean square is nothing at all: the smallest step of A-law.
pub(super) const NOTHING: f32 = 64.0;

/// With fewer bits that can be compared, a print says nothing.
const COMPARED_MIN: u32 = 8;

/// The print of a moment.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Print {
    /// A bit for each pair of bands, none above [`BITS`].
    pub(super) bits: u32,
    /// The bits that are of no voice that is known.
    pub(super) known: u32,
    /// The mean square of the samples, in units of the least.
    pub(super) power: f32,
}

impl Print {
    /// All bits.
    const ALL: u32 = (1 << BITS) - 1;

    /// Returns how many bits differ of one in which all are known from another, as if those that are not known differed as
    /// often; `None` if too few are.
    pub(super) fn differing(self, heard: Self) -> Option<f64> {
        let differing = ((self.bits ^ heard.bits) & heard.known).count_ones();
        heard.compared().map(|compared| f64::from(differing * BITS as u32) / f64::from(compared))
    }

    /// Returns how many bits are known; `None` if those are too few.
    pub(super) fn compared(self) -> Option<u32> {
        let known = self.known.count_ones();
        (known >= COMPARED_MIN).then_some(known)
    }
}

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:024b}", self.bits)
    }
}

/// Makes prints of a stream of samples: the n-th looks at the samples from n [`HOP`]s on.
pub(super) struct Analyzer {
    /// Samples that prints still look at.
    samples: Vec<f32>,
    /// The bands of the latest moments, the oldest first.
    bands: [[f32; BANDS]; LAG],
    spectrum: Spectrum,
    voices: Tracker,
}

impl Default for Analyzer {
    fn default() -> Self {
        let (bands, voices) = ([[0.0; BANDS]; LAG], Tracker::default());
        Self { samples: Vec::new(), bands, spectrum: Spectrum::default(), voices }
    }
}

impl Analyzer {
    /// Takes what comes next, and gives each print that is complete, with the voices that speak there and, if those are others
    /// than before, since how many prints.
    pub(super) fn each_print(&mut self, samples: &[i16], mut each: impl FnMut(Print, (VoiceSet, u32))) {
        self.samples.extend(samples.iter().map(|sample| f32::from(*sample)));
        let mut from = 0;
        while let Some(window) = self.samples.get(from..from + WINDOW) {
            let power = window.iter().map(|sample| sample * sample).sum::<f32>() / WINDOW as f32;
            let (now, tones) =
                if power > NOTHING { self.spectrum.of(window) } else { ([0.0; BANDS], VoiceSet::default()) };
            let (voices, since) = self.voices.take(tones);
            let [before, ..] = self.bands;
            let mut bits = 0;
            for band in 0..BITS {
                let moved = (now[band] - now[band + 1]) - (before[band] - before[band + 1]);
                bits = bits << 1 | u32::from(moved > 0.0);
            }
            self.bands.rotate_left(1);
            self.bands[LAG - 1] = now;
            each(Print { bits, known: Print::ALL & !bits_of(voices), power }, (voices, since));
            from += HOP;
        }
        self.samples.drain(..from);
    }
}

/// All prints of a recording, and the first [`LAG`] without meaning.
pub(super) fn prints_of(samples: impl Iterator<Item = i16>) -> Vec<Print> {
    let samples: Vec<i16> = samples.collect();
    let mut prints = Vec::with_capacity(samples.len() / HOP);
    // Of a recording all is known: it is what the voices are heard over.
    Analyzer::default().each_print(&samples, |print, _| prints.push(Print { known: Print::ALL, ..print }));
    prints.iter_mut().take(LAG).for_each(|print| print.power = 0.0);
    prints
}

struct Tables {
    transform: Arc<dyn RealToComplex<f32>>,
    window: [f32; WINDOW],
    /// The line of the spectrum with which each band begins, and that after the last.
    lines: [usize; BANDS + 1],
    /// The bits that each voice spoils.
    voices: [u32; VOICES as usize],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let lines = std::array::from_fn(|band| {
        let frequency = LOWEST * (HIGHEST / LOWEST).powf(band as f32 / BANDS as f32);
        (frequency * WINDOW as f32 / SAMPLES_PER_SECOND as f32).round() as usize
    });
    Tables {
        transform: RealFftPlanner::new().plan_fft_forward(WINDOW),
        window: std::array::from_fn(|at| 0.5 - 0.5 * (2.0 * PI * at as f32 / WINDOW as f32).cos()),
        lines,
        voices: std::array::from_fn(|voice| spoilt(&lines, place_of(voice as u32))),
    }
});

/// The bits of the bands that these voices reach.
fn bits_of(voices: VoiceSet) -> u32 {
    voices.numbers().fold(0, |bits, voice| bits | TABLES.voices[voice as usize])
}

/// The bits that a tone at this place of the spectrum spoils: those of the bands that it reaches.
fn spoilt(lines: &[usize; BANDS + 1], place: f32) -> u32 {
    let reached =
        |band: usize| lines[band] as f32 <= place + REACH && place - REACH <= lines[band + 1] as f32;
    // The first bit is the highest.
    (0..BITS)
        .filter(|band| reached(*band) || reached(*band + 1))
        .fold(0, |bits, band| bits | 1 << (BITS - 1 - band))
}

/// Room for a transform.
#[derive(Default)]
struct Spectrum {
    input: Vec<f32>,
    output: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Spectrum {
    /// The energy of each band, and the voices of which there is a tone.
    fn of(&mut self, window: &[f32]) -> ([f32; BANDS], VoiceSet) {
        let tables = &*TABLES;
        self.input.clear();
        self.input.extend(window.iter().zip(tables.window).map(|(sample, weight)| sample * weight));
        self.output.resize(WINDOW / 2 + 1, Default::default());
        self.scratch.resize(tables.transform.get_scratch_len(), Default::default());
        tables
            .transform
            .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch)
            .expect("all three have the lengths that it wants");
        let bands = std::array::from_fn(|band| {
            let lines = &self.output[tables.lines[band]..tables.lines[band + 1]];
            lines.iter().map(Complex32::norm_sqr).sum()
        });
        (bands, tones(&self.output))
    }
}
