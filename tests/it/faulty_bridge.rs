//! Every scenario of the library fails for a faulty bridge of its own. A scenario that no fault can fail proves
//! nothing, so each file stands in `table.txt` with the fault that its story is about. The bridges are those of
//! `attendant prove`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attendant::play::world::{Handling, Tamper};
use attendant::play::{play, play_tampered};
use attendant::scenario::story::{Params, Story};
use attendant::suite::prove::{Fault, faults};
use attendant::suite::read_suite;

use super::stage::{Stage, holds};

fn fault(name: &str) -> &'static Fault {
    faults()
        .find(|fault| fault.name == name)
        .unwrap_or_else(|| panic!("table.txt names `{name}`, which is not a fault of src/suite/prove"))
}

/// The table: each file with its bridges.
fn table() -> BTreeMap<&'static str, Vec<&'static Fault>> {
    let mut table = BTreeMap::new();
    let lines = include_str!("faulty_bridge/table.txt").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (file, names) =
            line.split_once(" = ").expect("a line of table.txt reads `file = bridge | bridge`");
        let before = table.insert(file, names.split(" | ").map(fault).collect());
        assert!(before.is_none(), "{file} stands in table.txt twice: part its bridges by ` | ` on one line");
    }
    table
}

/// The library's cases, by the names that the table has for their files.
fn library() -> BTreeMap<String, Vec<Arc<Story>>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let suite = read_suite(std::slice::from_ref(&root), &Params::new(), NonZeroUsize::MIN);
    let suite = suite.expect("the library is sound");
    let mut files: BTreeMap<String, Vec<Arc<Story>>> = BTreeMap::new();
    for case in &suite.cases {
        let path = Path::new(&suite.file_of(case).path).with_extension("");
        let names = path.strip_prefix(&root).expect("the library was read from its root").iter();
        let name: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
        files.entry(name.join("/")).or_default().push(Arc::clone(&case.story));
    }
    files.retain(|_, cases| cases.iter().any(|story| story.not_implemented.is_empty()));
    files
}

#[test]
fn every_case_fails_for_the_bridge_that_its_story_is_about() {
    let (library, mut complaints) = (library(), Vec::new());
    for (file, bridges) in table() {
        let Some(cases) = library.get(file) else { continue };
        let mut failed = vec![0; bridges.len()];
        for story in cases {
            let noticed: Vec<bool> = bridges.iter().map(|fault| fault.is_caught_by(story)).collect();
            failed.iter_mut().zip(&noticed).for_each(|(failed, noticed)| *failed += usize::from(*noticed));
            if !noticed.contains(&true) {
                complaints.push(format!("{file}: `{}` holds on a bridge on which it should not", story.name));
            }
        }
        let useless = bridges.iter().zip(failed).filter(|(_, failed)| *failed == 0);
        complaints.extend(useless.map(|(fault, _)| format!("{file}: no case fails for `{}`", fault.name)));
    }
    assert!(
        complaints.is_empty(),
        "a scenario that holds although the bridge does what it forbids lacks an expectation: add that, or choose \
         in table.txt the fault that the story is about\n{}",
        complaints.join("\n")
    );
}

#[test]
fn the_table_lists_every_scenario_and_no_other() {
    let (library, table) = (library(), table());
    let gone: Vec<_> = table.keys().filter(|file| !library.contains_key(**file)).collect();
    assert!(gone.is_empty(), "table.txt lists files that are not in scenarios/: take them out: {gone:?}");
    let new = library.iter().filter(|(file, _)| !table.contains_key(file.as_str()));
    let new: Vec<String> = new.map(|(file, cases)| format!("{file} = {}", candidates(cases))).collect();
    assert!(
        new.is_empty(),
        "add a line to tests/it/faulty_bridge/table.txt for each of these, with the bridge that the story is about; \
         all its cases fail for any of those that follow. If none is meant, write one in src/suite/prove\n{}",
        new.join("\n")
    );
}

/// The bridges for which all these cases fail, those that break least at the front: by how early they fail a case.
fn candidates(cases: &[Arc<Story>]) -> String {
    let fails = |fault: &&Fault| cases.iter().all(|story| fault.is_caught_by(story));
    let mut found: Vec<_> = faults().filter(fails).collect();
    found.sort_by_cached_key(|fault| cases.first().map(|story| Reverse(fault.play(story).took)));
    found.iter().map(|fault| fault.name).collect::<Vec<_>>().join(" / ")
}

#[test]
fn every_bridge_is_some_story_s_own() {
    let table = table();
    let used: BTreeSet<_> = table.values().flatten().map(|fault| fault.name).collect();
    let unused: Vec<_> = faults().map(|fault| fault.name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "no scenario of table.txt fails for these: use or delete them: {unused:?}");
    let names: BTreeSet<_> = faults().map(|fault| fault.name).collect();
    assert_eq!(names.len(), faults().count(), "two bridges have one name: the second is never played");
}

#[test]
fn a_hand_that_only_carries_changes_nothing() {
    for story in library().values().filter_map(|cases| cases.first()) {
        let (seed, honest) = (story.seed.unwrap_or(1), Tamper::new(|_| Handling::Carry));
        let (tampered, plain) = (play_tampered(story, seed, honest), play(story, seed));
        assert_eq!(tampered.failures, [], "{} fails although nothing was tampered with", story.name);
        assert!(tampered.log == plain.log, "{}: a hand that does nothing leaves another log", story.name);
    }
}

/// The only files that may name what makes a bridge faulty: none of a service, a load run or a live exchange.
const MAY_BE_FAULTY: [&str; 7] = [
    "src/cli/prove.rs",
    "src/play/case.rs",
    "src/play/mod.rs",
    "src/play/world.rs",
    "src/play/world/tamper.rs",
    "src/suite/mod.rs",
    "src/suite/prove",
];

#[test]
fn no_service_and_no_load_run_can_be_faulty() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut named) = (vec![root.join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let words = ["Tamper", "tamper(", "play_tampered", "suite::prove", "mod prove"];
                if words.iter().any(|word| text.contains(word)) {
                    named.push(path.strip_prefix(root).unwrap().display().to_string());
                }
            }
        }
    }
    assert!(named.len() > 8, "the walk must see them: {named:?}");
    named.retain(|path| !MAY_BE_FAULTY.iter().any(|may| path.starts_with(may)) && path != "src/cli/mod.rs");
    assert!(named.is_empty(), "a faulty bridge must not be reachable from these: {named:?}");
}

/// Asks for the PIN, and joins with it.
const WITH_THE_PIN: &str = "scenario: The right PIN starts the meeting
given:
  tenant: { name_recording: false }
  organizers:
    amos: { conference_id: \"3141592\", pin: \"27182\" }
callers:
  amos:
    script:
      - dial: bridge
      - press: \"3141592#\"
      - press: \"*\"
      - { hears: enter-pin }
      - press: \"${amos.pin}#\"
      - { expect: joined }
";

#[test]
fn a_fault_that_no_case_catches_ends_the_proof_with_1() {
    let stage = Stage::with(&[("pin.yaml", WITH_THE_PIN), ("holds.yaml", &holds("It holds"))]);
    for (line, code, said) in [
        ("prove pin.yaml --fault ignored", 1, "\n3 faulty bridges: 1 caught by 1 case, 2 missed\n"),
        ("prove pin.yaml --fault ignored --quiet", 1, "MISSED  capacity is ignored\n"),
        ("prove pin.yaml --fault no-such-fault", 4, ""),
        ("prove holds.yaml --filter nobody", 4, ""),
        ("prove pin.yaml --fault PIN --json nowhere/out.json", 2, ""),
    ] {
        let ended = stage.attendant(line);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        assert!(ended.out.contains(said), "{line}: {}", ended.out);
    }
    let caught = stage.attendant("prove pin.yaml --fault ignored --json proof.json");
    assert!(
        caught.out.contains("caught  every PIN is ignored\n        1 case in pin.yaml\n"),
        "{}",
        caught.out
    );
    let proof: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(stage.path().join("proof.json")).unwrap()).unwrap();
    let fault =
        proof["faults"].as_array().unwrap().iter().find(|fault| fault["name"] == "every PIN is ignored");
    assert_eq!(fault.unwrap()["caught_by"][0]["file"], "pin.yaml");
}

#[test]
fn every_bridge_carries_a_story_that_it_has_nothing_to_do_with() {
    let text = "scenario: Nobody is there\ncallers:\n  pat:\n    script:\n      - dial: bridge\n      \
                - { hears: welcome }\n      - press: \"5551234#\"\n      - { hears: invalid-conference-id, within: 9s }\n";
    let stage = Stage::with(&[("alone.yaml", text)]);
    let ended = stage.attendant("prove alone.yaml");
    assert_eq!(ended.code, 1, "most bridges are caught by nothing: {}", ended.err);
    assert!(ended.out.contains("each key is taken twice"), "{}", ended.out);
}
