//! By which terms a meeting starts.

use super::*;

impl Bench {
    /// The directory answers what the terms are now.
    #[track_caller]
    pub(super) fn terms_are(&mut self, result: Result<Terms, Unavailable>) {
        let (question, leg) = self.asked.take().expect("it was asked");
        self.input(Input::TermsFound { question, leg, result });
    }
}

fn with_terms(bench: &Bench, version: u64, change: impl FnOnce(&mut Terms)) -> Terms {
    let mut terms = Terms { version, ..bench.terms.clone() };
    change(&mut terms);
    terms
}

#[test]
fn who_enters_starts_only_what_may_be_started_then() {
    let mut bench = Bench::anonymous();
    bench.holds_terms = true;
    bench.parks(1);
    bench.puts_out(&["1: go in"]);
    let forbidden = with_terms(&bench, 1, |terms| terms.anonymous_start = false);
    bench.terms_are(Ok(forbidden));
    bench.puts_out(&["1: wait for organizer"]);
}

#[test]
fn older_terms_never_replace_newer_ones() {
    let mut bench = Bench::anonymous();
    bench.holds_terms = true;
    bench.parks(1);
    bench.out.clear();
    let forbidden = with_terms(&bench, 2, |terms| terms.anonymous_start = false);
    bench.input(Input::NewTerms { terms: forbidden });
    let before = with_terms(&bench, 1, |_| {});
    bench.terms_are(Ok(before));
    bench.puts_out(&["1: wait for organizer"]);
}

#[test]
fn who_is_not_told_that_they_may_start_it_waits() {
    let mut bench = Bench::anonymous();
    bench.holds_terms = true;
    bench.parks(1);
    bench.out.clear();
    let (first, leg) = bench.asked.take().unwrap();
    bench.after(3);
    let (again, _) = bench.asked.unwrap();
    assert_eq!(again, first, "it is asked once more");
    bench.after(3);
    bench.puts_out(&["1: wait for organizer"]);
    let late = bench.terms.clone();
    bench.input(Input::TermsFound { question: first, leg, result: Ok(late) });
    bench.puts_out(&[]);
}

#[test]
fn a_late_answer_lets_nobody_in_twice() {
    let mut bench = Bench::anonymous();
    bench.holds_terms = true;
    bench.parks(1);
    bench.starts();
    bench.out.clear();
    let terms = bench.terms.clone();
    bench.terms_are(Ok(terms));
    bench.puts_out(&[]);
}

#[test]
fn who_hangs_up_while_it_is_asked_starts_nothing() {
    let mut bench = Bench::anonymous();
    bench.holds_terms = true;
    bench.parks(1);
    bench.leaves(1);
    assert!(bench.meeting.is_idle());
    bench.out.clear();
    let terms = bench.terms.clone();
    bench.terms_are(Ok(terms));
    bench.puts_out(&[]);
}

#[test]
fn a_user_of_a_disabled_organizer_starts_no_meeting() {
    for (enabled, lines) in [(true, &["2: in by client"][..]), (false, &[])] {
        let mut bench = Bench::running(&[], &[]);
        bench.input(Input::SetLocked { locked: true });
        bench.signs_in(2, false);
        bench.holds_terms = true;
        bench.leaves(AMOS);
        bench.out.clear();
        let terms = with_terms(&bench, 1, |terms| terms.enabled = enabled);
        bench.terms_are(Ok(terms));
        bench.puts_out(lines);
    }
}

#[test]
fn a_right_pin_of_a_disabled_organizer_starts_nothing() {
    for (enabled, line) in [(true, "100: in by pin"), (false, "100: wrong PIN, 2 left")] {
        let mut bench = Bench::with(&[]);
        bench.arrives(AMOS);
        bench.keys_pin(AMOS);
        bench.out.clear();
        let terms = with_terms(&bench, 1, |terms| terms.enabled = enabled);
        bench.input(Input::NewTerms { terms });
        bench.checked(PinVerdict::Right);
        bench.puts_out(&[line]);
    }
}

#[test]
fn forbidding_anonymous_start_applies_before_the_lobby_too() {
    let mut bench = Bench::anonymous();
    bench.arrives(1);
    bench.terms.anonymous_start = false;
    let terms = bench.terms.clone();
    bench.input(Input::NewTerms { terms });
    bench.enters(1);
    bench.puts_out(&["1: go in", "1: wait for organizer"]);
}

#[test]
fn allowing_anonymous_start_applies_to_the_next_caller() {
    let mut bench = Bench::with(&[]);
    bench.parks(1);
    bench.terms.anonymous_start = true;
    bench.parks(2);
    bench.puts_out(&["1: ask", "1: wait for organizer", "2: go in", "2: in by direct", "1: in by released"]);
}
