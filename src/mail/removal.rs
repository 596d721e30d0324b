//! The files of mails that are removed from the outbox, wherever they were written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::maildir::{Maildir, file_name};
use crate::store::mail::{MailId, OldMail};

/// What became of the files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FilesRemoved {
    /// The folders that had some, and how many.
    pub files: BTreeMap<PathBuf, usize>,
    /// Mails that may have a file still, each with the reason.
    pub left: BTreeMap<MailId, String>,
    /// Folders that mails were put into and that are not there.
    pub missing: BTreeSet<PathBuf>,
}

/// Removes the files of these mails from the folders that each was put into. What an earlier version put into a folder is
/// noted nowhere: every mail is looked for in `current` too, the folder that mails are put into now. It blocks while it does.
pub(super) fn remove_files(mails: &[OldMail], current: Option<&Path>) -> FilesRemoved {
    let mut by_folder: BTreeMap<PathBuf, BTreeMap<String, MailId>> = BTreeMap::new();
    let mut noted = BTreeSet::new();
    for mail in mails {
        let name = file_name(&mail.message_id, mail.at);
        noted.extend(mail.folders.iter().map(PathBuf::from));
        for folder in mail.folders.iter().map(PathBuf::from).chain(current.map(Path::to_owned)) {
            by_folder.entry(folder).or_default().insert(name.clone(), mail.id);
        }
    }
    let mut removed = FilesRemoved::default();
    for (folder, names) in by_folder {
        if noted.contains(&folder) && !folder.exists() {
            removed.missing.insert(folder);
            continue;
        }
        let taken = Maildir::new(folder.clone()).remove(&names.keys().cloned().collect());
        if taken.files > 0 {
            removed.files.insert(folder, taken.files);
        }
        let left = taken.left.into_iter().filter_map(|(name, why)| Some((*names.get(&name)?, why)));
        removed.left.extend(left);
    }
    removed
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn old(id: MailId, folders: &[&Path]) -> OldMail {
        let folders = folders.iter().map(|folder| folder.display().to_string()).collect();
        OldMail { id, message_id: format!("{id}@attendant.invalid"), at: id, folders }
    }

    #[test]
    fn a_file_is_removed_where_it_was_written() {
        let root = tempfile::tempdir().unwrap();
        let [first, second, now] = ["first", "second", "now"].map(|name| root.path().join(name));
        let put = |folder: &Path, id: MailId| {
            let maildir = Maildir::new(folder.to_owned());
            maildir.deliver(&format!("{id}@attendant.invalid"), id, b"Subject: PIN\r\n\r\n").unwrap();
        };
        put(&first, 1);
        put(&second, 1);
        put(&second, 2);
        put(&now, 3);
        put(&now, 9);
        let mails = [old(1, &[&first, &second]), old(2, &[&second]), old(3, &[])];
        let removed = remove_files(&mails, Some(&now));
        let expected = [(first, 1), (second, 2), (now.clone(), 1)];
        assert_eq!(removed, FilesRemoved { files: expected.into(), ..FilesRemoved::default() });
        assert_eq!(fs::read_dir(now.join("new")).unwrap().count(), 1, "that of another mail stays");
    }

    #[test]
    fn a_mail_whose_file_stays_is_told_and_the_others_go() {
        let root = tempfile::tempdir().unwrap();
        let [sound, broken, gone] = ["sound", "broken", "gone"].map(|name| root.path().join(name));
        let maildir = Maildir::new(sound.clone());
        maildir.deliver("1@attendant.invalid", 1, b"Subject: PIN\r\n\r\n").unwrap();
        fs::create_dir(&broken).unwrap();
        fs::write(broken.join("cur"), "not a folder").unwrap();
        // What is called like a mail and cannot be removed as a file.
        fs::create_dir(sound.join("new/4.4-attendant-invalid.eml")).unwrap();
        let mails = [old(1, &[&sound]), old(2, &[&broken]), old(3, &[&gone]), old(4, &[&sound])];
        let removed = remove_files(&mails, None);
        assert_eq!(removed.files, [(sound, 1)].into());
        assert_eq!(removed.left.keys().collect::<Vec<_>>(), [&2, &4]);
        assert!(removed.left[&2].contains("broken/cur: Not a directory"), "{removed:?}");
        assert_eq!(removed.missing, [gone].into());
    }
}
