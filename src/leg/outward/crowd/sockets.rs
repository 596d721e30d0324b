//! The sockets of a thread: some for signalling, which all calls share, and one for the sound of each call.

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};

/// Sockets for signalling of one thread: many calls share one, and answers that come at once are spread over the buffers of all.
const SIGNALLING: usize = 16;

/// The token of the first of them; those of calls are their indices.
const FIRST: usize = usize::MAX / 2;

/// Sockets for signalling, with their addresses.
#[derive(Debug)]
pub(super) struct Sockets {
    signalling: Vec<(UdpSocket, SocketAddr)>,
    addresses: Vec<IpAddr>,
    next: usize,
}

impl Sockets {
    pub(super) fn open(addresses: &[IpAddr], bridge: SocketAddr, registry: &Registry) -> io::Result<Self> {
        let count = SIGNALLING.max(addresses.len());
        let opened = (0..count).zip(addresses.iter().cycle()).map(|(number, address)| {
            let mut socket = UdpSocket::bind(SocketAddr::new(*address, 0))?;
            // Only the bridge is heard, and that nobody listens there is told.
            socket.connect(bridge)?;
            registry.register(&mut socket, Token(FIRST + number), Interest::READABLE)?;
            let home = socket.local_addr()?;
            Ok((socket, home))
        });
        Ok(Self { signalling: opened.collect::<io::Result<_>>()?, addresses: addresses.to_vec(), next: 0 })
    }

    /// Returns the socket for the signalling of the next call, by its number, and its address.
    pub(super) fn next(&mut self) -> (usize, SocketAddr) {
        let number = self.next;
        self.next = (self.next + 1) % self.signalling.len();
        (number, self.signalling[number].1)
    }

    pub(super) fn signalling(&self, number: usize) -> &UdpSocket {
        &self.signalling[number].0
    }

    /// Returns the number of the signalling socket with this token.
    pub(super) fn number(&self, token: Token) -> Option<usize> {
        token.0.checked_sub(FIRST).filter(|number| *number < self.signalling.len())
    }

    /// Opens the socket for the sound of a call whose signalling has this socket.
    pub(super) fn sound(&self, number: usize) -> io::Result<UdpSocket> {
        let address = self.addresses[number % self.addresses.len()];
        UdpSocket::bind(SocketAddr::new(address, 0))
    }
}
