//! The server's TLS identity: a certificate with its chain, its key, and the TLS settings.
//!
//! Every problem that would otherwise appear with the first client is found here, before anything is served.

mod error;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{InconsistentKeys, ServerConfig};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use zeroize::Zeroizing;

pub use self::error::{PemKind, TlsError};
use crate::escape::path_in_full;
use crate::fs::{self, Content, FileError, FilePolicy};
use crate::time::{Timestamp, absolute_and_relative};

/// The most bytes of each file.
pub const MAX_FILE_BYTES: usize = 64 * 1024;

/// How long before its expiry a certificate is warned about.
const EXPIRY_WARNING: Duration = Duration::from_hours(14 * 24);

/// The longest validity of a server's certificate that iOS accepts (Apple, HT210176).
const MAX_VALIDITY: Duration = Duration::from_hours(825 * 24);

/// The only application protocol.
const ALPN: &[u8] = b"http/1.1";

/// The marks of an encrypted private key: of PKCS #8 (RFC 7468 section 11), and of OpenSSL's older form
/// (RFC 1421 section 4.6.1.1).
const ENCRYPTED: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];

/// The paths of the certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityPaths {
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A certificate with its key, ready to serve clients.
#[derive(Clone)]
pub struct ServerIdentity {
    /// The TLS settings.
    pub config: Arc<ServerConfig>,
    /// The hosts and addresses that the certificate is for.
    pub names: Vec<String>,
    /// When the certificate expires.
    pub expires_at: Timestamp,
    /// What the operator should know, in sentences: that others can read the key, that the certificate expires soon.
    pub warnings: Vec<String>,
}

impl fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerIdentity").field("warnings", &self.warnings).finish_non_exhaustive()
    }
}

impl ServerIdentity {
    /// Reads and checks both files.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn load(paths: &IdentityPaths, now: Timestamp) -> Result<Self, TlsError> {
        let chain = read_chain(&paths.certificate)?;
        let (key, is_exposed) = read_key(&paths.key)?;
        let mut warnings = Vec::new();
        if is_exposed {
            warnings.push(format!("others on this machine can read {}", path_in_full(&paths.key)));
        }
        let leaf = chain.first().ok_or_else(|| TlsError::NoCertificate(paths.certificate.clone()))?;
        let leaf = Certificate::from_der(leaf)
            .map_err(|_| TlsError::InvalidCertificate(paths.certificate.clone()))?;
        let (begins_at, expires_at) = check_validity(&leaf, &paths.certificate, now)?;
        let path = path_in_full(&paths.certificate);
        let names = names(&leaf);
        if names.is_empty() {
            warnings.push(format!(
                "the certificate in {path} names no host (subjectAltName), and phones and browsers refuse it"
            ));
        }
        if begins_at.after(MAX_VALIDITY) < expires_at {
            let days = MAX_VALIDITY.as_secs() / 86_400;
            warnings.push(format!(
                "the certificate in {path} is valid for more than {days} days, and iOS refuses it"
            ));
        }
        if now.after(EXPIRY_WARNING) >= expires_at {
            warnings
                .push(format!("the certificate in {path} ends {}", absolute_and_relative(expires_at, now)));
        }
        let key = any_supported_type(&key).map_err(|_| TlsError::InvalidKey(paths.key.clone()))?;
        let certified = CertifiedKey::new(chain, key);
        certified.keys_match().map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch(paths.clone())
            }
            _ => TlsError::InvalidCertificate(paths.certificate.clone()),
        })?;
        Ok(Self { config: Arc::new(config(certified)?), names, expires_at, warnings })
    }
}

/// Reads the certificates of a file in PEM that are trusted.
///
/// # Errors
/// [`TlsError`], also if there is none.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    read_chain(path)
}

/// Reads all certificates of a file, the server's own first.
fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let content = read(path, PemKind::Certificate, FilePolicy::Trusted)?;
    let chain = CertificateDer::pem_slice_iter(&content.bytes).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|_| TlsError::MalformedPem(PemKind::Certificate, path.to_owned()))?;
    if chain.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(chain) }
}

/// Reads the only private key of a file, and whether others can read it.
fn read_key(path: &Path) -> Result<(Zeroizing<PrivateKeyDer<'static>>, bool), TlsError> {
    let Content { bytes, is_exposed } = read(path, PemKind::Key, FilePolicy::Secret)?;
    if ENCRYPTED.iter().any(|mark| bytes.windows(mark.len()).any(|window| window == *mark)) {
        return Err(TlsError::EncryptedKey(path.to_owned()));
    }
    let mut found = None;
    for key in PrivateKeyDer::pem_slice_iter(&bytes) {
        let key = key.map_err(|_| TlsError::MalformedPem(PemKind::Key, path.to_owned()))?;
        if found.replace(Zeroizing::new(key)).is_some() {
            return Err(TlsError::SeveralKeys(path.to_owned()));
        }
    }
    Ok((found.ok_or_else(|| TlsError::NoKey(path.to_owned()))?, is_exposed))
}

/// Reads a file of at most [`MAX_FILE_BYTES`].
fn read(path: &Path, kind: PemKind, policy: FilePolicy) -> Result<Content, TlsError> {
    let content = fs::read(path, policy, MAX_FILE_BYTES + 1).map_err(|error| match error {
        FileError::Io(error) => TlsError::Unreadable(kind, path.to_owned(), error),
        FileError::Unsafe(fault) => TlsError::Unsafe(kind, path.to_owned(), fault),
    })?;
    if content.bytes.len() > MAX_FILE_BYTES {
        return Err(TlsError::TooLong(kind, path.to_owned()));
    }
    Ok(content)
}

/// Returns the hosts and addresses that a certificate names: the common name alone counts no more (RFC 9525 section 2).
fn names(leaf: &Certificate) -> Vec<String> {
    let names = leaf.tbs_certificate().get_extension::<SubjectAltName>().ok().flatten();
    let address = |bytes: &[u8]| match <[u8; 4]>::try_from(bytes) {
        Ok(bytes) => Some(IpAddr::from(bytes).to_string()),
        Err(_) => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
    };
    let name = |name: &GeneralName| match name {
        GeneralName::DnsName(host) => Some(host.to_string()),
        GeneralName::IpAddress(bytes) => address(bytes.as_bytes()),
        _ => None,
    };
    names.map_or_else(Vec::new, |(_, names)| names.0.iter().filter_map(name).collect())
}

/// Returns when a certificate begins and expires, if it is valid now.
fn check_validity(
    leaf: &Certificate,
    path: &Path,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), TlsError> {
    let invalid = || TlsError::InvalidCertificate(path.to_owned());
    let validity = leaf.tbs_certificate().validity();
    let at = |time: x509_cert::time::Time| {
        Timestamp::from_epoch_seconds(time.to_unix_duration().as_secs()).ok_or_else(invalid)
    };
    let (begin, end) = (at(validity.not_before)?, at(validity.not_after)?);
    if now < begin {
        return Err(TlsError::NotYetValid(path.to_owned(), begin));
    }
    if now > end {
        return Err(TlsError::Expired(path.to_owned(), end));
    }
    Ok((begin, end))
}

/// Builds the TLS settings: versions 1.2 and 1.3, HTTP/1.1, no client certificates.
///
/// Sessions are not resumed, by tickets or by a cache: nothing is kept for clients that have gone, no long-lived key
/// could decrypt recorded traffic, and an occasional handshake costs little.
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
