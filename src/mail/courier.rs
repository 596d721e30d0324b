//! Takes one mail out of the outbox to where it goes.

use std::path::Path;
use std::sync::Arc;

use super::SendError;
use super::letter::{About, Letter, Signature};
use super::maildir::Maildir;
use super::message::{Envelope, compose};
use super::removal::{FilesRemoved, remove_files};
use super::smtp::Server;
use crate::config::{MailConfig, Retry, Transport};
use crate::control::call::Language;
use crate::control::pin::{MASK, Pin};
use crate::store::keyring::Keyring;
use crate::store::mail::{MailRecord, OldMail};

/// The most characters of a reason that are kept: a server may answer with a page.
const REASON_CHARS_MAX: usize = 300;

/// Writes and sends mails.
#[derive(Clone, Debug)]
pub struct Courier {
    way: Route,
    sender: (String, String),
    signature: Signature,
    retry: Retry,
    /// The longest that sending one mail takes.
    longest: std::time::Duration,
}

#[derive(Clone, Debug)]
enum Route {
    Maildir(Maildir),
    Smtp(Server),
}

/// The longest that writing a file takes, before its mail may be claimed by somebody else.
const FILE_TIME: std::time::Duration = std::time::Duration::from_secs(60);

impl Courier {
    /// A courier that does what the configuration says.
    ///
    /// # Errors
    /// Certificates that are to be trusted cannot be read; says why.
    pub fn new(config: &MailConfig) -> Result<Self, String> {
        let (way, longest) = match &config.transport {
            Transport::Maildir(folder) => {
                // What is noted of a mail holds for commands in other folders too.
                let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
                (Route::Maildir(Maildir::new(folder)), FILE_TIME)
            }
            Transport::Smtp(smtp) => (Route::Smtp(Server::new(smtp)?), smtp.timeout),
        };
        let signed = if config.organization.is_empty() { &config.sender_name } else { &config.organization };
        Ok(Self {
            way,
            sender: (config.sender_address.clone(), config.sender_name.clone()),
            signature: Signature { name: signed.clone(), help_link: config.help_link.clone() },
            retry: config.retry,
            longest,
        })
    }

    /// The folder that mails are put into, where no server takes them.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.way {
            Route::Maildir(maildir) => Some(maildir.folder()),
            Route::Smtp(_) => None,
        }
    }

    /// Removes the files of mails that are removed from the outbox, wherever they were written. It blocks while it does.
    #[must_use]
    pub fn remove_files(&self, mails: &[OldMail]) -> FilesRemoved {
        remove_files(mails, self.folder())
    }

    /// Returns the retry policy for mails that failed.
    #[must_use]
    pub fn retry(&self) -> &Retry {
        &self.retry
    }

    /// The longest that sending one mail takes.
    #[must_use]
    pub fn longest(&self) -> std::time::Duration {
        self.longest
    }

    /// Sends a mail of the outbox. Its PIN is opened for this and nothing else.
    ///
    /// # Errors
    /// It was not sent; the reason holds no PIN, even if a server answered with it.
    pub async fn send(&self, record: &MailRecord, keyring: &Keyring) -> Result<(), SendError> {
        let pin = opened(record, keyring)?;
        let shown = pin.map_or_else(|| MASK.to_owned(), |pin| pin.reveal().reveal());
        let letter = self.letter(record, &shown);
        let sent = self.bring(&self.envelope(record), &letter).await;
        sent.map_err(|failure| without(&shown, failure))
    }

    /// The mail as its reader sees it, the PIN masked.
    #[must_use]
    pub fn preview(&self, record: &MailRecord) -> (Envelope, Letter) {
        (self.envelope(record), self.letter(record, MASK))
    }

    /// Sends a mail that tells nothing, to try whether mail arrives.
    ///
    /// # Errors
    /// It was not sent.
    pub async fn send_test(
        &self,
        to: &str,
        message_id: &str,
        at: i64,
        language: Language,
    ) -> Result<(), SendError> {
        let letter = Letter::write(&About::Test, language, MASK, &self.signature);
        let (from, from_name) = self.sender.clone();
        let (message_id, to) = (message_id.to_owned(), to.to_owned());
        let envelope = Envelope { message_id, at, from, from_name, to, to_name: String::new(), language };
        self.bring(&envelope, &letter).await
    }

    fn letter(&self, record: &MailRecord, pin: &str) -> Letter {
        let mail = &record.mail;
        Letter::write(&About::Event(mail.kind, mail.facts.clone()), mail.language, pin, &self.signature)
    }

    fn envelope(&self, record: &MailRecord) -> Envelope {
        let mail = &record.mail;
        let (from, from_name) = mail.from.clone().unwrap_or_else(|| self.sender.clone());
        Envelope {
            message_id: mail.message_id.clone(),
            at: mail.at,
            from,
            from_name,
            to: mail.to.clone(),
            // A mail that is sent elsewhere is about the user, and not to them.
            to_name: if mail.to.eq_ignore_ascii_case(&mail.user) {
                mail.facts.display_name.clone()
            } else {
                String::new()
            },
            language: mail.language,
        }
    }

    async fn bring(&self, envelope: &Envelope, letter: &Letter) -> Result<(), SendError> {
        let message = compose(envelope, letter)?;
        match &self.way {
            Route::Smtp(server) => server.send(&message).await,
            Route::Maildir(maildir) => {
                let (maildir, id, at) = (Arc::new(maildir.clone()), envelope.message_id.clone(), envelope.at);
                let written = move || maildir.deliver(&id, at, &message.formatted()).map(|_path| ());
                let ended = tokio::task::spawn_blocking(written).await;
                ended.unwrap_or_else(|error| {
                    Err(SendError::Later(format!("the file was not written: {error}")))
                })
            }
        }
    }
}

/// The PIN of a mail that carries one.
fn opened(record: &MailRecord, keyring: &Keyring) -> Result<Option<Pin>, SendError> {
    if !record.carries_pin {
        return Ok(None);
    }
    let Some(sealed) = &record.mail.sealed_pin else {
        return Err(SendError::Never("its PIN was replaced before it was sent".to_owned()));
    };
    match keyring.open(&sealed.0, &record.mail.message_id) {
        Ok(Some(pin)) => Ok(Some(pin)),
        Ok(None) => {
            Err(SendError::Never("its sealed PIN is damaged: reset the PIN to send a new one".to_owned()))
        }
        // The keyring may be restored.
        Err(missing) => Err(SendError::Later(missing.to_string())),
    }
}

/// A failure whose reason does not quote the PIN, and is one short line.
fn without(pin: &str, failure: SendError) -> SendError {
    let clean = |reason: String| -> String {
        let line: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        line.replace(pin, MASK).chars().take(REASON_CHARS_MAX).collect()
    };
    match failure {
        SendError::Later(reason) => SendError::Later(clean(reason)),
        SendError::Never(reason) => SendError::Never(clean(reason)),
    }
}
