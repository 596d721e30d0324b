//! A dialog (RFC 3261 section 12): who talks to whom, by which way, and which request is the next.

use super::message::{CSeq, HeaderError, HeaderName, Headers, Method, NameAddr, Request, Response, Uri};

/// Hops that a request of ours may take (RFC 3261 section 8.1.1.6).
const MAX_FORWARDS: u8 = 70;

/// One end of a dialog, which an INVITE began: the other end's, or ours.
///
/// It keeps copies of the few values that it needs, as the peer wrote them, and nothing of the messages that they were in.
#[derive(Clone, Debug)]
pub struct Dialog {
    call_id: Box<str>,
    local: Box<str>,
    local_tag: Box<str>,
    remote: Box<str>,
    remote_tag: Box<str>,
    target: Uri,
    routes: Box<[Box<str>]>,
    local_seq: u32,
    remote_seq: u32,
}

/// Why a request does not belong where it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutOfDialog {
    /// Other tags or another Call-ID: 481 (RFC 3261 section 12.2.2).
    Unknown,
    /// Its number is not higher than the last request's: it was overtaken, or comes a second time. 500 (the same section).
    Overtaken,
}

impl OutOfDialog {
    /// Returns the status code that says so.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Unknown => 481,
            Self::Overtaken => 500,
        }
    }
}

impl Dialog {
    /// Returns the dialog that an INVITE begins, with this tag at our end (RFC 3261 section 12.1.1).
    ///
    /// # Errors
    /// A field that a dialog is made of is missing or malformed: 400.
    pub fn of_invite(invite: &Request, local_tag: &str) -> Result<Self, HeaderError> {
        let headers = &invite.headers;
        let from = headers.from()?;
        let routes = headers.record_route()?;
        Ok(Self {
            call_id: headers.call_id()?.into(),
            local: headers.to()?.with_tag(local_tag).to_string().into(),
            local_tag: local_tag.into(),
            remote: headers.one(HeaderName::From)?.into(),
            // A peer of RFC 2543 has none (RFC 3261 section 12.1.1).
            remote_tag: from.tag().unwrap_or_default().into(),
            target: headers.contact()?.uri,
            routes: routes.iter().map(|route| route.to_string().into()).collect(),
            local_seq: 0,
            remote_seq: headers.cseq()?.number,
        })
    }

    /// Returns the dialog that this response to our INVITE begins (RFC 3261 section 12.1.2).
    ///
    /// # Errors
    /// A field that a dialog is made of is missing or malformed.
    pub fn of_answer(invite: &Request, answer: &Response) -> Result<Self, HeaderError> {
        let headers = &answer.headers;
        let (from, to) = (invite.headers.from()?, headers.to()?);
        let routes = headers.record_route()?;
        Ok(Self {
            call_id: invite.headers.call_id()?.into(),
            local: invite.headers.one(HeaderName::From)?.into(),
            local_tag: from.tag().unwrap_or_default().into(),
            remote: headers.one(HeaderName::To)?.into(),
            // A peer of RFC 2543 has none.
            remote_tag: to.tag().unwrap_or_default().into(),
            target: headers.contact()?.uri,
            routes: routes.iter().rev().map(|route| route.to_string().into()).collect(),
            local_seq: invite.headers.cseq()?.number,
            remote_seq: 0,
        })
    }

    /// Returns the tag at our end.
    #[must_use]
    pub fn local_tag(&self) -> &str {
        &self.local_tag
    }

    /// Returns the tag at the peer's end; empty if it has none.
    #[must_use]
    pub fn remote_tag(&self) -> &str {
        &self.remote_tag
    }

    /// Returns the Call-ID.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Whether a message is of this dialog: its Call-ID, and the tags in a request of the peer's.
    #[must_use]
    pub fn holds(&self, request: &Headers) -> bool {
        let is_to_us = request.to().is_ok_and(|to| to.tag().is_some_and(|tag| *tag == *self.local_tag));
        is_to_us && request.call_id() == Ok(&self.call_id) && self.is_from_peer(request)
    }

    fn is_from_peer(&self, request: &Headers) -> bool {
        request.from().is_ok_and(|from| from.tag().unwrap_or_default() == *self.remote_tag)
    }

    /// Takes note of a request of the peer's other than ACK and CANCEL, which are not counted.
    ///
    /// # Errors
    /// It is not of this dialog, or came too late.
    pub fn receive(&mut self, request: &Headers) -> Result<(), OutOfDialog> {
        if !self.holds(request) {
            return Err(OutOfDialog::Unknown);
        }
        match request.cseq() {
            Ok(cseq) if cseq.number > self.remote_seq => {
                self.remote_seq = cseq.number;
                Ok(())
            }
            _ => Err(OutOfDialog::Overtaken),
        }
    }

    /// Sends what follows where the Contact of this message says, if it has one: it refreshed the target and was accepted
    /// (RFC 3261 sections 12.2.1.2 and 12.2.2).
    pub fn refresh_target(&mut self, message: &Headers) {
        if let Ok(contact) = message.contact() {
            self.target = contact.uri;
        }
    }

    /// Returns the next request of ours, without Via (RFC 3261 section 12.2.1.1).
    pub fn request(&mut self, method: Method) -> Request {
        self.local_seq += 1;
        self.numbered(method, self.local_seq)
    }

    /// Gives a request of ours the next number, to be sent once more: with credentials that it lacked (RFC 3261 section
    /// 22.2).
    pub fn renumber(&mut self, request: &mut Request) {
        self.local_seq += 1;
        let method = request.method.clone();
        request.headers.set(HeaderName::CSeq, CSeq { number: self.local_seq, method });
    }

    /// Returns the ACK for a 2xx to our INVITE of this number (RFC 3261 section 13.2.2.4), without Via.
    #[must_use]
    pub fn ack(&self, invite: u32) -> Request {
        self.numbered(Method::Ack, invite)
    }

    fn numbered(&self, method: Method, number: u32) -> Request {
        let first = self.routes.first().and_then(|route| NameAddr::parse(route));
        // A proxy of RFC 2543 wants to be asked itself, and finds our peer in the last Route.
        let strict = first.map(|first| first.uri).filter(|first| first.param("lr").is_none());
        let skipped = usize::from(strict.is_some());
        let last = strict.is_some().then(|| NameAddr::new(self.target.clone()));
        let mut request = Request::new(method.clone(), strict.unwrap_or_else(|| self.target.clone()));
        for route in self.routes.iter().skip(skipped) {
            request.headers.push(HeaderName::Route, route);
        }
        if let Some(last) = last {
            request.headers.push(HeaderName::Route, last);
        }
        request.headers.push(HeaderName::MaxForwards, MAX_FORWARDS);
        request.headers.push(HeaderName::From, &self.local);
        request.headers.push(HeaderName::To, &self.remote);
        request.headers.push(HeaderName::CallId, &self.call_id);
        request.headers.push(HeaderName::CSeq, CSeq { number, method });
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::Message;

    fn request(text: &str) -> Request {
        let text = text.replace('\n', "\r\n") + "\r\n";
        match Message::parse(text.as_bytes()).unwrap() {
            Message::Request(request) => request,
            Message::Response(_) => unreachable!(),
        }
    }

    const INVITE: &str = "INVITE sip:bridge@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1
From: \"Ann\" <sip:ann@example.com>;tag=a1
To: <sip:bridge@example.com>
Call-ID: c1
CSeq: 7 INVITE
Contact: <sip:ann@198.51.100.7:5070;ob>
";

    fn dialog(more: &str) -> Dialog {
        Dialog::of_invite(&request(&format!("{INVITE}{more}")), "b1").unwrap()
    }

    fn in_dialog(method: &str, number: u32, tags: (&str, &str), more: &str) -> Request {
        let (from, to) = tags;
        request(&format!(
            "{method} sip:bridge@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK2
From: <sip:ann@example.com>{from}
To: <sip:bridge@example.com>{to}
Call-ID: c1
CSeq: {number} {method}
{more}"
        ))
    }

    const TAGS: (&str, &str) = (";tag=a1", ";tag=b1");

    #[track_caller]
    fn prints(request: &Request, expected: &str) {
        let printed = String::from_utf8(request.print().to_vec()).unwrap().replace("\r\n", "\n");
        assert_eq!(printed.trim_end(), expected.trim());
    }

    #[test]
    fn a_request_goes_to_the_contact_by_the_recorded_route() {
        let mut dialog =
            dialog("Record-Route: <sip:p2.example;lr>\nRecord-Route: <sip:p1.example;lr;x=AA==>\n");
        prints(
            &dialog.request(Method::Bye),
            "BYE sip:ann@198.51.100.7:5070;ob SIP/2.0
Route: <sip:p2.example;lr>
Route: <sip:p1.example;lr;x=AA==>
Max-Forwards: 70
From: <sip:bridge@example.com>;tag=b1
To: \"Ann\" <sip:ann@example.com>;tag=a1
Call-ID: c1
CSeq: 1 BYE
Content-Length: 0",
        );
    }

    #[test]
    fn a_strict_proxy_is_asked_itself() {
        let mut dialog = dialog("Record-Route: <sip:p2.example>, <sip:p1.example;lr>\n");
        let request = dialog.request(Method::Bye);
        assert_eq!(request.uri.as_str(), "sip:p2.example");
        let routes: Vec<_> = request.headers.all(&HeaderName::Route).collect();
        assert_eq!(routes, ["<sip:p1.example;lr>", "<sip:ann@198.51.100.7:5070;ob>"]);
    }

    #[test]
    fn requests_are_numbered_and_an_ack_takes_its_invites_number() {
        let mut dialog = dialog("");
        let number = |request: Request| request.headers.cseq().unwrap().to_string();
        assert_eq!(number(dialog.request(Method::Invite)), "1 INVITE");
        assert_eq!(number(dialog.request(Method::Update)), "2 UPDATE");
        assert_eq!(number(dialog.ack(1)), "1 ACK");
        assert_eq!(number(dialog.request(Method::Bye)), "3 BYE");
    }

    #[test]
    fn each_request_of_the_peer_has_a_higher_number() {
        let mut dialog = dialog("");
        let mut receive = |number| dialog.receive(&in_dialog("INFO", number, TAGS, "").headers);
        assert_eq!(receive(7), Err(OutOfDialog::Overtaken));
        assert_eq!(receive(9), Ok(()));
        assert_eq!(receive(8), Err(OutOfDialog::Overtaken));
        assert_eq!(receive(9), Err(OutOfDialog::Overtaken));
        assert_eq!(receive(900), Ok(()));
    }

    #[test]
    fn other_tags_are_another_dialog() {
        let mut dialog = dialog("");
        for tags in [(";tag=a2", ";tag=b1"), (";tag=a1", ";tag=b2"), (";tag=a1", ""), ("", ";tag=b1")] {
            let request = in_dialog("BYE", 8, tags, "");
            assert_eq!(dialog.receive(&request.headers), Err(OutOfDialog::Unknown), "{tags:?}");
        }
        let mut other = in_dialog("BYE", 8, TAGS, "");
        other.headers.set(HeaderName::CallId, "c2");
        assert_eq!(dialog.receive(&other.headers), Err(OutOfDialog::Unknown));
    }

    #[test]
    fn a_peer_without_a_tag_has_a_dialog_too() {
        let invite = request(&INVITE.replace(";tag=a1", ""));
        let mut dialog = Dialog::of_invite(&invite, "b1").unwrap();
        assert_eq!(dialog.receive(&in_dialog("BYE", 8, ("", ";tag=b1"), "").headers), Ok(()));
    }

    #[test]
    fn a_new_contact_is_the_new_target() {
        let mut dialog = dialog("");
        dialog.refresh_target(&in_dialog("UPDATE", 8, TAGS, "Contact: <sip:ann@198.51.100.8>\n").headers);
        dialog.refresh_target(&in_dialog("UPDATE", 9, TAGS, "").headers);
        assert_eq!(dialog.request(Method::Bye).uri.as_str(), "sip:ann@198.51.100.8");
    }

    #[test]
    fn an_invite_without_a_contact_begins_no_dialog() {
        let without: String = INVITE
            .lines()
            .filter(|line| !line.starts_with("Contact"))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(
            Dialog::of_invite(&request(&without), "b1").unwrap_err(),
            HeaderError::Missing(HeaderName::Contact)
        );
    }
}
