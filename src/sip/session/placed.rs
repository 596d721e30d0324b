//! What differs in a call of ours: it begins with the answer to our INVITE, and keys go out.

use std::sync::Arc;

use super::refresh::Terms;
use super::{Media, OurRequest, Output, Phase, Session};
use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};
use crate::sip::dialog::Dialog;
use crate::sip::keys::{InfoFormat, InfoKey, write_info};
use crate::sip::message::{HeaderName, Method, Response};
use crate::sip::offer::Negotiation;

impl Session {
    /// Returns the call that this 2xx to our INVITE began: `dialog` is [of that answer](Dialog::of_answer), the description in
    /// it has been [taken](Negotiation::take_answer), and its ACK is the owner's. The media come out first.
    #[must_use]
    pub fn placed(
        now: Instant,
        dialog: Dialog,
        answer: &Response,
        negotiation: Negotiation,
        contact: Arc<str>,
    ) -> Self {
        let mut session = Self {
            contact,
            dialog,
            media: Some(Box::new(Media { negotiation, told: None })),
            phase: Phase::Up,
            unacknowledged: None,
            unpracked: None,
            pending: None,
            terms: None,
            allows_update: answer.headers.lists(&HeaderName::Allow, Method::Update.as_str()),
            is_ours: true,
            reinvites: (Instant::ZERO, 0),
            timers: Timers::default(),
            outputs: Outputs::default(),
        };
        if let Some(terms) = Terms::answered(&answer.headers) {
            session.refreshed(now, terms);
        }
        session.media_agreed();
        session
    }

    /// Tells a key, once the call is up.
    pub(super) fn press(&mut self, key: InfoKey) {
        if !matches!(self.phase, Phase::Up) {
            return;
        }
        let mut request = self.dialog.request(Method::Info);
        request.set_body(InfoFormat::RELAY, write_info(key));
        self.outputs.push(Output::Request { ours: OurRequest::Info, request: Box::new(request) });
    }
}
