//! Calls of which only the events are known, written as a scenario again: of each case of the library, and by the command.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use attendant::play::{Bridge, CaseRun, Outcome, play};
use attendant::report::saved::read;
use attendant::report::{CaseResult, Json, Report as _};
use attendant::scenario::collection::Suite;
use attendant::scenario::story::Params;
use attendant::suite::read_suite;
use attendant::suite::session::{Recorded, Scenario};

use crate::stage::Stage;

/// Calls of a case of which a scenario is written here: of hundreds it takes too long.
const CALLS_MAX: usize = 12;

/// Of a hundred cases, so many pass again. The others turn on what no event tells: faults of the directory, callers' own numbers,
/// settings that were changed meanwhile, keys at the very moment of something else.
const PASS_AGAIN: usize = 85;

fn library() -> Suite {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    read_suite(&[root], &Params::new(), NonZeroUsize::MIN).expect("the library is sound")
}

/// Plays a case, and writes a scenario of nothing but its events; none if it has no calls or too many.
fn again(suite: &Suite, place: usize) -> Option<Scenario> {
    let case = &suite.cases[place];
    if case.story.cast.roles.len() > CALLS_MAX || case.story.skip.is_some() {
        return None;
    }
    let seed = case.story.seed.unwrap_or(1);
    let played = play(&case.story, seed);
    let run = CaseRun::of(&case.story, played, Bridge::default(), |story| play(story, seed));
    let outcome = Outcome::Played(Box::new(run));
    let mut report = Vec::new();
    Json::new(&mut report).case(&CaseResult { suite, case, outcome: &outcome }).unwrap();
    let cases = read(std::str::from_utf8(&report).unwrap()).unwrap();
    Recorded::of(&cases[0]).ok().map(Recorded::scenario)
}

#[test]
fn most_cases_of_the_library_pass_again_from_their_events() {
    let suite = library();
    // All of them take longer than a test may: `RECORDED_STEP=1` tries them by hand.
    let step = std::env::var("RECORDED_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(5);
    let mut tried = 0;
    let mut parted = Vec::new();
    for place in (0..suite.cases.len()).step_by(step) {
        let Some(scenario) = again(&suite, place) else { continue };
        tried += 1;
        if let Some(parts) = &scenario.parts {
            parted.push(format!("{}: {parts}", suite.label(&suite.cases[place])));
        }
    }
    let passed = tried - parted.len();
    println!("{passed} of {tried} pass again; the others:\n{}", parted.join("\n"));
    assert!(passed * 100 >= tried * PASS_AGAIN, "{passed} of {tried} pass again\n{}", parted.join("\n"));
}

#[test]
fn a_saved_run_becomes_a_scenario_that_passes_and_tells_no_pin() {
    let stage = Stage::with(&[]);
    let file = format!("{}/scenarios/pin/wrong-then-right.yaml", env!("CARGO_MANIFEST_DIR"));
    let played = stage.attendant(&format!("replay {file} --report json=run.jsonl"));
    assert_eq!(played.code, 0, "{}", played.err);
    let many = stage.attendant("scenario from-events run.jsonl");
    assert!(many.code == 2 && many.err.contains("choose it with --case"), "{}", many.err);
    let told = stage.attendant("scenario from-events run.jsonl --case wrong=#1");
    assert_eq!((told.code, told.err.as_str()), (0, "the scenario passes when it is replayed\n"));
    insta::assert_snapshot!(told.out);
    assert_eq!(stage.attendant("scenario from-events run.jsonl --case wrong=#1 --output again.yaml").code, 0);
    assert_eq!(stage.attendant("replay again.yaml --seeds 1..20").code, 0);
    let none = stage.attendant("scenario from-events again.yaml");
    assert!(none.code == 2 && none.err.contains("expected a run that"), "{}", none.err);
}
