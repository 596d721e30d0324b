//! Every link inside the repository leads somewhere.

use std::path::{Component, Path, PathBuf};

use super::markdown::Document;
use super::root;

/// The path from the root that a link in a document's folder means; nothing if it leads out of the repository.
fn target(document: &str, link: &str) -> Option<String> {
    let mut path = PathBuf::from(document);
    path.pop();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => path.push(part),
        }
    }
    path.to_str().map(str::to_owned)
}

fn is_elsewhere(link: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme))
}

/// What is wrong with a link, if anything.
fn wrong(documents: &[Document], document: &Document, link: &str) -> Option<String> {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let path = if path.is_empty() { Some(document.path.clone()) } else { target(&document.path, path) };
    let Some(path) = path.filter(|path| root(path).exists()) else {
        return Some(format!("{}: {link} leads nowhere", document.path));
    };
    let known = |anchor: &str| {
        let linked = documents.iter().find(|linked| linked.path == path);
        linked.is_some_and(|linked| linked.anchors().contains(anchor))
    };
    (!anchor.is_none_or(known)).then(|| format!("{}: {link}: no such heading", document.path))
}

#[test]
fn every_link_and_anchor_leads_somewhere() {
    let documents = Document::all();
    let mut looked_at = 0;
    let mut problems = Vec::new();
    for document in &documents {
        for link in document.links().into_iter().filter(|link| !is_elsewhere(link)) {
            looked_at += 1;
            problems.extend(wrong(&documents, document, &link));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(looked_at > 50, "only {looked_at} links were seen");
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let text =
        "# Here\n[a](docs/none.md) [b](#gone) [c](../out.md) ![d](docs/none.png) [e](#here)".to_owned();
    let document = Document { path: "README.md".to_owned(), text };
    let documents = [document];
    let links = documents[0].links();
    let problems = links.iter().filter_map(|link| wrong(&documents, &documents[0], link));
    assert_eq!(problems.count(), 4);
}

#[test]
fn every_guide_is_reached_from_the_readme() {
    let documents = Document::all();
    let mut reached = vec!["README.md".to_owned()];
    let mut next = 0;
    while let Some(path) = reached.get(next).cloned() {
        next += 1;
        let Some(document) = documents.iter().find(|document| document.path == path) else { continue };
        for link in document.links().into_iter().filter(|link| !is_elsewhere(link)) {
            let path = link.split('#').next().and_then(|link| target(&document.path, link));
            reached.extend(path.filter(|path| !reached.contains(path)));
        }
    }
    // The README of a team's folder is for that folder.
    let lost = documents.iter().filter(|document| document.path != "docs/team/README.md");
    let lost: Vec<&str> = lost
        .map(|document| document.path.as_str())
        .filter(|path| !reached.iter().any(|known| known == path))
        .collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn the_readme_is_one_page() {
    let lines = Document::read("README.md".to_owned()).text.lines().count();
    assert!(lines <= 150, "{lines} lines");
}
