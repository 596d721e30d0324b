//! The screen, cell by cell, without a terminal.

use std::time::Duration;

use attendant::phone::demo;
use attendant::phone::keymap::Key;
use attendant::phone::screen::{View, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::{Player, paused};

fn drawn(player: &Player<'_>, coloured: bool) -> Buffer {
    let library = &player.model.story().given.library;
    let view = View { now: player.calls.clock().now(), library, coloured, loudspeaker: "no sound" };
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(frame, &player.model, view)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let row = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect::<String>();
    let rows: Vec<String> =
        buffer.content().chunks(80).map(|cells| row(cells).trim_end().to_owned()).collect();
    rows.join("\n")
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

/// The screen while Pat waits, for a picture of it.
pub(crate) fn waiting_in_the_lobby() -> Buffer {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        into_the_lobby(&mut player).await;
        drawn(&player, true)
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
    assert!(!screen.contains("27182") && screen.contains("held 1.3 s"), "{screen}");
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

#[test]
fn the_screen_never_sets_a_background() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        in_the_middle(&mut player).await;
        let coloured = drawn(&player, true);
        assert!(coloured.content().iter().all(|cell| cell.bg == Color::Reset));
        let readable = [Color::Reset, Color::Red, Color::Green, Color::Yellow, Color::Cyan];
        assert!(coloured.content().iter().all(|cell| readable.contains(&cell.fg)));
        let plain = drawn(&player, false);
        assert!(plain.content().iter().all(|cell| cell.fg == Color::Reset));
        assert_eq!(text(&plain), text(&coloured), "colours tell nothing that words do not");
    });
}
