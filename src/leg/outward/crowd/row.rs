//! One call of a crowd.

use mio::net::UdpSocket;

use super::stream::Stream;
use crate::control::call::LegId;
use crate::control::conclusions::Conclusions;
use crate::control::time::Instant;
use crate::leg::outward::mouth::Mouth;
use crate::sip::offer::Agreed;
use crate::sip::uac::Uac;

/// One call.
pub(super) struct Row {
    pub(super) part: u32,
    /// Which of its part's calls it is.
    pub(super) call: u32,
    pub(super) uac: Uac,
    /// The number of the socket for its signalling.
    pub(super) signalling: usize,
    /// For its sound; nothing once the call is over.
    pub(super) socket: Option<UdpSocket>,
    pub(super) sound: Option<Sound>,
    pub(super) leg: LegId,
    pub(super) conclusions: Conclusions,
    /// Its keys go as INFO requests.
    pub(super) keys_by_info: bool,
    /// The scripts know that it is over.
    pub(super) is_over: bool,
    /// The bridge has let go of it.
    pub(super) has_left: bool,
    /// Nothing is left to be done.
    pub(super) vanished: bool,
    /// When the row is given up, once the call is over: what comes again until then is answered.
    pub(super) gone: Instant,
    /// When it is due, as the timers have it.
    pub(super) armed: Option<Instant>,
    /// What the numbers of its stream are drawn from.
    pub(super) media: u64,
    /// How many calls were placed before it.
    pub(super) number: u64,
}

/// What is sent and heard.
pub(super) struct Sound {
    pub(super) agreed: Agreed,
    pub(super) mouth: Mouth,
    pub(super) stream: Stream,
}

impl Row {
    /// When something is to be done that is no packet of sound: those go in the call's slot.
    pub(super) fn due(&self) -> Instant {
        let uac = self.uac.poll_timeout().unwrap_or(Instant::NEVER);
        let keys = self.sound.as_ref().map_or(Instant::NEVER, |sound| sound.mouth.poll_keys());
        uac.min(keys).min(self.gone)
    }
}
