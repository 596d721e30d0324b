//! `attendant serve`: the bridge on the users of the directory, and its admin center.

use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tracing::Level;

use super::certificates::check_certificates;
use super::configured::Configured;
use super::counted;
use super::exit::{CliError, Exit};
use super::logging::LogArgs;
use super::opened::{Opened, failed};
use super::screen::Screen;
use super::service_manager::ServiceManager;
use super::sounds::Sounds;
use crate::admin::accounts::FIRST_ADMINISTRATOR;
use crate::config::Config;
use crate::media::library::Library;
use crate::scenario::story::{Params, Story};
use crate::serve::{OpenError, Room, Service, Settings, Signals, Tls};
use crate::store::account::Password;
use crate::store::pin_hash::Cost;
use crate::suite::read_suite;
use crate::web::can_be_launched;

const EXAMPLES: &str = "\
Examples:
  attendant serve
  attendant serve --listen 127.0.0.1:0
  attendant serve --sip 127.0.0.1:5060           # telephones call here
  attendant serve --scenarios my-scenarios       # started from Live meetings
  attendant serve --profile ./our-bridge.yaml
  attendant serve --log-format json -o log.level=info,attendant::http=off
  attendant serve --listen 0.0.0.0:8443 \\
      -o web.certificate=cert.pem -o web.key=key.pem

The first start prints a one-time password for the account `admin`, once, on standard output; where that is not a \
terminal, it is alone there. Mails are sent as configured. Ctrl-C refuses new calls, lets telephones finish theirs \
(sip.drain, 30 s), ends the others, finishes pending requests and mails, then exits; pressed again, it hangs up the \
telephones and exits within a second. Without a terminal, SIGHUP reads the certificates again.";

/// The part of the program that its lines in the log are of.
const LOG: &str = "attendant::service";

/// The longest that an end takes once no call is waited for: requests have ten seconds, telephones five, and a mail that
/// is being handed to a server a minute (`mail.smtp.timeout`), all but the second at once.
const END: Duration = Duration::from_secs(75);

/// Every SIP message, in the log's language.
const TRACED: &str = "attendant::sip_trace=debug";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Configured,

    #[command(flatten)]
    sounds: Sounds,

    /// The address to listen at, instead of web.listen; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    /// Let telephones call at this address by SIP, instead of sip.listen; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT")]
    sip: Option<String>,

    /// The behaviour profile, instead of bridge.profile: a built-in one, or a file
    #[arg(long, value_name = "PROFILE", value_parser = super::profile::named_or_path, add = super::profile::profile_names())]
    profile: Option<String>,

    /// Show every SIP message in the log, without the keys that callers press
    #[arg(long)]
    trace_sip: bool,

    /// Write SIP and sound of telephones to a file for Wireshark (pcapng), with all keys masked
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,

    /// Send SIP messages and RTCP reports to this HEP collector, such as Homer, instead of sip.hep, with all keys masked
    #[arg(long, value_name = "HOST:PORT")]
    hep: Option<String>,

    /// Run the calls' clock this many times faster, for demonstrations
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    speed: u32,

    /// Offer the scenarios of this folder or file as simulated callers, in addition to the built-in ones
    #[arg(long, value_name = "PATH")]
    scenarios: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(&self, screen: &Screen, log: LogArgs) -> Result<Exit, CliError> {
        let place = self.place.clone().with("--listen", "web.listen", self.listen.clone());
        let place =
            place.with("--sip", "sip.listen", self.sip.clone()).with("--hep", "sip.hep", self.hep.clone());
        let place = place.with("--profile", "bridge.profile", self.profile.clone());
        let config = place.look(screen)?;
        if config.sip.is_none() && self.pcap.is_some() {
            let message =
                "no telephone calls, so there is nothing to write: let them with --sip, or leave out --pcap";
            return Err(CliError::bad(message.to_owned()));
        }
        if config.sip.is_some() && self.speed != 1 {
            let message =
                "telephones play no faster than real time: leave out --speed, or let no telephones call";
            return Err(CliError::bad(message.to_owned()));
        }
        let stories = self.stories(screen)?;
        let library = self.sounds.library(screen)?;
        let _flush = log.start_service(&config.log, self.trace_sip.then_some(TRACED), screen)?;
        match self.serve(config, stories, library, screen) {
            // From here on the log is what is read, by programs too.
            Err(CliError::Message(exit, message)) if tracing::enabled!(target: LOG, Level::ERROR) => {
                tracing::error!(target: LOG, "{}", message.strip_prefix("error: ").unwrap_or(&message));
                Ok(exit)
            }
            done => done,
        }
    }

    fn serve(
        &self,
        config: Config,
        stories: Stories,
        library: Arc<Library>,
        screen: &Screen,
    ) -> Result<Exit, CliError> {
        tracing::info!(target: LOG, version = env!("CARGO_PKG_VERSION"), "starting");
        let certificates = check_certificates(&config)?;
        let notes = config.notes.iter().chain(&certificates).chain(&stories.note);
        notes.for_each(|note| tracing::warn!(target: LOG, "{note}"));
        let (opened, made) = Opened::or_made(config)?;
        if let Some(directory) = made {
            tracing::info!(target: LOG, %directory, "a new directory was made");
        }
        let web = opened.config.web.clone();
        let settings = Settings {
            store: Arc::clone(&opened.store),
            keyring: Arc::clone(&opened.keyring),
            cost: Cost::DEFAULT,
            policy: opened.config.policy.clone(),
            courier: opened.courier()?,
            listen: web.listen,
            speed: self.speed,
            show: match screen.can_be_written() {
                Err(_) => nobody_sees,
                Ok(()) if screen.is_kept_in_journal() => others_read,
                Ok(()) if io::stdout().is_terminal() => show_labelled,
                Ok(()) => show_password,
            },
            scenarios: stories.placed,
            library,
            proxy: web.proxy,
            names: web.names,
            scrape_token: web.scrape_token,
            tls: web.tls.map(|(certificate, key)| Tls { certificate, key }),
            sip: opened.config.sip.clone(),
            pcap: self.pcap.clone(),
            webhooks: opened.config.webhooks.clone(),
            rates: opened.config.rates.clone(),
        };
        opened.runtime.block_on(serve(settings))
    }

    /// Reads the scenarios that are offered.
    fn stories(&self, screen: &Screen) -> Result<Stories, CliError> {
        let Some(path) = &self.scenarios else { return Ok(Stories::default()) };
        let suite = read_suite(std::slice::from_ref(path), &Params::new(), NonZeroUsize::MIN)
            .map_err(|unread| CliError::bad(unread.render(screen.paint_messages().coloured)))?;
        let stories = suite.cases.into_iter().map(|case| case.story);
        let (placed, left): (Vec<_>, Vec<_>) = stories.partition(|story| can_be_launched(story));
        let note = (!left.is_empty()).then(|| {
            let (count, path) = (counted(left.len(), "scenario"), path.display());
            let reason = "for load tests, or with administrator steps or a failing directory";
            format!("{count} of {path} cannot be used for simulated callers: {reason}")
        });
        Ok(Stories { placed, note })
    }
}

/// The scenarios that can be used for simulated callers.
#[derive(Default)]
struct Stories {
    placed: Vec<Arc<Story>>,
    /// How many cannot, and why.
    note: Option<String>,
}

async fn serve(settings: Settings) -> Result<Exit, CliError> {
    let drain = settings.sip.as_ref().map_or(Duration::ZERO, |sip| sip.drain);
    let mut signals = Signals::catch().map_err(failed)?;
    // A certificate that is wrong does not mend itself, as a setting that is: systemd is not to try it again and again.
    let not_opened = |error: OpenError| match matches!(error, OpenError::Tls(..)) {
        true => CliError::bad(format!("error: {error}")),
        false => failed(error),
    };
    let service = Service::open(settings).await.map_err(not_opened)?;
    if let Some(account) = service.first_account() {
        let account = &account.name;
        tracing::info!(
            target: LOG,
            account,
            "the one-time password of the account is on standard output, shown only now; if it is lost, `attendant accounts \
             give {account} --administrator` gives another"
        );
    }
    let manager = ServiceManager::of_environment();
    manager.ready(&format!("the admin center: {}/", service.url()));
    tracing::info!(target: LOG, url = %format_args!("{}/", service.url()), "the admin center is ready");
    if let Some((address, tls, room)) = service.telephones() {
        let tls = tls.map(tracing::field::display);
        tracing::info!(target: LOG, sip = %address, sips = tls, "telephones can call");
        let Room { ports, files, calls } = room;
        tracing::info!(target: LOG, calls = room.least(), ports, files, signalling = calls, "there is room for so many calls by telephone");
    }
    if let Some(mut rereads) = signals.rereads() {
        let certificates = service.certificates();
        tokio::spawn(async move {
            while rereads.recv().await.is_some() {
                certificates.reread().await;
            }
        });
    }
    let farewell = service.farewell();
    let at_once = async move {
        tracing::info!(target: LOG, "a second signal: telephones are hung up, and nothing else is waited for");
        farewell.say().await;
        std::process::exit(Exit::Interrupted as i32);
    };
    let stopping = async {
        signals.stop(at_once).await;
        manager.stopping(drain.saturating_add(END));
        tracing::info!(target: LOG, "stopping: no new calls; pending requests and mails are finished");
    };
    let served = service.run(stopping).await.map_err(failed)?;
    if let Some(lost) = served.lost {
        return Err(failed(format!("{lost}; all calls here have ended")));
    }
    tracing::info!(target: LOG, mails_sent = served.delivered.sent, "stopped: all calls have ended");
    Ok(Exit::Success)
}

/// Writes a password alone on standard output.
fn show_password(password: &Password) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{}", password.reveal())?;
    out.flush()
}

/// Writes it with what it is, for people, who have the log on the same screen.
fn show_labelled(password: &Password) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "user {FIRST_ADMINISTRATOR}, one-time password {}", password.reveal())?;
    out.flush()
}

/// Shows no password where standard output takes none.
fn nobody_sees(_: &Password) -> io::Result<()> {
    Err(io::Error::other("standard output is closed"))
}

/// Shows no password where systemd's journal would keep it; another command gives an account.
fn others_read(_: &Password) -> io::Result<()> {
    tracing::warn!(
        target: LOG,
        "nobody has an account for the admin center yet, and its one-time password would stay in the journal: `attendant \
         accounts give NAME --administrator` gives one"
    );
    Err(io::ErrorKind::Unsupported.into())
}
