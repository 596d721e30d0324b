//! The options of every command that reads the configuration.

use std::ffi::OsString;
use std::path::PathBuf;

use super::exit::CliError;
use super::parameter;
use super::profile;
use super::screen::Screen;
use crate::config::{CommandLine, Config, ConfigError, Folders};

/// The options for the configuration file and for overriding settings.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Configured {
    /// The configuration file, also set by ATTENDANT_CONFIG; by default attendant.toml in the platform's settings
    /// folder, if it exists
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,

    /// The directory of users, settings and mail: an SQLite file, or a database URL
    #[arg(long, value_name = "PATH|URL", global = true)]
    directory: Option<String>,

    /// Override a setting of the configuration; `attendant config example` lists them
    #[arg(long = "option", short = 'o', value_name = "NAME=VALUE", value_parser = parameter, global = true)]
    options: Vec<(String, String)>,

    /// Settings that options of their own give: the option, the setting, the value.
    #[arg(skip)]
    flags: Vec<(&'static str, &'static str, String)>,
}

impl Configured {
    /// Reads the options from an incomplete command line.
    pub(super) fn of_words(words: &[OsString]) -> Self {
        let value = |option: &str| {
            let given = words.iter().enumerate().find_map(|(at, word)| {
                let rest = word.to_str()?.strip_prefix(option)?;
                if rest.is_empty() { words.get(at + 1)?.to_str() } else { rest.strip_prefix('=') }
            });
            given.map(str::to_owned)
        };
        Self {
            config: value("--config").map(PathBuf::from),
            directory: value("--directory"),
            options: Vec::new(),
            flags: Vec::new(),
        }
    }

    /// The same, with a setting that another option gives.
    pub(super) fn with(mut self, flag: &'static str, setting: &'static str, value: Option<String>) -> Self {
        self.flags.extend(value.map(|value| (flag, setting, value)));
        self
    }

    /// Reads and checks the configuration; problems are the error, warnings are printed.
    pub(super) fn load(&self, screen: &Screen) -> Result<Config, CliError> {
        let config = self.look(screen)?;
        for note in &config.notes {
            screen.say(&format!("note: {note}"));
        }
        Ok(config)
    }

    /// The same, but leaves warnings to the caller.
    pub(super) fn look(&self, screen: &Screen) -> Result<Config, CliError> {
        let asked = CommandLine {
            file: self.config.clone(),
            directory: self.directory.clone(),
            options: self.options.clone(),
            flags: self.flags.clone(),
        };
        // A variable that is not UTF-8 is not one of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let refused =
            |unusable: Box<ConfigError>| CliError::bad(unusable.render(screen.paint_messages().coloured));
        let mut config = Config::load(&asked, environment, &Folders::of_this_user()).map_err(refused)?;
        let profile = profile::find(&config.profile, screen)?;
        config.follow(&profile).map_err(refused)?;
        Ok(config)
    }
}
