//! What was revoked: single sessions, and all of a customer's up to a moment; and its text in a file.
//!
//! The text is one JSON document of one exact form, so that whatever is not as it was written is found.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::claims::{MAX_LIFETIME, Session, SessionId};
use crate::time::Timestamp;
use crate::token::CustomerId;

/// The most revocations that are kept. One more is refused.
pub const MAX_REVOCATIONS: usize = 65_536;

/// The most bytes of the file; more than [`MAX_REVOCATIONS`] need.
pub(super) const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// The most bytes of one revocation, with the comma after it.
const MAX_ENTRY_BYTES: usize = r#"{"id":"00000000000000000000000000000000","until":9007199254740991},"#.len();

const _: () = assert!(MAX_REVOCATIONS * MAX_ENTRY_BYTES + 256 < MAX_FILE_BYTES);

/// The version of the text.
const VERSION: u64 = 1;

/// How long a revocation is kept beyond the end of what it revokes, for clocks that differ.
const EXPIRY_MARGIN: Duration = Duration::from_hours(24);

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
    /// Sessions, and until when each is kept here.
    sessions: BTreeMap<SessionId, Timestamp>,
    /// Customers, and up to when their sessions were issued that are revoked.
    customers: BTreeMap<CustomerId, Timestamp>,
}

/// The form of the text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The version of the form.
    version: u64,
    /// Sessions, by their ids.
    sessions: Vec<SessionEntry>,
    /// Customers, by their ids.
    customers: Vec<CustomerEntry>,
}

/// A session in the text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionEntry {
    /// Its id.
    id: String,
    /// Until when it is kept.
    until: u64,
}

/// A customer in the text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerEntry {
    /// Their id.
    id: u64,
    /// Up to when their revoked sessions were issued.
    issued_until: u64,
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
        let is_revoked_with_all = |until: &Timestamp| session.issued_at <= *until;
        self.contains_id(session.id) || self.customers.get(&session.customer).is_some_and(is_revoked_with_all)
    }

    /// Returns `true` if a session was revoked by its id.
    pub(super) fn contains_id(&self, id: SessionId) -> bool {
        self.sessions.contains_key(&id)
    }

    /// Revokes a session that ends at `expires_at` at the latest.
    pub(super) fn add_session(&mut self, id: SessionId, expires_at: Timestamp) {
        let until = expires_at.after(EXPIRY_MARGIN);
        let kept = self.sessions.entry(id).or_insert(until);
        *kept = until.max(*kept);
    }

    /// Revokes all of a customer's sessions that were issued up to a moment, that one included.
    pub(super) fn add_customer(&mut self, customer: CustomerId, issued_until: Timestamp) {
        let kept = self.customers.entry(customer).or_insert(issued_until);
        *kept = issued_until.max(*kept);
    }

    /// Removes what revokes only sessions that have ended.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.sessions.retain(|_, until| *until > now);
        self.customers.retain(|_, until| until.after(MAX_LIFETIME).after(EXPIRY_MARGIN) > now);
    }

    /// Returns the number of revocations.
    pub(super) fn len(&self) -> usize {
        self.sessions.len() + self.customers.len()
    }

    /// Returns the text.
    pub(super) fn to_text(&self) -> String {
        let sessions = self.sessions.iter();
        let customers = self.customers.iter();
        let document = Document {
            version: VERSION,
            sessions: sessions
                .map(|(id, until)| SessionEntry { id: id.to_string(), until: until.epoch_seconds() })
                .collect(),
            customers: customers
                .map(|(id, until)| CustomerEntry { id: id.get(), issued_until: until.epoch_seconds() })
                .collect(),
        };
        let mut text = serde_json::to_string(&document).unwrap_or_default();
        text.push('\n');
        text
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
        if revocations.len() > MAX_REVOCATIONS || revocations.to_text().as_bytes() != text {
            return Err(FormatError::Altered);
        }
        Ok(revocations)
    }

    /// Returns the entries of a document.
    fn from_document(document: &Document) -> Option<Self> {
        let session = |entry: &SessionEntry| {
            Some((SessionId::from_hex(&entry.id)?, Timestamp::from_epoch_seconds(entry.until)?))
        };
        let customer = |entry: &CustomerEntry| {
            Some((CustomerId::new(entry.id)?, Timestamp::from_epoch_seconds(entry.issued_until)?))
        };
        Some(Self {
            sessions: document.sessions.iter().map(session).collect::<Option<_>>()?,
            customers: document.customers.iter().map(customer).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, customer, id, session};
    use super::*;

    fn some() -> Revocations {
        let mut revocations = Revocations::default();
        revocations.add_session(id(2), at(900));
        revocations.add_session(id(1), at(500));
        revocations.add_customer(customer(9), at(100));
        revocations
    }

    const TEXT: &str = concat!(
        r#"{"version":1,"sessions":[{"id":"00000000000000000000000000000001","until":86900},"#,
        r#"{"id":"00000000000000000000000000000002","until":87300}],"#,
        r#""customers":[{"id":9,"issued_until":100}]}"#,
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
    fn a_revocation_is_removed_a_day_after_its_session_ended() {
        let mut revocations = some();
        revocations.prune(at(86_899));
        assert_eq!(revocations, some());
        revocations.prune(at(86_900));
        assert_eq!(revocations.len(), 2);
        let end = 100 + MAX_LIFETIME.as_secs() + EXPIRY_MARGIN.as_secs();
        revocations.prune(at(end - 1));
        assert!(revocations.contains(&session(3, 9, 100)));
        revocations.prune(at(end));
        assert_eq!(revocations.len(), 0);
    }

    #[test]
    fn a_text_is_read_back_and_nothing_else_is() {
        assert_eq!(some().to_text(), TEXT);
        assert_eq!(Revocations::parse(TEXT.as_bytes()), Ok(some()));
        let empty = Revocations::default();
        assert_eq!(Revocations::parse(empty.to_text().as_bytes()), Ok(empty));
        for (what, instead) in [
            ("\n", ""),
            ("\n", "\n\n"),
            (":", ": "),
            ("86900", "86900.0"),
            ("87300", "-1"),
            ("87300", "9007199254740992"),
            ("9,", "0,"),
            ("9,", "9223372036854775808,"),
            ("00000001", "00000003"),
            ("00000001", "00000002"),
            (r#","customers":[{"id":9,"issued_until":100}]"#, ""),
            (r#"{"version":1"#, r#"{"more":1,"version":1"#),
            (r#"{"id":9,"issued_until":100}"#, "[9,100]"),
        ] {
            let text = TEXT.replacen(what, instead, 1);
            assert_ne!(text, TEXT);
            assert_eq!(Revocations::parse(text.as_bytes()), Err(FormatError::Altered), "{text}");
        }
        for length in 0..TEXT.len() {
            assert_eq!(Revocations::parse(&TEXT.as_bytes()[..length]), Err(FormatError::Altered), "{length}");
        }
    }

    #[test]
    fn a_text_of_another_version_is_recognised() {
        for text in [TEXT.replace("1,\"s", "2,\"s"), r#"{"version":2}"#.into()] {
            assert_eq!(Revocations::parse(text.as_bytes()), Err(FormatError::Version { found: 2 }), "{text}");
        }
    }
}
