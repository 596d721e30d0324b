//! Every scenario of the library fails for a faulty bridge of its own. A scenario that no fault can fail proves
//! nothing, so each file stands in `table.txt` with the fault that its story is about.

mod directory;
mod ears;
mod keys;
mod people;
mod settings;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attendant::bridge::protocol::Report;
use attendant::control::attendant::Input as ToAttendant;
use attendant::control::call::{Digit, LegEvent, LegId, Prompt, Source};
use attendant::control::meeting::{self, Notice};
use attendant::control::policy::Terms;
use attendant::play::world::{Envelope, Handling, Tamper};
use attendant::play::{Failure, Played, play, play_tampered};
use attendant::scenario::story::{Params, Story};
use attendant::suite::read_suite;

/// A bridge with one fault, by what a caller would say of it.
pub(super) struct Bridge {
    name: &'static str,
    fault: Fault,
}

/// What is wrong with a bridge.
enum Fault {
    /// It holds itself to these settings, whatever the scenario says.
    Settings(&'static [(&'static str, &'static str)]),
    /// Nobody gets to hear these prompts, on the own line or announced.
    Mute(&'static [Prompt]),
    /// It tampers with each value by itself.
    Hand(fn(&mut Envelope) -> Handling),
    /// It tampers with values by what went before.
    Memory(fn(&Story) -> Tamper),
}

impl Bridge {
    const fn set(name: &'static str, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { name, fault: Fault::Settings(settings) }
    }

    const fn mute(name: &'static str, prompts: &'static [Prompt]) -> Self {
        Self { name, fault: Fault::Mute(prompts) }
    }

    const fn hand(name: &'static str, hand: fn(&mut Envelope) -> Handling) -> Self {
        Self { name, fault: Fault::Hand(hand) }
    }

    const fn memory(name: &'static str, tamper: fn(&Story) -> Tamper) -> Self {
        Self { name, fault: Fault::Memory(tamper) }
    }

    /// Plays a case on this bridge.
    fn play(&self, story: &Arc<Story>) -> Played {
        let seed = story.seed.unwrap_or(1);
        match self.fault {
            Fault::Settings(settings) => {
                let mut other = Story::clone(story);
                for (name, value) in settings {
                    other.given.policy.set(name, value).expect("a faulty bridge names settings that exist");
                }
                play(&Arc::new(other), seed)
            }
            Fault::Mute(prompts) => {
                play_tampered(story, seed, Tamper::new(move |carried| mute(carried, prompts)))
            }
            Fault::Hand(hand) => play_tampered(story, seed, Tamper::new(hand)),
            Fault::Memory(tamper) => play_tampered(story, seed, tamper(story)),
        }
    }
}

fn mute(carried: &mut Envelope, prompts: &[Prompt]) -> Handling {
    if let Envelope::Report(_, heard) = carried {
        match heard {
            Report::Hears(Source::Prompt { prompt, .. }) if prompts.contains(prompt) => {
                *heard = Report::Hears(Source::Silence);
            }
            Report::Announced(Some(announced)) if prompts.contains(&announced.prompt) => {
                *heard = Report::Announced(None);
            }
            Report::Hears(_) | Report::Announced(_) | Report::Answered { .. } => {}
            Report::Ended(_) | Report::Refused(_) => {}
        }
    }
    Handling::Carry
}

fn lose_if(lost: bool) -> Handling {
    if lost { Handling::Lose } else { Handling::Carry }
}

/// A key on its way to an attendant.
fn key(carried: &Envelope) -> Option<(LegId, Digit)> {
    if let Envelope::Attendant(leg, ToAttendant::Leg(LegEvent::Digit(digit))) = carried {
        Some((*leg, *digit))
    } else {
        None
    }
}

/// What a caller begins to hear.
fn ear(carried: &Envelope) -> Option<(LegId, Source)> {
    if let Envelope::Report(leg, Report::Hears(source)) = carried { Some((*leg, *source)) } else { None }
}

/// A notice on its way from a meeting to a caller's attendant.
fn notice(carried: &mut Envelope) -> Option<(LegId, &mut Notice)> {
    if let Envelope::Attendant(leg, ToAttendant::Notice(notice)) = carried {
        Some((*leg, notice))
    } else {
        None
    }
}

fn to_meeting(carried: &mut Envelope) -> Option<&mut meeting::Input> {
    if let Envelope::Meeting(_, input) = carried { Some(input) } else { None }
}

/// What a meeting is held to, on its way there.
fn terms(carried: &mut Envelope) -> Option<&mut Terms> {
    match to_meeting(carried)? {
        meeting::Input::Arrive { terms, .. } | meeting::Input::NewTerms { terms } => Some(terms),
        meeting::Input::TermsFound { result, .. } => result.as_mut().ok(),
        meeting::Input::Enter { .. }
        | meeting::Input::PinEntered { .. }
        | meeting::Input::PinChecked { .. } => None,
        meeting::Input::Command { .. } | meeting::Input::Leave { .. } | meeting::Input::Admit { .. } => None,
        meeting::Input::Remove { .. } | meeting::Input::Refuse { .. } | meeting::Input::SetMuted { .. } => {
            None
        }
        meeting::Input::AnnouncementFinished { .. }
        | meeting::Input::SetLocked { .. }
        | meeting::Input::End => None,
    }
}

/// Every faulty bridge there is.
fn catalogue() -> impl Iterator<Item = &'static Bridge> {
    [settings::BRIDGES, ears::BRIDGES, keys::BRIDGES, directory::BRIDGES, people::BRIDGES]
        .into_iter()
        .flatten()
}

fn bridge(name: &str) -> &'static Bridge {
    catalogue()
        .find(|bridge| bridge.name == name)
        .unwrap_or_else(|| panic!("table.txt names `{name}`, which is not a bridge of the modules beside it"))
}

/// The table: each file with its bridges.
fn table() -> BTreeMap<&'static str, Vec<&'static Bridge>> {
    let mut table = BTreeMap::new();
    let lines = include_str!("faulty_bridge/table.txt").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (file, names) =
            line.split_once(" = ").expect("a line of table.txt reads `file = bridge | bridge`");
        let before = table.insert(file, names.split(" | ").map(bridge).collect());
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

/// Whether a case notices: a step, a check or an invariant, and not merely that all time is up, or a question unasked.
fn notices(played: &Played) -> bool {
    played.failures.first().is_some_and(|wrong| match wrong {
        Failure::Step { .. } | Failure::Check { .. } | Failure::Invariant(_) => true,
        Failure::TimedOut { .. } | Failure::Order { .. } => false,
    })
}

#[test]
fn every_case_fails_for_the_bridge_that_its_story_is_about() {
    let (library, mut complaints) = (library(), Vec::new());
    for (file, bridges) in table() {
        let Some(cases) = library.get(file) else { continue };
        let mut failed = vec![0; bridges.len()];
        for story in cases {
            let noticed: Vec<bool> = bridges.iter().map(|bridge| notices(&bridge.play(story))).collect();
            failed.iter_mut().zip(&noticed).for_each(|(failed, noticed)| *failed += usize::from(*noticed));
            if !noticed.contains(&true) {
                complaints.push(format!("{file}: `{}` holds on a bridge on which it should not", story.name));
            }
        }
        let useless = bridges.iter().zip(failed).filter(|(_, failed)| *failed == 0);
        complaints.extend(useless.map(|(bridge, _)| format!("{file}: no case fails for `{}`", bridge.name)));
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
         all its cases fail for any of those that follow. If none is meant, write one in the modules beside it\n{}",
        new.join("\n")
    );
}

/// The bridges for which all these cases fail, those that break least at the front: by how early they fail a case.
fn candidates(cases: &[Arc<Story>]) -> String {
    let fails = |bridge: &&Bridge| cases.iter().all(|story| notices(&bridge.play(story)));
    let mut found: Vec<_> = catalogue().filter(fails).collect();
    found.sort_by_cached_key(|bridge| cases.first().map(|story| Reverse(bridge.play(story).took)));
    found.iter().map(|bridge| bridge.name).collect::<Vec<_>>().join(" / ")
}

#[test]
fn every_bridge_is_some_story_s_own() {
    let table = table();
    let used: BTreeSet<_> = table.values().flatten().map(|bridge| bridge.name).collect();
    let unused: Vec<_> = catalogue().map(|bridge| bridge.name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "no scenario of table.txt fails for these: use or delete them: {unused:?}");
    let names: BTreeSet<_> = catalogue().map(|bridge| bridge.name).collect();
    assert_eq!(names.len(), catalogue().count(), "two bridges have one name: the second is never played");
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
