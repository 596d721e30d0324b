//! `attendant dtmf decode`: the keys of a recording as they are found, however long it is.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::Serialize;

use crate::cli::exit::{CliError, Exit};
use crate::cli::screen::Screen;
use crate::files::{self, FileError};
use crate::media::dtmf::recording::{ChannelPress, Recording};
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::wav::CHANNELS_MAX;

/// How many bytes are read at a time.
const PIECE: usize = 1 << 16;

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Decode {
    /// A WAV file: PCM, floating-point numbers, µ-law or A-law; `-` reads one from standard input, or raw samples: 16
    /// bits, little-endian, 8,000 a second
    file: PathBuf,

    /// Decode only this channel, from 1; if not given, all channels are decoded separately
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(CHANNELS_MAX)))]
    channel: Option<u16>,
}

impl Decode {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        if self.file.as_os_str() == "-" {
            let recording = Recording::of_stream(self.channel);
            return self.decode(&mut io::stdin().lock(), recording, "standard input", screen);
        }
        let name = self.file.display().to_string();
        let failed = |error: &dyn Display| CliError::bad(format!("error: {name} cannot be decoded: {error}"));
        let mut file = files::open(&self.file).map_err(|error| match error {
            FileError::Io(error) => failed(&error),
            FileError::Kind(_) | FileError::TooLarge(_) | FileError::NotUtf8(_) => {
                failed(&format!("it {error}"))
            }
        })?;
        let open_ended = self.decode(&mut file, Recording::of_file(self.channel), &name, screen)?;
        Ok(open_ended)
    }

    /// Prints each key once it is released. Keys before an error are printed before the error.
    fn decode(
        &self,
        input: &mut impl Read,
        mut recording: Recording,
        name: &str,
        screen: &Screen,
    ) -> Result<Exit, CliError> {
        let mut out = screen.out();
        let mut buffer = vec![0; PIECE];
        let mut channels_told = self.channel.is_some();
        let ended = loop {
            let read = match input.read(&mut buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => break Err(error.to_string()),
            };
            let is_over = read == 0;
            let open_ended = recording.is_open_ended();
            let taken = if is_over { recording.finish() } else { recording.feed(&buffer[..read]) };
            if !channels_told && recording.channels() > 1 {
                channels_told = true;
                let channels = recording.channels();
                screen.say(&format!(
                    "note: {name} has {channels} channels, each decoded separately; --channel 1 decodes \
                     only the first"
                ));
            }
            print(&mut recording, &mut out)?;
            match taken {
                Err(error) => break Err(error.to_string()),
                Ok(()) if is_over => break Ok(open_ended),
                Ok(()) => {}
            }
        };
        match ended {
            Ok(open_ended) => {
                if open_ended && self.file.as_os_str() != "-" {
                    screen.say(&format!(
                        "note: the header of {name} has no length; the file was decoded to its end"
                    ));
                }
                Ok(Exit::Success)
            }
            Err(why) => Err(CliError::bad(match recording.milliseconds() {
                0 => format!("error: {name} cannot be decoded: {why}"),
                heard => {
                    let seconds = heard as f64 / 1_000.0;
                    format!("error: {name} cannot be decoded beyond {seconds:.3} s: {why}")
                }
            })),
        }
    }
}

/// A key as it is printed.
#[derive(Serialize)]
struct Line {
    digit: char,
    channel: u16,
    start_ms: f64,
    end_ms: f64,
    level_dbm0: f64,
    twist_db: f64,
    detected_ms: f64,
}

fn print(recording: &mut Recording, out: &mut impl Write) -> Result<(), CliError> {
    let milliseconds = |samples: u64| samples as f64 * 1_000.0 / f64::from(SAMPLES_PER_SECOND);
    let tenths = |number: f32| (f64::from(number) * 10.0).round() / 10.0;
    while let Some(ChannelPress { channel, press }) = recording.poll() {
        let line = Line {
            digit: press.digit.symbol(),
            channel,
            start_ms: milliseconds(press.start),
            end_ms: milliseconds(press.end),
            level_dbm0: tenths(press.level_dbm0),
            twist_db: tenths(press.twist_db),
            detected_ms: milliseconds(press.detected),
        };
        serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}
