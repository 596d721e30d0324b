//! A cmdlet, and one with its arguments bound, and the text that reads as the same again.

use std::fmt;

use super::fault::Fault;
use super::lex::is_single_quote;
use super::parameter::{Key, Parameter};
use crate::admin::act::Act;

/// The value of an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// `-ResetLeaderPin`, `-Confirm:$false`
    Switch(bool),
    /// `-AllowPSTNOnlyMeetings $true`
    Flag(bool),
    /// `-ResultSize 7`
    Count(u32),
    /// `-Identity amos.marble@contoso.com`; `$null` is the empty text, as in PowerShell.
    Text(String),
    /// `-SecondaryLanguages de-DE, ja-JP`; `$null` is none.
    Texts(Vec<String>),
}

/// A parameter with what it is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Argument {
    /// The parameter.
    pub parameter: &'static Parameter,
    /// The value.
    pub value: Value,
}

/// The result of a cmdlet's arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Made {
    /// An act.
    Act(Act),
    /// The list of all cmdlets.
    EveryCmdlet,
    /// The help of the cmdlet of this name.
    Help(String),
}

/// A cmdlet.
#[derive(Clone, Copy, Debug)]
pub struct Cmdlet {
    /// Its name.
    pub name: &'static str,
    /// Its own parameters, in groups that several have.
    pub parameters: &'static [&'static [Parameter]],
    /// The parameter that needs no name.
    pub positional: Option<&'static str>,
    /// Whether that one must be given.
    pub required: bool,
    /// Whether it changes anything, and takes `-WhatIf` and `-Confirm`.
    pub changes: bool,
    /// Converts the arguments.
    pub makes: fn(&Command) -> Result<Made, Fault>,
    /// A one-sentence description.
    pub doc: &'static str,
}

/// There is one cmdlet of a name.
impl PartialEq for Cmdlet {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Cmdlet {}

/// A cmdlet with its arguments in the order in which they were written, each once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The cmdlet.
    pub cmdlet: &'static Cmdlet,
    /// The arguments.
    pub arguments: Vec<Argument>,
}

impl Command {
    /// Returns the value of this parameter, if it was given.
    pub(super) fn value(&self, key: Key) -> Option<&Value> {
        self.arguments.iter().find(|given| given.parameter.key == key).map(|given| &given.value)
    }

    /// Returns whether a switch is on.
    pub(super) fn has(&self, key: Key) -> bool {
        self.value(key) == Some(&Value::Switch(true))
    }

    pub(super) fn flag(&self, key: Key) -> Option<bool> {
        if let Some(Value::Flag(flag)) = self.value(key) { Some(*flag) } else { None }
    }

    pub(super) fn count(&self, key: Key) -> Option<u32> {
        if let Some(Value::Count(count)) = self.value(key) { Some(*count) } else { None }
    }

    pub(super) fn text(&self, key: Key) -> Option<&str> {
        if let Some(Value::Text(text)) = self.value(key) { Some(text) } else { None }
    }

    pub(super) fn texts(&self, key: Key) -> Option<&[String]> {
        if let Some(Value::Texts(texts)) = self.value(key) { Some(texts) } else { None }
    }
}

impl fmt::Display for Command {
    /// With every name written out, and texts in single quotes: it reads as the same command again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cmdlet.name)?;
        for Argument { parameter, value } in &self.arguments {
            write!(f, " -{}", parameter.name)?;
            match value {
                Value::Switch(true) => {}
                Value::Switch(false) => f.write_str(":$false")?,
                Value::Flag(flag) => write!(f, " ${flag}")?,
                Value::Count(count) => write!(f, " {count}")?,
                Value::Text(text) => write!(f, " {}", Quoted(text))?,
                Value::Texts(texts) if texts.is_empty() => f.write_str(" $null")?,
                Value::Texts(texts) => {
                    let texts: Vec<String> = texts.iter().map(|text| Quoted(text).to_string()).collect();
                    write!(f, " {}", texts.join(", "))?;
                }
            }
        }
        Ok(())
    }
}

/// A text in single quotes, in which only they are doubled.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("'")?;
        for c in self.0.chars() {
            if is_single_quote(c) {
                write!(f, "{c}")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("'")
    }
}
