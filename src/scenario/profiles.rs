//! Behaviour profiles as files: those that are built in, the files of `docs/profiles`, and those of testers.

mod read;
mod schema;

use std::sync::{Arc, OnceLock};

use super::problem::Problems;
use super::source::Sources;
use crate::control::policy::Profile;

pub(super) use read::ProfileFiles;
pub use read::{KEYS, lint, read};
pub use schema::schema;

macro_rules! built_in {
    ($($name:literal)*) => {
        /// The files of the built-in profiles by their names. One that is the base of another comes before it.
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../docs/profiles/", $name, ".yaml")))),*];
    };
}

built_in! {
    "sfbo-2017" "lync-onprem" "teams-2021" "teams-2025" "confbridge" "freeswitch" "bbb" "kazoo" "daily" "zoom" "webex" "twilio"
    "jambonz" "livekit"
}

/// The built-in profiles; the first is the default.
///
/// # Panics
/// Never: a test reads them all.
#[must_use]
pub fn built_in() -> &'static [Arc<Profile>] {
    static ALL: OnceLock<Vec<Arc<Profile>>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::new();
        for (name, text) in FILES {
            let mut problems = Problems::default();
            let mut sources = Sources::new(|_| Ok(text.as_bytes().to_vec()));
            let profile = read::read_on(name, &all, &mut sources, &mut problems);
            all.push(profile.filter(|_| !problems.any_error()).expect("a test reads every built-in profile"));
        }
        all
    })
}

/// Returns the names of the built-in profiles.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Returns the built-in profile with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Arc<Profile>> {
    built_in().iter().find(|profile| profile.name == name)
}

/// Returns the file of the built-in profile with this name.
fn file_of(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Returns whether the text of a file is a profile and no scenario.
#[must_use]
pub fn is_profile(text: &str) -> bool {
    let has =
        |key: &str| text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    has("profile") && !has("scenario")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::policy::Policy;

    #[test]
    fn every_built_in_profile_is_read_without_a_remark() {
        for (name, text) in FILES {
            let mut sources = Sources::new(|_| Ok(text.as_bytes().to_vec()));
            let mut problems = Problems::default();
            let profile = read::read_on(name, built_in(), &mut sources, &mut problems);
            let problems = problems.into_sorted();
            let told: Vec<String> = problems.iter().map(|problem| problem.render(&sources, false)).collect();
            assert!(told.is_empty(), "{}", told.join("\n"));
            assert_eq!(profile.as_deref(), named(name).map(|profile| &**profile), "{name}");
            assert!(is_profile(text), "{name}");
        }
    }

    #[test]
    fn the_first_is_the_default() {
        let default = &built_in()[0];
        assert_eq!((default.name.as_str(), default.policy()), (Profile::DEFAULT, &Policy::default()));
        assert_eq!(names().next(), Some(Profile::DEFAULT));
        assert_eq!(named("lync"), None);
    }

    #[test]
    fn every_difference_of_a_built_in_profile_has_its_source() {
        for profile in built_in() {
            for difference in profile.differences() {
                assert!(difference.source.is_some(), "{}: {}", profile.name, difference.setting);
            }
            let is_told = !profile.imitates.is_empty()
                && (profile.base.is_none() || named(profile.base.as_deref().unwrap_or_default()).is_some());
            assert!(is_told, "{}", profile.name);
        }
    }

    #[test]
    fn a_profile_is_told_from_a_scenario_by_its_keys() {
        for (text, is) in [
            ("profile: ours\nsettings: {}\n", true),
            ("# ours\nprofile: ours\n", true),
            ("scenario: s\ngiven:\n  profile: ours\n", false),
            ("scenario: s\nprofile: ours\n", false),
            ("profiles: ours\n", false),
            ("", false),
        ] {
            assert_eq!(is_profile(text), is, "{text}");
        }
    }
}
