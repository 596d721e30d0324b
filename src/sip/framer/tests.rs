//! A stream in pieces.

use proptest::prelude::*;

use super::*;
use crate::sip::message::Message;

fn options(call_id: &str, body: &str) -> String {
    format!(
        "OPTIONS sip:bridge.example SIP/2.0\r\n\
         Via: SIP/2.0/TCP a.example;branch=z9hG4bK{call_id}\r\n\
         From: <sip:a@a.example>;tag=f\r\n\
         To: <sip:bridge.example>\r\n\
         Call-ID: {call_id}\r\n\
         CSeq: 1 OPTIONS\r\n\
         Content-Length: {}\r\n\
         \r\n{body}",
        body.len()
    )
}

fn framer() -> Framer {
    Framer::new(Instant::ZERO, "192.0.2.9:5070".parse().unwrap())
}

/// What the frames are, as short words: the Call-ID of what passes, the code of what is answered.
fn words(framer: &mut Framer) -> Vec<String> {
    let frames = std::iter::from_fn(|| framer.poll_output());
    frames
        .map(|frame| match frame {
            Frame::Message(Verdict::Pass(message)) => match &*message {
                Message::Request(request) => {
                    let body = String::from_utf8_lossy(&request.body);
                    format!("{} {body}", request.headers.call_id().unwrap()).trim_end().to_owned()
                }
                Message::Response(response) => response.code.to_string(),
            },
            Frame::Message(Verdict::Answer(_, response)) => response.code.to_string(),
            Frame::Message(Verdict::Drop(refusal)) => format!("drop {refusal}"),
            Frame::Message(Verdict::KeepAlive) => "keep-alive".into(),
            Frame::Ping => "ping".into(),
            Frame::Close(refusal) => format!("close {refusal}"),
        })
        .collect()
}

fn play(stream: &str) -> Vec<String> {
    let mut framer = framer();
    framer.handle_input(Instant::ZERO, stream.as_bytes());
    words(&mut framer)
}

#[test]
fn messages_and_pings_come_out_in_order() {
    let stream = format!("\r\n\r\n{}\r\n{}\r\n\r\n\r\n\r\n", options("a", "x\r\n\r\ny"), options("b", ""));
    assert_eq!(play(&stream), ["ping", "a x\r\n\r\ny", "b", "ping", "ping"]);
}

#[test]
fn a_malformed_message_costs_only_itself() {
    let stream = options("a", "12345").replace("1 OPTIONS", "1 INVITE") + &options("b", "");
    assert_eq!(play(&stream), ["400", "b"]);
    let stream = options("a", "12345").replace("Call-ID:", "Call ID:") + &options("b", "");
    assert_eq!(play(&stream), ["400", "b"]);
}

#[test]
fn a_body_beyond_the_limit_is_refused_and_passed_over() {
    let stream = options("a", &"x".repeat(BODY_MAX + 1)) + &options("b", "");
    assert_eq!(play(&stream), ["413", "b"]);
}

#[test]
fn a_message_beyond_the_limit_closes_the_stream() {
    let stream = options("a", "").replace("Content-Length: 0", "Content-Length: 262145");
    assert_eq!(play(&(stream + &options("b", ""))), ["413", "close too_large"]);
    let stream = options("a", "").replace("Content-Length: 0", "Content-Length: 4294967295");
    assert_eq!(play(&stream), ["413", "close too_large"]);
}

#[test]
fn without_a_length_the_stream_cannot_be_cut() {
    for length in ["", "Content-Length: -1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n"] {
        let stream = options("a", "").replace("Content-Length: 0\r\n", length) + &options("b", "");
        assert_eq!(play(&stream), ["400", "close malformed"], "{length}");
    }
    assert_eq!(play("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ["drop malformed", "close malformed"]);
}

#[test]
fn a_head_that_does_not_end_closes_the_stream() {
    let mut framer = framer();
    let piece = [b'x'; 1_000];
    let mut pieces = 0;
    while words(&mut framer).is_empty() {
        framer.handle_input(Instant::ZERO, &piece);
        pieces += 1;
    }
    assert_eq!(pieces, HEAD_MAX / piece.len() + 1);
    framer.handle_input(Instant::ZERO, options("b", "").as_bytes());
    assert_eq!(words(&mut framer), [""; 0]);
    assert_eq!(framer.poll_timeout(), None);
}

#[test]
fn a_message_has_ten_seconds_from_its_first_byte_to_its_last() {
    let mut framer = framer();
    let message = options("a", "body");
    let (first, rest) = message.split_at(20);
    framer.handle_input(Instant::from_secs(5), first.as_bytes());
    framer.handle_input(Instant::from_secs(9), rest.split_at(rest.len() - 1).0.as_bytes());
    assert_eq!(framer.poll_timeout(), Some(Instant::from_secs(15)));
    framer.handle_timeout(Instant::from_secs(15));
    assert_eq!(words(&mut framer), ["close slow"]);
}

#[test]
fn a_message_that_came_in_time_has_no_deadline_any_more() {
    let mut framer = framer();
    let message = options("a", "body");
    let (first, rest) = message.split_at(20);
    framer.handle_input(Instant::ZERO, first.as_bytes());
    framer.handle_input(Instant::from_secs(9), rest.as_bytes());
    assert_eq!(words(&mut framer), ["a body"]);
    assert_eq!(framer.poll_timeout(), Some(Instant::from_secs(9) + IDLE_MAX));
}

#[test]
fn a_stream_that_is_silent_between_messages_is_closed() {
    let mut framer = framer();
    framer.handle_input(Instant::from_secs(60), options("a", "").as_bytes());
    framer.handle_input(Instant::from_secs(100), b"\r\n\r\n");
    assert_eq!(words(&mut framer), ["a", "ping"]);
    assert_eq!(framer.poll_timeout(), Some(Instant::from_secs(220)));
    framer.handle_timeout(Instant::from_secs(220));
    assert_eq!(words(&mut framer), ["close idle"]);
}

proptest! {
    #[test]
    fn however_a_stream_is_split_it_says_the_same(
        parts in proptest::collection::vec(0..8_u8, 1..8),
        pieces in proptest::collection::vec(1..700_usize, 1..20),
    ) {
        let stream: String = parts.iter().map(|part| match part {
            0 => "\r\n".into(),
            1 => "\r\n\r\n".into(),
            2 => options("m", "").replace("1 OPTIONS", "1 INVITE"),
            3 => options("h", "skip\r\n\r\n").replace("To:", "T o:"),
            4 => options("big", &"y".repeat(BODY_MAX + 1)),
            5 => options("l", "").replace("Content-Length: 0", "Content-Length: x"),
            6 => options("body", "v=0\r\n\r\no"),
            _ => options("none", ""),
        }).collect();
        let mut split = framer();
        let mut said = Vec::new();
        let mut rest = stream.as_bytes();
        for piece in pieces.iter().cycle() {
            let (now, later) = rest.split_at((*piece).min(rest.len()));
            split.handle_input(Instant::ZERO, now);
            said.extend(words(&mut split));
            prop_assert!(split.buffer.len() <= HEAD_MAX + BODY_MAX);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(said, play(&stream));
    }

    #[test]
    fn no_stream_of_bytes_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut framer = framer();
        framer.handle_input(Instant::ZERO, &bytes);
        words(&mut framer);
    }
}
