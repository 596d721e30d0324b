//! What goes into a session, and what comes out.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::sip::keys::InfoKey;
use crate::sip::message::{Request, Response};
use crate::sip::offer::{Agreed, LocalAddress, OfferError};

/// A server transaction, by a number that its owner gave it. The session only gives it back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TransactionId(pub u32);

/// A request that a session sends; one of each at a time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OurRequest {
    /// It ends the call.
    Bye,
    /// It refreshes the session.
    Update,
    /// The same, for a telephone that does not know UPDATE.
    Invite,
    /// It tells a key.
    Info,
}

/// What a session is given that it cannot know.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The tag of our end: nobody can guess it, no other call has it.
    pub tag: Box<str>,
    /// The value of our Contact, at which requests of this call reach us.
    pub contact: Arc<str>,
    /// The address of our media.
    pub media: IpAddr,
}

/// Why the bridge ends a call, as a `Reason` field tells it (RFC 3326).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HangUp {
    /// In good order (Q.850 cause 16).
    Normal,
    /// The bridge carries no more calls, or goes down (cause 41).
    TemporaryFailure,
    /// Nothing comes of the caller any more.
    MediaGone,
}

/// What reaches a session.
#[derive(Clone, Debug)]
pub enum Input<'m> {
    /// A request of this dialog, other than ACK and CANCEL, that began a transaction.
    Request(TransactionId, &'m Request),
    /// The ACK of a 2xx.
    Ack(&'m Request),
    /// A CANCEL of the INVITE's transaction. Its own 200 is the owner's.
    Cancelled,
    /// A response to a request of ours.
    Response(OurRequest, &'m Response),
    /// No response to a request of ours came in time, or it could not be sent.
    Failed(OurRequest),
    /// The bridge wants the caller to hear that it rings.
    Ring,
    /// The bridge takes the call.
    Answer {
        /// Where the media of this call are.
        local: LocalAddress,
        /// The `sess-id` of its descriptions.
        description_id: u64,
    },
    /// The bridge does not take the call: the status code, and seconds after which to try again.
    Refuse(u16, Option<u8>),
    /// Our user presses a key, which an INFO is to tell. The one before must have been answered.
    Press(InfoKey),
    /// The bridge ends the call.
    HangUp(HangUp),
}

/// What a session wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A response: its status code, and as it goes to the wire. A 2xx to an INVITE comes out again until it is acknowledged.
    Respond(TransactionId, u16, Bytes),
    /// A request in a transaction of its own; its Via is still to be added.
    Request {
        /// Which.
        ours: OurRequest,
        /// The request.
        request: Box<Request>,
    },
    /// An ACK, which has no transaction; its Via is still to be added.
    Acknowledge(Box<Request>),
    /// The media begin.
    OpenMedia(Agreed),
    /// The media change: on hold, back, to another address.
    ChangeMedia(Agreed),
    /// A key, told by an INFO.
    Key(InfoKey),
    /// The call is over, and so are its media. Comes out once; after it, only messages do.
    Ended(End),
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The caller hung up.
    Caller,
    /// The bridge hung up, for this reason.
    Bridge(HangUp),
    /// The caller gave up before the call was answered.
    Cancelled,
    /// The bridge did not take it, and said so with this status code.
    Refused(u16),
    /// The answer was never acknowledged: the caller is gone.
    NoAck,
    /// The caller's answer to our offer cannot be used.
    NoMedia(OfferError),
    /// Nobody refreshed the session (RFC 4028).
    SessionExpired,
    /// The caller does not know the call any more, or cannot be reached.
    Lost,
}

impl End {
    /// What a BYE of ours says about it, as the value of a `Reason` field (RFC 3326).
    pub(super) fn reason(self) -> String {
        match self {
            Self::Caller | Self::Cancelled | Self::Refused(_) | Self::Bridge(HangUp::Normal) => {
                "Q.850;cause=16".to_owned()
            }
            Self::Lost | Self::Bridge(HangUp::TemporaryFailure) => "Q.850;cause=41".to_owned(),
            Self::NoAck => "SIP;cause=408;text=\"No ACK\"".to_owned(),
            Self::NoMedia(error) => format!("SIP;cause={};text=\"{error}\"", error.status()),
            Self::Bridge(HangUp::MediaGone) => "SIP;cause=408;text=\"No media\"".to_owned(),
            Self::SessionExpired => "SIP;cause=408;text=\"Session expired\"".to_owned(),
        }
    }
}
