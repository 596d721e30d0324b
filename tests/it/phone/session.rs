//! A session at the telephones is a scenario afterwards: it holds at once, and has no PIN in it.

use std::num::NonZeroUsize;
use std::time::Duration;

use attendant::phone::demo;
use attendant::play::play;
use attendant::scenario::story::Params;
use attendant::suite::read_suite;
use attendant::terminal::keymap::Key;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Player, paused};

/// Replays a saved session.
fn assert_holds(scenario: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.yaml");
    std::fs::write(&path, scenario).unwrap();
    let suite = read_suite(&[path], &Params::new(), NonZeroUsize::MIN)
        .unwrap_or_else(|unread| panic!("{}\n{scenario}", unread.render(false)));
    let case = &suite.cases[0];
    for seed in 1..=20 {
        let played = play(&case.story, seed);
        let wrong = played.failures;
        assert!(wrong.is_empty(), "{wrong:#?}\n{scenario}");
    }
}

/// Pat and Kim wait; Amos gives a wrong PIN, another organizer's, and the right one; a roll call; all hang up.
async fn the_whole_story(player: &mut Player<'_>) {
    player.key(Key::Enter).await;
    player.wait_secs(1).await;
    player.types("3141592#").await;
    player.hears(0, "say-your-name").await;
    player.hears(0, "nothing").await;
    player.wait_secs(2).await;
    player.types("#").await;
    player.hears(0, "hold music").await;
    player.key(Key::Tab).await;
    player.key(Key::Enter).await;
    player.hears(1, "enter-conference-id").await;
    player.types("999#").await;
    player.hears(1, "enter-conference-id").await;
    player.pastes("3141592#").await;
    player.hears(1, "hold music").await;
    player.key(Key::Tab).await;
    player.key(Key::Enter).await;
    player.hears(2, "enter-conference-id").await;
    player.types("3141592#").await;
    player.hears(2, "press-star-if-organizer").await;
    player.types("*").await;
    player.hears(2, "enter-pin").await;
    player.types("31337#").await;
    player.hears(2, "enter-pin").await;
    player.types("57721#").await;
    player.hears(2, "enter-pin").await;
    player.types("27182#").await;
    player.hears(0, "the meeting").await;
    player.hears(1, "the meeting").await;
    player.hears(2, "the meeting").await;
    player.types("*3").await;
    player.wait_secs(8).await;
    player.types("h").await;
    player.wait_secs(1).await;
    player.key(Key::Tab).await;
    player.types("h").await;
    player.wait_secs(1).await;
}

#[test]
fn the_whole_story_replays_at_once_and_names_every_pin() {
    let story = demo::story();
    let scenario = paused(async {
        let mut player = Player::new(&story).await;
        the_whole_story(&mut player).await;
        player.model.session().scenario().text
    });
    for secret in ["27182", "31337", "57721", "999"] {
        assert!(!scenario.contains(secret), "{secret} in\n{scenario}");
    }
    for line in [
        "press: \"${amos.conference_id}#\"",
        "press: \"${amos.pin}#\"",
        "press: \"${dora.pin}#\"",
        "press: \"00000#\"",
        "{ hears: meeting-started",
        "press: \"*3\"",
        "that: amos.outcome, is: joined",
    ] {
        assert!(scenario.contains(line), "no `{line}` in\n{scenario}");
    }
    assert_holds(&scenario);
}

#[test]
fn what_the_administrator_did_is_done_again() {
    let story = demo::story();
    let scenario = paused(async {
        let mut player = Player::new(&story).await;
        // Amos starts the meeting with a new PIN, locks it, and lets Pat in from its lobby.
        player.types("or").await;
        let pin = player.model.shown_pin.expect("it is shown").1.reveal().reveal();
        player.types("o").await;
        player.key(Key::BackTab).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.types("3141592#").await;
        player.hears(2, "press-star-if-organizer").await;
        player.types(&format!("*27182#{pin}#")).await;
        player.hears(2, "the meeting").await;
        player.types("ol").await;
        player.types("o").await;
        player.key(Key::Tab).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.types("3141592#").await;
        player.hears(0, "hold music").await;
        player.types("oi").await;
        player.hears(0, "the meeting").await;
        player.types("e").await;
        player.wait_secs(10).await;
        let scenario = player.model.session().scenario().text;
        assert!(!scenario.contains(&pin), "the new PIN in\n{scenario}");
        scenario
    });
    assert!(!scenario.contains("27182"), "the old PIN in\n{scenario}");
    for line in ["reset_pin: amos", "lock_meeting: amos", "admit: pat", "end_meeting: amos"] {
        assert!(scenario.contains(line), "no `{line}` in\n{scenario}");
    }
    assert_holds(&scenario);
}

#[test]
fn unused_keys_are_not_written_to_a_session() {
    let story = demo::story();
    let scenario = paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Enter).await;
        player.hears(0, "enter-conference-id").await;
        // The PIN where the conference ID is asked for, in the lobby without a star, and without its end.
        player.types("27182#").await;
        player.hears(0, "enter-conference-id").await;
        player.types("3141592#").await;
        player.hears(0, "hold music").await;
        player.types("27182").await;
        player.types("*27182").await;
        player.types("h").await;
        player.wait_secs(1).await;
        player.model.session().scenario().text
    });
    assert!(!scenario.contains("27182") && !scenario.contains("2718"), "{scenario}");
    assert_holds(&scenario);
}

/// Somebody plays about: what comes next is drawn, and no wait is longer than half a minute.
async fn play_about(player: &mut Player<'_>, chance: &mut ChaCha8Rng) {
    const ROWS: [&str; 12] =
        ["3141592#", "1618033#", "999#", "*", "27182#", "*27182#", "*31337#", "#", "*3", "*6", "*7", "*8"];
    // The office is opened, does something, and is left.
    const OFFICE: [&str; 4] = ["olo", "oio", "oeo", "oro"];
    for _ in 0..chance.random_range(10..40) {
        match chance.random_range(0..11) {
            0 => player.key(Key::Enter).await,
            1 => player.key(Key::Tab).await,
            2 if chance.random_bool(0.3) => player.key(Key::Backspace).await,
            2..=3 => player.wait(Duration::from_millis(chance.random_range(100..30_000))).await,
            4 => player.wait(Duration::from_millis(chance.random_range(100..3_000))).await,
            5 => player.types(OFFICE[chance.random_range(0..OFFICE.len())]).await,
            _ => player.pastes(ROWS[chance.random_range(0..ROWS.len())]).await,
        }
    }
    player.wait_secs(5).await;
}

#[test]
fn any_session_replays_and_has_no_pin_in_it() {
    for seed in 0..100 {
        let story = demo::story();
        let scenario = paused(async {
            let mut player = Player::new(&story).await;
            player.key(Key::Enter).await;
            play_about(&mut player, &mut ChaCha8Rng::seed_from_u64(seed)).await;
            player.model.session().scenario().text
        });
        assert!(!scenario.contains("27182") && !scenario.contains("31337"), "seed {seed}\n{scenario}");
        assert_holds(&scenario);
    }
}
