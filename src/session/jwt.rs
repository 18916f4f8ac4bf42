//! Authenticates clients by the JWTs of the app's own backend.
//!
//! `jsonwebtoken` verifies them: the signature, `iss`, `aud`, `exp` and `nbf`. The algorithm is the configuration's, and
//! never the token's (RFC 8725 section 3.1).

use std::fmt;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::authenticate::{AuthError, AuthFailure, Authenticate, Authenticated};
use super::backend::BackendSetupError;
use super::check_url::customer_in;
use super::claims::LEEWAY;
use super::key_set::KeySet;
use crate::profile::JwtSessions;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::{CustomerId, Fingerprint, install_provider};

/// The most bytes of a JWT: as many as the head of a request.
const MAX_JWT_BYTES: usize = 8 * 1024;

/// Verifies the backend's JWTs.
pub struct JwtVerifier {
    /// What is verified beside the signature.
    validation: Validation,
    /// The algorithm of every token.
    algorithm: Algorithm,
    /// The claim that names the customer, or a JSON pointer to it.
    claim: String,
    /// The keys.
    keys: Keys,
}

/// The keys of the backend.
enum Keys {
    /// One that is shared with it.
    Shared(DecodingKey),
    /// Those that it publishes.
    Published(KeySet),
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier").field("validation", &self.validation).finish_non_exhaustive()
    }
}

impl JwtVerifier {
    /// Returns a verifier. It has the backend's public keys, or else the key that `shared` reads.
    ///
    /// # Errors
    /// [`BackendSetupError`] if there are no public keys to be had; what `shared` fails with.
    pub fn new<E: From<BackendSetupError>>(
        jwt: &JwtSessions,
        shared: impl FnOnce() -> Result<Secret, E>,
        now: Timestamp,
    ) -> Result<Self, E> {
        install_provider();
        let algorithm = jwt.algorithm;
        let keys = match &jwt.key_set {
            None => Keys::Shared(DecodingKey::from_secret(shared()?.expose())),
            Some(place) => Keys::Published(KeySet::fetch(place.clone(), algorithm, now)?),
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY.as_secs();
        validation.validate_nbf = true;
        validation.set_issuer(&[&jwt.issuer]);
        // Without an audience of its own, a token that names one is refused (RFC 7519 section 4.1.3).
        match &jwt.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.set_required_spec_claims(&["exp", "iss", "aud"]);
            }
            None => validation.set_required_spec_claims(&["exp", "iss"]),
        }
        Ok(Self { validation, algorithm, claim: jwt.claim.clone(), keys })
    }

    /// Returns the customer whose token it is.
    fn verify(&self, token: &str, now: Timestamp) -> Result<CustomerId, AuthError> {
        if token.len() > MAX_JWT_BYTES {
            return Err(AuthFailure::TooLong.into());
        }
        let header = decode_header(token).map_err(|_| AuthFailure::NotASession)?;
        // What 'crit' names must be understood (RFC 7515 section 4.1.11), and nothing that it can name is.
        if header.alg != self.algorithm || header.crit.is_some() {
            return Err(AuthFailure::NotASession.into());
        }
        let claims = match &self.keys {
            Keys::Shared(key) => decode::<Value>(token, key, &self.validation),
            Keys::Published(set) => {
                decode::<Value>(token, &set.key(header.kid.as_deref(), now)?, &self.validation)
            }
        };
        let claims = claims.map_err(|error| failure(error.kind()))?.claims;
        let customer =
            if self.claim.starts_with('/') { claims.pointer(&self.claim) } else { claims.get(&self.claim) };
        Ok(customer.and_then(customer_in).ok_or(AuthFailure::WrongClaims)?)
    }
}

impl Authenticate for JwtVerifier {
    fn authenticate(&self, token: &str, _: &str, now: Timestamp) -> Result<Authenticated, AuthError> {
        let customer = self.verify(token, now)?;
        Ok(Authenticated { customer, session: format!("jwt {}", Fingerprint::of(token.as_bytes())) })
    }
}

/// Says what an error of `jsonwebtoken` means.
fn failure(error: &ErrorKind) -> AuthFailure {
    match error {
        ErrorKind::InvalidSignature => AuthFailure::BadSignature,
        ErrorKind::ExpiredSignature => AuthFailure::Expired(None),
        ErrorKind::ImmatureSignature => AuthFailure::NotYetValid,
        ErrorKind::MissingRequiredClaim(_)
        | ErrorKind::InvalidClaimFormat(_)
        | ErrorKind::InvalidIssuer
        | ErrorKind::InvalidAudience => AuthFailure::WrongClaims,
        _ => AuthFailure::NotASession,
    }
}
