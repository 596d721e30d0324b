//! The fields of the dialog: their order, their ends, and the passcode.

use super::*;

impl Call {
    /// Has named a meeting that has a passcode.
    fn asked_for_passcode(settings: &[(&str, &str)], asks_organizer: bool) -> Self {
        let mut call = Self::asked_with(settings);
        call.keys("3141592#");
        call.found(true);
        call.notice(Notice::AskPasscode { asks_organizer });
        call.out.clear();
        call
    }
}

#[test]
fn fields_are_asked_for_in_the_order_of_the_list() {
    let mut call = Call::asked_with(&[("fields", "conference_id, name, organizer")]);
    call.keys("3141592#");
    call.found(true);
    call.out.clear();
    call.notice(Notice::AskOrganizer);
    call.listen();
    call.after(2);
    call.keys("#");
    call.listen();
    call.after(5);
    call.puts_out(&[
        "say-your-name",
        "high-tone",
        "silence",
        "press-star-if-organizer",
        "silence",
        "tell: enters, name 2000 ms",
    ]);
}

#[test]
fn a_field_that_is_not_listed_is_not_asked_for() {
    let mut call = Call::asked_with(&[("fields", "conference_id")]);
    call.keys("3141592#");
    call.found(true);
    call.out.clear();
    call.notice(Notice::Proceed);
    call.notice(Notice::Parked(Parking::ForOrganizer));
    call.listen();
    call.keys("*");
    call.listen();
    call.puts_out(&["tell: enters, name 0 ms", "hold-for-organizer", "music", "low-tone", "music"]);
}

#[test]
fn a_conference_id_ends_with_its_terminator() {
    for (terminator, keys) in [("pound", "3141592#"), ("star", "3141592*")] {
        let mut call = Call::asked_with(&[("conference_id_terminator", terminator)]);
        call.keys(keys);
        call.puts_out(&["find 3141592"]);
    }
    let mut call = Call::asked_with(&[("conference_id_terminator", "none")]);
    call.keys("3141592");
    call.puts_out(&[]);
    call.after(5);
    call.puts_out(&["find 3141592"]);
}

#[test]
fn a_pin_ends_with_its_terminator() {
    let mut call = Call::at_the_door(&[("pin_terminator", "star")]);
    call.keys("*27182*");
    call.puts_out(&["silence", "enter-pin", "silence", "tell: keyed a PIN"]);
}

#[test]
fn a_conference_id_of_too_few_or_too_many_digits_is_unknown() {
    let settings = [("conference_id_min_digits", "4"), ("conference_id_max_digits", "6")];
    for keys in ["314#", "3141592#"] {
        let mut call = Call::asked_with(&settings);
        call.keys(keys);
        call.puts_out(&["invalid-conference-id"]);
    }
    let mut call = Call::asked_with(&settings);
    call.keys("3141#");
    call.puts_out(&["find 3141"]);
}

#[test]
fn a_field_may_wait_longer_for_its_first_key() {
    let mut call = Call::asked_with(&[("conference_id_timeout", "20s")]);
    call.after(19);
    call.puts_out(&[]);
    call.after(1);
    call.puts_out(&["no-input"]);
}

#[test]
fn the_passcode_comes_before_the_organizer_question() {
    let mut call = Call::asked_for_passcode(&[("name_recording", "false")], true);
    call.keys("4444#");
    call.notice(Notice::PasscodeAccepted { asks_organizer: true });
    call.listen();
    call.after(5);
    call.puts_out(&[
        "silence",
        "tell: keyed a passcode, 2 left",
        "press-star-if-organizer",
        "silence",
        "tell: enters, name 0 ms",
    ]);
}

#[test]
fn after_the_last_passcode_the_call_ends() {
    let mut call = Call::asked_for_passcode(&[("passcode_tries", "2")], true);
    call.keys("4444#");
    call.notice(Notice::PasscodeRejected { tries_left: 1 });
    call.listen();
    call.after(10);
    call.listen();
    call.puts_out(&[
        "silence",
        "tell: keyed a passcode, 1 left",
        "invalid-passcode",
        "enter-passcode",
        "silence",
        "tell: leaves",
        "no-input",
        "too-many-attempts",
        "goodbye",
        "hang up",
        "over: refused(passcode)",
    ]);
}

#[test]
fn a_passcode_that_cannot_be_checked_is_no_try() {
    let mut call = Call::asked_for_passcode(&[("passcode_tries", "1")], true);
    call.keys("4444#");
    call.notice(Notice::TryLater);
    call.listen();
    call.keys("4444#");
    call.puts_out(&[
        "silence",
        "tell: keyed a passcode, 0 left",
        "technical-error",
        "enter-passcode",
        "silence",
        "tell: keyed a passcode, 0 left",
    ]);
}

#[test]
fn a_star_begins_a_passcode_again_and_keys_ahead_answer_it() {
    let mut call = Call::asked_with(&[]);
    call.keys("3141592#");
    call.keys("55*4444#");
    call.found(true);
    call.out.clear();
    call.notice(Notice::AskPasscode { asks_organizer: true });
    call.puts_out(&["silence", "tell: keyed a passcode, 2 left"]);
    call.keys("*");
    call.notice(Notice::PasscodeAccepted { asks_organizer: true });
    call.puts_out(&["silence", "enter-pin"]);
}

#[test]
fn who_is_let_in_at_the_passcode_prompt_has_given_the_pin() {
    let mut call = Call::asked_for_passcode(&[("one_prompt", "true")], false);
    call.keys("27182#");
    call.notice(Notice::Admitted(Admission::Pin));
    call.puts_out(&["silence", "tell: keyed a passcode, 2 left", "pin-accepted"]);
}

#[test]
fn one_who_was_about_to_enter_is_asked_for_a_new_passcode() {
    let mut call = Call::asked_with(&[("name_recording", "false")]);
    call.keys("3141592#");
    call.found(true);
    call.notice(Notice::Proceed);
    call.out.clear();
    call.notice(Notice::AskPasscode { asks_organizer: true });
    call.keys("4444#");
    call.notice(Notice::PasscodeAccepted { asks_organizer: true });
    call.puts_out(&[
        "enter-passcode",
        "silence",
        "tell: keyed a passcode, 2 left",
        "tell: enters, name 0 ms",
    ]);
}

#[test]
fn the_end_of_what_has_ended_by_its_length_is_dropped() {
    let mut call = Call::asked_with(&[("conference_id_exact_digits", "7")]);
    call.keys("3141592");
    call.found(true);
    call.notice(Notice::AskOrganizer);
    call.keys("#");
    call.puts_out(&["find 3141592", "tell: arrives", "press-star-if-organizer", "1 ignored"]);
    call.after(1);
    call.keys("#");
    call.listen();
    call.puts_out(&["silence", "say-your-name", "high-tone", "silence"]);
}

#[test]
fn it_counts_again_once_a_prompt_has_been_heard() {
    let mut call = Call::asked_with(&[("conference_id_exact_digits", "7")]);
    call.keys("3141592");
    call.found(true);
    call.notice(Notice::Proceed);
    call.listen();
    call.out.clear();
    call.keys("#");
    call.puts_out(&["tell: enters, name 0 ms"]);
}

#[test]
fn it_is_dropped_from_keys_that_were_keyed_ahead() {
    let mut call = Call::asked_with(&[("passcode_exact_digits", "4")]);
    call.keys("3141592#4444#");
    call.found(true);
    call.out.clear();
    call.notice(Notice::AskPasscode { asks_organizer: true });
    call.notice(Notice::PasscodeAccepted { asks_organizer: true });
    call.puts_out(&["silence", "tell: keyed a passcode, 2 left", "1 ignored", "press-star-if-organizer"]);
}

#[test]
fn a_conference_id_is_read_back_and_confirmed() {
    let mut call = Call::asked_with(&[("confirm_conference_id", "true")]);
    call.keys("31#");
    call.listen();
    call.puts_out(&["you-entered", "digits/3", "digits/1", "confirm-entry", "silence"]);
    call.keys("71");
    call.puts_out(&["1 ignored", "find 31"]);
}

#[test]
fn what_is_not_confirmed_is_asked_for_again_and_is_a_try() {
    let settings = [("confirm_conference_id", "true"), ("conference_id_tries", "3")];
    let mut call = Call::asked_with(&settings);
    call.keys("31#2");
    call.puts_out(&["you-entered", "silence", "enter-conference-id"]);
    call.keys("31#");
    call.listen();
    call.after(10);
    call.listen();
    call.out.clear();
    call.keys("31#2");
    call.listen();
    call.puts_out(&[
        "you-entered",
        "silence",
        "too-many-attempts",
        "goodbye",
        "hang up",
        "over: refused(too-many-attempts)",
    ]);
}

#[test]
fn keys_ahead_of_a_confirmation_leave_it_playing() {
    let mut call = Call::asked_with(&[("confirm_conference_id", "true")]);
    call.keys("31#7");
    call.puts_out(&["you-entered", "1 ignored"]);
    call.keys("1");
    call.puts_out(&["silence", "find 31"]);
}
