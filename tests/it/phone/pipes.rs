//! `attendant dial` without a terminal.

use std::process::Command;

use tempfile::TempDir;

use crate::bounded;

/// Runs `attendant dial` with these lines as its input, and gives what it wrote.
fn dial(input: &str, arguments: &[&str], folder: &TempDir) -> (i32, String, String) {
    let mut phone = Command::new(env!("CARGO_BIN_EXE_attendant"));
    phone
        .args(["dial", "--mute", "--seed", "1"])
        .args(arguments)
        .env_remove("RUST_LOG")
        .current_dir(folder.path());
    let done = bounded::output_of(&mut phone, input).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[test]
fn lines_of_keys_go_in_and_events_come_out() {
    let folder = TempDir::new().unwrap();
    let (code, out, err) = dial("3141592#\nhears press-star-if-organizer\nnonsense\n", &[], &folder);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("Pat keys 3141592#: the meeting of Amos\n"), "{out}");
    assert!(out.contains("If you are the meeting organizer, press star now."), "{out}");
    assert!(out.contains("note: symbol 1 of the pasted text is not a key"), "{out}");
    assert!(out.contains("no sound: the option --mute\n"), "{out}");
    assert_eq!(err, "");
}

#[test]
fn a_session_in_a_pipe_is_kept_and_recorded_and_replays() {
    let folder = TempDir::new().unwrap();
    let story = "3141592#*27182#\nhears the-meeting\nreset pin amos\nwait 200ms\nhang up\nwait 100ms\n";
    let story = story.replace("the-meeting", "pin-accepted");
    let (code, out, err) = dial(&story, &["--save-scenario", "s.yaml", "--record", "heard.wav"], &folder);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("the new PIN of Amos, shown only now: "), "{out}");
    let scenario = std::fs::read_to_string(folder.path().join("s.yaml")).unwrap();
    assert!(scenario.contains("${amos.pin}") && !scenario.contains("27182"), "{scenario}");
    let heard = hound::WavReader::open(folder.path().join("heard.wav")).unwrap();
    let loud = heard.into_samples::<i16>().filter(|sample| sample.as_ref().is_ok_and(|it| *it != 0)).count();
    assert!(loud > 1_000, "{loud} samples are not silent");
    let mut replay = Command::new(env!("CARGO_BIN_EXE_attendant"));
    let replayed = bounded::output(replay.args(["replay", "s.yaml"]).current_dir(folder.path())).unwrap();
    assert!(replayed.status.success(), "{}{scenario}", String::from_utf8_lossy(&replayed.stdout));
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anybody_calls() {
    let folder = TempDir::new().unwrap();
    for option in ["--save-scenario", "--record"] {
        let (code, out, err) = dial("", &[option, "no/such/file"], &folder);
        assert_eq!((code, out.as_str()), (2, ""), "{option}");
        assert!(err.starts_with("error: no/such/file cannot be written: "), "{err}");
    }
}

#[test]
fn a_sound_that_nobody_can_hear_is_refused_at_once() {
    let folder = TempDir::new().unwrap();
    let (code, out, _) = dial("hears hold_musik\nhears nosuch\nhears welcome\n", &[], &folder);
    assert_eq!(code, 0);
    assert!(
        out.contains("note: unknown prompt or sound `hold_musik`; did you mean `hold_music`?\n"),
        "{out}"
    );
    assert!(out.contains("note: unknown prompt or sound `nosuch`; expected a prompt's name"), "{out}");
    assert!(!out.contains("was not heard"), "{out}");
}

#[test]
fn the_log_follows_a_call_and_has_no_digits() {
    let folder = TempDir::new().unwrap();
    let (code, _, err) = dial("3141592#*27182#\nhears the_meeting\n", &["-vvv"], &folder);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("call{number=0}: attendant::calls: called call=0"), "{err}");
    assert!(err.contains("meeting{number=0}: attendant::calls: started call=0 meeting=0"), "{err}");
    assert!(!err.contains("27182") && !err.contains("3141592"), "{err}");
}
