//! `attendant audit`: who did what, when and from where, and whether somebody touched the log.

use std::io::Write as _;

use serde::Serialize;

use super::configured::Configured;
use super::counted;
use super::desk::{Desk, Manner, refused};
use super::exit::{Exit, Trouble};
use super::screen::Screen;
use super::shown::{Trimmed, line, table, time};
use crate::store::audit::{AuditEntry, Verifier};
use crate::store::{Directory as _, StoreError};

const EXAMPLES: &str = "\
Examples:
  attendant audit list --limit 20
  attendant audit list --json | jq 'select(.act == \"reset_pin\")'
  attendant audit verify

Each entry holds the hash of the one before it, and the end is sealed with a key of the keyring: verify finds an entry
that was edited or taken out, and an end that was cut off. Whoever has the keyring too can write the log anew.";

/// Entries that are loaded at once.
const PAGE: u32 = 1_000;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Audit {
    #[command(flatten)]
    place: Configured,

    #[command(flatten)]
    manner: Manner,

    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the entries, the oldest first
    List {
        /// Only those after this number
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: i64,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// Say whether the log is as it was written
    Verify,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    Audit {
        v: u8,
        number: i64,
        at: String,
        actor: &'l str,
        role: &'l str,
        origin: &'l str,
        act: &'l str,
        subject: &'l str,
        detail: &'l str,
        hash: &'l str,
    },
    Fault {
        v: u8,
        what: String,
    },
    Verified {
        v: u8,
        entries: usize,
        faults: usize,
    },
}

impl Audit {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let desk = self.place.open("cli", screen)?;
        match self.what {
            What::List { after, limit } => self.list(screen, &desk, after, limit),
            What::Verify => self.verify(screen, &desk),
        }
    }

    fn list(&self, screen: &Screen, desk: &Desk, after: i64, limit: Option<u32>) -> Result<Exit, Trouble> {
        let mut out = screen.out();
        let mut table = table(&["number", "time", "who", "from", "act", "whom", "what"]);
        let mut left = limit.unwrap_or(u32::MAX) as usize;
        let mut written = Ok(());
        each_entry(desk, after, |entry| {
            if left == 0 || written.is_err() {
                return false;
            }
            left -= 1;
            let AuditEntry { number, entry: what, hash, .. } = entry;
            let at = time(what.at);
            if self.manner.json {
                let (actor, role, origin) = (&what.actor, &what.role, &what.origin);
                let (act, subject, detail) = (&what.act, &what.subject, &what.detail);
                let number = *number;
                let shown = Line::Audit { v: 1, number, at, actor, role, origin, act, subject, detail, hash };
                written = line(&mut out, &shown);
            } else {
                let number = number.to_string();
                table.add_row([
                    &number,
                    &at,
                    &what.actor,
                    &what.origin,
                    &what.act,
                    &what.subject,
                    &what.detail,
                ]);
            }
            true
        })?;
        written?;
        if !self.manner.json {
            write!(out, "{}", Trimmed(&table))?;
        }
        out.flush()?;
        Ok(Exit::Well)
    }

    fn verify(&self, screen: &Screen, desk: &Desk) -> Result<Exit, Trouble> {
        let store = desk.administration.directory();
        // The head first: what is appended meanwhile lies behind it.
        let head = desk.wait(store.audit_head()).map_err(|error| refused(&error.into()))?;
        let (mut verifier, mut faults, mut entries) = (Verifier::default(), Vec::new(), 0);
        each_entry(desk, 0, |entry| {
            let inside = entry.number <= head.number || head.number == 0;
            if inside {
                entries += 1;
                faults.extend(verifier.take(entry));
            }
            inside
        })?;
        faults.extend(verifier.end(&head, &desk.opened.keyring));
        let (mut out, paint) = (screen.out(), screen.paint());
        for fault in &faults {
            let what = fault.to_string();
            if self.manner.json {
                line(&mut out, &Line::Fault { v: 1, what })?;
            } else {
                writeln!(out, "{} {what}", paint.bad("wrong"))?;
            }
        }
        let found = faults.len();
        if self.manner.json {
            line(&mut out, &Line::Verified { v: 1, entries, faults: found })?;
        } else if found == 0 {
            writeln!(out, "{}", paint.good(&format!("{entries} entries, as they were written")))?;
        } else {
            writeln!(out, "{}", paint.bad(&format!("{entries} entries: {}", counted(found, "fault"))))?;
        }
        out.flush()?;
        Ok(if found == 0 { Exit::Well } else { Exit::Failed })
    }
}

/// Takes each entry in order until one is not wanted.
fn each_entry(desk: &Desk, after: i64, mut take: impl FnMut(&AuditEntry) -> bool) -> Result<(), Trouble> {
    let store = desk.administration.directory();
    let mut after = after;
    loop {
        let page: Result<Vec<AuditEntry>, StoreError> = desk.wait(store.audit_after(after, PAGE));
        let page = page.map_err(|error| refused(&error.into()))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.number;
        if !page.iter().all(&mut take) {
            return Ok(());
        }
    }
}
