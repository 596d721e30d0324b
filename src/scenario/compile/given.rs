//! `given`: the world before the first call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::call::Language;
use crate::control::numbers::{self, CONFERENCE_ID_MAX, Telephone};
use crate::control::pin::{self, Pin};
use crate::control::policy::{FormerSetting, Group, Policy, Profile, SECONDARY_LANGUAGES_MAX, ServiceNumber};

use super::cx::Cx;
use super::values::short;
use crate::scenario::limits::USERS_MAX;
use crate::scenario::params::{bad_name, is_name};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::profiles::{self, ProfileFiles};
use crate::scenario::source::grouped;
use crate::scenario::span::Span;
use crate::scenario::story::Organizer;
use crate::scenario::tree::{Entry, Node, Value};

/// The keys of an organizer.
pub(in crate::scenario) const ORGANIZER_KEYS: [(&str, &str); 10] = [
    ("conference_id", "The conference ID that callers key, 1 to 12 digits; generated if not given."),
    ("pin", "4 to 12 digits; generated if not given."),
    (
        "passcode",
        "The passcode of the meeting, 4 to 10 digits, which callers on the phone are asked for; none if not given.",
    ),
    ("allow_anonymous_start", "Whether the meeting starts without a PIN; the tenant's default if not given."),
    ("number", "The service number in the invitations; the first if not given."),
    ("toll_free_number", "The toll-free service number in the invitations."),
    ("allow_toll_free_dial_in", "Whether calls to toll-free numbers come to the meeting: true if not given."),
    ("mail", "The organizer's mail address."),
    ("phone", "The organizer's own telephone, which no PIN may be part of."),
    ("enabled", "Whether the organizer is enabled when the story begins: true if not given."),
];

const GIVEN_KEYS: [&str; 8] =
    ["profile", "tenant", "dialog", "meeting", "lockout", "organizers", "users", "numbers"];

/// The name of the number that exists where none is given.
const DEFAULT_NUMBER: &str = "bridge";

impl<'f> Cx<'f, '_> {
    /// Reads `given`; returns the profile.
    pub(super) fn given(&mut self, node: Option<&'f Node>, profiles: &ProfileFiles) -> Arc<Profile> {
        let fields = node.and_then(|node| self.fields(node, "`given`", &GIVEN_KEYS));
        let field = |key: &str| fields.and_then(|fields| fields.get(key));
        let profile = field("profile").and_then(|node| self.profile(node, profiles));
        let profile = profile.unwrap_or_else(|| Arc::clone(&profiles::built_in()[0]));
        self.policy = profile.policy().clone();
        for group in Group::ALL {
            if let Some(node) = field(group.name()) {
                self.settings(node, group);
            }
        }
        self.scratch = self.policy.clone();
        match field("numbers") {
            Some(node) => self.numbers(node),
            None => self.people.numbers.push((DEFAULT_NUMBER.to_owned(), ServiceNumber::default())),
        }
        if let Some(node) = field("organizers") {
            self.organizers(node);
        }
        self.people.users.extend(self.people.organizers.iter().map(|organizer| organizer.name.clone()));
        self.people.places.users = self.people.users.iter().cloned().zip(0..).collect();
        if let Some(list) = field("users").and_then(|node| self.list(node, "`users`")) {
            for node in list {
                if self.gives_up() {
                    break;
                }
                self.user(node);
            }
        }
        let kept = self.people.users.len() + self.people.organizers.len() + self.people.numbers.len();
        self.weigh(kept, node.map_or(self.file.span, |node| node.span));
        if self.people.users.len() > USERS_MAX {
            let at = fields.map_or(Span::default(), |fields| fields.span);
            self.error(
                at,
                format!("a scenario may have at most {} organizers and users", grouped(USERS_MAX)),
            );
        }
        profile
    }

    fn profile(&mut self, node: &'f Node, files: &ProfileFiles) -> Option<Arc<Profile>> {
        let name = self.text(node, "profile")?;
        if let Some(read) = files.get(node.span.source, &name) {
            return read;
        }
        let found = profiles::named(&name).map(Arc::clone);
        if found.is_none() {
            self.not_one_of(node.span, "profile", &name, &profiles::names().collect::<Vec<_>>());
        }
        found
    }

    fn settings(&mut self, node: &'f Node, group: Group) {
        let Some(entries) = self.entries(node, &format!("`{}`", group.name())) else {
            return;
        };
        for (name, entry) in flattened(entries) {
            if self.gives_up() {
                return;
            }
            let (former, name) = match FormerSetting::named(&name) {
                Some(former) => (Some(former), former.now.to_owned()),
                None => (None, name),
            };
            let Some(setting) = Policy::SETTINGS.iter().find(|setting| setting.name == name) else {
                let known = Policy::SETTINGS
                    .iter()
                    .filter(|setting| setting.group == group)
                    .map(|setting| setting.name);
                let problem = Problem::error(
                    entry.span,
                    format!("unknown setting `{}` in `{}`", short(&name), group.name()),
                );
                let help = suggest(&name, known.clone())
                    .unwrap_or_else(|| format!("expected one of: {}", known.collect::<Vec<_>>().join(", ")));
                self.problem(problem.help(help));
                continue;
            };
            if setting.group != group {
                let problem =
                    Problem::error(entry.span, format!("`{name}` is not a setting of `{}`", group.name()));
                self.problem(problem.help(format!("write it under `given.{}`", setting.group.name())));
            } else if let Some(value) = self.text(&entry.node, &name) {
                let mut policy = std::mem::take(&mut self.policy);
                if let Some(former) = former {
                    self.used.former_settings.insert(entry.span, (former, value.to_string()));
                }
                if let Err(error) = policy.set(former.map_or(&name, |former| former.name), &value) {
                    self.error(entry.node.span, error.to_string());
                }
                self.policy = policy;
            }
        }
        if let (Group::Meeting, Some(keys)) = (group, self.policy.meeting.keys.shared_keys()) {
            let problem = Problem::error(node.span, format!("two commands have the same keys, {keys}"));
            self.problem(problem.help("give each command of `keys` and `organizer_keys` keys of its own"));
        }
    }

    fn numbers(&mut self, node: &'f Node) {
        let Some(entries) = self.entries(node, "`numbers`") else {
            return;
        };
        if entries.len() > USERS_MAX {
            return self.error(
                node.span,
                format!("a scenario may have at most {} service numbers", grouped(USERS_MAX)),
            );
        }
        for entry in entries {
            let Some(fields) = self.fields(
                &entry.node,
                "a service number",
                &["primary_language", "secondary_languages", "toll_free"],
            ) else {
                continue;
            };
            let number = match Telephone::read(&entry.key) {
                Some(Telephone::E164(number)) => number,
                None if is_name(&entry.key) => entry.key.clone(),
                Some(Telephone::Local(_)) | None => {
                    let problem = Problem::error(entry.span, "a service number needs its country code");
                    self.problem(problem.help("write it as `+14255550100`, or give it a name"));
                    continue;
                }
            };
            if self.people.places.numbers.contains_key(&number) {
                self.error(entry.span, format!("the service number {number} is given twice"));
            }
            let primary = fields.get("primary_language").and_then(|node| self.language(node));
            let list = fields
                .get("secondary_languages")
                .and_then(|node| Some((node, self.list(node, "`secondary_languages`")?)));
            let mut secondary = Vec::new();
            if let Some((node, list)) = list {
                if list.len() > SECONDARY_LANGUAGES_MAX {
                    self.error(
                        node.span,
                        format!(
                            "a service number may have at most {SECONDARY_LANGUAGES_MAX} secondary languages"
                        ),
                    );
                }
                secondary
                    .extend(list.iter().take(SECONDARY_LANGUAGES_MAX).filter_map(|node| self.language(node)));
            }
            let toll_free = fields.get("toll_free").and_then(|node| self.flag(node, "toll_free"));
            let primary = primary.unwrap_or_default();
            let dialled = ServiceNumber { toll_free: toll_free.unwrap_or(false), primary, secondary };
            self.people.places.numbers.insert(number.clone(), self.people.numbers.len());
            self.people.numbers.push((number, dialled));
        }
        if entries.is_empty() {
            self.error(node.span, "`numbers` is empty, so nobody can call");
        }
    }

    fn language(&mut self, node: &'f Node) -> Option<Language> {
        let tag = self.text(node, "language")?;
        let language = Language::from_tag(&tag);
        if language.is_none() {
            self.not_one_of(node.span, "language", &tag, &Language::ALL.map(Language::tag));
        }
        language
    }

    fn organizers(&mut self, node: &'f Node) {
        let Some(entries) = self.entries(node, "`organizers`") else {
            return;
        };
        if entries.len() > USERS_MAX {
            return self
                .error(node.span, format!("a scenario may have at most {} organizers", grouped(USERS_MAX)));
        }
        let mut ids: BTreeMap<String, Span> = BTreeMap::new();
        for entry in entries {
            if !is_name(&entry.key) {
                self.problem(bad_name(&entry.key, entry.span));
            }
            let Some(organizer) = self.organizer_entry(entry) else {
                continue;
            };
            if let Some(id) = &organizer.conference_id {
                let span = entry.node.span;
                if let Some(first) = ids.insert(id.clone(), span) {
                    self.problem(
                        Problem::error(span, format!("the conference ID {id} is given twice"))
                            .also(first, "the first")
                            .help("each organizer needs a conference ID of their own"),
                    );
                }
            }
            let place =
                u16::try_from(self.people.organizers.len()).expect("there are at most USERS_MAX organizers");
            if let Some(id) = &organizer.conference_id {
                self.people.places.ids.insert(id.clone(), place);
            }
            self.people.places.organizers.insert(&entry.key, place);
            self.people.organizer_spans.push(entry.span);
            self.people.organizers.push(organizer);
        }
    }

    fn organizer_entry(&mut self, entry: &'f Entry) -> Option<Organizer> {
        let known = ORGANIZER_KEYS.map(|(name, _)| name);
        let fields = match entry.node.value {
            Value::Null => None,
            Value::Scalar(_) | Value::Seq(_) | Value::Map(_) => {
                Some(self.fields(&entry.node, "an organizer", &known)?)
            }
        };
        let field = |key: &str| fields.and_then(|fields| fields.get(key));
        let conference_id = field("conference_id").and_then(|node| self.conference_id(node));
        let pin = field("pin").and_then(|node| self.pin(node));
        let passcode = field("passcode").and_then(|node| self.passcode(node));
        if let Some(node) = field("passcode").filter(|_| passcode.is_some() && passcode == pin) {
            self.error(
                node.span,
                "the passcode is the organizer's PIN: whoever is given one would have both",
            );
        }
        let number = field("number").and_then(|node| self.number(node, "number"));
        let _toll_free = field("toll_free_number").and_then(|node| self.number(node, "toll_free_number"));
        Some(Organizer {
            name: entry.key.clone(),
            conference_id,
            pin,
            passcode,
            allow_anonymous_start: field("allow_anonymous_start")
                .and_then(|node| self.flag(node, "allow_anonymous_start")),
            allow_toll_free_dial_in: field("allow_toll_free_dial_in")
                .and_then(|node| self.flag(node, "allow_toll_free_dial_in"))
                .unwrap_or(true),
            number: number.unwrap_or(0),
            phone: field("phone").and_then(|node| self.telephone(node)).unwrap_or_default(),
            mail: field("mail").and_then(|node| self.text(node, "mail")).map(std::borrow::Cow::into_owned),
            enabled: field("enabled").and_then(|node| self.flag(node, "enabled")).unwrap_or(true),
        })
    }

    fn conference_id(&mut self, node: &'f Node) -> Option<String> {
        let written = self.text(node, "conference_id")?;
        if let Some(id) = numbers::conference_id(&written).map(|id| id.reveal()) {
            self.secrets.show_id(&id);
            return Some(id);
        }
        self.error(
            node.span,
            format!("a conference ID is 1 to {CONFERENCE_ID_MAX} digits, grouped or not, and nothing else"),
        );
        None
    }

    fn pin(&mut self, node: &'f Node) -> Option<Pin> {
        let text = self.secret_text(node, "pin")?;
        self.secrets.hide_word(&text);
        let pin = Pin::from_symbols(&text);
        if pin.is_none() {
            self.error(node.span, "a PIN is 4 to 12 digits and nothing else");
        }
        pin
    }

    fn passcode(&mut self, node: &'f Node) -> Option<Pin> {
        let text = self.secret_text(node, "passcode")?;
        self.secrets.hide_word(&text);
        let passcode = pin::passcode(&text);
        if passcode.is_none() {
            self.error(node.span, "a passcode is 4 to 10 digits and nothing else");
        }
        passcode
    }

    /// An organizer's own telephone.
    fn telephone(&mut self, node: &'f Node) -> Option<String> {
        let written = self.text(node, "phone")?;
        let number = numbers::e164(&written);
        if number.is_none() {
            let problem = Problem::error(node.span, "a telephone number needs its country code");
            self.problem(problem.help("write it as `+14255550100`"));
        }
        number
    }

    fn number(&mut self, node: &'f Node, what: &str) -> Option<usize> {
        let text = self.text(node, what)?;
        let place = self.number_place(&text);
        if place.is_none() {
            let help = suggest(&text, self.people.numbers.iter().map(|(number, _)| number.as_str()));
            let problem = Problem::error(node.span, format!("unknown service number `{}`", short(&text)));
            self.problem(
                problem.help(
                    help.unwrap_or_else(|| "service numbers are listed under `given.numbers`".to_owned()),
                ),
            );
        }
        place
    }

    /// The place of a service number, written in any form; `bridge` is the first.
    pub(super) fn number_place(&self, written: &str) -> Option<usize> {
        let number = numbers::e164(written);
        let place = self.people.places.numbers.get(number.as_deref().unwrap_or(written)).copied();
        place.or((written == DEFAULT_NUMBER).then_some(0))
    }

    fn user(&mut self, node: &'f Node) {
        let Some(name) = self.text(node, "users") else {
            return;
        };
        if !is_name(&name) {
            self.problem(bad_name(&name, node.span));
        } else if self.people.places.users.contains_key(name.as_ref()) {
            self.problem(
                Problem::error(node.span, format!("`{name}` is listed twice"))
                    .help("organizers are users too: do not list them again"),
            );
        } else if self.people.users.len() <= USERS_MAX {
            let place = u16::try_from(self.people.users.len()).expect("there are at most USERS_MAX users");
            self.people.places.users.insert(name.as_ref().to_owned(), place);
            self.people.users.push(name.into_owned());
        }
    }

    /// The place of a user.
    pub(super) fn user_named(&mut self, name: &str, span: Span) -> Option<u16> {
        let place = self.people.places.users.get(name).copied();
        if place.is_none() {
            let help = suggest(name, self.people.users.iter().map(String::as_str));
            let problem = Problem::error(span, format!("unknown user `{}`", short(name)));
            self.problem(problem.help(help.unwrap_or_else(|| {
                "users who are not organizers are listed under `given.users`".to_owned()
            })));
        }
        place
    }
}

/// Settings by their full names: `keys: { mute: 6 }` is `keys.mute`.
pub(in crate::scenario) fn flattened(entries: &[Entry]) -> Vec<(String, &Entry)> {
    let mut flat = Vec::new();
    for entry in entries {
        match &entry.node.value {
            Value::Map(inner) if is_structured(&entry.key) => {
                flat.extend(inner.iter().map(|inner| (format!("{}.{}", entry.key, inner.key), inner)));
            }
            Value::Null | Value::Scalar(_) | Value::Seq(_) | Value::Map(_) => {
                flat.push((entry.key.clone(), entry));
            }
        }
    }
    flat
}

/// Whether settings are written inside this key, as `mute` inside `keys`.
fn is_structured(key: &str) -> bool {
    let is_inside = |name: &str| name.split_once('.').is_some_and(|(outer, _)| outer == key);
    Policy::SETTINGS.iter().any(|setting| is_inside(setting.name))
}
