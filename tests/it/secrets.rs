//! No PIN reaches any output, whatever goes wrong and whichever report is on.

use super::html_report::unpacked;
use super::stage::Stage;

/// Given in the file.
const GIVEN: &str = "918273645018";
/// Keyed, and wrong.
const WRONG: &str = "564738291056";
/// Set on the command line.
const SET: &str = "837465920174";
/// The meeting's, which is as secret.
const PASSCODE: &str = "5918273640";

/// Pat gives a wrong PIN and then the right one, the administrator resets it, and the old one is tried; at the end
/// `last` goes wrong, or does not.
fn pins(name: &str, last: &str) -> String {
    format!(
        r##"scenario: {name}
given:
  tenant: {{ pin_length: 12 }}
  organizers:
    amos: {{ conference_id: "3141592", pin: "{GIVEN}", passcode: "{PASSCODE}" }}
    kim: {{ conference_id: "2718281" }}
procedures:
  star:
    - dial: bridge
    - {{ hears: welcome }}
    - press: "3141592#"
    - {{ hears: enter-passcode }}
    - press: "{PASSCODE}#"
    - {{ hears: press-star-if-organizer, within: 6s }}
    - press: "*"
    - {{ hears: enter-pin }}
callers:
  pat:
    script:
      - run: star
      - press: "{WRONG}#"
      - {{ hears: enter-pin, within: 20s }}
      - press: "{GIVEN}#"
      - {{ expect: joined, within: 9s }}
      - hang_up
      - mark: done
  kim:
    script:
      - when: admin.done
      - run: star
      - press: "${{amos.previous_pin}}#"
      - {{ hears: enter-pin, within: 20s }}
      - press: "${{amos.pin}}#"
      - {{ expect: joined, within: 9s }}
      - hang_up
  lee:
    script:
      - dial: bridge
      - {{ hears: welcome }}
      - press: "{GIVEN}#"
      - {{ hears: enter-conference-id, within: 20s }}
      - {last}
admin:
  - when: pat.done
  - reset_pin: amos
  - mark: done
"##
    )
}

/// What the outputs must not have: a PIN, its greater part, or any other row of twelve digits, such as a PIN that was
/// drawn.
#[track_caller]
fn assert_no_pin(what: &str, text: &str) {
    for pin in [GIVEN, WRONG, SET, PASSCODE] {
        assert!(!text.contains(&pin[..7]) && !text.contains(&pin[5..]), "{what} shows {pin}:\n{text}");
    }
    let mut row = 0;
    for c in text.chars() {
        row = if c.is_ascii_digit() { row + 1 } else { 0 };
        assert!(row < 12, "{what} has a row of twelve digits:\n{text}");
    }
}

/// A scenario file whose PIN is a parameter, and one for each PIN of a matrix.
const PARAMS: &str = r##"
params: { pin: "918273645018" }
matrix: { wrong: ["564738291056", "918273645018"] }
given:
  tenant: { pin_length: 12 }
  organizers:
    amos: { conference_id: "3141592", pin: "${pin}" }
callers:
  pat:
    script:
      - dial: bridge
      - { hears: welcome }
      - press: "3141592#"
      - { hears: press-star-if-organizer, within: 6s }
      - press: "*${wrong}#"
      - { hears: hold_music, within: 1ms }
"##;

#[test]
fn no_report_shows_a_pin() {
    let stage = Stage::with(&[
        ("s/holds.yaml", &pins("All of it", "hang_up")),
        ("s/fails.yaml", &pins("It fails", "{ hears: hold_music, within: 1ms }")),
        (
            "s/keys.yaml",
            &pins("It fails at keys", &format!("{{ run: off }}\n      - press: \"{GIVEN}#\""))
                .replace("procedures:\n", "procedures:\n  off: [hang_up]\n"),
        ),
        ("p/params.yaml", &format!("scenario: Parameters\n{PARAMS}")),
    ]);
    let reports = "--report junit=out.xml --report json=out.json --report tap=out.tap --report text=out.txt \
                   --report html=out.html --report xunit=out.xunit --report failures=out.md --annotations github";
    for (number, line) in [
        format!("replay s --verbose {reports}"),
        format!("replay p --verbose {reports}"),
        format!("replay p --verbose --set pin={SET} {reports}"),
        format!("replay p --verbose --set wrong={SET} {reports}"),
        format!("-vvv replay s {reports} --seeds 1..3 --check-determinism"),
    ]
    .iter()
    .enumerate()
    {
        let folder = format!("out-{number}");
        let ended = stage.attendant(&format!("{line} --output-dir {folder}"));
        assert_eq!(ended.code, 1, "{line}: {ended:?}");
        assert_no_pin(&format!("standard output of {line}"), &ended.out);
        assert_no_pin(&format!("standard error of {line}"), &ended.err);
        for report in ["out.xml", "out.json", "out.tap", "out.txt", "out.xunit", "out.md"] {
            assert_no_pin(&format!("{report} of {line}"), &stage.read(report));
        }
        let cases = std::fs::read_dir(stage.path().join(&folder)).unwrap();
        for case in cases.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            for file in ["screen.txt", "ladder.txt", "ladder.svg", "events.jsonl", "rerun.sh"] {
                let path = format!("{folder}/{case}/{file}");
                assert_no_pin(&path, &stage.read(&path));
            }
        }
        let page = unpacked(&stage.read("out.html"));
        assert_no_pin(&format!("out.html of {line}"), &page);
        assert!(page.contains("PIN") && page.contains("3141592"), "caps are shown, and conference IDs");
        assert!(stage.read("out.json").contains("3141592"), "conference IDs are shown");
    }
    assert_no_pin("what is kept", &stage.read(".attendant/last-failed"));
    for line in [
        "explain s p",
        "ladder s/fails.yaml",
        "ladder s/fails.yaml --svg",
        "ladder s/fails.yaml --mermaid",
        "lint s p",
        "replay s p --list",
    ] {
        let ended = stage.attendant(line);
        assert!([0, 1].contains(&ended.code), "{line}: {ended:?}");
        assert_no_pin(line, &ended.out);
        assert_no_pin(line, &ended.err);
    }
}

#[test]
fn the_story_with_the_pins_runs_to_its_end() {
    let stage = Stage::with(&[("holds.yaml", &pins("All of it", "hang_up"))]);
    let ended = stage.attendant("replay holds.yaml");
    assert_eq!(ended.code, 0, "{}", ended.out);
}
