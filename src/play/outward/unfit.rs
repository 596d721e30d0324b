//! Stories that real calls cannot tell.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::control::call::{LegId, Prompt, Source};
use crate::control::caller::{CallState, Expectation, Op, SignalId, Sound, Target};
use crate::control::event::{CallEvent, Event};
use crate::control::time::{Instant, show_duration};
use crate::leg::log::Entry;
use crate::media::hear::{Known, Sounds};
use crate::play::Played;
use crate::scenario::story::Story;

use super::sounds;
use super::unheard::why_unheard;

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
    why_unheard(story, &played.log).or_else(|| too_short(story, played))
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

/// Why not, if it waits for a sound that is cut off before it can be known. What its caller cuts off for having heard it, or
/// somebody who waits for that caller, lasts longer where hearing takes longer.
fn too_short(story: &Story, played: &Played) -> Option<String> {
    let (entries, sounds) = (&played.log.entries, sounds(story));
    let mut heard = Hearing { givers: givers(story), ..Hearing::default() };
    entries.iter().enumerate().for_each(|(place, (at, entry))| heard.take(place, *at, entry));
    entries.iter().enumerate().find_map(|(place, (_, entry))| {
        let Entry::Step { part, done } = entry else { return None };
        let role = story.cast.roles.get(*part as usize)?;
        let (_, op) = role.program.ops.iter().find(|(step, _)| *step == done.step)?;
        let Op::Expect(expected, _) = op else { return None };
        let text = story.steps.get(done.step.0 as usize).map_or("", |step| &*step.text);
        match *expected {
            Expectation::Hears(sound) if is_known_at_once(sound) => None,
            Expectation::Hears(sound) => {
                let (source, lasted) =
                    heard.lasted(*part, done.at, place, |source| sound.is_source(source))?;
                let shortest = shortest(&sounds, source);
                let is_short = lasted < shortest;
                let (lasted, shortest) = (show_duration(lasted), show_duration(shortest));
                is_short.then(|| format!("`{text}` is on for {lasted} only; an ear needs {shortest}"))
            }
            Expectation::State(state) => {
                let deadline = done.deadline.map_or(Instant::NEVER, |(deadline, _)| deadline);
                let is_told = heard.tells(&sounds, *part, state, done.at..=deadline, place);
                (!is_told).then(|| {
                    let shortest = show_duration(SHORTEST);
                    format!("`{text}`: the prompt that tells it is cut off; an ear needs {shortest} of it")
                })
            }
        }
    })
}

/// The parts that give each signal.
fn givers(story: &Story) -> BTreeMap<SignalId, Vec<u32>> {
    let mut givers: BTreeMap<SignalId, Vec<u32>> = BTreeMap::new();
    for (part, role) in (0..).zip(&story.cast.roles) {
        let marks = role.program.ops.iter().filter_map(|(_, op)| match op {
            Op::Mark(signal) => Some(*signal),
            Op::Dial(_) | Op::Press { .. } | Op::Expect(..) | Op::Still(..) | Op::Never(..) => None,
            Op::When(_) | Op::Wait(_) | Op::Say(..) | Op::HangUp | Op::Drop => None,
            Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => None,
        });
        for signal in marks.chain(role.states.iter().map(|(_, signal)| *signal)) {
            givers.entry(signal).or_default().push(part);
        }
    }
    givers
}

/// How long a source must be on to be known.
fn shortest(sounds: &Sounds, source: Source) -> Duration {
    match source {
        Source::Prompt { prompt, language, .. } => {
            SHORTEST + sounds.shared_opening(Known::Prompt(prompt, language))
        }
        Source::HoldMusic { .. } | Source::Silence | Source::Conference => SHORTEST,
    }
}

/// Tones are known from their first periods, and silence is no sound.
fn is_known_at_once(sound: Sound) -> bool {
    match sound {
        Sound::Prompt(Prompt::Tone(_)) | Sound::PromptIn(Prompt::Tone(_), _) | Sound::Silence => true,
        // Those of callers are looked at apart.
        Sound::Talk(_) | Sound::Tone(_) => true,
        Sound::Prompt(_) | Sound::PromptIn(..) | Sound::RecordedName | Sound::HoldMusic => false,
    }
}

/// What each part heard, from when to when.
#[derive(Default)]
struct Hearing {
    parts: BTreeMap<LegId, u32>,
    now: BTreeMap<u32, (Instant, Source)>,
    /// When each part pressed a key last, and its place in the log.
    keys: BTreeMap<u32, (Instant, usize)>,
    /// When what met a step of a part began.
    met: BTreeSet<(u32, Instant)>,
    sounds: Vec<Lasted>,
    givers: BTreeMap<SignalId, Vec<u32>>,
    /// The places in the log at which each part gave a signal.
    given: BTreeSet<(u32, usize)>,
}

/// A sound that a part heard.
struct Lasted {
    part: u32,
    since: Instant,
    until: Instant,
    source: Source,
    /// The place in the log of its end, and of what its caller did that ended it.
    end: usize,
    by: Option<usize>,
    /// It had met a step by then.
    is_met: bool,
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
                    self.ends(*leg, at, (place, None));
                    if let (Some(part), Source::Prompt { .. } | Source::HoldMusic { .. }) =
                        (self.parts.get(leg), source)
                    {
                        self.now.insert(*part, (at, *source));
                    }
                }
                CallEvent::Finished { leg, .. } => self.ends(*leg, at, (place, Some(place))),
                _ => {}
            },
            Entry::Step { part, done } => {
                if done.deadline.is_some() {
                    self.met.insert((*part, done.at));
                }
            }
            Entry::Signal { signal, .. } => {
                let givers = self.givers.get(signal).into_iter().flatten();
                self.given.extend(givers.map(|part| (*part, place)));
            }
            Entry::Event(Event::Meeting(_) | Event::Account(_)) => {}
            Entry::Failed { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    fn ends(&mut self, leg: LegId, at: Instant, (end, by): (usize, Option<usize>)) {
        if let Some(part) = self.parts.get(&leg)
            && let Some((since, source)) = self.now.remove(part)
        {
            let key = self.keys.get(part).filter(|(pressed, _)| *pressed == at).map(|(_, place)| *place);
            let is_met = self.met.contains(&(*part, since));
            let by = by.or(key);
            self.sounds.push(Lasted { part: *part, since, until: at, source, end, by, is_met });
        }
    }

    /// How long a sound lasted for somebody who waits for it at this place of the log: it counts as endless if that is what
    /// ends it, by its caller or by those who wait for them.
    fn until_cut(&self, sound: &Lasted, step: usize) -> Option<Duration> {
        let is_cut = sound.by.is_none_or(|by| by < step && !sound.is_met);
        let mut given = self.given.range((sound.part, step)..(sound.part, sound.end.max(step)));
        (is_cut && given.next().is_none()).then(|| sound.until.since(sound.since))
    }

    /// How long the sound lasted that met a step at this place of the log, if its caller did not end it after that.
    fn lasted(
        &self,
        part: u32,
        since: Instant,
        step: usize,
        is_it: impl Fn(Source) -> bool,
    ) -> Option<(Source, Duration)> {
        let met = |sound: &&Lasted| (sound.part, sound.since) == (part, since) && is_it(sound.source);
        let sound = self.sounds.iter().find(met)?;
        Some((sound.source, self.until_cut(sound, step)?))
    }

    /// Whether a part hears long enough, from a moment within these on, what tells that it is in this state. Signalling tells
    /// all but two.
    fn tells(
        &self,
        sounds: &Sounds,
        part: u32,
        state: CallState,
        within: RangeInclusive<Instant>,
        step: usize,
    ) -> bool {
        if !matches!(state, CallState::Lobby | CallState::Joined) {
            return true;
        }
        let mut told = self.sounds.iter().filter(|sound| {
            let told = match sound.source {
                Source::Prompt { prompt, .. } => CallState::told_by(prompt),
                Source::HoldMusic { .. } => Some(CallState::Lobby),
                Source::Conference | Source::Silence => None,
            };
            sound.part == part && told == Some(state) && within.contains(&sound.since)
        });
        told.any(|sound| {
            self.until_cut(sound, step).is_none_or(|lasted| lasted >= shortest(sounds, sound.source))
        })
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

    const WITHOUT_NAMES: &str = "scenario: x
given:
  tenant: { name_recording: false }
  organizers: { amos: { conference_id: '3141592', pin: '27182' } }
";
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
            heard.lasted(part, since, step, |heard| heard == source).map(|(_, lasted)| lasted)
        };
        let short = Some(Duration::from_millis(200));
        assert_eq!(lasted(&[], 2), short, "others cut it off");
        assert_eq!(lasted(&[(3, since)], 2), short, "a key of before");
        assert_eq!(lasted(&[(8, until)], 2), None, "a key that its caller pressed having heard it");
        assert_eq!(lasted(&[(8, until)], 8 + 1), short, "a key before it was known to be heard");
    }

    #[test]
    fn what_somebody_cuts_off_who_waited_for_its_caller_lasts_longer() {
        let text = format!(
            "{WITHOUT_NAMES}callers:
  pat:
    script:
      - dial: bridge
      - press: 'w3141592#'
      - {{ hears: hold_music, within: 20s }}
      - mark: waiting
      - {{ hears: lobby-denied, within: 1s }}
admin:
  - when: pat.waiting
  - deny: pat
"
        );
        assert_eq!(unfit(&text), None);
    }

    #[test]
    fn a_state_is_left_out_that_nobody_is_told() {
        let text = |keys: &str| {
            format!(
                "{WITHOUT_NAMES}faults: [{{ on: directory, question: check_pin, late: 2s }}]
callers:
  amos:
    script:
      - dial: bridge
      - press: 'w3141592#*27182#ww{keys}'
      - {{ expect: joined, within: 3s }}
"
            )
        };
        let reason = unfit(&text("*")).unwrap();
        assert!(
            reason.contains("`expect: joined, within: 3s`: the prompt that tells it is cut off"),
            "{reason}"
        );
        assert_eq!(unfit(&text("*3")), None, "a roll call is heard by participants only");
        assert_eq!(unfit(&text("7")), None, "that key cuts off nothing");
    }

    #[test]
    fn clients_orders_and_crowds_are_left_out() {
        let app = format!("{HEAD}callers: {{ amos: {{ script: [dial: 'app:amos', hang_up] }} }}\n");
        assert_eq!(unfit(&app).as_deref(), Some("a signed-in client is not a telephone"));
        let crowd = format!("{HEAD}callers: {{ pat: {{ count: 49, script: [dial: bridge, hang_up] }} }}\n");
        assert_eq!(unfit(&crowd).as_deref(), Some("it has 49 callers, 48 at most are carried"));
    }
}
