//! `attendant config`: what is set, where that came from, and what is wrong with it.

use std::io::Write;

use serde::Serialize;

use super::certificates::check_certificates;
use super::configured::Configured;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::config::{self, Config, Origin, Valued};

const EXAMPLES: &str = "\
Examples:
  attendant config example > ~/.config/attendant/attendant.toml
  attendant config check --config attendant.toml
  attendant config show | grep -v default
  ATTENDANT_MAIL_TRANSPORT=smtp attendant config show";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(name = "config", after_help = EXAMPLES)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigCommand {
    /// Check the configuration for errors and warnings
    Check {
        #[command(flatten)]
        configured: Configured,
    },
    /// Print all settings with their values and sources; passwords are masked
    Show {
        #[command(flatten)]
        configured: Configured,

        /// Print JSON lines, one for each setting
        #[arg(long)]
        json: bool,
    },
    /// Print a configuration file to start with: all settings with their meaning and default
    Example,
}

impl ConfigArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let is_read = matches!(self.command, ConfigCommand::Show { json: true, .. } | ConfigCommand::Example);
        let mut out = screen.page_unless(is_read);
        match &self.command {
            ConfigCommand::Check { configured } => {
                let config = configured.look(screen)?;
                let certificates = check_certificates(&config)?;
                check(&config, &certificates, &mut out)?;
            }
            ConfigCommand::Show { configured, json: false } => show(&configured.load(screen)?, &mut out)?,
            ConfigCommand::Show { configured, json: true } => show_json(&configured.load(screen)?, &mut out)?,
            ConfigCommand::Example => write!(out, "{}", config::example())?,
        }
        out.flush()?;
        Ok(Exit::Success)
    }
}

fn check(config: &Config, certificates: &[String], out: &mut impl Write) -> std::io::Result<()> {
    for note in config.notes.iter().chain(certificates) {
        writeln!(out, "note: {note}")?;
    }
    let set = config
        .values
        .iter()
        .filter(|valued| !matches!(valued.origin, Origin::Default | Origin::Profile(_)))
        .count();
    let from =
        config.file.as_ref().map_or_else(|| "no file".to_owned(), |file| file.path.display().to_string());
    writeln!(out, "{from}: no errors; {set} of {} settings are set", config.values.len())
}

fn show(config: &Config, out: &mut impl Write) -> std::io::Result<()> {
    let width = |of: fn(&Valued) -> usize| config.values.iter().map(of).max().unwrap_or_default();
    let names = width(|valued| valued.setting.name.chars().count());
    // A long path does not push all origins off the screen.
    let values = width(|valued| valued.shown.chars().count()).min(40);
    for valued in &config.values {
        let origin = match &valued.origin {
            Origin::File { line, .. } => {
                let path =
                    config.file.as_ref().map(|file| file.path.display().to_string()).unwrap_or_default();
                format!("{path}:{line}")
            }
            Origin::Default | Origin::Profile(_) | Origin::Environment(_) | Origin::Flag(_) => {
                valued.origin.to_string()
            }
        };
        let shown = if valued.shown.is_empty() { "-" } else { &valued.shown };
        writeln!(out, "{:names$}  {shown:values$}  {origin}", valued.setting.name)?;
    }
    Ok(())
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'v> {
    v: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'v str,
    value: &'v str,
    /// `default`, `profile`, `file`, `environment` or `flag`.
    from: &'static str,
    /// The profile, the variable or the option.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'v str>,
    /// The line in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

fn show_json(config: &Config, out: &mut impl Write) -> std::io::Result<()> {
    for valued in &config.values {
        let (from, by, line) = match &valued.origin {
            Origin::Default => ("default", None, None),
            Origin::Profile(name) => ("profile", Some(name.as_str()), None),
            Origin::File { line, .. } => ("file", None, Some(*line)),
            Origin::Environment(name) => ("environment", Some(name.as_str()), None),
            Origin::Flag(name) => ("flag", Some(name.as_str()), None),
        };
        let (name, value) = (valued.setting.name.as_str(), valued.shown.as_str());
        serde_json::to_writer(&mut *out, &Line { v: 1, kind: "setting", name, value, from, by, line })?;
        writeln!(out)?;
    }
    Ok(())
}
