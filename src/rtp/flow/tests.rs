//! One call, step by step; [`properties`] has what holds whatever comes, [`reports`] the reports.

mod properties;
mod reports;

use std::sync::LazyLock;

use super::*;
use crate::control::call::{Digit, Language, PlaybackId, Prompt};
use crate::media::dtmf::generator;
use crate::media::g711::Law;
use crate::media::library::Library;
use crate::media::rate::{FRAME, FRAME_TIME};
use crate::media::telephone_event::Volume;
use crate::media::telephone_event::encoder::{self, Encoder};
use crate::rtp::latch::UNPROVEN_MAX;
use crate::rtp::packet::Header;
use crate::rtp::receive::KeyWay;

const PHONE: &str = "192.0.2.7:4000";
const STRANGER: &str = "203.0.113.9:4000";
const EVENTS: u8 = 101;

static ENCODED: LazyLock<EncodedLibrary> = LazyLock::new(|| EncodedLibrary::new(Library::built_in()));

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// A telephone that names itself, with PCMU and telephone events.
fn agreement() -> Agreement {
    let media = address(PHONE);
    Agreement {
        expected: Expected { media: Some(media), signalling: media.ip(), listed: false },
        codec: Codec::of(Law::Pcmu),
        formats: Formats { laws: [Some(0), Some(8)], events: Some(EVENTS) },
        sends: true,
        hears: true,
        silence_max: None,
        reports: None,
    }
}

fn identity(ssrc: u32) -> Identity {
    Identity { ssrc, sequence: 65_000, timestamp: u32::MAX - 5_000, origin: NtpTime::from_bits(1 << 40) }
}

fn flow() -> Flow {
    Flow::new(at(0), identity(0xB1), &agreement())
}

fn drain(flow: &mut Flow) -> Vec<Output> {
    std::iter::from_fn(|| flow.poll_output()).collect()
}

/// Hands a datagram over; the keys that it tells, by their symbols.
fn give(flow: &mut Flow, now: Instant, from: &str, datagram: &[u8]) -> String {
    flow.handle_datagram(now, address(from), datagram);
    keys(&drain(flow))
}

fn keys(outputs: &[Output]) -> String {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Pressed(pressed) => Some(pressed.digit.symbol()),
            Output::ReportDue | Output::Silent => None,
        })
        .collect()
}

fn datagram(payload_type: u8, ssrc: u32, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc };
    [&header.to_bytes()[..], payload].concat()
}

/// A packet of sound, the `number`th of its stream.
fn sound(ssrc: u32, number: u16) -> Vec<u8> {
    datagram(0, ssrc, number, u32::from(number) * 160, &[0; FRAME])
}

/// A flow that has heard five packets of the telephone's stream 1, at 0 to 80 ms.
fn locked() -> Flow {
    let mut flow = flow();
    for number in 0..5 {
        give(&mut flow, at(20 * u64::from(number)), PHONE, &sound(1, number));
    }
    flow
}

/// The packets of one press of a key, each with its time from the press on: (ms, marker, timestamp, payload).
fn press(symbol: char, length: u64, timestamp: u32) -> Vec<(u64, encoder::Packet)> {
    let mut encoder = Encoder::default();
    let digit = Digit::from_symbol(symbol).unwrap();
    let volume = Volume::below_0_dbm0(10);
    let mut packets = Vec::new();
    encoder.handle_input(at(0), encoder::Input::Press { digit, volume, timestamp });
    let mut released = false;
    loop {
        let due = encoder.poll_timeout().map_or(u64::MAX, Instant::millis);
        let now = if released { due } else { due.min(length) };
        if now == u64::MAX {
            return packets;
        }
        if now == length && !released {
            released = true;
            encoder.handle_input(at(now), encoder::Input::Release);
        } else {
            encoder.handle_timeout(at(now));
        }
        packets.extend(std::iter::from_fn(|| encoder.poll_output()).map(|packet| (now, packet)));
    }
}

fn event(ssrc: u32, sequence: u16, packet: &encoder::Packet) -> Vec<u8> {
    datagram(EVENTS, ssrc, sequence, packet.timestamp, &packet.event.to_bytes())
}

/// Gives all packets of a press, numbered from `first` on; the keys that they tell.
fn give_press(flow: &mut Flow, from_millis: u64, from: &str, ssrc: u32, first: u16, symbol: char) -> String {
    let packets = press(symbol, 100, from_millis as u32 * 8);
    let mut told = String::new();
    for (number, (millis, packet)) in (first..).zip(packets) {
        told += &give(flow, at(from_millis + millis), from, &event(ssrc, number, &packet));
    }
    told
}

fn prompt(prompt: Prompt) -> Source {
    Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
}

/// What is sent at this moment, as a datagram.
fn sent(flow: &mut Flow, now: Instant, mix: Option<&Payload>) -> Option<Vec<u8>> {
    let mut own = [0; FRAME];
    let (_, Outgoing { header, payload }) = flow.packet(now, &ENCODED, mix, &mut own)?;
    Some([&header[..], payload].concat())
}

#[test]
fn what_is_heard_is_the_asset_byte_for_byte() {
    let library = Library::built_in();
    let prompt_length = library.prompt(Prompt::Welcome, Language::EnUs).unwrap().len() as u64;
    let over = Instant::from_micros(1_000_000 + prompt_length * 125);
    let mut flow = flow();
    flow.hear(at(1_000), prompt(Prompt::Welcome), None, &ENCODED);
    let mut codes: Vec<u8> = Vec::new();
    let mut now = at(1_007);
    while now < over + Duration::from_secs(75) {
        if now >= over && now < over + FRAME_TIME {
            flow.hear(over, Source::HoldMusic { begun: over }, None, &ENCODED);
        }
        codes.extend(&sent(&mut flow, now, None).unwrap()[12..]);
        now = now + FRAME_TIME;
    }
    // The first packet began 13 ms before the prompt; the music goes round after 72 s.
    let welcome = library.prompt(Prompt::Welcome, Language::EnUs).unwrap().samples();
    let music = library.hold_music();
    let expected: Vec<u8> = std::iter::repeat_n(0, 104)
        .chain(welcome.chain(music.samples()).chain(music.samples()))
        .map(|sample| Law::Pcmu.encode_sample(sample))
        .take(codes.len())
        .collect();
    assert!(
        codes == expected,
        "differs at {:?}",
        codes.iter().zip(&expected).position(|(one, other)| one != other)
    );
}

#[test]
fn two_flows_hear_each_other_through_a_quiet_network() {
    let mut bridge = flow();
    let mut phone = Flow::new(at(0), identity(0xF0), &agreement());
    bridge.hear(at(0), prompt(Prompt::Welcome), None, &ENCODED);
    phone.listen(true);
    let mut heard = Vec::new();
    for tick in 1..=150 {
        let now = at(20 * tick);
        let datagram = sent(&mut bridge, now, None).unwrap();
        give(&mut phone, now, PHONE, &datagram);
        let mut frame = [0; FRAME];
        phone.pull(&mut frame);
        heard.extend(frame);
    }
    let through = |sample| Law::Pcmu.decode_sample(Law::Pcmu.encode_sample(sample));
    let welcome = Library::built_in().prompt(Prompt::Welcome, Language::EnUs).unwrap();
    let expected: Vec<i16> = welcome.samples().map(through).collect();
    // The first four packets are on probation, and the fifth waits for 40 ms.
    assert_eq!(heard[6 * 160..][..100 * 160], expected[4 * 160..][..100 * 160]);
    assert_eq!((phone.figures().received, phone.figures().lost), (146, 0));
    assert_eq!(phone.figures().buffer, JitterFigures::default());
}

#[test]
fn a_caller_who_holds_is_sent_nothing_and_misses_what_plays() {
    let mut flow = flow();
    flow.hear(at(0), Source::HoldMusic { begun: at(0) }, None, &ENCODED);
    let mut undisturbed = flow.clone();
    let before = Packet::parse(&sent(&mut flow, at(20), None).unwrap()).unwrap().header;
    flow.agree(at(30), &Agreement { sends: false, ..agreement() });
    for tick in 2..=100 {
        assert_eq!(sent(&mut flow, at(20 * tick), None), None);
    }
    flow.agree(at(2_010), &agreement());
    let after = sent(&mut flow, at(2_020), None).unwrap();
    assert_eq!(after[12..], sent(&mut undisturbed, at(2_020), None).unwrap()[12..]);
    let after = Packet::parse(&after).unwrap().header;
    assert_eq!(after.sequence, before.sequence + 1);
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(16_000));
    assert_eq!((after.ssrc, after.marker), (before.ssrc, true));
}

#[test]
fn a_caller_who_holds_is_neither_heard_nor_keyed() {
    let mut flow = locked();
    flow.listen(true);
    flow.agree(at(100), &Agreement { sends: false, hears: false, ..agreement() });
    assert_eq!(give_press(&mut flow, 200, PHONE, 1, 5, '7'), "");
    assert!(!flow.pull(&mut [0; FRAME]));
    let held = flow.figures();
    assert!(held.refusals.of(Refusal::OnHold) > 0);
    assert_eq!(held.lost, 0, "what is not heard has come all the same");
    flow.agree(at(1_000), &agreement());
    assert_eq!(give_press(&mut flow, 1_100, PHONE, 1, 20, '8'), "8");
}

/// When it is told that nothing comes, in milliseconds until then.
fn silent_at(flow: &mut Flow, until: u64) -> Vec<u64> {
    let mut silent = Vec::new();
    while let Some(due) = flow.poll_timeout().filter(|due| due.millis() <= until) {
        flow.handle_timeout(due);
        silent.extend(drain(flow).contains(&Output::Silent).then_some(due.millis()));
    }
    silent
}

#[test]
fn a_caller_of_whom_nothing_comes_is_told_of_once() {
    let watched = Agreement { silence_max: Some(Duration::from_secs(60)), ..agreement() };
    let mut flow = Flow::new(at(0), identity(0xB1), &watched);
    assert_eq!(silent_at(&mut flow, 500_000), [60_000], "nothing has ever come");
    let mut flow = locked();
    flow.agree(at(1_000), &watched);
    assert_eq!(silent_at(&mut flow, 31_000), [0; 0]);
    give_press(&mut flow, 31_000, PHONE, 1, 5, '7');
    // Strangers do not keep a call up.
    give_press(&mut flow, 80_000, STRANGER, 2, 5, '7');
    // The end of a press is told three times.
    assert_eq!(silent_at(&mut flow, 500_000), [91_140]);
}

#[test]
fn a_caller_who_holds_may_be_silent() {
    let watched = Agreement { silence_max: Some(Duration::from_secs(60)), ..agreement() };
    let mut flow = locked();
    flow.agree(at(1_000), &watched);
    flow.agree(at(2_000), &Agreement { silence_max: None, ..agreement() });
    assert_eq!(silent_at(&mut flow, 200_000), [0; 0]);
    flow.agree(at(200_000), &watched);
    assert_eq!(silent_at(&mut flow, 500_000), [260_000]);
}

#[test]
fn a_press_is_told_once() {
    let mut flow = locked();
    assert_eq!(give_press(&mut flow, 100, PHONE, 1, 5, '7'), "7");
    assert_eq!(give_press(&mut flow, 400, PHONE, 1, 12, '7'), "7");
    assert_eq!(give_press(&mut flow, 700, PHONE, 1, 19, '#'), "#");
}

#[test]
fn the_first_key_of_a_silent_telephone_is_not_lost() {
    let mut flow = flow();
    assert_eq!(give_press(&mut flow, 0, PHONE, 1, 0, '4'), "4");
    assert_eq!(give_press(&mut flow, 300, PHONE, 1, 7, '5'), "5");
}

#[test]
fn a_key_that_was_over_before_its_sender_was_believed_is_told() {
    let mut flow = flow();
    // The fourth packet is lost, so that the sequence begins again.
    let packets = press('4', 100, 0);
    let mut told = String::new();
    for (number, (millis, packet)) in (0..).zip(&packets).filter(|(number, _)| *number != 3) {
        told += &give(&mut flow, at(*millis), PHONE, &event(1, number, packet));
    }
    assert_eq!(told, "");
    for number in 7..20 {
        told += &give(&mut flow, at(20 * u64::from(number)), PHONE, &sound(1, number));
    }
    assert_eq!(told, "4");
    assert_eq!(flow.early.capacity(), 0);
}

#[test]
fn keys_of_strangers_are_not_heard() {
    let mut expecting = flow();
    assert_eq!(give_press(&mut expecting, 0, STRANGER, 1, 0, '4'), "");
    let mut locked = locked();
    assert_eq!(give_press(&mut locked, 100, STRANGER, 1, 5, '4'), "");
    assert_eq!(give_press(&mut locked, 100, "192.0.2.7:4002", 1, 5, '4'), "");
    let refusals = locked.figures().refusals;
    assert_eq!((refusals.of(Refusal::Stranger), refusals.of(Refusal::OtherAddress)), (7, 7));
    assert_eq!(give_press(&mut locked, 400, PHONE, 1, 5, '5'), "5", "their packets did not count");
}

#[test]
fn keys_that_strangers_sent_early_are_not_heard_later() {
    let mut flow = flow();
    let packets = press('9', 40, 0);
    for (number, (millis, packet)) in (0..4).zip(&packets) {
        give(&mut flow, at(*millis), "192.0.2.7:4002", &event(1, number, packet));
    }
    let told: String = (0..5)
        .map(|number| give(&mut flow, at(100 + 20 * u64::from(number)), PHONE, &sound(1, number)))
        .collect();
    assert_eq!(told, "");
    assert_eq!(flow.latch.locked(), Some(address(PHONE)));
}

#[test]
fn early_events_are_bounded() {
    let mut flow = flow();
    let (_, packet) = press('9', 40, 0)[0];
    for port in 10_000..20_000 {
        give(&mut flow, at(0), &format!("192.0.2.7:{port}"), &event(7, 0, &packet));
    }
    assert_eq!(flow.early.len(), EARLY_EVENTS_MAX);
}

#[test]
fn a_press_on_both_streams_of_a_caller_is_one() {
    let mut flow = locked();
    let mut told = String::new();
    for (number, (millis, packet)) in (0..).zip(press('8', 100, 800)) {
        told += &give(&mut flow, at(100 + millis), PHONE, &event(1, 5 + number, &packet));
        told += &give(&mut flow, at(100 + millis), PHONE, &event(2, number, &packet));
    }
    assert_eq!(told, "8");
    // Later than that it is another.
    assert_eq!(give_press(&mut flow, 400, PHONE, 2, 7, '8'), "8");
}

#[test]
fn a_stream_of_its_own_for_keys_is_heard() {
    let mut flow = locked();
    assert_eq!(give_press(&mut flow, 100, PHONE, 2, 0, '1'), "1");
    assert_eq!(give_press(&mut flow, 300, PHONE, 3, 0, '2'), "2");
    assert_eq!(give_press(&mut flow, 500, PHONE, 2, 7, '3'), "3");
}

#[test]
fn a_key_that_is_down_when_its_stream_is_replaced_goes_up() {
    let mut flow = locked();
    let (_, packet) = press('6', 100, 0)[0];
    assert_eq!(give(&mut flow, at(100), PHONE, &event(2, 0, &packet)), "6");
    give(&mut flow, at(110), PHONE, &sound(1, 6));
    give(&mut flow, at(120), PHONE, &sound(3, 0));
    assert_eq!(give_press(&mut flow, 400, PHONE, 3, 1, '6'), "6");
}

#[test]
fn events_come_at_the_payload_type_that_was_agreed_upon() {
    let mut flow = locked();
    let formats = Formats { events: Some(96), ..agreement().formats };
    flow.agree(at(100), &Agreement { formats, ..agreement() });
    assert_eq!(give_press(&mut flow, 100, PHONE, 1, 5, '4'), "");
    assert_eq!(flow.figures().refusals.of(Refusal::PayloadType), 7);
    let (_, packet) = press('5', 100, 4_000)[0];
    let bytes = datagram(96, 1, 12, packet.timestamp, &packet.event.to_bytes());
    assert_eq!(give(&mut flow, at(500), PHONE, &bytes), "5");
    assert_eq!(flow.figures().lost, 0, "what is not understood came all the same");
}

#[test]
fn keys_are_heard_in_the_sound_where_there_are_no_events() {
    let in_sound = Agreement { formats: Formats { events: None, ..agreement().formats }, ..agreement() };
    for (agreement, expected) in [(in_sound, "19#"), (agreement(), "")] {
        let mut flow = Flow::new(at(0), identity(1), &agreement);
        let keys: Vec<Digit> = "19#".chars().map(|symbol| Digit::from_symbol(symbol).unwrap()).collect();
        let settings = generator::Settings::default();
        let mut tones = generator::Generator::default();
        let mut samples = vec![0; 1_600];
        for key in keys {
            tones.press(key, &settings);
            let from = samples.len();
            samples.resize(from + settings.length() as usize, 0);
            tones.render(&mut samples[from..]);
        }
        samples.resize(samples.len() + 1_600, 0);
        let mut told = String::new();
        for (number, samples) in (0..).zip(samples.chunks_exact(FRAME)) {
            let now = at(20 * u64::from(number));
            let codes: Vec<u8> = samples.iter().map(|sample| Law::Pcma.encode_sample(*sample)).collect();
            told += &give(&mut flow, now, PHONE, &datagram(8, 1, number, u32::from(number) * 160, &codes));
            flow.pull(&mut [0; FRAME]);
            let outputs = drain(&mut flow);
            let in_tones =
                |output: &Output| matches!(output, Output::Pressed(Pressed { way: KeyWay::Tones, .. }));
            assert!(outputs.iter().all(in_tones));
            told += &self::keys(&outputs);
        }
        assert_eq!(told, expected);
    }
}

#[test]
fn sound_is_decoded_only_while_somebody_needs_it() {
    let mut flow = locked();
    assert!(!flow.is_decoding());
    flow.listen(true);
    assert!(flow.is_decoding());
    flow.listen(false);
    assert!(!flow.is_decoding());
    flow.agree(
        at(100),
        &Agreement { formats: Formats { events: None, ..agreement().formats }, ..agreement() },
    );
    assert!(flow.is_decoding());
    flow.agree(at(100), &agreement());
    assert!(!flow.is_decoding());
}

#[test]
fn a_second_stream_is_heard_once_the_first_is_silent() {
    let mut flow = locked();
    flow.listen(true);
    let [one, other] = [0x10, 0x20].map(|code| [code; FRAME]);
    let mut heard = Vec::new();
    for number in 5..25 {
        let now = at(20 * u64::from(number));
        if number < 15 {
            give(&mut flow, now, PHONE, &datagram(0, 1, number, u32::from(number) * 160, &one));
        }
        give(&mut flow, now, PHONE, &datagram(0, 2, number, u32::from(number) * 160, &other));
        let mut frame = [0; FRAME];
        flow.pull(&mut frame);
        heard.push(frame[FRAME - 1]);
    }
    let [one, other] = [0x10, 0x20].map(|code| Law::Pcmu.decode_sample(code));
    assert_eq!(heard[2..10], [one; 8]);
    // The first stream's last packet comes at 280 ms; the other's at 380 ms is the first that is taken, and waits 40 ms.
    assert!(!heard[..16].contains(&other));
    assert_eq!(heard[16..], [other; 4]);
}

#[test]
fn a_packet_that_comes_twice_is_not_late() {
    let mut flow = locked();
    flow.listen(true);
    for number in 5..15 {
        for late in [0, 100] {
            let now = at(20 * u64::from(number) + late);
            give(&mut flow, now, PHONE, &sound(1, number));
            flow.pull(&mut [0; FRAME]);
        }
    }
    assert_eq!(flow.figures().buffer.late, 0);
}

#[test]
fn figures_of_the_sound_outlive_the_listener() {
    let mut flow = locked();
    for round in 0..2_u16 {
        flow.listen(true);
        for number in (0..10).filter(|number| *number != 5) {
            give(
                &mut flow,
                at(200 * u64::from(round) + 100 + 20 * number),
                PHONE,
                &sound(1, 5 + 10 * round + number as u16),
            );
            flow.pull(&mut [0; FRAME]);
        }
        (0..3).for_each(|_| {
            flow.pull(&mut [0; FRAME]);
        });
        flow.listen(false);
        assert_eq!(flow.figures().buffer.concealed, 160 * u64::from(round + 1));
    }
    assert_eq!(flow.figures().lost, 2);
}

#[test]
fn more_packets_than_a_call_has_are_not_taken() {
    let mut flow = locked();
    for number in 0..1_000 {
        give(&mut flow, at(1_000), PHONE, &sound(1, 5 + number));
    }
    assert_eq!(flow.figures().refusals.of(Refusal::TooMany), 750);
    give(&mut flow, at(2_000), PHONE, &sound(1, 1_005));
    assert_eq!(flow.figures().received, 1 + 250 + 1);
}

#[test]
fn what_is_no_packet_is_counted_and_changes_nothing() {
    let mut flow = locked();
    let wrong_event = datagram(EVENTS, 1, 5, 800, &[4; 3]);
    for wrong in [&b""[..], b"\r\n\r\n", &[0x80; 5], &[0x80, 200, 0, 9], &wrong_event] {
        assert_eq!(give(&mut flow, at(100), PHONE, wrong), "");
    }
    assert_eq!(flow.figures().refusals.of(Refusal::Malformed), 5);
    let unknown = datagram(18, 9, 0, 0, &[0; 20]);
    give(&mut flow, at(100), STRANGER, &unknown);
    assert_eq!(flow.figures().refusals.of(Refusal::PayloadType), 1);
}

#[test]
fn an_unproven_address_is_not_sent_more_than_it_may() {
    let expected = Expected { signalling: address(STRANGER).ip(), ..agreement().expected };
    let mut flow = Flow::new(at(0), identity(1), &Agreement { expected, ..agreement() });
    let sent_in = |flow: &mut Flow, seconds: std::ops::Range<u64>| {
        (50 * seconds.start..50 * seconds.end)
            .filter(|tick| sent(flow, at(20 * tick), None).is_some())
            .count()
    };
    flow.agree(at(0), &Agreement { expected, sends: false, ..agreement() });
    assert_eq!(sent_in(&mut flow, 0..10), 0);
    flow.agree(at(10_000), &Agreement { expected, ..agreement() });
    assert_eq!(sent_in(&mut flow, 10..60), usize::from(UNPROVEN_MAX));
    // A keep-alive of STUN proves it.
    give(&mut flow, at(60_000), PHONE, &[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42]);
    assert_eq!(sent_in(&mut flow, 60..70), 500);
}

#[test]
fn another_address_moves_the_flow_and_keeps_our_stream() {
    let mut flow = locked();
    let before = Packet::parse(&sent(&mut flow, at(100), None).unwrap()).unwrap().header;
    let moved = "192.0.2.8:5000";
    let expected = Expected { media: Some(address(moved)), ..agreement().expected };
    let agreement = Agreement { expected, codec: Codec::of(Law::Pcma), ..agreement() };
    flow.agree(at(100), &agreement);
    assert_eq!(give_press(&mut flow, 100, PHONE, 1, 5, '4'), "");
    assert_eq!(give_press(&mut flow, 300, moved, 2, 0, '5'), "5");
    let mut own = [0; FRAME];
    let (destination, outgoing) = flow.packet(at(120), &ENCODED, None, &mut own).unwrap();
    let after = Packet::parse(&outgoing.header).unwrap().header;
    assert_eq!(destination, address(moved));
    assert_eq!((after.ssrc, after.sequence, after.marker), (before.ssrc, before.sequence + 1, false));
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(160));
    assert_eq!(after.payload_type, 8);
}

#[test]
fn a_flow_is_small() {
    assert!(size_of::<Flow>() <= 1_024, "{} bytes", size_of::<Flow>());
}
