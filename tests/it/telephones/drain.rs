//! The end of the service, with calls up.

use rustix::process::Signal;
use serde_json::Value;

use super::phone::Phone;
use super::{address, served};
use crate::web::Program;

const WAITS: &str = "waiting for calls of telephones to end";

#[test]
fn at_a_stop_calls_end_by_themselves_and_none_begins() {
    // Only the callers end this: nothing does for an hour.
    let served = served("-o sip.drain=1h");
    let at = address(&served);
    let mut phones = [Phone::udp(at), Phone::tcp(at)];
    assert_eq!(phones.each_mut().map(|phone| phone.dial("bridge")), [200, 200]);
    served.signal(Signal::TERM);
    served.until_log(|log| log.contains(WAITS));
    assert!(served.log().contains("calls=2 within=\"1h\""), "{}", served.log());
    assert_eq!(Phone::udp(at).dial("bridge"), 503);
    assert_eq!(Phone::udp(at).options(), 503);
    assert_eq!(served.get("/readyz").text, "not ready: the program is ending\n");
    assert_eq!(served.get("/healthz").status, 200, "the admin center shows who is waited for");
    phones[0].keys("1");
    assert_eq!(phones.each_mut().map(Phone::bye), [200, 200]);
    let (code, log) = served.until_ended();
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("all calls have ended") && !log.contains("failed(bridge)"), "{log}");
}

#[test]
fn a_second_signal_hangs_up_and_waits_for_nobody() {
    let served = served("-o sip.drain=1h");
    let mut phone = Phone::udp(address(&served));
    assert_eq!(phone.dial("bridge"), 200);
    served.signal(Signal::TERM);
    served.until_log(|log| log.contains(WAITS));
    served.signal(Signal::TERM);
    assert_eq!(phone.until_hung_up(), "Q.850;cause=16");
    assert_eq!(served.until_ended().0, 130);
}

#[test]
fn the_end_of_the_service_hangs_up_every_call() {
    let served = served("-o sip.drain=1ms");
    let at = address(&served);
    let mut phones = [Phone::udp(at), Phone::tcp(at)];
    assert_eq!(phones.each_mut().map(|phone| phone.dial("bridge")), [200, 200]);
    served.signal(Signal::TERM);
    let reasons = phones.each_mut().map(Phone::until_hung_up);
    assert_eq!(reasons, ["Q.850;cause=16", "Q.850;cause=16"]);
    let (code, log) = served.until_ended();
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("hung up: their time is over calls=2"), "{log}");
    assert!(log.contains("all calls have ended"), "{log}");
}

#[test]
fn nothing_in_the_log_tells_a_key() {
    const ID: &str = "918273645";
    const WRONG: &str = "564738291";
    let served = super::served_at(crate::stage::Stage::with(&[]), "", &[("RUST_LOG", "trace")]);
    let (program, at) = (Program::new(&served), address(&served));
    let _user = program.does("GET", "/tenant", &Value::Null, 200);
    let mut phone = Phone::udp(at);
    assert_eq!(phone.dial(&format!("+14255550100,,{ID}%23")), 200);
    phone.keys(&format!("{WRONG}#"));
    assert_eq!(phone.bye(), 200);
    served.until_log(|log| log.contains("a telephone's call is over"));
    let log = served.log();
    for keys in [ID, WRONG, &ID[..5], &WRONG[4..]] {
        assert!(!log.contains(keys), "the log tells {keys}");
    }
    assert!(log.contains("Signal=x") && !log.contains("Signal=5"), "that keys came is shown: {log}");
}
