//! What a caller's line carries while keys are on it, where they travel as sound or as packets: virtual time moves in
//! steps of 20 ms then, and not at all otherwise.

mod events;
mod tones;

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use smallvec::SmallVec;

use super::{Instant, Shard, Sink};
use crate::control::call::Digit;
use crate::leg::cast::KeyPath;
use crate::leg::log::{Entry, LineFault};
use crate::media::impair::conditions::Conditions;
use events::Events;
use tones::Tones;

/// A part's way of sending keys. It costs nothing while none is on its way.
#[derive(Debug)]
pub(super) struct Uplink {
    way: Way,
    faults: Conditions,
    chance: ChaCha8Rng,
    busy: Option<Busy>,
}

/// How keys travel, where they do.
#[derive(Clone, Copy, Debug)]
enum Way {
    Tones,
    Events,
}

/// Keys on their way.
#[derive(Debug)]
struct Busy {
    /// Pressed, and not yet found by the bridge.
    pressed: SmallVec<[Pressed; 4]>,
    carrier: Carrier,
}

#[derive(Debug)]
enum Carrier {
    Tones(Box<Tones>),
    Events(Box<Events>),
}

/// A key that the caller pressed.
#[derive(Clone, Copy, Debug)]
struct Pressed {
    digit: Digit,
    /// Whether it arrives twice.
    doubled: bool,
}

/// What the bridge makes of what it gets.
#[derive(Clone, Copy, Debug)]
enum Arrived {
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
        let way = match path {
            KeyPath::Direct => return None,
            KeyPath::TelephoneEvents => Way::Events,
            KeyPath::Inband => Way::Tones,
        };
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(FIRST_STREAM + u64::from(part));
        Some(Box::new(Self { way, faults: faults.clone(), chance, busy: None }))
    }

    fn press(&mut self, now: Instant, pressed: Pressed, hold: Duration) {
        let (way, faults, chance) = (self.way, &self.faults, &mut self.chance);
        let busy = self.busy.get_or_insert_with(|| {
            let carrier = match way {
                Way::Events => Carrier::Events(Box::new(Events::new(faults, chance))),
                Way::Tones => Carrier::Tones(Box::new(Tones::new(now, faults, chance))),
            };
            Busy { pressed: SmallVec::new(), carrier }
        });
        busy.pressed.push(pressed);
        match &mut busy.carrier {
            Carrier::Tones(tones) => tones.press(now, pressed.digit, hold),
            Carrier::Events(events) => events.press(now, pressed.digit, hold),
        }
    }

    /// When something is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.busy.as_ref()?.carrier {
            Carrier::Tones(tones) => Some(tones.due()),
            Carrier::Events(events) => events.due(),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> SmallVec<[Arrived; 2]> {
        let mut arrived = SmallVec::new();
        let Some(busy) = &mut self.busy else { return arrived };
        let (pressed, carrier) = (&mut busy.pressed, &mut busy.carrier);
        let heard = |digit| pressed.hear(digit, &mut arrived);
        let over = match carrier {
            Carrier::Tones(tones) => tones.frame(heard),
            Carrier::Events(events) => events.handle_timeout(now, heard),
        };
        if over {
            arrived.extend(busy.pressed.iter().map(|_| Arrived::Fault(LineFault::KeyLost)));
            self.busy = None;
        }
        arrived
    }
}

/// Keys that were pressed, in order, as the bridge finds them.
trait Found {
    fn hear(&mut self, digit: Digit, arrived: &mut SmallVec<[Arrived; 2]>);
}

impl Found for SmallVec<[Pressed; 4]> {
    /// The bridge heard a key: those pressed before it did not come, and it is a wrong one if nobody pressed it.
    fn hear(&mut self, digit: Digit, arrived: &mut SmallVec<[Arrived; 2]>) {
        let Some(place) = self.iter().position(|pressed| pressed.digit == digit) else {
            arrived.push(Arrived::Fault(LineFault::KeyMisheard));
            return arrived.push(Arrived::Key(digit));
        };
        arrived.extend((0..place).map(|_| Arrived::Fault(LineFault::KeyLost)));
        arrived.push(Arrived::Key(digit));
        if self[place].doubled {
            arrived.push(Arrived::Fault(LineFault::KeyDoubled));
            arrived.push(Arrived::Key(digit));
        }
        self.drain(..=place);
    }
}

impl<S: Sink> Shard<S> {
    /// A key of this part sets out.
    pub(super) fn send_key(&mut self, index: u32, digit: Digit, hold: Duration, doubled: bool) {
        let now = self.now;
        if let Some(uplink) = &mut self.parts[index as usize].uplink {
            uplink.press(now, Pressed { digit, doubled }, hold);
        }
    }

    /// The call is over for this part: what is on its way never comes.
    pub(super) fn silence(&mut self, index: u32) {
        if let Some(uplink) = &mut self.parts[index as usize].uplink {
            uplink.busy = None;
        }
    }

    /// What is due on this part's way to the bridge.
    pub(super) fn carry_sound(&mut self, index: u32) {
        let now = self.now;
        let part = &mut self.parts[index as usize];
        let leg = part.call.as_ref().map(|call| call.leg);
        let arrived = part.uplink.as_mut().map(|uplink| uplink.handle_timeout(now)).unwrap_or_default();
        for arrived in arrived {
            match (arrived, leg) {
                (Arrived::Key(digit), Some(leg)) => self.press(leg, digit),
                (Arrived::Key(_), None) => {}
                (Arrived::Fault(fault), _) => self.tell(Entry::LineFault { part: index, fault }),
            }
        }
    }
}
