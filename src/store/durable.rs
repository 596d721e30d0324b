//! Files that only their owner may read, and that outlive a failing power.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The file of this name with something appended.
pub(crate) fn beside(path: &Path, appended: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(appended);
    PathBuf::from(name)
}

/// Opens a file that only its owner may read, if it is made.
pub(crate) fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Lets an open fail where the path is a symbolic link.
#[cfg(unix)]
pub(crate) const NO_FOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// Opens a file that is there for a lock, and makes it where it is not. Its contents may be replaced, so that a symbolic
/// link to another file is not followed.
pub(crate) fn lock_file(path: &Path) -> io::Result<File> {
    let options = &mut OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, NO_FOLLOW);
    private(options, path).map_err(|error| {
        let linked = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        if linked { io::Error::other("it is a symbolic link, and a lock must be a file") } else { error }
    })
}

/// Lets what was made in a folder or moved into it be there after a power failure, too.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a folder and those above it, where they are not there yet; each stays there after a power failure.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let made: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    fs::create_dir_all(folder)?;
    made.into_iter().try_for_each(sync_folder_of)
}

/// The same for the folder that a file is in.
pub(crate) fn sync_folder_of(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}
