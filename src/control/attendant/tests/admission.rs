//! The organizer is told who waits, and is asked whether to admit.

use super::*;

fn organizer() -> Call {
    Call::joined()
}

fn asked(name_millis: u16) -> Call {
    let mut call = organizer();
    call.notice(Notice::AdmitOrDeny { leg: LegId::new(1), name_millis });
    call
}

#[test]
fn who_waits_is_told_in_private() {
    for (notice, said) in [
        (Notice::SomebodyWaits { words: false, name: None }, vec!["high-tone"]),
        (Notice::SomebodyWaits { words: true, name: None }, vec!["someone-is-waiting"]),
        (
            Notice::SomebodyWaits { words: true, name: Some((LegId::new(1), 900)) },
            vec!["recorded-name", "is-waiting"],
        ),
        (Notice::Recording { on: true }, vec!["recording-started"]),
        (Notice::Recording { on: false }, vec!["recording-stopped"]),
        (Notice::OwnTone, vec!["high-tone"]),
        (
            Notice::Announced { prompts: [Prompt::Number(7), Prompt::HasLeft].into() },
            vec!["digits/7", "has-left"],
        ),
        (Notice::MeetingCount { joined: 1 }, vec!["only-participant"]),
        (Notice::MeetingCount { joined: 2 }, vec!["there-are", "digits/2", "participants-in-meeting"]),
        (Notice::LobbyCount { waiting: 0 }, vec!["nobody-waiting"]),
        (Notice::LobbyCount { waiting: 1 }, vec!["one-waiting"]),
        (Notice::LobbyCount { waiting: 20 }, vec!["there-are", "digits/20", "waiting-in-lobby"]),
        (
            Notice::LobbyCount { waiting: 137 },
            vec!["there-are", "digits/1", "digits/3", "digits/7", "waiting-in-lobby"],
        ),
    ] {
        let mut call = organizer();
        call.notice(notice);
        call.listen();
        call.puts_out(&[said, vec!["conference"]].concat());
    }
}

#[test]
fn one_admits_and_two_denies_and_a_star_lets_wait() {
    for (key, told) in [("1", Some("tell: admits 1")), ("2", Some("tell: denies 1")), ("*", None)] {
        let mut call = asked(900);
        call.listen();
        call.keys(key);
        let asks = ["recorded-name", "admit-or-deny", "conference"];
        call.puts_out(&asks.into_iter().chain(told).collect::<Vec<_>>());
        call.keys("*6");
        call.after(200);
        call.puts_out(&["tell: Mute"]);
    }
}

#[test]
fn an_answer_stops_the_question_and_other_keys_are_none() {
    let mut call = asked(0);
    call.keys("7#1");
    call.puts_out(&["admit-or-deny", "1 ignored", "1 ignored", "conference", "tell: admits 1"]);
}

#[test]
fn an_unanswered_question_is_put_once_more() {
    let mut call = asked(900);
    call.listen();
    call.after(60);
    call.listen();
    call.puts_out(&[
        "recorded-name",
        "admit-or-deny",
        "conference",
        "recorded-name",
        "admit-or-deny",
        "conference",
    ]);
    call.after(60);
    call.keys("1*6");
    call.puts_out(&["1 ignored", "tell: Mute"]);
}

#[test]
fn what_is_told_meanwhile_leaves_the_question_open() {
    let mut call = asked(0);
    call.listen();
    call.notice(Notice::Muted { muted: true, by_organizer: true });
    call.listen();
    call.keys("1");
    call.puts_out(&["admit-or-deny", "conference", "muted-by-organizer", "conference", "tell: admits 1"]);
}

#[test]
fn no_more_is_told_in_private_of_others_than_can_be_listened_to() {
    let mut call = organizer();
    for _ in 0..100 {
        call.notice(Notice::Announced { prompts: [Prompt::SomeoneJoined].into() });
    }
    call.listen();
    assert_eq!(call.out.iter().filter(|line| *line == "someone-joined").count(), 33);
}

#[test]
fn japanese_counts_without_there_are() {
    let number = ServiceNumber { primary: Language::JaJp, ..ServiceNumber::default() };
    let mut call = Call::with(&[("name_recording", "false")]);
    call.input(Input::Arrived(Dialled::Number(Arc::new(number))));
    call.listen();
    call.keys("3141592#");
    call.found(true);
    call.notice(Notice::Admitted(Admission::Released));
    call.listen();
    call.out.clear();
    call.notice(Notice::LobbyCount { waiting: 3 });
    call.listen();
    call.puts_out(&["digits/3 (ja-JP)", "waiting-in-lobby (ja-JP)", "conference"]);
}

#[test]
fn that_the_meeting_is_recorded_comes_before_joining() {
    let mut call = Call::in_lobby();
    call.notice(Notice::IsRecorded);
    call.notice(Notice::Admitted(Admission::Admitted));
    call.listen();
    call.puts_out(&["recording-started", "joining", "conference"]);
}
