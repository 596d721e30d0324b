//! What is counted of one stream that comes: sequence numbers, losses and jitter (RFC 3550, sections A.1, A.3, A.8).

/// A number less far ahead than this tells of losses; others come from a sender that has begun again, or by mistake
/// (`MAX_DROPOUT`).
pub const DROPOUT_MAX: u16 = 3_000;

/// A number less far behind than this is late (`MAX_MISORDER`).
pub const MISORDER_MAX: u16 = 100;

/// Numbers of which it is remembered whether they came.
pub const REMEMBERED: u32 = u64::BITS;

/// What a packet's sequence number says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// It is newer than all before.
    Newer,
    /// It comes after newer ones.
    Late,
    /// It has come before.
    Duplicate,
    /// It is far from all before. If the next in sequence follows, the sender has begun again there.
    Astray,
}

/// One stream's figures. It begins with a packet that is known to be one of the stream: the
/// [latch](crate::rtp::latch) has asked for more in sequence than section A.1 does.
#[derive(Clone, Debug)]
pub struct Reception {
    /// Where the count began.
    base: u32,
    /// The highest sequence number, with its cycles above 16 bits.
    highest: u32,
    /// Which of the last [`REMEMBERED`] numbers came: the highest in the lowest bit.
    came: u64,
    /// The number that would show that the sender has begun again.
    restart: Option<u16>,
    received: u32,
    /// Losses before the sender began again.
    lost_before: i64,
    expected_at_report: u32,
    received_at_report: u32,
    /// How late the last packet was, against its timestamp.
    transit: Option<u32>,
    /// In 16ths of a timestamp unit.
    jitter: u32,
}

impl Reception {
    /// A stream whose first packet has this sequence number, and is yet to be counted.
    #[must_use]
    pub fn new(sequence: u16) -> Self {
        Self {
            base: sequence.into(),
            highest: sequence.into(),
            came: 0,
            restart: None,
            received: 0,
            lost_before: 0,
            expected_at_report: 0,
            received_at_report: 0,
            transit: None,
            jitter: 0,
        }
    }

    /// Counts a packet (A.1). One that is [`Order::Astray`] does not count.
    pub fn count(&mut self, sequence: u16) -> Order {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        let behind = ahead.wrapping_neg();
        let order = if ahead < DROPOUT_MAX {
            self.highest = self.highest.wrapping_add(ahead.into());
            self.came = self.came.checked_shl(ahead.into()).unwrap_or(0);
            self.remember(0, Order::Newer)
        } else if behind < MISORDER_MAX {
            self.remember(behind, Order::Late)
        } else if self.restart == Some(sequence) {
            *self = Self {
                lost_before: self.all_lost(),
                transit: self.transit,
                jitter: self.jitter,
                ..Self::new(sequence)
            };
            self.remember(0, Order::Newer)
        } else {
            self.restart = Some(sequence.wrapping_add(1));
            return Order::Astray;
        };
        self.received = self.received.wrapping_add(1);
        order
    }

    /// What a packet so far behind the highest number is, which is this if it has not come before.
    fn remember(&mut self, behind: u16, order: Order) -> Order {
        let Some(bit) = 1_u64.checked_shl(behind.into()) else { return order };
        let is_here = self.came & bit != 0;
        self.came |= bit;
        if is_here { Order::Duplicate } else { order }
    }

    /// Takes a packet's delay into the jitter (A.8); `arrival` is on a clock that runs as fast as the timestamps. Not for
    /// telephone events, whose timestamp stands still.
    pub fn measure(&mut self, arrival: u32, timestamp: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            self.jitter = self.jitter.saturating_add(difference) - ((self.jitter.saturating_add(8)) >> 4);
        }
    }

    /// The highest sequence number, with the count of its wrap-arounds above 16 bits.
    #[must_use]
    pub fn highest_sequence(&self) -> u32 {
        self.highest
    }

    /// Packets that should have come so far, since the sender began.
    fn expected(&self) -> u32 {
        self.highest.wrapping_sub(self.base).wrapping_add(1)
    }

    /// Packets lost since the sender began (A.3); negative where more came twice than were lost.
    #[must_use]
    pub fn lost(&self) -> i32 {
        self.expected().wrapping_sub(self.received).cast_signed()
    }

    /// Packets lost altogether, those before the sender began again included.
    #[must_use]
    pub fn all_lost(&self) -> i64 {
        self.lost_before + i64::from(self.lost())
    }

    /// Interarrival jitter, in timestamp units.
    #[must_use]
    pub fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// The part of packets lost since the last call, in 256ths (A.3).
    pub fn take_fraction_lost(&mut self) -> u8 {
        let expected = self.expected().wrapping_sub(self.expected_at_report);
        let received = self.received.wrapping_sub(self.received_at_report);
        self.expected_at_report = self.expected();
        self.received_at_report = self.received;
        let lost = i64::from(expected) - i64::from(received);
        if expected == 0 || lost <= 0 {
            return 0;
        }
        u8::try_from((lost << 8) / i64::from(expected)).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The figures after packets with these numbers, and what each was.
    fn count(sequences: impl IntoIterator<Item = u16>) -> (Reception, Vec<Order>) {
        let mut sequences = sequences.into_iter().peekable();
        let mut reception = Reception::new(*sequences.peek().unwrap());
        let orders = sequences.map(|sequence| reception.count(sequence)).collect();
        (reception, orders)
    }

    #[test]
    fn losses_are_what_was_expected_and_did_not_come() {
        let (mut reception, _) = count([10, 11, 13, 14, 17]);
        assert_eq!((reception.lost(), reception.highest_sequence()), (3, 17));
        assert_eq!(reception.take_fraction_lost(), (3 * 256 / 8) as u8);
        assert_eq!(reception.take_fraction_lost(), 0);
        for sequence in [18, 20] {
            reception.count(sequence);
        }
        assert_eq!((reception.lost(), reception.take_fraction_lost()), (4, 85));
    }

    #[test]
    fn numbers_wrap_around_and_are_told_with_their_cycles() {
        let (reception, orders) = count([65_534, 65_535, 0, 1, 65_533]);
        assert_eq!(reception.highest_sequence(), 0x1_0001);
        assert_eq!(orders[..4], [Order::Newer; 4]);
        assert_eq!(orders[4], Order::Late);
    }

    #[test]
    fn packets_that_come_twice_make_losses_negative() {
        let (mut reception, orders) = count([1, 2, 2, 2, 3]);
        assert_eq!(orders, [Order::Newer, Order::Newer, Order::Duplicate, Order::Duplicate, Order::Newer]);
        assert_eq!((reception.lost(), reception.take_fraction_lost()), (-2, 0));
    }

    #[test]
    fn a_packet_is_known_again_among_the_last_64() {
        use Order::{Duplicate, Late, Newer};
        assert_eq!(count([7, 7]).1, [Newer, Duplicate]);
        assert_eq!(
            count([7, 10, 8, 8, 7, 9, 10]).1,
            [Newer, Newer, Late, Duplicate, Duplicate, Late, Duplicate]
        );
        assert_eq!(count([0, 63, 0, 64, 0]).1, [Newer, Newer, Duplicate, Newer, Late]);
        assert_eq!(count([65_535, 0, 65_535]).1, [Newer, Newer, Duplicate]);
    }

    #[test]
    fn a_jump_counts_once_a_second_packet_confirms_it() {
        let (reception, orders) = count([1, 2, 4, 20_000, 5, 30_000, 30_001, 30_003]);
        use Order::{Astray, Newer};
        assert_eq!(orders, [Newer, Newer, Newer, Astray, Newer, Astray, Newer, Newer]);
        assert_eq!((reception.lost(), reception.all_lost()), (1, 2));
        assert_eq!(reception.highest_sequence(), 30_003);
    }

    #[test]
    fn how_far_a_number_may_be_off_is_that_of_the_rfc() {
        for (second, order) in
            [(3_099, Order::Newer), (3_100, Order::Astray), (1, Order::Late), (0, Order::Astray)]
        {
            assert_eq!(count([100, second]).1[1], order, "{second}");
        }
    }

    #[test]
    fn jitter_is_a_sixteenth_of_each_difference_of_transit() {
        let mut reception = Reception::new(0);
        reception.measure(1_000, 0);
        reception.measure(1_160, 160);
        assert_eq!(reception.jitter(), 0);
        reception.measure(1_480, 320);
        assert_eq!(reception.jitter, 160);
        assert_eq!(reception.jitter(), 10);
        // J += |D| - ((J + 8) >> 4), as A.8 has it in integers.
        reception.measure(1_640, 480);
        assert_eq!(reception.jitter, 160 - 10);
    }

    #[test]
    fn jitter_does_not_depend_on_where_clocks_and_timestamps_begin() {
        let measure = |clock: u32, timestamp: u32| {
            let mut reception = Reception::new(0);
            for (at, late) in [(0_u32, 0_u32), (160, 40), (320, 0), (480, 90)] {
                reception.measure(clock.wrapping_add(at + late), timestamp.wrapping_add(at));
            }
            reception.jitter
        };
        assert_eq!(measure(0, 0), measure(u32::MAX - 100, u32::MAX - 300));
        assert!(measure(0, 0) > 0);
    }

    proptest! {
        /// Whatever is lost of a stream, and wherever its numbers begin.
        #[test]
        fn what_did_not_come_is_lost(first: u16, came in prop::collection::vec(any::<bool>(), 1..500)) {
            let numbers: Vec<u16> = (0_u16..).zip(&came)
                .filter(|(at, came)| **came || *at == 0)
                .map(|(at, _)| first.wrapping_add(at)).collect();
            let (reception, orders) = count(numbers.iter().copied());
            let span = i32::from(numbers.last().unwrap().wrapping_sub(first)) + 1;
            prop_assert_eq!(reception.lost(), span - numbers.len() as i32);
            prop_assert!(orders.iter().all(|order| *order == Order::Newer));
        }

        #[test]
        fn any_numbers_and_times_are_counted(packets: Vec<(u16, u32, u32)>) {
            let mut reception = Reception::new(0);
            for (sequence, arrival, timestamp) in packets {
                reception.count(sequence);
                reception.measure(arrival, timestamp);
                reception.take_fraction_lost();
            }
        }
    }
}
