//! The rows of calls.

use crate::control::time::Instant;
use crate::sip::session::{self, Input, Session, TransactionId};

use super::{Command, LineId, Output, Peer, Row, Shard};

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) serial: u32,
    pub(super) session: Session,
    /// Where its last request came from, and ours go to.
    pub(super) peer: Peer,
    /// Its server transactions.
    pub(super) transactions: u16,
    pub(super) has_flow: bool,
    pub(super) is_early: bool,
    pub(super) due: Option<Instant>,
}

impl Shard {
    pub(super) fn line_mut(&mut self, line: LineId) -> Option<&mut Line> {
        self.lines.get_mut(line.slot as usize).filter(|row| row.serial == line.serial)
    }

    pub(super) fn command(&mut self, now: Instant, line: LineId, command: Command) {
        let input = match command {
            Command::Ring => Input::Ring,
            Command::Answer(local) => {
                // Two bits less, for readers that take it for a signed number.
                Input::Answer { local, description_id: self.secrets.draw() >> 2 }
            }
            Command::Refuse(code, retry_after) => Input::Refuse(code, retry_after),
            Command::HangUp(why) => Input::HangUp(why),
        };
        self.line_input(now, line, input);
    }

    pub(super) fn line_input(&mut self, now: Instant, line: LineId, input: Input<'_>) {
        if let Some(row) = self.line_mut(line) {
            row.session.handle_input(now, input);
            self.settle_line(now, line);
        }
    }

    pub(super) fn line_timeout(&mut self, now: Instant, slot: usize) {
        let row = &mut self.lines[slot];
        let line = LineId { slot: u32::try_from(slot).unwrap_or(u32::MAX), serial: row.serial };
        row.session.handle_timeout(now);
        self.settle_line(now, line);
    }

    /// Carries out what a session wants, and takes its row out if it is over.
    pub(super) fn settle_line(&mut self, now: Instant, line: LineId) {
        while let Some(row) = self.line_mut(line)
            && let Some(output) = row.session.poll_output()
        {
            let peer = row.peer;
            match output {
                session::Output::Respond(TransactionId(slot), code, bytes) => {
                    self.respond(now, line, slot, code, bytes);
                }
                session::Output::Request { ours, request } => {
                    self.open_client(now, peer, line, ours, *request);
                }
                session::Output::Acknowledge(ack) => self.acknowledge(peer, *ack),
                session::Output::OpenMedia(agreed) => {
                    row.has_flow = true;
                    self.outputs.push_back(Output::OpenFlow(line, agreed));
                }
                session::Output::ChangeMedia(agreed) => {
                    self.outputs.push_back(Output::ChangeFlow(line, agreed));
                }
                session::Output::Key(key) => self.outputs.push_back(Output::Key(line, key)),
                session::Output::Ended(end) => {
                    if row.has_flow {
                        self.outputs.push_back(Output::CloseFlow(line));
                    }
                    self.outputs.push_back(Output::Ended(line, end));
                }
            }
        }
        let Some(row) = self.line_mut(line) else { return };
        let (before, after) = (row.due, row.session.poll_timeout());
        let (is_over, is_early) = (row.session.is_over(), row.session.is_early());
        row.due = after;
        if row.is_early && !is_early {
            row.is_early = false;
            self.early_lines -= 1;
        }
        self.schedule(Row::Line(line.slot as usize), before, after);
        if is_over {
            self.lines.remove(line.slot as usize);
        }
    }
}
