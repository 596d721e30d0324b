//! `attendant cmdlet`: one cmdlet, as an administrator types it into PowerShell.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use super::admin_session::{AdminSession, Manner, confirm, exit_of};
use super::configured::Configured;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::shown::{line, show, tell_remarks};
use crate::admin::answer::Answer;
use crate::admin::cmdlet::object::{Shown, objects};
use crate::admin::cmdlet::order::{Deed, Order, refused};
use crate::admin::cmdlet::{Fault, read};

const EXAMPLES: &str = "\
Examples:
  attendant cmdlet \"Set-CsOnlineDialInConferencingUser \\
      -id amos.marble@contoso.com -ResetLeaderPIN\"
  attendant cmdlet 'Get-CsOnlineDialInConferencingUser -ResultSize 10'
  attendant cmdlet \"Set-CsOnlineDialInConferencingTenantSettings \\
      -PinLength 8 -WhatIf\"
  attendant cmdlet Get-Command
  attendant cmdlet 'Get-Help Enable-CsOnlineDialInConferencingUser'

Names may be abbreviated as in PowerShell, and a cmdlet asks for confirmation only with -Confirm. There are no \
pipelines and no variables; use --json for scripts. `attendant shell` runs cmdlets one after the other.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CmdletArgs {
    #[command(flatten)]
    place: Configured,

    #[command(flatten)]
    manner: Manner,

    /// The cmdlet with its arguments, quoted
    #[arg(value_name = "CMDLET")]
    text: String,
}

/// The line of `--json` for what was not done.
#[derive(Serialize)]
#[serde(tag = "type", rename = "what_if")]
struct WhatIf<'l> {
    v: u8,
    what: &'l str,
}

impl CmdletArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let Some(order) = ordered(&self.text)? else {
            let right = "a cmdlet, such as `Get-Command`";
            return Err(wrong(&Fault::new("the cmdlet is empty", right)));
        };
        let act = match &order.deed {
            Deed::Act(act) => act,
            Deed::Tell(text) => return tell(screen, text),
        };
        let session = self.place.open_for(std::slice::from_ref(act), "cmdlet", screen)?;
        carry_out(&session, &order, self.manner.json, screen)
    }
}

/// Returns the request in a text; `None` if it is blank.
pub(super) fn ordered(text: &str) -> Result<Option<Order>, CliError> {
    let command = read(text).map_err(|fault| wrong(&fault))?;
    command.map(|command| command.order()).transpose().map_err(|fault| wrong(&fault))
}

fn wrong(fault: &Fault) -> CliError {
    CliError::bad(format!("error: {fault}"))
}

/// Prints what needs no directory.
pub(super) fn tell(screen: &Screen, text: &str) -> Result<Exit, CliError> {
    let mut out = screen.out();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Success)
}

/// Does what is ordered, and shows it as PowerShell would, or as JSON lines.
pub(super) fn carry_out(
    session: &AdminSession,
    order: &Order,
    json: bool,
    screen: &Screen,
) -> Result<Exit, CliError> {
    let refuse = |refusal| CliError::Message(exit_of(&refusal), format!("error: {}", refused(&refusal)));
    let mut order = order.clone();
    order.name_user(|typed| session.wait(session.administration.whole_name(typed))).map_err(refuse)?;
    let order = &order;
    let act = match &order.deed {
        Deed::Act(act) => act,
        Deed::Tell(text) => return tell(screen, text),
    };
    for remark in &order.remarks {
        screen.say(&format!("WARNING: {remark}"));
    }
    if order.what_if {
        return what_if(order, json, screen);
    }
    if order.confirm {
        ask(order)?;
    }
    if order.verbose {
        screen.say(&format!("VERBOSE: {}", order.told()));
    }
    let answer = session.carry_out(act, screen).map_err(refuse)?;
    let answer = order.chosen(answer).map_err(refuse)?;
    if json {
        return show(screen, &answer, true);
    }
    tell(screen, &Shown(&objects(&answer)).to_string())?;
    if let Answer::Done(done) = &answer {
        tell_remarks(screen, done, "WARNING");
    }
    Ok(Exit::Success)
}

fn what_if(order: &Order, json: bool, screen: &Screen) -> Result<Exit, CliError> {
    let (what, mut out) = (order.told(), screen.out());
    if json {
        line(&mut out, &WhatIf { v: 1, what: &what })?;
    } else {
        writeln!(out, "What if: {what}")?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn ask(order: &Order) -> Result<(), CliError> {
    if !io::stdin().is_terminal() {
        return Err(CliError::bad("error: -Confirm needs a terminal to ask at; use -Confirm:$false"));
    }
    confirm(&format!("Are you sure you want to perform this action? {}", order.told()))
}
