//! A case told in plain words: what is given, what happens, and whether it holds.

use std::fmt::Write as _;

use super::describe_faults;
use super::ladder::{Ladder, ladder_lines};
use super::{CaseResult, Paint, screen, seconds};
use crate::control::policy::Policy;
use crate::control::time::Instant;
use crate::play::{CaseRun, Outcome};
use crate::scenario::order::describe;
use crate::scenario::story::{Given, Organizer, Story};

/// All of it.
#[must_use]
pub fn explain(result: &CaseResult<'_>, paint: Paint) -> String {
    let story = result.story();
    let mut text = format!("{}\n\n{}\n", paint.strong(&story.name), paint.strong("Given"));
    for line in given(story) {
        let _infallible = writeln!(text, "  {line}");
    }
    match result.outcome {
        Outcome::NotBuilt => {
            let _infallible = writeln!(text, "\n{}\n  {}", paint.open("Not built yet"), result.not_built());
        }
        Outcome::Skipped(reason) => {
            let _infallible = writeln!(text, "\n{}\n  {reason}", paint.open("Skipped"));
        }
        Outcome::Unreachable(reason) => {
            let _infallible = writeln!(text, "\n{}\n  {reason}", paint.bad("Unreachable"));
        }
        Outcome::Played(run) => {
            describe_run(&mut text, result, run, paint);
            let took = seconds(run.played.took.since(Instant::ZERO));
            if result.outcome.failed() {
                let _infallible = write!(text, "\n{}\n{}", paint.bad("Fails"), screen(result, paint));
            } else {
                let _infallible =
                    writeln!(text, "\n{} after {took}, seed {}", paint.good("Passes"), run.played.seed);
            }
        }
    }
    text
}

fn describe_run(text: &mut String, result: &CaseResult<'_>, run: &CaseRun, paint: Paint) {
    let _infallible = writeln!(text, "\n{}", paint.strong("What happens"));
    for line in ladder_lines(&Ladder::of(result, run), paint) {
        let _infallible = writeln!(text, "{line}");
    }
}

fn given(story: &Story) -> Vec<String> {
    let given = &story.given;
    let mut lines = vec![format!("the bridge has the profile {}{}", given.profile.name, changes(given))];
    lines.extend(given.organizers.iter().map(organizer));
    for user in &given.users {
        if !given.organizers.iter().any(|organizer| organizer.name == *user) {
            lines.push(format!("{user} can sign in, but organizes no meetings"));
        }
    }
    let names: Vec<&str> = story.cast.roles.iter().map(|role| role.name.as_str()).collect();
    lines.push(format!("callers: {}", names.join(", ")));
    lines.extend(describe_faults(story).into_iter().map(|fault| format!("fault: {fault}")));
    match story.order.as_deref() {
        None => {}
        Some([]) => lines.push("the order of events is fixed".to_owned()),
        Some(order) => {
            lines.extend(order.iter().map(|entry| format!("delayed: {}", describe(story, entry.later))));
        }
    }
    lines
}

/// The settings in which the bridge differs from its profile.
fn changes(given: &Given) -> String {
    let profile = given.profile.policy();
    let changed: Vec<String> = Policy::SETTINGS
        .iter()
        .filter(|setting| given.policy.show(setting.name) != profile.show(setting.name))
        .filter_map(|setting| Some(format!("{} {}", setting.name, given.policy.show(setting.name)?)))
        .collect();
    if changed.is_empty() { String::new() } else { format!(", with {}", changed.join(", ")) }
}

fn organizer(organizer: &Organizer) -> String {
    let id = match &organizer.conference_id {
        Some(id) => format!("conference ID {id}"),
        None => "a generated conference ID".to_owned(),
    };
    let pin = match organizer.pin {
        Some(pin) => format!("a PIN of {} digits", pin.digits()),
        None => "a generated PIN".to_owned(),
    };
    let start = match organizer.allow_anonymous_start {
        Some(true) => ", meetings start without a PIN",
        Some(false) => ", meetings never start without a PIN",
        None => "",
    };
    let enabled = if organizer.enabled { "" } else { ", not enabled yet" };
    format!("{} organizes meetings: {id}, {pin}{start}{enabled}", organizer.name)
}
