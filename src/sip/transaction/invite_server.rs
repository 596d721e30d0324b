//! The server transaction of an INVITE (RFC 3261 section 17.2.1, RFC 6026 section 7.1).

use std::time::Duration;

use bytes::Bytes;

use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};
use crate::sip::message::Request;
use crate::sip::transport::Transport;

use super::{ServerInput, ServerOutput, T1, T2, T4, TIMEOUT, TRYING_AFTER, doubled};

/// An INVITE that came in. See [the module](super) for the contract.
///
/// Sends 100 itself if its user has said nothing for [`TRYING_AFTER`]; repeats a refusal until its ACK; leaves the repetition
/// of a 2xx to its user (RFC 3261 section 13.3.1.4), absorbing the INVITE's repetitions meanwhile, so that a late one never
/// becomes a second call (RFC 6026 section 3).
#[derive(Clone, Debug)]
pub struct InviteServer {
    state: State,
    reliable: bool,
    timers: Timers<Timer>,
    outputs: Outputs<ServerOutput>,
}

#[derive(Clone, Debug)]
enum State {
    /// The last provisional response, sent or to be sent.
    Proceeding(Bytes),
    /// A 2xx was sent.
    Accepted,
    /// A refusal was sent, and is repeated after this interval.
    Completed(Bytes, Duration),
    /// The refusal was acknowledged.
    Confirmed,
    Terminated,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When to send 100.
    Trying,
    /// When to repeat the refusal (G).
    Repeat,
    /// When to give up waiting for its ACK (H).
    GiveUp,
    /// When nothing can come in any more (I, L).
    Linger,
}

impl InviteServer {
    /// The transaction of an INVITE that matched no other.
    #[must_use]
    pub fn new(now: Instant, invite: &Request, transport: Transport) -> Self {
        let mut timers = Timers::default();
        timers.set(Timer::Trying, now + TRYING_AFTER);
        Self {
            state: State::Proceeding(invite.respond(100, "").print()),
            reliable: transport.is_reliable(),
            timers,
            outputs: Outputs::default(),
        }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: ServerInput) {
        match input {
            ServerInput::Retransmission => self.retransmission(),
            ServerInput::Ack => self.ack(now),
            ServerInput::Respond(code, response) => self.respond(now, code, response),
            // The state stays: the ACK or the timers end it (RFC 6026 section 8.4).
            ServerInput::TransportError => match self.state {
                State::Proceeding(_) | State::Accepted | State::Completed(..) => {
                    self.outputs.push(ServerOutput::TransportError);
                }
                State::Confirmed | State::Terminated => {}
            },
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match (timer, &mut self.state) {
                (Timer::Trying, State::Proceeding(trying)) => {
                    self.outputs.push(ServerOutput::Send(trying.clone()));
                }
                (Timer::Repeat, State::Completed(response, interval)) => {
                    self.outputs.push(ServerOutput::Send(response.clone()));
                    *interval = doubled(*interval, T2);
                    self.timers.set(Timer::Repeat, now + *interval);
                }
                (Timer::GiveUp, State::Completed(..)) => {
                    self.outputs.push(ServerOutput::Timeout);
                    self.terminate();
                }
                (Timer::Linger, State::Accepted | State::Confirmed) => self.terminate(),
                (Timer::Trying | Timer::Repeat | Timer::GiveUp | Timer::Linger, _) => {}
            }
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<ServerOutput> {
        self.outputs.poll()
    }

    /// Returns when [`InviteServer::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn retransmission(&mut self) {
        match &self.state {
            State::Proceeding(response) => {
                self.timers.clear(Timer::Trying);
                self.outputs.push(ServerOutput::Send(response.clone()));
            }
            State::Completed(response, _) => self.outputs.push(ServerOutput::Send(response.clone())),
            State::Accepted | State::Confirmed | State::Terminated => {}
        }
    }

    fn ack(&mut self, now: Instant) {
        match self.state {
            State::Completed(..) => {
                self.state = State::Confirmed;
                self.timers.clear_all();
                if self.reliable {
                    self.terminate();
                } else {
                    self.timers.set(Timer::Linger, now + T4);
                }
            }
            State::Accepted => self.outputs.push(ServerOutput::Ack),
            State::Proceeding(_) | State::Confirmed | State::Terminated => {}
        }
    }

    fn respond(&mut self, now: Instant, code: u16, response: Bytes) {
        let is_success = (200..300).contains(&code);
        match (&mut self.state, code) {
            (State::Proceeding(last), ..200) => {
                self.timers.clear(Timer::Trying);
                *last = response.clone();
                self.outputs.push(ServerOutput::Send(response));
            }
            (State::Proceeding(_), _) if is_success => {
                self.timers.clear_all();
                self.timers.set(Timer::Linger, now + TIMEOUT);
                self.state = State::Accepted;
                self.outputs.push(ServerOutput::Send(response));
            }
            (State::Proceeding(_), _) => {
                self.timers.clear_all();
                self.timers.set(Timer::GiveUp, now + TIMEOUT);
                if !self.reliable {
                    self.timers.set(Timer::Repeat, now + T1);
                }
                self.state = State::Completed(response.clone(), T1);
                self.outputs.push(ServerOutput::Send(response));
            }
            (State::Accepted, _) if is_success => self.outputs.push(ServerOutput::Send(response)),
            (State::Accepted | State::Completed(..) | State::Confirmed | State::Terminated, _) => {}
        }
    }

    fn terminate(&mut self) {
        self.state = State::Terminated;
        self.timers.clear_all();
        self.outputs.push(ServerOutput::Terminated);
    }
}
