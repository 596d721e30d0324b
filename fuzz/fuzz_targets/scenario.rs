//! Any bytes as a scenario file: read, compiled, linted and every problem rendered, without a panic.
//! Seeds are in `tests/bad`: `RUSTC_BOOTSTRAP=1 cargo fuzz run scenario fuzz/corpus/scenario tests/bad`.

#![no_main]

use attendant::scenario::read::{lint, read};
use attendant::scenario::source::Sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The part behind a NUL is what every include finds.
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let main = parts.next().unwrap_or_default();
    let included = parts.next();
    let files = |path: &str| match (path, included) {
        ("main.yaml", _) => Ok(main.to_vec()),
        (_, Some(included)) => Ok(included.to_vec()),
        (_, None) => Err("cannot be read".to_owned()),
    };
    let mut sources = Sources::new(files);
    if let Err(problems) = read("main.yaml", &mut sources, &Default::default()) {
        for problem in problems {
            let _told = problem.render(&sources, true);
        }
    }
    let mut sources = Sources::new(files);
    for problem in lint("main.yaml", &mut sources, &Default::default()) {
        let _told = problem.render(&sources, false);
    }
});
