//! A session's text as a scenario file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::keys::Written;
use super::{Act, Item, Session, What, Who};
use crate::control::call::{HangupCause, Prompt, Source};
use crate::control::time::Instant;

/// How much longer than in the session something may take.
const SLACK: Duration = Duration::from_secs(10);

/// Silence that is kept as part of a wait: shorter ones are how fast somebody's fingers are.
const PAUSE: Duration = Duration::from_millis(100);

/// The scripts while they are written.
struct Scripts {
    lines: Vec<Vec<String>>,
    /// The place in the session of the last item of each.
    last: Vec<Option<usize>>,
    /// Items behind which a mark is to stand, with its number.
    marks: BTreeMap<usize, usize>,
}

impl Session<'_> {
    /// The session as a scenario file: it holds when it is replayed.
    #[must_use]
    pub fn scenario(&self) -> String {
        let waits = self.waits();
        let mut scripts = Scripts {
            lines: vec![Vec::new(); self.administrator() + 1],
            last: vec![None; self.administrator() + 1],
            marks: waits.values().flatten().map(|item| (*item, 0)).collect(),
        };
        for (number, mark) in (1..).zip(scripts.marks.values_mut()) {
            *mark = number;
        }
        let mut at = 0;
        while at < self.items.len() {
            for other in waits.get(&at).into_iter().flatten() {
                let line = format!("when: {}", self.mark(*other, &scripts));
                scripts.lines[self.items[at].who].push(line);
            }
            let count = self.write(at, &mut scripts);
            at += count;
        }
        self.file(&scripts)
    }

    /// For each item of somebody who acts: the items of others that must have happened before.
    fn waits(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut last: BTreeMap<Who, usize> = BTreeMap::new();
        let mut waited: BTreeMap<(Who, Who), usize> = BTreeMap::new();
        let mut waits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            let acts = match item.what {
                What::Dials | What::Key(..) | What::HangsUp | What::Acts(_) => true,
                What::Hears(_) | What::Ended(_) => false,
            };
            for (other, place) in last.iter().filter(|(other, _)| acts && **other != item.who) {
                if waited.get(&(item.who, *other)) != Some(place) {
                    waited.insert((item.who, *other), *place);
                    waits.entry(at).or_default().push(*place);
                }
            }
            if !self.is_unwritten(at) {
                last.insert(item.who, at);
            }
        }
        waits
    }

    /// Whether nothing is written for an item: silence for which nobody waited.
    fn is_unwritten(&self, at: usize) -> bool {
        matches!(self.items[at].what, What::Hears(Source::Silence)) && self.silence(at).is_none()
    }

    /// How long a silence was that came by itself, before a key.
    fn silence(&self, at: usize) -> Option<Duration> {
        let item = &self.items[at];
        let next = self.items[at + 1..].iter().find(|next| next.who == item.who)?;
        let for_a_key = matches!(next.what, What::Key(..));
        for_a_key.then(|| next.at.since(item.at)).filter(|pause| *pause >= PAUSE)
    }

    fn mark(&self, item: usize, scripts: &Scripts) -> String {
        let number = scripts.marks.get(&item).copied().unwrap_or_default();
        format!("{}.m{number}", self.name(self.items[item].who))
    }

    fn name(&self, who: Who) -> &str {
        self.story.cast.roles.get(who).map_or("admin", |role| role.name.as_str())
    }

    /// Writes an item, and all keys that follow it at once: how many items these are.
    fn write(&self, at: usize, scripts: &mut Scripts) -> usize {
        let Item { who, what, .. } = &self.items[at];
        let mut count = 1;
        let line = match what {
            What::Dials => Some("dial: bridge".to_owned()),
            What::Key(..) => {
                let keys = self.keys(at, scripts);
                count = keys.len();
                self.press(&keys)
            }
            What::HangsUp => Some("hang_up".to_owned()),
            What::Ended(HangupCause::NoSuchNumber | HangupCause::Overloaded) => {
                Some("{ expect: busy }".to_owned())
            }
            What::Ended(HangupCause::Bridge) => {
                Some(format!("{{ expect: hung_up, within: {} }}", self.within(at, scripts)))
            }
            What::Ended(HangupCause::Lost | HangupCause::Caller) => Some("drop".to_owned()),
            What::Hears(source) => self.hears(at, *source, scripts),
            What::Acts(act) => Some(self.act(act)),
        };
        scripts.lines[*who].extend(line);
        if !self.is_unwritten(at) {
            scripts.last[*who] = Some(at + count - 1);
        }
        for item in at..at + count {
            if let Some(number) = scripts.marks.get(&item) {
                scripts.lines[*who].push(format!("mark: m{number}"));
            }
        }
        count
    }

    /// The keys of one press: until somebody else does or hears something, a mark is wanted, or a key is held.
    fn keys(&self, at: usize, scripts: &Scripts) -> Vec<usize> {
        let who = self.items[at].who;
        let held = |item: usize| matches!(self.items[item].what, What::Key(_, Some(_)));
        let mut keys = vec![at];
        for next in at + 1..self.items.len() {
            let same = self.items[next].who == who && matches!(self.items[next].what, What::Key(..));
            if !same || held(next) || held(next - 1) || scripts.marks.contains_key(&(next - 1)) {
                break;
            }
            keys.push(next);
        }
        keys
    }

    fn press(&self, items: &[usize]) -> Option<String> {
        let mut row = String::new();
        let mut hold = None;
        for item in items {
            let Item { who, what: What::Key(key, held), .. } = &self.items[*item] else { continue };
            hold = hold.or(*held);
            match self.keyed[*who].written(*key) {
                Written::Itself(digit) => row.push(digit.symbol()),
                Written::Row(name) => row += &name,
                Written::Within => {}
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

    fn hears(&self, at: usize, source: Source, scripts: &Scripts) -> Option<String> {
        let name = match source {
            Source::Prompt { prompt: Prompt::RecordedName { .. }, .. } => "recorded-name",
            Source::Prompt { prompt, .. } => prompt.name(),
            Source::HoldMusic { .. } => "hold_music",
            Source::Conference | Source::Silence => "silence",
        };
        let within = self.within(at, scripts);
        let pause = match source {
            Source::Silence => Some(self.silence(at)?),
            Source::Prompt { .. } | Source::HoldMusic { .. } | Source::Conference => None,
        };
        let pause = pause.map_or_else(String::new, |pause| {
            let whole = pause.as_millis() / PAUSE.as_millis() * PAUSE.as_millis();
            format!(", for: {whole}ms")
        });
        Some(format!("{{ hears: {name}, within: {within}{pause} }}"))
    }

    /// How long it may take until then, from what was before for the same caller.
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
            Act::Admit(caller) => format!("admit: {}", self.name(*caller)),
        }
    }

    fn file(&self, scripts: &Scripts) -> String {
        let mut file =
            String::from("scenario: A session at the telephone\ntags: [session]\ngiven:\n  organizers:\n");
        for organizer in &self.story.given.organizers {
            let id = organizer.conference_id.as_deref().unwrap_or_default();
            let _infallible = writeln!(file, "    {}: {{ conference_id: \"{id}\" }}", organizer.name);
        }
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

fn millis(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
