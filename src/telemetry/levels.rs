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
        const STEPS: [&str; 5] = ["off", "info", "info,attendant=debug", "info,attendant=trace", "trace"];
        let own = match self {
            Self::Quiet => 0,
            Self::Service => 1,
        };
        STEPS[(own + usize::from(steps)).min(STEPS.len() - 1)]
    }
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
        assert_eq!(quiet, ["off", "info", "info,attendant=debug", "trace"]);
        assert_eq!(service, ["info", "info,attendant=debug", "info,attendant=trace", "trace"]);
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
