//! Traces of small stories: their events, the way through them, and the screen.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::callers::in_short;
use super::cursor::Cursor;
use super::model::{Order, StepModel};
use super::saved::trace;
use super::screen::draw;
use super::trace::Trace;
use crate::control::event::Place;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::play::machines::Machines;
use crate::play::{Bridge, CaseRun, Outcome, play};
use crate::report::saved;
use crate::report::{CaseResult, Json, Report as _};
use crate::scenario::collection::Suite;
use crate::scenario::read::tests::EXAMPLE;
use crate::scenario::source::Sources;
use crate::scenario::story::Params;
use crate::suite::read_file;
use crate::terminal::Colours;
use crate::terminal::keymap::Key;

/// A case that was played.
struct Case {
    suite: Suite,
    outcome: Outcome,
}

impl Case {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes().to_vec();
        let sources = Sources::new(move |_| Ok(bytes.clone()));
        let (file, stories) = read_file("story.yaml", sources, &Params::new()).expect("it is read");
        let mut suite = Suite::new(Params::new());
        suite.add(file, stories);
        let story = &suite.cases[0].story;
        let run = CaseRun::of(story, play(story, 1), Bridge::default(), |story| play(story, 1));
        let outcome = Outcome::Played(Box::new(run));
        Self { suite, outcome }
    }

    fn result(&self) -> CaseResult<'_> {
        CaseResult { suite: &self.suite, case: &self.suite.cases[0], outcome: &self.outcome }
    }

    fn run(&self) -> &CaseRun {
        let Outcome::Played(run) = &self.outcome else { unreachable!("it was played") };
        run
    }

    fn trace(&self) -> Trace<'_> {
        Trace::of(&self.result(), self.run())
    }

    fn machines(&self) -> Option<Machines> {
        Some(Machines::new(&self.suite.cases[0].story, 1))
    }

    /// The case as `replay --report json` saves it.
    fn saved(&self) -> String {
        let mut bytes = Vec::new();
        Json::new(&mut bytes).case(&self.result()).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

/// Kim expects music too soon, while Pat waits.
fn failing() -> Case {
    let script = "- when: pat.waiting\n      - dial: bridge\n      - { hears: hold_music, within: 3s }";
    Case::of(&EXAMPLE.replace("then:\n", &format!("  kim:\n    script:\n      {script}\nthen:\n")))
}

fn keys(model: &mut StepModel<'_, '_>, typed: &str) {
    for symbol in typed.chars() {
        let key = if symbol == '\n' { Key::Enter } else { Key::Char { symbol, held: false } };
        assert_eq!(model.key(key), None, "{symbol}");
    }
}

#[test]
fn each_event_of_the_log_is_in_the_list_once_and_a_press_is_one() {
    let case = Case::of(EXAMPLE);
    let trace = case.trace();
    assert!(trace.events.is_sorted_by_key(|event| event.at));
    let log = &case.run().played.log;
    let steps = log.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Step { .. })).count();
    assert_eq!(trace.events.iter().filter(|event| event.words.contains(" — ")).count(), steps);
    let presses = trace.events.iter().filter(|event| event.words.contains(" presses ")).count();
    let is_press = |entry: &Entry| matches!(entry, Entry::Step { done, .. } if trace.text.step(done.step).starts_with("press"));
    assert_eq!(presses, log.entries.iter().filter(|(_, entry)| is_press(entry)).count());
    assert!(!trace.events.iter().any(|event| event.fails), "it passes");
}

#[test]
fn no_pin_is_in_a_trace() {
    let case = failing();
    let trace = case.trace();
    let lines = trace.files.iter().flat_map(|file| &file.lines);
    let words = trace.events.iter().flat_map(|event| event.facts.iter().chain([&event.words]));
    assert!(lines.chain(words).all(|text| !text.contains("27182")));
}

/// Sixty callers, so that the projection is copied on the way.
fn crowd() -> Case {
    let steps = "      - dial: bridge\n      - press: \"${amos.conference_id}#\"\n      - { hears: hold_music, within: 40s }\n";
    Case::of(&format!(
        "scenario: A crowd waits\ngiven: {{ organizers: {{ amos: {{}} }} }}\ncallers:\n  pat:\n    count: 60\n    script:\n{steps}"
    ))
}

#[test]
fn a_place_is_the_same_from_before_and_from_behind() {
    for case in [Case::of(EXAMPLE), failing(), crowd()] {
        let trace = case.trace();
        let mut cursor = Cursor::new(&trace);
        let mut forwards: Vec<Presence> = Vec::new();
        for place in 0..trace.events.len() {
            cursor.go(place);
            forwards.push(cursor.presence().clone());
        }
        for (place, presence) in forwards.iter().enumerate().rev() {
            cursor.go(place);
            assert!(cursor.presence() == presence, "after event {place}");
        }
        let mut whole = Presence::default();
        trace.records.iter().for_each(|(at, event)| whole.take(*at, *event));
        cursor.go(usize::MAX);
        assert!(*cursor.presence() == whole);
    }
    assert!(crowd().trace().records.len() > 512, "copies are taken and used");
}

#[test]
fn an_event_has_the_line_at_which_its_caller_stands() {
    let case = Case::of(EXAMPLE);
    let trace = case.trace();
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let line_of = |place: usize| trace.events[place].line.map_or("", |(_, line)| lines[line - 1].trim());
    for (place, event) in
        trace.events.iter().enumerate().filter(|(_, event)| event.words.contains(" presses "))
    {
        assert!(line_of(place).contains("press:"), "{}: {}", event.words, line_of(place));
    }
    let released =
        trace.events.iter().position(|event| event.words.contains("released from the lobby")).unwrap();
    assert!(line_of(released).contains("expect: joined"), "{}", line_of(released));
}

#[test]
fn the_keys_go_to_the_failure_a_time_a_caller_and_a_text() {
    let case = failing();
    let trace = case.trace();
    let mut model = StepModel::new(&trace, case.machines());
    assert_eq!((model.cursor.at(), trace.text.role(model.chosen)), (0, "kim"), "the failing one is chosen");
    keys(&mut model, "f");
    assert!(model.cursor.event().fails && model.cursor.event().words.starts_with("kim: hears: hold_music"));
    assert!(model.cursor.event().facts.iter().any(|fact| fact.starts_with("deadline: ")));
    let failed = model.cursor.at();
    keys(&mut model, "k");
    assert_eq!(model.cursor.at(), failed - 1);
    keys(&mut model, "t1.2s\n");
    let at = model.cursor.event().at;
    assert!(
        at <= Instant::from_millis(1_200)
            && trace.events[model.cursor.at() + 1].at > Instant::from_millis(1_200)
    );
    keys(&mut model, "t5\n");
    assert_eq!(model.note, "5 has no unit: write 250ms, 2s or 1m30s");
    assert_eq!(model.cursor.event().at, at, "a wrong time leads nowhere");
    keys(&mut model, "cki\n");
    assert_eq!(model.cursor.event().words, "kim: when: pat.waiting — done");
    keys(&mut model, "cnobody\n");
    assert_eq!(model.note, "no caller is called \"nobody\"");
    keys(&mut model, "g/WAITS IN\n");
    assert!(
        model.cursor.event().words.starts_with("pat waits in the lobby"),
        "{}",
        model.cursor.event().words
    );
    keys(&mut model, "n");
    assert_eq!(model.note, "searched on from the beginning");
    keys(&mut model, "/nowhere to be found\n");
    assert_eq!(model.note, "no event says \"nowhere to be found\"");
    keys(&mut model, "?j");
    assert!(!model.helps, "any key closes the help");
    assert_eq!(model.key(Key::Char { symbol: 'q', held: false }), Some(Order::Quit { interrupted: false }));
    assert_eq!(model.key(Key::Interrupt), Some(Order::Quit { interrupted: true }));
}

#[test]
fn arrows_go_through_the_events_of_the_chosen_caller() {
    let case = failing();
    let trace = case.trace();
    let mut model = StepModel::new(&trace, None);
    let of_kim = |model: &StepModel<'_, '_>| model.cursor.event().who == Some(model.chosen);
    let mut places = Vec::new();
    while model.key(Key::Right).is_none() && model.note.is_empty() {
        assert!(of_kim(&model));
        places.push(model.cursor.at());
    }
    assert!(model.note.starts_with("no event of kim after this one"), "{}", model.note);
    let back = places.iter().rev().skip(1).map(|place| {
        model.key(Key::Left);
        (model.cursor.at(), *place)
    });
    assert!(back.collect::<Vec<_>>().iter().all(|(at, place)| at == place) && places.len() > 3);
    let before = model.chosen;
    model.key(Key::Tab);
    assert_ne!(model.chosen, before);
    model.key(Key::BackTab);
    assert_eq!(model.chosen, before);
}

#[test]
fn a_line_of_the_file_leads_to_its_failure_or_its_first_event() {
    let case = failing();
    let trace = case.trace();
    let text = case.suite.files[0].sources.text(0).unwrap().text.clone();
    let line = |words: &str| text.lines().position(|line| line.contains(words)).unwrap() + 1;
    let mut model = StepModel::new(&trace, None);
    model.go_to_line((0, line("hears: hold_music, within: 3s")));
    assert!(model.cursor.event().fails);
    model.go_to_line((0, line("when: pat.waiting")));
    assert!(!model.cursor.event().fails && model.note.is_empty());
    model.go_to_line((0, 1));
    assert_eq!(model.note, "no event belongs to line 1");
}

#[test]
fn what_failed_at_the_end_is_the_last_event() {
    let case = Case::of(&EXAMPLE.replace("is: amos }", "is: pat }"));
    let trace = case.trace();
    let last = trace.events.last().unwrap();
    assert!(last.fails && last.words.ends_with("failed at the end"), "{}", last.words);
    assert_eq!(last.facts, ["found: amos"]);
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    assert!(lines[last.line.unwrap().1 - 1].contains("started_by"));
}

#[test]
fn a_saved_run_is_stepped_through_as_the_run_itself() {
    for case in [Case::of(EXAMPLE), failing()] {
        let text = case.saved();
        assert!(saved::is_saved_run(&text) && !saved::is_saved_run(EXAMPLE));
        let cases = saved::read(&text).unwrap();
        let [kept] = &cases[..] else { panic!("{} cases", cases.len()) };
        assert!(kept.has_events(&crate::report::json::events(case.result().story(), &case.run().played.log)));
        let (people, played) = (kept.people(), case.trace());
        let trace = trace(kept, &people, "a note".to_owned());
        let mut saved_cursor = Cursor::new(&trace);
        let mut cursor = Cursor::new(&played);
        // Keys of one press are told apart in what was saved.
        for (place, event) in trace.events.iter().enumerate().filter(|(_, event)| event.about != "key") {
            saved_cursor.go(place);
            let same =
                played.events.iter().position(|other| other.at == event.at && other.words == event.words);
            cursor.go(same.unwrap_or_else(|| panic!("{} is in the run", event.words)));
            let places = |cursor: &Cursor<'_, '_>| {
                [Place::Screening, Place::Lobby, Place::Joined].map(|place| cursor.presence().count(place))
            };
            assert_eq!(places(&saved_cursor), places(&cursor), "{}", event.words);
            assert_eq!(event.fails, cursor.event().fails);
        }
        assert_eq!(trace.failure.is_some(), played.failure.is_some());
    }
}

#[test]
fn what_is_no_saved_run_is_told_with_its_line() {
    let case = "{\"type\":\"case\",\"v\":2,\"name\":\"a\",\"file\":\"a.yaml\",\"tags\":[]}\n";
    for (text, told) in [
        (case.replace("\"v\":2", "\"v\":9"), "line 1 is of version 9; expected 2"),
        (format!("{case}{{\"type\":\"event\""), "line 2 is not of a JSON report of a replay"),
        ("{\"type\":\"event\",\"v\":2}".to_owned(), "line 1 comes before any case"),
    ] {
        let wrong = saved::read(&text).unwrap_err();
        assert!(wrong.starts_with(told), "{wrong}");
    }
}

#[test]
fn of_a_case_that_was_played_again_the_last_attempt_counts() {
    let case = failing();
    let once = case.saved();
    let events = once.lines().skip(1).filter(|line| line.starts_with("{\"type\":\"event\""));
    let attempt: String = events.map(|line| format!("{line}\n")).collect();
    let (first, rest) = once.split_once('\n').unwrap();
    let twice = format!("{first}\n{attempt}{{\"type\":\"attempt\",\"v\":2}}\n{rest}");
    let [cases, again] = [&once, &twice].map(|text| saved::read(text).unwrap());
    let people = cases[0].people();
    let count = |cases: &[saved::SavedCase]| trace(&cases[0], &people, String::new()).events.len();
    assert_eq!(count(&cases), count(&again));
}

#[test]
fn a_meaning_is_told_without_what_makes_it_a_sentence() {
    for (meaning, short) in [
        ("Asks for the PIN, before the lobby.", "asks for the PIN, before the lobby"),
        ("When to end it.", "end it"),
        ("When a name is long enough.", "a name is long enough"),
        ("", ""),
    ] {
        assert_eq!(in_short(meaning), short);
    }
}

fn drawn(model: &StepModel<'_, '_>, (columns, rows): (u16, u16), coloured: bool) -> ratatui::buffer::Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, model, Colours { coloured })).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &ratatui::buffer::Buffer) -> String {
    let rows = buffer.content().chunks(usize::from(buffer.area.width));
    let row = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect::<String>();
    rows.map(|cells| row(cells).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

const WINDOWS: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

#[test]
fn the_screen_shows_callers_timers_scenario_and_events() {
    let case = failing();
    let trace = case.trace();
    let mut model = StepModel::new(&trace, case.machines());
    for (moment, typed) in [("lobby", "/waits in\njj"), ("failure", "f")] {
        keys(&mut model, typed);
        for window in WINDOWS {
            insta::assert_snapshot!(format!("{moment}_{}", window.0), text(&drawn(&model, window, true)));
        }
    }
    keys(&mut model, "?");
    insta::assert_snapshot!("help", text(&drawn(&model, WINDOWS[0], true)));
    assert!(text(&drawn(&model, (40, 10), true)).contains("The window is 40 × 10"));
}

#[test]
fn colours_tell_nothing_that_words_do_not() {
    let case = failing();
    let trace = case.trace();
    let mut model = StepModel::new(&trace, case.machines());
    keys(&mut model, "f");
    for window in WINDOWS {
        let (coloured, plain) = (drawn(&model, window, true), drawn(&model, window, false));
        assert_eq!(text(&coloured), text(&plain));
        assert!(plain.content().iter().all(|cell| cell.fg == Color::Reset));
        assert!(coloured.content().iter().all(|cell| cell.bg == Color::Reset));
        assert!(coloured.content().iter().any(|cell| cell.fg == Color::Red));
    }
}

#[test]
fn nothing_is_known_of_a_saved_run_that_it_does_not_tell() {
    let case = failing();
    let cases = saved::read(&case.saved()).unwrap();
    let people = cases[0].people();
    let trace = trace(&cases[0], &people, "story.yaml has changed".to_owned());
    let mut model = StepModel::new(&trace, None);
    let screen = text(&drawn(&model, WINDOWS[0], true));
    assert!(
        screen.contains("story.yaml has changed") && screen.contains("not known of this run"),
        "{screen}"
    );
    keys(&mut model, "f");
    let screen = text(&drawn(&model, WINDOWS[0], true));
    assert!(screen.contains("✗ kim: hears: hold_music") && screen.contains("since 36.900 s"), "{screen}");
}
