//! A WAV file that comes in pieces of any size, from a file or a pipe: nothing is kept but an unfinished sample.

use super::error::WavError;
use super::format::{self, Format};
use super::kinds;

/// Takes the bytes of a WAV file piece by piece and hands its samples on.
///
/// [`Reader::feed`] takes the next bytes; samples come as soon as they are whole, all channels of a moment together.
/// [`Reader::finish`] says whether the file is whole: samples that were handed on before an error are good.
///
/// RIFF, RF64 and BW64 are read. Where the header does not know how much follows, since it was written into a pipe or
/// by a recorder that did not close the file, the samples go on to the end.
#[derive(Debug)]
pub struct Reader {
    state: State,
    /// Bytes of what is not whole yet.
    kept: Vec<u8>,
    /// The length of the outer chunk in bytes; `None` if it has none.
    outer: Option<u64>,
    /// The length of the samples by the chunk `ds64`, in bytes.
    long: Option<u64>,
    /// Bytes of the header so far.
    place: u64,
    format: Option<Format>,
    /// The length that the header promises, in bytes; `None` if it does not say.
    promised: Option<u64>,
    /// Samples that were handed on, all channels together.
    found: u64,
    /// Whether the samples are over.
    after: bool,
    block: Vec<f32>,
}

/// The next part of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The outer chunk's head.
    Outer,
    /// A chunk's head.
    Chunk,
    /// The chunk that is read next, and its length.
    Read { id: [u8; 4], length: u64 },
    /// The rest of a chunk that is not read: so many bytes, and whether it is known to be one.
    Skip { left: u64, length: u64, is_known: bool },
    /// The padding of an odd chunk.
    Pad,
    /// Samples, so many bytes of them; `None`, to the end.
    Samples { left: Option<u64> },
    /// Nothing but zeros, with which some fill a file up.
    Zeros,
}

/// Bytes of a chunk's head: its name and its length.
const CHUNK_HEAD: usize = 8;

/// Bytes of `ds64` up to the length of the samples.
const DS64: usize = 16;

/// Moments that are decoded in one go.
const BLOCK: usize = 4_096;

/// Returns whether it is a length. Writers without one put 0 or one that cannot be exceeded, less the header's own
/// length or rounded down: 0xFFFFFFFF (ffmpeg), 0x80000000 (arecord), 0x7FFFFFFF.
fn is_a_length(length: u32) -> bool {
    !(length == 0 || (0x7FFF_0000..=0x8000_0000).contains(&length) || length >= 0xFFFF_0000)
}

/// Chunks that occur after the samples, and tags that are not chunks but occur there too.
const KNOWN: [&[u8; 4]; 30] = [
    b"LIST", b"INFO", b"fact", b"cue ", b"smpl", b"inst", b"bext", b"iXML", b"aXML", b"axml", b"cart",
    b"PEAK", b"JUNK", b"junk", b"PAD ", b"FLLR", b"levl", b"LGWV", b"DISP", b"plst", b"acid", b"strc",
    b"afsp", b"chna", b"id3 ", b"ID3 ", b"_PMX", b"umid", b"note", b"APET",
];

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the beginning of its file.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: State::Outer,
            kept: Vec::new(),
            outer: None,
            long: None,
            place: 0,
            format: None,
            promised: None,
            found: 0,
            after: false,
            block: Vec::new(),
        }
    }

    /// Returns the format of the samples; `None` before the header has given it.
    #[must_use]
    pub fn format(&self) -> Option<&Format> {
        self.format.as_ref()
    }

    /// Returns the number of frames that the header promises; `None` if it is unknown.
    #[must_use]
    pub fn promised(&self) -> Option<u64> {
        Some(self.promised? / self.format?.frame() as u64)
    }

    /// Returns whether the samples have begun and the header does not say how many there are.
    #[must_use]
    pub fn is_open_ended(&self) -> bool {
        self.promised.is_none() && (self.after || matches!(self.state, State::Samples { .. }))
    }

    /// Takes the next bytes and hands on the samples in them, from -1 to 1, those of all channels by turns.
    ///
    /// # Errors
    /// It is not a WAV file or one that is not read; nothing comes of further bytes.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        mut frames: impl FnMut(&Format, &[f32]),
    ) -> Result<(), WavError> {
        while !bytes.is_empty() {
            let taken = self.step(bytes, &mut frames)?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Something is lacking, or too much.
    pub fn finish(self) -> Result<Format, WavError> {
        let promised = |format: Format, bytes: u64| bytes / format.sample() as u64;
        match (self.state, self.format) {
            (State::Outer, _) => Err(no_wav(&self.kept)),
            (State::Samples { left: Some(_) }, Some(format)) => Err(WavError::CutOff {
                promised: promised(format, self.promised.unwrap_or(0)),
                found: self.found,
            }),
            (State::Samples { left: None }, _) if !self.kept.is_empty() => Err(WavError::Unfinished),
            (State::Samples { left: None }, Some(_)) if self.found == 0 => Err(WavError::Empty),
            (State::Samples { left: None }, Some(format)) => Ok(format),
            (State::Skip { is_known: false, .. }, _) if self.after => Err(WavError::Trailing),
            (_, Some(format)) if self.after => Ok(format),
            (_, _) => Err(WavError::NoWav("it ends before its samples".to_owned())),
        }
    }

    /// Takes some of the bytes, of which there is at least one. How many.
    fn step(&mut self, bytes: &[u8], frames: &mut impl FnMut(&Format, &[f32])) -> Result<usize, WavError> {
        match self.state {
            State::Outer => self.whole(kinds::HEAD, bytes, Self::outer),
            State::Chunk => self.whole(CHUNK_HEAD, bytes, Self::chunk),
            State::Read { id, length } => {
                let most = if &id == b"fmt " { format::LENGTH } else { DS64 };
                let wanted = usize::try_from(length).unwrap_or(most).min(most);
                self.whole(wanted, bytes, |reader, chunk| reader.read(id, length, chunk))
            }
            State::Skip { left, length, is_known } => {
                let taken = usize::try_from(left).unwrap_or(bytes.len()).min(bytes.len());
                self.place = self.place.saturating_add(taken as u64);
                self.state = State::Skip { left: left - taken as u64, length, is_known };
                if left == taken as u64 {
                    self.end_chunk(length);
                }
                Ok(taken)
            }
            State::Pad => {
                self.state = State::Chunk;
                // Some leave the filling out: the next chunk's name is in letters.
                let taken = usize::from(!is_letter(bytes[0]));
                self.place += taken as u64;
                Ok(taken)
            }
            State::Samples { left } => self.samples(left, bytes, frames),
            State::Zeros if bytes.iter().all(|byte| *byte == 0) => Ok(bytes.len()),
            State::Zeros => Err(WavError::Trailing),
        }
    }

    /// Keeps bytes until so many are there, and hands them on.
    fn whole(
        &mut self,
        wanted: usize,
        bytes: &[u8],
        take: impl FnOnce(&mut Self, &[u8]) -> Result<(), WavError>,
    ) -> Result<usize, WavError> {
        let taken = (wanted - self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..taken]);
        self.place = self.place.saturating_add(taken as u64);
        if self.kept.len() == wanted {
            let kept = std::mem::take(&mut self.kept);
            take(self, &kept)?;
        }
        Ok(taken)
    }

    fn outer(&mut self, head: &[u8]) -> Result<(), WavError> {
        let is_wav = head.ends_with(b"WAVE") && [&b"RIFF"[..], b"RF64", b"BW64"].contains(&&head[..4]);
        if !is_wav {
            return Err(no_wav(head));
        }
        let length = length(&head[4..]);
        self.outer = is_a_length(length).then_some(length.into());
        self.state = State::Chunk;
        Ok(())
    }

    fn chunk(&mut self, head: &[u8]) -> Result<(), WavError> {
        let id = [head[0], head[1], head[2], head[3]];
        let length = length(&head[4..]);
        if self.after {
            return self.chunk_after(id, length.into());
        }
        match &id {
            b"fmt " if (length as usize) < format::LENGTH_MIN => {
                return Err(WavError::NoWav(format!("its fmt chunk has {length} bytes")));
            }
            b"ds64" if (length as usize) < DS64 => {
                return Err(WavError::NoWav(format!("its ds64 chunk has {length} bytes")));
            }
            b"fmt " | b"ds64" => self.state = State::Read { id, length: length.into() },
            b"data" => return self.begin_samples(length),
            _ => self.skip(length.into(), length.into(), true),
        }
        Ok(())
    }

    fn skip(&mut self, left: u64, length: u64, is_known: bool) {
        self.state = State::Skip { left, length, is_known };
        if left == 0 {
            self.end_chunk(length);
        }
    }

    fn end_chunk(&mut self, length: u64) {
        self.state = if length % 2 == 1 { State::Pad } else { State::Chunk };
    }

    /// A chunk that is read: all of it that says anything.
    fn read(&mut self, id: [u8; 4], length: u64, chunk: &[u8]) -> Result<(), WavError> {
        if &id == b"fmt " {
            self.format = Some(Format::parse(chunk)?);
        } else {
            let [low, high] = [&chunk[8..12], &chunk[12..16]].map(|half| u64::from(self::length(half)));
            self.long = Some(high << 32 | low).filter(|bytes| *bytes > 0);
        }
        self.skip(length - chunk.len() as u64, length, true);
        Ok(())
    }

    fn begin_samples(&mut self, length: u32) -> Result<(), WavError> {
        let format =
            self.format.ok_or_else(|| WavError::NoWav("its samples come before their format".to_owned()))?;
        // A file without sound, if the outer chunk, which counts from behind its own head, knows of more chunks.
        let more = |outer: u64| outer.saturating_add(CHUNK_HEAD as u64) > self.place;
        if length == 0 && self.outer.is_some_and(more) {
            return Err(WavError::Empty);
        }
        let promised = match self.long {
            Some(long) if length == u32::MAX => Some(long),
            _ => is_a_length(length).then_some(length.into()),
        };
        if promised.is_some_and(|promised| promised % format.frame() as u64 != 0) {
            return Err(WavError::NoWav(format!(
                "{length} bytes are not a whole number of samples of {} bytes",
                format.frame()
            )));
        }
        self.promised = promised;
        self.state = State::Samples { left: promised };
        Ok(())
    }

    fn samples(
        &mut self,
        left: Option<u64>,
        bytes: &[u8],
        frames: &mut impl FnMut(&Format, &[f32]),
    ) -> Result<usize, WavError> {
        let Some(format) = self.format else { return Err(WavError::Empty) };
        let most = left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
        let frame = format.frame();
        let taken = if self.kept.is_empty() && bytes.len().min(most) >= frame {
            let taken = bytes.len().min(most).min(BLOCK * frame) / frame * frame;
            self.hand_on(&format, &bytes[..taken], frames)?;
            taken
        } else {
            self.whole(frame, &bytes[..bytes.len().min(most)], |reader, kept| {
                reader.hand_on(&format, kept, frames)
            })?
        };
        let left = left.map(|left| left - taken as u64);
        self.state = State::Samples { left };
        if left == Some(0) {
            self.after = true;
            self.end_chunk(self.promised.unwrap_or(0));
        }
        Ok(taken)
    }

    fn hand_on(
        &mut self,
        format: &Format,
        bytes: &[u8],
        frames: &mut impl FnMut(&Format, &[f32]),
    ) -> Result<(), WavError> {
        self.block.clear();
        format.decode(bytes, &mut self.block);
        let bad = self.block.iter().position(|sample| !sample.is_finite());
        let channels = usize::from(format.channels);
        let good = bad.map_or(self.block.len(), |bad| bad / channels * channels);
        let before = self.found;
        self.found += good as u64;
        frames(format, &self.block[..good]);
        bad.map_or(Ok(()), |bad| Err(WavError::NoNumber(before + bad as u64 + 1)))
    }

    /// A chunk behind the samples. What is none there is sound that the header does not know of.
    fn chunk_after(&mut self, id: [u8; 4], length: u64) -> Result<(), WavError> {
        let is_known = KNOWN.contains(&&id) || id.starts_with(b"TAG");
        if id == [0; 4] && length == 0 {
            self.state = State::Zeros;
        } else if !id.iter().copied().all(is_letter) || [b"RIFF", b"RF64", b"BW64", b"data"].contains(&&id) {
            return Err(WavError::Trailing);
        } else {
            self.skip(length, length, is_known);
        }
        Ok(())
    }
}

fn is_letter(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

fn length(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Returns the error for bytes that do not start like a WAV file.
fn no_wav(head: &[u8]) -> WavError {
    match kinds::container(head) {
        Some(name) => WavError::Container(name),
        None if head.is_empty() => WavError::NoWav("it is empty".to_owned()),
        None if head.len() < kinds::HEAD => WavError::NoWav("it ends within its header".to_owned()),
        None => WavError::NoWav("it starts with something else".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use hound::{SampleFormat, WavSpec, WavWriter};
    use proptest::prelude::*;

    use super::*;

    /// Stereo of 24 bits: a file of its own kind of header, by hound.
    fn file() -> Vec<u8> {
        let spec = WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 24,
            sample_format: SampleFormat::Int,
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        (0..400).for_each(|at| writer.write_sample(at * 20_000 - 4_000_000).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn read(pieces: &[&[u8]]) -> (Vec<f32>, Result<Format, WavError>) {
        let (mut reader, mut all) = (Reader::new(), Vec::new());
        for piece in pieces {
            let fed = reader.feed(piece, |_, samples| all.extend_from_slice(samples));
            if let Err(error) = fed {
                return (all, Err(error));
            }
        }
        (all, reader.finish())
    }

    #[test]
    fn samples_are_those_that_hound_reads() {
        let bytes = file();
        let hounds = hound::WavReader::new(&bytes[..]).unwrap().into_samples::<i32>();
        let wanted: Vec<f32> = hounds.map(|sample| sample.unwrap() as f32 / 8_388_608.0).collect();
        let (samples, format) = read(&[&bytes]);
        assert_eq!((samples, format.unwrap().channels), (wanted, 2));
    }

    #[test]
    fn a_sample_that_is_not_a_number_ends_the_samples_before_it() {
        let spec = WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
        [0.5, 0.25, f32::INFINITY].iter().for_each(|sample| writer.write_sample(*sample).unwrap());
        writer.finalize().unwrap();
        assert_eq!(read(&[&bytes.into_inner()]), (vec![0.5, 0.25], Err(WavError::NoNumber(3))));
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_samples(sizes in prop::collection::vec(1_usize..90, 1..60)) {
            let bytes = file();
            let (mut pieces, mut rest) = (Vec::new(), &bytes[..]);
            for size in sizes {
                let (piece, left) = rest.split_at(size.min(rest.len()));
                pieces.push(piece);
                rest = left;
            }
            pieces.push(rest);
            prop_assert_eq!(read(&pieces), read(&[&bytes]));
        }

        #[test]
        fn damaged_headers_end_in_an_error_or_in_samples(
            damage in prop::collection::vec((0_usize..80, any::<u8>()), 1..12),
            keep in 0_usize..1_300,
        ) {
            let mut bytes = file();
            damage.iter().for_each(|(at, byte)| bytes[*at] = *byte);
            bytes.truncate(keep);
            let (samples, read) = read(&[&bytes]);
            prop_assert!(read.is_err() || !samples.is_empty());
        }
    }
}
