//! Behaviour profiles: other bridges, written down as the settings in which they differ from the default, each
//! with the page or the source file that says so. They are read from files, by a floor above this one.

use super::setting::SettingError;
use super::{Policy, SettingInfo};

/// A behaviour profile: a name and the settings in which it differs from the default. `Default` is the default itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Its name in `given.profile`.
    pub name: String,
    /// The imitated system, in a few words.
    pub imitates: String,
    /// The name of the profile that it changes; `None` for the default settings.
    pub base: Option<String>,
    /// The file that it was read from; `None` for one that is built in.
    pub path: Option<String>,
    /// Passages of documents on which it rests, also where they contradict each other.
    pub quotes: Vec<Quote>,
    /// Known differences to the imitated system that are not reproduced, for the reader of its page.
    pub left_out: Vec<String>,
    differences: Vec<Difference>,
    policy: Policy,
}

/// A setting in which a profile differs from the default, and where that is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The setting's name.
    pub setting: &'static str,
    /// Its value.
    pub value: String,
    /// Where that is published, if the profile says so.
    pub source: Option<Source>,
    /// The name of the profile that sets it: this one, or one that it is based on.
    pub set_by: String,
}

/// A page or a source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// What it is called, and where in it.
    pub title: String,
    /// Whether somebody has read it for this profile.
    pub verified: bool,
}

/// A passage of a document, and what is made of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// The words.
    pub words: String,
    /// The page or the source file.
    pub source: Source,
    /// What follows for the profile.
    pub here: String,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: Self::DEFAULT.to_owned(),
            imitates: String::new(),
            base: None,
            path: None,
            quotes: Vec::new(),
            left_out: Vec::new(),
            differences: Vec::new(),
            policy: Policy::default(),
        }
    }
}

impl Profile {
    /// The name of the profile that sets nothing.
    pub const DEFAULT: &'static str = "sfbo-2017";

    /// Returns whether what names a profile is the path of its file, and no name of a built-in one.
    #[must_use]
    pub fn is_path(text: &str) -> bool {
        text.contains('/') || [".yaml", ".yml"].iter().any(|end| text.ends_with(end))
    }

    /// Returns what names it in a scenario: the path of its file, or its name.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.name)
    }

    /// A profile with the settings of `base`, or with the default ones, and nothing else of it.
    #[must_use]
    pub fn new(name: String, base: Option<&Self>) -> Self {
        let (differences, policy) = match base {
            Some(base) => (base.differences.clone(), base.policy.clone()),
            None => Default::default(),
        };
        let base = base.map(|base| base.name.clone());
        Self { name, base, differences, policy, ..Self::default() }
    }

    /// Sets a setting by its name, or by one that it had before; returns whether its value is another one now.
    ///
    /// # Errors
    /// There is no such setting, or it does not take this value; nothing is changed then.
    pub fn set(&mut self, name: &str, value: &str, source: Option<Source>) -> Result<bool, SettingError> {
        let before = self.policy.clone();
        self.policy.set(name, value)?;
        let default = Policy::default();
        let differs = |setting: &&SettingInfo, policy: &Policy| {
            self.policy.show(setting.name) != policy.show(setting.name)
        };
        let Some(changed) = Policy::SETTINGS.iter().find(|setting| differs(setting, &before)) else {
            return Ok(false);
        };
        self.differences.retain(|difference| difference.setting != changed.name);
        if differs(&changed, &default) {
            self.differences.push(Difference {
                setting: changed.name,
                value: self.policy.show(changed.name).unwrap_or_default(),
                source,
                set_by: self.name.clone(),
            });
        }
        Ok(true)
    }

    /// The settings in which it differs from the default, in the order in which they were set.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The difference in a setting, if there is one.
    #[must_use]
    pub fn difference(&self, setting: &str) -> Option<&Difference> {
        self.differences.iter().find(|difference| difference.setting == setting)
    }

    /// All settings.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(profile: &Profile) -> Vec<(&str, &str, &str)> {
        let differences = profile.differences().iter();
        differences.map(|found| (found.setting, found.value.as_str(), found.set_by.as_str())).collect()
    }

    #[test]
    fn differences_are_those_of_the_settings() {
        let mut base = Profile::new("base".to_owned(), None);
        assert_eq!(base.set("capacity", "5", None), Ok(true));
        assert_eq!(base.set("name_recording", "false", None), Ok(true));
        let mut profile = Profile::new("profile".to_owned(), Some(&base));
        assert_eq!(profile.set("capacity", "7", None), Ok(true));
        assert_eq!(profile.set("keys.mute_all", "*22", None), Ok(true));
        let expected = [
            ("name_recording", "false", "base"),
            ("capacity", "7", "profile"),
            ("keys.mute_all", "*22", "profile"),
        ];
        assert_eq!(listed(&profile), expected);
        assert_eq!((profile.base.as_deref(), profile.policy().meeting.capacity), (Some("base"), 7));
    }

    #[test]
    fn a_value_that_was_there_before_is_no_difference() {
        let mut base = Profile::new("base".to_owned(), None);
        assert_eq!(base.set("capacity", "250", None), Ok(false));
        assert_eq!((base.set("capacity", "5", None), base.set("capacity", "5", None)), (Ok(true), Ok(false)));
        let mut profile = Profile::new("profile".to_owned(), Some(&base));
        assert_eq!((profile.set("capacity", "250", None), listed(&profile)), (Ok(true), vec![]));
        assert!(profile.set("capacity", "many", None).is_err() && profile.set("sise", "5", None).is_err());
    }

    #[test]
    fn the_default_profile_has_the_default_settings() {
        assert_eq!((Profile::default().policy(), listed(&Profile::default())), (&Policy::default(), vec![]));
    }
}
