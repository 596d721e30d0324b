//! Who may call, and what those are told who may not.

use std::net::UdpSocket;

use attendant::sip::message::{HeaderName, Method};
use serde_json::json;

use super::phone::Phone;
use super::{address, served, served_at, until_free};
use crate::stage::Stage;
use crate::web::{Program, Served};

#[test]
fn a_number_that_is_none_of_ours_is_not_found() {
    let served = served("");
    let (program, at) = (Program::new(&served), address(&served));
    assert_eq!(Phone::udp(at).dial("+14255550100"), 200, "without numbers, all of them are ours");
    program.does("POST", "/numbers", &json!({ "number": "+14255550100", "primary": "en-US" }), 201);
    crate::bounded::until("other numbers are nobody's", || Phone::udp(at).dial("+14255550111") == 404);
    assert_eq!(Phone::udp(at).dial("14255550100"), 200);
    assert_eq!(Phone::udp(at).dial("nobody"), 404);
}

#[test]
fn a_range_without_a_free_port_is_said() {
    // Each media thread, one for a core, takes an odd port of the range for reports.
    let calls = std::thread::available_parallelism().unwrap().get();
    let (first, last) = free_ports(u16::try_from(2 * calls).unwrap());
    let served = served(&format!("-o rtp.ports={first}-{last}"));
    let at = address(&served);
    served.until_log(|log| log.contains(&format!(" ports={calls} ")));
    let mut phones: Vec<Phone> = (0..calls).map(|_| Phone::udp(at)).collect();
    assert!(phones.iter_mut().all(|phone| phone.dial("bridge") == 200));
    let refused = Phone::udp(at).dial_for("bridge");
    assert_eq!(refused.code, 503);
    let again: u8 = refused.headers.get(&HeaderName::RetryAfter).unwrap().parse().unwrap();
    assert!((2..=8).contains(&again));
    served.until_log(|log| log.contains("no_ports 1"));
    let bearer = format!("Bearer {}", served.token());
    let text = served.send("GET", "/metrics", &[("authorization", &bearer)], "").text;
    for figure in [
        "attendant_sip_refused_total{reason=\"no_ports\"} 1",
        "attendant_sip_refused_total{reason=\"stranger\"} 0",
        "attendant_limit_reached_total{limit=\"telephone_calls\"} 1",
        "attendant_limit_reached_total{limit=\"media_keys\"} 0",
        &format!("attendant_limit{{limit=\"telephone_calls\"}} {calls}"),
        &format!("attendant_limit_used{{limit=\"telephone_calls\"}} {calls}"),
    ] {
        assert!(text.lines().any(|line| line == figure), "{figure}: {text}");
    }
    assert!(phones.iter_mut().all(|phone| phone.bye() == 200));
    until_free(&served);
}

#[test]
fn a_taken_port_costs_no_first_password() {
    let stage = Stage::with(&[]);
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended =
        stage.attendant(&format!("serve --directory d/users.db --listen 127.0.0.1:0 --sip 127.0.0.1:{port}"));
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{}", ended.err);
    let served = Served::with(stage, "--speed 1 --sip 127.0.0.1:0");
    assert!(!served.password.is_empty(), "the next start shows it");
}

/// The first and the last of so many ports that are free, from an even one on.
fn free_ports(count: u16) -> (u16, u16) {
    let bind = |port| UdpSocket::bind(("127.0.0.1", port)).ok();
    let mut tries = (0..1_000).filter_map(|_| Some(bind(0)?.local_addr().unwrap().port()));
    let first = tries.find(|first| {
        let range = *first..first.saturating_add(count);
        first % 2 == 0 && range.len() == usize::from(count) && range.map(bind).all(|bound| bound.is_some())
    });
    let first = first.expect("there are free ports");
    (first, first + count - 1)
}

/// A wrong password; the right one is not written anywhere else.
const USERS: &str = "# Telephones\nann:open sesame\nbob:x:y\n";

#[test]
fn a_password_is_asked_for_and_checked() {
    let stage = Stage::with(&[("sip-users", USERS)]);
    let served = served_at(stage, "-o sip.auth=file:sip-users", &[]);
    let at = address(&served);
    let mut phone = Phone::udp(at);
    let asked = phone.dial_for("bridge");
    assert_eq!(asked.code, 401);
    for (user, password, code) in [
        ("ann", "open barley", 403),
        ("eve", "open sesame", 403),
        ("ann", "open sesame", 200),
        ("bob", "x:y", 200),
    ] {
        let challenge = {
            let response = Phone::udp(at).dial_for("bridge");
            let values: Vec<_> =
                response.headers.all(&HeaderName::WwwAuthenticate).map(str::to_owned).collect();
            values.into_iter().find(|value| value.contains("MD5")).unwrap()
        };
        let mut phone = Phone::udp(at);
        phone.fields = format!("Authorization: {}\r\n", authorization(&challenge, user, password));
        assert_eq!(phone.dial("bridge"), code, "{user} {password}");
    }
    assert!(!served.log().contains("sesame"));
}

/// The answer to a challenge (RFC 7616 section 3.4.1), by MD5.
fn authorization(challenge: &str, user: &str, password: &str) -> String {
    use md5::Digest as _;
    let nonce = challenge.split_once("nonce=\"").unwrap().1.split_once('"').unwrap().0;
    let hash = |text: String| -> String {
        md5::Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let (first, second) = (hash(format!("{user}:attendant:{password}")), hash("INVITE:sip:x".to_owned()));
    let response = hash(format!("{first}:{nonce}:00000001:abc:auth:{second}"));
    format!(
        "Digest username=\"{user}\", realm=\"attendant\", nonce=\"{nonce}\", uri=\"sip:x\", algorithm=MD5, qop=auth, \
         nc=00000001, cnonce=\"abc\", response=\"{response}\""
    )
}

#[test]
fn passwords_may_come_by_a_variable() {
    let served = served_at(Stage::with(&[]), "-o sip.auth=env:SIP_USERS", &[("SIP_USERS", "ann:secret")]);
    assert_eq!(Phone::udp(address(&served)).dial("bridge"), 401);
}

#[test]
fn an_open_bridge_on_a_network_does_not_start() {
    let stage = Stage::with(&[]);
    let ended = stage.attendant("serve --listen 127.0.0.1:0 --sip 0.0.0.0:0 --directory d/users.db");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("everybody who reaches 0.0.0.0:0 could place calls"), "{}", ended.err);
    assert!(ended.err.contains("set sip.allow"), "{}", ended.err);
}

#[test]
fn a_listed_peer_or_a_clear_word_lets_it_start() {
    for option in ["-o sip.allow=192.0.2.0/24", "-o sip.open=i\u{20}know"] {
        let file = option.strip_prefix("-o ").unwrap().replace('=', " = \"") + "\"\n";
        let stage = Stage::with(&[("settings/attendant/attendant.toml", &file)]);
        let served = crate::web::Served::with(stage, "--speed 1 --sip 0.0.0.0:0 -o sip.advertised=192.0.2.1");
        served.until_log(|log| log.contains("telephones can call sip=0.0.0.0:"));
        let port = address(&served).port();
        let mut phone = Phone::udp(([127, 0, 0, 1], port).into());
        assert_eq!(phone.dial("bridge"), 200, "this machine may call");
        assert_eq!(phone.bridge_media.unwrap().ip().to_string(), "127.0.0.1", "and is told so");
    }
}

#[test]
fn telephones_play_no_faster_than_real_time() {
    let stage = Stage::with(&[]);
    let ended =
        stage.attendant("serve --listen 127.0.0.1:0 --sip 127.0.0.1:0 --speed 2 --directory d/users.db");
    assert!(ended.code == 2 && ended.err.contains("no faster than real time"), "{ended:?}");
}

#[test]
fn methods_that_nobody_serves_are_refused() {
    let served = served("");
    let mut phone = Phone::tcp(address(&served));
    assert_eq!(phone.options(), 200);
    assert_eq!(phone.ask("REGISTER", "").code, 405);
    let unknown = phone.ask("SUBSCRIBE", "");
    assert_eq!(unknown.code, 501);
    assert!(unknown.headers.lists(&HeaderName::Allow, Method::Invite.as_str()));
}
