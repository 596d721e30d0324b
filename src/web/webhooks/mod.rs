//! Posts what happens in meetings to the receiver of webhooks: those of one meeting one after the other, those of several side by side. What the receiver does not take is
//! sent again, at longer and longer intervals.

mod message;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;
use ureq::Agent;

use crate::clock;
use crate::config::WebhookConfig;
use crate::control::event::MeetingId;
use crate::web::app::Shared;
use crate::web::live::webhooks::Webhook;

use message::Run;

/// The part of the program that these lines in the log are of.
const LOG: &str = "attendant::webhooks";

/// How long the receiver may take to answer.
const WITHIN: Duration = Duration::from_secs(5);

/// The pauses before a webhook is sent again grow from the first to the last, each twice as long as the one before ...
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// ... until so long after it happened.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Webhooks that wait for the receiver. While there are as many, no more are taken.
const WAITING_MAX: usize = 10_000;

/// Webhooks that are being posted at a time.
const AT_ONCE: usize = 16;

/// Says which key signed the body: HMAC-SHA256 with the receiver's secret, in hexadecimal digits.
const SIGNATURE: &str = "x-attendant-signature";

/// Sends what comes, as long as the program runs.
pub(crate) fn send_webhooks(app: &Shared) -> Option<JoinHandle<()>> {
    let (config, coming) = app.bridge.events.webhooks()?.waiting()?;
    let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent = agent.timeout_global(Some(WITHIN)).build().new_agent();
    let receiver = Receiver { agent, config, run: Run(clock::epoch_ms()), places: Semaphore::new(AT_ONCE) };
    Some(tokio::spawn(send(Arc::clone(app), Arc::new(receiver), coming)))
}

/// Whom webhooks are sent to.
struct Receiver {
    agent: Agent,
    config: WebhookConfig,
    run: Run,
    places: Semaphore,
}

async fn send(app: Shared, receiver: Arc<Receiver>, mut coming: mpsc::Receiver<Webhook>) {
    let mut waiting: BTreeMap<MeetingId, VecDeque<Webhook>> = BTreeMap::new();
    let mut count = 0;
    let mut sending = JoinSet::new();
    loop {
        let settled = tokio::select! {
            () = app.stop.cancelled() => break,
            Some(webhook) = coming.recv(), if count < WAITING_MAX => {
                count += 1;
                let meeting = webhook.meeting;
                let queue = waiting.entry(meeting).or_default();
                queue.push_back(webhook);
                // Whatever is before it is being sent.
                if queue.len() > 1 {
                    continue;
                }
                meeting
            }
            Some(settled) = sending.join_next() => {
                let Ok(meeting) = settled else { continue };
                count -= 1;
                let queue: &mut VecDeque<Webhook> = waiting.entry(meeting).or_default();
                queue.pop_front();
                meeting
            }
        };
        match waiting.get(&settled).and_then(VecDeque::front) {
            Some(next) => {
                let called = app.bridge.meeting_name(settled);
                sending.spawn(deliver(Arc::clone(&receiver), next.clone(), called, app.stop.clone()));
            }
            None => {
                waiting.remove(&settled);
            }
        }
    }
    let lost = count + coming.len();
    if lost > 0 {
        tracing::warn!(target: LOG, lost, "webhooks that the receiver had not taken are lost with the end of the program");
    }
}

/// Posts a webhook until it is taken, or too old. Returns the meeting, which has its next one then.
async fn deliver(
    receiver: Arc<Receiver>,
    webhook: Webhook,
    called: String,
    stop: CancellationToken,
) -> MeetingId {
    let given_up = webhook.at.saturating_add_unsigned(GIVEN_UP_AFTER.as_millis() as u64);
    let mut pause = PAUSES.0;
    loop {
        match receiver.post(&webhook, &called).await {
            Ok(()) => return webhook.meeting,
            Err(why) => {
                let (event, sequence) = (webhook.event.name(), webhook.sequence);
                if clock::epoch_ms() >= given_up {
                    tracing::error!(target: LOG, event, sequence, cause = why, "a webhook is given up after a day");
                    return webhook.meeting;
                }
                tracing::warn!(target: LOG, event, sequence, cause = why, "a webhook is sent again in {} s", pause.as_secs());
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return webhook.meeting,
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}

impl Receiver {
    async fn post(self: &Arc<Self>, webhook: &Webhook, called: &str) -> Result<(), String> {
        let (media_type, body) = message::body(self.config.format, webhook, self.run, called);
        let place = self.places.acquire().await.map_err(|closed| closed.to_string())?;
        let this = Arc::clone(self);
        let posted = spawn_blocking(move || this.post_now(media_type, &body)).await;
        drop(place);
        posted.unwrap_or_else(|failed| Err(failed.to_string()))
    }

    fn post_now(&self, media_type: &str, body: &str) -> Result<(), String> {
        let mut request = self.agent.post(&self.config.url).header("content-type", media_type);
        if let Some(secret) = &self.config.secret {
            request = request.header(SIGNATURE, format!("sha256={}", signed(secret.reveal(), body)));
        }
        let answer = request.send(body).map_err(|error| error.to_string())?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(format!("the receiver answered {}", answer.status().as_u16()))
    }
}

fn signed(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
