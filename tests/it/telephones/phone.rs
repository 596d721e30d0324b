//! A telephone of the tests, on real sockets. It shares with the bridge only the reader of messages.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use attendant::clock;
use attendant::control::time::Instant;
use attendant::media::dtmf::generator::{self, dial};
use attendant::media::g711::Law;
use attendant::sip::framer::{Frame, Framer};
use attendant::sip::guard::{Verdict, datagram};
use attendant::sip::message::{HeaderName, Message, Method, Request, Response};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::bounded::LIMIT;

/// After which a request over UDP is sent again.
const REPEATED_AFTER: Duration = Duration::from_millis(500);

/// Telephones of this test run: each has names of its own.
static PHONES: AtomicU32 = AtomicU32::new(0);

/// A telephone, with one call at a time.
pub(super) struct Phone {
    wire: Wire,
    server: SocketAddr,
    name: String,
    /// The number of the last request, and its branch.
    cseq: u32,
    /// The To of the dialog, with the bridge's tag.
    to: String,
    target: String,
    /// More fields of each INVITE.
    pub(super) fields: String,
    /// Which keys are sent how.
    pub(super) keys_by: Keys,
    pub(super) media: UdpSocket,
    /// Where the bridge takes in our sound.
    pub(super) bridge_media: Option<SocketAddr>,
    sequence: u16,
    /// What came while something else was waited for.
    inbox: Vec<Message>,
}

/// How keys are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// By INFO (`application/dtmf-relay`).
    Info,
    /// As telephone-events (RFC 4733).
    Events,
}

enum Wire {
    Datagrams(UdpSocket),
    Stream(&'static str, Box<dyn ReadWrite>, Framer),
}

trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}

impl Phone {
    pub(super) fn udp(server: SocketAddr) -> Self {
        let socket = UdpSocket::bind((server.ip(), 0)).unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(REPEATED_AFTER)).unwrap();
        Self::new(Wire::Datagrams(socket), server)
    }

    pub(super) fn tcp(server: SocketAddr) -> Self {
        let stream = connect(server);
        Self::new(Wire::Stream("TCP", Box::new(stream), Framer::new(Instant::ZERO, server)), server)
    }

    /// Over TLS, with the certificate of this file as the only one that is trusted.
    pub(super) fn tls(server: SocketAddr, certificate: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let session = ClientConnection::new(Arc::new(config), ServerName::from(server.ip())).unwrap();
        let stream = StreamOwned::new(session, connect(server));
        Self::new(Wire::Stream("TLS", Box::new(stream), Framer::new(Instant::ZERO, server)), server)
    }

    fn new(wire: Wire, server: SocketAddr) -> Self {
        let number = PHONES.fetch_add(1, Ordering::Relaxed);
        let media = media_socket(server.ip());
        Self {
            wire,
            server,
            name: format!("phone{number}"),
            cseq: 0,
            to: String::new(),
            target: String::new(),
            fields: String::new(),
            keys_by: Keys::Info,
            media,
            bridge_media: None,
            sequence: 0,
            inbox: Vec::new(),
        }
    }

    /// Calls this user part; returns the final status code, and acknowledges.
    pub(super) fn dial(&mut self, user: &str) -> u16 {
        self.dial_for(user).code
    }

    /// The same, with the whole response.
    pub(super) fn dial_for(&mut self, user: &str) -> Response {
        self.invite(user);
        let response = self.final_response(&Method::Invite);
        self.acknowledge(&response);
        response
    }

    /// Sends an INVITE, and waits for nothing.
    pub(super) fn invite(&mut self, user: &str) {
        let server = self.server;
        (self.to, self.target) = (format!("<sip:{user}@{server}>"), format!("sip:{user}@{server}"));
        let offer = self.offer("sendrecv");
        self.send("INVITE", &offer);
    }

    /// Takes back the INVITE that was sent last; returns the codes with which the CANCEL and the INVITE are answered.
    pub(super) fn cancel(&mut self) -> (u16, u16) {
        let bytes = self.message("CANCEL", self.cseq, "");
        self.write(&bytes);
        let cancelled = self.final_response(&Method::Cancel).code;
        let invited = self.final_response(&Method::Invite);
        self.acknowledge(&invited);
        (cancelled, invited.code)
    }

    /// Sends a request of the dialog, or outside of one; returns the final response.
    pub(super) fn ask(&mut self, method: &str, body: &str) -> Response {
        self.send(method, body);
        self.final_response(&Method::parse(method).unwrap())
    }

    pub(super) fn bye(&mut self) -> u16 {
        self.ask("BYE", "").code
    }

    /// Offers another way of the call's sound by UPDATE, such as `sendonly` for hold; returns the way that is answered.
    pub(super) fn update(&mut self, way: &str) -> String {
        let response = self.ask("UPDATE", &self.offer(way));
        assert_eq!(response.code, 200);
        let body = String::from_utf8(response.body.to_vec()).unwrap();
        let ways = ["sendrecv", "sendonly", "recvonly", "inactive"];
        let answered = body.lines().find_map(|line| ways.into_iter().find(|way| line == format!("a={way}")));
        // Without a word, both ways (RFC 8866, section 6.7).
        answered.unwrap_or("sendrecv").to_owned()
    }

    /// Hears with another port from now on, of which the bridge is not told.
    pub(super) fn move_media(&mut self) {
        self.media = media_socket(self.server.ip());
    }

    /// Asks what the bridge can; returns the status code.
    pub(super) fn options(&mut self) -> u16 {
        let server = self.server;
        (self.to, self.target) = (format!("<sip:{server}>"), format!("sip:{server}"));
        self.ask("OPTIONS", "").code
    }

    /// Presses these keys, one after the other.
    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            match self.keys_by {
                Keys::Info => {
                    let answer = self.ask("INFO", &format!("Signal={key}\r\nDuration=160\r\n"));
                    assert_eq!(answer.code, 200);
                }
                Keys::Events => self.event(key),
            }
        }
    }

    /// Waits until the bridge hangs up, and says that it is right; returns its reason.
    pub(super) fn until_hung_up(&mut self) -> String {
        let bye = self.until(|message| match message {
            Message::Request(request) => request.method == Method::Bye,
            Message::Response(_) => false,
        });
        let Message::Request(bye) = bye else { panic!("{bye:?}") };
        self.answer(&bye, 200);
        bye.headers.get(&HeaderName::Reason).unwrap_or_default().to_owned()
    }

    fn answer(&mut self, request: &Request, code: u16) {
        let bytes = request.respond(code, "").print();
        self.write(&bytes);
    }

    /// A telephone-event: three packets while the key is down, three that say that it is up.
    fn event(&mut self, key: char) {
        let code = "0123456789*#ABCD".find(key).unwrap();
        let code = u8::try_from(code).unwrap();
        let to = self.bridge_media.expect("the call is answered");
        let at = u32::from(self.sequence) * 160;
        for packet in 0..6_u16 {
            let is_end = packet >= 3;
            let duration = 160 * packet.clamp(1, 3);
            let [high, low] = duration.to_be_bytes();
            let payload = [code, if is_end { 0x8a } else { 0x0a }, high, low];
            self.rtp(to, if packet == 0 { 0x80 | 101 } else { 101 }, at, &payload);
        }
        // The next press begins later.
        self.sequence = self.sequence.wrapping_add(10);
    }

    /// Sends so many packets of silence.
    pub(super) fn silence(&mut self, packets: usize) {
        self.hold(Law::Pcmu.silence(), packets);
    }

    /// Sends so many packets in which every code is this one.
    pub(super) fn hold(&mut self, code: u8, packets: usize) {
        let to = self.bridge_media.expect("the call is answered");
        for _ in 0..packets {
            let at = u32::from(self.sequence) * 160;
            self.rtp(to, 0, at, &[code; 160]);
        }
    }

    /// Sends these keys as tones in the sound, all at once.
    pub(super) fn tones(&mut self, keys: &str) {
        let to = self.bridge_media.expect("the call is answered");
        let mut codes = Vec::new();
        Law::Pcmu.encode(&dial(&generator::keys(keys).unwrap(), &generator::Settings::default()), &mut codes);
        for packet in codes.chunks(160) {
            let at = u32::from(self.sequence) * 160;
            self.rtp(to, 0, at, packet);
        }
    }

    fn rtp(&mut self, to: SocketAddr, payload_type: u8, at: u32, payload: &[u8]) {
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0x80, payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(at.to_be_bytes());
        packet.extend(0x1234_5678_u32.to_be_bytes());
        packet.extend(payload);
        self.media.send_to(&packet, to).unwrap();
    }

    /// Writes bytes as they are.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        match &mut self.wire {
            // An earlier datagram may have met a closed port: that is not this one's error.
            Wire::Datagrams(socket) => drop(socket.send(bytes)),
            Wire::Stream(_, stream, _) => {
                stream.write_all(bytes).unwrap();
                stream.flush().unwrap();
            }
        }
    }

    /// Sends each request over a stream byte by byte from now on.
    pub(super) fn split(&mut self) {
        if let Wire::Stream(_, stream, _) = &mut self.wire {
            let whole = std::mem::replace(stream, Box::new(std::io::Cursor::new(Vec::new())));
            *stream = Box::new(Split(whole));
        }
    }

    fn send(&mut self, method: &str, body: &str) {
        self.cseq += 1;
        let bytes = self.message(method, self.cseq, body);
        self.write(&bytes);
    }

    /// The ACK of a final response; after a 2xx the dialog is there.
    fn acknowledge(&mut self, response: &Response) {
        let number = response.headers.cseq().unwrap().number;
        self.to = response.headers.get(&HeaderName::To).unwrap().to_owned();
        if response.is_success() {
            self.target = response.headers.contact().unwrap().uri.to_string();
            self.bridge_media = Some(media_of(response));
        }
        let ack = self.message("ACK", number, "");
        self.write(&ack);
    }

    fn message(&self, method: &str, number: u32, body: &str) -> Vec<u8> {
        let (name, to, target) = (&self.name, &self.to, &self.target);
        let (transport, branch) = match (&self.wire, method) {
            (Wire::Datagrams(_), _) => ("UDP", number),
            (Wire::Stream(transport, ..), _) => (*transport, number),
        };
        // The ACK of a 2xx is a transaction of its own.
        let ack = if method == "ACK" && to.contains("tag=") { "a" } else { "" };
        let fields = if method == "INVITE" { self.fields.as_str() } else { "" };
        let kind = match method {
            _ if body.is_empty() => "",
            "INFO" => "Content-Type: application/dtmf-relay\r\n",
            _ => "Content-Type: application/sdp\r\n",
        };
        let (host, length) = (host(self.server.ip()), body.len());
        format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/{transport} {host};rport;branch=z9hG4bK-{name}-{branch}{ack}\r\n\
             Max-Forwards: 70\r\nFrom: \"Pat {name}\" <sip:+14255550199@{host}>;tag={name}\r\nTo: {to}\r\n\
             Call-ID: {name}@{host}\r\nCSeq: {number} {method}\r\nContact: <sip:{name}@{host}>\r\n\
             {fields}{kind}Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// A description whose version counts with the requests.
    fn offer(&self, way: &str) -> String {
        let at = self.media.local_addr().unwrap();
        let (version, family, ip, port) = (self.cseq + 1, family(at.ip()), at.ip(), at.port());
        format!(
            "v=0\r\no=- 1 {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={way}\r\n"
        )
    }

    /// Waits for the final response to the last request with this method, which is sent again over UDP until then.
    pub(super) fn final_response(&mut self, method: &Method) -> Response {
        let number = self.cseq;
        let found = self.until(|message| match message {
            Message::Response(response) => {
                let cseq = response.headers.cseq().unwrap();
                !response.is_provisional() && cseq.method == *method && cseq.number == number
            }
            Message::Request(_) => false,
        });
        match found {
            Message::Response(response) => response,
            Message::Request(request) => panic!("{request:?}"),
        }
    }

    /// Waits for a message; others are kept for later.
    pub(super) fn until(&mut self, is_it: impl Fn(&Message) -> bool) -> Message {
        let late = clock::now() + LIMIT;
        loop {
            if let Some(at) = self.inbox.iter().position(&is_it) {
                return self.inbox.remove(at);
            }
            assert!(clock::now() < late, "{} waits in vain", self.name);
            self.receive();
        }
    }

    fn receive(&mut self) {
        let mut buffer = [0; 4_096];
        match &mut self.wire {
            Wire::Datagrams(socket) => {
                // Nothing within the time, or what an earlier datagram met: the next one is waited for.
                let Ok(length) = socket.recv(&mut buffer) else { return };
                if let Verdict::Pass(message) = datagram(&buffer[..length], self.server) {
                    self.inbox.push(*message);
                }
            }
            Wire::Stream(_, stream, framer) => {
                let length = stream.read(&mut buffer).unwrap();
                assert!(length > 0, "the bridge closed the connection");
                framer.handle_input(Instant::ZERO, &buffer[..length]);
                while let Some(frame) = framer.poll_output() {
                    if let Frame::Message(Verdict::Pass(message)) = frame {
                        self.inbox.push(*message);
                    }
                }
            }
        }
    }
}

/// A stream whose bytes go out one by one.
struct Split(Box<dyn ReadWrite>);

impl Read for Split {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Split {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(&bytes[..1])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn media_socket(at: IpAddr) -> UdpSocket {
    let media = UdpSocket::bind((at, 0)).unwrap();
    media.set_read_timeout(Some(LIMIT)).unwrap();
    media
}

/// An address as it stands in a URI.
fn host(ip: IpAddr) -> String {
    if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() }
}

/// The kind of an address in a description (RFC 8866, section 5.7).
fn family(ip: IpAddr) -> &'static str {
    if ip.is_ipv6() { "IP6" } else { "IP4" }
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Where a description wants our packets.
fn media_of(response: &Response) -> SocketAddr {
    let body = String::from_utf8(response.body.to_vec()).unwrap();
    let line = |start: &str| body.lines().find_map(|line| line.strip_prefix(start).map(str::to_owned));
    let ip: IpAddr = line("c=IN IP4 ").or_else(|| line("c=IN IP6 ")).unwrap().trim().parse().unwrap();
    let port = line("m=audio ").unwrap().split(' ').next().unwrap().parse().unwrap();
    SocketAddr::new(ip, port)
}
