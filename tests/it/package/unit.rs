//! A systemd unit as a test reads it: systemd itself is not the first process here.

use std::collections::BTreeSet;

use super::root::Root;

/// The settings of a unit, in order.
pub(super) struct Unit(Vec<(String, String)>);

impl Unit {
    pub(super) fn read(text: &str) -> Self {
        let settings = text.lines().filter(|line| !line.starts_with('#'));
        let settings = settings.filter_map(|line| line.split_once('='));
        Self(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a setting that is there once.
    #[track_caller]
    pub(super) fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert!(all.len() == 1, "{name}: {all:?}");
        all[0]
    }

    /// The unit lets its service make these system calls, one to a line.
    #[track_caller]
    pub(super) fn allows(&self, root: &Root, calls: &str) {
        let mut allowed = BTreeSet::new();
        add(root, "@default", &mut allowed);
        for filter in self.all("SystemCallFilter") {
            let (refused, names) = filter.strip_prefix('~').map_or((false, filter), |names| (true, names));
            let mut named = BTreeSet::new();
            names.split(' ').for_each(|name| add(root, name, &mut named));
            if refused {
                allowed.retain(|call| !named.contains(call));
            } else {
                allowed.extend(named);
            }
        }
        let made: BTreeSet<&str> = calls.lines().map(str::trim).filter(|line| is_call(line)).collect();
        let looked_at = ["fsync", "accept4"].iter().all(|call| made.contains(call));
        assert!(looked_at, "its start was not looked at: {calls}");
        let refused: Vec<&str> = made.into_iter().filter(|call| !allowed.contains(*call)).collect();
        assert_eq!(refused, [""; 0], "the service makes calls that its unit refuses");
    }
}

fn is_call(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_lowercase()) && !["syscall", "total", "name"].contains(&line)
}

/// Adds a call, or those of a group and the groups in it.
fn add(root: &Root, name: &str, to: &mut BTreeSet<String>) {
    if !name.starts_with('@') {
        to.insert(name.to_owned());
        return;
    }
    let group = root.runs("systemd-analyze", &["syscall-filter", name]);
    let listed =
        group.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    listed.for_each(|name| add(root, name, to));
}
