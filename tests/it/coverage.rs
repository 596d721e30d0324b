//! `attendant coverage`: the library reaches everything that scenarios can reach, and the command tells what is missing.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use attendant::report::Paint;
use attendant::scenario::story::Params;
use attendant::suite::coverage::{
    Coverage, Item, Reached, UNREACHABLE, all, hint, html, is_meant, mermaid, run, svg, text,
};
use attendant::suite::{Selection, Shard, read_suite};

use super::stage::{Stage, fails, holds};

/// What scenarios cannot reach. The number can only fall, but for a bridge that shuts down in each new state of a dialog:
/// whoever lets a scenario reach more takes that off the list.
const UNREACHABLE_MAX: usize = 31;

/// What scenarios reach and the walk does not find: it would have to tell more stands apart, and take a minute.
const MISSED: [&str; 4] = [
    "arrived -> lobby: sent to the lobby",
    "outside -> lobby: parked",
    "confirmation -> conference-id: key timeout",
    "confirmation -> leaving: key timeout",
];

fn of_the_library() -> Coverage {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let suite = read_suite(&[root], &Params::new(), NonZeroUsize::MIN).expect("the library is sound");
    let selected: Vec<usize> = (0..suite.cases.len()).collect();
    let jobs = std::thread::available_parallelism().unwrap();
    run(&suite, &selected, jobs, &AtomicBool::new(false), |_, _| ControlFlow::Continue(()))
}

fn shown(items: &[&Item]) -> String {
    let line = |item: &&Item| format!("({:?}, {:?}) {}", item.group, item.name, hint(item));
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_library_reaches_everything_that_scenarios_can_reach() {
    let coverage = of_the_library();
    let missing: Vec<&Item> =
        coverage.items().filter(|(_, reached)| *reached == Reached::Not).map(|(item, _)| item).collect();
    assert!(
        missing.is_empty(),
        "{} are not reached: write scenarios, or say in src/suite/coverage/unreachable.rs why none can\n{}",
        missing.len(),
        shown(&missing)
    );
    let all = all();
    let is_unknown = |item: &Item| !all.contains(item) && !MISSED.contains(&item.name.as_str());
    let unknown: Vec<&Item> =
        coverage.items().map(|(item, _)| item).filter(|item| is_unknown(item)).collect();
    assert!(
        unknown.is_empty(),
        "the walk through the machines must find what scenarios reach\n{}",
        shown(&unknown)
    );
    for (group, name, reason) in UNREACHABLE {
        let meant = coverage.items().filter(|(item, _)| item.group == *group && is_meant(item, name));
        let meant: Vec<Reached> = meant.map(|(_, reached)| reached).collect();
        let are_out_of_reach = meant.iter().all(|reached| *reached == Reached::Unreachable(reason));
        assert!(
            are_out_of_reach && !meant.is_empty(),
            "{name}: it is reached, or there is none: take it off the list"
        );
        assert!(reason.len() > 20, "{name} needs a reason");
    }
    let unreachable = coverage.total().unreachable;
    assert_eq!(
        unreachable, UNREACHABLE_MAX,
        "more are out of reach: let scenarios reach them; fewer: say so here"
    );
}

/// What one case reaches that hears the welcome, and nothing else.
fn of_the_welcome() -> Coverage {
    let stage = Stage::with(&[("holds.yaml", &holds("It <b>holds</b>"))]);
    of(stage.path(), None)
}

fn of(folder: &Path, shard: Option<Shard>) -> Coverage {
    let suite = read_suite(&[folder.to_owned()], &Params::new(), NonZeroUsize::MIN).unwrap();
    let selected = Selection { shard, ..Selection::default() }.of(&suite);
    run(&suite, &selected, NonZeroUsize::MIN, &AtomicBool::new(false), |_, _| ControlFlow::Continue(()))
}

#[test]
fn the_exit_code_says_whether_enough_is_reached() {
    let stage = Stage::with(&[("holds.yaml", &holds("It holds")), ("fails.yaml", &fails("It fails"))]);
    for (line, code) in [
        ("coverage holds.yaml --fail-under 99.5 --json coverage.json --html coverage.html", 3),
        ("coverage --merge coverage.json coverage.json --fail-under 0.5 --diagram machines.svg", 0),
        ("coverage fails.yaml --fail-under 99.5", 1),
        ("coverage holds.yaml --fail-under 101", 2),
        ("coverage --merge holds.yaml", 2),
        ("coverage holds.yaml --diagram machines.png", 2),
        ("coverage holds.yaml --filter nobody", 4),
    ] {
        let ended = stage.attendant(line);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
    }
    for file in ["coverage.json", "coverage.html", "machines.svg"] {
        assert!(stage.path().join(file).exists(), "{file}");
    }
}

#[test]
fn the_runs_of_shards_add_up_to_the_whole() {
    let stage =
        Stage::with(&[("one.yaml", &holds("One")), ("two.yaml", &holds("Two")), ("c.yaml", &holds("C"))]);
    let part = |part| of(stage.path(), Some(Shard { part, of: 2 }));
    let mut sum = Coverage::from_json(&part(1).to_json()).unwrap();
    sum.add(Coverage::from_json(&part(2).to_json()).unwrap());
    let whole = of(stage.path(), None);
    assert_eq!((sum.cases, sum.to_json()), (3, whole.to_json()));
    let other = whole.to_json().replace("\"over\"", "\"under\"");
    let error = Coverage::from_json(&other).unwrap_err().to_string();
    assert_eq!(error, "was written by another version of Attendant: it counts `under`");
    let error =
        Coverage::from_json(&whole.to_json().replace("\"coverage\": 1", "\"coverage\": 2")).unwrap_err();
    assert_eq!(error.to_string(), "has the format 2; this version reads 1");
}

#[test]
fn what_is_missing_is_listed_with_a_hint_in_80_columns() {
    let shown = text(&of_the_welcome(), Paint::PLAIN, true);
    for line in [
        "Transitions of a dialog, not reached",
        "  lobby -> lobby-pin: key *",
        "  lobby-pin-check -> joined: let in",
        "  finding -> leaving: no such meeting",
        "  waiting -> running: started(anonymous)",
        "  lobby -> meeting: joined(released)",
        "  meeting -> lobby: parked",
        "      `given: { meeting: { music_policy: shared } }`",
        "  refused(full)",
        "Refusals and other ends of calls, out of reach of scenarios",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
    let widest = shown.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}\n{shown}");
    assert!(text(&of_the_welcome(), Paint { coloured: true }, false).contains('\x1b'));
}

#[test]
fn the_pages_load_nothing_and_name_what_is_missing() {
    let stage = Stage::with(&[("holds.yaml", &holds("It <b>holds</b>"))]);
    assert_eq!(stage.attendant("prove holds.yaml --fault capacity --html proof.html").code, 1);
    let (coverage, proof) =
        (html(&of_the_welcome(), "attendant coverage <b>holds"), stage.read("proof.html"));
    for (page, said) in [
        (&coverage, "<th scope=\"row\" class=\"n\">lobby -&gt; lobby-pin: key *</th>"),
        (&coverage, "<td class=\"n\">no</td>"),
        (&coverage, "lobby → lobby-pin: not reached: key *"),
        (&proof, "1 of 1 faulty bridges are missed"),
        (&proof, "More callers than capacity allows are let in."),
    ] {
        assert!(page.contains(said), "{said} is missing");
    }
    for page in [coverage, proof] {
        for refused in
            [" style=", "<script", " onclick=", "src=", "@import", "url(http", "href=\"http", "<b>holds"]
        {
            assert!(!page.contains(refused), "{refused}");
        }
        assert!(page.contains("script-src 'none'"));
    }
}

#[test]
fn what_is_not_reached_is_marked_in_the_drawings() {
    let coverage = of_the_welcome();
    let (svg, chart) = (svg(&coverage), mermaid(&coverage));
    assert!(svg.contains("class=\"took\"") && svg.contains("class=\"miss\""), "{svg}");
    assert!(chart.starts_with("flowchart LR\n  subgraph transitions"), "{chart}");
    assert!(chart.contains("transitions_lobby -.->|\"key #42;\"| transitions_lobby_pin\n"), "{chart}");
    assert!(chart.contains("\n  linkStyle "), "{chart}");
}
