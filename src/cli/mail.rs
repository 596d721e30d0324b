//! `attendant mail`: what waits, what was sent and what could not be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;

use super::admin_session::{AdminSession, Consent, refused};
use super::configured::Configured;
use super::exit::{CliError, Exit};
use super::language;
use super::opened::{Opened, courier, failed, runtime, unavailable};
use super::screen::Screen;
use super::{admin_session, counted};
use crate::admin::prune::PrunableMails;
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::control::call::Language;
use crate::control::time::show_duration;
use crate::mail::courier::Courier;
use crate::mail::letter::{Letter, one_line};
use crate::mail::message::Envelope;
use crate::mail::removal::FilesRemoved;
use crate::mail::worker::Delivered;
use crate::store::mail::{MailId, MailRecord, MailState, Resend};
use crate::store::{Outbox as _, entropy};

const DAY_MS: i64 = 86_400_000;

/// How often mails are looked for again that were settled while others were removed.
const PRUNE_TRIES_MAX: u32 = 20;

/// Reasons that are shown why files could not be removed.
const REASONS_MAX: usize = 10;

const EXAMPLES: &str = "\
Examples:
  attendant mail list --state dead
  attendant mail resend 17
  attendant mail send --stay
  attendant mail test amos.marble@contoso.com \\
      -o mail.transport=smtp -o mail.smtp.host=mail.contoso.com

A mail is put into the outbox together with the change it reports, and sent immediately. If that fails, it waits there \
for a retry by `attendant mail send`. `show` never shows a PIN. Where mails are files, those that were sent stay in \
their folder with the PINs in them until `prune` removes them, also from a folder that was used before.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Mail {
    #[command(subcommand)]
    command: MailCommand,
}

#[derive(Debug, clap::Subcommand)]
enum MailCommand {
    /// List the mails of the outbox, oldest first
    List(List),
    /// Print one mail as its reader sees it, the PIN masked
    Show(Show),
    /// Send mails again that were sent or are dead, with the same message IDs
    Resend(ResendArgs),
    /// Send the mails that are due
    Send(Send),
    /// Remove old mails that were sent, are dead or superseded, and their files
    Prune(Prune),
    /// Send a test mail
    Test(Test),
}

#[derive(Debug, clap::Args)]
struct Prune {
    #[command(flatten)]
    configured: Configured,

    /// Remove mails older than this many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    older_than: u32,

    #[command(flatten)]
    consent: Consent,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    configured: Configured,

    /// Only mails in this state
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<MailState>,

    /// Print JSON lines, one for each mail
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    configured: Configured,

    /// The number of the mail, from `attendant mail list`
    #[arg(value_name = "ID")]
    id: MailId,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ResendArgs {
    #[command(flatten)]
    configured: Configured,

    /// The numbers of the mails, from `attendant mail list`
    #[arg(required = true, value_name = "ID")]
    ids: Vec<MailId>,
}

#[derive(Debug, clap::Args)]
struct Send {
    #[command(flatten)]
    configured: Configured,

    /// Keep running and send mails as they fall due, until ctrl-C
    #[arg(long)]
    stay: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Test {
    #[command(flatten)]
    configured: Configured,

    /// The address to send it to
    #[arg(value_name = "ADDRESS")]
    to: String,

    /// The language
    #[arg(long, value_name = "TAG", default_value = Language::EnUs.tag(), value_parser = language)]
    language: Language,
}

fn state(text: &str) -> Result<MailState, String> {
    let known = || MailState::ALL.iter().map(|state| state.word()).collect::<Vec<_>>().join(", ");
    MailState::from_word(text).ok_or_else(|| format!("expected one of {}", known()))
}

impl Mail {
    /// Returns whether it goes on until it is stopped.
    pub(super) fn stays(&self) -> bool {
        matches!(&self.command, MailCommand::Send(send) if send.stay)
    }

    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        match &self.command {
            MailCommand::List(list) => list.run(screen),
            MailCommand::Show(show) => show.run(screen),
            MailCommand::Resend(resend) => resend.run(screen),
            MailCommand::Send(send) => send.run(screen),
            MailCommand::Prune(prune) => prune.run(screen),
            MailCommand::Test(test) => test.run(screen),
        }
    }
}

/// How many mails are read from the store at a time.
const PAGE: u32 = 500;

impl List {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let opened = Opened::to_read(self.configured.load(screen)?)?;
        let mut out = screen.page_unless(self.json);
        let mut after = 0;
        loop {
            let page = opened.store.mails_after(after, self.state, PAGE);
            let mails = opened.runtime.block_on(page).map_err(unavailable)?;
            let Some(last) = mails.last() else { break };
            if self.json {
                for mail in &mails {
                    serde_json::to_writer(&mut out, &Line::of(mail)).map_err(std::io::Error::from)?;
                    writeln!(out)?;
                }
            } else {
                if after == 0 {
                    writeln!(out, "{HEADING}")?;
                }
                for mail in &mails {
                    writeln!(out, "{}", row(mail))?;
                }
            }
            after = last.id;
        }
        out.flush()?;
        if after == 0 && !self.json {
            screen.say("no mails");
        }
        Ok(Exit::Success)
    }
}

const HEADING: &str = "   id  state    tells                tries  to";

fn row(record: &MailRecord) -> String {
    let MailRecord { id, mail, state, attempts, last_error, .. } = record;
    let due = match state {
        MailState::Waiting => format!("  {}", due(record.next_attempt_at)),
        MailState::Sent | MailState::Dead | MailState::Superseded => String::new(),
    };
    let error = last_error.as_ref().map_or(String::new(), |error| format!("  {error}"));
    format!(
        "{id:5}  {:7}  {:19}  {attempts:5}  {}{due}{error}",
        state.word(),
        mail.kind.word(),
        one_line(&mail.to)
    )
}

/// Describes when a mail is tried next.
fn due(at: i64) -> String {
    let seconds = u64::try_from((at - clock::epoch_ms()).div_euclid(1_000)).unwrap_or_default();
    if seconds == 0 {
        "due now".to_owned()
    } else {
        format!("due in {}", show_duration(Duration::from_secs(seconds)))
    }
}

/// A mail in `--json`.
#[derive(Serialize)]
struct Line<'m> {
    v: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    id: MailId,
    state: &'static str,
    tells: &'static str,
    user: &'m str,
    to: &'m str,
    language: &'static str,
    message_id: &'m str,
    /// Milliseconds since the Unix epoch, like all times here.
    put_in_at: i64,
    next_attempt_at: i64,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'m str>,
    carries_pin: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    letter: Option<Shown<'m>>,
}

/// The letter as its reader sees it.
#[derive(Serialize)]
struct Shown<'m> {
    from: &'m str,
    from_name: &'m str,
    subject: &'m str,
    text: &'m str,
}

impl<'m> Line<'m> {
    fn of(record: &'m MailRecord) -> Self {
        let mail = &record.mail;
        Self {
            v: 1,
            kind: "mail",
            id: record.id,
            state: record.state.word(),
            tells: mail.kind.word(),
            user: &mail.user,
            to: &mail.to,
            language: mail.language.tag(),
            message_id: &mail.message_id,
            put_in_at: mail.at,
            next_attempt_at: record.next_attempt_at,
            attempts: record.attempts,
            last_error: record.last_error.as_deref(),
            carries_pin: record.carries_pin,
            letter: None,
        }
    }
}

impl Show {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let opened = Opened::to_read(self.configured.load(screen)?)?;
        let found = opened.runtime.block_on(opened.store.mail(self.id)).map_err(unavailable)?;
        let record = found.ok_or_else(|| CliError::bad(unknown(self.id)))?;
        let (envelope, letter) = opened.courier()?.preview(&record);
        let mut out = screen.page_unless(self.json);
        if self.json {
            let Envelope { from, from_name, .. } = &envelope;
            let letter = Shown { from, from_name, subject: &letter.subject, text: &letter.text };
            let line = Line { letter: Some(letter), ..Line::of(&record) };
            serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            show(&record, &envelope, &letter, &mut out)?;
        }
        out.flush()?;
        Ok(Exit::Success)
    }
}

fn show(
    record: &MailRecord,
    envelope: &Envelope,
    letter: &Letter,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let pin = match (record.carries_pin, &record.mail.sealed_pin, record.state) {
        (false, _, _) => "none in it",
        (true, Some(_), _) => "hidden until it is sent",
        (true, None, MailState::Sent) => "deleted after it was sent; to mail a PIN again, reset it",
        (true, None, MailState::Waiting | MailState::Dead | MailState::Superseded) => {
            "deleted after it was replaced; to mail a PIN again, reset it"
        }
    };
    writeln!(
        out,
        "State:      {}, tried {}",
        record.state.word(),
        counted(record.attempts as usize, "time")
    )?;
    if record.state == MailState::Waiting {
        writeln!(out, "Next try:   {}", due(record.next_attempt_at))?;
    }
    if let Some(error) = &record.last_error {
        writeln!(out, "Last error: {error}")?;
    }
    writeln!(out, "PIN:        {pin}")?;
    writeln!(out, "Message-ID: <{}>", envelope.message_id)?;
    writeln!(out, "From:       {} <{}>", one_line(&envelope.from_name), one_line(&envelope.from))?;
    writeln!(out, "To:         {}", one_line(&envelope.to))?;
    write!(out, "Subject:    {}\n\n{}", letter.subject, letter.text)
}

impl ResendArgs {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let session = self.configured.open_existing("cli", screen)?;
        let opened = &session.opened;
        let mut refused = false;
        for id in &self.ids {
            let wish = session.administration.resend_mail(clock::epoch_ms(), &session.actor, *id);
            let said = match session.wait(wish).map_err(|refusal| admin_session::refused(&refusal))? {
                Resend::Waiting => continue,
                Resend::Unknown => unknown(*id),
                Resend::NotSettled => {
                    format!("mail {id} is already waiting: `attendant mail send` sends it when it is due")
                }
                Resend::PinWiped => {
                    format!(
                        "the PIN of mail {id} was deleted after it was sent or replaced: to mail a PIN \
                         again, reset it"
                    )
                }
            };
            refused = true;
            screen.say(&said);
        }
        let exit = told(opened.deliver_due()?, screen);
        for id in &self.ids {
            let found = opened.runtime.block_on(opened.store.mail(*id)).map_err(unavailable)?;
            if let Some(MailRecord { state: MailState::Dead, last_error: Some(cause), .. }) = found {
                screen.say(&format!("mail {id} is dead: {cause}"));
            }
        }
        Ok(if refused { Exit::Failed } else { exit })
    }
}

fn unknown(id: MailId) -> String {
    format!("error: unknown mail {id}; see `attendant mail list`")
}

/// Prints on standard error what happened to mails.
fn told(delivered: Delivered, screen: &Screen) -> Exit {
    let Delivered { sent, deferred, dead } = delivered;
    screen.say(&format!("{} sent, {deferred} deferred, {dead} dead", counted(sent, "mail")));
    if deferred + dead > 0 {
        screen.say("see `attendant mail list` for the reasons");
        return Exit::Failed;
    }
    Exit::Success
}

impl Send {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let opened = Opened::to_change(self.configured.load(screen)?)?;
        let delivered = if self.stay {
            let worker = opened.worker()?;
            let stop = ctrl_c();
            opened.runtime.block_on(worker.run(async move { stop.notified().await }))
        } else {
            opened.deliver_due()?
        };
        if self.json {
            let Delivered { sent, deferred, dead } = delivered;
            let mut out = screen.out();
            let line = serde_json::json!({ "v": 1, "type": "delivered", "sent": sent, "deferred": deferred, "dead": dead });
            writeln!(out, "{line}")?;
            out.flush()?;
            return Ok(if deferred + dead > 0 { Exit::Failed } else { Exit::Success });
        }
        Ok(told(delivered, screen))
    }
}

/// Notifies once ctrl-C was pressed; pressed again, it ends the program immediately.
fn ctrl_c() -> Arc<Notify> {
    let stop = Arc::new(Notify::new());
    let (pressed, before) = (Arc::clone(&stop), AtomicBool::new(false));
    let handled = ctrlc::set_handler(move || {
        if before.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        pressed.notify_one();
    });
    if let Err(error) = handled {
        tracing::warn!(target: "attendant::service", %error, "ctrl-C ends the program immediately");
    }
    stop
}

impl Prune {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let days = self.older_than;
        self.consent.ask(&format!(
            "Removing sent, dead and superseded mails older than {days} days, with their files"
        ))?;
        let session = self.configured.open_existing("cli", screen)?;
        let courier = session.opened.courier()?;
        let (mails, FilesRemoved { files, left, missing }) =
            prune(&session, &courier, i64::from(days) * DAY_MS)?;
        let in_folders = files
            .iter()
            .map(|(folder, files)| format!(", and {} in {}", counted(*files, "file"), folder.display()));
        let mut out = screen.out();
        writeln!(out, "{mails} removed{}", in_folders.collect::<String>())?;
        out.flush()?;
        for folder in missing {
            let folder = folder.display();
            screen.say(&format!("note: {folder} does not exist, so no files were removed there"));
        }
        if left.is_empty() { Ok(Exit::Success) } else { Err(not_removed(&left)) }
    }
}

/// Removes settled mails that are older than this, in milliseconds, and their files before them: a mail whose file
/// cannot be removed stays in the outbox, and the next prune finds both. Answers how many mails went, and which files.
fn prune(session: &AdminSession, courier: &Courier, age_ms: i64) -> Result<(usize, FilesRemoved), CliError> {
    let now = clock::epoch_ms();
    let mut files = BTreeMap::new();
    for _ in 0..PRUNE_TRIES_MAX {
        let found = session.wait(session.administration.prunable_mails(now - age_ms));
        let PrunableMails { before, mails } = found.map_err(|refusal| refused(&refusal))?;
        let removed = courier.remove_files(&mails);
        for (folder, count) in &removed.files {
            *files.entry(folder.clone()).or_default() += count;
        }
        let mails = mails.into_iter().map(|mail| mail.id).filter(|id| !removed.left.contains_key(id));
        let mails: Vec<MailId> = mails.collect();
        let count = mails.len();
        match session.wait(session.administration.prune_mails(now, &session.actor, before, mails)) {
            // One of them waits again by now.
            Err(Refusal::Changed) => {}
            pruned => {
                let removed = FilesRemoved { files, ..removed };
                return pruned.map(|()| (count, removed)).map_err(|refusal| refused(&refusal));
            }
        }
    }
    Err(refused(&Refusal::Changed))
}

/// Says why mails stay in the outbox: each reason once, and not more of them than a screen has room for.
fn not_removed(left: &BTreeMap<MailId, String>) -> CliError {
    let mails = counted(left.len(), "mail");
    let reasons: BTreeSet<&str> = left.values().map(String::as_str).collect();
    let shown = reasons.iter().take(REASONS_MAX).map(|why| format!("\n  {why}")).collect::<String>();
    let more = match reasons.len().saturating_sub(REASONS_MAX) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    failed(format!("{mails} stayed in the outbox, as their files could not be removed:{shown}{more}"))
}

impl Test {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let config = self.configured.load(screen)?;
        let (runtime, courier) = (runtime()?, courier(&config)?);
        let id = format!("{}@attendant.invalid", entropy::token());
        let sent = courier.send_test(&self.to, &id, clock::epoch_ms(), self.language);
        match runtime.block_on(sent) {
            Ok(()) => {
                screen.say(&format!("a test mail was sent to {}", self.to));
                Ok(Exit::Success)
            }
            Err(failure) => {
                Err(CliError::Message(Exit::Failed, format!("error: the test mail was not sent: {failure}")))
            }
        }
    }
}
