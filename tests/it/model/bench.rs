//! The real machines on a bench: an attendant for each call, two meetings and the directory, drained completely after
//! each input. Prompts end when a step says so, questions are answered, held or failed, and the clock walks from
//! deadline to deadline. What callers could tell is noted; nothing is looked up inside a machine that they could not.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ::attendant::control::account::AccountAct;
use ::attendant::control::attendant::{self, Attendant, Dialled, MeetingKey, QuestionId};
use ::attendant::control::call::{
    Digits, HangupCause, LegCommand, LegEvent, LegId, PlaybackId, Source, Speech, Utterance,
};
use ::attendant::control::conference::{self, Conference, Voice};
use ::attendant::control::directory::{Directory, NewOrganizer, StoryDirectory as _};
use ::attendant::control::event::{CallEvent, Event, MeetingEvent, MeetingId, Place};
use ::attendant::control::meeting::{self, CheckId, Epoch, TermsId, Unavailable};
use ::attendant::control::pin::{LockState, Pin, PinEntry, Secret};
use ::attendant::control::policy::{OrganizerId, Policy, ServiceNumber};
use ::attendant::control::query::DirectoryQuery as Asked;
use ::attendant::control::time::Instant;

use super::reference::{After, CONFERENCE_IDS, LIMIT_IN_ALL, LIMIT_IN_WINDOW, Model, PASSCODE};
use super::steps::{Key, Mode, STEP, Setting, Step};

const PINS: [&str; 2] = ["20305", "20406"];

/// One call, as the caller and the records know it.
pub(super) struct Call {
    machine: Attendant,
    pub(super) place: &'static str,
    pub(super) hears: &'static str,
    pub(super) began: Vec<&'static str>,
    playing: Option<PlaybackId>,
    meeting: Option<MeetingId>,
    listens: bool,
    talks: bool,
    /// Whom it hears talk.
    pub(super) voices: BTreeSet<usize>,
}

#[derive(Clone, Copy)]
enum DirectoryQuery {
    Find(QuestionId, MeetingKey),
    Check(MeetingId, CheckId, OrganizerId, (Secret, PinEntry)),
    Terms(MeetingId, TermsId, OrganizerId),
}

enum Envelope {
    Attendant(LegId, attendant::Input),
    Meeting(MeetingId, meeting::Input),
    /// To the mix of a meeting.
    Mix(MeetingId, conference::Input),
    Question(LegId, DirectoryQuery),
}

pub(super) struct Bench {
    now: Instant,
    directory: Directory,
    mode: Mode,
    held: Vec<(LegId, DirectoryQuery)>,
    pub(super) calls: Vec<Call>,
    /// The meetings in which somebody is; the first caller of another opens it.
    meetings: [Option<Conference>; 2],
    opened: u64,
    pub(super) locked: [bool; 2],
    pub(super) joined: Vec<usize>,
    /// Every PIN that each organizer has had.
    pins: [Vec<Pin>; 2],
    entropy: u64,
    queue: VecDeque<Envelope>,
    pub(super) steps: usize,
}

impl Bench {
    pub(super) fn new(model: &Model) -> Self {
        let mut policy = Policy::default();
        policy.set("name_recording", &model.settings.name_recording.to_string()).unwrap();
        let after = match model.after_organizer_leaves {
            After::Stay => "stay",
            After::Lobby => "lobby",
            After::End => "end",
        };
        policy.set("after_organizer_leaves", after).unwrap();
        policy.set("start_needs_participants", if model.start_needs_two { "2" } else { "1" }).unwrap();
        policy.set("keys.admit_next", "*#").unwrap();
        policy.set("limits.5", &format!("{LIMIT_IN_WINDOW}/{LIMIT_IN_ALL}")).unwrap();
        let mut directory = Directory::new(policy);
        let pins = [0, 1].map(|of| {
            let new = NewOrganizer {
                conference_id: Digits::from_symbols(CONFERENCE_IDS[of]),
                pin: Pin::from_symbols(PINS[of]),
                passcode: Pin::from_symbols(PASSCODE).filter(|_| model.organizers[of].passcode),
                allow_anonymous_start: Some(model.organizers[of].anonymous_start),
                ..NewOrganizer::default()
            };
            vec![directory.add(&new, &mut || 0).unwrap().pin]
        });
        Self {
            now: Instant::ZERO,
            directory,
            mode: Mode::Answers,
            held: Vec::new(),
            calls: Vec::new(),
            meetings: [None, None],
            opened: 0,
            locked: [false; 2],
            joined: Vec::new(),
            pins,
            entropy: 1,
            queue: VecDeque::new(),
            steps: 0,
        }
    }

    pub(super) fn step(&mut self, step: &Step) {
        self.steps += 1;
        self.joined.clear();
        self.calls.iter_mut().for_each(|call| call.began.clear());
        let mut until = self.now + Duration::from_millis(STEP);
        match *step {
            Step::Phone(ref keys) => {
                self.call(Dialled::Number(Arc::new(ServiceNumber::default())));
                self.carry_all();
                keys.iter().for_each(|key| self.press(self.calls.len() - 1, *key));
            }
            Step::App { organizer, own } => self.call(Dialled::App { organizer: id(organizer), own }),
            Step::Keys(c, ref keys) => keys.iter().for_each(|key| self.press(c, *key)),
            Step::PromptEnds(c) => self.prompt_ends(c),
            Step::PromptsEnd(c) => {
                while self.calls[c].playing.is_some() {
                    self.prompt_ends(c);
                }
            }
            Step::HangUp(c) => self.leg(c, LegEvent::HungUp(HangupCause::Caller)),
            Step::Vanish(c) => self.leg(c, LegEvent::HungUp(HangupCause::Lost)),
            Step::AllHangUp => {
                for c in (0..self.calls.len()).filter(|c| self.calls[*c].place != "gone").collect::<Vec<_>>()
                {
                    self.leg(c, LegEvent::HungUp(HangupCause::Caller));
                    self.carry_all();
                }
            }
            Step::ResetPin(of) => self.reset_pin(of),
            Step::UnlockPin(of) => self.administer(of, AccountAct::UnlockPin),
            Step::AnonymousStart(of, allowed) => {
                self.administer(of, AccountAct::AllowAnonymousStart(allowed));
                self.tell_terms();
            }
            Step::Lock(of, locked) => self.tell(of, meeting::Input::SetLocked { locked }),
            Step::Talk(c, talks) => self.talk(c, talks),
            Step::Act(c, act) => (0..2).for_each(|of| self.tell(of, act.input(leg(c)))),
            Step::EndMeeting(of) => self.tell(of, meeting::Input::End),
            Step::Set(Setting::NameRecording(on)) => self.set("name_recording", &on.to_string()),
            Step::Set(Setting::HangUpAfterLastPin(on)) => {
                self.set("after_last_pin", if on { "hang_up" } else { "lobby" });
            }
            Step::Set(Setting::LobbyTimeLimitSecs(limit)) => {
                self.set("lobby_time_limit", &format!("{limit}s"));
            }
            Step::Set(Setting::Capacity(capacity)) => self.set("capacity", &capacity.to_string()),
            Step::Directory(mode) => self.mode = mode,
            Step::Answer(c) | Step::LateAnswer(c) => self.answer_held(c),
            Step::PassSecs(secs) => until = until + Duration::from_secs(secs),
        }
        self.carry_all();
        self.walk(until);
        while self.directory.poll_record().is_some() {}
        self.meetings
            .iter_mut()
            .for_each(|meeting| drop(meeting.take_if(|meeting| meeting.meeting().is_idle())));
    }

    /// How a meeting is: started, in the lobby, joined.
    pub(super) fn meeting(&self, of: usize) -> (bool, usize, usize) {
        self.meetings[of].as_ref().map(Conference::meeting).map_or((false, 0, 0), |meeting| {
            (meeting.is_running(), meeting.waiting(), meeting.joined() as usize)
        })
    }

    pub(super) fn pins(&self, of: usize) -> &'static str {
        match self.directory.pin_info(self.now, id(of)).state {
            LockState::Open => "open",
            LockState::LockedUntil(_) => "locked",
            LockState::LockedForGood => "locked for good",
        }
    }

    /// Whether nobody who has gone is on a roster, and nothing is due for them.
    pub(super) fn is_idle(&self) -> bool {
        self.meetings.iter().all(Option::is_none)
            && self.calls.iter().all(|call| call.machine.poll_timeout().is_none())
    }

    fn walk(&mut self, until: Instant) {
        loop {
            let calls = self.calls.iter().map(|call| call.machine.poll_timeout());
            let meetings = self.meetings.iter().map(|meeting| meeting.as_ref()?.poll_timeout());
            let due = calls.chain(meetings).enumerate().filter_map(|(at, due)| Some((due?, at)));
            let Some((due, at)) = due.min().filter(|(due, _)| *due <= until) else { break };
            self.now = self.now.max(due);
            match at.checked_sub(self.calls.len()) {
                None => {
                    self.calls[at].machine.handle_timeout(self.now);
                    self.drain_attendant(at);
                }
                Some(of) => {
                    let _due = self.meetings[of].as_mut().unwrap().handle_timeout(self.now);
                    self.drain_meeting(of);
                }
            }
            self.carry_all();
        }
        self.now = until;
    }

    fn call(&mut self, dialled: Dialled) {
        let c = self.calls.len();
        let machine = Attendant::new(leg(c), Arc::clone(self.directory.policy()));
        let hears = "silence";
        self.calls.push(Call {
            machine,
            place: "outside",
            hears,
            began: Vec::new(),
            playing: None,
            meeting: None,
            listens: false,
            talks: false,
            voices: BTreeSet::new(),
        });
        self.queue.push_back(Envelope::Attendant(leg(c), attendant::Input::Arrived(dialled)));
    }

    fn press(&mut self, c: usize, key: Key) {
        let wrong = Digits::from_symbols("22222");
        let symbols = match key {
            Key::Star => Digits::from_symbols("*"),
            Key::Pound => Digits::from_symbols("#"),
            Key::Digit(digit) => Digits::from_symbols(&digit.to_string()),
            Key::Id(of) => Digits::from_symbols(CONFERENCE_IDS[of]),
            Key::UnknownId => Digits::from_symbols("2222222"),
            Key::Passcode => Digits::from_symbols(PASSCODE),
            Key::Pin(of) => self.pins[of].last().map(Pin::reveal),
            Key::OldPin(of) => self.pins[of].iter().rev().nth(1).map(Pin::reveal).or(wrong),
            Key::WrongPin => wrong,
        };
        for digit in symbols.expect("a step names keys that exist").iter() {
            self.leg(c, LegEvent::Digit(digit));
            self.carry_all();
        }
    }

    fn talk(&mut self, c: usize, talks: bool) {
        self.calls[c].talks = talks;
        self.says(c);
    }

    /// The mix is told what a caller says, once the caller has named a meeting.
    fn says(&mut self, c: usize) {
        let call = &self.calls[c];
        let voice = u32::try_from(c).unwrap();
        let says = call.talks.then_some(Utterance { voice, speech: Speech::Talk });
        let says = call.meeting.map(|meeting| Envelope::Mix(meeting, conference::Input::Says(leg(c), says)));
        self.queue.extend(says);
    }

    /// A call hears the mix from now on, or no more.
    fn listens(&mut self, c: usize, listens: bool) {
        let call = &mut self.calls[c];
        let before = std::mem::replace(&mut call.listens, listens);
        if let Some(meeting) = call.meeting.filter(|_| before != listens) {
            self.queue.push_back(Envelope::Mix(meeting, conference::Input::Listens(leg(c), listens)));
        }
    }

    fn prompt_ends(&mut self, c: usize) {
        if let Some(playback) = self.calls[c].playing.take() {
            self.leg(c, LegEvent::PlaybackFinished(playback));
            self.carry_all();
        }
    }

    /// Draws until the PIN is a new one, and begins with a number that commands nothing in the meeting.
    fn reset_pin(&mut self, of: usize) {
        let entropy = &mut self.entropy;
        let mut draw = || {
            *entropy = entropy.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *entropy
        };
        loop {
            let pin = self.directory.administer(self.now, id(of), AccountAct::ResetPin, &mut draw);
            let pin = pin.unwrap().pin.unwrap();
            let known = self.pins.iter().flatten().any(|known| *known == pin);
            if !known && pin.reveal().reveal().starts_with(['0', '2']) {
                return self.pins[of].push(pin);
            }
        }
    }

    fn administer(&mut self, of: usize, act: AccountAct) {
        self.directory.administer(self.now, id(of), act, &mut || 0).unwrap();
    }

    fn set(&mut self, name: &str, value: &str) {
        self.directory.set(self.now, name, value).unwrap();
        self.tell_terms();
    }

    fn tell_terms(&mut self) {
        (0..2).for_each(|of| {
            self.tell(of, meeting::Input::NewTerms { terms: self.directory.terms(id(of)).unwrap() });
        });
    }

    fn tell(&mut self, of: usize, input: meeting::Input) {
        self.queue.push_back(Envelope::Meeting(MeetingId(id(of).0), input));
    }

    fn leg(&mut self, c: usize, event: LegEvent) {
        self.queue.push_back(Envelope::Attendant(leg(c), attendant::Input::Leg(event)));
    }

    /// Answers the last question that is held for this caller. Those before it were given up: their answers come too
    /// late.
    fn answer_held(&mut self, c: usize) {
        let (asked, held) = std::mem::take(&mut self.held).into_iter().partition(|(of, _)| *of == leg(c));
        self.held = held;
        let mut asked: Vec<(LegId, DirectoryQuery)> = asked;
        let (_, last) = asked.pop().expect("the model says that a question is open");
        for (_, early) in asked.into_iter().filter(|(_, early)| !is_the_same(*early, last)) {
            self.deliver(leg(c), early, false);
        }
        self.deliver(leg(c), last, true);
    }

    fn deliver(&mut self, leg: LegId, asked: DirectoryQuery, answers: bool) {
        self.queue.push_back(match asked {
            DirectoryQuery::Find(question, key) => {
                let result = if answers { self.directory.find(key) } else { Err(Unavailable) };
                Envelope::Attendant(leg, attendant::Input::MeetingFound { question, result })
            }
            DirectoryQuery::Terms(meeting, question, organizer) => {
                let result = self.directory.terms(organizer);
                Envelope::Meeting(meeting, meeting::Input::TermsFound { question, leg, result })
            }
            DirectoryQuery::Check(meeting, check, organizer, (secret, entry)) => {
                let mut verdict =
                    || self.directory.check_pin(self.now, organizer, (leg, check), secret, &entry);
                let result = if answers { verdict() } else { Err(Unavailable) };
                Envelope::Meeting(meeting, meeting::Input::PinChecked { check, leg, result })
            }
        });
    }

    fn carry_all(&mut self) {
        while let Some(carried) = self.queue.pop_front() {
            match carried {
                Envelope::Attendant(leg, input) => {
                    let c = leg.number() as usize;
                    self.calls[c].machine.handle_input(self.now, input);
                    self.drain_attendant(c);
                }
                Envelope::Meeting(MeetingId(of), input) => {
                    let of = of as usize;
                    if let meeting::Input::Arrive { terms, .. } = &input {
                        self.meetings[of].get_or_insert_with(|| {
                            self.opened += 1;
                            Conference::new(MeetingId(id(of).0), Epoch(self.opened), terms.clone())
                        });
                    }
                    self.mix(of, conference::Input::Meeting(input));
                }
                Envelope::Mix(MeetingId(of), input) => self.mix(of as usize, input),
                // How late and lost answers to this one are borne, the interleavings look at.
                Envelope::Question(leg, asked @ DirectoryQuery::Terms(..)) => self.deliver(leg, asked, true),
                Envelope::Question(leg, asked) => match (self.mode, asked) {
                    (Mode::Holds, _) | (Mode::HoldsPins, DirectoryQuery::Check(..)) => {
                        self.held.push((leg, asked));
                    }
                    (Mode::Answers, _)
                    | (Mode::HoldsPins, DirectoryQuery::Find(..) | DirectoryQuery::Terms(..)) => {
                        self.deliver(leg, asked, true);
                    }
                    (Mode::Fails, _) => self.deliver(leg, asked, false),
                },
            }
        }
    }

    fn mix(&mut self, of: usize, input: conference::Input) {
        if let Some(conference) = &mut self.meetings[of] {
            conference.handle_input(self.now, input);
            self.drain_meeting(of);
        }
    }

    fn drain_attendant(&mut self, c: usize) {
        while let Some(output) = self.calls[c].machine.poll_output() {
            match output {
                attendant::Output::Leg(LegCommand::Hear(source)) => {
                    self.calls[c].hears(source);
                    self.listens(c, source == Source::Conference);
                }
                attendant::Output::Leg(LegCommand::Answer | LegCommand::HangUp(_)) => {}
                attendant::Output::FindMeeting { question, key } => {
                    self.queue.push_back(Envelope::Question(leg(c), DirectoryQuery::Find(question, key)));
                }
                attendant::Output::Tell(meeting, input) => {
                    let arrives = matches!(*input, meeting::Input::Arrive { .. });
                    self.queue.push_back(Envelope::Meeting(meeting, *input));
                    if arrives {
                        self.calls[c].meeting = Some(meeting);
                        self.says(c);
                    }
                }
                attendant::Output::Record(Event::Call(CallEvent::Finished { outcome, .. })) => {
                    let call = &mut self.calls[c];
                    (call.place, call.hears, call.playing) = ("gone", outcome.name(), None);
                    self.listens(c, false);
                }
                attendant::Output::Record(_) => {}
            }
        }
    }

    fn drain_meeting(&mut self, of: usize) {
        let now = self.now;
        // An announcement is over as soon as it begins.
        let next = |conference: &mut Conference| conference.poll_output(now, |_, _| Duration::ZERO);
        while let Some(output) = self.meetings[of].as_mut().and_then(next) {
            match output {
                conference::Output::Ask(Asked::CheckPin {
                    meeting,
                    check,
                    leg,
                    organizer,
                    secret,
                    entry,
                }) => {
                    let asked = DirectoryQuery::Check(meeting, check, organizer, (secret, entry));
                    self.queue.push_back(Envelope::Question(leg, asked));
                }
                conference::Output::Ask(Asked::Terms { meeting, question, leg, organizer }) => {
                    let asked = DirectoryQuery::Terms(meeting, question, organizer);
                    self.queue.push_back(Envelope::Question(leg, asked));
                }
                conference::Output::Ask(Asked::FindMeeting { .. }) => unreachable!("attendants ask that"),
                conference::Output::Notify(leg, notice) => {
                    self.queue.push_back(Envelope::Attendant(leg, attendant::Input::Notice(notice)));
                }
                conference::Output::Voice(leg, Voice { by, speech, .. }) => {
                    let (voices, by) = (&mut self.calls[leg.number() as usize].voices, by.number() as usize);
                    let changed = if speech.is_some() { voices.insert(by) } else { voices.remove(&by) };
                    assert!(changed, "a call is told once that it hears somebody, and once that it does not");
                }
                conference::Output::Announced(..) => {}
                conference::Output::Finished(announcement) => {
                    self.tell(of, meeting::Input::AnnouncementFinished { announcement });
                }
                conference::Output::Record(event) => self.record(of, &event),
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "of all records the bench reads where people are")]
    fn record(&mut self, of: usize, event: &Event) {
        match *event {
            Event::Meeting(MeetingEvent::Parked { leg, .. }) => {
                self.calls[leg.number() as usize].place = "lobby";
            }
            Event::Meeting(MeetingEvent::Joined { leg, .. }) => {
                self.calls[leg.number() as usize].place = "joined";
                self.joined.push(leg.number() as usize);
            }
            Event::Meeting(MeetingEvent::Left { leg, place: Place::Lobby | Place::Joined, .. }) => {
                let call = &mut self.calls[leg.number() as usize];
                call.place = if call.place == "gone" { "gone" } else { "outside" };
            }
            Event::Meeting(MeetingEvent::Locked { locked, .. }) => self.locked[of] = locked,
            Event::Meeting(MeetingEvent::Ended { .. }) => self.locked[of] = false,
            _ => {}
        }
    }
}

impl Call {
    fn hears(&mut self, source: Source) {
        (self.hears, self.playing) = match source {
            Source::Silence => ("silence", None),
            Source::HoldMusic { .. } => ("hold music", None),
            Source::Conference => ("conference", None),
            Source::Prompt { playback, prompt, .. } => {
                self.began.push(prompt.name());
                (prompt.name(), Some(playback))
            }
        };
    }
}

fn is_the_same(one: DirectoryQuery, other: DirectoryQuery) -> bool {
    match (one, other) {
        (DirectoryQuery::Find(one, _), DirectoryQuery::Find(other, _)) => one == other,
        (DirectoryQuery::Check(_, one, ..), DirectoryQuery::Check(_, other, ..)) => one == other,
        (DirectoryQuery::Terms(_, one, _), DirectoryQuery::Terms(_, other, _)) => one == other,
        (DirectoryQuery::Find(..) | DirectoryQuery::Check(..) | DirectoryQuery::Terms(..), _) => false,
    }
}

fn leg(c: usize) -> LegId {
    LegId::new(u64::try_from(c).unwrap())
}

fn id(of: usize) -> OrganizerId {
    OrganizerId(u32::try_from(of).unwrap())
}
