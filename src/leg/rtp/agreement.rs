//! From what offer and answer agreed on to what a flow goes by.

use std::time::Duration;

use super::orders::Peer;
use crate::media::g711::Law;
use crate::rtp::flow::Agreement;
use crate::rtp::latch::Expected;
use crate::rtp::receive::Formats;
use crate::rtp::send::Codec;
use crate::sip::offer::{Agreed, RemoteRtcp};

/// Returns what a flow goes by. A peer that holds the call with an unspecified address (RFC 2543, appendix B.5) is not sent
/// to. One that holds it is not heard either, whatever it sends: a PBX plays its own music then. `media_gone` is how long
/// nothing may come of one that neither holds the call nor said that nothing would come.
pub(super) fn agreement(agreed: &Agreed, peer: Peer, media_gone: Option<Duration>) -> Agreement {
    let Agreed { remote, rtcp, codec, payload_type, events, direction } = *agreed;
    let has_address = !remote.ip().is_unspecified();
    let sends = direction.sends() && has_address;
    let hears = direction.receives() && sends;
    let laws = Law::ALL.map(|law| (law == codec).then_some(payload_type));
    Agreement {
        expected: Expected {
            media: has_address.then_some(remote),
            signalling: peer.signalling,
            listed: peer.listed,
        },
        codec: Codec { law: codec, payload_type },
        formats: Formats { laws, events },
        sends,
        hears,
        silence_max: media_gone.filter(|_| hears),
        reports: match rtcp {
            RemoteRtcp::Muxed => None,
            RemoteRtcp::At(address) => Some(address),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;
    use crate::sip::offer::Direction;

    #[test]
    fn only_who_speaks_with_us_is_heard_and_may_not_be_silent() {
        let agreed = |direction, address: Ipv4Addr| {
            let agreed = Agreed {
                remote: SocketAddr::from((address, 4_000)),
                rtcp: RemoteRtcp::Muxed,
                codec: Law::Pcmu,
                payload_type: 0,
                events: Some(101),
                direction,
            };
            let peer = Peer { signalling: Ipv4Addr::LOCALHOST.into(), listed: false };
            let agreement = agreement(&agreed, peer, Some(Duration::from_secs(60)));
            (agreement.sends, agreement.hears, agreement.silence_max.is_some())
        };
        let here = Ipv4Addr::LOCALHOST;
        assert_eq!(agreed(Direction::SendRecv, here), (true, true, true));
        assert_eq!(agreed(Direction::RecvOnly, here), (false, false, false), "it holds, and may play music");
        assert_eq!(agreed(Direction::SendOnly, here), (true, false, false), "it only listens");
        assert_eq!(agreed(Direction::Inactive, here), (false, false, false));
        assert_eq!(agreed(Direction::SendRecv, Ipv4Addr::UNSPECIFIED), (false, false, false));
    }
}
