//! The truth table as the program prints it, and the page about the profiles that it writes.
//!
//! `UPDATE_PROFILES=1 cargo test --test it truth_table` rewrites `docs/profiles.md` instead of comparing.

use std::fs;
use std::path::Path;
use std::process::Command;

use attendant::scenario::profiles::built_in;
use attendant::suite::truth_table::{self, Situation};

use crate::bounded;
use crate::stage::Stage;

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_page_about_the_profiles_is_what_the_program_writes() {
    let page = truth_table::page(&[]);
    if std::env::var_os("UPDATE_PROFILES").is_some() {
        fs::write(root("docs/profiles.md"), &page).unwrap();
    }
    let found = fs::read_to_string(root("docs/profiles.md")).unwrap();
    assert!(found == page, "UPDATE_PROFILES=1 cargo test --test it truth_table rewrites docs/profiles.md");
    assert_eq!(Stage::with(&[]).attendant("truth-table --profiles").out, page);
}

#[test]
fn every_profile_has_table_differences_and_stories() {
    let stories: String = fs::read_dir(root("scenarios/profiles"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    // What is its own there is no part of the table: the rules of PINs, keys, and when a meeting locks itself.
    const NOT_IN_THE_TABLE: [&str; 1] = ["webex"];
    for profile in &built_in()[1..] {
        let parted = truth_table::diff([&built_in()[0], profile], truth_table::Format::Csv, "");
        let is_in_the_table = !NOT_IN_THE_TABLE.contains(&profile.name.as_str());
        assert_eq!(parted.is_some(), is_in_the_table, "{}", profile.name);
        let named = [format!("profile: {}\n", profile.name), format!(" {}]\n", profile.name)];
        let named = named.iter().any(|words| stories.contains(words));
        assert!(named, "no story of scenarios/profiles is about {}", profile.name);
    }
}

#[test]
fn comma_separated_values_have_a_line_for_each_combination() {
    let ended = Stage::with(&[]).attendant("truth-table --format csv");
    let lines: Vec<&str> = ended.out.lines().collect();
    assert_eq!(
        lines[0],
        "meeting,anonymous start,passcode,caller,asked for,gets,hears finally,participants hear"
    );
    assert_eq!(
        lines[2],
        "not started,off,none,\"phone, right PIN\",\"organizer, PIN\",starts the meeting as organizer,the meeting,nothing"
    );
    assert_eq!((ended.code, lines.len()), (0, 1 + Situation::all().len()));
}

#[test]
fn only_rows_with_the_words_of_the_filter_are_shown() {
    let ended = Stage::with(&[]).attendant("truth-table --profile confbridge --filter another's");
    let (rows, note) = ended.out.split_once("\n\n").unwrap();
    assert!(rows.lines().skip(1).all(|row| row.contains("another's PIN")), "{rows}");
    assert_eq!((rows.lines().count(), note.starts_with("Impossible combinations")), (31, true));
    let nothing = Stage::with(&[]).attendant("truth-table --filter teatime");
    let said = "error: no row matches the words `teatime` in its first four columns\n";
    assert_eq!((nothing.code, nothing.err.as_str()), (4, said));
}

#[test]
fn a_filter_is_whole_words_in_any_case() {
    let rows = |filter: &str| {
        let ended = Stage::with(&[]).attendant(&format!("truth-table --format csv --filter {filter}"));
        ended.out.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let on = rows("on");
    assert_eq!(on.len(), Situation::all().len() / 2, "a phone is not on");
    assert!(on.iter().all(|row| row.contains(",on,")), "{on:?}");
    assert_eq!((rows("ON"), rows("Another's")), (on, rows("another's")));
    assert_eq!((rows("lock").len(), rows("an"), rows(",")), (0, vec![], vec![]));
}

#[test]
fn the_words_of_a_filter_stand_next_to_each_other_in_one_column() {
    let table = |filter| {
        let rows = truth_table::rows(&built_in()[0]);
        truth_table::table(&rows, truth_table::Format::Csv, filter).map_or(0, |text| text.lines().count() - 1)
    };
    assert_eq!((table("phone, right PIN"), table("PHONE right pin")), (30, 30));
    assert_eq!((table("right phone"), table("off phone")), (0, 0));
}

#[test]
fn help_fills_its_lines_however_narrow_the_terminal() {
    let program = Path::new(env!("CARGO_BIN_EXE_attendant"));
    let mut command = Command::new(program);
    let help = bounded::output(command.args(["truth-table", "--help"]).env("COLUMNS", "60")).unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let told: Vec<&str> = help.lines().skip_while(|line| !line.starts_with("Each row")).collect();
    assert!(told.len() > 3, "{help}");
    for pair in told.windows(2) {
        let next = pair[1].split(' ').next().unwrap();
        assert!(pair[0].len() + 1 + next.len() > 60 && pair[0].len() <= 60, "a line ends early: {}", pair[0]);
    }
}

#[test]
fn profiles_that_are_alike_part_nowhere() {
    let ended = Stage::with(&[]).attendant("truth-table --diff confbridge confbridge");
    assert_eq!((ended.code, ended.out.as_str()), (0, "confbridge and confbridge do not differ\n"));
}

#[test]
fn a_profile_that_does_not_exist_is_a_bad_argument() {
    let ended = Stage::with(&[]).attendant("truth-table --profile sfbo-2018");
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("sfbo-2017"), "{}", ended.err);
}
