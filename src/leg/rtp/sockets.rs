//! Sockets, and the ports that they hold.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use crate::control::time::Instant;
use crate::rtp::ports::{Port, Ports};

/// Opens a socket that does not block.
pub(super) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A socket with the port that it is bound to. The port is free again once this is dropped.
#[derive(Debug)]
pub(super) struct BoundPort {
    /// Nothing only while it is dropped: it is closed before its port is given back.
    socket: Option<mio::net::UdpSocket>,
    port: Option<Port>,
    ports: Arc<Mutex<Ports>>,
}

impl BoundPort {
    pub(super) fn new(socket: UdpSocket, port: Port, ports: Arc<Mutex<Ports>>) -> Self {
        Self { socket: Some(mio::net::UdpSocket::from_std(socket)), port: Some(port), ports }
    }

    pub(super) fn number(&self) -> u16 {
        self.port.as_ref().map_or(0, Port::number)
    }

    pub(super) fn socket(&mut self) -> Option<&mut mio::net::UdpSocket> {
        self.socket.as_mut()
    }

    /// Its call is over: tells those who ask for a port that this one rests, and returns until when.
    pub(super) fn rest(&self, now: Instant) -> Instant {
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        self.port.as_ref().map_or(now, |port| ports.rest(now, port))
    }
}

impl Drop for BoundPort {
    fn drop(&mut self) {
        self.socket = None;
        if let Some(port) = self.port.take() {
            self.ports.lock().unwrap_or_else(PoisonError::into_inner).give_back(port);
        }
    }
}
