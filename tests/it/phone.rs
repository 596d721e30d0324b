//! The telephone at the keyboard: its model with an exchange while tokio's clock stands still, the sound that one hears,
//! and the program itself, in pipes and on real terminals.

mod events;
mod frames;
mod loudspeaker;
mod pipes;
mod remote;
mod screen;
mod session;
mod sound;
mod terminal;

pub(super) use screen::asked_for_the_pin;

use std::sync::Arc;
use std::time::Duration;

use attendant::clock::Pace;
use attendant::control::call::Digit;
use attendant::control::time::Instant;
use attendant::media::library::Library;
use attendant::phone::call::Calls;
use attendant::phone::carrier::Carrier as _;
use attendant::phone::demo;
use attendant::phone::handset::Line;
use attendant::phone::meter::{LEVELS_MAX, Levels};
use attendant::phone::model::{Input, Order, PhoneModel};
use attendant::phone::monitor::{Cue, listen};
use attendant::scenario::story::Story;
use attendant::terminal::keymap::Key;
use tokio::sync::mpsc;

/// Runs with a clock that goes on only when there is nothing to do.
fn paused<R>(test: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(test)
}

/// The demo directory with its handsets, as somebody at the keyboard plays them.
struct Player<'s> {
    model: PhoneModel<'s>,
    calls: Calls,
    cues: Option<mpsc::Receiver<Cue>>,
    /// How loud the telephones are, if they are metered.
    levels: Option<mpsc::Receiver<Levels>>,
    /// What the model ordered, in order.
    orders: Vec<Order>,
    /// The lines of what happened, as they are written without a screen.
    written: Vec<String>,
}

impl<'s> Player<'s> {
    async fn new(story: &'s Arc<Story>) -> Self {
        let (calls, cues) = Calls::open(story, 1, Pace::Lockstep, true).await.unwrap();
        Self {
            model: PhoneModel::new(story),
            calls,
            cues,
            levels: None,
            orders: Vec::new(),
            written: Vec::new(),
        }
    }

    /// The same, with what is heard on meters.
    async fn metered(story: &'s Arc<Story>) -> Self {
        let mut player = Self::new(story).await;
        let (levels, taken) = mpsc::channel(LEVELS_MAX);
        let (cues, clock) = (player.cues.take().unwrap(), player.calls.clock());
        tokio::spawn(async move { listen(Library::built_in(), clock, cues, Some(levels), |_| {}).await });
        player.levels = Some(taken);
        player
    }

    async fn levels(levels: &mut Option<mpsc::Receiver<Levels>>) -> Option<Levels> {
        levels.as_mut()?.recv().await
    }

    /// Lets the clock go on for so long.
    async fn wait(&mut self, time: Duration) {
        let clock = self.calls.clock();
        let until = clock.now() + time;
        loop {
            self.obey().await;
            self.written.extend(self.model.events.settle(clock.now()).map(ToString::to_string));
            let due = self.model.poll_timeout().into_iter().chain(self.model.events.settles_at());
            let due = due.min().unwrap_or(Instant::NEVER).min(until);
            tokio::select! {
                biased;
                news = self.calls.news() => self.model.hear(clock.now(), news.unwrap()),
                Some(levels) = Self::levels(&mut self.levels) => {
                    self.model.handle_input(clock.now(), Input::Levels(&levels));
                }
                () = clock.sleep_until(due) => {
                    self.model.handle_timeout(clock.now());
                    if clock.now() >= until {
                        return self.obey().await;
                    }
                }
            }
        }
    }

    async fn wait_secs(&mut self, secs: u64) {
        self.wait(Duration::from_secs(secs)).await;
    }

    async fn obey(&mut self) {
        while let Some(order) = self.model.poll_order() {
            self.calls.carry(&order, &mut self.model).await;
            self.orders.push(order);
        }
    }

    async fn key(&mut self, key: Key) {
        self.model.handle_input(self.calls.clock().now(), Input::Key(key));
        self.obey().await;
    }

    /// Types each of these, a moment apart.
    async fn types(&mut self, symbols: &str) {
        for symbol in symbols.chars() {
            self.key(Key::Char { symbol, held: false }).await;
            self.wait(Duration::from_millis(230)).await;
        }
    }

    async fn pastes(&mut self, text: &str) {
        self.model.handle_input(self.calls.clock().now(), Input::Paste(text));
        self.wait(Duration::from_millis(200 * text.len() as u64)).await;
    }

    /// Waits until a handset hears this, by its words on the screen.
    async fn hears(&mut self, who: usize, what: &str) {
        let story = self.model.story();
        for _ in 0..1_000 {
            let now = self.calls.clock().now();
            let heard = attendant::phone::describe::hearing(&self.model, who, now, &story.given.library);
            if heard.name.starts_with(what) {
                return;
            }
            self.wait(Duration::from_millis(100)).await;
        }
        panic!("{what} is not heard: {}", self.log());
    }

    /// Lets the clock go on to a moment, in milliseconds.
    async fn wait_until(&mut self, millis: u64) {
        let now = self.calls.clock().now();
        self.wait(Instant::from_millis(millis).since(now)).await;
    }

    fn log(&self) -> String {
        self.model.events.lines().iter().map(|line| format!("{line}\n")).collect()
    }
}

#[test]
fn a_held_key_sounds_until_any_other_key_and_counts_once() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.key(Key::Char { symbol: '3', held: true }).await;
        player.wait_secs(4).await;
        assert_eq!(player.model.focused().down.map(|down| down.digit), Digit::from_symbol('3'));
        player.key(Key::Char { symbol: 'q', held: false }).await;
        player.wait_secs(1).await;
        assert_eq!(player.model.focused().down, None);
        let pressed = player.orders.iter().filter(|order| matches!(order, Order::Press(..))).count();
        assert_eq!(pressed, 1);
        assert!(
            !player.orders.iter().any(|order| matches!(order, Order::Quit { .. })),
            "q ended the key only"
        );
    });
}

#[test]
fn only_a_whole_number_can_be_pasted() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        for (text, says) in [
            ("7".repeat(10_000), "10000 keys are too many: at most 64 can be pasted"),
            (
                "314x".to_owned(),
                "symbol 4 of the pasted text is not a key: keys are 0-9 * # A-D, pauses w W and ,",
            ),
        ] {
            player.pastes(&text[..text.len().min(5)]).await;
            player.model.handle_input(player.calls.clock().now(), Input::Paste(&text));
            assert_eq!(player.model.note, says);
            player.key(Key::Backspace).await;
            player.wait_secs(1).await;
            player.key(Key::Enter).await;
            player.wait_secs(1).await;
        }
        player.pastes("314-1592 #").await;
        assert!(player.log().contains("Pat keys 3141592#: the meeting of Amos"), "{}", player.log());
    });
}

#[test]
fn a_handset_that_hung_up_calls_again() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        for _ in 0..2 {
            player.key(Key::Enter).await;
            player.wait_secs(1).await;
            assert!(matches!(player.model.focused().line, Line::Up(_)));
            player.types("h").await;
            assert!(matches!(player.model.focused().line, Line::OnHook(Some(_))));
        }
    });
}

#[test]
fn the_new_pin_is_shown_until_the_next_key() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.types("or").await;
        let (organizer, pin) = player.model.shown_pin.expect("it is shown");
        assert_eq!(organizer, 0);
        player.key(Key::Escape).await;
        assert!(player.model.shown_pin.is_none());
        player.wait_secs(1).await;
        assert!(player.log().contains("Amos has a new PIN"), "{}", player.log());
        assert!(!player.log().contains(&pin.reveal().reveal()));
    });
}

#[test]
fn keys_are_masked_but_for_what_the_bridge_took() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        let shown = |player: &Player<'_>| player.model.focused().keyed.shown(40);
        player.types("3141592").await;
        assert_eq!(shown(&player), "•••••••");
        player.types("#").await;
        assert_eq!(shown(&player), "conference ID 314 1592 #");
        player.types("*27").await;
        assert_eq!(shown(&player), "* PIN ••");
        player.types("182#").await;
        player.hears(0, "the meeting").await;
        assert_eq!(shown(&player), "");
        player.types("*6").await;
        assert_eq!(shown(&player), "*6");
        player.types("27").await;
        assert_eq!(shown(&player), "• ignored");
    });
}

#[test]
fn pauses_in_typed_and_pasted_keys_wait_their_time() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        let pressed = |player: &Player<'_>| {
            player.orders.iter().filter(|order| matches!(order, Order::Press(..))).count()
        };
        player.types("3,1w4").await;
        assert_eq!(pressed(&player), 1, "the comma pauses two seconds");
        player.wait(Duration::from_millis(1_400)).await;
        assert_eq!(pressed(&player), 2);
        player.wait_secs(1).await;
        assert_eq!(pressed(&player), 3);
        player.model.handle_input(player.calls.clock().now(), Input::Paste("1W59,2#"));
        player.wait(Duration::from_millis(1_100)).await;
        assert_eq!(pressed(&player), 4);
        player.wait_secs(4).await;
        assert_eq!(pressed(&player), 8);
    });
}

#[test]
fn function_keys_select_telephones_and_digits_do_not() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Function(3)).await;
        assert_eq!(player.model.focus, 2);
        player.types("1").await;
        assert_eq!(
            (player.model.focus, player.model.note.as_str()),
            (2, "no call: press Enter to call the bridge")
        );
        player.key(Key::Function(4)).await;
        assert_eq!(
            (player.model.focus, player.model.note.as_str()),
            (2, "F4 is not a telephone: there are 3")
        );
    });
}
