//! The cryptography provider of `jsonwebtoken`: HS256, and `ring`'s RS256 and ES256 for the JWTs of an app's backend.
//!
//! The crate's own providers bring RUSTSEC-2023-0071 and 70 crates, or a second library beside the one for TLS. The
//! caller chooses the algorithm, never the token. Nothing is signed through `jsonwebtoken`.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};
#[cfg(all(unix, feature = "serve"))]
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use sha2::Sha256;

/// A key, and the only algorithm that it may be used with.
struct KeyVerifier {
    /// The algorithm: HS256, RS256 or ES256.
    algorithm: Algorithm,
    /// The key: the secret of HS256, the modulus and exponent of RS256, or the point of ES256.
    key: DecodingKey,
}

impl Verifier<Vec<u8>> for KeyVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        match (self.algorithm, self.key.kind()) {
            (Algorithm::HS256, DecodingKeyKind::SecretOrDer(secret)) if !secret.is_empty() => {
                let mac = Hmac::<Sha256>::new_from_slice(secret).map_err(Error::from_source)?;
                // `verify_slice` compares the whole length in constant time.
                mac.chain_update(message).verify_slice(signature).map_err(Error::from_source)
            }
            #[cfg(all(unix, feature = "serve"))]
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).map_err(|_| Error::new())
            }
            #[cfg(all(unix, feature = "serve"))]
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(message, signature).map_err(|_| Error::new())
            }
            _ => Err(Error::new()),
        }
    }
}

impl JwtVerifier for KeyVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// Creates a verifier for HS256, RS256 or ES256, and refuses every other algorithm.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "jsonwebtoken's type of a verifier factory")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac)
        | (Algorithm::RS256, AlgorithmFamily::Rsa)
        | (Algorithm::ES256, AlgorithmFamily::Ec) => {
            Ok(Box::new(KeyVerifier { algorithm: *algorithm, key: key.clone() }))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

/// The provider that `jsonwebtoken` verifies with.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installs the provider for this process, unless another one is installed.
///
/// `jsonwebtoken` keeps one provider per process. If a caller of this library has installed its own, that provider
/// stays, and verifies HS256.
pub fn install() {
    // An error means that a provider is already installed.
    let _ = PROVIDER.install_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify(key: &[u8], mac: &[u8]) -> bool {
        let verifier = verifier(&Algorithm::HS256, &DecodingKey::from_secret(key)).unwrap();
        verifier.verify(b"message", &mac.to_vec()).is_ok()
    }

    fn mac(key: &[u8]) -> Vec<u8> {
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.chain_update(b"message").finalize().into_bytes().to_vec()
    }

    #[test]
    fn refuses_every_algorithm_that_a_key_is_not_for() {
        let key = DecodingKey::from_secret(b"secret");
        for algorithm in
            [Algorithm::HS384, Algorithm::HS512, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]
        {
            assert!(verifier(&algorithm, &key).is_err(), "{algorithm:?}");
        }
        assert!(verifier(&Algorithm::HS256, &key).is_ok());
    }

    #[test]
    fn refuses_an_empty_key() {
        assert!(verify(b"secret", &mac(b"secret")));
        assert!(!verify(b"", &mac(b"")));
    }

    #[test]
    fn verifies_no_shortened_mac() {
        let mac = mac(b"secret");
        assert!(!verify(b"secret", &mac[..31]));
        assert!(!verify(b"secret", &[]));
        assert!(!verify(b"secret", &[mac.as_slice(), &[0]].concat()));
    }
}
