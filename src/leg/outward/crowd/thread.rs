//! The thread of a crowd: the only loop, and the only sockets. Each millisecond it takes what scripts do, sends the packets of
//! the calls whose turn it is, takes in what came, and does what is due.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::mpsc::error::TryRecvError;

use super::calls::Calls;
use super::figures::StreamFigures;
use super::meetings::Meetings;
use super::row::{Row, Sound};
use super::sockets::Sockets;
use super::stream::{Hears, Stream};
use super::{Named, Settings, Shared};
use crate::bridge::protocol::OutwardAction;
use crate::control::call::{Digit, HangupCause, LegId, Speech};
use crate::control::caller;
use crate::control::conclusions::{Conclusion, Conclusions};
use crate::control::event::{CallEvent, Event, MeetingEvent};
use crate::control::time::Instant;
use crate::leg::cast::KeyPath;
use crate::leg::log::{Entry, Sink};
use crate::leg::outward::call::{cause_of, who};
use crate::leg::outward::mouth::{Mouth, Saying};
use crate::leg::outward::tone::voice_of;
use crate::leg::outward::{Handset, LOG, Placed, Told, Way};
use crate::rtp::slots::SLOTS;
use crate::sip::guard::{self, Verdict};
use crate::sip::keys::InfoKey;
use crate::sip::message::{Message, Method, NameAddr, Uri};
use crate::sip::offer::{Agreed, LocalAddress};
use crate::sip::transport::Transport;
use crate::sip::uac::{End, Output, Setup, Uac};

/// Sockets that are looked at in one turn.
const EVENTS: usize = 4_096;

/// Datagrams that are read of one socket in one turn.
const READS: usize = 64;

/// Actions that are taken in one turn.
const ACTIONS: usize = 512;

/// Turns after which what was counted is shown: 100 ms.
const SHOWN_EVERY: u64 = 100;

/// How long a call that is over answers what comes again.
const LINGER: Duration = Duration::from_secs(5);

/// How long calls may take to end once all are to.
const GOODBYE: Duration = Duration::from_secs(1);

pub(super) struct Thread<S> {
    settings: Settings,
    way: Way,
    sink: S,
    shared: Arc<Shared>,
    poll: Poll,
    sockets: Sockets,
    calls: Calls,
    meetings: Meetings,
    hears: Hears,
    chance: ChaCha8Rng,
    figures: StreamFigures,
    /// Sockets that have more than was read.
    unread: Vec<Token>,
    /// The first millisecond that has not been handled.
    next: u64,
    /// Calls so far, and the number of the first.
    placed: u64,
    first_leg: u64,
}

impl<S: Sink> Thread<S> {
    pub(super) fn new(
        lane: usize,
        settings: Settings,
        way: Way,
        sink: S,
        shared: Arc<Shared>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let bridge = settings.destination.hop.address;
        let sockets = Sockets::open(&settings.addresses, bridge, poll.registry())?;
        let hears = Hears { books: settings.books.clone(), sounds: Arc::clone(&settings.sounds) };
        Ok(Self {
            chance: ChaCha8Rng::seed_from_u64(settings.secret.wrapping_add(lane as u64)),
            next: settings.clock.now().millis() + 1,
            settings,
            way,
            sink,
            shared,
            poll,
            sockets,
            calls: Calls::new(),
            meetings: Meetings::default(),
            hears,
            figures: StreamFigures::default(),
            unread: Vec::new(),
            placed: 0,
            first_leg: (lane as u64) << 40,
        })
    }

    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut buffer = vec![0; guard::MESSAGE_MAX];
        while !self.shared.stop.load(Ordering::Relaxed) && self.take_actions() {
            self.turn(&mut events, &mut buffer);
        }
        let now = self.settings.clock.now();
        for index in self.calls.indices() {
            self.change(index, |thread, index, row| {
                row.uac.hang_up(now);
                thread.settle(now, index, row);
            });
        }
        let until = now + GOODBYE;
        while self.calls.are_waited_for() && self.settings.clock.now() < until {
            self.turn(&mut events, &mut buffer);
        }
        self.show();
    }

    fn turn(&mut self, events: &mut Events, buffer: &mut [u8]) {
        self.wait();
        self.send();
        self.receive(events, buffer);
        let now = self.settings.clock.now();
        while let Some(index) = self.calls.pop_due(now) {
            self.change(index, |thread, index, row| thread.do_due(now, index, row));
        }
        if self.next.is_multiple_of(SHOWN_EVERY) {
            self.show();
        }
    }

    fn wait(&self) {
        let next = Instant::from_millis(self.next);
        loop {
            let left = self.settings.clock.until(next);
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left);
        }
    }

    fn show(&mut self) {
        let mut shown = self.shared.figures.lock().unwrap_or_else(PoisonError::into_inner);
        shown.merge(&std::mem::take(&mut self.figures));
    }

    /// Takes what scripts do; returns whether there are any.
    fn take_actions(&mut self) -> bool {
        for _ in 0..ACTIONS {
            match self.way.actions.try_recv() {
                Ok(placed) => self.act(placed),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    fn act(&mut self, Placed { part, at: due, action }: Placed) {
        let now = self.settings.clock.now();
        if let OutwardAction::Dial { call, number, from } = action {
            let target = match number {
                Some(number) => {
                    self.settings.numbers.get(usize::from(number)).or(self.settings.numbers.first())
                }
                None => None,
            };
            let target = target.unwrap_or(&self.settings.unknown).clone();
            if let Err(error) = self.dial((now, due), (part, call), target, from.as_deref()) {
                self.figures.not_placed += 1;
                tracing::warn!(target: LOG, %error, "a call cannot be placed");
                self.tell(part, call, caller::Input::Ended(HangupCause::Lost));
            }
            return;
        }
        let Some(index) = self.calls.of_part(part) else { return };
        self.change(index, |thread, index, row| match action {
            OutwardAction::Press(digit, hold) => thread.press((now, due), row, digit, hold),
            OutwardAction::HangUp => {
                row.conclusions.ended(HangupCause::Caller);
                thread.conclude(row, now, due);
                row.uac.hang_up(now);
                thread.settle(now, index, row);
            }
            OutwardAction::Vanish => {
                thread.over(now, row, HangupCause::Lost);
                thread.leave(row, now);
                row.gone = now;
                row.vanished = true;
            }
            OutwardAction::Say(speech) => thread.say(row, speech),
            OutwardAction::Dial { .. } => {}
        });
    }

    fn dial(
        &mut self,
        (now, due): (Instant, Instant),
        (part, call): (u32, u32),
        target: Uri,
        from: Option<&str>,
    ) -> io::Result<()> {
        let (signalling, home) = self.sockets.next();
        let mut socket = self.sockets.sound(signalling)?;
        let media = socket.local_addr()?;
        let index = self.calls.slots.add().map_err(io::Error::other)?;
        let registered =
            self.poll.registry().register(&mut socket, Token(index as usize), Interest::READABLE);
        if let Err(error) = registered {
            self.calls.slots.remove(index);
            return Err(error);
        }
        let number = self.placed;
        self.placed += 1;
        let Named { user, login } = self.named(number);
        let destination = &self.settings.destination;
        let handset = (self.settings.handset)(part);
        let keys = destination.key_path(handset.keys);
        let caller = u32::try_from(number).unwrap_or(u32::MAX);
        let from = user.as_deref().or(from);
        let setup = Setup {
            target,
            from: match &user {
                Some(user) => NameAddr::new(Uri::sip(Some(user), &home.into())),
                None => who(&destination.identity, caller, from, home.into()),
            },
            token: format!("{:016x}{:016x}", self.chance.random::<u64>(), self.chance.random::<u64>()),
            home: home.into(),
            transport: Transport::Udp,
            login: login.or_else(|| destination.login.clone()),
            media: LocalAddress { rtp: media, rtcp: media },
            codecs: destination.codecs.clone(),
            description_id: self.chance.random::<u64>() >> 2,
            offers_events: !matches!(keys, KeyPath::Inband | KeyPath::Info),
            is_withheld: false,
        };
        let leg = LegId::new(self.first_leg + number);
        let row = Row {
            part,
            call,
            uac: Uac::invite(now, setup),
            signalling,
            socket: Some(socket),
            sound: None,
            conclusions: Conclusions::new(leg, self.settings.pin_tries),
            leg,
            keys_by_info: keys == KeyPath::Info,
            is_over: false,
            has_left: false,
            vanished: false,
            gone: Instant::NEVER,
            armed: None,
            media: self.chance.random(),
            number,
        };
        self.sink.due(due);
        self.sink.take(now, Entry::Dials { part, leg });
        self.calls.insert(index, row);
        self.change(index, |thread, index, row| {
            thread.conclude(row, now, due);
            thread.settle(now, index, row);
        });
        Ok(())
    }

    /// The name of a caller, where callers are named beforehand.
    fn named(&self, number: u64) -> Named {
        let named = &self.settings.named;
        let place = number.checked_rem(named.len() as u64).unwrap_or_default();
        named.get(place as usize).cloned().unwrap_or_default()
    }

    fn press(&mut self, (now, due): (Instant, Instant), row: &mut Row, digit: Digit, hold: Duration) {
        row.conclusions.pressed(digit);
        self.conclude(row, now, due);
        if row.conclusions.has_keyed_pin()
            && let Some((meeting, _)) = row.conclusions.place()
        {
            self.meetings.keyed_pin(meeting, row.leg);
        }
        if row.keys_by_info {
            row.uac.press(now, InfoKey { digit, duration: hold });
        } else if let Some(sound) = &mut row.sound {
            sound.mouth.press(digit, hold);
        }
        self.send_signalling(now, row);
    }

    /// Does something with a call, and plans what is due next at it.
    fn change(&mut self, index: u32, change: impl FnOnce(&mut Self, u32, &mut Row)) {
        let Some(mut row) = self.calls.take(index) else { return };
        change(self, index, &mut row);
        let is_gone = row.vanished || (row.is_over && row.uac.is_over());
        self.calls.put(index, row);
        if is_gone {
            self.remove(index);
        }
    }

    fn remove(&mut self, index: u32) {
        let now = self.settings.clock.now();
        if let Some(mut row) = self.calls.remove(index) {
            self.leave(&mut row, now);
        }
    }

    /// Does what is due at a call that is no packet of sound.
    fn do_due(&mut self, now: Instant, index: u32, row: &mut Row) {
        if row.gone <= now {
            row.vanished = true;
            return;
        }
        if row.uac.poll_timeout().is_some_and(|due| due <= now) {
            row.uac.handle_timeout(now);
            self.settle(now, index, row);
        }
        if row.sound.as_ref().is_some_and(|sound| sound.mouth.poll_keys() <= now) {
            speak(row, now, &mut self.figures);
        }
    }

    /// Sends the packets whose turn has come.
    fn send(&mut self) {
        let until = self.settings.clock.now().millis() + 1;
        for millisecond in self.next..until {
            let due = Instant::from_millis(millisecond);
            let before = self.figures.sent;
            // Calls are neither added nor removed here.
            for place in 0..self.calls.slots.due(millisecond).len() {
                let index = self.calls.slots.due(millisecond)[place];
                if let Some(row) = self.calls.get_mut(index) {
                    speak(row, due, &mut self.figures);
                }
            }
            let sent = self.figures.sent - before;
            self.figures.sent_late.add_many(self.settings.clock.now().since(due), sent);
        }
        self.next = until;
    }

    fn receive(&mut self, events: &mut Events, buffer: &mut [u8]) {
        let unread = std::mem::take(&mut self.unread);
        // Nothing is waited for, and what is interrupted is looked at in a millisecond.
        let _interrupted = self.poll.poll(events, Some(Duration::ZERO));
        for token in unread.into_iter().chain(events.iter().map(|event| event.token())) {
            match self.sockets.number(token) {
                Some(number) => self.receive_messages(token, number, buffer),
                None => self.receive_sound(token, buffer),
            }
        }
    }

    fn receive_messages(&mut self, token: Token, number: usize, buffer: &mut [u8]) {
        let now = self.settings.clock.now();
        for _ in 0..READS {
            match self.sockets.signalling(number).recv(buffer) {
                Ok(length) => self.take_message(now, &buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    self.nobody_there(now, number);
                }
                Err(_) => return,
            }
        }
        self.unread.push(token);
    }

    /// Nobody listens where calls go that use this socket and were not answered.
    fn nobody_there(&mut self, now: Instant, number: usize) {
        for index in self.calls.indices() {
            self.change(index, |thread, index, row| {
                if row.signalling == number && row.sound.is_none() && !row.is_over {
                    row.uac.handle_transport_error(now);
                    thread.settle(now, index, row);
                }
            });
        }
    }

    fn take_message(&mut self, now: Instant, datagram: &[u8]) {
        let bridge = self.settings.destination.hop.address;
        let Verdict::Pass(message) = guard::datagram(datagram, bridge) else { return };
        let Some(index) = message.headers().call_id().ok().and_then(|id| self.calls.by_id(id)) else {
            return;
        };
        let is_goodbye = match &*message {
            Message::Response(response) => {
                response.is_success() && response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Bye)
            }
            Message::Request(_) => false,
        };
        self.change(index, |thread, index, row| {
            row.uac.handle_message(now, *message);
            thread.settle(now, index, row);
            if is_goodbye {
                thread.leave(row, now);
            }
        });
    }

    fn receive_sound(&mut self, token: Token, buffer: &mut [u8]) {
        let now = self.settings.clock.now();
        let Ok(index) = u32::try_from(token.0) else { return };
        self.change_sound(index, |thread, row| {
            for _ in 0..READS {
                let Some(socket) = &row.socket else { return };
                match socket.recv_from(buffer) {
                    Ok((length, from)) => thread.hear(now, row, from, &buffer[..length]),
                    Err(_) => return,
                }
            }
            thread.unread.push(token);
        });
    }

    /// Does something with the sound of a call, which changes nothing that is due.
    fn change_sound(&mut self, index: u32, change: impl FnOnce(&mut Self, &mut Row)) {
        if let Some(mut row) = self.calls.take(index) {
            change(self, &mut row);
            self.calls.put_unchanged(index, row);
        }
    }

    fn hear(&mut self, now: Instant, row: &mut Row, from: SocketAddr, datagram: &[u8]) {
        let Some(sound) = &mut row.sound else { return };
        if from.ip() != sound.agreed.remote.ip() {
            return;
        }
        let mut told = Vec::new();
        sound.stream.take(now, datagram, &mut self.figures, |source, since| told.push((source, since)));
        for (source, since) in told {
            let meetings = &mut self.meetings;
            row.conclusions.heard(source, |digits| meetings.of(digits));
            self.conclude(row, since, since);
            self.tell(row.part, row.call, caller::Input::HasHeard(source, since));
        }
    }

    /// Carries out what the machine of a call wants, and tells the script what became of it.
    fn settle(&mut self, now: Instant, index: u32, row: &mut Row) {
        while let Some(output) = row.uac.poll_output() {
            match output {
                Output::Send(bytes) => {
                    // What finds no room is lost, and sent again.
                    let _lost = self.sockets.signalling(row.signalling).send(&bytes);
                }
                Output::Ringing | Output::EarlyMedia(_) => {}
                Output::Answered => {
                    row.conclusions.answered();
                    self.conclude(row, now, now);
                    self.tell(row.part, row.call, caller::Input::Answered);
                }
                Output::Open(agreed) => self.open(now, index, row, agreed),
                Output::Change(agreed) => {
                    if let Some(sound) = &mut row.sound {
                        sound.agreed = agreed;
                        sound.mouth.agree(agreed);
                        sound.stream.agree(agreed.codec, agreed.payload_type);
                    }
                }
                Output::Ended(end) => {
                    self.over(now, row, cause_of(end));
                    if end != End::Ours {
                        self.leave(row, now);
                    }
                }
            }
        }
    }

    /// Sends what a key by INFO wants to send.
    fn send_signalling(&mut self, now: Instant, row: &mut Row) {
        if row.keys_by_info {
            self.settle(now, 0, row);
        }
    }

    fn open(&mut self, now: Instant, index: u32, row: &mut Row, agreed: Agreed) {
        let Handset { keys, faults } = (self.settings.handset)(row.part);
        let handset = Handset { keys: self.settings.destination.key_path(keys), faults };
        let chance = ChaCha8Rng::seed_from_u64(row.media);
        let voice = voice_of(row.part);
        // The first packet goes in the next turn of the call's slot.
        let (millis, slots) = (now.millis(), SLOTS as u64);
        let began = millis - (millis + slots - u64::from(index) % slots) % slots;
        let is_listened_to = (row.number.wrapping_mul(7_919)) % 10_000 < u64::from(self.settings.listened);
        row.sound = Some(Sound {
            agreed,
            mouth: Mouth::new(Instant::from_millis(began), agreed, &handset, voice, row.media, chance),
            stream: Stream::new(agreed.codec, agreed.payload_type, self.hears.clone(), is_listened_to),
        });
    }

    fn say(&mut self, row: &mut Row, speech: Option<Speech>) {
        if let Some(sound) = &mut row.sound {
            let recording = |place| (self.settings.recording)(row.part, place);
            sound.mouth.say(speech.and_then(|speech| Saying::of(speech, recording)));
        }
    }

    /// The call is over: no sound any more.
    fn over(&mut self, now: Instant, row: &mut Row, cause: HangupCause) {
        if let Some(mut sound) = row.sound.take() {
            sound.stream.end(&mut self.figures);
        }
        if let Some(mut socket) = row.socket.take() {
            // It is closed with the socket in any case.
            let _deregistered = self.poll.registry().deregister(&mut socket);
        }
        if std::mem::replace(&mut row.is_over, true) {
            return;
        }
        row.gone = now + LINGER;
        row.conclusions.ended(cause);
        self.conclude(row, now, now);
        self.tell(row.part, row.call, caller::Input::Ended(cause));
    }

    /// The bridge has let go of the call.
    fn leave(&mut self, row: &mut Row, now: Instant) {
        if std::mem::replace(&mut row.has_left, true) {
            return;
        }
        let meeting = row.conclusions.place().map(|(meeting, _)| meeting);
        row.conclusions.left();
        self.conclude(row, now, now);
        if let Some(meeting) = meeting {
            self.meetings.leave(meeting);
        }
    }

    /// Tells what is concluded: it happened at `at`, and was due at `due`.
    fn conclude(&mut self, row: &mut Row, at: Instant, due: Instant) {
        self.sink.due(due);
        while let Some(conclusion) = row.conclusions.poll_output() {
            let Conclusion::Event(event) = conclusion else { continue };
            if let Event::Call(CallEvent::ConferenceIdKeyed { meeting: Some(meeting), .. }) = event {
                self.meetings.enter(meeting);
            }
            if let Event::Meeting(MeetingEvent::Joined { meeting, leg, admission }) = event
                && let Some(started) = self.meetings.joined(meeting, leg, admission)
            {
                self.sink.take(at, Entry::Event(started.into()));
            }
            self.sink.take(at, Entry::Event(event));
        }
    }

    fn tell(&self, part: u32, call: u32, input: caller::Input) {
        // A lane that is slower than this thread holds it up, and makes the run void. The scripts may be gone.
        let _gone = self.way.reports.blocking_send(Told { part, call, input });
    }
}

/// Sends what is due of a call's sound.
fn speak(row: &mut Row, due: Instant, figures: &mut StreamFigures) {
    let (Some(socket), Some(sound)) = (&row.socket, &mut row.sound) else { return };
    let remote = sound.agreed.remote;
    sound.mouth.handle_timeout(due, |packet| {
        // What finds no room in the socket's buffer is lost, as on any line.
        figures.sent += u64::from(socket.send_to(packet, remote).is_ok());
    });
}
