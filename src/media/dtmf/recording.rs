//! Detects the keys in a recording that arrives in pieces: a WAV file, each channel by itself, or raw samples.

use std::collections::VecDeque;

use super::Press;
use super::detector::{Detector, Heard};
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::wav::{Format, Reader, Resampler, WavError, names_itself, rounded};

/// A press is known within this time of its end, so the channels' presses can be reported in the order of their ends.
const KNOWN_WITHIN: u64 = SAMPLES_PER_SECOND as u64 / 4;

/// The keys of a recording, in the order of their ends, for any sizes of the pieces. Channels are not mixed
/// with each other: on a call recording, one side would hide the other's keys.
///
/// [`Recording::feed`] takes the next bytes, [`Recording::poll`] then gives the keys that are known, and
/// [`Recording::finish`] ends the recording; [`Recording::poll`] gives the rest. After an error the keys before it are
/// still given. However long a recording is, a few seconds of it are kept at most.
#[derive(Debug)]
pub struct Recording {
    kind: Kind,
    channels: Vec<Channel>,
    /// The channel to decode, from 1; all if not given.
    only: Option<u16>,
    known: Presses,
    /// The end of the file, in samples at our rate.
    end: Option<u64>,
}

/// A press detected in a channel.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ChannelPress {
    /// The channel, from 1.
    pub channel: u16,
    /// The press.
    pub press: Press,
}

/// Why keys cannot be decoded, or not to the end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordingError {
    /// The file is not readable or not complete.
    Wav(WavError),
    /// The requested channel does not exist.
    Channel {
        /// The requested channel.
        wanted: u16,
        /// How many there are.
        there: u16,
    },
}

impl std::fmt::Display for RecordingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wav(error) => error.fmt(f),
            Self::Channel { wanted, there: 1 } => {
                write!(f, "there is no channel {wanted}: it has one channel")
            }
            Self::Channel { wanted, there } => {
                write!(f, "there is no channel {wanted}: it has {there} channels")
            }
        }
    }
}

impl std::error::Error for RecordingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Wav(error) => Some(error),
            Self::Channel { .. } => None,
        }
    }
}

impl From<WavError> for RecordingError {
    fn from(error: WavError) -> Self {
        Self::Wav(error)
    }
}

/// The kind of input.
#[derive(Debug)]
enum Kind {
    /// A file, if its first bytes identify one, or else raw samples.
    Either {
        first: Vec<u8>,
    },
    Wav(Box<Reader>),
    /// Samples of 16 bits, little-endian, mono, [`SAMPLES_PER_SECOND`]: with the half of one that is not whole.
    Bare {
        half: Option<u8>,
    },
}

/// One channel on its way to its keys.
#[derive(Debug)]
struct Channel {
    number: u16,
    resampler: Resampler,
    detector: Detector,
    /// Samples at our rate so far.
    now: u64,
    /// Room for a block.
    own: Vec<f32>,
    block: Vec<f32>,
    samples: Vec<i16>,
}

/// Presses that are known and not told yet, in the order of their ends.
#[derive(Debug, Default)]
struct Presses(VecDeque<ChannelPress>);

impl Recording {
    /// Creates the recording of a WAV file, decoding one channel or all.
    #[must_use]
    pub fn of_file(only: Option<u16>) -> Self {
        Self::new(Kind::Wav(Box::default()), only)
    }

    /// Creates the recording of a stream: a WAV file if it starts like one, or raw 16-bit samples, little-endian, at
    /// [`SAMPLES_PER_SECOND`].
    #[must_use]
    pub fn of_stream(only: Option<u16>) -> Self {
        Self::new(Kind::Either { first: Vec::new() }, only)
    }

    fn new(kind: Kind, only: Option<u16>) -> Self {
        Self { kind, channels: Vec::new(), only, known: Presses::default(), end: None }
    }

    /// Returns the number of channels; 0 before it is known.
    #[must_use]
    pub fn channels(&self) -> u16 {
        match &self.kind {
            Kind::Wav(reader) => reader.format().map_or(0, |format| format.channels),
            Kind::Bare { .. } => 1,
            Kind::Either { .. } => 0,
        }
    }

    /// Returns whether the header has no length, so that nobody can tell whether the file is complete.
    #[must_use]
    pub fn is_open_ended(&self) -> bool {
        matches!(&self.kind, Kind::Wav(reader) if reader.is_open_ended())
    }

    /// Returns the length of the processed audio, in milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        self.now() * 1_000 / u64::from(SAMPLES_PER_SECOND)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// The file is not readable, or has no such channel. Nothing may be fed any more, and [`Recording::poll`]
    /// gives the keys found before.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), RecordingError> {
        let fed = self.take(bytes);
        if fed.is_err() {
            self.end();
        }
        fed
    }

    /// Returns the next key, as soon as no other can have ended before it.
    pub fn poll(&mut self) -> Option<ChannelPress> {
        let one = self.channels.len() == 1;
        let next = self.known.0.front()?;
        let is_next = self.end.is_some() || one || next.press.end + KNOWN_WITHIN <= self.now();
        if is_next { self.known.0.pop_front() } else { None }
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// It is not complete, or empty.
    pub fn finish(&mut self) -> Result<(), RecordingError> {
        if let Kind::Either { first } = &mut self.kind {
            // Too short to name itself.
            let first = std::mem::take(first);
            self.kind = Kind::Bare { half: None };
            self.take(&first)?;
        }
        self.end();
        match std::mem::replace(&mut self.kind, Kind::Bare { half: None }) {
            Kind::Wav(reader) => Ok(reader.finish().map(drop)?),
            Kind::Bare { half: Some(_) } => Err(WavError::Unfinished.into()),
            Kind::Bare { half: None } if self.end == Some(0) => Err(WavError::Empty.into()),
            Kind::Bare { half: None } | Kind::Either { .. } => Ok(()),
        }
    }

    fn now(&self) -> u64 {
        self.end.unwrap_or_else(|| self.channels.iter().map(|channel| channel.now).min().unwrap_or(0))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), RecordingError> {
        let Self { kind, channels, only, known, .. } = self;
        match kind {
            Kind::Either { first } => {
                first.extend_from_slice(bytes);
                let Some(head) = first.first_chunk::<4>() else { return Ok(()) };
                let is_file = names_itself(head);
                let first = std::mem::take(first);
                *kind = if is_file { Kind::Wav(Box::default()) } else { Kind::Bare { half: None } };
                self.take(&first)
            }
            Kind::Wav(reader) => {
                let mut bad = Ok(());
                let only = *only;
                reader.feed(bytes, |format, samples| {
                    if bad.is_ok() && channels.is_empty() {
                        bad = Channel::all(format.channels, format.rate, only).map(|all| *channels = all);
                    }
                    hear_frames(channels, format, samples, known);
                })?;
                // A channel that is not there is told before samples come.
                let there = reader.format().map_or(0, |format| format.channels);
                if there > 0 && channels.is_empty() {
                    Channel::all(there, SAMPLES_PER_SECOND, only)?;
                }
                bad
            }
            Kind::Bare { half } => {
                if channels.is_empty() {
                    *channels = Channel::all(1, SAMPLES_PER_SECOND, *only)?;
                }
                let bytes = half.take().into_iter().chain(bytes.iter().copied());
                let bytes: Vec<u8> = bytes.collect();
                let (pairs, rest) = bytes.as_chunks::<2>();
                *half = rest.first().copied();
                for channel in channels {
                    channel.samples.clear();
                    channel.samples.extend(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
                    channel.hear(known);
                }
                Ok(())
            }
        }
    }

    /// Silence comes: what is held is released.
    fn end(&mut self) {
        self.end = Some(self.now());
        for channel in std::mem::take(&mut self.channels) {
            channel.finish(&mut self.known);
        }
    }
}

/// Separates the channels, and decodes each.
fn hear_frames(channels: &mut [Channel], format: &Format, samples: &[f32], known: &mut Presses) {
    for channel in channels {
        let own = samples.iter().skip(usize::from(channel.number) - 1);
        channel.own.clear();
        channel.own.extend(own.step_by(format.channels.into()));
        channel.block.clear();
        channel.resampler.feed(&channel.own, &mut channel.block);
        channel.round();
        channel.hear(known);
    }
}

impl Channel {
    /// Those of that many that are wanted.
    fn all(there: u16, rate: u32, only: Option<u16>) -> Result<Vec<Self>, RecordingError> {
        if let Some(wanted) = only.filter(|wanted| !(1..=there).contains(wanted)) {
            return Err(RecordingError::Channel { wanted, there });
        }
        let wanted = (1..=there).filter(|number| only.is_none_or(|only| only == *number));
        Ok(wanted.map(|number| Self::new(number, rate)).collect())
    }

    fn new(number: u16, rate: u32) -> Self {
        Self {
            number,
            resampler: Resampler::new(rate),
            detector: Detector::new(),
            now: 0,
            own: Vec::new(),
            block: Vec::new(),
            samples: Vec::new(),
        }
    }

    fn round(&mut self) {
        self.samples.clear();
        self.samples.extend(self.block.iter().copied().map(rounded));
    }

    fn hear(&mut self, known: &mut Presses) {
        let number = self.number;
        self.detector.feed(&self.samples, |heard| known.take(number, heard));
        self.now += self.samples.len() as u64;
    }

    fn finish(mut self, known: &mut Presses) {
        let resampler = std::mem::replace(&mut self.resampler, Resampler::new(SAMPLES_PER_SECOND));
        self.block.clear();
        resampler.finish(&mut self.block);
        self.round();
        self.hear(known);
        let number = self.number;
        self.detector.finish(|heard| known.take(number, heard));
    }
}

impl Presses {
    fn take(&mut self, channel: u16, heard: Heard) {
        match heard {
            Heard::Released(press) => {
                let order = |known: &ChannelPress| (known.press.end, known.channel);
                let at = self.0.partition_point(|known| order(known) <= (press.end, channel));
                self.0.insert(at, ChannelPress { channel, press });
            }
            Heard::ToneBegan | Heard::ToneEnded | Heard::Pressed { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::dtmf::generator::{Settings, dial, keys};
    use crate::media::wav;

    fn dialled(symbols: &str) -> Vec<i16> {
        dial(&keys(symbols).unwrap(), &Settings::default())
    }

    /// The keys of a recording that comes in these pieces, with their channels.
    fn heard(mut recording: Recording, pieces: &[&[u8]]) -> Vec<ChannelPress> {
        let mut heard = Vec::new();
        for piece in pieces {
            recording.feed(piece).unwrap();
            heard.extend(std::iter::from_fn(|| recording.poll()));
        }
        recording.finish().unwrap();
        heard.extend(std::iter::from_fn(|| recording.poll()));
        heard
    }

    /// Two sides of a call that press in turn.
    fn sides() -> Vec<u8> {
        let (one, other) = (dialled("12"), [vec![0; 400], dialled("98")].concat());
        let at = |side: &[i16], at: usize| side.get(at).copied().unwrap_or(0);
        let both: Vec<i16> =
            (0..other.len()).flat_map(|place| [at(&one, place), at(&other, place)]).collect();
        let mut bytes = wav::write(&both);
        // Channels, and bytes of a moment.
        (bytes[22], bytes[32]) = (2, 4);
        bytes
    }

    #[test]
    fn bare_samples_shorter_than_a_name_are_still_taken() {
        let mut recording = Recording::of_stream(None);
        recording.feed(&[1, 2, 3]).unwrap();
        assert_eq!(recording.finish(), Err(WavError::Unfinished.into()));
        assert_eq!(Recording::of_stream(None).finish(), Err(WavError::Empty.into()));
    }

    #[test]
    fn a_wav_file_in_a_stream_is_known_by_its_first_bytes() {
        let bytes = wav::write(&dialled("5"));
        let pressed: Vec<ChannelPress> =
            heard(Recording::of_stream(None), &bytes.chunks(3).collect::<Vec<_>>());
        assert_eq!(pressed, heard(Recording::of_file(None), &[&bytes[..]]));
        assert_eq!(pressed.len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn keys_come_in_the_order_of_their_ends_whatever_the_pieces(size in 1_usize..9_000) {
            let bytes = sides();
            let pieces = heard(Recording::of_file(None), &bytes.chunks(size).collect::<Vec<_>>());
            prop_assert_eq!(&pieces, &heard(Recording::of_file(None), &[&bytes[..]]));
            let order: String = pieces.iter().map(|known| known.press.digit.symbol()).collect();
            prop_assert_eq!(order, "1928");
            prop_assert!(pieces.is_sorted_by_key(|known| known.press.end));
        }
    }
}
