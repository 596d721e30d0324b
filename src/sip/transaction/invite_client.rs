//! The client transaction of an INVITE (RFC 3261 section 17.1.1, RFC 6026 section 7.2).

use std::time::Duration;

use bytes::Bytes;

use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};
use crate::sip::message::{Request, Response};
use crate::sip::transport::Transport;

use super::{ABSORB, ClientInput, ClientOutput, T1, TIMEOUT};

/// An INVITE of ours. See [the module](super) for the contract.
///
/// Repeats the INVITE until something is heard, acknowledges a refusal itself, and hands every 2xx to its user, who
/// acknowledges each. Once it has heard a provisional response it waits for as long as its user does, who gives up by a
/// CANCEL, and throws it away if nothing comes within [`TIMEOUT`] of that (RFC 3261 section 9.1).
#[derive(Clone, Debug)]
pub struct InviteClient {
    state: State,
    reliable: bool,
    timers: Timers<Timer>,
    outputs: Outputs<ClientOutput>,
}

#[derive(Clone, Debug)]
enum State {
    /// Nothing was heard; the INVITE is repeated after this interval.
    Calling(Box<Request>, Duration),
    /// A provisional response was heard.
    Proceeding(Box<Request>),
    /// A refusal was heard, and acknowledged with this.
    Completed(Bytes),
    /// A 2xx was heard.
    Accepted,
    Terminated,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When to repeat the INVITE (A).
    Repeat,
    /// When to give up (B).
    GiveUp,
    /// When the final response cannot come again (D, M).
    Linger,
}

impl InviteClient {
    /// Sends this INVITE, whose topmost Via is ours.
    #[must_use]
    pub fn new(now: Instant, invite: Request, transport: Transport) -> Self {
        let reliable = transport.is_reliable();
        let mut timers = Timers::default();
        if !reliable {
            timers.set(Timer::Repeat, now + T1);
        }
        timers.set(Timer::GiveUp, now + TIMEOUT);
        let mut outputs = Outputs::default();
        outputs.push(ClientOutput::Send(invite.print()));
        Self { state: State::Calling(Box::new(invite), T1), reliable, timers, outputs }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: ClientInput) {
        match input {
            ClientInput::Response(response) if response.is_provisional() => self.provisional(response),
            ClientInput::Response(response) if response.is_success() => self.accepted(now, response),
            ClientInput::Response(response) => self.refused(now, response),
            ClientInput::TransportError => match self.state {
                State::Calling(..) | State::Proceeding(_) | State::Completed(_) => {
                    self.outputs.push(ClientOutput::TransportError);
                    self.terminate();
                }
                // The ACKs are the user's, and so is their failure (RFC 6026 section 8.6).
                State::Accepted | State::Terminated => {}
            },
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match (timer, &mut self.state) {
                (Timer::Repeat, State::Calling(invite, interval)) => {
                    self.outputs.push(ClientOutput::Send(invite.print()));
                    *interval *= 2;
                    self.timers.set(Timer::Repeat, now + *interval);
                }
                (Timer::GiveUp, State::Calling(..)) => {
                    self.outputs.push(ClientOutput::Timeout);
                    self.terminate();
                }
                (Timer::Linger, State::Completed(_) | State::Accepted) => self.terminate(),
                (Timer::Repeat | Timer::GiveUp | Timer::Linger, _) => {}
            }
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<ClientOutput> {
        self.outputs.poll()
    }

    /// Returns when [`InviteClient::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn provisional(&mut self, response: Box<Response>) {
        match std::mem::replace(&mut self.state, State::Terminated) {
            State::Calling(invite, _) | State::Proceeding(invite) => {
                self.timers.clear_all();
                self.state = State::Proceeding(invite);
                self.outputs.push(ClientOutput::Response(response));
            }
            state @ (State::Completed(_) | State::Accepted | State::Terminated) => self.state = state,
        }
    }

    fn accepted(&mut self, now: Instant, response: Box<Response>) {
        match self.state {
            State::Calling(..) | State::Proceeding(_) => {
                self.timers.clear_all();
                self.timers.set(Timer::Linger, now + TIMEOUT);
                self.state = State::Accepted;
                self.outputs.push(ClientOutput::Response(response));
            }
            State::Accepted => self.outputs.push(ClientOutput::Response(response)),
            State::Completed(_) | State::Terminated => {}
        }
    }

    fn refused(&mut self, now: Instant, response: Box<Response>) {
        match &self.state {
            State::Calling(invite, _) | State::Proceeding(invite) => {
                let ack = invite.ack(&response).print();
                self.timers.clear_all();
                self.outputs.push(ClientOutput::Send(ack.clone()));
                self.outputs.push(ClientOutput::Response(response));
                if self.reliable {
                    self.terminate();
                } else {
                    self.state = State::Completed(ack);
                    self.timers.set(Timer::Linger, now + ABSORB);
                }
            }
            State::Completed(ack) => self.outputs.push(ClientOutput::Send(ack.clone())),
            State::Accepted | State::Terminated => {}
        }
    }

    fn terminate(&mut self) {
        self.state = State::Terminated;
        self.timers.clear_all();
        self.outputs.push(ClientOutput::Terminated);
    }
}
