//! Figures of this process, under the names that every client library of Prometheus gives them.

use crate::load::exposition::{Exposition, Kind};
use crate::web::own_process::OwnProcess;

/// The figures. Those that the system does not tell are left out.
pub(super) fn own(text: &mut Exposition, process: &OwnProcess) {
    let Some(own) = process.look() else { return };
    let help = "Processor time that this process has used.";
    text.one("process_cpu_seconds_total", Kind::Counter, help, own.cpu.as_secs_f64());
    text.one("process_resident_memory_bytes", Kind::Gauge, "Resident memory.", own.resident);
    text.one("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory.", own.virtual_memory);
    let help = "When the process began, in seconds since the Unix epoch.";
    text.one("process_start_time_seconds", Kind::Gauge, help, own.start_time);
    if let Some(open) = own.open_files {
        text.one("process_open_fds", Kind::Gauge, "Open file descriptors.", open);
    }
    if let Some(most) = own.open_files_max {
        text.one("process_max_fds", Kind::Gauge, "File descriptors that may be open at once.", most);
    }
}
