//! Conference CDRs of FreeSWITCH (`conference_cdr_render` in `conference_cdr.c`): a document of each meeting with those who took
//! part and those whom it refused. FreeSWITCH writes a file of each; here they stand in one document, in the order of their ends.

use std::io::{self, Write};

use super::format::{FormatError, Held, Writer};
use super::{CallLine, MeetingLine, RecordLine, moment};
use crate::report::ladder::escape;

/// Sampling rate of the mix.
const RATE_HZ: &str = "8000";

/// Length of its frames.
const INTERVAL_MS: &str = "20";

/// All records: nothing is written before the last.
#[derive(Default)]
pub(super) struct Freeswitch(Held);

impl Writer for Freeswitch {
    fn record(&mut self, _out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError> {
        self.0.keep(record, |call| call.organizer.is_some())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.0.calls.sort_by(|one, other| one.called_at.cmp(&other.called_at));
        writeln!(out, "<?xml version=\"1.0\"?>")?;
        let mut xml = Xml { out, depth: 0 };
        xml.element("cdrs", |xml| {
            self.0.meetings.iter().try_for_each(|meeting| conference(xml, meeting, &self.0.calls))
        })
    }
}

fn conference(xml: &mut Xml<'_>, meeting: &MeetingLine, calls: &[CallLine]) -> io::Result<()> {
    let own = |call: &&CallLine| call.organizer.as_ref() == Some(&meeting.organizer);
    let during = |moment: &str| (meeting.started_at.as_str()..=meeting.ended_at.as_str()).contains(&moment);
    let joined = |call: &&CallLine| call.joined_at.as_deref().is_some_and(during);
    let rejected = |call: &&CallLine| call.outcome.starts_with("refused(") && during(&call.ended_at);
    let is_forced = meeting.ended_by != "empty";
    xml.element("cdr", |xml| {
        xml.element("conference", |xml| {
            xml.text("name", meeting.conference_id.as_ref().unwrap_or(&meeting.organizer))?;
            xml.text("hostname", "attendant")?;
            xml.text("rate", RATE_HZ)?;
            xml.text("interval", INTERVAL_MS)?;
            xml.moment("start_time", "", &meeting.started_at)?;
            xml.moment("end_time", &format!("endconference_forced=\"{is_forced}\" "), &meeting.ended_at)?;
            let mut own = calls.iter().filter(own);
            xml.element("members", |xml| own.clone().filter(joined).try_for_each(|call| member(xml, call)))?;
            xml.element("rejected", |xml| {
                own.by_ref().filter(rejected).try_for_each(|call| attempt(xml, call))
            })
        })
    })
}

fn member(xml: &mut Xml<'_>, call: &CallLine) -> io::Result<()> {
    xml.element_with("member", " type=\"caller\"", |xml| {
        xml.moment("join_time", "", call.joined_at.as_deref().unwrap_or_default())?;
        xml.moment("leave_time", "", call.left_at.as_deref().unwrap_or(&call.ended_at))?;
        xml.element("flags", |xml| {
            let is_moderator = call.pin_right || call.joined_by.as_deref() == Some("client");
            xml.flag("is_moderator", is_moderator)?;
            xml.flag("end_conference", false)?;
            xml.flag("was_kicked", call.outcome == "ended(removed)")?;
            xml.flag("is_ghost", false)
        })?;
        caller_profile(xml, call)
    })
}

fn attempt(xml: &mut Xml<'_>, call: &CallLine) -> io::Result<()> {
    let reason = match call.outcome.as_str() {
        "refused(locked)" => "conference_locked",
        "refused(full)" => "max_members_reached",
        "refused(too-many-pins)" => "invalid_pin",
        other => other.trim_start_matches("refused(").trim_end_matches(')'),
    };
    xml.element("attempt", |xml| {
        xml.text("reason", reason)?;
        xml.moment("reject_time", "", &call.ended_at)?;
        caller_profile(xml, call)
    })
}

/// The fields of a channel's caller profile that a bridge knows.
fn caller_profile(xml: &mut Xml<'_>, call: &CallLine) -> io::Result<()> {
    let known = |field: &Option<String>| field.clone().unwrap_or_default();
    xml.element("caller_profile", |xml| {
        xml.text("caller_id_name", &known(&call.name))?;
        xml.text("caller_id_number", &known(&call.from))?;
        xml.text("destination_number", &known(&call.to))?;
        xml.text("uuid", &call.uuid())
    })
}

/// A document that is being written, two blanks a level.
struct Xml<'o> {
    out: &'o mut dyn Write,
    depth: usize,
}

impl Xml<'_> {
    fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.element_with(name, "", inside)
    }

    fn element_with(
        &mut self,
        name: &str,
        attributes: &str,
        inside: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let indent = self.depth * 2;
        writeln!(self.out, "{:indent$}<{name}{attributes}>", "")?;
        self.depth += 1;
        inside(self)?;
        self.depth -= 1;
        writeln!(self.out, "{:indent$}</{name}>", "")
    }

    fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:1$}<{name}>{2}</{name}>", "", self.depth * 2, escape(text))
    }

    fn flag(&mut self, name: &str, is_set: bool) -> io::Result<()> {
        self.text(name, if is_set { "true" } else { "false" })
    }

    fn moment(&mut self, name: &str, attributes: &str, at: &str) -> io::Result<()> {
        let seconds = moment::read(at).div_euclid(1_000);
        writeln!(
            self.out,
            "{:1$}<{name} {attributes}type=\"UNIX-epoch\">{seconds}</{name}>",
            "",
            self.depth * 2
        )
    }
}
