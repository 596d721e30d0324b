//! Captures from tap to file and collector.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::clock::Pace;
use crate::media::dtmf::generator;
use crate::media::g711::Law;
use crate::rtp::packet::Header;
use crate::rtp::receive::Formats;
use crate::rtp::rtcp::ReportBlock;
use crate::rtp::rtcp::compose::Report;
use crate::sip::transport::Transport;

const FORMATS: Formats = Formats { laws: [Some(0), None], events: Some(101) };

const INFO: &str =
    "INFO sip:b@h SIP/2.0\r\nCall-ID: c7@h\r\nCSeq: 2 INFO\r\nContent-Length: 10\r\n\r\nSignal=8\r\n";

fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

fn ends() -> (SocketAddr, SocketAddr) {
    (address(1, 5060), address(2, 5060))
}

/// A capture into a file, with its folder.
fn captured(collector: Option<String>) -> (tempfile::TempDir, PathBuf, Capture, Tap) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.pcapng");
    let settings = Settings { file: Some(file.clone()), collector, ..Settings::default() };
    let (capture, tap) = Capture::start(settings, Clock::start(1, Pace::Realtime)).unwrap().unwrap();
    (folder, file, capture, tap)
}

/// The frames of a file, by their time.
fn frames(file: &Path) -> Vec<(u64, Vec<u8>)> {
    let (file, mut frames) = (std::fs::read(file).unwrap(), Vec::new());
    let mut rest = &file[..];
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (kind, length) = (word(0), word(4) as usize);
        if kind == 6 {
            let time = u64::from(word(12)) << 32 | u64::from(word(16));
            frames.push((time, rest[28..28 + word(20) as usize].to_vec()));
        }
        rest = &rest[length..];
    }
    frames
}

fn sound(sequence: u16, payload_type: u8, payload: &[u8]) -> Vec<u8> {
    let timestamp = u32::from(sequence) * 160;
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc: 7 };
    [&header.to_bytes()[..], payload].concat()
}

#[test]
fn a_file_has_everything_in_the_order_of_time_and_no_key() {
    let (_folder, file, capture, tap) = captured(None);
    let flow = tap.flow("c7@h", address(1, 0).ip()).unwrap();
    let caller = address(2, 4_000);
    let mut codes = Vec::new();
    let keys = generator::dial(&generator::keys("8").unwrap(), &generator::Settings::default());
    Law::Pcmu.encode(&keys, &mut codes);
    for (sequence, part) in (0..).zip(codes.chunks(160)) {
        flow.datagram(Way::In, (30_000, caller), (FORMATS, true), &sound(sequence, 0, part));
        // What is not held back overtakes it.
        tap.message(Transport::Udp, Way::In, ends(), || Bytes::from_static(INFO.as_bytes()));
        flow.datagram(Way::In, (30_000, caller), (FORMATS, true), &sound(sequence, 101, &[8, 10, 0, 160]));
    }
    let own = sound(9, 0, &codes[..160]);
    flow.datagram(Way::Out, (30_000, caller), (FORMATS, false), &own);
    drop(flow);
    capture.finish();
    let frames = frames(&file);
    assert_eq!(frames.len(), 3 * codes.len().div_ceil(160) + 1);
    assert!(frames.is_sorted_by_key(|(time, _)| *time));
    for part in frames[..frames.len() - 1].chunks(3) {
        let [(_, sound), (_, info), (_, event)] = part else { panic!("{part:?}") };
        assert!(sound[40..].iter().all(|code| *code == Law::Pcmu.silence()));
        assert_eq!(String::from_utf8_lossy(&info[28..]), INFO.replace("=8", "=0"));
        assert_eq!(event[40..], [0, 63, 0, 160]);
    }
    assert_eq!(frames.last().unwrap().1[28..], own, "what we play is kept");
}

#[test]
fn sound_of_too_many_sources_has_no_content() {
    let (_folder, file, capture, tap) = captured(None);
    let flow = tap.flow("c", address(1, 0).ip()).unwrap();
    for source in 0..9 {
        let header = Header { marker: false, payload_type: 0, sequence: 1, timestamp: 1, ssrc: source };
        let packet = [&header.to_bytes()[..], &[7; 160]].concat();
        flow.datagram(Way::In, (30_000, address(2, 4_000)), (FORMATS, true), &packet);
    }
    drop(flow);
    capture.finish();
    let kept = frames(&file).iter().filter(|(_, frame)| frame[40] == 7).count();
    assert_eq!(kept, 4);
}

#[test]
fn messages_of_streams_are_segments() {
    let (_folder, file, capture, tap) = captured(None);
    for transport in [Transport::Tcp, Transport::Tls] {
        tap.message(transport, Way::In, ends(), || Bytes::from_static(INFO.as_bytes()));
        tap.closed(transport, ends());
    }
    capture.finish();
    // Three that open, the message, two that close.
    assert_eq!(frames(&file).len(), 12);
}

#[test]
fn nothing_asked_for_is_nothing_kept() {
    let clock = Clock::start(1, Pace::Realtime);
    assert!(Capture::start(Settings::default(), clock).unwrap().is_none());
    let nowhere = Settings { file: Some("/nowhere/calls.pcapng".into()), ..Settings::default() };
    let error = Capture::start(nowhere, clock).unwrap_err();
    assert!(error.to_string().starts_with("cannot write a capture to /nowhere/calls.pcapng: "), "{error}");
}

/// The chunks of a HEP3 datagram, by their kind.
fn chunks(datagram: &[u8]) -> BTreeMap<u16, Vec<u8>> {
    assert_eq!(&datagram[..4], b"HEP3");
    assert_eq!(usize::from(u16::from_be_bytes([datagram[4], datagram[5]])), datagram.len());
    let (mut rest, mut chunks) = (&datagram[6..], BTreeMap::new());
    while let [0, 0, k1, k2, l1, l2, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([l1, l2]));
        chunks.insert(u16::from_be_bytes([k1, k2]), rest[6..length].to_vec());
        rest = &rest[length..];
    }
    assert!(rest.is_empty());
    chunks
}

#[test]
fn a_collector_gets_messages_and_reports_of_a_call() {
    let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
    collector.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (_folder, _, capture, tap) = captured(Some(collector.local_addr().unwrap().to_string()));
    tap.message(Transport::Tcp, Way::In, ends(), || Bytes::from_static(INFO.as_bytes()));
    tap.message(Transport::Udp, Way::In, ends(), || Bytes::from_static(b"\r\n\r\n"));
    let flow = tap.flow("c7@h", address(1, 0).ip()).unwrap();
    let mut report = Vec::new();
    let block = ReportBlock {
        ssrc: 9,
        fraction_lost: 1,
        lost: -2,
        highest_sequence: 3,
        jitter: 4,
        last_sender_report: 5,
        delay_since: 6,
    };
    Report { ssrc: 8, sender: None, blocks: &[block], cname: "x", goodbye: false }.write(&mut report);
    flow.datagram(Way::Out, (30_001, address(2, 4_001)), (FORMATS, false), &report);
    flow.datagram(Way::Out, (30_000, address(2, 4_000)), (FORMATS, false), &sound(1, 0, &[1; 160]));
    drop(flow);
    capture.finish();
    let mut buffer = [0; 2_048];
    let mut received = || {
        let length = collector.recv(&mut buffer).unwrap();
        chunks(&buffer[..length])
    };
    let sip = received();
    let text = |chunk: &[u8]| String::from_utf8(chunk.to_vec()).unwrap();
    assert_eq!((&sip[&1][..], &sip[&2][..], &sip[&11][..]), (&[2][..], &[6][..], &[1][..]));
    assert_eq!((&sip[&3][..], &sip[&4][..]), (&[192, 0, 2, 2][..], &[192, 0, 2, 1][..]));
    assert_eq!((&sip[&7][..], &sip[&8][..]), (&5_060_u16.to_be_bytes()[..], &5_060_u16.to_be_bytes()[..]));
    assert_eq!((text(&sip[&17]), text(&sip[&15])), ("c7@h".to_owned(), INFO.replace("=8", "=0")));
    let rtcp = received();
    assert_eq!((&rtcp[&2][..], &rtcp[&11][..], text(&rtcp[&17])), (&[17][..], &[5][..], "c7@h".to_owned()));
    let told: serde_json::Value = serde_json::from_slice(&rtcp[&15]).unwrap();
    let blocks = serde_json::json!([{ "source_ssrc": 9, "fraction_lost": 1, "packets_lost": -2, "highest_seq_no": 3,
        "ia_jitter": 4, "lsr": 5, "dlsr": 6 }]);
    let expected = serde_json::json!({ "ssrc": 8, "type": 201, "report_count": 1, "report_blocks": blocks });
    assert_eq!(told, expected);
    collector.set_nonblocking(true).unwrap();
    assert!(collector.recv(&mut [0; 1]).is_err(), "sound and keep-alives are not sent");
}
