//! Files that import each other in a circle: nobody can read one of them without all the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Finding;
use super::source::{Source, module_of};

/// The folders of `src` whose files import each other in no circle.
const WITHOUT_CIRCLES: &[&str] = &["web", "admin"];

/// The files that a file imports, each with the line of the first import.
type Imports<'f> = BTreeMap<&'f str, usize>;

/// Every circle of imports among the files of one folder, told once, at the import that opens it.
pub(super) fn imports_have_no_circle(files: &[(String, String)]) -> Vec<Finding> {
    let sources: Vec<Source<'_>> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    WITHOUT_CIRCLES.iter().flat_map(|folder| circles(folder, &sources)).collect()
}

fn circles(folder: &str, sources: &[Source<'_>]) -> Vec<Finding> {
    let below = format!("src/{folder}/");
    let sources: Vec<&Source<'_>> = sources.iter().filter(|source| source.path.starts_with(&below)).collect();
    let modules: BTreeMap<Vec<String>, &str> =
        sources.iter().map(|source| (module_of(source.path), source.path)).collect();
    let graph: BTreeMap<&str, Imports<'_>> =
        sources.iter().map(|source| (source.path, imports(source, &modules))).collect();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut findings = Vec::new();
    for source in sources {
        let Some(circle) = shortest_circle(source.path, &graph).filter(|_| !known.contains(source.path))
        else {
            continue;
        };
        known.extend(&circle);
        let names: Vec<String> =
            circle.iter().chain(&circle[..1]).map(|path| module_of(path).join("::")).collect();
        let next = circle.get(1).unwrap_or(&source.path);
        let line = graph[source.path].get(next).copied().unwrap_or(1);
        let what = format!("a circle of imports: {}", names.join(" → "));
        findings.push(Finding::new(source, line, &what, "move what both need into a file below them"));
    }
    findings
}

/// The files among these modules that the code outside of tests names.
fn imports<'f>(source: &Source<'_>, modules: &BTreeMap<Vec<String>, &'f str>) -> Imports<'f> {
    let here = module_of(source.path);
    let mut imports = Imports::new();
    for path in source.paths().into_iter().filter(|path| !path.in_tests) {
        let named = if path.segments[0] == "crate" {
            path.segments[1..].to_vec()
        } else {
            // A module that is declared here can be named without `self`.
            [&here[..], &path.segments].concat()
        };
        let file = (here.len().min(1)..=named.len()).rev().find_map(|length| {
            let child = path.segments[0] == "crate" || length > here.len();
            modules.get(&named[..length]).filter(|_| child)
        });
        if let Some(file) = file.filter(|file| **file != source.path) {
            imports.entry(file).or_insert(path.line);
        }
    }
    imports
}

/// The shortest way from a file back to itself, the file first; nothing if there is none.
fn shortest_circle<'f>(from: &'f str, graph: &BTreeMap<&'f str, Imports<'f>>) -> Option<Vec<&'f str>> {
    let mut queue = VecDeque::from([vec![from]]);
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(way) = queue.pop_front() {
        let last = way.last().copied().unwrap_or(from);
        for next in graph.get(last).into_iter().flat_map(BTreeMap::keys) {
            if *next == from {
                return Some(way);
            }
            if seen.insert(next) {
                queue.push_back([&way[..], &[*next]].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, String)> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        imports_have_no_circle(&files).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_found_once() {
        assert_eq!(
            found(&[
                ("src/web/app.rs", "//! App.\nuse super::session::Session;"),
                ("src/web/session.rs", "use crate::web::app::{self, App};"),
            ]),
            ["src/web/app.rs:2: a circle of imports: web::app → web::session → web::app; fix: move what \
              both need into a file below them"]
        );
    }

    #[test]
    fn a_longer_circle_is_named_from_its_first_file_on() {
        let found = found(&[
            ("src/admin/act.rs", "use super::role::Role;"),
            ("src/admin/role.rs", "fn a() -> crate::admin::view::View {}"),
            ("src/admin/view.rs", "use super::act::Act;"),
            ("src/admin/other.rs", "use super::act::Act;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("admin::act → admin::role → admin::view → admin::act"), "{found:?}");
    }

    #[test]
    fn a_child_that_imports_from_its_parent_is_found() {
        for parent in ["mod live;\nuse live::draw;", "mod live;\nfn a() { self::live::draw() }"] {
            let found = found(&[
                ("src/web/page/mod.rs", parent),
                ("src/web/page/live.rs", "use super::nothing_here;"),
            ]);
            assert_eq!(found.len(), 1, "{parent}");
        }
    }

    #[test]
    fn imports_one_way_of_tests_and_of_other_folders_are_no_circle() {
        assert_eq!(
            found(&[
                ("src/web/app.rs", "use super::session::Session;\nuse std::fmt;"),
                (
                    "src/web/session.rs",
                    "pub(in crate::web) struct S;\n#[cfg(test)]\nmod tests { use crate::web::app::App; }"
                ),
                ("src/web/mod.rs", "mod app;\nmod session;\npub use app::App;"),
                ("src/leg/cast.rs", "use super::log::Log;"),
                ("src/leg/log.rs", "use super::cast::Cast;"),
            ]),
            [""; 0]
        );
    }
}
