//! The settings of the bridge in the configuration, with what can only be seen of all together.

use super::layers::Loading;
use super::setting::Setting;
use super::value::policy_name;
use crate::control::policy::Policy;

impl Loading<'_> {
    /// Returns the settings of the bridge, and notes what is wrong with them together.
    pub(super) fn policy(&mut self) -> Policy {
        let mut policy = Policy::default();
        for setting in &self.known {
            if let (Some(name), Some((value, _))) = (policy_name(setting), self.values.get(&setting.name)) {
                // Checked when it was read.
                let _fits = policy.set(name, value);
            }
        }
        self.check_keys(&policy);
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
        let help = "give each command of meeting.keys and meeting.organizer_keys keys of its own";
        self.refuse(&name, &format!("two commands have the same keys, {keys}"), help);
    }
}
