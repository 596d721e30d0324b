//! Carries between the model and an exchange in this process: each handset is a device leg of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::carrier::{Carrier, ExchangeEvent};
use super::model::{Input, Order, PhoneModel};
use super::monitor::{CUES_MAX, Cue};
use crate::bridge::protocol::Dial;
use crate::clock::{Clock, Pace};
use crate::control::attendant::Dialled;
use crate::control::event::MeetingId;
use crate::control::meeting;
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;
use crate::exchange::{AdminHook, Device, Exchange, LineReport, OutOfServiceError, Settings};
use crate::leg::log::{Entry, Sink};
use crate::report::{TracedSink, traced};
use crate::scenario::story::Story;
use crate::suite::session::Act;

/// Entries that wait to be shown. What comes beyond is counted, and the count is shown.
const ENTRIES_MAX: usize = 4_096;

/// Reports of all handsets that wait to be taken in.
const REPORTS_MAX: usize = 256;

/// The destination of the exchange's entries: the model and, if somebody listens, a monitor.
#[derive(Debug)]
pub struct LogSink {
    model: mpsc::Sender<(Instant, Entry)>,
    monitor: Option<mpsc::Sender<Cue>>,
    missed: Arc<AtomicU64>,
}

impl Sink for LogSink {
    fn take(&mut self, at: Instant, entry: Entry) {
        if let Some(monitor) = &self.monitor {
            // A lane must not wait: a monitor that is so late has lost its place anyway, and says so by what it plays.
            self.count(monitor.try_send(Cue::Entry(at, entry.clone())).is_err());
        }
        self.count(self.model.try_send((at, entry)).is_err());
    }
}

impl LogSink {
    fn count(&self, missed: bool) {
        self.missed.fetch_add(u64::from(missed), Ordering::Relaxed);
    }
}

/// An exchange with the demo directory, and a device leg for each handset.
#[derive(Debug)]
pub struct Calls {
    exchange: Exchange<TracedSink<LogSink>>,
    /// Each handset, with the call that it places.
    devices: Vec<(Device, Dial)>,
    entries: mpsc::Receiver<(Instant, Entry)>,
    told: mpsc::Receiver<(usize, LineReport)>,
    cues: Option<mpsc::Sender<Cue>>,
    missed: Arc<AtomicU64>,
    clock: Clock,
}

impl Calls {
    /// Opens the exchange and connects the handsets; with the cues for a monitor, if somebody is to listen.
    ///
    /// # Errors
    /// The exchange went out of service meanwhile.
    ///
    /// # Panics
    /// Outside of a tokio runtime. Never for a story that the reader made: its conference IDs are free.
    pub async fn open(
        story: &Arc<Story>,
        seed: u64,
        pace: Pace,
        listens: bool,
    ) -> Result<(Self, Option<mpsc::Receiver<Cue>>), OutOfServiceError> {
        let clock = Clock::start(1, pace);
        let settings = Settings {
            library: Arc::clone(&story.given.library),
            ..Settings::new(story.given.policy.clone(), seed, clock)
        };
        let (model, entries) = mpsc::channel(ENTRIES_MAX);
        let (cues, heard) = if listens {
            let (cues, heard) = mpsc::channel(CUES_MAX);
            (Some(cues), Some(heard))
        } else {
            (None, None)
        };
        let missed = Arc::new(AtomicU64::new(0));
        let wire = LogSink { model, monitor: cues.clone(), missed: Arc::clone(&missed) };
        let nobody_acts: AdminHook<TracedSink<LogSink>> = Box::new(|_| {});
        let exchange = Exchange::open(settings, [(traced(wire), nobody_acts)]);
        let organizers = story.given.organizers.iter().filter_map(|organizer| organizer.entry(&story.given));
        exchange.enrol(organizers).expect("the reader refuses conference IDs that are taken");
        let (tell, told) = mpsc::channel(REPORTS_MAX);
        let mut devices = Vec::new();
        for (who, role) in story.cast.roles.iter().enumerate() {
            let (device, reports) = exchange.connect(0, u32::try_from(who).ok()).await?;
            let number = story.cast.numbers.first().map(Arc::clone);
            let to = number.map_or(Dialled::UnknownNumber, Dialled::Number);
            devices.push((device, Dial { to, from: role.from.clone(), name: None, number: None }));
            tokio::spawn(forward(who, reports, tell.clone()));
        }
        Ok((Self { exchange, devices, entries, told, cues, missed, clock }, heard))
    }

    fn note(&self, sent: Result<(), crate::exchange::SendError>, model: &mut PhoneModel<'_>) {
        if let Err(why) = sent {
            model.handle_input(self.clock.now(), Input::Note(why.to_string()));
        }
    }

    async fn act(&mut self, act: Act, model: &mut PhoneModel<'_>) {
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let (meeting, order) = match act {
            Act::ResetPin(organizer) => {
                let reset = self.exchange.reset_pin(OrganizerId(number(organizer))).await;
                let Some(pin) = reset else { return };
                return model.handle_input(self.clock.now(), Input::PinShown(organizer, pin));
            }
            Act::Lock(organizer) => (organizer, meeting::Input::SetLocked { locked: true }),
            Act::Unlock(organizer) => (organizer, meeting::Input::SetLocked { locked: false }),
            Act::End(organizer) => (organizer, meeting::Input::End),
            Act::OnCaller(done, who) => {
                let place =
                    model.handsets[who].leg().and_then(|leg| Some((leg, model.presence.place(leg)?.0)));
                let Some((leg, meeting)) = place else {
                    return model.handle_input(self.clock.now(), Input::Nobody);
                };
                (meeting.0 as usize, done.input(leg))
            }
        };
        if !self.exchange.tell_meeting(MeetingId(number(meeting)), order).await {
            model.handle_input(self.clock.now(), Input::Nobody);
        }
    }
}

impl Carrier for Calls {
    fn clock(&self) -> Clock {
        self.clock
    }

    async fn news(&mut self) -> Option<ExchangeEvent> {
        tokio::select! {
            biased;
            Some((who, told)) = self.told.recv() => Some(ExchangeEvent::Report(who, told)),
            Some((at, entry)) = self.entries.recv() => Some(ExchangeEvent::Entry(at, entry)),
            else => None,
        }
    }

    fn try_news(&mut self) -> Option<ExchangeEvent> {
        let told = self.told.try_recv().map(|(who, told)| ExchangeEvent::Report(who, told));
        told.or_else(|_| self.entries.try_recv().map(|(at, entry)| ExchangeEvent::Entry(at, entry))).ok()
    }

    fn missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }

    async fn carry(&mut self, order: &Order, model: &mut PhoneModel<'_>) {
        match order {
            Order::Dial(who) => {
                let (device, dial) = &self.devices[*who];
                let dialled = device.dial(dial.clone());
                if dialled.is_err() {
                    model.not_placed(*who);
                }
                self.note(dialled, model);
            }
            Order::HangUp(who) => self.note(self.devices[*who].0.hang_up(), model),
            Order::Press(who, digit) => {
                if let Err(why) = self.devices[*who].0.press(*digit) {
                    model.unpressed(*who, &why.to_string());
                }
            }
            Order::Sound(sound) => {
                if let Some(cues) = &self.cues
                    && cues.try_send(Cue::Sound(*sound)).is_err()
                {
                    self.missed.fetch_add(1, Ordering::Relaxed);
                }
            }
            Order::Act(act) => self.act(*act, model).await,
            Order::Save | Order::Suspend | Order::Redraw | Order::Quit { .. } => {}
        }
    }

    async fn shut_down(mut self, model: &mut PhoneModel<'_>) {
        self.exchange.shut_down().await;
        while let Some(news) = self.told.try_recv().ok().map(|(who, told)| ExchangeEvent::Report(who, told)) {
            model.hear(self.clock.now(), news);
        }
        while let Ok((at, entry)) = self.entries.try_recv() {
            model.hear(self.clock.now(), ExchangeEvent::Entry(at, entry));
        }
    }
}

async fn forward(
    who: usize,
    mut reports: mpsc::Receiver<LineReport>,
    tell: mpsc::Sender<(usize, LineReport)>,
) {
    while let Some(told) = reports.recv().await {
        if tell.send((who, told)).await.is_err() {
            return;
        }
    }
}
