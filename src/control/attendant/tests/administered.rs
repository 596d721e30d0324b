//! What administrators and their settings do to a caller: the reminder in the lobby, refusal, removal.

use super::*;

#[test]
fn the_reminder_interrupts_music_only_and_lets_it_go_on() {
    let settings = [("name_recording", "false"), ("still_waiting_every", "30s")];
    let mut call = Call::waiting(&settings);
    let begun = call.music.unwrap();
    call.after(30);
    call.puts_out(&["still-waiting"]);
    let since = call.now;
    call.listen();
    call.puts_out(&["music"]);
    assert_eq!(call.music, Some(begun + call.now.since(since)));
    call.after(29);
    call.keys("*");
    call.listen();
    call.after(9);
    call.puts_out(&["enter-pin", "silence"]);
}

#[test]
fn who_is_removed_or_refused_is_told_and_hung_up() {
    let mut call = Call::in_lobby();
    call.notice(Notice::Refused);
    call.listen();
    call.puts_out(&["tell: leaves", "lobby-denied", "goodbye", "hang up", "over: refused(denied)"]);
    let mut call = Call::in_lobby();
    call.notice(Notice::Admitted(Admission::Admitted));
    call.out.clear();
    call.notice(Notice::Removed);
    call.listen();
    call.puts_out(&["tell: leaves", "removed", "hang up", "over: ended(removed)"]);
}
