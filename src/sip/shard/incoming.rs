//! What becomes of a request that comes in.

use std::hash::{Hash as _, Hasher as _};
use std::time::Duration;

use rustc_hash::FxHasher;

use crate::control::time::Instant;
use crate::sip::admission::Decision;
use crate::sip::digest::Verdict;
use crate::sip::guard::stateless_tag;
use crate::sip::inspection::{ACCEPT, ALLOW, SUPPORTED, inspect};
use crate::sip::message::{HeaderName, Headers, Message, Method, Request};
use crate::sip::numbers::{Caller, caller, dialled};
use crate::sip::refusal::Refusal;
use crate::sip::session::{Input, Session, Setup, TransactionId};
use crate::sip::transaction::{ServerInput, ServerKey};
use crate::sip::transport::Transport;

use super::lines::Line;
use super::secrets::Secrets;
use super::{LineId, Output, Peer, Shard, TRANSACTIONS_A_LINE};

impl Shard {
    pub(super) fn incoming(&mut self, now: Instant, peer: Peer, message: &Message, queue_age: Duration) {
        let Message::Request(request) = message else { return };
        let Ok(key) = ServerKey::of(request) else { return };
        let known = self.server_keys.get(&key).copied();
        let is_in_dialog = request.headers.to().is_ok_and(|to| to.tag().is_some());
        match (&request.method, known) {
            (Method::Ack, _) => self.acknowledged(now, known, request),
            (Method::Cancel, _) => self.cancelled(now, peer, request),
            (_, Some(slot)) => {
                self.server_input(now, slot, ServerInput::Retransmission);
            }
            (_, None) if is_in_dialog => self.asked(now, peer, key, request),
            (_, None) => self.approached(now, peer, key, message, queue_age),
        }
    }

    /// An ACK: of a refusal, which its transaction takes, or of a 2xx. One that belongs nowhere is dropped.
    fn acknowledged(&mut self, now: Instant, known: Option<usize>, ack: &Request) {
        let line = match known {
            // By the same branch, as RFC 2543 had it.
            Some(slot) => {
                let line = self.servers[slot].line;
                self.server_input(now, slot, ServerInput::Ack).then_some(line)
            }
            None => self.line_of(&ack.headers),
        };
        if let Some(line) = line {
            self.line_input(now, line, Input::Ack(ack));
        }
    }

    /// A CANCEL is answered for what it finds (RFC 3261 section 9.2); it may come again, and is answered again.
    fn cancelled(&mut self, now: Instant, peer: Peer, cancel: &Request) {
        let invite = ServerKey::cancelled_by(cancel).ok().and_then(|key| self.server_keys.get(&key).copied());
        let Some(line) = invite.map(|slot| self.servers[slot].line) else {
            return self.answer(peer, cancel, 481);
        };
        let tag = self.line_mut(line).map(|row| row.session.dialog().local_tag().to_owned());
        let tag = tag.unwrap_or_else(|| stateless_tag(&cancel.headers));
        self.send(peer, cancel.respond(200, &tag).print());
        self.line_input(now, line, Input::Cancelled);
    }

    /// A request of a dialog.
    fn asked(&mut self, now: Instant, peer: Peer, key: ServerKey, request: &Request) {
        let Some(line) = self.line_of(&request.headers) else { return self.answer(peer, request, 481) };
        if let Some(refusal) = inspect(request) {
            return self.send(peer, refusal.print());
        }
        let Some(row) = self.line_mut(line) else { return };
        if row.transactions == TRANSACTIONS_A_LINE && request.method != Method::Bye {
            return self.answer(peer, request, 503);
        }
        row.peer = peer;
        row.transactions = row.transactions.saturating_add(1);
        let slot = self.open_server(now, peer, key, request, line, None);
        self.line_input(now, line, Input::Request(transaction(slot), request));
    }

    /// A request outside of any dialog.
    fn approached(
        &mut self,
        now: Instant,
        peer: Peer,
        key: ServerKey,
        message: &Message,
        queue_age: Duration,
    ) {
        let Message::Request(request) = message else { return };
        let origin = origin(&request.headers);
        if request.method == Method::Invite && self.origins.contains(&origin) {
            // The same INVITE by another way (RFC 3261 section 8.2.2.2).
            return self.answer(peer, request, 482);
        }
        let load = self.load(queue_age);
        match self.admission.decide(now, message, peer.address, &load) {
            Decision::Take => {}
            Decision::Answer(refusal, response) => {
                self.tally.count(now, refusal);
                return self.send(peer, response.print());
            }
            Decision::Silence(refusal) => return self.tally.count(now, refusal),
        }
        if let Some(refusal) = inspect(request) {
            return self.send(peer, refusal.print());
        }
        match request.method {
            Method::Invite => self.invited(now, peer, key, request, origin),
            Method::Options if self.is_draining => self.answer(peer, request, 503),
            Method::Options => {
                let mut ok = request.respond(200, &stateless_tag(&request.headers));
                ok.headers.push(HeaderName::Allow, ALLOW);
                ok.headers.push(HeaderName::Accept, ACCEPT);
                ok.headers.push(HeaderName::Supported, SUPPORTED);
                self.send(peer, ok.print());
            }
            // They need a dialog, and name none; the inspection and the matching of transactions have taken the others.
            Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Register
            | Method::Prack
            | Method::Update
            | Method::Info
            | Method::Extension(_) => self.answer(peer, request, 481),
        }
    }

    /// A new call.
    fn invited(&mut self, now: Instant, peer: Peer, key: ServerKey, invite: &Request, origin: u64) {
        let dialled = match dialled(&invite.uri) {
            Ok(dialled) => dialled,
            Err(error) => return self.answer(peer, invite, error.status()),
        };
        if !self.is_authorized(now, peer, invite) {
            return;
        }
        let caller = self.caller(peer, invite);
        let slot = self.lines.vacant_key();
        let Ok(slot_32) = u32::try_from(slot) else { return self.answer(peer, invite, 503) };
        let line = LineId { slot: slot_32, serial: self.next_serial };
        self.next_serial = self.next_serial.wrapping_add(1);
        let socket = self.socket(peer);
        let (contact, media) = (contact(socket), socket.media);
        let setup = Setup { tag: self.secrets.tag(slot_32).into(), contact: contact.into(), media };
        let server = self.open_server(now, peer, key, invite, line, Some(origin));
        match Session::invited(transaction(server), invite, setup) {
            Err(refusal) => {
                self.server_input(now, server, ServerInput::Respond(refusal.code, refusal.print()));
            }
            Ok(session) => {
                self.lines.insert(Line {
                    serial: line.serial,
                    session,
                    peer,
                    transactions: 1,
                    has_flow: false,
                    is_early: true,
                    due: None,
                });
                self.early_lines += 1;
                self.outputs.push_back(Output::Dial { line, dialled, caller });
            }
        }
    }

    /// Whether the caller may call; if not, that is answered (RFC 8760).
    fn is_authorized(&mut self, now: Instant, peer: Peer, invite: &Request) -> bool {
        if self.is_trusted(peer) {
            return true;
        }
        if self.settings.users.is_empty() {
            let may = self.settings.is_open || peer.address.ip().to_canonical().is_loopback();
            if !may {
                self.tally.count(now, Refusal::Stranger);
                self.answer(peer, invite, 403);
            }
            return may;
        }
        let values: Vec<_> = invite.headers.all(&HeaderName::Authorization).collect();
        let users = &self.settings.users;
        let verdict =
            self.digest.verify(now, invite.method.as_str(), &values, |user| users.get(user).cloned());
        match verdict {
            Verdict::Accepted(_) => return true,
            Verdict::Malformed(_) => self.answer(peer, invite, 400),
            Verdict::Denied => self.answer(peer, invite, 403),
            Verdict::Missing | Verdict::Stale => {
                let mut response = invite.respond(401, &stateless_tag(&invite.headers));
                for challenge in self.digest.challenges(now, verdict == Verdict::Stale) {
                    response.headers.push(HeaderName::WwwAuthenticate, challenge);
                }
                self.send(peer, response.print());
            }
        }
        false
    }

    fn caller(&self, peer: Peer, invite: &Request) -> Caller {
        let headers = &invite.headers;
        // The guard let the From pass.
        let Ok(from) = headers.from() else { return Caller::default() };
        let asserted = match self.is_trusted(peer) {
            true => headers.asserted_identities().unwrap_or_default(),
            false => Vec::new(),
        };
        caller(&from, &asserted, headers.get(&HeaderName::Privacy))
    }

    fn is_trusted(&self, peer: Peer) -> bool {
        self.settings.trusted.iter().any(|network| network.contains(peer.address.ip()))
    }

    /// The call that a message belongs to, by our tag.
    fn line_of(&self, headers: &Headers) -> Option<LineId> {
        let slot = Secrets::slot_of_tag(&headers.to().ok()?.tag()?)?;
        let row = self.lines.get(slot).filter(|row| row.session.dialog().holds(headers))?;
        Some(LineId { slot: u32::try_from(slot).ok()?, serial: row.serial })
    }

    /// Answers a request without any state.
    fn answer(&mut self, peer: Peer, request: &Request, code: u16) {
        self.send(peer, request.respond(code, &stateless_tag(&request.headers)).print());
    }
}

fn transaction(slot: usize) -> TransactionId {
    TransactionId(u32::try_from(slot).unwrap_or(u32::MAX))
}

/// What an INVITE and another copy of it have in common, whichever way each came.
fn origin(invite: &Headers) -> u64 {
    let mut hasher = FxHasher::default();
    invite.call_id().ok().hash(&mut hasher);
    invite.from().ok().and_then(|from| from.tag().map(std::borrow::Cow::into_owned)).hash(&mut hasher);
    invite.cseq().map_or(0, |cseq| cseq.number).hash(&mut hasher);
    hasher.finish()
}

/// The value of our Contact for calls that come in by this socket.
fn contact(socket: &super::Socket) -> String {
    let at = &socket.advertised;
    match socket.transport {
        Transport::Udp => format!("<sip:{at}>"),
        Transport::Tcp => format!("<sip:{at};transport=tcp>"),
        Transport::Tls => format!("<sip:{at};transport=tls>"),
    }
}
