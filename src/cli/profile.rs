//! `attendant profile`: behaviour profiles, built in or from files: which there are, what each sets and why, and how two differ.

mod written;

use std::io::Write as _;
use std::sync::Arc;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::control::policy::{Group, Policy, Profile, SettingInfo};
use crate::scenario::profiles::{self, built_in, named};
use crate::scenario::source::Sources;
use crate::suggest::suggest;

const EXAMPLES: &str = "\
Examples:
  attendant profile list
  attendant profile diff teams-2021 confbridge
  attendant profile diff teams-2021 ./our-bridge.yaml --json
  attendant profile explain confbridge
  attendant profile explain ./our-bridge.yaml capacity

A profile is a built-in one, by its name, or a file, by its path.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProfileArgs {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ProfileCommand {
    /// List the built-in profiles
    List {
        /// Print a JSON object on each line
        #[arg(long)]
        json: bool,
    },
    /// Show the settings in which two profiles differ, each with both values and their sources
    Diff {
        /// A profile
        #[arg(value_name = "PROFILE", value_parser = named_or_path, add = profile_names())]
        one: String,

        /// Another profile
        #[arg(value_name = "PROFILE", value_parser = named_or_path, add = profile_names())]
        other: String,

        /// Print a JSON object on each line
        #[arg(long)]
        json: bool,
    },
    /// Explain a profile: its settings with their sources, quotes, and what is left out
    Explain {
        /// The profile
        #[arg(value_name = "PROFILE", value_parser = named_or_path, add = profile_names())]
        profile: String,

        /// Only this setting
        #[arg(value_name = "SETTING")]
        setting: Option<String>,

        /// Print a JSON object on each line
        #[arg(long)]
        json: bool,
    },
}

impl ProfileArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let json = match &self.command {
            ProfileCommand::List { json } | ProfileCommand::Diff { json, .. } => *json,
            ProfileCommand::Explain { json, .. } => *json,
        };
        let form = (screen.paint(), screen.width());
        let text = match &self.command {
            ProfileCommand::List { json } => written::list(built_in(), *json, form),
            ProfileCommand::Diff { one, other, json } => {
                written::diff([&*find(one, screen)?, &*find(other, screen)?], *json, form)
            }
            ProfileCommand::Explain { profile, setting: None, json } => {
                written::profile(&*find(profile, screen)?, *json, form)
            }
            ProfileCommand::Explain { profile, setting: Some(name), json } => {
                let (profile, setting) = (find(profile, screen)?, setting(name)?);
                written::setting(&profile, setting, *json, form)
            }
        };
        let mut out = screen.page_unless(json);
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(Exit::Success)
    }
}

/// The setting with this name.
fn setting(name: &str) -> Result<&'static SettingInfo, CliError> {
    let is_group = |word: &str| Group::ALL.iter().any(|known| known.name() == word);
    let in_group = name.split_once('.').filter(|(group, _)| is_group(group));
    let short = in_group.map_or(name, |(_, rest)| rest);
    Policy::SETTINGS.iter().find(|setting| setting.name == short).ok_or_else(|| {
        let help = suggest(short, Policy::SETTINGS.iter().map(|setting| setting.name));
        let help = help.unwrap_or_else(|| "`attendant words settings` lists them".to_owned());
        CliError::bad(format!("error: unknown setting `{name}`\n  help: {help}"))
    })
}

/// Finds a profile by its name, or reads it from the file at this path.
pub(super) fn find(text: &str, screen: &Screen) -> Result<Arc<Profile>, CliError> {
    if let Some(profile) = named(text) {
        return Ok(Arc::clone(profile));
    }
    if let Err(why) = named_or_path(text) {
        return Err(CliError::bad(format!("error: unknown profile `{text}`\n  help: {why}")));
    }
    let mut sources = Sources::from_files();
    profiles::read(text, &mut sources).map_err(|problems| {
        let coloured = screen.paint_messages().coloured;
        let told: Vec<String> = problems.iter().map(|problem| problem.render(&sources, coloured)).collect();
        CliError::bad(told.join("\n\n"))
    })
}

/// Takes the name of a built-in profile, or a path; the error says what there is.
pub(super) fn named_or_path(text: &str) -> Result<String, String> {
    if Profile::is_path(text) || profiles::names().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    Err(suggest(text, profiles::names()).unwrap_or_else(|| {
        let known: Vec<&str> = profiles::names().collect();
        format!(
            "the built-in profiles are {}; a file is named by its path, such as ./our-bridge.yaml",
            known.join(", ")
        )
    }))
}

/// Completes an argument with the names of the built-in profiles.
pub(super) fn profile_names() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &std::ffi::OsStr| {
        let begun = begun.to_str().unwrap_or_default().to_owned();
        let known = built_in().iter().filter(|profile| profile.name.starts_with(&begun));
        known
            .map(|profile| {
                CompletionCandidate::new(&profile.name).help(Some(profile.imitates.clone().into()))
            })
            .collect()
    })
}
