//! Records as Asterisk writes them: a call detail record (CDR) of each call, in the order of fields of `cdr_csv.c`, and channel
//! events (CEL) by the mapping of `cel_custom.conf.sample`. Asterisk's CEL can tell every key, PINs among them: here no key is an
//! event.

use std::io::Write;

use super::format::{FormatError, Writer, seconds_between};
use super::moment::{self, text_of_seconds};
use super::{CallLine, RecordLine};

/// The context of the dialplan in which a bridge's calls arrive.
const CONTEXT: &str = "attendant";

/// The application that takes them.
const APPLICATION: &str = "Attendant";

/// Calls, one a line.
pub(super) struct Cdr;

impl Writer for Cdr {
    fn record(&mut self, out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError> {
        let Some(call) = telephone(record) else { return Ok(false) };
        let (called, ended) = (moment::read(&call.called_at), moment::read(&call.ended_at));
        let answered = call.answered().map(text_of_seconds).unwrap_or_default();
        let fields = [
            call.organizer.clone().unwrap_or_default(),
            call.from.clone().unwrap_or_default(),
            call.to.clone().unwrap_or_default(),
            CONTEXT.to_owned(),
            caller_id(call),
            channel(call),
            String::new(),
            APPLICATION.to_owned(),
            call.conference_id.clone().unwrap_or_default(),
            text_of_seconds(called),
            answered,
            text_of_seconds(ended),
        ];
        for field in fields {
            write!(out, "{},", quoted(&field))?;
        }
        write!(out, "{},{},", seconds_between(called, ended), call.seconds())?;
        let last = [disposition(call), "DOCUMENTATION", &unique_id(call), &call.outcome];
        writeln!(out, "{}", last.map(quoted).join(","))?;
        Ok(true)
    }
}

/// Events, in the order in which their calls ended.
pub(super) struct Cel;

impl Writer for Cel {
    fn record(&mut self, out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError> {
        let Some(call) = telephone(record) else { return Ok(false) };
        let at = |text: &Option<String>| text.as_deref().map(moment::read);
        let ended = moment::read(&call.ended_at);
        let taken = call.answered();
        let events = [
            ("CHAN_START", Some(moment::read(&call.called_at)), ""),
            ("ANSWER", taken, ""),
            ("APP_START", taken, ""),
            ("BRIDGE_ENTER", at(&call.joined_at), ""),
            ("BRIDGE_EXIT", at(&call.left_at), ""),
            ("APP_END", taken.map(|_| ended), ""),
            ("HANGUP", Some(ended), "{\"hangupcause\":16,\"hangupsource\":\"\",\"dialstatus\":\"\"}"),
            ("CHAN_END", Some(ended), ""),
            ("LINKEDID_END", Some(ended), ""),
        ];
        for (event, at, extra) in events {
            let Some(at) = at else { continue };
            let (from, to) =
                (call.from.as_deref().unwrap_or_default(), call.to.as_deref().unwrap_or_default());
            let is_in_bridge = event.starts_with("BRIDGE");
            let conference = call.conference_id.as_deref().filter(|_| is_in_bridge).unwrap_or_default();
            let id = unique_id(call);
            let fields = [
                event,
                &seconds(at),
                call.name.as_deref().unwrap_or_default(),
                from,
                from,
                "",
                to,
                to,
                CONTEXT,
                &channel(call),
                APPLICATION,
                conference,
                "3",
                call.organizer.as_deref().unwrap_or_default(),
                &id,
                &id,
                "",
                "",
                "",
                extra,
            ];
            writeln!(out, "{}", fields.map(quoted).join(","))?;
        }
        Ok(true)
    }
}

fn telephone(record: &RecordLine) -> Option<&CallLine> {
    match record {
        RecordLine::Call(call) if call.is_telephone() => Some(call),
        RecordLine::Call(_) | RecordLine::Meeting(_) => None,
    }
}

/// `"Pat" <+1425555***>`
fn caller_id(call: &CallLine) -> String {
    let number = call.from.as_deref().unwrap_or_default();
    match &call.name {
        Some(name) => format!("\"{name}\" <{number}>"),
        None => number.to_owned(),
    }
}

fn channel(call: &CallLine) -> String {
    format!("{APPLICATION}/{:08x}", call.call)
}

/// The moment that a channel was made, in seconds of the Unix clock, and its number: `1764489600.12`.
fn unique_id(call: &CallLine) -> String {
    format!("{}.{}", moment::read(&call.called_at).div_euclid(1_000), call.call)
}

/// How Asterisk calls what became of a call that was dialled.
fn disposition(call: &CallLine) -> &'static str {
    match &*call.ended_by {
        _ if call.ringing_ms.is_some() => "ANSWERED",
        "overloaded" => "CONGESTION",
        "no-such-number" | "no-media" => "FAILED",
        _ => "NO ANSWER",
    }
}

/// Seconds of the Unix clock with six digits behind the point.
fn seconds(at: i64) -> String {
    format!("{}.{:03}000", at.div_euclid(1_000), at.rem_euclid(1_000))
}

/// A field by the rules of RFC 4180, always in quotes.
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}
