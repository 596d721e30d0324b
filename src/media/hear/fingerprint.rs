//! The fingerprint of a moment: in which neighbouring bands the balance of energy has moved within 30 ms.

use std::f32::consts::PI;
use std::fmt;
use std::sync::{Arc, LazyLock};

use realfft::{RealFftPlanner, RealToComplex};

use crate::media::rate::SAMPLES_PER_SECOND;

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

/// The print of a moment.
#[derive(Clone, Copy, PartialEq, Default)]
pub(super) struct Print {
    /// A bit for each pair of bands, none above [`BITS`].
    pub(super) bits: u32,
    /// The mean square of the samples, in units of the least.
    pub(super) power: f32,
}

impl Print {
    /// Returns how many bits of two prints differ.
    pub(super) fn differing(self, other: Self) -> u32 {
        (self.bits ^ other.bits).count_ones()
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
}

impl Default for Analyzer {
    fn default() -> Self {
        Self { samples: Vec::new(), bands: [[0.0; BANDS]; LAG], spectrum: Spectrum::default() }
    }
}

impl Analyzer {
    /// Takes what comes next, and gives each print that is complete.
    pub(super) fn each_print(&mut self, samples: &[i16], mut each: impl FnMut(Print)) {
        self.samples.extend(samples.iter().map(|sample| f32::from(*sample)));
        let mut from = 0;
        while let Some(window) = self.samples.get(from..from + WINDOW) {
            let power = window.iter().map(|sample| sample * sample).sum::<f32>() / WINDOW as f32;
            let now = self.spectrum.bands(window);
            let [before, ..] = self.bands;
            let mut bits = 0;
            for band in 0..BITS {
                let moved = (now[band] - now[band + 1]) - (before[band] - before[band + 1]);
                bits = bits << 1 | u32::from(moved > 0.0);
            }
            self.bands.rotate_left(1);
            self.bands[LAG - 1] = now;
            each(Print { bits, power });
            from += HOP;
        }
        self.samples.drain(..from);
    }
}

/// All prints of a recording, and the first [`LAG`] without meaning.
pub(super) fn prints_of(samples: impl Iterator<Item = i16>) -> Vec<Print> {
    let samples: Vec<i16> = samples.collect();
    let mut prints = Vec::with_capacity(samples.len() / HOP);
    Analyzer::default().each_print(&samples, |print| prints.push(print));
    prints.iter_mut().take(LAG).for_each(|print| print.power = 0.0);
    prints
}

struct Tables {
    transform: Arc<dyn RealToComplex<f32>>,
    window: [f32; WINDOW],
    /// The line of the spectrum with which each band begins, and that after the last.
    lines: [usize; BANDS + 1],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    transform: RealFftPlanner::new().plan_fft_forward(WINDOW),
    window: std::array::from_fn(|at| 0.5 - 0.5 * (2.0 * PI * at as f32 / WINDOW as f32).cos()),
    lines: std::array::from_fn(|band| {
        let frequency = LOWEST * (HIGHEST / LOWEST).powf(band as f32 / BANDS as f32);
        (frequency * WINDOW as f32 / SAMPLES_PER_SECOND as f32).round() as usize
    }),
});

/// Room for a transform.
#[derive(Default)]
struct Spectrum {
    input: Vec<f32>,
    output: Vec<realfft::num_complex::Complex32>,
    scratch: Vec<realfft::num_complex::Complex32>,
}

impl Spectrum {
    /// The energy of each band.
    fn bands(&mut self, window: &[f32]) -> [f32; BANDS] {
        let tables = &*TABLES;
        self.input.clear();
        self.input.extend(window.iter().zip(tables.window).map(|(sample, weight)| sample * weight));
        self.output.resize(WINDOW / 2 + 1, Default::default());
        self.scratch.resize(tables.transform.get_scratch_len(), Default::default());
        tables
            .transform
            .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch)
            .expect("all three have the lengths that it wants");
        std::array::from_fn(|band| {
            let lines = &self.output[tables.lines[band]..tables.lines[band + 1]];
            lines.iter().map(realfft::num_complex::Complex::norm_sqr).sum()
        })
    }
}
