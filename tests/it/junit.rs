//! What build servers read of a run: JUnit's XML by the schema of Jenkins' xUnit plugin and as GitLab takes it, TAP by Perl's
//! own reader, marks for GitHub and GitLab, and failures to paste.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use super::bounded;
use super::stage::{Stage, fails, holds, open, story};

/// The schema that the xUnit plugin of Jenkins holds every report against (MIT licence, in the file).
const SCHEMA: &str = include_str!("../schemas/junit-10.xsd");

/// An element of XML.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn of(tag: &BytesStart<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let attributes = tag.attributes().map(|attribute| {
            let attribute = attribute.unwrap();
            let value = text(&attribute.value);
            (text(attribute.key.as_ref()), unescape(&value).unwrap().into_owned())
        });
        Self { name: text(tag.name().as_ref()), attributes: attributes.collect(), ..Self::default() }
    }

    fn parse(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => open.push(Self::of(&tag)),
                Event::Empty(tag) => open.last_mut().unwrap().children.push(Self::of(&tag)),
                Event::End(_) => {
                    let done = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(done);
                }
                Event::Text(text) => {
                    open.last_mut().unwrap().text += std::str::from_utf8(text.as_ref()).unwrap();
                }
                Event::GeneralRef(name) => {
                    let name = std::str::from_utf8(name.as_ref()).unwrap().to_owned();
                    open.last_mut().unwrap().text += resolve_xml_entity(&name).unwrap();
                }
                Event::Eof => break,
                Event::Decl(_) | Event::Comment(_) => {}
                Event::CData(_) | Event::PI(_) | Event::DocType(_) => panic!("a report has none of these"),
            }
        }
        assert_eq!(open.len(), 1, "all elements are closed");
        open.remove(0).children.remove(0)
    }

    fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).unwrap_or_else(|| panic!("{} has no {attribute}", self.name))
    }

    fn named<'e>(&'e self, name: &'static str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// All elements below with this name.
    fn below(&self, name: &'static str) -> Vec<&Self> {
        let mut found: Vec<&Self> = self.named(name).collect();
        found.extend(self.children.iter().flat_map(|child| child.below(name)));
        found
    }
}

/// Holds an element against the schema. Of XSD it knows what the schema has: elements by name, complex types with attributes,
/// sequences and choices of references, and patterns.
fn violations(schema: &Element, element: &Element, found: &mut Vec<String>) {
    let Some(declared) = schema.named("xs:element").find(|known| known.get("name") == element.name) else {
        found.push(format!("no element {}", element.name));
        return;
    };
    let Some(kind) = declared.named("xs:complexType").next() else {
        assert_eq!(declared.get("type"), "xs:string");
        found.extend(element.children.iter().map(|child| format!("{} in {}", child.name, element.name)));
        return;
    };
    if kind.attributes.get("mixed").is_none_or(|mixed| mixed != "true") && !element.text.trim().is_empty() {
        found.push(format!("text in {}", element.name));
    }
    let declared: BTreeMap<&str, &Element> =
        kind.named("xs:attribute").map(|attribute| (attribute.get("name"), attribute)).collect();
    for (name, attribute) in &declared {
        if attribute.attributes.get("use").is_some_and(|needed| needed == "required")
            && !element.attributes.contains_key(*name)
        {
            found.push(format!("{} without {name}", element.name));
        }
    }
    for (name, value) in &element.attributes {
        let Some(attribute) = declared.get(name.as_str()) else {
            found.push(format!("{name} of {}", element.name));
            continue;
        };
        let kind = attribute.get("type");
        if kind != "xs:string" {
            let simple = schema.named("xs:simpleType").find(|simple| simple.get("name") == kind).unwrap();
            let pattern = simple.below("xs:pattern")[0].get("value");
            if !regex::Regex::new(&format!("^(?:{pattern})$")).unwrap().is_match(value) {
                found.push(format!("{name}=\"{value}\" of {}", element.name));
            }
        }
    }
    // Each sequence is of one choice or of one element, any number of times.
    let allowed: BTreeSet<&str> =
        kind.below("xs:element").iter().map(|reference| reference.get("ref")).collect();
    for child in &element.children {
        if allowed.contains(child.name.as_str()) {
            violations(schema, child, found);
        } else {
            found.push(format!("{} in {}", child.name, element.name));
        }
    }
}

fn refused_by_xunit(xml: &str) -> Vec<String> {
    let mut found = Vec::new();
    violations(&Element::parse(SCHEMA), &Element::parse(xml), &mut found);
    found
}

/// Cases that end in every way.
fn all_ways() -> Stage {
    let skipped = format!("skip: \"not now\"\n{}", holds("This is skipped"));
    let expected = format!("expected_to_fail: \"issue 140\"\n{}", fails("This is expected"));
    let unexpected = format!("expected_to_fail: \"issue 141\"\n{}", holds("This passes after all"));
    let then = "then:\n  - { that: pat.outcome, is: joined }\n";
    Stage::with(&[
        ("s/deep/check.yaml", &(holds("This fails at the end") + then)),
        ("s/deep/expected.yaml", &expected),
        ("s/fails.yaml", &fails("\"This fails, it's <b>#1</b> & 100 %\"")),
        ("s/holds.yaml", &holds("This holds")),
        ("s/open.yaml", &open("This is open")),
        ("s/skipped.yaml", &skipped),
        ("s/unexpected.yaml", &unexpected),
    ])
}

#[test]
fn the_xunit_report_keeps_to_the_schema_of_jenkins() {
    let stage = all_ways();
    let ended = stage.attendant("replay s --report xunit=-");
    assert_eq!((ended.code, refused_by_xunit(&ended.out)), (1, Vec::new()), "{}", ended.out);
    let cut = stage.attendant("replay s --fail-fast --jobs 1 --report xunit=-");
    assert_eq!(refused_by_xunit(&cut.out), [""; 0]);
    // What the schema must refuse, or it proves nothing.
    let common = stage.attendant("replay s --report junit=-").out;
    let refused = refused_by_xunit(&common);
    for wrong in ["file of testcase", "line of testcase", "properties in testcase", "skipped of testsuites"] {
        assert!(refused.iter().any(|found| found == wrong), "{wrong}: {refused:?}");
    }
    let broken = ended.out.replacen("tests=\"7\" ", "", 1).replacen(" tests=\"1\"", "", 1);
    assert!(refused_by_xunit(&broken).contains(&"testsuite without tests".to_owned()));
    let slow = ended.out.replacen("time=\"2.001\">\n", "time=\"2 s\">\n", 1);
    assert!(slow != ended.out, "{slow}");
}

/// A case as GitLab's reader takes it (`lib/gitlab/ci/parsers/test/junit.rb` of its source): the first of failure, error and
/// skipped says what became of it, the text of a failure is what is shown, and class and name together are its key.
#[derive(PartialEq, Eq, Debug)]
struct GitlabCase {
    status: &'static str,
    key: (String, String),
    file: String,
    shown: String,
}

fn as_gitlab_reads(xml: &str) -> Vec<GitlabCase> {
    let root = Element::parse(xml);
    assert_eq!(root.name, "testsuites");
    let mut cases = Vec::new();
    for case in root.named("testsuite").flat_map(|suite| suite.named("testcase")) {
        let verdict = ["failure", "error", "skipped"].into_iter().find_map(|word| case.named(word).next());
        // Rails casts an element by its `type`, and refuses these two.
        let kind = verdict.and_then(|verdict| verdict.attributes.get("type"));
        assert!(!kind.is_some_and(|kind| ["yaml", "symbol"].contains(&kind.as_str())));
        assert!(case.get("time").parse::<f64>().is_ok());
        cases.push(GitlabCase {
            status: match verdict.map(|verdict| verdict.name.as_str()) {
                Some("failure") => "failed",
                Some("error") => "error",
                Some(_) => "skipped",
                None => "success",
            },
            key: (case.get("classname").to_owned(), case.get("name").to_owned()),
            file: case.attributes.get("file").cloned().unwrap_or_default(),
            shown: verdict.map(|verdict| verdict.text.clone()).unwrap_or_default(),
        });
    }
    let keys: BTreeSet<_> = cases.iter().map(|case| &case.key).collect();
    assert_eq!(keys.len(), cases.len(), "no two cases have one key");
    cases
}

#[test]
fn gitlab_reads_what_became_of_each_case() {
    let xml = all_ways().attendant("replay s --report junit=-").out;
    let cases = as_gitlab_reads(&xml);
    let read: Vec<(&str, &str, &str)> =
        cases.iter().map(|case| (case.status, case.key.0.as_str(), case.file.as_str())).collect();
    assert_eq!(
        read,
        [
            ("failed", "s.deep.check", "s/deep/check.yaml"),
            ("skipped", "s.deep.expected", "s/deep/expected.yaml"),
            ("failed", "s.fails", "s/fails.yaml"),
            ("success", "s.holds", "s/holds.yaml"),
            ("skipped", "s.open", "s/open.yaml"),
            ("skipped", "s.skipped", "s/skipped.yaml"),
            ("failed", "s.unexpected", "s/unexpected.yaml"),
        ]
    );
    assert_eq!(cases[2].key.1, "This fails, it's <b>#1</b> & 100 %");
    assert!(cases[2].shown.contains("rerun attendant replay s/fails.yaml --seed 1"), "{}", cases[2].shown);
    let root = Element::parse(&xml);
    let types: Vec<&str> = root.below("failure").iter().map(|failure| failure.get("type")).collect();
    assert_eq!(types, ["check", "step", "unexpected_pass"]);
    let case = root.below("testcase")[2];
    assert_eq!((case.get("line"), case.get("time")), ("1", "2.001"));
    assert_eq!(root.get("time"), "4.002", "{xml}");
}

#[test]
fn what_was_not_run_is_in_the_reports() {
    let stage = all_ways();
    let line = "replay s --fail-fast --jobs 1 --report junit=j.xml --report tap=t.tap --report json=-";
    let ended = stage.attendant(line);
    let skipped = as_gitlab_reads(&stage.read("j.xml"));
    assert_eq!(skipped.iter().filter(|case| case.status == "skipped").count(), 6);
    assert_eq!(stage.read("j.xml").matches("not run: the run ended before its turn").count(), 6);
    assert_eq!(stage.read("t.tap").matches("# SKIP not run").count(), 6);
    assert_eq!(ended.out.matches("\"verdict\":\"not_run\"").count(), 6, "{}", ended.out);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_is_not_green() {
    use std::io::{BufRead as _, BufReader};

    let stage = Stage::with(&[("a.yaml", &holds("One")), ("b.yaml", &holds("Two"))]);
    let line = "-vv replay . --seeds 1..1000000 --jobs 1 --report junit=j.xml --report xunit=x.xml --report tap=t.tap";
    let mut child = stage.program(env!("CARGO_BIN_EXE_attendant"));
    child.args(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let _limit = bounded::Limit::on(&child);
    let mut err = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(err.any(|line| line.unwrap().contains("plays")));
    let killed = stage.program("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    err.for_each(drop);
    assert_eq!(bounded::finish(child).status.code(), Some(130));
    let cases = as_gitlab_reads(&stage.read("j.xml"));
    let read: Vec<(&str, &str)> = cases.iter().map(|case| (case.status, case.key.1.as_str())).collect();
    assert_eq!(read, [("skipped", "One"), ("skipped", "Two"), ("error", "The run was interrupted")]);
    assert_eq!(refused_by_xunit(&stage.read("x.xml")), [""; 0]);
    assert!(stage.read("t.tap").contains("Bail out! interrupted"));
}

/// Reads TAP with Perl's TAP::Parser, and prints each test with what became of it, and every error of the text.
const READ_TAP: &str = r#"
my $parser = TAP::Parser->new({ source => "out.tap" });
while (my $result = $parser->next) {
    if ($result->is_test) {
        printf "%s %d%s\n", $result->is_ok ? "ok" : "not ok", $result->number,
            $result->has_directive ? " " . $result->directive : "";
    } elsif ($result->is_yaml) {
        print join(" ", sort keys %{$result->data}), "\n";
        print $result->data->{message}, "\n";
    }
}
print "error: $_\n" for $parser->parse_errors;
print "plan ", $parser->plan, ", failed ", join(" ", $parser->failed), "\n";
"#;

#[test]
fn perl_reads_the_tap_report() {
    let stage = all_ways();
    stage.attendant("replay s --report tap=out.tap");
    let mut perl = stage.program("perl");
    perl.args(["-MTAP::Parser", "-e", READ_TAP]);
    let read = bounded::output(&mut perl).unwrap();
    let read = String::from_utf8(read.stdout).unwrap() + &String::from_utf8(read.stderr).unwrap();
    let keys = "at message rerun seed virtual_seconds";
    let expected = [
        "not ok 1",
        keys,
        "`that: pat.outcome, is: joined` failed at the end; found: abandoned",
        "ok 2 TODO",
        "not ok 3",
        keys,
        "pat: `hears: hold_music, within: 2s` timed out; heard: welcome (en-US), since 0.000 s",
        "ok 4",
        "ok 5 SKIP",
        "ok 6 SKIP",
        "not ok 7",
        "message rerun seed virtual_seconds",
        "passes, but is expected to fail: issue 141",
        "plan 1..7, failed 1 3 7",
    ];
    assert_eq!(read.lines().collect::<Vec<_>>(), expected, "{}", stage.read("out.tap"));
}

#[test]
fn github_marks_failures_at_their_lines() {
    let stage = all_ways();
    let root = stage.path().canonicalize().unwrap();
    let environment = [("GITHUB_ACTIONS", "true"), ("GITHUB_WORKSPACE", root.to_str().unwrap())];
    let ended = stage.attendant_with(&environment, "replay s --quiet");
    let marks: Vec<&str> = ended.err.lines().collect();
    assert_eq!(marks.len(), 3, "{}", ended.err);
    assert!(
        marks[0].starts_with("::error file=s/deep/check.yaml,line=12,col=5,title=This fails at the end::")
    );
    assert!(marks[1].starts_with(
        "::error file=s/fails.yaml,line=10,col=9,title=This fails%2C it's <b>#1</b> & 100 %25::pat: `hears: hold_music"
    ));
    assert!(marks[1].ends_with("%0Arerun: attendant replay s/fails.yaml --seed 1"), "{}", marks[1]);
    assert!(marks[2].starts_with("::error file=s/unexpected.yaml,line=2,col="), "{}", marks[2]);
    let off = stage.attendant_with(&environment, "replay s --quiet --annotations off");
    assert_eq!((off.err.as_str(), off.out), ("", ended.out));
    let matrix = "matrix: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }\n".to_owned()
        + &fails("Many").replace("within: 2s", "within: \"${a}s\"");
    let many = Stage::with(&[("many.yaml", &matrix)]);
    let told = many.attendant("replay many.yaml --quiet --annotations github").err;
    assert_eq!((told.matches("::error").count(), told.matches("::notice::2 more failures").count()), (10, 1));
}

#[test]
fn gitlab_marks_failures_at_their_lines() {
    let stage = all_ways();
    let root = stage.path().canonicalize().unwrap();
    let environment = [("GITLAB_CI", "true"), ("CI_PROJECT_DIR", root.to_str().unwrap())];
    let read = |path: &str| -> Vec<serde_json::Value> { serde_json::from_str(&stage.read(path)).unwrap() };
    let ended = stage.attendant_with(&environment, "replay s");
    assert!(ended.err.contains("wrote gl-code-quality-report.json"), "{}", ended.err);
    let marks = read("gl-code-quality-report.json");
    assert_eq!(marks.len(), 3);
    assert_eq!(marks[1]["location"]["path"], "s/fails.yaml");
    assert_eq!(marks[1]["location"]["lines"]["begin"], 10);
    assert_eq!(marks[1]["check_name"], "attendant/step");
    assert!(marks[1]["description"].as_str().unwrap().starts_with("This fails, it's"));
    let prints: BTreeSet<&str> = marks.iter().map(|mark| mark["fingerprint"].as_str().unwrap()).collect();
    assert!(prints.len() == 3 && prints.iter().all(|print| print.len() == 32), "{prints:?}");
    // Seen from a folder further down, the same lines of the same files; and a line more above changes no fingerprint.
    std::fs::write(stage.path().join("s/fails.yaml"), format!("\n{}", stage.read("s/fails.yaml"))).unwrap();
    let mut below = stage.program(env!("CARGO_BIN_EXE_attendant"));
    below.current_dir(stage.path().join("s")).envs(environment).args(["replay", "fails.yaml"]);
    bounded::output(&mut below).unwrap();
    let moved = read("s/gl-code-quality-report.json");
    assert_eq!(moved[0]["location"]["path"], "s/fails.yaml");
    assert_eq!(moved[0]["location"]["lines"]["begin"], 11);
    assert_eq!(moved[0]["fingerprint"], marks[1]["fingerprint"]);
}

#[test]
fn failures_can_be_pasted() {
    let stage = all_ways();
    let text = stage.attendant("replay s --report failures=-").out;
    assert!(
        text.starts_with("### This fails at the end\n\n`s/deep/check.yaml:12`\n\n```text\nerror: "),
        "{text}"
    );
    assert!(text.contains("\n### This fails, it's \\<b\\>\\#1\\</b\\> \\& 100 %\n"), "{text}");
    let (_, rest) = text.split_once("```text").unwrap();
    assert!(rest.contains("rerun attendant replay s/deep/check.yaml --seed 1\n```\n"), "{text}");
    assert!(text.ends_with(
        "\n**7 cases in 7 files: 1 passed, 3 failed, 1 failed as expected, 1 skipped, 1 not implemented yet**\n"
    ));
    assert!(!text.contains("This holds"), "{text}");
}

#[test]
fn a_list_as_json_has_files_and_lines() {
    let matrix = "# A comment\nmatrix: { wait: [1s, 2s] }\nseed: 7\n".to_owned()
        + &story("Twice", "dial: bridge\n{ hears: welcome, within: \"${wait}\" }");
    let stage = Stage::with(&[("s/twice.yaml", &matrix), ("s/open.yaml", &open("This is open"))]);
    let ended = stage.attendant("replay s --list=json");
    let lines: Vec<serde_json::Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: Vec<(&str, &str, i64)> = lines
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap();
            (text("name"), text("file"), line["line"].as_i64().unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("This is open", "s/open.yaml", 1),
            ("Twice [wait=1s]", "s/twice.yaml", 4),
            ("Twice [wait=2s]", "s/twice.yaml", 4),
        ]
    );
    assert!(lines[0]["not_built"].as_str().unwrap().contains("SIP") && lines[1]["seed"] == 7);
    assert_eq!(lines[1]["tags"], serde_json::json!(["small"]));
}
