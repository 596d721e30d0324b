//! Devices among the parts: what their users do reaches the attendant as what scripts do.

use std::sync::Arc;

use super::{Accounts, CastRequest, Shard, Sink};
use crate::bridge::envelope::Envelope;
use crate::bridge::protocol::{Action, Refused, Report};
use crate::control::call::HangupCause;
use crate::control::caller::Program;
use crate::control::policy::{OrganizerId, ServiceNumber};
use crate::control::time::Instant;
use crate::leg::cast::{Cast, KeyPath, LineFaults, Role};

impl<S: Sink> Shard<S> {
    /// Connects devices, by their [cast](crate::leg::scripted::device::cast): which part the first of them is. No script begins for
    /// them, and none ends.
    pub fn connect(&mut self, cast: &Arc<Cast>) -> u32 {
        let scripts = self.unfinished;
        let accounts = Arc::new(Accounts { first: OrganizerId(0), shown: Vec::new() });
        let begins = vec![Instant::NEVER; cast.roles.len()].into();
        let stage = self.stage(&CastRequest { cast: Arc::clone(cast), accounts, begins, tag: 0 });
        self.unfinished = scripts;
        let first = self.stages[stage as usize].first_part;
        self.parts[first as usize..][..cast.roles.len()]
            .iter_mut()
            .for_each(|part| part.line.is_device = true);
        first
    }

    /// The user of a device acts. What is told at once, if anything.
    pub fn act(&mut self, part: u32, action: Action) -> Option<Report> {
        let leg = self.parts[part as usize].leg;
        match (action, leg) {
            (Action::Dial(target), None) => self.queue.push_back(Envelope::Dial(part, target)),
            (Action::Dial(_), Some(_)) => return Some(Report::Refused(Refused::OnCall)),
            (Action::Press(digit), Some(leg)) => self.press(leg, digit),
            (Action::HangUp, Some(_)) => return Some(self.end(part, HangupCause::Caller)),
            (Action::Vanish, Some(_)) => return Some(self.end(part, HangupCause::Lost)),
            (Action::Press(_) | Action::HangUp | Action::Vanish, None) => {
                return Some(Report::Refused(Refused::NoCall));
            }
        }
        None
    }

    fn end(&mut self, part: u32, cause: HangupCause) -> Report {
        self.leave(part, cause);
        Report::Ended(cause)
    }
}

/// A device as a cast of one, who has no script. What goes wrong on its line is real.
#[must_use]
pub fn cast(name: &str, from: Option<String>, numbers: Vec<Arc<ServiceNumber>>) -> Cast {
    let role = Role {
        name: name.to_owned(),
        program: Arc::new(Program::default()),
        from,
        states: Vec::new(),
        key_path: KeyPath::Direct,
        faults: LineFaults::default(),
    };
    Cast { roles: vec![role], signals: Vec::new(), numbers }
}
