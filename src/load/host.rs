//! The machine that a run is made on, and how much of it the run takes.

use std::time::Duration;

use sysinfo::{
    CpuRefreshKind, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System,
};

use super::run::Machine;

/// What the system tells of this process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProcessFigures {
    /// The processor time that it has used.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub resident: u64,
    /// Virtual memory, in bytes.
    pub virtual_memory: u64,
    /// When it began, in seconds since the Unix epoch.
    pub start_time: u64,
    /// Open file descriptors.
    pub open_files: Option<u64>,
    /// How many may be open at once.
    pub open_files_max: Option<u64>,
}

/// Looks at this machine and this process.
#[derive(Debug)]
pub struct Host {
    system: System,
    own: Option<Pid>,
}

impl Host {
    /// Looks once.
    #[must_use]
    pub fn new() -> Self {
        let what = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        Self { system: System::new_with_specifics(what), own: sysinfo::get_current_pid().ok() }
    }

    /// The machine.
    #[must_use]
    pub fn machine(&self) -> Machine {
        let processor =
            self.system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default();
        let system = System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned());
        Machine {
            processor,
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            memory: self.system.total_memory(),
            system: format!("{system}, {}", std::env::consts::ARCH),
        }
    }

    /// Returns what the system tells of this process; `None` where it tells nothing.
    pub fn process(&mut self) -> Option<ProcessFigures> {
        let (cpu, resident) = self.own();
        let process = self.system.process(self.own?)?;
        let count = |files: Option<usize>| files.map(|files| files as u64);
        Some(ProcessFigures {
            cpu,
            resident,
            virtual_memory: process.virtual_memory(),
            start_time: process.start_time(),
            open_files: count(process.open_files()),
            open_files_max: count(process.open_files_limit()),
        })
    }

    /// Returns the processor time that this process has used, and its resident memory in bytes.
    pub fn own(&mut self) -> (Duration, u64) {
        let Some(own) = self.own else { return (Duration::ZERO, 0) };
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, what);
        let process = self.system.process(own);
        process.map_or((Duration::ZERO, 0), |process| {
            (Duration::from_millis(process.accumulated_cpu_time()), process.memory())
        })
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}
