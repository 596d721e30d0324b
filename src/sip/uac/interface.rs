//! What a call of ours is made of, and what comes out.

use bytes::Bytes;

use crate::media::g711::Law;
use crate::sip::digest::Login;
use crate::sip::message::{HostPort, NameAddr, Uri};
use crate::sip::offer::{Agreed, LocalAddress, OfferError};
use crate::sip::session;
use crate::sip::transport::Transport;

/// A call that is to be placed.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whom it is for: the Request-URI.
    pub target: Uri,
    /// Who calls, without a tag.
    pub from: NameAddr,
    /// Letters, digits and hyphens that no other call has and nobody can guess: Call-ID, tag, branches and cnonces are made
    /// of it.
    pub token: String,
    /// Where responses, and requests of the peer's, reach us.
    pub home: HostPort,
    /// What that speaks.
    pub transport: Transport,
    /// What 401 and 407 are answered with.
    pub login: Option<Login>,
    /// Where our media are.
    pub media: LocalAddress,
    /// The `sess-id` of our descriptions.
    pub description_id: u64,
    /// Whether keys may go as telephone-events. Without them the peer listens to tones.
    pub offers_events: bool,
    /// Whether the number is not to be shown (RFC 3325 section 7).
    pub is_withheld: bool,
    /// What is offered, the preferred first.
    pub codecs: Vec<Law>,
}

/// What a call of ours wants, and what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// A message goes to where the INVITE went.
    Send(Bytes),
    /// It rings at the other end. Comes out once.
    Ringing,
    /// The other end sends sound before it answers; nothing need be sent there. Comes out once.
    EarlyMedia(Agreed),
    /// The call is answered.
    Answered,
    /// Its media begin.
    Open(Agreed),
    /// They change: on hold, back, to another address.
    Change(Agreed),
    /// It is over, and so are its media. Comes out once; after it, only messages do.
    Ended(End),
}

/// How a call of ours ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// We hung up.
    Ours,
    /// The peer hung up.
    Peer,
    /// We gave up before it was answered.
    Cancelled,
    /// It was not taken, with this status code.
    Refused(u16),
    /// It is to go elsewhere, with this status code (300 to 399), which is not followed: a bridge that is tested is called
    /// itself.
    Redirected(u16),
    /// The peer wants a password that we have not, or not the one that we have.
    Unauthorized,
    /// Nothing came back in 32 seconds.
    NoAnswer,
    /// The INVITE could not be sent.
    Unreachable,
    /// The answer says not whom it is from, or where they are.
    Malformed,
    /// The answer to our offer cannot be used.
    NoMedia(OfferError),
    /// Nobody refreshed the session (RFC 4028).
    SessionExpired,
    /// The peer does not know the call any more, or cannot be reached.
    Lost,
}

impl End {
    /// The end of a call that was answered.
    pub(super) const fn of(end: session::End) -> Self {
        match end {
            session::End::Caller => Self::Peer,
            session::End::Bridge(_) | session::End::Refused(_) => Self::Ours,
            session::End::Cancelled => Self::Cancelled,
            session::End::NoMedia(error) => Self::NoMedia(error),
            session::End::SessionExpired => Self::SessionExpired,
            session::End::NoAck | session::End::Lost => Self::Lost,
        }
    }
}
