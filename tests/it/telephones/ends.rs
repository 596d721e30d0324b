//! How calls of telephones end, as operators and readers of records see it.

use serde_json::Value;

use super::phone::Phone;
use super::{address, served, until_free};
use crate::web::{Program, Served, Stream};

/// What the one record says of how its call ended.
fn recorded(served: Served) -> Value {
    let (_, stage) = served.ended();
    let printed = stage.attendant("records --json --directory d/users.db").out;
    let record: Value = serde_json::from_str(printed.trim()).unwrap();
    record["ended_by"].clone()
}

#[test]
fn a_telephone_of_which_nothing_comes_is_hung_up_on() {
    let served = served("-o rtp.media_gone=5s");
    let (program, at) = (Program::new(&served), address(&served));
    let mut stream = Stream::open(&served, &program.token);
    let mut phone = Phone::udp(at);
    assert_eq!(phone.dial("+14255550100"), 200);
    phone.silence(10);
    assert_eq!(phone.until_hung_up(), "SIP;cause=408;text=\"No media\"");
    let finished = stream.until(|event| event["event"] == "finished");
    assert_eq!((&finished["ended_by"], &finished["detail"]), (&"media-gone".into(), &"failed(lost)".into()));
    until_free(&served);
    assert_eq!(recorded(served), "media-gone");
}

#[test]
fn a_telephone_that_hangs_up_is_recorded_so() {
    let served = served("");
    let mut phone = Phone::udp(address(&served));
    assert_eq!(phone.dial("+14255550100"), 200);
    assert_eq!(phone.bye(), 200);
    until_free(&served);
    assert_eq!(recorded(served), "caller");
}
