//! Who the server is to clients: a certificate with its chain, its key, and how TLS is spoken with them.
//!
//! Whatever would only fail once a client comes is found here, before anything is served.

mod error;
mod files;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::CertificateDer;
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{InconsistentKeys, ServerConfig};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

pub use self::error::{Part, TlsError};
use crate::escape::path_in_full;
use crate::time::{Timestamp, full};

/// How many bytes each of the files has at most.
pub const LONGEST_FILE: usize = 64 * 1024;

/// How long before its end a certificate is worth a note.
const CLOSE: Duration = Duration::from_hours(14 * 24);

/// The one protocol that is spoken over TLS here.
const ALPN: &[u8] = b"http/1.1";

/// Where the certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate, with those between it and the root.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A certificate with its key, ready to be shown to clients.
#[derive(Clone)]
pub struct Identity {
    /// How TLS is spoken.
    config: Arc<ServerConfig>,
    /// When the certificate expires.
    expires_at: Timestamp,
    /// What a person should know, in sentences.
    notes: Vec<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("notes", &self.notes).finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads both files, and judges them.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn load(files: &Files, now: Timestamp) -> Result<Self, TlsError> {
        let chain = files::chain(&files.certificate)?;
        let (key, is_exposed) = files::key(&files.key)?;
        let mut notes = Vec::new();
        if is_exposed {
            notes.push(format!("others on this machine can read {}", path_in_full(&files.key)));
        }
        let leaf =
            chain.first().ok_or_else(|| TlsError::NoCertificate { path: files.certificate.clone() })?;
        let expires_at = judge_time(leaf, &files.certificate, now)?;
        if now.after(CLOSE) >= expires_at {
            let path = path_in_full(&files.certificate);
            notes.push(format!("the certificate in {path} ends {}", full(expires_at, now)));
        }
        let key = any_supported_type(&key).map_err(|_| TlsError::OddKey { path: files.key.clone() })?;
        let certified = CertifiedKey::new(chain, key);
        certified.keys_match().map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch { certificate: files.certificate.clone(), key: files.key.clone() }
            }
            _ => TlsError::OddCertificate { path: files.certificate.clone() },
        })?;
        Ok(Self { config: Arc::new(config(certified)?), expires_at, notes })
    }

    /// Returns how TLS is spoken.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Returns when the certificate expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns what a person should know: that others read the key, that the certificate ends soon.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Refuses a certificate outside of its time, and tells when that ends.
fn judge_time(leaf: &CertificateDer<'_>, path: &Path, now: Timestamp) -> Result<Timestamp, TlsError> {
    let odd = || TlsError::OddCertificate { path: path.to_owned() };
    let leaf = Certificate::from_der(leaf).map_err(|_| odd())?;
    let validity = leaf.tbs_certificate().validity();
    let at = |time: x509_cert::time::Time| {
        Timestamp::from_epoch_seconds(time.to_unix_duration().as_secs()).ok_or_else(odd)
    };
    let (begin, end) = (at(validity.not_before)?, at(validity.not_after)?);
    if now < begin {
        return Err(TlsError::NotYetValid { path: path.to_owned(), at: begin });
    }
    if now > end {
        return Err(TlsError::Expired { path: path.to_owned(), at: end });
    }
    Ok(end)
}

/// Makes what TLS is spoken with: versions 1.2 and 1.3, HTTP/1.1, no client certificates.
///
/// Sessions are not resumed, by tickets or by a cache: nothing is kept for clients that have gone, no key
/// stands that would open what was recorded before, and a handshake for a token now and then costs little.
fn config(certified: CertifiedKey) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(TlsError::Library)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}
