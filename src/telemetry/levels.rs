//! What is logged: levels, for everything or by part of the program.

use tracing::level_filters::LevelFilter;

/// The words of levels, from the quietest.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How much a command logs by itself, before anybody asks for more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verbosity {
    /// A command that answers and ends: nothing.
    Quiet,
    /// A program that stays: calls, meetings, acts, mails, troubles.
    Service,
}

impl Verbosity {
    /// Returns the levels with so many more steps, as `-v` asks for them. What libraries tell is for the last step: there is
    /// much of it, and little of it is about calls.
    #[must_use]
    pub fn raised(self, steps: u8) -> &'static str {
        const STEPS: [&str; 5] =
            ["off", "warn,attendant=info", "warn,attendant=debug", "warn,attendant=trace", "trace"];
        let own = match self {
            Self::Quiet => 0,
            Self::Service => 1,
        };
        STEPS[(own + usize::from(steps)).min(STEPS.len() - 1)]
    }
}

/// Returns the levels of a setting as directives: one that is for everything is for this program, whose libraries say
/// only what is wrong. They are let speak by their own names.
#[must_use]
pub fn directives(levels: &str) -> String {
    let parts = levels.split(',').map(str::trim).map(|part| match part {
        "info" | "debug" | "trace" => format!("warn,attendant={part}"),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(",")
}

/// Checks levels as they are written: one for everything, and after commas others by part of the program, as
/// `info,attendant::http=off`.
///
/// # Errors
/// The part that is not understood.
pub fn check_levels(text: &str) -> Result<(), String> {
    text.split(',').map(str::trim).try_for_each(|part| {
        let (target, level) = part.split_once('=').unwrap_or(("all", part));
        let is_path = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
        };
        if LEVELS.contains(&level) && level.parse::<LevelFilter>().is_ok() && is_path(target) {
            Ok(())
        } else {
            Err(part.to_owned())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_v_adds_a_level() {
        let [quiet, service] =
            [Verbosity::Quiet, Verbosity::Service].map(|by_itself| [0, 1, 2, 9].map(|v| by_itself.raised(v)));
        let [info, debug, trace] = ["info", "debug", "trace"].map(|level| format!("warn,attendant={level}"));
        assert_eq!(quiet, ["off", &info, &debug, "trace"]);
        assert_eq!(service, [&info, &debug, &trace, "trace"]);
    }

    #[test]
    fn a_level_for_everything_leaves_libraries_at_their_warnings() {
        for (levels, expected) in [
            ("info", "warn,attendant=info"),
            ("error", "error"),
            ("debug, attendant::http=off,sqlx=info", "warn,attendant=debug,attendant::http=off,sqlx=info"),
        ] {
            assert_eq!(directives(levels), expected);
        }
    }

    #[test]
    fn levels_are_words_by_themselves_or_of_a_part() {
        for right in ["info", "off", "warn,attendant::http=off", "info, attendant::calls=debug"] {
            assert_eq!(check_levels(right), Ok(()), "{right}");
        }
        for (wrong, part) in [
            ("", ""),
            ("inf", "inf"),
            ("info,", ""),
            ("info,attendant::http", "attendant::http"),
            ("info,attendant http=off", "attendant http=off"),
            ("INFO", "INFO"),
        ] {
            assert_eq!(check_levels(wrong), Err(part.to_owned()), "{wrong}");
        }
    }
}
