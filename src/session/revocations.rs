//! What was revoked: single sessions, and all of a customer's or of everybody's up to a moment; and its text in a file.
//!
//! The text is one JSON document of one exact form with a hash, so that whatever is not as it was written is found.
//! Nothing is ever removed because of the time: a clock that was wrong once would bring revoked sessions back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::claims::{Session, SessionId};
use crate::time::Timestamp;
use crate::token::CustomerId;

/// The most revocations that are kept. One more is refused.
pub const MAX_REVOCATIONS: usize = 65_536;

/// The most bytes of the file; more than [`MAX_REVOCATIONS`] need.
pub(super) const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of one revocation, with the comma after it.
const MAX_ENTRY_BYTES: usize = r#""9223372036854775807":9007199254740991,"#.len();

const _: () = assert!(MAX_REVOCATIONS * MAX_ENTRY_BYTES + 256 < MAX_FILE_BYTES);

/// The version of the text.
const VERSION: u64 = 2;

/// What is wrong with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is too long.
    #[error("has more than {MAX_FILE_BYTES} bytes")]
    TooLong,
    /// It is of another version.
    #[error("is of version {found}, which this program does not know")]
    Version {
        /// The version.
        found: u64,
    },
    /// It was cut off or changed.
    #[error("is not as it was written")]
    Altered,
}

/// What was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Revocations {
    /// Sessions.
    sessions: BTreeSet<SessionId>,
    /// Customers, and up to when their sessions were issued that are revoked.
    customers: BTreeMap<CustomerId, Timestamp>,
    /// Up to when all sessions were issued that are revoked.
    everybody: Option<Timestamp>,
}

/// The form of the text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The version of the form.
    version: u64,
    /// The ids of sessions.
    sessions: Vec<String>,
    /// The ids of customers, and up to when their revoked sessions were issued.
    customers: BTreeMap<u64, u64>,
    /// Up to when all revoked sessions were issued.
    everybody: Option<u64>,
    /// The SHA-256 of the text in which this is empty.
    hash: String,
}

/// The part of the text that every version has.
#[derive(Deserialize)]
struct VersionProbe {
    /// The version of the form.
    version: u64,
}

impl Revocations {
    /// Returns `true` if a session was revoked.
    pub(super) fn contains(&self, session: &Session) -> bool {
        self.contains_id(session.id)
            || self.issued_until(session.customer).is_some_and(|until| session.issued_at <= until)
    }

    /// Returns `true` if a session was revoked by its id.
    pub(super) fn contains_id(&self, id: SessionId) -> bool {
        self.sessions.contains(&id)
    }

    /// Returns up to when a customer's sessions were issued that are revoked.
    pub(super) fn issued_until(&self, customer: CustomerId) -> Option<Timestamp> {
        self.customers.get(&customer).copied().max(self.everybody)
    }

    /// Revokes a session.
    pub(super) fn add_session(&mut self, id: SessionId) {
        self.sessions.insert(id);
    }

    /// Revokes all of a customer's sessions that were issued up to a moment, that one included.
    pub(super) fn add_customer(&mut self, customer: CustomerId, issued_until: Timestamp) {
        let kept = self.customers.entry(customer).or_insert(issued_until);
        *kept = issued_until.max(*kept);
    }

    /// Revokes all sessions that were issued up to a moment, that one included.
    pub(super) fn add_everybody(&mut self, issued_until: Timestamp) {
        self.everybody = self.everybody.max(Some(issued_until));
    }

    /// Returns the number of revocations.
    pub(super) fn len(&self) -> usize {
        self.sessions.len() + self.customers.len()
    }

    /// Returns the text.
    pub(super) fn to_text(&self) -> String {
        let customers = self.customers.iter();
        let mut document = Document {
            version: VERSION,
            sessions: self.sessions.iter().map(ToString::to_string).collect(),
            customers: customers.map(|(id, until)| (id.get(), until.epoch_seconds())).collect(),
            everybody: self.everybody.map(Timestamp::epoch_seconds),
            hash: String::new(),
        };
        let text = |document: &Document| serde_json::to_string(document).unwrap_or_default() + "\n";
        document.hash = base16ct::lower::encode_string(&Sha256::digest(text(&document)));
        text(&document)
    }

    /// Parses a text, and only what [`Revocations::to_text`] returns.
    pub(super) fn parse(text: &[u8]) -> Result<Self, FormatError> {
        if let Ok(VersionProbe { version }) = serde_json::from_slice(text)
            && version != VERSION
        {
            return Err(FormatError::Version { found: version });
        }
        let document: Document = serde_json::from_slice(text).map_err(|_| FormatError::Altered)?;
        let revocations = Self::from_document(&document).ok_or(FormatError::Altered)?;
        // Its own text has the right hash.
        if revocations.len() > MAX_REVOCATIONS || revocations.to_text().as_bytes() != text {
            return Err(FormatError::Altered);
        }
        Ok(revocations)
    }

    /// Returns the entries of a document.
    fn from_document(document: &Document) -> Option<Self> {
        let customer =
            |(id, until): (&u64, &u64)| Some((CustomerId::new(*id)?, Timestamp::from_epoch_seconds(*until)?));
        let everybody = document.everybody.map(|until| Timestamp::from_epoch_seconds(until).ok_or(()));
        Some(Self {
            sessions: document.sessions.iter().map(|id| SessionId::from_hex(id)).collect::<Option<_>>()?,
            customers: document.customers.iter().map(customer).collect::<Option<_>>()?,
            everybody: everybody.transpose().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, customer, id, session};
    use super::*;

    fn some() -> Revocations {
        let mut revocations = Revocations::default();
        revocations.add_session(id(2));
        revocations.add_session(id(1));
        revocations.add_customer(customer(9), at(100));
        revocations
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
    fn a_later_revocation_extends_an_earlier_one_and_an_earlier_one_takes_nothing_back() {
        let mut revocations = some();
        revocations.add_customer(customer(9), at(50));
        assert!(revocations.contains(&session(3, 9, 100)));
        revocations.add_customer(customer(9), at(101));
        assert!(revocations.contains(&session(3, 9, 101)));
    }

    #[test]
    fn the_sessions_of_everybody_are_revoked_up_to_a_second() {
        let mut revocations = some();
        revocations.add_everybody(at(50));
        assert!(revocations.contains(&session(3, 8, 50)) && !revocations.contains(&session(3, 8, 51)));
        assert!(revocations.contains(&session(3, 9, 100)));
        revocations.add_everybody(at(200));
        revocations.add_everybody(at(20));
        assert!(revocations.contains(&session(3, 8, 200)) && revocations.contains(&session(3, 9, 200)));
        assert_eq!(Revocations::parse(revocations.to_text().as_bytes()), Ok(revocations));
    }

    #[test]
    fn a_text_is_read_back_and_nothing_else_is() {
        let text = some().to_text();
        let hash = base16ct::lower::encode_string(&Sha256::digest(TEXT.replace("HASH", "")));
        assert_eq!(text, TEXT.replace("HASH", &hash));
        assert_eq!(Revocations::parse(text.as_bytes()), Ok(some()));
        let empty = Revocations::default();
        assert_eq!(Revocations::parse(empty.to_text().as_bytes()), Ok(empty));
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
        ] {
            let altered = text.replacen(what, instead, 1);
            assert_ne!(altered, text);
            assert_eq!(Revocations::parse(altered.as_bytes()), Err(FormatError::Altered), "{altered}");
        }
        for length in 0..text.len() {
            assert_eq!(Revocations::parse(&text.as_bytes()[..length]), Err(FormatError::Altered), "{length}");
        }
    }

    #[test]
    fn a_text_of_another_version_is_recognised() {
        for text in [TEXT.replace("2,\"s", "1,\"s"), r#"{"version":1}"#.into()] {
            assert_eq!(Revocations::parse(text.as_bytes()), Err(FormatError::Version { found: 1 }), "{text}");
        }
    }
}
