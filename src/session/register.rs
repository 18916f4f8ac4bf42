//! The register of revoked sessions as a running server reads it: from memory, and never out of date
//! by a second.
//!
//! The file is looked at when somebody asks, at most once every [`FRESH`]; one caller looks while the
//! others go on with what is known, until that is [`OLDEST`]. What cannot be read is told, and asked for
//! again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant};

use super::claims::Session;
use super::error::RegisterError;
use super::revocations::Revocations;
use super::revoke::{read, register};
use crate::fs::{self, Mark};

/// For how long what was read is not looked at again.
pub const FRESH: Duration = Duration::from_millis(250);

/// How old what was read may be at most, while somebody else looks again.
pub const OLDEST: Duration = Duration::from_millis(750);

/// The register of revoked sessions under a state directory.
#[derive(Debug)]
pub struct Register {
    /// The file.
    path: PathBuf,
    /// What is known of it.
    known: RwLock<Known>,
    /// What was seen last, held by whoever looks.
    seen: Mutex<Seen>,
}

/// What is known of the register.
#[derive(Debug, Clone)]
struct Known {
    /// What was revoked, or why that cannot be told.
    revocations: Result<Arc<Revocations>, Arc<RegisterError>>,
    /// When the file was looked at.
    at: Instant,
}

impl Register {
    /// Opens the register. No file is an empty register: nothing was ever revoked.
    #[must_use]
    pub fn open(state: &Path) -> Self {
        let path = register(state);
        let mut seen = Seen::default();
        let at = Instant::now();
        let revocations = seen.look(&path).unwrap_or_else(|| Ok(Arc::default()));
        Self { path, known: RwLock::new(Known { revocations, at }), seen: Mutex::new(seen) }
    }

    /// Returns `true` if a session was revoked.
    ///
    /// # Errors
    /// [`RegisterError`] while the register cannot be read.
    pub fn contains(&self, session: &Session) -> Result<bool, Arc<RegisterError>> {
        self.contains_at(session, Instant::now())
    }

    /// Returns `true` if a session was revoked, at a moment.
    fn contains_at(&self, session: &Session, at: Instant) -> Result<bool, Arc<RegisterError>> {
        Ok(self.known_at(at).revocations?.contains(session))
    }

    /// Returns what is known, after a look at the file where that is due.
    fn known_at(&self, at: Instant) -> Known {
        let known = self.known();
        let age = |known: &Known| at.saturating_duration_since(known.at);
        if age(&known) < FRESH {
            return known;
        }
        let Some(mut seen) = self.turn_to_look(age(&known)) else {
            return known;
        };
        // Somebody else may have looked while this turn was waited for.
        let known = self.known();
        if age(&known) < FRESH {
            return known;
        }
        let revocations = seen.look(&self.path).unwrap_or(known.revocations);
        let known = Known { revocations, at };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known.clone();
        known
    }

    /// Returns the turn to look; nothing while somebody else has it and what is known is not too old.
    fn turn_to_look(&self, age: Duration) -> Option<MutexGuard<'_, Seen>> {
        if age >= OLDEST {
            return Some(self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        }
        match self.seen.try_lock() {
            Ok(seen) => Some(seen),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Returns what is known.
    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a look at the file brings.
type Look = Result<Arc<Revocations>, Arc<RegisterError>>;

/// What was seen when the file was looked at last.
#[derive(Debug, Default)]
struct Seen {
    /// The mark of the file that was read; nothing where none could be.
    mark: Option<Mark>,
    /// Whether there ever was a file.
    was_there: bool,
}

impl Seen {
    /// Looks at the file, and reads it; nothing where it is the one that was read last.
    fn look(&mut self, path: &Path) -> Option<Look> {
        let there = path.symlink_metadata().ok().map(|metadata| fs::mark(&metadata));
        if there.is_some() && there == self.mark {
            return None;
        }
        self.mark = None;
        Some(match read(path) {
            Ok((revocations, mark)) => {
                self.mark = Some(mark);
                self.was_there = true;
                Ok(Arc::new(revocations))
            }
            Err(error) if !error.is_missing() => Err(Arc::new(error)),
            Err(_) if self.was_there => Err(Arc::new(RegisterError::Gone { path: path.to_owned() })),
            Err(_) => Ok(Arc::default()),
        })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::revoke::{Revocation, revoke};
    use super::super::testing::{at, customer, session};
    use super::*;

    /// A session of customer 9.
    const ISSUED: u64 = 100;

    /// Returns `true` if a session of customer 9 was revoked, `later` than now.
    fn is_revoked(register: &Register, later: Duration) -> Result<bool, Arc<RegisterError>> {
        register.contains_at(&session(1, 9, ISSUED), Instant::now() + later)
    }

    fn revoke_all(state: &TempDir) {
        revoke(state.path(), &Revocation::Customer(customer(9)), at(ISSUED)).unwrap();
    }

    #[test]
    fn where_nothing_was_ever_revoked_there_is_no_file_and_nothing_is_made() {
        let state = TempDir::new().unwrap();
        let register = Register::open(state.path());
        assert!(!is_revoked(&register, Duration::ZERO).unwrap());
        assert!(!is_revoked(&register, OLDEST).unwrap());
        assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_revocation_is_seen_when_what_was_read_is_no_longer_fresh() {
        let state = TempDir::new().unwrap();
        let register = Register::open(state.path());
        revoke_all(&state);
        assert!(is_revoked(&register, FRESH).unwrap());
        assert!(is_revoked(&Register::open(state.path()), Duration::ZERO).unwrap());
    }

    #[test]
    fn a_file_that_did_not_change_is_not_read_again() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let register = Register::open(state.path());
        let before = register.known().revocations.unwrap();
        let after = register.known_at(Instant::now() + OLDEST).revocations.unwrap();
        assert!(Arc::ptr_eq(&before, &after));
    }

    #[test]
    fn while_somebody_looks_the_others_go_on_with_what_is_known() {
        let state = TempDir::new().unwrap();
        let register = Register::open(state.path());
        revoke_all(&state);
        let looking = register.seen.lock().unwrap();
        assert!(!is_revoked(&register, FRESH).unwrap());
        drop(looking);
        assert!(is_revoked(&register, FRESH).unwrap());
    }

    #[test]
    fn a_register_that_is_too_old_is_waited_for() {
        let state = TempDir::new().unwrap();
        let register = Register::open(state.path());
        revoke_all(&state);
        let looking = register.seen.lock().unwrap();
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| is_revoked(&register, OLDEST).unwrap());
            drop(looking);
            assert!(asking.join().unwrap());
        });
    }

    #[test]
    fn a_broken_register_can_not_tell_and_one_that_is_mended_can() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let path = register(state.path());
        let whole = std::fs::read(&path).unwrap();
        let opened = Register::open(state.path());
        std::fs::write(&path, &whole[1..]).unwrap();
        let error = is_revoked(&opened, FRESH).unwrap_err();
        assert!(matches!(*error, RegisterError::Flawed { .. }), "{error}");
        let error = is_revoked(&Register::open(state.path()), Duration::ZERO).unwrap_err();
        assert!(matches!(*error, RegisterError::Flawed { .. }), "{error}");
        std::fs::write(&path, &whole).unwrap();
        assert!(is_revoked(&opened, 2 * FRESH).unwrap());
    }

    #[test]
    fn a_register_that_is_gone_can_not_tell_until_it_is_back() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let opened = Register::open(state.path());
        std::fs::remove_dir_all(state.path().join("sessions")).unwrap();
        let error = is_revoked(&opened, FRESH).unwrap_err();
        assert!(matches!(*error, RegisterError::Gone { .. }), "{error}");
        revoke_all(&state);
        assert!(is_revoked(&opened, 2 * FRESH).unwrap());
    }
}
