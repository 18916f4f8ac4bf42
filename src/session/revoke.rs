//! Revokes sessions: writes the register anew, under a lock, whole or not at all.

use std::fs::{File, remove_file, rename};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::claims::{LEEWAY, LONGEST_LIFETIME, Session};
use super::error::{Flaw, RegisterError};
use super::error::{MAX_FILE_BYTES, MAX_REVOCATIONS};
use super::id::SessionId;
use super::revocations::Revocations;
use crate::fs::{self, Lock, Purpose};
use crate::time::Timestamp;
use crate::token::CustomerId;

/// What is to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// One session, of which its token was at hand.
    Session(Session),
    /// One session, of which only the id is known.
    Id(SessionId),
    /// All of a customer's sessions that were issued up to now.
    Customer(CustomerId),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is revoked.
    Newly,
    /// It was revoked before.
    Already,
}

/// The register's directory under a state directory.
pub(super) fn directory(state: &Path) -> PathBuf {
    state.join("sessions")
}

/// The register itself.
pub(super) fn register(state: &Path) -> PathBuf {
    directory(state).join("revoked.json")
}

/// Revokes sessions under a state directory. A running server sees it within a second.
///
/// The change is on disk when this returns. Sessions are issued in whole seconds: those that a
/// customer gets within the second of a revocation are revoked with the earlier ones.
///
/// # Errors
/// [`RegisterError`], and the register stands as it was: a flawed one is never overwritten. Where only
/// its name could not be brought to disk, the change stands, and a power cut may undo it.
pub fn revoke(state: &Path, revocation: &Revocation, now: Timestamp) -> Result<Revoked, RegisterError> {
    let directory = directory(state);
    fs::make_directory(&directory)?;
    let _held = Lock::open(directory.join("lock"))?.acquire()?;
    let path = register(state);
    let mut revocations = match read(&path) {
        Ok((revocations, _)) => revocations,
        Err(error) if error.is_missing() => Revocations::default(),
        Err(error) => return Err(error),
    };
    let is_revoked = match revocation {
        Revocation::Session(session) => revocations.contains(session),
        Revocation::Id(id) => revocations.contains_id(*id),
        Revocation::Customer(_) => false,
    };
    if is_revoked {
        return Ok(Revoked::Already);
    }
    revocations.prune(now);
    add(&mut revocations, revocation, now);
    if revocations.len() > MAX_REVOCATIONS {
        return Err(RegisterError::Full { path });
    }
    write(&directory, &path, &revocations.to_text())?;
    Ok(Revoked::Newly)
}

/// Adds a revocation.
fn add(revocations: &mut Revocations, revocation: &Revocation, now: Timestamp) {
    match revocation {
        Revocation::Session(session) => revocations.add_session(session.id, session.expires_at),
        // Issued now at the latest, by a clock that is ahead at most so much.
        Revocation::Id(id) => revocations.add_session(*id, now.after(LEEWAY).after(LONGEST_LIFETIME)),
        Revocation::Customer(customer) => revocations.add_customer(*customer, now),
    }
}

/// Reads the register, with the mark of the file that was read.
pub(super) fn read(path: &Path) -> Result<(Revocations, fs::Mark), RegisterError> {
    if let Some(directory) = path.parent() {
        fs::judge_directory(directory)?;
    }
    let (file, metadata) = fs::open(path, Purpose::Believe)?;
    let flawed = |flaw| RegisterError::Flawed { path: path.to_owned(), flaw };
    let text = read_bounded(&file).map_err(|source| RegisterError::Read { path: path.to_owned(), source })?;
    let text = text.ok_or_else(|| flawed(Flaw::TooLong))?;
    Ok((Revocations::parse(&text).map_err(flawed)?, fs::mark(&metadata)))
}

/// Reads a file; nothing where it has more than [`MAX_FILE_BYTES`] bytes.
fn read_bounded(file: &File) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut text)?;
    Ok((text.len() <= MAX_FILE_BYTES).then_some(text))
}

/// Puts a text in the register's place.
fn write(directory: &Path, path: &Path, text: &str) -> Result<(), RegisterError> {
    let temporary = directory.join("revoked.json.new");
    let failed = |source| RegisterError::Write { path: path.to_owned(), source };
    // The lock is held: what lies there was left by a process that was killed.
    match remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let (mut file, _) = fs::open(&temporary, Purpose::Create)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| rename(&temporary, path));
    if placed.is_err() {
        // What went wrong is told; the file that is left would be removed by the next writer.
        let _ = remove_file(&temporary);
    }
    placed.map_err(failed)?;
    Ok(fs::sync_directory(directory)?)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
