//! Keeps the process's memory, and the secrets in it, from being dumped or read by others.
//!
//! | platform | what is done |
//! | --- | --- |
//! | Linux | no core dumps by any way, and no other process of the same user reads the memory |
//! | other Unix | no core file; against a debugger there is nothing that safe code can ask for |
//! | others | nothing: there is nothing that safe code can ask for |
//!
//! On Linux it takes both. The limit alone is passed over where cores are piped to a program, as
//! systemd has it, and a process that is not dumpable alone may be dumped to a file for root. Children
//! inherit the limit; they are dumpable again once they execute their own program.
//!
//! A debugger that started the program still sees its calls and registers, and root sees everything.

use std::error::Error;
use std::fmt;
use std::io;

use crate::escape::identifier;
use crate::process::environment::Environment;

/// The variable that leaves the process as it is, for whoever debugs it.
pub const OPT_OUT: &str = "STREAM_TOKEN_DUMPABLE";

/// The memory could not be closed, so nothing is to be put into it.
#[derive(Debug)]
pub enum HygieneError {
    /// The variable to opt out is neither `1` nor `0`.
    OptOut {
        /// What it is, escaped.
        found: String,
    },
    /// The operating system refused.
    Refused(io::Error),
}

impl HygieneError {
    /// Returns the next step to take.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::OptOut { .. } => format!("unset {OPT_OUT}; to debug this program, set it to 1"),
            Self::Refused(_) => {
                format!("allow prctl and setrlimit here, or set {OPT_OUT}=1 to do without this protection")
            }
        }
    }
}

impl fmt::Display for HygieneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OptOut { found } => write!(f, "{OPT_OUT} is {found}, and must be 1 or 0"),
            Self::Refused(error) => write!(f, "cannot keep this process's memory from being dumped: {error}"),
        }
    }
}

impl Error for HygieneError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::OptOut { .. } => None,
            Self::Refused(error) => Some(error),
        }
    }
}

/// Closes the process's memory, unless `STREAM_TOKEN_DUMPABLE` is `1`. To be called before any secret
/// is read; it takes a few microseconds.
///
/// # Errors
/// Where the memory cannot be closed. Nothing should be run then: a protection that may silently be
/// absent is none, and whoever can do without it has the variable to say so.
pub fn close_memory(environment: &Environment<'_>) -> Result<(), HygieneError> {
    match environment(OPT_OUT) {
        Some(value) if value == "1" => Ok(()),
        Some(value) if !value.is_empty() && value != "0" => {
            Err(HygieneError::OptOut { found: identifier(&value.to_string_lossy()) })
        }
        _ => close().map_err(HygieneError::Refused),
    }
}

/// Closes the memory.
#[cfg(unix)]
fn close() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // The hard limit too, so that it stays.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Leaves the memory as it is.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn close() -> io::Result<()> {
    Ok(())
}

/// Raises the soft limit of open files to `wanted`, as far as the hard limit allows. Returns the soft limit then.
#[cfg(feature = "serve")]
#[must_use]
pub fn raise_descriptor_limit(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let (allowed, possible) = (current.unwrap_or(u64::MAX), wanted.min(maximum.unwrap_or(u64::MAX)));
    let raised = Rlimit { current: Some(possible), maximum };
    if allowed < possible && setrlimit(Resource::Nofile, raised).is_ok() { possible } else { allowed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn closed_with(value: &'static str) -> Result<(), HygieneError> {
        close_memory(&move |name: &str| (name == OPT_OUT).then(|| OsString::from(value)))
    }

    #[test]
    fn an_opt_out_that_is_neither_yes_nor_no_is_refused_and_escaped() {
        let error = closed_with("yes\u{1b}").unwrap_err();
        let message = "STREAM_TOKEN_DUMPABLE is 'yes\\u{1b}', and must be 1 or 0";
        assert_eq!(error.to_string(), message);
        assert_eq!(error.hint(), "unset STREAM_TOKEN_DUMPABLE; to debug this program, set it to 1");
        assert!(closed_with("11").is_err());
        assert!(closed_with(" 1").is_err());
    }

    #[test]
    fn what_the_system_refuses_is_told_with_the_way_to_do_without() {
        let error = HygieneError::Refused(io::Error::from_raw_os_error(1));
        assert!(error.source().is_some());
        assert!(error.hint().ends_with("or set STREAM_TOKEN_DUMPABLE=1 to do without this protection"));
    }
}
