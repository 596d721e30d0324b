//! A bridge that shares no code and no prompts with this program: a script that asks as Asterisk's ConfBridge does, with the
//! sounds of Debian's asterisk-core-sounds-en-wav.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use attendant::media::wav;

use crate::bounded::Limit;
use crate::stage::{Ended, Stage};

/// The script.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/via/confbridge.py");

/// Where the package has its sounds.
const SOUNDS: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";

/// The ready target.
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/targets/asterisk-confbridge.yaml");

pub(super) const PIN: &str = "90210";

/// Two wait with music until the organizer gives the PIN after a wrong one, and are let in.
const STORY: &str = r##"
scenario: Two callers wait with music until the organizer gives the PIN
given: { organizers: { amos: {} } }
callers:
  pat:
    count: 2
    script:
      - dial: bridge
      - { hears: enter-conference-id, within: 2s }
      - press: "${amos.conference_id}#"
      - { hears: hold-for-organizer, within: 6s }
      - { hears: hold_music, within: 6s }
      - { expect: joined, within: 1s, of: amos.joined }
      - { expect: ended, within: 12s }
  amos:
    script:
      - when: pat.lobby
      - dial: bridge
      - { hears: welcome }
      - press: "${amos.conference_id}#"
      - press: "*"
      - { hears: enter-pin, within: 2s }
      - press: "80808#"
      - { hears: invalid-pin, within: 1s }
      - { hears: enter-pin, within: 6s }
      - press: "${amos.pin}#"
      - { expect: joined, within: 1s }
      - wait: 3s
      - hang_up
then:
  - { that: pat.outcome, is: ended }
  - { that: meeting(amos).released, is: 2 }
"##;

/// The script, as long as this lives.
pub(super) struct Bridge {
    child: Child,
    pub(super) address: String,
    _limit: Limit,
}

impl Bridge {
    /// Starts it with these conferences.
    pub(super) fn start(music: &Path, arguments: &[&str]) -> Self {
        assert!(Path::new(SOUNDS).is_dir(), "`.ci/test` installs asterisk-core-sounds-en-wav");
        fs::write(music, wav::write(&tune())).unwrap();
        let mut command = Command::new("python3");
        command
            .args([SCRIPT, "--sounds", SOUNDS, "--conference", "4711", "--pin", PIN, "--music"])
            .arg(music);
        command.args(arguments);
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let limit = Limit::on(&child);
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned(), _limit: limit }
    }

    fn replay(&self, stage: &Stage, line: &str) -> Ended {
        let line = format!("replay {line} --via sip:{} --target target.yaml", self.address);
        stage.attendant_with(&[("CONFBRIDGE_PIN", PIN), ("NO_COLOR", "1")], &line)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // Once it has ended, there is nothing left to end.
        let _ended = self.child.kill();
        let _code = self.child.wait();
    }
}

/// A folder with the story and the ready target, whose music is the script's.
fn stage() -> Stage {
    let target = fs::read_to_string(TARGET).unwrap();
    let target = target.replace("hold_music: { any: music }", "hold_music: { file: music.wav, loops: true }");
    let stage = Stage::with(&[("story.yaml", STORY), ("target.yaml", &target)]);
    // The target is read before the bridge plays it.
    fs::write(stage.path().join("music.wav"), wav::write(&tune())).unwrap();
    stage
}

/// Eight seconds of music: four chords, each note with its overtones.
fn tune() -> Vec<i16> {
    let chords = [[220.0, 277.2, 329.6], [246.9, 293.7, 370.0], [196.0, 246.9, 293.7], [261.6, 329.6, 392.0]];
    let sample = |at: usize| {
        let chord = chords[at / 16_000];
        let note = chord[at / 2_000 % 3] * std::f64::consts::TAU * at as f64 / 8_000.0;
        let fades = 1.0 - (at % 2_000) as f64 / 3_000.0;
        let sound: f64 = (1..=5).map(|tone| (f64::from(tone) * note).sin() / f64::from(tone)).sum();
        (4_000.0 * fades * sound) as i16
    };
    (0..64_000).map(sample).collect()
}

#[test]
fn the_basic_story_passes_on_a_bridge_of_others() {
    let stage = stage();
    let bridge = Bridge::start(&stage.path().join("played.wav"), &[]);
    let ended = bridge.replay(&stage, "story.yaml --verbose --report json=run.jsonl");
    assert_eq!(ended.code, 0, "{ended:?}");
    for said in [
        "`hears: welcome` is passed over: Asterisk ConfBridge never says that",
        "`that: meeting(amos).released, is: 2` is not judged: callers cannot tell",
        "SIP allowance 150ms",
    ] {
        assert!(ended.out.contains(said), "{said}: {ended:?}");
    }
    let told = stage.read("run.jsonl");
    assert!(!told.contains(PIN) && !ended.out.contains(PIN));
    assert!(told.contains(r#""not_judged":["#), "{told}");
}

#[test]
fn what_is_played_before_the_answer_is_heard() {
    let stage = stage();
    let early = r##"
scenario: A caller hears something before the answer
given: { organizers: { amos: {} } }
callers:
  pat:
    script:
      - dial: bridge
      - { hears: hold-for-organizer, within: 3s }
      - mark: early
      - { expect: answered, within: 10s }
      - { hears: enter-conference-id, within: 3s }
then:
  - { that: pat.early, before: pat.answered }
"##;
    fs::write(stage.path().join("early.yaml"), early).unwrap();
    let bridge = Bridge::start(&stage.path().join("played.wav"), &["--early", "conf-waitforleader"]);
    let ended = bridge.replay(&stage, "early.yaml --verbose");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(!ended.out.contains("not judged"), "{ended:?}");
}

#[test]
fn a_telephone_shows_the_sounds_of_a_target_and_its_session_is_a_scenario_for_it() {
    let stage = stage();
    let bridge = Bridge::start(&stage.path().join("played.wav"), &["--early", "conf-waitforleader"]);
    let lines = [
        "hears hold-for-organizer",
        "hears enter-conference-id",
        "4711#",
        "hears hold-for-organizer",
        "hears hold_music",
        "hang up",
        "wait 100ms",
    ];
    let line = format!(
        "dial --plain --mute --to sip:{} --target target.yaml --save-scenario s.yaml --record heard.wav",
        bridge.address
    );
    let environment = [("CONFBRIDGE_PIN", PIN), ("NO_COLOR", "1")];
    let ended = stage.attendant_reading_with(&environment, &line, &(lines.join("\n") + "\n"));
    assert_eq!(ended.code, 0, "{ended:?}");
    for told in ["hold-for-organizer (conf-waitforleader)", "enter-conference-id (conf-getconfno)"] {
        assert!(ended.out.contains(told), "{told}: {}", ended.out);
    }
    let replay = format!("attendant replay s.yaml --via sip:bridge@{} --target target.yaml", bridge.address);
    assert!(ended.err.contains(&format!("session saved: s.yaml. Replay it: {replay}")), "{}", ended.err);
    let scenario = stage.read("s.yaml");
    assert!(scenario.contains("runs_on: [sip]") && !scenario.contains(PIN), "{scenario}");
    // What was played before the answer is in the recording.
    let heard = wav::read(&fs::read(stage.path().join("heard.wav")).unwrap()).unwrap();
    let loud = heard.iter().take(24_000).filter(|sample| sample.unsigned_abs() > 500).count();
    assert!(loud > 2_000, "{loud} samples of the first three seconds are loud");
    let ended = bridge.replay(&stage, "s.yaml");
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn a_profile_is_played_against_a_target_by_its_sounds_and_conferences() {
    let stage = stage();
    let profile = r##"
scenario: A caller waits with music, and the organizer lets nobody in
given: { organizers: { amos: {} } }
callers:
  pat:
    script:
      - dial: bridge
      - { hears: welcome }
      - { hears: enter-conference-id, within: 2s }
      - press: "${amos.conference_id}#"
      - { hears: hold-for-organizer, within: 6s }
      - { hears: hold_music, within: 6s }
load: { model: concurrency, stages: [{ to: 1, over: 1s }, { to: 1, over: 2s }] }
"##;
    fs::write(stage.path().join("load.yaml"), profile).unwrap();
    let bridge = Bridge::start(&stage.path().join("played.wav"), &[]);
    let line = format!("load load.yaml --plain --via sip:{} --target target.yaml", bridge.address);
    let ended = stage
        .attendant_with(&[("CONFBRIDGE_PIN", PIN), ("NO_COLOR", "1")], &(line + " --report json=a.json"));
    // On a busy machine the run is void, which says nothing of the stories.
    assert!([0, 6].contains(&ended.code), "{ended:?}");
    let told: serde_json::Value = serde_json::from_str(&stage.read("a.json")).unwrap();
    let count = |place: &str| told.pointer(place).and_then(serde_json::Value::as_u64).unwrap_or_default();
    assert!(count("/totals/begun") >= 1 && count("/totals/failed") == 0, "{told:#} {ended:?}");
    assert!(count("/latencies_us/lobby_entry/count") >= 1, "{told:#}");
    assert!(!ended.out.contains(PIN) && !ended.err.contains(PIN));
}

#[test]
fn each_fault_fails_where_its_caller_hears_it() {
    let stage = stage();
    let screens = std::thread::scope(|scope| {
        let played = [
            ("no-music", "hears: hold_music", "heard nothing"),
            ("wrong-prompt", "hears: enter-pin", "heard enter-conference-id"),
            ("late-release", "expect: joined", "heard hold music"),
            ("forgets-one", "expect: joined", "heard hold music"),
            ("any-pin", "hears: invalid-pin", "heard meeting-started"),
        ]
        .map(|(fault, step, heard)| {
            let stage = &stage;
            let music = stage.path().join(format!("{fault}.wav"));
            let play = move || Bridge::start(&music, &["--fault", fault]).replay(stage, "story.yaml");
            (fault, step, heard, scope.spawn(play))
        });
        played.map(|(fault, step, heard, playing)| (fault, step, heard, playing.join().unwrap()))
    });
    for (fault, step, heard, ended) in screens {
        assert_eq!(ended.code, 1, "{fault}: {ended:?}");
        let failed = ended.out.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(failed.contains(step) && failed.contains("timed out"), "{fault}: {ended:?}");
        assert!(ended.out.contains(heard) && !ended.out.contains(PIN), "{fault}: {ended:?}");
    }
}

#[test]
fn what_a_target_does_not_have_is_skipped_with_its_reason() {
    let stage = stage();
    let bridge = Bridge::start(&stage.path().join("played.wav"), &[]);
    let story = |name: &str, given: &str, step: &str| {
        let organizers = "organizers: { amos: {} }";
        let script = format!("callers: {{ pat: {{ script: [dial: bridge, {step}] }} }}");
        format!("scenario: {name}\ngiven: {{ {organizers}{given} }}\n{script}\n")
    };
    for (file, text) in [
        ("a.yaml", story("A prompt", "", "{ hears: hand-raised }")),
        ("b.yaml", story("A setting", ", dialog: { pin_tries: 2 }", "{ hears: enter-conference-id }")),
        ("c.yaml", story("A name", "", "{ hears: recorded-name }")),
        ("d.yaml", story("A number", ", numbers: { sales: {} }", "{ hears: enter-conference-id }")),
    ] {
        fs::create_dir_all(stage.path().join("s")).unwrap();
        fs::write(stage.path().join("s").join(file), text).unwrap();
    }
    let ended = bridge.replay(&stage, "s story.yaml");
    assert_eq!(ended.code, 0, "{ended:?}");
    for reason in [
        "A prompt (the target has no sound for `hand-raised`, and does not list it under `absent`)",
        "A setting (it sets `pin_tries`, which nobody can set there)",
        "A number (the target has no number `sales`)",
    ] {
        assert!(ended.out.contains(reason), "{reason}: {ended:?}");
    }
}
