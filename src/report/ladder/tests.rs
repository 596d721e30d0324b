//! Ladders of small stories: their lanes, keys, sounds and failures.

use std::sync::Arc;

use super::layout::{LINE, Layout, Placed};
use super::*;
use crate::play::{Bridge, CaseRun, Outcome, play};
use crate::report::{CaseResult, Paint};
use crate::scenario::collection::{Case, File, Suite};
use crate::scenario::read::read;
use crate::scenario::read::tests::EXAMPLE;
use crate::scenario::source::Sources;
use crate::scenario::story::Params;

/// Plays a scenario, and reads its ladder.
fn ladder(text: &str) -> Ladder {
    let bytes = text.as_bytes().to_vec();
    let mut sources = Sources::new(move |_| Ok(bytes.clone()));
    let story = Arc::new(read("story.yaml", &mut sources, &Params::new()).unwrap().remove(0));
    let again = |story: &Arc<_>| play(story, 1);
    let outcome = Outcome::Played(Box::new(CaseRun::of(&story, play(&story, 1), Bridge::default(), again)));
    let file =
        File { path: "story.yaml".to_owned(), sources, cases: 1, set: Params::new(), params: Vec::new() };
    let case = Case { file: 0, story };
    let suite =
        Suite { files: vec![file], cases: vec![case], set: Params::new(), context: None, assets: None };
    let Outcome::Played(run) = &outcome else { unreachable!() };
    Ladder::of(&CaseResult { suite: &suite, case: &suite.cases[0], outcome: &outcome }, run)
}

/// Pat waits in the lobby, and these steps follow.
fn pat(steps: &str) -> String {
    format!(
        "scenario: Pat\ngiven:\n  organizers:\n    amos: {{ conference_id: \"3141592\", pin: \"27182\" }}\n\
         callers:\n  pat:\n    script:\n      - dial: bridge\n      - {{ hears: welcome }}\n      \
         - press: \"3141592#\"\n{steps}"
    )
}

const IMPATIENT: &str =
    "      - { hears: press-star-if-organizer, within: 6s }\n      - { hears: hold_music, within: 5s }\n";

/// Kim waits too, and hangs up before Amos gives the PIN; two are expected to be released.
const KIM_LEAVES: &str = r#"
scenario: Two are released
given:
  organizers:
    amos: { conference_id: "3141592", pin: "27182" }
procedures:
  wait:
    - dial: bridge
    - { hears: welcome }
    - press: "3141592#"
    - { hears: hold_music, within: 40s }
    - mark: waiting
callers:
  pat:
    script:
      - run: wait
      - { expect: joined, within: 60s }
  kim:
    script:
      - run: wait
      - wait: 1s
      - hang_up
      - mark: gone
  amos:
    script:
      - when: kim.gone
      - wait: 2s
      - dial: bridge
      - { hears: welcome }
      - press: "3141592#"
      - { hears: press-star-if-organizer, within: 6s }
      - press: "*"
      - { hears: enter-pin }
      - press: "${amos.pin}#"
      - { expect: joined }
then:
  - { that: meeting(amos).released, is: 2 }
"#;

fn caps(ladder: &Ladder) -> Vec<String> {
    let caps = |item: &Item| {
        if let What::Keys { caps, .. } = &item.what { Some(caps.concat()) } else { None }
    };
    ladder.items.iter().filter_map(caps).collect()
}

#[test]
fn lanes_are_callers_attendant_lobby_and_meeting() {
    let ladder = ladder(EXAMPLE);
    let names: Vec<&str> = ladder.lanes.iter().map(|lane| lane.name.as_str()).collect();
    assert_eq!(names, ["Pat", "Amos", "Attendant", "Lobby", "Amos’s meeting"]);
}

#[test]
fn a_pin_is_one_key_and_a_conference_id_is_seven() {
    let ladder = ladder(EXAMPLE);
    assert_eq!(caps(&ladder), ["3141592#", "3141592#", "*", "PIN#"]);
    assert!(!format!("{ladder:?}").contains("27182"));
}

#[test]
fn digits_that_may_be_a_pin_are_one_key_also_when_keyed_in_pieces() {
    let wrong = ladder(&pat("      - press: \"*\"\n      - press: \"271\"\n      - press: \"82#\"\n"));
    assert_eq!(caps(&wrong), ["3141592#", "*", "*******", "*******#"]);
    let wrong = ladder(&pat("      - press: \"*99999#\"\n"));
    assert_eq!(caps(&wrong), ["3141592#", "********#"]);
}

#[test]
fn an_expectation_stands_at_the_sound_that_met_it() {
    let ladder = ladder(EXAMPLE);
    let met = |item: &Item| {
        let What::Hears { sound, met, .. } = &item.what else { return None };
        (!met.is_empty()).then(|| (item.lane, sound.name().to_owned(), met.join(", ")))
    };
    let met: Vec<(usize, String, String)> = ladder.items.iter().filter_map(met).collect();
    assert!(met.contains(&(0, "press-star-if-organizer".to_owned(), "at once".to_owned())), "{met:?}");
    assert!(
        met.iter().any(|(lane, sound, met)| *lane == 0 && sound == "hold music" && met.ends_with("of 40 s")),
        "{met:?}"
    );
    assert!(met.iter().any(|(lane, sound, _)| *lane == 1 && sound == "enter-pin"), "{met:?}");
}

#[test]
fn a_caller_hears_one_sound_after_the_other_without_a_gap() {
    for track in ladder(EXAMPLE).tracks {
        assert!(!track.heard.is_empty());
        for pair in track.heard.windows(2) {
            assert_eq!(pair[0].until, pair[1].from, "{pair:?}");
            assert!(pair[0].from < pair[0].until, "{pair:?}");
        }
    }
}

#[test]
fn in_a_meeting_the_others_are_heard() {
    let ladder = ladder(EXAMPLE);
    let [pat, amos] = ladder.tracks.as_slice() else { panic!("{:?}", ladder.tracks) };
    assert!(
        pat.voices.iter().all(|heard| heard.voice == 1) && amos.voices.iter().all(|heard| heard.voice == 0)
    );
}

#[test]
fn a_missed_deadline_says_what_was_heard_and_when_it_came() {
    let ladder = ladder(&pat(IMPATIENT));
    let failed = ladder.failed.unwrap();
    assert_eq!(failed.headline, "Pat did not hear hold music in time");
    let names: Vec<&str> = failed.evidence.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, ["Expected", "Heard", "It came"]);
    let (since, until) = failed.waited.unwrap();
    assert_eq!(until.since(since).as_secs(), 5);
    assert!(failed.came.unwrap() > until);
    let fails = ladder.items.iter().position(|item| matches!(item.what, What::Fails { .. })).unwrap();
    assert!(
        ladder.items[fails + 1..].iter().all(|item| matches!(item.what, What::Late { .. })),
        "it ends there"
    );
}

#[test]
fn who_left_the_lobby_too_early_is_named_and_missing_in_the_meeting() {
    let ladder = ladder(KIM_LEAVES);
    let failed = ladder.failed.as_ref().unwrap();
    assert_eq!(failed.headline, "Expected meeting(amos).released to be 2, found 1");
    assert!(
        failed.evidence.iter().any(|(name, fact, _)| *name == "Why" && fact == "Kim was gone"),
        "{failed:?}"
    );
    let missing = ladder.items.iter().find_map(|item| {
        let What::Missing { from, words } = &item.what else { return None };
        Some((item.lane, *from, words.as_str()))
    });
    assert_eq!(missing, Some((5, 1, "Kim was expected here")));
}

#[test]
fn the_lobby_counts_who_waits() {
    let ladder = ladder(KIM_LEAVES);
    let lobby = ladder.lanes.iter().position(|lane| lane.name == "Lobby").unwrap();
    let counts = ladder.items.iter().filter_map(|item| {
        let What::Arrow { to, count, leaves, .. } = item.what else { return None };
        if to == lobby || leaves { count } else { None }
    });
    assert_eq!(counts.collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn a_long_gap_is_folded_and_says_who_hears_what() {
    let svg = document(&ladder(EXAMPLE), "A & B");
    assert!(svg.starts_with("<svg ") && svg.contains("<title>A &amp; B</title>"), "{svg}");
    assert!(svg.contains("PIN") && !svg.contains("27182"));
    let long = pat("      - { hears: hold_music, within: 40s }\n      - wait: 60s\n");
    let svg = document(&ladder(&long), "Pat waits");
    assert!(svg.contains("1 min folded: Pat hears hold music"), "{svg}");
}

#[test]
fn labels_of_a_lane_stand_below_each_other() {
    for text in [EXAMPLE.to_owned(), KIM_LEAVES.to_owned(), pat(IMPATIENT)] {
        let ladder = ladder(&text);
        let layout = Layout::of(&ladder);
        for lane in 0..ladder.lanes.len() {
            let mut bottom = 0;
            for placed in
                layout.placed.iter().filter(|placed| placed.label.0 == lane && !placed.lines.is_empty())
            {
                let first = placed.label.1;
                assert!(first - 11 >= bottom - 2, "{:?} is at {first}, above {bottom}", placed.lines);
                bottom = first + (i32::try_from(placed.lines.len()).unwrap() - 1) * LINE;
            }
            assert!(layout.height > bottom);
        }
    }
}

#[test]
fn what_happens_at_one_moment_stands_in_one_row() {
    let mut together = 0;
    for text in [EXAMPLE.to_owned(), KIM_LEAVES.to_owned()] {
        let ladder = ladder(&text);
        let layout = Layout::of(&ladder);
        let placed: Vec<(&Item, &Placed)> = ladder.items.iter().zip(&layout.placed).collect();
        for moment in placed.chunk_by(|(one, _), (other, _)| one.at == other.at) {
            let (row, mut taken) = (moment[0].1.y, BTreeSet::new());
            for (item, placed) in moment {
                let to = if let What::Arrow { to, .. } = item.what {
                    to
                } else if let What::Keys { .. } = item.what {
                    ladder.attendant()
                } else {
                    placed.label.0
                };
                let lanes = item.lane.min(to)..=item.lane.max(to);
                // What is in the way of something else goes below it.
                if lanes.clone().all(|lane| !taken.contains(&lane))
                    && !matches!(item.what, What::Verdict { .. })
                {
                    assert_eq!(placed.y, row, "{item:?} of {} s", item.at);
                    together += usize::from(!taken.is_empty());
                }
                taken.extend(lanes);
            }
        }
    }
    assert!(together > 10, "{together} moments with several lanes say little");
}

#[test]
fn the_text_shows_what_everybody_hears_beside_what_happens() {
    let lines = ladder_lines(&ladder(EXAMPLE), Paint::PLAIN);
    assert!(lines[1].contains("Pat, Amos: █ prompt"), "{lines:#?}");
    let keys = lines.iter().find(|line| line.contains("Amos keys PIN #")).unwrap();
    assert!(keys.contains("▒ "), "Pat hears music meanwhile: {keys}");
}

#[test]
fn mermaid_has_a_line_for_each_lane_and_no_mark_of_its_own() {
    let text = mermaid(&ladder(EXAMPLE));
    assert!(text.starts_with(
        "sequenceDiagram\n  actor L0 as Pat\n  actor L1 as Amos\n  participant L2 as Attendant\n"
    ));
    assert!(text.contains("L1->>L2: PIN #35; ["), "{text}");
}
