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
    /// The bytes after the samples are not part of a WAV file: the header promises fewer samples than there are, or
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
            Self::NoWav(why) => write!(f, "not a WAV file ({why}): it must start with RIFF, a size and WAVE"),
            Self::Container(name) => {
                write!(
                    f,
                    "this is {name}, which is not supported: convert it to WAV, for example with `ffmpeg -i IN \
                           OUT.wav`"
                )
            }
            Self::Encoding(tag) => write!(
                f,
                "samples of this kind are not supported: {} (format 0x{tag:04X}); convert them to PCM, for \
                 example with `ffmpeg -i IN -c:a pcm_s16le OUT.wav`, or to µ-law or A-law",
                kinds::encoding(*tag).unwrap_or("of an unknown kind")
            ),
            Self::Bits(bits) => write!(
                f,
                "{bits} bits per sample are not supported: expected PCM of 8 to 32 bits, floating point of \
                 32 or 64, or µ-law or A-law of 8"
            ),
            Self::Channels(channels, 2) => write!(f, "{channels} channels: it must be mono or stereo"),
            Self::Channels(channels, most) => write!(f, "{channels} channels: expected 1 to {most}"),
            Self::Rate(rate) => {
                write!(f, "{rate} samples per second: expected {} to {} Hz", RATES.start(), RATES.end())
            }
            Self::Empty => f.write_str("it has no samples"),
            Self::TooLong(length) => write!(
                f,
                "{} s long: at most {} s are supported",
                length.as_millis().div_ceil(1000),
                LONGEST.as_secs()
            ),
            Self::CutOff { promised, found } => {
                write!(f, "truncated: {found} of the {promised} samples that the header gives")
            }
            Self::Unfinished => f.write_str("truncated: it ends in the middle of a sample"),
            Self::Trailing => f.write_str(
                "unknown data after the samples: the file was not closed properly, or another file was \
                 appended",
            ),
            Self::NoNumber(place) => write!(f, "sample {place} is not a number: write the file again"),
            Self::Cancelled(decibels) => write!(
                f,
                "its two channels cancel each other out: mixed down, it is {decibels} dB softer than the \
                 louder one; make it mono, for example with `ffmpeg -i IN -af pan=mono|c0=c0 OUT.wav`"
            ),
        }
    }
}

impl Error for WavError {}
