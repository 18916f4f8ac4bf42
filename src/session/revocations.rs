//! What was revoked: single sessions, and all of a customer's up to a moment; and its text in a file.
//!
//! The text is one JSON document of one exact form, so that whatever is not as it was written is found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::claims::{LONGEST_LIFETIME, Session};
use super::error::{Flaw, MAX_FILE_BYTES, MAX_REVOCATIONS};
use super::id::SessionId;
use crate::time::Timestamp;
use crate::token::CustomerId;

/// How many bytes one revocation takes at most, the comma behind it included.
const LONGEST_ENTRY: usize = r#"{"id":"00000000000000000000000000000000","until":9007199254740991},"#.len();

const _: () = assert!(MAX_REVOCATIONS * LONGEST_ENTRY + 256 < MAX_FILE_BYTES);

/// The version of the text.
const VERSION: u64 = 1;

/// How long a revocation is kept beyond the end of what it revokes, for clocks that differ.
const MARGIN: std::time::Duration = std::time::Duration::from_hours(24);

/// What was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Revocations {
    /// Sessions, and until when each is kept here.
    sessions: BTreeMap<SessionId, Timestamp>,
    /// Customers, and up to when their sessions were issued that are revoked.
    customers: BTreeMap<CustomerId, Timestamp>,
}

/// The text's form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The version of the form.
    version: u64,
    /// Sessions, by their ids.
    sessions: Vec<OfSession>,
    /// Customers, by their ids.
    customers: Vec<OfCustomer>,
}

/// A session in the text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfSession {
    /// Its id.
    id: String,
    /// Until when it is kept.
    until: u64,
}

/// A customer in the text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfCustomer {
    /// Their id.
    id: u64,
    /// Up to when their revoked sessions were issued.
    issued_until: u64,
}

/// The part of every version's text that tells which one it is.
#[derive(Deserialize)]
struct Versioned {
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
        let until = expires_at.after(MARGIN);
        let kept = self.sessions.entry(id).or_insert(until);
        *kept = until.max(*kept);
    }

    /// Revokes all of a customer's sessions that were issued up to a moment, that one included.
    pub(super) fn add_customer(&mut self, customer: CustomerId, issued_until: Timestamp) {
        let kept = self.customers.entry(customer).or_insert(issued_until);
        *kept = issued_until.max(*kept);
    }

    /// Forgets what revokes only sessions that have ended.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.sessions.retain(|_, until| *until > now);
        self.customers.retain(|_, until| until.after(LONGEST_LIFETIME).after(MARGIN) > now);
    }

    /// Returns how many there are.
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
                .map(|(id, until)| OfSession { id: id.to_string(), until: until.epoch_seconds() })
                .collect(),
            customers: customers
                .map(|(id, until)| OfCustomer { id: id.get(), issued_until: until.epoch_seconds() })
                .collect(),
        };
        let mut text = serde_json::to_string(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a text, and only what [`Revocations::to_text`] gives.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Flaw> {
        if let Ok(Versioned { version }) = serde_json::from_slice(text)
            && version != VERSION
        {
            return Err(Flaw::Version { found: version });
        }
        let document: Document = serde_json::from_slice(text).map_err(|_| Flaw::Altered)?;
        let revocations = Self::of(&document).ok_or(Flaw::Altered)?;
        if revocations.len() > MAX_REVOCATIONS || revocations.to_text().as_bytes() != text {
            return Err(Flaw::Altered);
        }
        Ok(revocations)
    }

    /// Takes a document's entries.
    fn of(document: &Document) -> Option<Self> {
        let session = |entry: &OfSession| {
            Some((SessionId::from_hex(&entry.id)?, Timestamp::from_epoch_seconds(entry.until)?))
        };
        let customer = |entry: &OfCustomer| {
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
    fn revokes_one_session_and_no_other() {
        assert!(some().contains(&session(1, 5, 0)));
        assert!(!some().contains(&session(3, 5, 0)));
    }

    #[test]
    fn revokes_a_customers_sessions_up_to_a_second_and_nobody_elses() {
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
    fn forgets_what_has_ended_a_day_after() {
        let mut revocations = some();
        revocations.prune(at(86_899));
        assert_eq!(revocations, some());
        revocations.prune(at(86_900));
        assert_eq!(revocations.len(), 2);
        let end = 100 + LONGEST_LIFETIME.as_secs() + MARGIN.as_secs();
        revocations.prune(at(end - 1));
        assert!(revocations.contains(&session(3, 9, 100)));
        revocations.prune(at(end));
        assert_eq!(revocations.len(), 0);
    }

    #[test]
    fn reads_back_what_it_writes_and_nothing_else() {
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
            assert_eq!(Revocations::parse(text.as_bytes()), Err(Flaw::Altered), "{text}");
        }
        for length in 0..TEXT.len() {
            assert_eq!(Revocations::parse(&TEXT.as_bytes()[..length]), Err(Flaw::Altered), "{length}");
        }
    }

    #[test]
    fn tells_a_text_of_another_version() {
        for text in [TEXT.replace("1,\"s", "2,\"s"), r#"{"version":2}"#.into()] {
            assert_eq!(Revocations::parse(text.as_bytes()), Err(Flaw::Version { found: 2 }), "{text}");
        }
    }
}
