//! What we are called where a peer is: in a Contact, a Via and a session description stands the address that this peer can
//! reach. A NAT, a container or a second network makes it differ from the one that we listen at.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::sip::message::{Host, HostPort};
use crate::sip::network::Network;
use crate::sip::shard::{Peer, Socket};
use crate::sip::transport::Transport;

/// Networks in which we go by an address of our own.
pub const LOCAL_NETS_MAX: usize = 64;

/// How the world reaches us.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Advertised {
    /// The address outside of the local networks; `None` if it is the one that we listen at.
    pub address: Option<IpAddr>,
    /// The port there for UDP and TCP, if it differs.
    pub port: Option<u16>,
    /// Networks where the address that we listen at is reached; at most [`LOCAL_NETS_MAX`].
    pub local_nets: Vec<Network>,
}

/// Our sockets as peers see them, by where the peers are.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    ways: Vec<Way>,
    outside_port: Option<u16>,
    ports: Ports,
}

/// The ports that we listen at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    /// For UDP and TCP.
    pub(super) plain: u16,
    pub(super) tls: Option<u16>,
}

/// What we are called by peers of one network; of all others without one.
#[derive(Clone, Copy, Debug)]
struct Way {
    network: Option<Network>,
    ours: IpAddr,
}

impl Addresses {
    pub(super) fn new(listen: IpAddr, ports: Ports, advertised: &Advertised) -> io::Result<Self> {
        let mut ways = Vec::new();
        let loopback =
            [Network::from_parts(Ipv4Addr::LOCALHOST.into(), 8), Network::host(Ipv6Addr::LOCALHOST.into())];
        for network in loopback.into_iter().chain(advertised.local_nets.iter().copied()) {
            if network.address().is_ipv4() == listen.is_ipv4() || is_any(listen) {
                // A network that is not there now has no peers.
                ways.extend(
                    toward(listen, network.address()).ok().map(|ours| Way { network: Some(network), ours }),
                );
            }
        }
        let ours = match advertised.address {
            Some(address) => address,
            None => toward(listen, documentation(listen))?,
        };
        ways.push(Way { network: None, ours });
        Ok(Self { ways, outside_port: advertised.port, ports })
    }

    /// Our sockets, in the order in which [`Addresses::peer`] numbers them.
    pub(super) fn sockets(&self) -> Vec<Socket> {
        let of_transport = |transport| self.ways.iter().map(move |way| self.socket(transport, way));
        Transport::ALL.into_iter().flat_map(of_transport).collect()
    }

    fn socket(&self, transport: Transport, way: &Way) -> Socket {
        let plain = self.outside_port.filter(|_| way.network.is_none()).unwrap_or(self.ports.plain);
        let port = match transport {
            Transport::Udp | Transport::Tcp => plain,
            Transport::Tls => self.ports.tls.unwrap_or(plain),
        };
        let advertised = HostPort { host: Host::Ip(way.ours), port: Some(port) };
        Socket { transport, advertised, media: way.ours }
    }

    /// A peer at this address.
    pub(super) fn peer(&self, transport: Transport, address: SocketAddr) -> Peer {
        let is_here = |way: &Way| way.network.is_none_or(|network| network.contains(address.ip()));
        let way = self.ways.iter().position(is_here).unwrap_or(0);
        let number = transport as usize * self.ways.len() + way;
        Peer { socket: u16::try_from(number).unwrap_or(0), address }
    }

    /// Our own end, as a peer sees it.
    pub(super) fn ours(&self, peer: Peer) -> SocketAddr {
        let way = &self.ways[usize::from(peer.socket) % self.ways.len()];
        let socket = self.socket(self.transport(peer), way);
        SocketAddr::new(socket.media, socket.advertised.port.unwrap_or(self.ports.plain))
    }

    /// The transport by which a peer is reached.
    pub(super) fn transport(&self, peer: Peer) -> Transport {
        let number = usize::from(peer.socket) / self.ways.len();
        Transport::ALL.get(number).copied().unwrap_or(Transport::Udp)
    }
}

/// Whether it stands for every address of this host.
fn is_any(address: IpAddr) -> bool {
    address.is_unspecified()
}

/// The address at which peers like this one reach us: the one that we listen at, or the one that the system would send from.
fn toward(listen: IpAddr, peer: IpAddr) -> io::Result<IpAddr> {
    if !is_any(listen) {
        return Ok(listen);
    }
    let any: IpAddr =
        if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // Nothing is sent: the system only looks its routes up. The port is of no matter.
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect((peer, 9))?;
    Ok(socket.local_addr()?.ip())
}

/// An address outside, of which nobody is (RFC 5737, RFC 3849).
fn documentation(listen: IpAddr) -> IpAddr {
    match listen {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(listen: &str, advertised: Advertised) -> Addresses {
        let ports = Ports { plain: 5060, tls: Some(5061) };
        Addresses::new(listen.parse().unwrap(), ports, &advertised).unwrap()
    }

    #[track_caller]
    fn contact(addresses: &Addresses, transport: Transport, peer: &str) -> String {
        let peer = addresses.peer(transport, SocketAddr::new(peer.parse().unwrap(), 5060));
        assert_eq!(addresses.transport(peer), transport);
        let contact = addresses.sockets()[usize::from(peer.socket)].advertised.to_string();
        assert_eq!(addresses.ours(peer).to_string(), contact);
        contact
    }

    #[test]
    fn without_settings_we_go_by_where_we_listen() {
        let addresses = addresses("127.0.0.1", Advertised::default());
        assert_eq!(contact(&addresses, Transport::Udp, "127.0.0.1"), "127.0.0.1:5060");
        assert_eq!(contact(&addresses, Transport::Tls, "203.0.113.9"), "127.0.0.1:5061");
    }

    #[test]
    fn the_advertised_address_is_for_peers_outside() {
        let advertised = Advertised {
            address: Some("203.0.113.1".parse().unwrap()),
            port: Some(15_060),
            local_nets: vec!["10.0.0.0/8".parse().unwrap()],
        };
        let addresses = addresses("10.0.0.5", advertised);
        assert_eq!(contact(&addresses, Transport::Udp, "198.51.100.7"), "203.0.113.1:15060");
        assert_eq!(contact(&addresses, Transport::Tcp, "10.1.2.3"), "10.0.0.5:5060");
        assert_eq!(contact(&addresses, Transport::Tls, "198.51.100.7"), "203.0.113.1:5061");
    }

    #[test]
    fn of_every_address_loopback_peers_reach_loopback() {
        let advertised =
            Advertised { address: Some("203.0.113.1".parse().unwrap()), ..Advertised::default() };
        let addresses = addresses("0.0.0.0", advertised);
        assert_eq!(contact(&addresses, Transport::Udp, "127.0.0.1"), "127.0.0.1:5060");
        assert_eq!(contact(&addresses, Transport::Udp, "198.51.100.7"), "203.0.113.1:5060");
    }
}
