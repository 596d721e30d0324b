//! A shard of the signalling: all transactions and calls whose Call-ID falls to it, as rows in tables, driven as one
//! machine. No task, channel or lock for a call.

mod incoming;
mod lines;
mod secrets;
mod transactions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use slab::Slab;

use super::admission::{Admission, Load, Tally};
use super::digest::{DigestServer, Secret};
use super::keys::InfoKey;
use super::message::{HostPort, Message};
use super::network::Network;
use super::numbers::{Caller, Dialled};
use super::offer::{Agreed, LocalAddress};
use super::session::{End, HangUp};
use super::transaction::{ClientInput, ServerKey};
use super::transport::Transport;
use crate::control::time::Instant;

use lines::Line;
use secrets::Secrets;
use transactions::{ClientRow, ServerRow};

/// Server transactions that one call may have at a time: 30 keys a second by INFO, each remembered for 32 seconds. Beyond
/// them its requests are refused with 503.
pub const TRANSACTIONS_A_LINE: u16 = 1_000;

/// A socket of ours that messages come in by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Socket {
    /// What it speaks.
    pub transport: Transport,
    /// Where peers reach it: what stands in our Contact and Via.
    pub advertised: HostPort,
    /// The address of the media of calls that come in by it.
    pub media: IpAddr,
}

/// Where a message came from, and goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Which of our sockets, as [`Settings::sockets`] lists them.
    pub socket: u16,
    /// Its address and port.
    pub address: SocketAddr,
}

/// What a shard is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our sockets; at least one.
    pub sockets: Vec<Socket>,
    /// Peers that need no password, whose identities are believed (RFC 3325), and who have no limits.
    pub trusted: Vec<Network>,
    /// The realm of passwords (RFC 7616 section 3.3).
    pub realm: String,
    /// Who may call, with what password.
    pub users: BTreeMap<String, Secret>,
    /// Whether anybody may call where there are no users. Otherwise only trusted peers may, and this machine's own.
    pub is_open: bool,
}

/// A call, by a number that is never used twice in one shard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineId {
    slot: u32,
    serial: u32,
}

/// What the bridge wants of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// The caller is to hear that it rings.
    Ring,
    /// It is taken; its media are there.
    Answer(LocalAddress),
    /// It is not taken: the status code, and seconds after which to try again.
    Refuse(u16, Option<u8>),
    /// It ends.
    HangUp(HangUp),
}

/// What a shard wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A message goes to a peer.
    Send(Peer, Bytes),
    /// A call came in: the bridge answers with a [`Command`].
    Dial {
        /// The call.
        line: LineId,
        /// Where it goes, with keys that follow once it is answered.
        dialled: Dialled,
        /// Who calls.
        caller: Caller,
    },
    /// A key, told by an INFO.
    Key(LineId, InfoKey),
    /// The media of a call begin.
    OpenFlow(LineId, Agreed),
    /// They change.
    ChangeFlow(LineId, Agreed),
    /// They end; each that was opened is closed, before [`Output::Ended`].
    CloseFlow(LineId),
    /// A call that was dialled is over; comes out once for each.
    Ended(LineId, End),
}

/// How many rows there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    /// Calls.
    pub lines: usize,
    /// Those of them that are not answered.
    pub early_lines: usize,
    /// Server transactions, each of which is remembered for 32 seconds over UDP.
    pub server_transactions: usize,
    /// Client transactions.
    pub client_transactions: usize,
}

/// The signalling of the calls of one shard.
///
/// A machine: a `handle_*` call is one change; drain [`Shard::poll_output`] completely before the next;
/// [`Shard::poll_timeout`] says when [`Shard::handle_timeout`] is due. Messages come from the [guard](super::guard), those
/// of one Call-ID to one shard. It draws nothing by chance: its tags, branches and nonces come from a key that it is given.
///
/// A request that belongs to no call leaves no row behind: it is answered without state (RFC 3261 section 8.2.7), and again
/// when it comes again. Only a call that the bridge is asked about, and the requests in it, have rows.
///
/// A request of ours goes where the peer's last request of that call came from, which a NAT lets pass and no name server is
/// asked about; its Route fields and Request-URI are those of the dialog.
#[derive(Clone, Debug)]
pub struct Shard {
    settings: Settings,
    secrets: Secrets,
    admission: Admission,
    tally: Tally,
    digest: DigestServer,
    is_draining: bool,
    lines: Slab<Line>,
    next_serial: u32,
    early_lines: usize,
    servers: Slab<ServerRow>,
    server_keys: BTreeMap<ServerKey, usize>,
    /// The INVITEs whose transactions are remembered, by what a merged one has in common with them (RFC 3261 section
    /// 8.2.2.2).
    origins: BTreeSet<u64>,
    clients: Slab<ClientRow>,
    /// Every deadline of every row.
    deadlines: BTreeSet<(Instant, Row)>,
    outputs: VecDeque<Output>,
}

/// A row that has deadlines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Row {
    Line(usize),
    Server(usize),
    Client(usize),
}

impl Shard {
    /// Returns a shard without calls. `key` is 32 random bytes of its own.
    #[must_use]
    pub fn new(settings: Settings, key: [u8; 32]) -> Self {
        let secrets = Secrets::new(key);
        Self {
            admission: Admission::new(settings.trusted.clone()),
            tally: Tally::default(),
            digest: DigestServer::new(&settings.realm, secrets.nonce_key()),
            secrets,
            settings,
            is_draining: false,
            lines: Slab::new(),
            next_serial: 0,
            early_lines: 0,
            servers: Slab::new(),
            server_keys: BTreeMap::new(),
            origins: BTreeSet::new(),
            clients: Slab::new(),
            deadlines: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes a message that the guard let pass. `queue_age` says how long the oldest message that waits has waited: new calls
    /// are shed by it.
    pub fn handle_message(&mut self, now: Instant, peer: Peer, message: Message, queue_age: Duration) {
        match message {
            Message::Request(_) => self.incoming(now, peer, &message, queue_age),
            Message::Response(response) => self.responded(now, response),
        }
    }

    /// Takes what the bridge wants of a call; nothing happens to one that is over.
    pub fn handle_command(&mut self, now: Instant, line: LineId, command: Command) {
        self.command(now, line, command);
    }

    /// Takes note that nothing can be sent to a peer: its connection closed, or its host said so.
    pub fn handle_transport_error(&mut self, now: Instant, peer: Peer) {
        let of_peer = self.clients.iter().filter(|(_, row)| row.peer == peer).map(|(slot, _)| slot);
        for slot in of_peer.collect::<Vec<_>>() {
            self.client_input(now, slot, ClientInput::TransportError);
        }
    }

    /// From now on, or no longer: takes no new calls, and says so to who asks (503).
    pub fn set_draining(&mut self, is_draining: bool) {
        self.is_draining = is_draining;
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((_, row)) = self.deadlines.first().copied().filter(|(due, _)| *due <= now) {
            match row {
                Row::Line(slot) => self.line_timeout(now, slot),
                Row::Server(slot) => self.server_timeout(now, slot),
                Row::Client(slot) => self.client_timeout(now, slot),
            }
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when [`Shard::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(due, _)| *due)
    }

    /// Returns how many rows there are: all zero when nothing goes on and nothing is remembered.
    #[must_use]
    pub fn rows(&self) -> Rows {
        Rows {
            lines: self.lines.len(),
            early_lines: self.early_lines,
            server_transactions: self.servers.len(),
            client_transactions: self.clients.len(),
        }
    }

    /// Returns where the last request of a call came from, and the address of our media towards there; `None` if it is over.
    #[must_use]
    pub fn peer(&self, line: LineId) -> Option<(SocketAddr, IpAddr)> {
        let row = self.lines.get(line.slot as usize).filter(|row| row.serial == line.serial)?;
        Some((row.peer.address, self.socket(row.peer).media))
    }

    /// Returns the Call-ID of a call; `None` if it is over.
    #[must_use]
    pub fn call_id(&self, line: LineId) -> Option<&str> {
        let row = self.lines.get(line.slot as usize).filter(|row| row.serial == line.serial)?;
        Some(row.session.dialog().call_id())
    }

    /// Returns the refusals, which the owner tells once a second.
    pub fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    fn load(&self, queue_age: Duration) -> Load {
        Load {
            queue_age,
            calls: self.lines.len(),
            early_calls: self.early_lines,
            transactions: self.servers.len() + self.clients.len(),
            draining: self.is_draining,
        }
    }

    fn socket(&self, peer: Peer) -> &Socket {
        &self.settings.sockets[usize::from(peer.socket)]
    }

    fn send(&mut self, peer: Peer, bytes: Bytes) {
        self.outputs.push_back(Output::Send(peer, bytes));
    }

    /// Moves a row's place in the table of deadlines.
    fn schedule(&mut self, row: Row, before: Option<Instant>, after: Option<Instant>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.deadlines.remove(&(before, row));
        }
        if let Some(after) = after {
            self.deadlines.insert((after, row));
        }
    }
}

#[cfg(test)]
mod tests;
