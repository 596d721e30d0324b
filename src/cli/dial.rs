//! `attendant dial`: the telephone at the keyboard.

mod to;

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::level_filters::LevelFilter;

use super::exit::{CliError, Exit};
use super::opened::runtime;
use super::screen::Screen;
use super::sounds::Sounds;
use super::wav_file::{self, WavFile};
use crate::clock::{Clock, Pace};
use crate::control::time::Instant;
use crate::media::library::Library;
use crate::phone::call::Calls;
use crate::phone::carrier::Carrier;
use crate::phone::live::{self, LiveOptions, SessionEnd};
use crate::phone::meter::{LEVELS_MAX, Levels};
use crate::phone::model::PhoneModel;
use crate::phone::monitor::{Cue, listen};
use crate::phone::remote::RemoteCalls;
use crate::phone::speaker::{Silent, Speaker};
use crate::phone::{demo, plain, remote};
use crate::report::quoted;
use crate::scenario::story::Story;
use crate::terminal::signals::Signals;
use crate::terminal::{self, Colours, Terminal};
use to::Remote;

const EXAMPLES: &str = "\
Examples:
  attendant dial
  attendant dial --save-scenario session.yaml
  attendant replay session.yaml
  attendant dial --record heard.wav --mute
  attendant dial --assets my-sounds
  attendant dial --profile confbridge
  attendant dial --to sip:127.0.0.1:5060
  attendant dial --to sip:+14255550100@bridge.example --from +14255550199
  attendant dial --to sip:600@pbx.example --target bridge.yaml
  printf '3141592#\\nhears hold_music\\n' | attendant dial --plain";

/// How many file names are tried for a session that is saved with the key `s`.
const NAMES_MAX: u32 = 1_000;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dial {
    #[command(flatten)]
    sounds: Sounds,

    /// Read commands line by line and print events, without a screen; the default without a terminal
    #[arg(long)]
    plain: bool,

    /// Do not open the sound device; everything is shown as text
    #[arg(long)]
    mute: bool,

    /// Record what the selected handset hears to this WAV file, without its keys, which may be a PIN
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Save the session as a scenario to this file; PINs are referred to by name, never written
    #[arg(long, value_name = "FILE")]
    save_scenario: Option<PathBuf>,

    /// The behaviour profile of the bridge: a built-in one, or a file
    #[arg(long, value_name = "PROFILE", conflicts_with = "to", value_parser = super::profile::named_or_path, add = super::profile::profile_names())]
    profile: Option<String>,

    /// Generate new PINs from this seed; random if not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    #[command(flatten)]
    remote: Remote,
}

impl Dial {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let plain = self.plain || !io::stdin().is_terminal() || !screen.is_terminal();
        if !plain {
            refuse_a_log_over_the_screen("add 2>FILE or --plain")?;
        }
        let record = self.record.as_deref().map(recording).transpose()?;
        // A file that cannot be written is an error before anybody calls.
        self.save_scenario.as_deref().map(writable).transpose()?;
        let runtime = runtime()?;
        let left = runtime.block_on(self.call(plain, record, screen));
        // The keyboard's reader waits for a key that nobody presses any more.
        runtime.shutdown_background();
        left
    }

    async fn call(&self, plain: bool, record: Option<WavFile>, screen: &Screen) -> Result<Exit, CliError> {
        let (speaker, loudspeaker) = self.loudspeaker();
        let metered = !plain && screen.paint().coloured;
        let listens = speaker.is_some() || record.is_some() || metered;
        let sound = Sounding { plain, metered, speaker, loudspeaker, record };
        let library = self.sounds.library(screen)?;
        if let Some(address) = &self.remote.to {
            let mut story = remote::story();
            Arc::make_mut(&mut story).given.library = library;
            let target = self.remote.target(screen)?;
            let settings = self.remote.settings(address, target.as_ref(), &story)?;
            let calls = RemoteCalls::open(&story, settings, listens);
            let mut model = PhoneModel::new(&story).of_remote(address.to_string());
            if let (Some(target), Some(file)) = (&target, &self.remote.target) {
                let file = quoted(&file.display().to_string());
                let options = format!("--via {} --target {file}", quoted(&address.to_string()));
                model = model.of_target(target.sound_names(), options);
            }
            return self.play(&story, model, calls, sound, screen).await;
        }
        let mut story = demo::story();
        let given = &mut Arc::make_mut(&mut story).given;
        given.library = library;
        if let Some(profile) = &self.profile {
            given.profile = super::profile::find(profile, screen)?;
            given.policy = given.profile.policy().clone();
        }
        let seed = self.seed.unwrap_or_else(crate::store::entropy::draw);
        let opened = Calls::open(&story, seed, Pace::Realtime, listens).await;
        let calls =
            opened.map_err(|error| CliError::bad(format!("error: the bridge did not start: {error}")))?;
        let mut model = PhoneModel::new(&story);
        demo::directory(&story).into_iter().for_each(|line| model.tell(Instant::ZERO, line));
        self.play(&story, model, calls, sound, screen).await
    }

    /// Lets somebody use the telephones, until they leave.
    async fn play<C: Carrier>(
        &self,
        story: &Story,
        mut model: PhoneModel<'_>,
        (mut calls, cues): (C, Option<mpsc::Receiver<Cue>>),
        sound: Sounding,
        screen: &Screen,
    ) -> Result<Exit, CliError> {
        let Sounding { plain, metered, speaker, loudspeaker, record } = sound;
        if !loudspeaker.is_empty() {
            model.tell(Instant::ZERO, loudspeaker.clone());
        }
        model.call(0);
        let library = Arc::clone(&story.given.library);
        let (levels, metered) = if metered {
            let (levels, metered) = mpsc::channel(LEVELS_MAX);
            (Some(levels), Some(metered))
        } else {
            (None, None)
        };
        let clock = calls.clock();
        let monitor = cues.map(|cues| tokio::spawn(hear(library, clock, cues, levels, speaker, record)));
        let mut signals = Signals::take().map_err(|error| CliError::bad(format!("error: {error}")))?;
        let library = &story.given.library;
        let mut keep = |text: &str| self.keep(text);
        let left = if plain {
            let lines = plain::read()?;
            let mut out = screen.out();
            plain::run(&mut model, &mut calls, lines, &mut signals, library, &mut out, &mut keep).await
        } else {
            let mut terminal = Terminal::take()?;
            let events = terminal::read()?;
            let colours = Colours { coloured: screen.paint().coloured };
            // The terminal's library would look at NO_COLOR again.
            crossterm::style::force_color_output(colours.coloured);
            // Why there is none stands in the events.
            let loudspeaker = loudspeaker.split(':').next().unwrap_or_default().to_owned();
            let recording = self.record.as_deref().map(|path| path.display().to_string());
            let recording = recording.unwrap_or_default();
            let look =
                LiveOptions { library, colours, loudspeaker, recording, levels: metered, save: &mut keep };
            live::run(&mut model, &mut calls, &mut terminal, events, &mut signals, look).await
        };
        let scenario = self.save_scenario.as_deref().map(|path| (path, model.session().scenario()));
        calls.shut_down(&mut model).await;
        let recorded = match monitor {
            Some(monitor) => self.finish(monitor, screen).await,
            None => Ok(()),
        };
        if let Some((path, scenario)) = scenario {
            fs::write(path, &scenario.text).map_err(|error| cannot_write(path, &error))?;
            screen.say(&live::saved(&path.display().to_string(), &scenario, model.remote().is_some()));
        }
        recorded?;
        match left? {
            SessionEnd::Success => Ok(Exit::Success),
            SessionEnd::Interrupted => Ok(Exit::Interrupted),
        }
    }

    /// Opens the sound device; if there is none, returns the reason and the way out.
    fn loudspeaker(&self) -> (Option<Speaker>, String) {
        if self.mute {
            return (None, "no sound: the option --mute".to_owned());
        }
        match Speaker::open() {
            Ok(speaker) => (Some(speaker), String::new()),
            Err(Silent(why)) if self.record.is_some() => (None, why),
            Err(Silent(why)) => (None, format!("{why}; --record FILE writes what you would hear")),
        }
    }

    /// Waits for the end of the recording, and says if the loudspeaker stopped before.
    async fn finish(&self, monitor: JoinHandle<Heard>, screen: &Screen) -> Result<(), CliError> {
        let path = self.record.as_deref().unwrap_or(Path::new(""));
        let heard = monitor.await.map_err(|panicked| cannot_write(path, &panicked))?;
        if let Err(Silent(why)) = heard.played {
            screen.say(&why);
        }
        heard.recorded.map_err(|error| cannot_write(path, &error))
    }

    /// Saves a session to the given file, or to the first name that does not exist.
    fn keep(&self, text: &str) -> Result<String, String> {
        if let Some(path) = &self.save_scenario {
            return fs::write(path, text)
                .map(|()| path.display().to_string())
                .map_err(|error| error.to_string());
        }
        for number in 1..=NAMES_MAX {
            let path = format!("session-{number}.yaml");
            match File::create_new(&path) {
                Ok(mut file) => {
                    return file.write_all(text.as_bytes()).map(|()| path).map_err(|error| error.to_string());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("{path}: {error}")),
            }
        }
        Err(format!("session-1.yaml to session-{NAMES_MAX}.yaml all exist"))
    }
}

/// How a session sounds and looks.
struct Sounding {
    plain: bool,
    metered: bool,
    speaker: Option<Speaker>,
    /// Why there is none.
    loudspeaker: String,
    record: Option<WavFile>,
}

/// How playing and recording ended.
struct Heard {
    played: Result<(), Silent>,
    recorded: Result<(), hound::Error>,
}

/// Plays and records what is heard, until the exchange is out of service.
async fn hear(
    library: Arc<Library>,
    clock: Clock,
    cues: mpsc::Receiver<Cue>,
    levels: Option<mpsc::Sender<Levels>>,
    speaker: Option<Speaker>,
    mut record: Option<WavFile>,
) -> Heard {
    let mut written = Ok(());
    listen(&library, clock, cues, levels, |heard| {
        if let Some(speaker) = &speaker {
            speaker.play(&heard.speaker);
        }
        if let Some(file) = &mut record
            && written.is_ok()
        {
            written = heard.line.iter().try_for_each(|sample| file.write_sample(*sample));
        }
    })
    .await;
    let recorded = written.and_then(|()| record.map_or(Ok(()), WavFile::finalize));
    let played = match speaker {
        Some(speaker) => speaker.close().await,
        None => Ok(()),
    };
    Heard { played, recorded }
}

/// Refuses to draw where a log would be written over the screen; `way_out` says what to do instead.
pub(super) fn refuse_a_log_over_the_screen(way_out: &str) -> Result<(), CliError> {
    if LevelFilter::current() == LevelFilter::OFF || !io::stderr().is_terminal() {
        return Ok(());
    }
    let log = "the log that -v or RUST_LOG asks for would be written over the screen";
    Err(CliError::bad(format!("error: {log}: {way_out}")))
}

fn recording(path: &Path) -> Result<WavFile, CliError> {
    wav_file::create(path).map_err(|error| cannot_write(path, &error))
}

fn writable(path: &Path) -> Result<(), CliError> {
    let opened = File::options().append(true).create(true).open(path);
    opened.map(drop).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> CliError {
    CliError::bad(format!("error: {} cannot be written: {error}", path.display()))
}
