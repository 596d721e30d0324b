//! A caller's line while keys are on it, if they travel as sound or as packets: virtual time moves in
//! steps of 20 ms then, and not at all otherwise.

mod events;
mod tones;

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use smallvec::SmallVec;

use super::{BridgeSide, Instant, Scripts, Sink};
use crate::control::call::Digit;
use crate::leg::cast::KeyPath;
use crate::leg::log::LineFault;
use crate::media::impair::conditions::Conditions;
use crate::sip::keys::{KeyGate, KeyWay};
use events::Events;
use tones::Tones;

/// A part's way of sending keys. It costs nothing while none is on its way.
#[derive(Debug)]
pub(super) struct Uplink {
    sends_tones: bool,
    sends_events: bool,
    faults: Conditions,
    chance: ChaCha8Rng,
    in_flight: Option<InFlight>,
}

/// Keys on their way.
#[derive(Debug, Default)]
struct InFlight {
    /// Pressed, and not yet found by the bridge.
    pressed: SmallVec<[Pressed; 4]>,
    tones: Option<Box<Tones>>,
    events: Option<Box<Events>>,
    /// Lets each press pass once, whichever way tells of it.
    gate: KeyGate,
}

/// A key that the caller pressed.
#[derive(Clone, Copy, Debug)]
struct Pressed {
    digit: Digit,
    /// Whether it arrives twice.
    doubled: bool,
}

/// The result of the bridge's detection.
#[derive(Clone, Copy, Debug)]
enum KeyOutcome {
    /// A key.
    Key(Digit),
    /// Something went wrong with one.
    Fault(LineFault),
}

impl Uplink {
    /// The way of a part's keys, if they go one; the seed and the part fix what chance does to it.
    pub(super) fn new(path: KeyPath, faults: &Conditions, seed: u64, part: u32) -> Option<Box<Self>> {
        /// Beyond the streams from which the parts' other faults are drawn.
        const FIRST_STREAM: u64 = 1 << 32;
        let (sends_tones, sends_events) = match path {
            KeyPath::Direct | KeyPath::Info => return None,
            KeyPath::TelephoneEvents => (false, true),
            KeyPath::Inband => (true, false),
            KeyPath::Both => (true, true),
        };
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(FIRST_STREAM + u64::from(part));
        Some(Box::new(Self { sends_tones, sends_events, faults: faults.clone(), chance, in_flight: None }))
    }

    fn press(&mut self, now: Instant, pressed: Pressed, hold: Duration) {
        let Self { sends_tones, sends_events, faults, chance, in_flight } = self;
        let in_flight = in_flight.get_or_insert_with(InFlight::default);
        in_flight.pressed.push(pressed);
        if *sends_events {
            let events = in_flight.events.get_or_insert_with(|| Box::new(Events::new(faults, chance)));
            events.press(now, pressed.digit, hold);
        }
        if *sends_tones {
            let tones = in_flight.tones.get_or_insert_with(|| Box::new(Tones::new(now, faults, chance)));
            tones.press(now, pressed.digit, hold);
        }
    }

    /// Returns when something is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let InFlight { tones, events, .. } = self.in_flight.as_ref()?;
        let tones = tones.as_ref().map(|tones| tones.due());
        [tones, events.as_ref().and_then(|events| events.due())].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) -> SmallVec<[KeyOutcome; 2]> {
        let mut outcomes = SmallVec::new();
        let Some(InFlight { pressed, tones, events, gate }) = &mut self.in_flight else { return outcomes };
        let mut heard = |way, digit| {
            if gate.admit(now, way, digit) {
                pressed.hear(digit, &mut outcomes);
            }
        };
        if tones.as_ref().is_some_and(|tones| tones.due() <= now) {
            drop(tones.take_if(|tones| tones.frame(|digit| heard(KeyWay::InBand, digit))));
        }
        if events.as_ref().is_some_and(|events| events.due().is_none_or(|due| due <= now)) {
            drop(events.take_if(|events| events.handle_timeout(now, |digit| heard(KeyWay::Event, digit))));
        }
        if tones.is_none() && events.is_none() {
            outcomes.extend(pressed.iter().map(|_| KeyOutcome::Fault(LineFault::KeyLost)));
            self.in_flight = None;
        }
        outcomes
    }
}

/// Keys that were pressed, in order, as the bridge finds them.
trait Found {
    fn hear(&mut self, digit: Digit, outcomes: &mut SmallVec<[KeyOutcome; 2]>);
}

impl Found for SmallVec<[Pressed; 4]> {
    /// The bridge heard a key: those pressed before it did not come, and it is a wrong one if nobody pressed it.
    fn hear(&mut self, digit: Digit, outcomes: &mut SmallVec<[KeyOutcome; 2]>) {
        let Some(place) = self.iter().position(|pressed| pressed.digit == digit) else {
            outcomes.push(KeyOutcome::Fault(LineFault::KeyMisheard));
            return outcomes.push(KeyOutcome::Key(digit));
        };
        outcomes.extend((0..place).map(|_| KeyOutcome::Fault(LineFault::KeyLost)));
        outcomes.push(KeyOutcome::Key(digit));
        if self[place].doubled {
            outcomes.push(KeyOutcome::Fault(LineFault::KeyDoubled));
            outcomes.push(KeyOutcome::Key(digit));
        }
        self.drain(..=place);
    }
}

impl<S: Sink> Scripts<S> {
    /// A key of this part sets out.
    pub(super) fn send_key(&mut self, now: Instant, index: u32, digit: Digit, hold: Duration, doubled: bool) {
        if let Some(uplink) = &mut self.parts[index as usize].uplink {
            uplink.press(now, Pressed { digit, doubled }, hold);
        }
    }

    /// The call is over for this part: what is on its way never comes.
    pub(super) fn silence(&mut self, index: u32) {
        if let Some(uplink) = &mut self.parts[index as usize].uplink {
            uplink.in_flight = None;
        }
    }

    /// What is due on this part's way to the bridge.
    pub(super) fn carry_sound(&mut self, bridge: &mut BridgeSide, index: u32) {
        let part = &mut self.parts[index as usize];
        let leg = bridge.call_of(&part.link);
        let outcomes =
            part.uplink.as_mut().map(|uplink| uplink.handle_timeout(bridge.now())).unwrap_or_default();
        for outcome in outcomes {
            match (outcome, leg) {
                (KeyOutcome::Key(digit), Some(leg)) => self.press(bridge, leg, digit),
                (KeyOutcome::Key(_), None) => {}
                (KeyOutcome::Fault(fault), _) => self.fault(bridge, index, fault),
            }
        }
    }
}
