//! What passes between telephones and the program, taken down: read back by Wireshark's own reader, and by a collector.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;

use attendant::media::dtmf::detector::decode;
use attendant::media::g711::Law;
use serde_json::{Value, json};

use super::phone::{Keys, Phone};
use super::{address, certified, reach_question, served, served_at, tls_address, until_free};
use crate::bounded::{self, LIMIT};
use crate::stage::Stage;
use crate::web::{Program, Stream};

/// What callers send besides keys: a code that is neither a tone nor silence.
const KEPT: u8 = 0x2a;

/// A meeting of Amos with a PIN so long that no other row of digits is like it.
fn meeting(program: &Program<'_>) -> (String, String) {
    program.does("PATCH", "/tenant", &json!({ "name_recording": false, "pin_length": 12 }), 200);
    program.enable()
}

/// What tshark prints of these fields of the frames that pass a filter, a line for each.
fn frames(file: &Path, filter: &str, fields: &[&str]) -> Vec<String> {
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-r"]).arg(file).args(["-Y", filter, "-T", "fields", "-E", "separator=|"]);
    for field in fields {
        tshark.args(["-e", field]);
    }
    let read = bounded::output(&mut tshark).expect("`.ci/test` installs tshark");
    let errors = String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success(), "{errors}");
    String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The sound of each stream as it was kept: the codes, one after the other.
fn sounds(file: &Path) -> Vec<Vec<u8>> {
    let mut streams: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for line in frames(file, "rtp.p_type == 0", &["ip.src", "udp.srcport", "rtp.ssrc", "rtp.payload"]) {
        let (stream, payload) = line.rsplit_once('|').unwrap();
        let hex: String = payload.chars().filter(char::is_ascii_hexdigit).collect();
        let codes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        streams.entry(stream.to_owned()).or_default().extend(codes);
    }
    streams.into_values().collect()
}

#[track_caller]
fn assert_no_part_of(pin: &str, what: &str, bytes: &[u8]) {
    for part in [&pin[..6], &pin[6..]] {
        let is_there = bytes.windows(part.len()).any(|window| window == part.as_bytes());
        assert!(!is_there, "{what} shows {part} of {pin}");
    }
}

#[test]
fn a_capture_opens_in_wireshark_and_shows_no_key() {
    let stage = Stage::with(&[]);
    certified(&stage);
    let file = stage.path().join("calls.pcapng");
    let tls = "-o sip.tls=127.0.0.1:0 -o sip.certificate=cert.pem -o sip.key=key.pem";
    let served = served_at(stage, &format!("{tls} --pcap calls.pcapng"), &[]);
    let (program, at) = (Program::new(&served), address(&served));
    let (id, pin) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let secure = Phone::tls(tls_address(&served), &served.stage.path().join("cert.pem"));
    let mut callers = [Phone::udp(at), Phone::tcp(at), secure];
    callers[0].keys_by = Keys::Events;
    for caller in &mut callers {
        reach_question(caller, &mut stream, &id);
    }
    for caller in &mut callers {
        caller.keys(&format!("*{pin}#"));
        caller.tones(&pin);
        caller.hold(KEPT, 10);
    }
    let mut dialled = Phone::udp(at);
    assert_eq!(dialled.dial(&format!("+14255550100,,{id}%23*{pin}%23")), 200);
    stream.until(|event| event["event"] == "started");
    assert_eq!(dialled.bye(), 200);
    for caller in &mut callers {
        assert_eq!(caller.bye(), 200);
    }
    until_free(&served);
    let (code, stage) = served.ended();
    assert_eq!(code, 0);

    let bytes = std::fs::read(&file).unwrap();
    assert_no_part_of(&pin, "the file", &bytes);
    let comment = b"Keys are masked";
    assert!(bytes.windows(comment.len()).any(|window| window == comment));
    let wrong = "_ws.malformed || _ws.expert.severity >= 0x600000 || tcp.analysis.flags";
    assert_eq!(frames(&file, wrong, &["frame.number", "_ws.expert.message"]), [""; 0]);
    let calls = frames(&file, "sip.Method == \"INVITE\" && !sip.Status-Line", &["sip.r-uri"]);
    let masked = format!("sip:+14255550100,{}@{at}", "0".repeat(id.len() + pin.len() + 8));
    assert!(calls.len() >= 4 && calls.contains(&masked), "{calls:?}");
    let keys = frames(&file, "sip.Method == \"INFO\"", &["sip.msg_body"]);
    assert!(keys.len() >= 2 * (id.len() + pin.len()), "{keys:?}");
    let events = frames(&file, "rtpevent", &["rtpevent.event_id", "rtpevent.volume", "rtpevent.duration"]);
    assert!(events.len() >= 6 * pin.len(), "{events:?}");
    assert!(events.iter().all(|event| event.starts_with("0|63|")), "{events:?}");
    assert!(events.iter().any(|event| event == "0|63|480"), "{events:?}");
    assert!(!frames(&file, "rtcp.pt == 200", &["rtcp.senderssrc"]).is_empty());
    let sounds = sounds(&file);
    // What three callers said, and what they heard.
    assert!(sounds.len() >= 6, "{} streams", sounds.len());
    for codes in &sounds {
        let mut samples = Vec::new();
        Law::Pcmu.decode(codes, &mut samples);
        assert_eq!(decode(&samples).len(), 0, "keys are in the sound");
    }
    let kept = |codes: &&Vec<u8>| codes.iter().filter(|code| **code == KEPT).count() == 10 * 160;
    assert_eq!(sounds.iter().filter(kept).count(), 3, "what is not a key is kept");
    drop(stage);
}

#[test]
fn without_telephones_there_is_nothing_to_write() {
    let ended = Stage::with(&[]).attendant("serve --pcap calls.pcapng");
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("there is nothing to write"), "{}", ended.err);
}

/// The chunks of a HEP3 datagram, by their kind.
fn chunks(datagram: &[u8]) -> BTreeMap<u16, Vec<u8>> {
    assert_eq!(&datagram[..4], b"HEP3");
    let (mut rest, mut chunks) = (&datagram[6..], BTreeMap::new());
    while let [_, _, k1, k2, l1, l2, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([l1, l2]));
        chunks.insert(u16::from_be_bytes([k1, k2]), rest[6..length].to_vec());
        rest = &rest[length..];
    }
    chunks
}

#[test]
fn a_hep_collector_gets_the_messages_and_reports_of_a_call() {
    let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
    collector.set_read_timeout(Some(LIMIT)).unwrap();
    let served = served(&format!("--hep {}", collector.local_addr().unwrap()));
    let (program, at) = (Program::new(&served), address(&served));
    let (id, pin) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    reach_question(&mut phone, &mut stream, &id);
    phone.keys(&format!("*{pin}#"));
    phone.silence(10);
    assert_eq!(phone.bye(), 200);
    let (mut messages, mut call_ids) = (String::new(), Vec::new());
    let report: Value = loop {
        let mut buffer = [0; 4_096];
        let length = collector.recv(&mut buffer).unwrap();
        let chunks = chunks(&buffer[..length]);
        call_ids.push(String::from_utf8(chunks[&17].clone()).unwrap());
        match chunks[&11][..] {
            [1] => messages += &String::from_utf8(chunks[&15].clone()).unwrap(),
            [5] => break serde_json::from_slice(&chunks[&15]).unwrap(),
            ref other => panic!("{other:?}"),
        }
    };
    call_ids.dedup();
    assert_eq!(call_ids.len(), 1, "{call_ids:?}");
    assert!(messages.contains(&format!("Call-ID: {}", call_ids[0])));
    for start in ["INVITE sip:", "ACK sip:", "INFO sip:", "BYE sip:", "SIP/2.0 200 OK"] {
        assert!(messages.contains(start), "{start} is missing in {messages}");
    }
    assert_eq!(messages.matches("Signal=0").count(), messages.matches("Signal=").count());
    assert_no_part_of(&pin, "a message", messages.as_bytes());
    assert!(report["ssrc"].is_u64() && report["type"].is_u64(), "{report}");
}
