//! Names sound files that are not read: by the first bytes of the container, or the number of the samples' encoding.

/// Number of first bytes that identify a container.
pub(super) const HEAD: usize = 12;

/// Containers by the bytes that they begin with.
const CONTAINERS: [(&[u8], &str); 16] = [
    (b"RIFX", "a RIFX file, a WAV file with its bytes in the other order"),
    (b"riff\x2E\x91\xCF\x11", "a Sony Wave64 file"),
    (b"fLaC", "a FLAC file"),
    (b"OggS", "an Ogg file (Vorbis, Opus or Speex)"),
    (b"ID3", "an MP3 file"),
    (b".snd", "a Sun audio file (.au)"),
    (b"caff", "a Core Audio file (.caf)"),
    (b"#!AMR", "an AMR file"),
    (b"\x1A\x45\xDF\xA3", "a Matroska or WebM file"),
    (b"\x30\x26\xB2\x75", "a Windows Media file (.wma)"),
    (b"Creative Voic", "a Creative Voice file (.voc)"),
    (b"NIST_1A", "a NIST SPHERE file"),
    (b"wvpk", "a WavPack file"),
    (b"MAC ", "a Monkey's Audio file"),
    (b"MThd", "a MIDI file, which contains notes, not audio"),
    (b"PK\x03\x04", "a ZIP archive"),
];

/// Forms of containers that begin with four bytes of a family and a size, by the four bytes after these.
const FORMS: [(&[u8; 4], &[u8; 4], &str); 5] = [
    (b"FORM", b"AIFF", "an AIFF file"),
    (b"FORM", b"AIFC", "an AIFF-C file"),
    (b"FORM", b"8SVX", "an IFF 8SVX file"),
    (b"RIFF", b"AVI ", "an AVI film"),
    (b"RIFF", b"RMID", "a MIDI file, which contains notes, not audio"),
];

/// The name of a container that is not read, by a file's first bytes; `None` if it is none of those that are known.
pub(super) fn container(head: &[u8]) -> Option<&'static str> {
    let begins = |known: &[u8]| head.starts_with(&known[..known.len().min(HEAD)]);
    if let Some((_, name)) = CONTAINERS.iter().find(|(known, _)| begins(known)) {
        return Some(name);
    }
    let form = |(family, form, _): &&(&[u8; 4], &[u8; 4], &str)| {
        head.starts_with(*family) && head.get(8..12).is_some_and(|found| found == *form)
    };
    if let Some((_, _, name)) = FORMS.iter().find(form) {
        return Some(name);
    }
    if head.get(4..8).is_some_and(|found| found == b"ftyp") {
        return Some("an MPEG-4 file (.m4a, .mp4, .3gp)");
    }
    // An MPEG frame begins with 11 bits that are set; layers 1 to 3, and ADTS of AAC with none.
    match head {
        [0xFF, second, ..] if second & 0xF6 == 0xF0 => Some("an AAC file"),
        [0xFF, second, ..] if second & 0xE0 == 0xE0 && second & 0x06 != 0 => Some("an MP3 file"),
        _ => None,
    }
}

/// Returns whether a stream that begins with these bytes is a WAV file, or another that names itself in letters:
/// nothing that samples without a header are taken for by chance.
#[must_use]
pub fn names_itself(head: &[u8; 4]) -> bool {
    let known =
        CONTAINERS.iter().map(|(known, _)| *known).chain(FORMS.iter().map(|(family, _, _)| &family[..]));
    let mut letters = known.filter(|known| known.len() >= 4).map(|known| &known[..4]);
    [b"RF64", b"BW64"].contains(&head) || letters.any(|known| known == head)
}

/// Encodings that are found in WAV files, by the number in the header (RFC 2361 and Microsoft's `mmreg.h`).
const ENCODINGS: [(u16, &str); 35] = [
    (0x0002, "Microsoft ADPCM"),
    (0x0005, "IBM CVSD"),
    (0x0008, "DTS"),
    (0x0009, "DRM"),
    (0x0010, "OKI ADPCM"),
    (0x0011, "IMA ADPCM"),
    (0x0014, "G.723 ADPCM"),
    (0x0015, "DIGISTD"),
    (0x0016, "DIGIFIX"),
    (0x0017, "Dialogic OKI ADPCM"),
    (0x0020, "Yamaha ADPCM"),
    (0x0022, "DSP Group TrueSpeech"),
    (0x0031, "GSM 6.10"),
    (0x0034, "VSELP"),
    (0x0040, "G.721 ADPCM"),
    (0x0041, "G.728"),
    (0x0042, "Microsoft G.723.1"),
    (0x0045, "G.726 ADPCM"),
    (0x0050, "MPEG layer 1 or 2"),
    (0x0055, "MP3"),
    (0x0064, "G.726 ADPCM"),
    (0x0065, "G.722"),
    (0x0072, "AMR-NB"),
    (0x0073, "AMR-WB"),
    (0x0083, "G.729"),
    (0x0092, "AC-3 for S/PDIF"),
    (0x00FF, "AAC"),
    (0x0130, "ACELP.net"),
    (0x0160, "Windows Media Audio 1"),
    (0x0161, "Windows Media Audio"),
    (0x028F, "G.722"),
    (0x2000, "AC-3"),
    (0x674F, "Ogg Vorbis"),
    (0xA109, "Speex"),
    (0xF1AC, "FLAC"),
];

/// The name of an encoding that is not read; `None` if it is not known.
pub(super) fn encoding(tag: u16) -> Option<&'static str> {
    ENCODINGS.iter().find(|(known, _)| *known == tag).map(|(_, name)| *name)
}
