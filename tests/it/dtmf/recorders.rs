//! Recordings with the headers that other programs write: each key of each channel is heard, and what is not whole or
//! cannot be read is told. The headers are those of files that the named programs wrote.

use std::fs;

use attendant::media::dtmf::generator::{Settings, dial, keys};
use attendant::media::g711::Law;

use super::{decoded, digits};
use crate::riff::{A_LAW, FLOAT, MU_LAW, PCM, chunk, extensible, format, riff, riff_sized, sized};
use crate::stage::{Ended, Stage};

/// ffmpeg's and arecord's length of what goes into a pipe.
const PIPED: u32 = u32::MAX;
const RECORDED: u32 = 0x8000_0000;

/// These keys as samples at 8,000 a second.
fn dialled(symbols: &str) -> Vec<i16> {
    let mut samples = vec![0; 400];
    samples.extend(dial(&keys(symbols).unwrap(), &Settings::default()));
    samples
}

/// Both sides of a call by turns; the shorter is filled up.
fn both(one: &[i16], other: &[i16]) -> Vec<i16> {
    let at = |side: &[i16], at: usize| side.get(at).copied().unwrap_or(0);
    (0..one.len().max(other.len())).flat_map(|place| [at(one, place), at(other, place)]).collect()
}

fn fact(samples: usize) -> Vec<u8> {
    chunk("fact", &u32::try_from(samples).unwrap().to_le_bytes())
}

/// What ffmpeg says of itself.
fn list() -> Vec<u8> {
    chunk("LIST", &[b"INFO", &chunk("ISFT", b"Lavf59.27.100\0")[..]].concat())
}

fn shorts(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn coded(law: Law, samples: &[i16]) -> Vec<u8> {
    let mut codes = Vec::new();
    law.encode(samples, &mut codes);
    codes
}

fn floats(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| (f32::from(*sample) / 32_768.0).to_le_bytes()).collect()
}

/// The highest three bytes of four, each sample six times: as at 48,000 a second.
fn threes(samples: &[i16]) -> Vec<u8> {
    let six = samples.iter().flat_map(|sample| std::iter::repeat_n(*sample, 6));
    six.flat_map(|sample| [0, sample.to_le_bytes()[0], sample.to_le_bytes()[1]]).collect()
}

/// A file of its keys, by program: the keys of each channel, and the bytes.
fn recordings() -> Vec<(&'static str, Vec<&'static str>, Vec<u8>)> {
    let caller = dialled("31415#");
    let sides = both(&caller, &dialled("2590"));
    let mono = |tag, bits, more: &[u8]| format(tag, 1, 8_000, bits, more);
    let eights: Vec<u8> = caller.iter().map(|sample| ((sample >> 8) + 128) as u8).collect();
    let pcm = shorts(&caller);
    let promised = u64::try_from(pcm.len()).unwrap();
    let ds64 =
        chunk("ds64", &[promised + 72, promised, promised / 2, 0].map(u64::to_le_bytes).concat()[..28]);
    let rf64 = |mut bytes: Vec<u8>| {
        bytes[..4].copy_from_slice(b"RF64");
        bytes
    };
    vec![
        ("asterisk", vec!["31415#"], riff(&[mono(PCM, 16, &[]), chunk("data", &pcm)])),
        ("asterisk-killed", vec!["31415#"], riff_sized(0, &[mono(PCM, 16, &[]), sized("data", 0, &pcm)])),
        (
            "freeswitch-a-law",
            vec!["31415#", "2590"],
            riff(&[
                format(A_LAW, 2, 8_000, 8, &[0, 0]),
                fact(sides.len() / 2),
                chunk("data", &coded(Law::Pcma, &sides)),
            ]),
        ),
        (
            "call-recorder",
            vec!["31415#", "2590"],
            riff(&[
                chunk("bext", &[b'x'; 603]),
                format(PCM, 2, 8_000, 16, &[]),
                chunk("data", &shorts(&sides)),
            ]),
        ),
        (
            "ffmpeg-mu-law",
            vec!["31415#"],
            riff(&[
                mono(MU_LAW, 8, &[0, 0]),
                fact(caller.len()),
                list(),
                chunk("data", &coded(Law::Pcmu, &caller)),
            ]),
        ),
        (
            "ffmpeg-pipe",
            vec!["31415#"],
            riff_sized(PIPED, &[mono(PCM, 16, &[]), list(), sized("data", PIPED, &pcm)]),
        ),
        (
            "ffmpeg-24-bit",
            vec!["31415#"],
            riff(&[extensible(PCM, 1, 48_000, 24), list(), chunk("data", &threes(&caller))]),
        ),
        (
            "ffmpeg-rf64",
            vec!["31415#"],
            rf64(riff_sized(PIPED, &[ds64, mono(PCM, 16, &[]), list(), sized("data", PIPED, &pcm)])),
        ),
        (
            "audacity-float",
            vec!["31415#", "2590"],
            riff(&[
                format(FLOAT, 2, 8_000, 32, &[]),
                fact(sides.len() / 2),
                chunk("PEAK", &[0; 24]),
                chunk("data", &floats(&sides)),
            ]),
        ),
        (
            "audacity-tagged",
            vec!["31415#"],
            riff(&[
                mono(PCM, 16, &[]),
                chunk("data", &pcm),
                list(),
                chunk("id3 ", b"ID3\x03\0\0\0\0\0\x02ab"),
            ]),
        ),
        ("sox-8-bit", vec!["31415#"], riff(&[mono(PCM, 8, &[]), chunk("data", &eights)])),
        (
            "arecord-pipe",
            vec!["31415#"],
            riff_sized(RECORDED + 36, &[mono(PCM, 16, &[]), sized("data", RECORDED, &pcm)]),
        ),
        (
            "odd-chunk-not-filled-up",
            vec!["31415#"],
            riff(&[mono(PCM, 16, &[]), sized("LIST", 3, b"abc"), chunk("data", &pcm)]),
        ),
    ]
}

/// The keys of each channel of what was printed.
fn keys_of(out: &str, channels: usize) -> Vec<String> {
    let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let of = |channel: usize| {
        let own = out.lines().map(line).filter(|line| line["channel"] == channel);
        own.map(|line| line["digit"].as_str().unwrap().to_owned()).collect()
    };
    (1..=channels).map(of).collect()
}

fn decode(bytes: &[u8], options: &str) -> Ended {
    let stage = Stage::with(&[]);
    fs::write(stage.path().join("x.wav"), bytes).unwrap();
    stage.attendant(&format!("dtmf decode x.wav {options}"))
}

#[test]
fn recordings_of_other_programs_lose_no_key() {
    for (program, keys, bytes) in recordings() {
        let ended = decode(&bytes, "");
        assert_eq!(ended.code, 0, "{program}: {ended:?}");
        assert_eq!(keys_of(&ended.out, keys.len()), keys, "{program}: {}", ended.out);
    }
}

#[test]
fn recordings_through_a_pipe_hold_the_same_keys() {
    for (program, _, bytes) in recordings() {
        let file = decode(&bytes, "");
        assert_eq!(decoded(bytes), (file.out, Some(0)), "{program}");
    }
}

#[test]
fn both_sides_that_press_at_once_are_heard_apart() {
    let faint: Vec<i16> = dialled("52#").iter().map(|sample| sample / 8).collect();
    let sides = both(&faint, &dialled("147"));
    let bytes = riff(&[format(PCM, 2, 8_000, 16, &[]), chunk("data", &shorts(&sides))]);
    let ended = decode(&bytes, "");
    assert_eq!(keys_of(&ended.out, 2), ["52#", "147"]);
    assert!(
        ended.err.contains("x.wav has 2 channels, each decoded separately; --channel 1"),
        "{}",
        ended.err
    );
}

#[test]
fn one_channel_is_taken_if_it_is_there() {
    let bytes = riff(&[
        format(PCM, 2, 8_000, 16, &[]),
        chunk("data", &shorts(&both(&dialled("52#"), &dialled("147")))),
    ]);
    for (channel, keys) in [(1, "52#"), (2, "147")] {
        let ended = decode(&bytes, &format!("--channel {channel}"));
        assert_eq!((digits(&ended.out).as_str(), ended.err.as_str(), ended.code), (keys, "", 0));
    }
    let ended = decode(&bytes, "--channel 3");
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    assert!(ended.err.contains("there is no channel 3: it has 2 channels"), "{}", ended.err);
}

#[test]
fn a_recording_of_more_than_ten_minutes_is_decoded_to_its_end() {
    // One bit of silence for most of it: the last key is what counts.
    let mut samples = vec![0; 601 * 8_000];
    samples.extend(dialled("7"));
    let bytes = riff(&[format(MU_LAW, 1, 8_000, 8, &[0, 0]), chunk("data", &coded(Law::Pcmu, &samples))]);
    let ended = decode(&bytes, "");
    assert_eq!((digits(&ended.out).as_str(), ended.code), ("7", 0), "{ended:?}");
}

#[test]
fn a_recording_that_is_cut_off_gives_its_keys_and_says_so() {
    let mut bytes = riff(&[format(PCM, 1, 8_000, 16, &[]), chunk("data", &shorts(&dialled("314")))]);
    bytes.truncate(44 + 2 * (400 + 3_200));
    let ended = decode(&bytes, "");
    assert_eq!((digits(&ended.out).as_str(), ended.code), ("31", 2));
    assert!(ended.err.contains("beyond 0.450 s: truncated: 3600 of the 5200 samples"), "{}", ended.err);
}

#[test]
fn sound_that_the_header_does_not_know_of_is_told() {
    let pcm = shorts(&dialled("314"));
    let (known, more) = pcm.split_at(2 * (400 + 1_600));
    let header = riff(&[format(PCM, 1, 8_000, 16, &[]), chunk("data", known)]);
    let keys = shorts(&dialled("2"));
    let whole = riff(&[format(PCM, 1, 8_000, 16, &[]), chunk("data", &keys)]);
    for (case, bytes) in
        [("stale", [header, more.to_vec()].concat()), ("two", [whole.clone(), whole].concat())]
    {
        let ended = decode(&bytes, "");
        assert_eq!((digits(&ended.out).len(), ended.code), (1, 2), "{case}: {ended:?}");
        assert!(ended.err.contains("unknown data after the samples"), "{}", ended.err);
    }
}

#[test]
fn a_header_that_does_not_know_its_length_is_noted() {
    let pcm = shorts(&dialled("3"));
    let bytes = riff_sized(0, &[format(PCM, 1, 8_000, 16, &[]), sized("data", 0, &pcm)]);
    let ended = decode(&bytes, "");
    assert_eq!((digits(&ended.out).as_str(), ended.code), ("3", 0));
    assert!(ended.err.contains("note: the header of x.wav has no length"), "{}", ended.err);
}

#[test]
fn what_is_not_read_is_named_by_its_kind() {
    let of = |tag, bits| riff(&[format(tag, 1, 8_000, bits, &[2, 0, 64, 1]), chunk("data", &[0; 65])]);
    for (kind, bytes) in [
        ("Microsoft ADPCM (format 0x0002)", of(0x02, 4)),
        ("IMA ADPCM (format 0x0011)", of(0x11, 4)),
        ("GSM 6.10 (format 0x0031)", of(0x31, 0)),
        ("G.726 ADPCM (format 0x0045)", of(0x45, 4)),
        ("MP3 (format 0x0055)", of(0x55, 0)),
        ("of an unknown kind (format 0x1234)", of(0x1234, 8)),
        ("this is an AIFF file", b"FORM\0\0\x51\x6EAIFFCOMM".to_vec()),
        ("this is a FLAC file", b"fLaC\0\0\0\x22\x02\x40\x02\x40".to_vec()),
        ("this is an Ogg file", b"OggS\0\x02\0\0\0\0\0\0".to_vec()),
        ("this is an MP3 file", b"ID3\x04\0\0\0\0\0\x23TSSE".to_vec()),
        ("this is an MP3 file", b"\xFF\xFB\x50\xC4\0\0\0\0\0\0\0\0".to_vec()),
        ("this is a Sony Wave64 file", b"riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB".to_vec()),
        ("this is a RIFX file", b"RIFX\0\0\x51\x64WAVEfmt ".to_vec()),
        ("this is an MPEG-4 file", b"\0\0\0\x1CftypM4A \0\0\x02\0".to_vec()),
        ("this is a Sun audio file", b".snd\0\0\0\x20\0\0\x51\x40".to_vec()),
        ("it is empty", Vec::new()),
        ("it has no samples", riff(&[format(PCM, 1, 8_000, 16, &[]), chunk("data", &[])])),
        ("it ends before its samples", riff(&[format(PCM, 1, 8_000, 16, &[])])),
        ("12 bits per sample", riff(&[format(FLOAT, 1, 8_000, 12, &[]), chunk("data", &[0; 4])])),
        ("33 channels: expected 1 to 32", riff(&[format(PCM, 33, 8_000, 16, &[]), chunk("data", &[0; 66])])),
    ] {
        let ended = decode(&bytes, "");
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{kind}: {ended:?}");
        assert!(ended.err.contains(kind), "{kind}: {}", ended.err);
    }
}

#[test]
fn a_pipe_without_samples_is_not_one_without_keys() {
    for head in [
        &b""[..],
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0",
        b"fLaC\0\0\0\x22\x02\x40\x02\x40",
        b"FORM\0\0\x51\x6EAIFF",
    ] {
        assert_eq!(decoded(head.to_vec()), (String::new(), Some(2)));
    }
}
