//! From what offer and answer agreed on to what a flow goes by.

use super::orders::Peer;
use crate::media::g711::Law;
use crate::rtp::flow::Agreement;
use crate::rtp::latch::Expected;
use crate::rtp::receive::Formats;
use crate::rtp::send::Codec;
use crate::sip::offer::{Agreed, RemoteRtcp};

/// Returns what a flow goes by. A peer that holds the call with an unspecified address (RFC 2543, appendix B.5) is not sent
/// to.
pub(super) fn agreement(agreed: &Agreed, peer: Peer) -> Agreement {
    let Agreed { remote, rtcp, codec, payload_type, events, direction } = *agreed;
    let holds = remote.ip().is_unspecified();
    let laws = Law::ALL.map(|law| (law == codec).then_some(payload_type));
    Agreement {
        expected: Expected {
            media: (!holds).then_some(remote),
            signalling: peer.signalling,
            listed: peer.listed,
        },
        codec: Codec { law: codec, payload_type },
        formats: Formats { laws, events },
        sends: direction.sends() && !holds,
        reports: match rtcp {
            RemoteRtcp::Muxed => None,
            RemoteRtcp::At(address) => Some(address),
        },
    }
}
