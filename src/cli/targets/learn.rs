//! `attendant target learn`: calls a bridge once and writes down what it says.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::bridge::protocol::OutwardAction;
use crate::cli::counted;
use crate::cli::exit::{CliError, Exit};
use crate::cli::opened::runtime;
use crate::cli::screen::Screen;
use crate::clock::{Clock, Pace};
use crate::control::call::Digit;
use crate::control::caller::Input;
use crate::control::time::{Instant, parse_duration};
use crate::leg::capture::Notes;
use crate::leg::outward::{
    self, Destination, Handset, Identity, Person, Placed, SipAddress, Speech, Told, Way,
};
use crate::media::hear::{Piece, Sounds, cut};
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::wav;
use crate::store::entropy;

/// How long a key is down, and the pause after it.
const KEY: Duration = Duration::from_millis(120);

/// A blank among the keys waits until nothing was heard for so long, which is when a bridge waits for keys.
const QUIET: Duration = Duration::from_millis(1_500);

/// And no longer than this: music goes on.
const PATIENCE: Duration = Duration::from_secs(20);

/// Louder than this mean square is sound: -58 dB relative to full scale.
const SILENT: f64 = 1_702.0;

/// The longest call.
const LONGEST: Duration = Duration::from_secs(600);

/// Packets that wait to be taken down: ten seconds.
const PACKETS: usize = 500;

/// Actions and reports of the call that wait.
const WAITING: usize = 64;

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Learn {
    /// Whom to call: sip:NUMBER@HOST
    #[arg(long, value_name = "ADDRESS")]
    to: SipAddress,

    /// The keys to press: w, W and a comma pause 0.5 s, 1 s and 2 s; a blank waits until the bridge is quiet
    #[arg(long, value_name = "KEYS", default_value = "", value_parser = keys)]
    keys: Keys,

    /// How long to listen after the last key
    #[arg(long = "for", value_name = "TIME", default_value = "20s", value_parser = parse_duration)]
    listen: Duration,

    /// The folder for the target file and its sounds; it must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Keys and pauses. It may hold a PIN, and shows none.
#[derive(Clone)]
struct Keys(Vec<Act>);

#[derive(Clone, Copy)]
enum Act {
    Key(Digit),
    Pause(Duration),
    UntilQuiet,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

fn keys(text: &str) -> Result<Keys, String> {
    let act = |symbol: char| match symbol {
        ' ' => Ok(Act::UntilQuiet),
        'w' => Ok(Act::Pause(Duration::from_millis(500))),
        'W' => Ok(Act::Pause(Duration::from_secs(1))),
        ',' => Ok(Act::Pause(Duration::from_secs(2))),
        _ => Digit::from_symbol(symbol).map(Act::Key).ok_or_else(|| "keys are 0-9 * # A-D".to_owned()),
    };
    text.chars().map(act).collect::<Result<_, _>>().map(Keys)
}

impl Learn {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let failed = |what: &dyn std::fmt::Display| CliError::Message(Exit::Failed, format!("error: {what}"));
        let hop = self.to.resolve().map_err(|error| failed(&error))?;
        self.make_folder()?;
        let call = self.call(Destination::new(hop, Identity::Number));
        let heard = runtime()?
            .block_on(call)
            .ok_or_else(|| failed(&format!("{} did not answer, or took no sound of ours", self.to)))?;
        let pieces = cut(&heard.samples);
        if pieces.is_empty() {
            return Err(failed(&format!("nothing was heard of {}", self.to)));
        }
        let written = self.write(&heard, &pieces);
        let sounds = written.map_err(|error| {
            CliError::bad(format!("error: {} cannot be written: {error}", self.out.display()))
        })?;
        let file = self.out.join(FILE);
        let file = file.display();
        let mut out = screen.out();
        writeln!(
            out,
            "{} in {file}: write what each says in the place of WORD-1 and so on",
            counted(sounds, "sound")
        )?;
        writeln!(out, "`attendant words` lists the words; then `attendant target check {file}`")?;
        out.flush()?;
        Ok(Exit::Success)
    }

    fn make_folder(&self) -> Result<(), CliError> {
        let shown = self.out.display();
        let made = fs::create_dir_all(&self.out).and_then(|()| fs::read_dir(&self.out));
        match made.map(|mut entries| entries.next().is_some()) {
            Ok(false) => Ok(()),
            Ok(true) => {
                Err(CliError::bad(format!("error: {shown} is not empty, and nothing in it is overwritten")))
            }
            Err(error) => Err(CliError::bad(format!("error: the folder {shown} cannot be made: {error}"))),
        }
    }

    /// Calls and listens; nothing if nobody answered.
    async fn call(&self, to: Destination) -> Option<Heard> {
        let clock = Clock::start(1, Pace::Realtime);
        let (act, actions) = mpsc::channel(WAITING);
        let (reports, mut reported) = mpsc::channel(WAITING);
        let (hears, mut packets) = mpsc::channel(PACKETS);
        // How the call ends, its script is told too.
        let (news, _untold) = mpsc::channel(1);
        let person = Person { hears, news, speech: Speech::default() };
        let handset = Handset { keys: to.key_path(Default::default()), faults: Default::default() };
        let settings = outward::Settings {
            clock,
            to,
            numbers: vec![self.to.uri().clone()],
            unknown: self.to.uri().clone(),
            handsets: vec![handset],
            sounds: Arc::new(Sounds::of_recordings(&[], false)),
            seed: 0,
            recordings: Vec::new(),
            notes: Notes::default(),
            secret: entropy::draw(),
            person: Some(person),
        };
        let telephone = tokio::spawn(outward::carry(settings, Way { actions, reports }));
        let does = |action| act.send(Placed { part: 0, at: clock.now(), action });
        does(OutwardAction::Dial { call: 1, number: Some(0), from: None }).await.ok()?;
        let mut heard = Heard::default();
        let mut acts = self.keys.0.iter().copied();
        // Until it is answered nothing is due.
        let (mut due, mut quiet_by, mut hangs_up) = (Instant::NEVER, None, false);
        let end = clock.now() + LONGEST;
        loop {
            tokio::select! {
                biased;
                told = reported.recv() => {
                    let Told { input, .. } = told?;
                    if matches!(input, Input::Ended(_)) {
                        break;
                    }
                    if matches!(input, Input::Answered) {
                        heard.answered = true;
                        due = clock.now();
                    }
                }
                Some(samples) = packets.recv() => heard.take(clock.now(), &samples),
                () = clock.sleep_until(due.min(end)) => {
                    let now = clock.now();
                    if let Some(by) = quiet_by {
                        due = (heard.last_loud + QUIET).min(by);
                        if due > now {
                            continue;
                        }
                        quiet_by = None;
                    }
                    if hangs_up || now >= end {
                        break;
                    }
                    due = now + match acts.next() {
                        Some(Act::Key(digit)) => {
                            heard.keys.push(heard.samples.len());
                            does(OutwardAction::Press(digit, KEY)).await.ok()?;
                            2 * KEY
                        }
                        Some(Act::Pause(pause)) => pause,
                        Some(Act::UntilQuiet) => {
                            quiet_by = Some(now + PATIENCE);
                            heard.last_loud = heard.last_loud.max(now);
                            QUIET
                        }
                        None => {
                            hangs_up = true;
                            self.listen
                        }
                    };
                }
            }
        }
        drop(act);
        // It says goodbye, or the bridge has.
        let _late = tokio::time::timeout(Duration::from_millis(500), telephone).await;
        heard.answered.then_some(heard)
    }

    /// Writes the sounds and the target file; how many sounds there are.
    fn write(&self, heard: &Heard, pieces: &[Piece]) -> std::io::Result<usize> {
        let mut text = format!(
            "# Learned by one call. In `heard` stand words to fill in: `attendant words` lists them.\n\
             target: {}\nnumbers: {{ bridge: \"{}\" }}\ncodecs: [PCMU, PCMA]\ndtmf: rfc4733\n\
             # organizers: [{{ conference_id: \"1234\", pin: env:BRIDGE_PIN }}]\nheard:\n",
            self.to.host(),
            self.to.user(),
        );
        let mut names: Vec<String> = Vec::new();
        for piece in pieces {
            let at = heard.told(&piece.samples);
            if let Some(first) = piece.same_as {
                let _infallible =
                    writeln!(text, "  # {at}: the same as {}", names.get(first).map_or("", String::as_str));
                names.push(String::new());
                continue;
            }
            let name = format!("sound-{:08x}.wav", piece.fingerprint);
            let sound = heard.samples.get(piece.samples.clone()).unwrap_or_default();
            fs::write(self.out.join(&name), wav::write(sound))?;
            let number = names.iter().filter(|name| !name.is_empty()).count() + 1;
            let _infallible = writeln!(text, "  # {at}\n  WORD-{number}: {name}");
            names.push(name);
        }
        text += "absent: []\n";
        File::create_new(self.out.join(FILE))?.write_all(text.as_bytes())?;
        Ok(names.iter().filter(|name| !name.is_empty()).count())
    }
}

/// The name of the target file.
const FILE: &str = "target.yaml";

/// What was heard in the call.
#[derive(Default)]
struct Heard {
    answered: bool,
    samples: Vec<i16>,
    last_loud: Instant,
    /// How much had been heard when each key was pressed.
    keys: Vec<usize>,
}

impl Heard {
    fn take(&mut self, now: Instant, samples: &[i16]) {
        let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        if power > SILENT * samples.len() as f64 {
            self.last_loud = now;
        }
        self.samples.extend_from_slice(samples);
    }

    /// When a sound was heard, for people: no key is named.
    fn told(&self, samples: &Range<usize>) -> String {
        let seconds = |sample: usize| sample as f64 / f64::from(SAMPLES_PER_SECOND);
        let keys = self.keys.iter().filter(|key| **key <= samples.start).count();
        let after =
            if keys == 0 { "after the answer".to_owned() } else { format!("after {}", counted(keys, "key")) };
        format!("{:.2} s to {:.2} s, {after}", seconds(samples.start), seconds(samples.end))
    }
}
