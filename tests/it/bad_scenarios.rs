//! Scenario files that are malformed or hostile: each is refused with the message in its snapshot.

use std::collections::BTreeMap;
use std::path::Path;

use attendant::scenario::limits::{
    CALLERS_MAX, DEPTH_MAX, FILE_BYTES_MAX, INCLUDES_MAX, NODES_MAX, PROBLEMS_MAX, SCALAR_BYTES_MAX,
    STEPS_MAX,
};
use attendant::scenario::read::{lint, read};
use attendant::scenario::source::Sources;

/// What is said about a file of `tests/bad`.
fn told(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    told_of(name, |path| std::fs::read(folder.join(path)).map_err(|_| "cannot be read".to_owned()))
}

fn told_of(name: &str, files: impl Fn(&str) -> Result<Vec<u8>, String> + Send) -> String {
    let mut sources = Sources::new(files);
    let Err(problems) = read(name, &mut sources, &BTreeMap::new()) else { panic!("{name} is taken") };
    assert!(problems.len() <= PROBLEMS_MAX);
    let told: Vec<String> = problems.iter().map(|problem| problem.render(&sources, false)).collect();
    told.join("\n\n")
}

/// What is said about a file with this text.
fn told_of_text(text: &str) -> String {
    told_of("made.yaml", |path| {
        if path == "made.yaml" { Ok(text.as_bytes().to_vec()) } else { Err("cannot be read".to_owned()) }
    })
}

#[test]
fn every_bad_file_is_refused_and_told_why() {
    let mut names: Vec<String> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml") && !name.starts_with("part-"))
        .collect();
    names.sort();
    assert!(names.len() >= 30, "{names:?}");
    for name in names {
        let told = told(&name);
        assert!(!told.contains("27182"), "a PIN is quoted:\n{told}");
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../bad", snapshot_suffix => "" }, {
            insta::assert_snapshot!(name.trim_end_matches(".yaml"), told);
        });
    }
}

/// A text that asks for more than a limit allows, and what is said about it.
#[test]
fn a_scenario_that_asks_for_too_much_is_told_the_limit() {
    let deep = DEPTH_MAX + 1;
    let deep_procedures: String = (0..40).map(|n| format!("  p{n}: [run: p{}]\n", n + 1)).collect();
    let doubling: String = (0..20).map(|n| format!("  p{n}: [run: p{0}, run: p{0}]\n", n + 1)).collect();
    let caller = "callers: { pat: { script: [run: p0] } }\n";
    for (text, said) in [
        (format!("scenario: {}", "[".repeat(100_000)), "at most 32 deep"),
        (format!("scenario: {}{}", "[".repeat(deep), "]".repeat(deep)), "at most 32 deep"),
        (format!("scenario: {}x", "- ".repeat(100_000)), "not valid YAML"),
        (format!("scenario: s\n{}", "k: {".repeat(100_000)), "32 deep"),
        ("x".repeat(FILE_BYTES_MAX + 1), "larger than 1 MiB"),
        (format!("scenario: s\ntags: [{}]", "a,".repeat(NODES_MAX + 1)), "at most 100,000 values"),
        (format!("scenario: {}", "x".repeat(SCALAR_BYTES_MAX + 1)), "at most 4,096 bytes"),
        (format!("scenario: s\ncallers: {{ pat: {{ count: {}, script: [] }} }}", CALLERS_MAX + 1), "from 1 to 150,000"),
        ("scenario: s\ncallers: { pat: { count: 90000, script: [] }, kim: { count: 90000, script: [] } }".to_owned(), "at most 150,000 callers"),
        (
            format!("scenario: s\ncallers:\n  pat: {{ script: [repeat: {{ times: 1000, steps: [repeat: {{ times: {STEPS_MAX}, steps: [] }}] }}] }}"),
            "from 1 to 10,000",
        ),
        (
            "scenario: s\ncallers:\n  pat: { script: [repeat: { times: 10000, steps: [repeat: { times: 10000, steps: [] }] }] }".to_owned(),
            "at most 100,000 steps",
        ),
        (format!("scenario: s\nprocedures:\n{doubling}  p20: []\n{caller}"), "at most 100,000 steps"),
        (format!("scenario: s\nprocedures:\n{deep_procedures}  p40: []\n{caller}"), "at most 32 deep"),
        (
            format!("scenario: s\nmatrix:\n{}", (0..14).map(|n| format!("  m{n}: [1, 2]\n")).collect::<String>()),
            "at most 10,000 combinations",
        ),
        (
            format!("scenario: s\nmatrix: {{ a: [{}] }}\ntags: [{}]", numbers(5_000), "x,".repeat(10_000)),
            "are too many",
        ),
        (
            format!("scenario: s\nmatrix: {{ a: [{}] }}\ncallers: {{ pat: {{ count: 10000, script: [] }} }}", numbers(100)),
            "500,000 steps and callers",
        ),
        (format!("scenario: s\nparams: {{ a: {} }}\ndescription: {}", "x".repeat(4_000), "\"${a}${a}\""), "longer than 4,096 bytes"),
        (format!("scenario: s\ncallers: {{ pat: {{ script: [press: \"{}\"] }} }}", "1".repeat(1_001)), "at most 1,000 keys"),
        (format!("scenario: s\nparams: {{ {} }}", (0..101).map(|n| format!("p{n}: 1, ")).collect::<String>()), "at most 100 parameters"),
        (
            format!("scenario: s\ncallers: {{ pat: {{ script: [parallel: [{}]] }} }}", "hang_up, ".repeat(16)),
            "1 to 15 branches",
        ),
        (
            "scenario: s\ncallers: { pat: { script: [parallel: [[parallel: [drop, drop, drop, drop, drop, drop, drop, drop]], [parallel: [drop, drop, drop, drop, drop, drop, drop, drop]]]] } }".to_owned(),
            "at most 15 branches at once",
        ),
    ] {
        let told = told_of_text(&text);
        assert!(told.contains(said), "{}…\n{told}\nshould say: {said}", &text[..text.len().min(200)]);
        assert!(told.len() < 20_000, "a message fits on a screen");
    }
}

fn numbers(count: usize) -> String {
    (0..count).map(|number| format!("{number},")).collect()
}

#[test]
fn a_chain_of_includes_has_an_end() {
    let endless = |path: &str| {
        let number: usize = path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
        Ok(format!("include: [f{}.yaml]\n", number + 1).into_bytes())
    };
    assert!(told_of("f0.yaml", endless).contains("may include at most 32 files, 8 deep"));
    let wide = |path: &str| match path {
        "main.yaml" => Ok(format!(
            "include: [{}]\n",
            (0..=INCLUDES_MAX).map(|n| format!("f{n}.yaml,")).collect::<String>()
        )
        .into_bytes()),
        _ => Ok(b"params: {}".to_vec()),
    };
    assert!(told_of("main.yaml", wide).contains("may include at most 32 files"));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert!(told_of("made.yaml", |_| Ok(vec![b'a', 0xff, 0xfe])).contains("is not UTF-8 (byte 1"));
}

#[test]
fn a_value_set_from_outside_needs_a_parameter_of_its_name() {
    let text = b"scenario: s\nparams: { length: 4 }\ncallers: { pat: { script: [] } }";
    let mut sources = Sources::new(|_| Ok(text.to_vec()));
    let set = BTreeMap::from([("lenght".to_owned(), "6".to_owned())]);
    let problems = read("s.yaml", &mut sources, &set).unwrap_err();
    assert_eq!(problems[0].message(&sources), "--set: unknown parameter `lenght`");
    assert!(problems[0].render(&sources, false).contains("did you mean `length`?"));
}

#[test]
fn the_linter_tells_what_is_of_no_use() {
    let text = br#"scenario: s
params: { unused: 1 }
given: { organizers: { amos: { conference_id: "31" }, kim: { conference_id: "41" } } }
procedures: { never-run: [drop] }
callers: { pat: { script: [ dial: bridge, wait: 3s, press: "31#", mark: alone, wait: 1s ] } }
"#;
    let mut sources = Sources::new(|_| Ok(text.to_vec()));
    let told: Vec<String> = lint("s.yaml", &mut sources, &BTreeMap::new())
        .iter()
        .map(|problem| problem.render(&sources, false))
        .collect();
    insta::assert_snapshot!(told.join("\n\n"));
}

/// A story that holds a PIN in every place where one can be written.
const WITH_PINS: &str = r#"scenario: s
params: { right: "27182" }
given: { organizers: { amos: { conference_id: "3141592", pin: "27182", phone: "+4930" }, kim: { pin: 27182 } } }
callers:
  pat: { script: [ press: "3141592#27182#", press: 27182, press: "${right}#", { press: "2w7w182", gap: 1s } ] }
"#;

#[test]
fn whatever_is_wrong_with_a_file_no_pin_is_quoted() {
    let mut refused = 0;
    for at in 0..WITH_PINS.len() {
        for instead in ["", "\"", ":", "\n", "x", "#", "}"] {
            let text = format!("{}{instead}{}", &WITH_PINS[..at], &WITH_PINS[at + 1..]);
            let mut sources = Sources::new(|_| Ok(text.as_bytes().to_vec()));
            let Err(problems) = read("s.yaml", &mut sources, &BTreeMap::new()) else { continue };
            refused += 1;
            for problem in problems {
                let told = problem.render(&sources, false) + &problem.message(&sources);
                assert!(!told.contains("27182") && !told.contains("2w7w182"), "{text}\n{told}");
            }
        }
    }
    assert!(refused > 1_000, "only {refused} of the files are bad");
}
