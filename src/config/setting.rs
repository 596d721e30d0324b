//! The table of settings: each name with what it may be set to, its default and its meaning. The file, the
//! environment, the command line, `attendant config` and the documentation all read this one table.

use crate::control::policy::{FormerSetting, Group, Policy, Profile, Takes};

/// A setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Its whole name, `mail.smtp.host`: in the file the last word is the key and what is before it the table.
    pub name: String,
    /// The kind of its value.
    pub kind: Kind,
    /// Its default; empty for none.
    pub default: String,
    /// Its meaning, in one sentence.
    pub doc: &'static str,
}

/// The kind of a setting's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// What settings of the bridge take too.
    Plain(Takes),
    /// An e-mail address.
    Address,
    /// A file or a folder; relative to the folder of the configuration file that names it.
    Path,
    /// Where the directory is: a file, or the URL of a database, which may hold a password.
    Place,
    /// A secret, which is never shown.
    Secret,
}

impl Kind {
    /// Describes the expected value, for messages and the documentation.
    #[must_use]
    pub fn right(self) -> String {
        match self {
            Self::Plain(Takes::Flag) => "true or false".to_owned(),
            Self::Plain(Takes::Count(least, most)) => format!("a whole number from {least} to {most}"),
            Self::Plain(Takes::Duration) => "a duration in quotes, such as \"30s\" or \"1m30s\"".to_owned(),
            Self::Plain(Takes::Word(words)) => {
                words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
            }
            Self::Plain(Takes::Text) => "a text in quotes".to_owned(),
            Self::Plain(Takes::Limits) => {
                "two numbers in quotes, as \"10/100\": within the window / in total".to_owned()
            }
            Self::Plain(Takes::Key) => {
                "1 to 4 keys in quotes, such as \"*22\" or \"=6\", a number from 0 to 9 for * and that \
                 key, or \"none\""
                    .to_owned()
            }
            Self::Plain(Takes::Form { says, .. }) => says.to_owned(),
            Self::Address => "an e-mail address in quotes".to_owned(),
            Self::Path => "a path in quotes".to_owned(),
            Self::Place => "a path, or a URL that starts with sqlite:// or postgres://, in quotes".to_owned(),
            Self::Secret => "a password in quotes".to_owned(),
        }
    }
}

impl Setting {
    /// Returns all settings, in the order of the documentation.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let own = OWN.iter().map(|(name, kind, default, doc)| Self {
            name: (*name).to_owned(),
            kind: *kind,
            default: (*default).to_owned(),
            doc,
        });
        let defaults = Policy::default();
        let policy = Policy::SETTINGS.iter().filter(|info| info.group != Group::Tenant).map(|info| Self {
            name: format!("{}.{}", info.group.name(), info.name),
            kind: Kind::Plain(info.takes),
            default: defaults.show(info.name).unwrap_or_default(),
            doc: info.doc,
        });
        own.chain(policy).collect()
    }

    /// Returns the earlier names of settings, which are still read.
    #[must_use]
    pub fn former() -> Vec<(Self, &'static FormerSetting)> {
        let former = |former: &'static FormerSetting| {
            let group = Policy::SETTINGS.iter().find(|info| info.name == former.now).map(|info| info.group);
            let setting = Self {
                name: format!("{}.{}", group.map_or("", Group::name), former.name),
                kind: Kind::Plain(Takes::Flag),
                default: String::new(),
                doc: "An earlier name.",
            };
            (setting, former)
        };
        FormerSetting::ALL.iter().map(former).collect()
    }

    /// Returns the environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        if self.name == DIRECTORY {
            return "ATTENDANT_DIRECTORY".to_owned();
        }
        format!("ATTENDANT_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// Returns its table in the file and its key there.
    #[must_use]
    pub fn table_and_key(&self) -> (&str, &str) {
        self.name.rsplit_once('.').unwrap_or(("", &self.name))
    }

    /// Returns its default, or the given value, as it is written in the file.
    #[must_use]
    pub fn written(&self, value: &str) -> String {
        match self.kind {
            // There is no number for "not set".
            Kind::Plain(Takes::Count(..)) if value.is_empty() => "…".to_owned(),
            Kind::Plain(Takes::Flag | Takes::Count(..)) => value.to_owned(),
            Kind::Plain(Takes::Key) if value.bytes().all(|key| key.is_ascii_digit()) => value.to_owned(),
            Kind::Plain(Takes::Form { .. }) if value.parse::<u32>().is_ok() => value.to_owned(),
            Kind::Plain(Takes::Form { .. }) => format!("\"{value}\""),
            Kind::Plain(Takes::Duration | Takes::Word(_) | Takes::Text | Takes::Limits | Takes::Key)
            | Kind::Address
            | Kind::Path
            | Kind::Place
            | Kind::Secret => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        }
    }
}

/// The name of the setting that `--directory` sets.
pub(super) const DIRECTORY: &str = "directory.place";

/// The name of the setting that `--profile` sets.
pub(super) const PROFILE: &str = "bridge.profile";

/// Longest name of a host (RFC 1035, 2.3.4) apart, what is set here is text of a line; ports are RFC 9293's.
const PORT: Kind = Kind::Plain(Takes::Count(1, 65_535));

/// How often a mail may be tried: at the longest wait of ten days this is years.
const ATTEMPTS: Kind = Kind::Plain(Takes::Count(1, 1_000));

const TEXT: Kind = Kind::Plain(Takes::Text);
const FLAG: Kind = Kind::Plain(Takes::Flag);
const DURATION: Kind = Kind::Plain(Takes::Duration);

/// Name, kind, default, meaning. A default that depends on the machine is said in words, by `Folders`.
const OWN: &[(&str, Kind, &str, &str)] = &[
    (
        DIRECTORY,
        Kind::Place,
        "",
        "The directory of users, settings and waiting mail: an SQLite file, or the URL of a database.",
    ),
    (
        "directory.keyring",
        Kind::Path,
        "",
        "The keyring, the file with the secret keys of the PINs; if not set, next to the directory's file, \
         or in the data folder. A file that --directory names has its own next to it.",
    ),
    (
        "web.listen",
        TEXT,
        "127.0.0.1:8080",
        "The address and port at which the admin center listens. By default only this machine can reach it.",
    ),
    (
        "web.certificate",
        Kind::Path,
        "",
        "The TLS certificate of the admin center, with its chain, in PEM format.",
    ),
    ("web.key", Kind::Path, "", "The certificate's private key in PEM format."),
    (
        "web.proxy",
        TEXT,
        "",
        "The address of a proxy that encrypts in front of the admin center: cookies become Secure, and the \
         client's address is taken from the proxy's X-Forwarded-For.",
    ),
    (
        "web.names",
        TEXT,
        "",
        "The names by which browsers find the admin center without a certificate of its own, separated by commas, such as \
         the name of the proxy. Addresses and localhost need not be named; requests for other names are refused.",
    ),
    (
        "web.allow_unencrypted",
        FLAG,
        "false",
        "Whether other machines may reach the admin center without a certificate, for use behind a proxy \
         that encrypts.",
    ),
    (
        "web.scrape_token",
        Kind::Secret,
        "",
        "The token with which Prometheus reads all of `/metrics`. With one set, a request without it is refused. It \
         belongs to no account and opens nothing else.",
    ),
    ("web.scrape_token_file", Kind::Path, "", "A file that holds only the scrape token."),
    (
        "log.level",
        TEXT,
        "info",
        "How much `attendant serve` logs: off, error, warn, info, debug or trace; after commas other levels by part of \
         the program, such as \"info,attendant::http=off\".",
    ),
    (
        "log.format",
        Kind::Plain(Takes::Word(&["text", "json"])),
        "text",
        "How `attendant serve` writes its log: as text, or as one JSON object a line.",
    ),
    (
        "webhooks.url",
        TEXT,
        "",
        "The URL to which `attendant serve` posts what happens in meetings; nobody is told if it is empty.",
    ),
    (
        "webhooks.events",
        TEXT,
        "",
        "The events to post, separated by commas; all if empty. There are conference-start, conference-end, \
         participant-join, participant-leave, participant-mute, participant-unmute, participant-waiting, lobby-admit and \
         pin-refused.",
    ),
    (
        "webhooks.format",
        Kind::Plain(Takes::Word(&["native", "twilio"])),
        "native",
        "The form of what is posted: a JSON object, or the form fields of Twilio's conference status callback.",
    ),
    (
        "webhooks.secret",
        Kind::Secret,
        "",
        "Signs what is posted: the header X-Attendant-Signature holds sha256= and the HMAC-SHA256 of the body with this key; in \
         Twilio's form X-Twilio-Signature too, as with its auth token.",
    ),
    ("webhooks.secret_file", Kind::Path, "", "A file that holds only that secret."),
    ("webhooks.second.url", TEXT, "", "The URL of a second receiver, which is told beside the others."),
    ("webhooks.second.events", TEXT, "", "Its events, as webhooks.events."),
    (
        "webhooks.second.format",
        Kind::Plain(Takes::Word(&["native", "twilio"])),
        "native",
        "Its form, as webhooks.format.",
    ),
    ("webhooks.second.secret", Kind::Secret, "", "Its secret, as webhooks.secret."),
    ("webhooks.second.secret_file", Kind::Path, "", "A file that holds only that secret."),
    ("webhooks.third.url", TEXT, "", "The URL of a third receiver, which is told beside the others."),
    ("webhooks.third.events", TEXT, "", "Its events, as webhooks.events."),
    (
        "webhooks.third.format",
        Kind::Plain(Takes::Word(&["native", "twilio"])),
        "native",
        "Its form, as webhooks.format.",
    ),
    ("webhooks.third.secret", Kind::Secret, "", "Its secret, as webhooks.secret."),
    ("webhooks.third.secret_file", Kind::Path, "", "A file that holds only that secret."),
    (
        "records.rates",
        TEXT,
        "",
        "The price of each minute that has begun, by service number, such as \"+14255550100=0.0125, +18005550100=0.03\": what \
         records in the formats of Teams and Graph charge.",
    ),
    ("records.currency", TEXT, "USD", "The currency of records.rates, three letters."),
    (
        "sip.listen",
        TEXT,
        "",
        "The address and port at which telephones call, by SIP over UDP and TCP, such as 127.0.0.1:5060; none if empty.",
    ),
    ("sip.tls", TEXT, "", "The address and port for SIP over TLS, in addition to sip.listen; none if empty."),
    (
        "sip.certificate",
        Kind::Path,
        "",
        "The certificate for SIP over TLS, with its chain, in PEM format; if not set, web.certificate.",
    ),
    ("sip.key", Kind::Path, "", "The private key of sip.certificate in PEM format; if not set, web.key."),
    (
        "sip.advertised",
        TEXT,
        "",
        "The address at which telephones reach this machine, if it is not the one in sip.listen, as behind a NAT or in a \
         container; with a port, if that differs too.",
    ),
    (
        "sip.local_nets",
        TEXT,
        "",
        "The networks, separated by commas, in which telephones reach the address of sip.listen and not sip.advertised.",
    ),
    (
        "sip.allow",
        TEXT,
        "",
        "The addresses and networks, separated by commas, that may call without a password. The names and numbers that they \
         assert are believed, and how fast they call is not limited.",
    ),
    (
        "sip.auth",
        TEXT,
        "",
        "The users who may call, with their passwords: file: and the path of a file, or env: and the name of a variable, with \
         a line user:password for each.",
    ),
    (
        "sip.open",
        Kind::Plain(Takes::Word(&["no", "i know"])),
        "no",
        "Whether everybody may call at an address that other machines reach, without sip.allow and sip.auth.",
    ),
    (
        "sip.hep",
        TEXT,
        "",
        "The HEP collector, such as Homer, to which SIP messages and RTCP reports are sent by HEP3 over UDP, without keys: a host and \
         a port, such as homer.example.com:9060; none if empty.",
    ),
    (
        "sip.drain",
        Kind::Plain(Takes::Duration),
        "30s",
        "How long calls of telephones may go on once `attendant serve` is to stop. New ones are refused from then on, and \
         those that are left are hung up.",
    ),
    (
        "rtp.ports",
        TEXT,
        "30000-49999",
        "The range of UDP ports for the sound of telephone calls; each call takes an even one.",
    ),
    (
        "rtp.media_gone",
        DURATION,
        "0s",
        "After how long without a packet a telephone's call is ended: 5s or more, or 0s for never. Telephones that hold the call, \
         or only listen, may be silent.",
    ),
    ("rtp.bind", TEXT, "", "The address for the sound of telephone calls; if not set, that of sip.listen."),
    (
        "mail.transport",
        Kind::Plain(Takes::Word(&["maildir", "smtp"])),
        "maildir",
        "How mail is sent: to a server by SMTP, or as files to a folder that mail programs can open.",
    ),
    (
        "mail.maildir",
        Kind::Path,
        "",
        "The folder for mail as files. It holds PINs, and only its owner can read it.",
    ),
    (
        "mail.sender_address",
        Kind::Address,
        "attendant@localhost",
        "The sender's address, unless the tenant's mail_from_override sets another.",
    ),
    ("mail.sender_name", TEXT, "Audio Conferencing", "The sender's name."),
    ("mail.organization", TEXT, "", "The name that signs the mails; the sender's name if empty."),
    ("mail.help_link", TEXT, "", "The help link at the end of each mail, https only."),
    ("mail.smtp.host", TEXT, "", "The mail server."),
    (
        "mail.smtp.port",
        PORT,
        "",
        "The mail server's port; if not set, 587 for starttls, 465 for tls, 25 for none.",
    ),
    (
        "mail.smtp.security",
        Kind::Plain(Takes::Word(&["starttls", "tls", "none"])),
        "starttls",
        "How the connection is encrypted: by STARTTLS, by TLS from the start, or not at all.",
    ),
    (
        "mail.smtp.allow_unencrypted",
        FLAG,
        "false",
        "Whether security = \"none\" is allowed to another machine: anybody on the network can read the \
         PINs.",
    ),
    ("mail.smtp.user", TEXT, "", "The user name for the server, if it requires one."),
    (
        "mail.smtp.password",
        Kind::Secret,
        "",
        "The password; better set by password_file or by the environment.",
    ),
    ("mail.smtp.password_file", Kind::Path, "", "A file that holds only the password."),
    (
        "mail.smtp.ca_file",
        Kind::Path,
        "",
        "Certificates in PEM format to trust in addition to the public ones, for your own server.",
    ),
    ("mail.smtp.timeout", DURATION, "1m", "The timeout for sending one mail, connection included."),
    (
        "mail.retry.first",
        DURATION,
        "1m",
        "The wait before the first retry of a mail; it doubles with each further retry.",
    ),
    ("mail.retry.longest", DURATION, "4h", "The longest wait between two retries."),
    (
        "mail.retry.attempts",
        ATTEMPTS,
        "24",
        "After this many attempts a mail is dead, and only an administrator can send it again.",
    ),
    (
        PROFILE,
        TEXT,
        Profile::DEFAULT,
        "The behaviour profile, whose values the settings below have where nothing else is set: a built-in one, or the path of \
         a file.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_setting_has_a_name_and_a_variable_of_its_own() {
        let all = Setting::all();
        let names: BTreeSet<&str> = all.iter().map(|setting| setting.name.as_str()).collect();
        let variables: BTreeSet<String> = all.iter().map(Setting::variable).collect();
        assert_eq!((names.len(), variables.len()), (all.len(), all.len()));
    }

    #[test]
    fn a_variable_is_named_like_its_setting_but_for_the_directory() {
        let variable =
            |name: &str| Setting::all().iter().find(|setting| setting.name == name).map(Setting::variable);
        assert_eq!(variable("mail.smtp.host").as_deref(), Some("ATTENDANT_MAIL_SMTP_HOST"));
        assert_eq!(variable("directory.place").as_deref(), Some("ATTENDANT_DIRECTORY"));
    }
}
