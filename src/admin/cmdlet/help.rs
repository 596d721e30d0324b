//! `Get-Command` and `Get-Help`.

use std::fmt::Write as _;

use super::command::Cmdlet;
use super::fault::Fault;
use super::parameter::{Key, Parameter, Takes};
use super::table::CMDLETS;
use crate::suggest::suggest;

/// Every cmdlet with what it does.
pub(super) fn every_cmdlet() -> String {
    let width = CMDLETS.iter().map(|cmdlet| cmdlet.name.len()).max().unwrap_or(0);
    CMDLETS.iter().map(|cmdlet| format!("{:width$}  {}\n", cmdlet.name, cmdlet.doc)).collect()
}

/// Returns the help of a cmdlet.
pub(super) fn of(name: &str) -> Result<String, Fault> {
    let Some(cmdlet) = Cmdlet::named(name) else {
        let right = suggest(name, CMDLETS.iter().map(|cmdlet| cmdlet.name))
            .unwrap_or_else(|| "`Get-Command` lists them".to_owned());
        return Err(Fault::said(&format!("unknown cmdlet `{name}`; {right}")));
    };
    let mut text = format!("{}\n    {}\n\n", cmdlet.name, cmdlet.doc);
    let mut passed_over = Vec::new();
    for parameter in cmdlet.all() {
        if matches!(parameter.key, Key::PassedOver(_)) {
            passed_over.push(format!("-{}", parameter.name));
        } else if !matches!(parameter.key, Key::Refused(_)) {
            let _written = writeln!(text, "    {}", line(cmdlet, parameter));
        }
    }
    if !passed_over.is_empty() {
        let _written = writeln!(text, "\n    Accepted, but ignored: {}", passed_over.join(", "));
    }
    Ok(text)
}

/// A parameter as Microsoft's pages write it: in brackets where it may be left out.
fn line(cmdlet: &Cmdlet, parameter: &Parameter) -> String {
    let name = if cmdlet.positional == Some(parameter.name) {
        format!("[-{}]", parameter.name)
    } else {
        format!("-{}", parameter.name)
    };
    let value = match parameter.takes {
        Takes::Switch => String::new(),
        Takes::Flag => " $true|$false".to_owned(),
        Takes::Count(least, most) => format!(" <{least} to {most}>"),
        Takes::Text => " <text>".to_owned(),
        Takes::Texts => " <text, …>".to_owned(),
        Takes::Word(words) => format!(" {}", words.join("|")),
    };
    let needed = cmdlet.required && cmdlet.positional == Some(parameter.name);
    let written = if needed { format!("{name}{value}") } else { format!("[{name}{value}]") };
    match parameter.aliases {
        [] => written,
        aliases => format!("{written}  also -{}", aliases.join(", -")),
    }
}
