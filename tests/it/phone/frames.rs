//! The screens of a whole story in windows of 80, 120 and 200 columns: Pat and Kim wait, Amos is asked for the PIN, gives
//! three wrong ones, calls again and starts the meeting. What is drawn is what the real bridge does and what is really
//! heard, in virtual time.

use std::time::Duration;

use attendant::control::call::Source;
use attendant::control::time::Instant;
use attendant::media::level::level;
use attendant::media::library::Library;
use attendant::media::rate::samples_of;
use attendant::phone::carrier::Carrier as _;
use attendant::phone::demo;
use attendant::phone::meter::{COLUMN_TIME, Level};
use attendant::terminal::keymap::Key;

use super::screen::{drawn_at, text};
use super::{Player, paused};

/// The windows, in columns and rows.
const WINDOWS: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// A moment of the story.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// Pat waits in the lobby.
    Lobby,
    /// Amos hears that the PIN is asked for.
    Asked,
    /// Amos has keyed two digits of the PIN.
    Pin,
    /// Amos has given three wrong PINs, and tries once more.
    NoTries,
    /// All are in the meeting, and Amos asks how many there are.
    Meeting,
    /// All have hung up.
    End,
}

/// Plays the story up to a moment.
pub(super) async fn play(player: &mut Player<'_>, until: Moment) {
    let directory = demo::directory(player.model.story());
    directory.into_iter().for_each(|line| player.model.tell(Instant::ZERO, line));
    player.key(Key::Enter).await;
    player.wait_until(3_900).await;
    player.pastes("3141592#").await;
    player.wait_until(18_100).await;
    player.types("#").await;
    player.wait_until(36_900).await;
    if until == Moment::Lobby {
        return;
    }
    player.wait_until(40_100).await;
    player.key(Key::Tab).await;
    player.key(Key::Enter).await;
    player.wait_until(40_200).await;
    player.pastes("3141592#").await;
    player.wait_until(66_900).await;
    player.key(Key::Tab).await;
    player.key(Key::Enter).await;
    player.wait_until(67_000).await;
    player.pastes("3141592#").await;
    player.wait_until(70_900).await;
    player.types("*").await;
    player.wait_until(72_100).await;
    if until == Moment::Asked {
        return;
    }
    player.wait_until(73_000).await;
    player.types("2").await;
    player.key(Key::Char { symbol: '7', held: false }).await;
    player.wait(Duration::from_millis(120)).await;
    if until == Moment::Pin {
        return;
    }
    for (at, pin) in [(75_000, "111#"), (81_000, "31337#"), (87_000, "31337#")] {
        player.wait_until(at).await;
        player.types(pin).await;
    }
    player.hears(2, "nothing").await;
    player.types("#").await;
    player.hears(2, "hold music").await;
    player.wait_until(106_000).await;
    player.types("27182").await;
    player.key(Key::Char { symbol: '*', held: false }).await;
    player.wait(Duration::from_millis(120)).await;
    if until == Moment::NoTries {
        return;
    }
    player.types("h").await;
    player.key(Key::Enter).await;
    player.wait_until(110_000).await;
    player.pastes("3141592#*27182#").await;
    player.wait_until(121_400).await;
    player.key(Key::BackTab).await;
    player.types("*6").await;
    player.wait_until(133_000).await;
    player.key(Key::Function(1)).await;
    player.types("t").await;
    player.wait_until(134_000).await;
    player.key(Key::Function(3)).await;
    player.types("*").await;
    player.key(Key::Char { symbol: '3', held: false }).await;
    player.wait(Duration::from_millis(170)).await;
    if until == Moment::Meeting {
        return;
    }
    player.wait_secs(10).await;
    for number in [1, 2, 3] {
        player.key(Key::Function(number)).await;
        player.types("h").await;
    }
    player.wait_secs(3).await;
}

fn frames(until: Moment) -> [String; 3] {
    let story = demo::story();
    paused(async {
        let mut player = Player::metered(&story).await;
        play(&mut player, until).await;
        WINDOWS.map(|window| text(&drawn_at(&player, window, true)))
    })
}

/// The screens as they were designed: each behind its window and its name.
const DESIGN: &str = include_str!("design.txt");

/// What a screen is built of: the same in the design and in the program, whatever the sounds and times are.
const BUILT_OF: &str = "╭╮╰╯┏┓┗┛┃│┷";

/// The designed screen of a window at a moment.
fn designed((columns, rows): (u16, u16), moment: &str) -> Vec<&'static str> {
    let head = format!("== {columns}x{rows} · {moment} =");
    let lines = DESIGN.lines().skip_while(|line| !line.starts_with(&head)).skip(1);
    lines.take(rows.into()).collect()
}

/// The place of each part that a screen is built of.
fn built<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<(usize, usize, char)> {
    let parts = |(row, line): (usize, &'l str)| {
        let symbols = line.chars().enumerate().map(move |(column, symbol)| (row, column, symbol));
        symbols.filter(|(.., symbol)| BUILT_OF.contains(*symbol)).collect::<Vec<_>>()
    };
    lines.enumerate().flat_map(parts).collect()
}

/// Compares the screens of a moment with those that were looked at.
fn assert_frames(name: &str, until: Moment) {
    for ((columns, rows), frame) in WINDOWS.into_iter().zip(frames(until)) {
        assert_eq!(frame.lines().count(), usize::from(rows));
        assert!(frame.lines().all(|line| line.chars().count() <= usize::from(columns)), "{frame}");
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), frame);
    }
}

#[test]
fn a_caller_waits_in_the_lobby_and_the_others_are_on_hook() {
    assert_frames("lobby", Moment::Lobby);
}

#[test]
fn the_demo_pin_is_named_at_the_moment_it_is_asked_for() {
    assert_frames("asked", Moment::Asked);
}

#[test]
fn every_screen_is_built_as_it_was_designed() {
    let moments = [
        ("lobby", Moment::Lobby),
        ("PIN asked", Moment::Asked),
        ("after three wrong PINs", Moment::NoTries),
        ("meeting", Moment::Meeting),
    ];
    for (name, moment) in moments {
        for (window, frame) in WINDOWS.into_iter().zip(frames(moment)) {
            let design = designed(window, name);
            assert_eq!(design.len(), usize::from(window.1), "{name}, {window:?}");
            assert_eq!(built(frame.lines()), built(design.into_iter()), "{name}, {window:?}:\n{frame}");
        }
    }
}

#[test]
fn bars_are_measured_on_the_music_that_is_heard() {
    let story = demo::story();
    let (bars, begun, now) = paused(async {
        let mut player = Player::metered(&story).await;
        play(&mut player, Moment::Lobby).await;
        let handset = player.model.focused();
        let Source::HoldMusic { begun } = handset.source else { panic!("it hears {:?}", handset.source) };
        (handset.levels[0].bars(20), begun, player.calls.clock().now())
    });
    let music: Vec<i16> = Library::built_in().hold_music().samples().collect();
    // The meters began with the clock.
    let columns = now.since(Instant::ZERO).as_millis() / COLUMN_TIME.as_millis();
    let expected = (columns - 20..columns).map(|column| {
        let from = Instant::ZERO + COLUMN_TIME * u32::try_from(column).unwrap();
        let at = samples_of(from.since(begun)) as usize;
        Level::of_dbm0(level(&music[at..at + samples_of(COLUMN_TIME) as usize])).symbol()
    });
    assert_eq!(bars, expected.collect::<String>());
}

#[test]
fn digits_of_a_pin_are_dots_while_they_arrive() {
    assert_frames("pin", Moment::Pin);
}

#[test]
fn after_three_wrong_pins_the_way_out_is_named() {
    assert_frames("no_tries", Moment::NoTries);
}

#[test]
fn the_meeting_shows_who_talks_and_who_is_muted() {
    assert_frames("meeting", Moment::Meeting);
}
