//! Any bytes as a datagram and as a stream, split where the first byte says: judged without a panic, the stream the same
//! however it is split. What passes is written out and reads as itself. `RUSTC_BOOTSTRAP=1 cargo fuzz run sip tests/torture`.

#![no_main]

use attendant::control::time::Instant;
use attendant::sip::framer::{Frame, Framer};
use attendant::sip::guard::{self, Verdict};
use attendant::sip::inspection::inspect;
use attendant::sip::message::Message;
use attendant::sip::transaction::ServerKey;
use libfuzzer_sys::fuzz_target;

fn read(message: &Message) {
    let headers = message.headers();
    let _values = (headers.vias(), headers.contact(), headers.route(), headers.asserted_identities(), headers.media_type());
    let _timers = (headers.session_expires(), headers.min_se(), headers.rseq(), headers.rack());
    assert_eq!(Message::parse(&message.print()).as_ref(), Ok(message));
    if let Message::Request(request) = message {
        assert!(ServerKey::of(request).is_ok());
        let _refusal = inspect(request);
        let _user = (request.uri.user(), request.uri.host_port(), request.uri.param("transport"));
    }
}

fn frames(pieces: &[&[u8]]) -> Vec<Frame> {
    let mut framer = Framer::new(Instant::ZERO, ([192, 0, 2, 1], 5060).into());
    let mut frames = Vec::new();
    for piece in pieces {
        framer.handle_input(Instant::ZERO, piece);
        frames.extend(std::iter::from_fn(|| framer.poll_output()));
    }
    frames
}

fuzz_target!(|bytes: &[u8]| {
    match guard::datagram(bytes, ([192, 0, 2, 1], 5060).into()) {
        Verdict::Pass(message) => read(&message),
        Verdict::Answer(_, response) => assert!(Message::parse(&response.print()).is_ok()),
        Verdict::Drop(_) | Verdict::KeepAlive => {}
    }
    let Some((at, stream)) = bytes.split_first() else { return };
    let (first, second) = stream.split_at(usize::from(*at).min(stream.len()));
    let whole = frames(&[stream]);
    assert_eq!(frames(&[first, second]), whole);
    for frame in &whole {
        if let Frame::Message(Verdict::Pass(message)) = frame {
            read(message);
        }
    }
});
