//! The settings of webhooks: whom to tell, of what, in which form.

use super::Secret;
use super::layers::Loading;
use crate::control::event::WebhookEvent;

/// The fewest bytes of a secret that nobody guesses.
const SECRET_BYTES_MIN: usize = 16;

/// The receiver of webhooks.
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

impl Loading<'_> {
    /// Reads them; nothing if nobody is to be told.
    pub(super) fn webhooks(&mut self) -> Option<WebhookConfig> {
        let url = self.or_empty("webhooks.url");
        let words = self.or_empty("webhooks.events");
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
            self.refuse("webhooks.events", &message, &format!("there are {known}"));
        }
        let secret = self.secret("webhooks.secret");
        if secret.as_ref().is_some_and(|secret| secret.len() < SECRET_BYTES_MIN) {
            let name = self.set_of("webhooks.secret");
            let message = format!("a secret of fewer than {SECRET_BYTES_MIN} characters can be guessed");
            self.refuse(&name, &message, "`openssl rand -hex 32` makes a good one");
        }
        let format = match self.or_empty("webhooks.format").as_str() {
            "twilio" => WebhookFormat::Twilio,
            _ => WebhookFormat::Native,
        };
        if url.is_empty() {
            return None;
        }
        let is_http = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        if is_http.is_none_or(str::is_empty) {
            let help = "write it as \"https://example.com/attendant\"";
            self.refuse("webhooks.url", "webhooks.url is no URL that starts with http:// or https://", help);
        }
        Some(WebhookConfig { url, events, secret: secret.map(Secret), format })
    }
}
