//! Cmdlets, as an administrator types them into PowerShell: `Set-CsOnlineDialInConferencingUser -id
//! amos.marble@contoso.com -ResetLeaderPIN`. The names are Microsoft's (Skype for Business Online, 2017), and so are the
//! rules of binding; what a cmdlet does is an [`Act`](super::act::Act) like any other.
//!
//! A text goes through three hands. `lex` takes it apart into words, as PowerShell does in front of a command; `bind`
//! gives each word to a parameter of the [`table`]; [`order`] says what is to be done. Nobody of them knows a store:
//! the command line, the shell and scenario files all read cmdlets with [`read`], and carry out what they get.
//!
//! What is PowerShell's and not here: pipelines, variables, expressions, several commands in one line. Each is refused
//! by its name. A row of four or more digits could be a PIN, and is masked in every message.

mod bind;
mod command;
pub mod complete;
mod fault;
mod help;
mod lex;
mod make;
pub mod mask;
pub mod object;
pub mod order;
pub mod parameter;
pub mod table;

pub use command::{Argument, Cmdlet, Command, Made, Value};
pub use fault::Fault;

/// The longest cmdlet, in bytes: as long as a line may be for `cmd.exe`. Nobody types longer ones.
pub const COMMAND_MAX: usize = 8_191;

/// Reads a cmdlet with its arguments; `None` where there is nothing but blanks and comments.
///
/// # Errors
/// It is not a cmdlet of the [`table`], or an argument breaks a rule; the message names the parameter and the rule.
pub fn read(text: &str) -> Result<Option<Command>, Fault> {
    if text.len() > COMMAND_MAX {
        let what = format!("the cmdlet has {} bytes", text.len());
        return Err(Fault::new(&what, &format!("at most {COMMAND_MAX}")));
    }
    bind::bind(&lex::lex(text)?)
}

/// Returns whether the text goes on in the next line: it ends with a backtick, or inside of quotes.
#[must_use]
pub fn goes_on(text: &str) -> bool {
    lex::goes_on(text)
}
