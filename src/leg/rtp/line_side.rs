//! The side of the media threads that one shard of signalling has: ports, orders.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};

use super::orders::{FlowId, Order};
use super::sockets::{BoundPort, bind};
use super::thread::ToThread;
use crate::control::time::Instant;
use crate::rtp::ports::{Ports, PortsExhausted};
use crate::sip::offer::LocalAddress;

/// Ports that are tried for one call where other processes have them.
pub const TRIES_MAX: usize = 64;

/// A port that waits for its call's media to begin. Dropped, it goes back at once: nobody has been told of it.
#[derive(Debug)]
pub struct Reserved {
    pub(super) bound: BoundPort,
    thread: usize,
    local: LocalAddress,
}

impl Reserved {
    /// Returns where its packets and reports are to come to. The address is the one that the threads are bound to, and
    /// unspecified if that is: put the one into descriptions that the peer reaches.
    #[must_use]
    pub fn local(&self) -> LocalAddress {
        self.local
    }
}

/// One shard's side: its own part of the port range, and the way to all media threads.
///
/// It belongs to one task, and nothing in it waits.
#[derive(Debug)]
pub struct LineSide {
    number: u16,
    bind: IpAddr,
    ports: Arc<Mutex<Ports>>,
    threads: Vec<Way>,
    /// The thread of each flow that is open.
    flows: BTreeMap<FlowId, usize>,
    /// The thread that gets the next flow.
    next: usize,
    /// Flows that are to be closed, and found no room.
    owed: VecDeque<(usize, FlowId)>,
}

/// The way to one thread.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) orders: SyncSender<ToThread>,
    /// Where it takes in the reports of those who do not multiplex.
    pub(super) rtcp: SocketAddr,
}

impl LineSide {
    pub(super) fn new(number: u16, bind: IpAddr, ports: Ports, threads: Vec<Way>) -> Self {
        let ports = Arc::new(Mutex::new(ports));
        // Shards begin with different threads.
        let next = usize::from(number) % threads.len().max(1);
        Self { number, bind, ports, threads, flows: BTreeMap::new(), next, owed: VecDeque::new() }
    }

    /// Returns how many calls its ports carry at once.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.ports().capacity()
    }

    /// Takes any free port, and binds it. A port that another process has is passed over.
    ///
    /// # Errors
    /// No port is free, or the system gives no more sockets.
    pub fn reserve(&mut self, now: Instant) -> Result<Reserved, ReserveError> {
        self.settle();
        let mut passed_over = Vec::new();
        let taken = loop {
            let port = match self.ports().take(now) {
                Ok(port) => port,
                Err(exhausted) => break Err(ReserveError::Exhausted(exhausted)),
            };
            match bind(SocketAddr::new(self.bind, port.number())) {
                Ok(socket) => break Ok(BoundPort::new(socket, port, Arc::clone(&self.ports))),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && passed_over.len() < TRIES_MAX => {
                    passed_over.push(port);
                }
                Err(error) => {
                    passed_over.push(port);
                    break Err(ReserveError::Bind(error));
                }
            }
        };
        for port in passed_over {
            self.ports().give_back(port);
        }
        let bound = taken?;
        let thread = self.next;
        self.next = (thread + 1) % self.threads.len();
        let rtp = SocketAddr::new(self.bind, bound.number());
        let local = LocalAddress { rtp, rtcp: self.threads[thread].rtcp };
        Ok(Reserved { bound, thread, local })
    }

    /// Gives an order. Orders to one flow are carried out in the order in which they are given.
    ///
    /// An order to close is always taken: if it finds no room, it is handed over with the next call of this side. Orders to
    /// a flow that is not open are dropped.
    ///
    /// # Errors
    /// Nothing was done: too many orders wait for the flow's thread, or it has ended; a port that was to be opened is given
    /// back. The call cannot go on as the bridge believes, and is to be ended.
    pub fn order(&mut self, order: Order) -> Result<(), Full> {
        self.settle();
        let flow = order.flow();
        let closes = matches!(order, Order::Close { .. });
        let thread = match &order {
            Order::Open { reserved, .. } => {
                self.flows.insert(flow, reserved.thread);
                reserved.thread
            }
            Order::Close { .. } => match self.flows.remove(&flow) {
                Some(thread) => thread,
                None => return Ok(()),
            },
            Order::Change { .. } | Order::Hear { .. } | Order::Leg { .. } => match self.flows.get(&flow) {
                Some(thread) => *thread,
                None => return Ok(()),
            },
        };
        let opens = matches!(order, Order::Open { .. });
        match self.threads[thread].orders.try_send(ToThread::Order(self.number, order)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) if closes => {
                self.owed.push_back((thread, flow));
                Ok(())
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                if opens {
                    self.flows.remove(&flow);
                }
                Err(Full)
            }
        }
    }

    /// Hands over what found no room.
    fn settle(&mut self) {
        while let Some((thread, flow)) = self.owed.front().copied() {
            let close = ToThread::Order(self.number, Order::Close { flow });
            if let Err(TrySendError::Full(_)) = self.threads[thread].orders.try_send(close) {
                return;
            }
            self.owed.pop_front();
        }
    }

    fn ports(&self) -> std::sync::MutexGuard<'_, Ports> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a call gets no port.
#[derive(Debug)]
pub enum ReserveError {
    /// All are taken.
    Exhausted(PortsExhausted),
    /// The system does not give a socket.
    Bind(io::Error),
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted(exhausted) => exhausted.fmt(f),
            Self::Bind(error) => write!(f, "cannot open a media port: {error}"),
        }
    }
}

impl Error for ReserveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Exhausted(exhausted) => Some(exhausted),
            Self::Bind(error) => Some(error),
        }
    }
}

/// A media thread has as many orders as it may have, or has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a media thread does not take orders as fast as they are given")
    }
}

impl Error for Full {}

#[cfg(test)]
mod tests;
