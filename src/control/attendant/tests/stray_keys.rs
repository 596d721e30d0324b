//! Keys that bounce, come too early or are meant for nobody.

use super::*;

#[test]
fn keys_during_a_directory_request_are_kept_in_order() {
    let mut call = Call::asked();
    call.keys("3141592#*27182#");
    call.found(true);
    call.puts_out(&["find 3141592", "tell: arrives"]);
    call.notice(Notice::AskOrganizer);
    call.puts_out(&["silence", "silence", "tell: keyed a PIN"]);
}

#[test]
fn keys_beyond_the_32_that_are_kept_are_ignored_and_recorded() {
    let mut call = Call::asked();
    call.keys("3#");
    call.keys(&"1".repeat(34));
    call.puts_out(&["find 3", "1 ignored", "1 ignored"]);
}

#[test]
fn pressing_star_twice_does_no_harm_to_the_pin() {
    let mut call = Call::at_the_door(&[]);
    call.keys("**27182#");
    call.puts_out(&["silence", "enter-pin", "1 ignored", "silence", "tell: keyed a PIN"]);
}

#[test]
fn a_bouncing_pound_key_does_not_interrupt_the_answer() {
    let mut call = Call::at_the_door(&[]);
    call.keys("*99999#");
    call.out.clear();
    call.notice(Notice::PinRejected { tries_left: 2 });
    call.now = call.now + Duration::from_millis(99);
    call.keys("#");
    call.puts_out(&["invalid-pin", "1 ignored"]);
    call.now = call.now + Duration::from_millis(1);
    call.keys("#");
    call.puts_out(&["silence", "no-input"]);
}

#[test]
fn a_buffered_pound_key_after_a_star_is_not_a_bounce() {
    let mut call = Call::asked_with(&[("name_recording", "false")]);
    call.keys("3141592#*99999#*#");
    call.found(true);
    call.notice(Notice::AskOrganizer);
    call.out.clear();
    call.notice(Notice::PinRejected { tries_left: 2 });
    call.puts_out(&["1 ignored", "silence", "no-input"]);
}

#[test]
fn a_buffered_pound_key_does_not_bounce_an_old_one() {
    let mut call = Call::asked_with(&[]);
    call.keys("3141592#");
    call.after(1);
    call.keys("#");
    call.out.clear();
    call.found(false);
    call.puts_out(&["silence", "no-input"]);
}

#[test]
fn keys_but_pound_are_no_end_of_a_name() {
    let mut call = Call::at_the_door(&[]);
    call.listen();
    call.after(5);
    call.listen();
    call.out.clear();
    call.keys("5*");
    call.puts_out(&["1 ignored", "1 ignored"]);
    call.keys("#");
    call.puts_out(&["tell: enters, name 0 ms"]);
}

#[test]
fn a_star_during_a_pin_check_does_not_silence_the_answer() {
    let mut call = Call::at_the_door(&[]);
    call.keys("*99999#*");
    call.out.clear();
    call.notice(Notice::PinRejected { tries_left: 2 });
    call.listen();
    call.puts_out(&["1 ignored", "invalid-pin", "enter-pin", "silence"]);
    assert!(call.attendant.poll_timeout().is_some());
}

#[test]
fn a_key_stops_the_last_word_before_going_in_and_is_kept() {
    let mut call = Call::at_the_door(&[("name_recording", "false"), ("pin_tries", "1")]);
    call.keys("*99999#");
    call.notice(Notice::PinRejected { tries_left: 0 });
    call.out.clear();
    call.keys("*");
    call.notice(Notice::Parked(Parking::ForOrganizer));
    call.listen();
    call.puts_out(&["tell: enters, name 0 ms", "hold-for-organizer", "low-tone", "music"]);
}
