//! The story that everything is for, by each way of keys: three wait with music, the organizer keys `*` and the PIN on
//! another telephone, all are released, and talk.

use std::fmt::Debug;
use std::fs;
use std::net::SocketAddr;

use attendant::control::call::Prompt;
use attendant::media::dtmf::generator::{self, dial, keys};
use attendant::media::g711::Law;
use attendant::media::rate::FRAME;

use super::Bridge;
use super::baresip::Baresip;
use super::bridge::{until_finished, until_parked, until_released};
use super::handset::{Handset, all_listen};
use super::heard::{Part, codes, music, samples, voices};
use super::kamailio::Kamailio;
use super::linphonec::Linphonec;
use super::sipp::{Scenario, Sdp, Sipp};
use crate::bounded::until;
use crate::stage::Stage;
use crate::telephones::{certified, rows, tls_address};

/// The voices of three callers and the organizer.
const VOICES: [u32; 4] = [3, 17, 29, 41];

/// What a caller heard who waited in the lobby and was released, as codes or as samples: both prompts whole, and between
/// them music from its beginning on until the meeting started, without a sample that is not of it.
#[track_caller]
fn heard_the_lobby<T: PartialEq + Copy + Debug>(heard: &[T], sound: impl Fn(&[u8]) -> Vec<T>) {
    let law = Law::Pcmu;
    let prompt = |prompt: Prompt| Part::whole(&sound(&codes(law, prompt)), heard, prompt.name());
    let (hold, started) = (prompt(Prompt::HoldForOrganizer), prompt(Prompt::MeetingStarted));
    let between = &heard[hold.ends..started.begins];
    let music = Part::of(&sound(&music(law)), between).expect("there is music");
    let (before, after) = between.split_at(music.begins);
    let after = &after[music.ends - music.begins..];
    let silence = sound(&[law.silence()])[0];
    assert!(music.heard > 4_000, "{music:?}");
    // What is heard next may begin some milliseconds after the end of what was heard before.
    for around in [before, after] {
        assert!(around.len() < FRAME && around.iter().all(|heard| *heard == silence), "{music:?} {around:?}");
    }
}

/// For a second everybody was heard but nobody's own voice, and there was no second with that too.
#[track_caller]
fn heard_all_but(own: u32, heard: &[i16]) {
    let others: Vec<_> = VOICES.into_iter().filter(|voice| *voice != own).collect();
    let seconds = (0..heard.len().saturating_sub(8_000)).step_by(2_000);
    let found: Vec<_> = seconds.map(|at| voices(&heard[at..at + 8_000], &VOICES)).collect();
    assert!(found.contains(&others) && !found.contains(&VOICES.to_vec()), "{own} hears {found:?}");
}

/// The whole story with sipp, whose calls go to this address over this transport, and are keyed by INFO.
fn told_by_info(bridge: Bridge, at: SocketAddr, transport: &str) {
    let mut stream = bridge.events();
    let handsets = VOICES.map(Handset::of);
    let ports = handsets.each_ref().map(|handset| handset.port);
    let waits = Scenario::default().dial(Sdp::PLAIN).keys(&format!("{}#1", bridge.id)).be_hung_up_on();
    let callers = Sipp::start(bridge.stage(), "callers", at, &waits, &ports[..3], transport);
    until_parked(&mut stream, 3);
    all_listen(&handsets[..3], 4.5);
    let starts = Scenario::default().dial(Sdp::PLAIN).keys(&format!("{}#*{}#", bridge.id, bridge.pin));
    let starts = starts.pause(7_000).hang_up();
    let organizer = Sipp::start(bridge.stage(), "organizer", at, &starts, &ports[3..], transport);
    until_released(&mut stream, 3);
    until("figures show four calls", || rows(&bridge.served, "calls") == 4);
    all_listen(&handsets, 4.5);
    for (handset, own) in handsets.iter().zip(VOICES) {
        heard_all_but(own, &samples(&handset.heard()));
    }
    handsets.iter().take(3).for_each(|handset| heard_the_lobby(&handset.heard(), <[u8]>::to_vec));
    organizer.succeeds();
    bridge.end_meeting();
    callers.succeeds();
    until_finished(&mut stream, 4);
    bridge.ends_clean();
}

#[test]
fn keys_by_info_release_three_who_wait() {
    let bridge = Bridge::new();
    let at = bridge.at;
    told_by_info(bridge, at, "");
}

#[test]
fn behind_kamailio_three_are_released() {
    let bridge = Bridge::new();
    let kamailio = Kamailio::start(bridge.stage(), bridge.at);
    told_by_info(bridge, kamailio.at, "-t t1");
}

#[test]
fn keys_in_the_sound_release_three_who_wait() {
    let bridge = Bridge::new();
    let mut stream = bridge.events();
    let record = |name: &str, text: &str| {
        let tones = dial(&keys(text).unwrap(), &generator::Settings::default());
        // Before the first key a moment for the call to be answered, behind the last one a moment to be heard.
        let mut sound = vec![0; 4_000];
        sound.extend(tones);
        sound.extend([0; 1_600]);
        let mut codes = Vec::new();
        Law::Pcmu.encode(&sound, &mut codes);
        fs::write(bridge.stage().path().join(name), codes).unwrap();
    };
    record("waits.ulaw", &format!("{}#1", bridge.id));
    record("starts.ulaw", &format!("{}#*{}#", bridge.id, bridge.pin));
    let waits = Scenario::default().dial(Sdp::IN_BAND).play("waits.ulaw").be_hung_up_on();
    let callers = Sipp::start(bridge.stage(), "callers", bridge.at, &waits, &[0; 3], "");
    until_parked(&mut stream, 3);
    let starts = Scenario::default().dial(Sdp::IN_BAND).play("starts.ulaw").be_hung_up_on();
    let organizer = Sipp::start(bridge.stage(), "organizer", bridge.at, &starts, &[0], "");
    until_released(&mut stream, 3);
    bridge.end_meeting();
    callers.succeeds();
    organizer.succeeds();
    until_finished(&mut stream, 4);
    bridge.ends_clean();
}

#[test]
fn keys_by_events_of_sipp_release_three_who_wait() {
    let bridge = Bridge::new();
    let mut stream = bridge.events();
    let waits = Scenario::default().dial(Sdp::EVENTS).keys_by_events(&format!("{}#1", bridge.id));
    let waits = waits.be_hung_up_on();
    let callers = Sipp::start(bridge.stage(), "callers", bridge.at, &waits, &[0; 3], "");
    until_parked(&mut stream, 3);
    let starts = Scenario::default().dial(Sdp::EVENTS);
    let starts = starts.keys_by_events(&format!("{}#*{}#", bridge.id, bridge.pin)).hang_up();
    let organizer = Sipp::start(bridge.stage(), "organizer", bridge.at, &starts, &[0], "");
    until_released(&mut stream, 3);
    organizer.succeeds();
    bridge.end_meeting();
    callers.succeeds();
    until_finished(&mut stream, 4);
    bridge.ends_clean();
}

#[test]
fn softphones_and_a_simulated_caller_meet() {
    let stage = Stage::with(&[]);
    certified(&stage);
    let options = "-o sip.tls=127.0.0.1:0 -o sip.certificate=cert.pem -o sip.key=key.pem";
    let bridge = Bridge::with(stage, options, &[]);
    let mut stream = bridge.events();
    let (at, tls) = (bridge.at, tls_address(&bridge.served));
    let [first, second, third, organizer] = VOICES;
    let mut over_udp = Baresip::start(bridge.stage(), "udp", first, "");
    let mut over_tls = Baresip::start(bridge.stage(), "tls", organizer, "");
    let mut linphone = Linphonec::start(bridge.stage(), second);
    let handset = Handset::of(third);
    let waits = Scenario::default().dial(Sdp::PLAIN).keys(&format!("{}#1", bridge.id)).be_hung_up_on();
    let sipp = Sipp::start(bridge.stage(), "sipp", at, &waits, &[handset.port], "-t t1");
    bridge.simulate_a_caller();
    over_udp.dial(&format!("sip:bridge@{at}"));
    linphone.dial(&format!("sip:bridge@localhost:{};transport=tls", tls.port()));
    over_udp.keys(&format!("{}#1", bridge.id));
    linphone.keys(&format!("{}#1", bridge.id));
    until_parked(&mut stream, 4);
    linphone.hold();
    linphone.resume();
    over_tls.dial(&format!("sip:bridge@{tls};transport=tls"));
    over_tls.keys(&format!("{}#*{}#", bridge.id, bridge.pin));
    until_released(&mut stream, 4);
    handset.listen(4.5);
    bridge.end_meeting();
    sipp.succeeds();
    over_udp.until_hung_up();
    over_tls.until_hung_up();
    linphone.until_hung_up();
    until_finished(&mut stream, 5);
    heard_the_lobby(&handset.heard(), <[u8]>::to_vec);
    let heard = over_udp.quit();
    heard_the_lobby(&heard, samples);
    heard_all_but(first, &heard);
    heard_all_but(organizer, &over_tls.quit());
    // linphonec follows the clock of its loudspeaker, which changes samples.
    heard_all_but(second, &linphone.quit());
    bridge.ends_clean();
}

#[test]
fn a_wrong_pin_of_a_softphone_starts_nothing() {
    let bridge = Bridge::new();
    let mut stream = bridge.events();
    let mut baresip = Baresip::start(bridge.stage(), "baresip", 3, "");
    baresip.dial(&format!("sip:bridge@{};transport=tcp", bridge.at));
    baresip.keys(&format!("{}#*", bridge.id));
    let wrong: String = bridge.pin.chars().rev().collect();
    let wrong = if wrong == bridge.pin { "1".to_owned() + &wrong[1..] } else { wrong };
    baresip.keys(&format!("{wrong}#"));
    stream.until(|event| event["event"] == "pin_refused");
    baresip.hold();
    baresip.resume();
    baresip.hang_up();
    let ended = stream.until(|event| event["event"] == "finished" || event["event"] == "started");
    assert_eq!(ended["event"], "finished", "{ended}");
    assert!(!baresip.quit().is_empty());
    assert!(!bridge.served.log().contains(&wrong));
    bridge.ends_clean();
}
