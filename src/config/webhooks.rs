//! The settings of webhooks: whom to tell, of what, in which form.

use super::Secret;
use super::layers::Loading;
use crate::control::event::WebhookEvent;

/// The fewest bytes of a secret that nobody guesses.
const SECRET_BYTES_MIN: usize = 16;

/// A receiver of webhooks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookConfig {
    /// Where they are sent.
    pub url: String,
    /// Of what; everything if it is empty.
    pub events: Vec<WebhookEvent>,
    /// Signs them.
    pub secret: Option<Secret>,
    /// In which form.
    pub format: WebhookFormat,
}

/// The form of a webhook.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WebhookFormat {
    /// A JSON object.
    #[default]
    Native,
    /// Form fields, as Twilio's status callbacks of conferences.
    Twilio,
}

impl WebhookConfig {
    /// The host and port of its URL, without a path that may hold a secret: what the log calls it.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.rsplit_once('@').map_or(host, |(_, host)| host)
    }
}

/// The names of one receiver's settings.
struct Names {
    url: &'static str,
    events: &'static str,
    format: &'static str,
    secret: &'static str,
}

macro_rules! names {
    ($table:literal) => {
        Names {
            url: concat!($table, ".url"),
            events: concat!($table, ".events"),
            format: concat!($table, ".format"),
            secret: concat!($table, ".secret"),
        }
    };
}

/// The receivers that there may be.
const RECEIVERS: [Names; 3] = [names!("webhooks"), names!("webhooks.second"), names!("webhooks.third")];

impl Loading<'_> {
    /// Reads the receivers; none if nobody is to be told.
    pub(super) fn webhooks(&mut self) -> Vec<WebhookConfig> {
        RECEIVERS.iter().filter_map(|names| self.receiver(names)).collect()
    }

    fn receiver(&mut self, names: &Names) -> Option<WebhookConfig> {
        let url = self.or_empty(names.url);
        let words = self.or_empty(names.events);
        let words = words.split(',').map(str::trim).filter(|word| !word.is_empty());
        let mut events = Vec::new();
        let mut unknown = None;
        for word in words {
            match WebhookEvent::from_name(word) {
                Some(event) => events.push(event),
                None => unknown = Some(word.to_owned()),
            }
        }
        if let Some(word) = unknown {
            let known = WebhookEvent::ALL.map(WebhookEvent::name).join(", ");
            let message = format!("`{word}` is no event of a webhook");
            self.refuse(names.events, &message, &format!("there are {known}"));
        }
        let secret = self.secret(names.secret);
        if secret.as_ref().is_some_and(|secret| secret.len() < SECRET_BYTES_MIN) {
            let name = self.set_of(names.secret);
            let message = format!("a secret of fewer than {SECRET_BYTES_MIN} characters can be guessed");
            self.refuse(&name, &message, "`openssl rand -hex 32` makes a good one");
        }
        let format = match self.or_empty(names.format).as_str() {
            "twilio" => WebhookFormat::Twilio,
            _ => WebhookFormat::Native,
        };
        if url.is_empty() {
            return None;
        }
        let is_http = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        if is_http.is_none_or(str::is_empty) {
            let help = "write it as \"https://example.com/attendant\"";
            let message = format!("{} is no URL that starts with http:// or https://", names.url);
            self.refuse(names.url, &message, help);
        }
        Some(WebhookConfig { url, events, secret: secret.map(Secret), format })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_calls_a_receiver_by_its_host() {
        for (url, host) in [
            ("https://hooks.example.com/secret?token=1", "hooks.example.com"),
            ("http://user:password@127.0.0.1:8080", "127.0.0.1:8080"),
        ] {
            let (events, secret, format) = (Vec::new(), None, WebhookFormat::Native);
            assert_eq!(WebhookConfig { url: url.to_owned(), events, secret, format }.host(), host);
        }
    }
}
