//! Calls from end to end: who hears whom is asked of the event stream.

use std::fs;

use attendant::media::g711::Law;
use attendant::media::wav;
use serde_json::{Value, json};

use super::phone::{Keys, Phone};
use super::{
    AMOS, address, certified, meeting, reach_question, served, served_at, served_on, tls_address, until_free,
};
use crate::stage::Stage;
use crate::web::{Program, Stream};

#[test]
fn three_wait_and_the_organizers_pin_releases_them() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let (id, pin) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut callers = [Phone::udp(at), Phone::tcp(at), Phone::udp(at)];
    callers[2].keys_by = Keys::Events;
    for caller in &mut callers {
        reach_question(caller, &mut stream, &id);
        let parked = stream.until(|event| event["event"] == "parked");
        let name = parked["caller"].as_str().unwrap();
        assert!(name.starts_with("Pat phone") && name.ends_with("(+14255550199)"), "{name}");
    }
    let mut organizer = Phone::udp(at);
    reach_question(&mut organizer, &mut stream, &id);
    organizer.keys("*");
    stream.until(|event| event["prompt"] == "enter-pin");
    organizer.keys(&format!("{pin}#"));
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "pin");
    for _ in 0..3 {
        stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    }
    for caller in &mut callers {
        assert_eq!(caller.bye(), 200);
    }
    assert_eq!(organizer.bye(), 200);
    for _ in 0..4 {
        let finished = stream.until(|event| event["event"] == "finished");
        assert_eq!(finished["detail"], "joined", "{finished}");
    }
    until_free(&served);
}

#[test]
fn telephones_hear_sounds_of_ones_own() {
    let stage = Stage::with(&[]);
    fs::create_dir_all(stage.path().join("mine/en-US")).unwrap();
    fs::write(stage.path().join("mine/en-US/welcome.wav"), wav::write(&[5_000; 16_000])).unwrap();
    let served = served_at(stage, "--assets mine", &[]);
    let mut phone = Phone::udp(address(&served));
    assert_eq!(phone.dial("14255550100"), 200);
    let (mut packet, own) = ([0; 2_048], Law::Pcmu.encode_sample(5_000));
    let is_own = |packet: &[u8]| {
        packet.get(12..).is_some_and(|codes| codes.len() == 160 && codes.iter().all(|code| *code == own))
    };
    let heard = std::iter::from_fn(|| {
        let length = phone.media.recv(&mut packet).ok()?;
        Some(is_own(&packet[..length]))
    });
    assert!(heard.take(50).any(|is_own| is_own), "a packet of nothing but our welcome");
    assert_eq!(phone.bye(), 200);
    until_free(&served);
}

#[test]
fn a_telephone_and_a_simulated_caller_meet() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let (id, pin) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    reach_question(&mut phone, &mut stream, &id);
    let parked = stream.until(|event| event["event"] == "parked");
    let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    program.does("POST", "/calls", &organizer, 202);
    let joined = stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    assert_eq!(joined["call"], parked["call"]);
    let user = program.does("GET", &format!("/users/{AMOS}"), &Value::Null, 200)["user"].clone();
    let inside = program.does("GET", &format!("/meetings/{}", user["id"]), &Value::Null, 200);
    assert_eq!(inside["callers"].as_array().unwrap().len(), 2, "{inside}");
    program.does("POST", &format!("/meetings/{}/end", user["id"]), &Value::Null, 204);
    assert_eq!(phone.until_hung_up(), "Q.850;cause=16");
    until_free(&served);
}

#[test]
fn over_tcp_a_call_may_come_byte_by_byte() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let (id, _) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::tcp(at);
    phone.split();
    reach_question(&mut phone, &mut stream, &id);
    assert_eq!(phone.bye(), 200);
    until_free(&served);
}

#[test]
fn over_tls_a_call_is_placed_and_hung_up() {
    let stage = Stage::with(&[]);
    certified(&stage);
    let options = "-o sip.tls=127.0.0.1:0 -o sip.certificate=cert.pem -o sip.key=key.pem";
    let served = served_at(stage, options, &[]);
    let (program, at) = (Program::new(&served), tls_address(&served));
    let (id, _) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::tls(at, &served.stage.path().join("cert.pem"));
    reach_question(&mut phone, &mut stream, &id);
    assert_eq!(phone.bye(), 200);
    until_free(&served);
}

#[test]
fn keys_may_follow_the_number() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let (id, _) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    assert_eq!(phone.dial(&format!("+14255550100,,{id}%23")), 200);
    let keyed = stream.until(|event| event["event"] == "conference_id_keyed");
    assert_eq!(keyed["yes"], true);
    assert_eq!(phone.bye(), 200);
    until_free(&served);
}

#[test]
fn the_record_of_a_telephone_masks_its_number() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let (id, _) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    reach_question(&mut phone, &mut stream, &id);
    assert_eq!(phone.bye(), 200);
    stream.until(|event| event["event"] == "finished");
    let (_, stage) = served.ended();
    let printed = stage.attendant("records --json --directory d/users.db").out;
    let record: Value = serde_json::from_str(printed.trim()).unwrap();
    assert_eq!((&record["from"], &record["outcome"]), (&json!("+14255550***"), &json!("abandoned")));
    assert!(record["name"].as_str().unwrap().starts_with("Pat phone"), "{record}");
    assert!(!printed.contains("0199"), "{printed}");
}

/// The value of the column with this head.
fn column<'r>(head: &csv::StringRecord, row: &'r csv::StringRecord, name: &str) -> &'r str {
    row.get(head.iter().position(|it| it == name).unwrap()).unwrap()
}

#[test]
fn the_records_of_a_telephone_are_read_by_other_systems() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let (id, _) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    reach_question(&mut phone, &mut stream, &id);
    assert_eq!(phone.bye(), 200);
    stream.until(|event| event["event"] == "finished");
    let (_, stage) = served.ended();
    let printed =
        |format: &str| stage.attendant(&format!("records --format {format} --directory d/users.db"));
    let teams = printed("teams-csv");
    assert_eq!(teams.err, "");
    let mut teams = csv::Reader::from_reader(teams.out.as_bytes());
    let head = teams.headers().unwrap().clone();
    let rows: Vec<_> = teams.records().map(Result::unwrap).collect();
    let of = |name| column(&head, &rows[0], name);
    assert_eq!((rows.len(), head.len()), (1, 20));
    assert_eq!(
        (of("Conference ID"), of("Call Type"), of("Caller ID")),
        (id.as_str(), "conf_in", "+14255550***")
    );
    assert_eq!(of("Destination Number"), "+14255550100");
    assert!(of("Duration Seconds").parse::<u32>().is_ok() && of("End Time") > of("Start Time"));
    let graph: Value = serde_json::from_str(&printed("graph-json").out).unwrap();
    assert_eq!((&graph["@odata.count"], &graph["value"][0]["conferenceId"]), (&json!(1), &json!(id)));
    let asterisk = printed("asterisk-csv").out;
    let mut asterisk = csv::ReaderBuilder::new().has_headers(false).from_reader(asterisk.as_bytes());
    let row = asterisk.records().next().unwrap().unwrap();
    assert_eq!((row.len(), &row[1], &row[2], &row[14]), (18, "+14255550***", "+14255550100", "ANSWERED"));
    let cel = printed("asterisk-cel").out;
    let mut cel = csv::ReaderBuilder::new().has_headers(false).from_reader(cel.as_bytes());
    let events: Vec<String> = cel.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(
        events,
        ["CHAN_START", "ANSWER", "APP_START", "APP_END", "HANGUP", "CHAN_END", "LINKEDID_END"]
    );
}

#[test]
fn a_press_told_by_info_and_by_event_counts_once() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let (id, _) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    assert_eq!(phone.dial("+14255550100"), 200);
    for key in format!("{id}#").chars() {
        for way in [Keys::Events, Keys::Info] {
            phone.keys_by = way;
            phone.keys(&key.to_string());
        }
    }
    let keyed = stream.until(|event| event["event"] == "conference_id_keyed");
    assert_eq!(keyed["yes"], true, "{keyed}");
}

#[test]
fn a_caller_who_cancels_is_told_so() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    phone.invite("+14255550100");
    // The bridge answers at once: either the call is not answered yet, or it is, and the CANCEL changes nothing.
    match phone.cancel() {
        (200, 487) => {}
        (200, 200) => assert_eq!(phone.bye(), 200),
        other => panic!("{other:?}"),
    }
    stream.until(|event| event["event"] == "finished");
    until_free(&served);
}

#[test]
fn an_update_holds_a_call_and_moves_its_sound() {
    let served = served("");
    let mut phone = Phone::udp(address(&served));
    assert_eq!(phone.dial("+14255550100"), 200);
    assert_eq!(phone.update("sendonly"), "recvonly");
    phone.move_media();
    assert_eq!(phone.update("sendrecv"), "sendrecv");
    let (_, from) = phone.media.recv_from(&mut [0; 200]).unwrap();
    assert_eq!(Some(from), phone.bridge_media);
    assert_eq!(phone.bye(), 200);
    until_free(&served);
}

#[test]
fn a_telephone_calls_by_ipv6() {
    let served = served_on("[::1]:0", Stage::with(&[]), "", &[]);
    let (program, at) = (Program::new(&served), address(&served));
    let (id, _) = meeting(&program);
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    phone.keys_by = Keys::Events;
    reach_question(&mut phone, &mut stream, &id);
    let (length, from) = phone.media.recv_from(&mut [0; 200]).unwrap();
    assert_eq!((length, Some(from)), (172, phone.bridge_media));
    assert_eq!(phone.bye(), 200);
    until_free(&served);
}

#[test]
fn what_a_telephone_hears_goes_to_its_port() {
    let served = served("");
    let at = address(&served);
    let mut phone = Phone::udp(at);
    assert_eq!(phone.dial("+14255550100"), 200);
    let bridge = phone.bridge_media.unwrap();
    let mut packet = [0; 200];
    for _ in 0..10 {
        let (length, from) = phone.media.recv_from(&mut packet).unwrap();
        assert_eq!((length, from, packet[1] & 0x7f), (172, bridge, 0));
    }
    phone.silence(10);
    assert_eq!(phone.bye(), 200);
    until_free(&served);
}
