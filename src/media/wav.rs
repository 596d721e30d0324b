//! WAV files: any common one into samples at the telephone network's rate, and samples into a 16-bit one. Bytes in,
//! samples out; rubato knows the resampling, [`super::g711`] the two laws, hound the files that are written.
//!
//! hound's own reader is not used for files of others: it wants the whole file where these come in pieces, refuses
//! µ-law and A-law, headers that were written into a pipe and RF64, and loses its place behind an odd chunk.

mod error;
mod format;
mod kinds;
mod reader;
mod resampler;

use std::collections::VecDeque;
use std::io::Cursor;
use std::ops::RangeInclusive;
use std::time::Duration;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

pub use self::error::WavError;
pub use self::format::{CHANNELS_MAX, Format};
pub use self::kinds::names_itself;
pub use self::reader::Reader;
pub use self::resampler::Resampler;
use super::rate::SAMPLES_PER_SECOND;

/// The longest sound that is read as a whole, as prompts and music are: 58 MB once it is read.
pub const LONGEST: Duration = Duration::from_hours(1);

/// The rates that are read, in Hz.
pub const RATES: RangeInclusive<u32> = 4_000..=192_000;

/// From here on a sample is at full scale: the largest of 8 bit is 127 of 128.
const FULL_SCALE: f32 = 0.99;

/// The length of a loop's other end that is resampled with each of its ends, so that the filter runs across the seam.
const LOOP_OVERLAP: Duration = Duration::from_millis(500);

/// The most channels of a sound that is played: they are mixed down.
const CHANNELS_MIXED: u16 = 2;

/// Maximum loss of the mix compared with the louder channel, as a ratio of powers: 12 dB. A channel that is silent
/// takes 6 dB off, two that do not belong together 3; with more they are opposite to each other.
const CANCELLED: f64 = 16.0;

/// Bytes of a file that are looked at before its length is checked.
const PIECE: usize = 1 << 16;

/// A WAV file as mono samples at [`SAMPLES_PER_SECOND`]: PCM, floating-point numbers, µ-law or A-law, stereo mixed
/// down, any rate of [`RATES`]. A file that is mono, 16 bit and 8 kHz comes out bit by bit.
///
/// # Errors
/// The format is not supported, or the file is truncated or longer than [`LONGEST`].
pub fn read(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    let mut telephone = None;
    let (mut block, mut samples) = (Vec::new(), Vec::new());
    mono(bytes, |format, mix| {
        telephone.get_or_insert_with(|| Resampler::new(format.rate)).feed(mix, &mut block);
        samples.extend(block.drain(..).map(rounded));
    })?;
    if let Some(telephone) = telephone {
        telephone.finish(&mut block);
    }
    samples.extend(block.drain(..).map(rounded));
    Ok(samples)
}

/// Reads like [`read`], for a loop: its end runs into its beginning, at the new rate too.
///
/// # Errors
/// As [`read`].
pub fn read_loop(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    let (mut tail, mut count) = (VecDeque::new(), 0_usize);
    let overlap = |rate: u32| rate as usize * LOOP_OVERLAP.as_millis() as usize / 1000;
    let Format { rate, .. } = mono(bytes, |format, mix| {
        count += mix.len();
        tail.extend(mix);
        tail.drain(..tail.len().saturating_sub(overlap(format.rate)));
    })?;
    if rate == SAMPLES_PER_SECOND {
        return read(bytes);
    }
    let overlap = overlap(rate);
    let tail = Vec::from(tail);
    let (mut telephone, mut out) = (Resampler::new(rate), Vec::new());
    let [begin, length] = [overlap, count].map(|count| at_our_rate(count, rate));
    if count <= overlap {
        // Shorter than the overlap, it goes round more than once.
        let before = overlap % count;
        let round = tail.iter().cycle().skip(count - before).take(count + 2 * overlap);
        telephone.feed(&round.copied().collect::<Vec<f32>>(), &mut out);
    } else {
        let mut head = Vec::new();
        telephone.feed(&tail, &mut out);
        mono(bytes, |_, mix| {
            head.extend(&mix[..mix.len().min(overlap - head.len())]);
            telephone.feed(mix, &mut out);
        })?;
        telephone.feed(&head, &mut out);
    }
    telephone.finish(&mut out);
    Ok(out[begin..begin + length].iter().copied().map(rounded).collect())
}

/// The most equal samples in a row that stand at full scale in a channel of a file, at the file's own rate: resampling
/// would round flat tops off.
///
/// # Errors
/// As [`read`].
pub fn clipped(bytes: &[u8]) -> Result<usize, WavError> {
    let (mut runs, mut longest) = ([(0_u32, 0_usize); CHANNELS_MIXED as usize], 0);
    whole(bytes, |format, samples| {
        for frame in samples.chunks_exact(format.channels.into()) {
            for ((last, run), sample) in runs.iter_mut().zip(frame) {
                *run = if *last == sample.to_bits() { *run + 1 } else { 1 };
                *last = sample.to_bits();
                if sample.abs() >= FULL_SCALE {
                    longest = longest.max(*run);
                }
            }
        }
    })?;
    Ok(longest)
}

/// Returns the number of channels of a file.
///
/// # Errors
/// As [`read`].
pub fn channels(bytes: &[u8]) -> Result<u16, WavError> {
    whole(bytes, |_, _| {}).map(|format| format.channels)
}

/// A sample of 16 bits. What is louder than full scale is clipped.
#[must_use]
pub fn rounded(sample: f32) -> i16 {
    // The cast saturates.
    (sample * 32_768.0).round() as i16
}

/// The samples as a mono 16-bit WAV file at [`SAMPLES_PER_SECOND`], with a header of 44 bytes.
///
/// # Panics
/// Never for less than 2 GiB, [`LONGEST`] many times over.
#[must_use]
pub fn write(samples: &[i16]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let spec = WavSpec {
        channels: 1,
        sample_rate: SAMPLES_PER_SECOND,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let written = WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        samples.iter().try_for_each(|sample| writer.write_sample(*sample))?;
        writer.finalize()
    });
    written.expect("memory takes whatever is written");
    bytes.into_inner()
}

/// The place of the samples in a file that need not be converted: mono, 16 bit, [`SAMPLES_PER_SECOND`]. `None` for any
/// other.
#[must_use]
pub(super) fn samples_as_stored(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let reader = WavReader::new(bytes).ok()?;
    let (spec, samples) = (reader.spec(), reader.len());
    let begin = bytes.len() - reader.into_inner().len();
    let end = begin + 2 * samples as usize;
    let is_ours = (spec.channels, spec.bits_per_sample, spec.sample_format) == (1, 16, SampleFormat::Int)
        && spec.sample_rate == SAMPLES_PER_SECOND;
    (is_ours && end <= bytes.len()).then_some(begin..end)
}

/// Hands on all samples of a file of one channel or two that is not too long.
fn whole(bytes: &[u8], mut take: impl FnMut(&Format, &[f32])) -> Result<Format, WavError> {
    let (mut reader, mut frames) = (Reader::new(), 0);
    for piece in bytes.chunks(PIECE) {
        reader.feed(piece, |format, samples| {
            frames += samples.len() as u64 / u64::from(format.channels);
            if format.channels <= CHANNELS_MIXED {
                take(format, samples);
            }
        })?;
        let Some(format) = reader.format() else { continue };
        if format.channels > CHANNELS_MIXED {
            return Err(WavError::Channels(format.channels, CHANNELS_MIXED));
        }
        let length =
            reader.promised().unwrap_or(0).max(frames).saturating_mul(1_000) / u64::from(format.rate);
        let length = Duration::from_millis(length);
        if length > LONGEST {
            return Err(WavError::TooLong(length));
        }
    }
    reader.finish()
}

/// Hands on all samples of such a file, mixed down.
fn mono(bytes: &[u8], mut take: impl FnMut(&Format, &[f32])) -> Result<Format, WavError> {
    let (mut mix, mut loudest) = (Vec::new(), [0.0_f64; CHANNELS_MIXED as usize]);
    let mut mixed = 0.0_f64;
    let format = whole(bytes, |format, samples| {
        if format.channels == 1 {
            take(format, samples);
            return;
        }
        mix.clear();
        for frame in samples.chunks_exact(format.channels.into()) {
            let sample = frame.iter().sum::<f32>() / f32::from(format.channels);
            mixed += f64::from(sample).powi(2);
            loudest.iter_mut().zip(frame).for_each(|(power, sample)| *power += f64::from(*sample).powi(2));
            mix.push(sample);
        }
        take(format, &mix);
    })?;
    let loudest = loudest.into_iter().fold(0.0, f64::max);
    if loudest > CANCELLED * mixed {
        let softer = (10.0 * (loudest / mixed.max(f64::MIN_POSITIVE)).log10()).min(99.0);
        return Err(WavError::Cancelled(softer as u32));
    }
    Ok(format)
}

/// Returns the number of samples at our rate that last as long as `samples` at `rate`, rounded.
fn at_our_rate(samples: usize, rate: u32) -> usize {
    let rate = rate as usize;
    (samples * SAMPLES_PER_SECOND as usize + rate / 2) / rate
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use proptest::prelude::*;

    use super::*;

    /// A sine of half the full scale, as long as half a second.
    fn sine(hertz: f32, rate: u32) -> Vec<f32> {
        (0..rate / 2).map(|at| 0.5 * (TAU * hertz * at as f32 / rate as f32).sin()).collect()
    }

    fn file(samples: &[f32], rate: u32, channels: u16, bits: u16, sample_format: SampleFormat) -> Vec<u8> {
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        for sample in samples.iter().flat_map(|sample| std::iter::repeat_n(*sample, channels.into())) {
            match sample_format {
                SampleFormat::Float => writer.write_sample(sample).unwrap(),
                SampleFormat::Int => {
                    let scaled = f64::from(sample) * 2_f64.powi(i32::from(bits) - 1);
                    writer.write_sample(scaled.round() as i32).unwrap();
                }
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    /// Seconds of silence at 4,000 samples a second.
    fn silence(seconds: u32) -> Vec<u8> {
        let mut bytes = file(&[0.0], 4_000, 1, 16, SampleFormat::Int);
        let (header, data) = (44, seconds * 4_000 * 2);
        bytes.truncate(header);
        bytes[4..8].copy_from_slice(&(36 + data).to_le_bytes());
        bytes[40..44].copy_from_slice(&data.to_le_bytes());
        [bytes, vec![0; data as usize]].concat()
    }

    /// Level of a sine of that frequency in the middle of the samples, in dB of full scale.
    fn level(samples: &[i16], hertz: f32) -> f32 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        let (mut re, mut im) = (0.0, 0.0);
        for (at, sample) in middle.iter().enumerate() {
            let phase = TAU * hertz * at as f32 / 8_000.0;
            re += f32::from(*sample) * phase.cos();
            im += f32::from(*sample) * phase.sin();
        }
        20.0 * (2.0 * re.hypot(im) / middle.len() as f32 / 32_768.0).log10()
    }

    #[test]
    fn what_is_written_is_read_again_bit_by_bit() {
        let samples: Vec<i16> = (0..1_000).map(|at| (at * 7_919 % 65_536 - 32_768) as i16).collect();
        let bytes = write(&samples);
        assert_eq!(bytes.len(), 44 + 2_000);
        assert_eq!(read(&bytes).unwrap(), samples);
        assert_eq!(read_loop(&bytes).unwrap(), samples);
        assert_eq!(samples_as_stored(&bytes), Some(44..2_044));
    }

    #[test]
    fn every_common_kind_of_samples_gives_the_same_sound() {
        let sound = sine(1_000.0, 8_000);
        let wanted = read(&file(&sound, 8_000, 1, 16, SampleFormat::Int)).unwrap();
        let kinds = [
            (8, SampleFormat::Int),
            (24, SampleFormat::Int),
            (32, SampleFormat::Int),
            (32, SampleFormat::Float),
        ];
        for (bits, format) in kinds {
            for channels in [1, 2] {
                let read = read(&file(&sound, 8_000, channels, bits, format)).unwrap();
                let off = read.iter().zip(&wanted).map(|(one, other)| one.abs_diff(*other)).max();
                // Half a step of 8 bit is 128 of 16 bit.
                assert!(
                    off <= Some(if bits == 8 { 129 } else { 1 }),
                    "{bits} bit, {channels} channels: {off:?}"
                );
                assert_eq!(read.len(), wanted.len());
            }
        }
    }

    #[test]
    fn resampling_keeps_length_and_level_within_the_band() {
        for rate in [4_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000, 7_999] {
            for hertz in [400.0, 1_004.0, 1_700.0, 3_400.0] {
                if hertz > 0.45 * rate as f32 {
                    continue;
                }
                let samples = read(&file(&sine(hertz, rate), rate, 1, 16, SampleFormat::Int)).unwrap();
                assert!((3_999..=4_001).contains(&samples.len()), "{rate} Hz: {} samples", samples.len());
                let level = level(&samples, hertz);
                assert!((level + 6.02).abs() < 0.1, "{hertz} Hz at {rate} Hz comes out at {level} dB");
            }
        }
    }

    #[test]
    fn what_the_telephone_cannot_carry_does_not_fold_back() {
        for (hertz, folded) in
            [(4_200.0, 3_800.0), (5_000.0, 3_000.0), (7_000.0, 1_000.0), (9_000.0, 1_000.0)]
        {
            let samples = read(&file(&sine(hertz, 48_000), 48_000, 1, 24, SampleFormat::Int)).unwrap();
            let level = level(&samples, folded);
            assert!(level < -80.0, "{hertz} Hz folds to {folded} Hz at {level} dB");
        }
    }

    #[test]
    fn a_loop_at_another_rate_has_no_seam() {
        for rate in [16_000, 44_100, 48_000] {
            // Whole periods in half a second at every rate: the sine goes on over the seam.
            let bytes = file(&sine(500.0, rate), rate, 1, 16, SampleFormat::Int);
            let samples = read_loop(&bytes).unwrap();
            assert_eq!(samples.len(), 4_000);
            // Of a sine, two samples tell the next; so they do from the end to the beginning.
            let next = 2.0 * (TAU * 500.0 / 8_000.0).cos();
            for at in 0..4_000 {
                let [one, two, three] = [0, 1, 2].map(|ahead| f32::from(samples[(at + ahead) % 4_000]));
                assert!(
                    (next * two - one - three).abs() < 8.0,
                    "{rate} Hz, from sample {at}: {one}, {two}, {three}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_what_would_be_right() {
        let mono = |samples: &[f32], rate| file(samples, rate, 1, 16, SampleFormat::Int);
        let mut cut = mono(&[0.1; 800], 8_000);
        cut.truncate(844);
        let told = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert_eq!(
            told(b"RIF"),
            "not a WAV file (it ends within its header): it must start with RIFF, a size and WAVE"
        );
        assert_eq!(
            told(b"notes about sound, which are not sound"),
            "not a WAV file (it starts with something else): it must start with RIFF, a size and WAVE"
        );
        assert_eq!(told(&mono(&[], 8_000)), "it has no samples");
        assert_eq!(told(&mono(&[0.0; 9], 3_999)), "3999 samples per second: expected 4000 to 192000 Hz");
        assert_eq!(
            told(&file(&[0.0], 8_000, 6, 16, SampleFormat::Int)),
            "6 channels: it must be mono or stereo"
        );
        assert_eq!(told(&silence(3_601)), "3601 s long: at most 3600 s are supported");
        assert_eq!(told(&cut), "truncated: 400 of the 800 samples that the header gives");
        assert_eq!(
            told(&file(&[0.0, f32::NAN], 8_000, 1, 32, SampleFormat::Float)),
            "sample 2 is not a number: write the file again"
        );
    }

    #[test]
    fn flat_tops_are_counted_at_the_files_own_rate() {
        let loud: Vec<f32> = sine(200.0, 48_000).iter().map(|sample| 1.999 * sample).collect();
        assert!(clipped(&file(&loud, 48_000, 1, 16, SampleFormat::Int)).unwrap() <= 2);
        let overdriven: Vec<f32> = loud.iter().map(|sample| (1.1 * sample).clamp(-1.0, 0.999)).collect();
        assert!(clipped(&file(&overdriven, 48_000, 1, 24, SampleFormat::Int)).unwrap() > 20);
        assert_eq!(clipped(&write(&[0, 32_767, 32_767, 32_767, 32_767, -32_768, 5])), Ok(4));
    }

    #[test]
    fn louder_than_full_scale_is_clipped() {
        assert_eq!(read(&file(&[2.0, -2.0], 8_000, 1, 32, SampleFormat::Float)).unwrap(), [32_767, -32_768]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), keep in 0_usize..60) {
            let sound = write(&[1, 2, 3, 4]);
            let keep = keep.min(sound.len());
            bytes.splice(0..keep.min(bytes.len()), sound[..keep].iter().copied());
            let _read = read(&bytes);
            let _looped = read_loop(&bytes);
        }
    }
}
