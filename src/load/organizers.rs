//! Organizers of another bridge: conference IDs and PINs, of which each story that is played has its own.

use crate::control::call::Digits;
use crate::control::directory::Coordinates;
use crate::control::pin::Pin;
use crate::control::policy::OrganizerId;

/// The most organizers that a file may have.
const ORGANIZERS_MAX: usize = 100_000;

/// Reads organizers: a line each, conference ID and PIN with a comma between them. A first line with other words, and lines that
/// begin with `#`, are passed over. What is told of errors has no digits, of which any may be a PIN's.
///
/// # Errors
/// A line is not an organizer, or there is none.
pub fn read(text: &str) -> Result<Vec<Coordinates>, String> {
    let mut organizers = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        let is_heading = number == 1 && line.starts_with(|first: char| first.is_ascii_alphabetic());
        if line.is_empty() || line.starts_with('#') || is_heading {
            continue;
        }
        if organizers.len() == ORGANIZERS_MAX {
            return Err(format!("line {number}: more than {ORGANIZERS_MAX} organizers"));
        }
        let (id, pin) = line.split_once(',').unwrap_or((line, ""));
        let id = Digits::from_symbols(id.trim()).filter(|id| !id.is_empty());
        let coordinates = id.zip(Pin::from_symbols(pin.trim()));
        let (conference_id, pin) = coordinates.ok_or_else(|| {
            format!("line {number}: expected a conference ID and a PIN with a comma between them")
        })?;
        organizers.push(coordinates_of(organizers.len(), conference_id, pin));
    }
    if organizers.is_empty() {
        return Err("there is no organizer".to_owned());
    }
    Ok(organizers)
}

/// The organizer with this number.
#[must_use]
pub fn coordinates_of(number: usize, conference_id: Digits, pin: Pin) -> Coordinates {
    let organizer = OrganizerId(u32::try_from(number).unwrap_or(u32::MAX));
    Coordinates { organizer, conference_id, pin, passcode: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_organizer() {
        let read = read("conference_id,pin\n# Amos\n3141592, 27182\n\n1618033,57721\n").unwrap();
        let ids: Vec<String> = read.iter().map(|organizer| organizer.conference_id.reveal()).collect();
        assert_eq!(ids, ["3141592", "1618033"]);
        assert_eq!(read[1].pin.reveal().reveal(), "57721");
    }

    #[test]
    fn a_line_that_is_none_is_told_without_its_digits() {
        for text in ["3141592\n", "3141592,27\n", "x,27182\n3141592 27182\n"] {
            let why = read(text).unwrap_err();
            assert!(why.contains("expected a conference ID and a PIN") && !why.contains("27"), "{why}");
        }
        assert_eq!(read("conference_id,pin\n").unwrap_err(), "there is no organizer");
    }
}
