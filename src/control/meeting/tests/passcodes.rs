//! Who has to give the meeting's passcode, and what nobody gets without it.

use super::*;

fn with_passcode(settings: &[(&str, &str)]) -> Bench {
    let mut bench = Bench::with(settings);
    bench.terms.passcode = true;
    bench
}

impl Bench {
    fn keys_passcode(&mut self, leg: u32, tries_left: u8) {
        let entry = PinEntry::new(Digits::from_symbols("4444").unwrap());
        self.input(Input::PasscodeEntered { leg: LegId::new(leg.into()), entry, tries_left });
    }
}

#[test]
fn the_passcode_is_asked_for_before_the_organizer() {
    let mut bench = with_passcode(&[]);
    bench.arrives(1);
    bench.keys_passcode(1, 2);
    bench.checked(PinVerdict::Passcode);
    bench.enters(1);
    bench.puts_out(&[
        "1: passcode, then ask",
        "check passcode",
        "1: passcode right, ask",
        "1: wait for organizer",
    ]);
}

#[test]
fn a_wrong_passcode_counts_down_as_the_attendant_says() {
    let mut bench = with_passcode(&[]);
    bench.arrives(1);
    for left in [1, 0] {
        bench.keys_passcode(1, left);
        bench.checked(PinVerdict::Wrong);
    }
    bench.puts_out(&[
        "1: passcode, then ask",
        "check passcode",
        "1: wrong passcode, 1 left",
        "check passcode",
        "1: wrong passcode, 0 left",
    ]);
}

#[test]
fn the_start_leaves_those_behind_who_still_owe_the_passcode() {
    let mut bench = with_passcode(&[]);
    bench.arrives(1);
    bench.arrives(2);
    bench.keys_passcode(2, 2);
    bench.checked(PinVerdict::Passcode);
    bench.signs_in(KIM, true);
    bench.out.clear();
    bench.keys_passcode(1, 2);
    bench.checked(PinVerdict::Passcode);
    assert_eq!(bench.meeting.place(LegId::new(2)), Some(Place::Joined));
    assert_eq!(bench.meeting.place(LegId::new(1)), Some(Place::Screening));
    bench.enters(1);
    bench.puts_out(&["check passcode", "1: passcode right", "all: someone-joined", "1: in by direct"]);
}

#[test]
fn nobody_enters_who_owes_the_passcode() {
    let mut bench = Bench::with(&[]);
    bench.arrives(1);
    let terms = Terms { passcode: true, version: 1, ..bench.terms.clone() };
    bench.input(Input::NewTerms { terms });
    bench.enters(1);
    bench.puts_out(&["1: ask", "1: passcode, then ask"]);
    assert_eq!(bench.meeting.place(LegId::new(1)), Some(Place::Screening));
}

#[test]
fn nobody_starts_it_without_a_pin_who_owes_the_passcode() {
    let mut bench = Bench::anonymous();
    bench.holds_terms = true;
    bench.arrives(1);
    bench.enters(1);
    bench.terms = Terms { passcode: true, version: 1, ..bench.terms.clone() };
    bench.terms_are(Ok(bench.terms.clone()));
    assert!(!bench.meeting.is_running());
    bench.puts_out(&["1: go in", "1: passcode"]);
}

#[test]
fn one_prompt_takes_the_pin_for_both() {
    let mut bench = with_passcode(&[("one_prompt", "true")]);
    bench.arrives(1);
    bench.keys_passcode(1, 2);
    bench.checked(PinVerdict::Right);
    bench.puts_out(&["1: passcode", "check passcode or PIN", "1: in by pin"]);
}

#[test]
fn one_prompt_may_take_the_passcode_alone() {
    let mut bench = with_passcode(&[("one_prompt", "true"), ("passcode_skipped_by_pin", "false")]);
    bench.arrives(1);
    bench.keys_passcode(1, 2);
    // No directory says so; it would make an organizer of whoever knows the passcode.
    bench.checked(PinVerdict::Right);
    bench.puts_out(&["1: passcode", "check passcode", "1: wrong passcode, 2 left"]);
}

#[test]
fn a_pin_is_no_passcode_and_a_passcode_is_no_pin() {
    let mut bench = with_passcode(&[]);
    bench.arrives(1);
    bench.keys_passcode(1, 2);
    bench.checked(PinVerdict::Passcode);
    bench.keys_pin(1);
    bench.checked(PinVerdict::Passcode);
    bench.puts_out(&[
        "1: passcode, then ask",
        "check passcode",
        "1: passcode right, ask",
        "check PIN",
        "1: wrong PIN, 2 left",
    ]);
}

#[test]
fn a_dialog_without_the_field_asks_for_no_passcode() {
    let mut bench = with_passcode(&[("fields", "conference_id, organizer")]);
    bench.parks(1);
    bench.puts_out(&["1: ask", "1: wait for organizer"]);
}

#[test]
fn a_dialog_without_an_organizer_asks_for_none() {
    let mut bench = Bench::with(&[("fields", "conference_id"), ("asks_for_organizer", "always")]);
    bench.arrives(1);
    bench.puts_out(&["1: go in"]);
}

#[test]
fn a_full_meeting_takes_an_organizer_at_the_one_prompt() {
    let settings = [("one_prompt", "true"), ("capacity", "1")];
    let mut bench = with_passcode(&settings);
    bench.terms.anonymous_start = true;
    bench.arrives(1);
    bench.keys_passcode(1, 2);
    bench.checked(PinVerdict::Right);
    bench.puts_out(&["1: passcode", "check passcode or PIN", "1: in by pin"]);
}
