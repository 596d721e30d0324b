//! Cutting a stream into messages (RFC 3261 section 18.3): bytes come in pieces of any size, judged messages go out.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};

use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};

use super::guard::{self, BODY_MAX, HEAD_MAX, Verdict};
use super::message::{Defect, Head, head_end_from};
use super::refusal::Refusal;

/// The longest message of a stream, in bytes. A body beyond [`BODY_MAX`] is passed over up to here; beyond, the stream is
/// closed.
pub const STREAM_MESSAGE_MAX: usize = 256 * 1024;
/// How long a message may take from its first byte to its last.
pub const MESSAGE_WITHIN: Duration = Duration::from_secs(10);
/// How long a stream may be silent between messages; longer than peers wait between keep-alives (RFC 5626 section 4.4.1: 95 to 120 s).
pub const IDLE_MAX: Duration = Duration::from_secs(120);

/// One stream. `handle_input` takes bytes as they come; drain `poll_output` completely before the next, and it never holds
/// more than one message of [`HEAD_MAX`] and [`BODY_MAX`]. After [`Frame::Close`] it says nothing more.
#[derive(Debug)]
pub struct Framer {
    source: SocketAddr,
    state: State,
    buffer: BytesMut,
    timers: Timers<Timer>,
    outputs: Outputs<Frame>,
}

/// What a stream brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A message, judged as a datagram is.
    Message(Verdict),
    /// A keep-alive that is to be answered with CRLF (RFC 5626 section 4.4.1).
    Ping,
    /// Close it: what follows cannot be told apart, or nothing does.
    Close(Refusal),
}

#[derive(Debug)]
enum State {
    /// Of the head, this much has no end in it.
    Head(usize),
    /// The head was read; its body has this many bytes.
    Body(Box<Head>, usize),
    /// This many bytes belong to a message that was answered already.
    Skip(usize),
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When the message that has begun must be complete.
    Message,
    /// When to close a silent stream.
    Idle,
}

impl Framer {
    /// A stream from this peer.
    #[must_use]
    pub fn new(now: Instant, source: SocketAddr) -> Self {
        let mut timers = Timers::default();
        timers.set(Timer::Idle, now + IDLE_MAX);
        Self { source, state: State::Head(0), buffer: BytesMut::new(), timers, outputs: Outputs::default() }
    }

    /// Takes bytes that came.
    pub fn handle_input(&mut self, now: Instant, bytes: &[u8]) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.buffer.extend_from_slice(bytes);
        while self.cut(now) {}
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.timers.pop_due(now) {
            Some(Timer::Message) => self.close(Refusal::Slow),
            Some(Timer::Idle) => self.close(Refusal::Idle),
            None => {}
        }
    }

    /// Returns what the stream brought next.
    pub fn poll_output(&mut self) -> Option<Frame> {
        self.outputs.poll()
    }

    /// Returns when [`Framer::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Takes one piece off the buffer; false if more bytes are needed.
    fn cut(&mut self, now: Instant) -> bool {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Head(0) => {
                if self.cut_blank(now) {
                    return self.cut_head(now, 0);
                }
                self.state = State::Head(0);
                false
            }
            State::Head(searched) => self.cut_head(now, searched),
            State::Body(head, length) if self.buffer.len() < length => {
                self.wait(now, State::Body(head, length))
            }
            State::Body(head, length) => {
                let body = Bytes::copy_from_slice(&self.buffer[..length]);
                self.buffer.advance(length);
                self.push(guard::message(*head, body, self.source));
                self.done(now);
                true
            }
            State::Skip(length) if self.buffer.len() < length => {
                let rest = length - self.buffer.len();
                self.buffer.clear();
                self.wait(now, State::Skip(rest))
            }
            State::Skip(length) => {
                self.buffer.advance(length);
                self.done(now);
                true
            }
            State::Closed => {
                self.buffer.clear();
                false
            }
        }
    }

    /// Takes off what may stand between messages; false if there is nothing else, or a keep-alive that is not whole yet.
    fn cut_blank(&mut self, now: Instant) -> bool {
        loop {
            match self.buffer[..] {
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.buffer.advance(4);
                    self.outputs.push(Frame::Ping);
                    self.done(now);
                }
                [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return false,
                [b'\r' | b'\n', ..] => self.buffer.advance(1),
                _ => return true,
            }
        }
    }

    fn cut_head(&mut self, now: Instant, searched: usize) -> bool {
        match head_end_from(&self.buffer, searched) {
            Some(end) if end <= HEAD_MAX => {
                let head = self.buffer.split_to(end);
                self.read_head(&head);
                true
            }
            None if self.buffer.len() < HEAD_MAX => self.wait(now, State::Head(self.buffer.len())),
            Some(_) | None => {
                self.close(Refusal::TooLarge);
                false
            }
        }
    }

    fn read_head(&mut self, head: &[u8]) {
        let parsed = Head::parse(head);
        let length = match &parsed {
            Ok(head) => head.content_length,
            Err(malformed) => malformed.content_length,
        };
        match (parsed, length) {
            (Ok(parsed), Some(length)) if length <= BODY_MAX => {
                self.state = State::Body(Box::new(parsed), length);
                return;
            }
            (Ok(parsed), Some(_)) => self.push(guard::refuse_length(parsed, 413, self.source)),
            // A stream is cut by it, so it must be there (RFC 3261 section 18.3).
            (Ok(parsed), None) => {
                self.push(guard::refuse(parsed.into_malformed(Defect::ContentLength), self.source));
            }
            (Err(malformed), _) => self.push(guard::refuse(*malformed, self.source)),
        }
        match length {
            Some(length) if head.len().saturating_add(length) <= STREAM_MESSAGE_MAX => {
                self.state = State::Skip(length);
            }
            Some(_) => self.close(Refusal::TooLarge),
            None => self.close(Refusal::Malformed),
        }
    }

    /// Waits for the rest of a message.
    fn wait(&mut self, now: Instant, state: State) -> bool {
        self.state = state;
        if self.timers.due(Timer::Message).is_none() {
            self.timers.clear(Timer::Idle);
            self.timers.set(Timer::Message, now + MESSAGE_WITHIN);
        }
        false
    }

    /// Goes on to the next message.
    fn done(&mut self, now: Instant) {
        self.state = State::Head(0);
        self.timers.clear(Timer::Message);
        self.timers.set(Timer::Idle, now + IDLE_MAX);
    }

    fn push(&mut self, verdict: Verdict) {
        self.outputs.push(Frame::Message(verdict));
    }

    fn close(&mut self, why: Refusal) {
        self.state = State::Closed;
        self.buffer = BytesMut::new();
        self.timers.clear_all();
        self.outputs.push(Frame::Close(why));
    }
}

#[cfg(test)]
mod tests;
