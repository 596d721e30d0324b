//! Session timers (RFC 4028).

use super::*;

const TIMER: &str = "Supported: timer\nAllow: INVITE, UPDATE\n";

fn expires(value: &str) -> String {
    format!("{TIMER}Session-Expires: {value}\n")
}

#[test]
fn session_timers_are_agreed_on_as_rfc_4028_section_9_says() {
    for (fields, expires, require) in [
        (String::new(), "1800;refresher=uas", ""),
        ("Min-SE: 4000\n".to_owned(), "4000;refresher=uas", ""),
        (TIMER.to_owned(), "1800;refresher=uac", "timer"),
        (format!("{TIMER}Min-SE: 4000\n"), "4000;refresher=uac", "timer"),
        (expires("90"), "90;refresher=uac", "timer"),
        (expires("600;refresher=uas"), "600;refresher=uas", "timer"),
        (expires("600;refresher=uac"), "600;refresher=uac", "timer"),
        ("Session-Expires: 600\n".to_owned(), "600;refresher=uas", ""),
        ("Session-Expires: 60\n".to_owned(), "90;refresher=uas", ""),
    ] {
        let mut call = Call::invited(&fields, OFFER);
        call.play(take());
        assert_eq!(call.field(HeaderName::SessionExpires), expires, "{fields}");
        assert_eq!(call.field(HeaderName::Require), require, "{fields}");
    }
}

#[test]
fn a_session_that_nobody_refreshes_ends() {
    let mut call = Call::up(&expires("90"));
    assert_eq!(call.until(100_000), ["60000 ended SessionExpired", "60000 send 1 BYE"]);
    assert_eq!(call.field(HeaderName::Reason), "SIP;cause=408;text=\"Session expired\"");
    let mut call = Call::up(&expires("1800"));
    assert_eq!(call.until(2_000_000), ["1768000 ended SessionExpired", "1768000 send 1 BYE"]);
}

#[test]
fn the_caller_refreshes_by_update_or_invite() {
    for (method, body) in [("UPDATE", ""), ("INVITE", OFFER)] {
        let mut call = Call::up(&expires("90"));
        assert_eq!(call.until(50_000), NOTHING);
        assert_eq!(call.asks(method, &expires("90"), body), [format!("2: 200 {method}")]);
        assert_eq!(call.field(HeaderName::SessionExpires), "90;refresher=uac");
        call.ack(2, "");
        assert_eq!(call.until(109_999), NOTHING);
        assert_eq!(call.until(110_000), ["110000 ended SessionExpired", "110000 send 1 BYE"]);
    }
}

#[test]
fn a_refresh_that_is_too_short_is_refused() {
    let mut call = Call::up(&expires("90"));
    assert_eq!(call.asks("UPDATE", &expires("10"), ""), ["2: 422 UPDATE"]);
    assert_eq!(call.field(HeaderName::MinSe), "90");
}

#[test]
fn we_refresh_by_update_where_it_is_allowed() {
    let mut call = Call::up(&expires("600;refresher=uas"));
    assert_eq!(call.until(300_000), ["300000 send 1 UPDATE"]);
    assert_eq!(call.field(HeaderName::SessionExpires), "600;refresher=uac");
    assert_eq!(call.responds(200, &[(HeaderName::SessionExpires, "600;refresher=uac")], ""), NOTHING);
    assert_eq!(call.until(600_000), ["600000 send 2 UPDATE"]);
    assert_eq!(call.responds(200, &[(HeaderName::SessionExpires, "600;refresher=uas")], ""), NOTHING);
    assert_eq!(call.until(2_000_000), ["1168000 ended SessionExpired", "1168000 send 3 BYE"]);
}

#[test]
fn we_refresh_by_invite_where_update_is_not_known() {
    let mut call = Call::up("Session-Expires: 600\n");
    assert_eq!(call.until(300_000), ["300000 send 1 INVITE"]);
    assert_eq!(call.asks("INVITE", "", OFFER), ["2: 491 INVITE"]);
    let mut call = Call::up("Session-Expires: 600\n");
    call.until(300_000);
    assert_eq!(
        call.responds(200, &[], &hold("sendonly")),
        ["send 1 ACK", "change 198.51.100.7:4000 recvonly"]
    );
    assert_eq!(call.until(600_000), ["600000 send 2 INVITE"]);
    assert_eq!(call.responds(200, &[], ""), ["send 2 ACK", "ended NoMedia(Malformed)", "send 3 BYE"]);
}

#[test]
fn a_repeated_2xx_to_our_invite_is_acknowledged_again() {
    let mut call = Call::up("Session-Expires: 600\n");
    call.until(300_000);
    let sent = call.last.clone();
    call.responds(200, &[], OFFER);
    call.last = sent;
    assert_eq!(call.responds(200, &[], OFFER), ["send 1 ACK"]);
}

#[test]
fn a_telephone_that_refuses_update_is_refreshed_by_invite() {
    let mut call = Call::up(&expires("600;refresher=uas"));
    call.until(300_000);
    assert_eq!(call.responds(405, &[], ""), ["send 2 INVITE"]);
}

#[test]
fn a_refresh_is_tried_again_until_the_session_expires() {
    let mut call = Call::up(&expires("600;refresher=uas"));
    call.until(300_000);
    assert_eq!(call.responds(500, &[], ""), NOTHING);
    assert_eq!(call.until(310_000), ["310000 send 2 UPDATE"]);
    assert_eq!(call.responds(422, &[(HeaderName::MinSe, "900")], ""), ["send 3 UPDATE"]);
    assert_eq!(call.field(HeaderName::SessionExpires), "900;refresher=uac");
    assert_eq!(call.responds(422, &[(HeaderName::MinSe, "900")], ""), NOTHING);
    assert_eq!(call.until(320_000), ["320000 send 4 UPDATE"]);
    assert_eq!(call.responds(491, &[], ""), NOTHING);
    let again = call.until(322_000);
    assert_eq!(again.len(), 1);
    assert_eq!(call.until(600_000), ["568000 ended SessionExpired", "568000 send 6 BYE"]);
}

#[test]
fn a_telephone_that_lost_the_call_ends_it() {
    for code in [408, 481] {
        let mut call = Call::up(&expires("600;refresher=uas"));
        call.until(300_000);
        assert_eq!(call.responds(code, &[], ""), ["ended Lost", "send 2 BYE"]);
    }
    let mut call = Call::up(&expires("600;refresher=uas"));
    call.until(300_000);
    assert_eq!(call.play(Input::Failed(OurRequest::Update)), ["ended Lost", "send 2 BYE"]);
}

#[test]
fn nothing_comes_out_of_a_call_that_is_over() {
    let mut call = Call::up("Session-Expires: 600\n");
    call.until(300_000);
    let sent = call.last.clone();
    call.asks("BYE", "", "");
    assert!(call.session.is_over());
    call.last = sent;
    assert_eq!(call.responds(200, &[], OFFER), NOTHING);
    assert_eq!(call.play(Input::Failed(OurRequest::Invite)), NOTHING);
    assert_eq!(call.play(Input::HangUp(HangUp::Normal)), NOTHING);
    assert_eq!(call.asks("INFO", "", ""), NOTHING);
    assert_eq!(call.session.poll_timeout(), None);
}
