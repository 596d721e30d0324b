//! Warnings about a file that can be played.

use std::collections::BTreeSet;

use super::compile::Compiled;
use super::file::File;
use super::problem::{Problem, Problems};
use super::span::Span;

/// Warns of unused parts of a file, and of expectations it lacks.
pub(super) fn lint(file: &File, cases: &[Compiled], problems: &mut Problems) {
    unused(file, cases, problems);
    for (mark, span) in in_every_case(cases, |case| &case.idle_marks) {
        problems.push(Problem::warning(span, format!("unused mark {mark}")));
    }
    for (name, span) in in_every_case(cases, |case| &case.idle_organizers) {
        problems.push(Problem::warning(span, format!("unused organizer {name}")));
    }
    if cases.iter().all(|case| case.used.expectations == 0 && !case.has_checks) {
        let problem = Problem::warning(file.span, "this scenario expects nothing and cannot fail");
        problems.push(problem.help("add `hears` or `expect` to a script, or a check under `then`"));
    }
    let waits: BTreeSet<Span> = cases.iter().flat_map(|case| &case.used.waits).copied().collect();
    if let Some(first) = waits.first() {
        let message = match waits.len() {
            1 => "1 blind wait".to_owned(),
            many => format!("{many} blind waits"),
        };
        problems.push(
            Problem::info(*first, message)
                .help("where you can, wait for an event with `hears`, `expect` or `when`"),
        );
    }
}

fn unused(file: &File, cases: &[Compiled], problems: &mut Problems) {
    for (name, entry) in &file.procedures {
        if !cases.iter().any(|case| case.used.procedures.contains(name))
            && entry.span.source == file.span.source
        {
            problems.push(Problem::warning(entry.span, format!("unused procedure `{name}`")));
        }
    }
    let axes = file.params.axes.iter().map(|axis| (&axis.name, axis.span));
    for (name, span) in file.params.spans.iter().map(|(name, span)| (name, *span)).chain(axes) {
        if !cases.iter().any(|case| case.used.params.contains(name)) && span.source == file.span.source {
            problems.push(Problem::warning(span, format!("unused parameter `{name}`")));
        }
    }
}

fn in_every_case(cases: &[Compiled], of: impl Fn(&Compiled) -> &Vec<(String, Span)>) -> Vec<(String, Span)> {
    let Some((first, rest)) = cases.split_first() else {
        return Vec::new();
    };
    let kept = of(first).iter().filter(|found| rest.iter().all(|case| of(case).contains(found)));
    kept.cloned().collect()
}
