//! Digits that a script keys by themselves, by name: at another bridge organizers have other conference IDs and PINs.

use std::sync::Arc;

use crate::control::call::{Digit, Digits};
use crate::control::caller::{KeyPart, Named, Op, OrganizerRef};
use crate::scenario::story::{Organizer, Story};

/// Replaces every conference ID and PIN of the story that its callers key by its name.
///
/// # Errors
/// One is keyed in pieces: at a bridge where it is another number, nobody can tell which piece is to be what.
pub(super) fn by_name(story: &mut Story) -> Result<(), String> {
    let known = known(&story.given.organizers);
    for role in &mut Arc::make_mut(&mut story.cast).roles {
        let mut entry = Entry::default();
        for (_, op) in &mut Arc::make_mut(&mut role.program).ops {
            match op {
                Op::Press { keys, .. } => {
                    let mut written = Vec::new();
                    keys.iter().try_for_each(|key| entry.take(*key, &known, &mut written))?;
                    entry.end_run(&known, &mut written)?;
                    *keys = written.into();
                }
                Op::Dial(_) | Op::HangUp | Op::Drop => entry = Entry::default(),
                Op::Expect(..) | Op::Still(..) | Op::Never(..) | Op::When(_) | Op::Wait(_) => {}
                Op::Say(..) | Op::Mark(_) | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => {}
            }
        }
    }
    Ok(())
}

/// The numbers that have a name.
fn known(organizers: &[Organizer]) -> Vec<(Digits, Named)> {
    let named = |(number, organizer): (u16, &Organizer)| {
        let of = OrganizerRef(number);
        let id = organizer.conference_id.as_deref().and_then(Digits::from_symbols);
        let id = id.map(|id| (id, Named::ConferenceId(of)));
        let passcode = organizer.passcode.map(|passcode| (passcode.reveal(), Named::Passcode(of)));
        [id, organizer.pin.map(|pin| (pin.reveal(), Named::Pin(of))), passcode]
    };
    (0..).zip(organizers).flat_map(named).flatten().collect()
}

/// What a caller keys up to `#`, `*` or the end of the call.
#[derive(Default)]
struct Entry {
    /// All digits so far.
    digits: Digits,
    /// Those keyed in a row, which are not written yet.
    run: Vec<Digit>,
    /// Whether digits came in more than one row.
    is_in_pieces: bool,
}

impl Entry {
    fn take(
        &mut self,
        key: KeyPart,
        known: &[(Digits, Named)],
        written: &mut Vec<KeyPart>,
    ) -> Result<(), String> {
        match key {
            KeyPart::Key(digit) if digit.number().is_some() => {
                self.run.push(digit);
                return Ok(());
            }
            KeyPart::Pause(_) => self.end_run(known, written)?,
            KeyPart::Key(_) | KeyPart::Named(_) => {
                self.end_run(known, written)?;
                *self = Self::default();
            }
        }
        written.push(key);
        Ok(())
    }

    /// No digit follows at once: what was keyed in a row is written, by its name if it has one.
    fn end_run(&mut self, known: &[(Digits, Named)], written: &mut Vec<KeyPart>) -> Result<(), String> {
        let run = std::mem::take(&mut self.run);
        if run.is_empty() {
            return Ok(());
        }
        self.is_in_pieces = !self.digits.is_empty();
        // More keys than any number has are none.
        let _room = run.iter().all(|digit| self.digits.push(*digit));
        let name_of =
            |digits: &Digits| known.iter().find(|(known, _)| known == digits).map(|(_, name)| *name);
        match (name_of(&self.digits), self.is_in_pieces) {
            (Some(_), true) => {
                return Err(
                    "it keys a conference ID or PIN in pieces, and there it is another number".to_owned()
                );
            }
            (Some(name), false) => written.push(KeyPart::Named(name)),
            (None, _) => written.extend(run.into_iter().map(KeyPart::Key)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::tests::story;

    fn keyed(press: &str) -> Result<Vec<String>, String> {
        let text = format!(
            "scenario: x\ngiven: {{ organizers: {{ amos: {{ conference_id: '3141592', pin: '27182' }} }} }}\n\
             callers: {{ pat: {{ script: [dial: bridge, {press}] }} }}\n"
        );
        let mut story = story(&text);
        by_name(&mut story)?;
        let ops = story.cast.roles[0].program.ops.iter();
        let keys = ops.filter_map(|(_, op)| if let Op::Press { keys, .. } = op { Some(keys) } else { None });
        let shown = |key: &KeyPart| match key {
            KeyPart::Key(digit) => digit.symbol().to_string(),
            KeyPart::Pause(_) => "w".to_owned(),
            KeyPart::Named(Named::ConferenceId(_)) => "id".to_owned(),
            KeyPart::Named(_) => "pin".to_owned(),
        };
        Ok(keys.map(|keys| keys.iter().map(shown).collect()).collect())
    }

    #[test]
    fn numbers_of_organizers_are_keyed_by_name_and_others_as_they_are() {
        let (id, pin) = ("press: '3141592#'", "press: '*27182#'");
        assert_eq!(keyed(&format!("{id}, {pin}")).unwrap(), ["id#", "*pin#"]);
        assert_eq!(keyed("press: '31415921#'").unwrap(), ["31415921#"]);
        assert_eq!(keyed("press: '99#w3141592', press: '#'").unwrap(), ["99#wid", "#"]);
        assert_eq!(keyed("press: '${amos.pin}#'").unwrap(), ["pin#"]);
    }

    #[test]
    fn a_number_in_pieces_is_refused() {
        for press in ["press: '314w1592#'", "press: '314', wait: 1s, press: '1592#'"] {
            assert!(keyed(press).unwrap_err().contains("in pieces"), "{press}");
        }
    }
}
