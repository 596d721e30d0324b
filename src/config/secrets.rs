//! Secrets in files of their own, and files that others can read.

use std::path::Path;

use crate::files;

/// The largest file with a secret that is read, in bytes: no server takes a password of a page.
const FILE_BYTES_MAX: u64 = 4 * 1024;

/// Reads a file that holds only a secret, in one line.
pub(super) fn read_secret(file: &Path) -> Result<String, String> {
    let text = files::read_text(file, FILE_BYTES_MAX).map_err(|error| error.to_string())?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() || password.chars().any(char::is_control) {
        return Err("is empty, or has more than one line".to_owned());
    }
    Ok(password.to_owned())
}

/// Returns the secret for which `env:NAME` or `file:PATH` stands; a path is relative to this folder.
///
/// # Errors
/// There is none, or it is neither of both.
pub fn secret(place: &str, folder: &Path) -> Result<String, String> {
    if let Some(variable) = place.strip_prefix("env:") {
        let set = std::env::var(variable).ok().filter(|secret| !secret.is_empty());
        return set.ok_or_else(|| format!("the variable {variable} is not set"));
    }
    let Some(path) = place.strip_prefix("file:") else {
        return Err("it is neither env: with a variable nor file: with a path".to_owned());
    };
    read_secret(&folder.join(path)).map_err(|why| format!("{path} {why}"))
}

/// Returns what to do about a file with a secret that somebody may read who should not; `None` if nobody does, or it
/// cannot be looked at.
#[cfg(unix)]
pub(super) fn exposed(path: &Path) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::process::{getegid, geteuid, getgroups};

    let data = std::fs::metadata(path).ok()?;
    let file = Access { mode: data.mode(), owner: data.uid(), group: data.gid() };
    let mut groups: Vec<u32> =
        getgroups().unwrap_or_default().into_iter().map(|group| group.as_raw()).collect();
    groups.push(getegid().as_raw());
    file.mended_for(geteuid().as_raw(), &groups)
}

/// Other systems have other rules, which are not checked.
#[cfg(not(unix))]
pub(super) fn exposed(_path: &Path) -> Option<&'static str> {
    None
}

/// Who may read a file.
#[cfg(unix)]
#[derive(Clone, Copy, Debug)]
struct Access {
    mode: u32,
    owner: u32,
    group: u32,
}

#[cfg(unix)]
impl Access {
    /// The number of the user who may read everything.
    const ROOT: u32 = 0;

    /// Returns what closes the file to others and leaves it open to this user, who is in these groups. A file of
    /// root's or of the user's own may be read by a group that the user is in: so root gives a secret to a service.
    /// Root itself reads everything, and cannot know which group the service has.
    fn mended_for(self, user: u32, groups: &[u32]) -> Option<&'static str> {
        let Self { mode, owner, group } = self;
        let (group_reads, others_read) = (mode & 0o040 != 0, mode & 0o004 != 0);
        if user == Self::ROOT {
            return others_read.then_some("chmod o-r");
        }
        let by_group = group_reads && groups.contains(&group) && (owner == Self::ROOT || owner == user);
        if !others_read && (by_group || !group_reads) {
            None
        } else if owner == user {
            Some("chmod 600")
        } else if by_group {
            Some("chmod o-r")
        } else {
            Some("chown it to the user who runs attendant, then chmod 600")
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::Access;

    #[test]
    fn a_secret_is_closed_to_others_and_never_to_the_program() {
        let (root, us, anna) = (0, 100, 1000);
        let chown = "chown it to the user who runs attendant, then chmod 600";
        // Who runs the program, who owns the file, its group, its mode.
        let table = [
            (us, us, us, 0o600, None),
            (us, us, us, 0o640, None),
            (us, us, us, 0o644, Some("chmod 600")),
            (us, us, anna, 0o640, Some("chmod 600")),
            (us, root, us, 0o640, None),
            (us, root, us, 0o440, None),
            (us, root, us, 0o644, Some("chmod o-r")),
            (us, root, root, 0o644, Some(chown)),
            (us, root, root, 0o604, Some(chown)),
            (us, root, us, 0o604, Some(chown)),
            (us, anna, us, 0o640, Some(chown)),
            (us, anna, us, 0o644, Some(chown)),
            (root, root, root, 0o600, None),
            (root, root, us, 0o640, None),
            (root, root, us, 0o644, Some("chmod o-r")),
            (root, us, us, 0o600, None),
            (root, us, us, 0o640, None),
            (root, us, us, 0o604, Some("chmod o-r")),
        ];
        for (user, owner, group, mode, expected) in table {
            // A user's own group has the same number here.
            let told = Access { mode, owner, group }.mended_for(user, &[user]);
            assert_eq!(told, expected, "user {user} on a file of {owner}:{group} with mode {mode:o}");
        }
    }
}
