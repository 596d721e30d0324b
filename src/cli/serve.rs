//! `attendant serve`: the bridge on the users of the directory, and its admin center.

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use super::configured::Configured;
use super::counted;
use super::exit::{CliError, Exit};
use super::opened::{Opened, failed};
use super::screen::Screen;
use crate::scenario::story::{Params, Story};
use crate::serve::{Service, Settings, Tls, stop_signal};
use crate::store::account::Password;
use crate::store::pin_hash::Cost;
use crate::suite::read_suite;
use crate::web::can_be_launched;

const EXAMPLES: &str = "\
Examples:
  attendant serve
  attendant serve --listen 127.0.0.1:0
  attendant serve --scenarios my-scenarios       # to be started from Live meetings
  attendant serve --listen 0.0.0.0:8443 -o web.certificate=cert.pem -o web.key=key.pem

The first start prints a one-time password for the account `admin`, once, alone on standard output. Mails are sent as
configured. Ctrl-C finishes pending requests, calls and mails, then exits; pressed again, it exits immediately.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Configured,

    /// The address to listen at, instead of web.listen; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    /// Run the calls' clock this many times faster, for demonstrations
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    speed: u32,

    /// Offer the scenarios of this folder or file as simulated callers, in addition to the built-in ones
    #[arg(long, value_name = "PATH")]
    scenarios: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let config = self.place.clone().with("web.listen", self.listen.clone()).load(screen)?;
        let opened = Opened::new(config)?;
        let settings = Settings {
            store: Arc::clone(&opened.store),
            keyring: Arc::clone(&opened.keyring),
            cost: Cost::DEFAULT,
            policy: opened.config.policy.clone(),
            courier: opened.courier()?,
            listen: opened.config.web.listen,
            speed: self.speed,
            show: if screen.can_be_written().is_ok() { show_password } else { nobody_sees },
            scenarios: self.stories(screen)?,
            proxy: opened.config.web.proxy,
            names: opened.config.web.names.clone(),
            tls: opened.config.web.tls.clone().map(|(certificate, key)| Tls { certificate, key }),
        };
        opened.runtime.block_on(serve(settings, screen))
    }

    /// Returns the scenarios that can be used for simulated callers, and reports how many cannot.
    fn stories(&self, screen: &Screen) -> Result<Vec<Arc<Story>>, CliError> {
        let Some(path) = &self.scenarios else { return Ok(Vec::new()) };
        let suite = read_suite(std::slice::from_ref(path), &Params::new(), NonZeroUsize::MIN)
            .map_err(|unread| CliError::bad(unread.render(screen.paint_messages().coloured)))?;
        let stories = suite.cases.into_iter().map(|case| case.story);
        let (placed, left): (Vec<_>, Vec<_>) = stories.partition(|story| can_be_launched(story));
        if !left.is_empty() {
            let count = counted(left.len(), "scenario");
            let reason = "for load tests, or with administrator steps or a failing directory";
            screen.say(&format!(
                "{count} of {} cannot be used for simulated callers: {reason}",
                path.display()
            ));
        }
        Ok(placed)
    }
}

async fn serve(settings: Settings, screen: &Screen) -> Result<Exit, CliError> {
    let stop = stop_signal(|| std::process::exit(Exit::Interrupted as i32)).map_err(failed)?;
    let service = Service::open(settings).await.map_err(failed)?;
    if let Some(account) = service.first_account() {
        screen.say(&format!("the one-time password of the account {}, shown only now", account.name));
    }
    screen.say(&format!("the admin center: {}/", service.url()));
    let served = service.run(stop).await.map_err(failed)?;
    if let Some(lost) = served.lost {
        return Err(failed(format!("{lost}; all calls here have ended")));
    }
    let sent = counted(served.delivered.sent, "mail");
    screen.say(&format!("all calls have ended; {sent} sent meanwhile"));
    Ok(Exit::Success)
}

/// Writes a password alone on standard output.
fn show_password(password: &Password) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{}", password.reveal())?;
    out.flush()
}

/// Shows no password where standard output takes none.
fn nobody_sees(_: &Password) -> io::Result<()> {
    Err(io::Error::other("standard output is closed"))
}
