//! Disks and mounts of a test's own.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bounded;
use super::stage::Stage;

/// A disk of its own, as long as this lives.
pub(super) struct Disk(PathBuf);

impl Disk {
    /// Needs root, as the mount does: without it the test fails with that message, instead of passing.
    pub(super) fn mount(stage: &Stage, folder: &str, kilobytes: u32) -> Self {
        let path = stage.path().join(folder);
        fs::create_dir_all(&path).unwrap();
        let options = format!("size={kilobytes}k,mode=0700");
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path);
        let mounted = bounded::output(mount).unwrap();
        assert!(mounted.status.success(), "this test mounts a small tmpfs, which needs root: {mounted:?}");
        Self(path)
    }

    /// Makes a folder of the stage a second one of another, which nothing can be written through.
    pub(super) fn read_only(stage: &Stage, folder: &str, of: &str) -> Self {
        let path = stage.path().join(folder);
        fs::create_dir_all(&path).unwrap();
        Self::bind(&stage.path().join(of), path, "bind,ro")
    }

    /// Makes a file of the stage a second one of another.
    pub(super) fn second_name(stage: &Stage, file: &str, of: &str) -> Self {
        let path = stage.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        Self::bind(&stage.path().join(of), path, "bind")
    }

    fn bind(of: &Path, path: PathBuf, options: &str) -> Self {
        let mut mount = Command::new("mount");
        let mounted = bounded::output(mount.args(["-o", options]).args([of, &path])).unwrap();
        assert!(mounted.status.success(), "this test makes a bind mount, which needs root: {mounted:?}");
        Self(path)
    }

    /// Leaves so many bytes of it free.
    pub(super) fn fill_but(&self, bytes: u64) {
        self.fill();
        let file = fs::File::options().write(true).open(self.0.join("ballast")).unwrap();
        file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
    }

    /// Writes until nothing more fits.
    pub(super) fn fill(&self) {
        let mut file = fs::File::options().create(true).append(true).open(self.0.join("ballast")).unwrap();
        for bytes in [4_096, 1] {
            while file.write_all(&vec![b'x'; bytes]).is_ok() {}
        }
    }

    pub(super) fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The program under test may hold it a moment longer than this.
        let unmounted = bounded::output(Command::new("umount").arg("--lazy").arg(&self.0));
        assert!(unmounted.is_ok_and(|ended| ended.status.success()), "{} stays mounted", self.0.display());
    }
}

/// Writes a file that only its owner may read.
pub(super) fn private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
