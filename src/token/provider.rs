//! The cryptography behind `jsonwebtoken`: HS256, and for the JWTs of an app's backend RS256 and ES256 of `ring`.
//!
//! Its own providers bring RUSTSEC-2023-0071 and 70 crates, or another whole library beside the one of our TLS. Whoever
//! verifies a token says with which algorithm; the token never does.

use std::sync::Once;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use sha2::Sha256;

/// HMAC-SHA-256, keyed.
struct Hs256(Hmac<Sha256>);

impl Hs256 {
    /// Keys HS256, and refuses every other algorithm and an empty key.
    fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Box<Self>> {
        if algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        if secret.is_empty() {
            return Err(ErrorKind::InvalidKeyFormat.into());
        }
        let mac = Hmac::new_from_slice(secret).map_err(|_| ErrorKind::InvalidKeyFormat)?;
        Ok(Box::new(Self(mac)))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], mac: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        // verify_slice compares in constant time, and the whole length.
        self.0.clone().chain_update(message).verify_slice(mac).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

/// Makes a signer for HS256.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "jsonwebtoken's type of a signer factory")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Ok(Hs256::new(*algorithm, key.as_bytes())?)
}

/// Makes a verifier for HS256, RS256 or ES256.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "jsonwebtoken's type of a verifier factory")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => Ok(Hs256::new(*algorithm, key.try_get_as_bytes()?)?),
        #[cfg(all(unix, feature = "serve"))]
        (Algorithm::RS256, AlgorithmFamily::Rsa) | (Algorithm::ES256, AlgorithmFamily::Ec) => {
            Ok(Box::new(PublicKey { algorithm: *algorithm, key: key.clone() }))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

/// A public key of an app's backend.
#[cfg(all(unix, feature = "serve"))]
struct PublicKey {
    /// RS256 or ES256.
    algorithm: Algorithm,
    /// The modulus and exponent of RS256, or the point of ES256.
    key: DecodingKey,
}

#[cfg(all(unix, feature = "serve"))]
impl Verifier<Vec<u8>> for PublicKey {
    fn verify(&self, message: &[u8], bytes: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        use jsonwebtoken::DecodingKeyKind;
        use ring::signature::{
            ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
        };
        let verified = match self.key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, bytes)
            }
            DecodingKeyKind::SecretOrDer(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, bytes)
            }
        };
        verified.map_err(|_| signature::Error::new())
    }
}

#[cfg(all(unix, feature = "serve"))]
impl JwtVerifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// What `jsonwebtoken` signs and verifies with.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installs the provider for this process, once.
///
/// `jsonwebtoken` keeps one provider a process. Whoever uses this library beside a provider of
/// their own keeps theirs, and HS256 is verified with it.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // An error says that another provider is installed already.
        let _ = PROVIDER.install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_every_algorithm_but_hs256() {
        for algorithm in
            [Algorithm::HS384, Algorithm::HS512, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]
        {
            assert!(Hs256::new(algorithm, b"secret").is_err(), "{algorithm:?}");
        }
        assert!(Hs256::new(Algorithm::HS256, b"secret").is_ok());
    }

    #[test]
    fn refuses_an_empty_key() {
        assert!(Hs256::new(Algorithm::HS256, b"").is_err());
    }

    #[test]
    fn verifies_no_shortened_mac() {
        let key = Hs256::new(Algorithm::HS256, b"secret").unwrap();
        let mac = key.try_sign(b"message").unwrap();
        assert!(key.verify(b"message", &mac).is_ok());
        assert!(key.verify(b"message", &mac[..31].to_vec()).is_err());
        assert!(key.verify(b"message", &Vec::new()).is_err());
    }
}
