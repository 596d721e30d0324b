//! Sounds of one's own: `attendant prompts`, and `--assets` of the commands that play.

use std::fs;
use std::path::Path;

use attendant::control::call::{Language, Prompt};
use attendant::media::g711::Law;
use attendant::media::library::Library;
use attendant::media::wav;

use super::riff::{A_LAW, MU_LAW, PCM, chunk, format, riff};
use super::stage::{Stage, story};

/// A prompt as the program has it.
fn recorded(prompt: Prompt) -> Vec<i16> {
    Library::built_in().prompt(prompt, Language::EnUs).unwrap().samples().collect()
}

fn put(stage: &Stage, file: &str, bytes: &[u8]) {
    let file = stage.path().join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

/// The samples as stereo at 44.1 kHz and 24 bit, each held for as long as it lasts.
fn studio(samples: &[i16]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for at in 0..samples.len() * 441 / 80 {
        let sample = i32::from(samples[at * 80 / 441]) << 8;
        writer.write_sample(sample).unwrap();
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn the_built_in_sounds_have_no_fault() {
    let stage = Stage::with(&[]);
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/prompts/ja-JP");
    put(&stage, "a/ja-JP/8k/.hidden.wav", b"");
    for file in ["welcome.wav", "digits/7.wav"] {
        put(&stage, &format!("a/ja-JP/8k/{file}"), &fs::read(assets.join("8k").join(file)).unwrap());
    }
    let ended = stage.attendant("prompts check a");
    // What is there is sound; what is lacking is told.
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(!ended.out.contains("wrong ja-JP"), "{}", ended.out);
    assert!(ended.out.contains("lacks ja-JP: enter-conference-id, "), "{}", ended.out);
    assert_eq!(ended.summary(), "2 sounds: 78 faults");
}

#[test]
fn every_kind_of_fault_is_told_by_the_file() {
    let stage = Stage::with(&[("s/en-US/digits/3.wav", "no sound"), ("s/en-US/welcom.wav", "")]);
    let welcome = recorded(Prompt::Welcome);
    let gained =
        |gain: f64| -> Vec<i16> { welcome.iter().map(|sample| (f64::from(*sample) * gain) as i16).collect() };
    put(&stage, "s/en-US/welcome.wav", &wav::write(&welcome));
    put(&stage, "s/en-US/goodbye.wav", &wav::write(&gained(8.0)));
    put(&stage, "s/en-US/joining.wav", &wav::write(&gained(0.2)));
    put(&stage, "s/en-US/muted.wav", &wav::write(&[&[0; 8_000], &welcome[..], &[0; 8_000]].concat()));
    put(&stage, "s/music/mine.wav", &wav::write(&welcome));
    let ended = stage.attendant("prompts check s");
    assert_eq!(ended.code, 1);
    for said in [
        "wrong en-US/goodbye.wav: too loud by ",
        "clipped: ",
        "wrong en-US/joining.wav: too soft by ",
        "wrong en-US/muted.wav: 1070 ms of silence before it, at most 300; ",
        "wrong en-US/digits/3.wav: not a WAV file (",
        "wrong music/mine.wav: a gap of ",
        "not played en-US/welcom.wav: unknown prompt \"welcom\"",
    ] {
        assert!(ended.out.contains(said), "{said}: {}", ended.out);
    }

    let lines = stage.attendant("prompts check s --json");
    assert_eq!(lines.code, 1);
    let lines: Vec<serde_json::Value> =
        lines.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let welcome = lines.iter().find(|line| line["file"] == "en-US/welcome.wav").unwrap();
    assert_eq!((&welcome["type"], &welcome["prompt"]), (&"sound".into(), &"welcome".into()));
    assert_eq!(welcome["active_dbm0"], -17.1);
    assert_eq!(lines.iter().filter(|line| line["type"] == "lacking").count(), 75);
    assert_eq!(lines.last().unwrap()["type"], "summary");
}

#[test]
fn a_folder_that_is_none_of_sounds_is_a_bad_argument() {
    let stage = Stage::with(&[("a/notes.txt", "")]);
    for (line, said) in [
        ("prompts check a", "a: neither prompts nor music"),
        ("prompts check nowhere", "nowhere: No such file"),
        ("prompts list --language tlh", "expected one of en-US, de-DE, fr-FR, es-ES, ja-JP"),
    ] {
        let ended = stage.attendant(line);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{line}: {ended:?}");
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
    }
}

#[test]
fn prompts_are_listed_with_their_wording() {
    let ended = Stage::with(&[]).attendant("prompts list --language de-DE");
    assert_eq!(ended.code, 0);
    assert_eq!(ended.out.lines().count(), 80);
    assert!(ended.out.contains("sieben"), "{}", ended.out);
}

/// A welcome of exactly five seconds is heard for five seconds.
#[test]
fn a_call_waits_for_a_recording_of_ones_own() {
    let stage = Stage::with(&[
        ("five.yaml", &story("Five", "dial: bridge\n{ hears: welcome, within: 0s, for: 4990ms }")),
        ("then.yaml", &story("Then", "dial: bridge\n{ hears: enter-conference-id, within: 5s }\nhang_up")),
    ]);
    let sound: Vec<i16> = recorded(Prompt::HelpMenu)[..40_000].to_vec();
    put(&stage, "mine/en-US/welcome.wav", &studio(&sound));
    assert_eq!(stage.attendant("replay five.yaml").code, 1, "the built-in welcome is shorter");
    let ended = stage.attendant("replay five.yaml then.yaml --assets mine");
    assert_eq!(ended.code, 0, "{ended:?}");
    let notes: Vec<&str> = ended.err.lines().filter(|line| line.starts_with("note:")).collect();
    assert_eq!(
        notes,
        [
            "note: mine/en-US/welcome.wav: two channels, mixed down to mono",
            "note: mine has no sound for enter-conference-id, invalid-conference-id, please-try-again and 76 more in en-US; \
          any prompt in de-DE, fr-FR, es-ES, ja-JP; hold music; the built-in sounds are played instead"
        ]
    );
    for command in ["explain five.yaml", "explore five.yaml"] {
        assert_eq!(stage.attendant(&format!("{command} --assets mine")).code, 0, "{command}");
    }
}

#[test]
fn the_keyboard_telephone_plays_sounds_of_ones_own() {
    let stage = Stage::with(&[]);
    put(&stage, "mine/en-US/welcome.wav", &wav::write(&[5_000; 4_000]));
    let typed = "hears enter-conference-id\nhang up\n";
    let ended = stage.attendant_reading("dial --plain --mute --assets mine --record heard.wav", typed);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("note: mine has no sound for "), "{}", ended.err);
    let heard = wav::read(&fs::read(stage.path().join("heard.wav")).unwrap()).unwrap();
    let own = heard.iter().filter(|sample| **sample == 5_000).count();
    assert!(own >= 3_990, "{own} of {} samples", heard.len());
}

#[test]
fn what_fails_with_sounds_of_ones_own_is_replayed_with_them() {
    let failing = story("Short", "dial: bridge\n{ hears: welcome, within: 0s, for: 2s }");
    let stage = Stage::with(&[("short.yaml", &failing)]);
    put(&stage, "mine/en-US/welcome.wav", &wav::write(&recorded(Prompt::Number(7))));
    let ended = stage.attendant("replay short.yaml --assets mine");
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("attendant replay short.yaml --seed 1 --assets mine"), "{}", ended.out);
}

#[test]
fn sounds_that_cannot_be_read_end_a_replay_before_it_begins() {
    let stage = Stage::with(&[
        ("a.yaml", &story("A", "dial: bridge\n{ hears: welcome }")),
        ("mine/en-US/welcome.wav", "RIFF"),
        ("mine/en-US/goodbye.wav", ""),
    ]);
    let ended = stage.attendant("replay a.yaml --assets mine");
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    assert!(ended.err.contains("error: mine/en-US/welcome.wav: not a WAV file"), "{}", ended.err);
    assert!(ended.err.contains("error: mine/en-US/goodbye.wav: not a WAV file"), "{}", ended.err);
    assert!(ended.err.contains("`attendant prompts check mine` lists every fault"), "{}", ended.err);
}

/// The samples as a telephone exchange keeps them.
fn coded(law: Law, samples: &[i16]) -> Vec<u8> {
    let mut codes = Vec::new();
    law.encode(samples, &mut codes);
    let tag = if law == Law::Pcmu { MU_LAW } else { A_LAW };
    riff(&[format(tag, 1, 8_000, 8, &[0, 0]), chunk("data", &codes)])
}

#[test]
fn prompts_in_mu_law_and_a_law_have_no_fault_and_are_played() {
    let stage = Stage::with(&[(
        "five.yaml",
        &story("Five", "dial: bridge\n{ hears: welcome, within: 0s, for: 4990ms }"),
    )]);
    let sound: Vec<i16> = recorded(Prompt::HelpMenu)[..40_000].to_vec();
    for law in Law::ALL {
        put(&stage, "mine/en-US/welcome.wav", &coded(law, &sound));
        let checked = stage.attendant("prompts check mine");
        assert!(!checked.out.contains("wrong en-US/welcome.wav"), "{law:?}: {}", checked.out);
        assert_eq!(stage.attendant("replay five.yaml --assets mine").code, 0, "{law:?}");
    }
}

#[test]
fn sounds_that_are_mixed_down_are_told() {
    let stage = Stage::with(&[("a.yaml", &story("A", "dial: bridge\n{ hears: welcome }"))]);
    put(&stage, "mine/en-US/welcome.wav", &studio(&recorded(Prompt::Welcome)));
    let note = "en-US/welcome.wav: two channels, mixed down to mono";
    let checked = stage.attendant("prompts check mine");
    assert!(checked.out.contains(&format!("note {note}")), "{}", checked.out);
    let lines = stage.attendant("prompts check mine --json").out;
    let welcome: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(welcome["channels"], 2);
    let played = stage.attendant("replay a.yaml --assets mine");
    assert_eq!(played.code, 0);
    assert!(played.err.contains(&format!("note: mine/{note}")), "{}", played.err);
}

#[test]
fn channels_that_cancel_each_other_are_not_played_as_silence() {
    let stage = Stage::with(&[("a.yaml", &story("A", "dial: bridge\n{ hears: welcome }"))]);
    let sides = recorded(Prompt::Welcome).into_iter().flat_map(|sample| [sample, sample.saturating_neg()]);
    let bytes: Vec<u8> = sides.flat_map(i16::to_le_bytes).collect();
    let file = riff(&[format(PCM, 2, 8_000, 16, &[]), chunk("data", &bytes)]);
    put(&stage, "mine/en-US/welcome.wav", &file);
    let told = "en-US/welcome.wav: its two channels cancel each other out";
    assert!(stage.attendant("prompts check mine").out.contains(&format!("wrong {told}")));
    let played = stage.attendant("replay a.yaml --assets mine");
    assert_eq!(played.code, 2);
    assert!(played.err.contains(told), "{}", played.err);
}

#[test]
fn other_sound_files_of_a_language_are_told_as_not_played() {
    let stage = Stage::with(&[("mine/en-US/welcome.wma", ""), ("mine/en-US/goodbye.w64", "")]);
    put(&stage, "mine/en-US/joining.wave", &wav::write(&recorded(Prompt::Joining)));
    let checked = stage.attendant("prompts check mine").out;
    for said in ["not played en-US/welcome.wma: ", "not played en-US/goodbye.w64: ", "en-US      1 of "] {
        assert!(checked.contains(said), "{said}: {checked}");
    }
}
