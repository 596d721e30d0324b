//! `attendant dtmf` as somebody at a shell meets it.

mod recorders;

use std::fs;
use std::process::Command;

use attendant::media::wav;

use crate::bounded;
use crate::stage::Stage;

/// What is printed of these raw samples on standard input, and the exit code.
fn decoded(raw: Vec<u8>) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attendant"));
    let output = bounded::output_of(command.args(["dtmf", "decode", "-"]), raw).unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

fn digits(lines: &str) -> String {
    let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["digit"].clone();
    lines.lines().map(|text| line(text).as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_encoded_is_decoded_with_its_times_level_and_twist() {
    let stage = Stage::with(&[]);
    let made = stage
        .attendant("dtmf encode 123A456B789C*0#Dw1 keys.wav --level -20 --twist -6 --on 50ms --off 50ms");
    assert_eq!(made.code, 0, "{made:?}");
    let heard = stage.attendant("dtmf decode keys.wav");
    assert_eq!(heard.code, 0, "{heard:?}");
    assert_eq!(digits(&heard.out), "123A456B789C*0#D1");
    let last: serde_json::Value = serde_json::from_str(heard.out.lines().last().unwrap()).unwrap();
    let near = |name: &str, wanted: f64, off: f64| {
        let found = last[name].as_f64().unwrap();
        assert!((found - wanted).abs() <= off, "{name} is {found}, not {wanted}");
    };
    near("start_ms", 2_100.0, 4.0);
    near("end_ms", 2_150.0, 4.0);
    near("level_dbm0", -20.0, 0.3);
    near("twist_db", -6.0, 0.3);
    near("detected_ms", 2_140.0, 5.0);
}

#[test]
fn half_a_sample_at_the_end_of_a_pipe_is_an_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attendant"));
    let mut raw = bounded::output(command.args(["dtmf", "encode", "2580#", "-"])).unwrap().stdout;
    assert_eq!(raw.len(), 5 * 2 * 1_600);
    let (out, code) = decoded(raw.clone());
    assert_eq!((digits(&out).as_str(), code), ("2580#", Some(0)));
    raw.push(0);
    let (out, code) = decoded(raw);
    assert_eq!((digits(&out).as_str(), code), ("2580#", Some(2)));
}

#[test]
fn other_kinds_of_wav_are_decoded_too() {
    let stage = Stage::with(&[]);
    assert_eq!(stage.attendant("dtmf encode 159# keys.wav").code, 0);
    let samples = wav::read(&fs::read(stage.path().join("keys.wav")).unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(stage.path().join("float.wav"), spec).unwrap();
    for sample in samples {
        file.write_sample(f32::from(sample) / 32_768.0).unwrap();
        file.write_sample(f32::from(sample) / 32_768.0).unwrap();
    }
    file.finalize().unwrap();
    assert_eq!(digits(&stage.attendant("dtmf decode float.wav --channel 1").out), "159#");
}

#[test]
fn what_cannot_be_done_is_told() {
    let stage = Stage::with(&[("notes.wav", "no sound")]);
    for (line, said) in [
        ("dtmf encode 12x3 keys.wav", "'x', symbol 3, is not a key"),
        ("dtmf encode 1 nowhere/keys.wav", "nowhere/keys.wav cannot be written"),
        ("dtmf encode 1 keys.wav --on 2", "2 has no unit"),
        ("dtmf encode 1 keys.wav --level loud", "decibels"),
        ("dtmf encode 1 keys.wav --on 11m", "longer than 10 minutes"),
        ("dtmf decode notes.wav", "notes.wav cannot be decoded"),
        ("dtmf decode nothing.wav", "nothing.wav cannot be decoded"),
    ] {
        let ended = stage.attendant(line);
        assert_eq!(ended.code, 2, "{line}: {ended:?}");
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
    }
}
