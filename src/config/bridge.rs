//! The settings of the bridge in the configuration, with what can only be seen of all together.

use super::layers::Loading;
use super::setting::{PROFILE, Setting};
use super::value::policy_name;
use super::{Config, ConfigError, Origin, Problem, Valued};
use crate::control::policy::{Policy, Profile};

impl Config {
    /// Puts the values of a behaviour profile where nothing else is set.
    ///
    /// # Errors
    /// Keys that are set give two commands now.
    pub fn follow(&mut self, profile: &Profile) -> Result<(), Box<ConfigError>> {
        let mut policy = profile.policy().clone();
        for valued in self.values.iter().filter(|valued| valued.origin != Origin::Default) {
            if let Some(name) = policy_name(&valued.setting) {
                // Checked when it was read.
                let _fits = policy.set(name, &valued.shown);
            }
        }
        for valued in self.values.iter_mut().filter(|valued| valued.origin == Origin::Default) {
            let difference = policy_name(&valued.setting).and_then(|name| profile.difference(name));
            if let Some(difference) = difference {
                valued.shown.clone_from(&difference.value);
                valued.origin = Origin::Profile(profile.name.clone());
            }
        }
        if let Some(keys) = policy.meeting.keys.shared_keys() {
            let is_keys = |valued: &&Valued| valued.setting.name.contains("keys.");
            let mut set = self
                .values
                .iter()
                .filter(|valued| !matches!(valued.origin, Origin::Default | Origin::Profile(_)));
            let origin = set.find(is_keys).map_or(Origin::Default, |valued| valued.origin.clone());
            let problem = Problem::about(
                &origin,
                format!("two commands have the same keys, {keys}"),
                KEYS_OF_THEIR_OWN,
            );
            return Err(Box::new(ConfigError { problems: vec![problem], file: self.file.clone() }));
        }
        self.policy = policy;
        Ok(())
    }
}

/// What to do about keys that give two commands.
const KEYS_OF_THEIR_OWN: &str =
    "give each command of meeting.keys and meeting.organizer_keys keys of its own";

impl Loading<'_> {
    /// Returns what names the behaviour profile: a path is resolved.
    pub(super) fn profile(&self) -> String {
        let text = self.or_empty(PROFILE);
        if Profile::is_path(&text) {
            self.resolved(&text, &self.origin(PROFILE)).display().to_string()
        } else {
            text
        }
    }

    /// Returns the settings of the bridge, and notes what is wrong with them together.
    pub(super) fn policy(&mut self) -> Policy {
        let mut policy = Policy::default();
        for setting in &self.known {
            if let (Some(name), Some((value, _))) = (policy_name(setting), self.values.get(&setting.name)) {
                // Checked when it was read.
                let _fits = policy.set(name, value);
            }
        }
        if self.origin(PROFILE) == Origin::Default {
            self.check_keys(&policy);
        }
        self.note_former();
        policy
    }

    /// Warns of settings by earlier names.
    fn note_former(&mut self) {
        for (setting, former) in Setting::former() {
            let Some((value, _)) = self.values.get(&setting.name) else { continue };
            let now = former.value(value).unwrap_or_default();
            let group = setting.table_and_key().0;
            self.notes.push(format!(
                "{} is now called {group}.{}: write {} = \"{now}\"",
                setting.name, former.now, former.now
            ));
        }
    }

    /// No keys give two commands.
    fn check_keys(&mut self, policy: &Policy) {
        let Some(keys) = policy.meeting.keys.shared_keys() else { return };
        let is_keys = |name: &&String| name.contains("keys.");
        let name = self.values.keys().find(is_keys).cloned().unwrap_or_default();
        self.refuse(&name, &format!("two commands have the same keys, {keys}"), KEYS_OF_THEIR_OWN);
    }
}
