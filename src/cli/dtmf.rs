//! `attendant dtmf`: makes keypad tones, and hears which keys are in a recording.

mod decode;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::control::time::parse_duration;
use crate::media::dtmf::generator::{Key, Settings, dial, keys};
use crate::media::rate::{SAMPLES_PER_SECOND, samples_of};
use crate::media::wav;
use decode::Decode;

const EXAMPLES: &str = "\
Examples:
  attendant dtmf encode '3141592#' keys.wav
  attendant dtmf encode '12w3' keys.wav --level -20 --twist -6 --on 50ms
  attendant dtmf decode keys.wav
  attendant dtmf decode call.wav --channel 1
  ffmpeg -i call.mp3 -f wav - | attendant dtmf decode -
  attendant dtmf encode '0' - | attendant dtmf decode -";

/// The most samples that one call makes: ten minutes.
const SAMPLES_MAX: u64 = SAMPLES_PER_SECOND as u64 * 600;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dtmf {
    #[command(subcommand)]
    command: DtmfCommand,
}

#[derive(Debug, clap::Subcommand)]
enum DtmfCommand {
    /// Write the tones of keys (ITU-T Q.23) to an 8 kHz WAV file
    Encode(Encode),
    /// Print the keys in a recording, as JSON lines
    Decode(Decode),
}

#[derive(Debug, clap::Args)]
struct Encode {
    /// The keys: 0-9 * # A-D; w and W pause 0.5 s and 1 s
    keys: String,

    /// The WAV file to write; `-` writes raw 16-bit samples, little-endian, to standard output
    out: PathBuf,

    /// The mean level of the two tones, in dBm0
    #[arg(long, value_name = "DBM0", default_value_t = Settings::default().level_dbm0, allow_negative_numbers = true, value_parser = decibels)]
    level: f64,

    /// The level of the high tone relative to the low one, in dB
    #[arg(long, value_name = "DB", default_value_t = Settings::default().twist_db, allow_negative_numbers = true, value_parser = decibels)]
    twist: f64,

    /// The length of each key
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time)]
    on: Duration,

    /// The pause after each key
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time)]
    off: Duration,
}

fn decibels(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| (-100.0..=100.0).contains(number));
    number.ok_or_else(|| "a number of decibels from -100 to 100, such as -7.5".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

impl Dtmf {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        match &self.command {
            DtmfCommand::Encode(encode) => encode.run(screen),
            DtmfCommand::Decode(decode) => decode.run(screen),
        }
    }
}

impl Encode {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let keys = keys(&self.keys).map_err(|error| CliError::bad(format!("error: {error}")))?;
        let settings = Settings {
            level_dbm0: self.level,
            twist_db: self.twist,
            on: samples_of(self.on),
            off: samples_of(self.off),
            ..Settings::default()
        };
        let each = |key: &Key| match key {
            Key::Digit(_) => u64::from(settings.on) + u64::from(settings.off),
            Key::Pause(samples) => u64::from(*samples),
        };
        if keys.iter().map(each).sum::<u64>() > SAMPLES_MAX {
            let minutes = SAMPLES_MAX / u64::from(SAMPLES_PER_SECOND) / 60;
            return Err(CliError::bad(format!("error: these keys take longer than {minutes} minutes")));
        }
        let samples = dial(&keys, &settings);
        if self.out.as_os_str() == "-" {
            let mut out = screen.out();
            for sample in &samples {
                out.write_all(&sample.to_le_bytes())?;
            }
            out.flush()?;
        } else {
            fs::write(&self.out, wav::write(&samples)).map_err(|error| {
                CliError::bad(format!("error: {} cannot be written: {error}", self.out.display()))
            })?;
            screen.wrote(self.out.display());
        }
        Ok(Exit::Success)
    }
}
