//! The language of scenario files, by what becomes of small stories.

mod checks;
mod exempt;
mod includes;
mod lints;

use std::collections::BTreeMap;
use std::sync::Arc;

use attendant::play::play;
use attendant::scenario::read::{lint, read};
use attendant::scenario::source::Sources;
use attendant::scenario::story::Story;

/// The stories of the first of these files; the others are for `include`.
#[track_caller]
fn stories(files: &[(&str, &str)]) -> Vec<Story> {
    let mut sources = sources(files);
    match read(files[0].0, &mut sources, &BTreeMap::new()) {
        Ok(stories) => stories,
        Err(problems) => {
            let told: Vec<_> = problems.iter().map(|problem| problem.render(&sources, false)).collect();
            panic!("{}", told.join("\n"));
        }
    }
}

fn sources<'f>(files: &'f [(&'f str, &'f str)]) -> Sources<'f> {
    Sources::new(move |path| {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "cannot be read".to_owned())
    })
}

/// Whether the first story of this file passes.
#[track_caller]
fn passes(text: &str) -> bool {
    let story = Arc::new(stories(&[("s.yaml", text)]).remove(0));
    play(&story, 1).failures.is_empty()
}

/// The messages of the linter.
fn linted(text: &str) -> Vec<String> {
    let files = [("s.yaml", text)];
    let mut sources = sources(&files);
    let problems = lint("s.yaml", &mut sources, &BTreeMap::new());
    problems.iter().map(|problem| problem.message(&sources)).collect()
}

/// A story of Pat and of Amos, who organizes, with these scripts and this at the end.
fn of_two(pat: &str, amos: &str, end: &str) -> String {
    format!(
        "scenario: s\ngiven: {{ organizers: {{ amos: {{ conference_id: \"3141592\", pin: \"27182\" }} }} \
         }}\ncallers:\n  pat: {{ script: [ {pat} ] }}\n  amos: {{ script: [ {amos} ] }}\n{end}"
    )
}
