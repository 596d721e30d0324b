//! `then`: what must hold at the end.

use std::collections::BTreeSet;

use crate::control::caller::OrganizerRef;
use crate::control::event::{Outcome, WebhookEvent};

use super::cx::Cx;
use super::signals::{Reference, roles};
use super::values::{Fields, short};
use crate::scenario::check::{CallFact, MeetingFact};
use crate::scenario::check::{Check, OrganizerFact, Predicate, Subject, WebhookFact};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::span::Span;
use crate::scenario::tree::Node;
use crate::scenario::vocabulary::{
    CALL_FACTS, ENDED_BY, MEETING_FACTS, ORGANIZER_FACTS, OUTCOMES, STATES, WEBHOOK_FACTS, Words, find, names,
};

/// The most that a count can be.
const COUNT_MAX: u32 = 1_000_000;

/// What a check can compare with: values first, then events.
const COMPARISONS: [&str; 8] =
    ["is", "one_of", "at_least", "at_most", "between", "before", "within", "never"];

/// How many of them compare values.
const VALUES: usize = 5;

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
            let known: Vec<&str> = ["that"].into_iter().chain(COMPARISONS).chain(["of"]).collect();
            let Some(fields) = self.fields(node, "a check", &known) else {
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
        let (values, events) = COMPARISONS.split_at(VALUES);
        let any = |keys: &[&str]| keys.iter().any(|key| fields.get(key).is_some());
        let subject = if any(events) && !any(values) {
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
            if let (Some((event, fact)), "webhook") = (parsed, kind) {
                return self.webhook(event, fact, span);
            }
            let Some((organizer, fact)) = parsed.filter(|_| matches!(kind, "meeting" | "organizer")) else {
                let problem = Problem::error(span, format!("`{}` cannot be checked", short(text)));
                self.problem(problem.help("write meeting(amos).lobby, organizer(amos).locked_out or webhook(participant-join).count"));
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
            let problem = Problem::error(span, format!("`{}` is an event, which has no value", short(text)));
            self.problem(problem.help(
                "check when it happens with `before: kim.joined` or `within: 200ms, of: amos.joined`, that it \
                 does not with `never: true`, or how the call ends with `outcome`",
            ));
            return None;
        }
        self.fact(span, "a caller", &rest, CALL_FACTS).map(|_: CallFact| Subject::Calls)
    }

    fn webhook(&mut self, event: &str, fact: &str, span: Span) -> Option<Subject> {
        let known = WebhookEvent::ALL.map(WebhookEvent::name);
        let Some(event) = WebhookEvent::from_name(event) else {
            self.not_one_of(span, "webhook", event, &known);
            return None;
        };
        Some(Subject::Webhook(event, self.fact(span, "a webhook", fact, WEBHOOK_FACTS)?))
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
        let mut given = COMPARISONS.iter().filter_map(|key| Some((*key, fields.get(key)?)));
        let of = fields.get("of");
        let (key, node) = match (given.next(), given.next()) {
            (Some((key, node)), None) if of.is_none() || key == "within" => (key, node),
            (Some(_) | None, _) => {
                let message = format!("this check of `{}` needs exactly one comparison", short(text));
                let help = format!("expected one of: {}; `within` with `of`", COMPARISONS.join(", "));
                self.problem(Problem::error(fields.span, message).help(help));
                return None;
            }
        };
        match key {
            "is" => Some(Predicate::IsOneOf(vec![self.value(subject, key, node)?])),
            "one_of" => {
                let list = self.list(node, "`one_of`")?;
                let values: Vec<String> =
                    list.iter().filter_map(|node| self.value(subject, key, node)).collect();
                if list.is_empty() {
                    self.error(node.span, "`one_of` needs at least one value");
                }
                (values.len() == list.len()).then_some(Predicate::IsOneOf(values))
            }
            "at_least" => {
                self.compared_number(subject, key, node).map(|least| Predicate::IsBetween(least..=u32::MAX))
            }
            "at_most" => self.compared_number(subject, key, node).map(|most| Predicate::IsBetween(0..=most)),
            "between" => self.between(subject, node),
            "never" => self.never_happened(subject, text, node),
            "before" => {
                let other = self.text(node, key)?;
                self.signal(&other, node.span, None).map(Predicate::ComeBefore)
            }
            _ => {
                let Some(of) = of else {
                    let problem = Problem::error(node.span, "`within` needs `of`, the event to count from");
                    self.problem(problem.help("write `within: 200ms, of: amos.joined`"));
                    return None;
                };
                let within = self.duration(node, key);
                let other = self.text(of, "of")?;
                let other = self.signal(&other, of.span, None)?;
                within.map(|within| Predicate::ComeWithin(within, other))
            }
        }
    }

    fn between(&mut self, subject: &Subject, node: &'f Node) -> Option<Predicate> {
        let [least, most] = self.list(node, "`between`")? else {
            let problem = Problem::error(node.span, "`between` needs two numbers");
            self.problem(problem.help("write `between: [2, 4]`; both ends count"));
            return None;
        };
        let least_number = self.compared_number(subject, "between", least)?;
        let most_number = self.compared_number(subject, "between", most)?;
        if least_number > most_number {
            self.error(node.span, "the first number of `between` must not be above the second");
            return None;
        }
        Some(Predicate::IsBetween(least_number..=most_number))
    }

    fn never_happened(&mut self, subject: &Subject, text: &str, node: &'f Node) -> Option<Predicate> {
        if !self.flag(node, "never")? {
            let problem = Problem::error(node.span, "`never` must be true");
            self.problem(problem.help("leave the check out, or check when it happens"));
            return None;
        }
        if let Subject::When(signal) = subject
            && self.must_come_from_all(*signal)
        {
            let problem =
                Problem::error(node.span, format!("`{}` happens once all have done it", short(text)));
            self.problem(problem.help("check each by number, as in pat.1.joined"));
            return None;
        }
        Some(Predicate::Never)
    }

    /// A number that what is looked at can be compared with.
    fn compared_number(&mut self, subject: &Subject, key: &str, node: &'f Node) -> Option<u32> {
        if kind_of(subject) == ValueKind::Count {
            return self.count(node, key, 0, COUNT_MAX);
        }
        let problem = Problem::error(node.span, format!("`{key}` compares numbers, and this is not one"));
        self.problem(problem.help("use `is` or `one_of`"));
        None
    }

    /// The value of an `is` or `one_of`, if what is looked at can have it.
    fn value(&mut self, subject: &Subject, key: &str, node: &'f Node) -> Option<String> {
        match kind_of(subject) {
            ValueKind::Caller => {
                let text = self.text(node, key)?;
                self.starter(&text, node.span).then(|| text.into_owned())
            }
            ValueKind::EndReason => self.one_of(node, key, &ENDED_BY),
            ValueKind::Outcome => self.outcome(node, key),
            ValueKind::Flag => self.flag(node, key).map(|flag| flag.to_string()),
            ValueKind::Count => self.count(node, key, 0, COUNT_MAX).map(|count| count.to_string()),
            ValueKind::Event => None,
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

    fn one_of(&mut self, node: &'f Node, key: &str, known: &[&str]) -> Option<String> {
        let text = self.text(node, key)?;
        if known.contains(&text.as_ref()) {
            return Some(text.into_owned());
        }
        self.not_one_of(node.span, key, &text, known);
        None
    }

    /// `ended` is an outcome with any reason, `ended(removed)` with this one.
    fn outcome(&mut self, node: &'f Node, key: &str) -> Option<String> {
        let known: Vec<&str> = OUTCOMES
            .into_iter()
            .chain(Outcome::ALL.map(Outcome::name))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        self.one_of(node, key, &known)
    }
}

/// What the value of a subject is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Caller,
    EndReason,
    Outcome,
    Flag,
    Count,
    /// It has none: it happens or not.
    Event,
}

fn kind_of(subject: &Subject) -> ValueKind {
    match subject {
        Subject::Meeting(_, MeetingFact::StartedBy) => ValueKind::Caller,
        Subject::Meeting(_, MeetingFact::EndedBy) => ValueKind::EndReason,
        Subject::Call(_, CallFact::Outcome) => ValueKind::Outcome,
        Subject::Organizer(_, OrganizerFact::LockedOut) => ValueKind::Flag,
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
        | Subject::Webhook(_, WebhookFact::Count | WebhookFact::Tries)
        | Subject::Calls => ValueKind::Count,
        Subject::When(_) => ValueKind::Event,
    }
}
