//! `then`: what must hold at the end.

use crate::control::caller::OrganizerRef;

use super::cx::Cx;
use super::signals::{Reference, roles};
use super::values::{Fields, short};
use crate::scenario::check::{CallFact, MeetingFact};
use crate::scenario::check::{Check, OrganizerFact, Predicate, Subject};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::span::Span;
use crate::scenario::tree::Node;
use crate::scenario::vocabulary::{
    CALL_FACTS, ENDED_BY, MEETING_FACTS, ORGANIZER_FACTS, OUTCOMES, STATES, Words, find, names,
};

/// The most that a count can be.
const COUNT_MAX: u32 = 1_000_000;

impl<'f> Cx<'f, '_> {
    /// Reads `then`.
    pub(super) fn checks(&mut self, node: &'f Node) -> Vec<Check> {
        let mut checks = Vec::new();
        let Some(list) = self.list(node, "`then`") else {
            return checks;
        };
        for node in list {
            if self.budget.exhausted || self.problems.is_full() || !self.spend(node.span) {
                break;
            }
            let Some(fields) = self.fields(node, "a check", &["that", "is", "before", "within", "of"]) else {
                continue;
            };
            if let Some((subject, predicate)) = self.check(fields) {
                checks.push(Check { span: node.span, text: self.line(node), subject, predicate });
            }
        }
        checks
    }

    fn check(&mut self, fields: Fields<'f>) -> Option<(Subject, Predicate)> {
        let Some(node) = fields.get("that") else {
            let problem = Problem::error(fields.span, "this check has no `that`");
            self.problem(problem.help("write `{ that: meeting(amos).lobby, is: 0 }`"));
            return None;
        };
        let text = self.text(node, "that")?;
        let is_event =
            fields.get("is").is_none() && (fields.get("before").is_some() || fields.get("within").is_some());
        let subject = if is_event {
            Subject::When(self.signal(&text, node.span, None)?)
        } else {
            self.subject(&text, node.span)?
        };
        let predicate = self.predicate(&subject, &text, fields)?;
        Some((subject, predicate))
    }

    fn subject(&mut self, text: &str, span: Span) -> Option<Subject> {
        if text == "calls" {
            return Some(Subject::Calls);
        }
        if let Some((kind, rest)) = text.split_once('(') {
            let parsed = rest.split_once(").");
            let Some((organizer, fact)) = parsed.filter(|_| matches!(kind, "meeting" | "organizer")) else {
                let problem = Problem::error(span, format!("`{}` cannot be checked", short(text)));
                self.problem(problem.help("write meeting(amos).lobby or organizer(amos).locked_out"));
                return None;
            };
            let organizer: OrganizerRef = self.organizer_named(organizer, span)?;
            return if kind == "meeting" {
                Some(Subject::Meeting(organizer, self.fact(span, "a meeting", fact, MEETING_FACTS)?))
            } else {
                Some(Subject::Organizer(organizer, self.fact(span, "an organizer", fact, ORGANIZER_FACTS)?))
            };
        }
        let Reference { caller, one, rest } = self.reference(text, span)?;
        if let Some(fact) = find(CALL_FACTS, &rest) {
            if self.people.callers[caller].is_admin {
                self.error(span, "an administrator has no call");
                return None;
            }
            let roles = roles(&self.people.callers[caller], one);
            self.weigh(roles.len(), span);
            return Some(Subject::Call(roles.collect(), fact));
        }
        if find(STATES, &rest).is_some() {
            let problem =
                Problem::error(span, format!("`{}` is an event, which `is` cannot check", short(text)));
            self.problem(problem.help(
                "check when it happens with `before: kim.joined` or `within: 200ms, \
                                       of: amos.joined`, or how the call ends with `outcome`",
            ));
            return None;
        }
        self.fact(span, "a caller", &rest, CALL_FACTS).map(|_: CallFact| Subject::Calls)
    }

    fn fact<T: Copy>(&mut self, span: Span, whose: &str, word: &str, words: &Words<T>) -> Option<T> {
        let found = find(words, word);
        if found.is_none() {
            let known: Vec<&str> = names(words).collect();
            let help = suggest(word, known.iter().copied())
                .unwrap_or_else(|| format!("expected one of: {}", known.join(", ")));
            self.problem(
                Problem::error(span, format!("unknown fact `{}` of {whose}", short(word))).help(help),
            );
        }
        found
    }

    fn predicate(&mut self, subject: &Subject, text: &str, fields: Fields<'f>) -> Option<Predicate> {
        let given = ["is", "before", "within"].map(|key| fields.get(key));
        match given {
            [Some(is), None, None] if fields.get("of").is_none() => {
                self.value(subject, is).map(Predicate::Be)
            }
            [None, Some(before), None] if fields.get("of").is_none() => {
                let other = self.text(before, "before")?;
                self.signal(&other, before.span, None).map(Predicate::ComeBefore)
            }
            [None, None, Some(within)] => {
                let Some(of) = fields.get("of") else {
                    let problem = Problem::error(within.span, "`within` needs `of`, the event to count from");
                    self.problem(problem.help("write `within: 200ms, of: amos.joined`"));
                    return None;
                };
                let within = self.duration(within, "within");
                let other = self.text(of, "of")?;
                let other = self.signal(&other, of.span, None)?;
                within.map(|within| Predicate::ComeWithin(within, other))
            }
            [..] => {
                let problem = Problem::error(
                    fields.span,
                    format!("this check of `{}` expects nothing that can be checked", short(text)),
                );
                self.problem(problem.help("write one of `is`, `before`, or `within` with `of`"));
                None
            }
        }
    }

    /// The value of an `is`, if what is looked at can have it.
    fn value(&mut self, subject: &Subject, node: &'f Node) -> Option<String> {
        match subject {
            Subject::Meeting(_, MeetingFact::StartedBy) => {
                let text = self.text(node, "is")?;
                self.starter(&text, node.span).then(|| text.into_owned())
            }
            Subject::Meeting(_, MeetingFact::EndedBy) => self.one_of(node, &ENDED_BY),
            Subject::Call(_, CallFact::Outcome) => self.outcome(node),
            Subject::Organizer(_, OrganizerFact::LockedOut) => {
                self.flag(node, "is").map(|flag| flag.to_string())
            }
            Subject::Meeting(
                _,
                MeetingFact::Starts
                | MeetingFact::Lobby
                | MeetingFact::LobbyPeak
                | MeetingFact::Joined
                | MeetingFact::JoinedPeak
                | MeetingFact::Released
                | MeetingFact::Admitted
                | MeetingFact::MusicPositions,
            )
            | Subject::Call(
                _,
                CallFact::MusicStarts
                | CallFact::MusicRestarts
                | CallFact::Admissions
                | CallFact::PinsRefused
                | CallFact::Keys,
            )
            | Subject::Organizer(
                _,
                OrganizerFact::WrongPins | OrganizerFact::Lockouts | OrganizerFact::PinDigits,
            )
            | Subject::Calls => self.count(node, "is", 0, COUNT_MAX).map(|count| count.to_string()),
            Subject::When(_) => None,
        }
    }

    fn starter(&mut self, text: &str, span: Span) -> bool {
        let (name, number) = text.split_once('.').map_or((text, None), |(name, number)| (name, Some(number)));
        let place = self.people.places.callers.get(name).copied();
        let caller = place.and_then(|place| self.people.callers.get(place)).filter(|caller| !caller.is_admin);
        let message = match (caller, number.map(str::parse::<u32>)) {
            _ if text == "nobody" => return true,
            (None, _) => format!("unknown caller `{}`", short(name)),
            (Some(caller), None) if caller.count > 1 => {
                format!("{name} means {} callers: write {name}.1 or another", caller.count)
            }
            (Some(caller), Some(Ok(number))) if caller.count > 1 && (1..=caller.count).contains(&number) => {
                return true;
            }
            (Some(_), None) => return true,
            (Some(_), Some(_)) => format!("unknown caller `{}`", short(text)),
        };
        let help = suggest(name, self.people.callers.iter().map(|caller| caller.name).chain(["nobody"]));
        self.problem(Problem::error(span, message).maybe_help(help));
        false
    }

    fn one_of(&mut self, node: &'f Node, known: &[&str]) -> Option<String> {
        let text = self.text(node, "is")?;
        if known.contains(&text.as_ref()) {
            return Some(text.into_owned());
        }
        self.not_one_of(node.span, "is", &text, known);
        None
    }

    fn outcome(&mut self, node: &'f Node) -> Option<String> {
        let text = self.text(node, "is")?;
        let (word, reason) =
            text.split_once('(').map_or((text.as_ref(), None), |(word, reason)| (word, Some(reason)));
        let sound = match reason {
            None => OUTCOMES.contains(&word),
            Some(reason) => matches!(word, "refused" | "failed") && reason.len() > 1 && reason.ends_with(')'),
        };
        if sound {
            return Some(text.into_owned());
        }
        self.not_one_of(node.span, "is", &text, &OUTCOMES);
        None
    }
}
