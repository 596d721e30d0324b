//! A part of the library that is short, and has every kind of step that real calls can play.

use std::collections::BTreeSet;
use std::time::Duration;

use attendant::control::call::Prompt;
use attendant::control::caller::{Expectation, KeyPart, Op, Sound};
use attendant::control::time::Instant;
use attendant::play::outward::why_unfit;
use attendant::play::play;
use attendant::scenario::collection::Suite;
use attendant::scenario::story::{RunsOn, Story};

/// Cases that take longer in virtual time are left to whole runs.
const LONGEST: Duration = Duration::from_secs(25);

/// Those who do all the same in one moment want a machine of their own: larger casts are left to whole runs.
const CALLERS_MAX: usize = 8;

/// A case that real calls can play.
struct Candidate {
    place: usize,
    kinds: BTreeSet<String>,
    /// Seconds that its callers spend on the telephone, all together.
    cost: u64,
}

/// Chooses cases, each for kinds of steps that no other has, those first that cost least for each.
pub(super) fn part(suite: &Suite) -> Vec<usize> {
    let mut left: Vec<Candidate> =
        (0..suite.cases.len()).filter_map(|place| candidate(suite, place)).collect();
    let (mut chosen, mut covered) = (Vec::new(), BTreeSet::new());
    loop {
        left.retain_mut(|case| {
            case.kinds.retain(|kind| !covered.contains(kind));
            !case.kinds.is_empty()
        });
        let Some(best) = left.iter().min_by_key(|case| case.cost * 1_000 / case.kinds.len() as u64) else {
            chosen.sort_unstable();
            return chosen;
        };
        chosen.push(best.place);
        covered.extend(best.kinds.clone());
    }
}

fn candidate(suite: &Suite, place: usize) -> Option<Candidate> {
    let story = &suite.cases[place].story;
    let is_played =
        story.runs_on.contains(&RunsOn::Sip) && story.skip.is_none() && story.not_implemented.is_empty();
    if !is_played || story.cast.roles.len() > CALLERS_MAX {
        return None;
    }
    let played = play(story, story.seed.unwrap_or(1));
    let took = played.took.since(Instant::ZERO);
    if took > LONGEST || !played.failures.is_empty() || why_unfit(story, &played).is_some() {
        return None;
    }
    let folder = suite.file_of(&suite.cases[place]).path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let cost = (took.as_secs() + 1) * story.cast.roles.len() as u64;
    Some(Candidate { place, kinds: kinds(story, folder), cost })
}

fn kinds(story: &Story, folder: &str) -> BTreeSet<String> {
    let mut kinds = BTreeSet::from([format!("folder {folder}")]);
    for role in &story.cast.roles {
        kinds.insert(format!("keys {:?}", role.key_path));
        let faults = &role.faults;
        if faults.sound != Default::default() {
            kinds.insert("a line that spoils sound or packets".to_owned());
        }
        kinds.extend(faults.drop_after.map(|_| "drop_after".to_owned()));
        kinds.extend(faults.hang_up_after.map(|_| "hang_up_after".to_owned()));
        role.program.ops.iter().for_each(|(_, op)| kinds.extend(kinds_of(op, story)));
    }
    kinds
}

fn kinds_of(op: &Op, story: &Story) -> Vec<String> {
    let hears = |sound: &Sound| match sound {
        Sound::Prompt(Prompt::Number(_)) => "a number".to_owned(),
        Sound::Prompt(prompt) | Sound::PromptIn(prompt, _) => prompt.name().to_owned(),
        Sound::RecordedName | Sound::HoldMusic | Sound::Silence => format!("{sound:?}"),
        Sound::Talk(by) => format!("talk, by: {}", by.is_some()),
        Sound::Tone(by) => format!("tone, by: {}", by.is_some()),
    };
    let expected = |expected: &Expectation| match expected {
        Expectation::Hears(sound) => format!("hears {}", hears(sound)),
        Expectation::State(state) => format!("expect {}", state.name()),
    };
    match op {
        Op::Dial(target) => vec![format!("dial {target:?}")],
        Op::Press { keys, .. } => {
            let named = keys.iter().filter_map(|key| match key {
                KeyPart::Named(named) => Some(format!("press {named:?}")),
                KeyPart::Pause(_) => Some("press with a pause".to_owned()),
                KeyPart::Key(_) => None,
            });
            named.collect()
        }
        Op::Expect(wanted, timing) => {
            let mut kinds = vec![expected(wanted)];
            kinds.extend(timing.hold.map(|_| "for".to_owned()));
            kinds.extend(timing.of.map(|_| "of".to_owned()));
            if let Expectation::Hears(Sound::PromptIn(_, language)) = wanted {
                kinds.push(format!("in {}", language.tag()));
            }
            kinds
        }
        Op::Still(sound, hold) => vec![format!("still {}, for: {}", hears(sound), hold.is_some())],
        Op::Never(wanted, _) => vec![format!("never {}", expected(wanted))],
        Op::When(_) => vec!["when".to_owned()],
        Op::Wait(_) => vec!["wait".to_owned()],
        Op::Mark(_) => vec!["mark".to_owned()],
        Op::Say(speech, _) => vec![speech.name().to_owned()],
        Op::HangUp => vec!["hang_up".to_owned()],
        Op::Drop => vec!["drop".to_owned()],
        Op::Act(act) | Op::ActOn(act) => {
            let act = format!("{:?}", story.acts[usize::from(act.0)]);
            vec![act.chars().take_while(|c| c.is_alphanumeric()).collect()]
        }
        Op::Fork { .. } => vec!["parallel".to_owned()],
    }
}
