//! Stories that a bridge elsewhere cannot tell, since nobody there does what they ask for.

use crate::control::policy::{Policy, SettingInfo};
use crate::scenario::story::Story;

/// Returns why a story is for a bridge in this program only, if it is.
pub(super) fn why_unfit(story: &Story) -> Option<String> {
    if !story.acts.is_empty() {
        return Some("an administrator acts while it is played".to_owned());
    }
    if !story.directory_faults.is_empty() || !story.late_questions.is_empty() {
        return Some("faults of the directory are made in this program only".to_owned());
    }
    if story.given.organizers.iter().any(|organizer| !organizer.enabled) {
        return Some("an organizer is disabled when it begins".to_owned());
    }
    None
}

/// Returns the settings that a story changes.
pub(super) fn changed_settings(story: &Story) -> Vec<&'static SettingInfo> {
    let (usual, given) = (Policy::default(), &story.given.policy);
    let is_changed = |setting: &&SettingInfo| usual.show(setting.name) != given.show(setting.name);
    Policy::SETTINGS.iter().filter(is_changed).collect()
}
