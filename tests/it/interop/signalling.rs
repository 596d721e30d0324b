//! Single calls of sipp: every kind of offer, hold, CANCEL, passwords.

use super::Bridge;
use super::bridge::{until_finished, until_parked};
use super::handset::Handset;
use super::heard::{Part, codes};
use super::sipp::{Scenario, Sdp, Sipp};
use crate::stage::Stage;
use attendant::control::call::Prompt;
use attendant::media::g711::Law;
use rustix::process::Signal;

/// What is offered within a call.
fn offer(address: &'static str, direction: &'static str) -> Sdp {
    Sdp { address, direction, ..Sdp::PLAIN }
}

#[test]
fn hold_and_resume_in_every_form() {
    let bridge = Bridge::new();
    let mut stream = bridge.events();
    let handset = Handset::of(7);
    let own = "[media_ip]";
    let mut call = Scenario::default().dial(Sdp::PLAIN).keys(&format!("{}#1", bridge.id));
    for (address, direction, answered, hold, resume) in [
        (own, "sendonly", "recvonly", "INVITE", "UPDATE"),
        (own, "inactive", "inactive", "UPDATE", "INVITE"),
        ("0.0.0.0", "sendrecv", "recvonly", "INVITE", "UPDATE"),
    ] {
        let held = call.offer_again(hold, offer(address, direction), &format!("a={answered}"));
        call = held.pause(100).offer_again(resume, Sdp::PLAIN, "a=sendrecv").pause(100);
    }
    let call = call.pause(3_500).hang_up();
    let sipp = Sipp::start(bridge.stage(), "hold", bridge.at, &call, &[handset.port], "");
    until_parked(&mut stream, 1);
    // Held, it hears nothing; then the music goes on.
    handset.listen(3.0);
    sipp.succeeds();
    until_finished(&mut stream, 1);
    bridge.ends_clean();
}

#[test]
fn an_offer_may_come_in_the_ack() {
    let bridge = Bridge::new();
    let mut stream = bridge.events();
    let handset = Handset::of(7);
    let call = Scenario::default().dial_for_an_offer(Sdp::PLAIN).keys(&format!("{}#1", bridge.id));
    let call = call.pause(5_000).hang_up();
    let sipp = Sipp::start(bridge.stage(), "delayed", bridge.at, &call, &[handset.port], "-t t1");
    until_parked(&mut stream, 1);
    handset.listen(4.5);
    Part::whole(&codes(Law::Pcmu, Prompt::HoldForOrganizer), &handset.heard(), "hold-for-organizer");
    sipp.succeeds();
    until_finished(&mut stream, 1);
    bridge.ends_clean();
}

#[test]
fn a_telephone_with_pcma_hears_the_same() {
    let bridge = Bridge::new();
    let mut stream = bridge.events();
    let handset = Handset::saying(Law::Pcma, &[0; 1_600]);
    let call = Scenario::default().dial(Sdp { codec: 8, ..Sdp::PLAIN }).pause(3_000).hang_up();
    let sipp = Sipp::start(bridge.stage(), "pcma", bridge.at, &call, &[handset.port], "");
    handset.listen(2.8);
    Part::whole(&codes(Law::Pcma, Prompt::Welcome), &handset.heard(), "welcome");
    sipp.succeeds();
    until_finished(&mut stream, 1);
    bridge.ends_clean();
}

#[test]
fn a_cancel_right_behind_its_invite_ends_the_call() {
    let bridge = Bridge::new();
    let mut stream = bridge.events();
    // Stopped, the bridge finds both at once.
    bridge.served.signal(Signal::STOP);
    let call = Scenario::default().dial_and_give_up();
    let traced = "-trace_msg -message_file cancel.messages";
    let sipp = Sipp::start(bridge.stage(), "cancel", bridge.at, &call, &[9], traced);
    sipp.until_sent("CANCEL sip:");
    bridge.served.signal(Signal::CONT);
    sipp.succeeds();
    until_finished(&mut stream, 1);
    bridge.ends_clean();
}

#[test]
fn a_telephone_with_a_password_is_let_in() {
    let stage = Stage::with(&[("users", "pat:tops3cret\n")]);
    let bridge = Bridge::with(stage, "-o sip.auth=file:users -o sip.allow=192.0.2.1", &[]);
    let mut stream = bridge.events();
    let handset = Handset::of(7);
    let call = Scenario::default().dial_with_password("pat", "tops3cret").hang_up();
    Sipp::start(bridge.stage(), "digest", bridge.at, &call, &[handset.port], "").succeeds();
    until_finished(&mut stream, 1);
    bridge.ends_clean();
}
