//! Media threads with real sockets on loopback. Telephones keep time by the packets that they get.

mod meetings;
mod office;
mod phone;

use std::net::UdpSocket;
use std::time::Duration;

use attendant::control::call::{Digit, Language, Prompt, Source};
use attendant::leg::rtp::{FlowId, Order, ReserveError};
use attendant::media::g711::Law;
use attendant::media::library::Library;
use attendant::rtp::receive::KeyWay;
use attendant::rtp::refusal::Refusal;
use attendant::rtp::rtcp::{Compound, Packet};
use attendant::sip::offer::{Agreed, Direction, RemoteRtcp};

use office::{HOME, Office, elsewhere, ports, prompt};
use phone::{FRAME, Phone, codes, exchange};

fn digit(symbol: char) -> Digit {
    Digit::from_symbol(symbol).unwrap()
}

/// A short prompt and what follows it: music, as a lobby has it. The codes of both, from the prompt on.
fn park(office: &mut Office, phone: &Phone) -> Vec<u8> {
    let library = Library::built_in();
    let (said, law) = (Prompt::Number(3), phone.agreed.codec);
    let begins = office.clock.now() + Duration::from_millis(60);
    let ends = begins + library.duration(said, Language::EnUs);
    office.hear(phone, begins, prompt(said));
    office.hear(phone, ends, Source::HoldMusic { begun: ends });
    let sound = library.prompt(said, Language::EnUs).unwrap();
    let mut expected = codes(law, sound.samples());
    // A prompt lasts whole milliseconds.
    expected.resize(expected.len().next_multiple_of(8), law.silence());
    expected.extend(codes(law, library.hold_music().samples().take(20 * FRAME)));
    expected
}

#[test]
fn a_parked_caller_hears_the_assets_to_the_sample() {
    let mut office = Office::open(2);
    for law in Law::ALL {
        let mut phone = office.call(law);
        let expected = park(&mut office, &phone);
        phone.exchange(expected.len() / FRAME + 10);
        assert!(phone.has_heard(&expected), "{law:?}");
        phone.assert_one_stream();
    }
}

#[test]
fn our_stream_stays_one_from_prompt_to_conference() {
    let mut office = Office::open(2);
    let mut phone = office.call(Law::Pcma);
    let parked = park(&mut office, &phone).len() / FRAME;
    phone.exchange(parked);
    office.join(&phone);
    phone.exchange(20);
    phone.assert_one_stream();
    assert!(phone.heard(10).iter().all(|sample| *sample == 8), "nobody talks");
}

#[test]
fn a_held_call_gets_no_packets_and_its_clock_goes_on() {
    let mut office = Office::open(1);
    let mut other = office.call(Law::Pcmu);
    let mut phone = office.call(Law::Pcmu);
    let begun = office.clock.now();
    office.hear(&phone, begun, Source::HoldMusic { begun });
    phone.exchange(10);
    let agreed = phone.agreed;
    for held in [
        Agreed { direction: Direction::RecvOnly, ..agreed },
        Agreed { remote: "0.0.0.0:9".parse().unwrap(), ..agreed },
    ] {
        office.change(&phone, held);
        other.pending();
        // One may have been under way as the order was given.
        other.exchange(3);
        phone.pending();
        other.exchange(15);
        assert_eq!(phone.pending(), 0);
        let last = phone.came.last().unwrap().header;
        office.change(&phone, agreed);
        phone.exchange(5);
        let resumed = &phone.came[phone.came.len() - 5].header;
        let passed = resumed.timestamp.wrapping_sub(last.timestamp) as usize / FRAME;
        assert!(resumed.marker && resumed.ssrc == last.ssrc, "{resumed:?}");
        assert!(passed >= 15, "{passed} packets' time");
    }
    // Music is where it would be without the pause: as far from the first packet as the timestamps are.
    let music = codes(Law::Pcmu, Library::built_in().hold_music().samples());
    let [first, last] = [&phone.came[9], phone.came.last().unwrap()];
    let samples = last.header.timestamp.wrapping_sub(first.header.timestamp) as usize;
    let mut later = music[samples..].windows(FRAME).zip(music.windows(FRAME));
    assert!(later.any(|(after, before)| after == last.payload && before == first.payload));
}

#[test]
fn a_key_told_by_events_is_heard_once() {
    let mut office = Office::open(1);
    let mut phone = office.call(Law::Pcmu);
    phone.exchange(6);
    phone.press(digit('1'));
    let first = office.pressed(&phone);
    phone.exchange(2);
    phone.press(digit('5'));
    let second = office.pressed(&phone);
    assert_eq!([first, second].map(|pressed| pressed.way), [KeyWay::Event; 2]);
    assert!(first.digit == digit('1') && second.digit == digit('5'));
    phone.exchange(5);
    let (figures, more) = office.hang_up(&phone);
    assert_eq!(more, 0, "more keys than were pressed");
    assert_eq!((figures.refusals.of(Refusal::Stranger), figures.lost), (0, 0));
}

#[test]
fn keys_are_heard_in_the_sound_where_no_events_were_agreed() {
    let mut office = Office::open(1);
    let mut phone = office.call_with(|agreed| agreed.events = None);
    phone.exchange(8);
    phone.play_key(digit('8'));
    phone.exchange(30);
    let pressed = office.pressed(&phone);
    assert!(pressed.digit == digit('8') && pressed.way == KeyWay::Tones);
    assert_eq!(office.hang_up(&phone).1, 0, "more keys than were pressed");
}

#[test]
fn a_strangers_keys_are_not_heard_and_get_no_answer() {
    let mut office = Office::open(1);
    let mut phone = office.call(Law::Pcmu);
    let mut before = stranger(&phone);
    before.send_sound();
    phone.exchange(6);
    let mut after = stranger(&phone);
    for stranger in [&mut before, &mut after] {
        (0..8).for_each(|_| stranger.send_sound());
        stranger.press(digit('9'));
    }
    phone.exchange(10);
    phone.press(digit('2'));
    assert!(office.pressed(&phone).digit == digit('2'));
    let (figures, more) = office.hang_up(&phone);
    assert_eq!(more, 0, "more keys than the caller pressed");
    assert_eq!(figures.refusals.of(Refusal::Stranger), 27);
    assert_eq!([before.pending(), after.pending()], [0; 2]);
}

/// Somebody on another host who has found out a call's port, and its sequence.
fn stranger(phone: &Phone) -> Phone {
    let socket = UdpSocket::bind(elsewhere()).unwrap();
    Phone::new(socket, phone.local, (phone.flow, phone.leg), phone.agreed)
}

#[test]
fn ports_that_others_have_are_passed_over() {
    let range = ports(8);
    let other = range.clone().find(|port| port % 2 == 0 && UdpSocket::bind((HOME, *port)).is_ok());
    let other = UdpSocket::bind((HOME, other.expect("a free port"))).unwrap();
    let mut office = Office::open_on(1, range, 1);
    let capacity = office.side.capacity();
    let mut reserved = Vec::new();
    let refused = loop {
        match office.side.reserve(office.clock.now()) {
            Ok(port) => reserved.push(port),
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, ReserveError::Exhausted(_)), "{refused}");
    assert!(!reserved.is_empty() && reserved.len() < capacity);
    let taken = other.local_addr().unwrap();
    assert!(reserved.iter().all(|reserved| reserved.local().rtp != taken));
    // Those that were only reserved are free at once.
    let count = reserved.len();
    drop(reserved);
    let again = (0..count).map(|_| office.side.reserve(office.clock.now()));
    assert_eq!(again.collect::<Vec<_>>().iter().filter(|reserved| reserved.is_ok()).count(), count);
}

#[test]
fn thousands_of_short_calls_leave_nothing_behind() {
    const CALLS: u32 = 2_000;
    let range = ports(1_200);
    let is_free = |port: &u16| UdpSocket::bind((HOME, *port)).is_ok();
    let free: Vec<u16> = range.clone().filter(is_free).collect();
    // A hundred times as fast, so that ports rest a tenth of a second.
    let mut office = Office::open_on(2, range, 100);
    let mut ended = 0;
    let mut open: Vec<Phone> = Vec::new();
    while ended < CALLS {
        for _ in 0..100 {
            let mut phone = office.call(Law::Pcmu);
            office.join(&phone);
            phone.send_sound();
            open.push(phone);
        }
        for phone in open.drain(..) {
            office.left(phone.leg);
            office.hang_up(&phone);
            ended += 1;
        }
        office.pass(Duration::from_secs(4));
    }
    office.pass(Duration::from_secs(11));
    crate::bounded::until("all ports have rested", || office.figures().resting == 0);
    let figures = office.figures();
    assert_eq!((figures.flows, figures.meetings, figures.notes), (0, 0, 0));
    assert_eq!((figures.events_lost, figures.keys_lost), (0, 0));
    office.media.stop();
    drop((office.side, office.sink));
    let now_free: Vec<u16> = free.iter().copied().filter(is_free).collect();
    assert_eq!(now_free, free, "sockets are left open");
}

#[test]
fn a_network_that_is_gone_is_counted_and_ends_nothing() {
    let mut office = Office::open(1);
    // From loopback there is no way to another network (RFC 5737: an address of examples).
    let gone = "192.0.2.1:4000".parse().unwrap();
    let unreachable = office.call_with(|agreed| agreed.remote = gone);
    let mut phone = office.call(Law::Pcmu);
    phone.exchange(20);
    let figures = office.figures();
    assert!(figures.packets_refused > 0, "{figures:?}");
    assert_eq!(office.hang_up(&unreachable).1, 0);
    phone.exchange(5);
    phone.assert_one_stream();
}

#[test]
fn reports_come_beside_the_packets_and_end_with_a_goodbye() {
    // Ten times as fast, so that the first report is due within 0.4 s.
    let mut office = Office::open_on(1, ports(200), 10);
    let reporting = UdpSocket::bind((HOME, 0)).unwrap();
    reporting.set_read_timeout(Some(crate::bounded::LIMIT)).unwrap();
    let at = reporting.local_addr().unwrap();
    let mut phone = office.call_with(|agreed| agreed.rtcp = RemoteRtcp::At(at));
    phone.exchange(6);
    let mut datagram = [0; 2_048];
    let (length, from) = reporting.recv_from(&mut datagram).unwrap();
    assert_eq!(from, phone.local.rtcp);
    let ours = phone.came[0].header.ssrc;
    let first = Compound::parse(&datagram[..length]).unwrap().next().unwrap();
    let Packet::SenderReport { ssrc, sender, mut blocks } = first else { panic!("{first:?}") };
    assert_eq!((ssrc, blocks.next().map(|block| block.lost)), (ours, Some(0)));
    assert!(sender.packets >= 6, "{sender:?}");
    reporting.send_to(&receiver_report(ours), from).unwrap();
    // One about a stream that is nobody's.
    reporting.send_to(&receiver_report(!ours), from).unwrap();
    crate::bounded::until("the last report is read", || office.figures().reports_astray == 1);
    let (figures, _) = office.hang_up(&phone);
    assert_eq!(figures.peer.map(|peer| peer.lost), Some(9));
    let length = reporting.recv(&mut datagram).unwrap();
    let said: Vec<Packet<'_>> = Compound::parse(&datagram[..length]).unwrap().collect();
    assert_eq!(said.last(), Some(&Packet::Goodbye));
    assert_eq!(phone.reports.len(), 0);
}

/// A receiver report that has lost nine packets of this stream (RFC 3550, section 6.4.2).
fn receiver_report(of: u32) -> Vec<u8> {
    let words = [0x81C9_0007, 4_711, of, 9, 100, 0, 0, 0];
    words.iter().flat_map(|word: &u32| word.to_be_bytes()).collect()
}

#[test]
fn a_call_that_is_closed_gets_nothing_more() {
    let mut office = Office::open(2);
    let (mut phone, mut other) = (office.call(Law::Pcmu), office.call(Law::Pcmu));
    exchange(&mut [&mut phone, &mut other], 10);
    let (figures, _) = office.hang_up(&phone);
    assert!(figures.received >= 5 && figures.sent.packets >= 10, "{figures:?}");
    other.pending();
    phone.pending();
    other.exchange(10);
    assert_eq!(phone.pending(), 0);
    assert_eq!(office.figures().resting, 1);
    office.order(Order::Close { flow: FlowId(999) });
}
