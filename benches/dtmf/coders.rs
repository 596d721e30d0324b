//! Sound through coders that programs of Debian have: none of them belongs into the product.
//!
//! `benches/dtmf/install-coders` installs them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use attendant::media::rate::SAMPLES_PER_SECOND;

/// A coder, and what it is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Coder {
    /// GSM 06.10 full rate, 13 kbit/s.
    Gsm,
    /// AMR narrow band, by its mode from 0 (4.75 kbit/s) to 7 (12.2 kbit/s).
    Amr(u8),
    /// Opus, in kbit/s.
    Opus(u8),
    /// Speex narrow band, by its quality: 5 is 11 kbit/s, 8 is 15.
    Speex(u8),
}

impl Coder {
    /// Its programs.
    const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Gsm | Self::Amr(_) => &["sox"],
            Self::Opus(_) => &["opusenc", "opusdec"],
            Self::Speex(_) => &["speexenc", "speexdec"],
        }
    }

    /// What of it is missing here; nothing if it works.
    pub(crate) fn lacks(self) -> Option<String> {
        let missing =
            self.programs().iter().find(|name| Command::new(name).arg("--version").output().is_err());
        if let Some(name) = missing {
            return Some(format!("{self:?}: {name} is not installed"));
        }
        let mut silence = vec![0; SAMPLES_PER_SECOND as usize / 10];
        self.try_apply(&mut silence).err().map(|error| format!("{self:?}: {error}"))
    }

    /// There and back.
    ///
    /// # Panics
    /// A program fails that [`Coder::lacks`] found to work.
    pub(crate) fn apply(self, samples: &mut [i16]) {
        self.try_apply(samples).unwrap_or_else(|error| panic!("{self:?}: {error}"));
    }

    fn try_apply(self, samples: &mut [i16]) -> Result<(), String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("attendant-coder-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).map_err(|error| error.to_string())?;
        let done = self.within(&folder, samples);
        let removed = std::fs::remove_dir_all(&folder).map_err(|error| error.to_string());
        done.and(removed)
    }

    fn within(self, folder: &Path, samples: &mut [i16]) -> Result<(), String> {
        let (plain, again) = (folder.join("in.wav"), folder.join("out.wav"));
        write(&plain, samples).map_err(|error| error.to_string())?;
        let coded = folder.join(match self {
            Self::Gsm => "coded.gsm",
            Self::Amr(_) => "coded.amr-nb",
            Self::Opus(_) => "coded.opus",
            Self::Speex(_) => "coded.spx",
        });
        let file = |path: &Path| path.display().to_string();
        match self {
            Self::Gsm => {
                run("sox", &[&file(&plain), &file(&coded)])?;
                run("sox", &[&file(&coded), "-b", "16", "-e", "signed-integer", &file(&again)])?;
            }
            Self::Amr(mode) => {
                run("sox", &[&file(&plain), "-C", &mode.to_string(), &file(&coded)])?;
                run("sox", &[&file(&coded), "-b", "16", "-e", "signed-integer", &file(&again)])?;
            }
            Self::Opus(kbit) => {
                run("opusenc", &["--quiet", "--bitrate", &kbit.to_string(), &file(&plain), &file(&coded)])?;
                let rate = SAMPLES_PER_SECOND.to_string();
                run("opusdec", &["--quiet", "--rate", &rate, &file(&coded), &file(&again)])?;
            }
            Self::Speex(quality) => {
                run("speexenc", &["-n", "--quality", &quality.to_string(), &file(&plain), &file(&coded)])?;
                run("speexdec", &[&file(&coded), &file(&again)])?;
            }
        }
        let heard = read(&again).map_err(|error| error.to_string())?;
        // A coder's delay makes the end late; what it does not give back is silence.
        for (out, sample) in samples.iter_mut().zip(heard.into_iter().chain(std::iter::repeat(0))) {
            *out = sample;
        }
        Ok(())
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

fn write(path: &Path, samples: &[i16]) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLES_PER_SECOND,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample(*sample)?;
    }
    writer.finalize()
}

fn read(path: &Path) -> Result<Vec<i16>, hound::Error> {
    hound::WavReader::open(path)?.into_samples().collect()
}
