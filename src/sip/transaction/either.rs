//! Transactions of either kind, for owners that keep both in one table.

use crate::control::time::Instant;
use crate::sip::message::{Method, Request};
use crate::sip::transport::Transport;

use super::{
    Client, ClientInput, ClientOutput, InviteClient, InviteServer, Server, ServerInput, ServerOutput,
};

/// The transaction of a request that came in. See [the module](super) for the contract.
#[derive(Clone, Debug)]
pub enum ServerTransaction {
    /// Of an INVITE.
    Invite(InviteServer),
    /// Of any other request.
    Other(Server),
}

/// The transaction of a request of ours. See [the module](super) for the contract.
#[derive(Clone, Debug)]
pub enum ClientTransaction {
    /// Of an INVITE.
    Invite(InviteClient),
    /// Of any other request.
    Other(Client),
}

impl ServerTransaction {
    /// The transaction of a request that matched no other.
    #[must_use]
    pub fn new(now: Instant, request: &Request, transport: Transport) -> Self {
        if request.method == Method::Invite {
            Self::Invite(InviteServer::new(now, request, transport))
        } else {
            Self::Other(Server::new(transport))
        }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: ServerInput) {
        match self {
            Self::Invite(machine) => machine.handle_input(now, input),
            Self::Other(machine) => machine.handle_input(now, input),
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Invite(machine) => machine.handle_timeout(now),
            Self::Other(machine) => machine.handle_timeout(now),
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<ServerOutput> {
        match self {
            Self::Invite(machine) => machine.poll_output(),
            Self::Other(machine) => machine.poll_output(),
        }
    }

    /// Returns when [`ServerTransaction::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Invite(machine) => machine.poll_timeout(),
            Self::Other(machine) => machine.poll_timeout(),
        }
    }
}

impl ClientTransaction {
    /// Sends this request, whose topmost Via is ours.
    #[must_use]
    pub fn new(now: Instant, request: Request, transport: Transport) -> Self {
        if request.method == Method::Invite {
            Self::Invite(InviteClient::new(now, request, transport))
        } else {
            Self::Other(Client::new(now, &request, transport))
        }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: ClientInput) {
        match self {
            Self::Invite(machine) => machine.handle_input(now, input),
            Self::Other(machine) => machine.handle_input(now, input),
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Invite(machine) => machine.handle_timeout(now),
            Self::Other(machine) => machine.handle_timeout(now),
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<ClientOutput> {
        match self {
            Self::Invite(machine) => machine.poll_output(),
            Self::Other(machine) => machine.poll_output(),
        }
    }

    /// Returns when [`ClientTransaction::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Invite(machine) => machine.poll_timeout(),
            Self::Other(machine) => machine.poll_timeout(),
        }
    }
}
