//! One call, from its INVITE to its end (RFC 3261 sections 13 to 15): one that a telephone placed, or one of ours from its
//! answer on.

mod interface;
mod placed;
mod problem;
mod refresh;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::dialog::Dialog;
use super::inspection::{ACCEPT, ALLOW, SUPPORTED};
use super::message::{HeaderName, Method, Request, Response};
use super::offer::{Agreed, Negotiation, check_offer};
use super::transaction::{T1, T2, TIMEOUT};
use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};

pub use interface::{End, HangUp, Input, OurRequest, Output, Setup, TransactionId};
use problem::{Problem, description};
use refresh::Terms;
pub use refresh::{MIN_SE, REFRESH_RETRY, SESSION_EXPIRES};

/// Re-INVITEs and UPDATEs with a description that a call takes within [`REINVITES_WITHIN`]; more are refused with 500.
pub const REINVITES: u8 = 10;

/// See [`REINVITES`].
pub const REINVITES_WITHIN: Duration = Duration::from_secs(10);

/// What a `Retry-After` field asks for (RFC 3261 section 14.2: up to 10 seconds).
pub const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The number of the only reliable provisional response that is sent (RFC 3262 section 3).
const RSEQ: u32 = 1;

/// A call that a telephone placed, or one of ours that was answered.
///
/// A machine: [`Session::handle_input`] or [`Session::handle_timeout`] is one change; drain [`Session::poll_output`]
/// completely before the next; [`Session::poll_timeout`] says when `handle_timeout` is due. Requests come in once, without
/// their repetitions, which transactions absorb, and only such as [`inspect`](super::inspection::inspect) lets pass. When [`Session::is_over`], nothing comes out any more, and its row is free.
///
/// It answers every request that it is given at once, save its INVITE, which waits for the bridge. A request that comes when
/// it is over is the owner's to answer, with 481.
#[derive(Clone, Debug)]
pub struct Session {
    contact: Arc<str>,
    dialog: Dialog,
    /// Its media, once the call is answered.
    media: Option<Box<Media>>,
    phase: Phase,
    /// The 2xx that waits for its ACK.
    unacknowledged: Option<Box<Unacknowledged>>,
    /// The number of an INVITE whose reliable provisional response waits for its PRACK.
    unpracked: Option<u32>,
    /// The refresh of ours that waits for its response.
    pending: Option<OurRequest>,
    /// How its session lives on, once the call is answered.
    terms: Option<Terms>,
    allows_update: bool,
    /// We placed the call, and made its Call-ID.
    is_ours: bool,
    /// Since when re-INVITEs are counted, and how many there were.
    reinvites: (Instant, u8),
    timers: Timers<Timer>,
    outputs: Outputs<Output>,
}

#[derive(Clone, Debug)]
struct Media {
    negotiation: Negotiation,
    /// What came out of it last.
    told: Option<Agreed>,
}

#[derive(Clone, Debug)]
enum Phase {
    /// The INVITE waits for the bridge.
    Early(Box<Early>),
    /// Answered.
    Up,
    /// The bridge hung up before the answer was acknowledged: BYE waits for that (RFC 3261 section 15).
    Leaving(End),
    /// BYE was sent.
    Closing,
    /// Nothing is left to do.
    Over,
}

/// What is needed to answer the INVITE.
#[derive(Clone, Debug)]
struct Early {
    transaction: TransactionId,
    invite: Request,
    terms: Terms,
    is_ringing: bool,
    /// The reliable provisional response, and after which time it is repeated.
    repeated: Option<(Bytes, Duration)>,
}

#[derive(Clone, Debug)]
struct Unacknowledged {
    transaction: TransactionId,
    number: u32,
    response: Bytes,
    interval: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When to repeat the 2xx, or the reliable provisional response.
    Repeat,
    /// When to give up waiting for its ACK or PRACK.
    GiveUp,
    /// When to refresh the session.
    Refresh,
    /// When the session has expired.
    Expiry,
}

impl Session {
    /// Returns the call of an INVITE outside of any dialog, which waits for [`Input::Answer`] or another end.
    ///
    /// # Errors
    /// The response that refuses the INVITE for what it is, before the bridge is asked.
    pub fn invited(
        transaction: TransactionId,
        invite: &Request,
        setup: Setup,
    ) -> Result<Self, Box<Response>> {
        let tag = setup.tag.clone();
        Self::accept(transaction, invite, setup).map_err(|problem| Box::new(problem.respond(invite, &tag)))
    }

    fn accept(transaction: TransactionId, invite: &Request, setup: Setup) -> Result<Self, Problem> {
        if let Some(offer) = description(invite) {
            check_offer(offer, setup.media)?;
        }
        let terms = refresh::asked(&invite.headers)?;
        let dialog = Dialog::of_invite(invite, &setup.tag)?;
        let allows_update = invite.headers.lists(&HeaderName::Allow, Method::Update.as_str());
        let early = Early { transaction, invite: invite.clone(), terms, is_ringing: false, repeated: None };
        Ok(Self {
            contact: setup.contact,
            dialog,
            media: None,
            phase: Phase::Early(Box::new(early)),
            unacknowledged: None,
            unpracked: None,
            pending: None,
            terms: None,
            allows_update,
            is_ours: false,
            reinvites: (Instant::ZERO, 0),
            timers: Timers::default(),
            outputs: Outputs::default(),
        })
    }

    /// Returns the dialog, by which messages find their session.
    #[must_use]
    pub const fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    /// Returns the dialog, to number a request that is sent once more.
    pub const fn dialog_mut(&mut self) -> &mut Dialog {
        &mut self.dialog
    }

    /// Whether nothing comes out any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// Whether the INVITE still waits for the bridge.
    #[must_use]
    pub const fn is_early(&self) -> bool {
        matches!(self.phase, Phase::Early(_))
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        if self.is_over() {
            return;
        }
        match input {
            Input::Request(transaction, request) => self.request(now, transaction, request),
            Input::Ack(ack) => self.acknowledged(ack),
            Input::Cancelled => self.refuse(487, None, End::Cancelled),
            Input::Response(ours, response) => self.response(now, ours, response),
            Input::Failed(ours) => self.failed(ours),
            Input::Ring => self.ring(now),
            Input::Answer { local, description_id } => {
                self.answer(now, Negotiation::new(description_id, local));
            }
            Input::Refuse(code, retry_after) => self.refuse(code, retry_after, End::Refused(code)),
            Input::Press(key) => self.press(key),
            Input::HangUp(why) => self.hang_up(End::Bridge(why)),
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Repeat => self.repeat(now),
                Timer::GiveUp => self.give_up(),
                Timer::Refresh => self.refresh(now),
                Timer::Expiry => self.hang_up(End::SessionExpired),
            }
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Returns when [`Session::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Sends 180, reliably if the caller requires that (RFC 3262 section 3).
    fn ring(&mut self, now: Instant) {
        let Phase::Early(early) = &mut self.phase else { return };
        let is_reliable = early.invite.headers.lists(&HeaderName::Require, "100rel");
        // A reliable response to an INVITE without an offer would have to make one (RFC 3261 section 13.2.1): the 2xx does.
        if std::mem::replace(&mut early.is_ringing, true) || is_reliable && early.invite.body.is_empty() {
            return;
        }
        let mut ringing = dialog_response(&early.invite, 180, self.dialog.local_tag(), &self.contact);
        if is_reliable {
            ringing.headers.push(HeaderName::Require, "100rel");
            ringing.headers.push(HeaderName::RSeq, RSEQ);
        }
        let printed = ringing.print();
        if is_reliable {
            early.repeated = Some((printed.clone(), T1));
            self.unpracked = early.invite.headers.cseq().ok().map(|cseq| cseq.number);
            self.timers.set(Timer::Repeat, now + T1);
            self.timers.set(Timer::GiveUp, now + TIMEOUT);
        }
        self.outputs.push(Output::Respond(early.transaction, ringing.code, printed));
    }

    /// Sends the 2xx to the INVITE: with the answer to its offer, or with ours.
    fn answer(&mut self, now: Instant, mut negotiation: Negotiation) {
        let Phase::Early(early) = &self.phase else { return };
        let body = match description(&early.invite) {
            None => Ok(negotiation.offer()),
            Some(offer) => negotiation.answer(offer),
        };
        // It could be answered when it came in; only media at another kind of address can change that.
        let body = match body {
            Ok(body) => body,
            Err(error) => return self.refuse(error.status(), None, End::NoMedia(error)),
        };
        let Phase::Early(early) = std::mem::replace(&mut self.phase, Phase::Up) else { return };
        let Early { transaction, invite, terms, .. } = *early;
        self.media = Some(Box::new(Media { negotiation, told: None }));
        self.accept_invite(now, transaction, &invite, terms, body);
    }

    /// Sends a 2xx to an INVITE, the first or a later one, and repeats it until its ACK.
    fn accept_invite(
        &mut self,
        now: Instant,
        transaction: TransactionId,
        invite: &Request,
        terms: Terms,
        body: String,
    ) {
        let mut ok = dialog_response(invite, 200, self.dialog.local_tag(), &self.contact);
        ok.headers.push(HeaderName::Allow, ALLOW);
        ok.headers.push(HeaderName::Supported, SUPPORTED);
        terms.confirm(&mut ok);
        self.refreshed(now, terms);
        ok.set_body(ACCEPT, body);
        let response = ok.print();
        self.outputs.push(Output::Respond(transaction, ok.code, response.clone()));
        let number = invite.headers.cseq().map_or(0, |cseq| cseq.number);
        self.unacknowledged = Some(Box::new(Unacknowledged { transaction, number, response, interval: T1 }));
        self.timers.set(Timer::Repeat, now + T1);
        self.timers.set(Timer::GiveUp, now + TIMEOUT);
        self.media_agreed();
    }

    /// Refuses the INVITE, if it still waits; else nothing.
    fn refuse(&mut self, code: u16, retry_after: Option<u8>, end: End) {
        let Phase::Early(early) = &self.phase else { return };
        let mut response = early.invite.respond(code, self.dialog.local_tag());
        if let Some(secs) = retry_after {
            response.headers.push(HeaderName::RetryAfter, secs);
        }
        self.outputs.push(Output::Respond(early.transaction, code, response.print()));
        self.outputs.push(Output::Ended(end));
        self.over();
    }

    /// Ends the call from our end, as its phase allows.
    fn hang_up(&mut self, end: End) {
        match self.phase {
            Phase::Early(_) => {
                let code = if end == End::Bridge(HangUp::Normal) { 480 } else { 503 };
                self.refuse(code, None, end);
            }
            Phase::Up => {
                self.outputs.push(Output::Ended(end));
                if self.unacknowledged.is_some() {
                    self.phase = Phase::Leaving(end);
                    self.timers.clear(Timer::Refresh);
                    self.timers.clear(Timer::Expiry);
                } else {
                    self.bye(end);
                }
            }
            Phase::Leaving(_) | Phase::Closing | Phase::Over => {}
        }
    }

    fn bye(&mut self, end: End) {
        self.timers.clear_all();
        self.unacknowledged = None;
        self.phase = Phase::Closing;
        let mut request = self.dialog.request(Method::Bye);
        request.headers.push(HeaderName::Reason, end.reason());
        self.outputs.push(Output::Request { ours: OurRequest::Bye, request: Box::new(request) });
    }

    fn over(&mut self) {
        self.timers.clear_all();
        self.unacknowledged = None;
        self.phase = Phase::Over;
    }

    /// Takes the ACK of a 2xx; one of another INVITE, or a second one, changes nothing.
    fn acknowledged(&mut self, ack: &Request) {
        let number = ack.headers.cseq().map(|cseq| cseq.number);
        let is_awaited = self.unacknowledged.as_ref().is_some_and(|waiting| Ok(waiting.number) == number);
        if !is_awaited || !self.dialog.holds(&ack.headers) {
            return;
        }
        self.acknowledge();
        if let Phase::Leaving(end) = self.phase {
            return self.bye(end);
        }
        let Some(media) = self.media.as_mut().filter(|media| media.negotiation.is_offering()) else { return };
        // An empty body is not a description: then the caller did not answer our offer.
        match media.negotiation.take_answer(&ack.body) {
            Ok(()) => self.media_agreed(),
            Err(error) => self.hang_up(End::NoMedia(error)),
        }
    }

    /// Stops repeating the 2xx.
    fn acknowledge(&mut self) {
        self.timers.clear(Timer::Repeat);
        self.timers.clear(Timer::GiveUp);
        self.unacknowledged = None;
    }

    /// Tells the media if they are agreed on and others than before.
    fn media_agreed(&mut self) {
        let Some(media) = self.media.as_mut().filter(|media| !media.negotiation.is_offering()) else {
            return;
        };
        let agreed = media.negotiation.agreed().copied().filter(|agreed| media.told != Some(*agreed));
        let Some(agreed) = agreed else { return };
        let output = match media.told.replace(agreed) {
            None => Output::OpenMedia(agreed),
            Some(_) => Output::ChangeMedia(agreed),
        };
        self.outputs.push(output);
    }

    fn repeat(&mut self, now: Instant) {
        let next = if let Some(waiting) = &mut self.unacknowledged {
            let Unacknowledged { transaction, response, interval, .. } = &mut **waiting;
            self.outputs.push(Output::Respond(*transaction, 200, response.clone()));
            *interval = (*interval * 2).min(T2);
            *interval
        } else if let Phase::Early(early) = &mut self.phase
            && let Some((response, interval)) = &mut early.repeated
        {
            self.outputs.push(Output::Respond(early.transaction, 180, response.clone()));
            *interval *= 2;
            *interval
        } else {
            return;
        };
        self.timers.set(Timer::Repeat, now + next);
    }

    fn give_up(&mut self) {
        match self.phase {
            // RFC 3262 section 3: a provisional response that nobody acknowledges ends the INVITE.
            Phase::Early(_) => self.refuse(504, None, End::NoAck),
            Phase::Up => {
                self.acknowledge();
                self.hang_up(End::NoAck);
            }
            Phase::Leaving(end) => self.bye(end),
            Phase::Closing | Phase::Over => {}
        }
    }

    fn response(&mut self, now: Instant, ours: OurRequest, response: &Response) {
        if response.is_provisional() {
            return;
        }
        match ours {
            OurRequest::Bye if matches!(self.phase, Phase::Closing) => self.over(),
            OurRequest::Bye => {}
            // The peer has lost the call (RFC 5057 section 5.1).
            OurRequest::Info if matches!(response.code, 408 | 481) => self.hang_up(End::Lost),
            OurRequest::Info => {}
            OurRequest::Update | OurRequest::Invite => self.refresh_answered(now, ours, response),
        }
    }

    fn failed(&mut self, ours: OurRequest) {
        match (ours, &self.phase) {
            (OurRequest::Bye, Phase::Closing) => self.over(),
            (OurRequest::Update | OurRequest::Invite, Phase::Up) => {
                self.pending = None;
                self.hang_up(End::Lost);
            }
            (OurRequest::Info, Phase::Up) => self.hang_up(End::Lost),
            (OurRequest::Bye | OurRequest::Update | OurRequest::Invite | OurRequest::Info, _) => {}
        }
    }
}

/// A response that belongs to a dialog (RFC 3261 section 12.1.1).
fn dialog_response(request: &Request, code: u16, tag: &str, contact: &str) -> Response {
    let mut response = request.respond(code, tag);
    for route in request.headers.all(&HeaderName::RecordRoute) {
        response.headers.push(HeaderName::RecordRoute, route);
    }
    response.headers.push(HeaderName::Contact, contact);
    response
}

#[cfg(test)]
mod tests;
