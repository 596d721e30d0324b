//! Cases of the library as real calls over the loopback interface: the verdict is that of virtual time.

mod part;

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use attendant::control::caller::FailureCause;
use attendant::leg::capture::WireStart;
use attendant::play::{Bridge, CaseRun, Failure, Outcome, OverSip, play};
use attendant::scenario::collection::Suite;
use attendant::scenario::story::Params;
use attendant::suite::{Plan, Seeds, read_suite, run};

use super::bounded;
use part::part;

fn suite(paths: &[&Path]) -> Suite {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
    read_suite(&paths, &Params::new(), NonZeroUsize::MIN).unwrap()
}

/// Plays these cases side by side.
fn over_sip(suite: &Suite, selected: &[usize], how: OverSip) -> Vec<Outcome> {
    let jobs = NonZeroUsize::new(selected.len()).unwrap();
    let plan =
        Plan { bridge: Bridge::OverSip(how), seeds: Seeds::Own, first_failure: false, twice: false, jobs };
    let mut outcomes = Vec::new();
    run(suite, selected, &plan, &AtomicBool::new(false), |_, outcome| {
        outcomes.push(outcome);
        ControlFlow::Continue(())
    });
    assert_eq!(outcomes.len(), selected.len());
    outcomes
}

#[track_caller]
fn played(outcome: &Outcome) -> &CaseRun {
    match outcome {
        Outcome::Played(run) => run,
        Outcome::NotBuilt | Outcome::Skipped(_) | Outcome::Unreachable(_) => panic!("{outcome:?}"),
    }
}

#[test]
fn every_kind_of_step_has_the_verdict_of_virtual_time() {
    let suite = suite(&[Path::new("scenarios")]);
    let selected = part(&suite);
    assert!(selected.len() >= 15, "{} cases", selected.len());
    // Beside the other tests a thread may come too late.
    let how = OverSip { retries: 2, ..OverSip::default() };
    let mut wrong = Vec::new();
    for (outcome, place) in over_sip(&suite, &selected, how).iter().zip(selected) {
        let failures = &played(outcome).played.failures;
        if !failures.is_empty() {
            wrong.push(format!("{}: {failures:?}", suite.cases[place].story.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const WRONG: &str = "
scenario: Nobody is asked for a PIN before the conference ID
given: { organizers: { amos: { conference_id: '3141592', pin: '27182' } } }
callers:
  pat:
    script:
      - dial: bridge
      - { hears: welcome }
      - { hears: enter-pin, within: 1s }
";

#[test]
fn what_fails_in_virtual_time_fails_over_sip_at_the_same_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.yaml");
    fs::write(&path, WRONG).unwrap();
    let suite = suite(&[path.as_path()]);
    let story: &Arc<_> = &suite.cases[0].story;
    let expected = play(story, 1).failures;
    let how = OverSip { retries: 1, captures: Some(folder.path().into()), ..OverSip::default() };
    let outcomes = over_sip(&suite, &[0], how);
    let run = played(&outcomes[0]);
    let failures = &run.played.failures;
    assert!(failures.iter().zip(&expected).all(|(one, other)| one.is_alike(other)), "{failures:?}");
    let [Failure::Step { failure, .. }] = &failures[..] else { panic!("{failures:?}") };
    assert!(matches!(failure.why, FailureCause::TooLate { .. }), "{failure:?}");
    assert_eq!((run.attempts.len(), run.is_flaky()), (1, false));
    let captures = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let captures: Vec<_> =
        captures.filter(|path| path.extension().is_some_and(|kind| kind == "pcapng")).collect();
    assert_eq!(captures.len(), 2, "each attempt has its own: {captures:?}");
}

const STARTS: &str = "
scenario: Amos starts the meeting
given:
  tenant: { name_recording: false }
  organizers: { amos: { conference_id: '3141592', pin: '918273645' } }
callers:
  amos:
    dtmf: sip_info
    script:
      - dial: bridge
      - { hears: welcome }
      - press: '3141592#'
      - { hears: press-star-if-organizer, within: 6s }
      - press: '*${amos.pin}#'
      - { expect: joined, within: 3s }
";

/// Plays a story over SIP, as [`OverSip::keeps_wire`] has it kept, and captures it.
fn traced(text: &str) -> (tempfile::TempDir, Vec<Outcome>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("story.yaml");
    fs::write(&path, text).unwrap();
    let captures = Some(folder.path().into());
    let how = OverSip { retries: 2, captures, keeps_wire: true, ..OverSip::default() };
    let outcomes = over_sip(&suite(&[path.as_path()]), &[0], how);
    (folder, outcomes)
}

#[test]
fn what_passed_is_kept_for_reports_without_keys() {
    let (folder, outcomes) = traced(STARTS);
    let run = played(&outcomes[0]);
    assert!(run.played.failures.is_empty(), "{:?}", run.played.failures);
    let wire = run.played.wire.as_deref().unwrap();
    let says: Vec<(bool, &WireStart)> =
        wire.messages.iter().map(|message| (message.from_caller, &message.says)).collect();
    let invite = WireStart::Request { method: "INVITE".to_owned(), again: false };
    assert_eq!(says.first(), Some(&(true, &invite)), "{says:?}");
    let is_ok = |(from_caller, says): &(bool, &WireStart)| {
        let WireStart::Response { code: 200, method, after: Some(_), .. } = says else { return false };
        !from_caller && method == "INVITE"
    };
    assert!(says.iter().any(is_ok), "{says:?}");
    let infos = wire.messages.iter().filter(|message| message.text.starts_with("INFO"));
    let infos: Vec<&str> = infos.map(|message| &*message.text).collect();
    assert!(infos.len() >= 19 && infos.iter().all(|info| info.contains("Signal=0")), "{infos:?}");
    let both =
        [true, false].map(|way| wire.streams.iter().filter(|stream| stream.from_caller == way).count());
    assert_eq!(both, [1, 1], "{:?}", wire.streams);
    assert!(wire.streams.iter().all(|stream| stream.packets > 100 && stream.lost == 0), "{:?}", wire.streams);

    let captures = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let capture =
        captures.filter(|path| path.extension().is_some_and(|kind| kind == "pcapng")).max().unwrap();
    let read = |arguments: &[&str]| {
        let mut tshark = Command::new("tshark");
        let read = bounded::output(tshark.args(["-n", "-r"]).arg(&capture).args(arguments));
        let read = read.expect("`.ci/test` installs tshark");
        assert!(read.status.success(), "{read:?}");
        String::from_utf8(read.stdout).unwrap()
    };
    let comments = read(&["-Y", "sip || rtp", "-T", "fields", "-e", "frame.comment"]);
    assert!(comments.lines().all(|comment| comment.starts_with("amos: ")), "{comments}");
    assert!(comments.contains("amos: hears: welcome\n") && comments.contains("amos: press\n"), "{comments}");
    assert!(
        !comments.contains("3141592") && !comments.contains("918273645"),
        "keys are nobody's: {comments}"
    );
    let section = String::from_utf8_lossy(&fs::read(&capture).unwrap()[..1_024]).into_owned();
    let version = concat!("attendant ", env!("CARGO_PKG_VERSION"));
    assert!(section.contains("Amos starts the meeting; seed 1") && section.contains(version), "{section}");
}

#[test]
fn what_real_calls_cannot_do_is_skipped_with_its_reason() {
    let suite = suite(&[Path::new("scenarios/signed-in"), Path::new("scenarios/hang-up")]);
    let client = suite.cases.iter().position(|case| case.story.name.contains("client")).unwrap();
    let outcomes = over_sip(&suite, &[client], OverSip::default());
    let Outcome::Skipped(reason) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert!(reason.contains("over SIP: a signed-in client is not a telephone"), "{reason}");
}
