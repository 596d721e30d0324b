//! Talk of callers that an ear cannot tell.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::control::call::{LegId, Prompt, Source, Speech};
use crate::control::caller::{Expectation, Op, Sound};
use crate::control::event::{CallEvent, Event, MeetingEvent};
use crate::control::time::{Instant, show_duration};
use crate::leg::log::{Entry, Log};
use crate::scenario::story::Story;

/// How long somebody has to talk before an ear knows: two syllables, with the pause between them.
const SHORTEST_TALK: Duration = Duration::from_millis(1_000);

/// The same of a steady tone, and of a recording.
const SHORTEST_TONE: Duration = Duration::from_millis(700);

/// Returns why ears cannot tell who talks in a story that went like this, if they cannot.
pub(super) fn why_unheard(story: &Story, log: &Log) -> Option<String> {
    if !story.cast.talks() {
        return None;
    }
    if names_are_heard(log) {
        return Some("a recorded name is heard in it, which sounds as talk does".to_owned());
    }
    let recordings = &story.cast.recordings;
    let twice = recordings.iter().enumerate().find(|(place, one)| {
        recordings.iter().take(*place).any(|other| other.by != one.by && other.sound == one.sound)
    });
    if let Some((_, twice)) = twice {
        return Some(format!("two callers play {}: whose it is cannot be heard", twice.path));
    }
    let heard = Heard::of(log);
    heard.overlap().or_else(|| heard.too_short(story, log))
}

fn names_are_heard(log: &Log) -> bool {
    let is_name = |prompt: Prompt| matches!(prompt, Prompt::RecordedName { .. });
    log.entries.iter().any(|(_, entry)| match entry {
        Entry::Event(Event::Call(CallEvent::Hears { source: Source::Prompt { prompt, .. }, .. }))
        | Entry::Event(Event::Meeting(MeetingEvent::Announced { prompt, .. })) => is_name(*prompt),
        Entry::Event(_) | Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } => false,
        Entry::Signal { .. } | Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => false,
    })
}

/// A time in which one caller heard another.
#[derive(Clone, Copy)]
struct Stretch {
    part: u32,
    by: u32,
    speech: Speech,
    since: Instant,
    until: Instant,
}

/// All such times of a run.
struct Heard(Vec<Stretch>);

impl Heard {
    fn of(log: &Log) -> Self {
        let (mut parts, mut open, mut all) = (BTreeMap::<LegId, u32>::new(), BTreeMap::new(), Vec::new());
        let end = log.entries.last().map_or(Instant::ZERO, |(at, _)| *at);
        let mut close = |open: &mut BTreeMap<_, (Instant, Speech)>,
                         legs: (LegId, LegId),
                         until,
                         parts: &BTreeMap<_, _>| {
            let Some((since, speech)) = open.remove(&legs) else { return };
            if let (Some(part), Some(by)) = (parts.get(&legs.0), parts.get(&legs.1)) {
                all.push(Stretch { part: *part, by: *by, speech, since, until });
            }
        };
        for (at, entry) in &log.entries {
            if let Entry::Dials { part, leg } = entry {
                parts.insert(*leg, *part);
            }
            if let Entry::Event(Event::Call(CallEvent::HearsVoice { leg, by, speech })) = entry {
                close(&mut open, (*leg, *by), *at, &parts);
                if let Some(speech) = speech {
                    open.insert((*leg, *by), (*at, *speech));
                }
            }
        }
        for legs in open.keys().copied().collect::<Vec<_>>() {
            close(&mut open, legs, end, &parts);
        }
        Self(all)
    }

    /// What is heard at once that an ear cannot tell apart.
    fn overlap(&self) -> Option<String> {
        let alone = |one: &Stretch| matches!(one.speech, Speech::Tone | Speech::Recording(_));
        self.0.iter().filter(|one| alone(one)).find_map(|one| {
            let over = self.0.iter().find(|other| {
                (other.part, other.by != one.by) == (one.part, true)
                    && other.since < one.until
                    && one.since < other.until
                    && (one.speech == Speech::Tone || alone(other))
            })?;
            let (one, other) = (one.speech.name(), over.speech.name());
            Some(format!("a {one} is heard while there is {other}, and no ear tells them apart"))
        })
    }

    /// A voice that is waited for and is over before an ear knows it.
    fn too_short(&self, story: &Story, log: &Log) -> Option<String> {
        log.entries.iter().find_map(|(_, entry)| {
            let Entry::Step { part, done } = entry else { return None };
            let role = story.cast.roles.get(*part as usize)?;
            let (_, op) = role.program.ops.iter().find(|(step, _)| *step == done.step)?;
            let sound = match op {
                Op::Expect(Expectation::Hears(sound), _) | Op::Still(sound, _) => *sound,
                Op::Expect(Expectation::State(_), _) | Op::Never(..) | Op::When(_) | Op::Wait(_) => {
                    return None;
                }
                Op::Dial(_) | Op::Press { .. } | Op::Say(..) | Op::Mark(_) | Op::HangUp => return None,
                Op::Drop | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => return None,
            };
            let (by, shortest) = match sound {
                Sound::Talk(by) => (by, SHORTEST_TALK),
                Sound::Tone(by) => (by, SHORTEST_TONE),
                Sound::Prompt(_) | Sound::PromptIn(..) | Sound::RecordedName => return None,
                Sound::HoldMusic | Sound::Silence => return None,
            };
            let met = self.0.iter().filter(|one| {
                one.part == *part
                    && by.is_none_or(|by| one.by == by)
                    && (one.since..=one.until).contains(&done.at)
            });
            let lasted = met.map(|one| one.until.since(one.since)).max()?;
            let text = story.steps.get(done.step.0 as usize).map_or("", |step| &*step.text);
            (lasted < shortest).then(|| {
                let (lasted, shortest) = (show_duration(lasted), show_duration(shortest));
                format!("`{text}` is on for {lasted} only; an ear needs {shortest}")
            })
        })
    }
}
