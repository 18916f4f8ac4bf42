//! The list of revoked sessions: its file, how a running server reads it, and the verifier of our own sessions, which
//! asks it.
//!
//! The file is one JSON document in one exact form with a hash, so that every alteration is detected. No entry ever
//! expires: a clock that was wrong once would make revoked sessions valid again.
//!
//! The server checks the file's version for every session, and reads the file when it has changed. A file that cannot be
//! read is an error, and is read again the next time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::authenticate::{AuthError, AuthFailure, Authenticate, Authenticated};
use super::signed::{Session, SessionId, SessionKey};
use crate::audit::{self, AuditError, Event};
use crate::error::Diagnostic;
use crate::escape::path_in_full;
use crate::fs::{self, FileAction, FileError, FileUse, FileVersion};
use crate::time::Timestamp;
use crate::token::CustomerId;

/// The most revocations in the list. More are refused.
pub(super) const MAX_REVOCATIONS: usize = 65_536;

/// The most bytes of the file; more than [`MAX_REVOCATIONS`] need.
pub(super) const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// The version of the file's format.
const VERSION: u64 = 2;

/// Why the list cannot be read or changed. While it cannot be read, no session is accepted.
#[derive(Debug, Error)]
pub enum RevocationListError {
    /// A file or directory of the list cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is missing, although it existed or the audit log has a revocation.
    #[error("{} is gone, and with it what was revoked", path_in_full(.0))]
    Gone(PathBuf),
    /// The file was truncated or changed, or is from another version of the program.
    #[error("{} is not as it was written", path_in_full(.0))]
    Altered(PathBuf),
    /// The audit log cannot be read, so it is unknown whether anything was ever revoked.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The list has the maximum number of revocations.
    #[error("{} holds {MAX_REVOCATIONS} revocations, and no more have room", path_in_full(.0))]
    Full(PathBuf),
}

impl Diagnostic for RevocationListError {
    fn hint(&self) -> Option<String> {
        let end_all = "end all sessions with 'stream-token session revoke --all', which writes a new one";
        match self {
            Self::File(error) => error.hint(),
            Self::Audit(error) => error.hint(),
            Self::Gone(_) | Self::Altered(_) => Some(format!("bring it back as it was; or {end_all}")),
            Self::Full(_) => Some(end_all.into()),
        }
    }
}

/// The revocations, in the structure of the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revocations {
    /// The version of the format.
    version: u64,
    /// The ids of revoked sessions.
    sessions: BTreeSet<String>,
    /// The customers' ids, each with the time of issue up to which the customer's sessions are revoked.
    customers: BTreeMap<u64, Timestamp>,
    /// The time of issue up to which all sessions are revoked.
    everybody: Option<Timestamp>,
    /// The SHA-256 of the text with this field empty.
    hash: String,
}

impl Revocations {
    /// Returns `true` if a session was revoked.
    pub(super) fn contains(&self, session: &Session) -> bool {
        self.contains_id(session.id)
            || self.issued_until(session.customer).is_some_and(|until| session.issued_at <= until)
    }

    /// Returns `true` if a session was revoked by its id.
    pub(super) fn contains_id(&self, id: SessionId) -> bool {
        self.sessions.contains(&id.to_string())
    }

    /// Returns the time of issue up to which a customer's sessions are revoked.
    pub(super) fn issued_until(&self, customer: CustomerId) -> Option<Timestamp> {
        self.customers.get(&customer.get()).copied().max(self.everybody)
    }

    /// Revokes a session.
    pub(super) fn add_session(&mut self, id: SessionId) {
        self.sessions.insert(id.to_string());
    }

    /// Revokes all of a customer's sessions that were issued up to and including `issued_until`.
    pub(super) fn add_customer(&mut self, customer: CustomerId, issued_until: Timestamp) {
        let kept = self.customers.entry(customer.get()).or_insert(issued_until);
        *kept = issued_until.max(*kept);
    }

    /// Revokes all sessions that were issued up to and including `issued_until`.
    pub(super) fn add_everybody(&mut self, issued_until: Timestamp) {
        self.everybody = self.everybody.max(Some(issued_until));
    }

    /// Returns the number of revocations.
    pub(super) fn len(&self) -> usize {
        self.sessions.len() + self.customers.len()
    }

    /// Returns the text of the file.
    pub(super) fn to_text(&self) -> String {
        let mut document = Self { version: VERSION, hash: String::new(), ..self.clone() };
        let text = |document: &Self| serde_json::to_string(document).unwrap_or_default() + "\n";
        document.hash = base16ct::lower::encode_string(&Sha256::digest(text(&document)));
        text(&document)
    }

    /// Parses a text. Accepts only the exact output of [`Revocations::to_text`], which has the right hash.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let revocations: Self = serde_json::from_slice(text).ok()?;
        let is_own = revocations.len() <= MAX_REVOCATIONS && revocations.to_text().as_bytes() == text;
        is_own.then_some(revocations)
    }
}

/// Returns the file of the list under a state directory.
pub(super) fn list_path(state: &Path) -> PathBuf {
    state.join("sessions/revoked.json")
}

/// Reads the file and its version; returns `None` if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<(Revocations, FileVersion)>, RevocationListError> {
    let opened = fs::check_directory(fs::directory_of(path)).and_then(|()| fs::open(path, FileUse::Trusted));
    let (file, metadata) = match opened {
        Err(error) if error.is_missing() => return Ok(None),
        opened => opened?,
    };
    let mut text = Vec::new();
    let read = file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut text);
    read.map_err(FileAction::Read.failed(path))?;
    let revocations = Revocations::parse(&text).filter(|_| text.len() <= MAX_FILE_BYTES);
    let revocations = revocations.ok_or_else(|| RevocationListError::Altered(path.to_owned()))?;
    Ok(Some((revocations, fs::file_version(&metadata))))
}

/// Reads the list under a state directory; returns `None` if nothing was ever revoked.
///
/// # Errors
/// [`RevocationListError`]; [`RevocationListError::Gone`] if there is no file, although the audit log has a revocation.
pub(super) fn read_known(state: &Path) -> Result<Option<(Revocations, FileVersion)>, RevocationListError> {
    let path = list_path(state);
    let known = read(&path)?;
    if known.is_none() && audit::contains(state, Event::records_revocation)? {
        return Err(RevocationListError::Gone(path));
    }
    Ok(known)
}

/// The list of revoked sessions under a state directory.
#[derive(Debug)]
pub struct RevocationList {
    /// The file.
    path: PathBuf,
    /// The revocations as they were last read, and the version of the file; `None` if there never was one.
    known: Mutex<Option<(Revocations, FileVersion)>>,
}

impl RevocationList {
    /// Opens the list. Without a file, the list is empty if nothing was ever revoked.
    ///
    /// # Errors
    /// [`RevocationListError`] if the list cannot be read.
    pub fn open(state: &Path) -> Result<Self, RevocationListError> {
        Ok(Self { path: list_path(state), known: Mutex::new(read_known(state)?) })
    }

    /// Returns `true` if a session was revoked. Reads the file again, unless its version is the one that was last read.
    ///
    /// # Errors
    /// [`RevocationListError`] while the list cannot be read.
    pub fn contains(&self, session: &Session) -> Result<bool, RevocationListError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.path.symlink_metadata().ok().map(|metadata| fs::file_version(&metadata));
        if version.is_none() || version != known.as_ref().map(|(_, version)| *version) {
            match read(&self.path)? {
                None if known.is_some() => return Err(RevocationListError::Gone(self.path.clone())),
                read => *known = read,
            }
        }
        Ok(known.as_ref().is_some_and(|(revocations, _)| revocations.contains(session)))
    }
}

/// A verifier of the session tokens that this program issues: it checks the signature, the times and the revocation list.
#[derive(Debug)]
pub struct SessionVerifier {
    /// The key that verifies signatures.
    pub key: SessionKey,
    /// The revocation list; `None` for the demo, which keeps no state.
    pub revocations: Option<Arc<RevocationList>>,
}

impl Authenticate for SessionVerifier {
    fn authenticate(&self, token: &str, _: &str, now: Timestamp) -> Result<Authenticated, AuthError> {
        let session = self.key.verify(token)?;
        session.validate(now)?;
        match self.revocations.as_ref().map_or(Ok(false), |list| list.contains(&session)) {
            Ok(false) => Ok(Authenticated { customer: session.customer, session: session.id.to_string() }),
            Ok(true) => Err(AuthFailure::Revoked(session.customer).into()),
            Err(error) => Err(AuthError::Unavailable(Arc::new(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::super::manage::RevocationTarget;
    use super::super::testing::{at, customer, id, key, revoke, session};
    use super::*;
    use crate::audit::{Action, Actor, AuditLog, Channel, Outcome};
    use crate::time::Clock;

    /// A session of customer 9.
    const ISSUED: u64 = 100;

    /// Returns `true` if a session of customer 9 was revoked.
    fn is_revoked(list: &RevocationList) -> Result<bool, RevocationListError> {
        list.contains(&session(1, 9, ISSUED))
    }

    fn revoke_all(state: &TempDir) {
        revoke(state.path(), RevocationTarget::Customer(customer(9)), at(ISSUED)).unwrap();
    }

    #[test]
    fn no_file_is_created_before_the_first_revocation() {
        let state = TempDir::new().unwrap();
        let list = RevocationList::open(state.path()).unwrap();
        assert!(!is_revoked(&list).unwrap());
        assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_revocation_is_seen_at_once() {
        let state = TempDir::new().unwrap();
        let list = RevocationList::open(state.path()).unwrap();
        assert!(!is_revoked(&list).unwrap());
        revoke_all(&state);
        assert!(is_revoked(&list).unwrap());
        assert!(is_revoked(&RevocationList::open(state.path()).unwrap()).unwrap());
    }

    #[test]
    fn a_broken_list_is_an_error_until_it_is_fixed() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let path = list_path(state.path());
        let whole = std::fs::read(&path).unwrap();
        let opened = RevocationList::open(state.path()).unwrap();
        std::fs::write(&path, &whole[1..]).unwrap();
        let error = is_revoked(&opened).unwrap_err();
        assert!(matches!(error, RevocationListError::Altered(_)), "{error}");
        let error = RevocationList::open(state.path()).unwrap_err();
        assert!(matches!(error, RevocationListError::Altered(_)), "{error}");
        std::fs::write(&path, &whole).unwrap();
        assert!(is_revoked(&opened).unwrap());
    }

    #[test]
    fn removed_list_is_an_error_until_restored() {
        let state = TempDir::new().unwrap();
        revoke_all(&state);
        let opened = RevocationList::open(state.path()).unwrap();
        std::fs::remove_dir_all(state.path().join("sessions")).unwrap();
        let error = is_revoked(&opened).unwrap_err();
        assert!(matches!(error, RevocationListError::Gone(_)), "{error}");
        revoke(state.path(), RevocationTarget::Everybody, at(ISSUED)).unwrap();
        assert!(is_revoked(&opened).unwrap());
    }

    #[test]
    fn missing_list_is_refused_if_the_audit_log_has_a_revocation() {
        let state = TempDir::new().unwrap();
        let log = AuditLog::open(state.path(), Clock::System).unwrap();
        let actor = Actor { user: "ann".into(), sudo_user: None };
        log.record(Event::new(Action::SessionRevoke, Channel::Cli, actor, Outcome::Ok)).unwrap();
        let error = RevocationList::open(state.path()).unwrap_err();
        assert!(matches!(error, RevocationListError::Gone(_)), "{error}");
        let revoked = |target| revoke(state.path(), target, at(ISSUED));
        let error = revoked(RevocationTarget::Customer(customer(8))).unwrap_err();
        assert!(matches!(error, RevocationListError::Gone(_)), "{error}");
        revoked(RevocationTarget::Everybody).unwrap();
        assert!(is_revoked(&RevocationList::open(state.path()).unwrap()).unwrap());
    }

    #[test]
    fn an_error_names_the_file_and_keeps_the_cause() {
        let path = Path::new("/s/sessions/revoked.json");
        let damaged = RevocationListError::Altered(path.to_owned());
        let source = std::io::Error::other("cause");
        let unread = RevocationListError::from(FileAction::Read.failed(path)(source));
        for (error, sentence) in [
            (&damaged, "/s/sessions/revoked.json is not as it was written"),
            (&unread, "cannot read /s/sessions/revoked.json: cause"),
        ] {
            assert_eq!(error.to_string(), sentence);
        }
        assert_eq!(unread.source().unwrap().to_string(), "cause");
    }

    fn some() -> Revocations {
        let mut revocations = Revocations::default();
        revocations.add_session(id(2));
        revocations.add_session(id(1));
        revocations.add_customer(customer(9), at(100));
        revocations
    }

    /// Parses a text, and returns the result as text.
    fn read_back(text: &str) -> Option<String> {
        Revocations::parse(text.as_bytes()).map(|revocations| revocations.to_text())
    }

    const TEXT: &str = concat!(
        r#"{"version":2,"sessions":["00000000000000000000000000000001","00000000000000000000000000000002"],"#,
        r#""customers":{"9":100},"everybody":null,"#,
        r#""hash":"HASH"}"#,
        "\n"
    );

    #[test]
    fn one_session_is_revoked_and_no_other() {
        assert!(some().contains(&session(1, 5, 0)));
        assert!(!some().contains(&session(3, 5, 0)));
    }

    #[test]
    fn the_sessions_of_one_customer_are_revoked_up_to_a_second() {
        assert!(some().contains(&session(3, 9, 100)));
        assert!(!some().contains(&session(3, 9, 101)));
        assert!(!some().contains(&session(3, 8, 100)));
    }

    #[test]
    fn latest_revocation_of_a_customer_counts() {
        let mut revocations = some();
        revocations.add_customer(customer(9), at(50));
        assert!(revocations.contains(&session(3, 9, 100)));
        revocations.add_customer(customer(9), at(101));
        assert!(revocations.contains(&session(3, 9, 101)));
    }

    #[test]
    fn all_sessions_are_revoked_up_to_a_second() {
        let mut revocations = some();
        revocations.add_everybody(at(50));
        assert!(revocations.contains(&session(3, 8, 50)) && !revocations.contains(&session(3, 8, 51)));
        assert!(revocations.contains(&session(3, 9, 100)));
        revocations.add_everybody(at(200));
        revocations.add_everybody(at(20));
        assert!(revocations.contains(&session(3, 8, 200)) && revocations.contains(&session(3, 9, 200)));
        assert_eq!(read_back(&revocations.to_text()).unwrap(), revocations.to_text());
    }

    #[test]
    fn list_reads_back_its_own_text_only() {
        let text = some().to_text();
        let hash = base16ct::lower::encode_string(&Sha256::digest(TEXT.replace("HASH", "")));
        assert_eq!(text, TEXT.replace("HASH", &hash));
        assert_eq!(read_back(&text).unwrap(), text);
        let empty = Revocations::default().to_text();
        assert_eq!(read_back(&empty).unwrap(), empty);
        for (what, instead) in [
            ("\n", ""),
            ("\n", "\n\n"),
            (":", ": "),
            ("100", "100.0"),
            ("100", "-1"),
            ("100", "99"),
            ("100", "9007199254740992"),
            ("\"9\"", "\"0\""),
            ("\"9\"", "\"8\""),
            ("\"9\"", "\"9223372036854775808\""),
            ("00000001", "00000003"),
            ("00000001", "00000002"),
            ("\"00000000000000000000000000000002\"", ""),
            (r#"{"9":100}"#, "{}"),
            ("null", "99"),
            (r#","everybody":null"#, ""),
            (r#"{"version":2"#, r#"{"more":1,"version":2"#),
            (r#"{"version":2"#, r#"{"version":1"#),
        ] {
            let altered = text.replacen(what, instead, 1);
            assert_ne!(altered, text);
            assert_eq!(read_back(&altered), None, "{altered}");
        }
        for length in 0..text.len() {
            assert_eq!(read_back(&text[..length]), None, "{length}");
        }
    }

    const HOUR: Duration = Duration::from_hours(1);

    fn verifier(state: &TempDir) -> SessionVerifier {
        let list = RevocationList::open(state.path()).unwrap();
        SessionVerifier { key: key(), revocations: Some(Arc::new(list)) }
    }

    #[test]
    fn a_session_names_its_customer_until_its_end() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(123), at(1_000), HOUR).unwrap();
        let authenticated = |now| verifier(&state).authenticate(token.expose(), "r-1", at(now));
        let own = Authenticated { customer: customer(123), session: session.id.to_string() };
        assert_eq!(authenticated(1_000).unwrap(), own);
        assert_eq!(authenticated(4_599).unwrap(), own);
        let Err(AuthError::Refused(failure)) = authenticated(session.expires_at.epoch_seconds()) else {
            panic!()
        };
        assert_eq!(failure, AuthFailure::Expired(Some(customer(123))));
    }

    #[test]
    fn a_revoked_session_is_refused_and_no_other() {
        let state = TempDir::new().unwrap();
        let (session, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        let (_, other) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        revoke(state.path(), RevocationTarget::Session(session), at(1_001)).unwrap();
        let authenticated = verifier(&state);
        let Err(AuthError::Refused(failure)) = authenticated.authenticate(token.expose(), "r-1", at(1_002))
        else {
            panic!()
        };
        assert_eq!(failure, AuthFailure::Revoked(customer(1)));
        assert!(authenticated.authenticate(other.expose(), "r-1", at(1_002)).is_ok());
    }

    #[test]
    fn unreadable_list_makes_valid_sessions_unavailable() {
        let state = TempDir::new().unwrap();
        let authenticated = verifier(&state);
        let path = list_path(state.path());
        std::fs::create_dir_all(&path).unwrap();
        let (_, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        assert!(matches!(
            authenticated.authenticate(token.expose(), "r-1", at(1_000)),
            Err(AuthError::Unavailable(_))
        ));
        assert!(matches!(authenticated.authenticate("x", "r-1", at(1_000)), Err(AuthError::Refused(_))));
        assert!(matches!(
            authenticated.authenticate(token.expose(), "r-1", at(9_000)),
            Err(AuthError::Refused(_))
        ));
        std::fs::remove_dir(&path).unwrap();
        assert!(verifier(&state).authenticate(token.expose(), "r-1", at(1_000)).is_ok());
    }

    #[test]
    fn key_alone_decides_without_a_list() {
        let (_, token) = key().issue(customer(1), at(1_000), HOUR).unwrap();
        let demo = SessionVerifier { key: key(), revocations: None };
        assert!(demo.authenticate(token.expose(), "r-1", at(1_000)).is_ok());
    }
}
