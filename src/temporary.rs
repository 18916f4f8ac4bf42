//! Stand-ins.
use crate::audit::AuditError;
use crate::error::{Diagnostic, Exit};
use crate::issuer::IssueError;
impl Diagnostic for crate::audit::HeadError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
impl Diagnostic for AuditError {
    fn hint(&self) -> Option<String> {
        Some(of_audit(self))
    }
}

impl Diagnostic for IssueError {
    fn exit(&self) -> Exit {
        match self {
            IssueError::Policy(_) | IssueError::Claims(_) => Exit::Usage,
            _ => Exit::Failed,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            IssueError::Policy(error) => error.hint(),
            IssueError::Claims(_) => "give a time after the epoch".into(),
            IssueError::Audit(error) => of_audit(error),
            IssueError::Receipt => "this is a fault of the program: please report it".into(),
        })
    }
}

fn of_audit(error: &AuditError) -> String {
    let path = crate::escape::path_in_full(error.path());
    match error {
        AuditError::Locked { .. } => {
            format!("find that process with 'fuser -v {path}'; end it, or let it go on if it is stopped")
        }
        AuditError::DiskFull { .. } => "free some space, or give another place with --state-dir".into(),
        AuditError::Damaged { .. } => "see what is wrong with 'stream-token audit verify'".into(),
        AuditError::Exposed { .. } => format!("look it over, then run 'chmod go-w {path}'"),
        _ => format!("make {path} usable for this user, or give another place with --state-dir"),
    }
}
