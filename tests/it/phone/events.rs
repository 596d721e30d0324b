//! What has happened, as lines: grouped, counted, and never changed once they were written.

use attendant::control::time::Instant;
use attendant::phone::demo;

use super::frames::{Moment, play};
use super::{Player, paused};

#[test]
fn events_of_a_whole_story_are_grouped_lines_without_a_pin() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        play(&mut player, Moment::End).await;
        let log = player.log();
        for secret in ["31337", "27111", "•"] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
        assert_eq!(log.matches("27182").count(), 1, "the demo says it once: {log}");
        insta::assert_snapshot!("events", log);
    });
}

#[test]
fn a_line_that_was_written_never_changes() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        play(&mut player, Moment::End).await;
        let rest = player.model.events.settle(Instant::NEVER).map(ToString::to_string);
        player.written.extend(rest);
        let lines: Vec<String> = player.model.events.lines().iter().map(ToString::to_string).collect();
        assert_eq!(player.written, lines);
    });
}

#[test]
fn repeated_keys_are_one_line_until_a_pause() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(attendant::terminal::keymap::Key::Enter).await;
        player.wait_secs(1).await;
        player.types("3141592#").await;
        player.hears(0, "hold music").await;
        player.types("123").await;
        player.wait_secs(5).await;
        player.types("4").await;
        player.wait_secs(5).await;
        let ignored: Vec<&String> = player.written.iter().filter(|line| line.contains("ignored")).collect();
        assert_eq!(
            ignored,
            [
                "Pat 3 keys ignored: only * is a key in the lobby",
                "Pat 1 key ignored: only * is a key in the lobby"
            ]
        );
    });
}
