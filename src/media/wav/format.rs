//! The header's `fmt` chunk, and samples as it says they are stored.

use super::RATES;
use super::error::WavError;
use crate::media::g711::Law;

/// Number of bytes of the chunk that matter: those of `WAVEFORMATEXTENSIBLE`.
pub(super) const LENGTH: usize = 40;

/// The shortest chunk: from the encoding's number to the bits of a sample.
pub(super) const LENGTH_MIN: usize = 16;

const PCM: u16 = 0x0001;
const FLOAT: u16 = 0x0003;
const A_LAW: u16 = 0x0006;
const MU_LAW: u16 = 0x0007;
/// The encoding's number is the beginning of a GUID further on.
const EXTENSIBLE: u16 = 0xFFFE;

/// The end of the GUID of an encoding that has a number.
const GUID_TAIL: [u8; 14] =
    [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71];

/// The format of a file's samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// How many channels, from 1 to [`CHANNELS_MAX`].
    pub channels: u16,
    /// Samples a second of each, within [`RATES`].
    pub rate: u32,
    encoding: Encoding,
}

/// The encoding of one sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    /// One byte, 128 is zero.
    Unsigned8,
    /// So many bytes, two to four, with their sign in the highest bit.
    Signed {
        bytes: usize,
    },
    /// Four bytes of which the lowest three count.
    Signed24In32,
    Float32,
    Float64,
    Law(Law),
}

impl Format {
    /// Reads the chunk, of which there are at least [`LENGTH_MIN`] bytes.
    pub(super) fn parse(chunk: &[u8]) -> Result<Self, WavError> {
        let word = |at: usize| chunk.get(at..at + 2).map_or(0, |pair| u16::from_le_bytes([pair[0], pair[1]]));
        let (channels, block, bits) = (word(2), word(12), word(14));
        let rate = u32::from(word(4)) | u32::from(word(6)) << 16;
        let tag = match word(0) {
            EXTENSIBLE if chunk.get(26..LENGTH) == Some(&GUID_TAIL[..]) => word(24),
            tag => tag,
        };
        if !(1..=CHANNELS_MAX).contains(&channels) {
            return Err(WavError::Channels(channels, CHANNELS_MAX));
        }
        // What the block says counts, if anything: some write the bits of the samples as they were before they were
        // encoded.
        let bytes = usize::from(if block == 0 { bits.div_ceil(8) } else { block / channels });
        let encoding = match (tag, bytes, bits) {
            (PCM, 1, 1..=8) => Encoding::Unsigned8,
            (PCM, 4, 24) => Encoding::Signed24In32,
            (PCM, 2..=4, _) if usize::from(bits.div_ceil(8)) == bytes => Encoding::Signed { bytes },
            (FLOAT, 4, 32) => Encoding::Float32,
            (FLOAT, 8, 64) => Encoding::Float64,
            (A_LAW, 1, _) => Encoding::Law(Law::Pcma),
            (MU_LAW, 1, _) => Encoding::Law(Law::Pcmu),
            (PCM | FLOAT | A_LAW | MU_LAW, ..) => return Err(WavError::Bits(bits)),
            (tag, ..) => return Err(WavError::Encoding(tag)),
        };
        if block % channels != 0 {
            return Err(WavError::NoWav(format!("{channels} channels do not fit into {block} bytes")));
        }
        if !RATES.contains(&rate) {
            return Err(WavError::Rate(rate));
        }
        Ok(Self { channels, rate, encoding })
    }

    /// Bytes of the samples of one moment, all channels.
    pub(super) fn frame(&self) -> usize {
        self.sample() * usize::from(self.channels)
    }

    /// Bytes of one sample.
    pub(super) fn sample(&self) -> usize {
        match self.encoding {
            Encoding::Unsigned8 | Encoding::Law(_) => 1,
            Encoding::Signed { bytes } => bytes,
            Encoding::Signed24In32 | Encoding::Float32 => 4,
            Encoding::Float64 => 8,
        }
    }

    /// Appends the samples of these bytes, whole ones, from -1 to 1.
    pub(super) fn decode(&self, bytes: &[u8], samples: &mut Vec<f32>) {
        let stored = bytes.chunks_exact(self.sample());
        let lowest =
            |bytes: &[u8]| bytes.iter().rev().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        // In the highest bits of 32, so that every width has the same full scale.
        let signed = |number: u32, bits: u32| (number << (32 - bits)).cast_signed() as f32 / FULL_SCALE;
        match self.encoding {
            Encoding::Unsigned8 => {
                samples.extend(bytes.iter().map(|byte| (f32::from(*byte) - 128.0) / 128.0));
            }
            Encoding::Signed { bytes } => {
                samples.extend(stored.map(|stored| signed(lowest(stored), 8 * bytes as u32)));
            }
            Encoding::Signed24In32 => samples.extend(stored.map(|stored| signed(lowest(stored), 24))),
            Encoding::Float32 => samples.extend(stored.map(|stored| f32::from_bits(lowest(stored)))),
            Encoding::Float64 => samples.extend(stored.map(|stored| {
                let bits = u64::from(lowest(&stored[4..])) << 32 | u64::from(lowest(&stored[..4]));
                f64::from_bits(bits) as f32
            })),
            Encoding::Law(law) => {
                samples.extend(bytes.iter().map(|code| f32::from(law.decode_sample(*code)) / 32_768.0));
            }
        }
    }
}

/// The most channels of a file: those of the largest multitrack recorders.
pub const CHANNELS_MAX: u16 = 32;

/// One more than the largest number of 32 bits with a sign.
const FULL_SCALE: f32 = 2_147_483_648.0;
