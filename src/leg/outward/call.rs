//! One call of a scripted caller: a task with two sockets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::ear::{Ear, Heard};
use super::line::Line;
use super::mouth::{Mouth, Saying};
use super::tone::{part_of, voice_of};
use super::{Destination, Identity, LOG, News, Settings, Told};
use crate::bridge::protocol::OutwardAction;
use crate::control::call::{Digit, HangupCause, Language, LegId, PlaybackId, Prompt, Source, Speech};
use crate::control::caller;
use crate::control::time::Instant;
use crate::leg::cast::KeyPath;
use crate::leg::scripted::label;
use crate::sip::guard::{self, Verdict};
use crate::sip::keys::InfoKey;
use crate::sip::message::{Host, HostPort, NameAddr, Uri};
use crate::sip::offer::{Agreed, LocalAddress};
use crate::sip::transport::Transport;
use crate::sip::uac::{End, Output, Setup, Uac};

/// How long a call that is over answers what comes again, once its caller has gone.
const LINGER: Duration = Duration::from_secs(5);

/// A call that is to be placed.
#[derive(Debug)]
pub(super) struct CallSetup {
    pub(super) part: u32,
    pub(super) call: u32,
    pub(super) target: Uri,
    pub(super) from: Option<Arc<str>>,
    /// For [`Setup::token`].
    pub(super) token: String,
    pub(super) description_id: u64,
    /// What the numbers of its stream are drawn from.
    pub(super) media: u64,
}

/// A call that was placed.
#[derive(Debug)]
pub(super) struct Call {
    settings: Arc<Settings>,
    part: u32,
    call: u32,
    media: u64,
    uac: Uac,
    sip: UdpSocket,
    rtp: UdpSocket,
    /// What is sent and heard, once that is agreed on.
    sound: Option<Box<Sound>>,
    reports: mpsc::Sender<Told>,
    /// The end was told.
    is_over: bool,
    /// The caller has left it.
    is_left: bool,
    /// The beginning of what was heard last.
    heard: Instant,
    /// The name is asked for, or is being spoken.
    names: bool,
}

#[derive(Debug)]
struct Sound {
    agreed: Agreed,
    mouth: Mouth,
    line: Line,
    ear: Ear,
}

/// What happened.
enum Event {
    Action(Option<OutwardAction>),
    Message(io::Result<usize>),
    Packet(io::Result<usize>),
    Due,
}

impl Call {
    pub(super) async fn place(
        settings: Arc<Settings>,
        setup: CallSetup,
        reports: mpsc::Sender<Told>,
    ) -> io::Result<Self> {
        let CallSetup { part, call, target, from, token, description_id, media } = setup;
        let Destination { hop, identity, login, codecs, .. } = &settings.to;
        let sip = UdpSocket::bind((hop.home, 0)).await?;
        // Only the bridge is heard, and that nobody listens there is told.
        sip.connect(hop.address).await?;
        let rtp = UdpSocket::bind((hop.home, 0)).await?;
        let (home, at) = (sip.local_addr()?, rtp.local_addr()?);
        let keys = settings.handsets.get(part as usize).map_or(KeyPath::Direct, |handset| handset.keys);
        let setup = Setup {
            target,
            from: who(identity, part, from.as_deref(), home.into()),
            token,
            home: home.into(),
            transport: Transport::Udp,
            login: login.clone(),
            media: LocalAddress { rtp: at, rtcp: at },
            description_id,
            offers_events: !matches!(keys, KeyPath::Inband | KeyPath::Info),
            is_withheld: *identity == Identity::Number && from.is_none(),
            codecs: codecs.clone(),
        };
        let uac = Uac::invite(settings.clock.now(), setup);
        settings.notes.call(uac.call_id(), part);
        let (heard, sound) = (settings.clock.now(), None);
        let (is_over, is_left, names) = (false, false, false);
        Ok(Self {
            settings,
            part,
            call,
            media,
            uac,
            sip,
            rtp,
            sound,
            reports,
            is_over,
            is_left,
            heard,
            names,
        })
    }

    /// Runs until nothing is left of the call, or its caller vanishes.
    pub(super) async fn run(mut self, mut actions: mpsc::Receiver<OutwardAction>) {
        let (mut message, mut packet) = (vec![0; guard::MESSAGE_MAX], [0; 2_048]);
        let clock = self.settings.clock;
        let (mut acts, mut until) = (true, Instant::NEVER);
        self.settle().await;
        while !self.uac.is_over() && clock.now() < until {
            let due = self.due().min(until);
            let event = tokio::select! {
                biased;
                action = actions.recv(), if acts => Event::Action(action),
                length = self.sip.recv(&mut message) => Event::Message(length),
                length = self.rtp.recv(&mut packet), if self.sound.is_some() => Event::Packet(length),
                () = clock.sleep_until(due) => Event::Due,
            };
            let now = clock.now();
            match event {
                Event::Action(Some(OutwardAction::Vanish)) => return self.ended(HangupCause::Lost).await,
                Event::Action(Some(action)) => self.act(now, &action),
                Event::Action(None) if self.is_left || self.is_over => (acts, until) = (false, now + LINGER),
                // The scripts are gone: nobody else would end the call.
                Event::Action(None) => {
                    self.act(now, &OutwardAction::HangUp);
                    (acts, until) = (false, now + LINGER);
                }
                Event::Message(Ok(length)) => self.take_message(now, &message[..length]),
                Event::Message(Err(_refused)) => self.uac.handle_transport_error(now),
                Event::Packet(Ok(length)) => self.hear(now, &packet[..length]).await,
                // A packet of ours found nobody: the bridge has ended the call, and says so.
                Event::Packet(Err(_refused)) => {}
                Event::Due => {}
            }
            self.pass_time(now);
            self.settle().await;
        }
    }

    fn due(&self) -> Instant {
        let sound = self.sound.as_ref().map_or(Instant::NEVER, |sound| sound.mouth.poll_timeout());
        self.uac.poll_timeout().unwrap_or(Instant::NEVER).min(sound)
    }

    fn pass_time(&mut self, now: Instant) {
        if self.uac.poll_timeout().is_some_and(|due| due <= now) {
            self.uac.handle_timeout(now);
        }
        let Some(sound) = &mut self.sound else { return };
        if sound.mouth.poll_timeout() <= now {
            let (rtp, to) = (&self.rtp, sound.agreed.remote);
            // What finds no room in the socket's buffer is lost, as on any line.
            sound.mouth.handle_timeout(now, |packet| drop(rtp.try_send_to(packet, to)));
        }
    }

    fn act(&mut self, now: Instant, action: &OutwardAction) {
        match action {
            OutwardAction::Press(digit, hold) => self.press(now, *digit, *hold),
            OutwardAction::Say(speech) => self.say(*speech),
            OutwardAction::HangUp => {
                self.is_left = true;
                self.uac.hang_up(now);
            }
            OutwardAction::Dial { .. } | OutwardAction::Vanish => {}
        }
    }

    fn say(&mut self, speech: Option<Speech>) {
        let Some(sound) = &mut self.sound else { return };
        let recordings = &self.settings.recordings;
        let recording = |place| Some(recordings.get(usize::from(place))?.sound.clone());
        sound.mouth.say(speech.and_then(|speech| Saying::of(speech, recording)));
    }

    fn press(&mut self, now: Instant, digit: Digit, hold: Duration) {
        // Scripts hold their keys as long as the bridge needs.
        let hold = if self.settings.person.is_some() { hold.max(self.settings.to.hold) } else { hold };
        self.names = false;
        let by_info = self
            .settings
            .handsets
            .get(self.part as usize)
            .is_some_and(|handset| handset.keys == KeyPath::Info);
        if let Some(sound) = &mut self.sound {
            sound.mouth.speaks = false;
            if !by_info {
                sound.mouth.press(digit, hold);
            }
        }
        if by_info {
            self.uac.press(now, InfoKey { digit, duration: hold });
        }
    }

    fn take_message(&mut self, now: Instant, datagram: &[u8]) {
        match guard::datagram(datagram, self.settings.to.hop.address) {
            Verdict::Pass(message) if message.headers().call_id() == Ok(self.uac.call_id()) => {
                self.uac.handle_message(now, *message);
            }
            // What is not of this call, or malformed, is not answered: this is no server.
            Verdict::Pass(_) | Verdict::Answer(..) | Verdict::Drop(_) | Verdict::KeepAlive => {
                tracing::debug!(target: LOG, "a message is dropped");
            }
        }
    }

    /// Carries out what the call wants, and tells the script what became of it.
    async fn settle(&mut self) {
        while let Some(output) = self.uac.poll_output() {
            match output {
                Output::Send(bytes) => {
                    if self.sip.send(&bytes).await.is_err() {
                        self.uac.handle_transport_error(self.settings.clock.now());
                    }
                }
                // Nobody's script waits for that.
                Output::Ringing => self.tell_person(News::Ringing),
                // What is sent before the answer is heard, and recorded.
                Output::EarlyMedia(agreed) => self.open(agreed),
                Output::Answered => self.tell(caller::Input::Answered).await,
                Output::Open(agreed) if self.sound.is_none() => self.open(agreed),
                Output::Open(agreed) | Output::Change(agreed) => {
                    if let Some(sound) = &mut self.sound {
                        sound.agreed = agreed;
                        sound.mouth.agree(agreed);
                        sound.line.agree(agreed.codec, agreed.payload_type);
                    }
                }
                Output::Ended(end) => {
                    let cause = cause_of(end);
                    self.tell_person(News::Ended(end));
                    if !matches!(end, End::Ours | End::Peer | End::Cancelled) {
                        tracing::info!(target: LOG, part = self.part, ?end, "a call has ended");
                    }
                    self.ended(cause).await;
                }
            }
        }
    }

    fn open(&mut self, agreed: Agreed) {
        let now = self.settings.clock.now();
        let Some(handset) = self.settings.handsets.get(self.part as usize) else { return };
        let mut chance = ChaCha8Rng::seed_from_u64(self.settings.seed);
        chance.set_stream(u64::from(self.part) << 16 | u64::from(self.call & 0xffff));
        self.sound = Some(Box::new(Sound {
            agreed,
            mouth: Mouth::new(now, agreed, handset, voice_of(self.part), self.media, chance)
                .with_gap(self.settings.to.gap)
                .of_person(self.settings.person.as_ref().map(|person| person.speech.clone())),
            line: Line::new(agreed.codec, agreed.payload_type),
            ear: Ear::new(Arc::clone(&self.settings.sounds)),
        }));
    }

    async fn hear(&mut self, now: Instant, packet: &[u8]) {
        let Some(sound) = &mut self.sound else { return };
        let Sound { line, ear, .. } = &mut **sound;
        let mut samples = Vec::new();
        line.take(now, packet, &mut samples);
        if let Some(person) = &self.settings.person {
            person.hear(&samples);
        }
        let mut told = Vec::new();
        ear.hear(&samples, |at, heard| told.push((line.moment(at), heard)));
        let told: Vec<(Instant, Perceived)> =
            told.into_iter().filter_map(|(at, heard)| Some((at, self.perceived(heard)?))).collect();
        for (since, perceived) in told {
            let source = match perceived {
                Perceived::Source(source) => source,
                Perceived::Voice(voice, speech) => {
                    self.tell(caller::Input::HasHeardVoice(voice, speech, since)).await;
                    continue;
                }
            };
            let Some(sound) = &mut self.sound else { return };
            self.names = match source {
                Source::Prompt { prompt: Prompt::SayYourName, .. } => true,
                Source::Prompt { prompt: Prompt::Tone(_), .. } | Source::Silence => self.names,
                Source::Prompt { .. } | Source::HoldMusic { .. } | Source::Conference => false,
            };
            let is_asked = matches!(source, Source::Prompt { prompt: Prompt::SayYourName, .. });
            sound.mouth.speaks = self.names && !is_asked;
            self.heard = since.max(self.heard);
            let input = caller::Input::HasHeard(source, self.heard);
            let told = Told { part: self.part, call: self.call, input };
            // The scripts may be gone.
            let _gone = self.reports.send(told).await;
        }
    }

    /// What a script is told of a sound; nothing of a voice that nobody has.
    fn perceived(&self, heard: Heard) -> Option<Perceived> {
        let Sound { line, .. } = &**self.sound.as_ref()?;
        Some(Perceived::Source(match heard {
            Heard::Silence => Source::Silence,
            Heard::Conference => Source::Conference,
            Heard::Prompt(prompt, language) => Source::Prompt { playback: PlaybackId(0), prompt, language },
            // Whose name it is cannot be heard: another voice is another name.
            Heard::Name(voice) => Source::Prompt {
                playback: PlaybackId(0),
                prompt: Prompt::RecordedName { leg: LegId::new(u64::from(voice)), millis: 0 },
                language: Language::default(),
            },
            Heard::HoldMusic { begun } => Source::HoldMusic { begun: line.moment(begun) },
            Heard::Voice(voice, speech) => return Some(Perceived::Voice(part_of(voice)?, speech)),
            Heard::Recording(place, is_on) => {
                let by = self.settings.recordings.get(usize::from(place))?.by;
                return Some(Perceived::Voice(by, is_on.then_some(Speech::Recording(place))));
            }
        }))
    }

    async fn ended(&mut self, cause: HangupCause) {
        self.sound = None;
        if !std::mem::replace(&mut self.is_over, true) {
            self.tell(caller::Input::Ended(cause)).await;
        }
    }

    fn tell_person(&self, news: News) {
        if let Some(person) = &self.settings.person {
            person.tell(news);
        }
    }

    async fn tell(&self, input: caller::Input) {
        let told = Told { part: self.part, call: self.call, input };
        // The scripts may be gone.
        let _gone = self.reports.send(told).await;
    }
}

/// What a caller is told of what is heard.
enum Perceived {
    Source(Source),
    Voice(u32, Option<Speech>),
}

/// How a caller is named who calls from `home`.
pub(super) fn who(identity: &Identity, part: u32, from: Option<&str>, home: HostPort) -> NameAddr {
    match (identity, from) {
        (Identity::Pattern(pattern), from) => {
            let uri = pattern.replace("{n}", &(part + 1).to_string());
            let uri = Uri::parse(&uri).unwrap_or_else(|| Uri::sip(None, &home));
            NameAddr::new(from.map_or_else(|| uri.clone(), |from| uri.with_user(from)))
        }
        (Identity::Part, from) => {
            let uri = Uri::sip(from, &home);
            NameAddr { display: Some(label(part).into()), ..NameAddr::new(uri) }
        }
        (Identity::Number, Some(number)) => NameAddr::new(Uri::sip(Some(number), &home)),
        // RFC 3323 section 4.1.1.3.
        (Identity::Number, None) => {
            let nowhere = HostPort { host: Host::Name("anonymous.invalid".into()), port: None };
            NameAddr::new(Uri::sip(Some("anonymous"), &nowhere))
        }
    }
}

/// What a script is told of the end of its call.
pub(super) const fn cause_of(end: End) -> HangupCause {
    match end {
        End::Peer => HangupCause::Bridge,
        End::Ours => HangupCause::Caller,
        End::Cancelled => HangupCause::Cancelled,
        End::Refused(404 | 410 | 484 | 604) => HangupCause::UnknownNumber,
        End::Refused(603) => HangupCause::Declined,
        End::Refused(_) => HangupCause::Congestion,
        End::NoMedia(_) => HangupCause::NoMedia,
        End::SessionExpired => HangupCause::SessionExpired,
        End::Redirected(_)
        | End::Unauthorized
        | End::NoAnswer
        | End::Unreachable
        | End::Malformed
        | End::Lost => HangupCause::Lost,
    }
}
