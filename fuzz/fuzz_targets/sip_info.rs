//! Any bytes as the body of an INFO with a key: no panic, and a press of a believable length.

#![no_main]

use attendant::sip::keys::{DURATION_MAX, InfoFormat, read_info};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for format in [InfoFormat::Relay, InfoFormat::Plain] {
        if let Ok(key) = read_info(format, bytes) {
            assert!(key.duration <= DURATION_MAX);
        }
    }
});
