//! The screen, cell by cell, without a terminal.

use std::time::Duration;

use attendant::phone::carrier::Carrier as _;
use attendant::phone::demo;
use attendant::phone::screen::{View, draw};
use attendant::terminal::Colours;
use attendant::terminal::keymap::Key;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::frames::{Moment, play};
use super::{Player, paused};

fn drawn(player: &Player<'_>, coloured: bool) -> Buffer {
    drawn_at(player, (80, 24), coloured)
}

/// The screen of a window of so many columns and rows.
pub(super) fn drawn_at(player: &Player<'_>, (columns, rows): (u16, u16), coloured: bool) -> Buffer {
    let library = &player.model.story().given.library;
    let recording = if columns < 200 { "" } else { "heard.wav" };
    let colours = Colours { coloured };
    let view = View { now: player.calls.clock().now(), library, colours, loudspeaker: "", recording };
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, &player.model, view)).unwrap();
    terminal.backend().buffer().clone()
}

pub(super) fn text(buffer: &Buffer) -> String {
    let row = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect::<String>();
    let rows = buffer.content().chunks(usize::from(buffer.area.width));
    rows.map(|cells| row(cells).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Pat keys the conference ID and waits with music.
async fn into_the_lobby(player: &mut Player<'_>) {
    player.key(Key::Enter).await;
    player.wait_secs(1).await;
    player.types("3141592#").await;
    player.hears(0, "hold music").await;
    player.wait_secs(12).await;
}

/// Pat waits, Kim has the wrong number, and Amos is asked for the PIN.
async fn in_the_middle(player: &mut Player<'_>) {
    into_the_lobby(player).await;
    player.key(Key::BackTab).await;
    player.key(Key::Enter).await;
    player.wait_secs(1).await;
    player.types("3141592#*").await;
    player.hears(2, "enter-pin").await;
    player.wait(Duration::from_millis(400)).await;
    player.types("27").await;
    player.key(Key::Char { symbol: '1', held: true }).await;
    player.wait(Duration::from_millis(1_300)).await;
}

/// The screen while two wait and the third is asked for the PIN, for a picture of it.
pub(crate) fn asked_for_the_pin() -> Buffer {
    let story = demo::story();
    paused(async {
        let mut player = Player::metered(&story).await;
        play(&mut player, Moment::Asked).await;
        drawn_at(&player, (120, 40), true)
    })
}

#[test]
fn everything_fits_into_80_columns_and_24_rows() {
    let story = demo::story();
    let screen = paused(async {
        let mut player = Player::new(&story).await;
        in_the_middle(&mut player).await;
        text(&drawn(&player, true))
    });
    assert!(screen.contains("Held for 1.3 s. Any key lets it go."), "{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn the_help_has_every_key() {
    let story = demo::story();
    let screen = paused(async {
        let mut player = Player::new(&story).await;
        player.types("?").await;
        text(&drawn(&player, true))
    });
    insta::assert_snapshot!(screen);
}

/// Without the meters, which move.
fn still(text: &str) -> String {
    let still = |symbol| if ('▁'..='█').contains(&symbol) { ' ' } else { symbol };
    let lines = text.lines().map(|line| line.chars().map(still).collect::<String>());
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_screen_keeps_to_the_terminals_own_colours() {
    let story = demo::story();
    paused(async {
        let mut player = Player::metered(&story).await;
        play(&mut player, Moment::NoTries).await;
        for window in [(80, 24), (120, 40), (200, 50)] {
            let coloured = drawn_at(&player, window, true);
            assert!(coloured.content().iter().all(|cell| cell.bg == Color::Reset));
            let own =
                [Color::Reset, Color::Red, Color::Green, Color::Yellow, Color::LightBlue, Color::Magenta];
            assert!(coloured.content().iter().all(|cell| own.contains(&cell.fg)));
            let plain = drawn_at(&player, window, false);
            assert!(plain.content().iter().all(|cell| cell.fg == Color::Reset));
            assert!(!text(&plain).contains(['▂', '▃', '▄', '▅', '▆', '▇']), "nothing moves");
            // Without the meters, what is below them is a row higher.
            let words = |text: &str| {
                let mut words: Vec<String> = still(text).split_whitespace().map(str::to_owned).collect();
                words.sort_unstable();
                words
            };
            assert_eq!(
                words(&text(&plain)),
                words(&text(&coloured)),
                "colours tell nothing that words do not"
            );
        }
    });
}

#[test]
fn the_office_shows_a_new_pin_until_the_next_key_and_has_its_own_keys() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        into_the_lobby(&mut player).await;
        player.types("or").await;
        let pin = player.model.shown_pin.expect("it is shown").1.reveal().reveal();
        let screen = text(&drawn(&player, true));
        assert!(screen.contains(&format!(" {pin}  ")), "{screen}");
        insta::assert_snapshot!("office", screen.replace(&pin, "NEWPIN"));
        player.key(Key::Tab).await;
        let screen = text(&drawn(&player, true));
        assert!(!screen.contains(&pin) && screen.contains("office: Dora"), "{screen}");
    });
}

#[test]
fn after_a_reset_the_old_pin_is_not_named_any_more() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        into_the_lobby(&mut player).await;
        player.types("*").await;
        player.wait_secs(1).await;
        assert!(text(&drawn(&player, true)).contains("Key 27182# (the demo’s PIN). 3 tries left."));
        player.types("oro").await;
        let screen = text(&drawn_at(&player, (120, 40), true));
        assert!(screen.contains("Key the new PIN, then #. 3 tries"), "{screen}");
        assert!(!screen.contains("Key 27182"), "{screen}");
    });
}

#[test]
fn a_window_that_is_too_small_says_what_it_needs() {
    let story = demo::story();
    paused(async {
        let player = Player::new(&story).await;
        for window in [(79, 24), (80, 23), (40, 10)] {
            let words =
                text(&drawn_at(&player, window, true)).split_whitespace().collect::<Vec<_>>().join(" ");
            let (columns, rows) = window;
            let needs = format!("The window is {columns} × {rows}, but must be at least 80 × 24. q quits");
            assert!(words.starts_with(&needs), "{words}");
        }
        let tiny = text(&drawn_at(&player, (1, 1), true));
        assert_eq!(tiny.chars().count(), 1, "nothing panics");
    });
}

#[test]
fn a_long_prompt_shows_the_words_that_are_spoken_now() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.types("3141592#*27182#").await;
        player.hears(0, "the meeting").await;
        player.types("*1").await;
        player.wait(Duration::from_millis(500)).await;
        let screen = text(&drawn_at(&player, (120, 40), true));
        assert!(screen.contains("“To mute or unmute your"), "{screen}");
        player.wait_secs(9).await;
        let later = text(&drawn_at(&player, (120, 40), true));
        assert!(!later.contains("┃ “To mute"), "{later}");
        let telephone = later.lines().skip(1).take(7).map(|line| line.chars().take(40).collect::<String>());
        insta::assert_snapshot!("a_long_prompt", telephone.collect::<Vec<_>>().join("\n"));
    });
}
