//! Our own reports.

use super::{
    BLOCKS_MAX, GOODBYE, RECEIVER_REPORT, ReportBlock, SENDER_REPORT, SOURCE_DESCRIPTION, SenderInfo,
    VERSION, WORD,
};

/// The type of the one item that a source description must have (RFC 3550, section 6.5.1).
const CNAME: u8 = 1;

/// The bits of 24 in which losses are told.
const LOST_BITS: u32 = 0x00FF_FFFF;

/// One report, as a compound: sender or receiver report, source description, and perhaps a goodbye (RFC 3550,
/// section 6.1).
#[derive(Clone, Copy, Debug)]
pub struct Report<'r> {
    /// Who reports.
    pub ssrc: u32,
    /// What is sent; nothing if nothing was since the last report but one.
    pub sender: Option<SenderInfo>,
    /// What is received; those past [`BLOCKS_MAX`] are left out.
    pub blocks: &'r [ReportBlock],
    /// The canonical name, which all streams of one end share (RFC 7022); of more than 255 bytes the rest is left out.
    pub cname: &'r str,
    /// Nothing more comes of this stream.
    pub goodbye: bool,
}

impl Report<'_> {
    /// Appends the datagram.
    pub fn write(&self, out: &mut Vec<u8>) {
        let blocks = &self.blocks[..self.blocks.len().min(BLOCKS_MAX)];
        let kind = if self.sender.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
        packet(out, kind, blocks.len(), |out| {
            out.extend(self.ssrc.to_be_bytes());
            if let Some(SenderInfo { ntp, timestamp, packets, octets }) = self.sender {
                out.extend(ntp.to_bits().to_be_bytes());
                out.extend([timestamp, packets, octets].iter().flat_map(|word| word.to_be_bytes()));
            }
            blocks.iter().for_each(|block| block.write(out));
        });
        packet(out, SOURCE_DESCRIPTION, 1, |out| {
            let cname = self.cname.as_bytes();
            let length = u8::try_from(cname.len()).unwrap_or(u8::MAX);
            out.extend(self.ssrc.to_be_bytes());
            out.extend([CNAME, length]);
            out.extend(&cname[..length.into()]);
            // A chunk ends with a null byte or more, up to a whole word.
            out.extend(&[0; WORD][(usize::from(length) + 2) % WORD..]);
        });
        if self.goodbye {
            packet(out, GOODBYE, 1, |out| out.extend(self.ssrc.to_be_bytes()));
        }
    }
}

impl ReportBlock {
    fn write(&self, out: &mut Vec<u8>) {
        let lost = self.lost.clamp(-0x80_0000, 0x7F_FFFF).cast_unsigned() & LOST_BITS;
        let words = [
            self.ssrc,
            u32::from(self.fraction_lost) << 24 | lost,
            self.highest_sequence,
            self.jitter,
            self.last_sender_report,
            self.delay_since,
        ];
        out.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    }
}

/// Appends a header, and the whole words that `body` appends.
fn packet(out: &mut Vec<u8>, kind: u8, count: usize, body: impl FnOnce(&mut Vec<u8>)) {
    let count = u8::try_from(count).expect("a count of at most 31");
    out.extend([VERSION | count, kind, 0, 0]);
    let from = out.len();
    body(out);
    let words = u16::try_from((out.len() - from) / WORD).expect("a report of at most 31 blocks");
    out[from - 2..from].copy_from_slice(&words.to_be_bytes());
}
