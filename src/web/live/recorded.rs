//! Calls of the last hour as a scenario, with what the directory says of their meeting.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::recent::{Together, WRITTEN_MAX};
use crate::control::event::{CallEvent, Event, MeetingId};
use crate::control::policy::{Policy, ServiceNumber, Terms};
use crate::control::time::Instant;
use crate::scenario::story::{Given, Organizer};
use crate::suite::session::{Recorded, RecordedCall, made_up_passcode};

/// The name of the first service number in scenarios.
const BRIDGE: &str = "bridge";

/// Why calls are not written as a scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum UnwrittenError {
    /// They are not kept, or never were.
    NotKept,
    /// There are too many in the meeting.
    TooMany(usize),
}

/// What the directory says.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) policy: Policy,
    /// The service numbers, as telephones dial them.
    pub(crate) numbers: Vec<(String, ServiceNumber)>,
    /// What the meeting is called, and its terms where it is a user's.
    pub(crate) meeting: Option<(String, Option<Terms>)>,
}

/// Calls that belong together as a scenario would write them: telephone numbers, conference IDs and PINs are replaced by others
/// and by names.
pub(crate) fn recorded(together: Together, world: &World) -> Result<Recorded, UnwrittenError> {
    if together.calls.len() > WRITTEN_MAX {
        return Err(UnwrittenError::TooMany(together.calls.len()));
    }
    let mut given = Given::new(Arc::default(), world.policy.clone(), Vec::new());
    if !world.numbers.is_empty() {
        let named =
            (1..).zip(&world.numbers).map(|(place, (_, number))| (number_name(place), number.clone()));
        given.numbers = named.collect();
    }
    let mut meetings = BTreeMap::new();
    if let (Some(meeting), Some((called, terms))) = (together.meeting, &world.meeting) {
        let mut organizer = Organizer::new(organizer_name(called));
        organizer.conference_id = conference_id(&together.events, meeting);
        if let Some(terms) = terms {
            let usual = terms.policy.tenant.allow_anonymous_start_by_default;
            organizer.allow_anonymous_start = Some(terms.anonymous_start).filter(|start| *start != usual);
            organizer.allow_toll_free_dial_in = !terms.refuses_toll_free;
            organizer.enabled = terms.enabled;
            organizer.passcode = terms.passcode.then(|| made_up_passcode(&world.policy)).flatten();
        }
        given.users.push(organizer.name.clone());
        given.organizers.push(organizer);
        meetings.insert(meeting, 0);
    }
    let mut taken: Vec<String> = Vec::new();
    let mut calls = Vec::new();
    for call in &together.calls {
        let name = call.name.clone().unwrap_or_else(|| "caller".to_owned());
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = [name.clone()].into_iter().chain(numbered);
        let caller = names.find(|name| !taken.contains(name)).unwrap_or(name);
        taken.push(caller.clone());
        let dialled = match given.organizers.first().filter(|_| call.is_client) {
            Some(organizer) => format!("app:{}", organizer.name),
            None => dialled(call.dialled.as_deref(), &world.numbers),
        };
        calls.push(RecordedCall { leg: call.leg, caller, dialled });
    }
    let title = match given.organizers.first() {
        Some(organizer) => format!("A meeting of {} that was recorded", organizer.name),
        None => "A call that was recorded".to_owned(),
    };
    Ok(Recorded { title, given, meetings, calls, acts: None, events: together.events })
}

/// The number that a telephone dialled, by the name that scenarios give it.
fn dialled(number: Option<&str>, numbers: &[(String, ServiceNumber)]) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let wanted = digits(number.unwrap_or_default());
    let place = numbers.iter().position(|(known, _)| !wanted.is_empty() && digits(known) == wanted);
    number_name(place.map_or(1, |place| place + 1))
}

fn number_name(place: usize) -> String {
    if place == 1 { BRIDGE.to_owned() } else { format!("{BRIDGE}-{place}") }
}

/// `amos@example.com` is `amos`, as a scenario can name him.
fn organizer_name(called: &str) -> String {
    let own = called.split('@').next().unwrap_or_default();
    let plain = own.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let plain: String = plain.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let plain: String = plain.chars().take(32).collect();
    if plain.starts_with(|first: char| first.is_ascii_alphabetic()) {
        plain
    } else {
        format!("organizer-{plain}")
    }
}

/// Another conference ID of as many digits as the one that was keyed.
fn conference_id(events: &[(Instant, Event)], of: MeetingId) -> Option<String> {
    let keyed = |event: &Event| match event {
        Event::Call(CallEvent::ConferenceIdKeyed { digits, meeting, .. }) if *meeting == Some(of) => {
            Some(digits.len())
        }
        Event::Call(_) | Event::Meeting(_) | Event::Account(_) => None,
    };
    let count = events.iter().find_map(|(_, event)| keyed(event))?;
    Some("314159265358".chars().take(count).collect())
}
