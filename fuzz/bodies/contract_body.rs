//! Requests a token with an arbitrary body: it is issued if and only if another JSON parser sees one key, and
//! the plain number of the session's customer.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use stream_token::audit::Actor;
use stream_token::issuer::TokenIssuer;
use stream_token::profile::{Expiry, Policy};
use stream_token::secret::Secret;
use stream_token::server::{
    ActiveProfile, Cors, PATH, Rate, RateLimiter, Reloadable, Request, ServerLog, Telemetry, TokenService,
};
use stream_token::session::{AuthError, Authenticate, Authenticated};
use stream_token::time::{Clock, Timestamp};
use stream_token::token::CustomerId;

/// Takes the input as a body.
pub(crate) fn check(data: &[u8]) {
    let named = customer(data);
    let whose = named.unwrap_or_else(|| CustomerId::new(1).unwrap());
    let status = status(data, whose);
    match named {
        Some(_) => assert_eq!(status, 200),
        None => assert!(status == 400 || status == 422, "{status}"),
    }
    let other = CustomerId::new(if whose.get() == 1 { 2 } else { 1 }).unwrap();
    if named.is_some() {
        assert_eq!(self::status(data, other), 403);
    }
}

/// Returns the status of the response to a session of this customer.
fn status(body: &[u8], whose: CustomerId) -> u16 {
    let clock = Clock::Fixed(Timestamp::EPOCH);
    let secret = Secret::new(b"a-secret-for-fuzzing-0123456789abcdef".to_vec()).unwrap();
    let actor = Actor { user: "fuzz".into(), sudo_user: None };
    let issuer = TokenIssuer::new(&secret, None, Policy::default(), None);
    let authenticate = Box::new(SessionOf(whose));
    let log = ServerLog::start(false, clock, |_| ()).unwrap();
    let profile = ActiveProfile { authenticate, issuer, lifetime: Expiry::Never };
    let service = TokenService {
        profile: Reloadable::new(Arc::new(profile)),
        actor,
        customer_limiter: RateLimiter::new(Rate::OFF),
        address_limiter: RateLimiter::new(Rate::OFF),
        refusals: None,
        faults: Arc::default(),
        cors: Cors::default(),
        telemetry: Arc::new(Telemetry::new(log, clock, None, None)),
        clock,
    };
    let headers = [("authorization", "Bearer a.b.c"), ("content-type", "application/json")];
    let headers = headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let (method, path, id) = ("POST".into(), PATH.into(), "1".into());
    let (headers, body) = (headers.collect(), body.to_vec());
    service.handle(&Request { method, path, peer: [127, 0, 0, 1].into(), id, headers, body }).status
}

/// Reads the customer of a body with another parser.
fn customer(body: &[u8]) -> Option<CustomerId> {
    let members: Members<'_> = serde_json::from_slice(body).ok()?;
    let [(key, value)] = members.0.as_slice() else { return None };
    let digits = value.get();
    let is_plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = (key == "customer_id" && is_plain).then(|| digits.parse::<u64>().ok())??;
    CustomerId::new(number)
}

/// The members of an object, including duplicates.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Visits the members one by one.
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// An authenticator that accepts every session as this customer's.
#[derive(Debug)]
struct SessionOf(CustomerId);

impl Authenticate for SessionOf {
    fn authenticate(&self, _: &str, _: &str, _: Timestamp) -> Result<Authenticated, AuthError> {
        Ok(Authenticated { customer: self.0, session: "0".into() })
    }
}
