//! The PSTN usage report of Teams: as the file that administrators export (Teams, "PSTN usage report", twenty columns), and
//! as Microsoft Graph answers `getPstnCalls` (`microsoft.graph.callRecords.pstnCallLogRow`).

use std::io::{self, Write};

use serde::Serialize;

use super::format::{FormatError, Writer};
use super::{CallLine, RecordLine, moment};
use crate::config::{Charge, Rates};

/// A call into audio conferencing.
const CALL_TYPE: &str = "conf_in";

/// The licence by which calls into meetings are paid for: Audio Conferencing.
const CAPABILITY: &str = "MCOMEETADD";

/// What a service number is to a user.
const NUMBER_TYPE: &str = "Service";

/// Columns of the exported file, in their order.
const COLUMNS: [&str; 20] = [
    "UsageId",
    "Call ID",
    "Conference ID",
    "User Location",
    "AAD ObjectId",
    "UPN",
    "User Display Name",
    "Caller ID",
    "Call Type",
    "Number Type",
    "Domestic/International",
    "Destination Dialed",
    "Destination Number",
    "Start Time",
    "End Time",
    "Duration Seconds",
    "Connection Fee",
    "Charge",
    "Currency",
    "Capability",
];

/// The call of a record, if it is one that the report knows: of a telephone, and answered.
fn reported(record: &RecordLine) -> Option<&CallLine> {
    match record {
        RecordLine::Call(call) if call.is_telephone() && call.ringing_ms.is_some() => Some(call),
        RecordLine::Call(_) | RecordLine::Meeting(_) => None,
    }
}

/// The organizer's address, where it is one.
fn address(call: &CallLine) -> Option<&str> {
    call.organizer.as_deref().filter(|name| name.contains('@'))
}

/// The exported file.
pub(super) struct TeamsCsv {
    rates: Rates,
    has_head: bool,
}

impl TeamsCsv {
    pub(super) fn new(rates: Rates) -> Self {
        Self { rates, has_head: false }
    }

    fn head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.has_head {
            self.has_head = true;
            write_row(out, COLUMNS)?;
        }
        Ok(())
    }
}

impl Writer for TeamsCsv {
    fn record(&mut self, out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError> {
        self.head(out)?;
        let Some(call) = reported(record) else { return Ok(false) };
        let id = call.uuid();
        let start = call.answered().map(moment::text).unwrap_or_default();
        let seconds = call.seconds().to_string();
        write_row(
            out,
            [
                &id,
                &id,
                call.conference_id.as_deref().unwrap_or_default(),
                "",
                "",
                address(call).unwrap_or_default(),
                call.organizer.as_deref().unwrap_or_default(),
                call.from.as_deref().unwrap_or_default(),
                CALL_TYPE,
                NUMBER_TYPE,
                "",
                "",
                call.to.as_deref().unwrap_or_default(),
                &start,
                &call.ended_at,
                &seconds,
                "0.00",
                &self.rates.charge(call.to.as_deref(), call.seconds()).to_string(),
                self.rates.currency(),
                CAPABILITY,
            ],
        )?;
        Ok(true)
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.head(out)
    }
}

/// One line of a file by RFC 4180.
fn write_row(out: &mut dyn Write, fields: [&str; COLUMNS.len()]) -> io::Result<()> {
    let mut row = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    row.write_record(fields)?;
    out.write_all(&row.into_inner().map_err(|error| error.into_error())?)
}

/// Graph's answer.
pub(super) struct GraphJson {
    rates: Rates,
    rows: u64,
}

/// One of its rows; what a bridge does not know is null, as Graph has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogRow<'r> {
    id: String,
    call_id: String,
    user_id: Option<&'r str>,
    user_principal_name: Option<&'r str>,
    user_display_name: Option<&'r str>,
    start_date_time: String,
    end_date_time: &'r str,
    duration: i64,
    charge: Charge,
    call_type: &'static str,
    currency: &'r str,
    callee_number: Option<&'r str>,
    usage_country_code: Option<&'r str>,
    tenant_country_code: Option<&'r str>,
    connection_charge: u32,
    caller_number: Option<&'r str>,
    destination_context: Option<&'r str>,
    destination_name: Option<&'r str>,
    conference_id: Option<&'r str>,
    license_capability: &'static str,
    inventory_type: &'static str,
    operator: Option<&'r str>,
    call_duration_source: &'static str,
}

impl GraphJson {
    pub(super) fn new(rates: Rates) -> Self {
        Self { rates, rows: 0 }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let context = "https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.callRecords.pstnCallLogRow)";
        write!(out, "{{\"@odata.context\":\"{context}\",\"value\":[")
    }
}

impl Writer for GraphJson {
    fn record(&mut self, out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError> {
        let Some(call) = reported(record) else { return Ok(false) };
        match self.rows {
            0 => self.begin(out)?,
            _ => write!(out, ",")?,
        }
        self.rows += 1;
        let row = LogRow {
            id: call.uuid(),
            call_id: call.uuid(),
            user_id: None,
            user_principal_name: address(call),
            user_display_name: call.organizer.as_deref(),
            start_date_time: call.answered().map(moment::text).unwrap_or_default(),
            end_date_time: &call.ended_at,
            duration: call.seconds(),
            charge: self.rates.charge(call.to.as_deref(), call.seconds()),
            call_type: CALL_TYPE,
            currency: self.rates.currency(),
            callee_number: call.to.as_deref(),
            usage_country_code: None,
            tenant_country_code: None,
            connection_charge: 0,
            caller_number: call.from.as_deref(),
            destination_context: None,
            destination_name: None,
            conference_id: call.conference_id.as_deref(),
            license_capability: CAPABILITY,
            inventory_type: NUMBER_TYPE,
            operator: None,
            call_duration_source: "microsoft",
        };
        writeln!(out)?;
        serde_json::to_writer(&mut *out, &row)?;
        Ok(true)
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows == 0 {
            self.begin(out)?;
        }
        writeln!(out, "\n],\"@odata.count\":{}}}", self.rows)
    }
}
