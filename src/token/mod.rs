//! Stream Chat user tokens: their claims, how they are signed, verified and read.
//!
//! This room knows no terminal, environment or clock. **Decode** never implies trust: [`Inspection`] and [`ClaimsSet`]
//! are what was parsed; only a [`Verifier`] makes a [`VerifiedToken`]. The format is the contract's section 1, after
//! RFC 7515 and RFC 7519.

mod canonical;
mod claims;
mod claims_set;
mod compact;
mod customer;
mod fingerprint;
mod hmac;
mod inspect;
mod json;
mod malformed;
mod mint;
mod paste;
mod provider;
mod validation;
mod verify;

pub use claims::{Claims, ClaimsError};
pub use claims_set::{ClaimsSet, TimeClaim, UserId};
pub use customer::{CustomerId, CustomerIdError, CustomerIdErrorKind, USER_ID_PREFIX};
pub use fingerprint::Fingerprint;
pub use inspect::{Inspection, Lint, TIME_CLAIMS, looks_like_a_lifetime, looks_like_millis};
pub use json::{Json, JsonError, MAX_DEPTH};
pub use malformed::{EncodingError, MAX_TOKEN_BYTES, MalformedToken, Segment, TimeClaimError};
pub use mint::{Minter, Token};
pub use paste::{ExtractedToken, MAX_PASTE_BYTES, PasteError, Stripped, decode_text, extract};
pub use provider::install as install_provider;
pub use validation::{Leeway, LeewayError, Validation};
pub use verify::{VerifiedToken, Verifier, VerifyError};

#[cfg(test)]
pub(crate) mod testing;
