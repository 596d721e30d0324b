//! Target files: what is wrong with one is told with its place, secrets stay where they are, `check` finds sounds that are
//! alike, and `learn` writes what a bridge says.

use std::fs;
use std::path::Path;

use attendant::control::call::{Language, Prompt};
use attendant::media::library::Library;
use attendant::media::wav;

use super::confbridge::{Bridge, PIN};
use crate::stage::{Ended, Stage};

/// Samples of a second.
const SECOND: usize = 8_000;

fn prompt(prompt: Prompt) -> Vec<i16> {
    Library::built_in().prompt(prompt, Language::EnUs).unwrap().samples().collect()
}

fn check(stage: &Stage) -> Ended {
    stage.attendant_with(&[("BRIDGE_PIN", PIN), ("NO_COLOR", "1")], "target check target.yaml")
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let stage = Stage::with(&[]);
    fs::write(stage.path().join("a.wav"), wav::write(&prompt(Prompt::EnterPin))).unwrap();
    for (text, place, said) in [
        ("numbers: {}", ":1:1", "a target needs a name"),
        ("target: x\nnumbrs: {}", ":2:1", "did you mean `numbers`?"),
        ("target: x\nnumbers: { bridge: 'tel:1' }", ":2:20", "expected sip:HOST"),
        ("target: x\nfrom: me", ":2:7", "`from` must be a SIP address"),
        ("target: x\nauth: { user: a }", ":2:7", "`auth` needs `user` and `password`"),
        ("target: x\nauth: { user: a, password: secret }", ":2:28", "write env:NAME for a variable"),
        ("target: x\nauth: { user: a, password: env:UNSET }", ":2:28", "the variable UNSET is not set"),
        ("target: x\ncodecs: [GSM]", ":2:10", "expected one of: PCMU, PCMA"),
        ("target: x\ndtmf: rfc4734", ":2:7", "did you mean `rfc4733`?"),
        ("target: x\nkeys: { hold: 5 }", ":2:15", "has no unit"),
        ("target: x\norganizers: [{ conference_id: '1' }]", ":2:14", "needs `conference_id` and `pin`"),
        ("target: x\nheard: { enter-pni: a.wav }", ":2:10", "did you mean `enter-pin`?"),
        ("target: x\nheard: { enter-pin: b.wav }", ":2:21", "b.wav"),
        ("target: x\nheard: { enter-pin: { file: a.wav, from: 1h } }", ":2:29", "is over before `from`"),
        ("target: x\nheard: { enter-pin: a.wav }\nabsent: [enter-pin]", ":3:9", "`enter-pin` is absent"),
        ("target: x\nheard: { beep: a.wav }\nstates: { joind: [beep] }", ":3:11", "did you mean `joined`?"),
        ("target: x\nheard: {}\nstates: { joined: [beep] }", ":2:8", "which `heard` does not have"),
    ] {
        fs::write(stage.path().join("target.yaml"), text).unwrap();
        let ended = check(&stage);
        assert_eq!(ended.code, 2, "{text}: {ended:?}");
        assert!(ended.err.contains(&format!("target.yaml{place}")), "{text}: {}", ended.err);
        assert!(ended.err.contains(said), "{text}: {}", ended.err);
    }
}

#[test]
fn a_pin_is_shown_nowhere() {
    let stage = Stage::with(&[("pin", "918273x\n")]);
    for pin in ["'918273'", "file:pin", "env:BRIDGE_PIN2"] {
        let text = format!("target: x\norganizers: [{{ conference_id: '4711', pin: {pin} }}]\n");
        fs::write(stage.path().join("target.yaml"), text).unwrap();
        let ended = stage.attendant_with(&[("BRIDGE_PIN2", "918273x")], "target check target.yaml");
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(!ended.err.contains("918273"), "{}", ended.err);
    }
}

#[test]
fn sounds_that_begin_alike_are_told_with_where_they_part() {
    let (first, second) = (prompt(Prompt::HelpMenu), prompt(Prompt::EnterPin));
    let stage = Stage::with(&[]);
    for (name, samples) in [
        ("pin.wav", second.clone()),
        ("menu.wav", first.clone()),
        ("both.wav", [&first[..2 * SECOND], &second[..]].concat()),
        ("short.wav", prompt(Prompt::Goodbye)[..SECOND / 4].to_vec()),
    ] {
        fs::write(stage.path().join(name), wav::write(&samples)).unwrap();
    }
    let file = |text: &str| fs::write(stage.path().join("target.yaml"), text).unwrap();
    file(
        "target: x\nheard: { enter-pin: pin.wav, help-menu: menu.wav, welcome: both.wav, goodbye: short.wav }\n",
    );
    let ended = check(&stage);
    assert_eq!(ended.code, 1, "{ended:?}");
    for said in [
        "short.wav has less than 300ms of sound",
        "menu.wav begins as both.wav does; write `help-menu: { file: menu.wav, from: 1.",
        "both.wav begins as menu.wav does; write `welcome: { file: both.wav, from: 1.",
    ] {
        assert!(ended.out.contains(said), "{said}: {}", ended.out);
    }
    assert!(!ended.out.contains("pin.wav begins"), "{}", ended.out);
    file("target: x\nheard: { enter-pin: pin.wav, help-menu: menu.wav }\n");
    assert_eq!(check(&stage).code, 0);
}

#[test]
fn the_targets_of_the_documents_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/targets");
    let pins = ["CONFBRIDGE_PIN", "FREESWITCH_MODERATOR_PIN", "TEAMS_ORGANIZER_PIN"].map(|name| (name, PIN));
    let stage = Stage::with(&[]);
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|kind| kind != "yaml") {
            continue;
        }
        seen += 1;
        let ended = stage.attendant_with(&pins, &format!("target check {}", file.display()));
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    assert_eq!(seen, 3);
}

#[test]
fn a_bridge_is_learned_by_one_call() {
    let stage = Stage::with(&[]);
    let bridge = Bridge::start(&stage.path().join("music.wav"), &[]);
    let words = ["target", "learn", "--keys", " 4711#", "--for", "8s"];
    let ended = stage.attendant_words(&words, &format!("--to sip:600@{} --out learned", bridge.address));
    assert_eq!(ended.code, 0, "{ended:?}");
    let text = stage.read("learned/target.yaml");
    // It asks for the number, and says that the caller has to wait, with music behind that.
    assert!(text.contains("s, after the answer\n  WORD-1: sound-"), "{text}");
    assert!(text.contains("s, after 5 keys\n  WORD-2: sound-"), "{text}");
    assert!(!text.contains("4711"), "{text}");
    let check = |text: &str| {
        fs::write(stage.path().join("learned/target.yaml"), text).unwrap();
        stage.attendant("target check learned/target.yaml")
    };
    let ended = check(&text);
    assert!(ended.code == 2 && ended.err.contains("unknown sound `WORD-1`"), "{ended:?}");
    let filled = text.replace("WORD-1", "enter-conference-id").replace("WORD-2", "hold-for-organizer");
    let ended = check(&filled);
    assert_eq!(ended.code, 0, "{ended:?}");
    let again = stage.attendant_words(&words, &format!("--to sip:600@{} --out learned", bridge.address));
    assert!(again.code == 2 && again.err.contains("learned is not empty"), "{again:?}");
}
