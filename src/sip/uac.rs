//! A call of ours: placed, authorized, answered or refused, ended (RFC 3261 sections 8.1, 9, 13.2, 22).

mod interface;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use super::dialog::Dialog;
use super::digest::{Challenge, Login};
use super::inspection::{ACCEPT, ALLOW, inspect};
use super::keys::InfoKey;
use super::message::{
    BRANCH_COOKIE, CSeq, HeaderName, HostPort, Message, Method, NameAddr, Request, Response, Uri, Via,
};
use super::offer::Negotiation;
use super::session::{self, OurRequest, Session, TransactionId};
use super::transaction::{ClientInput, ServerInput, ServerKey, TIMEOUT};
use super::transport::Transport;
use crate::control::outputs::Outputs;
use crate::control::time::Instant;

pub use interface::{End, Output, Setup};
use rows::{ClientRow, Purpose, ServerRow};

/// The extension that our INVITE lists: no reliable provisional responses, which nobody here waits for.
const SUPPORTED: &str = "timer";

/// Hops that a request of ours may take (RFC 3261 section 8.1.1.6).
const MAX_FORWARDS: u8 = 70;

/// Keys that wait for the INFO before them to be answered; more are dropped, as a telephone does whose buffer is full.
pub const KEYS_WAITING: usize = 64;

/// How often one request is sent again with other credentials: asked once, and once more for a nonce that is too old.
const ANSWERS_MAX: u8 = 2;

/// A call of ours, from its INVITE on.
///
/// A machine with all its transactions: [`Uac::handle_message`], [`Uac::press`], [`Uac::hang_up`],
/// [`Uac::handle_transport_error`] or [`Uac::handle_timeout`] is one change; drain [`Uac::poll_output`] completely before the
/// next; [`Uac::poll_timeout`] says when `handle_timeout` is due. Messages come from the [guard](super::guard), those with this
/// call's Call-ID. Everything goes to where the INVITE went: to the peer, or to a proxy that knows the way.
///
/// Who vanishes from a call throws the value away. Otherwise it is kept until [`Uac::is_over`], which is some 32 seconds after
/// the end: an answer may come again and want its ACK again.
#[derive(Clone, Debug)]
pub struct Uac {
    home: HostPort,
    transport: Transport,
    contact: Arc<str>,
    token: Box<str>,
    login: Option<Login>,
    challenge: Option<(HeaderName, Challenge)>,
    phase: Phase,
    clients: Vec<ClientRow>,
    servers: Vec<ServerRow>,
    /// Branches and server transactions so far.
    numbered: u32,
    /// The ACK of the answer, for an answer that comes again.
    ack: Option<Request>,
    /// Keys that are to be told, and whether one is being told.
    keys: VecDeque<InfoKey>,
    is_telling: bool,
    outputs: Outputs<Output>,
}

#[derive(Clone, Debug)]
enum Phase {
    Calling(Box<Calling>),
    /// Answered; it may be ending.
    Up(Box<Session>),
    Over,
}

/// An INVITE that waits for its final response.
#[derive(Clone, Debug)]
struct Calling {
    /// As it was sent last, with its Via.
    invite: Request,
    negotiation: Negotiation,
    is_ringing: bool,
    has_early_media: bool,
    /// A provisional response came: now it may be cancelled (RFC 3261 section 9.1).
    may_cancel: bool,
    leaving: Leaving,
    /// How often it was sent with credentials.
    answers: u8,
}

/// How far we have given a call up that was not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Leaving {
    No,
    /// CANCEL goes out with the first provisional response.
    Wanted,
    /// CANCEL is out; the final response is waited for until then.
    Sent(Instant),
}

impl Uac {
    /// Places a call: the INVITE comes out first.
    #[must_use]
    pub fn invite(now: Instant, setup: Setup) -> Self {
        let Setup { target, from, token, home, transport, login, media, description_id, .. } = setup;
        let contact: Arc<str> = contact(&home, transport).into();
        let mut negotiation = Negotiation::new(description_id, media).with_codecs(&setup.codecs);
        if !setup.offers_events {
            negotiation = negotiation.without_events();
        }
        let mut invite = Request::new(Method::Invite, target.clone());
        let headers = &mut invite.headers;
        headers.push(HeaderName::MaxForwards, MAX_FORWARDS);
        headers.push(HeaderName::From, from.with_tag(&format!("{token}-f")));
        headers.push(HeaderName::To, NameAddr::new(target));
        headers.push(HeaderName::CallId, &token);
        headers.push(HeaderName::CSeq, CSeq { number: 1, method: Method::Invite });
        headers.push(HeaderName::Contact, &contact);
        headers.push(HeaderName::Allow, ALLOW);
        headers.push(HeaderName::Supported, SUPPORTED);
        if setup.is_withheld {
            headers.push(HeaderName::Privacy, "id");
        }
        invite.set_body(ACCEPT, negotiation.offer());
        let calling = Calling {
            invite: invite.clone(),
            negotiation,
            is_ringing: false,
            has_early_media: false,
            may_cancel: false,
            leaving: Leaving::No,
            answers: 0,
        };
        let mut uac = Self {
            home,
            transport,
            contact,
            token: token.into(),
            login,
            challenge: None,
            phase: Phase::Calling(Box::new(calling)),
            clients: Vec::new(),
            servers: Vec::new(),
            numbered: 0,
            ack: None,
            keys: VecDeque::new(),
            is_telling: false,
            outputs: Outputs::default(),
        };
        uac.send_invite(now, invite);
        uac
    }

    /// Returns the Call-ID, by which messages find their call.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.token
    }

    /// Whether nothing comes out any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over) && self.clients.is_empty() && self.servers.is_empty()
    }

    /// Takes a message that the guard let pass.
    pub fn handle_message(&mut self, now: Instant, message: Message) {
        match message {
            Message::Request(request) => self.asked(now, &request),
            Message::Response(response) => self.responded(now, response),
        }
    }

    /// Tells a key by INFO, after those before it; nothing happens while the call is not up.
    pub fn press(&mut self, now: Instant, key: InfoKey) {
        if matches!(self.phase, Phase::Up(_)) && self.keys.len() < KEYS_WAITING {
            self.keys.push_back(key);
            self.tell_next(now);
        }
    }

    /// Ends the call in good order: by CANCEL before the answer, by BYE after it.
    pub fn hang_up(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Calling(calling) if calling.leaving == Leaving::No => {
                calling.leaving = Leaving::Wanted;
                self.cancel(now);
            }
            Phase::Up(_) => {
                self.keys.clear();
                self.session_input(now, session::Input::HangUp(session::HangUp::Normal));
            }
            Phase::Calling(_) | Phase::Over => {}
        }
    }

    /// Takes note that nothing can be sent any more.
    pub fn handle_transport_error(&mut self, now: Instant) {
        for at in 0..self.clients.len() {
            self.clients[at].machine.handle_input(now, ClientInput::TransportError);
        }
        self.settle(now);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.clients.iter_mut().for_each(|row| row.machine.handle_timeout(now));
        self.servers.iter_mut().for_each(|row| row.machine.handle_timeout(now));
        if let Phase::Up(session) = &mut self.phase {
            session.handle_timeout(now);
        }
        self.settle(now);
        if let Phase::Calling(calling) = &self.phase
            && let Leaving::Sent(until) = calling.leaving
            && until <= now
        {
            // RFC 3261 section 9.1: without an answer by then it counts as cancelled.
            self.clients.retain(|row| row.purpose != Purpose::Invite);
            self.end(End::Cancelled);
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Returns when [`Uac::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let clients = self.clients.iter().filter_map(|row| row.machine.poll_timeout());
        let servers = self.servers.iter().filter_map(|row| row.machine.poll_timeout());
        let own = match &self.phase {
            Phase::Calling(calling) => match calling.leaving {
                Leaving::Sent(until) => Some(until),
                Leaving::No | Leaving::Wanted => None,
            },
            Phase::Up(session) => session.poll_timeout(),
            Phase::Over => None,
        };
        clients.chain(servers).chain(own).min()
    }

    fn send_invite(&mut self, now: Instant, invite: Request) {
        let sent = self.open_client(now, Purpose::Invite, invite, 0);
        if let Phase::Calling(calling) = &mut self.phase {
            calling.invite = sent;
        }
    }

    /// Cancels the INVITE, if that is wanted and possible by now.
    fn cancel(&mut self, now: Instant) {
        let Phase::Calling(calling) = &mut self.phase else { return };
        if calling.leaving == Leaving::Wanted && calling.may_cancel {
            calling.leaving = Leaving::Sent(now + TIMEOUT);
            let cancel = calling.invite.cancel();
            self.open_client_with_via(now, Purpose::Cancel, cancel, 0);
        }
    }

    /// A response to the INVITE.
    fn invite_answered(&mut self, now: Instant, response: &Response) {
        match &mut self.phase {
            Phase::Calling(_) if response.is_provisional() => self.progress(now, response),
            Phase::Calling(_) if response.is_success() => self.accepted(now, response),
            Phase::Calling(_) => self.refused(now, response),
            // An answer that comes again, or that of another telephone which rang as well (RFC 3261 section 13.2.2.4).
            Phase::Up(_) | Phase::Over if response.is_success() => self.accepted_again(now, response),
            Phase::Up(_) | Phase::Over => {}
        }
    }

    fn progress(&mut self, now: Instant, response: &Response) {
        let Phase::Calling(calling) = &mut self.phase else { return };
        calling.may_cancel = true;
        if response.code == 180 && !std::mem::replace(&mut calling.is_ringing, true) {
            self.outputs.push(Output::Ringing);
        }
        if !response.body.is_empty() && !calling.has_early_media {
            // Only a look: the answer that counts is in the 2xx (RFC 3261 section 13.2.1).
            let mut look = calling.negotiation.clone();
            if look.take_answer(&response.body).is_ok()
                && let Some(agreed) = look.agreed()
            {
                calling.has_early_media = true;
                self.outputs.push(Output::EarlyMedia(*agreed));
            }
        }
        self.cancel(now);
    }

    fn accepted(&mut self, now: Instant, response: &Response) {
        let Phase::Calling(calling) = std::mem::replace(&mut self.phase, Phase::Over) else { return };
        let Calling { invite, mut negotiation, leaving, .. } = *calling;
        let Ok(dialog) = Dialog::of_answer(&invite, response) else {
            // Nobody can be told: it does not say where to.
            return self.outputs.push(Output::Ended(End::Malformed));
        };
        self.acknowledge(&invite, &dialog);
        let agreed = negotiation.take_answer(&response.body);
        if leaving == Leaving::No && agreed.is_ok() {
            self.outputs.push(Output::Answered);
        }
        let session = Session::placed(now, dialog, response, negotiation, Arc::clone(&self.contact));
        self.phase = Phase::Up(Box::new(session));
        match agreed {
            Err(error) => self.end_answered(now, End::NoMedia(error)),
            Ok(()) if leaving != Leaving::No => self.end_answered(now, End::Cancelled),
            Ok(()) => self.settle(now),
        }
    }

    /// Ends a call with its answer: nobody is told of its media.
    fn end_answered(&mut self, now: Instant, end: End) {
        self.outputs.push(Output::Ended(end));
        if let Phase::Up(session) = &mut self.phase {
            while session.poll_output().is_some() {}
            session.handle_input(now, session::Input::HangUp(session::HangUp::Normal));
        }
        self.settle_silently(now);
    }

    fn accepted_again(&mut self, now: Instant, response: &Response) {
        let Some(ack) = self.ack.clone() else { return };
        let tag =
            |headers: &super::message::Headers| headers.to().ok().and_then(|to| Some(to.tag()?.into_owned()));
        if tag(&ack.headers) == tag(&response.headers) {
            return self.outputs.push(Output::Send(ack.print()));
        }
        // Another telephone took the call too: it is told that nobody is there.
        let Some(invite) = self.clients.iter().find(|row| row.purpose == Purpose::Invite) else { return };
        let invite = invite.request.clone();
        let Ok(mut dialog) = Dialog::of_answer(&invite, response) else { return };
        let kept = self.ack.take();
        self.acknowledge(&invite, &dialog);
        self.ack = kept;
        let bye = dialog.request(Method::Bye);
        self.open_client(now, Purpose::Fork, bye, 0);
    }

    /// Sends the ACK of a 2xx, with the credentials of its INVITE (RFC 3261 section 22.1).
    fn acknowledge(&mut self, invite: &Request, dialog: &Dialog) {
        let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
        let mut ack = dialog.ack(number);
        for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
            if let Some(value) = invite.headers.get(&name) {
                ack.headers.push(name, value);
            }
        }
        self.push_via(&mut ack);
        self.outputs.push(Output::Send(ack.print()));
        self.ack = Some(ack);
    }

    fn refused(&mut self, now: Instant, response: &Response) {
        let Phase::Calling(calling) = &mut self.phase else { return };
        if matches!(response.code, 401 | 407) && calling.leaving == Leaving::No {
            let (mut invite, answers) = (calling.invite.clone(), calling.answers);
            if answers < ANSWERS_MAX && self.challenged(response, answers) {
                let number = invite.headers.cseq().map_or(1, |cseq| cseq.number) + 1;
                invite.headers.remove(&HeaderName::Via);
                invite.headers.set(HeaderName::CSeq, CSeq { number, method: Method::Invite });
                if let Phase::Calling(calling) = &mut self.phase {
                    (calling.answers, calling.may_cancel) = (answers + 1, false);
                }
                return self.send_invite(now, invite);
            }
            return self.end(End::Unauthorized);
        }
        let end = match response.code {
            _ if calling.leaving != Leaving::No => End::Cancelled,
            code @ 300..400 => End::Redirected(code),
            code => End::Refused(code),
        };
        self.end(end);
    }

    /// Takes what a 401 or 407 asks; returns whether it can be answered and was not answered in vain before.
    fn challenged(&mut self, response: &Response, answers: u8) -> bool {
        let name = match response.code {
            407 => HeaderName::ProxyAuthenticate,
            _ => HeaderName::WwwAuthenticate,
        };
        let values: Vec<&str> = response.headers.all(&name).collect();
        let Some(asked) = Challenge::read(&values) else { return false };
        let may = self.login.is_some() && (answers == 0 || asked.is_stale());
        let answers_in = match response.code {
            407 => HeaderName::ProxyAuthorization,
            _ => HeaderName::Authorization,
        };
        self.challenge = Some((answers_in, asked));
        may
    }

    /// No response came, or the INVITE could not be sent.
    fn invite_failed(&mut self, is_timeout: bool) {
        if let Phase::Calling(_) = self.phase {
            self.end(if is_timeout { End::NoAnswer } else { End::Unreachable });
        }
    }

    fn end(&mut self, end: End) {
        self.phase = Phase::Over;
        self.outputs.push(Output::Ended(end));
    }

    /// A request of the peer's.
    fn asked(&mut self, now: Instant, request: &Request) {
        let Ok(key) = ServerKey::of(request) else { return };
        let known = self.servers.iter().position(|row| row.key == key);
        match (&request.method, known) {
            (Method::Ack, known) => {
                let is_for_session = known.is_none_or(|at| self.server_input(now, at, ServerInput::Ack));
                if is_for_session {
                    self.session_input(now, session::Input::Ack(request));
                }
            }
            (_, Some(at)) => {
                self.server_input(now, at, ServerInput::Retransmission);
            }
            // Our answer to the peer's re-INVITE was sent at once.
            (Method::Cancel, None) => {
                let code = ServerKey::cancelled_by(request)
                    .is_ok_and(|invite| self.servers.iter().any(|row| row.key == invite));
                self.answer(request, if code { 200 } else { 481 });
            }
            (_, None) => match &self.phase {
                // It overtook the answer, without which nobody knows whose it is; it comes again.
                Phase::Calling(_) => {}
                Phase::Up(session) if session.dialog().holds(&request.headers) => match inspect(request) {
                    Some(refusal) => self.outputs.push(Output::Send(refusal.print())),
                    None => self.asked_in_dialog(now, key, request),
                },
                Phase::Up(_) | Phase::Over => self.answer(request, 481),
            },
        }
    }

    fn asked_in_dialog(&mut self, now: Instant, key: ServerKey, request: &Request) {
        let number = self.open_server(now, key, request);
        self.session_input(now, session::Input::Request(TransactionId(number), request));
    }

    /// Answers a request without any state.
    fn answer(&mut self, request: &Request, code: u16) {
        let tag = format!("{}-f", self.token);
        self.outputs.push(Output::Send(request.respond(code, &tag).print()));
    }

    fn session_input(&mut self, now: Instant, input: session::Input<'_>) {
        if let Phase::Up(session) = &mut self.phase {
            session.handle_input(now, input);
        }
        self.settle(now);
    }

    fn tell_next(&mut self, now: Instant) {
        if !self.is_telling
            && let Some(key) = self.keys.pop_front()
        {
            self.is_telling = true;
            self.session_input(now, session::Input::Press(key));
        }
    }

    /// Carries out what the session wants.
    fn session_output(&mut self, now: Instant, output: session::Output, is_told: bool) {
        match output {
            session::Output::Respond(TransactionId(number), code, bytes) => {
                self.respond(now, number, code, bytes);
            }
            session::Output::Request { ours, request } => {
                self.open_client(now, Purpose::Session(ours), *request, 0);
            }
            session::Output::Acknowledge(mut ack) => {
                self.push_via(&mut ack);
                self.outputs.push(Output::Send(ack.print()));
            }
            session::Output::OpenMedia(agreed) if is_told => self.outputs.push(Output::Open(agreed)),
            session::Output::ChangeMedia(agreed) if is_told => self.outputs.push(Output::Change(agreed)),
            session::Output::Ended(end) if is_told => {
                self.keys.clear();
                self.outputs.push(Output::Ended(End::of(end)));
            }
            // A conference sends no keys.
            session::Output::Key(_) => {}
            session::Output::OpenMedia(_) | session::Output::ChangeMedia(_) | session::Output::Ended(_) => {}
        }
    }

    fn push_via(&mut self, request: &mut Request) {
        self.numbered += 1;
        let branch = format!("{BRANCH_COOKIE}{}-{}", self.token, self.numbered);
        let via = Via::new(self.transport.via_name(), self.home.clone(), &branch);
        request.headers.push_front(HeaderName::Via, via);
    }

    /// Puts our credentials into a request, if we were asked for them.
    fn authorize(&mut self, request: &mut Request) {
        let (Some(login), Some((name, challenge))) = (&self.login, &mut self.challenge) else { return };
        let cnonce = format!("{}x{}", self.token, self.numbered);
        let value = challenge.answer(login, request.method.as_str(), request.uri.as_str(), &cnonce);
        request.headers.set(name.clone(), value);
    }

    /// A request in the call was refused for want of credentials: sends it again with them, and returns whether it does.
    fn sends_again(&mut self, now: Instant, row: &ClientRow, response: &Response) -> bool {
        let Purpose::Session(_) = row.purpose else { return false };
        if !matches!(response.code, 401 | 407) || row.answers >= ANSWERS_MAX {
            return false;
        }
        if !self.challenged(response, row.answers) {
            return false;
        }
        let mut request = row.request.clone();
        request.headers.remove(&HeaderName::Via);
        if let Phase::Up(session) = &mut self.phase {
            session.dialog_mut().renumber(&mut request);
        }
        self.open_client(now, row.purpose, request, row.answers + 1);
        true
    }
}

fn contact(home: &HostPort, transport: Transport) -> String {
    let uri = Uri::sip(None, home);
    match transport {
        Transport::Udp => format!("<{uri}>"),
        Transport::Tcp => format!("<{uri};transport=tcp>"),
        Transport::Tls => format!("<{uri};transport=tls>"),
    }
}
