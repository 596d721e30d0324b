//! Stories that real calls cannot tell.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::control::call::{LegId, Prompt, Source};
use crate::control::caller::{Expectation, Op, Sound, Target};
use crate::control::event::{CallEvent, Event};
use crate::control::time::{Instant, show_duration};
use crate::leg::log::Entry;
use crate::play::Played;
use crate::scenario::story::Story;

/// Stories that take longer are not played: time is real.
pub const LONGEST: Duration = Duration::from_secs(180);

/// The most callers of a story: each sends, receives and listens.
pub const CALLERS_MAX: usize = 48;

/// A prompt or music that is on for a shorter time is not known from its sound.
pub const SHORTEST: Duration = Duration::from_millis(400);

/// Returns why a story is not played over SIP, if it is not, by how it went in virtual time.
#[must_use]
pub fn why_unfit(story: &Story, played: &Played) -> Option<String> {
    if let Some(reason) = why_no_telephones(story) {
        return Some(reason);
    }
    let took = played.took.since(Instant::ZERO);
    if took >= LONGEST {
        let (took, longest) = (show_duration(Duration::from_secs(took.as_secs())), show_duration(LONGEST));
        return Some(format!("it takes {took} of real time, {longest} at most"));
    }
    too_short(story, played)
}

/// Returns why telephones cannot play the callers of a story, if they cannot.
#[must_use]
pub fn why_no_telephones(story: &Story) -> Option<String> {
    let roles = &story.cast.roles;
    let ops = || roles.iter().flat_map(|role| &role.program.ops).map(|(_, op)| op);
    if ops().any(|op| matches!(op, Op::Dial(Target::App { .. }))) {
        return Some("a signed-in client is not a telephone".to_owned());
    }
    if story.order.is_some() {
        return Some("real calls keep to no `order`".to_owned());
    }
    if roles.len() > CALLERS_MAX {
        return Some(format!("it has {} callers, {CALLERS_MAX} at most are carried", roles.len()));
    }
    None
}

/// Why not, if it waits for a sound that is cut off before it can be known. What the caller cuts off for having heard it lasts
/// longer where hearing takes longer.
fn too_short(story: &Story, played: &Played) -> Option<String> {
    let entries = &played.log.entries;
    let mut heard = Hearing::default();
    entries.iter().enumerate().for_each(|(place, (at, entry))| heard.take(place, *at, entry));
    entries.iter().enumerate().find_map(|(place, (_, entry))| {
        let Entry::Step { part, done } = entry else { return None };
        let role = story.cast.roles.get(*part as usize)?;
        let (_, op) = role.program.ops.iter().find(|(step, _)| *step == done.step)?;
        let Op::Expect(Expectation::Hears(sound), _) = op else { return None };
        let lasted = heard.lasted(*part, done.at, place).filter(|lasted| *lasted < SHORTEST)?;
        if is_known_at_once(*sound) {
            return None;
        }
        let text = story.steps.get(done.step.0 as usize).map_or("", |step| &*step.text);
        let (lasted, shortest) = (show_duration(lasted), show_duration(SHORTEST));
        Some(format!("`{text}` is on for {lasted} only; an ear needs {shortest}"))
    })
}

/// Tones are known from their first periods, and silence is no sound.
fn is_known_at_once(sound: Sound) -> bool {
    match sound {
        Sound::Prompt(Prompt::Tone(_)) | Sound::PromptIn(Prompt::Tone(_), _) | Sound::Silence => true,
        Sound::Prompt(_) | Sound::PromptIn(..) | Sound::RecordedName | Sound::HoldMusic => false,
    }
}

/// What each part heard, from when to when.
#[derive(Default)]
struct Hearing {
    parts: BTreeMap<LegId, u32>,
    now: BTreeMap<u32, Instant>,
    /// When each part pressed a key last, and its place in the log.
    keys: BTreeMap<u32, (Instant, usize)>,
    /// By part and beginning: the end, and the place in the log of what the caller did that ended it.
    sounds: BTreeMap<(u32, Instant), (Instant, Option<usize>)>,
}

impl Hearing {
    #[expect(clippy::wildcard_enum_match_arm, reason = "other events end no sound of a caller's own")]
    fn take(&mut self, place: usize, at: Instant, entry: &Entry) {
        match entry {
            Entry::Dials { part, leg } => {
                self.parts.insert(*leg, *part);
            }
            Entry::Event(Event::Call(event)) => match event {
                CallEvent::Key { leg } => {
                    if let Some(part) = self.parts.get(leg) {
                        self.keys.insert(*part, (at, place));
                    }
                }
                CallEvent::Hears { leg, source } => {
                    self.ends(*leg, at, None);
                    if let (Some(part), Source::Prompt { .. } | Source::HoldMusic { .. }) =
                        (self.parts.get(leg), source)
                    {
                        self.now.insert(*part, at);
                    }
                }
                CallEvent::Finished { leg, .. } => self.ends(*leg, at, Some(place)),
                _ => {}
            },
            Entry::Event(Event::Meeting(_) | Event::Account(_)) => {}
            Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    fn ends(&mut self, leg: LegId, at: Instant, by: Option<usize>) {
        if let Some(part) = self.parts.get(&leg)
            && let Some(since) = self.now.remove(part)
        {
            let key = self.keys.get(part).filter(|(pressed, _)| *pressed == at).map(|(_, place)| *place);
            self.sounds.insert((*part, since), (at, by.or(key)));
        }
    }

    /// How long the sound lasted that met a step at this place of the log, if its caller did not end it after that.
    fn lasted(&self, part: u32, since: Instant, step: usize) -> Option<Duration> {
        let (until, by) = self.sounds.get(&(part, since))?;
        by.is_none_or(|by| by < step).then(|| until.since(since))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::control::call::{Language, PlaybackId};
    use crate::play::play;
    use crate::scenario::read::tests::{EXAMPLE, story};

    fn unfit(text: &str) -> Option<String> {
        let story = Arc::new(story(text));
        why_unfit(&story, &play(&story, 1))
    }

    const HEAD: &str =
        "scenario: x\ngiven: { organizers: { amos: { conference_id: '3141592', pin: '27182' } } }\n";

    #[test]
    fn the_example_of_the_language_can_be_played() {
        assert_eq!(unfit(EXAMPLE), None);
    }

    #[test]
    fn a_story_of_hours_is_left_out() {
        let text = format!("{HEAD}callers: {{ pat: {{ script: [dial: bridge, wait: 1h, hang_up] }} }}\n");
        assert_eq!(unfit(&text).as_deref(), Some("it takes 1h of real time, 3m at most"));
    }

    #[test]
    fn a_sound_counts_as_short_unless_its_caller_ends_it() {
        let (leg, part, since) = (LegId::new(7), 0, Instant::from_secs(1));
        let (until, prompt) = (Instant::from_millis(1_200), Prompt::EnterPin);
        let source = Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs };
        let event = |event| Entry::Event(Event::Call(event));
        let key = event(CallEvent::Key { leg });
        let lasted = |keys: &[(usize, Instant)], step| {
            let mut heard = Hearing::default();
            heard.take(0, Instant::ZERO, &Entry::Dials { part, leg });
            heard.take(1, since, &event(CallEvent::Hears { leg, source }));
            keys.iter().for_each(|(place, at)| heard.take(*place, *at, &key));
            heard.take(9, until, &event(CallEvent::Hears { leg, source: Source::Silence }));
            heard.lasted(part, since, step)
        };
        let short = Some(Duration::from_millis(200));
        assert_eq!(lasted(&[], 2), short, "others cut it off");
        assert_eq!(lasted(&[(3, since)], 2), short, "a key of before");
        assert_eq!(lasted(&[(8, until)], 2), None, "a key that its caller pressed having heard it");
        assert_eq!(lasted(&[(8, until)], 8 + 1), short, "a key before it was known to be heard");
    }

    #[test]
    fn clients_orders_and_crowds_are_left_out() {
        let app = format!("{HEAD}callers: {{ amos: {{ script: [dial: 'app:amos', hang_up] }} }}\n");
        assert_eq!(unfit(&app).as_deref(), Some("a signed-in client is not a telephone"));
        let crowd = format!("{HEAD}callers: {{ pat: {{ count: 49, script: [dial: bridge, hang_up] }} }}\n");
        assert_eq!(unfit(&crowd).as_deref(), Some("it has 49 callers, 48 at most are carried"));
    }
}
