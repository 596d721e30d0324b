//! One value for each setting out of its sources, and the configuration out of the values.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::environment::{OURS, is_of_a_service, unknown};
use super::file::ConfigFile;
use super::problem::{At, MASK, Origin, Problem};
use super::secrets::{exposed, read_secret};
use super::setting::{DIRECTORY, Kind, Setting};
use super::value::{checked, of_file};
use super::{
    Config, DirectoryConfig, Folders, LogConfig, Login, MailConfig, Retry, Secret, Security, Smtp, Transport,
    WebConfig,
};
use crate::control::policy::Takes;
use crate::control::time::parse_duration;
use crate::store::sql::Location;
use crate::suggest::suggest;
use crate::telemetry::{LogFormat, check_levels};

/// The variable that names the file.
const CONFIG_VARIABLE: &str = "ATTENDANT_CONFIG";

/// Holds the token with which commands speak to the REST API of a server; it sets nothing.
pub const TOKEN_VARIABLE: &str = "ATTENDANT_TOKEN";

/// The shortest token that reads the figures, in bytes: 16 random hexadecimal digits are 64 bits.
const SCRAPE_TOKEN_BYTES_MIN: usize = 16;

/// The name of the file in the platform's folder.
const FILE_NAME: &str = "attendant.toml";

/// Options from the command line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommandLine {
    /// `--config`
    pub file: Option<PathBuf>,
    /// `--directory`
    pub directory: Option<String>,
    /// `--option NAME=VALUE`, the last of a name counts.
    pub options: Vec<(String, String)>,
    /// Options of their own, such as `--listen`: the option, the setting that it gives, and its value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

/// A setting with its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Valued {
    /// The setting.
    pub setting: Setting,
    /// Its value, with paths resolved and secrets masked; empty if not set.
    pub shown: String,
    /// The source of the value.
    pub origin: Origin,
}

/// Why a configuration cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    pub(super) problems: Vec<Problem>,
    pub(super) file: Option<ConfigFile>,
}

impl ConfigError {
    /// Renders all problems for a screen.
    #[must_use]
    pub fn render(&self, coloured: bool) -> String {
        let told: Vec<String> =
            self.problems.iter().map(|problem| problem.render(self.file.as_ref(), coloured)).collect();
        told.join("\n")
    }

    /// Returns the number of problems.
    #[must_use]
    pub fn count(&self) -> usize {
        self.problems.len()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the configuration: `asked` on the command line over `environment` over the file over the defaults.
    ///
    /// # Errors
    /// All problems, each with its place.
    pub fn load(
        asked: &CommandLine,
        environment: impl IntoIterator<Item = (String, String)>,
        folders: &Folders,
    ) -> Result<Self, Box<ConfigError>> {
        let variables: BTreeMap<String, String> = environment.into_iter().collect();
        let ours = variables.iter().filter(|(name, _)| name.starts_with(OURS));
        let environment = ours.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut loading = Loading::new(folders, variables);
        loading.file(asked, &environment);
        loading.environment(&environment);
        loading.flags(asked);
        loading.config()
    }
}

pub(super) struct Loading<'f> {
    folders: &'f Folders,
    pub(super) known: Vec<Setting>,
    pub(super) values: BTreeMap<String, (String, Origin)>,
    /// The whole environment, for settings that name a variable of it.
    pub(super) variables: BTreeMap<String, String>,
    file: Option<ConfigFile>,
    wrong: Vec<Problem>,
    /// Returns the warnings.
    pub(super) notes: Vec<String>,
}

impl<'f> Loading<'f> {
    fn new(folders: &'f Folders, variables: BTreeMap<String, String>) -> Self {
        let former = Setting::former().into_iter().map(|(setting, _)| setting);
        let (known, values) = (former.chain(Setting::all()).collect(), BTreeMap::new());
        Self { folders, known, values, variables, file: None, wrong: Vec::new(), notes: Vec::new() }
    }

    fn file(&mut self, asked: &CommandLine, environment: &BTreeMap<String, String>) {
        let named = asked.file.clone().or_else(|| environment.get(CONFIG_VARIABLE).map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| self.folders.config.join(FILE_NAME));
        match ConfigFile::read(&path) {
            Ok(Some(file)) => self.file = Some(file),
            Ok(None) if named.is_none() => {}
            Ok(None) => {
                let help = "`attendant config example` prints a file to start with";
                let at = At::Named(path.display().to_string());
                self.wrong.push(Problem::new(at, "file not found", Some(help.to_owned())));
            }
            Err(wrong) => self.wrong.push(wrong),
        }
        let Some(file) = &self.file else { return };
        let (entries, wrong) = file.entries(&self.known);
        self.wrong.extend(wrong);
        for entry in entries {
            let Some(setting) = self.known.iter().find(|setting| setting.name == entry.name) else {
                continue;
            };
            let origin = Origin::File { key: entry.key, value: entry.value, line: entry.line };
            match of_file(setting, &entry.scalar) {
                Ok(value) => {
                    self.values.insert(entry.name, (value, origin));
                }
                Err(message) => {
                    let help = example_of(setting);
                    self.wrong.push(Problem::about(&origin, message, help));
                }
            }
        }
    }

    fn environment(&mut self, environment: &BTreeMap<String, String>) {
        for (variable, value) in environment.iter() {
            if [CONFIG_VARIABLE, TOKEN_VARIABLE].contains(&&**variable) {
                continue;
            }
            if is_of_a_service(variable, value) {
                continue;
            }
            let Some(setting) = self.known.iter().find(|setting| setting.variable() == *variable) else {
                // The variable may be meant for another program, so it is not an error.
                self.notes.push(unknown(variable, &self.known));
                continue;
            };
            let (name, origin) = (setting.name.clone(), Origin::Environment(variable.clone()));
            self.take(&name, value, origin);
        }
    }

    fn flags(&mut self, asked: &CommandLine) {
        for (name, value) in &asked.options {
            let origin = Origin::Flag("--option".to_owned());
            let Some(setting) = self.known.iter().find(|setting| setting.name == *name) else {
                let help = suggest(name, self.known.iter().map(|setting| setting.name.as_str()));
                let help = help.unwrap_or_else(|| "`attendant config example` lists all settings".to_owned());
                self.wrong.push(Problem::about(&origin, format!("unknown setting `{name}`"), help));
                continue;
            };
            if setting.kind == Kind::Secret {
                let message = format!(
                    "`{name}` cannot be set on the command line, which every user of this machine can read"
                );
                let help = format!("set {}, or {name}_file", setting.variable());
                self.wrong.push(Problem::about(&origin, message, help));
                continue;
            }
            self.take(name, value, origin);
        }
        for (flag, name, value) in &asked.flags {
            self.take(name, value, Origin::Flag((*flag).to_owned()));
        }
        if let Some(place) = &asked.directory {
            self.take(DIRECTORY, place, Origin::Flag("--directory".to_owned()));
        }
        if matches!(self.origin(DIRECTORY), Origin::Flag(_)) {
            let place = self.or_empty(DIRECTORY);
            if without_password(&place) != place {
                let note = "every user of this machine can see the password of the database on the command line: set \
                            ATTENDANT_DIRECTORY or directory.place instead";
                self.notes.push(note.to_owned());
            }
        }
    }

    fn take(&mut self, name: &str, value: &str, origin: Origin) {
        let Some(setting) = self.known.iter().find(|setting| setting.name == name) else { return };
        match checked(setting, value.to_owned()) {
            Ok(value) => {
                self.values.insert(name.to_owned(), (value, origin));
            }
            Err(message) => {
                let help = format!("expected {}", setting.kind.right().replace(" in quotes", ""));
                let is_said = message.contains(&help);
                let problem = Problem::about(&origin, message, help);
                self.wrong.push(if is_said { Problem { help: None, ..problem } } else { problem });
            }
        }
    }

    /// Returns the value of a setting; `None` if it is empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let set = self.values.get(name).map(|(value, _)| value.clone());
        let default =
            || self.known.iter().find(|setting| setting.name == name).map(|setting| setting.default.clone());
        set.or_else(default).filter(|value| !value.is_empty())
    }

    pub(super) fn or_empty(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    pub(super) fn origin(&self, name: &str) -> Origin {
        self.values.get(name).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    pub(super) fn refuse(&mut self, name: &str, message: &str, help: &str) {
        let wrong = Problem::about(&self.origin(name), message, help);
        self.wrong.push(wrong);
    }

    pub(super) fn duration(&self, name: &str) -> Duration {
        // What was set is checked, and a test holds the defaults to the same check.
        parse_duration(&self.or_empty(name)).unwrap_or_default()
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        let text = self.text(name)?;
        Some(self.resolved(&text, &self.origin(name)))
    }

    /// Resolves a path: in the file, relative to the file; anywhere else, to the current folder.
    pub(super) fn resolved(&self, text: &str, origin: &Origin) -> PathBuf {
        if let Some(below_home) = text.strip_prefix("~/") {
            return self.folders.home.join(below_home);
        }
        let beside = self.file.as_ref().and_then(|file| file.path.parent());
        match (origin, beside) {
            (Origin::File { .. }, Some(folder)) => folder.join(text),
            (Origin::File { .. } | Origin::Default | Origin::Profile(_), _)
            | (Origin::Environment(_) | Origin::Flag(_), _) => PathBuf::from(text),
        }
    }

    fn config(mut self) -> Result<Config, Box<ConfigError>> {
        let (directory, mail, web) = (self.directory(), self.mail(), self.web());
        let (log, sip) = (self.log(), self.sip());
        let (webhooks, rates) = (self.webhooks(), self.rates());
        let (policy, profile) = (self.policy(), self.profile());
        if !self.wrong.is_empty() {
            self.wrong.sort_by_key(Problem::place);
            return Err(Box::new(ConfigError { problems: self.wrong, file: self.file }));
        }
        let values = self.shown(&directory, &mail);
        let mut notes = std::mem::take(&mut self.notes);
        notes.extend(self.readable_secrets());
        Ok(Config {
            directory,
            mail,
            web,
            log,
            sip,
            webhooks,
            rates,
            policy,
            profile,
            values,
            file: self.file,
            notes,
        })
    }

    fn directory(&self) -> DirectoryConfig {
        let data = &self.folders.data;
        let place = match self.text(DIRECTORY) {
            None => data.join("directory.db").display().to_string(),
            Some(url) if url.contains("://") => url,
            Some(path) => self.resolved(&path, &self.origin(DIRECTORY)).display().to_string(),
        };
        let by_default = || place.parse().ok().and_then(|location: Location| location.keyring());
        // Whoever names another file means that one with its own keyring, and not with that of the configured one.
        let is_flag = |name| matches!(self.origin(name), Origin::Flag(_));
        let is_file = matches!(place.parse(), Ok(Location::File(_)));
        let is_another_file = is_file && is_flag(DIRECTORY) && !is_flag("directory.keyring");
        let keyring = self.path("directory.keyring").filter(|_| !is_another_file);
        let keyring = keyring.or_else(by_default).unwrap_or_else(|| data.join("keyring"));
        DirectoryConfig { place, keyring }
    }

    fn mail(&mut self) -> MailConfig {
        let transport = if self.or_empty("mail.transport") == "smtp" {
            Transport::Smtp(self.smtp())
        } else {
            let maildir = self.path("mail.maildir").unwrap_or_else(|| self.folders.data.join("mail"));
            Transport::Maildir(maildir)
        };
        let help_link = self.text("mail.help_link");
        if help_link.as_ref().is_some_and(|link| !link.starts_with("https://")) {
            self.refuse("mail.help_link", "a link in a mail must start with https://", "write https://…");
        }
        let retry = Retry {
            first: self.duration("mail.retry.first"),
            longest: self.duration("mail.retry.longest"),
            attempts: self.or_empty("mail.retry.attempts").parse().unwrap_or(1),
        };
        if retry.first > retry.longest || retry.first.is_zero() {
            let help = "set mail.retry.first to at least 1ms and at most mail.retry.longest";
            self.refuse(
                "mail.retry.first",
                "the first wait before a retry is zero, or longer than the longest",
                help,
            );
        }
        MailConfig {
            transport,
            sender_address: self.or_empty("mail.sender_address"),
            sender_name: self.or_empty("mail.sender_name"),
            organization: self.or_empty("mail.organization"),
            help_link,
            retry,
        }
    }

    fn web(&mut self) -> WebConfig {
        let listen = self.listen("web.listen", "127.0.0.1:8080");
        let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let tls = match (self.path("web.certificate"), self.path("web.key")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                self.refuse("web.certificate", "web.certificate is set, but web.key is not", "set web.key");
                None
            }
            (None, Some(_)) => {
                self.refuse("web.key", "web.key is set, but web.certificate is not", "set web.certificate");
                None
            }
        };
        let safe = tls.is_some() || listen.ip().is_loopback();
        if !safe && self.or_empty("web.allow_unencrypted") != "true" {
            let message = format!("passwords and PINs would be sent to {listen} unencrypted");
            let help =
                "set web.certificate and web.key; behind a proxy that encrypts, set web.allow_unencrypted";
            self.refuse("web.listen", &message, help);
        }
        let proxy = self.or_empty("web.proxy");
        let proxy = (!proxy.is_empty()).then(|| proxy.parse()).transpose().unwrap_or_else(|_| {
            let message = format!("`{proxy}` is not the address of a proxy");
            self.refuse("web.proxy", &message, "write an address without a port, such as \"10.0.0.5\"");
            None
        });
        let names = self.or_empty("web.names").to_ascii_lowercase();
        let names: Vec<String> =
            names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if let Some(wrong) = names.iter().find(|name| !is_host_name(name)) {
            let message = format!("`{wrong}` is not the name of a host");
            self.refuse("web.names", &message, "write names without ports, as \"dialin.contoso.com\"");
        }
        let scrape_token = self.secret("web.scrape_token");
        if scrape_token.as_ref().is_some_and(|token| token.len() < SCRAPE_TOKEN_BYTES_MIN) {
            let name = self.set_of("web.scrape_token");
            let message =
                format!("a scrape token of fewer than {SCRAPE_TOKEN_BYTES_MIN} characters can be guessed");
            self.refuse(&name, &message, "`openssl rand -hex 32` makes a good one");
        }
        WebConfig { listen, tls, proxy, names, scrape_token: scrape_token.map(Secret) }
    }

    fn log(&mut self) -> LogConfig {
        let levels = self.or_empty("log.level");
        if let Err(part) = check_levels(&levels) {
            let message = format!("`{part}` is not a level, or a part of the program with a level");
            self.refuse("log.level", &message, "write as \"info\" or \"info,attendant::http=off\"");
        }
        let format = LogFormat::from_word(&self.or_empty("log.format")).unwrap_or_default();
        LogConfig { levels, format }
    }

    /// Returns a secret, which is set by itself or by a file that holds only it.
    pub(super) fn secret(&mut self, name: &'static str) -> Option<String> {
        let by_file = format!("{name}_file");
        match (self.text(name), self.path(&by_file)) {
            (Some(_), Some(_)) => {
                self.refuse(name, &format!("both {name} and {by_file} are set"), "remove one of them");
                None
            }
            (Some(secret), None) => Some(secret),
            (None, Some(file)) => read_secret(&file)
                .map_err(|why| {
                    let help = "the file must hold only the secret, in one line";
                    self.refuse(&by_file, &format!("{}: {why}", file.display()), help);
                })
                .ok(),
            (None, None) => None,
        }
    }

    /// Returns which of the two settings of a secret is set.
    pub(super) fn set_of(&self, name: &'static str) -> String {
        let by_file = format!("{name}_file");
        if self.values.contains_key(&by_file) { by_file } else { name.to_owned() }
    }

    fn smtp(&mut self) -> Smtp {
        let host = self.or_empty("mail.smtp.host");
        if host.is_empty() {
            let help = "set mail.smtp.host";
            self.refuse("mail.transport", "mail.transport is smtp, but no server is set", help);
        }
        let security = match self.or_empty("mail.smtp.security").as_str() {
            "tls" => Security::Tls,
            "none" => Security::None,
            _ => Security::StartTls,
        };
        let unencrypted_is_fine =
            is_loopback(&host) || self.or_empty("mail.smtp.allow_unencrypted") == "true";
        if security == Security::None && !host.is_empty() && !unencrypted_is_fine {
            let message = format!("mail with PINs would be sent to {host} unencrypted");
            let help = "set mail.smtp.security to starttls or tls; if the connection to that server is \
                        safe, set mail.smtp.allow_unencrypted";
            self.refuse("mail.smtp.security", &message, help);
        }
        let timeout = self.duration("mail.smtp.timeout");
        if timeout.is_zero() {
            self.refuse(
                "mail.smtp.timeout",
                "a timeout of zero leaves no time to send a mail",
                "write a duration such as \"1m\"",
            );
        }
        let port = match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        };
        let port = self.text("mail.smtp.port").and_then(|text| text.parse().ok()).unwrap_or(port);
        let (login, ca_file) = (self.login(), self.path("mail.smtp.ca_file"));
        Smtp { host, port, security, login, ca_file, timeout }
    }

    fn login(&mut self) -> Option<Login> {
        let user = self.text("mail.smtp.user");
        let wrong = self.wrong.len();
        let password = self.secret("mail.smtp.password");
        if self.wrong.len() > wrong {
            return None;
        }
        match (user, password) {
            (Some(user), Some(password)) => Some(Login { user, password: Secret(password) }),
            (None, Some(_)) => {
                let name = self.set_of("mail.smtp.password");
                self.refuse(&name, "a password is set, but mail.smtp.user is not", "set mail.smtp.user");
                None
            }
            (Some(_), None) => {
                let help = "set mail.smtp.password_file";
                self.refuse("mail.smtp.user", "mail.smtp.user is set, but no password is", help);
                None
            }
            (None, None) => None,
        }
    }

    fn shown(&self, directory: &DirectoryConfig, mail: &MailConfig) -> Vec<Valued> {
        let shown = |setting: &Setting| {
            let text = self.text(&setting.name);
            match (setting.kind, setting.name.as_str()) {
                (Kind::Secret, _) => text.map(|_| MASK.to_owned()),
                (Kind::Place, _) => Some(without_password(&directory.place)),
                (_, "directory.keyring") => Some(directory.keyring.display().to_string()),
                (_, "mail.maildir") => match &mail.transport {
                    Transport::Maildir(folder) => Some(folder.display().to_string()),
                    Transport::Smtp(_) => self.path(&setting.name).map(|path| path.display().to_string()),
                },
                (_, "mail.smtp.port") => match &mail.transport {
                    Transport::Smtp(smtp) => Some(smtp.port.to_string()),
                    Transport::Maildir(_) => text,
                },
                (Kind::Path, _) => self.path(&setting.name).map(|path| path.display().to_string()),
                (Kind::Plain(_) | Kind::Address, _) => text,
            }
        };
        let valued = |setting: &Setting| Valued {
            shown: shown(setting).unwrap_or_default(),
            origin: self.origin(&setting.name),
            setting: setting.clone(),
        };
        let is_former =
            |setting: &&Setting| !Setting::former().iter().any(|(former, _)| former.name == setting.name);
        self.known.iter().filter(is_former).map(valued).collect()
    }

    /// Warns of files with secrets that other users can read.
    fn readable_secrets(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let secret_in_file = self.known.iter().any(|setting| {
            let from_file = matches!(self.origin(&setting.name), Origin::File { .. });
            let value = self.or_empty(&setting.name);
            from_file
                && (setting.kind == Kind::Secret
                    || (setting.kind == Kind::Place && without_password(&value) != value))
        });
        if let (true, Some(file)) = (secret_in_file, &self.file)
            && let Some(advice) = exposed(&file.path)
        {
            let file = file.path.display();
            notes.push(format!("{file} holds a password and can be read by other users: {advice}"));
        }
        let named = [
            "mail.smtp.password_file",
            "web.scrape_token_file",
            "webhooks.secret_file",
            "webhooks.second.secret_file",
            "webhooks.third.secret_file",
            "web.key",
            "sip.key",
        ];
        let named = named.map(|name| self.path(name));
        for file in named.into_iter().chain([self.sip_users_file()]).flatten() {
            if let Some(advice) = exposed(&file) {
                notes.push(format!("{} can be read by other users: {advice}", file.display()));
            }
        }
        notes
    }
}

/// Returns how a setting is written in the file, for help.
fn example_of(setting: &Setting) -> String {
    let value = match setting.kind {
        Kind::Plain(Takes::Word(words)) => words.first().copied().unwrap_or_default().to_owned(),
        Kind::Plain(Takes::Count(least, _)) if setting.default.is_empty() => least.max(587).to_string(),
        Kind::Plain(_) | Kind::Address | Kind::Path | Kind::Place | Kind::Secret => setting.default.clone(),
    };
    let value = if value.is_empty() { "…".to_owned() } else { value };
    format!("write {} = {}", setting.table_and_key().1, setting.written(&value))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Letters, digits and hyphens, in labels (RFC 1123, section 2.1): no port, and nothing of a URL.
fn is_host_name(name: &str) -> bool {
    name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Returns a place as it may be shown: `postgres://anna:*******@host/name`.
pub(super) fn without_password(place: &str) -> String {
    let Some((scheme, rest)) = place.split_once("://") else { return place.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // A query may hold a password too: `?password=…`.
    let path = match path.split_once('?') {
        Some((path, query)) if query.contains("pass") => format!("{path}?{MASK}"),
        Some(_) | None => path.to_owned(),
    };
    let authority = match authority.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    };
    format!("{scheme}://{authority}{path}")
}
