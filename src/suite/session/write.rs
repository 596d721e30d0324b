//! Writes a session as a scenario file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::keys::Written;
use super::replayed::where_it_parts;
use super::{Act, Action, Item, PersonIndex, Session};
use crate::control::call::{HangupCause, Prompt, Source, Speech};
use crate::control::time::Instant;

/// The time that something may take beyond what it took in the session.
const SLACK: Duration = Duration::from_secs(10);

/// Silence that is kept as part of a wait: shorter ones are how fast somebody's fingers are.
const PAUSE: Duration = Duration::from_millis(100);

/// The default time of a press for each key of its row (SCENARIOS: 100 ms held, and as
/// long a gap).
const KEY_TIME: Duration = Duration::from_millis(200);

/// The shortest wait that is written.
const MOMENT: Duration = Duration::from_millis(1);

/// A scenario may take two hours unless it says otherwise; so long a session is given more.
const LONG: Duration = Duration::from_secs(100 * 60);

/// The treatment of the time that somebody took.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// A heard sound determines when somebody acts.
    Heard,
    /// Every action keeps its original time.
    Kept,
}

/// A session's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// The scenario file.
    pub text: String,
    /// What is different when it is replayed, in one line with its place in the file; nothing if it passes.
    pub parts: Option<String>,
    /// The options of `attendant replay` that name the bridge of others that it was with.
    pub bridge: Option<String>,
}

impl Scenario {
    /// Returns whether it passes when it is replayed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.parts.is_none()
    }
}

/// The scripts while they are written.
struct Scripts {
    pace: Pace,
    /// The replacement of each key of each caller.
    keys: Vec<Vec<Written>>,
    lines: Vec<Vec<String>>,
    /// When each caller has finished the script written so far.
    ready: Vec<Instant>,
    /// The index of each caller's last item in the session.
    last: Vec<Option<usize>>,
    /// Items after which a mark is to be set, with its number.
    marks: BTreeMap<usize, usize>,
}

impl Session<'_> {
    /// Returns the session as a scenario file, which is replayed to check that it passes.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        let (heard, bridge) = (self.text(Pace::Heard), self.bridge.clone());
        // Only the other bridge can tell whether it passes there.
        if bridge.is_some() || where_it_parts(&heard).is_none() {
            return Scenario { text: heard, parts: None, bridge };
        }
        let kept = self.text(Pace::Kept);
        let parts = where_it_parts(&kept);
        Scenario { text: kept, parts, bridge }
    }

    fn text(&self, pace: Pace) -> String {
        let keys: Vec<Vec<Written>> = self.keyed.iter().map(|keyed| keyed.written(&self.names)).collect();
        let waits = self.waits(pace, &keys);
        let parts = self.administrator() + 1;
        let mut scripts = Scripts {
            pace,
            keys,
            lines: vec![Vec::new(); parts],
            ready: vec![Instant::ZERO; parts],
            last: vec![None; parts],
            marks: waits.values().flatten().map(|item| (*item, 0)).collect(),
        };
        for (number, mark) in (1..).zip(scripts.marks.values_mut()) {
            *mark = number;
        }
        let mut at = 0;
        while at < self.items.len() {
            let who = self.items[at].who;
            for other in waits.get(&at).into_iter().flatten() {
                let line = format!("when: {}", self.mark(*other, &scripts));
                scripts.lines[who].push(line);
                scripts.ready[who] = scripts.ready[who].max(scripts.ready[self.items[*other].who]);
            }
            if self.items[at].acts() {
                scripts.wait_for(&self.items[at]);
            }
            at += self.write(at, &mut scripts);
        }
        self.file(&scripts)
    }

    /// Returns, for each action, the items of others that must have happened before.
    fn waits(&self, pace: Pace, keys: &[Vec<Written>]) -> BTreeMap<usize, Vec<usize>> {
        let mut last: BTreeMap<PersonIndex, usize> = BTreeMap::new();
        let mut waited: BTreeMap<(PersonIndex, PersonIndex), usize> = BTreeMap::new();
        let mut waits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            // The rest of a row that is written as one goes on whatever others do.
            if let Action::Key(key, _) = item.action
                && keys[item.who].get(key) == Some(&Written::Within)
            {
                continue;
            }
            for (other, place) in last.iter().filter(|(other, _)| item.acts() && **other != item.who) {
                if waited.get(&(item.who, *other)) != Some(place) {
                    waited.insert((item.who, *other), *place);
                    waits.entry(at).or_default().push(*place);
                }
            }
            if !self.is_unwritten(at, pace) {
                last.insert(item.who, at);
            }
        }
        waits
    }

    /// Returns whether nothing is written for an item: silence that nobody waited for, or that a wait already covers.
    fn is_unwritten(&self, at: usize, pace: Pace) -> bool {
        let silence = matches!(self.items[at].action, Action::Hears(Source::Silence));
        silence && (pace == Pace::Kept || self.silence(at).is_none())
    }

    /// Returns whether something else was heard before the caller had finished keys that were pressed meanwhile.
    fn is_over_by(&self, at: usize, ready: Instant) -> bool {
        let who = self.items[at].who;
        let mut later = self.items[at + 1..].iter().filter(|item| item.who == who);
        let next = later.find(|item| matches!(item.action, Action::Hears(_) | Action::Ended(_)));
        next.is_some_and(|next| next.at <= ready)
    }

    /// Returns how long a silence before a key lasted, if it came by itself.
    fn silence(&self, at: usize) -> Option<Duration> {
        let item = &self.items[at];
        let next = self.items[at + 1..].iter().find(|next| next.who == item.who)?;
        let for_a_key = matches!(next.action, Action::Key(..));
        for_a_key.then(|| next.at.since(item.at)).filter(|pause| *pause >= PAUSE)
    }

    fn mark(&self, item: usize, scripts: &Scripts) -> String {
        let number = scripts.marks.get(&item).copied().unwrap_or_default();
        format!("{}.m{number}", self.name(self.items[item].who))
    }

    fn name(&self, who: PersonIndex) -> &str {
        self.story.cast.roles.get(who).map_or("admin", |role| role.name.as_str())
    }

    /// Writes an item and all keys that follow it immediately, and returns how many items these are.
    fn write(&self, at: usize, scripts: &mut Scripts) -> usize {
        let Item { who, action, .. } = &self.items[at];
        let mut count = 1;
        let line = match action {
            Action::Dials(whom) => Some(whom.clone()),
            Action::Key(..) => {
                let keys = self.keys(at, scripts);
                count = keys.len();
                self.press(&keys, scripts)
            }
            Action::HangsUp => Some("hang_up".to_owned()),
            Action::Ended(HangupCause::UnknownNumber | HangupCause::Congestion | HangupCause::Declined) => {
                Some("{ expect: busy }".to_owned())
            }
            Action::Ended(HangupCause::Bridge) => {
                Some(format!("{{ expect: hung_up, within: {} }}", self.within(at, scripts)))
            }
            Action::Ended(
                HangupCause::Lost
                | HangupCause::NoAck
                | HangupCause::NoMedia
                | HangupCause::MediaGone
                | HangupCause::SessionExpired
                | HangupCause::Caller
                | HangupCause::Cancelled,
            ) => Some("drop".to_owned()),
            Action::Hears(_) if self.is_unwritten(at, scripts.pace) => None,
            Action::Hears(_) if self.is_over_by(at, scripts.ready[*who]) => None,
            Action::Hears(source) => Some(self.hears(at, *source, scripts)),
            Action::Acts(act) => Some(self.act(act)),
            Action::Administers(step) => Some(step.clone()),
            Action::Says(speech, how_long) => Some(match speech {
                Speech::Talk | Speech::Recording(_) => format!("talk: {}", millis(*how_long)),
                Speech::Tone => format!("tone: {}", millis(*how_long)),
            }),
        };
        if line.is_some() {
            scripts.last[*who] = Some(at + count - 1);
            scripts.ready[*who] = scripts.ready[*who].max(self.items[at].at) + self.takes(at, count, scripts);
        }
        scripts.lines[*who].extend(line);
        for item in at..at + count {
            if let Some(number) = scripts.marks.get(&item) {
                scripts.lines[*who].push(format!("mark: m{number}"));
            }
        }
        count
    }

    /// Returns how long a step takes that is not a wait: this many keys, and the rest of a named row of keys.
    fn takes(&self, at: usize, count: usize, scripts: &Scripts) -> Duration {
        match self.items[at].action {
            Action::Key(_, Some(hold)) => hold + KEY_TIME / 2,
            Action::Key(key, None) => {
                let after = scripts.keys[self.items[at].who].iter().skip(key + count);
                let count = count + after.take_while(|key| **key == Written::Within).count();
                KEY_TIME * u32::try_from(count).unwrap_or(u32::MAX)
            }
            Action::Says(_, how_long) => how_long,
            Action::Dials(_) | Action::Hears(_) | Action::HangsUp | Action::Ended(_) => Duration::ZERO,
            Action::Acts(_) | Action::Administers(_) => Duration::ZERO,
        }
    }

    /// Returns the keys of one press: until somebody else does or hears something, a mark is needed, a key is held, or
    /// there is a wait that is kept.
    fn keys(&self, at: usize, scripts: &Scripts) -> Vec<usize> {
        let who = self.items[at].who;
        let held = |item: usize| matches!(self.items[item].action, Action::Key(_, Some(_)));
        let mut keys = vec![at];
        for next in at + 1..self.items.len() {
            let same = self.items[next].who == who && matches!(self.items[next].action, Action::Key(..));
            let waits = self.items[next].at.since(self.items[next - 1].at) > KEY_TIME;
            let waits = waits && scripts.pace == Pace::Kept && !self.is_within(next, scripts);
            if !same || waits || held(next) || held(next - 1) || scripts.marks.contains_key(&(next - 1)) {
                break;
            }
            keys.push(next);
        }
        keys
    }

    /// Returns whether a key is part of a row with a name.
    fn is_within(&self, item: usize, scripts: &Scripts) -> bool {
        let Item { who, action: Action::Key(key, _), .. } = self.items[item] else { return false };
        scripts.keys[who].get(key) == Some(&Written::Within)
    }

    fn press(&self, items: &[usize], scripts: &Scripts) -> Option<String> {
        let mut row = String::new();
        let mut hold = None;
        for item in items {
            let Item { who, action: Action::Key(key, held), .. } = &self.items[*item] else { continue };
            hold = hold.or(*held);
            match scripts.keys[*who].get(*key) {
                Some(Written::Key(digit)) => row.push(digit.symbol()),
                Some(Written::Row(name)) => row += name,
                Some(Written::Within) | None => {}
            }
        }
        if row.is_empty() {
            return None;
        }
        Some(match hold {
            Some(hold) => format!("{{ press: \"{row}\", hold: {} }}", millis(hold)),
            None => format!("press: \"{row}\""),
        })
    }

    fn hears(&self, at: usize, source: Source, scripts: &Scripts) -> String {
        let name = match source {
            Source::Prompt { prompt: Prompt::RecordedName { .. }, .. } => "recorded-name",
            Source::Prompt { prompt, .. } => prompt.name(),
            Source::HoldMusic { .. } => "hold_music",
            Source::Conference | Source::Silence => "silence",
        };
        let within = self.within(at, scripts);
        let pause = (source == Source::Silence).then(|| self.silence(at)).flatten();
        let pause = pause.map_or_else(String::new, |pause| {
            let whole = pause.as_millis() / PAUSE.as_millis() * PAUSE.as_millis();
            format!(", for: {whole}ms")
        });
        format!("{{ hears: {name}, within: {within}{pause} }}")
    }

    /// Returns the time limit for it, from the previous item of the same caller.
    fn within(&self, at: usize, scripts: &Scripts) -> String {
        let before = scripts.last[self.items[at].who].map_or(Instant::ZERO, |before| self.items[before].at);
        let took = self.items[at].at.since(before) + SLACK;
        format!("{}s", took.as_secs() + 1)
    }

    fn act(&self, act: &Act) -> String {
        let organizer = |place: usize| {
            self.story.given.organizers.get(place).map_or("", |organizer| organizer.name.as_str())
        };
        match act {
            Act::ResetPin(whose) => format!("reset_pin: {}", organizer(*whose)),
            Act::Lock(whose) => format!("lock_meeting: {}", organizer(*whose)),
            Act::Unlock(whose) => format!("unlock_meeting: {}", organizer(*whose)),
            Act::End(whose) => format!("end_meeting: {}", organizer(*whose)),
            Act::OnCaller(act, caller) => format!("{}: {}", act.name(), self.name(*caller)),
        }
    }

    fn file(&self, scripts: &Scripts) -> String {
        let mut file = String::new();
        if let Some(options) = &self.bridge {
            let _infallible = writeln!(file, "# attendant replay FILE {options}");
        }
        let _infallible = writeln!(file, "scenario: {}\ntags: [session]", self.title);
        if self.items.last().is_some_and(|last| last.at > Instant::ZERO + LONG) {
            file += "timeout: 26h\n";
        }
        if self.bridge.is_some() {
            file += "runs_on: [sip]\n";
        }
        self.write_given(&mut file);
        file += "callers:\n";
        for (who, role) in self.story.cast.roles.iter().enumerate() {
            if scripts.lines[who].is_empty() {
                continue;
            }
            let _infallible = writeln!(file, "  {}:\n    script:", role.name);
            for line in &scripts.lines[who] {
                let _infallible = writeln!(file, "      - {line}");
            }
        }
        let admin = &scripts.lines[self.administrator()];
        if !admin.is_empty() {
            file += "admin:\n";
        }
        for line in admin {
            let _infallible = writeln!(file, "  - {line}");
        }
        if !self.outcomes.is_empty() {
            file += "then:\n";
        }
        for (who, outcome) in &self.outcomes {
            let _infallible =
                writeln!(file, "  - {{ that: {}.outcome, is: {} }}", self.name(*who), outcome.name());
        }
        file
    }
}

impl Item {
    /// Returns whether somebody did something, rather than heard it.
    fn acts(&self) -> bool {
        match self.action {
            Action::Dials(_) | Action::Key(..) | Action::HangsUp | Action::Acts(_) => true,
            Action::Administers(_) | Action::Says(..) => true,
            Action::Hears(_) | Action::Ended(_) => false,
        }
    }
}

impl Scripts {
    /// The caller who keeps the time waits for the moment of the next step. A key is pressed just before it: what was
    /// due at that moment had not happened, or it would have been heard.
    fn wait_for(&mut self, item: &Item) {
        let early = if matches!(item.action, Action::Key(..)) { MOMENT } else { Duration::ZERO };
        let wait = item.at.since(self.ready[item.who]).saturating_sub(early);
        if self.pace == Pace::Kept && wait >= MOMENT {
            self.lines[item.who].push(format!("wait: {}", millis(wait)));
            self.ready[item.who] = self.ready[item.who] + wait;
        }
    }
}

fn millis(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
