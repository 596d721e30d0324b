//! Meetings of telephones on several threads: who hears whom is told by each caller's own tone.

use attendant::control::call::{Language, LegId, Prompt, Source, Tone};
use attendant::control::event::{MeetingEvent, MutedBy};
use attendant::leg::log::{Entry, Sink as _};
use attendant::media::g711::Law;

use super::office::{MEETING, Office, prompt};
use super::phone::{Phone, exchange, voices_in};

/// Packets in which a voice has spoken two syllables and more.
const LISTEN: usize = 50;

/// Packets until all have heard the first of a change: jitter buffers, and two ticks.
const SETTLE: usize = 25;

const VOICES: [u32; 6] = [0, 7, 14, 21, 28, 35];

/// Callers with voices of their own in a meeting, one with the other law.
fn meeting<const CALLERS: usize>(office: &mut Office) -> [Phone; CALLERS] {
    std::array::from_fn(|caller| {
        let law = if caller == 1 { Law::Pcma } else { Law::Pcmu };
        let mut phone = office.call(law);
        phone.speak(VOICES[caller]);
        office.join(&phone);
        phone
    })
}

fn all<const CALLERS: usize>(phones: &mut [Phone; CALLERS], packets: usize) {
    exchange(&mut phones.each_mut(), packets);
}

/// Who hears whom, by their places in [`VOICES`].
fn hears(phones: &[Phone]) -> Vec<Vec<usize>> {
    let place = |voice: &u32| VOICES.iter().position(|known| known == voice).unwrap();
    let heard = |phone: &Phone| voices_in(&phone.heard(LISTEN), &VOICES).iter().map(place).collect();
    phones.iter().map(heard).collect()
}

#[test]
fn each_hears_all_others_and_nobody_themselves() {
    let mut office = Office::open(2);
    let mut phones: [Phone; 3] = meeting(&mut office);
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    phones.iter().for_each(Phone::assert_one_stream);
    assert_eq!((office.figures().frames_lost, office.figures().meetings), (0, 1));
}

#[test]
fn lobby_and_meeting_do_not_hear_each_other() {
    let mut office = Office::open(2);
    let [first, second] = meeting(&mut office);
    let mut lobby = office.call(Law::Pcmu);
    lobby.speak(VOICES[2]);
    office.hear(&lobby, office.clock.now(), Source::Silence);
    let mut phones = [first, second, lobby];
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![1], vec![0], vec![]]);
    // The bridge lets the last one in, and then sends the first back.
    office.join(&phones[2]);
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    office.record(MeetingEvent::Parked { meeting: MEETING, leg: phones[0].leg });
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![], vec![2], vec![1]], "before it is told what to hear instead");
}

#[test]
fn who_is_muted_is_not_heard_and_hears_all() {
    let mut office = Office::open(2);
    let mut phones: [Phone; 3] = meeting(&mut office);
    let (meeting, leg, by) = (MEETING, phones[1].leg, MutedBy::Oneself);
    let muted = |muted| MeetingEvent::Muted { meeting, leg, muted, by, hard: false };
    office.record(muted(true));
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![2], vec![0, 2], vec![0]]);
    office.record(muted(false));
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![1, 2], vec![0, 2], vec![0, 1]]);
}

#[test]
fn who_hears_a_private_prompt_is_heard_all_the_same() {
    let mut office = Office::open(2);
    let mut phones: [Phone; 2] = meeting(&mut office);
    all(&mut phones, SETTLE);
    office.hear(&phones[0], office.clock.now(), Source::Silence);
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![], vec![0]]);
}

#[test]
fn scripted_participants_are_heard_with_their_own_voices() {
    let mut office = Office::open(2);
    let leg = LegId::new(9_000);
    office.sink.take(office.clock.now(), Entry::Dials { part: VOICES[4], leg });
    let mut phones: [Phone; 2] = meeting(&mut office);
    office.joined(leg);
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![1, 4], vec![0, 4]]);
    office.left(leg);
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones), [vec![1], vec![0]]);
}

#[test]
fn an_announcement_is_heard_by_all_and_in_no_lobby() {
    let mut office = Office::open(2);
    let [mut participant] = meeting(&mut office);
    let mut lobby = office.call(Law::Pcmu);
    let silent = |phone: &Phone| phone.heard(LISTEN).iter().all(|sample| sample.abs() <= 8);
    let (prompt, language) = (Prompt::Number(3), Language::EnUs);
    exchange(&mut [&mut participant, &mut lobby], SETTLE + LISTEN);
    assert!(silent(&participant) && silent(&lobby));
    office.record(MeetingEvent::Announced { meeting: MEETING, prompt, language });
    exchange(&mut [&mut participant, &mut lobby], LISTEN);
    assert!(!silent(&participant) && silent(&lobby));
}

#[test]
fn a_recorded_name_is_played_as_it_was_said() {
    let mut office = Office::open(2);
    let mut caller = office.call(Law::Pcmu);
    caller.speak(VOICES[3]);
    caller.exchange(10);
    for source in [prompt(Prompt::SayYourName), prompt(Prompt::Tone(Tone::High)), Source::Silence] {
        office.hear(&caller, office.clock.now(), source);
        caller.exchange(30);
    }
    office.hear(&caller, office.clock.now(), prompt(Prompt::HoldForOrganizer));
    caller.exchange(3);
    let name = Prompt::RecordedName { leg: caller.leg, millis: 600 };
    let mut phones: [Phone; 1] = meeting(&mut office);
    all(&mut phones, SETTLE + LISTEN);
    assert_eq!(hears(&phones)[0], [0; 0]);
    // To all who are in the meeting, and to one alone.
    office.record(MeetingEvent::Announced { meeting: MEETING, prompt: name, language: Language::EnUs });
    all(&mut phones, LISTEN);
    assert_eq!(hears(&phones), [vec![3]]);
    all(&mut phones, LISTEN);
    office.hear(&phones[0], office.clock.now(), prompt(name));
    all(&mut phones, LISTEN);
    assert_eq!(hears(&phones), [vec![3]]);
}
