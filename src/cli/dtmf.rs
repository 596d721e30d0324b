//! `attendant dtmf`: makes keypad tones, and hears which keys are in a recording.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::exit::{Exit, Trouble};
use super::screen::Screen;
use crate::control::time::parse_duration;
use crate::media::dtmf::Press;
use crate::media::dtmf::detector::{Detector, Heard};
use crate::media::dtmf::generator::{Key, Settings, dial, keys};
use crate::media::rate::{SAMPLES_PER_SECOND, samples_of};
use crate::media::wav;

const EXAMPLES: &str = "\
Examples:
  attendant dtmf encode '3141592#' keys.wav
  attendant dtmf encode '12w3' keys.wav --level -20 --twist -6 --on 50ms --off 50ms
  attendant dtmf decode keys.wav
  attendant dtmf encode '0' - | attendant dtmf decode -";

/// The most samples that one call makes: ten minutes.
const SAMPLES_MAX: u64 = SAMPLES_PER_SECOND as u64 * 600;

/// The largest file that is decoded: an hour of CD sound.
const FILE_MAX: u64 = 640 << 20;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dtmf {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make the tones of keys, as ITU-T Q.23 has them, in a WAV file of 8,000 samples a second
    Encode(Encode),
    /// Print which keys a recording holds, one JSON object a line
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

    /// How much louder the high tone is, in dB
    #[arg(long, value_name = "DB", default_value_t = Settings::default().twist_db, allow_negative_numbers = true, value_parser = decibels)]
    twist: f64,

    /// How long each key is held
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time)]
    on: Duration,

    /// How long the pause after each key is
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time)]
    off: Duration,
}

#[derive(Debug, clap::Args)]
struct Decode {
    /// A WAV file of any common kind; `-` reads raw samples from standard input: 16 bits, little-endian, 8,000 a second
    file: PathBuf,
}

fn decibels(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| (-100.0..=100.0).contains(number));
    number.ok_or_else(|| "a number of decibels from -100 to 100, such as -7.5".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

impl Dtmf {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        match &self.what {
            What::Encode(encode) => encode.run(screen),
            What::Decode(decode) => decode.run(screen),
        }
    }
}

impl Encode {
    fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let keys = keys(&self.keys).map_err(|error| Trouble::bad(format!("error: {error}")))?;
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
            return Err(Trouble::bad(format!("error: these keys last longer than {minutes} minutes")));
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
                Trouble::bad(format!("error: {} cannot be written: {error}", self.out.display()))
            })?;
        }
        Ok(Exit::Well)
    }
}

impl Decode {
    fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let mut out = screen.out();
        if self.file.as_os_str() == "-" {
            return stream(&mut io::stdin().lock(), &mut out);
        }
        let failed = |error: &dyn std::fmt::Display| {
            Trouble::bad(format!("error: {} cannot be decoded: {error}", self.file.display()))
        };
        let mut bytes = Vec::new();
        let file = fs::File::open(&self.file).map_err(|error| failed(&error))?;
        file.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        if bytes.len() as u64 > FILE_MAX {
            return Err(failed(&format!("it is larger than {} MB; pipe it in raw", FILE_MAX >> 20)));
        }
        let samples = wav::read(&bytes).map_err(|error| failed(&error))?;
        let mut printer = Printer::default();
        let mut detector = Detector::new();
        detector.feed(&samples, |heard| printer.take(heard));
        detector.finish(|heard| printer.take(heard));
        printer.print(&mut out)?;
        out.flush()?;
        Ok(Exit::Well)
    }
}

/// Decodes raw samples as they come; each key is printed once it is released.
fn stream(input: &mut impl io::Read, out: &mut impl Write) -> Result<Exit, Trouble> {
    let (mut buffer, mut kept) = ([0; 3_200], 0);
    let (mut detector, mut printer) = (Detector::new(), Printer::default());
    loop {
        let read = match input.read(&mut buffer[kept..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Trouble::bad(format!("error: standard input cannot be read: {error}"))),
        };
        let whole = kept + read;
        let (pairs, rest) = buffer[..whole].as_chunks::<2>();
        for pair in pairs {
            detector.feed(&[i16::from_le_bytes(*pair)], |heard| printer.take(heard));
        }
        let odd = rest.first().copied();
        kept = rest.len();
        if let Some(odd) = odd {
            buffer[0] = odd;
        }
        printer.print(out)?;
        out.flush()?;
        if read == 0 {
            break;
        }
    }
    detector.finish(|heard| printer.take(heard));
    printer.print(out)?;
    out.flush()?;
    if kept > 0 {
        return Err(Trouble::bad("error: standard input ends within a sample of 16 bits"));
    }
    Ok(Exit::Well)
}

/// Keys that were released and are not printed yet.
#[derive(Default)]
struct Printer {
    presses: Vec<Press>,
}

/// A key as it is printed.
#[derive(Serialize)]
struct Line {
    digit: char,
    start_ms: f64,
    end_ms: f64,
    level_dbm0: f64,
    twist_db: f64,
    detected_ms: f64,
}

impl Printer {
    fn take(&mut self, heard: Heard) {
        match heard {
            Heard::Released(press) => self.presses.push(press),
            Heard::ToneBegan | Heard::ToneEnded | Heard::Pressed { .. } => {}
        }
    }

    fn print(&mut self, out: &mut impl Write) -> Result<(), Trouble> {
        let milliseconds = |samples: u64| samples as f64 * 1_000.0 / f64::from(SAMPLES_PER_SECOND);
        let tenths = |number: f32| (f64::from(number) * 10.0).round() / 10.0;
        for press in self.presses.drain(..) {
            let line = Line {
                digit: press.digit.symbol(),
                start_ms: milliseconds(press.start),
                end_ms: milliseconds(press.end),
                level_dbm0: tenths(press.level_dbm0),
                twist_db: tenths(press.twist_db),
                detected_ms: milliseconds(press.detected),
            };
            serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Ok(())
    }
}
