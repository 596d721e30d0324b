//! The options for the program's log.

use clap::{ArgAction, ValueEnum};

use super::exit::CliError;
use super::screen::Screen;
use crate::config::LogConfig;
use crate::telemetry::{self, Flush, LogFormat, LogSettings, Verbosity, directives};

/// How a line of the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

impl From<Format> for LogFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

/// The options for the log.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct LogArgs {
    /// Log to standard error: -v, -vv or -vvv for more; RUST_LOG sets levels in detail
    #[arg(short = 'v', action = ArgAction::Count, global = true)]
    verbosity: u8,

    /// Write the log as text, or as JSON
    #[arg(long, value_name = "FORMAT", global = true)]
    log_format: Option<Format>,
}

impl LogArgs {
    /// Starts the log of a command that reads no settings for it.
    pub(super) fn start(self, screen: &Screen, verbosity: Verbosity) {
        telemetry::start(&LogSettings {
            levels: verbosity.raised(self.verbosity).to_owned(),
            format: self.log_format.map(LogFormat::from).unwrap_or_default(),
            coloured: screen.paint_messages().coloured,
        });
    }

    /// Starts the log of a program that stays; options override the configuration, and `more` adds levels to either. What is
    /// returned writes the last lines when it is dropped.
    pub(super) fn start_service(
        self,
        config: &LogConfig,
        more: Option<&str>,
        screen: &Screen,
    ) -> Result<Flush, CliError> {
        let raised = || Verbosity::Service.raised(self.verbosity).to_owned();
        let levels = if self.verbosity > 0 { raised() } else { directives(&config.levels) };
        let levels: Vec<&str> = std::iter::once(levels.as_str()).chain(more).collect();
        telemetry::start_queued(&LogSettings {
            levels: levels.join(","),
            format: self.log_format.map_or(config.format, LogFormat::from),
            coloured: screen.paint_messages().coloured,
        })
        .map_err(|error| CliError::bad(format!("error: no thread for the log: {error}")))
    }
}
