//! Files that Wireshark opens: pcapng (draft-ietf-opsawg-pcapng), as much of it as one section with a few interfaces takes.
//! Little-endian, in units of a microsecond.

use std::io::{self, Write};

use super::tap::Way;

/// The largest file, in bytes.
pub(super) const FILE_MAX: u64 = 256 << 20;

/// Kept free for what is said at the end.
const END_BYTES: u64 = 4_096;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const BYTE_ORDER: u32 = 0x1A2B_3C4D;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const PACKET: u32 = 6;

/// Frames begin with the header of IPv4 or IPv6 (LINKTYPE_RAW).
const RAW_IP: u16 = 101;

const COMMENT: u16 = 1;
const APPLICATION: u16 = 4;
const NAME: u16 = 2;
const DESCRIPTION: u16 = 3;
const DIRECTION: u16 = 2;
const MISSING_BEFORE: u16 = 4;
const STARTED: u16 = 2;
const ENDED: u16 = 3;
const RECEIVED: u16 = 4;
const DROPPED: u16 = 5;

/// Where frames are told to have passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Interface {
    /// Over UDP and TCP.
    Plain,
    /// Over TLS, as it was before encryption.
    Decrypted,
}

impl Interface {
    const ALL: [(Self, &str, &str); 2] = [
        (Self::Plain, "telephones", "UDP and TCP; the frames are made up around what passed"),
        (Self::Decrypted, "telephones-tls", "SIP over TLS, decrypted; the segments are made up"),
    ];
}

/// A frame and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'f> {
    pub(super) interface: Interface,
    /// Since the Unix epoch.
    pub(super) micros: u64,
    pub(super) way: Way,
    /// Records that are missing before it.
    pub(super) missing: u64,
    /// What whose call it is was at.
    pub(super) comment: Option<&'f str>,
    pub(super) bytes: &'f [u8],
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Writer<W> {
    out: W,
    /// Bytes written.
    size: u64,
    max: u64,
    started: u64,
    packets: u64,
    block: Vec<u8>,
}

/// What did not become of a frame.
#[derive(Debug)]
pub(super) enum WriteError {
    /// The file is as large as it may be.
    Full,
    /// The system does not take it.
    Io(io::Error),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<W: Write> Writer<W> {
    /// Begins a file of at most `max` bytes.
    pub(super) fn new(out: W, max: u64, started: u64, application: &str, comment: &str) -> io::Result<Self> {
        let mut writer = Self { out, size: 0, max, started, packets: 0, block: Vec::new() };
        writer.begin(SECTION_HEADER);
        writer.word(BYTE_ORDER);
        // Version 1.0, of unknown length.
        writer.block.extend([1, 0, 0, 0]);
        writer.block.extend([0xFF; 8]);
        writer.option(APPLICATION, application.as_bytes());
        writer.option(COMMENT, comment.as_bytes());
        writer.end_options();
        writer.end()?;
        for (_, name, description) in Interface::ALL {
            writer.begin(INTERFACE);
            writer.block.extend(RAW_IP.to_le_bytes());
            // Reserved, and no limit of a frame's length.
            writer.block.extend([0; 6]);
            writer.option(NAME, name.as_bytes());
            writer.option(DESCRIPTION, description.as_bytes());
            writer.end_options();
            writer.end()?;
        }
        writer.flush()?;
        Ok(writer)
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// Nothing, or a part of it, was written; after [`WriteError::Io`] the file ends somewhere.
    pub(super) fn frame(&mut self, frame: Frame<'_>) -> Result<(), WriteError> {
        self.begin(PACKET);
        self.word(frame.interface as u32);
        self.time(frame.micros);
        let length = u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX);
        self.word(length);
        self.word(length);
        self.padded(frame.bytes);
        let direction: u32 = match frame.way {
            Way::In => 1,
            Way::Out => 2,
        };
        self.option(DIRECTION, &direction.to_le_bytes());
        if frame.missing > 0 {
            self.option(MISSING_BEFORE, &frame.missing.to_le_bytes());
        }
        if let Some(comment) = frame.comment {
            self.option(COMMENT, comment.as_bytes());
        }
        self.end_options();
        if self.size + self.block.len() as u64 + END_BYTES > self.max {
            return Err(WriteError::Full);
        }
        self.end()?;
        self.packets += 1;
        Ok(())
    }

    /// How many frames are in it.
    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// Hands over what is kept back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Says at the end what is missing.
    pub(super) fn finish(mut self, ended: u64, dropped: u64, comment: Option<&str>) -> io::Result<()> {
        self.begin(STATISTICS);
        self.word(Interface::Plain as u32);
        self.time(ended);
        for (option, time) in [(STARTED, self.started), (ENDED, ended)] {
            let halves = [time >> 32, time & 0xFFFF_FFFF].map(|half| (half as u32).to_le_bytes());
            self.option(option, &halves.concat());
        }
        self.option(RECEIVED, &(self.packets + dropped).to_le_bytes());
        self.option(DROPPED, &dropped.to_le_bytes());
        if let Some(comment) = comment {
            self.option(COMMENT, comment.as_bytes());
        }
        self.end_options();
        self.end()?;
        self.flush()
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.word(kind);
        // The length, once it is known.
        self.word(0);
    }

    fn word(&mut self, word: u32) {
        self.block.extend(word.to_le_bytes());
    }

    fn time(&mut self, micros: u64) {
        self.word((micros >> 32) as u32);
        self.word(micros as u32);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.block.extend(code.to_le_bytes());
        self.block.extend((value.len() as u16).to_le_bytes());
        self.padded(value);
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.block.extend(bytes);
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn end_options(&mut self) {
        self.word(0);
    }

    fn end(&mut self) -> io::Result<()> {
        let length = (self.block.len() + 4) as u32;
        self.block[4..8].copy_from_slice(&length.to_le_bytes());
        self.word(length);
        self.out.write_all(&self.block)?;
        self.size += u64::from(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The types and bodies of a file's blocks.
    fn blocks(mut file: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let mut blocks = Vec::new();
        while !file.is_empty() {
            let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
            let length = word(4) as usize;
            assert_eq!((length % 4, word(length - 4) as usize), (0, length));
            blocks.push((word(0), file[8..length - 4].to_vec()));
            file = &file[length..];
        }
        blocks
    }

    fn frame(bytes: &[u8]) -> Frame<'_> {
        let (interface, micros) = (Interface::Decrypted, 0x0001_0000_0002);
        Frame { interface, micros, way: Way::Out, missing: 0, comment: None, bytes }
    }

    #[test]
    fn a_file_says_of_itself_what_it_is_and_what_is_missing() {
        let mut file = Vec::new();
        let mut writer = Writer::new(&mut file, FILE_MAX, 1, "attendant 1", "keys are masked").unwrap();
        writer.frame(frame(b"abcde")).unwrap();
        writer.frame(Frame { missing: 3, ..frame(b"") }).unwrap();
        assert_eq!(writer.packets(), 2);
        writer.finish(9, 3, Some("3 records are missing")).unwrap();
        let blocks = blocks(&file);
        let kinds: Vec<u32> = blocks.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [SECTION_HEADER, INTERFACE, INTERFACE, PACKET, PACKET, STATISTICS]);
        let has = |at: usize, text: &str| String::from_utf8_lossy(&blocks[at].1).contains(text);
        assert!(has(0, "keys are masked") && has(0, "attendant 1") && has(5, "3 records are missing"));
        // Interface, time, lengths, the padded frame; direction: outward.
        assert_eq!(blocks[3].1[..20], [1, 1, 2, 5, 5].map(u32::to_le_bytes).concat());
        assert_eq!(blocks[3].1[20..36], *b"abcde\0\0\0\x02\0\x04\0\x02\0\0\0");
        assert_eq!(blocks[4].1[28..40], [4, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_file_that_is_full_takes_no_more_and_ends_well() {
        let mut file = Vec::new();
        let max = END_BYTES + 1_000;
        let mut writer = Writer::new(&mut file, max, 1, "attendant 1", "").unwrap();
        let taken = (0..100).take_while(|_| writer.frame(frame(&[7; 100])).is_ok()).count();
        assert!((3..8).contains(&taken), "{taken}");
        assert!(matches!(writer.frame(frame(&[7; 100])), Err(WriteError::Full)));
        writer.finish(9, 100, Some("full")).unwrap();
        assert!(file.len() as u64 <= max);
        assert_eq!(blocks(&file).last().unwrap().0, STATISTICS);
    }
}
