//! States and marks that scripts and checks refer to: `amos.joined`, `pat.waiting`, `pat.2.joined`.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::caller::{CallState, SignalId};

use super::cx::{CallerInfo, Cx};
use super::values::short;
use crate::leg::cast::Signal;
use crate::scenario::limits::{LISTENERS_MAX, SIGNALS_MAX};
use crate::scenario::params::is_name;
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::source::grouped;
use crate::scenario::span::Span;
use crate::scenario::vocabulary::{STATES, find, names};

/// The source of a signal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Given {
    State(CallState),
    Mark(String),
}

/// The giver of a signal: a caller's place, and its number if it is one of several.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    caller: usize,
    one: Option<u32>,
    what: Given,
}

/// All that were referred to.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Signals {
    ids: BTreeMap<Key, SignalId>,
    /// In the order of their numbers, each with where it was first referred to.
    list: Vec<(Key, Span)>,
    /// Scripts that wait for it: the caller's place, and which of them.
    listeners: BTreeSet<(SignalId, usize, Option<u32>)>,
    /// Marks that some script gives, with where.
    marks: BTreeMap<(usize, String), Span>,
    /// Marks that somebody refers to.
    pub(super) wanted: BTreeSet<(usize, String)>,
    /// Marks of one caller of several that the file refers to.
    numbered: BTreeSet<(usize, u32, String)>,
}

/// The states of one caller that give signals: of all of that name together, and of single ones.
pub(super) type GivenStates = BTreeMap<Option<u32>, Vec<(CallState, SignalId)>>;

/// A reference taken apart.
pub(super) struct Reference {
    pub(super) caller: usize,
    pub(super) one: Option<u32>,
    /// The part after the caller's name, and its position in the text.
    pub(super) rest: String,
}

impl Cx<'_, '_> {
    /// Takes `pat.joined` or `pat.2.joined` apart; tells what is wrong with it otherwise.
    pub(super) fn reference(&mut self, text: &str, span: Span) -> Option<Reference> {
        let Some((name, rest)) = text.split_once('.') else {
            let problem = Problem::error(span, format!("`{}` is not an event", short(text)));
            self.problem(
                problem.help("write a caller and a state or mark, such as amos.joined or pat.waiting"),
            );
            return None;
        };
        let Some(caller) = self.people.places.callers.get(name).copied() else {
            let help = suggest(name, self.people.callers.iter().map(|caller| caller.name));
            self.problem(Problem::error(span, format!("unknown caller `{}`", short(name))).maybe_help(help));
            return None;
        };
        let count = self.people.callers[caller].count;
        let (one, rest) = match rest.split_once('.') {
            None => (None, rest),
            Some((number, rest)) => match number.parse::<u32>() {
                Ok(number) if (1..=count).contains(&number) => ((count > 1).then_some(number), rest),
                Ok(_) | Err(_) => {
                    let known = if count > 1 {
                        format!("expected {name}.1 to {name}.{count}")
                    } else {
                        format!("there is only one {name}")
                    };
                    self.error(span, format!("unknown caller {name}.{}: {known}", short(number)));
                    return None;
                }
            },
        };
        Some(Reference { caller, one, rest: rest.to_owned() })
    }

    /// The signal that a script waits for; `listener` is whose script, if it is one.
    pub(super) fn signal(
        &mut self,
        text: &str,
        span: Span,
        listener: Option<(usize, Option<u32>)>,
    ) -> Option<SignalId> {
        let Reference { caller, one, rest } = self.reference(text, span)?;
        let what = match find(STATES, &rest) {
            Some(_) if self.people.callers[caller].is_admin => {
                self.error(span, format!("an administrator has no call and never reaches `{rest}`"));
                return None;
            }
            Some(state) => Given::State(state),
            None if is_name(&rest) => {
                self.signals.wanted.insert((caller, rest.clone()));
                Given::Mark(rest)
            }
            None => {
                self.error(span, format!("`{}` is neither a call state nor a mark", short(&rest)));
                return None;
            }
        };
        let id = self.allot(Key { caller, one, what }, span)?;
        if let Some((listener, one)) = listener {
            self.signals.listeners.insert((id, listener, one));
        }
        Some(id)
    }

    /// Returns whether several callers must all give it.
    pub(super) fn must_come_from_all(&self, signal: SignalId) -> bool {
        let key = self.signals.list.get(usize::from(signal.0));
        key.is_some_and(|(key, _)| key.one.is_none() && self.people.callers[key.caller].count > 1)
    }

    /// The signals that a `mark` in a script gives.
    pub(super) fn marked(
        &mut self,
        caller: usize,
        one: Option<u32>,
        name: &str,
        span: Span,
    ) -> Vec<SignalId> {
        self.signals.marks.entry((caller, name.to_owned())).or_insert(span);
        let what = Given::Mark(name.to_owned());
        let mut given = Vec::new();
        given.extend(self.allot(Key { caller, one: None, what: what.clone() }, span));
        if let Some(number) = one
            && self.signals.numbered.contains(&(caller, number, name.to_owned()))
        {
            given.extend(self.allot(Key { caller, one, what }, span));
        }
        given
    }

    fn allot(&mut self, key: Key, span: Span) -> Option<SignalId> {
        if let Some(id) = self.signals.ids.get(&key) {
            return Some(*id);
        }
        let place = self.signals.list.len();
        let id = u16::try_from(place).ok().filter(|_| place < SIGNALS_MAX).map(SignalId);
        match id {
            Some(id) => {
                self.signals.ids.insert(key.clone(), id);
                self.signals.list.push((key, span));
            }
            None => self.error(
                span,
                format!("a scenario may refer to at most {} states and marks", grouped(SIGNALS_MAX)),
            ),
        }
        id
    }

    /// Takes note of a reference that may stand in the file before anything is compiled: `pat.2.waiting`.
    pub(super) fn foresee(&mut self, text: &str) {
        let mut parts = text.splitn(3, '.');
        let (Some(name), Some(number), Some(mark)) = (parts.next(), parts.next(), parts.next()) else {
            return;
        };
        let caller = self.people.places.callers.get(name).copied();
        if let (Some(caller), Ok(number)) = (caller, number.parse::<u32>())
            && self.people.callers[caller].count > 1
            && find(STATES, mark).is_none()
        {
            self.signals.numbered.insert((caller, number, mark.to_owned()));
        }
    }

    /// Returns the callers of one name that need a program of their own.
    pub(super) fn singled_out(&self, caller: usize) -> BTreeSet<u32> {
        let own = self.signals.numbered.range((caller, 0, String::new())..(caller + 1, 0, String::new()));
        own.map(|(_, number, _)| *number).collect()
    }

    /// Every mark that is referred to must be given by somebody.
    pub(super) fn check_marks(&mut self) {
        let mut problems = Vec::new();
        for (key, span) in &self.signals.list {
            let Given::Mark(mark) = &key.what else { continue };
            if self.signals.marks.contains_key(&(key.caller, mark.clone())) {
                continue;
            }
            let info = &self.people.callers[key.caller];
            let own = self.signals.marks.range((key.caller, String::new())..(key.caller + 1, String::new()));
            let own: Vec<&str> = own.map(|((_, mark), _)| mark.as_str()).collect();
            let states = if info.is_admin { Vec::new() } else { names(STATES).collect() };
            let known: Vec<&str> = states.into_iter().chain(own).collect();
            let help = suggest(mark, known.iter().copied());
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let message =
                format!("unknown state or mark `{}` of {} (known: {known})", short(mark), info.name);
            problems.push(Problem::error(*span, message).maybe_help(help));
        }
        problems.into_iter().for_each(|problem| self.problem(problem));
    }

    /// Marks that nobody refers to, with where they are given.
    pub(super) fn idle_marks(&self) -> Vec<(String, Span)> {
        let marks = self.signals.marks.iter().filter(|(key, _)| !self.signals.wanted.contains(*key));
        marks
            .map(|((caller, mark), span)| (format!("{}.{mark}", self.people.callers[*caller].name), *span))
            .collect()
    }

    /// The story's signals, and which states of which caller give which.
    pub(super) fn finish_signals(&mut self, at: Span) -> (Vec<Signal>, Vec<GivenStates>) {
        let mut listeners: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.signals.list.len()];
        let mut pairs = 0;
        for (signal, caller, one) in &self.signals.listeners {
            let roles = roles(&self.people.callers[*caller], *one);
            pairs += roles.len();
            if pairs > LISTENERS_MAX {
                break;
            }
            listeners[usize::from(signal.0)].extend(roles);
        }
        if pairs > LISTENERS_MAX {
            self.error(
                at,
                format!(
                    "too much to wait for: callers times the events they wait for may be at most {}",
                    grouped(LISTENERS_MAX)
                ),
            );
        }
        let mut states = vec![GivenStates::new(); self.people.callers.len()];
        let mut signals = Vec::new();
        for (number, ((key, _), listeners)) in self.signals.list.iter().zip(listeners).enumerate() {
            let info = &self.people.callers[key.caller];
            let word = match &key.what {
                Given::State(state) => {
                    let id = SignalId(u16::try_from(number).unwrap_or(u16::MAX));
                    states[key.caller].entry(key.one).or_default().push((*state, id));
                    state.name()
                }
                Given::Mark(mark) => mark,
            };
            signals.push(Signal {
                name: match key.one {
                    Some(one) => format!("{}.{one}.{word}", info.name),
                    None => format!("{}.{word}", info.name),
                },
                needs: key.one.map_or(info.count, |_| 1),
                listeners: listeners.into_iter().collect(),
            });
        }
        (signals, states)
    }
}

/// The roles of a caller, or of one of several.
pub(super) fn roles(info: &CallerInfo<'_>, one: Option<u32>) -> std::ops::Range<u32> {
    match one {
        Some(number) => info.first_role + number - 1..info.first_role + number,
        None => info.first_role..info.first_role + info.count,
    }
}
