//! Where this machine keeps settings and data: what the platform's rules say, by the crate `etcetera`.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

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
    /// Those of the user who runs the program; where the platform knows no home, the present folder.
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
