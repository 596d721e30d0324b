//! A team's folder, as `attendant init` makes it.

use std::fs;

use crate::documents::root;
use crate::stage::Stage;

#[test]
fn one_scenario_passes_and_one_fails() {
    let stage = Stage::with(&[]);
    let made = stage.attendant("init my-tests");
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    let linted = stage.attendant("lint my-tests/scenarios --deny warnings");
    assert_eq!(linted.summary(), "2 files: 0 errors, 0 warnings", "{}", linted.out);
    let passes = stage.attendant("replay my-tests/scenarios/released-by-the-pin.yaml");
    assert_eq!(passes.code, 0, "{}", passes.out);
    let fails = stage.attendant("replay my-tests/scenarios/fails-on-purpose.yaml");
    assert_eq!(fails.code, 1, "{}", fails.out);
    // The README says how to mend it.
    let mended = stage.read("my-tests/scenarios/fails-on-purpose.yaml").replace("within: 20s", "within: 40s");
    fs::write(stage.path().join("my-tests/scenarios/fails-on-purpose.yaml"), mended).unwrap();
    let all = stage.attendant("replay my-tests/scenarios");
    assert_eq!((all.code, all.summary()), (0, "2 cases in 2 files: 2 passed, 0 failed"), "{}", all.out);
}

#[test]
fn every_file_that_the_readme_names_is_there() {
    let stage = Stage::with(&[]);
    assert_eq!(stage.attendant("init .").code, 0);
    let readme = stage.read("README.md");
    let named = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let named: Vec<&str> = named.filter(|name| !name.contains('*')).collect();
    assert!(named.len() > 2, "{readme}");
    for name in named {
        assert!(stage.path().join(name).is_file(), "{name}");
    }
    assert_eq!(
        stage.read("scenarios/schema.json"),
        fs::read_to_string(root("scenarios/schema.json")).unwrap()
    );
}

#[test]
fn what_exists_is_not_overwritten() {
    let stage = Stage::with(&[("team/README.md", "ours"), ("team/scenarios/schema.json", "{}")]);
    let refused = stage.attendant("init team");
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    let said = "error: team/README.md exists and is not overwritten\nerror: team/scenarios/schema.json exists and is \
                not overwritten\n";
    assert_eq!(refused.err, said);
    assert_eq!(stage.read("team/README.md"), "ours");
    assert!(!stage.path().join("team/.gitignore").exists(), "nothing is done by halves");
}

#[test]
fn the_service_is_chosen() {
    let stage = Stage::with(&[]);
    assert_eq!(stage.attendant("init a").code, 0);
    assert_eq!(stage.attendant("init b --ci gitlab").code, 0);
    let is_there = |path: &str| stage.path().join(path).is_file();
    assert!(is_there("a/.github/workflows/scenarios.yml") && !is_there("a/.gitlab-ci.yml"));
    assert!(is_there("b/.gitlab-ci.yml") && !is_there("b/.github"));
}

#[test]
fn every_scenario_of_the_library_names_its_schema() {
    let mut problems = Vec::new();
    for path in super::files("scenarios", ".yaml") {
        let up = "../".repeat(path.matches('/').count() - 1);
        let line = format!("# yaml-language-server: $schema={up}schema.json");
        if fs::read_to_string(root(&path)).unwrap().lines().next() != Some(&line) {
            problems.push(format!("{path}: the first line is not `{line}`"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_saved_order_keeps_the_schema_line() {
    let race = fs::read_to_string(root("docs/a-race.yaml")).unwrap();
    let stage = Stage::with(&[("race.yaml", &race)]);
    assert_eq!(stage.attendant("explore race.yaml --save found.yaml").code, 1);
    let saved = stage.read("found.yaml");
    assert!(saved.lines().any(|line| Some(line) == race.lines().next()), "{saved}");
}
