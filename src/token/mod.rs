//! Stream Chat user tokens: their claims, how they are signed, verified and read.
//!
//! This room knows no terminal, environment or clock. **Decode** never implies trust:
//! [`Inspection`] and [`ClaimsSet`] are what was parsed; only a [`Verifier`] makes [`Signed`]
//! claims. The format is the contract's section 1, after RFC 7515 and RFC 7519.

mod canonical;
mod claims;
mod claims_set;
mod compact;
mod customer;
mod fingerprint;
mod inspect;
mod json;
mod mac;
mod malformed;
mod mint;
mod paste;
mod provider;
mod rules;
mod verify;

pub use claims::{Claims, ClaimsError};
pub use claims_set::{ClaimsSet, TimeClaim, UserId};
pub use customer::{CustomerId, CustomerIdError, Digits, USER_ID_PREFIX};
pub use fingerprint::Fingerprint;
pub use inspect::{Inspection, Lint};
pub use json::{DEEPEST, Json, JsonError};
pub use malformed::MAX_TOKEN_BYTES;
pub use malformed::{Encoding, Malformed, Segment, TimeFault};
pub use mint::{Minter, Token};
pub use paste::{LONGEST_PASTE, PasteError, Pasted, Stripped, find};
pub use provider::install as install_provider;
pub use rules::{Leeway, LeewayError, Rules};
pub use verify::{Refusal, Signed, Verifier};

use verify::sound;

#[cfg(test)]
pub(crate) mod testing;
