//! The folders for settings and data on this machine, by the platform's rules (crate `etcetera`).

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

/// This program's folder within the platform's.
const OURS: &str = "attendant";

/// The folders of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folders {
    /// The settings folder: `~/.config/attendant` on Linux.
    pub config: PathBuf,
    /// The data folder: `~/.local/share/attendant` on Linux.
    pub data: PathBuf,
    /// The home directory, `~/`.
    pub home: PathBuf,
}

impl Folders {
    /// Returns the folders of the current user; without a home directory, the current folder.
    #[must_use]
    pub fn of_this_user() -> Self {
        match etcetera::base_strategy::choose_native_strategy() {
            Ok(native) => Self {
                config: native.config_dir().join(OURS),
                data: native.data_dir().join(OURS),
                home: native.home_dir().to_owned(),
            },
            Err(_) => {
                Self { config: PathBuf::from(OURS), data: PathBuf::from(OURS), home: PathBuf::from(".") }
            }
        }
    }
}
