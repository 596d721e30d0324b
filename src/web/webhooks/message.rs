//! Webhooks as they are posted.

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::config::WebhookFormat;
use crate::control::event::WebhookEvent;
use crate::web::live::webhooks::Webhook;

/// What distinguishes the occurrences of this run of the program from those of others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run(pub(super) i64);

#[derive(Serialize)]
struct Native<'w> {
    event: &'static str,
    sequence: u64,
    conference: String,
    meeting: &'w str,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'w str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    at: String,
}

/// The body of a webhook and its media type. `meeting` is what the meeting is called.
pub(super) fn body(
    format: WebhookFormat,
    webhook: &Webhook,
    run: Run,
    meeting: &str,
) -> (&'static str, String) {
    match format {
        WebhookFormat::Native => ("application/json", native(webhook, run, meeting)),
        WebhookFormat::Twilio => ("application/x-www-form-urlencoded", twilio(webhook, run, meeting)),
    }
}

fn native(webhook: &Webhook, run: Run, meeting: &str) -> String {
    let message = Native {
        event: webhook.event.name(),
        sequence: webhook.sequence,
        conference: conference(webhook, run),
        meeting,
        call: webhook.call,
        caller: webhook.caller.as_deref(),
        reason: webhook.reason,
        at: format!("{:.3}", timestamp(webhook)),
    };
    serde_json::to_string(&message).unwrap_or_default()
}

/// The fields of Twilio's conference status callback (twilio.com/docs/voice/twiml/conference), those that a bridge without an
/// account knows.
fn twilio(webhook: &Webhook, run: Run, meeting: &str) -> String {
    let call = webhook.call.map(|call| sid("CA", run, call));
    let is_end = webhook.event == WebhookEvent::ConferenceEnd;
    let fields = [
        ("ConferenceSid", Some(sid("CF", run, webhook.occurrence))),
        ("FriendlyName", Some(meeting.to_owned())),
        ("StatusCallbackEvent", Some(webhook.event.name().to_owned())),
        ("SequenceNumber", Some(webhook.sequence.to_string())),
        ("Timestamp", Some(timestamp(webhook).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())),
        ("CallSid", call.clone().filter(|_| !is_end)),
        ("ParticipantLabel", webhook.caller.clone()),
        ("Muted", call.as_ref().map(|_| webhook.muted.to_string())),
        ("Hold", call.map(|_| "false".to_owned())),
        ("ReasonConferenceEnded", webhook.reason.filter(|_| is_end).map(str::to_owned)),
    ];
    let present = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let encoded =
        present.map(|(name, value)| format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)));
    encoded.collect::<Vec<_>>().join("&")
}

/// The name of an occurrence, which no other has.
fn conference(webhook: &Webhook, run: Run) -> String {
    format!("{:x}-{}", run.0, webhook.occurrence)
}

/// Two letters and 32 hexadecimal digits, as Twilio names things.
fn sid(kind: &str, run: Run, number: u64) -> String {
    format!("{kind}{:016x}{number:016x}", run.0)
}

fn timestamp(webhook: &Webhook) -> Timestamp {
    Timestamp::from_millisecond(webhook.at).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::event::MeetingId;

    const JOINED: Webhook = Webhook {
        event: WebhookEvent::ParticipantJoin,
        meeting: MeetingId(1),
        occurrence: 7,
        sequence: 3,
        call: Some(12),
        caller: None,
        reason: Some("released"),
        muted: true,
        at: 1_796_025_600_250,
    };

    #[test]
    fn the_native_form_is_an_object_with_what_is_known() {
        let webhook = Webhook { caller: Some("Pat \"<é>\"".to_owned()), ..JOINED };
        let (media_type, body) = body(WebhookFormat::Native, &webhook, Run(255), "amos@example.com");
        assert_eq!(media_type, "application/json");
        let expected = r#"{"event":"participant-join","sequence":3,"conference":"ff-7","meeting":"amos@example.com","call":12,"caller":"Pat \"<é>\"","reason":"released","at":"2026-11-30T08:00:00.250Z"}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn twilio_s_form_has_its_fields_encoded() {
        let (_, told) = body(WebhookFormat::Twilio, &JOINED, Run(255), "amos & co");
        assert_eq!(
            told,
            "ConferenceSid=CF00000000000000ff0000000000000007&FriendlyName=amos%20%26%20co&\
             StatusCallbackEvent=participant%2Djoin&SequenceNumber=3&\
             Timestamp=Mon%2C%2030%20Nov%202026%2008%3A00%3A00%20%2B0000&\
             CallSid=CA00000000000000ff000000000000000c&Muted=true&Hold=false"
        );
        let end =
            Webhook { event: WebhookEvent::ConferenceEnd, call: None, reason: Some("person"), ..JOINED };
        let (_, told) = body(WebhookFormat::Twilio, &end, Run(255), "amos");
        assert!(told.ends_with("&ReasonConferenceEnded=person") && !told.contains("CallSid"), "{told}");
    }
}
