//! The admin center in a real browser, and its API under a tool that tries everything its document allows.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{AMOS, Served};
use crate::bounded;
use crate::stage::Stage;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Said where something is missing: a test that cannot run has failed.
const SETUP: &str = "`.ci/test` installs Node.js, Chromium, the packages of tests/browser, and schemathesis";

#[test]
fn a_browser_walks_the_steps_of_an_administrator() {
    let served = Served::start();
    // The user is in the directory before the walk enables them, so that they can have an account.
    served.attendant(&format!("users set {AMOS} --phone +14255550123"));
    let user = served.attendant(&format!("accounts give {AMOS}")).out;
    let mut walk = Command::new("node");
    walk.arg("walk.mjs").current_dir(Path::new(ROOT).join("tests/browser"));
    walk.env("URL", &served.url).env("ADMIN", &served.password).env("USER", user.trim());
    let walked = bounded::output(&mut walk).unwrap_or_else(|error| panic!("node: {error}; {SETUP}"));
    let (out, err) = (String::from_utf8_lossy(&walked.stdout), String::from_utf8_lossy(&walked.stderr));
    assert!(walked.status.success(), "{out}{err}\n{}\n{SETUP}", served.log());
}

/// Has a browser take a picture of a live meeting.
pub(crate) fn take_a_picture(file: &Path) {
    // Slow enough for a browser to see callers wait.
    let served = Served::with(Stage::with(&[]), "--speed 5");
    served.attendant(&format!("users enable {AMOS} --conference-id 3141592"));
    let mut browser = Command::new("node");
    browser.arg("picture.mjs").current_dir(Path::new(ROOT).join("tests/browser"));
    browser.env("URL", &served.url).env("ADMIN", &served.password).env("PICTURE", file);
    let took = browser.output().unwrap_or_else(|error| panic!("node: {error}; {SETUP}"));
    let err = String::from_utf8_lossy(&took.stderr);
    assert!(took.status.success(), "{err}\n{}\n{SETUP}", served.log());
}

/// What every answer is held to.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance";

/// Where `.ci/test` puts it.
fn schemathesis() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    home.unwrap_or_default().join("attendant-tools/schemathesis/bin/schemathesis")
}

#[test]
fn every_answer_of_the_api_is_in_its_document_and_none_is_500() {
    let served = Served::start();
    served.attendant(&format!("users enable {AMOS}"));
    served.attendant("numbers add +14255550100");
    let mut run = Command::new(schemathesis());
    run.arg("run").arg(format!("{}/api/openapi.json", served.url));
    run.args(["--url", &served.url, "--header", &format!("Authorization: Bearer {}", served.token())]);
    // The stream of what happens has no end that could be waited for.
    run.args(["--exclude-path", "/api/v1/events", "--checks", CHECKS]);
    run.args("--max-examples 25 --max-time 45 --generation-deterministic".split(' '));
    run.args("--request-timeout 10 --warnings off --no-color".split(' '));
    let ran = bounded::output(run.current_dir(served.stage.path()));
    let ran = ran.unwrap_or_else(|error| panic!("{}: {error}; {SETUP}", schemathesis().display()));
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{out}{err}");
}
