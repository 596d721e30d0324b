//! `attendant step` on a real terminal.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use attendant::play::machines::Machines;
use attendant::play::{Bridge, Outcome};
use attendant::report::CaseResult;
use attendant::scenario::story::Params;
use attendant::step::model::StepModel;
use attendant::step::screen::draw;
use attendant::step::trace::Trace;
use attendant::suite::{self, Plan, Seeds, read_suite};
use attendant::terminal::Colours;
use attendant::terminal::keymap::Key;
use ratatui::Terminal as Drawing;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::stage::{Stage, fails, holds};
use super::tmux::Terminal;

/// The screen at the failure of the document's scenario, for a picture of it.
pub(super) fn at_the_failure() -> Buffer {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wrong-on-purpose.yaml");
    let mut suite = read_suite(&[file], &Params::new(), NonZeroUsize::MIN).unwrap();
    // As it is named at the root of the repository.
    suite.files[0].path = "docs/wrong-on-purpose.yaml".to_owned();
    let jobs = NonZeroUsize::MIN;
    let plan = Plan { bridge: Bridge::default(), seeds: Seeds::Own, first_failure: true, twice: false, jobs };
    let mut screen = Buffer::default();
    suite::run(&suite, &[0], &plan, &AtomicBool::new(false), |_, outcome| {
        let result = CaseResult { suite: &suite, case: &suite.cases[0], outcome: &outcome };
        let Outcome::Played(run) = &outcome else { panic!("it was not played") };
        let mut trace = Trace::of(&result, run);
        trace.files[0].path.clone_from(&suite.files[0].path);
        let mut model = StepModel::new(&trace, Some(Machines::new(&result.case.story, 1)));
        for symbol in ['f', 'k', 'k'] {
            model.key(Key::Char { symbol, held: false });
        }
        let mut drawing = Drawing::new(TestBackend::new(120, 34)).unwrap();
        drawing.draw(|frame| draw(frame, &model, Colours { coloured: true })).unwrap();
        screen = drawing.backend().buffer().clone();
        ControlFlow::Continue(())
    });
    screen
}

#[test]
fn a_case_is_stepped_through_forwards_backwards_and_to_a_place() {
    let terminal = Terminal::open();
    fs::write(terminal.folder.path().join("s.yaml"), fails("It fails")).unwrap();
    terminal.tmux(&["resize-window", "-t", "t", "-x", "120", "-y", "40"]);
    terminal.attendant("step s.yaml");
    terminal.until("the first event", |screen| {
        screen.contains(" 1 of 5 ") && screen.contains("▸   0.000  pat: dial: bridge") && screen.contains("╮")
    });
    terminal.keys(&["Down", "Down", "Down"]);
    terminal.shows("▸   0.000  pat hears welcome");
    terminal.keys(&["Up"]);
    terminal.shows("▸   0.000  the bridge answers pat");
    terminal.types("f");
    let failure = terminal.shows("▸   2.001  ✗ pat: hears: hold_music, within: 2s failed");
    assert!(failure.contains("deadline: 2.000 s") && failure.contains("s.yaml:10"), "{failure}");
    terminal.types("t1s");
    terminal.shows("time, such as 1m30s: 1s");
    terminal.keys(&["Enter"]);
    terminal.shows("▸   0.000  pat hears welcome");
    terminal.tmux(&["resize-window", "-t", "t", "-x", "80", "-y", "24"]);
    terminal.until("it fits 80 columns", |screen| {
        screen.lines().any(|line| line.chars().count() == 80 && line.ends_with('╮'))
            && screen.contains("q quit")
    });
    terminal.types("q");
    terminal.is_given_back(0);
}

#[test]
fn a_saved_run_is_stepped_through_and_so_is_one_whose_file_has_changed() {
    let terminal = Terminal::open();
    let path = terminal.folder.path().join("s.yaml");
    fs::write(&path, fails("It fails")).unwrap();
    terminal.attendant("replay s.yaml --quiet --report json=run.jsonl");
    terminal.shows("left: 1");
    terminal.types("clear");
    terminal.keys(&["Enter"]);
    terminal.attendant("step run.jsonl");
    terminal.shows("s.yaml:9");
    terminal.types("q");
    terminal.shows("left: 0");
    fs::write(&path, holds("It fails")).unwrap();
    terminal.types("clear");
    terminal.keys(&["Enter"]);
    terminal.attendant("step run.jsonl");
    terminal.shows("s.yaml gives other events now");
    terminal.types("f");
    terminal.shows("✗ pat: hears: hold_music");
    terminal.keys(&["C-c"]);
    terminal.shows("left: 130");
}

#[test]
fn without_a_terminal_it_names_the_command_for_text() {
    let stage = Stage::with(&[("s.yaml", &fails("It fails"))]);
    let ended = stage.attendant("step s.yaml");
    let told = "error: step needs a terminal; `attendant explain` tells the same as text\n";
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (2, "", told));
}
