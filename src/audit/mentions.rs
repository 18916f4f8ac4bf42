//! Finds out whether a log has an entry of an action at all, at the speed of the disk: lines are searched, not parsed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use super::entry::{Action, Outcome};
use super::error::{AuditError, Operation};
use super::segment::{self, OpenSegment};
use crate::fs::FileUse;

/// Returns `true` if any line of the log under a state directory says that an action was carried out.
///
/// A line is taken as it is, whole or damaged: within the strings of an entry, quotation marks are escaped.
///
/// # Errors
/// [`AuditError`] if the log cannot be read.
pub fn mentions(state: &Path, action: Action) -> Result<bool, AuditError> {
    let directory = segment::directory(state);
    let action = format!(r#""action":"{}""#, action.name());
    let outcome = format!(r#""outcome":"{}""#, Outcome::Ok.name());
    let mut line = Vec::new();
    for number in segment::numbers(&directory)? {
        let OpenSegment { file, path, .. } = OpenSegment::open(&directory, number, FileUse::Read)?;
        let mut lines = BufReader::with_capacity(128 * 1024, file);
        let mut read = || {
            line.clear();
            lines
                .read_until(b'\n', &mut line)
                .map_err(|error| AuditError::of(Operation::Read, &path, error))?;
            let text = String::from_utf8_lossy(&line);
            Ok::<_, AuditError>((!text.is_empty()).then(|| text.contains(&action) && text.contains(&outcome)))
        };
        while let Some(is_found) = read()? {
            if is_found {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::{Actor, AuditLog, Channel, Event};
    use super::*;
    use crate::time::Clock;

    #[test]
    fn an_action_is_found_if_it_was_carried_out_and_not_if_only_its_name_is_in_a_text() {
        let state = TempDir::new().unwrap();
        let mentioned = || mentions(state.path(), Action::SessionRevoke).unwrap();
        assert!(!mentioned());
        let log = AuditLog::open(state.path(), Clock::System).unwrap();
        let actor = Actor { user: "ann".into(), sudo_user: None };
        let record = |action, outcome| {
            let event = Event::new(action, Channel::Cli, actor.clone(), outcome);
            log.record(event.reason(r#""action":"session_revoke""#)).unwrap();
        };
        record(Action::SessionNew, Outcome::Ok);
        record(Action::SessionRevoke, Outcome::Failed);
        assert!(!mentioned());
        record(Action::SessionRevoke, Outcome::Ok);
        record(Action::SessionNew, Outcome::Ok);
        assert!(mentioned());
    }
}
