//! Reports as bytes, both ways.

use proptest::prelude::*;

use super::compose::Report;
use super::*;

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 0x0102_0304,
    fraction_lost: 64,
    lost: -2,
    highest_sequence: 0x0001_FFFF,
    jitter: 17,
    last_sender_report: 0xB705_2000,
    delay_since: 0x0005_4000,
};

const SENDER: SenderInfo =
    SenderInfo { ntp: NtpTime::from_bits(0xB44D_B705_2000_0000), timestamp: 160, packets: 3, octets: 480 };

fn write(report: Report<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    report.write(&mut bytes);
    bytes
}

fn report(sender: Option<SenderInfo>, blocks: &[ReportBlock]) -> Report<'_> {
    Report { ssrc: 0xAABB_CCDD, sender, blocks, cname: "ab", goodbye: false }
}

#[test]
fn a_report_is_laid_out_as_the_rfc_draws_it() {
    let bytes = write(Report { goodbye: true, ..report(Some(SENDER), &[BLOCK]) });
    #[rustfmt::skip]
    let expected = [
        0x81, 200, 0, 12, 0xAA, 0xBB, 0xCC, 0xDD,
        0xB4, 0x4D, 0xB7, 0x05, 0x20, 0, 0, 0, 0, 0, 0, 160, 0, 0, 0, 3, 0, 0, 1, 0xE0,
        1, 2, 3, 4, 64, 0xFF, 0xFF, 0xFE, 0, 1, 0xFF, 0xFF, 0, 0, 0, 17, 0xB7, 0x05, 0x20, 0, 0, 5, 0x40, 0,
        0x81, 202, 0, 3, 0xAA, 0xBB, 0xCC, 0xDD, 1, 2, b'a', b'b', 0, 0, 0, 0,
        0x81, 203, 0, 1, 0xAA, 0xBB, 0xCC, 0xDD,
    ];
    // The item ends on a word, so a whole word of nulls ends the chunk.
    assert_eq!(bytes.len(), expected.len());
    assert_eq!(bytes, expected);
}

#[test]
fn who_sends_nothing_reports_as_a_receiver() {
    let bytes = write(report(None, &[BLOCK, BLOCK]));
    let packets: Vec<_> = Compound::parse(&bytes).unwrap().collect();
    let [Packet::ReceiverReport { ssrc: 0xAABB_CCDD, blocks }] = packets[..] else { panic!("{packets:?}") };
    assert_eq!(blocks.collect::<Vec<_>>(), [BLOCK, BLOCK]);
}

#[test]
fn a_compound_begins_with_a_report() {
    let whole = write(report(None, &[]));
    assert_eq!(Compound::parse(&whole[8..]), Err(RtcpError::NoReport));
    assert_eq!(Compound::parse(&[0x80]), Err(RtcpError::Cut));
    let padded = [&[0xA0], &whole[1..]].concat();
    assert_eq!(Compound::parse(&padded), Err(RtcpError::NoReport));
}

#[test]
fn unknown_packets_are_passed_over_and_those_behind_them_read() {
    let transport_feedback = [0x8F, 205, 0, 2, 1, 1, 1, 1, 2, 2, 2, 2];
    let goodbye = [0x81, 203, 0, 1, 9, 9, 9, 9];
    let bytes = [&write(report(None, &[]))[..], &transport_feedback, &goodbye].concat();
    let packets: Vec<_> = Compound::parse(&bytes).unwrap().collect();
    assert!(matches!(packets[..], [Packet::ReceiverReport { .. }, Packet::Goodbye]), "{packets:?}");
}

#[test]
fn lengths_must_add_up() {
    let whole = write(report(Some(SENDER), &[BLOCK]));
    for length in 2..whole.len() {
        let cut = Compound::parse(&whole[..length]);
        // Where the first packet ends a compound may end too.
        assert_eq!(cut.is_ok(), length == 52, "{length}");
    }
    let more = [&whole[..], &[0]].concat();
    assert_eq!(Compound::parse(&more), Err(RtcpError::Cut));
    let mut counted = whole;
    counted[0] += 1;
    assert_eq!(Compound::parse(&counted), Err(RtcpError::Cut), "two blocks, it says");
}

#[test]
fn only_the_last_packet_may_be_padded() {
    let report = write(report(None, &[]));
    let padded = [0xA1, 203, 0, 2, 9, 9, 9, 9, 0, 0, 0, 4];
    assert!(Compound::parse(&[&report[..], &padded].concat()).is_ok());
    assert_eq!(Compound::parse(&[&report[..], &padded, &padded].concat()), Err(RtcpError::Padding));
}

#[test]
fn other_versions_are_refused() {
    let mut bytes = write(report(None, &[]));
    bytes[0] = 0x40;
    assert_eq!(Compound::parse(&bytes), Err(RtcpError::Version(1)));
    assert_eq!(
        RtcpError::Version(1).to_string(),
        "RTCP version 1; only version 2 is known (RFC 3550, section A.2)"
    );
}

#[test]
fn intervals_are_five_seconds_half_as_much_more_or_less() {
    let millis = |chance, first| interval(chance, first).as_millis();
    assert_eq!((millis(0, false), millis(u32::MAX, false)), (2_500, 7_500));
    assert_eq!((millis(0, true), millis(u32::MAX, true)), (1_250, 3_750));
    assert_eq!(millis(u32::MAX / 2, false), 4_999);
}

#[test]
fn what_does_not_fit_a_report_is_left_out() {
    let blocks = [BLOCK; 40];
    let bytes = write(Report { cname: &"x".repeat(300), ..report(None, &blocks) });
    let mut packets = Compound::parse(&bytes).unwrap();
    let Some(Packet::ReceiverReport { blocks, .. }) = packets.next() else { panic!() };
    assert_eq!((blocks.count(), packets.next()), (BLOCKS_MAX, None));
}

prop_compose! {
    fn any_block()(
        ssrc: u32, fraction_lost: u8, lost in -0x80_0000..=0x7F_FFFF_i32, highest_sequence: u32, jitter: u32,
        last_sender_report: u32, delay_since: u32,
    ) -> ReportBlock {
        ReportBlock { ssrc, fraction_lost, lost, highest_sequence, jitter, last_sender_report, delay_since }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        ssrc: u32, ntp: u64, words: [u32; 3], blocks in prop::collection::vec(any_block(), 0..=BLOCKS_MAX),
        cname in "[a-z]{0,20}", goodbye: bool,
    ) {
        let [timestamp, packets, octets] = words;
        let info = SenderInfo { ntp: NtpTime::from_bits(ntp), timestamp, packets, octets };
        let bytes = write(Report { ssrc, sender: Some(info), blocks: &blocks, cname: &cname, goodbye });
        let mut read = Compound::parse(&bytes).unwrap();
        let Some(Packet::SenderReport { ssrc: from, sender, blocks: told }) = read.next() else { panic!() };
        prop_assert_eq!((from, sender), (ssrc, info));
        prop_assert_eq!(told.collect::<Vec<_>>(), blocks);
        prop_assert_eq!(read.next(), goodbye.then_some(Packet::Goodbye));
    }

    #[test]
    fn any_bytes_are_read_or_refused(kind in 198_u8..206, rest: Vec<u8>) {
        if let Ok(read) = Compound::parse(&[&[0x81, kind], &rest[..]].concat()) {
            prop_assert!(read.count() > 0);
        }
    }
}
