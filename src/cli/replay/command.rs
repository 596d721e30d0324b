//! The command line of a run, for reports that are read elsewhere.

use crate::report::quoted;
use crate::scenario::source::Sources;

/// Options whose values may name a PIN.
const MAY_BE_SECRET: [&str; 3] = ["--set", "--filter", "-f"];

/// Returns the command as a shell takes it, with all masked that may be a PIN.
pub(in crate::cli) fn shown(arguments: impl Iterator<Item = String>) -> String {
    let sources = Sources::from_files();
    let mut words = vec!["attendant".to_owned()];
    let mut before = String::new();
    for argument in arguments {
        let names = |option: &str| argument.starts_with(&format!("{option}="));
        let is_secret = MAY_BE_SECRET.contains(&before.as_str()) || MAY_BE_SECRET.into_iter().any(names);
        words.push(quoted(&if is_secret { sources.masked(&argument) } else { argument.clone() }));
        before = argument;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_command_shows_no_pin() {
        let shown = |line: &str| shown(line.split(' ').map(str::to_owned));
        assert_eq!(
            shown("replay s --set pin=918273 --set=wrong=564738 -f [pin=918273] --seed 123456"),
            "attendant replay s --set 'pin=*******' '--set=wrong=*******' -f '[pin=*******]' --seed 123456"
        );
    }
}
