//! The server transaction of any other request (RFC 3261 section 17.2.2).

use bytes::Bytes;

use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};
use crate::sip::transport::Transport;

use super::{ServerInput, ServerOutput, TIMEOUT};

/// A request other than INVITE that came in. See [the module](super) for the contract.
#[derive(Clone, Debug)]
pub struct Server {
    state: State,
    reliable: bool,
    timers: Timers<Timer>,
    outputs: Outputs<ServerOutput>,
}

#[derive(Clone, Debug)]
enum State {
    /// Nothing was answered.
    Trying,
    /// The last provisional response.
    Proceeding(Bytes),
    /// The final response.
    Completed(Bytes),
    Terminated,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When the request cannot come again (J).
    Linger,
}

impl Server {
    /// The transaction of a request that matched no other.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self {
            state: State::Trying,
            reliable: transport.is_reliable(),
            timers: Timers::default(),
            outputs: Outputs::default(),
        }
    }

    /// Takes one input. There is no ACK here.
    pub fn handle_input(&mut self, now: Instant, input: ServerInput) {
        match (input, &self.state) {
            (ServerInput::Retransmission, State::Proceeding(response) | State::Completed(response)) => {
                self.outputs.push(ServerOutput::Send(response.clone()));
            }
            (ServerInput::Respond(code, response), State::Trying | State::Proceeding(_)) => {
                self.respond(now, code, response);
            }
            (ServerInput::TransportError, State::Trying | State::Proceeding(_) | State::Completed(_)) => {
                self.outputs.push(ServerOutput::TransportError);
                self.terminate();
            }
            (
                ServerInput::Retransmission
                | ServerInput::Respond(..)
                | ServerInput::TransportError
                | ServerInput::Ack,
                _,
            ) => {}
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some(Timer::Linger) = self.timers.pop_due(now) {
            self.terminate();
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<ServerOutput> {
        self.outputs.poll()
    }

    /// Returns when [`Server::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn respond(&mut self, now: Instant, code: u16, response: Bytes) {
        self.outputs.push(ServerOutput::Send(response.clone()));
        if code < 200 {
            self.state = State::Proceeding(response);
        } else if self.reliable {
            self.terminate();
        } else {
            self.state = State::Completed(response);
            self.timers.set(Timer::Linger, now + TIMEOUT);
        }
    }

    fn terminate(&mut self) {
        self.state = State::Terminated;
        self.timers.clear_all();
        self.outputs.push(ServerOutput::Terminated);
    }
}
