//! Carries between the model and another bridge: one telephone, whose calls are SIP and RTP over UDP. What the bridge does is
//! concluded from what is heard.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::carrier::{Carrier, ExchangeEvent};
use super::handset::KEY_TIME;
use super::microphone;
use super::model::{Order, PhoneModel, Sound};
use super::monitor::{CUES_MAX, Cue};
use super::unknown::Unknown;
use crate::bridge::protocol::{OutwardAction, Report};
use crate::clock::Clock;
use crate::control::call::{Digit, LegId};
use crate::control::caller;
use crate::control::conclusions::{Conclusion, Conclusions};
use crate::control::event::{Event, MeetingEvent, MeetingId, StartRight};
use crate::control::time::Instant;
use crate::exchange::{LineId, LineReport};
use crate::leg::log::Entry;
use crate::leg::outward::{self, News, Person, Placed, Speech, Told, Way};
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::{Params, Story};
use crate::sip::uac::End;

/// The telephone, and an organizer of whom nothing is known yet.
const FILE: &str = include_str!("remote.yaml");

/// Actions, reports and news that wait. A person does not fill them.
const WAITING_MAX: usize = 256;

/// Packets of sound that wait: five seconds.
const HEARD_MAX: usize = 256;

/// How long a call may take to end when the telephone is put away: one that was never answered may not end at all.
const GOODBYE: Duration = Duration::from_secs(1);

/// The only meeting that anything is known of.
const MEETING: MeetingId = MeetingId(0);

/// Returns the telephone as a story.
///
/// # Panics
/// Never: a test reads it.
#[must_use]
pub fn story() -> Arc<Story> {
    let mut sources = Sources::new(|_| Ok(FILE.as_bytes().to_vec()));
    let stories = read("remote.yaml", &mut sources, &Params::new()).unwrap_or_default();
    Arc::new(stories.into_iter().next().expect("the telephone is a sound scenario"))
}

/// A telephone that calls another bridge.
#[derive(Debug)]
pub struct RemoteCalls {
    clock: Clock,
    actions: mpsc::Sender<Placed>,
    told: mpsc::Receiver<Told>,
    news: mpsc::Receiver<News>,
    heard: mpsc::Receiver<Vec<i16>>,
    cues: Option<mpsc::Sender<Cue>>,
    speech: Speech,
    /// Calls so far.
    calls: u32,
    call: Option<Conclusions>,
    /// Somebody has joined, and so the meeting has started.
    has_started: bool,
    unknown: Unknown,
    /// A key that is held, and since when: how long, is known when it goes up.
    held: Option<(Digit, Instant)>,
    pin_tries: u8,
    /// What is to be told, in order.
    waiting: VecDeque<ExchangeEvent>,
    /// When what was told last happened: what is known late is not told as if it were earlier.
    last: Instant,
    carrying: JoinHandle<()>,
}

impl RemoteCalls {
    /// A telephone on its hook, which calls as these settings say; with the cues for a monitor, if somebody is to listen.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O.
    #[must_use]
    pub fn open(
        story: &Story,
        settings: outward::Settings,
        listens: bool,
    ) -> (Self, Option<mpsc::Receiver<Cue>>) {
        let (actions, placed) = mpsc::channel(WAITING_MAX);
        let (reports, told) = mpsc::channel(WAITING_MAX);
        let (tell, news) = mpsc::channel(WAITING_MAX);
        let (hears, heard) = mpsc::channel(HEARD_MAX);
        let (cues, listened) = if listens {
            let (cues, listened) = mpsc::channel(CUES_MAX);
            (Some(cues), Some(listened))
        } else {
            (None, None)
        };
        let speech = Speech::default();
        let person = Person { hears, news: tell, speech: speech.clone() };
        let clock = settings.clock;
        let settings = outward::Settings { person: Some(person), ..settings };
        let carrying = tokio::spawn(outward::carry(settings, Way { actions: placed, reports }));
        let calls = Self {
            clock,
            actions,
            told,
            news,
            heard,
            cues,
            speech,
            calls: 0,
            call: None,
            has_started: false,
            unknown: Unknown::default(),
            held: None,
            pin_tries: story.given.policy.dialog.pin.tries.get(),
            waiting: VecDeque::new(),
            last: Instant::ZERO,
            carrying,
        };
        (calls, listened)
    }

    fn act(&mut self, action: OutwardAction) {
        let now = self.clock.now();
        if self.actions.try_send(Placed { part: 0, at: now, action }).is_err() {
            self.waiting.push_back(ExchangeEvent::Note("the telephone does not keep up".to_owned()));
        }
    }

    fn dial(&mut self) {
        let now = self.clock.now();
        self.calls += 1;
        (self.last, self.has_started) = (now, false);
        let leg = LegId::new(self.calls.into());
        self.waiting.push_back(ExchangeEvent::Entry(now, Entry::Dials { part: 0, leg }));
        self.call = Some(Conclusions::new(leg, self.pin_tries));
        self.conclude(now);
        self.act(OutwardAction::Dial { call: self.calls, number: Some(0), from: None });
    }

    fn press(&mut self, digit: Digit, is_held: bool) {
        let now = self.clock.now();
        if is_held {
            self.held = Some((digit, now));
        } else {
            self.act(OutwardAction::Press(digit, KEY_TIME));
        }
        if let Some(call) = &mut self.call {
            call.pressed(digit);
        }
        self.conclude(now);
    }

    fn sound(&mut self, sound: Sound) {
        if sound == Sound::KeyUp
            && let Some((digit, since)) = self.held.take()
        {
            self.act(OutwardAction::Press(digit, self.clock.now().since(since)));
        }
        if let Sound::Talk(_, talks) = sound {
            self.talk(talks);
        }
        self.cue(Cue::Sound(sound));
    }

    /// A microphone is open for as long as somebody talks, and no longer.
    fn talk(&mut self, talks: bool) {
        self.speech.stop();
        if talks && let Err(why) = microphone::open(&self.speech) {
            self.speech.speak_in_a_tone();
            self.waiting.push_back(ExchangeEvent::Note(format!("{}: a tone speaks for you", why.0)));
        }
    }

    fn cue(&self, cue: Cue) {
        if let Some(cues) = &self.cues {
            // A monitor that is so late has lost its place anyway.
            let _late = cues.try_send(cue);
        }
    }

    fn told(&mut self, Told { call, input, .. }: Told) {
        let now = self.clock.now();
        if call != self.calls {
            return;
        }
        match input {
            caller::Input::Answered => {
                if let Some(call) = &mut self.call {
                    call.answered();
                }
                let leg = LegId::new(call.into());
                self.report(now, Report::Answered { leg });
                self.conclude(now);
            }
            caller::Input::HasHeard(source, since) => {
                self.unknown.known(source);
                let at = since.max(self.last).min(now);
                if let Some(call) = &mut self.call {
                    call.heard(source, |_| MEETING);
                }
                self.conclude(at);
                self.report(at, Report::Hears(source));
            }
            caller::Input::Ended(cause) => {
                self.talk(false);
                if let Some(mut call) = self.call.take() {
                    call.ended(cause);
                    call.left();
                    self.conclude_of(now, &mut call);
                }
                self.report(now, Report::Ended(cause));
            }
            // Nobody tells these of a call that left the program.
            caller::Input::Go
            | caller::Input::Hears(_)
            | caller::Input::Announced(_)
            | caller::Input::Voice(..)
            | caller::Input::HasHeardVoice(..)
            | caller::Input::Spelled(_)
            | caller::Input::Signal(..)
            | caller::Input::Acted { .. }
            | caller::Input::Leave
            | caller::Input::GiveUp => {}
        }
    }

    fn hear(&mut self, samples: Vec<i16>) {
        let now = self.clock.now();
        if let Some(is_heard) = self.unknown.hear(&samples) {
            self.waiting.push_back(ExchangeEvent::Unknown(0, now, is_heard));
        }
        self.cue(Cue::Heard(samples));
    }

    fn report(&mut self, at: Instant, report: Report) {
        let report = LineReport { at, line: LineId(0), report };
        self.waiting.push_back(ExchangeEvent::Report(0, report));
    }

    fn conclude(&mut self, at: Instant) {
        if let Some(mut call) = self.call.take() {
            self.conclude_of(at, &mut call);
            self.call = Some(call);
        }
    }

    fn conclude_of(&mut self, at: Instant, call: &mut Conclusions) {
        // Nothing that is heard is known more exactly.
        let at = Instant::from_millis(at.millis());
        self.last = self.last.max(at);
        while let Some(conclusion) = call.poll_output() {
            match conclusion {
                Conclusion::RightPin(_, pin) => self.waiting.push_back(ExchangeEvent::RightPin(0, pin)),
                Conclusion::Event(event) => {
                    if let Event::Meeting(MeetingEvent::Joined { meeting, leg, .. }) = event
                        && !std::mem::replace(&mut self.has_started, true)
                    {
                        let (right, releases) = (StartRight::Pin, false);
                        let started = MeetingEvent::Started { meeting, by: leg, right, releases };
                        self.entry(at, started.into());
                    }
                    self.entry(at, event);
                }
            }
        }
    }

    fn entry(&mut self, at: Instant, event: Event) {
        self.waiting.push_back(ExchangeEvent::Entry(at, Entry::Event(event)));
    }
}

impl Carrier for RemoteCalls {
    fn clock(&self) -> Clock {
        self.clock
    }

    async fn news(&mut self) -> Option<ExchangeEvent> {
        loop {
            if let Some(news) = self.waiting.pop_front() {
                return Some(news);
            }
            tokio::select! {
                biased;
                Some(told) = self.told.recv() => self.told(told),
                Some(news) = self.news.recv() => self.waiting.extend(note_of(news).map(ExchangeEvent::Note)),
                Some(samples) = self.heard.recv() => self.hear(samples),
                else => return None,
            }
        }
    }

    fn try_news(&mut self) -> Option<ExchangeEvent> {
        while let Ok(samples) = self.heard.try_recv() {
            self.hear(samples);
        }
        while let Ok(told) = self.told.try_recv() {
            self.told(told);
        }
        self.waiting.pop_front()
    }

    fn missed(&self) -> u64 {
        0
    }

    async fn carry(&mut self, order: &Order, model: &mut PhoneModel<'_>) {
        match order {
            Order::Dial(_) => self.dial(),
            Order::HangUp(_) => self.act(OutwardAction::HangUp),
            Order::Press(who, digit) => {
                let is_held = model.handsets[*who].down.is_some_and(|down| down.until == Instant::NEVER);
                self.press(*digit, is_held);
            }
            Order::Sound(sound) => self.sound(*sound),
            // The model orders none of another bridge.
            Order::Act(_) => {}
            Order::Save | Order::Suspend | Order::Redraw | Order::Quit { .. } => {}
        }
        while let Some(news) = self.waiting.pop_front() {
            model.hear(self.clock.now(), news);
        }
    }

    async fn shut_down(mut self, model: &mut PhoneModel<'_>) {
        self.speech.stop();
        if self.call.is_some() {
            self.act(OutwardAction::HangUp);
            let late = self.clock.now() + GOODBYE;
            let clock = self.clock;
            while self.call.is_some() {
                tokio::select! {
                    Some(news) = self.news() => model.hear(clock.now(), news),
                    () = clock.sleep_until(late) => break,
                }
            }
        }
        while let Some(news) = self.try_news() {
            model.hear(self.clock.now(), news);
        }
        drop(self.actions);
        // It goes on for a while, to answer what comes again; nobody waits for that.
        self.carrying.abort();
    }
}

/// What a person is told of the end of a call, beside that it is over.
fn note_of(news: News) -> Option<String> {
    match news {
        News::Ringing => Some("it rings".to_owned()),
        News::Ended(end) => match end {
            End::Ours | End::Peer | End::Cancelled => None,
            End::Refused(code) => {
                Some(format!("the bridge does not take the call: SIP {code}{}", reason(code)))
            }
            End::Redirected(code) => {
                Some(format!("the bridge sends the call elsewhere (SIP {code}), which is not followed"))
            }
            End::Unauthorized => Some("the bridge asks for a password, or refuses this one".to_owned()),
            End::NoAnswer => Some("nobody answered within 32 s".to_owned()),
            End::Unreachable => Some("nobody can be reached at that address".to_owned()),
            End::Malformed => Some("the bridge's answer cannot be read".to_owned()),
            End::NoMedia(error) => Some(format!("the bridge's sound cannot be used: {error}")),
            End::SessionExpired => Some("the session was not refreshed in time".to_owned()),
            End::Lost => Some("the bridge does not know the call any more".to_owned()),
        },
    }
}

/// The words of the answers that telephones meet most (RFC 3261 section 21).
fn reason(code: u16) -> &'static str {
    match code {
        403 => " (forbidden)",
        404 => " (no such number)",
        408 | 480 => " (nobody there)",
        486 | 600 => " (busy)",
        488 | 606 => " (not this sound)",
        503 => " (overloaded)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telephone_is_a_story_with_one_organizer_who_is_not_known() {
        let story = story();
        let names: Vec<_> = story.cast.roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(names, ["phone"]);
        assert_eq!(story.given.organizers[0].conference_id, None);
        assert!(story.given.organizers[0].pin.is_none());
    }

    #[test]
    fn only_unusual_ends_are_told_apart() {
        assert_eq!(note_of(News::Ended(End::Peer)), None);
        assert_eq!(
            note_of(News::Ended(End::Refused(404))).unwrap(),
            "the bridge does not take the call: SIP 404 (no such number)"
        );
    }
}
