//! Asks for a token with an arbitrary body: there is one if and only if another reader of JSON sees one key, and
//! the plain number of the session's customer.

use std::fmt;
use std::sync::mpsc::channel;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use stream_token::audit::{Actor, Refusal};
use stream_token::mint::{Mint, Record};
use stream_token::profile::Policy;
use stream_token::secret::Secret;
use stream_token::server::{
    Contract, Field, Lifetime, METHOD, Origins, PATH, Request, Till, Tokens as _, Unlimited, Witness,
};
use stream_token::session::{Authenticate, Denial};
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

/// Gives the status that a session of this customer is answered with.
fn status(body: &[u8], whose: CustomerId) -> u16 {
    let clock = Clock::Fixed(Timestamp::EPOCH);
    let secret = Secret::new(b"a-secret-for-fuzzing-0123456789abcdef".to_vec()).unwrap();
    let actor = Actor { user: "fuzz".into(), sudo_user: None };
    let mint = Mint::new(&secret, None, Policy::default(), Record::Demo);
    let till = Till::new(mint, actor, Lifetime::Endless, clock);
    let contract = Contract {
        authenticate: &SessionOf(whose),
        quotas: &Unlimited,
        witness: &Nobody,
        origins: &Origins::default(),
        clock,
    };
    let request = Request {
        authorization: Field::Once("Bearer a.b.c".into()),
        content_type: Field::Once("application/json".into()),
        body: body.to_vec(),
        ..Request::bare(METHOD, PATH, [127, 0, 0, 1].into(), "1")
    };
    let customer = match contract.admit(&request) {
        Ok(customer) => customer,
        Err(answer) => return answer.reply.status(),
    };
    let (release, released) = channel();
    till.mint(customer, request, Box::new(move |request, minted| release.send((request, minted)).unwrap()));
    let (request, minted) = released.try_recv().unwrap();
    contract.conclude(&request, customer, minted).reply.status()
}

/// Reads the customer that a body names, by another reader.
fn customer(body: &[u8]) -> Option<CustomerId> {
    let members: Members<'_> = serde_json::from_slice(body).ok()?;
    let [(key, value)] = members.0.as_slice() else { return None };
    let digits = value.get();
    let is_plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = (key == "customer_id" && is_plain).then(|| digits.parse::<u64>().ok())??;
    CustomerId::new(number)
}

/// The members of an object, those that come twice included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Takes them one by one.
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

/// Every session is this customer's.
#[derive(Debug)]
struct SessionOf(CustomerId);

impl Authenticate for SessionOf {
    fn authenticate(&self, _: &str, _: Timestamp) -> Result<CustomerId, Denial> {
        Ok(self.0)
    }
}

/// Takes no note of refusals.
struct Nobody;

impl Witness for Nobody {
    fn refuse(&self, _: Refusal) {}
}
