//! What an entry of the log says: the event as it is handed in, and the entry as it is read back.

use std::sync::atomic::{AtomicU64, Ordering};

use super::head::{Hash, LogId};
use super::ranges::Ranges;
use crate::time::Timestamp;

/// Declares a closed set of words, each with its form in the log.
macro_rules! words {
    ($(#[$about:meta])* $set:ident { $($(#[$doc:meta])* $word:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $set { $($(#[$doc])* $word,)* }

        impl $set {
            /// Returns the word as the log has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$word => $name,)* }
            }

            /// Finds the word that the log has.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$word),)* _ => None }
            }
        }
    };
}

words! {
    /// What was done, or refused.
    Action {
        /// One token was minted.
        Mint = "mint",
        /// Tokens for a chunk of customers were minted.
        MintBatch = "mint_batch",
        /// Somebody was refused.
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
    }
}

words! {
    /// What the log did to the log itself.
    Upkeep {
        /// A segment was opened; `reason` says why.
        SegmentOpened = "segment_opened",
        /// A line torn by a crash was ended; `count` says how many bytes it has.
        Repaired = "repaired",
        /// The log was found damaged, and a segment opened after the damage.
        ChainBroken = "chain_broken",
    }
}

words! {
    /// The way by which somebody came.
    Channel {
        /// The command line.
        Cli = "cli",
        /// The endpoint.
        Serve = "serve",
    }
}

words! {
    /// How it ended.
    Outcome {
        /// It was done.
        Ok = "ok",
        /// It was refused by a rule.
        Refused = "refused",
        /// It was allowed, and failed.
        Failed = "failed",
    }
}

/// What an entry is about: somebody's action, or the log's own upkeep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Somebody's action.
    Action(Action),
    /// The log's own.
    Upkeep(Upkeep),
}

impl Deed {
    /// Returns the word as the log has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Action(action) => action.name(),
            Self::Upkeep(upkeep) => upkeep.name(),
        }
    }

    /// Finds the word that the log has.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Action::named(name).map(Self::Action).or_else(|| Upkeep::named(name).map(Self::Upkeep))
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The operating system's user.
    pub user: String,
    /// The user behind sudo.
    pub sudo_user: Option<String>,
}

/// For whom it was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Customers {
    /// For no customer in particular.
    #[default]
    None,
    /// For this one.
    One(u64),
    /// For all of these.
    Many(Ranges),
}

impl Customers {
    /// Returns `true` if the id is among them.
    #[must_use]
    pub fn contains(&self, customer: u64) -> bool {
        match self {
            Self::None => false,
            Self::One(one) => *one == customer,
            Self::Many(ranges) => ranges.contains(customer),
        }
    }
}

/// All that an entry says of an event; what is absent is left out of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who did it.
    pub actor: Actor,
    /// The way by which they came.
    pub channel: Channel,
    /// What they did.
    pub deed: Deed,
    /// With which profile.
    pub profile: Option<String>,
    /// For whom.
    pub customers: Customers,
    /// When what was made expires.
    pub expires_at: Option<Timestamp>,
    /// The fingerprint of the token that was made, or of a line that was torn.
    pub fingerprint: Option<String>,
    /// The client's address, or the prefix that it shares with others.
    pub peer: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so.
    pub reason: Option<String>,
    /// How many: tokens, refusals, or bytes of what was torn or left behind.
    pub count: Option<u64>,
    /// For an opened segment: how many bytes of the segment before belong to the log.
    pub previous_bytes: Option<u64>,
}

impl Facts {
    /// Makes the facts that no entry is without.
    pub(super) fn new(deed: Deed, channel: Channel, actor: Actor, outcome: Outcome) -> Self {
        Self {
            actor,
            channel,
            deed,
            profile: None,
            customers: Customers::None,
            expires_at: None,
            fingerprint: None,
            peer: None,
            request_id: None,
            outcome,
            reason: None,
            count: None,
            previous_bytes: None,
        }
    }
}

/// One event's mark, by which its receipt is known again. No two events of a process share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

impl Ticket {
    /// Makes a mark that no event has had.
    fn fresh() -> Self {
        /// The mark of the next event.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// An event to be recorded. It cannot be cloned, so its ticket stands for one entry at most.
#[derive(Debug)]
pub struct Event {
    /// Its mark.
    ticket: Ticket,
    /// What its entry will say.
    facts: Facts,
}

impl Event {
    /// Makes an event of what no entry is without.
    #[must_use]
    pub fn new(action: Action, channel: Channel, actor: Actor, outcome: Outcome) -> Self {
        let facts = Facts::new(Deed::Action(action), channel, actor, outcome);
        Self { ticket: Ticket::fresh(), facts }
    }

    /// Returns the mark that this event's receipt will carry.
    #[must_use]
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Returns what the entry will say.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Says with which profile.
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.facts.profile = Some(profile.into());
        self
    }

    /// Says for which customer.
    #[must_use]
    pub fn customer(mut self, customer: u64) -> Self {
        self.facts.customers = Customers::One(customer);
        self
    }

    /// Says for which customers, and how many they are.
    #[must_use]
    pub fn customers(mut self, ranges: Ranges) -> Self {
        self.facts.count = Some(ranges.count());
        self.facts.customers = Customers::Many(ranges);
        self
    }

    /// Says when what was made expires.
    #[must_use]
    pub fn expires_at(mut self, at: Timestamp) -> Self {
        self.facts.expires_at = Some(at);
        self
    }

    /// Says which token was made.
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: impl Into<String>) -> Self {
        self.facts.fingerprint = Some(fingerprint.into());
        self
    }

    /// Says from where the request came.
    #[must_use]
    pub fn peer(mut self, peer: impl Into<String>) -> Self {
        self.facts.peer = Some(peer.into());
        self
    }

    /// Says which request it was.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.facts.request_id = Some(id.into());
        self
    }

    /// Says why it ended as it did.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.facts.reason = Some(reason.into());
        self
    }

    /// Says how many.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.facts.count = Some(count);
        self
    }

    /// Takes the event apart, into its mark and what its entry will say.
    pub(super) fn into_parts(self) -> (Ticket, Facts) {
        (self.ticket, self.facts)
    }
}

/// An entry read back from the log. Its hash was checked against its line, its place was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The log to which it belongs.
    pub log_id: LogId,
    /// Its number in the log, from 1.
    pub sequence: u64,
    /// When it was written.
    pub time: Timestamp,
    /// What it says.
    pub facts: Facts,
    /// The hash of the entry before.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_by_its_name_and_no_other_is() {
        for name in ["mint", "mint_batch", "refusals", "secret_rotate", "segment_opened", "repaired"] {
            assert_eq!(Deed::named(name).map(Deed::name), Some(name));
        }
        assert_eq!(Deed::named("minted"), None);
        assert_eq!(Outcome::named("refused"), Some(Outcome::Refused));
        assert_eq!(Channel::named(""), None);
    }

    #[test]
    fn no_two_events_share_a_ticket() {
        let event = || {
            let actor = Actor { user: "ann".into(), sudo_user: None };
            Event::new(Action::Mint, Channel::Cli, actor, Outcome::Ok)
        };
        assert_ne!(event().ticket(), event().ticket());
    }
}
