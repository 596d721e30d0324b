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

/// Returns whether anybody except the owner may read a file.
#[cfg(unix)]
pub(super) fn others_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o044 != 0)
}

/// Other systems have other rules, which are not checked.
#[cfg(not(unix))]
pub(super) fn others_read(_path: &Path) -> bool {
    false
}
