//! Which entries are about one token: the entry that names it, and the batches in which it may have been minted.

use super::entry::{Action, CustomerSet, EntryBody, Outcome};
use crate::time::Timestamp;

/// A token that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenQuery {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its customer, and when it expires; `None` if only the fingerprint is known.
    pub claims: Option<(u64, Option<Timestamp>)>,
}

/// How an entry is about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenMatch {
    /// It names the token's fingerprint.
    Certain,
    /// It names no token, and records a batch for the customer whose tokens expire when this one does.
    Possible,
}

impl TokenQuery {
    /// Returns how an entry is about the token; `None` if it is not.
    #[must_use]
    pub fn matches(&self, body: &EntryBody) -> Option<TokenMatch> {
        let makes_tokens =
            matches!(body.action, Action::Mint | Action::MintBatch | Action::Fault | Action::SessionNew);
        if !makes_tokens || body.outcome != Outcome::Ok {
            return None;
        }
        if body.fingerprint.is_some() {
            return (body.fingerprint.as_ref() == Some(&self.fingerprint)).then_some(TokenMatch::Certain);
        }
        let (customer, expires_at) = self.claims?;
        let is_in_batch =
            matches!(&body.customers, CustomerSet::Many { customers } if customers.contains(customer));
        (is_in_batch && body.expires_at == expires_at).then_some(TokenMatch::Possible)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Channel, Event};
    use super::super::ranges::IdRanges;
    use super::super::testing::{ann, mint};
    use super::*;

    fn of(customer: u64, expires_at: Option<u64>) -> TokenQuery {
        let expires_at = expires_at.and_then(Timestamp::from_epoch_seconds);
        TokenQuery { fingerprint: format!("{customer:016x}"), claims: Some((customer, expires_at)) }
    }

    #[test]
    fn an_entry_with_the_fingerprint_is_certain_and_one_with_another_is_none() {
        let matches = |query: &TokenQuery| query.matches(mint(7).body());
        assert_eq!(matches(&of(7, Some(1))), Some(TokenMatch::Certain));
        assert_eq!(matches(&TokenQuery { claims: None, ..of(7, None) }), Some(TokenMatch::Certain));
        assert_eq!(matches(&TokenQuery { fingerprint: "00".into(), ..of(7, None) }), None);
    }

    #[test]
    fn a_batch_is_possible_if_the_customer_and_the_expiry_are_the_tokens() {
        let mut ranges = IdRanges::new();
        assert!((5..9).all(|id| ranges.insert_next(id)));
        let batch = |action| Event::new(action, Channel::Cli, ann(), Outcome::Ok).customers(ranges.clone());
        let event = batch(Action::MintBatch).expires_at(Timestamp::from_epoch_seconds(100));
        assert_eq!(of(7, Some(100)).matches(event.body()), Some(TokenMatch::Possible));
        for other in [of(9, Some(100)), of(7, Some(101)), of(7, None)] {
            assert_eq!(other.matches(event.body()), None, "{other:?}");
        }
        assert_eq!(of(7, None).matches(batch(Action::Fault).body()), Some(TokenMatch::Possible));
        assert_eq!(TokenQuery { claims: None, ..of(7, None) }.matches(batch(Action::MintBatch).body()), None);
    }

    #[test]
    fn what_made_no_token_is_not_found() {
        for (action, outcome) in [(Action::Repaired, Outcome::Ok), (Action::Mint, Outcome::Failed)] {
            let event = Event::new(action, Channel::Cli, ann(), outcome).fingerprint(format!("{:016x}", 7));
            assert_eq!(of(7, None).matches(event.body()), None);
        }
    }
}
