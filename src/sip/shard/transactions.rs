//! The rows of transactions.

use bytes::Bytes;

use crate::control::time::Instant;
use crate::sip::message::{HeaderName, Request, Response, Via};
use crate::sip::session::{self, OurRequest};
use crate::sip::transaction::{
    ClientInput, ClientKey, ClientOutput, ClientTransaction, ServerInput, ServerKey, ServerOutput,
    ServerTransaction,
};

use super::secrets::Secrets;
use super::{LineId, Peer, Row, Shard};

/// A request in a call that came in.
#[derive(Clone, Debug)]
pub(super) struct ServerRow {
    machine: ServerTransaction,
    key: ServerKey,
    peer: Peer,
    /// Whose call; it may be over.
    pub(super) line: LineId,
    /// What a merged INVITE has in common with this one.
    origin: Option<u64>,
    due: Option<Instant>,
}

/// A request of ours.
#[derive(Clone, Debug)]
pub(super) struct ClientRow {
    machine: ClientTransaction,
    key: ClientKey,
    pub(super) peer: Peer,
    line: LineId,
    ours: OurRequest,
    due: Option<Instant>,
}

impl Shard {
    /// Begins the transaction of a request; `origin` only of an INVITE outside of a dialog.
    pub(super) fn open_server(
        &mut self,
        now: Instant,
        peer: Peer,
        key: ServerKey,
        request: &Request,
        line: LineId,
        origin: Option<u64>,
    ) -> usize {
        let machine = ServerTransaction::new(now, request, self.socket(peer).transport);
        self.origins.extend(origin);
        self.insert_server(ServerRow { machine, key, peer, line, origin, due: None })
    }

    fn insert_server(&mut self, row: ServerRow) -> usize {
        let slot = self.servers.vacant_key();
        self.server_keys.insert(row.key.clone(), slot);
        self.servers.insert(row);
        self.settle_server(slot);
        slot
    }

    /// Gives a server transaction an input; returns whether an ACK is the session's.
    pub(super) fn server_input(&mut self, now: Instant, slot: usize, input: ServerInput) -> bool {
        self.servers[slot].machine.handle_input(now, input);
        self.settle_server(slot)
    }

    pub(super) fn server_timeout(&mut self, now: Instant, slot: usize) {
        self.servers[slot].machine.handle_timeout(now);
        self.settle_server(slot);
    }

    fn settle_server(&mut self, slot: usize) -> bool {
        let mut is_ack = false;
        let mut is_over = false;
        let row = &mut self.servers[slot];
        while let Some(output) = row.machine.poll_output() {
            match output {
                ServerOutput::Send(bytes) => self.outputs.push_back(super::Output::Send(row.peer, bytes)),
                ServerOutput::Ack => is_ack = true,
                ServerOutput::Terminated => is_over = true,
                // A refusal that nobody acknowledged, a response that cannot be sent: its call has ended, or will by its own
                // timers.
                ServerOutput::Timeout | ServerOutput::TransportError => {}
            }
        }
        let (before, after) = (row.due, row.machine.poll_timeout().filter(|_| !is_over));
        row.due = after;
        self.schedule(Row::Server(slot), before, after);
        if is_over {
            let row = self.servers.remove(slot);
            self.server_keys.remove(&row.key);
            if let Some(origin) = row.origin {
                self.origins.remove(&origin);
            }
            if let Some(line) = self.line_mut(row.line) {
                line.transactions -= 1;
            }
        }
        is_ack
    }

    /// Begins the transaction of a request of ours.
    pub(super) fn open_client(
        &mut self,
        now: Instant,
        peer: Peer,
        line: LineId,
        ours: OurRequest,
        mut request: Request,
    ) {
        let slot = self.clients.vacant_key();
        self.push_via(peer, Some(slot), &mut request);
        let Ok(key) = ClientKey::of(&request) else { return };
        let transport = self.socket(peer).transport;
        let machine = ClientTransaction::new(now, request, transport);
        self.clients.insert(ClientRow { machine, key, peer, line, ours, due: None });
        self.settle_client(now, slot);
    }

    /// Sends an ACK, which has no transaction.
    pub(super) fn acknowledge(&mut self, peer: Peer, mut ack: Request) {
        self.push_via(peer, None, &mut ack);
        self.send(peer, ack.print());
    }

    fn push_via(&mut self, peer: Peer, slot: Option<usize>, request: &mut Request) {
        let branch = self.secrets.branch(slot);
        let socket = self.socket(peer);
        let via = Via::new(socket.transport.via_name(), socket.advertised.clone(), &branch);
        request.headers.push_front(HeaderName::Via, via);
    }

    /// Takes a response; one that no request of ours asked for is dropped.
    pub(super) fn responded(&mut self, now: Instant, response: Response) {
        let Ok(key) = ClientKey::answered_by(&response) else { return };
        let slot = response.headers.top_via().ok().and_then(|via| Secrets::slot_of_branch(&via.branch()?));
        let slot = slot.filter(|slot| self.clients.get(*slot).is_some_and(|row| row.key == key));
        if let Some(slot) = slot {
            self.client_input(now, slot, ClientInput::Response(Box::new(response)));
        }
    }

    pub(super) fn client_input(&mut self, now: Instant, slot: usize, input: ClientInput) {
        self.clients[slot].machine.handle_input(now, input);
        self.settle_client(now, slot);
    }

    pub(super) fn client_timeout(&mut self, now: Instant, slot: usize) {
        self.clients[slot].machine.handle_timeout(now);
        self.settle_client(now, slot);
    }

    fn settle_client(&mut self, now: Instant, slot: usize) {
        let row = &mut self.clients[slot];
        let (line, ours) = (row.line, row.ours);
        let mut is_over = false;
        let mut told = Vec::new();
        while let Some(output) = row.machine.poll_output() {
            match output {
                ClientOutput::Send(bytes) => self.outputs.push_back(super::Output::Send(row.peer, bytes)),
                ClientOutput::Response(response) => told.push(Some(response)),
                ClientOutput::Timeout | ClientOutput::TransportError => told.push(None),
                ClientOutput::Terminated => is_over = true,
            }
        }
        let (before, after) = (row.due, row.machine.poll_timeout().filter(|_| !is_over));
        row.due = after;
        self.schedule(Row::Client(slot), before, after);
        if is_over {
            self.clients.remove(slot);
        }
        for response in told {
            let input = match &response {
                Some(response) => session::Input::Response(ours, response),
                None => session::Input::Failed(ours),
            };
            self.line_input(now, line, input);
        }
    }

    /// Passes a response of a session to its transaction, if that is still there.
    pub(super) fn respond(&mut self, now: Instant, line: LineId, slot: u32, code: u16, bytes: Bytes) {
        if self.servers.get(slot as usize).is_some_and(|row| row.line == line) {
            self.server_input(now, slot as usize, ServerInput::Respond(code, bytes));
        }
    }
}
