//! The torture messages of RFC 4475 and RFC 5118 against the real program: whatever comes, what follows is answered.

use std::path::Path;

use super::phone::Phone;
use super::{address, rows, served, until_free};

fn messages() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
    };
    files.map(read).collect()
}

#[test]
fn after_each_torture_message_options_are_answered() {
    let served = served("");
    let at = address(&served);
    let messages = messages();
    assert_eq!(messages.len(), 62);
    for (name, message) in &messages {
        let mut phone = Phone::udp(at);
        phone.write(message);
        assert_eq!(phone.options(), 200, "{name} by UDP");
        // A stream may be closed by it, or wait for its rest; the next one is served.
        let mut stream = Phone::tcp(at);
        stream.write(message);
        assert_eq!(Phone::tcp(at).options(), 200, "{name} by TCP");
    }
    // Some of them are INVITEs that somebody answers, and nobody acknowledges.
    assert!(rows(&served, "sip_dialogs") < messages.len());
    drop(served);
}

#[test]
fn streams_that_close_leave_nothing() {
    let served = served("");
    let at = address(&served);
    let mut phones: Vec<Phone> = (0..20).map(|_| Phone::tcp(at)).collect();
    assert!(phones.iter_mut().all(|phone| phone.options() == 200));
    assert_eq!(rows(&served, "sip_streams"), 20);
    drop(phones);
    crate::bounded::until("no stream is left", || rows(&served, "sip_streams") == 0);
    until_free(&served);
}
