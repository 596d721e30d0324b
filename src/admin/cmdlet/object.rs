//! A cmdlet's answer as PowerShell would show it: objects with named properties, up to four of them as a table and
//! more as a list ("about_Format.ps1xml").

use std::fmt;

use super::command::Cmdlet;
use super::parameter::{ANNOUNCEMENTS, Key, Takes};
use super::table::CMDLETS;
use crate::admin::answer::{Answer, Done, NumberView, PinInfo, UserView, time};
use crate::control::call::Language;
use crate::control::pin::MASK;
use crate::control::policy::{Policy, TenantPolicy};

/// The most properties of an object that is shown as a row of a table.
const TABLE_MAX: usize = 4;

/// An object: its properties in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object(Vec<(&'static str, String)>);

impl Object {
    /// Its properties in order, each as it is shown.
    pub fn properties(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// Returns the objects of an answer. A new PIN is among them, to be shown once.
#[must_use]
pub fn objects(answer: &Answer) -> Vec<Object> {
    match answer {
        Answer::Users(users) => users.iter().map(user).collect(),
        Answer::Tenant(tenant) => vec![settings(tenant)],
        Answer::Numbers(numbers) => numbers.iter().map(number).collect(),
        Answer::Pin(info) => vec![pin_info(info)],
        Answer::Done(done) => coordinates(done).into_iter().collect(),
        // No cmdlet is answered so.
        Answer::NewToken(..) | Answer::Tokens(_) | Answer::NewAccount(..) | Answer::Accounts(_) => Vec::new(),
    }
}

/// Returns a user's coordinates, if there is a new PIN to show.
fn coordinates(done: &Done) -> Option<Object> {
    let (user, pin) = (done.user.as_ref()?, done.new_pin?);
    Some(Object(vec![
        ("Identity", user.name.clone()),
        ("ConferenceId", conference_id(user)),
        ("LeaderPin", pin.reveal().reveal()),
    ]))
}

fn conference_id(user: &UserView) -> String {
    user.conference_id.map(|id| id.reveal()).unwrap_or_default()
}

fn user(user: &UserView) -> Object {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Object(vec![
        ("Identity", user.name.clone()),
        ("DisplayName", user.display_name.clone()),
        ("PrimarySmtpAddress", text(&user.mail)),
        ("ConferenceId", conference_id(user)),
        ("LeaderPin", if user.pin_is_set { MASK } else { "" }.to_owned()),
        ("ServiceNumber", text(&user.number)),
        ("TollFreeServiceNumber", text(&user.toll_free_number)),
        ("AllowTollFreeDialIn", flag(user.allow_toll_free)),
        ("AllowPSTNOnlyMeetings", flag(user.allow_anonymous_start)),
        ("PreferredLanguage", user.language.tag().to_owned()),
    ])
}

/// The settings under the names of the parameters that set them.
fn settings(tenant: &TenantPolicy) -> Object {
    let policy = Policy { tenant: tenant.clone(), ..Policy::default() };
    let parameters = CMDLETS.iter().flat_map(Cmdlet::own);
    let shown = parameters.filter_map(|parameter| {
        let Key::Setting(name) = parameter.key else { return None };
        let value = policy.show(name)?;
        let value = match parameter.takes {
            Takes::Flag => flag(value == "true"),
            Takes::Word(_) => {
                let theirs = ANNOUNCEMENTS.iter().find(|(_, ours)| *ours == value);
                theirs.map_or(value, |(theirs, _)| (*theirs).to_owned())
            }
            Takes::Switch | Takes::Count(..) | Takes::Text | Takes::Texts => value,
        };
        Some((parameter.name, value))
    });
    Object(shown.collect())
}

fn number(number: &NumberView) -> Object {
    let secondary: Vec<&str> = number.secondary.iter().map(|language: &Language| language.tag()).collect();
    Object(vec![
        ("Number", number.number.clone()),
        ("Type", if number.toll_free { "TollFree" } else { "Toll" }.to_owned()),
        ("PrimaryLanguage", number.primary.tag().to_owned()),
        ("SecondaryLanguages", format!("{{{}}}", secondary.join(", "))),
    ])
}

fn pin_info(info: &PinInfo) -> Object {
    Object(vec![
        ("Identity", info.name.clone()),
        ("IsPinSet", flag(info.is_set)),
        ("IsLockedOut", flag(info.is_locked)),
        ("LockedOutUntil", info.locked_until.map(time).unwrap_or_default()),
        ("WrongPins", info.wrong_in_all.to_string()),
    ])
}

fn flag(flag: bool) -> String {
    if flag { "True" } else { "False" }.to_owned()
}

/// Objects of one kind, as PowerShell shows them.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'o>(pub &'o [Object]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.first() {
            None => Ok(()),
            Some(first) if first.0.len() > TABLE_MAX || self.0.len() == 1 => self.list(f),
            Some(_) => self.table(f),
        }
    }
}

impl Shown<'_> {
    /// Writes as `Format-List` does.
    fn list(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, object) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            let width = object.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            for (name, value) in &object.0 {
                writeln!(f, "{}", format!("{name:width$} : {value}").trim_end())?;
            }
        }
        Ok(())
    }

    /// Writes as `Format-Table` does.
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            self.0.iter().take(1).flat_map(Object::properties).map(|(name, _)| name).collect();
        let values = |object: &Object| object.properties().map(|(_, value)| value.to_owned()).collect();
        let mut rows: Vec<Vec<String>> = vec![
            names.iter().map(|name| (*name).to_owned()).collect(),
            names.iter().map(|name| "-".repeat(name.len())).collect(),
        ];
        rows.extend(self.0.iter().map(values));
        let widths: Vec<usize> = (0..names.len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for row in rows {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(f, "{}", cells.join(" ").trim_end())?;
        }
        Ok(())
    }
}
