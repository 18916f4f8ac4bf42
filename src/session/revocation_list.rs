//! The list of revoked sessions in its file, and as a running server reads it: from memory, and less than a second
//! old.
//!
//! The file is looked at when a session is checked, at most once every [`POLL_INTERVAL`]; one caller looks while the
//! others use what is known, until that is as old as [`MAX_STALENESS`]. A file that cannot be read is an error, and
//! is looked at again.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::claims::Session;
use super::revocations::{FormatError, MAX_FILE_BYTES, MAX_REVOCATIONS, Revocations};
use crate::audit::{self, AuditError, Event};
use crate::error::Diagnostic;
use crate::escape::path_in_full;
use crate::fs::{self, DiskError, FileErrorKind, FileUse, FileVersion};

/// How long the file is not looked at again.
pub const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How old what is known may be while another caller looks.
pub const MAX_STALENESS: Duration = Duration::from_millis(750);

/// Why the list cannot be read or changed. No session is accepted meanwhile.
#[derive(Debug, Error)]
pub enum RevocationListError {
    /// A file or directory of it cannot be used.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The file existed, or the audit log says that sessions were revoked, and it is gone.
    #[error("{} is gone, and with it what was revoked", path_in_full(.0))]
    Gone(PathBuf),
    /// The file is not as this program writes it.
    #[error("{} {}", path_in_full(.0), .1)]
    Format(PathBuf, FormatError),
    /// Whether anything was ever revoked cannot be found out.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// It contains [`MAX_REVOCATIONS`].
    #[error("{} holds {MAX_REVOCATIONS} revocations, and no more have room", path_in_full(.0))]
    Full(PathBuf),
}

impl RevocationListError {
    /// Returns `true` if there is no file.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Disk(error) if error.is_missing())
    }
}

impl Diagnostic for RevocationListError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Disk(DiskError::Unsafe(path, FileErrorKind::Writable(_))) => {
                format!("look it over, then run 'chmod go-w {}'", path_in_full(path))
            }
            Self::Disk(DiskError::Locked(path, _)) => {
                format!("find the process that has {} open, and end it", path_in_full(path))
            }
            Self::Disk(DiskError::Read(..) | DiskError::Write(..)) => {
                "see that the state directory is there and can be written".into()
            }
            Self::Disk(_) => "see that the state directory is there and is yours".into(),
            Self::Audit(error) => return error.hint(),
            Self::Gone(_) | Self::Format(..) => {
                "bring it back as it was; or end all sessions with 'stream-token session revoke --all', which writes a new \
                 one"
                    .into()
            }
            Self::Full(_) => {
                "end all sessions with 'stream-token session revoke --all', which writes a new one".into()
            }
        })
    }
}

/// Returns the directory of the list under a state directory.
pub(super) fn list_directory(state: &Path) -> PathBuf {
    state.join("sessions")
}

/// Returns the file of the list under a state directory.
pub(super) fn list_path(state: &Path) -> PathBuf {
    list_directory(state).join("revoked.json")
}

/// Reads the file, with its version.
pub(super) fn read(path: &Path) -> Result<(Revocations, FileVersion), RevocationListError> {
    fs::check_directory(fs::directory_of(path))?;
    let (file, metadata) = fs::open(path, FileUse::Trusted)?;
    let mut text = Vec::new();
    let read = file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut text);
    read.map_err(|source| DiskError::Read(path.to_owned(), source))?;
    let parsed =
        if text.len() > MAX_FILE_BYTES { Err(FormatError::TooLong) } else { Revocations::parse(&text) };
    let revocations = parsed.map_err(|error| RevocationListError::Format(path.to_owned(), error))?;
    Ok((revocations, FileVersion::new(&metadata)))
}

/// Reads the list under a state directory; a new one if nothing was ever revoked.
///
/// # Errors
/// [`RevocationListError`]; [`RevocationListError::Gone`] if there is none, and the audit log says that sessions were
/// revoked.
pub(super) fn read_or_new(state: &Path) -> Result<Revocations, RevocationListError> {
    let path = list_path(state);
    match read(&path) {
        Ok((revocations, _)) => Ok(revocations),
        Err(error) if !error.is_missing() => Err(error),
        Err(_) if audit::contains(state, Event::tells_of_revocation)? => Err(RevocationListError::Gone(path)),
        Err(_) => Ok(Revocations::default()),
    }
}

/// What was revoked, or why that is not known.
type Known = Result<Arc<Revocations>, Arc<RevocationListError>>;

/// The list of revoked sessions under a state directory.
#[derive(Debug)]
pub struct RevocationList {
    /// The file.
    path: PathBuf,
    /// What is known of it.
    cached: RwLock<CachedList>,
    /// The file when it was looked at last, locked by the caller that looks.
    snapshot: Mutex<FileSnapshot>,
}

/// What is known of the list.
#[derive(Debug, Clone)]
struct CachedList {
    /// What was revoked, or why that is not known.
    revocations: Known,
    /// When the file was looked at.
    at: Instant,
}

impl RevocationList {
    /// Opens the list. Without a file it is empty if nothing was ever revoked.
    ///
    /// # Errors
    /// [`RevocationListError`] if what was revoked is not known.
    pub fn open(state: &Path) -> Result<Self, RevocationListError> {
        read_or_new(state)?;
        let path = list_path(state);
        let mut snapshot = FileSnapshot::default();
        let at = Instant::now();
        let revocations = snapshot.refresh(&path).unwrap_or_else(|| Ok(Arc::default()));
        let cached = RwLock::new(CachedList { revocations, at });
        Ok(Self { path, cached, snapshot: Mutex::new(snapshot) })
    }

    /// Returns `true` if a session was revoked.
    ///
    /// # Errors
    /// [`RevocationListError`] while the list cannot be read.
    pub fn contains(&self, session: &Session) -> Result<bool, Arc<RevocationListError>> {
        self.contains_at(session, Instant::now())
    }

    /// Returns `true` if a session was revoked, at a moment.
    fn contains_at(&self, session: &Session, now: Instant) -> Result<bool, Arc<RevocationListError>> {
        Ok(self.at(now).revocations?.contains(session))
    }

    /// Returns what is known, after a look at the file if that is due.
    fn at(&self, now: Instant) -> CachedList {
        let cached = self.cached();
        let age = |cached: &CachedList| now.saturating_duration_since(cached.at);
        if age(&cached) < POLL_INTERVAL {
            return cached;
        }
        let Some(mut snapshot) = self.due_for_refresh(age(&cached)) else {
            return cached;
        };
        // Another caller may have looked while this one waited.
        let cached = self.cached();
        if age(&cached) < POLL_INTERVAL {
            return cached;
        }
        let revocations = snapshot.refresh(&self.path).unwrap_or(cached.revocations);
        let cached = CachedList { revocations, at: now };
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = cached.clone();
        cached
    }

    /// Lets this caller look; `None` while another one does and what is known is not too old.
    fn due_for_refresh(&self, age: Duration) -> Option<MutexGuard<'_, FileSnapshot>> {
        if age >= MAX_STALENESS {
            return Some(self.snapshot.lock().unwrap_or_else(PoisonError::into_inner));
        }
        match self.snapshot.try_lock() {
            Ok(snapshot) => Some(snapshot),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Returns what is known.
    fn cached(&self) -> CachedList {
        self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The file when it was looked at last.
#[derive(Debug, Default)]
struct FileSnapshot {
    /// The version of the file that was read; `None` if none could be.
    version: Option<FileVersion>,
    /// Whether there ever was a file.
    existed: bool,
}

impl FileSnapshot {
    /// Reads the file; `None` if it is the one that was read last.
    fn refresh(&mut self, path: &Path) -> Option<Known> {
        let version = path.symlink_metadata().ok().map(|metadata| FileVersion::new(&metadata));
        if version.is_some() && version == self.version {
            return None;
        }
        self.version = None;
        Some(match read(path) {
            Ok((revocations, version)) => {
                self.version = Some(version);
                self.existed = true;
                Ok(Arc::new(revocations))
            }
            Err(error) if !error.is_missing() => Err(Arc::new(error)),
            Err(_) if self.existed => Err(Arc::new(RevocationListError::Gone(path.to_owned()))),
            Err(_) => Ok(Arc::default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use tempfile::TempDir;

    use super::super::revoke::{RevocationTarget, revoke};
    use super::super::testing::{at, customer, session};
    use super::*;
    use crate::audit::{Action, Actor, AuditLog, Channel, Outcome};
    use crate::time::Clock;

    /// A session of customer 9.
    const ISSUED: u64 = 100;

    /// Returns `true` if a session of customer 9 was revoked, `later` than now.
    fn is_revoked(list: &RevocationList, later: Duration) -> Result<bool, Arc<RevocationListError>> {
        list.contains_at(&session(1, 9, ISSUED), Instant::now() + later)
    }

    fn revoke_all(state: &TempDir) {
        revoke(state.path(), &RevocationTarget::Customer(customer(9)), at(ISSUED)).unwrap();
    }

    #[test]
    fn while_nothing_was_revoked_no_file_is_made() {
        let state = TempDir::new().unwrap();
        let list = RevocationList::open(state.path()).unwrap();
        assert!(!is_revoked(&list, Duration::ZERO).unwrap());
        assert!(!is_revoked(&list, MAX_STALENESS).unwrap());
        assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_revocation_is_seen_once_the_interval_has_passed() {
        let state = TempDir::new().unwrap();
        let list = RevocationList::open(state.path()).unwrap();
        revoke_all(&state);
        assert!(is_revoked(&list, POLL_INTERVAL).unwrap());
        assert!(is_revoked(&RevocationList::open(state.path()).unwrap(), Duration::ZERO).unwrap());
    }

    #[test]
    fn a_file_that_did_not_change_is_not_read_again() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let list = RevocationList::open(state.path()).unwrap();
        let before = list.cached().revocations.unwrap();
        let after = list.at(Instant::now() + MAX_STALENESS).revocations.unwrap();
        assert!(Arc::ptr_eq(&before, &after));
    }

    #[test]
    fn while_one_caller_looks_the_others_use_what_is_known() {
        let state = TempDir::new().unwrap();
        let list = RevocationList::open(state.path()).unwrap();
        revoke_all(&state);
        let looking = list.snapshot.lock().unwrap();
        assert!(!is_revoked(&list, POLL_INTERVAL).unwrap());
        drop(looking);
        assert!(is_revoked(&list, POLL_INTERVAL).unwrap());
    }

    #[test]
    fn a_list_that_is_too_old_is_waited_for() {
        let state = TempDir::new().unwrap();
        let list = RevocationList::open(state.path()).unwrap();
        revoke_all(&state);
        let looking = list.snapshot.lock().unwrap();
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| is_revoked(&list, MAX_STALENESS).unwrap());
            drop(looking);
            assert!(asking.join().unwrap());
        });
    }

    #[test]
    fn a_broken_list_is_an_error_until_it_is_fixed() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let path = list_path(state.path());
        let whole = std::fs::read(&path).unwrap();
        let opened = RevocationList::open(state.path()).unwrap();
        std::fs::write(&path, &whole[1..]).unwrap();
        let error = is_revoked(&opened, POLL_INTERVAL).unwrap_err();
        assert!(matches!(*error, RevocationListError::Format { .. }), "{error}");
        let error = RevocationList::open(state.path()).unwrap_err();
        assert!(matches!(error, RevocationListError::Format { .. }), "{error}");
        std::fs::write(&path, &whole).unwrap();
        assert!(is_revoked(&opened, 2 * POLL_INTERVAL).unwrap());
    }

    #[test]
    fn a_list_that_is_gone_is_an_error_until_it_is_back() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let opened = RevocationList::open(state.path()).unwrap();
        std::fs::remove_dir_all(state.path().join("sessions")).unwrap();
        let error = is_revoked(&opened, POLL_INTERVAL).unwrap_err();
        assert!(matches!(*error, RevocationListError::Gone { .. }), "{error}");
        revoke_all(&state);
        assert!(is_revoked(&opened, 2 * POLL_INTERVAL).unwrap());
    }

    #[test]
    fn a_list_that_is_missing_is_refused_where_the_audit_log_knows_of_a_revocation() {
        let state = TempDir::new().unwrap();
        let log = AuditLog::open(state.path(), Clock::System).unwrap();
        let actor = Actor { user: "ann".into(), sudo_user: None };
        log.record(Event::new(Action::SessionRevoke, Channel::Cli, actor, Outcome::Ok)).unwrap();
        let error = RevocationList::open(state.path()).unwrap_err();
        assert!(matches!(error, RevocationListError::Gone(_)), "{error}");
        let revoked = |target| revoke(state.path(), &target, at(ISSUED));
        let error = revoked(RevocationTarget::Customer(customer(8))).unwrap_err();
        assert!(matches!(error, RevocationListError::Gone(_)), "{error}");
        revoked(RevocationTarget::Everybody).unwrap();
        assert!(is_revoked(&RevocationList::open(state.path()).unwrap(), Duration::ZERO).unwrap());
    }

    #[test]
    fn an_error_names_the_file_and_keeps_the_cause() {
        let path = Path::new("/s/sessions/revoked.json");
        let damaged = RevocationListError::Format(path.to_owned(), FormatError::Version { found: 1 });
        let source = std::io::Error::other("cause");
        let unread = RevocationListError::from(DiskError::Read(path.to_owned(), source));
        for (error, sentence) in [
            (&damaged, "/s/sessions/revoked.json is of version 1, which this program does not know"),
            (&unread, "cannot read /s/sessions/revoked.json: cause"),
        ] {
            assert_eq!(error.to_string(), sentence);
        }
        assert_eq!(unread.source().unwrap().to_string(), "cause");
    }
}
