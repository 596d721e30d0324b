//! Who gets in, what forged requests get, and what is told to browsers and to nobody.

use super::program::OWN;
use super::{AMOS, AMOS_PATH, Person, Served};
use crate::stage::Stage;

#[test]
fn the_first_password_is_printed_once_and_must_be_changed() {
    let served = Served::start();
    assert_eq!(served.password.len(), 19, "{}", served.password);
    let mut admin = Person::admin(&served);
    let before = admin.cookie.clone();
    assert_eq!(admin.get("/users").status, 200);
    for (password, status) in [(served.password.as_str(), 401), ("", 401), (OWN, 303)] {
        assert_eq!(admin.sign_in("ADMIN", password).status, status, "{password}");
    }
    assert_ne!(admin.cookie, before, "each sign-in is a new session");
    let given = served.attendant("accounts give admin --administrator").out;
    assert_eq!(admin.get("/users").status, 303, "another password ends what the one before began");
    assert_eq!(admin.sign_in("admin", given.trim()).header("location"), "/password");
    assert_eq!(admin.get("/users").header("location"), "/password", "nothing before it is changed");
    let last = served.stage.attendant("accounts remove admin --yes --directory d/users.db");
    assert_eq!(last.code, 2, "{}", last.err);
    let stage = served.kill();
    let again = Served::with(stage, "");
    assert_eq!(again.password, "", "no other start prints one");
}

#[test]
fn forged_and_foreign_requests_do_nothing() {
    let served = Served::start();
    let admin = Person::admin(&served);
    admin.does("/users", "/users", &[("user", AMOS)]);
    let confirm = admin.get(&format!("{AMOS_PATH}/reset-pin"));
    let (csrf, form) = (confirm.field("csrf"), confirm.field("form"));
    let path = format!("{AMOS_PATH}/reset-pin");
    let forged = "0".repeat(32);
    for fields in [&[("form", form.as_str())][..], &[("csrf", &forged), ("form", &form)]] {
        assert_eq!(admin.post(&path, fields).status, 403, "{fields:?}");
    }
    let fields = [("csrf", csrf.as_str()), ("form", form.as_str())];
    let host = served.url.strip_prefix("http://").unwrap().to_owned();
    for foreign in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "http://evil.example"), ("host", host.as_str())],
        &[("origin", "null")],
    ] {
        let refused = admin.post_with(&path, &fields, foreign);
        assert_eq!(refused.status, 403, "{foreign:?}: {}", refused.text);
    }
    let mut other =
        Person::new(&served, "kim", served.attendant("accounts give kim --administrator").out.trim());
    assert_eq!(other.post(&path, &fields).status, 403, "another's token");
    other.cookie.clear();
    assert_eq!(other.post(&path, &fields).status, 401, "nobody's");
    assert_eq!(admin.post(&path, &fields).status, 200, "the real one is still good");
    assert_eq!(admin.get("/users?q=%3Cscript%3Ealert(1)").text.matches("<script>alert").count(), 0);
    assert_eq!(admin.does("/users", "/sign-out", &[]).status, 303);
    assert_eq!(admin.post(&path, &fields).status, 401, "a session that was ended");
}

#[test]
fn a_name_that_resolves_to_this_machine_reaches_nothing() {
    let served = Served::with(Stage::with(&[]), "-o web.names=attendant.example");
    let (_, port) = served.url.rsplit_once(':').unwrap();
    let asks = |host: &str, path: &str| served.send("GET", path, &[("host", host)], "");
    for path in ["/sign-in", "/static/app.js", "/api/v1/users", "/metrics", "/readyz", "/nowhere"] {
        let refused = asks(&format!("evil.example:{port}"), path);
        assert_eq!((refused.status, &refused.json()["code"]), (421, &"unknown-host".into()), "{path}");
        assert!(refused.text.contains("web.names") && !refused.header("x-frame-options").is_empty());
    }
    let host = format!("evil.example:{port}");
    let origin = format!("http://{host}");
    let kind = "application/x-www-form-urlencoded";
    let headers = [("host", host.as_str()), ("origin", &origin), ("content-type", kind)];
    let fields = super::program::form(&[("account", "admin"), ("password", &served.password)]);
    let rebound = served.send("POST", "/sign-in", &headers, &fields);
    assert_eq!((rebound.status, rebound.header("set-cookie")), (421, ""), "the right password does not help");
    for host in ["localhost", "LOCALHOST:9", "attendant.example", "127.0.0.1", "[::1]:9", "192.0.2.1"] {
        assert_eq!(asks(host, "/sign-in").status, 200, "{host}");
    }
}

#[test]
fn guessing_passwords_means_waiting() {
    let served = Served::start();
    let mut stranger = Person::stranger(&served);
    let statuses: Vec<u16> = (0..12).map(|_| stranger.sign_in("admin", "guess").status).collect();
    assert!(statuses.contains(&401) && statuses.ends_with(&[429]), "{statuses:?}");
    assert_eq!(stranger.sign_in("admin", &served.password).status, 429, "the right one too");
    let audit = served.attendant("audit list").out;
    assert!(
        audit.contains("refused: unknown account or wrong password") && !audit.contains("guess"),
        "{audit}"
    );
}

#[test]
fn browsers_are_told_what_a_page_may_do() {
    let served = Served::start();
    let admin = Person::admin(&served);
    for path in [
        "/users",
        "/settings",
        "/live",
        "/wall",
        "/reference",
        "/sign-in",
        "/nowhere",
        "/healthz",
        "/api/v1/users",
    ] {
        let answer = admin.get(path);
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        let page = answer.text;
        for inline in [" style=", "<style", "onclick=", "javascript:", "<script>"] {
            assert!(!page.contains(inline), "{path} has {inline}");
        }
        assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "{path} loads from elsewhere");
    }
    let mut person = admin;
    let signed_in = person.sign_in("admin", OWN);
    let cookie = signed_in.header("set-cookie");
    assert!(
        cookie.starts_with("session=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let style = served.get("/static/style.css");
    assert!(style.header("cache-control").contains("immutable") && style.status == 200);
    assert_eq!(served.get("/static/../Cargo.toml").status, 404);
    assert_eq!(served.get("/static/none").status, 404);
}

#[test]
fn no_secret_is_in_what_the_program_says_of_its_work() {
    let stage = Stage::with(&[]);
    let served = Served::at(stage, "", &[("RUST_LOG", "trace")]);
    // So long that a hit is not a coincidence.
    served.attendant("tenant set pin_length=12");
    let admin = Person::admin(&served);
    let enabled = admin.does("/users", "/users", &[("user", AMOS)]);
    let pin = enabled.element("pin").unwrap();
    let token = served.token();
    let api = [("authorization", format!("Bearer {token}"))];
    let api = api.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(served.send("GET", "/api/v1/users", &api, "").status, 200);
    let conference_id = served.attendant("users list --json").out;
    let id = serde_json::from_str::<serde_json::Value>(&conference_id).unwrap()["conference_id"].clone();
    let calls = format!(r#"{{"scene":"organizer","conference_id":{id},"pin":"{pin}"}}"#);
    let json = [api[0], ("content-type", "application/json")];
    let mut stream = super::live::Stream::open(&served, &token);
    assert_eq!(served.send("POST", "/api/v1/calls", &json, &calls).status, 202);
    stream.until(|event| event["event"] == "joined");
    let cookie = admin.cookie.split_once('=').unwrap().1.to_owned();
    let first = served.password.clone();
    let (code, log) = served.interrupt();
    assert_eq!(code, 0, "{log}");
    assert!(log.len() > 1_000, "it tells much: {log}");
    for (what, secret) in [("PIN", &pin), ("token", &token), ("session", &cookie), ("password", &first)] {
        assert!(!log.contains(secret.as_str()), "the {what} is in the log");
    }
    assert!(!log.contains(OWN), "the password is in the log");
}

#[test]
fn a_user_who_is_refused_often_writes_few_entries() {
    const ASKED: usize = 300;
    let served = Served::start();
    served.attendant(&format!("users enable {AMOS}"));
    let token = served.attendant(&format!("tokens issue {AMOS}")).out;
    let bearer = format!("Bearer {}", token.trim());
    for number in 0..ASKED {
        let path = format!("/api/v1/users/user{number}@contoso.com/reset-pin");
        assert_eq!(served.status("POST", &path, &[("authorization", &bearer)]), Some(403));
    }
    let (code, stage) = served.ended();
    let log = stage.attendant("audit list --json --directory d/users.db").out;
    let refused: Vec<&str> = log.lines().filter(|line| line.contains("refused")).collect();
    assert!((code, refused.len() < 30) == (0, true), "{} entries", refused.len());
    let counted = |line: &str| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let more =
            entry["detail"].as_str().unwrap().split(' ').find_map(|word| word.parse().ok()).unwrap_or(0);
        more + usize::from(entry["act"] != "refused_acts")
    };
    let counted: usize = refused.into_iter().map(counted).sum();
    assert_eq!(counted, ASKED, "every one is counted, those at the end too: {log}");
}
