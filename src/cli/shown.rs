//! Answers as they are printed: tables for people, JSON lines for programs. A PIN is printed alone.

use std::io::{self, Write};

use serde::Serialize;

use super::exit::{CliError, Exit};
use super::listing::Listing;
use super::screen::Screen;
pub(super) use crate::admin::answer::time;
use crate::admin::answer::{AccountView, Answer, Done, NumberView, PinInfo, TokenView, UserView};
use crate::control::call::Language;
use crate::control::pin::MASK;
use crate::control::policy::{Policy, TenantPolicy};

/// One line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    User {
        v: u8,
        #[serde(flatten)]
        user: UserLine<'l>,
    },
    Done {
        v: u8,
        changed: bool,
        /// The new PIN, shown only here.
        #[serde(skip_serializing_if = "Option::is_none")]
        new_pin: Option<String>,
        mailed_to: &'l [String],
        remarks: &'l [String],
        user: Option<UserLine<'l>>,
        /// The service number as stored, if the act was about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        number: Option<&'l str>,
    },
    Setting {
        v: u8,
        name: &'l str,
        value: String,
        is_default: bool,
    },
    Number {
        v: u8,
        number: &'l str,
        toll_free: bool,
        primary: &'static str,
        secondary: Vec<&'static str>,
    },
    Token {
        v: u8,
        #[serde(flatten)]
        token: TokenLine<'l>,
    },
    Account {
        v: u8,
        name: &'l str,
        role: &'l str,
        must_change: bool,
        changed: String,
        /// The one-time password, shown only here.
        #[serde(skip_serializing_if = "Option::is_none")]
        password: Option<&'l str>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        remarks: &'l [String],
    },
    Pin {
        v: u8,
        id: u32,
        name: &'l str,
        is_set: bool,
        is_locked: bool,
        locked_until: Option<String>,
        wrong_in_all: u32,
    },
}

#[derive(Serialize)]
struct UserLine<'l> {
    id: u32,
    name: &'l str,
    display_name: &'l str,
    mail: Option<&'l str>,
    enabled: bool,
    conference_id: Option<String>,
    /// Stars, if there is one.
    pin: Option<&'static str>,
    number: Option<&'l str>,
    toll_free_number: Option<&'l str>,
    allow_toll_free: bool,
    allow_anonymous_start: bool,
    language: &'static str,
}

#[derive(Serialize)]
struct TokenLine<'l> {
    id: &'l str,
    user: &'l str,
    role: &'l str,
    label: &'l str,
    issued: String,
    expires: String,
    revoked: Option<String>,
    is_good: bool,
    /// The token, shown only here.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl<'l> Line<'l> {
    fn account(view: &'l AccountView, password: Option<&'l str>, remarks: &'l [String]) -> Self {
        let AccountView { name, role, must_change, changed_at } = view;
        let changed = time(*changed_at);
        Self::Account { v: 1, name, role, must_change: *must_change, changed, password, remarks }
    }
}

impl<'l> TokenLine<'l> {
    fn of(view: &'l TokenView, token: Option<String>) -> Self {
        let TokenView { id, user, role, label, issued_at, expires_at, revoked_at, is_good } = view;
        let (issued, expires, revoked) = (time(*issued_at), time(*expires_at), revoked_at.map(time));
        Self { id, user, role, label, issued, expires, revoked, is_good: *is_good, token }
    }
}

impl<'l> UserLine<'l> {
    fn of(user: &'l UserView) -> Self {
        Self {
            id: user.id,
            name: &user.name,
            display_name: &user.display_name,
            mail: user.mail.as_deref(),
            enabled: user.enabled,
            conference_id: user.conference_id.map(|id| id.reveal()),
            pin: user.pin_is_set.then_some(MASK),
            number: user.number.as_deref(),
            toll_free_number: user.toll_free_number.as_deref(),
            allow_toll_free: user.allow_toll_free,
            allow_anonymous_start: user.allow_anonymous_start,
            language: user.language.tag(),
        }
    }
}

/// Prints an answer.
pub(super) fn show(screen: &Screen, answer: &Answer, json: bool) -> Result<Exit, CliError> {
    let mut out = screen.page_unless(json);
    match answer {
        Answer::Done(done) => show_done(screen, &mut out, done, json)?,
        Answer::Users(users) if json => {
            for user in users {
                line(&mut out, &Line::User { v: 1, user: UserLine::of(user) })?;
            }
        }
        Answer::Users(users) => write!(out, "{}", users_table(users))?,
        Answer::Tenant(tenant) => show_tenant(&mut out, tenant, json)?,
        Answer::Numbers(numbers) if json => {
            for NumberView { number, toll_free, primary, secondary } in numbers {
                let secondary = secondary.iter().map(|language| language.tag()).collect();
                let (toll_free, primary) = (*toll_free, primary.tag());
                line(&mut out, &Line::Number { v: 1, number, toll_free, primary, secondary })?;
            }
        }
        Answer::Numbers(numbers) => write!(out, "{}", numbers_table(numbers))?,
        Answer::Pin(info) => show_pin(&mut out, info, json)?,
        Answer::NewToken(view, token) if json => {
            line(&mut out, &Line::Token { v: 1, token: TokenLine::of(view, Some(token.reveal())) })?;
        }
        Answer::NewToken(view, token) => {
            writeln!(out, "{}", token.reveal())?;
            out.flush()?;
            let until = time(view.expires_at);
            screen.say(&format!("{}: token {}, {}, valid until {until}", view.user, view.id, view.role));
        }
        Answer::Tokens(tokens) if json => {
            for token in tokens {
                line(&mut out, &Line::Token { v: 1, token: TokenLine::of(token, None) })?;
            }
        }
        Answer::Tokens(tokens) => write!(out, "{}", tokens_table(tokens))?,
        Answer::NewAccount(view, password, remarks) if json => {
            line(&mut out, &Line::account(view, Some(password.reveal()), remarks))?;
        }
        Answer::NewAccount(view, password, remarks) => {
            writeln!(out, "{}", password.reveal())?;
            out.flush()?;
            screen
                .say(&format!("{}: {}, must change the password at the first sign-in", view.name, view.role));
            remarks.iter().for_each(|remark| screen.say(&format!("note: {remark}")));
        }
        Answer::Accounts(accounts) if json => {
            for account in accounts {
                line(&mut out, &Line::account(account, None, &[]))?;
            }
        }
        Answer::Accounts(accounts) => write!(out, "{}", accounts_table(accounts))?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// Prints the PIN alone on standard output, so that it can be piped, and everything else on standard error.
fn show_done(screen: &Screen, out: &mut impl Write, done: &Done, json: bool) -> io::Result<()> {
    let Done { changed, user, number, new_pin, mailed_to, remarks, effects: _ } = done;
    let new_pin = new_pin.map(|pin| pin.reveal().reveal());
    if json {
        let user = user.as_ref().map(UserLine::of);
        let number = number.as_ref().map(|number| number.number.as_str());
        return line(out, &Line::Done { v: 1, changed: *changed, new_pin, mailed_to, remarks, user, number });
    }
    if let Some(pin) = new_pin {
        writeln!(out, "{pin}")?;
        out.flush()?;
    }
    if let Some(user) = user.as_ref().filter(|_| *changed) {
        let what = user.conference_id.map_or_else(
            || "not enabled for dial-in conferencing".to_owned(),
            |id| format!("conference ID {}", id.reveal()),
        );
        screen.say(&format!("{}: {what}", user.name));
    }
    tell_remarks(screen, done, "note");
    Ok(())
}

/// Prints remarks on standard error, each after `word`.
pub(super) fn tell_remarks(screen: &Screen, done: &Done, word: &str) {
    for remark in &done.remarks {
        screen.say(&format!("{word}: {remark}"));
    }
    if !done.changed && done.remarks.is_empty() && done.mailed_to.is_empty() {
        screen.say(&format!("{word}: nothing to change"));
    }
}

fn show_tenant(out: &mut impl Write, tenant: &TenantPolicy, json: bool) -> io::Result<()> {
    let policy = Policy { tenant: tenant.clone(), ..Policy::default() };
    let default = Policy::default();
    let mut table = Listing::new(&["setting", "value", "what it is"]);
    for setting in Policy::tenant_settings() {
        let value = policy.show(setting.name).unwrap_or_default();
        let is_default = default.show(setting.name).as_ref() == Some(&value);
        if json {
            line(&mut *out, &Line::Setting { v: 1, name: setting.name, value, is_default })?;
        } else {
            let value = if is_default { value } else { format!("{value} (changed)") };
            table.add_row([setting.name.to_owned(), value, setting.doc.to_owned()]);
        }
    }
    if json { Ok(()) } else { write!(out, "{}", table) }
}

fn show_pin(out: &mut impl Write, info: &PinInfo, json: bool) -> io::Result<()> {
    let PinInfo { id, name, is_set, is_locked, locked_until, wrong_in_all } = info;
    let until = locked_until.map(time);
    if json {
        let (id, is_set, is_locked, wrong_in_all) = (*id, *is_set, *is_locked, *wrong_in_all);
        return line(
            out,
            &Line::Pin { v: 1, id, name, is_set, is_locked, locked_until: until, wrong_in_all },
        );
    }
    let set = if *is_set { MASK } else { "no PIN" };
    let entry = match (is_locked, until) {
        (false, _) => "open".to_owned(),
        (true, Some(until)) => format!("locked until {until}"),
        (true, None) => "locked until an administrator unlocks it".to_owned(),
    };
    writeln!(out, "{name}: {set}, PIN entry {entry}, {wrong_in_all} wrong PINs since it was last unlocked")?;
    writeln!(out, "{name} is number {id}: meeting={id} in the log")
}

fn users_table(users: &[UserView]) -> Listing {
    let mut table =
        Listing::new(&["user", "conference ID", "PIN", "number", "toll-free", "starts without PIN", "mail"]);
    for user in users {
        let id = user.conference_id.map_or_else(|| "not enabled".to_owned(), |id| id.reveal());
        table.add_row([
            user.name.clone(),
            id,
            if user.pin_is_set { MASK } else { "" }.to_owned(),
            user.number.clone().unwrap_or_default(),
            user.toll_free_number.clone().filter(|_| user.allow_toll_free).unwrap_or_default(),
            if user.allow_anonymous_start { "yes" } else { "no" }.to_owned(),
            user.mail.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn tokens_table(tokens: &[TokenView]) -> Listing {
    let mut table = Listing::new(&["token", "user", "role", "valid until", "for"]);
    for token in tokens {
        let until = match token.revoked_at {
            Some(at) => format!("revoked {}", time(at)),
            None if token.is_good => time(token.expires_at),
            None => format!("expired {}", time(token.expires_at)),
        };
        table.add_row([&token.id, &token.user, &token.role, &until, &token.label]);
    }
    table
}

fn accounts_table(accounts: &[AccountView]) -> Listing {
    let mut table = Listing::new(&["account", "role", "password"]);
    for account in accounts {
        let given = if account.must_change { "one-time, given" } else { "changed" };
        let password = format!("{given} {}", time(account.changed_at));
        table.add_row([&account.name, &account.role, &password]);
    }
    table
}

fn numbers_table(numbers: &[NumberView]) -> Listing {
    let mut table = Listing::new(&["number", "kind", "primary language", "secondary languages"]);
    for number in numbers {
        let secondary: Vec<&str> =
            number.secondary.iter().map(|language: &Language| language.tag()).collect();
        table.add_row([
            number.number.clone(),
            if number.toll_free { "toll-free" } else { "toll" }.to_owned(),
            number.primary.tag().to_owned(),
            secondary.join(" "),
        ]);
    }
    table
}

/// One JSON line.
pub(super) fn line(out: &mut (impl Write + ?Sized), line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}
