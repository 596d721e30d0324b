//! Compiles dialling, keying, and administrators' acts.

use std::time::Duration;

use crate::control::account::conference_id_digits;
use crate::control::call::Digit;
use crate::control::caller::{KeyPart, Named, Op, Target};
use crate::control::meeting::CallerAct;
use crate::control::numbers::{Telephone, is_separator, ungrouped};
use crate::control::policy::{FormerSetting, Policy};

use super::given::flattened;
use super::script::Script;
use super::signals::roles;
use super::values::{Fields, short};
use crate::leg::cast::NO_NUMBER;
use crate::scenario::limits::KEYS_MAX;
use crate::scenario::params::{Part, parts};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::source::grouped;
use crate::scenario::story::Act;
use crate::scenario::tree::{Node, Value};

/// The default for how long a key is held, and for the gap after it.
const KEY_TIME: Duration = Duration::from_millis(100);
/// The pause of `w`.
const SHORT_PAUSE: Duration = Duration::from_millis(500);
/// The pause of `W`.
const LONG_PAUSE: Duration = Duration::from_secs(1);
/// The pause of `,`, as in dial strings.
const COMMA_PAUSE: Duration = Duration::from_secs(2);

/// The names that the run provides for an organizer.
pub(in crate::scenario) const RUNTIME_NAMES: [(&str, &str); 5] = [
    ("pin", "The PIN as last shown to an administrator."),
    ("passcode", "The passcode of the meeting."),
    ("previous_pin", "The previous PIN."),
    ("conference_id", "The conference ID."),
    ("previous_conference_id", "The previous conference ID."),
];

impl<'f> Script<'_, 'f, '_> {
    /// Returns the destination of a `dial`.
    pub(super) fn target(&mut self, node: &'f Node, user: Option<&'f Node>) -> Option<Target> {
        let text = self.cx.text(node, "dial")?;
        if let Some(name) = text.strip_prefix("app:") {
            let organizer = self.cx.organizer_named(name, node.span)?;
            let user = self.signed_in(node, user)?;
            return Some(Target::App { organizer, user });
        }
        if let Some(user) = user {
            let problem = Problem::error(user.span, "`as` only applies to a signed-in client");
            self.cx.problem(
                problem.help("write it with `dial: app:amos`, the client that joins Amos's meeting"),
            );
        }
        if ["sip:", "sips:"].iter().any(|scheme| text.starts_with(scheme)) {
            self.cx.not_implemented(node.span, "SIP calls are not implemented yet");
            return None;
        }
        if let Some(place) = self.cx.number_place(&text) {
            return u16::try_from(place).ok().map(Target::Number);
        }
        if Telephone::read(&text).is_some() {
            return Some(Target::Number(NO_NUMBER));
        }
        let known = self.cx.people.numbers.iter().map(|(number, _)| number.as_str()).chain(["bridge"]);
        let help = suggest(&text, known).unwrap_or_else(|| {
            "write bridge, a service number, or app:NAME for an organizer's meeting".to_owned()
        });
        self.cx
            .problem(Problem::error(node.span, format!("`{}` cannot be dialled", short(&text))).help(help));
        None
    }

    fn signed_in(&mut self, node: &'f Node, user: Option<&'f Node>) -> Option<u16> {
        if let Some(user) = user {
            let name = self.cx.text(user, "as")?;
            return self.cx.user_named(&name, user.span);
        }
        let caller = &self.cx.people.callers[self.caller];
        if caller.signed_in.is_some() {
            return caller.signed_in;
        }
        let own = self.cx.people.places.users.get(caller.name).copied();
        if own.is_none() {
            let message = format!("{} is not a user, so it is not clear whose client this is", caller.name);
            self.cx.problem(
                Problem::error(node.span, message).help("name the user: `{ dial: app:amos, as: kim }`"),
            );
        }
        own
    }

    /// The keys of a `press`.
    pub(super) fn press(&mut self, node: &'f Node, fields: Fields<'f>) -> Option<Op> {
        let gap = fields.get("gap").map_or(Some(KEY_TIME), |node| self.cx.duration(node, "gap"));
        let hold = fields.get("hold").map_or(Some(KEY_TIME), |node| self.cx.duration(node, "hold"));
        if let Value::Null = node.value {
            let problem = Problem::error(node.span, "`press` needs keys");
            self.cx.problem(problem.help("an unquoted `#` starts a comment in YAML: write \"#\""));
            return None;
        }
        let text = self.cx.secret_text(node, "press")?;
        let parts = parts(&text).unwrap_or_default();
        let mut keys = Vec::new();
        let mut pressed = 0;
        for (part, _) in parts {
            match part {
                Part::Name(name) => {
                    let named = self.named(name, node)?;
                    pressed += self.digits_of(named);
                    keys.push(KeyPart::Named(named));
                }
                Part::Text(symbols) => {
                    self.look_at(&ungrouped(symbols));
                    // Separators between groups are for the eye and are not keyed.
                    for symbol in symbols.chars().filter(|symbol| !is_separator(*symbol)) {
                        let key = match symbol {
                            'w' => KeyPart::Pause(SHORT_PAUSE),
                            'W' => KeyPart::Pause(LONG_PAUSE),
                            ',' => KeyPart::Pause(COMMA_PAUSE),
                            _ => match Digit::from_symbol(symbol) {
                                Some(digit) => KeyPart::Key(digit),
                                None => {
                                    let problem =
                                        Problem::error(node.span, format!("`{symbol}` is not a key"));
                                    self.cx.problem(problem.help(
                                        "keys are 0-9 * # A-D; w, W and a comma pause 0.5 s, 1 s and 2 s",
                                    ));
                                    return None;
                                }
                            },
                        };
                        pressed += usize::from(matches!(key, KeyPart::Key(_)));
                        keys.push(key);
                    }
                }
            }
            if keys.len() > KEYS_MAX {
                self.cx.error(node.span, format!("one `press` may have at most {} keys", grouped(KEYS_MAX)));
                return None;
            }
        }
        if keys.is_empty() {
            self.cx.error(node.span, "`press` needs keys");
            return None;
        }
        self.keys = self.keys.saturating_add(u32::try_from(pressed).unwrap_or(u32::MAX));
        Some(Op::Press { keys: keys.into(), gap: gap?, hold: hold? })
    }

    /// Takes note of whose meeting is keyed. Whatever may be a PIN is quoted nowhere.
    fn look_at(&mut self, symbols: &str) {
        for run in symbols.split(|c: char| !c.is_ascii_digit()) {
            self.cx.used.organizers.extend(self.cx.people.places.ids.get(run));
            if run.len() >= 4 && self.cx.secrets.mask_keys(run) != run {
                self.cx.secrets.hide_word(run);
            }
        }
    }

    fn named(&mut self, name: &str, node: &'f Node) -> Option<Named> {
        let (organizer, what) = name.split_once('.').unwrap_or((name, ""));
        let organizer = self.cx.organizer_named(organizer, node.span)?;
        Some(match what {
            "pin" => Named::Pin(organizer),
            "previous_pin" => Named::PreviousPin(organizer),
            "passcode" => {
                if self.cx.people.organizers[usize::from(organizer.0)].passcode.is_none() {
                    let problem = Problem::error(node.span, "this organizer's meeting has no passcode");
                    self.cx.problem(problem.help("give it one: `passcode` under `given.organizers`"));
                    return None;
                }
                Named::Passcode(organizer)
            }
            "conference_id" => Named::ConferenceId(organizer),
            "previous_conference_id" => Named::PreviousConferenceId(organizer),
            _ => {
                let known = RUNTIME_NAMES.map(|(name, _)| name);
                let help =
                    suggest(what, known).unwrap_or_else(|| format!("expected one of: {}", known.join(", ")));
                self.cx.problem(
                    Problem::error(node.span, format!("unknown fact `{}` of an organizer", short(what)))
                        .help(help),
                );
                return None;
            }
        })
    }

    /// Returns how many keys a name expands to, as far as the file determines it.
    fn digits_of(&self, named: Named) -> usize {
        match named {
            Named::Pin(organizer) | Named::PreviousPin(organizer) => {
                let pin = self.cx.people.organizers[usize::from(organizer.0)].pin;
                pin.map_or(self.cx.policy.tenant.pin_length.get(), |pin| pin.digits())
            }
            Named::Passcode(organizer) => {
                let passcode = self.cx.people.organizers[usize::from(organizer.0)].passcode;
                passcode.map_or(0, |passcode| passcode.digits())
            }
            Named::ConferenceId(organizer) | Named::PreviousConferenceId(organizer) => {
                let id = &self.cx.people.organizers[usize::from(organizer.0)].conference_id;
                id.as_ref().map_or_else(|| conference_id_digits(&self.cx.policy), String::len)
            }
        }
    }

    /// Changes of settings.
    pub(super) fn set(&mut self, value: &'f Node) -> Vec<Act> {
        let Some(entries) = self.cx.entries(value, "`set`") else {
            return Vec::new();
        };
        let mut acts = Vec::new();
        for (name, entry) in flattened(entries) {
            if let Value::Map(own) = &entry.node.value {
                let Some(organizer) = self.cx.organizer_named(&name, entry.span) else {
                    continue;
                };
                for entry in own {
                    if entry.key != "allow_anonymous_start" {
                        self.cx.unknown_key(
                            entry,
                            "an organizer's settings while the story runs",
                            &["allow_anonymous_start"],
                        );
                    } else if let Some(allowed) = self.cx.flag(&entry.node, "allow_anonymous_start") {
                        acts.push(Act::AllowAnonymousStart(organizer, allowed));
                    }
                }
                continue;
            }
            let former = FormerSetting::named(&name);
            if former.is_none() && !Policy::SETTINGS.iter().any(|setting| setting.name == name) {
                let help = suggest(&name, Policy::SETTINGS.iter().map(|setting| setting.name));
                let problem = Problem::error(entry.span, format!("unknown setting `{}`", short(&name)));
                self.cx.problem(problem.maybe_help(help));
                continue;
            }
            let Some(value) = self.cx.text(&entry.node, &name).map(std::borrow::Cow::into_owned) else {
                continue;
            };
            if let Some(former) = former {
                self.cx.used.former_settings.insert(entry.span, (former, value.clone()));
            }
            match self.cx.scratch.set(&name, &value) {
                Ok(()) if self.cx.scratch.meeting.keys.shared_keys().is_some() => {
                    self.cx.error(entry.node.span, "two commands have the same keys then");
                }
                Ok(()) => acts.push(Act::Set { name, value }),
                Err(error) => self.cx.error(entry.node.span, error.to_string()),
            }
        }
        acts
    }

    /// What is done to each of the callers of this name.
    pub(super) fn on_caller(&mut self, act: CallerAct, value: &'f Node) -> Vec<Act> {
        let Some(name) = self.cx.text(value, act.name()) else {
            return Vec::new();
        };
        let (name, number) =
            name.split_once('.').map_or((name.as_ref(), None), |(name, number)| (name, Some(number)));
        let place = self.cx.people.places.callers.get(name).copied();
        let Some(caller) =
            place.and_then(|place| self.cx.people.callers.get(place)).filter(|caller| !caller.is_admin)
        else {
            let help = suggest(name, self.cx.people.callers.iter().map(|caller| caller.name));
            self.cx.problem(
                Problem::error(value.span, format!("unknown caller `{}`", short(name))).maybe_help(help),
            );
            return Vec::new();
        };
        let one =
            number.map(|number| number.parse().ok().filter(|number| (1..=caller.count).contains(number)));
        match one {
            Some(None) => {
                let message = format!(
                    "unknown caller {name}.{}: expected at most {name}.{}",
                    short(number.unwrap_or("")),
                    caller.count
                );
                self.cx.error(value.span, message);
                Vec::new()
            }
            Some(one) => roles(caller, one).map(|role| Act::OnCaller(act, role)).collect(),
            None => roles(caller, None).map(|role| Act::OnCaller(act, role)).collect(),
        }
    }
}
