//! What a session token claims: whose it is, when it was issued and when it ends, and its id.

use std::time::Duration;

use super::authenticate::Refused;
use super::id::SessionId;
use crate::time::Timestamp;
use crate::token::{ClaimsSet, CustomerId};

/// How long a session lives at most.
pub const LONGEST_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// How long a session lives for which nothing was said.
pub const DEFAULT_LIFETIME: Duration = Duration::from_hours(8);

/// How far ahead the clock of whoever issued a session may be.
pub const LEEWAY: Duration = Duration::from_mins(1);

/// The `iss` of every session token of ours.
const ISSUER: &str = "stream-token";

/// How many claims a session token has.
const CLAIMS: usize = 5;

/// A session as its token claims it. Only [`super::SessionKey`] makes one, from a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its id: `jti`.
    pub(super) id: SessionId,
    /// Whose it is: `sub`.
    pub(super) customer: CustomerId,
    /// When it was issued: `iat`.
    pub(super) issued_at: Timestamp,
    /// When it ends: `exp`.
    pub(super) expires_at: Timestamp,
}

impl Session {
    /// Returns its id.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// Returns whose it is.
    #[must_use]
    pub const fn customer(&self) -> CustomerId {
        self.customer
    }

    /// Returns when it was issued.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns when it ends.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Holds its times against the present.
    pub(super) fn judge(&self, now: Timestamp) -> Result<(), Refused> {
        if self.issued_at > now.after(LEEWAY) {
            return Err(Refused::IssuedInFuture(self.customer));
        }
        if now >= self.expires_at {
            return Err(Refused::Expired(self.customer));
        }
        Ok(())
    }

    /// Returns the claims set as JSON.
    pub(super) fn to_json(self) -> String {
        let Self { id, customer, issued_at, expires_at } = self;
        let (issued_at, expires_at) = (issued_at.epoch_seconds(), expires_at.epoch_seconds());
        format!(
            r#"{{"iss":"{ISSUER}","sub":"{customer}","iat":{issued_at},"exp":{expires_at},"jti":"{id}"}}"#
        )
    }

    /// Reads a claims set strictly: these five claims, of these types, once each and no other.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let set = ClaimsSet::parse(bytes).ok()?;
        let text = |claim| set.as_json().get(claim)?.as_str();
        if set.as_json().members().len() != CLAIMS || text("iss")? != ISSUER {
            return None;
        }
        let session = Self {
            id: SessionId::from_hex(text("jti")?)?,
            customer: CustomerId::from_digits(text("sub")?.as_bytes()).ok()?,
            issued_at: set.issued_at().at()?,
            expires_at: set.expires_at().at()?,
        };
        session.has_sound_lifetime().then_some(session)
    }

    /// Returns `true` if it ends after it was issued, and within [`LONGEST_LIFETIME`].
    fn has_sound_lifetime(&self) -> bool {
        self.expires_at > self.issued_at && self.expires_at <= self.issued_at.after(LONGEST_LIFETIME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &str = r#"{"iss":"stream-token","sub":"123","iat":1000,"exp":2000,"jti":"00c0ffee00c0ffee00c0ffee00c0ffee"}"#;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_epoch_seconds(seconds).unwrap()
    }

    #[test]
    fn reads_back_what_it_writes() {
        let session = Session::parse(CLAIMS.as_bytes()).unwrap();
        assert_eq!(session.to_json(), CLAIMS);
        assert_eq!(
            (session.customer().get(), session.issued_at(), session.expires_at()),
            (123, at(1000), at(2000))
        );
    }

    #[test]
    fn refuses_every_other_claims_set() {
        let longest = LONGEST_LIFETIME.as_secs();
        let exactly = CLAIMS.replace("2000", &(1000 + longest).to_string());
        assert!(Session::parse(exactly.as_bytes()).is_some());
        for (what, instead) in [
            (r#""iss":"stream-token","#, ""),
            ("stream-token", "Stream-Token"),
            (r#""iss":"stream-token""#, r#""iss":["stream-token"]"#),
            (r#""123""#, "123"),
            ("123", "0123"),
            ("123", "customer-123"),
            ("123", "0"),
            ("123", "9223372036854775808"),
            ("1000", "1000.0"),
            ("1000", r#""1000""#),
            ("2000", "2e3"),
            ("2000", "1000"),
            ("2000", "999"),
            ("2000", &(1001 + longest).to_string()),
            (r#","exp":2000"#, ""),
            (r#","exp":2000"#, r#","exp":2000,"exp":2000"#),
            (r#","exp":2000"#, r#","exp":2000,"nbf":1"#),
            (r#","exp":2000"#, r#","exp":2000,"user_id":"customer-123""#),
            ("00c0ffee", "00C0FFEE"),
            ("00c0ffee", ""),
            ("}", "}x"),
            ("{", "[{"),
        ] {
            let claims = CLAIMS.replacen(what, instead, 1);
            assert_ne!(claims, CLAIMS);
            assert_eq!(Session::parse(claims.as_bytes()), None, "{claims}");
        }
        for other in
            ["", "[]", "null", r#"["stream-token","123",1000,2000,"00c0ffee00c0ffee00c0ffee00c0ffee"]"#]
        {
            assert_eq!(Session::parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn is_valid_from_a_minute_before_it_was_issued_until_just_before_its_end() {
        let session = Session::parse(CLAIMS.as_bytes()).unwrap();
        let customer = session.customer();
        assert_eq!(session.judge(at(939)), Err(Refused::IssuedInFuture(customer)));
        assert_eq!(session.judge(at(940)), Ok(()));
        assert_eq!(session.judge(at(1999)), Ok(()));
        assert_eq!(session.judge(at(2000)), Err(Refused::Expired(customer)));
    }
}
