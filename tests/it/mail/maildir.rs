//! Mail as files.

use std::fs;
use std::path::Path;

use attendant::mail::maildir::Maildir;

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_mail_is_a_file_of_its_own_that_only_its_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("data/mail");
    let maildir = Maildir::new(folder.clone());
    let path = maildir.deliver("a1@contoso.com", 1_500_000_000_000, b"Subject: One\r\n\r\n").unwrap();
    maildir.deliver("b2@contoso.com", 1_500_000_000_001, b"Subject: Two\r\n\r\n").unwrap();
    assert_eq!(files(&folder), ["cur", "new", "tmp"]);
    assert_eq!(
        files(&folder.join("new")),
        ["1500000000000.a1-contoso-com.eml", "1500000000001.b2-contoso-com.eml"]
    );
    assert_eq!(files(&folder.join("tmp")), [""; 0], "nothing is left half written");
    assert_eq!(fs::read(&path).unwrap(), b"Subject: One\r\n\r\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!((mode(&folder), mode(&folder.join("new"))), (0o700, 0o700));
    }
}

#[test]
fn a_mail_that_is_delivered_twice_is_there_once_read_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let maildir = Maildir::new(folder.path().to_owned());
    let deliver = || maildir.deliver("a1@contoso.com", 7, b"Subject: One\r\n\r\n").unwrap();
    let path = deliver();
    assert_eq!(deliver(), path);
    assert_eq!(files(&folder.path().join("new")).len(), 1);
    let read = folder.path().join("cur/7.a1-contoso-com.eml:2,S");
    fs::rename(path, &read).unwrap();
    assert_eq!(deliver(), read);
    assert_eq!(files(&folder.path().join("new")), [""; 0]);
}

#[test]
fn no_message_id_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let maildir = Maildir::new(folder.path().join("mail"));
    for id in ["../../x@y", "/etc/x@y", "a/b@y", "..", "\0@y"] {
        let path = maildir.deliver(id, 1, b"").unwrap();
        assert_eq!(path.parent().unwrap(), folder.path().join("mail/new"), "{id}");
    }
    assert_eq!(files(folder.path()), ["mail"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_told_and_may_pass() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let failed = Maildir::new(folder.path().join("file/mail")).deliver("a@b", 1, b"").unwrap_err();
    assert!(
        matches!(&failed, attendant::mail::SendError::Later(why) if why.contains("file/mail")),
        "{failed:?}"
    );
}
