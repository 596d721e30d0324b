//! sipp as telephones: a scenario is put together from messages, written as the XML that sipp reads, and played.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::free_port;
use crate::bounded;
use crate::stage::Stage;

/// How long all calls of one sipp may take, in seconds: what hangs ends with sipp's own account of it.
const TIMEOUT: &str = "60";

/// Sends a request again over UDP, first after so many milliseconds (RFC 3261 section 17.1.1.1).
const AGAIN: &str = " retrans=\"500\"";

/// The fields of every request, between its first line and To.
const HEAD: &str = "From: \"sipp [call_number]\" <sip:sipp@[local_ip]:[local_port]>;tag=[pid]s[call_number]
Call-ID: [call_id]
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
";

/// The description of a telephone's sound, in the words of sipp's scenarios.
#[derive(Clone, Copy)]
pub(super) struct Sdp {
    pub(super) address: &'static str,
    pub(super) port: &'static str,
    /// The payload type of the codec, and of telephone-events.
    pub(super) codec: u8,
    pub(super) events: Option<u8>,
    pub(super) direction: &'static str,
}

impl Sdp {
    /// The sound is a handset's, whose port stands in field 0 of the call's line in the injection file.
    pub(super) const PLAIN: Self =
        Self { address: "[media_ip]", port: "[field0]", codec: 0, events: Some(101), direction: "sendrecv" };

    /// sipp sends events itself, from this port and always with this payload type.
    pub(super) const EVENTS: Self = Self { port: "[media_port]", events: Some(96), ..Self::PLAIN };

    /// sipp plays a file itself, from this port; there are no events, so keys are heard in it.
    pub(super) const IN_BAND: Self = Self { port: "[rtpstream_audio_port]", events: None, ..Self::PLAIN };

    fn text(self) -> String {
        let Self { address, port, codec, events, direction } = self;
        let (also, map) = events.map_or_else(Default::default, |events| {
            let map = format!("a=rtpmap:{events} telephone-event/8000\na=fmtp:{events} 0-15\n");
            (format!(" {events}"), map)
        });
        format!(
            "v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 {address}\nt=0 0\n\
             m=audio {port} RTP/AVP {codec}{also}\n{map}a={direction}\n"
        )
    }
}

/// What one call does, message by message.
#[derive(Clone, Default)]
pub(super) struct Scenario {
    xml: String,
    /// Commands so far, by which sipp numbers its branches.
    commands: usize,
    /// The number of the last INVITE.
    invite: usize,
    /// Whether the dialog is there.
    is_up: bool,
}

impl Scenario {
    /// Calls with this offer.
    pub(super) fn dial(self, offer: Sdp) -> Self {
        self.request("INVITE", "", &offer.text()).answer("").acknowledge("")
    }

    /// Calls without an offer; the ACK answers the bridge's.
    pub(super) fn dial_for_an_offer(self, answer: Sdp) -> Self {
        self.request("INVITE", "", "").answer("m=audio [0-9]+ RTP/AVP").acknowledge(&answer.text())
    }

    /// Calls, is asked for a password, and calls again with one.
    pub(super) fn dial_with_password(self, user: &str, password: &str) -> Self {
        let offer = Sdp::PLAIN.text();
        let refused = self.request("INVITE", "", &offer).receive("response=\"401\" auth=\"true\"", "");
        let proof = format!("[authentication username={user} password={password}]\n");
        let again = refused.acknowledge_refusal().request("INVITE", &proof, &offer);
        again.answer("").acknowledge("")
    }

    /// Calls, and gives up without waiting for anything.
    pub(super) fn dial_and_give_up(self) -> Self {
        let mut sent = self.request("INVITE", "", &Sdp::PLAIN.text());
        // What is repeated until its response comes is waited for.
        sent.xml = sent.xml.replace(AGAIN, "");
        let sent = sent.request("CANCEL", "", "");
        let cancelled = sent.receive("response=\"200\"", "");
        cancelled.receive("response=\"487\"", "").acknowledge_refusal()
    }

    /// Offers again within the call by this method; the answer has such a line.
    pub(super) fn offer_again(self, method: &str, offer: Sdp, answered: &str) -> Self {
        let answered = self.request(method, "", &offer.text()).answer(answered);
        if method == "INVITE" { answered.acknowledge("") } else { answered }
    }

    /// Keys this by INFO.
    pub(super) fn keys(self, keys: &str) -> Self {
        keys.chars().fold(self, |call, key| {
            call.request("INFO", "", &format!("Signal={key}\nDuration=160\n")).answer("")
        })
    }

    /// Keys this as telephone-events, which sipp sends past its own sockets, as only root may.
    pub(super) fn keys_by_events(self, keys: &str) -> Self {
        // Twenty packets of something else come first, then each press of 200 ms and a pause as long.
        let pause = u32::try_from(keys.len()).unwrap() * 400 + 600;
        self.command(&format!("<nop><action><exec play_dtmf=\"{keys}\"/></action></nop>")).pause(pause)
    }

    /// Sends this file as sound.
    pub(super) fn play(self, file: &str) -> Self {
        self.command(&format!("<nop><action><exec rtp_stream=\"{file},1,0\"/></action></nop>"))
    }

    /// Lets time pass, in milliseconds.
    pub(super) fn pause(self, milliseconds: u32) -> Self {
        self.command(&format!("<pause milliseconds=\"{milliseconds}\"/>"))
    }

    /// Hangs up.
    pub(super) fn hang_up(self) -> Self {
        self.request("BYE", "", "").answer("")
    }

    /// Waits until the bridge hangs up.
    pub(super) fn be_hung_up_on(self) -> Self {
        self.receive("request=\"BYE\"", "").command(
            "<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n\
             [last_CSeq:]\nContent-Length: 0\n\n]]></send>",
        )
    }

    fn request(mut self, method: &str, fields: &str, body: &str) -> Self {
        let (target, to) = if self.is_up {
            ("[next_url]", "[routes]\n[last_To:]")
        } else {
            ("sip:bridge@[remote_ip]:[remote_port]", "To: <sip:bridge@[remote_ip]:[remote_port]>")
        };
        let mut branch = "[branch]".to_owned();
        match method {
            "INVITE" => self.invite = self.commands,
            "CANCEL" => branch = self.branch_of_invite(),
            _ => {}
        }
        self.send(method, &branch, target, to, fields, body)
    }

    fn branch_of_invite(&self) -> String {
        format!("[branch-{}]", self.commands - self.invite)
    }

    fn send(self, method: &str, branch: &str, target: &str, to: &str, fields: &str, body: &str) -> Self {
        let kind = match method {
            _ if body.is_empty() => "",
            "INFO" => "Content-Type: application/dtmf-relay\n",
            _ => "Content-Type: application/sdp\n",
        };
        let again = if method == "ACK" { "" } else { AGAIN };
        self.command(&format!(
            "<send{again}><![CDATA[\n{method} {target} SIP/2.0\n\
             Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\n{HEAD}{to}\nCSeq: [cseq] {method}\n\
             {fields}{kind}Content-Length: [len]\n\n{body}]]></send>"
        ))
    }

    /// Waits for a 200 with such a line.
    fn answer(self, like: &str) -> Self {
        let first = if self.is_up { "" } else { " rrs=\"true\"" };
        self.receive(&format!("response=\"200\"{first}"), like)
    }

    fn receive(self, what: &str, like: &str) -> Self {
        let call = if what.starts_with("response") {
            self.command("<recv response=\"100\" optional=\"true\"/>")
        } else {
            self
        };
        if like.is_empty() {
            return call.command(&format!("<recv {what}/>"));
        }
        let found = format!("found{}", call.commands);
        let look =
            format!("<ereg regexp=\"{like}\" search_in=\"msg\" check_it=\"true\" assign_to=\"{found}\"/>");
        let mut call = call.command(&format!("<recv {what}><action>{look}</action></recv>"));
        let _infallible = writeln!(call.xml, "<Reference variables=\"{found}\"/>");
        call
    }

    /// The ACK of a 200.
    fn acknowledge(mut self, body: &str) -> Self {
        self.is_up = true;
        self.request("ACK", "", body)
    }

    /// The ACK of a refusal, which is part of the INVITE's transaction (RFC 3261 section 17.1.1.3).
    fn acknowledge_refusal(self) -> Self {
        let branch = self.branch_of_invite();
        self.send("ACK", &branch, "sip:bridge@[remote_ip]:[remote_port]", "[last_To:]", "", "")
    }

    fn command(mut self, xml: &str) -> Self {
        self.commands += 1;
        let _infallible = writeln!(self.xml, "{xml}");
        self
    }
}

/// A sipp that runs.
pub(super) struct Sipp {
    child: Child,
    errors: PathBuf,
}

impl Sipp {
    /// Plays a scenario once for each port of sound.
    #[track_caller]
    pub(super) fn start(
        stage: &Stage,
        name: &str,
        at: SocketAddr,
        scenario: &Scenario,
        ports: &[u16],
        options: &str,
    ) -> Self {
        let path = |end: &str| stage.path().join(format!("{name}.{end}"));
        let (calls, errors) = (ports.len(), path("errors"));
        let xml =
            format!("<?xml version=\"1.0\"?>\n<scenario name=\"{name}\">\n{}</scenario>\n", scenario.xml);
        fs::write(path("xml"), xml).unwrap();
        let lines: String = ports.iter().map(|port| format!("{port};\n")).collect();
        fs::write(path("csv"), format!("SEQUENTIAL\n{lines}")).unwrap();
        let line = format!(
            "{at} -sf {name}.xml -inf {name}.csv -m {calls} -l {calls} -r {calls} -i 127.0.0.1 -mi 127.0.0.1 \
             -p {} -mp {} -cp 0 -nostdin -timeout {TIMEOUT} -timeout_error -trace_err -error_file {name}.errors {options}",
            free_port(),
            free_port() & !1
        );
        let mut command = stage.program("sipp");
        command.args(line.split_whitespace()).process_group(0);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Self { child: child.expect("`.ci/test` installs sip-tester"), errors }
    }

    /// Waits until it has written this into its record of messages, which `-trace_msg` asks for.
    pub(super) fn until_sent(&self, text: &str) {
        let messages = self.errors.with_extension("messages");
        let sent = || fs::read_to_string(&messages).is_ok_and(|messages| messages.contains(text));
        bounded::until(text, sent);
    }

    /// Waits until all calls have gone as they should.
    #[track_caller]
    pub(super) fn succeeds(self) {
        let ended = bounded::finish(self.child);
        let told = fs::read_to_string(self.errors).unwrap_or_default();
        let screen = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{:?}\n{screen}\n{told}", ended.status);
    }
}
