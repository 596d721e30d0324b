//! Any text as a cmdlet: read, ordered, completed and masked without a panic; what is read is written out and reads as
//! itself. `RUSTC_BOOTSTRAP=1 cargo fuzz run cmdlet`.

#![no_main]

use attendant::admin::cmdlet::complete::complete;
use attendant::admin::cmdlet::mask::mask;
use attendant::admin::cmdlet::{COMMAND_MAX, goes_on, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _open = goes_on(text);
    let _kept = mask(text);
    let found = complete(text, |begun| vec![begun.to_owned()]);
    assert!(text.is_char_boundary(found.start));
    if let Ok(Some(command)) = read(text) {
        let _ordered = command.order();
        let written = command.to_string();
        if written.len() <= COMMAND_MAX {
            assert_eq!(read(&written), Ok(Some(command)), "{written}");
        }
    }
});
