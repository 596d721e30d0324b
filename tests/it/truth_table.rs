//! The truth table as the program prints it, and the page about the profiles that it writes.
//!
//! `UPDATE_PROFILES=1 cargo test --test it truth_table` writes `docs/profiles.md` anew instead of comparing.

use std::fs;
use std::path::Path;

use attendant::control::policy::Profile;
use attendant::scenario::truth_table::{self, Situation};

use crate::stage::Stage;

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_page_about_the_profiles_is_what_the_program_writes() {
    let page = truth_table::page();
    if std::env::var_os("UPDATE_PROFILES").is_some() {
        fs::write(root("docs/profiles.md"), &page).unwrap();
    }
    let found = fs::read_to_string(root("docs/profiles.md")).unwrap();
    assert!(found == page, "UPDATE_PROFILES=1 cargo test --test it truth_table writes docs/profiles.md anew");
    assert_eq!(Stage::with(&[]).attendant("truth-table --profiles").out, page);
}

#[test]
fn every_profile_parts_from_the_default_in_the_table_and_has_its_stories() {
    let stories: String = fs::read_dir(root("scenarios/profiles"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    for profile in &Profile::ALL[1..] {
        let parted = truth_table::diff([&Profile::ALL[0], profile], truth_table::Format::Csv, "");
        assert!(parted.is_some(), "{} parts nowhere", profile.name);
        let named = stories.contains(&format!("profile: {}\n", profile.name));
        assert!(named, "no story of scenarios/profiles is about {}", profile.name);
    }
}

#[test]
fn comma_separated_values_have_a_line_for_each_combination() {
    let ended = Stage::with(&[]).attendant("truth-table --format csv");
    let lines: Vec<&str> = ended.out.lines().collect();
    assert_eq!(lines[0], "meeting,anonymous start,caller,asked for,gets,hears in the end,those inside hear");
    assert_eq!(
        lines[2],
        "not started,off,\"phone, right PIN\",\"organizer, PIN\",starts the meeting as organizer,the meeting,nothing"
    );
    assert_eq!((ended.code, lines.len()), (0, 1 + Situation::all().len()));
}

#[test]
fn only_rows_with_the_words_of_the_filter_are_shown() {
    let ended = Stage::with(&[]).attendant("truth-table --profile confbridge --filter another's");
    let (rows, note) = ended.out.split_once("\n\n").unwrap();
    assert!(rows.lines().skip(1).all(|row| row.contains("another's PIN")), "{rows}");
    assert_eq!((rows.lines().count(), note.starts_with("Left out")), (11, true));
    let nothing = Stage::with(&[]).attendant("truth-table --filter teatime");
    assert_eq!((nothing.code, nothing.err.as_str()), (4, "error: no row has `teatime` in it\n"));
}

#[test]
fn profiles_that_are_alike_part_nowhere() {
    let ended = Stage::with(&[]).attendant("truth-table --diff confbridge confbridge");
    assert_eq!((ended.code, ended.out.as_str()), (0, "confbridge and confbridge part nowhere\n"));
}

#[test]
fn a_profile_that_does_not_exist_is_a_bad_argument() {
    let ended = Stage::with(&[]).attendant("truth-table --profile sfbo-2018");
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("sfbo-2017"), "{}", ended.err);
}
