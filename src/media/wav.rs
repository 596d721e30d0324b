//! WAV files: any common one into samples at the telephone network's rate, and samples into a 16-bit one. Bytes in,
//! samples out; hound knows the format, rubato the resampling.

use std::error::Error;
use std::fmt;
use std::io::Cursor;
use std::ops::RangeInclusive;
use std::time::Duration;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::rate::SAMPLES_PER_SECOND;

/// The longest sound that is read. At 192 kHz its samples take 0.5 GB while it is read, at 48 kHz a quarter of that.
pub const LONGEST: Duration = Duration::from_mins(10);

/// The rates that are read, in Hz.
pub const RATES: RangeInclusive<u32> = 4_000..=192_000;

/// What is resampled in one go: long enough for a filter that is flat to 3.9 kHz and shut at 4.
const CHUNKS_PER_SECOND: u32 = 8;

/// What that filter is made with: nothing that folds back is louder than -100 dB.
const WINDOW: WindowFunction = WindowFunction::BlackmanHarris2;

/// From here on a sample is at full scale: the largest of 8 bit is 127 of 128.
const FULL_SCALE: f32 = 0.99;

/// How much of a loop's other end is resampled with each of its ends, so that the filter runs over the seam.
const LOOP_OVERLAP: Duration = Duration::from_millis(500);

/// Why bytes are no sound that can be played.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WavError {
    /// They are no WAV file at all, or a broken one.
    NoWav(String),
    /// The samples are stored in a way that is not read.
    Encoding,
    /// More channels than two, or none.
    Channels(u16),
    /// A sampling rate outside [`RATES`].
    Rate(u32),
    /// No samples at all.
    Empty,
    /// Longer than [`LONGEST`].
    TooLong(Duration),
    /// Fewer samples than the header promises.
    CutOff {
        /// Samples promised, all channels together.
        promised: u32,
        /// Samples that are there.
        found: usize,
    },
    /// A sample of a floating-point file that is no number or infinite: its place, all channels together.
    NoNumber(usize),
}

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWav(why) => write!(f, "no WAV file ({why}): it must begin with RIFF, a size and WAVE"),
            Self::Encoding => f.write_str(
                "the samples are compressed or of an unknown kind: write them as PCM of 8, 16, 24 or 32 bit, or as \
                 32-bit floating-point numbers",
            ),
            Self::Channels(channels) => write!(f, "{channels} channels: it must be mono or stereo"),
            Self::Rate(rate) => {
                write!(f, "{rate} samples a second: it must be {} to {} Hz", RATES.start(), RATES.end())
            }
            Self::Empty => f.write_str("no sound in it: the header promises no sample"),
            Self::TooLong(length) => write!(
                f,
                "{} s long: at most {} s are read",
                length.as_millis().div_ceil(1000),
                LONGEST.as_secs()
            ),
            Self::CutOff { promised, found } => write!(
                f,
                "cut off: {found} samples of {promised} that the header promises; write it to a file, not to a pipe"
            ),
            Self::NoNumber(place) => write!(f, "sample {place} is no number: write it anew"),
        }
    }
}

impl Error for WavError {}

/// A WAV file as mono samples at [`SAMPLES_PER_SECOND`]: 8, 16, 24 or 32 bit whole numbers or 32 bit floating-point
/// numbers, stereo mixed down, any rate of [`RATES`]. A file that is mono, 16 bit and 8 kHz comes out bit by bit.
///
/// # Errors
/// It is none of these, is cut off, or is longer than [`LONGEST`].
pub fn read(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    let (samples, rate) = mono(bytes)?;
    Ok(rounded(&resampled(&samples, rate)))
}

/// As [`read`], for a loop: its end runs into its beginning, at the new rate too.
///
/// # Errors
/// As [`read`].
pub fn read_loop(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    let (samples, rate) = mono(bytes)?;
    if rate == SAMPLES_PER_SECOND {
        return Ok(rounded(&samples));
    }
    // A loop that is shorter than the overlap goes round more than once.
    let overlap = rate as usize * LOOP_OVERLAP.as_millis() as usize / 1000;
    let before = overlap % samples.len();
    let round = samples.iter().cycle().skip(samples.len() - before).take(samples.len() + 2 * overlap);
    let resampled = resampled(&round.copied().collect::<Vec<f32>>(), rate);
    let [begin, length] = [overlap, samples.len()].map(|count| at_our_rate(count, rate));
    Ok(rounded(&resampled[begin..begin + length]))
}

/// The most equal samples in a row that stand at full scale in a file, at the file's own rate: resampling would round
/// flat tops off.
///
/// # Errors
/// As [`read`].
pub fn clipped(bytes: &[u8]) -> Result<usize, WavError> {
    let (samples, _) = mono(bytes)?;
    let runs = samples.chunk_by(|one, other| one.to_bits() == other.to_bits());
    Ok(runs.filter(|run| run[0].abs() >= FULL_SCALE).map(<[f32]>::len).max().unwrap_or(0))
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

/// All samples, mixed down, from -1 to 1, and their rate.
fn mono(bytes: &[u8]) -> Result<(Vec<f32>, u32), WavError> {
    let mut reader = WavReader::new(bytes).map_err(no_wav)?;
    let WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format } = reader.spec();
    if !(1..=2).contains(&channels) {
        return Err(WavError::Channels(channels));
    }
    if !RATES.contains(&rate) {
        return Err(WavError::Rate(rate));
    }
    let frames = reader.duration();
    let length = Duration::from_micros(u64::from(frames) * 1_000_000 / u64::from(rate));
    if frames == 0 {
        return Err(WavError::Empty);
    }
    if length > LONGEST {
        return Err(WavError::TooLong(length));
    }
    let promised = reader.len();
    let samples: Vec<f32> = match sample_format {
        SampleFormat::Float => collect(reader.samples::<f32>(), promised, |sample| sample)?,
        SampleFormat::Int => {
            let full_scale = (1_u64 << (bits - 1)) as f32;
            collect(reader.samples::<i32>(), promised, |sample| sample as f32 / full_scale)?
        }
    };
    if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
        return Err(WavError::NoNumber(place + 1));
    }
    Ok(match channels {
        1 => (samples, rate),
        _ => (samples.chunks_exact(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect(), rate),
    })
}

fn collect<S>(
    samples: impl Iterator<Item = hound::Result<S>>,
    promised: u32,
    scaled: impl Fn(S) -> f32,
) -> Result<Vec<f32>, WavError> {
    let mut found = Vec::new();
    for sample in samples {
        match sample {
            Ok(sample) => found.push(scaled(sample)),
            // Memory fails for nothing but its end.
            Err(hound::Error::FormatError(_) | hound::Error::IoError(_)) => {
                return Err(WavError::CutOff { promised, found: found.len() });
            }
            Err(error) => return Err(no_wav(error)),
        }
    }
    Ok(found)
}

fn no_wav(error: hound::Error) -> WavError {
    match error {
        hound::Error::FormatError(why) => WavError::NoWav(why.to_owned()),
        hound::Error::IoError(_) => WavError::NoWav("it ends within its header".to_owned()),
        hound::Error::Unsupported | hound::Error::TooWide | hound::Error::InvalidSampleFormat => {
            WavError::Encoding
        }
        hound::Error::UnfinishedSample => WavError::NoWav("its last sample is not whole".to_owned()),
    }
}

/// The same sound at [`SAMPLES_PER_SECOND`], low-passed where it has more than that can carry.
fn resampled(samples: &[f32], rate: u32) -> Vec<f32> {
    if rate == SAMPLES_PER_SECOND {
        return samples.to_vec();
    }
    let [from, to, chunk] =
        [rate, SAMPLES_PER_SECOND, rate / CHUNKS_PER_SECOND].map(|number| number as usize);
    let mut resampler = Fft::<f32>::new_custom(from, to, chunk, 1, 1, WINDOW, FixedSync::Input)
        .expect("both rates and the chunk are above zero");
    let input =
        InterleavedSlice::new(samples, 1, samples.len()).expect("one channel is as long as the slice");
    let output =
        resampler.process_all(&input, samples.len(), None).expect("the buffers fit: rubato made them");
    output.take_data()
}

/// How many samples at our rate are as long as so many at that one, to the nearest.
fn at_our_rate(samples: usize, rate: u32) -> usize {
    let rate = rate as usize;
    (samples * SAMPLES_PER_SECOND as usize + rate / 2) / rate
}

fn rounded(samples: &[f32]) -> Vec<i16> {
    // The cast saturates: what is louder than full scale is clipped.
    samples.iter().map(|sample| (sample * 32_768.0).round() as i16).collect()
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
    fn any_rate_gives_the_same_length_and_level_up_to_the_telephones_band() {
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
            "no WAV file (it ends within its header): it must begin with RIFF, a size and WAVE"
        );
        assert_eq!(
            told(b"OggS                      "),
            "no WAV file (no RIFF tag found): it must begin with RIFF, a size and WAVE"
        );
        assert_eq!(told(&mono(&[], 8_000)), "no sound in it: the header promises no sample");
        assert_eq!(told(&mono(&[0.0; 9], 3_999)), "3999 samples a second: it must be 4000 to 192000 Hz");
        assert_eq!(
            told(&file(&[0.0], 8_000, 6, 16, SampleFormat::Int)),
            "6 channels: it must be mono or stereo"
        );
        assert_eq!(told(&mono(&vec![0.0; 4_000 * 601], 4_000)), "601 s long: at most 600 s are read");
        assert_eq!(
            told(&cut),
            "cut off: 400 samples of 800 that the header promises; write it to a file, not to a pipe"
        );
        assert_eq!(
            told(&file(&[0.0, f32::NAN], 8_000, 1, 32, SampleFormat::Float)),
            "sample 2 is no number: write it anew"
        );
        // A-law: format 6, 8 bit.
        let mut a_law = file(&[0.0; 8], 8_000, 1, 8, SampleFormat::Int);
        a_law[20] = 6;
        assert!(told(&a_law).starts_with("the samples are compressed"), "{}", told(&a_law));
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
