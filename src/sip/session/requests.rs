//! What a telephone asks for during its call.

use crate::control::time::Instant;
use crate::sip::inspection::{ACCEPT, ALLOW, SUPPORTED};
use crate::sip::keys::{InfoFormat, InfoKey, read_info};
use crate::sip::message::{HeaderName, Method, Request};
use crate::sip::offer::OfferError;

use super::problem::{Problem, description};
use super::{
    End, Media, Output, Phase, REINVITES, REINVITES_WITHIN, RSEQ, Session, TransactionId, dialog_response,
    refresh,
};

impl Session {
    /// Answers a request of the dialog.
    pub(super) fn request(&mut self, now: Instant, transaction: TransactionId, request: &Request) {
        if let Err(problem) = self.try_request(now, transaction, request) {
            let response = problem.respond(request, self.dialog.local_tag());
            self.outputs.push(Output::Respond(transaction, problem.code, response.print()));
        }
    }

    fn try_request(
        &mut self,
        now: Instant,
        transaction: TransactionId,
        request: &Request,
    ) -> Result<(), Problem> {
        self.dialog.receive(&request.headers)?;
        if request.method == Method::Bye {
            self.hung_up(transaction, request);
            return Ok(());
        }
        match self.phase {
            Phase::Early(_) | Phase::Up => {}
            Phase::Leaving(end) if request.method == Method::Invite => {
                // Who invites again has got our answer; the call is over all the same.
                self.bye(end);
                return Err(Problem::new(487));
            }
            Phase::Leaving(_) | Phase::Closing | Phase::Over => return Err(Problem::new(481)),
        }
        match &request.method {
            Method::Invite => self.invited_again(now, transaction, request),
            Method::Update => self.updated(now, transaction, request),
            Method::Prack => self.pracked(transaction, request),
            Method::Info => self.informed(transaction, request),
            Method::Options => {
                let mut ok = request.respond(200, self.dialog.local_tag());
                ok.headers.push(HeaderName::Allow, ALLOW);
                ok.headers.push(HeaderName::Accept, format!("{ACCEPT}, {}", InfoFormat::ACCEPT));
                ok.headers.push(HeaderName::Supported, SUPPORTED);
                self.outputs.push(Output::Respond(transaction, 200, ok.print()));
                Ok(())
            }
            Method::Ack | Method::Bye | Method::Cancel | Method::Register | Method::Extension(_) => {
                Err(Problem::with(405, HeaderName::Allow, ALLOW))
            }
        }
    }

    /// A BYE: it ends the call in any phase, also before our answer or its ACK, and when it crosses ours (RFC 5407 section
    /// 3.2.1).
    fn hung_up(&mut self, transaction: TransactionId, bye: &Request) {
        self.ok(transaction, bye);
        match self.phase {
            // RFC 3261 section 15.1.2: what is pending is answered with 487.
            Phase::Early(_) => self.refuse(487, None, End::Cancelled),
            Phase::Up => {
                self.outputs.push(Output::Ended(End::Caller));
                self.over();
            }
            Phase::Leaving(_) | Phase::Closing => self.over(),
            Phase::Over => {}
        }
    }

    fn ok(&mut self, transaction: TransactionId, request: &Request) {
        let ok = request.respond(200, self.dialog.local_tag());
        self.outputs.push(Output::Respond(transaction, 200, ok.print()));
    }

    /// A re-INVITE (RFC 3261 section 14.2).
    fn invited_again(
        &mut self,
        now: Instant,
        transaction: TransactionId,
        invite: &Request,
    ) -> Result<(), Problem> {
        let offer = description(invite);
        let terms = refresh::asked(&invite.headers)?;
        let media = self.media_in_turn(now)?;
        let body = match offer {
            Some(offer) => media.negotiation.answer(offer)?,
            None => media.negotiation.offer(),
        };
        // A peer that invites again has got the 2xx before, though its ACK was lost or is late (RFC 5407 section 3.1.4).
        self.acknowledge();
        self.dialog.refresh_target(&invite.headers);
        self.accept_invite(now, transaction, invite, terms, body);
        Ok(())
    }

    /// An UPDATE (RFC 3311): with an offer, or only to refresh session and target.
    fn updated(&mut self, now: Instant, transaction: TransactionId, update: &Request) -> Result<(), Problem> {
        let terms = refresh::asked(&update.headers)?;
        let answer = match description(update) {
            Some(offer) => Some(self.media_in_turn(now)?.negotiation.answer(offer)?),
            None => None,
        };
        self.dialog.refresh_target(&update.headers);
        let mut ok = dialog_response(update, 200, self.dialog.local_tag(), &self.contact);
        if matches!(self.phase, Phase::Up) {
            terms.confirm(&mut ok);
            self.refreshed(now, terms);
        }
        if let Some(answer) = answer {
            ok.set_body(ACCEPT, answer);
        }
        self.outputs.push(Output::Respond(transaction, 200, ok.print()));
        self.media_agreed();
        Ok(())
    }

    /// The media, if an offer may come now, or a re-INVITE that asks for ours.
    fn media_in_turn(&mut self, now: Instant) -> Result<&mut Media, Problem> {
        // Before our answer there is none (RFC 3261 section 14.2, RFC 3311 section 5.2).
        let media = self.media.as_mut().ok_or_else(Problem::later)?;
        if media.negotiation.is_offering() {
            return Err(OfferError::OutOfTurn.into());
        }
        let (since, count) = &mut self.reinvites;
        if now.since(*since) >= REINVITES_WITHIN {
            (*since, *count) = (now, 0);
        }
        if *count == REINVITES {
            return Err(Problem::later());
        }
        *count += 1;
        Ok(media)
    }

    /// A PRACK (RFC 3262 section 3).
    fn pracked(&mut self, transaction: TransactionId, prack: &Request) -> Result<(), Problem> {
        let rack = prack.headers.rack()?;
        let is_awaited = rack.rseq == RSEQ
            && rack.cseq.method == Method::Invite
            && self.unpracked == Some(rack.cseq.number);
        if !is_awaited {
            return Err(Problem::new(481));
        }
        if description(prack).is_some() {
            // The offer of the INVITE is answered by the 2xx only.
            return Err(Problem::new(488));
        }
        self.unpracked = None;
        if let Phase::Early(early) = &mut self.phase {
            early.repeated = None;
            self.timers.clear_all();
        }
        self.ok(transaction, prack);
        Ok(())
    }

    /// An INFO (RFC 6086): a key in one of the two old formats, or nothing at all.
    fn informed(&mut self, transaction: TransactionId, info: &Request) -> Result<(), Problem> {
        let headers = &info.headers;
        if headers.get(&HeaderName::Other("Info-Package".into())).is_some() {
            return Err(Problem::with(469, HeaderName::Other("Recv-Info".into()), ""));
        }
        if !info.body.is_empty() {
            let key = key(info)?;
            if matches!(self.phase, Phase::Early(_)) {
                return Err(Problem::later());
            }
            self.outputs.push(Output::Key(key));
        }
        self.ok(transaction, info);
        Ok(())
    }
}

fn key(info: &Request) -> Result<InfoKey, Problem> {
    let media_type = info.headers.media_type().unwrap_or_default();
    let format = InfoFormat::from_media_type(&media_type);
    let format = format.ok_or_else(|| Problem::with(415, HeaderName::Accept, InfoFormat::ACCEPT))?;
    read_info(format, &info.body).map_err(|error| {
        let warning = format!("399 attendant \"{error}\"");
        Problem::with(400, HeaderName::Warning, warning)
    })
}
