//! Stand-ins.
use crate::audit::AuditError;
use crate::error::{Diagnostic, Exit};
use crate::issuer::IssueError;
use crate::process::hardening::HygieneError;
use crate::profile::{ChangeError, ConfigError, ProfileError};
use crate::secret::SourceError;
use crate::session::{LONGEST_LIFETIME, SessionError, SessionIdError, SessionsError};
use crate::time::{DurationError, WhenError, span};
use crate::token::{ClaimsError, CustomerIdError, LeewayError, PasteError};
macro_rules! simple {
    ($t:ty, $e:expr) => {
        impl Diagnostic for $t {
            fn exit(&self) -> Exit {
                #[allow(clippy::redundant_closure_call)]
                ($e)(self)
            }
            fn hint(&self) -> Option<String> {
                Some(<$t>::hint(self))
            }
        }
    };
}
simple!(HygieneError, |e: &HygieneError| if matches!(e, HygieneError::OptOut { .. }) {
    Exit::Usage
} else {
    Exit::Failed
});
simple!(ConfigError, exit_of);
simple!(SourceError, |_: &SourceError| Exit::NoSecret);
simple!(CustomerIdError, |_: &CustomerIdError| Exit::Usage);
simple!(WhenError, |_: &WhenError| Exit::Usage);
simple!(PasteError, |_: &PasteError| Exit::Usage);
simple!(ProfileError, |error: &ProfileError| match error {
    ProfileError::NoSecret { .. } => Exit::NoSecret,
    ProfileError::Config(error) => exit_of(error),
    _ => Exit::Usage,
});
#[cfg(all(unix, feature = "serve"))]
simple!(crate::tls::TlsError, |e: &crate::tls::TlsError| if e.is_of_the_system() {
    Exit::Failed
} else {
    Exit::Usage
});
impl Diagnostic for DurationError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
    fn hint(&self) -> Option<String> {
        Some("a leeway is a number and its unit, such as 30s, and at most 5m".into())
    }
}
impl Diagnostic for LeewayError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
    fn hint(&self) -> Option<String> {
        Some("a leeway is a number and its unit, such as 30s, and at most 5m".into())
    }
}
impl Diagnostic for ClaimsError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
    fn hint(&self) -> Option<String> {
        Some("give a time after the epoch".into())
    }
}
impl Diagnostic for SessionIdError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
    fn hint(&self) -> Option<String> {
        Some("give the id that 'stream-token session new' printed".into())
    }
}
impl Diagnostic for SessionError {
    fn exit(&self) -> Exit {
        if matches!(self, SessionError::Random(_)) { Exit::Failed } else { Exit::Usage }
    }
    fn hint(&self) -> Option<String> {
        Some(if matches!(self, SessionError::Random(_)) {
            "see that the system has random numbers".into()
        } else {
            format!("give a lifetime from 1s to {}", span(LONGEST_LIFETIME))
        })
    }
}
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
impl Diagnostic for SessionsError {
    fn exit(&self) -> Exit {
        match self {
            SessionsError::Session(e) => e.exit(),
            _ => Exit::Failed,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            SessionsError::Session(e) => e.hint(),
            SessionsError::Audit(e) => Some(of_audit(e)),
            SessionsError::Register(e) => Some(e.hint()),
        }
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
impl Diagnostic for ChangeError {
    fn exit(&self) -> Exit {
        match self {
            ChangeError::Config(error) => exit_of(error),
            ChangeError::Audit(_) => Exit::Failed,
            ChangeError::Keyring(_) | ChangeError::Source(_) | ChangeError::LeftBehind { .. } => {
                Exit::NoSecret
            }
            ChangeError::Elsewhere { .. } | ChangeError::NoSource { .. } | ChangeError::Taken { .. } => {
                Exit::Usage
            }
            ChangeError::NoRandom => Exit::Failed,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            ChangeError::Audit(error) => of_audit(error),
            other => ChangeError::hint(other),
        })
    }
}
fn exit_of(error: &ConfigError) -> Exit {
    match error {
        ConfigError::Unreadable { .. } | ConfigError::Unwritable { .. } => Exit::Failed,
        _ => Exit::Usage,
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
