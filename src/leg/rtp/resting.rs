//! Ports whose calls are over: each stays bound for a while, and what still comes to it is thrown away, so that neither the
//! next call nor another process gets it.

use std::collections::VecDeque;

use mio::{Interest, Registry, Token};
use slab::Slab;

use super::sockets::BoundPort;
use crate::control::time::Instant;

/// The tokens of resting sockets are those from here on.
const FIRST: usize = 1 << 30;

/// Datagrams that are thrown away at once.
const DRAINED: usize = 64;

/// Those of one thread.
#[derive(Debug, Default)]
pub(super) struct Resting {
    sockets: Slab<BoundPort>,
    /// In the order in which their rest ends.
    until: VecDeque<(Instant, usize)>,
}

impl Resting {
    /// Whether a token is that of a resting socket.
    pub(super) fn is_resting(token: Token) -> bool {
        token.0 >= FIRST
    }

    /// Lets a port rest from now on. If its socket cannot be waited on any more it is closed at once.
    pub(super) fn add(&mut self, now: Instant, mut bound: BoundPort, registry: &Registry) {
        let until = bound.rest(now);
        let vacant = self.sockets.vacant_entry();
        let token = Token(FIRST + vacant.key());
        let Some(socket) = bound.socket() else { return };
        if registry.reregister(socket, token, Interest::READABLE).is_ok() {
            self.until.push_back((until, vacant.key()));
            vacant.insert(bound);
        }
    }

    /// Throws away what came.
    pub(super) fn drain(&mut self, token: Token) {
        let bound = token.0.checked_sub(FIRST).and_then(|key| self.sockets.get_mut(key));
        if let Some(socket) = bound.and_then(BoundPort::socket) {
            // What a stranger sends faster is thrown away with the socket.
            let _drained = (0..DRAINED).all(|_| socket.recv_from(&mut [0; 1]).is_ok());
        }
    }

    /// Gives back the ports that have rested.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some((_, key)) = self.until.pop_front_if(|(until, _)| *until <= now) {
            // Closed and given back as it is dropped.
            self.sockets.remove(key);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.sockets.len()
    }
}
