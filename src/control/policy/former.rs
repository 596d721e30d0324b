//! Names that settings had in earlier versions. They are still read; `attendant lint` names the new ones.

/// A setting's earlier name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormerSetting {
    /// The earlier name.
    pub name: &'static str,
    /// The name now.
    pub now: &'static str,
    /// Each earlier value with the one that means the same now.
    pub values: &'static [(&'static str, &'static str)],
}

impl FormerSetting {
    /// Every earlier name.
    pub const ALL: &[Self] = &[Self {
        name: "back_to_lobby_when_organizer_leaves",
        now: "after_organizer_leaves",
        values: &[("true", "lobby"), ("false", "stay")],
    }];

    /// The setting that had this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|former| former.name == name)
    }

    /// Returns what an earlier value is called now.
    ///
    /// # Errors
    /// The setting took no such value.
    pub fn value(&self, earlier: &str) -> Result<&'static str, String> {
        let found = self.values.iter().find(|(value, _)| *value == earlier).map(|(_, now)| *now);
        found.ok_or_else(|| {
            let values: Vec<&str> = self.values.iter().map(|(value, _)| *value).collect();
            format!("`{earlier}` is not one of {}", values.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;

    #[test]
    fn earlier_names_set_what_they_are_called_now() {
        for former in FormerSetting::ALL {
            for (earlier, now) in former.values {
                let mut policy = Policy::default();
                policy.set(former.name, earlier).unwrap();
                assert_eq!(policy.show(former.now).as_deref(), Some(*now), "{}: {earlier}", former.name);
            }
            let wrong = Policy::default().set(former.name, "maybe").unwrap_err().to_string();
            assert_eq!(wrong, "`maybe` is not one of true, false");
            assert!(Policy::SETTINGS.iter().all(|setting| setting.name != former.name));
        }
    }
}
