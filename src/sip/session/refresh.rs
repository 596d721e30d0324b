//! Session timers (RFC 4028): a call whose two ends no longer hear each other's requests comes to an end.

use std::time::Duration;

use crate::control::time::Instant;
use crate::sip::inspection::{ACCEPT, SUPPORTED};
use crate::sip::message::{HeaderName, Headers, Method, Refresher, Response, SessionExpires};

use super::problem::Problem;
use super::{End, OurRequest, Output, Phase, Session, Timer};

/// The shortest session that is accepted, in seconds: RFC 4028 section 4 allows no shorter.
pub const MIN_SE: u32 = 90;

/// The session that is asked of a telephone which can be asked, in seconds: the value that RFC 4028 section 4 recommends.
pub const SESSION_EXPIRES: u32 = 1_800;

/// A refresh that was refused for now is tried again after this time, until the session expires.
pub const REFRESH_RETRY: Duration = Duration::from_secs(10);

/// By how much waits after a 491 differ (RFC 3261 section 14.1).
const GLARE_WAIT_MAX: Duration = Duration::from_secs(2);

/// How much longer the end waits that made the Call-ID (the same section).
const GLARE_WAIT_OF_CALLER: Duration = Duration::from_millis(2_100);

/// What was agreed on: how long the session lives, and who refreshes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Terms {
    secs: u32,
    is_ours: bool,
    /// The peer knows of session timers.
    is_known: bool,
}

/// What a request asks for, and gets (RFC 4028 section 9): a peer that knows of session timers refreshes, unless it asks us
/// to; for one that does not, we do.
pub(super) fn asked(request: &Headers) -> Result<Terms, Problem> {
    let is_known =
        request.lists(&HeaderName::Supported, "timer") || request.lists(&HeaderName::Require, "timer");
    let asked = request.session_expires()?;
    let secs = match asked {
        Some(asked) if asked.secs < MIN_SE && is_known => {
            return Err(Problem::with(422, HeaderName::MinSe, MIN_SE.to_string()));
        }
        Some(asked) => asked.secs.max(MIN_SE),
        None => SESSION_EXPIRES.max(request.min_se()?.unwrap_or_default()),
    };
    let wants_us = asked.is_some_and(|asked| asked.refresher == Some(Refresher::Uas));
    Ok(Terms { secs, is_ours: !is_known || wants_us, is_known })
}

impl Terms {
    /// What a 2xx to our INVITE says; `None` if the session lives as long as the call (RFC 4028 section 7.2).
    pub(super) fn answered(response: &Headers) -> Option<Self> {
        let agreed = response.session_expires().ok().flatten()?;
        Some(Self {
            secs: agreed.secs.max(MIN_SE),
            is_ours: agreed.refresher != Some(Refresher::Uas),
            is_known: true,
        })
    }

    /// Writes into a 2xx of ours what was agreed on (RFC 4028 section 9).
    pub(super) fn confirm(self, response: &mut Response) {
        let refresher = Some(if self.is_ours { Refresher::Uas } else { Refresher::Uac });
        response.headers.push(HeaderName::SessionExpires, SessionExpires { secs: self.secs, refresher });
        if self.is_known {
            response.headers.push(HeaderName::Require, "timer");
        }
    }

    fn interval(self) -> Duration {
        Duration::from_secs(self.secs.into())
    }

    /// When the side that waits for a refresh gives the session up: a third of it or 32 seconds before its end (section 10).
    fn patience(self) -> Duration {
        self.interval() - (self.interval() / 3).min(Duration::from_secs(32))
    }
}

impl Session {
    /// Begins a new span of the session's life.
    pub(super) fn refreshed(&mut self, now: Instant, terms: Terms) {
        self.terms = Some(terms);
        self.timers.clear(Timer::Refresh);
        self.timers.set(Timer::Expiry, now + terms.patience());
        if terms.is_ours {
            self.timers.set(Timer::Refresh, now + terms.interval() / 2);
        }
    }

    /// Sends a refresh: an UPDATE, which needs no description, or an INVITE to who does not know that.
    pub(super) fn refresh(&mut self, now: Instant) {
        let (Some(terms), Some(media)) = (self.terms, &mut self.media) else { return };
        // An INVITE of the peer's is still in progress (RFC 3261 section 14.1), or a refresh of ours.
        if self.pending.is_some() || self.unacknowledged.is_some() {
            self.timers.set(Timer::Refresh, now + REFRESH_RETRY);
            return;
        }
        let (ours, method) = if self.allows_update {
            (OurRequest::Update, Method::Update)
        } else {
            (OurRequest::Invite, Method::Invite)
        };
        let mut request = self.dialog.request(method);
        request.headers.push(HeaderName::Contact, &self.contact);
        request.headers.push(HeaderName::Supported, SUPPORTED);
        request.headers.push(HeaderName::MinSe, MIN_SE);
        let refresher = Some(Refresher::Uac);
        request.headers.push(HeaderName::SessionExpires, SessionExpires { secs: terms.secs, refresher });
        if ours == OurRequest::Invite {
            request.set_body(ACCEPT, media.negotiation.offer());
        }
        self.pending = Some(ours);
        self.outputs.push(Output::Request { ours, request: Box::new(request) });
    }

    /// Takes the final response to a refresh.
    pub(super) fn refresh_answered(&mut self, now: Instant, ours: OurRequest, response: &Response) {
        let cseq = response.headers.cseq().map_or(0, |cseq| cseq.number);
        if ours == OurRequest::Invite && response.is_success() {
            // Also one that comes again: its ACK was lost (RFC 3261 section 13.2.2.4).
            self.outputs.push(Output::Acknowledge(Box::new(self.dialog.ack(cseq))));
        }
        if self.pending != Some(ours) || !matches!(self.phase, Phase::Up) {
            return;
        }
        self.pending = None;
        if response.is_success() {
            self.dialog.refresh_target(&response.headers);
            if let Some(terms) = Terms::answered(&response.headers).or(self.terms) {
                self.refreshed(now, terms);
            }
        }
        if ours == OurRequest::Invite
            && let Some(media) = &mut self.media
        {
            if !response.is_success() {
                media.negotiation.withdraw();
            } else if let Err(error) = media.negotiation.take_answer(&response.body) {
                return self.hang_up(End::NoMedia(error));
            }
        }
        match (response.code, ours) {
            _ if response.is_success() => self.media_agreed(),
            // The peer has lost the call (RFC 3261 section 12.2.1.2).
            (408 | 481, _) => self.hang_up(End::Lost),
            (405 | 501, OurRequest::Update) => {
                self.allows_update = false;
                self.refresh(now);
            }
            (422, _) => self.lengthen(now, response),
            (491, _) => {
                let least = if self.is_ours { GLARE_WAIT_OF_CALLER } else { Duration::ZERO };
                self.timers.set(Timer::Refresh, now + least + GLARE_WAIT_MAX / 256 * self.spread());
            }
            _ => self.timers.set(Timer::Refresh, now + REFRESH_RETRY),
        }
    }

    /// Tries again with the interval that the peer wants (RFC 4028 section 7.4).
    fn lengthen(&mut self, now: Instant, response: &Response) {
        let wanted = response.headers.min_se().ok().flatten();
        match (self.terms, wanted) {
            (Some(terms), Some(wanted)) if wanted > terms.secs => {
                self.terms = Some(Terms { secs: wanted, ..terms });
                self.refresh(now);
            }
            _ => self.timers.set(Timer::Refresh, now + REFRESH_RETRY),
        }
    }

    /// A number below 256 that differs from call to call, for two ends not to collide again and again.
    fn spread(&self) -> u32 {
        self.dialog.local_tag().bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)).into()
    }
}
