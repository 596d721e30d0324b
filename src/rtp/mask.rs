//! The packets of a call as they may be kept: whole, but for keys. A telephone-event says that a key was pressed, when and
//! how long, and not which; where two tones are in the sound there is silence. What cannot be read has no content.

use std::collections::VecDeque;
use std::ops::Range;

use super::packet::{HEADER_BYTES, Kind, Packet};
use super::receive::{Format, Formats};
use crate::media::dtmf::detector::{Detector, Heard};
use crate::media::g711::Law;
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::telephone_event::{PAYLOAD_BYTES, TelephoneEvent, Volume};

/// Silence before a key and after it.
const MARGIN: u64 = milliseconds(30);

/// Tones have been there for at most so long when the detector tells of them, before it can be sure of a key.
const TOLD_WITHIN: u64 = milliseconds(25);

/// Sound that is held back: a key may turn out to have begun 72 ms before it is told, and the margin before that.
const HELD_BACK: u64 = milliseconds(120);

const fn milliseconds(millis: u64) -> u64 {
    millis * SAMPLES_PER_SECOND as u64 / 1_000
}

/// Takes the key out of a packet that tells it in one payload, and the content out of one that is not understood. Of
/// sound the keys are still to be taken out, by a [`ToneMask`]: the law, and where its codes are.
pub fn mask_packet(formats: Formats, datagram: &mut [u8]) -> Option<(Law, Range<usize>)> {
    match Kind::of(datagram) {
        Kind::Rtcp | Kind::Stun => None,
        Kind::Unknown => {
            datagram.fill(0);
            None
        }
        Kind::Rtp => mask_rtp(formats, datagram),
    }
}

fn mask_rtp(formats: Formats, datagram: &mut [u8]) -> Option<(Law, Range<usize>)> {
    let header = HEADER_BYTES.min(datagram.len());
    let Ok(packet) = Packet::parse(datagram) else {
        datagram[header..].fill(0);
        return None;
    };
    let extension = packet.extension.map_or(0, |extension| extension.data.len() + 4);
    let start = header + 4 * usize::from(packet.contributing_sources) + extension;
    let payload = start..start + packet.payload.len();
    match formats.of(packet.header.payload_type) {
        Some(Format::Sound(law)) => return Some((law, payload)),
        Some(Format::Events) => {
            for event in datagram[payload].chunks_mut(PAYLOAD_BYTES) {
                match TelephoneEvent::parse(event) {
                    Ok(told) => {
                        let volume = Volume::below_0_dbm0(u8::MAX);
                        event.copy_from_slice(&TelephoneEvent { code: 0, volume, ..told }.to_bytes());
                    }
                    Err(_) => event.fill(0),
                }
            }
        }
        // Perhaps events under a number that was not agreed on.
        None => datagram[payload].fill(0),
    }
    None
}

/// The sound of one stream, held back until it is known where keys are in it. `T` is what its owner knows of a packet.
#[derive(Debug)]
pub struct ToneMask<T> {
    detector: Detector,
    held: VecDeque<Held<T>>,
    /// Samples that came.
    now: u64,
    /// Since when there are tones that may be a key's, or a key is pressed.
    open: [Option<u64>; 2],
    /// Where there were.
    keys: Vec<Range<u64>>,
}

#[derive(Debug)]
struct Held<T> {
    packet: T,
    datagram: Vec<u8>,
    law: Law,
    codes: Range<usize>,
    /// Of its first sample.
    start: u64,
}

/// The tones of [`ToneMask::open`], and the key.
const TONES: usize = 0;
const KEY: usize = 1;

impl<T> Default for ToneMask<T> {
    fn default() -> Self {
        let detector = Detector::new();
        Self { detector, held: VecDeque::new(), now: 0, open: [None; 2], keys: Vec::new() }
    }
}

impl<T> ToneMask<T> {
    /// Takes the next packet of sound, of which [`mask_packet`] told where its codes are.
    pub fn take(&mut self, packet: T, datagram: Vec<u8>, law: Law, codes: Range<usize>) {
        let mut samples = Vec::new();
        law.decode(datagram.get(codes.clone()).unwrap_or_default(), &mut samples);
        self.held.push_back(Held { packet, datagram, law, codes, start: self.now });
        self.listen(&samples);
    }

    /// Nothing comes for now: what is held back need not wait any longer.
    pub fn pause(&mut self) {
        self.listen(&[0; HELD_BACK as usize]);
    }

    /// The next packet without keys.
    pub fn poll_output(&mut self) -> Option<(T, Vec<u8>)> {
        let now = self.now;
        let Held { packet, mut datagram, law, codes, start } =
            self.held.pop_front_if(|held| held.start + held.codes.len() as u64 + HELD_BACK <= now)?;
        let open = self.open.into_iter().flatten().min().unwrap_or(u64::MAX);
        for (at, code) in (start..).zip(datagram.get_mut(codes).unwrap_or_default()) {
            if at >= open || self.keys.iter().any(|key| key.contains(&at)) {
                *code = law.silence();
            }
        }
        let oldest = self.held.front().map_or(now, |held| held.start);
        self.keys.retain(|key| key.end > oldest);
        Some((packet, datagram))
    }

    fn listen(&mut self, samples: &[i16]) {
        let begins = self.now;
        self.now += samples.len() as u64;
        let Self { detector, now, open, keys, .. } = self;
        let mut end = |which: usize, open: &mut [Option<u64>; 2], end: u64| {
            keys.extend(open[which].take().map(|start| start..end + MARGIN));
        };
        detector.feed(samples, |heard| match heard {
            Heard::ToneBegan => {
                open[TONES].get_or_insert(begins.saturating_sub(TOLD_WITHIN + MARGIN));
            }
            Heard::Pressed { start, .. } => {
                open[KEY].get_or_insert(start.saturating_sub(MARGIN));
            }
            Heard::ToneEnded => end(TONES, open, *now),
            Heard::Released(press) => end(KEY, open, press.end),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::dtmf::detector::decode;
    use crate::media::dtmf::generator::{Settings, dial, keys};
    use crate::media::speaker::Speaker;
    use crate::rtp::packet::Header;

    const FORMATS: Formats = Formats { laws: [Some(0), Some(8)], events: Some(101) };

    fn packet(payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let header = Header { marker: false, payload_type, sequence: 1, timestamp: 160, ssrc: 7 };
        [&header.to_bytes()[..], payload].concat()
    }

    fn masked(payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let mut datagram = packet(payload_type, payload);
        assert_eq!(mask_packet(FORMATS, &mut datagram), None);
        assert_eq!(datagram[..HEADER_BYTES], packet(payload_type, payload)[..HEADER_BYTES]);
        datagram.split_off(HEADER_BYTES)
    }

    #[test]
    fn an_event_keeps_its_time_and_not_its_key() {
        assert_eq!(masked(101, &[7, 0x8a, 3, 32]), [0, 0x80 | 63, 3, 32]);
        assert_eq!(masked(101, &[7, 10, 3, 32, 9, 10, 3, 32, 9]), [0, 63, 3, 32, 0, 63, 3, 32, 0]);
    }

    #[test]
    fn what_is_not_understood_has_no_content() {
        assert_eq!(masked(96, &[7, 10, 0, 160]), [0; 4]);
        let mut odd = *b"key 7";
        assert_eq!(mask_packet(FORMATS, &mut odd), None);
        assert_eq!(odd, [0; 5]);
        // It says that it has an extension, and ends before.
        let mut cut = packet(0, &[7; 4]);
        cut[0] |= 0x10;
        cut[14] = 9;
        mask_packet(FORMATS, &mut cut);
        assert_eq!(cut[HEADER_BYTES..], [0; 4]);
    }

    #[test]
    fn codes_are_found_behind_sources_and_extension() {
        let mut datagram = packet(8, &[1, 1, 1, 1, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9, 7, 7, 7]);
        datagram[0] |= 0x11;
        assert_eq!(mask_packet(FORMATS, &mut datagram), Some((Law::Pcma, 24..27)));
    }

    #[test]
    fn reports_stay_as_they_are() {
        let mut report = [0x80, 201, 0, 1, 1, 2, 3, 4];
        assert_eq!(mask_packet(FORMATS, &mut report), None);
        assert_eq!(report, [0x80, 201, 0, 1, 1, 2, 3, 4]);
    }

    /// What is kept of these samples, sent in packets of this length.
    fn kept(samples: &[i16], length: usize) -> Vec<i16> {
        let mut mask = ToneMask::default();
        let mut kept = Vec::new();
        let mut drain = |mask: &mut ToneMask<usize>| {
            while let Some((number, datagram)) = mask.poll_output() {
                assert_eq!(number * length, kept.len());
                Law::Pcmu.decode(&datagram, &mut kept);
            }
        };
        for (number, part) in samples.chunks(length).enumerate() {
            let mut codes = Vec::new();
            Law::Pcmu.encode(part, &mut codes);
            let all = 0..codes.len();
            mask.take(number, codes, Law::Pcmu, all);
            drain(&mut mask);
        }
        mask.pause();
        drain(&mut mask);
        kept
    }

    /// Speech with keys pressed over it, from two tenths of a second on.
    fn spoken_and_dialled(symbols: &str, settings: &Settings) -> (Vec<i16>, usize) {
        let dialled = dial(&keys(symbols).unwrap(), settings);
        let mut samples = vec![0; dialled.len() + 4_800];
        Speaker::new(3).speak(&mut samples);
        samples[1_600..1_600 + dialled.len()].copy_from_slice(&dialled);
        (samples, dialled.len())
    }

    #[test]
    fn keys_in_the_sound_are_silence_with_a_margin() {
        for length in [80, 160, 480] {
            let (samples, dialled) = spoken_and_dialled("1590*", &Settings::default());
            let kept = kept(&samples, length);
            assert_eq!(kept.len(), samples.len());
            assert_eq!(decode(&kept).len(), 0);
            assert!(kept[1_600 - 240..1_600 + dialled].iter().all(|sample| *sample == 0));
            let same =
                samples.iter().zip(&kept).take(1_000).filter(|(said, kept)| {
                    Law::Pcmu.decode_sample(Law::Pcmu.encode_sample(**said)) == **kept
                });
            assert_eq!(same.count(), 1_000, "what is said before is kept");
            let rest = kept[1_600 + dialled + 1_600..].iter().filter(|sample| **sample != 0);
            assert!(rest.count() > 500, "what is said after is kept");
        }
    }

    #[test]
    fn keys_too_short_to_count_are_silence_too() {
        let settings = Settings { on: 23 * 8, off: 60 * 8, ..Settings::default() };
        let (samples, dialled) = spoken_and_dialled("15", &settings);
        assert_eq!(decode(&samples).len(), 0);
        assert!(kept(&samples, 160)[1_600..1_600 + dialled - 480].iter().all(|sample| *sample == 0));
    }

    #[test]
    fn a_key_that_is_still_down_at_the_end_is_silence() {
        let (mut samples, _) = spoken_and_dialled("7", &Settings { on: 8_000, ..Settings::default() });
        samples.truncate(4_000);
        assert!(kept(&samples, 160)[1_600..].iter().all(|sample| *sample == 0));
    }

    #[test]
    fn speech_and_music_are_kept() {
        let mut said = vec![0; 80_000];
        Speaker::new(5).speak(&mut said);
        let kept = kept(&said, 160);
        let silenced = said.iter().zip(&kept).filter(|(said, kept)| **said != 0 && **kept == 0).count();
        assert!(silenced < 800, "{silenced} samples of 80,000");
    }
}
