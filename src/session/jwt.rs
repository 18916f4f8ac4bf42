//! Authenticates clients by the JWTs of the app's backend.
//!
//! The key is shared with the backend, or published by it in a JSON Web Key Set (RFC 7517 section 5). `jsonwebtoken`
//! verifies the signature, `iss`, `aud`, `exp` and `nbf`. The algorithm comes from the configuration, never from the token
//! (RFC 8725 section 3.1).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use super::authenticate::{AuthError, AuthFailure, Authenticate, Authenticated, BackendError};
use super::backend::Backend;
use super::check_url::customer_in;
use super::signed::LEEWAY;
use crate::error::{ErrorReport, Exit};
use crate::profile::{BackendUrl, JwtSessions};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::{CustomerId, Fingerprint, install_provider};

/// The most bytes of a JWT: the same as for the head of a request.
const MAX_JWT_BYTES: usize = 8 * 1024;

/// The shortest interval between two fetches, however many unknown keys tokens name.
const MIN_FETCH_INTERVAL: Duration = Duration::from_secs(30);
/// The age at which keys are fetched again, so that a withdrawn key is not trusted forever.
const MAX_AGE: Duration = Duration::from_hours(1);

/// A verifier of the backend's JWTs.
pub struct JwtVerifier {
    /// The checks in addition to the signature.
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
    /// A key that is shared with the backend.
    Shared(DecodingKey),
    /// The keys that the backend publishes.
    Published(KeySet),
}

impl JwtVerifier {
    /// Returns a verifier with the backend's public keys, or else with the key that `shared` reads.
    ///
    /// # Errors
    /// The public keys cannot be fetched, or `shared` failed.
    pub fn new(
        jwt: &JwtSessions,
        shared: impl FnOnce() -> Result<Secret, ErrorReport>,
        now: Timestamp,
    ) -> Result<Self, ErrorReport> {
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
        // If no audience is configured, a token with an `aud` is refused (RFC 7519 section 4.1.3).
        match &jwt.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.set_required_spec_claims(&["exp", "iss", "aud"]);
            }
            None => validation.set_required_spec_claims(&["exp", "iss"]),
        }
        Ok(Self { validation, algorithm, claim: jwt.claim.clone(), keys })
    }

    /// Verifies a token, and returns its customer.
    fn verify(&self, token: &str, now: Timestamp) -> Result<CustomerId, AuthError> {
        if token.len() > MAX_JWT_BYTES {
            return Err(AuthFailure::TooLong.into());
        }
        let header = decode_header(token).map_err(|_| AuthFailure::NotASession)?;
        // The extensions in `crit` must be understood (RFC 7515 section 4.1.11), and none is supported.
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

/// Converts an error of `jsonwebtoken`.
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

/// The backend's public keys, which are fetched again when they may have changed.
struct KeySet {
    /// The client that fetches the keys.
    backend: Backend,
    /// The algorithm that the keys are for.
    algorithm: Algorithm,
    /// The keys as last fetched.
    known: Mutex<Known>,
}

/// The keys as last fetched.
struct Known {
    /// The keys.
    keys: Vec<PublicKey>,
    /// When they were fetched.
    fetched_at: Instant,
    /// When the last fetch began.
    asked_at: Instant,
    /// Why the last fetch failed, or [`BackendError::Busy`] while it is in progress.
    failure: Option<BackendError>,
}

/// A public key, with its `kid`.
type PublicKey = (Option<String>, DecodingKey);

impl Known {
    /// Returns the key that a token names by its `kid`. Without a `kid`, returns the only key if there is exactly one.
    fn find(&self, id: Option<&str>) -> Option<&DecodingKey> {
        let found = match (id, self.keys.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (id, keys) => keys.iter().find(|(known, _)| known.as_deref() == id),
        };
        found.map(|(_, key)| key)
    }
}

impl KeySet {
    /// Fetches the keys for an algorithm.
    ///
    /// # Errors
    /// No usable key can be fetched.
    fn fetch(place: BackendUrl, algorithm: Algorithm, now: Timestamp) -> Result<Self, ErrorReport> {
        let url = place.url.clone();
        let backend = Backend::new(place)?;
        let keys = fetch(&backend, algorithm, now).map_err(|error| ErrorReport {
            exit: Exit::Failed,
            message: format!("cannot get the public keys at {url}: {error}"),
            hint: Some("see that jwks_url answers with a JSON Web Key Set, and run the command again".into()),
        })?;
        let fetched_at = Instant::now();
        let known = Known { keys, fetched_at, asked_at: fetched_at, failure: None };
        Ok(Self { backend, algorithm, known: Mutex::new(known) })
    }

    /// Returns the key that a token names by its `kid`. The keys are fetched again if the `kid` is unknown or the keys are
    /// too old, but at most every 30 seconds. While the backend does not answer, the keys stay as they are.
    ///
    /// # Errors
    /// [`AuthFailure::UnknownKey`], or [`BackendError`] if it is unknown whether the backend has such a key.
    fn key(&self, id: Option<&str>, now: Timestamp) -> Result<DecodingKey, AuthError> {
        let mut known = self.lock();
        let is_old = known.find(id).is_none() || known.fetched_at.elapsed() >= MAX_AGE;
        if is_old && known.asked_at.elapsed() >= MIN_FETCH_INTERVAL {
            known.asked_at = Instant::now();
            known.failure = Some(BackendError::Busy);
            drop(known);
            let fetched = fetch(&self.backend, self.algorithm, now);
            known = self.lock();
            known.failure = match fetched {
                Ok(keys) => {
                    known.keys = keys;
                    known.fetched_at = Instant::now();
                    None
                }
                Err(error) => Some(error),
            };
        }
        match (known.find(id), &known.failure) {
            (Some(key), _) => Ok(key.clone()),
            (None, Some(error)) => Err(error.clone().into()),
            (None, None) => Err(AuthFailure::UnknownKey.into()),
        }
    }

    /// Locks the keys, which are consistent after every change.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fetches the backend's keys.
fn fetch(backend: &Backend, algorithm: Algorithm, now: Timestamp) -> Result<Vec<PublicKey>, BackendError> {
    let answer = backend.get(&[], now)?;
    if answer.status != 200 {
        return Err(BackendError::Status(answer.status));
    }
    parse(&answer.body, algorithm)
}

/// Parses a key set, and skips the keys for other uses.
fn parse(body: &[u8], algorithm: Algorithm) -> Result<Vec<PublicKey>, BackendError> {
    /// A key set whose keys are not parsed yet, so that a key of an unknown form does not invalidate the others.
    #[derive(Deserialize)]
    struct Set {
        /// The keys.
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(body)
        .map_err(|_| BackendError::Malformed("is not a JSON Web Key Set".into()))?;
    let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let usable = jwks
        .filter(|jwk| is_for(jwk, algorithm))
        .filter_map(|jwk| Some((jwk.common.key_id.clone(), DecodingKey::from_jwk(&jwk).ok()?)));
    let keys: Vec<_> = usable.collect();
    if keys.is_empty() {
        return Err(BackendError::Malformed(format!("has no key for {algorithm:?}")));
    }
    Ok(keys)
}

/// Returns `true` if a key verifies signatures of this algorithm.
fn is_for(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let is_of_type = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => algorithm == Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) => {
            algorithm == Algorithm::ES256 && key.curve == EllipticCurve::P256
        }
        _ => false,
    };
    let common = &jwk.common;
    is_of_type
        && common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|own| own == algorithm.into())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread::{self, JoinHandle};

    use super::super::testing::at;
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// Returns a set with an ES256 key of this ID.
    fn set(id: &str) -> String {
        let number = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        format!(r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"{id}","x":"{number}","y":"{number}"}}]}}"#)
    }

    /// Answers requests in turn with these bodies; without a body it closes the connection.
    fn backend(answers: Vec<Option<String>>) -> (BackendUrl, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let answering = move || {
            for answer in answers {
                let mut stream = listener.accept().unwrap().0;
                let _ = stream.read(&mut [0; 4096]).unwrap();
                if let Some(body) = answer {
                    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                        .unwrap();
                }
            }
        };
        (BackendUrl { url, timeout: TIMEOUT, ca_file: None }, thread::spawn(answering))
    }

    /// Backdates the last fetch.
    fn age(set: &KeySet, by: Duration) {
        let mut known = set.lock();
        known.asked_at = known.asked_at.checked_sub(by).unwrap();
        known.fetched_at = known.fetched_at.checked_sub(by).unwrap();
    }

    /// Describes the outcome of a key lookup.
    fn reason(set: &KeySet, id: &str) -> &'static str {
        set.key(Some(id), at(0)).map_or_else(|error| error.reason(), |_| "known")
    }

    #[test]
    fn unknown_keys_are_fetched_at_most_every_30_s() {
        let answers = vec![Some(set("a")), None, Some(set("b")), Some(set("b"))];
        let (place, backend) = backend(answers);
        let set = KeySet::fetch(place, Algorithm::ES256, at(0)).unwrap();
        assert_eq!([reason(&set, "a"), reason(&set, "b")], ["known", "session_unknown_key"]);
        age(&set, MIN_FETCH_INTERVAL);
        // Such a key may exist, but no answer confirms it.
        assert_eq!(reason(&set, "b"), "backend_unreachable");
        assert_eq!([reason(&set, "a"), reason(&set, "b")], ["known", "backend_unreachable"]);
        age(&set, MIN_FETCH_INTERVAL);
        assert_eq!([reason(&set, "b"), reason(&set, "a")], ["known", "session_unknown_key"]);
        age(&set, MIN_FETCH_INTERVAL);
        assert_eq!([reason(&set, "a"), reason(&set, "a")], ["session_unknown_key"; 2]);
        backend.join().unwrap();
    }

    #[test]
    fn keys_are_refetched_after_an_hour() {
        let (place, backend) = backend(vec![Some(set("a")), None, Some(set("b"))]);
        let set = KeySet::fetch(place, Algorithm::ES256, at(0)).unwrap();
        age(&set, MAX_AGE.checked_sub(TIMEOUT).unwrap());
        assert_eq!(reason(&set, "a"), "known");
        age(&set, TIMEOUT);
        assert_eq!(reason(&set, "a"), "known");
        age(&set, MIN_FETCH_INTERVAL);
        assert_eq!([reason(&set, "a"), reason(&set, "b")], ["session_unknown_key", "known"]);
        backend.join().unwrap();
    }

    #[test]
    fn fetching_keys_delays_and_refuses_no_session() {
        let (place, backend) = backend(vec![Some(set("a"))]);
        let set = Arc::new(KeySet::fetch(place, Algorithm::ES256, at(0)).unwrap());
        backend.join().unwrap();
        set.lock().failure = Some(BackendError::Busy);
        assert_eq!([reason(&set, "a"), reason(&set, "b")], ["known", "backend_busy"]);
    }

    #[test]
    fn only_signing_keys_of_the_algorithm_are_used() {
        let key = |more: &str| set("a").replace("\"kid\"", &format!("{more},\"kid\""));
        for good in [
            r#""use":"sig""#,
            r#""alg":"ES256""#,
            r#""key_ops":["verify"]"#,
            r#""x5c":["MII"]"#,
            r#""later":{"a":1}"#,
        ] {
            assert!(parse(key(good).as_bytes(), Algorithm::ES256).is_ok(), "{good}");
        }
        for other in [r#""use":"enc""#, r#""alg":"ES384""#, r#""alg":"RS256""#, r#""key_ops":["sign"]"#] {
            assert!(parse(key(other).as_bytes(), Algorithm::ES256).is_err(), "{other}");
        }
        assert!(parse(set("a").as_bytes(), Algorithm::RS256).is_err());
        assert!(parse(set("a").replace("P-256", "P-384").as_bytes(), Algorithm::ES256).is_err());
        for broken in ["", "[]", "{}", r#"{"keys":5}"#, r#"{"keys":[]}"#] {
            assert!(parse(broken.as_bytes(), Algorithm::ES256).is_err(), "{broken}");
        }
    }
}
