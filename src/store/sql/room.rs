//! The free space on the disk of an SQLite database.

use std::io;
use std::path::Path;

use rustix::fs::statvfs;

/// The least that must be free for an act, in bytes: the pages that it changes and those that lead to them, in the
/// write-ahead log and again in the file.
const ROOM_MIN: u64 = 256 * 1024;

/// Says that the disk of this folder is full, if it has no room for an act.
pub(super) fn lacking(folder: &Path) -> Option<String> {
    let free = free(folder).ok()?;
    (free < ROOM_MIN).then(|| {
        let (folder, free, least) = (folder.display(), free / 1024, ROOM_MIN / 1024);
        format!("the disk of {folder} is full: {free} KiB are free, and at least {least} KiB are needed")
    })
}

/// The bytes that are free for this process.
fn free(folder: &Path) -> io::Result<u64> {
    let disk = statvfs(folder)?;
    let kept_for_root = rustix::process::geteuid().is_root();
    let blocks = if kept_for_root { disk.f_bfree } else { disk.f_bavail };
    Ok(blocks.saturating_mul(disk.f_frsize))
}
