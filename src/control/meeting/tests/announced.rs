//! How arrivals and departures are announced, and to whom.

use super::*;
use crate::control::numbers::NumberEnd;

impl Bench {
    /// Joins or waits, as one who calls from this number.
    fn parks_from(&mut self, leg: u32, number: &str) {
        let (leg, terms, number) = (LegId::new(leg.into()), self.terms.clone(), NumberEnd::of(number, 4));
        self.input(Input::Arrive { leg, who: CallerKind::Phone, number, terms });
        self.input(Input::Enter { leg, name_millis: 0 });
    }

    /// What is announced until nothing more is.
    fn hears_all(&mut self) -> Vec<String> {
        while let Some(announcement) = self.announcing.take() {
            self.input(Input::AnnouncementFinished { announcement });
        }
        let lines = std::mem::take(&mut self.out).into_iter();
        lines.filter_map(|line| line.strip_prefix("all: ").map(str::to_owned)).collect()
    }
}

fn numbers() -> Bench {
    Bench::running(&[("entry_exit_announcements", "names_or_numbers")], &[])
}

#[test]
fn who_has_no_name_is_announced_by_the_end_of_the_number() {
    let mut bench = numbers();
    bench.parks_from(1, "+14255550107");
    let digits = ["digits/0", "digits/1", "digits/0", "digits/7"];
    assert_eq!(bench.hears_all(), [digits.as_slice(), &["has-joined"]].concat());
    bench.leaves(1);
    assert_eq!(bench.hears_all(), [digits.as_slice(), &["has-left"]].concat());
    bench.parks_from(2, "anonymous");
    bench.leaves(2);
    assert_eq!(bench.hears_all(), ["someone-joined", "low-tone"]);
}

#[test]
fn a_number_is_kept_quiet_where_names_alone_are_announced() {
    let mut bench = Bench::running(&[], &[]);
    bench.parks_from(1, "+14255550107");
    assert_eq!(bench.hears_all(), ["someone-joined"]);
}

#[test]
fn tones_for_arrivals_or_departures_alone() {
    for (setting, heard) in [
        ("tone", ["high-tone", "low-tone"].as_slice()),
        ("tone_entry", &["high-tone"]),
        ("tone_exit", &["low-tone"]),
    ] {
        let mut bench = Bench::running(&[("entry_exit_announcements", setting)], &[]);
        bench.parks(1);
        let told = bench.out.contains(&"1: own tone".to_owned());
        assert_eq!(told, setting != "tone_exit", "{setting}");
        bench.leaves(1);
        assert_eq!(bench.hears_all(), heard, "{setting}");
    }
}

#[test]
fn a_newcomer_need_not_hear_the_own_tone() {
    let mut bench = Bench::running(&[("entry_exit_announcements", "tone"), ("hears_own_tone", "false")], &[]);
    bench.parks(1);
    bench.puts_out(&["1: go in", "all: high-tone", "1: in by direct"]);
}

#[test]
fn some_alone_hear_in_private_who_joins_and_leaves() {
    for (setting, told) in [("organizers", [true, false, false]), ("phones", [true, true, false])] {
        let settings = [("announce_to", setting), ("announce_until_app_joins", "false")];
        let mut bench = Bench::running(&settings, &[1]);
        bench.signs_in(KIM, false);
        bench.out.clear();
        bench.parks(2);
        let hears = |leg: u32| bench.out.contains(&format!("{leg}: someone-joined"));
        assert_eq!([hears(AMOS), hears(1), hears(KIM)], told, "{setting}");
        assert!(!hears(2), "{setting}");
        assert_eq!(bench.hears_all(), [""; 0], "{setting}");
    }
}

#[test]
fn announcements_end_when_somebody_joins_with_the_app() {
    let mut bench = Bench::running(&[("announce_until_app_joins", "true")], &[]);
    bench.parks(1);
    assert_eq!(bench.hears_all(), ["someone-joined"]);
    bench.signs_in(KIM, false);
    bench.parks(2);
    bench.signs_in(KIM + 7, false);
    assert_eq!(bench.hears_all(), ["someone-joined"], "of the first app alone");
    bench.command(AMOS, KeyCommand::Announcements);
    bench.signs_in(KIM + 1, false);
    bench.parks(3);
    assert_eq!(bench.hears_all(), ["someone-joined"; 2], "the organizer has turned them on again");

    let mut bench = Bench::running(&[], &[]);
    bench.signs_in(KIM, false);
    assert_eq!(bench.hears_all(), ["someone-joined"]);
}

#[test]
fn large_meetings_hear_tones() {
    let mut bench = Bench::running(&[("announce_above", "2")], &[]);
    bench.parks(1);
    bench.parks(2);
    bench.leaves(2);
    bench.leaves(1);
    assert_eq!(bench.hears_all(), ["someone-joined", "high-tone", "low-tone", "low-tone"]);
}

#[test]
fn of_many_arrivals_at_once_it_is_said_that_several_joined() {
    let mut bench = Bench::running(&[], &[]);
    (1..=9).for_each(|leg| bench.parks(leg));
    assert_eq!(bench.hears_all(), ["someone-joined", "several-joined"]);
    bench.after(10);
    bench.parks(10);
    assert_eq!(bench.hears_all(), ["someone-joined"]);
    (11..=15).for_each(|leg| bench.parks(leg));
    assert_eq!(bench.hears_all(), ["someone-joined", "several-joined"], "six in ten seconds");

    let mut each = Bench::running(&[("announce_burst", "none")], &[]);
    (1..=9).for_each(|leg| each.parks(leg));
    assert_eq!(each.hears_all(), ["someone-joined"; 9]);

    let mut tones = Bench::running(&[("entry_exit_announcements", "tone")], &[]);
    (1..=9).for_each(|leg| tones.parks(leg));
    assert_eq!(tones.hears_all(), ["high-tone"; 5]);
}

#[test]
fn newcomers_hear_how_many_are_there_where_that_is_set() {
    let mut bench = Bench::with(&[("joiner_hears_count", "true"), ("entry_exit_notifications", "false")]);
    bench.parks(1);
    bench.out.clear();
    bench.starts();
    bench.parks(2);
    bench.puts_out(&[
        "100: ask",
        "check PIN",
        "100: in by pin",
        "100: 1 there",
        "1: in by released",
        "1: 2 there",
        "2: go in",
        "2: in by direct",
        "2: 3 there",
    ]);
}
