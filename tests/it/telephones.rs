//! Telephones that call the real program over real sockets.

mod calls;
mod capture;
mod drain;
mod ends;
mod phone;
mod rights;
mod torture;

use std::net::SocketAddr;
use std::process::Command;

use serde_json::json;

use crate::bounded::{self, until};
use crate::stage::Stage;
use crate::web::{AMOS, Program, Served, Stream};
use phone::Phone;

/// The program, with telephones at a free port. They play in real time.
pub(super) fn served(options: &str) -> Served {
    served_at(Stage::with(&[]), options, &[])
}

pub(super) fn served_at(stage: Stage, options: &str, environment: &[(&str, &str)]) -> Served {
    served_on("127.0.0.1:0", stage, options, environment)
}

fn served_on(address: &str, stage: Stage, options: &str, environment: &[(&str, &str)]) -> Served {
    Served::at(stage, &format!("--speed 1 --sip {address} {options}"), environment)
}

/// Where telephones call, as the start says it.
pub(super) fn address(served: &Served) -> SocketAddr {
    said(served, "telephones can call sip=")
}

/// The same for TLS.
pub(super) fn tls_address(served: &Served) -> SocketAddr {
    said(served, " sips=")
}

fn said(served: &Served, before: &str) -> SocketAddr {
    let found = |log: &str| Some(log.split_once(before)?.1.split_whitespace().next()?.to_owned());
    served.until_log(|log| found(log).is_some());
    found(&served.log()).unwrap().parse().unwrap()
}

/// A meeting of Amos in which nobody is asked for a name: the conference ID and the PIN.
pub(super) fn meeting(program: &Program<'_>) -> (String, String) {
    program.does("PATCH", "/tenant", &json!({ "name_recording": false }), 200);
    program.enable()
}

/// What the program shows of its rows.
pub(super) fn rows(served: &Served, gauge: &str) -> usize {
    let text = served.get("/metrics").text;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("attendant_{gauge} ")));
    line.unwrap_or_else(|| panic!("no {gauge} in {text}")).parse().unwrap()
}

/// Waits until no call has a row any more.
pub(super) fn until_free(served: &Served) {
    for gauge in ["sip_dialogs", "sip_calls"] {
        until(&format!("no {gauge} is left"), || rows(served, gauge) == 0);
    }
}

/// A certificate for this machine, made by OpenSSL.
pub(super) fn certified(stage: &Stage) {
    let line = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
                -addext subjectAltName=IP:127.0.0.1,DNS:localhost -addext basicConstraints=critical,CA:false \
                -keyout key.pem -out cert.pem";
    let mut openssl = Command::new("openssl");
    let made = bounded::output(openssl.args(line.split_whitespace()).current_dir(stage.path()));
    assert!(made.expect("`.ci/test` installs openssl").status.success());
}

/// Dials, keys the conference ID, and waits for the question for the organizer.
fn reach_question(phone: &mut Phone, stream: &mut Stream, id: &str) {
    assert_eq!(phone.dial("+14255550100"), 200);
    phone.keys(&format!("{id}#"));
    stream.until(|event| event["prompt"] == "press-star-if-organizer");
}
