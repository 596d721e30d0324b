//! The vocabulary, on its page and at the terminal.

use attendant::scenario::catalogue::{groups, page};

use super::is_current;
use crate::stage::Stage;
use crate::tmux::Terminal;

#[test]
fn the_page_is_what_the_program_knows() {
    is_current("docs/vocabulary.md", &page());
}

#[test]
fn every_word_is_printed_under_its_group() {
    let ended = Stage::with(&[]).attendant("words");
    for group in groups() {
        assert!(ended.out.lines().any(|line| line == group.name), "{}", group.name);
        for word in group.words {
            let printed = ended.out.lines().any(|line| line.trim_start().starts_with(&word.word));
            assert!(printed, "{} is not in\n{}", word.word, ended.out);
        }
    }
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    assert!(!ended.out.contains('\x1b') && !ended.out.lines().any(|line| line.ends_with(' ')));
}

#[test]
fn a_query_prints_what_has_to_do_with_it() {
    let ended = Stage::with(&[]).attendant("words enter-pin");
    assert!(ended.out.contains("“Please enter your PIN, followed by pound.”"), "{}", ended.out);
    assert!(!ended.out.contains("lobby_peak"), "{}", ended.out);
}

#[test]
fn an_unknown_word_is_answered_with_the_closest() {
    let ended = Stage::with(&[]).attendant("words hold_musik");
    assert_eq!((ended.code, ended.out.as_str()), (4, ""));
    assert_eq!(ended.err, "error: unknown word `hold_musik`\n  help: did you mean `hold_music`?\n");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let terminal = Terminal::open();
    terminal.attendant("words");
    terminal.shows("left: 0");
    // Lines that the terminal had to break are joined again.
    let all = terminal.tmux(&["capture-pane", "-p", "-J", "-S", "-2000", "-t", "t"]).stdout;
    let all = String::from_utf8(all).unwrap();
    let printed = all.lines().skip_while(|line| *line != "steps").map(|line| line.trim_end().chars().count());
    let widest = printed.max().expect("the first group is there");
    assert!((70..=80).contains(&widest), "{widest}\n{all}");
}
