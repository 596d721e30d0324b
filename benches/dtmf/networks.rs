//! The classes in which every key is to be heard, one kind of trouble at a time: codecs and packets, and the sounds
//! that keys are pressed over.

use attendant::control::call::Digit;
use attendant::media::dtmf::generator::Settings;
use attendant::media::g711::Law;
use attendant::media::impair::codec::Tandem;
use attendant::media::impair::line::{Echo, Reflection};
use attendant::media::impair::noise::Clicks;
use attendant::media::impair::packets::{Concealment, Loss, Slips};
use attendant::media::rate::FRAME;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::accept::{USUAL, noise};
use crate::adpcm;
use crate::coders::Coder;
use crate::corpus::{Corpus, KEYS, clean};
use crate::score::Kind::{Must, Stretch};
use crate::signal::{
    Recording, active_level, at_speed, between, detuned, digits, fork, keyed, mix, pair_level, plain,
    samples, sign,
};

pub(crate) const CONCEALMENTS: [Concealment; 3] =
    [Concealment::Silence, Concealment::Repeat, Concealment::Fade];

pub(crate) fn codecs(corpus: &mut Corpus) {
    let tandems: [&'static [Law]; 4] =
        [&[Law::Pcmu], &[Law::Pcma], &[Law::Pcmu, Law::Pcma], &[Law::Pcma, Law::Pcmu, Law::Pcma, Law::Pcmu]];
    for laws in tandems {
        for (level, off, ms) in [
            (-6.0, 0.0, 50.0),
            (-15.0, 1.5, 50.0),
            (-25.0, 1.5, 100.0),
            (-25.0, 0.0, 50.0),
            (-20.0, 1.5, 40.0),
        ] {
            let each = move |rng: &mut ChaCha8Rng, digit| Settings {
                detune: detuned(digit, [sign(rng), sign(rng)], off, 0.0),
                ..plain(level, ms, ms)
            };
            let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| {
                Tandem::new(laws).apply(&mut recording.samples);
            };
            let names: Vec<_> = laws.iter().map(|law| law.name()).collect();
            let name = format!("{}, {level} dBm0, {off} % off, {ms}/{ms} ms", names.join(" "));
            corpus.keys(("j_g711", Must), name, 12, each, line).timed = true;
        }
    }

    type Codec = fn(&mut [i16]);
    let codecs: [(_, _, Codec); 4] = [
        (Must, "IMA", adpcm::ima),
        (Must, "VOX", adpcm::vox),
        (Stretch, "IMA at 6 kHz", |samples| at_6_khz(samples, adpcm::ima)),
        (Stretch, "VOX at 6 kHz", |samples| at_6_khz(samples, adpcm::vox)),
    ];
    for (kind, name, codec) in codecs {
        for (level, ms) in [(-6.0, 50.0), (-15.0, 50.0), (-15.0, 100.0), (-24.0, 100.0)] {
            let each = move |_: &mut ChaCha8Rng, _| plain(level, ms, ms);
            let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| codec(&mut recording.samples);
            corpus.keys(("p_codec", kind), format!("{name}, {level} dBm0, {ms}/{ms} ms"), 20, each, line);
        }
    }
}

/// Coders that are programs; those that are not installed are told on standard error, and left out.
pub(crate) fn programs(corpus: &mut Corpus) {
    const BOTH: &[f64] = &[100.0, 60.0];
    for (kind, coder, lengths) in [
        (Must, Coder::Gsm, BOTH),
        (Must, Coder::Opus(24), BOTH),
        (Must, Coder::Opus(16), BOTH),
        (Must, Coder::Speex(8), BOTH),
        (Stretch, Coder::Amr(0), &[100.0]),
        (Stretch, Coder::Amr(4), BOTH),
        // Its coder answers pure tones with bursts of noise now and then.
        (Stretch, Coder::Amr(7), BOTH),
        (Stretch, Coder::Opus(10), BOTH),
        (Stretch, Coder::Speex(5), BOTH),
    ] {
        if let Some(lacking) = coder.lacks() {
            eprintln!("left out: {lacking}; benches/dtmf/install-coders installs it");
            continue;
        }
        for ms in lengths.iter().copied() {
            let each = move |_: &mut ChaCha8Rng, _| plain(-12.0, ms, ms);
            let line = move |_: &mut ChaCha8Rng, recording: &mut Recording| {
                recording.silence(300.0);
                coder.apply(&mut recording.samples);
            };
            corpus.keys(("p_codec", kind), format!("{coder:?}, {ms}/{ms} ms"), 30, each, line);
        }
    }
}

fn at_6_khz(samples: &mut [i16], codec: fn(&mut [i16])) {
    let mut slow = at_speed(samples, 8.0 / 6.0);
    codec(&mut slow);
    let again = at_speed(&slow, 6.0 / 8.0);
    let length = again.len().min(samples.len());
    samples[..length].copy_from_slice(&again[..length]);
}

pub(crate) fn packet_networks(corpus: &mut Corpus) {
    let slow = |rng: &mut ChaCha8Rng, _: Digit| plain(between(rng, -18.0, -6.0), 100.0, 100.0);
    for how in CONCEALMENTS {
        for (kind, part, burst) in
            [(Must, 0.01, None), (Stretch, 0.03, None), (Stretch, 0.05, None), (Stretch, 0.03, Some(1.5))]
        {
            let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                let mut loss = match burst {
                    None => Loss::random(part, how, fork(rng)),
                    Some(length) => Loss::bursts(part, length, how, fork(rng)),
                };
                packets(rng, recording, |frame| loss.apply(frame));
            };
            let name = format!("{} % in bursts of {burst:?}, {how:?}", part * 100.0);
            corpus.keys(("k_loss", kind), name, 60, slow, line);
        }
    }
    for (kind, part, ms) in [(Must, 0.01, 100.0), (Stretch, 0.01, 60.0), (Stretch, 0.03, 80.0)] {
        let each = move |rng: &mut ChaCha8Rng, _| plain(between(rng, -18.0, -6.0), ms, ms);
        let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
            recording.silence(300.0);
            let mut slips = Slips::new(part, fork(rng));
            packets(rng, recording, |frame| slips.apply(frame));
        };
        corpus.keys(("k_slip", kind), format!("{} % of packets, {ms}/{ms} ms", part * 100.0), 60, each, line);
    }
}

/// Applies something to the whole of a recording, whose packets begin anywhere.
pub(crate) fn packets(rng: &mut ChaCha8Rng, recording: &mut Recording, apply: impl FnOnce(&mut [i16])) {
    let from = rng.random_range(0..FRAME);
    apply(&mut recording.samples[from..]);
}

pub(crate) fn over_sounds(corpus: &mut Corpus) {
    for (kind, above) in [(Must, &[22.0, 18.0][..]), (Stretch, &[14.0, 12.0, 10.0])] {
        for above in above.iter().copied() {
            for what in [Under::Music, Under::Echo, Under::Speech] {
                for (level, ms) in [(USUAL, 80.0), (-20.0, 50.0)] {
                    let sources = corpus.sources.clone();
                    let each = move |_: &mut ChaCha8Rng, _| plain(level, ms, ms);
                    let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
                        let length = recording.samples.len();
                        let mut sound = match what {
                            Under::Speech => sources.speech(rng, length),
                            Under::Music | Under::Echo => sources.music(rng, length),
                        };
                        if what == Under::Echo {
                            let delay = samples(between(rng, 5.0, 60.0));
                            let near = Reflection { delay, loss_db: 0.0 };
                            let far = Reflection { delay: delay * 3, loss_db: 9.0 };
                            Echo::new(&[near, far]).apply(&mut sound);
                        }
                        let gain = pair_level(&plain(level, ms, ms)) - above - active_level(&sound);
                        mix(&mut recording.samples, &sound, gain);
                    };
                    let name = format!("{above} dB over {what:?}, {ms}/{ms} ms");
                    corpus.keys(("q_over", kind), name, 40, each, line);
                }
            }
        }
    }
}

pub(crate) fn fast_and_slow(corpus: &mut Corpus) {
    let fast = |rng: &mut ChaCha8Rng, _: Digit| plain(between(rng, -18.0, -6.0), 40.0, 40.0);
    corpus.keys(("r_fast", Must), "40/40 ms", 60, fast, clean).timed = true;

    let slow = |rng: &mut ChaCha8Rng, _: Digit| {
        plain(between(rng, -18.0, -6.0), between(rng, 1_800.0, 2_200.0), between(rng, 100.0, 300.0))
    };
    corpus.keys(("r_slow", Must), "2 s", 15, slow, clean).timed = true;
    for how in CONCEALMENTS {
        let line = move |rng: &mut ChaCha8Rng, recording: &mut Recording| {
            let mut loss = Loss::random(0.01, how, fork(rng));
            packets(rng, recording, |frame| loss.apply(frame));
        };
        corpus.keys(("r_slow", Stretch), format!("1 % lost, {how:?}"), 15, slow, line);
    }
    let slips = |rng: &mut ChaCha8Rng, recording: &mut Recording| {
        recording.silence(300.0);
        let mut slips = Slips::new(0.01, fork(rng));
        packets(rng, recording, |frame| slips.apply(frame));
    };
    corpus.keys(("r_slow", Stretch), "1 % slipped", 10, slow, slips);
    let clicks = |rng: &mut ChaCha8Rng, recording: &mut Recording| {
        Clicks::new(2.0, -3.0, 8, fork(rng)).apply(&mut recording.samples);
    };
    corpus.keys(("r_slow", Stretch), "clicks", 10, slow, clicks);
    for snr in [20.0, 15.0, 12.0] {
        corpus.add(("r_slow", Stretch), format!("SNR {snr} dB"), 10, move |rng| {
            let level = between(rng, -18.0, -6.0);
            let keys = digits(rng, KEYS);
            let mut recording =
                keyed(rng, &keys, |rng, digit| Settings { level_dbm0: level, ..slow(rng, digit) });
            noise(rng, &mut recording, pair_level(&plain(level, 0.0, 0.0)) - snr);
            recording
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Under {
    Music,
    Echo,
    Speech,
}
