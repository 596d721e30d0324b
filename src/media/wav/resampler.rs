//! A sound at any rate as one at the telephone network's, piece by piece.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use crate::media::rate::SAMPLES_PER_SECOND;

/// The size of a chunk: long enough for a filter that is flat to 3.9 kHz and shut at 4.
const CHUNKS_PER_SECOND: u32 = 8;

/// The window of that filter: aliases stay below -100 dB.
const WINDOW: WindowFunction = WindowFunction::BlackmanHarris2;

/// Brings one channel to [`SAMPLES_PER_SECOND`], low-passed where it has more than that can carry. Samples that have
/// that rate come out bit by bit.
pub struct Resampler {
    /// None where nothing is to be done.
    filter: Option<Filter>,
}

struct Filter {
    fft: Fft<f32>,
    rate: u32,
    /// Samples that do not fill a chunk yet.
    input: Vec<f32>,
    output: Vec<f32>,
    /// How many of the first that come out are the filter's own delay.
    delay: usize,
    /// Samples that came, and that went out.
    taken: u64,
    given: u64,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("rate", &self.filter.as_ref().map(|filter| filter.rate)).finish()
    }
}

impl Resampler {
    /// A resampler from this rate in Hz, one of [`super::RATES`].
    #[must_use]
    pub fn new(rate: u32) -> Self {
        let filter = (rate != SAMPLES_PER_SECOND).then(|| Filter::new(rate));
        Self { filter }
    }

    /// Takes the next samples, and appends what they become.
    pub fn feed(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        match &mut self.filter {
            None => out.extend_from_slice(samples),
            Some(filter) => filter.feed(samples, out),
        }
    }

    /// Appends what is left: in all as much as is as long as what came, rounded up.
    pub fn finish(self, out: &mut Vec<f32>) {
        if let Some(filter) = self.filter {
            filter.finish(out);
        }
    }
}

impl Filter {
    fn new(rate: u32) -> Self {
        let [from, to, chunk] =
            [rate, SAMPLES_PER_SECOND, rate / CHUNKS_PER_SECOND].map(|number| number as usize);
        let fft = Fft::<f32>::new_custom(from, to, chunk, 1, 1, WINDOW, FixedSync::Input)
            .expect("both rates and the chunk are above zero");
        let (delay, longest) = (fft.output_delay(), fft.output_frames_max());
        Self { fft, rate, input: Vec::new(), output: vec![0.0; longest], delay, taken: 0, given: 0 }
    }

    fn feed(&mut self, mut samples: &[f32], out: &mut Vec<f32>) {
        self.taken += samples.len() as u64;
        loop {
            let lacks = self.fft.input_frames_next().saturating_sub(self.input.len());
            if samples.len() < lacks {
                self.input.extend_from_slice(samples);
                return;
            }
            let (now, later) = samples.split_at(lacks);
            self.input.extend_from_slice(now);
            samples = later;
            self.process(u64::MAX, out);
        }
    }

    fn finish(mut self, out: &mut Vec<f32>) {
        let (taken, rate) = (u128::from(self.taken), u128::from(self.rate));
        let all = (taken * u128::from(SAMPLES_PER_SECOND)).div_ceil(rate);
        let all = u64::try_from(all).unwrap_or(u64::MAX);
        // Silence brings out what is still in the filter.
        while self.given < all {
            self.input.resize(self.fft.input_frames_next(), 0.0);
            self.process(all, out);
        }
    }

    /// Filters a chunk, and appends what comes out, in all at most so many.
    fn process(&mut self, most: u64, out: &mut Vec<f32>) {
        let (given, room) = (self.input.len(), self.output.len());
        let input =
            InterleavedSlice::new(&self.input, 1, given).expect("one channel is as long as the slice");
        let mut output = InterleavedSlice::new_mut(&mut self.output, 1, room)
            .expect("one channel is as long as the slice");
        let (_, came) = self
            .fft
            .process_into_buffer(&input, &mut output, None)
            .expect("the buffers have the lengths that the resampler asked for");
        let late = self.delay.min(came);
        self.delay -= late;
        let left = usize::try_from(most.saturating_sub(self.given)).unwrap_or(usize::MAX);
        let whole = &self.output[late..came];
        let whole = &whole[..whole.len().min(left)];
        self.given += whole.len() as u64;
        out.extend_from_slice(whole);
        self.input.clear();
    }
}
