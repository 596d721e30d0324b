//! How many files may be open: each call of a telephone takes one, for its sound.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the service has open besides calls: sockets of the admin center and of SIP over TCP, the directory's.
const OTHERS: u64 = 512;

/// Lets as many files be open as the system allows this program; returns how many of them are left for calls.
pub fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    // A system that refuses it leaves what there was.
    let files = if setrlimit(Resource::Nofile, raised).is_ok() { maximum } else { current };
    files.unwrap_or(u64::MAX).saturating_sub(OTHERS)
}
