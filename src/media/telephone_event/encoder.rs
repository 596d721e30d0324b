//! Makes the packets of presses: updates while a key is down, and its end three times.

use std::time::Duration;

use smallvec::SmallVec;

use super::{SEGMENT_MAX, TelephoneEvent, Volume, units};
use crate::control::call::Digit;
use crate::control::outputs::Outputs;
use crate::control::time::{Instant, Timers};

/// From one report to the next: the packet time of the sound whose place they take (RFC 4733, section 2.5.1.2).
pub const UPDATE_INTERVAL: Duration = Duration::from_millis(20);

/// Number of times that the last packet of an event, and of a segment, is sent, so that it arrives even if two are lost
/// (RFC 4733, section 2.5.1.4).
const FINAL_PACKETS: u8 = 3;

/// A change of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// It goes down; a key that is still down goes up first.
    Press {
        /// The key.
        digit: Digit,
        /// How loud its tone is meant to be.
        volume: Volume,
        /// The stream's RTP timestamp at this moment.
        timestamp: u32,
    },
    /// It goes up; nothing happens if none is down.
    Release,
}

/// A packet to send now, in the next place of the stream's sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    /// For the RTP header: when the press, or this segment of it, began.
    pub timestamp: u32,
    /// For the RTP header: the first packet of a press.
    pub marker: bool,
    /// The payload.
    pub event: TelephoneEvent,
}

/// One key of one stream. It reports for the first time one interval after a press, since a report covers time that
/// has passed.
///
/// The contract of every machine: a `handle_*` call is one change; drain [`Encoder::poll_output`] completely before
/// the next. [`Encoder::poll_timeout`] says when [`Encoder::handle_timeout`] is due.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    press: Option<Press>,
    timers: Timers<Timer>,
    outputs: Outputs<Packet>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timer {
    /// When to report again, or to repeat the end.
    Report,
}

impl Encoder {
    /// Takes a press or a release.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.release(now);
        match input {
            Input::Press { digit, volume, timestamp } => {
                self.send_the_repetitions();
                self.press = Some(Press {
                    digit,
                    volume,
                    down: true,
                    first: true,
                    began: now,
                    timestamp,
                    told: 0,
                    repeats: SmallVec::new(),
                });
                self.timers.set(Timer::Report, now + UPDATE_INTERVAL);
            }
            Input::Release => {}
        }
    }

    /// Reports what falls due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(Timer::Report) = self.timers.pop_due(now) {
            self.report(now);
        }
    }

    /// The next packet to send.
    pub fn poll_output(&mut self) -> Option<Packet> {
        self.outputs.poll()
    }

    /// Returns when to call [`Encoder::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn release(&mut self, now: Instant) {
        let Some(press) = self.press.as_mut().filter(|press| press.down) else { return };
        press.end_segments(now);
        press.down = false;
        let end = press.packet(press.units_of_segment(now), true);
        press.repeats.push(Repeat { packet: end, left: FINAL_PACKETS });
        self.report(now);
    }

    fn report(&mut self, now: Instant) {
        let Some(press) = &mut self.press else { return };
        if press.down {
            press.end_segments(now);
        }
        press.repeat(&mut self.outputs);
        if press.down {
            let update = press.packet(press.units_of_segment(now), false);
            self.outputs.push(update);
        }
        if press.down || !press.repeats.is_empty() {
            self.timers.set(Timer::Report, now + UPDATE_INTERVAL);
        } else {
            self.press = None;
        }
    }

    /// At once, since they may not come after the next press has begun.
    fn send_the_repetitions(&mut self) {
        let Some(mut press) = self.press.take() else { return };
        while !press.repeats.is_empty() {
            press.repeat(&mut self.outputs);
        }
    }
}

/// One press, until the last repetition of its end.
#[derive(Clone, Debug)]
struct Press {
    digit: Digit,
    volume: Volume,
    down: bool,
    /// No packet has been sent yet.
    first: bool,
    began: Instant,
    /// When its present segment began.
    timestamp: u32,
    /// The length of all segments before the present one.
    told: u64,
    /// Last packets that are to be sent again: of a segment, of the press.
    repeats: SmallVec<[Repeat; 2]>,
}

#[derive(Clone, Copy, Debug)]
struct Repeat {
    packet: Packet,
    left: u8,
}

impl Press {
    /// Ends every segment that is full by now. Its last packet has no end bit (RFC 4733, section 2.5.1.3).
    fn end_segments(&mut self, now: Instant) {
        while self.units_of_segment(now) > u64::from(SEGMENT_MAX) {
            let packet = self.packet(SEGMENT_MAX.into(), false);
            self.repeats.push(Repeat { packet, left: FINAL_PACKETS });
            self.timestamp = self.timestamp.wrapping_add(SEGMENT_MAX.into());
            self.told += u64::from(SEGMENT_MAX);
        }
    }

    fn units_of_segment(&self, now: Instant) -> u64 {
        units(now.since(self.began)).saturating_sub(self.told)
    }

    /// A duration of 0 is told as 1, since 0 stands for a state without end (RFC 4733, section 2.3.5).
    fn packet(&mut self, units: u64, end: bool) -> Packet {
        let duration = u16::try_from(units.max(1)).unwrap_or(SEGMENT_MAX);
        let event = TelephoneEvent { code: self.digit.event_code(), end, volume: self.volume, duration };
        Packet { timestamp: self.timestamp, marker: std::mem::take(&mut self.first), event }
    }

    fn repeat(&mut self, outputs: &mut Outputs<Packet>) {
        self.repeats.retain(|repeat| {
            outputs.push(repeat.packet);
            repeat.packet.marker = false;
            repeat.left -= 1;
            repeat.left > 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays presses and releases at their milliseconds, and all timeouts in between; packets with their time.
    fn play(inputs: &[(u64, Input)]) -> Vec<(u64, Packet)> {
        let mut encoder = Encoder::default();
        let mut sent = Vec::new();
        let mut inputs = inputs.iter().peekable();
        loop {
            let next = inputs.peek().map(|(at, _)| Instant::from_millis(*at));
            let now = match (next, encoder.poll_timeout()) {
                (Some(next), due) if due.is_none_or(|due| next < due) => {
                    let (_, input) = inputs.next().unwrap();
                    encoder.handle_input(next, *input);
                    next
                }
                (_, Some(due)) => {
                    encoder.handle_timeout(due);
                    due
                }
                (_, None) => return sent,
            };
            sent.extend(std::iter::from_fn(|| encoder.poll_output()).map(|packet| (now.millis(), packet)));
        }
    }

    fn press(symbol: char, timestamp: u32) -> Input {
        let digit = Digit::from_symbol(symbol).unwrap();
        Input::Press { digit, volume: Volume::below_0_dbm0(10), timestamp }
    }

    /// Time in ms, timestamp, marker, code, end, duration.
    type Row = (u64, u32, bool, u8, bool, u16);

    fn told(sent: &[(u64, Packet)]) -> Vec<Row> {
        let row = |(at, packet): &(u64, Packet)| {
            let event = packet.event;
            (*at, packet.timestamp, packet.marker, event.code, event.end, event.duration)
        };
        sent.iter().map(row).collect()
    }

    #[test]
    fn a_press_is_told_every_20_ms_and_its_end_three_times() {
        let sent = play(&[(100, press('5', 7_000)), (150, Input::Release)]);
        assert_eq!(
            told(&sent),
            [
                (120, 7_000, true, 5, false, 160),
                (140, 7_000, false, 5, false, 320),
                (150, 7_000, false, 5, true, 400),
                (170, 7_000, false, 5, true, 400),
                (190, 7_000, false, 5, true, 400),
            ]
        );
        assert!(sent.iter().all(|(_, packet)| packet.event.volume.dbm0() == -10));
    }

    #[test]
    fn a_press_shorter_than_an_interval_has_one_marker_all_the_same() {
        let sent = play(&[(0, press('#', 1)), (5, Input::Release)]);
        assert_eq!(
            told(&sent),
            [(5, 1, true, 11, true, 40), (25, 1, false, 11, true, 40), (45, 1, false, 11, true, 40)]
        );
    }

    #[test]
    fn a_press_of_no_length_is_never_told_as_a_state_without_end() {
        let sent = play(&[(0, press('1', 1)), (0, Input::Release)]);
        assert!(sent.iter().all(|(_, packet)| packet.event.duration == 1), "{sent:?}");
    }

    #[test]
    fn the_next_press_waits_for_no_repetition_and_comes_after_all() {
        let sent =
            play(&[(0, press('1', 0)), (40, Input::Release), (50, press('1', 400)), (75, Input::Release)]);
        let first: Vec<_> = told(&sent)[..6].to_vec();
        assert_eq!(
            first,
            [
                (20, 0, true, 1, false, 160),
                (40, 0, false, 1, false, 320),
                (40, 0, false, 1, true, 320),
                (50, 0, false, 1, true, 320),
                (50, 0, false, 1, true, 320),
                (70, 400, true, 1, false, 160),
            ]
        );
        assert_eq!(sent.len(), 9);
    }

    #[test]
    fn a_key_pressed_while_another_is_down_ends_that() {
        let sent = play(&[(0, press('1', 0)), (30, press('2', 240)), (60, Input::Release)]);
        let ends: Vec<_> =
            told(&sent).into_iter().filter(|row| row.4).map(|row| (row.0, row.3, row.5)).collect();
        assert_eq!(
            ends,
            [(30, 1, 240), (30, 1, 240), (30, 1, 240), (60, 2, 240), (80, 2, 240), (100, 2, 240)]
        );
    }

    #[test]
    fn a_release_without_a_press_says_nothing() {
        assert_eq!(play(&[(0, Input::Release)]), []);
        assert_eq!(play(&[(0, press('1', 0)), (40, Input::Release), (45, Input::Release)]).len(), 5);
    }

    #[test]
    fn a_long_press_is_told_in_segments_that_join() {
        let start = u32::MAX - 70_000;
        let sent = play(&[(0, press('9', start)), (180_000, Input::Release)]);
        let rows = told(&sent);
        assert_eq!(rows.iter().filter(|row| row.2).count(), 1, "one marker for all segments");
        let (ends, others): (Vec<Row>, Vec<Row>) = rows.iter().partition(|row| row.4);
        let length = 180_000_u32 * 8;
        let segments = length / 65_535;
        let last = (start.wrapping_add(segments * 65_535), u16::try_from(length % 65_535).unwrap());
        assert_eq!(ends.iter().map(|row| (row.1, row.5)).collect::<Vec<_>>(), [last; 3]);
        for segment in 0..segments {
            let timestamp = start.wrapping_add(segment * 65_535);
            let full: Vec<_> = others.iter().filter(|row| (row.1, row.5) == (timestamp, 65_535)).collect();
            assert_eq!(full.len(), 3, "segment {segment}");
            assert_eq!((full[1].0 - full[0].0, full[2].0 - full[1].0), (20, 20));
        }
    }

    #[test]
    fn a_press_that_is_a_whole_segment_ends_with_it() {
        let whole = u64::from(SEGMENT_MAX) * 125;
        let mut encoder = Encoder::default();
        encoder.handle_input(Instant::ZERO, press('1', 0));
        encoder.handle_input(Instant::from_micros(whole), Input::Release);
        let packet = encoder.poll_output().unwrap();
        assert_eq!((packet.timestamp, packet.event.end, packet.event.duration), (0, true, SEGMENT_MAX));
    }

    #[test]
    fn a_press_one_unit_longer_than_a_segment_ends_in_the_next() {
        let over = (u64::from(SEGMENT_MAX) + 1) * 125;
        let mut encoder = Encoder::default();
        encoder.handle_input(Instant::ZERO, press('1', 0));
        encoder.handle_input(Instant::from_micros(over), Input::Release);
        let sent: Vec<_> = std::iter::from_fn(|| encoder.poll_output()).collect();
        let rows: Vec<_> = sent
            .iter()
            .map(|packet| (packet.timestamp, packet.marker, packet.event.end, packet.event.duration))
            .collect();
        assert_eq!(rows, [(0, true, false, 65_535), (65_535, false, true, 1)]);
    }
}
