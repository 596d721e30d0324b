//! Numbers as people write them, at the command line, in cmdlets and in CSV.

use super::{AMOS, HERE, administer, does};
use crate::stage::{Ended, Stage};

/// What is one number, in every form of BEHAVIOUR 5.
const FORMS: [&str; 6] = [
    "+14255550100",
    "14255550100",
    "tel:+14255550100",
    "+1 425-555-0100",
    "+1 (425) 555-0100",
    "+1.425.555.0100",
];

#[track_caller]
fn words(stage: &Stage, words: &[&str]) -> Ended {
    let ended = stage.attendant_words(words, HERE);
    assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
    ended
}

fn user(stage: &Stage) -> serde_json::Value {
    let listed = does(stage, "users list --json").out;
    serde_json::from_str(listed.lines().next().unwrap()).unwrap()
}

#[test]
fn every_entrance_reads_every_form_of_a_number() {
    for form in FORMS {
        let stage =
            Stage::with(&[("users.csv", &format!("name,number,phone\nkim@contoso.com,{form},{form}\n"))]);
        let added = words(&stage, &["numbers", "add", form, "--json"]);
        assert!(added.out.contains("\"number\":\"+14255550100\""), "{form}: {}", added.out);
        words(&stage, &["users", "enable", AMOS, "--number", form, "--phone", form]);
        assert_eq!(user(&stage)["number"], "+14255550100", "{form}");
        words(&stage, &["users", "set", AMOS, "--number", form]);
        words(&stage, &["numbers", "set", form, "--primary", "de-DE"]);
        for cmdlet in [
            format!("Set-CsOnlineDialInConferencingUser -id {AMOS} -ServiceNumber '{form}'"),
            format!("Get-CsOnlineDialInConferencingServiceNumber '{form}'"),
            format!("Set-CsOnlineDialInConferencingServiceNumber '{form}' -PrimaryLanguage en-US"),
            format!("Get-CsOnlineDialInConferencingUser -ServiceNumber '{form}'"),
        ] {
            let ended = words(&stage, &["cmdlet", &cmdlet]);
            assert!(
                !cmdlet.starts_with("Get") || ended.out.contains("+14255550100"),
                "{cmdlet}: {}",
                ended.out
            );
        }
        assert_eq!(does(&stage, "users import users.csv").out, "1 added, 0 existed\n", "{form}");
        let exported = does(&stage, "users export").out;
        assert_eq!(exported.matches("+14255550100").count(), 4, "{exported}");
        let refused = stage.attendant_words(&["numbers", "remove", form, "--yes"], HERE);
        assert!(refused.err.contains("+14255550100 is in the invitations of"), "{}", refused.err);
    }
}

#[test]
fn every_entrance_reads_a_conference_id_in_groups() {
    for form in ["3141592", "314 1592", "314-1592", "3 141 592"] {
        let stage = Stage::with(&[("users.csv", &format!("name,conference_id\n{AMOS},{form}\n"))]);
        words(&stage, &["users", "enable", AMOS, "--conference-id", form]);
        assert_eq!(user(&stage)["conference_id"], "3141592", "{form}");
        words(&stage, &["users", "set", AMOS, "--conference-id", "271"]);
        words(&stage, &["users", "set", AMOS, "--conference-id", form]);
        let cmdlet = format!("Set-CsOnlineDialInConferencingUser {AMOS} -ConferenceId '{form}'");
        words(&stage, &["cmdlet", &cmdlet]);
        assert_eq!(user(&stage)["conference_id"], "3141592", "{form}");
        let other = stage.attendant("users import users.csv --directory d/other.db");
        assert_eq!(other.out, "1 added, 0 existed\n", "{form}: {}", other.err);
    }
}

#[test]
fn a_number_without_its_country_is_refused_everywhere() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    for line in ["numbers add 5550100", "numbers set 911 --primary de-DE", "numbers remove 911 --yes"] {
        let ended = administer(&stage, line);
        assert_eq!(ended.code, 2, "{line}");
        assert!(ended.err.contains("is not a telephone number with its country code"), "{}", ended.err);
    }
    for more in ["--number 5550100", "--toll-free-number 911", "--phone 911"] {
        let ended = administer(&stage, &format!("users set {AMOS} {more}"));
        assert!(ended.code == 2 && ended.err.contains("is not a telephone number"), "{more}: {ended:?}");
    }
}

/// What administrators are told of a mail that tells nobody what to dial, and the ways out that it names.
#[test]
fn a_mail_without_a_service_number_is_told_with_its_way_out() {
    const NOTE: &str = "the mail contains no service number: `attendant numbers add` adds one";
    let stage = Stage::with(&[]);
    let noted = |line: &str| does(&stage, line).err.contains(NOTE);
    assert!(noted(&format!("users enable {AMOS}")));
    assert!(noted(&format!("users reset-pin {AMOS} --yes")));
    does(&stage, "numbers add +14255550100");
    assert!(noted(&format!("users reset-pin {AMOS} --yes")), "who is enabled already gets none by that");
    assert!(!noted("users enable pat@contoso.com"), "who is enabled later does");
    assert!(!noted(&format!("users set {AMOS} --number +14255550100")));
    assert!(!noted(&format!("users reset-pin {AMOS} --yes")));
    assert!(!noted("users disable pat@contoso.com --yes"));
}

#[test]
fn a_command_that_is_refused_in_one_part_changes_nothing() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("users enable {AMOS}"));
    let before = does(&stage, "users export").out;
    for line in [
        format!("users set {AMOS} --display-name Half --number +14255550199"),
        format!("users set {AMOS} --mail half@contoso.com --conference-id 314 --toll-free-number 911"),
        "users set pat@contoso.com --display-name Pat --allow-anonymous-start true".to_owned(),
        "users enable pat@contoso.com --display-name Pat --number +14255550199".to_owned(),
    ] {
        assert_eq!(administer(&stage, &line).code, 2, "{line}");
        assert_eq!(does(&stage, "users export").out, before, "{line}");
    }
    let both = format!("users set {AMOS} --display-name Whole --conference-id 314");
    does(&stage, &both);
    let entries = does(&stage, "audit list --json").out;
    assert_eq!(entries.lines().count(), 2, "one act, one commit: {entries}");
}
