//! Posts what happens in meetings to the receivers of webhooks: those of one meeting one after the other, those of several side
//! by side. What a receiver does not take is sent again, at longer and longer intervals; no receiver waits for another.

mod complaints;
mod message;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use ureq::Agent;

use crate::clock::{self, Clock, Pace};
use crate::config::{WebhookConfig, WebhookFormat};
use crate::control::delivery::{Delivery, WAITING_MAX};
use crate::control::event::MeetingId;
use crate::web::app::Shared;
use crate::web::live::webhooks::Webhook;

use complaints::{Complaints, LOG};
use message::Run;

/// How long the receiver may take to answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Webhooks that are being posted at a time.
const AT_ONCE: usize = 16;

/// Says which key signed the body: HMAC-SHA256 with the receiver's secret, in hexadecimal digits.
const SIGNATURE: &str = "x-attendant-signature";

/// The signature of requests in Twilio's form.
const TWILIO_SIGNATURE: &str = "x-twilio-signature";

/// Sends what comes to each receiver, as long as the program runs.
pub(crate) fn send_webhooks(app: &Shared) -> Vec<JoinHandle<()>> {
    let receivers = app.bridge.events.webhooks().iter().filter_map(|tap| tap.waiting());
    let run = Run(clock::epoch_ms());
    let tasks = receivers.map(|(config, coming)| {
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = agent.timeout_global(Some(WITHIN)).build().new_agent();
        let receiver = Receiver { agent, config, run, places: Semaphore::new(AT_ONCE) };
        tokio::spawn(send(Arc::clone(app), Arc::new(receiver), coming))
    });
    tasks.collect()
}

/// Whom webhooks are sent to.
struct Receiver {
    agent: Agent,
    config: WebhookConfig,
    run: Run,
    places: Semaphore,
}

/// A webhook was posted: in which meeting, and why it was not taken if it was not.
type Posted = (MeetingId, Result<(), String>);

async fn send(app: Shared, receiver: Arc<Receiver>, mut coming: mpsc::Receiver<Webhook>) {
    let clock = Clock::start(1, Pace::Realtime);
    let mut delivery: Delivery<Webhook> = Delivery::default();
    let mut complaints = Complaints::new(receiver.config.host());
    let mut sending: JoinSet<Posted> = JoinSet::new();
    loop {
        while let Some((meeting, webhook)) = delivery.poll_post(clock.now()) {
            let called = app.bridge.meeting_name(meeting);
            let (media_type, body) = message::body(receiver.config.format, webhook, receiver.run, &called);
            sending.spawn(post(Arc::clone(&receiver), meeting, media_type, body));
        }
        let due = delivery.poll_timeout();
        tokio::select! {
            () = app.stop.cancelled() => break,
            Some(webhook) = coming.recv(), if delivery.waiting() < WAITING_MAX => {
                // There is room: that was asked before.
                let _room = delivery.tell(clock.now(), webhook.meeting, webhook);
            }
            Some(posted) = sending.join_next() => {
                let Ok((meeting, posted)) = posted else { continue };
                let attempt = delivery.attempted(clock.now(), meeting, posted.is_ok());
                complaints.attempted(clock.now(), attempt, posted.err(), delivery.waiting());
            }
            () = clock.sleep_until(due.unwrap_or_else(|| clock.now())), if due.is_some() => {}
        }
    }
    let lost = delivery.waiting() + coming.len();
    if lost > 0 {
        tracing::warn!(
            target: LOG,
            receiver = receiver.config.host(),
            lost,
            "webhooks that the receiver had not taken are lost with the end of the program"
        );
    }
}

async fn post(receiver: Arc<Receiver>, meeting: MeetingId, media_type: &'static str, body: String) -> Posted {
    let Ok(place) = receiver.places.acquire().await else {
        return (meeting, Err("the program ends".to_owned()));
    };
    let this = Arc::clone(&receiver);
    let posted = spawn_blocking(move || this.post_now(media_type, &body)).await;
    drop(place);
    (meeting, posted.unwrap_or_else(|failed| Err(failed.to_string())))
}

impl Receiver {
    fn post_now(&self, media_type: &str, body: &str) -> Result<(), String> {
        let mut request = self.agent.post(&self.config.url).header("content-type", media_type);
        if let Some(secret) = &self.config.secret {
            let key = secret.reveal();
            request = request.header(SIGNATURE, format!("sha256={}", signature::of_body(key, body)));
            if self.config.format == WebhookFormat::Twilio {
                request = request.header(TWILIO_SIGNATURE, signature::of_form(key, &self.config.url, body));
            }
        }
        let answer = request.send(body).map_err(|error| error.to_string())?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(format!("the receiver answered {}", answer.status().as_u16()))
    }
}
