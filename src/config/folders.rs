//! Where this machine keeps settings and data: what the platform's rules say, by the crate `dirs`.

use std::path::PathBuf;

/// The folder of this program inside of the platform's.
const OURS: &str = "attendant";

/// The folders of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folders {
    /// For settings: `~/.config/attendant` on Linux.
    pub config: PathBuf,
    /// For what the program keeps: `~/.local/share/attendant` on Linux.
    pub data: PathBuf,
    /// What `~/` means.
    pub home: PathBuf,
}

impl Folders {
    /// Those of the user who runs the program; where the platform knows none, the present folder.
    #[must_use]
    pub fn of_this_user() -> Self {
        let or_here = |folder: Option<PathBuf>| folder.unwrap_or_else(|| PathBuf::from("."));
        Self {
            config: or_here(dirs::config_dir()).join(OURS),
            // Not the roaming folder of Windows: a database in use is not carried from machine to machine.
            data: or_here(dirs::data_local_dir()).join(OURS),
            home: or_here(dirs::home_dir()),
        }
    }
}
