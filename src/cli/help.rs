//! The program's own help: its commands by what they are for.

use std::fmt::Write as _;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::report::wrap::wrapped;

/// The commands, by what they are for.
const GROUPS: &[(&str, &[&str])] = &[
    ("Write scenarios", &["init", "words", "lint", "explain", "ladder", "schema"]),
    (
        "Play scenarios",
        &[
            "replay",
            "target",
            "step",
            "why",
            "scenario",
            "explore",
            "diff",
            "coverage",
            "prove",
            "truth-table",
            "profile",
        ],
    ),
    ("Measure load", &["load", "report", "compare"]),
    ("Dial and listen", &["dial", "prompts", "dtmf"]),
    ("Run a bridge", &["serve", "config", "directory"]),
    (
        "Administer it",
        &["users", "numbers", "tenant", "mail", "cmdlet", "shell", "accounts", "tokens", "audit", "records"],
    ),
    ("Other", &["completions", "manual", "help"]),
];

/// The width of help where there is no terminal, and the most of a terminal's width that it takes, as clap does it.
const WIDTH_MAX: usize = 100;

/// Blanks before a command, and after the longest.
const MARGIN: usize = 2;

/// Shows commands in groups in this command's help, for a terminal of so many columns.
pub(super) fn grouped(mut command: Command, columns: Option<usize>) -> Command {
    // With the command `help`, which is made here.
    command.build();
    let width = columns.unwrap_or(WIDTH_MAX).min(WIDTH_MAX);
    let header = *command.get_styles().get_header();
    let literal = *command.get_styles().get_literal();
    let names = command.get_subcommands().map(|command| command.get_name().len());
    let column = names.max().unwrap_or(0);
    let mut groups = String::new();
    for (group, commands) in GROUPS {
        let _infallible = writeln!(groups, "{header}{group}:{header:#}");
        for name in *commands {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let room = width.saturating_sub(column + 2 * MARGIN);
            let lines = wrapped(&about, room).join(&format!("\n{:1$}", "", column + 2 * MARGIN));
            let _infallible = writeln!(groups, "  {literal}{name:column$}{literal:#}  {lines}");
        }
        groups.push('\n');
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}{header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    command.help_template(template)
}

/// Adds the next step to the error of somebody who guessed a command; a similar one is suggested already.
pub(super) fn with_next_step(mut error: clap::Error) -> clap::Error {
    let guessed = error.kind() == ErrorKind::InvalidSubcommand;
    if guessed && error.get(ContextKind::SuggestedSubcommand).is_none() {
        let step = "`attendant help` lists the commands; `attendant dial` shows what the bridge does";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![step.to_owned().into()]));
    }
    error
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Args;

    #[test]
    fn each_command_is_in_one_group() {
        let mut command = Args::command();
        command.build();
        let mut all: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let mut found: Vec<&str> = GROUPS.iter().flat_map(|(_, commands)| *commands).copied().collect();
        all.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, all);
    }

    #[test]
    fn no_line_of_a_group_is_wider_than_the_terminal() {
        let help = grouped(Args::command(), Some(60)).render_help().to_string();
        let groups = &help[help.find("Write scenarios:").unwrap()..help.find("Options:").unwrap()];
        assert!(groups.lines().all(|line| line.chars().count() <= 60), "{groups}");
        assert!(
            groups
                .contains("\nAdminister it:\n  users        Enable and change users, and reset their PINs\n")
        );
    }
}
