//! The memory, threads and descriptors of a process, read from /proc.

use std::fs;

use rustix::process::Pid;

/// The memory that a server may use, in KiB.
const MAX_MEMORY_KIB: usize = 64 * 1024;

/// The resources of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerStats {
    /// The most memory that was resident at any moment, in KiB.
    pub(super) peak: usize,
    /// The number of threads.
    pub(super) threads: usize,
    /// The number of descriptors.
    pub(super) descriptors: usize,
}

impl ServerStats {
    /// Reads the statistics of a process.
    #[track_caller]
    pub(super) fn of(process: Pid) -> Self {
        let place = format!("/proc/{}", process.as_raw_nonzero());
        let status = fs::read_to_string(format!("{place}/status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim_end_matches("kB").trim().parse().unwrap()
        };
        let descriptors = fs::read_dir(format!("{place}/fd")).unwrap().count();
        Self { peak: number("VmHWM:"), threads: number("Threads:"), descriptors }
    }

    /// Returns `true` if it holds no more than before.
    pub(super) fn is_back_to(&self, before: &Self) -> bool {
        self.threads <= before.threads && self.descriptors <= before.descriptors
    }

    /// Returns the maximum of each.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            peak: self.peak.max(other.peak),
            threads: self.threads.max(other.threads),
            descriptors: self.descriptors.max(other.descriptors),
        }
    }

    /// Checks that the process never used more memory than allowed.
    #[track_caller]
    pub(super) fn assert_within_bounds(&self) {
        assert!(self.peak < MAX_MEMORY_KIB, "{self:?}");
    }
}
