//! The HTML report as a file: what it has, what it must not have, and how large it is.

use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use attendant::media::g711::Law;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use sha2::{Digest as _, Sha256};

use super::bounded;
use super::stage::{Stage, fails, open, story};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Everything that the page shows, its cases inflated.
pub(super) fn unpacked(page: &str) -> String {
    let (mut text, mut rest) = (page.to_owned(), page);
    while let Some((_, after)) = rest.split_once("type=\"text/plain\" id=\"") {
        let (id, chunk) = after.split_once("\">").unwrap();
        if id.starts_with("sound-") {
            rest = chunk;
            continue;
        }
        let (chunk, after) = chunk.split_once('<').unwrap();
        let deflated = STANDARD.decode(chunk).unwrap();
        DeflateDecoder::new(deflated.as_slice()).read_to_string(&mut text).unwrap();
        rest = after;
    }
    text
}

/// Inside the only element of this kind that has no attributes.
fn inside<'p>(page: &'p str, name: &str) -> &'p str {
    let (_, rest) = page.rsplit_once(&format!("<{name}>")).unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn a_failing_run() -> Stage {
    let stage = Stage::with(&[
        ("s/fails.yaml", &fails("Pat <b>fails</b>")),
        ("s/holds.yaml", &story("Pat passes", "dial: bridge\n{ hears: welcome }\nwait: 1s")),
        ("s/open.yaml", &open("Pat is open")),
    ]);
    let ended = stage.attendant("replay s --report html=report.html");
    assert_eq!(ended.code, 1, "{ended:?}");
    stage
}

#[test]
fn the_page_allows_its_own_style_and_script_and_nothing_else() {
    let page = a_failing_run().read("report.html");
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; font-src data:; img-src data:; base-uri 'none'; form-action 'none'",
        hash(inside(&page, "style")),
        hash(inside(&page, "script"))
    );
    assert!(page.contains(&policy), "{policy}");
    let all = unpacked(&page);
    for refused in [" style=", " onclick=", " onload=", "src=", "@import", "url(http", "href=\"http"] {
        assert!(!all.contains(refused), "{refused}");
    }
    assert!(!all.contains("<b>fails</b>"), "a name is text");
}

#[test]
fn a_failure_has_its_sound_and_other_cases_only_if_asked() {
    let stage = a_failing_run();
    let sounds = |page: &str| page.matches("id=\"sound-").count();
    let failures = sounds(&stage.read("report.html"));
    assert!(failures > 0);
    let ended = stage.attendant("replay s/holds.yaml --report html=none.html");
    assert_eq!((ended.code, sounds(&stage.read("none.html"))), (0, 0));
    let ended = stage.attendant("replay s/holds.yaml --report html=all.html --report-sound all");
    assert_eq!(ended.code, 0);
    assert!(sounds(&stage.read("all.html")) > 0);
}

#[test]
fn a_recording_that_a_caller_plays_is_heard_as_it_is() {
    let stage = Stage::with(&[]);
    let library = Path::new(ROOT).join("scenarios");
    let scenario = library.join("talk/recording-and-tone.yaml");
    let line = format!("replay {} --report html=report.html --report-sound all", scenario.display());
    assert_eq!(stage.attendant(&line).code, 0);
    let mut wav = hound::WavReader::open(library.join("talk/a-sentence.wav")).unwrap();
    let codes = wav.samples::<i16>().take(3_000).map(|sample| Law::Pcmu.encode_sample(sample.unwrap()));
    let begins = STANDARD.encode(codes.collect::<Vec<u8>>());
    assert_eq!(stage.read("report.html").matches(&format!(">{begins}")).count(), 1);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let stage = a_failing_run();
    let first = stage.read("report.html");
    stage.attendant("replay s --report html=report.html");
    assert_eq!(first, stage.read("report.html"));
}

#[test]
fn a_thousand_passing_cases_take_less_than_five_megabytes() {
    let steps = "dial: bridge\n{ hears: welcome }\npress: \"3141592#\"\n{ hears: press-star-if-organizer, within: 6s }\n\
                 { hears: hold_music, within: 40s }\nwait: 30s\nhang_up";
    let numbers: Vec<String> = (1..=1_000).map(|number| number.to_string()).collect();
    let text = story("One of many", steps) + &format!("matrix: {{ number: [{}] }}\n", numbers.join(", "));
    let stage = Stage::with(&[("many.yaml", &text)]);
    let ended = stage.attendant("replay many.yaml --quiet --report html=report.html");
    assert_eq!(ended.code, 0, "{ended:?}");
    let bytes = stage.read("report.html").len();
    assert!(bytes < 5_000_000, "{bytes} bytes");
}

#[test]
fn an_interrupted_or_empty_list_is_still_a_page() {
    let stage = Stage::with(&[("open.yaml", &open("Pat is open"))]);
    let ended = stage.attendant("replay open.yaml --report html=-");
    assert_eq!(ended.code, 5);
    assert!(ended.out.ends_with("</html>\n") && unpacked(&ended.out).contains("Not implemented"));
}

/// A call that keys something.
const STEPS: &str =
    "dial: bridge\n{ hears: welcome }\npress: \"5551234#\"\n{ hears: invalid-conference-id, within: 3s }";

#[test]
fn a_call_by_sip_shows_its_messages_and_packets() {
    let stage = Stage::with(&[("s.yaml", &story("Pat calls", STEPS))]);
    let ended = stage.attendant("replay s.yaml --over-sip --retries 2 --report html=report.html");
    assert_eq!(ended.code, 0, "{ended:?}");
    let all = unpacked(&stage.read("report.html"));
    for shown in ["Sends INVITE", "200 OK to INVITE, ", "Gets ", "RTP ↑ ", "data-m=\\\"0\\\"", "real time"]
    {
        assert!(all.contains(shown), "{shown}");
    }
    assert!(all.contains("INVITE sip:line0@127.0.0.1"), "the message itself");
    let ended = stage.attendant("replay s.yaml --report html=report.html");
    let all = unpacked(&stage.read("report.html"));
    assert!(
        ended.code == 0 && !all.contains("INVITE") && !all.contains("RTP ↑"),
        "in virtual time nothing passes"
    );
}

#[test]
fn a_browser_reads_the_messages_of_a_call_by_sip() {
    let stage = Stage::with(&[("s.yaml", &story("Pat calls", STEPS))]);
    let ended = stage.attendant("replay s.yaml --over-sip --retries 2 --report html=report.html");
    assert_eq!(ended.code, 0, "{ended:?}");
    browse("sip_report.mjs", &stage.path().join("report.html"), None);
}

#[test]
fn the_ladder_of_a_call_by_sip_says_what_was_sent_and_heard_in_text_too() {
    let stage = Stage::with(&[("s.yaml", &story("Pat calls", STEPS))]);
    for command in ["ladder", "explain"] {
        let ended = stage.attendant(&format!("{command} s.yaml --over-sip"));
        assert_eq!(ended.code, 0, "{ended:?}");
        for shown in ["Pat → INVITE", "Pat ← 200 OK to INVITE", "Pat: RTP ↑ ", "↕ RTP, ↑ sent only", "█↕"]
        {
            assert!(ended.out.contains(shown), "{command}: {shown}: {}", ended.out);
        }
        let ended = stage.attendant(&format!("{command} s.yaml"));
        assert!(ended.code == 0 && !ended.out.contains("RTP"), "{command}: {}", ended.out);
    }
}

/// Writes the report of these paths of the repository.
fn write_report(paths: &[&str], report: &Path) {
    let stage = Stage::with(&[]);
    let mut run = stage.program(env!("CARGO_BIN_EXE_attendant"));
    run.current_dir(ROOT).arg("replay").args(paths).arg("--report").arg(format!("html={}", report.display()));
    assert_eq!(bounded::output(&mut run).unwrap().status.code(), Some(1));
}

/// Runs a script of `tests/browser` on a report.
fn browse(script: &str, report: &Path, picture: Option<&Path>) {
    let mut node = Command::new("node");
    node.arg(script).current_dir(Path::new(ROOT).join("tests/browser")).env("REPORT", report);
    if let Some(picture) = picture {
        node.env("PICTURE", picture);
    }
    let ended = bounded::output(&mut node).expect("node, which `.ci/test` installs");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}{err}");
}

/// Has a browser take a picture of a report.
pub(crate) fn take_a_picture_of_a_report(file: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.html");
    write_report(&["docs/wrong-on-purpose.yaml", "scenarios/start", "scenarios/lobby"], &report);
    browse("report_picture.mjs", &report, Some(file));
}

#[test]
fn a_browser_reads_searches_plays_and_copies() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.html");
    write_report(&["docs/wrong-on-purpose.yaml", "scenarios/start", "scenarios/lobby"], &report);
    browse("report.mjs", &report, None);
}
