//! What is sent, against what is rendered.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::control::call::{Language, LegId, PlaybackId, Prompt, Tone};
use crate::control::event::MeetingId;
use crate::media::conference_audio::ConferenceAudio;
use crate::media::library::{Library, Sound};
use crate::media::playout::Playout;
use crate::rtp::packet::Packet;

const LEG: LegId = LegId::new(1);

/// The built-in library, with short music, so that its loop ends often.
static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let mut library = Library::clone(Library::built_in());
    library.set_hold_music(Sound::new(&(0..1_000).map(|at| at * 30).collect::<Vec<i16>>()));
    library
});
static ENCODED: LazyLock<EncodedLibrary> = LazyLock::new(|| EncodedLibrary::new(&LIBRARY));
static NAME: LazyLock<Sound> =
    LazyLock::new(|| Sound::new(&(0..700).map(|at| at * 40).collect::<Vec<i16>>()));

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn sender() -> Sender {
    Sender::new(0xABCD, 65_535, u32::MAX - 100, Codec::of(Law::Pcmu))
}

fn prompt(prompt: Prompt) -> Source {
    Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
}

/// The packet of this moment: its header, its payload.
fn packet(sender: &mut Sender, now: Instant, mix: Option<&Payload>) -> (Header, Payload) {
    let mut own = [0; FRAME];
    let Outgoing { header, payload } = sender.packet(now, &ENCODED, mix, &mut own);
    let bytes = [&header[..], payload].concat();
    (Packet::parse(&bytes).unwrap().header, *payload)
}

#[test]
fn packets_follow_each_other_in_sequence_and_time() {
    let mut sender = sender();
    let headers: Vec<Header> = (1..=4).map(|tick| packet(&mut sender, at(7 + 20 * tick), None).0).collect();
    let told: Vec<_> = headers.iter().map(|header| (header.sequence, header.marker)).collect();
    assert_eq!(told, [(65_535, true), (0, false), (1, false), (2, false)]);
    assert!(headers.windows(2).all(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 160));
    assert!(headers.iter().all(|header| header.ssrc == 0xABCD && header.payload_type == 0));
    assert_eq!(sender.sent(), Sent { packets: 4, octets: 640 });
}

#[test]
fn silence_is_sent_as_silence() {
    for law in Law::ALL {
        let mut sender = Sender::new(1, 1, 1, Codec::of(law));
        assert_eq!(packet(&mut sender, at(20), None).1, [law.silence(); FRAME]);
    }
}

#[test]
fn time_goes_on_while_nothing_is_sent() {
    let mut sender = sender();
    sender.hear(at(0), Source::HoldMusic { begun: at(0) }, None, &ENCODED);
    let (before, _) = packet(&mut sender, at(20), None);
    (2..=50).for_each(|tick| sender.pass(at(20 * tick)));
    let (after, payload) = packet(&mut sender, at(1_020), None);
    assert_eq!((after.sequence, after.marker), (before.sequence.wrapping_add(1), true));
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(8_000));
    let mut uninterrupted = sender.clone();
    uninterrupted.hear(at(0), Source::HoldMusic { begun: at(0) }, None, &ENCODED);
    assert_eq!(payload, packet(&mut uninterrupted, at(1_020), None).1);
    assert!(!packet(&mut sender, at(1_040), None).0.marker);
}

#[test]
fn changes_during_a_pause_are_not_kept() {
    let mut sender = sender();
    for tick in 1..=100 {
        sender.hear(at(20 * tick - 10), Source::HoldMusic { begun: at(0) }, None, &ENCODED);
        sender.pass(at(20 * tick));
        assert!(sender.changes.is_empty() && !sender.changes.spilled());
    }
}

#[test]
fn changes_that_wait_are_bounded_and_the_last_counts() {
    let mut sender = sender();
    for _ in 0..1_000 {
        sender.hear(at(10), Source::Silence, None, &ENCODED);
    }
    sender.hear(at(10), prompt(Prompt::Tone(Tone::High)), None, &ENCODED);
    assert_eq!(sender.changes.len(), CHANGES_MAX);
    let (_, payload) = packet(&mut sender, at(20), None);
    assert_eq!(payload[..80], [Law::Pcmu.silence(); 80]);
    assert_ne!(payload[80..], [Law::Pcmu.silence(); 80]);
}

#[test]
fn a_sound_that_begins_within_a_sample_repeats_none() {
    let mut sender = sender();
    // 40.3 samples after a packet begins.
    let since = at(5) + Duration::from_micros(40);
    sender.hear(since, Source::HoldMusic { begun: since }, None, &ENCODED);
    let heard: Vec<u8> = (1..=4).flat_map(|tick| packet(&mut sender, at(20 * tick), None).1).collect();
    let (mut music, samples) = (Vec::new(), LIBRARY.hold_music().samples().collect::<Vec<_>>());
    Law::Pcmu.encode(&samples, &mut music);
    assert_eq!(heard[41..], music[..heard.len() - 41]);
}

#[test]
fn another_codec_goes_on_with_the_same_stream_and_sound() {
    let mut sender = sender();
    sender.hear(at(0), prompt(Prompt::Welcome), None, &ENCODED);
    let (before, _) = packet(&mut sender, at(500), None);
    sender.set_codec(Codec { law: Law::Pcma, payload_type: 118 });
    let (after, payload) = packet(&mut sender, at(520), None);
    assert_eq!((after.payload_type, after.ssrc, after.marker), (118, before.ssrc, false));
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(160));
    let mut samples = [0; FRAME];
    let mut playout = Playout::new(at(0));
    playout.hear(at(0), prompt(Prompt::Welcome));
    playout.render(&LIBRARY, at(500), &[], &mut samples);
    assert_eq!(payload, samples.map(|sample| Law::Pcma.encode_sample(sample)));
}

#[test]
fn steady_sound_is_sent_from_where_it_lies() {
    let mut sender = sender();
    for source in [Source::Silence, prompt(Prompt::Welcome), Source::HoldMusic { begun: at(3) }] {
        sender.hear(at(0), source, None, &ENCODED);
        sender.pass(at(20));
        // 2,020 ms of music end within the packet, as its loop lasts 125 ms.
        let mut own = [1; FRAME];
        sender.packet(at(2_020), &ENCODED, None, &mut own);
        assert_eq!(own, [1; FRAME], "{source:?}");
    }
}

#[test]
fn a_name_is_heard_where_it_is_there() {
    let source = prompt(Prompt::RecordedName { leg: LEG, millis: 88 });
    let mut sender = sender();
    sender.hear(at(0), source, Some(Arc::new(EncodedName::new(&NAME))), &ENCODED);
    sender.pass(at(20));
    let expected: Vec<u8> =
        NAME.samples().skip(160).take(160).map(|sample| Law::Pcmu.encode_sample(sample)).collect();
    assert_eq!(packet(&mut sender, at(40), None).1[..], expected);
    sender.hear(at(40), source, None, &ENCODED);
    assert_eq!(packet(&mut sender, at(60), None).1, [Law::Pcmu.silence(); FRAME]);
}

#[test]
fn a_sender_is_small() {
    assert!(size_of::<Sender>() <= 128, "{} bytes", size_of::<Sender>());
}

fn any_source() -> impl Strategy<Value = (Source, bool)> {
    let prompts = [Prompt::Welcome, Prompt::Tone(Tone::High), Prompt::Number(7), Prompt::Number(99)];
    prop_oneof![
        Just((Source::Silence, false)),
        prop::sample::select(prompts.to_vec()).prop_map(|one| (prompt(one), false)),
        (0_u64..2_000_000)
            .prop_map(|begun| (Source::HoldMusic { begun: Instant::from_micros(begun) }, false)),
        Just((prompt(Prompt::RecordedName { leg: LEG, millis: 88 }), true)),
        Just((Source::Conference, false)),
    ]
}

proptest! {
    /// Whatever is heard, since any microsecond, in either law: what is sent is what is rendered, encoded.
    #[test]
    fn a_packet_is_what_a_playout_renders(
        (source, has_name) in any_source(), since in 1_000_000_u64..2_000_000, later in 0_u64..400_000, law in prop::sample::select(Law::ALL.to_vec()),
        mix: [u8; 32],
    ) {
        prop_assume!(!has_name);
        let mix: Payload = std::array::from_fn(|at| law.encode_sample(law.decode_sample(mix[at % 32])));
        let heard = mix.map(|code| law.decode_sample(code));
        let (since, now) = (Instant::from_micros(since), Instant::from_micros(since + later));
        let mut playout = Playout::new(Instant::ZERO);
        playout.hear(since, source);
        let mut rendered = [0; FRAME];
        playout.render(&LIBRARY, now - FRAME_TIME, &heard, &mut rendered);

        let mut sender = Sender::new(1, 1, 1, Codec::of(law));
        sender.hear(since, source, None, &ENCODED);
        let (_, sent) = packet(&mut sender, now, Some(&mix));
        prop_assert_eq!(sent, rendered.map(|sample| law.encode_sample(sample)));
    }

    /// However often it changes within a packet or between two: what is sent is what a recorder of the same leg gets.
    #[test]
    fn changes_are_heard_to_the_sample(
        changes in prop::collection::vec((0_u64..50_000, any_source()), 1..12), phase in 0_u64..20_000,
    ) {
        let library = &*LIBRARY;
        let mut audio = ConferenceAudio::default();
        let mut sender = sender();
        let name = Arc::new(EncodedName::new(&NAME));
        let mut now = Instant::from_micros(1_000_000 + phase);
        audio.open(now, LEG);
        audio.join(MeetingId(1), LEG);
        audio.tick(now, library);
        let mut when = now;
        let mut changes = changes.into_iter().map(|(later, change)| {
            when = when + Duration::from_micros(later);
            (when, change)
        }).peekable();
        for _ in 0..50 {
            let end = now + FRAME_TIME;
            while let Some((when, (source, has_name))) = changes.next_if(|(when, _)| *when < end) {
                audio.hear(when, LEG, source, has_name.then(|| NAME.clone()));
                sender.hear(when, source, has_name.then(|| Arc::clone(&name)), &ENCODED);
            }
            audio.tick(now, library);
            let mut own = [0; FRAME];
            let recorded = *audio.heard(LEG, library, &mut own).unwrap().frame();
            let (_, sent) = packet(&mut sender, end, None);
            prop_assert_eq!(sent, recorded.map(|sample| Law::Pcmu.encode_sample(sample)));
            now = end;
        }
    }
}
