//! Webhooks: a receiver is told what happens in meetings, in order, and again where it was not there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use super::live::{Program, Stream};
use super::{AMOS, Served};
use crate::disk::Disk;
use crate::stage::Stage;

/// Longer than anything takes that does not fail.
const DEADLINE: Duration = Duration::from_secs(60);

const SECRET: &str = "0123456789abcdef-of-the-receiver";

/// A request as it came.
struct Posted {
    head: String,
    body: String,
}

impl Posted {
    fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let mut part = [0; 4_096];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse::<usize>().unwrap())
                });
                if body.len() >= length.unwrap() {
                    return Self { head: head.to_ascii_lowercase(), body: body.to_owned() };
                }
            }
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0, "the request breaks off: {text}");
            bytes.extend_from_slice(&part[..read]);
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver that answers so, in turn, and then 204.
fn receiver(answers: &'static [&'static str]) -> (SocketAddr, Receiver<Posted>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (told, posted) = sync_channel(64);
    thread::spawn(move || {
        let mut answers = answers.iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = Posted::read(&mut stream);
            let answer = answers.next().unwrap_or(&"204 No Content");
            let _gone = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if told.send(request).is_err() {
                return;
            }
        }
    });
    (address, posted)
}

/// A meeting of two callers and the organizer, whom a wrong PIN kept waiting; a person ends it. Returns the right PIN.
fn meeting(served: &Served) -> String {
    let program = Program::new(served);
    let (id, pin) = program.enable();
    let mut stream = Stream::open(served, &program.token);
    program.does("POST", "/calls", &json!({ "scene": "waiting", "callers": 2, "conference_id": id }), 202);
    for _ in 0..2 {
        stream.until(|event| event["event"] == "parked");
    }
    let organizer = json!({ "scene": "organizer", "conference_id": id, "pin": pin });
    program.does("POST", "/calls", &organizer, 202);
    let started = stream.until(|event| event["event"] == "started");
    program.does("POST", &format!("/meetings/{}/end", started["meeting"]), &Value::Null, 204);
    pin
}

fn until_end(posted: &Receiver<Posted>) -> Vec<Posted> {
    let mut all = Vec::new();
    loop {
        let request = posted.recv_timeout(DEADLINE).expect("the receiver is told of the end");
        let is_end = request.body.replace("%2D", "-").contains("conference-end");
        all.push(request);
        if is_end {
            return all;
        }
    }
}

#[test]
fn a_receiver_is_told_in_order_and_again_what_it_did_not_take() {
    let (address, posted) = receiver(&["503 Service Unavailable"]);
    let options = format!("-o webhooks.url=http://{address}/hook");
    let served = Served::at(Stage::with(&[]), &options, &[("ATTENDANT_WEBHOOKS_SECRET", SECRET)]);
    let pin = meeting(&served);
    let all = until_end(&posted);
    assert_eq!(all[0].body, all[1].body, "what was refused comes again, before all else");
    let told: Vec<Value> = all[1..].iter().map(Posted::json).collect();
    let sequence: Vec<u64> = told.iter().map(|it| it["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequence, (1..=told.len() as u64).collect::<Vec<_>>());
    let count = |event: &str| told.iter().filter(|it| it["event"] == event).count();
    let counted =
        ["participant-waiting", "conference-start", "participant-join", "conference-end"].map(count);
    assert_eq!(counted, [2, 1, 3, 1], "{told:?}");
    assert!(told.iter().all(|it| it["meeting"] == AMOS && it["conference"] == told[0]["conference"]));
    assert_eq!(told.last().unwrap()["reason"], "person");
    for request in &all {
        assert!(request.head.starts_with("post /hook http/1.1"), "{}", request.head);
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(request.body.as_bytes());
        let signature: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            request.head.contains(&format!("x-attendant-signature: sha256={signature}")),
            "{}",
            request.head
        );
        assert!(!request.body.contains(&pin), "no webhook tells a PIN");
    }
}

#[test]
fn a_receiver_may_want_some_events_in_twilio_s_form() {
    let (address, posted) = receiver(&[]);
    let options = format!(
        "-o webhooks.url=http://{address} -o webhooks.format=twilio -o webhooks.events=conference-start,conference-end"
    );
    let served = Served::with(Stage::with(&[]), &options);
    meeting(&served);
    let all = until_end(&posted);
    assert_eq!(all.len(), 2);
    assert!(
        all[0].body.contains("StatusCallbackEvent=conference%2Dstart&SequenceNumber=1&"),
        "{}",
        all[0].body
    );
    assert!(all[1].body.contains("ReasonConferenceEnded=person"), "{}", all[1].body);
    assert!(all[0].head.contains("content-type: application/x-www-form-urlencoded"), "{}", all[0].head);
}

#[test]
fn a_receiver_that_cannot_be_is_refused_at_the_start() {
    for (settings, why) in [
        ("url = \"ftp://example.com\"", "no URL that starts with http:// or https://"),
        ("url = \"http://localhost/\"\nevents = \"joined\"", "`joined` is no event of a webhook"),
        ("url = \"http://localhost/\"\nsecret = \"short\"", "can be guessed"),
    ] {
        let stage = Stage::with(&[("a.toml", &format!("[webhooks]\n{settings}\n"))]);
        let refused = stage.attendant("config check --config a.toml");
        assert!(refused.code == 2 && refused.err.contains(why), "{settings}: {}", refused.err);
    }
}

#[test]
fn several_receivers_are_told_and_none_waits_for_one_that_is_down() {
    let ((native, posted), (twilio, forms)) = (receiver(&[]), receiver(&[]));
    // Nobody listens at port 9 of this machine.
    let options = format!(
        "-o webhooks.url=http://{native} -o webhooks.second.url=http://{twilio}/hook?a=b -o webhooks.second.format=twilio \
         -o webhooks.third.url=http://127.0.0.1:9/secret"
    );
    let served = Served::at(Stage::with(&[]), &options, &[("ATTENDANT_WEBHOOKS_SECOND_SECRET", SECRET)]);
    meeting(&served);
    let (told, forms) = (until_end(&posted), until_end(&forms));
    assert_eq!(told.len(), forms.len());
    assert!(told.iter().all(|request| !request.head.contains("signature")), "the first has no secret");
    for request in &forms {
        let mut fields: Vec<(&str, String)> = request
            .body
            .split('&')
            .filter_map(|field| field.split_once('='))
            .map(|(name, value)| {
                (name, percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
            })
            .collect();
        fields.sort_unstable();
        let signed: String = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
        let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("http://{twilio}/hook?a=b{signed}").as_bytes());
        let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let header = format!("x-twilio-signature: {}", signature.to_ascii_lowercase());
        assert!(request.head.contains(&header), "{}", request.head);
    }
    served.until_log(|log| log.contains("does not take webhooks"));
    let log = served.log();
    assert_eq!(log.matches("does not take webhooks").count(), 1, "once, however many fail: {log}");
    assert!(log.contains("receiver=\"127.0.0.1:9\"") && !log.contains("/secret"), "{log}");
    let (_code, stage) = served.ended();
    drop(stage);
}

#[test]
fn a_full_disk_costs_no_webhook_and_records_wait_for_room() {
    let (address, posted) = receiver(&[]);
    let stage = Stage::with(&[]);
    let disk = Disk::mount(&stage, "d", 4_096);
    let served = Served::with(stage, &format!("--speed 10 -o webhooks.url=http://{address}"));
    let program = Program::new(&served);
    program.does("POST", "/calls", &json!({ "scene": "meeting", "callers": 3 }), 202);
    disk.fill();
    let told = until_end(&posted);
    let count = |event: &str| told.iter().filter(|it| it.json()["event"] == event).count();
    assert_eq!((count("conference-start"), count("participant-join")), (1, 4));
    served.until_log(|log| log.contains("records of calls wait until the directory takes them"));
    disk.free();
    let kept = || {
        let page = program.does("GET", "/records", &Value::Null, 200);
        page["records"].as_array().unwrap().len()
    };
    while kept() < 5 {}
    assert_eq!(kept(), 5, "four calls and the meeting, each once");
    let stage = served.kill();
    drop(disk);
    drop(stage);
}

#[test]
fn what_waits_for_a_receiver_is_lost_with_a_kill_and_nothing_comes_twice() {
    const DOWN: &[&str] = &["503 Service Unavailable"; 16];
    let (address, posted) = receiver(DOWN);
    let options = format!("-o webhooks.url=http://{address}");
    let served = Served::with(Stage::with(&[]), &options);
    let program = Program::new(&served);
    program.does("POST", "/calls", &json!({ "scene": "waiting", "callers": 2 }), 202);
    let first = posted.recv_timeout(DEADLINE).unwrap().json();
    assert_eq!((&first["event"], &first["sequence"]), (&json!("participant-waiting"), &json!(1)));
    let second = served.second_start(&format!("--directory d/users.db {options}"));
    assert!(second.contains("serve"), "a second bridge on the directory does not start: {second}");
    let (address, posted) = receiver(&[]);
    let served = Served::with(served.kill(), &format!("-o webhooks.url=http://{address}"));
    meeting(&served);
    let told: Vec<Value> = until_end(&posted).iter().map(Posted::json).collect();
    assert!(told.iter().all(|it| it["conference"] != first["conference"]), "another run, other names");
    let sequence: Vec<u64> = told.iter().map(|it| it["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequence, (1..=told.len() as u64).collect::<Vec<_>>());
}
