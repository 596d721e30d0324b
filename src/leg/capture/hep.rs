//! HEP3, by which Homer takes in what was captured elsewhere: one datagram for each message, of chunks that say where it
//! passed, when, and of which call it is.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use serde::Serialize;

use super::frames::Ends;
use super::tap::Way;
use crate::rtp::rtcp::{Compound, Packet, ReportBlock, SenderInfo};
use crate::sip::transport::Transport;
use crate::telemetry::LogLimit;

/// Who captured, as Homer shows it.
const AGENT: u32 = 2_001;

/// The kinds of chunks, of the generic vendor.
const FAMILY: u16 = 1;
const PROTOCOL: u16 = 2;
const FROM_V4: u16 = 3;
const TO_V4: u16 = 4;
const FROM_V6: u16 = 5;
const TO_V6: u16 = 6;
const FROM_PORT: u16 = 7;
const TO_PORT: u16 = 8;
const SECONDS: u16 = 9;
const MICROSECONDS: u16 = 10;
const CONTENT: u16 = 11;
const CAPTURED_BY: u16 = 12;
const PAYLOAD: u16 = 15;
const CORRELATION: u16 = 17;

/// Bytes of a chunk before its value.
const CHUNK_HEADER: usize = 6;

/// The most of a payload that one datagram carries, with all other chunks.
const PAYLOAD_MAX: usize = 64_000;

const V4: u8 = 2;
const V6: u8 = 10;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// What a payload is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    Sip = 1,
    /// Reports, as JSON.
    Rtcp = 5,
}

/// What one datagram says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Captured<'p> {
    pub(super) ends: Ends,
    pub(super) way: Way,
    pub(super) transport: Transport,
    /// Since the Unix epoch.
    pub(super) micros: u64,
    pub(super) content: Content,
    /// The Call-ID.
    pub(super) call_id: &'p str,
    pub(super) payload: &'p [u8],
}

/// The way to a collector.
#[derive(Debug)]
pub(super) struct Sender {
    socket: UdpSocket,
    failed: LogLimit,
}

impl Sender {
    /// Sends to this collector from any port.
    pub(super) fn new(collector: SocketAddr) -> std::io::Result<Self> {
        let any = if collector.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any)?;
        socket.connect(collector)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, failed: LogLimit::default() })
    }

    /// Sends one; what the system does not take is lost, and said in the log.
    pub(super) fn send(&self, captured: &Captured<'_>) {
        if let Err(error) = self.socket.send(&datagram(captured))
            && let Some(times) = self.failed.count_now()
        {
            tracing::warn!(target: "attendant::sip", %error, times, "HEP: messages could not be sent to the collector");
        }
    }
}

fn datagram(captured: &Captured<'_>) -> Vec<u8> {
    let Captured { ends, way, transport, micros, content, call_id, payload } = *captured;
    let [from, to] = ends.along(way);
    let protocol = match transport {
        Transport::Udp => UDP,
        Transport::Tcp | Transport::Tls => TCP,
    };
    let family = if from.is_ipv4() { V4 } else { V6 };
    let mut packet = b"HEP3\0\0".to_vec();
    chunk(&mut packet, FAMILY, &[family]);
    chunk(&mut packet, PROTOCOL, &[protocol]);
    address(&mut packet, from.ip(), FROM_V4, FROM_V6);
    address(&mut packet, to.ip(), TO_V4, TO_V6);
    chunk(&mut packet, FROM_PORT, &from.port().to_be_bytes());
    chunk(&mut packet, TO_PORT, &to.port().to_be_bytes());
    chunk(&mut packet, SECONDS, &((micros / 1_000_000) as u32).to_be_bytes());
    chunk(&mut packet, MICROSECONDS, &((micros % 1_000_000) as u32).to_be_bytes());
    chunk(&mut packet, CONTENT, &[content as u8]);
    chunk(&mut packet, CAPTURED_BY, &AGENT.to_be_bytes());
    chunk(&mut packet, CORRELATION, call_id.as_bytes());
    let room = PAYLOAD_MAX.saturating_sub(packet.len());
    chunk(&mut packet, PAYLOAD, &payload[..payload.len().min(room)]);
    let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
    packet[4..6].copy_from_slice(&length.to_be_bytes());
    packet
}

fn address(packet: &mut Vec<u8>, address: IpAddr, v4: u16, v6: u16) {
    match address {
        IpAddr::V4(address) => chunk(packet, v4, &address.octets()),
        IpAddr::V6(address) => chunk(packet, v6, &address.octets()),
    }
}

fn chunk(packet: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let value = &value[..value.len().min(PAYLOAD_MAX)];
    packet.extend([0, 0]);
    packet.extend(kind.to_be_bytes());
    packet.extend(((CHUNK_HEADER + value.len()) as u16).to_be_bytes());
    packet.extend(value);
}

/// Reports as Homer's agents write them. Times and delays are as in the report.
#[derive(Serialize)]
struct Reports {
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_information: Option<SenderInformation>,
    ssrc: u32,
    #[serde(rename = "type")]
    kind: u8,
    report_count: usize,
    report_blocks: Vec<Block>,
}

#[derive(Serialize)]
struct SenderInformation {
    ntp_timestamp_sec: u32,
    ntp_timestamp_usec: u32,
    rtp_timestamp: u32,
    packets: u32,
    octets: u32,
}

#[derive(Serialize)]
struct Block {
    source_ssrc: u32,
    fraction_lost: u8,
    packets_lost: i32,
    highest_seq_no: u32,
    ia_jitter: u32,
    lsr: u32,
    dlsr: u32,
}

/// The first report of a datagram, which holds one of each sender; `None` if it is not RTCP.
pub(super) fn reports(datagram: &[u8]) -> Option<Vec<u8>> {
    let found = Compound::parse(datagram).ok()?.find_map(|packet| match packet {
        Packet::SenderReport { ssrc, sender, blocks } => {
            Some((200, ssrc, Some(sender), blocks.collect::<Vec<_>>()))
        }
        Packet::ReceiverReport { ssrc, blocks } => Some((201, ssrc, None, blocks.collect())),
        Packet::Goodbye => None,
    });
    let (kind, ssrc, sender, blocks) = found?;
    let report_blocks: Vec<Block> = blocks.into_iter().map(block).collect();
    let sender_information = sender.map(sender_information);
    let report_count = report_blocks.len();
    serde_json::to_vec(&Reports { sender_information, ssrc, kind, report_count, report_blocks }).ok()
}

fn sender_information(sender: SenderInfo) -> SenderInformation {
    let SenderInfo { ntp, timestamp, packets, octets } = sender;
    let ntp = ntp.to_bits();
    SenderInformation {
        ntp_timestamp_sec: (ntp >> 32) as u32,
        ntp_timestamp_usec: ntp as u32,
        rtp_timestamp: timestamp,
        packets,
        octets,
    }
}

fn block(block: ReportBlock) -> Block {
    let ReportBlock { ssrc, fraction_lost, lost, highest_sequence, jitter, last_sender_report, delay_since } =
        block;
    Block {
        source_ssrc: ssrc,
        fraction_lost,
        packets_lost: lost,
        highest_seq_no: highest_sequence,
        ia_jitter: jitter,
        lsr: last_sender_report,
        dlsr: delay_since,
    }
}
