//! What would reach the loudspeaker, without one: sample by sample against the timeline of what was heard.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use attendant::control::call::{Language, Prompt};
use attendant::media::dtmf::detector::decode;
use attendant::media::library::Library;
use attendant::media::rate::{FRAME, samples_of};
use attendant::phone::carrier::Carrier as _;
use attendant::phone::demo;
use attendant::phone::monitor::{MonitorSound, listen};
use attendant::terminal::keymap::Key;

use super::{Player, paused};

/// Lets the player's focused handset be heard, into memory.
fn hear(player: &mut Player<'_>) -> Arc<Mutex<Vec<MonitorSound>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (cues, clock, kept) = (player.cues.take().unwrap(), player.calls.clock(), Arc::clone(&heard));
    tokio::spawn(async move {
        listen(Library::built_in(), clock, cues, None, |frame| kept.lock().unwrap().push(*frame)).await;
    });
    heard
}

fn line(heard: &Mutex<Vec<MonitorSound>>) -> Vec<i16> {
    heard.lock().unwrap().iter().flat_map(|heard| heard.line).collect()
}

fn speaker(heard: &Mutex<Vec<MonitorSound>>) -> Vec<i16> {
    heard.lock().unwrap().iter().flat_map(|heard| heard.speaker).collect()
}

fn prompt(prompt: Prompt) -> Vec<i16> {
    Library::built_in().prompt(prompt, Language::EnUs).unwrap().samples().collect()
}

fn put(into: &mut [i16], at: usize, samples: &[i16]) {
    let count = samples.len().min(into.len().saturating_sub(at));
    into[at..at + count].copy_from_slice(&samples[..count]);
}

#[test]
fn prompts_and_music_are_played_to_the_sample() {
    let story = demo::story();
    let heard = paused(async {
        let mut player = Player::new(&story).await;
        let heard = hear(&mut player);
        player.wait(Duration::from_millis(7)).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.pastes("3141592#").await;
        player.hears(0, "hold music").await;
        player.wait_secs(5).await;
        heard
    });
    // Dialled after 7 ms; the first of eight keys cut the welcome short after a second, and 1.4 s later they were all
    // keyed. After the question come five seconds of silence, the name, which takes ten, and the music.
    let millis = |time: usize| time * 8;
    let whole = |prompt: Prompt| samples_of(Library::built_in().duration(prompt, Language::EnUs)) as usize;
    let heard = line(&heard);
    let mut expected = vec![0; heard.len()];
    put(&mut expected, millis(7), &prompt(Prompt::Welcome)[..millis(1_000)]);
    let mut at = millis(1_007 + 1_400);
    put(&mut expected, at, &prompt(Prompt::PressStarIfOrganizer));
    at += whole(Prompt::PressStarIfOrganizer) + millis(5_000);
    put(&mut expected, at, &prompt(Prompt::SayYourName));
    at += whole(Prompt::SayYourName);
    let high = Prompt::Tone(attendant::control::call::Tone::High);
    put(&mut expected, at, &prompt(high));
    at += whole(high) + millis(10_000);
    put(&mut expected, at, &prompt(Prompt::HoldForOrganizer));
    at += whole(Prompt::HoldForOrganizer);
    put(&mut expected, at, &Library::built_in().hold_music().samples().collect::<Vec<_>>());
    assert!(heard.len() > at + 5 * 8_000, "music is in it");
    let differs = heard.iter().zip(&expected).position(|(heard, expected)| heard != expected);
    assert_eq!(differs, None, "of {} samples", heard.len());
}

#[test]
fn keys_sound_at_the_loudspeaker_and_are_in_no_recording() {
    let story = demo::story();
    let heard = paused(async {
        let mut player = Player::new(&story).await;
        let heard = hear(&mut player);
        player.key(Key::Enter).await;
        player.hears(0, "enter-conference-id").await;
        player.types("31#").await;
        player.wait_secs(1).await;
        heard
    });
    let keys =
        |samples: &[i16]| -> Vec<char> { decode(samples).iter().map(|key| key.digit.symbol()).collect() };
    assert_eq!(keys(&speaker(&heard)), ['3', '1', '#']);
    assert_eq!(keys(&line(&heard)), [' '; 0]);
}

#[test]
fn talkers_are_heard_unless_the_loudspeaker_is_muted() {
    let story = demo::story();
    paused(async {
        let mut player = Player::new(&story).await;
        let heard = hear(&mut player);
        let mut seconds = Vec::new();
        let mut mark = |heard: &Mutex<Vec<MonitorSound>>| {
            let all = heard.lock().unwrap();
            let last = &all[all.len() - 50..];
            let loud = |samples: &[i16; FRAME]| samples.iter().any(|sample| *sample != 0);
            let found = (last.iter().any(|it| loud(&it.line)), last.iter().any(|it| loud(&it.speaker)));
            seconds.push(found);
        };
        player.key(Key::BackTab).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.pastes("3141592#*27182#").await;
        player.hears(2, "the meeting").await;
        player.wait_secs(2).await;
        player.key(Key::BackTab).await;
        player.key(Key::Enter).await;
        player.wait_secs(1).await;
        player.pastes("3141592#").await;
        player.hears(1, "the meeting").await;
        player.wait_secs(10).await;
        mark(&heard);
        // Amos talks, and Kim listens.
        player.key(Key::Tab).await;
        player.types("t").await;
        player.key(Key::BackTab).await;
        player.wait_secs(2).await;
        mark(&heard);
        player.types("m").await;
        player.wait_secs(2).await;
        mark(&heard);
        assert_eq!(seconds, [(false, false), (true, true), (true, false)]);
    });
}
