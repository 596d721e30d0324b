//! Generators beside each other, for the same dial-ins against the same bridge: `attendant load --via`, which reads every packet
//! that it hears, and sipp, which reads none.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::bridge::{Bridge, Whose, cpu_of};

/// How long each caller stays after the last key, in seconds, where calls a second are looked at.
pub(crate) const STAY: u32 = 2;

/// Callers who dial, key the conference ID by INFO, and wait with music.
const PROFILE: &str = r##"scenario: Callers dial in and wait
params: { rate: 100, over: 15s, stay: 2s }
given:
  tenant: { name_recording: false }
  organizers: { amos: {} }
callers:
  pat:
    dtmf: sip_info
    script:
      - dial: bridge
      - { expect: answered, within: 5s }
      - { press: "${amos.conference_id}#", hold: 20ms, gap: 20ms }
      - { hears: hold_music, within: 30s }
      - wait: "${stay}"
      - hang_up
load:
  stages: [{ to: "${rate}/s", over: 0s }, { to: "${rate}/s", over: "${over}" }]
  max_in_flight: 100000
"##;

/// What a generator did, and what it took.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) took: Duration,
    pub(crate) cpu: Duration,
    /// How late calls were dialled at p(99), where the generator knows.
    pub(crate) late: Option<Duration>,
    pub(crate) sent: u64,
    /// Packets that were read, not only received.
    pub(crate) read: u64,
}

impl Cost {
    /// A row of the table.
    pub(crate) fn row(&self, name: &str, rate: u32) -> String {
        let late = self.late.map_or("-".to_owned(), |late| format!("{:.1} ms", late.as_secs_f64() * 1_000.0));
        let each = |count: u64| count as f64 / self.took.as_secs_f64();
        format!(
            "{name:>16} {rate:>9} {:>9} {:>7} {:>9.0} µs {:>9} {:>10.0} {:>10.0} {:>8.1} %",
            self.calls,
            self.failed,
            self.cpu.as_secs_f64() * 1e6 / self.calls.max(1) as f64,
            late,
            each(self.sent),
            each(self.read),
            100.0 * self.cpu.as_secs_f64() / self.took.as_secs_f64(),
        )
    }

    /// Streams, each sent and read with 50 packets a second, for each core.
    pub(crate) fn streams_for_each_core(&self) -> f64 {
        self.sent.min(self.read) as f64 / 50.0 / self.cpu.as_secs_f64()
    }
}

/// The head of the table.
pub(crate) fn head() -> String {
    format!(
        "{:>16} {:>9} {:>9} {:>7} {:>12} {:>9} {:>10} {:>10} {:>10}",
        "generator", "calls/s", "calls", "failed", "CPU a call", "late", "RTP sent/s", "RTP read/s", "CPU"
    )
}

/// Plays dial-ins with this program; each stays for so many seconds.
pub(crate) fn attendant(bridge: &Bridge, rate: u32, over: Duration, stay: u32) -> Cost {
    let folder = tempfile::tempdir().expect("there is a place for files");
    fs::write(folder.path().join("dial-in.yaml"), PROFILE).expect("it can be written");
    // Nobody gives a PIN, and callers of many stories may wait for one meeting.
    let ids = bridge.conference_ids();
    let most = (rate * (stay + 10)) as usize;
    let organizers = ids.iter().cycle().take(most).map(|id| format!("{id},00000\n"));
    fs::write(folder.path().join("organizers.csv"), organizers.collect::<String>())
        .expect("it can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_attendant"))
        .current_dir(folder.path())
        .args(["load", "dial-in.yaml", "--plain", "--organizers", "organizers.csv", "--report", "json=-"])
        .args(["--via", &format!("sip:{}", bridge.sip)])
        .args(["--set", &format!("rate={rate}"), "--set", &format!("over={}s", over.as_secs())])
        .args(["--set", &format!("stay={stay}s")])
        .output()
        .expect("it starts");
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let count = |path: &str| told.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    let seconds =
        |path: &str| Duration::from_secs_f64(told.pointer(path).and_then(Value::as_f64).unwrap_or_default());
    Cost {
        calls: count("/totals/dialled"),
        failed: count("/totals/failed"),
        took: seconds("/totals/took"),
        cpu: seconds("/totals/cpu"),
        late: told.pointer("/late_p99_us").and_then(Value::as_u64).map(Duration::from_micros),
        sent: count("/streams/sent"),
        read: count("/streams/received"),
    }
}

/// Plays the same dial-ins with sipp; nothing where it is not installed. It sends no sound.
pub(crate) fn sipp(bridge: &Bridge, rate: u32, over: Duration) -> Option<Cost> {
    let folder = tempfile::tempdir().expect("there is a place for files");
    let ids = bridge.conference_ids();
    let length = ids.first().map_or(0, String::len);
    let mut injected = "SEQUENTIAL\n".to_owned();
    for id in &ids {
        let keys: Vec<String> = id.chars().chain(['#']).map(String::from).collect();
        let _infallible = writeln!(injected, "{}", keys.join(";"));
    }
    fs::write(folder.path().join("ids.csv"), injected).expect("it can be written");
    fs::write(folder.path().join("dial-in.xml"), scenario(length + 1)).expect("it can be written");
    let calls = u64::from(rate) * over.as_secs();
    let before = cpu_of("/proc/self/stat", Whose::Children);
    let began = Instant::now();
    let ended = Command::new("sipp")
        .current_dir(folder.path())
        .arg(bridge.sip.to_string())
        .args(["-sf", "dial-in.xml", "-inf", "ids.csv", "-s", "bridge", "-i", "127.0.0.1", "-nostdin"])
        .args(["-r", &rate.to_string(), "-m", &calls.to_string(), "-l", "100000", "-timeout", "120"])
        .args(["-trace_stat", "-stf", "stat.csv", "-fd", "1"])
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    ended.ok()?;
    let took = began.elapsed();
    let cpu = cpu_of("/proc/self/stat", Whose::Children).saturating_sub(before);
    let failed = last_of(&folder, "FailedCall(C)").unwrap_or(calls);
    let calls = last_of(&folder, "TotalCallCreated").unwrap_or(calls);
    Some(Cost { calls, failed, took, cpu, late: None, sent: 0, read: 0 })
}

/// The last value of a column of sipp's statistics.
fn last_of(folder: &TempDir, column: &str) -> Option<u64> {
    let text = fs::read_to_string(Path::new(folder.path()).join("stat.csv")).ok()?;
    let place = text.lines().next()?.split(';').position(|name| name == column)?;
    text.lines().last()?.split(';').nth(place)?.parse().ok()
}

/// The dial-in in the words of sipp: an INVITE, an INFO for each key, a pause, a BYE.
fn scenario(keys: usize) -> String {
    let head = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
                From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]s[call_number]\n\
                Call-ID: [call_id]\nMax-Forwards: 70\nContact: <sip:sipp@[local_ip]:[local_port]>\n";
    let send =
        |attributes: &str, message: &str| format!("<send{attributes}><![CDATA[\n{message}\n]]></send>\n");
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"dial-in\">\n".to_owned();
    text += &send(
        " retrans=\"500\"",
        &format!(
            "INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{head}To: <sip:[service]@[remote_ip]>\nCSeq: 1 INVITE\n\
             Content-Type: application/sdp\nContent-Length: [len]\n\n\
             v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=audio [media_port] RTP/AVP 0\n"
        ),
    );
    text += "<recv response=\"100\" optional=\"true\"/>\n<recv response=\"180\" optional=\"true\"/>\n";
    text += "<recv response=\"200\" rrs=\"true\"/>\n";
    let within = |method: &str, cseq: usize, rest: &str| {
        format!(
            "{method} [next_url] SIP/2.0\n{head}[routes]\nTo: <sip:[service]@[remote_ip]>[peer_tag_param]\nCSeq: {cseq} {method}\n{rest}"
        )
    };
    text += &send("", &within("ACK", 1, "Content-Length: 0\n"));
    for key in 0..keys {
        let body = format!(
            "Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal=[field{key}]\nDuration=160\n"
        );
        text += &send(" retrans=\"500\"", &within("INFO", key + 2, &body));
        text += "<recv response=\"200\"/>\n";
    }
    let _infallible = writeln!(text, "<pause milliseconds=\"{}\"/>", STAY * 1_000);
    text += &send(" retrans=\"500\"", &within("BYE", keys + 2, "Content-Length: 0\n"));
    text += "<recv response=\"200\"/>\n</scenario>\n";
    text
}
