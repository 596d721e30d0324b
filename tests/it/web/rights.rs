//! Rights that end while somebody uses them.

use std::io::Read as _;
use std::time::Duration;

use attendant::clock;

use super::live::Program;
use super::{Person, Served};

const KIM: &str = "kim@contoso.com";

/// Until a stream has ended whose right has: much longer than the second that it may take, and shorter than the 20 s after
/// which it looks by itself.
const SOON: Duration = Duration::from_secs(10);

/// Reads a stream to its end.
fn ends_soon(path: &str, served: &Served, headers: &[(&str, &str)], change: impl FnOnce()) {
    let mut response = served.open("GET", path, headers, "");
    assert_eq!(response.status().as_u16(), 200);
    let mut stream = response.body_mut().as_reader();
    let mut first = [0];
    stream.read_exact(&mut first).unwrap();
    change();
    let begun = clock::now();
    std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    let went_on = clock::now().duration_since(begun);
    assert!(went_on < SOON, "{path} went on for {went_on:?}");
}

#[test]
fn a_demoted_administrator_resets_no_pin_by_a_token() {
    let served = Served::start();
    served.attendant(&format!("users enable {KIM}"));
    served.attendant(&format!("accounts give {KIM} --administrator"));
    let program = Program::new(&served);
    let path = format!("/api/v1/users/{KIM}/reset-pin");
    let bearer = format!("Bearer {}", program.token);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "once")];
    assert_eq!(served.send("POST", &path, &headers, "").status, 200);
    let demoted = served.attendant(&format!("accounts give {KIM}"));
    assert!(demoted.err.contains("revoked an administrator's token"), "{}", demoted.err);
    assert_eq!(served.send("POST", &path, &headers[..1], "").status, 401);
    assert_eq!(served.send("POST", &path, &headers, "").status, 401, "the answer that was kept is not given");
    let issued =
        served.stage.attendant(&format!("tokens issue {KIM} --administrator --directory d/users.db"));
    assert!(
        issued.code == 2 && issued.err.contains(&format!("the account {KIM} is not an administrator's")),
        "{issued:?}"
    );
}

#[test]
fn a_stream_of_events_ends_with_its_token() {
    let served = Served::start();
    let program = Program::new(&served);
    let token = program.token.split('_').nth(1).unwrap();
    let bearer = format!("Bearer {}", program.token);
    ends_soon("/api/v1/events", &served, &[("authorization", &bearer)], || {
        served.attendant(&format!("tokens revoke {token}"));
    });
}

#[test]
fn a_board_ends_with_the_role_of_who_watches() {
    let served = Served::start();
    served.attendant(&format!("users enable {KIM}"));
    let given = served.attendant(&format!("accounts give {KIM} --administrator"));
    let kim = Person::new(&served, KIM, given.out.trim());
    ends_soon("/live/stream", &served, &[("cookie", &kim.cookie)], || {
        served.attendant(&format!("accounts give {KIM}"));
    });
}
