//! Which transaction a message belongs to.

use crate::sip::message::{HeaderError, HeaderName, Method, Request, Response};

/// What requests of one server transaction have in common (RFC 3261 section 17.2.3): the branch and sent-by of the topmost
/// Via, and the method, with an ACK counted to its INVITE; of peers that do not know RFC 3261's branches, everything that
/// RFC 2543 matched.
///
/// The Call-ID is part of it too. It changes nothing where branches are unique; where they are not, calls are told apart all the
/// same, and equally with any number of shards, for a shard is chosen by Call-ID.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServerKey(Box<str>);

impl ServerKey {
    /// Returns the key of the transaction that this request belongs to, or begins.
    ///
    /// # Errors
    /// Via, Call-ID, From or CSeq is missing or malformed; the guard lets no such request pass.
    pub fn of(request: &Request) -> Result<Self, HeaderError> {
        let method = if request.method == Method::Ack { &Method::Invite } else { &request.method };
        Self::with_method(request, method)
    }

    /// Returns the key of the INVITE that a CANCEL is about (RFC 3261 section 9.2).
    ///
    /// # Errors
    /// As [`ServerKey::of`].
    pub fn cancelled_by(cancel: &Request) -> Result<Self, HeaderError> {
        Self::with_method(cancel, &Method::Invite)
    }

    fn with_method(request: &Request, method: &Method) -> Result<Self, HeaderError> {
        let headers = &request.headers;
        let (via, call_id) = (headers.top_via()?, headers.call_id()?);
        // A space keeps the parts apart: none of them holds one, but for what is left of an old Via.
        let key = match via.branch() {
            Some(branch) => format!("{branch} {} {method} {call_id}", via.sent_by),
            None => {
                let (from, cseq) = (headers.from()?, headers.cseq()?.number);
                let tag = from.tag().unwrap_or_default();
                let via = headers.list(&HeaderName::Via).next().unwrap_or_default();
                format!("{} {tag} {call_id} {cseq} {method} {via}", request.uri)
            }
        };
        Ok(Self(key.into()))
    }
}

/// What responses to one client transaction have in common (RFC 3261 section 17.1.3): the branch of the topmost Via, and the
/// method in CSeq.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClientKey(Box<str>);

impl ClientKey {
    /// Returns the key of the transaction that this request of ours begins.
    ///
    /// # Errors
    /// It has no Via of ours, or no CSeq.
    pub fn of(request: &Request) -> Result<Self, HeaderError> {
        Self::new(&request.headers)
    }

    /// Returns the key of the transaction that this response belongs to, if it is one of ours at all.
    ///
    /// # Errors
    /// Via or CSeq is missing or malformed; the guard lets no such response pass.
    pub fn answered_by(response: &Response) -> Result<Self, HeaderError> {
        Self::new(&response.headers)
    }

    fn new(headers: &crate::sip::message::Headers) -> Result<Self, HeaderError> {
        let (via, cseq) = (headers.top_via()?, headers.cseq()?);
        let branch = via.branch().ok_or(HeaderError::Malformed(HeaderName::Via))?;
        Ok(Self(format!("{branch} {}", cseq.method).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::{CSeq, Uri};

    fn request(method: Method, via: &str, call_id: &str) -> Request {
        let mut request = Request::new(method.clone(), Uri::parse("sip:4711@bridge.example").unwrap());
        request.headers.push(HeaderName::Via, via);
        request.headers.push(HeaderName::From, "<sip:a@a.example>;tag=f");
        request.headers.push(HeaderName::To, "<sip:4711@bridge.example>");
        request.headers.push(HeaderName::CallId, call_id);
        request.headers.push(HeaderName::CSeq, CSeq { number: 1, method });
        request
    }

    const VIA: &str = "SIP/2.0/UDP a.example:5060;branch=z9hG4bKx";
    const OLD_VIA: &str = "SIP/2.0/UDP a.example:5060";

    #[test]
    fn an_ack_and_a_cancel_find_their_invite() {
        for via in [VIA, OLD_VIA] {
            let invite = request(Method::Invite, via, "c");
            let key = ServerKey::of(&invite).unwrap();
            assert_eq!(ServerKey::of(&invite.ack(&invite.respond(404, "t"))).unwrap(), key, "{via}");
            let cancel = invite.cancel();
            assert_eq!(ServerKey::cancelled_by(&cancel).unwrap(), key, "{via}");
            assert_ne!(ServerKey::of(&cancel).unwrap(), key, "{via}");
        }
    }

    #[test]
    fn another_branch_host_method_or_call_is_another_transaction() {
        let key = |method, via: &str, call_id| ServerKey::of(&request(method, via, call_id)).unwrap();
        let invite = key(Method::Invite, VIA, "c");
        assert_ne!(key(Method::Invite, &VIA.replace("bKx", "bKy"), "c"), invite);
        assert_ne!(key(Method::Invite, &VIA.replace("a.example", "b.example"), "c"), invite);
        assert_ne!(key(Method::Options, VIA, "c"), invite);
        assert_ne!(key(Method::Invite, VIA, "d"), invite);
        assert_eq!(key(Method::Invite, &VIA.replace(";branch", ";rport=1;branch"), "c"), invite);
    }

    #[test]
    fn without_a_branch_the_sequence_number_tells_requests_apart() {
        let first = request(Method::Options, OLD_VIA, "c");
        let mut second = first.clone();
        second.headers.set(HeaderName::CSeq, "2 OPTIONS");
        assert_ne!(ServerKey::of(&first), ServerKey::of(&second));
    }

    #[test]
    fn a_response_finds_its_request_by_branch_and_method() {
        let invite = request(Method::Invite, VIA, "c");
        let key = ClientKey::of(&invite).unwrap();
        assert_eq!(ClientKey::answered_by(&invite.respond(200, "t")).unwrap(), key);
        assert_ne!(ClientKey::answered_by(&invite.cancel().respond(200, "t")).unwrap(), key);
        let stray = request(Method::Invite, OLD_VIA, "c").respond(200, "t");
        assert_eq!(ClientKey::answered_by(&stray), Err(HeaderError::Malformed(HeaderName::Via)));
    }
}
