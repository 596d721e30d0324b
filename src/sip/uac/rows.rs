//! The transactions of one call, both ways.

use bytes::Bytes;

use super::{OurRequest, Output, Phase, Uac};
use crate::control::time::Instant;
use crate::sip::message::{Request, Response};
use crate::sip::session;
use crate::sip::transaction::{
    ClientInput, ClientKey, ClientOutput, ClientTransaction, ServerInput, ServerKey, ServerOutput,
    ServerTransaction,
};

/// A request of ours.
#[derive(Clone, Debug)]
pub(super) struct ClientRow {
    key: ClientKey,
    pub(super) purpose: Purpose,
    pub(super) machine: ClientTransaction,
    /// As it was sent.
    pub(super) request: Request,
    /// How often it was sent with credentials.
    pub(super) answers: u8,
}

/// What a request of ours is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// It places the call.
    Invite,
    /// It cancels the INVITE.
    Cancel,
    /// It ends the call with another telephone that took it too.
    Fork,
    /// The session's.
    Session(OurRequest),
}

/// A request of the peer's.
#[derive(Clone, Debug)]
pub(super) struct ServerRow {
    pub(super) key: ServerKey,
    number: u32,
    pub(super) machine: ServerTransaction,
}

impl Uac {
    /// Begins the transaction of a request, with a Via and, where they are wanted, credentials. Returns it as it was sent.
    pub(super) fn open_client(
        &mut self,
        now: Instant,
        purpose: Purpose,
        mut request: Request,
        answers: u8,
    ) -> Request {
        self.push_via(&mut request);
        self.authorize(&mut request);
        self.open_client_with_via(now, purpose, request.clone(), answers);
        request
    }

    /// The same for one that has its Via.
    pub(super) fn open_client_with_via(
        &mut self,
        now: Instant,
        purpose: Purpose,
        request: Request,
        answers: u8,
    ) {
        // Its Via and its CSeq are ours.
        let Ok(key) = ClientKey::of(&request) else { return };
        let machine = ClientTransaction::new(now, request.clone(), self.transport);
        self.clients.push(ClientRow { key, purpose, machine, request, answers });
        self.settle(now);
    }

    /// Takes a response; one that no request of ours asked for is dropped.
    pub(super) fn responded(&mut self, now: Instant, response: Response) {
        let Ok(key) = ClientKey::answered_by(&response) else { return };
        if let Some(row) = self.clients.iter_mut().find(|row| row.key == key) {
            row.machine.handle_input(now, ClientInput::Response(Box::new(response)));
            self.settle(now);
        }
    }

    /// Begins the transaction of a request of the peer's; returns its number.
    pub(super) fn open_server(&mut self, now: Instant, key: ServerKey, request: &Request) -> u32 {
        self.numbered += 1;
        let number = self.numbered;
        let machine = ServerTransaction::new(now, request, self.transport);
        self.servers.push(ServerRow { key, number, machine });
        number
    }

    /// Gives a server transaction an input; returns whether an ACK is the session's.
    pub(super) fn server_input(&mut self, now: Instant, at: usize, input: ServerInput) -> bool {
        self.servers[at].machine.handle_input(now, input);
        self.settle_servers()
    }

    /// Passes a response of the session to its transaction.
    pub(super) fn respond(&mut self, now: Instant, number: u32, code: u16, bytes: Bytes) {
        if let Some(at) = self.servers.iter().position(|row| row.number == number) {
            self.server_input(now, at, ServerInput::Respond(code, bytes));
        }
    }

    /// Sends what the server transactions want to send; returns whether one has an ACK for the session.
    fn settle_servers(&mut self) -> bool {
        let mut is_ack = false;
        let outputs = &mut self.outputs;
        self.servers.retain_mut(|row| {
            while let Some(output) = row.machine.poll_output() {
                match output {
                    ServerOutput::Send(bytes) => outputs.push(Output::Send(bytes)),
                    ServerOutput::Ack => is_ack = true,
                    ServerOutput::Terminated => return false,
                    // The call has ended, or will by its own timers.
                    ServerOutput::Timeout | ServerOutput::TransportError => {}
                }
            }
            true
        });
        is_ack
    }

    /// Carries out what transactions and session want, until they want nothing.
    pub(super) fn settle(&mut self, now: Instant) {
        self.settle_all(now, true);
    }

    /// The same for a call of whose session nothing is told.
    pub(super) fn settle_silently(&mut self, now: Instant) {
        self.settle_all(now, false);
    }

    fn settle_all(&mut self, now: Instant, is_told: bool) {
        loop {
            self.settle_servers();
            if let Some((row, told)) = self.next_told() {
                self.client_told(now, &row, told);
            } else if let Phase::Up(session) = &mut self.phase
                && let Some(output) = session.poll_output()
            {
                self.session_output(now, output, is_told);
            } else {
                break;
            }
        }
        if let Phase::Up(session) = &self.phase
            && session.is_over()
        {
            self.phase = Phase::Over;
        }
    }

    /// Sends what client transactions want to send, up to the first that has something to tell: a response, or whether the
    /// time is up.
    fn next_told(&mut self) -> Option<(ClientRow, Result<Box<Response>, IsTimeout>)> {
        let mut at = 0;
        while let Some(row) = self.clients.get_mut(at) {
            match row.machine.poll_output() {
                None => at += 1,
                Some(ClientOutput::Send(bytes)) => self.outputs.push(Output::Send(bytes)),
                Some(ClientOutput::Response(response)) => return Some((row.clone(), Ok(response))),
                Some(ClientOutput::Timeout) => return Some((row.clone(), Err(IsTimeout(true)))),
                Some(ClientOutput::TransportError) => return Some((row.clone(), Err(IsTimeout(false)))),
                Some(ClientOutput::Terminated) => drop(self.clients.remove(at)),
            }
        }
        None
    }

    fn client_told(&mut self, now: Instant, row: &ClientRow, told: Result<Box<Response>, IsTimeout>) {
        match (row.purpose, told) {
            (Purpose::Invite, Ok(response)) => self.invite_answered(now, &response),
            (Purpose::Invite, Err(IsTimeout(is_timeout))) => self.invite_failed(is_timeout),
            // What becomes of the call, the response to its INVITE tells.
            (Purpose::Cancel | Purpose::Fork, _) => {}
            (Purpose::Session(ours), Ok(response)) => {
                if response.is_provisional() || self.sends_again(now, row, &response) {
                    return;
                }
                self.give_session(now, ours, session::Input::Response(ours, &response));
            }
            (Purpose::Session(ours), Err(_)) => self.give_session(now, ours, session::Input::Failed(ours)),
        }
    }

    fn give_session(&mut self, now: Instant, ours: OurRequest, input: session::Input<'_>) {
        if let Phase::Up(session) = &mut self.phase {
            session.handle_input(now, input);
        }
        if ours == OurRequest::Info {
            self.is_telling = false;
            self.tell_next(now);
        }
    }
}

/// Whether a request failed because nothing came in time, not because it could not be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct IsTimeout(bool);
