//! Thirty scenarios of the library, each broken in one way that a seed chooses. Whoever made such a mistake must find it: the
//! screen names the line that was changed, or shows the first event of those who failed that the sound scenario has not.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use attendant::play::{Bridge, CaseRun, Outcome, Played, play};
use attendant::report::{CaseResult, EventText, Paint, screen, timeline};
use attendant::scenario::collection::{Case, File, Suite};
use attendant::scenario::read::read;
use attendant::scenario::source::Sources;
use attendant::scenario::story::{Params, Story};
use regex::Regex;

/// How many are broken.
const BROKEN: usize = 30;

/// Ways that are tried on one file until one of them breaks it.
const TRIES: usize = 12;

/// The seed of the whole table.
const SEED: u64 = 21;

/// What is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Values,
    Order,
    Names,
    Timing,
}

const KINDS: [Kind; 4] = [Kind::Values, Kind::Order, Kind::Names, Kind::Timing];

/// The same numbers in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

/// A text with one change, and the lines that it concerns, counted from 1.
struct Change {
    text: String,
    lines: Vec<usize>,
    shown: String,
}

/// Changes a line of a text; nothing if there is nothing of this kind in it.
fn changed(text: &str, kind: Kind, chance: &mut Chance) -> Option<Change> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let from = Regex::new(match kind {
        Kind::Values => r#"press: "[^"]+"|is: [A-Za-z0-9_]+|at_least: \d+"#,
        Kind::Order => r"^ +- ",
        Kind::Names => r"(hears|still|expect|when|run|never|that): [A-Za-z_.()-]+",
        Kind::Timing => r#"(within|for|wait): "?[0-9.]+(ms|s|m)"#,
    })
    .unwrap();
    let places: Vec<usize> = (0..lines.len()).filter(|place| from.is_match(&lines[*place])).collect();
    let place = *places.get(chance.below(places.len()))?;
    if kind == Kind::Order {
        let indent = |line: &str| line.len() - line.trim_start().len();
        let next = lines.get(place + 1)?;
        // Of steps that take one line each: half of another would be no YAML.
        let behind = lines.get(place + 2).map_or(0, |line| indent(line));
        if !next.trim_start().starts_with("- ")
            || indent(next) != indent(&lines[place])
            || behind > indent(next)
        {
            return None;
        }
        lines.swap(place, place + 1);
        let shown = format!("`{}` before `{}`", lines[place].trim(), lines[place + 1].trim());
        return Some(Change { text: lines.join("\n") + "\n", lines: vec![place + 1, place + 2], shown });
    }
    let found = from.find(&lines[place])?;
    let (key, value) = found.as_str().split_once(": ")?;
    let new = match (kind, key) {
        (Kind::Values, "press") => chance.of(&["\"9#\"", "\"31415#\"", "\"**\"", "\"#\""]).to_owned(),
        (Kind::Values, _) => {
            value.parse::<u32>().map_or("nobody".to_owned(), |number| (number + 1).to_string())
        }
        (Kind::Timing, _) => chance.of(&["1ms", "0s", "5m", "20m"]).to_owned(),
        // A slip of the fingers, or another word of the same kind.
        (_, "hears" | "still") if chance.below(2) == 0 => {
            chance.of(&["welcome", "enter-pin", "hold_music", "invalid-pin", "meeting-started"]).to_owned()
        }
        (_, "expect") if chance.below(2) == 0 => chance.of(&["lobby", "refused", "hung_up"]).to_owned(),
        (_, _) => {
            let mut slip: Vec<char> = value.chars().collect();
            let at = chance.below(slip.len().saturating_sub(1));
            slip.swap(at, (at + 1).min(value.len() - 1));
            slip.into_iter().collect()
        }
    };
    if new == value {
        return None;
    }
    let shown = format!("`{}` → `{key}: {new}`", found.as_str());
    let quote = if kind == Kind::Timing && value.starts_with('"') { "\"" } else { "" };
    lines[place] = lines[place].replacen(found.as_str(), &format!("{key}: {quote}{new}"), 1);
    Some(Change { text: lines.join("\n") + "\n", lines: vec![place + 1], shown })
}

/// The scenario's own text, or another in its place; what it includes stays.
fn sources(path: &str, text: &str) -> Sources<'static> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (path, text) = (path.to_owned(), text.to_owned());
    Sources::new(move |wanted| {
        if wanted == path {
            return Ok(text.clone().into_bytes());
        }
        std::fs::read(root.join(wanted)).map_err(|error| error.to_string())
    })
}

fn stories(path: &str, sources: &mut Sources<'static>) -> Result<Vec<Arc<Story>>, String> {
    read(path, sources, &Params::new()).map(|stories| stories.into_iter().map(Arc::new).collect()).map_err(
        |problems| {
            problems.iter().map(|problem| problem.render(sources, false)).collect::<Vec<_>>().join("\n")
        },
    )
}

fn play_once(story: &Arc<Story>) -> Played {
    play(story, story.seed.unwrap_or(1))
}

/// Every line of a run, each after its moment.
fn lines_of(story: &Story, played: &Played) -> BTreeSet<String> {
    let event_text = EventText::new(story, &played.log);
    timeline(&event_text, &played.log).into_iter().map(|(at, line)| format!("{at} s {line}")).collect()
}

/// The events that a screen shows, each after its moment.
fn events_on(screen: &str) -> Vec<&str> {
    let lines = screen.lines().map(str::trim_start);
    lines.filter(|line| line.split_once(" s ").is_some_and(|(at, _)| at.parse::<f64>().is_ok())).collect()
}

/// What is seen of a broken scenario: its screen, and of all events that concern who failed, and of their own, the first that
/// the sound scenario has not.
fn seen(path: &str, sound: &[Arc<Story>], text: &str) -> Option<(String, Vec<String>)> {
    let mut texts = sources(path, text);
    let broken = match stories(path, &mut texts) {
        Ok(broken) => broken,
        Err(told) => return Some((told, Vec::new())),
    };
    let plays = |story: &Arc<Story>| {
        story.not_implemented.is_empty() && story.skip.is_none() && story.expected_to_fail.is_none()
    };
    let mut pairs = broken.iter().zip(sound).filter(|(story, _)| plays(story));
    let (story, played, sound) = pairs.find_map(|(story, sound)| {
        let played = play_once(story);
        (!played.failures.is_empty()).then(|| (Arc::clone(story), played, Arc::clone(sound)))
    })?;
    let usual = lines_of(&sound, &play_once(&sound));
    let run = CaseRun::of(&story, played, Bridge::default(), play_once);
    let outcome = Outcome::Played(Box::new(run));
    let case = Case { file: 0, story };
    let file = File {
        path: path.to_owned(),
        sources: texts,
        cases: broken.len(),
        set: Params::new(),
        params: Vec::new(),
    };
    let mut suite =
        Suite { files: vec![file], cases: vec![case], set: Params::new(), context: None, assets: None };
    let shown = |suite: &Suite| {
        let result = CaseResult { suite, case: &suite.cases[0], outcome: &outcome };
        screen(&result, Paint::PLAIN)
    };
    let usual_screen = shown(&suite);
    suite.context = Some(usize::MAX);
    let whole = shown(&suite);
    let others = || events_on(&whole).into_iter().filter(|line| !usual.contains(*line));
    let failed = usual_screen.strip_prefix("error: ").and_then(|told| told.split_once(": "));
    let of_failed = |line: &&str| {
        failed.is_some_and(|(name, _)| line.split_once(" s ").is_some_and(|(_, told)| told.starts_with(name)))
    };
    let first = [others().next(), others().find(of_failed)];
    Some((usual_screen, first.into_iter().flatten().map(str::to_owned).collect()))
}

/// How a screen leads to the change, if it does.
fn found_by(path: &str, change: &Change, screen: &str, events: &[String]) -> Option<String> {
    let names = |line: &&usize| {
        let place = format!("{path}:{line}");
        screen
            .match_indices(&place)
            .any(|(at, _)| !screen[at + place.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    if let Some(line) = change.lines.iter().find(names) {
        return Some(format!("line {line}"));
    }
    if let Some(event) = events.iter().find(|event| events_on(screen).contains(&event.as_str())) {
        return Some(event.clone());
    }
    let (at, _) = events.first()?.split_once(" s ")?;
    let mut causes = screen.lines().filter_map(|line| line.trim_start().strip_prefix("because "));
    causes.find(|cause| cause.contains(&format!("{at} s"))).map(|cause| format!("because {cause}"))
}

fn library() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = attendant::suite::scenario_files(&[root.join("scenarios")]).unwrap();
    let inside = format!("{}/", root.display());
    paths.iter().map(|path| path.strip_prefix(&inside).unwrap().to_owned()).collect()
}

#[test]
fn a_mistake_in_a_scenario_is_found_on_its_screen() {
    let files: Vec<String> = library().into_iter().filter(|path| !path.contains("/load/")).collect();
    let (mut chance, mut used, mut table, mut lost) = (Chance(SEED), BTreeSet::new(), Vec::new(), Vec::new());
    while table.len() < BROKEN {
        assert!(used.len() < files.len(), "only {} could be broken", table.len());
        let path = &files[chance.below(files.len())];
        if !used.insert(path) {
            continue;
        }
        let kind = KINDS[table.len() % KINDS.len()];
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let sound = stories(path, &mut sources(path, &text)).unwrap();
        let broken = (0..TRIES).find_map(|_| {
            let change = changed(&text, kind, &mut chance)?;
            let (screen, events) = seen(path, &sound, &change.text)?;
            Some((change, screen, events))
        });
        let Some((change, screen, events)) = broken else { continue };
        let found = found_by(path, &change, &screen, &events);
        let row = format!(
            "| {kind:?} | {path}:{} | {} | {} | {} |",
            change.lines[0],
            change.shown,
            screen.lines().next().unwrap_or_default(),
            found.as_deref().unwrap_or("NOT FOUND")
        );
        if found.is_none() {
            lost.push(format!("{row}\nfirst other events: {events:?}\n{screen}"));
        }
        table.push(row);
    }
    println!(
        "| kind | line | change | screen | found by |\n| --- | --- | --- | --- | --- |\n{}",
        table.join("\n")
    );
    assert!(lost.is_empty(), "{} of {BROKEN} are not found:\n{}", lost.len(), lost.join("\n"));
}
