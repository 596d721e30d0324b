//! A bridge with one meeting, and telephones of others that call it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::stage::Stage;
use crate::telephones;
use crate::web::{AMOS, Program, Served, Stream};

/// The bridge of one test.
pub(super) struct Bridge {
    pub(super) served: Served,
    pub(super) token: String,
    pub(super) at: SocketAddr,
    pub(super) id: String,
    pub(super) pin: String,
    /// The number of the meeting in the API.
    meeting: String,
}

impl Bridge {
    pub(super) fn new() -> Self {
        Self::with(Stage::with(&[]), "", &[])
    }

    /// With these options and environment variables.
    pub(super) fn with(stage: Stage, options: &str, environment: &[(&str, &str)]) -> Self {
        let environment: Vec<_> = environment.iter().copied().chain([("NO_COLOR", "1")]).collect();
        let served = telephones::served_at(stage, &format!("-vvv {options}"), &environment);
        let at = telephones::address(&served);
        let program = Program::new(&served);
        // So long that no other number of the log has the same digits.
        program.does("PATCH", "/tenant", &json!({ "pin_length": 8 }), 200);
        let (id, pin) = telephones::meeting(&program);
        let user = program.does("GET", &format!("/users/{AMOS}"), &Value::Null, 200)["user"].clone();
        let (token, meeting) = (program.token, user["id"].to_string().replace('"', ""));
        Self { served, token, at, id, pin, meeting }
    }

    pub(super) fn stage(&self) -> &Stage {
        &self.served.stage
    }

    pub(super) fn events(&self) -> Stream {
        Stream::open(&self.served, &self.token)
    }

    /// Somebody with the administrator's rights.
    fn program(&self) -> Program<'_> {
        Program { served: &self.served, token: self.token.clone() }
    }

    /// Lets a simulated caller wait for the organizer.
    pub(super) fn simulate_a_caller(&self) {
        let call = json!({ "scene": "waiting", "callers": 1, "conference_id": self.id });
        self.program().does("POST", "/calls", &call, 202);
    }

    /// Ends the meeting for everybody.
    pub(super) fn end_meeting(&self) {
        self.program().does("POST", &format!("/meetings/{}/end", self.meeting), &Value::Null, 204);
    }

    /// What must be true of every bridge whose calls are over: nothing is left of them, and no log has the PIN.
    pub(super) fn ends_clean(self) {
        telephones::until_free(&self.served);
        let (code, log) = self.served.interrupt();
        assert_eq!(code, 0, "{log}");
        assert!(log.contains(": called call="), "it is the log of calls: {log}");
        assert!(!log.contains(&self.pin), "the log shows {}:\n{log}", self.pin);
    }
}

/// Waits for so many callers who wait in the lobby.
pub(super) fn until_parked(stream: &mut Stream, callers: usize) {
    for _ in 0..callers {
        stream.until(|event| event["event"] == "parked");
    }
}

/// Waits until the meeting has started with the PIN, and so many callers were released into it.
pub(super) fn until_released(stream: &mut Stream, callers: usize) {
    assert_eq!(stream.until(|event| event["event"] == "started")["detail"], "pin");
    for _ in 0..callers {
        stream.until(|event| event["event"] == "joined" && event["detail"] == "released");
    }
}

/// Waits until so many calls are over.
pub(super) fn until_finished(stream: &mut Stream, calls: usize) {
    for _ in 0..calls {
        stream.until(|event| event["event"] == "finished");
    }
}
