//! What an entry of the log says: the event as it is handed in, and the entry as it is read back.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::head::{Hash, Head, LogId};
use super::ranges::IdRanges;
use crate::escape::is_unprintable;
use crate::time::Timestamp;

/// How many bytes of a string, escaped, an entry keeps; what is cut shows as an ellipsis.
pub const MAX_FIELD_BYTES: usize = 512;
/// How many bytes, escaped, it keeps of what a person says of the purpose: 200 characters, whichever they are.
const MAX_PURPOSE_BYTES: usize = 200 * 12;

/// Declares an enum whose values are words in the log.
macro_rules! string_enum {
    ($(#[$about:meta])* $set:ident { $($(#[$doc:meta])* $word:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum $set { $($(#[$doc])* #[serde(rename = $name)] $word,)* }

        impl $set {
            /// The words, in order.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// Returns the word that the log has.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$word => $name,)* }
            }

            /// Returns what a word of the log stands for.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$word),)* _ => None }
            }
        }
    };
}

string_enum! {
    /// What an entry is about.
    Action {
        /// One token was minted.
        Mint = "mint",
        /// Tokens for a chunk of customers were minted.
        MintBatch = "mint_batch",
        /// Tokens were minted, or a request was answered, to fail on purpose; `reason` says how.
        Fault = "fault",
        /// A client or a call was refused.
        Refusal = "refusal",
        /// Further refusals of one reason and address prefix, summed up.
        Refusals = "refusals",
        /// A profile's secret was set.
        SecretSet = "secret_set",
        /// A profile's secret was rotated.
        SecretRotate = "secret_rotate",
        /// A profile's secret was removed.
        SecretRemove = "secret_remove",
        /// A session token was made.
        SessionNew = "session_new",
        /// One or all of a customer's sessions were revoked.
        SessionRevoke = "session_revoke",
        /// A profile was added.
        ProfileAdd = "profile_add",
        /// A profile became the default.
        ProfileDefault = "profile_default",
        /// A profile was changed.
        ProfileChange = "profile_change",
        /// A profile was removed.
        ProfileRemove = "profile_remove",
        /// Old segments were removed; `count` says how many entries.
        Pruned = "pruned",
        /// A segment was opened; `reason` says why.
        SegmentOpened = "segment_opened",
        /// A line torn by a crash was ended; `count` says how many bytes it has.
        Repaired = "repaired",
        /// The log was found damaged, and a segment opened after the damage.
        ChainBroken = "chain_broken",
    }
}

impl Action {
    /// Returns `true` if the log itself did it.
    #[must_use]
    pub const fn is_maintenance(self) -> bool {
        matches!(self, Self::SegmentOpened | Self::Repaired | Self::ChainBroken)
    }
}

string_enum! {
    /// How the caller reached the program.
    Channel {
        /// The command line.
        Cli = "cli",
        /// The endpoint.
        Serve = "serve",
    }
}

string_enum! {
    /// How an action ended.
    Outcome {
        /// It was done.
        Ok = "ok",
        /// It was refused by a rule.
        Refused = "refused",
        /// It was allowed, and failed.
        Failed = "failed",
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The operating system's user.
    pub user: String,
    /// The user behind sudo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
}

/// The customers for whom it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CustomerSet {
    /// One customer.
    One {
        /// The customer's id.
        customer: u64,
    },
    /// Several customers.
    Many {
        /// Their ids.
        customers: IdRanges,
    },
    /// No customer in particular.
    None {},
}

impl CustomerSet {
    /// Returns `true` if the id is in the set.
    #[must_use]
    pub fn contains(&self, id: u64) -> bool {
        match self {
            Self::One { customer } => *customer == id,
            Self::Many { customers } => customers.contains(id),
            Self::None {} => false,
        }
    }
}

/// All that an entry says of an event, in the order of its keys; what is absent is left out of the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryBody {
    /// Who did it.
    pub actor: Actor,
    /// How they reached the program.
    pub channel: Channel,
    /// What they did.
    pub action: Action,
    /// With which profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// For whom.
    #[serde(flatten)]
    pub customers: CustomerSet,
    /// When what was made expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The fingerprint of the token that was made, or of a line that was torn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The client's address, or the prefix that it shares with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The request's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The client's session: its id, or how it was checked and its token's fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it was for, as the person who did it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// How many: tokens, refusals, or bytes of what was torn or left behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// For an opened segment: how many bytes of the segment before belong to the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_bytes: Option<u64>,
    /// The last entry that was pruned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned_up_to: Option<Head>,
}

impl EntryBody {
    /// Returns the body that no entry is without.
    pub(super) fn new(action: Action, channel: Channel, actor: Actor, outcome: Outcome) -> Self {
        let actor = Actor { user: bounded(actor.user), sudo_user: actor.sudo_user.map(bounded) };
        Self {
            actor,
            channel,
            action,
            profile: None,
            customers: CustomerSet::None {},
            expires_at: None,
            fingerprint: None,
            peer: None,
            request_id: None,
            session: None,
            outcome,
            reason: None,
            purpose: None,
            count: None,
            previous_bytes: None,
            pruned_up_to: None,
        }
    }

    /// Returns `true` if it says that sessions were revoked, or that pruned entries said so.
    #[must_use]
    pub fn tells_of_revocation(&self) -> bool {
        let is_told =
            self.action == Action::Pruned && self.reason.as_deref() == Some(Action::SessionRevoke.name());
        self.outcome == Outcome::Ok && (self.action == Action::SessionRevoke || is_told)
    }
}

/// Cuts a string at [`MAX_FIELD_BYTES`].
fn bounded(text: String) -> String {
    cut(text, MAX_FIELD_BYTES)
}

/// Cuts a string at so many bytes, counted as the log escapes it.
fn cut(mut text: String, max: usize) -> String {
    let mut length = 0;
    let end = text.char_indices().find(|(_, character)| {
        length += match character {
            '"' | '\\' => 2,
            _ if is_unprintable(*character) => 6 * character.len_utf16(),
            _ => character.len_utf8(),
        };
        length > max
    });
    if let Some((at, _)) = end {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// The id of an event, by which its receipt is known again. No two events of a process share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId(u64);

impl EventId {
    /// Returns an id that no event has had.
    fn new() -> Self {
        /// The id of the next event.
        static NEXT_EVENT_ID: AtomicU64 = AtomicU64::new(0);
        Self(NEXT_EVENT_ID.fetch_add(1, Ordering::Relaxed))
    }
}

/// An event to be recorded. It cannot be cloned, so its id stands for one entry at most.
///
/// Strings are cut at [`MAX_FIELD_BYTES`], a purpose after 200 characters or more.
#[derive(Debug)]
pub struct Event {
    /// Its id.
    pub(super) id: EventId,
    /// What its entry will say.
    pub(super) body: EntryBody,
}

impl Event {
    /// Returns an event with what no entry is without.
    #[must_use]
    pub fn new(action: Action, channel: Channel, actor: Actor, outcome: Outcome) -> Self {
        Self { id: EventId::new(), body: EntryBody::new(action, channel, actor, outcome) }
    }

    /// Returns the id that this event's receipt will carry.
    #[must_use]
    pub fn id(&self) -> EventId {
        self.id
    }

    /// Returns what the entry will say.
    #[must_use]
    pub fn body(&self) -> &EntryBody {
        &self.body
    }

    /// Adds the profile.
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.body.profile = Some(bounded(profile.into()));
        self
    }

    /// Adds the customer.
    #[must_use]
    pub fn customer(mut self, customer: u64) -> Self {
        self.body.customers = CustomerSet::One { customer };
        self
    }

    /// Adds several customers and their number.
    #[must_use]
    pub fn customers(mut self, customers: IdRanges) -> Self {
        self.body.count = Some(customers.count());
        self.body.customers = CustomerSet::Many { customers };
        self
    }

    /// Adds when what was made expires; `None` for never.
    #[must_use]
    pub fn expires_at(mut self, at: impl Into<Option<Timestamp>>) -> Self {
        self.body.expires_at = at.into();
        self
    }

    /// Adds the fingerprint of the token that was made.
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.body.fingerprint = Some(bounded(fingerprint.into()));
        self
    }

    /// Adds the client's address.
    #[must_use]
    pub fn peer(mut self, peer: impl Into<String>) -> Self {
        self.body.peer = Some(bounded(peer.into()));
        self
    }

    /// Adds the request's id.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.body.request_id = Some(bounded(id.into()));
        self
    }

    /// Adds the client's session.
    #[must_use]
    pub fn session(mut self, session: impl Into<String>) -> Self {
        self.body.session = Some(bounded(session.into()));
        self
    }

    /// Adds why it ended as it did.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.body.reason = Some(bounded(reason.into()));
        self
    }

    /// Adds what it was for, if anybody says so.
    #[must_use]
    pub fn purpose(mut self, purpose: Option<&str>) -> Self {
        self.body.purpose = purpose.map(|purpose| cut(purpose.to_owned(), MAX_PURPOSE_BYTES));
        self
    }

    /// Adds the last entry that was pruned.
    #[must_use]
    pub(super) fn pruned_up_to(mut self, head: Head) -> Self {
        self.body.pruned_up_to = Some(head);
        self
    }

    /// Adds how many there were.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.body.count = Some(count);
        self
    }
}

/// An entry read back from the log, in the one form that entries are written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The log to which it belongs.
    pub log_id: LogId,
    /// Its number in the log, from 1.
    pub sequence: u64,
    /// When it was written.
    pub time: Timestamp,
    /// What it says.
    pub body: EntryBody,
    /// The hash of the entry before.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
}

impl Entry {
    /// Returns the entry as a head of the log.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { log_id: self.log_id, sequence: self.sequence, hash: self.hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_by_its_name_and_no_other_is() {
        for name in Action::NAMES {
            assert_eq!(Action::from_name(name).map(Action::name), Some(*name));
        }
        assert_eq!(Action::from_name("minted"), None);
        assert_eq!(Outcome::from_name("refused"), Some(Outcome::Refused));
        assert_eq!(Channel::from_name(""), None);
    }

    #[test]
    fn a_text_is_cut_only_beyond_its_limit() {
        assert_eq!(bounded("x".repeat(512)), "x".repeat(512));
        assert_eq!(bounded("x".repeat(513)), format!("{}…", "x".repeat(512)));
    }

    #[test]
    fn no_two_events_share_an_id() {
        let event = || {
            let actor = Actor { user: "ann".into(), sudo_user: None };
            Event::new(Action::Mint, Channel::Cli, actor, Outcome::Ok)
        };
        assert_ne!(event().id(), event().id());
    }
}
