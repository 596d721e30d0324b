//! The telephone at the keyboard: its model with an exchange while tokio's clock stands still, the sound that one hears,
//! and the program itself, in pipes and on real terminals.

mod loudspeaker;
mod pipes;
mod screen;
mod session;
mod sound;
mod terminal;

pub(super) use screen::waiting_in_the_lobby;

use std::sync::Arc;
use std::time::Duration;

use attendant::clock::Pace;
use attendant::control::call::Digit;
use attendant::control::time::Instant;
use attendant::phone::call::Calls;
use attendant::phone::demo;
use attendant::phone::handset::Line;
use attendant::phone::keymap::Key;
use attendant::phone::model::{Input, Order, PhoneModel};
use attendant::phone::monitor::Cue;
use attendant::scenario::story::Story;
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
    /// What the model ordered, in order.
    orders: Vec<Order>,
}

impl<'s> Player<'s> {
    async fn new(story: &'s Arc<Story>) -> Self {
        let (calls, cues) = Calls::open(story, 1, Pace::Lockstep, true).await.unwrap();
        Self { model: PhoneModel::new(story), calls, cues, orders: Vec::new() }
    }

    /// Lets the clock go on for so long.
    async fn wait(&mut self, time: Duration) {
        let clock = self.calls.clock();
        let until = clock.now() + time;
        loop {
            self.obey().await;
            let due = self.model.poll_timeout().unwrap_or(Instant::NEVER).min(until);
            tokio::select! {
                biased;
                news = self.calls.news() => self.model.hear(clock.now(), news.unwrap()),
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
        panic!("{what} is not heard: {:#?}", self.model.log);
    }

    fn log(&self) -> String {
        self.model.log.iter().map(|(_, line)| format!("{line}\n")).collect()
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
            ("314x".to_owned(), "symbol 4 of the pasted text is not a key: keys are 0-9 * # A-D"),
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
        assert!(player.log().contains("pat keys conference ID 3141592"), "{}", player.log());
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
        assert!(player.log().contains("amos has a new PIN"), "{}", player.log());
        assert!(!player.log().contains(&pin.reveal().reveal()));
    });
}

#[test]
fn keys_are_shown_masked_but_for_the_star_and_the_pound_key() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.types("3141592#*").await;
        assert_eq!(player.model.focused().keyed, "•••••••#*");
    });
}
