//! Floor 2: reads the files that users name. What is not a regular file is refused before it is opened, so that a named
//! pipe does not hang the program, and no file is read without a limit.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// Folders whose entries are this process's own open files: a pipe there comes from a shell, as in `<(command)`, and has
/// somebody who writes into it.
const OPEN_FILES: [&str; 2] = ["/dev/fd", "/proc/self/fd"];

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Why a file cannot be read. Its text goes behind the file's name.
#[derive(Debug)]
pub enum FileError {
    /// The system does not let it be read.
    Io(io::Error),
    /// It is not a regular file, but this.
    Kind(&'static str),
    /// It has more bytes than this, the most that is read.
    TooLarge(u64),
    /// It is not UTF-8 from this byte on.
    NotUtf8(usize),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::Kind(kind) => write!(f, "is {kind}; expected a regular file"),
            Self::TooLarge(most) if *most >= 1 << 20 => {
                write!(f, "is larger than {} MiB, the most that is read", most >> 20)
            }
            Self::TooLarge(most) => {
                write!(f, "is larger than {} KiB, the most that is read", most.div_ceil(1 << 10))
            }
            Self::NotUtf8(at) => write!(f, "is not UTF-8 (byte {at})"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Kind(_) | Self::TooLarge(_) | Self::NotUtf8(_) => None,
        }
    }
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io(error) => error,
            FileError::Kind(_) | FileError::TooLarge(_) | FileError::NotUtf8(_) => {
                Self::new(io::ErrorKind::InvalidInput, error.to_string())
            }
        }
    }
}

/// How a file lay on the disk when somebody looked. A save changes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// When it was last written, if the file system knows.
    written: Option<SystemTime>,
    /// Its length, in bytes.
    bytes: u64,
}

impl Stamp {
    /// Looks at a file; `None` if it is not there.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self { written: found.modified().ok(), bytes: found.len() })
    }
}

/// Checks that a path leads to a regular file, or to a pipe that a shell opened for this program (`/dev/fd/63`).
///
/// # Errors
/// It leads nowhere, or to a folder, a device, a socket or a named pipe.
pub fn check(path: &Path) -> Result<(), FileError> {
    let kind = fs::metadata(path).map_err(FileError::Io)?.file_type();
    if kind.is_file() || (is_pipe(kind) && is_open_already(path)) {
        return Ok(());
    }
    Err(FileError::Kind(name_of(kind)))
}

/// Opens a file that passes [`check`].
///
/// # Errors
/// It does not, or the system does not let it be read.
pub fn open(path: &Path) -> Result<File, FileError> {
    // First looked at, then opened: opening a named pipe waits for somebody who writes into it.
    check(path)?;
    File::open(path).map_err(FileError::Io)
}

/// Returns the bytes of a file, at most `most`.
///
/// # Errors
/// It cannot be opened ([`open`]) or read, or has more bytes.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(FileError::Io)?;
    if bytes.len() as u64 > most { Err(FileError::TooLarge(most)) } else { Ok(bytes) }
}

/// Returns the text of a file, at most `most` bytes, without the byte order mark that some editors put before it.
///
/// # Errors
/// Those of [`read`], or it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, FileError> {
    let mut bytes = read(path, most)?;
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| FileError::NotUtf8(error.utf8_error().valid_up_to()))
}

fn is_open_already(path: &Path) -> bool {
    path == Path::new("/dev/stdin")
        || OPEN_FILES.iter().any(|folder| path.parent() == Some(Path::new(folder)))
}

#[cfg(unix)]
fn is_pipe(kind: fs::FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

/// Other systems keep their pipes out of the file system.
#[cfg(not(unix))]
fn is_pipe(_kind: fs::FileType) -> bool {
    false
}

#[cfg(unix)]
fn name_of(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;

    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn name_of(kind: fs::FileType) -> &'static str {
    if kind.is_dir() { "a folder" } else { "a device" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(bytes: &[u8], most: u64) -> Result<Vec<u8>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        read(file.path(), most).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_no_further() {
        assert_eq!(read_of(b"four", 4), Ok(b"four".to_vec()));
        assert_eq!(read_of(b"fives", 4), Err("is larger than 1 KiB, the most that is read".to_owned()));
    }

    #[test]
    fn a_save_changes_the_stamp_of_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_owned();
        let before = Stamp::of(&path);
        assert!(before.is_some() && before == Stamp::of(&path));
        fs::write(&path, "saved").unwrap();
        assert_ne!(before, Stamp::of(&path));
        drop(file);
        assert_eq!(Stamp::of(&path), None);
    }

    #[test]
    fn a_folder_is_named_as_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let told = read(folder.path(), 4).unwrap_err().to_string();
        assert_eq!(told, "is a folder; expected a regular file");
    }
}
