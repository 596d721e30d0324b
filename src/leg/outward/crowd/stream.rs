//! What one call hears: every packet counted, and what is heard found out from its codes. Only where they are of no known sound
//! does an ear listen, which takes a hundred times as long.

use std::sync::Arc;
use std::time::Duration;

use super::figures::StreamFigures;
use crate::control::call::{Language, LegId, PlaybackId, Prompt, Source};
use crate::control::time::Instant;
use crate::leg::outward::ear::{Ear, Heard};
use crate::media::g711::Law;
use crate::media::hear::{Beginning, CodeBook, CodeTracker, Known, Slice, Sounds};
use crate::media::rate::{FRAME, FRAME_TIME, SAMPLES_PER_SECOND};
use crate::rtp::packet::{Header, Kind, Packet};

/// Packets in a row of no known sound after which an ear listens: 60 ms. Fewer are a change that was not understood.
const STRANGE: u32 = 3;

/// Samples of silence after which an ear has nothing to do any more: a second.
const RESTS: i64 = SAMPLES_PER_SECOND as i64;

/// A jump of timestamps that is another stream, in samples: 2 s.
const JUMP: i64 = 2 * SAMPLES_PER_SECOND as i64;

/// So long nothing comes before it counts as a gap: two packets are missing, or late.
const GAP: Duration = FRAME_TIME.saturating_mul(3);

/// By so much two ears may differ about the beginning of a sound, in samples: 80 ms.
const ALIKE: i64 = 640;

/// The time of a sample, in microseconds.
const MICROSECONDS: i64 = 1_000_000 / SAMPLES_PER_SECOND as i64;

/// What the streams of a thread have in common.
#[derive(Clone, Debug)]
pub(super) struct Hears {
    /// The codes of known sounds, by law.
    pub(super) books: [Arc<CodeBook>; Law::ALL.len()],
    pub(super) sounds: Arc<Sounds>,
}

/// The stream that comes to one call.
#[derive(Debug)]
pub(super) struct Stream {
    law: Law,
    payload_type: u8,
    tracker: CodeTracker,
    hears: Hears,
    /// The last sequence number, and the timestamp that is to follow.
    last: Option<(u16, u32)>,
    /// The number of the sample that is to follow.
    next: i64,
    /// When the first sample came, by the packet that was the least delayed, in microseconds.
    origin: i64,
    last_came: Instant,
    /// Packets of no known sound that what comes next may explain.
    doubtful: u32,
    /// The caller was told that they join: silence is a conference in which nobody speaks.
    has_joined: bool,
    /// Listens to what the codes do not tell; with the number of its first sample, and since when it is of no use.
    ear: Option<(Box<Ear>, i64)>,
    /// Listens to all, to be compared.
    second: Option<Box<Second>>,
    /// When what was told last began.
    told: Instant,
}

/// A second ear: what it heard, beside what the codes told.
#[derive(Debug)]
struct Second {
    ear: Ear,
    begun: i64,
    told: Vec<(i64, Known)>,
}

impl Stream {
    pub(super) fn new(law: Law, payload_type: u8, hears: Hears, is_listened_to: bool) -> Self {
        let second = is_listened_to.then(|| {
            let ear = Ear::new(Arc::clone(&hears.sounds));
            Box::new(Second { ear, begun: 0, told: Vec::new() })
        });
        Self {
            law,
            payload_type,
            tracker: CodeTracker::new(Arc::clone(&hears.books[law as usize])),
            hears,
            last: None,
            next: 0,
            origin: i64::MAX,
            last_came: Instant::NEVER,
            doubtful: 0,
            has_joined: false,
            ear: None,
            second,
            told: Instant::ZERO,
        }
    }

    /// Goes on in another way.
    pub(super) fn agree(&mut self, law: Law, payload_type: u8) {
        if self.law != law {
            self.tracker = CodeTracker::new(Arc::clone(&self.hears.books[law as usize]));
        }
        (self.law, self.payload_type) = (law, payload_type);
    }

    /// Takes a datagram. Tells what is heard, and when its first sample came.
    pub(super) fn take(
        &mut self,
        now: Instant,
        datagram: &[u8],
        figures: &mut StreamFigures,
        mut tell: impl FnMut(Source, Instant),
    ) {
        if Kind::of(datagram) != Kind::Rtp {
            return;
        }
        let Ok(packet) = Packet::parse(datagram) else { return };
        let header = packet.header;
        if header.payload_type != self.payload_type || packet.payload.is_empty() {
            return;
        }
        figures.received += 1;
        let Some(at) = self.place(header, packet.payload.len(), figures) else { return };
        self.measure(now, at, figures);
        self.next = at + packet.payload.len() as i64;

        let mut begins = None;
        let slice =
            self.tracker.take(at, packet.payload, |since, beginning| begins = Some((since, beginning)));
        self.count(slice, figures);
        self.listen_again(at, packet.payload, begins, figures);
        if let Some((since, beginning)) = begins {
            self.ear = None;
            let source = self.source(beginning);
            self.tell(since, source, &mut tell);
        } else {
            self.listen(at, packet.payload, &mut tell);
        }
    }

    /// Counts a packet. One that is unknown is of the sound that begins next, or is not.
    fn count(&mut self, slice: Slice, figures: &mut StreamFigures) {
        match slice {
            Slice::Equal => figures.equal += 1,
            Slice::Silent => figures.silent += 1,
            Slice::Changes => figures.changes += 1,
            Slice::Unknown => {
                self.doubtful += 1;
                if self.doubtful < STRANGE {
                    return;
                }
            }
        }
        let explained = self.tracker.take_explained().min(self.doubtful);
        figures.changes += u64::from(explained);
        figures.unknown += u64::from(self.doubtful - explained);
        self.doubtful = 0;
    }

    /// The call is over.
    pub(super) fn end(&mut self, figures: &mut StreamFigures) {
        figures.unknown += u64::from(std::mem::take(&mut self.doubtful));
        figures.jumps += u64::from(self.tracker.jumps());
        figures.listened += u64::from(self.second.take().is_some());
    }

    /// The number of a packet's first sample; nothing for one that came before.
    fn place(&mut self, header: Header, length: usize, figures: &mut StreamFigures) -> Option<i64> {
        let Header { sequence, timestamp, .. } = header;
        let next = (sequence, timestamp.wrapping_add(length as u32));
        let Some((last, expected)) = self.last else {
            self.last = Some(next);
            return Some(0);
        };
        let ahead = i64::from(timestamp.wrapping_sub(expected) as i32);
        if ahead.abs() > JUMP {
            figures.restarts += 1;
            self.last = Some(next);
            return Some(self.next);
        }
        match sequence.wrapping_sub(last) as i16 {
            0 => figures.doubled += 1,
            // It was counted as lost when a later one came.
            ..0 => {
                (figures.reordered, figures.lost) = (figures.reordered + 1, figures.lost.saturating_sub(1));
            }
            steps => {
                figures.lost += u64::from(steps.unsigned_abs() - 1);
                self.last = Some(next);
                return Some(self.next + ahead.max(0));
            }
        }
        None
    }

    /// Measures how much later a packet came than the one that was the least delayed, and how long nothing came before it.
    fn measure(&mut self, now: Instant, at: i64, figures: &mut StreamFigures) {
        let came = i64::try_from(now.micros()).unwrap_or(i64::MAX) - at * MICROSECONDS;
        self.origin = self.origin.min(came);
        figures.late.add(Duration::from_micros((came - self.origin).unsigned_abs()));
        let before = std::mem::replace(&mut self.last_came, now);
        let gap = now.since(before);
        if gap >= GAP {
            figures.gaps.add(gap);
        }
    }

    /// When a sample came, by its number.
    fn moment(&self, sample: i64) -> Instant {
        let micros = self.origin.saturating_add(sample * MICROSECONDS).max(0);
        Instant::ZERO + Duration::from_micros(micros.unsigned_abs())
    }

    fn source(&mut self, beginning: Beginning) -> Source {
        match beginning {
            Beginning::Known(Known::Prompt(prompt, language), _) => self.prompt(prompt, language),
            Beginning::Known(Known::HoldMusic, begun) => {
                self.has_joined = false;
                Source::HoldMusic { begun: self.moment(begun) }
            }
            // Nobody plays recordings there.
            Beginning::Known(Known::Recording(_), _) | Beginning::Silence => self.silence(),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only the prompts that tell a state matter")]
    fn prompt(&mut self, prompt: Prompt, language: Language) -> Source {
        self.has_joined = match prompt {
            Prompt::PinAccepted | Prompt::MeetingStarted | Prompt::Joining => true,
            Prompt::HoldForOrganizer | Prompt::LobbyWait => false,
            _ => self.has_joined,
        };
        Source::Prompt { playback: PlaybackId(0), prompt, language }
    }

    const fn silence(&self) -> Source {
        if self.has_joined { Source::Conference } else { Source::Silence }
    }

    /// Tells what is heard from a sample on. It is heard once the packet has come that holds it.
    fn tell(&mut self, since: i64, source: Source, tell: &mut impl FnMut(Source, Instant)) {
        let packet = since.div_euclid(FRAME as i64) * FRAME as i64;
        let came = if packet + FRAME as i64 >= self.next { self.last_came } else { self.moment(packet) };
        self.told = came.min(self.last_came).max(self.told);
        tell(source, self.told);
    }

    /// An ear listens while codes do not tell what is heard.
    fn listen(&mut self, at: i64, codes: &[u8], tell: &mut impl FnMut(Source, Instant)) {
        if self.ear.is_none() && self.tracker.unknown() >= STRANGE {
            self.ear = Some((Box::new(Ear::new(Arc::clone(&self.hears.sounds))), at));
        }
        let Some((mut ear, begun)) = self.ear.take() else { return };
        let mut samples = Vec::with_capacity(codes.len());
        self.law.decode(codes, &mut samples);
        let mut told = Vec::new();
        ear.hear(&samples, |since, heard| told.push((begun + since, heard)));
        let mut rests = false;
        for (since, heard) in told {
            let source = match heard {
                Heard::Silence | Heard::Conference => {
                    rests = self.next - since >= RESTS;
                    self.silence()
                }
                Heard::Voice(..) | Heard::Recording(..) => continue,
                Heard::Name(voice) => {
                    let name = Prompt::RecordedName { leg: LegId::new(u64::from(voice)), millis: 0 };
                    Source::Prompt { playback: PlaybackId(0), prompt: name, language: Language::default() }
                }
                Heard::Prompt(prompt, language) => self.prompt(prompt, language),
                Heard::HoldMusic { begun: from } => {
                    self.has_joined = false;
                    Source::HoldMusic { begun: self.moment(begun + from) }
                }
            };
            self.tell(since, source, tell);
        }
        if !rests {
            self.ear = Some((ear, begun));
        }
    }

    /// Compares what codes tell with what an ear hears, where one listens.
    fn listen_again(
        &mut self,
        at: i64,
        codes: &[u8],
        begins: Option<(i64, Beginning)>,
        figures: &mut StreamFigures,
    ) {
        let Some(second) = &mut self.second else { return };
        if let Some((since, Beginning::Known(known, _))) = begins {
            second.told.push((since, known));
        }
        // What was lost is silent.
        let lost = usize::try_from(at - second.begun).unwrap_or(0);
        let mut samples = vec![0; lost];
        self.law.decode(codes, &mut samples);
        second.begun = at + codes.len() as i64;
        let told = &mut second.told;
        second.ear.hear(&samples, |since, heard| {
            let known = match heard {
                Heard::Name(_) | Heard::Silence | Heard::Conference => return,
                Heard::Voice(..) | Heard::Recording(..) => return,
                Heard::Prompt(prompt, language) => Known::Prompt(prompt, language),
                Heard::HoldMusic { .. } => Known::HoldMusic,
            };
            let alike = told.iter().position(|(at, told)| {
                *told == known && ((at - since).abs() <= ALIKE || known == Known::HoldMusic)
            });
            match alike {
                Some(place) => {
                    told.remove(place);
                    figures.alike += 1;
                }
                None => figures.heard_otherwise += 1,
            }
        });
    }
}
