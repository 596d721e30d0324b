//! `attendant replay --watch`: what a save plays again, and what stays on the screen.

use std::fs;

use super::stage::{Stage, fails, holds, story};
use super::tmux::Terminal;

/// A scenario whose script is in an included file.
fn with_part(name: &str) -> String {
    format!("include: [_part.yaml]\n{}", story(name, "run: part"))
}

const PART_HOLDS: &str = "procedures: { part: [{ dial: bridge }, { hears: welcome }] }\n";
const PART_FAILS: &str = "procedures: { part: [{ dial: bridge }, { hears: hold_music, within: 1s }] }\n";

#[test]
fn a_save_plays_what_it_touches_until_ctrl_c() {
    let terminal = Terminal::open();
    let save = |path: &str, text: &str| fs::write(terminal.folder.path().join(path), text).unwrap();
    fs::create_dir(terminal.folder.path().join("s")).unwrap();
    save("s/a.yaml", &holds("It holds"));
    save("s/b.yaml", &fails("It fails"));
    save("s/c.yaml", &with_part("It includes"));
    save("s/_part.yaml", PART_HOLDS);
    terminal.attendant("replay --watch s");
    let first = terminal.shows("3 cases in 3 files: 2 passed, 1 failed; played 3");
    assert!(first.contains("FAIL  It fails") && first.contains("timed out"), "{first}");

    save("s/_part.yaml", PART_FAILS);
    let included = terminal.shows("2 failed; played 2, saved: s/_part.yaml");
    assert!(included.contains("FAIL  It fails\n"), "it is named: {included}");
    assert!(included.contains("FAIL  It includes (1.001 s)\nerror: pat:"), "it is shown: {included}");

    save("s/c.yaml", "scenario: [");
    let broken = terminal.shows("1 file with errors; ");
    assert!(broken.contains("--> s/c.yaml:1:") && broken.contains("FAIL  It fails ("), "{broken}");

    save("s/_part.yaml", PART_HOLDS);
    save("s/c.yaml", &with_part("It includes"));
    terminal.shows("3 cases in 3 files: 2 passed, 1 failed; played 2, saved: s/c.yaml");
    save("s/b.yaml", &holds("It fails no more"));
    let passes = terminal.shows("3 passed, 0 failed; played 1, saved: s/b.yaml");
    assert!(!passes.contains("FAIL"), "{passes}");

    save("s/d.yaml", &fails("It is new"));
    terminal.shows("4 cases in 4 files: 3 passed, 1 failed; played 1, saved: s/d.yaml");
    fs::remove_file(terminal.folder.path().join("s/d.yaml")).unwrap();
    terminal.shows("3 cases in 3 files: 3 passed, 0 failed; played 0, removed: s/d.yaml");
    terminal.keys(&["C-c"]);
    terminal.is_given_back(0);
}

#[test]
fn what_watches_cannot_also_end() {
    let stage = Stage::with(&[("a.yaml", &holds("It holds"))]);
    for option in ["--list", "--fail-fast", "--report json=-", "--record heard"] {
        let ended = stage.attendant(&format!("replay a.yaml --watch {option}"));
        assert!(ended.code == 2 && ended.err.contains("cannot be used with"), "{option}: {ended:?}");
    }
}
