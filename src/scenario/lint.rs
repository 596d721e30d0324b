//! Warnings about a file that can be played.

mod circles;
mod talk;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use super::compile::Compiled;
use super::file::File;
use super::problem::{Problem, Problems};
use super::source::Sources;
use super::span::Span;

/// Warns of unused parts of a file, and of expectations it lacks.
pub(super) fn lint(file: &File, cases: &[Compiled], sources: &Sources<'_>, problems: &mut Problems) {
    unused(file, cases, problems);
    yaml::lint(file, sources, problems);
    cases.iter().filter_map(|case| circles::circle(&case.story)).for_each(|circle| problems.push(circle));
    for span in cases.iter().flat_map(|case| &case.used.early_presses).copied().collect::<BTreeSet<Span>>() {
        let problem = Problem::warning(span, "this caller presses keys or talks before the first `dial`");
        problems.push(problem.help("keys and talk need a call: the step fails"));
    }
    let former = cases.iter().flat_map(|case| &case.used.former_settings);
    for (span, (former, value)) in former.collect::<BTreeMap<_, _>>() {
        let now = former.value(value).unwrap_or_default();
        let problem = Problem::warning(*span, format!("`{}` is now called `{}`", former.name, former.now));
        problems.push(problem.help(format!("write `{}: {now}`", former.now)));
    }
    talk::unsaid(cases).into_iter().for_each(|unsaid| problems.push(unsaid));
    for (mark, span) in in_every_case(cases, |case| &case.idle_marks) {
        problems.push(Problem::warning(span, format!("unused mark {mark}")));
    }
    for (name, span) in in_every_case(cases, |case| &case.idle_organizers) {
        if span.source != file.span.source {
            continue;
        }
        problems.push(Problem::warning(span, format!("unused organizer {name}")));
    }
    for (key, span) in in_every_case(cases, |case| &case.idle_exemptions) {
        problems.push(Problem::warning(span, format!("no case of the matrix is meant by this `{key}`")));
    }
    if cases.iter().all(|case| case.used.expectations == 0 && !case.has_checks) {
        let problem = Problem::warning(file.span, "this scenario expects nothing and cannot fail");
        problems.push(problem.help("add `hears` or `expect` to a script, or a check under `then`"));
    }
    for span in cases.iter().flat_map(|case| &case.used.heard_again).copied().collect::<BTreeSet<Span>>() {
        let problem = Problem::info(span, "the sound of the previous `hears` passes this one too");
        problems.push(problem.help("write `still: …` if the same sound must go on"));
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
