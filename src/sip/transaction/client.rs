//! The client transaction of any other request (RFC 3261 section 17.1.2).

use std::time::Duration;

use bytes::Bytes;

use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};
use crate::sip::message::{Request, Response};
use crate::sip::transport::Transport;

use super::{ClientInput, ClientOutput, T1, T2, T4, TIMEOUT, doubled};

/// A request of ours other than INVITE and ACK. See [the module](super) for the contract.
#[derive(Clone, Debug)]
pub struct Client {
    state: State,
    reliable: bool,
    timers: Timers<Timer>,
    outputs: Outputs<ClientOutput>,
}

#[derive(Clone, Debug)]
enum State {
    /// No final response was heard; the request is repeated after this interval.
    Trying(Bytes, Duration),
    /// A final response was heard.
    Completed,
    Terminated,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When to repeat the request (E).
    Repeat,
    /// When to give up (F).
    GiveUp,
    /// When the final response cannot come again (K).
    Linger,
}

impl Client {
    /// Sends this request, whose topmost Via is ours.
    #[must_use]
    pub fn new(now: Instant, request: &Request, transport: Transport) -> Self {
        let (reliable, printed) = (transport.is_reliable(), request.print());
        let mut timers = Timers::default();
        if !reliable {
            timers.set(Timer::Repeat, now + T1);
        }
        timers.set(Timer::GiveUp, now + TIMEOUT);
        let mut outputs = Outputs::default();
        outputs.push(ClientOutput::Send(printed.clone()));
        Self { state: State::Trying(printed, T1), reliable, timers, outputs }
    }

    /// Takes one input.
    pub fn handle_input(&mut self, now: Instant, input: ClientInput) {
        let State::Trying(_, interval) = &mut self.state else { return };
        match input {
            ClientInput::Response(response) if response.is_provisional() => {
                // Somebody works on it: from the next repetition on, the longest interval (RFC 3261 section
                // 17.1.2.2).
                *interval = T2;
                self.outputs.push(ClientOutput::Response(response));
            }
            ClientInput::Response(response) => self.completed(now, response),
            ClientInput::TransportError => {
                self.outputs.push(ClientOutput::TransportError);
                self.terminate();
            }
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match (timer, &mut self.state) {
                (Timer::Repeat, State::Trying(request, interval)) => {
                    self.outputs.push(ClientOutput::Send(request.clone()));
                    *interval = doubled(*interval, T2);
                    self.timers.set(Timer::Repeat, now + *interval);
                }
                (Timer::GiveUp, State::Trying(..)) => {
                    self.outputs.push(ClientOutput::Timeout);
                    self.terminate();
                }
                (Timer::Linger, State::Completed) => self.terminate(),
                (Timer::Repeat | Timer::GiveUp | Timer::Linger, _) => {}
            }
        }
    }

    /// Returns what it wants next.
    pub fn poll_output(&mut self) -> Option<ClientOutput> {
        self.outputs.poll()
    }

    /// Returns when [`Client::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn completed(&mut self, now: Instant, response: Box<Response>) {
        self.timers.clear_all();
        self.outputs.push(ClientOutput::Response(response));
        if self.reliable {
            self.terminate();
        } else {
            self.state = State::Completed;
            self.timers.set(Timer::Linger, now + T4);
        }
    }

    fn terminate(&mut self) {
        self.state = State::Terminated;
        self.timers.clear_all();
        self.outputs.push(ClientOutput::Terminated);
    }
}
