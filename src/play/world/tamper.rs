//! A bridge that is faulty on purpose: values between the machines are changed, lost, repeated or delayed. A scenario
//! that no such fault can fail proves nothing.

use std::fmt;
use std::time::Duration;

use super::{Envelope, Instant, Owner, Sink, World};

/// The treatment of a value in transit.
#[derive(Clone, Debug)]
pub enum Handling {
    /// It is handed over, changed or not.
    Carry,
    /// It never arrives.
    Lose,
    /// It arrives twice, the second time so much later.
    Repeat(Duration),
    /// It arrives so much later.
    Delay(Duration),
    /// It is handed over, changed or not, and after it these, which nobody sent and no hand looks at.
    With(Vec<Envelope>),
}

/// A hand on every value that is carried.
pub struct Tamper(Box<dyn FnMut(&mut Envelope) -> Handling + Send>);

impl Tamper {
    /// Lets this look at each value, change it, and say what becomes of it.
    pub fn new(hand: impl FnMut(&mut Envelope) -> Handling + Send + 'static) -> Self {
        Self(Box::new(hand))
    }
}

impl fmt::Debug for Tamper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tamper")
    }
}

impl<S: Sink> World<S> {
    /// Tampers with every value from now on.
    #[must_use]
    pub fn with_tamper(mut self, tamper: Tamper) -> Self {
        self.tamper = Some(tamper);
        self
    }

    /// Hands over a value, unless a hand on it has something else in mind.
    pub(super) fn carry(&mut self, carried: Envelope) {
        if let Some(carried) = self.tampered(carried) {
            self.hand_over(carried);
        }
    }

    /// The value as it arrives now, if it does.
    fn tampered(&mut self, mut carried: Envelope) -> Option<Envelope> {
        let Some(Tamper(hand)) = &mut self.tamper else { return Some(carried) };
        match hand(&mut carried) {
            Handling::Carry => Some(carried),
            Handling::Lose => None,
            Handling::Repeat(later) => {
                self.delay(carried.clone(), later);
                Some(carried)
            }
            Handling::Delay(by) => {
                self.delay(carried, by);
                None
            }
            Handling::With(more) => {
                self.hand_over(carried);
                more.into_iter().for_each(|carried| self.hand_over(carried));
                None
            }
        }
    }

    /// Keeps a value on its way for so much longer.
    fn delay(&mut self, carried: Envelope, by: Duration) {
        self.delay_until((self.now() + by).ceil_to_millis(), carried);
    }

    /// Keeps a value on its way until then.
    pub(super) fn delay_until(&mut self, at: Instant, carried: Envelope) {
        let late = self.late.insert(carried);
        let late = u32::try_from(late).expect("fewer than four billion values are late");
        self.shard.arm(at, Owner::Late(late));
    }

    /// A value that was late arrives.
    pub(super) fn deliver_late(&mut self, late: u32) {
        match self.late.try_remove(late as usize) {
            // The directory says what is true now.
            Some(Envelope::Question(asked)) => self.answer(asked),
            Some(carried) => self.hand_over(carried),
            None => {}
        }
    }
}
