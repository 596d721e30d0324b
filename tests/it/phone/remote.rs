//! `attendant dial --to`: the telephone calls the real program, in a process of its own, over real sockets.

use std::net::SocketAddr;

use crate::stage::{Ended, Stage};
use crate::telephones::{address, meeting, served};
use crate::tmux::Terminal;
use crate::web::{Program, Served, Stream};

/// A bridge with a meeting: where it is, the conference ID and the PIN.
fn bridge() -> (Served, SocketAddr, String, String) {
    let served = served("");
    let at = address(&served);
    let (id, pin) = meeting(&Program::new(&served));
    (served, at, id, pin)
}

fn dial(stage: &Stage, at: SocketAddr, options: &str, lines: &[&str]) -> Ended {
    stage.attendant_reading(&format!("dial --plain --to sip:{at} {options}"), &(lines.join("\n") + "\n"))
}

#[test]
fn an_organizer_calls_and_what_is_heard_is_told_and_saved() {
    let (_served, at, id, pin) = bridge();
    let stage = Stage::with(&[]);
    let (id_keys, pin_keys) = (format!("{id}#"), format!("{pin}#"));
    let lines = [
        "hears enter-conference-id",
        &id_keys,
        "hears press-star-if-organizer",
        "*",
        "hears enter-pin",
        "1#",
        "hears invalid-pin",
        "hears enter-pin",
        &pin_keys,
        "hears pin-accepted",
        "hears the_meeting",
        "talk",
        "wait 300ms",
        "hang up",
        "wait 100ms",
    ];
    let ended = dial(&stage, at, "--mute --save-scenario s.yaml --record heard.wav", &lines);
    assert_eq!(ended.code, 0, "{ended:?}");
    for told in [
        format!("Phone keys {id}#: the meeting of Organizer"),
        "Phone hears “Please enter the conference ID".to_owned(),
        "PIN refused: wrong.".to_owned(),
        "Phone gives the right PIN".to_owned(),
        "The meeting of Organizer starts".to_owned(),
    ] {
        assert!(ended.out.contains(&told), "{told}: {}", ended.out);
    }
    let scenario = stage.read("s.yaml");
    assert!(scenario.contains(&format!("organizer: {{ conference_id: \"{id}\" }}")), "{scenario}");
    assert!(
        scenario.contains("${organizer.conference_id}#") && scenario.contains("${organizer.pin}#"),
        "{scenario}"
    );
    assert!(ended.err.contains("session saved: s.yaml. "), "{}", ended.err);
    for shown in [&ended.out, &ended.err, &scenario] {
        assert!(!shown.contains(&pin), "{shown}");
    }
    let heard = hound::WavReader::open(stage.path().join("heard.wav")).unwrap();
    let loud =
        heard.into_samples::<i16>().filter(|sample| sample.as_ref().is_ok_and(|it| it.abs() > 500)).count();
    assert!(loud > 8_000, "{loud} samples are loud");
}

/// A machine whose microphone gives a hum, and whose loudspeaker plays nowhere.
fn microphone(stage: &Stage) {
    let sine = |at: u32| (f64::from(at) * 440.0 * std::f64::consts::TAU / 8_000.0).sin() * 9_000.0;
    let hum: Vec<u8> = (0..80_000).flat_map(|at| (sine(at) as i16).to_le_bytes()).collect();
    std::fs::write(stage.path().join("hum.raw"), hum).unwrap();
    let settings = format!(
        "pcm.!default {{ type file slave.pcm null file /dev/null infile \"{}\" format raw }}\n",
        stage.path().join("hum.raw").display()
    );
    std::fs::write(stage.path().join(".asoundrc"), settings).unwrap();
}

#[test]
fn what_the_microphone_hears_others_hear() {
    let (served, at, id, pin) = bridge();
    let program = Program::new(&served);
    let mut stream = Stream::open(&served, &program.token);
    let (waits, organizes) = (Stage::with(&[]), Stage::with(&[]));
    microphone(&organizes);
    let id_keys = format!("{id}#");
    let pin_keys = format!("*{pin}#");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let lines = [
                "hears enter-conference-id",
                &id_keys,
                "hears hold_music",
                "hears meeting-started",
                "wait 7s",
                "hang up",
            ];
            dial(&waits, at, "--mute --record heard.wav", &lines)
        });
        stream.until(|event| event["event"] == "parked");
        let lines = [
            "hears enter-conference-id",
            &id_keys,
            "hears press-star-if-organizer",
            &pin_keys,
            "hears the_meeting",
            "talk",
            "wait 4s",
            "hang up",
        ];
        let ended = dial(&organizes, at, "", &lines);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(!ended.out.contains("a tone speaks for you"), "{}", ended.out);
        let waited = waiting.join().unwrap();
        assert_eq!(waited.code, 0, "{waited:?}");
        assert!(waited.out.contains("Phone hears a sound that is in no library"), "{}", waited.out);
    });
    let heard = hound::WavReader::open(waits.path().join("heard.wav")).unwrap();
    let samples: Vec<f64> = heard.into_samples::<i16>().map(|sample| sample.unwrap().into()).collect();
    let hums = samples.chunks_exact(160).filter(|frame| is_hum(frame)).count();
    assert!(hums > 50, "{hums} of {} frames hum", samples.len() / 160);
}

/// Whether 20 ms are a sine of 440 Hz, and loud.
fn is_hum(frame: &[f64]) -> bool {
    let step = 440.0 * std::f64::consts::TAU / 8_000.0;
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for (at, sample) in frame.iter().enumerate() {
        sine += sample * (at as f64 * step).sin();
        cosine += sample * (at as f64 * step).cos();
        power += sample * sample;
    }
    let tone = (sine * sine + cosine * cosine) * 2.0 / frame.len() as f64;
    power / frame.len() as f64 > 1e5 && tone > 0.9 * power
}

#[test]
fn a_bridge_that_refuses_or_is_not_there_is_told_in_words() {
    let (_served, at, ..) = bridge();
    let stage = Stage::with(&[]);
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = stage.attendant_reading(&format!("dial --plain --mute --to sip:{nobody}"), "wait 1s\n");
    assert!(ended.out.contains("note: nobody can be reached at that address"), "{ended:?}");
    let ended = stage.attendant(&format!("dial --to sips:{at}"));
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("not over TLS"), "{}", ended.err);
    let ended = stage.attendant(&format!("dial --plain --to sip:{at} --user amos"));
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("ATTENDANT_SIP_PASSWORD"), "{}", ended.err);
}

#[test]
fn on_the_screen_the_keys_of_a_pin_are_dots() {
    let (_served, at, id, pin) = bridge();
    let terminal = Terminal::open();
    terminal.attendant(&format!("dial --mute --to sip:{at}"));
    terminal.shows("Key the conference ID, then #.");
    let address = at.to_string();
    terminal.until("the bridge's address", |screen| screen.contains(&address));
    terminal.types(&format!("{id}#"));
    terminal.shows("Key * if you are the organizer.");
    terminal.types("*");
    terminal.shows("Key the PIN, then #.");
    terminal.types(&pin);
    let screen = terminal.shows(&"•".repeat(pin.len()));
    assert!(!screen.contains(&pin), "{screen}");
    terminal.types("o");
    terminal.shows("administered in its own way");
    terminal.types("#");
    let screen = terminal.shows("★");
    assert!(!screen.contains(&pin), "{screen}");
    terminal.types("q");
    terminal.is_given_back(0);
}
