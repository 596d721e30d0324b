//! The loudspeaker of `attendant dial`, heard through ALSA's own plug-in that writes what it plays to a file.

use hound::WavReader;

use crate::stage::Stage;

/// Samples of 20 ms.
const FRAME: usize = 160;

/// A machine whose default device plays nowhere and writes its samples to a file.
fn device(stage: &Stage) -> std::path::PathBuf {
    let file = stage.path().join("device.raw");
    let settings =
        format!("pcm.!default {{ type file slave.pcm null file \"{}\" format raw }}\n", file.display());
    std::fs::write(stage.path().join(".asoundrc"), settings).unwrap();
    file
}

#[test]
fn the_device_plays_what_a_recording_has() {
    let stage = Stage::with(&[]);
    let file = device(&stage);
    let dialled = stage.attendant_reading("dial --plain --record heard.wav", "wait 2s\nhang up\n");
    assert_eq!((dialled.code, dialled.err.as_str()), (0, ""), "{dialled:?}");
    assert!(!dialled.out.contains("no sound"), "{dialled:?}");
    let played: Vec<i16> = std::fs::read(file)
        .unwrap()
        .chunks_exact(2)
        .map(|two| i16::from_le_bytes([two[0], two[1]]))
        .collect();
    let recording = WavReader::open(stage.path().join("heard.wav")).unwrap();
    // The telephone starts at half of its full volume; a recording is not turned down.
    let recorded: Vec<i16> = recording.into_samples::<i16>().map(|sample| sample.unwrap() / 2).collect();
    // A frame may be left out where the machine is busy; none is changed or comes out of turn.
    let mut frames = recorded.chunks_exact(FRAME);
    let in_turn = played.chunks_exact(FRAME).all(|played| frames.any(|recorded| recorded == played));
    assert!(in_turn, "{} of {} samples were played", played.len(), recorded.len());
    let loud = |samples: &[i16]| samples.iter().filter(|sample| sample.unsigned_abs() > 100).count();
    assert!(loud(&played) > 4_000, "{} samples were loud", loud(&played));
    assert!(played.len() * 10 > recorded.len() * 8, "{} of {}", played.len(), recorded.len());
}

#[test]
fn without_a_device_one_line_says_why_and_the_way_out() {
    let stage = Stage::with(&[(".asoundrc", "pcm.!default { type hw card 31 }\n")]);
    let dialled = stage.attendant_reading("dial --plain", "hang up\n");
    assert_eq!((dialled.code, dialled.err.as_str()), (0, ""), "nothing of ALSA's own: {dialled:?}");
    let about = dialled.out.lines().filter(|line| line.contains("no sound")).collect::<Vec<_>>();
    let [line] = about[..] else { panic!("{dialled:?}") };
    assert!(line.contains("no sound device: "), "{line}");
    assert!(line.ends_with("; --record FILE writes what you would hear"), "{line}");
}
