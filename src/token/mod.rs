//! Stream Chat user tokens: their claims, how they are signed, verified and read.
//!
//! This module uses no terminal, environment or clock. **Decoding** never implies trust: [`Inspection`] and
//! [`ClaimsSet`] are parsed, not verified; only a [`Verifier`] creates a [`VerifiedToken`]. The format is defined in
//! section 1 of the contract, which follows RFC 7515 and RFC 7519.

mod claims;
mod customer;
mod inspect;
mod json;
mod lints;
mod malformed;
mod mint;
mod paste;
mod provider;
mod verify;

pub use claims::{Claims, ClaimsError, ClaimsSet, TIME_CLAIMS, TimeClaim, UserId, time_claim};
pub use customer::{CustomerId, CustomerIdError, USER_ID_PREFIX};
pub use inspect::Inspection;
pub use json::{Object, parse_object};
pub use lints::{ANONYMOUS_USER, Lint, looks_like_a_lifetime, looks_like_millis};
pub use malformed::{EncodingError, MAX_TOKEN_BYTES, MalformedToken, Segment, TimeClaimError};
pub use mint::{Fingerprint, Minter, Token};
pub use paste::{ExtractedToken, MAX_PASTE_BYTES, PasteError, decode_text, extract};
pub use provider::install as install_provider;
pub use verify::{Leeway, Validation, VerifiedToken, Verifier, VerifyError};

#[cfg(test)]
pub(crate) mod testing;
