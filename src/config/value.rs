//! Values of settings: from TOML, from the environment and the command line, each checked against its kind.

use super::file::{Scalar, a};
use super::layers::without_password;
use super::setting::{Kind, Setting};
use crate::control::policy::{Policy, Takes};
use crate::control::time::parse_duration;
use crate::store::sql::Location;

/// The longest text of a setting, in bytes: what a line of a mail's header may hold (RFC 5322, 2.1.1).
const TEXT_BYTES_MAX: usize = 998;

/// Returns a value in the file as text; the error never quotes a secret.
pub(super) fn of_file(setting: &Setting, scalar: &Scalar) -> Result<String, String> {
    let (form, text) = match scalar {
        Scalar::Text(text) => (Form::Text, text.clone()),
        Scalar::Integer(number) => (Form::Number, number.clone()),
        Scalar::Flag(flag) => (Form::Flag, flag.to_string()),
        Scalar::Other(found) => return Err(other_form(setting, &a(found))),
    };
    let forms: &[Form] = match setting.kind {
        Kind::Plain(Takes::Flag) => &[Form::Flag],
        Kind::Plain(Takes::Count(..)) => &[Form::Number],
        Kind::Plain(Takes::Key) => &[Form::Number, Form::Text],
        Kind::Plain(Takes::Form { numbers: Some(_), .. }) => &[Form::Number, Form::Text],
        Kind::Plain(Takes::Form { numbers: None, .. }) => &[Form::Text],
        Kind::Plain(Takes::Duration | Takes::Word(_) | Takes::Text | Takes::Limits)
        | Kind::Address
        | Kind::Path
        | Kind::Place
        | Kind::Secret => &[Form::Text],
    };
    if forms.contains(&form) { checked(setting, text) } else { Err(other_form(setting, form.name())) }
}

/// Returns a value as it is written in TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Flag,
    Number,
    Text,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
        }
    }
}

fn other_form(setting: &Setting, found: &str) -> String {
    format!("`{}` must be {}, not {found}", setting.name, setting.kind.right())
}

/// Checks a value from the environment or the command line, where everything is text.
pub(super) fn checked(setting: &Setting, text: String) -> Result<String, String> {
    let name = &setting.name;
    if text.len() > TEXT_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!(
            "`{name}` must be one line of at most {TEXT_BYTES_MAX} bytes, without control characters"
        ));
    }
    let fits = match setting.kind {
        Kind::Plain(Takes::Flag) => ["true", "false"].contains(&text.as_str()),
        Kind::Plain(Takes::Count(least, most)) => {
            text.parse().is_ok_and(|number| (least..=most).contains(&number))
        }
        Kind::Plain(Takes::Word(words)) => words.contains(&text.as_str()),
        Kind::Address => text.parse::<lettre::Address>().is_ok(),
        Kind::Plain(Takes::Duration) => {
            parse_duration(&text).map_err(|error| error.to_string())?;
            true
        }
        Kind::Path | Kind::Place if text.is_empty() => {
            return Err(format!("`{name}` must be a path, not empty"));
        }
        Kind::Place => {
            text.parse::<Location>()
                .map_err(|why| format!("`{name}` is not valid: {}", without_password(&why)))?;
            true
        }
        Kind::Plain(Takes::Text | Takes::Limits | Takes::Key) | Kind::Path | Kind::Secret => true,
        Kind::Plain(Takes::Form { .. }) => true,
    };
    if !fits {
        let expected = setting.kind.right().replace(" in quotes", "");
        return Err(format!("`{text}` is not valid for `{name}`: expected {expected}"));
    }
    if let Some(known) = policy_name(setting) {
        Policy::default().set(known, &text).map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// Returns the BEHAVIOUR name of a setting of the bridge; `None` for one of the program's own.
pub(super) fn policy_name(setting: &Setting) -> Option<&str> {
    let own = ["bridge.", "directory.", "log.", "mail.", "records.", "rtp.", "sip.", "web.", "webhooks."]
        .iter()
        .any(|table| setting.name.starts_with(table));
    setting.name.split_once('.').map(|(_, name)| name).filter(|_| !own)
}
