//! Callers from one socket, who come at a steady rate.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use attendant::sip::guard::{Verdict, datagram};
use attendant::sip::message::{HeaderName, Message, Method, Response};

use super::bridge::{Whose, cpu_of};

/// How long each stays after the last key.
const STAY: Duration = Duration::from_secs(2);

/// When a request without an answer is sent again first (T1 of RFC 3261, 17.1.1.1); then after twice as long each time.
const AGAIN: Duration = Duration::from_millis(500);

/// A request is given up after so many sendings.
const SENDINGS: u32 = 4;

/// How long the last callers are waited for.
const LEAVING: Duration = Duration::from_secs(12);

/// What came of a rate.
pub(crate) struct Run {
    pub(crate) rate: f64,
    pub(crate) offered: u64,
    /// Who keyed all, stayed and hung up, each request answered with 200.
    pub(crate) carried: u64,
    /// Who were told 503.
    pub(crate) shed: u64,
    /// How long callers came.
    coming: Duration,
    pub(crate) took: Duration,
    /// Packets of RTP that were heard.
    pub(crate) packets: u64,
    pub(crate) cpu: Duration,
    /// The most by which a caller came later than planned.
    pub(crate) late: Duration,
}

impl Run {
    /// The share of those who came that were not carried.
    pub(crate) fn failed_share(&self) -> f64 {
        1.0 - self.carried as f64 / self.offered as f64
    }

    /// Carried callers for each second in which callers came.
    pub(crate) fn goodput(&self) -> f64 {
        self.carried as f64 / self.coming.as_secs_f64()
    }
}

/// Sends and reads for all callers, in one thread; another reads their sound.
pub(crate) struct Generator {
    socket: UdpSocket,
    bridge: SocketAddr,
    ids: Vec<String>,
    sound: SocketAddr,
    heard: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    calls: BTreeMap<u64, Call>,
    due: BTreeMap<(Instant, u64), u32>,
    carried: u64,
    shed: u64,
}

struct Call {
    /// The request whose turn it is: 1 is the INVITE, then one for each key, then the BYE.
    cseq: u32,
    sendings: u32,
    /// The To field and the Contact of the answer.
    dialog: Option<(String, String)>,
    due: Instant,
}

impl Generator {
    pub(crate) fn new(bridge: SocketAddr, ids: Vec<String>) -> Self {
        let bound = || UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let (socket, sound) = (bound(), bound());
        for socket in [&socket, &sound] {
            rustix::net::sockopt::set_socket_recv_buffer_size(socket, 16 << 20).expect("a number of bytes");
        }
        socket.set_nonblocking(true).expect("it can be set");
        sound.set_read_timeout(Some(Duration::from_millis(100))).expect("it can be set");
        let generator = Self {
            socket,
            bridge,
            ids,
            sound: sound.local_addr().expect("it is bound"),
            heard: Arc::default(),
            over: Arc::default(),
            calls: BTreeMap::new(),
            due: BTreeMap::new(),
            carried: 0,
            shed: 0,
        };
        let (heard, over) = (Arc::clone(&generator.heard), Arc::clone(&generator.over));
        thread::spawn(move || {
            let mut packet = [0; 2_048];
            while !over.load(Ordering::Relaxed) {
                if sound.recv(&mut packet).is_ok() {
                    heard.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        generator
    }

    pub(crate) fn run(mut self, rate: f64, coming: Duration) -> Run {
        let cpu = cpu_of("/proc/self/stat", Whose::Own);
        let began = Instant::now();
        let mut offered = 0;
        let mut late = Duration::ZERO;
        loop {
            let now = Instant::now();
            let since = now - began;
            if since > coming + LEAVING || (since > coming && self.calls.is_empty()) {
                break;
            }
            while since < coming && Duration::from_secs_f64(offered as f64 / rate) <= since {
                late = late.max(since - Duration::from_secs_f64(offered as f64 / rate));
                self.come(offered, now);
                offered += 1;
                // Others wait too.
                if offered % 64 == 0 {
                    break;
                }
            }
            let read = self.read();
            self.act_on_due(Instant::now());
            if !read {
                thread::park_timeout(Duration::from_micros(200));
            }
        }
        self.over.store(true, Ordering::Relaxed);
        Run {
            rate,
            offered,
            carried: self.carried,
            shed: self.shed,
            coming,
            took: began.elapsed(),
            packets: self.heard.load(Ordering::Relaxed),
            cpu: cpu_of("/proc/self/stat", Whose::Own).saturating_sub(cpu),
            late,
        }
    }

    fn come(&mut self, number: u64, now: Instant) {
        self.calls.insert(number, Call { cseq: 1, sendings: 0, dialog: None, due: now });
        self.send(number, now);
    }

    /// Reads what has come, up to a bound; returns whether there was anything.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4_096];
        for at in 0..256 {
            let Ok(length) = self.socket.recv(&mut bytes) else { return at > 0 };
            if let Verdict::Pass(message) = datagram(&bytes[..length], self.bridge)
                && let Message::Response(response) = *message
            {
                self.take(&response);
            }
        }
        true
    }

    fn take(&mut self, response: &Response) {
        let number =
            response.headers.get(&HeaderName::CallId).and_then(|id| id.split('@').next()?.parse().ok());
        let (Some(number), Ok(cseq)) = (number, response.headers.cseq()) else { return };
        let keys = self.keys_of(number).len() as u32;
        let Some(call) = self.calls.get_mut(&number) else { return };
        if response.is_provisional() {
            return;
        }
        if cseq.method == Method::Invite {
            let to = response.headers.get(&HeaderName::To).unwrap_or_default().to_owned();
            let contact = response.headers.contact().map(|contact| contact.uri.to_string());
            call.dialog = Some((to, contact.unwrap_or_else(|_| format!("sip:bridge@{}", self.bridge))));
            self.write(number, "ACK", 1, "");
        }
        let Some(call) = self.calls.get_mut(&number) else { return };
        if cseq.number != call.cseq {
            return;
        }
        call.cseq += 1;
        let (next, now) = (call.cseq, Instant::now());
        if !response.is_success() {
            self.shed += u64::from(response.code == 503);
            self.forget(number);
        } else if cseq.method == Method::Bye {
            self.carried += 1;
            self.forget(number);
        } else if next == keys + 2 {
            self.plan(number, now + STAY, 0);
        } else {
            call.sendings = 0;
            self.send(number, now);
        }
    }

    /// What this caller keys.
    fn keys_of(&self, number: u64) -> String {
        format!("{}#", self.ids[number as usize % self.ids.len()])
    }

    fn forget(&mut self, number: u64) {
        if let Some(call) = self.calls.remove(&number) {
            self.due.remove(&(call.due, number));
        }
    }

    /// Has the call's request sent, or sent again, then.
    fn plan(&mut self, number: u64, at: Instant, sendings: u32) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        self.due.remove(&(call.due, number));
        (call.due, call.sendings) = (at, sendings);
        self.due.insert((at, number), sendings);
    }

    fn act_on_due(&mut self, now: Instant) {
        while let Some((&(at, number), &sendings)) = self.due.first_key_value()
            && at <= now
        {
            self.due.remove(&(at, number));
            if sendings == SENDINGS {
                self.calls.remove(&number);
            } else {
                self.send(number, now);
            }
        }
    }

    /// Sends the request whose turn it is.
    fn send(&mut self, number: u64, now: Instant) {
        let Some(call) = self.calls.get(&number) else { return };
        let (cseq, sendings) = (call.cseq, call.sendings + 1);
        let keys = self.keys_of(number);
        if cseq == 1 {
            let (ip, port) = (self.sound.ip(), self.sound.port());
            let body = format!(
                "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
            );
            self.write(number, "INVITE", cseq, &body);
        } else if let Some(key) = keys.chars().nth(cseq as usize - 2) {
            self.write(number, "INFO", cseq, &format!("Signal={key}\r\nDuration=160\r\n"));
        } else {
            self.write(number, "BYE", cseq, "");
        }
        self.plan(number, now + AGAIN * (1 << (sendings - 1)), sendings);
    }

    fn write(&self, number: u64, method: &str, cseq: u32, body: &str) {
        let Some(call) = self.calls.get(&number) else { return };
        let (bridge, home) = (self.bridge, self.socket.local_addr().expect("it is bound"));
        let (to, target) = match &call.dialog {
            Some((to, target)) => (to.clone(), target.clone()),
            None => (format!("<sip:bridge@{bridge}>"), format!("sip:bridge@{bridge}")),
        };
        let length = body.len();
        let kind = match method {
            "INVITE" => "Content-Type: application/sdp\r\n",
            "INFO" => "Content-Type: application/dtmf-relay\r\n",
            _ => "",
        };
        let ack = if method == "ACK" { "a" } else { "" };
        let message = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {home};rport;branch=z9hG4bK-{number}-{cseq}{ack}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:+1425{number:07}@{home}>;tag=t{number}\r\nTo: {to}\r\n\
             Call-ID: {number}@bench\r\nCSeq: {cseq} {method}\r\nContact: <sip:c@{home}>\r\n\
             {kind}Content-Length: {length}\r\n\r\n{body}"
        );
        // A full buffer is a loss: the request is sent again.
        let _sent = self.socket.send_to(message.as_bytes(), bridge);
    }
}
