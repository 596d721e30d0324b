//! A directory that cannot be written, or is gone: told within 2 s and once, and over when it is over.

use super::live::Program;
use super::program::OWN;
use super::{AMOS, Person, Served};
use crate::bounded::until;
use crate::disk::Disk;
use crate::postgres::new_database;
use crate::postgres_route::Route;
use crate::stage::Stage;

/// Waits until the directory was told to be gone and to be back so often, and not more often.
fn until_told(served: &Served, expected: (usize, usize)) {
    served.until_log(|log| {
        let times = |line: &str| log.matches(line).count();
        let told = (times("the directory does not answer"), times("the directory answers again"));
        assert!(told.0 <= expected.0 && told.1 <= expected.1, "{log}");
        told == expected
    });
}

#[test]
fn a_full_disk_costs_what_it_refuses_and_nothing_after() {
    let stage = Stage::with(&[]);
    let disk = Disk::mount(&stage, "d", 4_096);
    let served = Served::with(stage, "");
    drop(Person::admin(&served));
    let program = Program::new(&served);
    program.enable();
    let bearer = format!("Bearer {}", program.token);
    let reset = format!("/api/v1/users/{AMOS}/reset-pin");
    let status = || served.status("POST", &reset, &[("authorization", &bearer)]);
    let mut acknowledged = 0;
    for outage in 1..=3 {
        disk.fill();
        // What the files have room for is still done.
        while status() == Some(200) {
            acknowledged += 1;
        }
        let unready = served.within_2_s("/readyz");
        assert_eq!(unready.status, 503, "{}", unready.text);
        assert!(unready.text.starts_with("not ready: ") && unready.text.contains("full"), "{}", unready.text);
        assert_eq!(status(), Some(503));
        disk.free();
        assert_eq!(served.within_2_s("/readyz").text, "ready\n");
        assert_eq!(status(), Some(200), "resets go on");
        acknowledged += 1;
        assert_eq!(Person::stranger(&served).sign_in("admin", OWN).status, 303, "people sign in");
        until_told(&served, (outage, outage));
    }
    served.attendant("audit verify");
    let audit = served.attendant("audit list --json").out;
    assert_eq!(audit.matches("reset_pin").count(), acknowledged, "{audit}");
    let mails = served.attendant("mail list --json").out;
    assert_eq!(mails.matches("pin_reset").count(), acknowledged, "a mail for each: {mails}");
    let stage = served.kill();
    drop(disk);
    drop(stage);
}

#[test]
fn a_full_disk_is_told_before_a_write_fails() {
    let stage = Stage::with(&[]);
    let disk = Disk::mount(&stage, "d", 4_096);
    let served = Served::with(stage, "");
    let bearer = format!("Bearer {}", Program::new(&served).token);
    let until_up_is = |up: u8| {
        let figure = format!("\nattendant_directory_up {up}\n");
        let scrape = || served.send("GET", "/metrics", &[("authorization", &bearer)], "").text;
        until("the figure follows", || scrape().contains(&figure));
    };
    until_up_is(1);
    disk.fill();
    // Nobody calls, and nobody asks whether it is ready.
    until_up_is(0);
    until_told(&served, (1, 0));
    assert!(served.log().contains("does not answer cause=the disk of "), "{}", served.log());
    let unready = served.within_2_s("/readyz");
    assert!(unready.status == 503 && unready.text.contains("is full"), "{}", unready.text);
    disk.free();
    until_up_is(1);
    until_told(&served, (1, 1));
    assert_eq!(served.within_2_s("/readyz").text, "ready\n");
    let stage = served.kill();
    drop(disk);
    drop(stage);
}

#[test]
fn a_limit_on_the_size_of_files_refuses_and_does_not_kill() {
    let served = Served::start();
    let program = Program::new(&served);
    program.enable();
    let bearer = format!("Bearer {}", program.token);
    let reset = format!("/api/v1/users/{AMOS}/reset-pin");
    let status = || served.status("POST", &reset, &[("authorization", &bearer)]);
    served.limit_files(Some(4_096));
    assert_eq!(status(), Some(503));
    assert_eq!(served.get("/healthz").status, 200, "it lives");
    served.limit_files(None);
    until("it is ready", || served.within_2_s("/readyz").status == 200);
    assert_eq!(status(), Some(200));
    served.attendant("audit verify");
}

#[test]
fn a_server_that_goes_is_told_within_2_s_and_once() {
    let (socket, database) = new_database();
    let mut route = Route::to(&socket);
    let directory =
        format!("--directory postgres://attendant@{}/{database}?sslmode=disable", route.address());
    let served = Served::on(Stage::with(&[]), &directory, "", &[]);
    assert_eq!(served.within_2_s("/readyz").text, "ready\n");

    route.cut();
    for _ in 0..3 {
        let gone = served.within_2_s("/readyz");
        assert_eq!(gone.status, 503);
        assert!(gone.text.starts_with("not ready: the directory does not answer: "), "{}", gone.text);
        assert!(gone.text.contains("refused"), "{}", gone.text);
    }
    until_told(&served, (1, 0));
    route.mend();
    until("it is ready", || served.within_2_s("/readyz").status == 200);
    until_told(&served, (1, 1));

    route.fall_silent();
    for _ in 0..3 {
        let silent = served.within_2_s("/readyz");
        assert!(silent.status == 503 && silent.text.contains("within"), "{}", silent.text);
    }
    route.mend();
    until("it is ready", || served.within_2_s("/readyz").status == 200);
    until_told(&served, (2, 2));
    let mut admin = Person::stranger(&served);
    assert_eq!(admin.sign_in("admin", &served.password).status, 303, "people sign in");
}

#[test]
fn a_server_that_goes_is_noticed_though_nobody_asks() {
    let (socket, database) = new_database();
    let mut route = Route::to(&socket);
    let directory =
        format!("--directory postgres://attendant@{}/{database}?sslmode=disable", route.address());
    let served = Served::on(Stage::with(&[]), &directory, "", &[]);
    route.cut();
    until_told(&served, (1, 0));
    let log = served.log();
    assert!(
        log.contains("does not answer cause=error communicating") && !log.contains("attendant@"),
        "with its cause, without its address: {log}"
    );
    route.mend();
    until_told(&served, (1, 1));
}
