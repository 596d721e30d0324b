//! How well keys are heard, class by class, next to the classic design of most open detectors.
//!
//! `cargo bench --bench dtmf [-- CLASS... --quick --each --talk-off DIR]`
//!
//! * `CLASS`: only classes with this in their name; the limits and the speed are left out then.
//! * `--quick`: a fifth of the recordings.
//! * `--each`: each condition of each class that is not heard exactly, with the first wrong sequence.
//! * `--talk-off DIR`: instead of all that, every WAV file below a folder, none of which has keys, at five speeds.
//!
//! Coders of telephones are programs, which `benches/dtmf/install-coders` installs; those that are missing are told and
//! left out.
//!
//! Every recording is made from the seed that the name of its condition is, so any run makes the same. Goals and
//! peers' figures come from a corpus of the same classes that is held back: this one shows how ours does on work of
//! the same kind, and the baseline, run side by side, how hard this one is.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

mod accept;
mod adpcm;
mod baseline;
mod coders;
mod corpus;
mod field;
mod goals;
mod limits;
mod lines;
mod networks;
mod reject;
mod run;
mod score;
mod signal;
mod sources;
mod synth;
mod talkoff;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use attendant::media::dtmf::Press;
use attendant::media::dtmf::detector::{Detector, decode};
use attendant::media::rate::SAMPLES_PER_SECOND;

use corpus::{Condition, Corpus};
use goals::{GOALS, Goal};
use run::{Both, Decode};
use score::{Kind, Score, p95};
use signal::at_speed;
use sources::Sources;

const DETECTORS: Both<Decode> = [decode, baseline::decode];

#[derive(Default)]
struct Args {
    classes: Vec<String>,
    quick: bool,
    each: bool,
    talk_off: Option<PathBuf>,
}

fn main() -> ExitCode {
    let mut args = Args::default();
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--quick" => args.quick = true,
            "--each" => args.each = true,
            "--talk-off" => args.talk_off = given.next().map(PathBuf::from),
            // Cargo says so to every bench.
            "--bench" => {}
            class => args.classes.push(class.to_owned()),
        }
    }
    if let Some(folder) = &args.talk_off {
        return talk_off(folder);
    }

    let began = Instant::now();
    let sources = Arc::new(Sources::read());
    let share = if args.quick { 0.2 } else { 1.0 };
    let mut corpus = Corpus::all(sources.clone());
    let wanted =
        |class: &str| args.classes.is_empty() || args.classes.iter().any(|part| class.contains(part));
    corpus.conditions.retain(|condition| wanted(condition.class));
    let scores = run::scores(&corpus.conditions, DETECTORS, share);
    if args.each {
        print_each(&corpus.conditions, &scores);
    }
    print_classes(&corpus.conditions, &scores);
    if args.classes.is_empty() {
        print_overall(&corpus.conditions, &scores);
        print_limits(&sources, if args.quick { 10 } else { 40 });
        print_speed(&sources);
    }
    println!("\n{:.0} s altogether", began.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// A detector's two figures: sequences exact and keys wrong, or what was heard where nothing should have been.
fn figures(kind: Kind, score: &Score) -> String {
    match kind {
        Kind::Must | Kind::Stretch => {
            format!("{:.1} / {:.2}", score.exact_percent(), score.error_percent())
        }
        Kind::Reject => format!("{:.2} %", score.error_percent()),
        Kind::Hits => format!("{:.1}/h", score.hits_an_hour()),
    }
}

/// Every condition in which ours is not perfect, and the first sequence it got wrong.
fn print_each(conditions: &[Condition], scores: &[Both<Score>]) {
    for (condition, [ours, baseline]) in conditions.iter().zip(scores) {
        let Some((pressed, heard)) = &ours.first_wrong else { continue };
        println!(
            "{} {}, {}: {} (baseline {}), e.g. {pressed:?} heard as {heard:?}",
            condition.class,
            condition.kind.name(),
            condition.name,
            figures(condition.kind, ours),
            figures(condition.kind, baseline),
        );
    }
    println!();
}

/// The sum over all conditions that are wanted.
fn sum(conditions: &[Condition], scores: &[Both<Score>], wanted: impl Fn(&Condition) -> bool) -> Both<Score> {
    let mut sum: Both<Score> = Default::default();
    for (_, both) in conditions.iter().zip(scores).filter(|(condition, _)| wanted(condition)) {
        for (sum, score) in sum.iter_mut().zip(both) {
            sum.add(score.clone());
        }
    }
    sum
}

fn print_classes(conditions: &[Condition], scores: &[Both<Score>]) {
    println!(
        "{:<17} {:<7} {:<36} {:>14} {:>14} {:>12}  {:<26} met",
        "class", "kind", "what", "ours", "baseline", "goal", "best usable peer"
    );
    println!("{:62} {:>14} {:>14} {:>12}", "", "exact/errors %", "exact/errors %", "");
    for goal in GOALS {
        let [ours, baseline] = sum(conditions, scores, |condition| belongs(condition, goal));
        if ours.sequences == 0 {
            continue;
        }
        println!(
            "{:<17} {:<7} {:<36} {:>14} {:>14} {:>12}  {:<26} {}",
            goal.class,
            goal.kind.name(),
            goal.what,
            figures(goal.kind, &ours),
            figures(goal.kind, &baseline),
            goal.text(),
            goal.peer,
            if goal.is_met_by(&ours) { "yes" } else { "NO" },
        );
    }
}

fn belongs(condition: &Condition, goal: &Goal) -> bool {
    (condition.class, condition.kind) == (goal.class, goal.kind)
}

fn print_overall(conditions: &[Condition], scores: &[Both<Score>]) {
    println!();
    for (kind, goal) in [
        (Kind::Must, "99.9 / 0.01, best peer 87.9 / 3.0"),
        (Kind::Stretch, "94 / 1.0, best peer 79.9 / 5.7"),
        (Kind::Reject, "0 %, best peer 2.6 %"),
    ] {
        let [ours, baseline] = sum(conditions, scores, |condition| condition.kind == kind);
        println!(
            "all {:<8} {:>16}, baseline {:>16} (goal {goal}); {} keys in {} recordings, {:.1} h",
            kind.name(),
            figures(kind, &ours),
            figures(kind, &baseline),
            ours.keys,
            ours.sequences,
            ours.hours(),
        );
    }
    for (class, what) in [("o_talkoff_speech", "speech"), ("o_talkoff_music", "music")] {
        let [ours, baseline] = sum(conditions, scores, |condition| condition.class == class);
        println!("{what}: {} hits in {:.1} h, baseline {}", ours.heard, ours.hours(), baseline.heard);
    }
    let all = sum(conditions, scores, |condition| condition.timed);
    let ms = |values: &[f64]| p95(values).map_or("-".to_owned(), |value| format!("{value:.1} ms"));
    for (name, score) in ["ours", "baseline"].iter().zip(&all) {
        println!(
            "{name}: at p95 the start is off by {}, the end by {}, and the key known {} after its start \
             ({} keys; goals 5, 5, 45 ms; spandsp 36)",
            ms(&score.starts),
            ms(&score.ends),
            ms(&score.delays),
            score.starts.len(),
        );
    }
}

fn print_limits(sources: &Arc<Sources>, sequences: usize) {
    println!("\n{:<36} {:>24} {:>24}  goal", "limits at 1 % errors", "ours", "baseline");
    for limit in limits::all(sources, DETECTORS, sequences) {
        let [ours, baseline] = limit.reached;
        println!("{:<36} {ours:>24} {baseline:>24}  {}", limit.what, limit.goal);
    }
}

/// Seconds of sound for each second of CPU time, on one core: speech, music, silence and keys, a quarter of each.
fn print_speed(sources: &Sources) {
    use attendant::media::dtmf::generator::{Settings, dial, keys};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    let quarter = 75 * SAMPLES_PER_SECOND as usize;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut sound = sources.speech(&mut rng, quarter);
    sound.extend(sources.music(&mut rng, quarter));
    sound.resize(3 * quarter, 0);
    let row = keys("1234567890*#ABCD").expect("keys");
    let keyed = dial(&row, &Settings::default());
    sound.extend(keyed.iter().cycle().take(quarter));
    let seconds = sound.len() as f64 / f64::from(SAMPLES_PER_SECOND);
    println!();
    for (name, decode, bytes, goal) in [
        ("ours", DETECTORS[0], size_of::<Detector>(), ", goal 2,000 s"),
        ("baseline", DETECTORS[1], baseline::STATE, ""),
    ] {
        let fastest = (0..3).map(|_| cpu_seconds(|| decode(&sound))).fold(f64::INFINITY, f64::min);
        println!(
            "{name}: {:.0} s of sound for each CPU second; {bytes} bytes a detector{goal}",
            seconds / fastest
        );
    }
}

/// The CPU time of this thread that something takes, in seconds; where the kernel does not tell, the time on the wall.
fn cpu_seconds(work: impl FnOnce() -> Vec<Press>) -> f64 {
    let used = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
    };
    let (before, began) = (used(), Instant::now());
    std::hint::black_box(work());
    match (before, used()) {
        (Some(before), Some(after)) if after > before => after - before,
        _ => began.elapsed().as_secs_f64(),
    }
}

/// How many times as fast the files of [`talk_off`] are played: other voices, other keys of music.
const SPEEDS: [f64; 5] = [0.8, 0.9, 1.0, 1.12, 1.25];

/// Hits in every WAV file below a folder.
fn talk_off(folder: &Path) -> ExitCode {
    let files = match sources::wavs_below(folder) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("error: {}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    };
    let heard = run::in_parallel(files.len() * SPEEDS.len(), |at| {
        let sound = at_speed(&files[at / SPEEDS.len()].1, SPEEDS[at % SPEEDS.len()]);
        (sound.len(), DETECTORS.map(|decode| decode(&sound)))
    });
    let samples: usize = heard.iter().map(|(length, _)| length).sum();
    let mut hits = [0; 2];
    for (at, (_, heard)) in heard.iter().enumerate() {
        for (hits, heard) in hits.iter_mut().zip(heard) {
            *hits += heard.len();
        }
        let (path, speed) = (files[at / SPEEDS.len()].0.display(), SPEEDS[at % SPEEDS.len()]);
        for press in &heard[0] {
            let seconds = press.start as f64 / f64::from(SAMPLES_PER_SECOND);
            println!("{path} {speed} times as fast: {} at {seconds:.2} s, {press:?}", press.digit.symbol());
        }
    }
    let hours = samples as f64 / f64::from(SAMPLES_PER_SECOND) / 3600.0;
    println!("{} files, {hours:.2} h: {} hits, baseline {}", files.len(), hits[0], hits[1]);
    ExitCode::SUCCESS
}
