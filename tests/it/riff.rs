//! WAV files byte by byte: what no library writes, and recorders do.

pub(super) const PCM: u16 = 1;
pub(super) const FLOAT: u16 = 3;
pub(super) const A_LAW: u16 = 6;
pub(super) const MU_LAW: u16 = 7;

pub(super) fn chunk(id: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = sized(id, u32::try_from(body.len()).unwrap(), body);
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

/// A chunk that claims another length than it has.
pub(super) fn sized(id: &str, length: u32, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), &length.to_le_bytes(), body].concat()
}

pub(super) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    riff_sized(u32::try_from(body.len()).unwrap() + 4, chunks)
}

pub(super) fn riff_sized(length: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"RIFF", &length.to_le_bytes()[..], b"WAVE", &chunks.concat()].concat()
}

/// The `fmt` chunk of 16 bytes, and what follows these.
pub(super) fn format(tag: u16, channels: u16, rate: u32, bits: u16, more: &[u8]) -> Vec<u8> {
    let block = channels * bits.div_ceil(8);
    let mut body = [tag, channels].map(u16::to_le_bytes).concat();
    body.extend([rate, rate * u32::from(block)].map(u32::to_le_bytes).concat());
    body.extend([block, bits].map(u16::to_le_bytes).concat());
    chunk("fmt ", &[&body, more].concat())
}

/// The `fmt` chunk of 40 bytes, which names the encoding by a GUID.
pub(super) fn extensible(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let mut more = [22, bits, 4, 0, tag].map(u16::to_le_bytes).concat();
    more.extend([0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71]);
    format(0xFFFE, channels, rate, bits, &more)
}
