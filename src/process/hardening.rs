//! Protects the process's memory, and the secrets in it, from being dumped or read by others.
//!
//! | platform | what is done |
//! | --- | --- |
//! | Linux | no core dumps of any kind, and no other process of the same user can read the memory |
//! | other Unix | no core file; safe code cannot protect against a debugger |
//! | others | nothing, for lack of a safe interface |
//!
//! Linux needs both. The core limit alone is ignored where core dumps are piped to a program, as systemd does; and
//! without the limit, a process that is not dumpable may still be dumped to a file for root. Children inherit the
//! limit; they are dumpable again once they execute their own program.
//!
//! A debugger that started the program still sees its system calls and registers, and root sees everything.

use std::io;

use thiserror::Error;

use crate::error::Diagnostic;
use crate::process::environment::Environment;

/// The environment variable that turns the protection off, for debugging.
pub const OPT_OUT: &str = "STREAM_TOKEN_DUMPABLE";

/// The process's memory could not be protected. No secret may be read.
#[derive(Debug, Error)]
#[error("cannot keep this process's memory from being dumped: {0}")]
pub struct HardeningError(#[source] io::Error);

impl Diagnostic for HardeningError {
    fn hint(&self) -> Option<String> {
        Some(format!("allow prctl and setrlimit here, or set {OPT_OUT}=1 to do without this protection"))
    }
}

/// Protects the process's memory, unless `STREAM_TOKEN_DUMPABLE` is `1`. Must be called before any secret is read;
/// takes a few microseconds.
///
/// # Errors
/// [`HardeningError`] if the memory cannot be protected. The program must then exit: a protection that may silently be
/// missing is none, and a user who can do without it can set the variable.
pub fn disable_core_dumps(environment: &Environment<'_>) -> Result<(), HardeningError> {
    if environment(OPT_OUT).is_some_and(|value| value == "1") {
        return Ok(());
    }
    apply_hardening().map_err(HardeningError)
}

/// Disables core dumps, and on Linux access to the memory by other processes of the user.
#[cfg(unix)]
fn apply_hardening() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // The hard limit too, so that it cannot be raised again.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Does nothing on other platforms.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn apply_hardening() -> io::Result<()> {
    Ok(())
}

/// Raises the soft limit of open files to `wanted`, as far as the hard limit allows. Returns the resulting soft limit.
#[cfg(all(unix, feature = "serve"))]
pub fn raise_descriptor_limit(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let (allowed, possible) = (current.unwrap_or(u64::MAX), wanted.min(maximum.unwrap_or(u64::MAX)));
    let raised = Rlimit { current: Some(possible), maximum };
    if allowed < possible && setrlimit(Resource::Nofile, raised).is_ok() { possible } else { allowed }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn system_refusal_is_reported_with_the_opt_out() {
        let error = HardeningError(io::Error::from_raw_os_error(1));
        assert!(error.source().is_some());
        assert!(
            error.hint().unwrap().ends_with("or set STREAM_TOKEN_DUMPABLE=1 to do without this protection")
        );
    }
}
