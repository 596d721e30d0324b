//! Words of ladders: names, durations, times.

use std::time::Duration;

use crate::report::seconds;

/// A name as a heading has it: `Pat` for `pat`.
pub(in crate::report) fn display(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A duration as a person reads it: `0.31 s`, `8.91 s`, `1 min 11 s`, `2 h 5 min`. Two decimals at most, none beyond a
/// minute.
#[must_use]
pub fn lasting(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..60 => {
            let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            let rounded = if millis < 100 { millis } else { (millis + 5) / 10 * 10 };
            seconds(Duration::from_millis(rounded))
        }
        60..3_600 if whole.is_multiple_of(60) => format!("{} min", whole / 60),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        _ if whole % 3_600 < 60 => format!("{} h", whole / 3_600),
        _ => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
    }
}

/// `Pat`, `Pat and Kim`, `Pat, Kim and 3 others`.
pub(super) fn all_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [one, other, third] => format!("{one}, {other} and {third}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} others", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_as_exact_as_people_read_them() {
        for (millis, text) in [
            (0, "0 s"),
            (7, "0.007 s"),
            (310, "0.31 s"),
            (8_911, "8.91 s"),
            (59_996, "60 s"),
            (71_000, "1 min 11 s"),
            (120_400, "2 min"),
            (7_200_000, "2 h"),
            (7_500_000, "2 h 5 min"),
        ] {
            assert_eq!(lasting(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn names_are_listed_up_to_three() {
        let names: Vec<String> = ["Pat", "Kim", "Lee", "Sam"].map(str::to_owned).into();
        let texts = (0..=4).map(|count| all_of(&names[..count]));
        assert!(texts.eq(["", "Pat", "Pat and Kim", "Pat, Kim and Lee", "Pat, Kim and 2 others"]));
        assert_eq!(display("éva.2"), "Éva.2");
    }
}
