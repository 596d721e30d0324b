//! Files that take what somebody hears.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::media::rate::SAMPLES_PER_SECOND;

/// A WAV file that is being written.
pub(super) type WavFile = WavWriter<BufWriter<File>>;

/// Begins a WAV file as the telephone network has sound.
pub(super) fn create(path: &Path) -> hound::Result<WavFile> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: SAMPLES_PER_SECOND,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    WavWriter::create(path, spec)
}
