//! The world before the first call, as a report tells it and as it is read from there: profile, settings, numbers and organizers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::call::Language;
use crate::control::policy::{Policy, Profile, ServiceNumber};
use crate::scenario::profiles::named;
use crate::scenario::story::{Given, Organizer};

/// What a case is given. No PIN and no passcode stands in it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GivenLine {
    /// The behaviour profile.
    pub profile: String,
    /// The settings that differ from the profile, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The service numbers, where there are others than `bridge`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberLine>,
    /// The organizers, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organizers: Vec<OrganizerLine>,
    /// Users who organize nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}

/// A service number.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NumberLine {
    /// The number, or its name.
    pub number: String,
    /// Whether calls to it are free.
    #[serde(skip_serializing_if = "is_false")]
    pub toll_free: bool,
    /// The language in which it answers, then those that keys choose.
    pub languages: Vec<String>,
}

/// An organizer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OrganizerLine {
    /// The name.
    pub name: String,
    /// The conference ID, if it is not drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conference_id: Option<String>,
    /// Whether meetings start without a PIN, if it is not the tenant's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_anonymous_start: Option<bool>,
    /// Whether callers are asked for a passcode.
    #[serde(skip_serializing_if = "is_false")]
    pub has_passcode: bool,
    /// Whether calls to toll-free numbers are refused.
    #[serde(skip_serializing_if = "is_false")]
    pub refuses_toll_free: bool,
    /// Whether the organizer is not enabled.
    #[serde(skip_serializing_if = "is_false")]
    pub disabled: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Returns the settings that differ from those of the profile, in the order of the table.
#[must_use]
pub fn differing(profile: &Profile, policy: &Policy) -> Vec<(&'static str, String)> {
    let shown = |policy: &Policy, name| policy.show(name).unwrap_or_default();
    let differs = |name: &&'static str| shown(policy, name) != shown(profile.policy(), name);
    let names = Policy::SETTINGS.iter().map(|setting| setting.name);
    names.filter(differs).map(|name| (name, shown(policy, name))).collect()
}

impl GivenLine {
    /// What a story is given.
    #[must_use]
    pub fn of(given: &Given) -> Self {
        // A profile of a file is told as the settings that it makes: the file may be gone.
        let built_in = Some(&given.profile).filter(|profile| profile.path.is_none()).cloned();
        let profile = built_in.unwrap_or_default();
        let settings = differing(&profile, &given.policy);
        let is_plain = given.numbers.len() == 1
            && given
                .numbers
                .iter()
                .all(|(name, number)| name == "bridge" && *number == ServiceNumber::default());
        let numbers = if is_plain { &[][..] } else { &given.numbers };
        Self {
            profile: profile.name.clone(),
            settings: settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            numbers: numbers.iter().map(NumberLine::of).collect(),
            organizers: given.organizers.iter().map(OrganizerLine::of).collect(),
            users: given.users.iter().skip(given.organizers.len()).cloned().collect(),
        }
    }

    /// Returns it as a story is given it. What is not known here is as it usually is.
    #[must_use]
    pub fn given(&self) -> Given {
        let profile = named(&self.profile).cloned().unwrap_or_default();
        let mut policy = profile.policy().clone();
        for (name, value) in &self.settings {
            // A setting of another version of the program stays as it is.
            let _unknown = policy.set(name, value);
        }
        let organizers = self.organizers.iter().map(OrganizerLine::organizer).collect();
        let mut given = Given::new(profile, policy, organizers);
        given.users.extend(self.users.iter().cloned());
        if !self.numbers.is_empty() {
            given.numbers = self.numbers.iter().map(NumberLine::number).collect();
        }
        given
    }
}

impl NumberLine {
    fn of((name, number): &(String, ServiceNumber)) -> Self {
        let languages = [number.primary].into_iter().chain(number.secondary.iter().copied());
        let languages = languages.map(|language| language.tag().to_owned()).collect();
        Self { number: name.clone(), toll_free: number.toll_free, languages }
    }

    fn number(&self) -> (String, ServiceNumber) {
        let mut languages = self.languages.iter().filter_map(|tag| Language::from_tag(tag));
        let primary = languages.next().unwrap_or_default();
        let number = ServiceNumber { toll_free: self.toll_free, primary, secondary: languages.collect() };
        (self.number.clone(), number)
    }
}

impl OrganizerLine {
    fn of(organizer: &Organizer) -> Self {
        Self {
            name: organizer.name.clone(),
            conference_id: organizer.conference_id.clone(),
            allow_anonymous_start: organizer.allow_anonymous_start,
            has_passcode: organizer.passcode.is_some(),
            refuses_toll_free: !organizer.allow_toll_free_dial_in,
            disabled: !organizer.enabled,
        }
    }

    fn organizer(&self) -> Organizer {
        Organizer {
            conference_id: self.conference_id.clone(),
            allow_anonymous_start: self.allow_anonymous_start,
            allow_toll_free_dial_in: !self.refuses_toll_free,
            enabled: !self.disabled,
            ..Organizer::new(self.name.clone())
        }
    }
}
