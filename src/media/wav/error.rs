//! Why bytes cannot be played, told with what would do.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::kinds;
use super::{LONGEST, RATES};

/// Why bytes are not a sound that can be played.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WavError {
    /// They are not a WAV file at all, or a broken one.
    NoWav(String),
    /// They are a file of another kind, with its name and article.
    Container(&'static str),
    /// The samples are stored in a way that is not read: the number of it in the header.
    Encoding(u16),
    /// So many bits a sample of an encoding that is read with others.
    Bits(u16),
    /// More channels than are taken, or none: how many, and the most.
    Channels(u16, u16),
    /// A sampling rate outside [`RATES`].
    Rate(u32),
    /// No samples at all.
    Empty,
    /// Longer than [`LONGEST`].
    TooLong(Duration),
    /// Fewer samples than the header promises.
    CutOff {
        /// Samples promised, all channels together.
        promised: u64,
        /// Samples that are there.
        found: u64,
    },
    /// The samples end in the middle of one, or of those of one moment.
    Unfinished,
    /// What follows the samples is not a part of a WAV file: the header promises fewer samples than there are, or
    /// another file follows.
    Trailing,
    /// A sample of a floating-point file that is not a number or infinite: its place from 1, all channels together.
    NoNumber(u64),
    /// The channels of a file that is mixed down are opposite to each other, so that the mix is so much softer than the
    /// louder one, in whole dB.
    Cancelled(u32),
}

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWav(why) => write!(f, "not a WAV file ({why}): it must begin with RIFF, a size and WAVE"),
            Self::Container(name) => {
                write!(f, "this is {name}, which is not read: convert it to WAV, as `ffmpeg -i IN OUT.wav` does")
            }
            Self::Encoding(tag) => write!(
                f,
                "the samples are {} (format 0x{tag:04X}), which is not read: convert them to PCM, as `ffmpeg -i IN -c:a \
                 pcm_s16le OUT.wav` does, or to µ-law or A-law",
                kinds::encoding(*tag).unwrap_or("of an unknown kind")
            ),
            Self::Bits(bits) => write!(
                f,
                "{bits} bits a sample: PCM of 8 to 32 bits, floating-point numbers of 32 or 64, and µ-law and A-law of 8 \
                 are read"
            ),
            Self::Channels(channels, 2) => write!(f, "{channels} channels: it must be mono or stereo"),
            Self::Channels(channels, most) => write!(f, "{channels} channels: 1 to {most} are read"),
            Self::Rate(rate) => {
                write!(f, "{rate} samples a second: it must be {} to {} Hz", RATES.start(), RATES.end())
            }
            Self::Empty => f.write_str("there is no sound in it"),
            Self::TooLong(length) => write!(
                f,
                "{} s long: at most {} s are read",
                length.as_millis().div_ceil(1000),
                LONGEST.as_secs()
            ),
            Self::CutOff { promised, found } => {
                write!(f, "cut off: {found} samples of {promised} that the header promises")
            }
            Self::Unfinished => f.write_str("cut off: it ends within a sample"),
            Self::Trailing => f.write_str(
                "more follows the samples that the header promises, and it is not a part of a WAV file: it was not closed, \
                 or another file was appended",
            ),
            Self::NoNumber(place) => write!(f, "sample {place} is not a number: write the file again"),
            Self::Cancelled(decibels) => write!(
                f,
                "its two channels cancel each other out: mixed down it is {decibels} dB softer than the louder one; make it \
                 mono, as `ffmpeg -i IN -af pan=mono|c0=c0 OUT.wav` does"
            ),
        }
    }
}

impl Error for WavError {}
