//! Profiles as files: a file of one's own does the same as a built-in profile, wherever one can be named, and a bad one is
//! told of with its place by every driver.

use std::path::Path;

use attendant::scenario::profiles::{built_in, names};

use super::stage::{Ended, Stage};

/// A bridge that refuses newcomers of locked meetings and takes three digits.
const OURS: &str = "profile: ours\nimitates: Our bridge\nbase: teams-2021\nsettings:\n  conference_id_min_digits: { value: 3, \
                    source: manual, at: page 7 }\n  capacity: 5\nsources:\n  manual: Our bridge's manual\nleft_out:\n  - the fax\n";

/// With two mistakes.
const BAD: &str = "profile: ours\nbase: teams-2022\nsettings:\n  capacty: 5\n";

fn story(profile: &str) -> String {
    format!(
        "scenario: Two digits are no ID there\ngiven:\n  profile: {profile}\n  organizers: {{ amos: {{ conference_id: \"314\", pin: \
         \"27182\" }} }}\ncallers:\n  pat:\n    script:\n      - dial: bridge\n      - press: \"31#\"\n      - {{ hears: \
         invalid-conference-id, within: 1s }}\n      - press: \"314#\"\n      - {{ hears: press-star-if-organizer, within: 9s \
         }}\nload: {{ stages: [{{ to: 1/s, over: 2s }}] }}\n"
    )
}

fn staged(ours: &str) -> Stage {
    Stage::with(&[
        ("ours.yaml", ours),
        ("cases/s.yaml", &story("../ours.yaml")),
        ("beside.yaml", &story("./ours.yaml")),
    ])
}

#[track_caller]
fn succeeds(stage: &Stage, line: &str) -> Ended {
    let ended = stage.attendant(line);
    assert_eq!(ended.code, 0, "{line}: {ended:?}");
    ended
}

#[test]
fn a_scenario_names_the_file_of_a_profile_beside_it() {
    let stage = staged(OURS);
    for line in ["replay .", "replay cases beside.yaml", "lint . --deny warnings"] {
        succeeds(&stage, line);
    }
    assert!(succeeds(&stage, "replay . --list").out.lines().count() >= 2);
    for line in ["prove beside.yaml", "explore beside.yaml --orders 1 --random 1"] {
        assert_ne!(stage.attendant(line).code, 2, "{line}");
    }
    assert!(succeeds(&stage, "explain beside.yaml").out.contains("the profile ours"));
}

#[test]
fn a_bad_profile_is_told_with_its_place_by_every_driver() {
    let stage = staged(BAD);
    for line in [
        "replay beside.yaml",
        "replay beside.yaml --live",
        "load beside.yaml",
        "lint beside.yaml",
        "lint ours.yaml",
        "prove beside.yaml",
        "coverage beside.yaml",
        "explore beside.yaml",
        "explain beside.yaml",
        "dial --profile ./ours.yaml --plain",
        "serve --profile ./ours.yaml --directory here.db",
        "config check -o bridge.profile=ours.yaml",
        "truth-table --profile ours.yaml",
        "profile explain ./ours.yaml",
        "profile diff zoom ours.yaml",
    ] {
        let ended = stage.attendant(line);
        let said = format!("{}{}", ended.out, ended.err);
        assert_eq!(ended.code, 2, "{line}: {ended:?}");
        assert!(
            said.contains("ours.yaml:2:7") && said.contains("did you mean `teams-2021`?"),
            "{line}: {said}"
        );
    }
    // What else is wrong is told once the base is known.
    let stage = staged(&BAD.replace("2022", "2021"));
    let said = stage.attendant("lint ours.yaml").out;
    assert!(said.contains("ours.yaml:4:3") && said.contains("did you mean `capacity`?"), "{said}");
}

#[test]
fn what_is_no_profile_is_told_apart_from_a_scenario() {
    let stage = staged(OURS);
    let ended = stage.attendant("replay ours.yaml");
    assert!(ended.code == 2 && ended.err.contains("this file is a profile, not a scenario"), "{ended:?}");
    let ended = stage.attendant("replay missing.yaml beside.yaml");
    assert_eq!(ended.code, 2);
    let stage = Stage::with(&[("s.yaml", &story("./none.yaml"))]);
    let ended = stage.attendant("replay s.yaml");
    assert!(ended.code == 2 && ended.err.contains("s.yaml:3:12"), "{ended:?}");
    let stage = Stage::with(&[("s.yaml", &story("/etc/ours.yaml"))]);
    let ended = stage.attendant("replay s.yaml");
    assert!(ended.err.contains("it needs a relative path"), "{ended:?}");
}

#[test]
fn the_configuration_takes_a_file_and_what_is_set_overrides_it() {
    let toml = "[bridge]\nprofile = \"ours.yaml\"\n[meeting]\ncapacity = 9\n";
    let stage = Stage::with(&[("etc/ours.yaml", OURS), ("etc/a.toml", toml)]);
    let shown = |line: &str, name: &str| {
        let ended = succeeds(&stage, line);
        let line = ended.out.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.unwrap().split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    let file = "config show --config etc/a.toml";
    assert_eq!(shown(file, "dialog.conference_id_min_digits"), "3 profile ours");
    assert_eq!(shown(file, "meeting.capacity"), "9 etc/a.toml:4");
    assert_eq!(shown(file, "meeting.keys.admit_all"), "*21 profile ours");
    assert_eq!(shown(file, "dialog.pin_tries"), "3 default");
    assert_eq!(
        shown("config show -o bridge.profile=confbridge", "meeting.locked_newcomers"),
        "refused profile confbridge"
    );
    let clash = stage.attendant("config check -o bridge.profile=teams-2021 -o meeting.keys.mute=*22");
    assert!(clash.code == 2 && clash.err.contains("two commands have the same keys, *22"), "{clash:?}");
    // The default profile's keys do not count where there is another profile.
    let fits = "config check -o bridge.profile=teams-2021 -o meeting.keys.end=7";
    succeeds(&stage, fits);
}

#[test]
fn the_telephone_and_the_server_take_a_profile() {
    let stage = staged(OURS);
    let said = stage.attendant_reading(
        "dial --plain --mute --profile ./ours.yaml --save-scenario saved.yaml",
        "314159#\nquit\n",
    );
    assert_eq!(said.code, 0, "{said:?}");
    assert!(stage.read("saved.yaml").contains("profile: ./ours.yaml"), "{}", stage.read("saved.yaml"));
}

#[test]
fn profiles_are_listed_compared_and_explained() {
    let stage = staged(OURS);
    let list = succeeds(&stage, "profile list").out;
    assert!(names().all(|name| list.contains(name)), "{list}");
    let json = succeeds(&stage, "profile list --json").out;
    assert_eq!(json.lines().count(), built_in().len());
    let outputs = [
        "profile diff teams-2021 ours.yaml",
        "profile diff teams-2021 ours.yaml --json",
        "profile diff teams-2021 teams-2021",
        "profile explain ours.yaml",
        "profile explain ours.yaml --json",
        "profile explain ours.yaml capacity",
        "profile explain ours.yaml meeting.keys.admit_all",
        "profile explain ours.yaml pin_tries --json",
    ];
    let shown: Vec<String> =
        outputs.map(|line| format!("$ attendant {line}\n{}", succeeds(&stage, line).out)).into();
    insta::assert_snapshot!(shown.join("\n"));
    let ended = stage.attendant("profile explain zoom capacty");
    assert!(ended.code == 2 && ended.err.contains("did you mean `capacity`?"), "{ended:?}");
    let ended = stage.attendant("profile diff zoom teams-2022");
    assert!(ended.code == 2 && ended.err.contains("did you mean `teams-2021`?"), "{ended:?}");
}

#[test]
fn the_page_and_the_table_are_made_for_a_file_too() {
    let stage = staged(OURS);
    let page = succeeds(&stage, "truth-table --profiles ours.yaml").out;
    let head = "# Behaviour profiles\n\n## ours\n\nOur bridge.\n\nIt changes `teams-2021`, whose settings are listed too.\n";
    assert!(page.starts_with(head) && page.contains("page 7, Our bridge's manual"), "{page}");
    assert!(page.contains("- the fax\n") && page.contains("| sfbo-2017 | ours |"), "{page}");
    let table =
        |profile: &str| succeeds(&stage, &format!("truth-table --profile {profile} --filter locked")).out;
    assert_eq!(table("ours.yaml"), table("teams-2021"));
}

#[test]
fn every_profile_of_the_folder_is_built_in_and_without_a_remark() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/profiles");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<String> = files
        .filter(|file| file.extension().is_some_and(|kind| kind == "yaml"))
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut known: Vec<String> = names().map(str::to_owned).collect();
    found.sort();
    known.sort();
    assert_eq!(found, known);
    let schema = std::fs::read_to_string(folder.join("schema.json")).unwrap();
    assert_eq!(Stage::with(&[]).attendant("schema profile").out, schema);
}
