//! Every section that code and scenarios cite as BEHAVIOUR with a number is in docs/behaviour.md.

use std::collections::BTreeSet;
use std::fs;

use super::markdown::Document;
use super::{files, root};

/// The sections that a text cites: `BEHAVIOUR 2.4 and 2.7`, `BEHAVIOUR section 5`, `BEHAVIOUR 2.5, invariant 2`.
fn cited(text: &str) -> Vec<String> {
    let plain = text.replace("\n", " ").replace("//!", " ").replace("///", " ").replace("//", " ");
    let mut sections = Vec::new();
    for citation in plain.split("BEHAVIOUR").skip(1) {
        let (mut is_invariant, mut follows) = (false, true);
        for word in citation.split_whitespace() {
            let ends = word.ends_with([':', ';', ')']) || word.ends_with('.');
            let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let is_number = bare.starts_with(|c: char| c.is_ascii_digit())
                && bare.chars().all(|c| c.is_ascii_digit() || c == '.');
            match bare {
                "section" | "sections" | "and" | "to" | "" => {}
                "invariant" | "invariants" => (is_invariant, follows) = (true, true),
                number if is_number && follows => {
                    sections.push(if is_invariant { format!("6.{number}") } else { number.to_owned() });
                    // Behind a comma stands what a section says, unless it is a section of a section.
                    follows = !word.ends_with(',');
                }
                number if is_number && number.contains('.') => sections.push(number.to_owned()),
                _ => break,
            }
            if ends {
                break;
            }
        }
    }
    sections
}

#[test]
fn every_section_that_is_cited_exists() {
    let page = Document::read("docs/behaviour.md".to_owned());
    let headings = page.headings();
    let numbers = headings.iter().filter_map(|heading| heading.split_whitespace().next());
    let numbers: BTreeSet<&str> = numbers.map(|number| number.trim_end_matches('.')).collect();
    let mut looked_at = 0;
    let mut problems = Vec::new();
    for (folder, ending) in [("src", ".rs"), ("tests/it", ".rs"), ("scenarios", ".yaml"), ("docs", ".md")] {
        for path in files(folder, ending).into_iter().filter(|path| !path.starts_with("tests/it/documents")) {
            for section in cited(&fs::read_to_string(root(&path)).unwrap()) {
                looked_at += 1;
                if !numbers.contains(section.as_str()) {
                    problems
                        .push(format!("{path}: BEHAVIOUR {section} is not a section of docs/behaviour.md"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(looked_at > 200, "only {looked_at} citations were seen");
}

#[test]
fn citations_are_read_in_all_their_forms() {
    for (text, sections) in [
        ("(BEHAVIOUR 2.2)", vec!["2.2"]),
        ("BEHAVIOUR 2.4 and 2.7: a meeting", vec!["2.4", "2.7"]),
        ("/// sections 2 to 5 of BEHAVIOUR\n/// sections 2 to 5.", vec!["2", "5"]),
        ("BEHAVIOUR 2.4, invariant 1: having", vec!["2.4", "6.1"]),
        ("BEHAVIOUR, invariants 3 and 5).", vec!["6.3", "6.5"]),
        ("BEHAVIOUR 2, 0 = none. Eight hours", vec!["2"]),
        ("BEHAVIOUR 2.2, 2.5 and 2.6: nothing", vec!["2.2", "2.5", "2.6"]),
        ("Its BEHAVIOUR name.", vec![]),
    ] {
        assert_eq!(cited(text), sections, "{text}");
    }
}
