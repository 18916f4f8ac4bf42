//! The server's TLS identity: a certificate with its chain, its key, and the TLS settings.
//!
//! Every problem that would otherwise appear with the first client is found here, before anything is served.

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
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use zeroize::Zeroizing;

use crate::error::{Diagnostic, Exit};
use crate::escape::path_in_full;
use crate::fs::{self, Content, FileError, FilePolicy};
use crate::time::{Timestamp, absolute_and_relative, utc};

/// The most bytes of a certificate or key file.
pub const MAX_FILE_BYTES: usize = 64 * 1024;

/// How long before its expiry a certificate causes a warning.
const EXPIRY_WARNING: Duration = Duration::from_hours(14 * 24);

/// The longest validity of a server's certificate that iOS accepts (Apple, HT210176).
const MAX_VALIDITY: Duration = Duration::from_hours(825 * 24);

/// The only application protocol of ALPN.
const ALPN: &[u8] = b"http/1.1";

/// The markers of an encrypted private key: of PKCS #8 (RFC 7468 section 11), and of OpenSSL's older form (RFC 1421 section
/// 4.6.1.1).
const ENCRYPTED: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];

/// The paths of the certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityPaths {
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Why a certificate and its key cannot be used. The paths are those of the files.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file has more than [`MAX_FILE_BYTES`] bytes.
    #[error("{} has more than {} bytes", path_in_full(.0), MAX_FILE_BYTES)]
    TooLong(PathBuf),
    /// There is no certificate in the file.
    #[error("there is no certificate in {}", path_in_full(.0))]
    NoCertificate(PathBuf),
    /// A certificate is damaged.
    #[error("a certificate in {} is damaged", path_in_full(.0))]
    InvalidCertificate(PathBuf),
    /// The first certificate has expired, at this time.
    #[error("the certificate in {} expired {}", path_in_full(.0), utc(*.1))]
    Expired(PathBuf, Timestamp),
    /// The first certificate is not valid before this time.
    #[error("the certificate in {} is not valid before {}", path_in_full(.0), utc(*.1))]
    NotYetValid(PathBuf, Timestamp),
    /// There is no private key in the file, or more than one.
    #[error("there is not exactly one private key in {}", path_in_full(.0))]
    NotOneKey(PathBuf),
    /// The private key is encrypted with a passphrase.
    #[error("the private key in {} is encrypted", path_in_full(.0))]
    EncryptedKey(PathBuf),
    /// The private key is damaged or of an unsupported kind.
    #[error("the private key in {} is damaged, or of an unsupported kind", path_in_full(.0))]
    InvalidKey(PathBuf),
    /// The private key does not belong to the certificate.
    #[error("the key in {} is not that of the first certificate in {}", path_in_full(&.0.key), path_in_full(&.0.certificate))]
    Mismatch(IdentityPaths),
    /// The TLS library refuses the constant settings, which is a bug of this program.
    #[error("TLS cannot be set up: {0}")]
    Library(#[source] rustls::Error),
}

impl Diagnostic for TlsError {
    fn exit(&self) -> Exit {
        match self {
            Self::File(error) => error.exit(),
            Self::Library(_) => Exit::Failed,
            _ => Exit::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::File(error) => return error.hint(),
            Self::TooLong(..) | Self::NoCertificate(_) | Self::InvalidCertificate(_) => {
                "give the server's certificate and those between it and the root, whole and in PEM, and nothing else"
            }
            Self::Expired(..) => "renew the certificate",
            Self::NotYetValid(..) => "check this machine's clock, or use the certificate that is valid now",
            Self::NotOneKey(_) => "give a file with the certificate's own key in PEM, and no other",
            Self::EncryptedKey(_) => {
                "write it without its passphrase into a file of your own: 'umask 077; openssl pkey -in KEY -out NEW'"
            }
            Self::InvalidKey(_) => {
                "copy it again, whole; or use a key on P-256, P-384 or Ed25519, or RSA with 2048 bits or more"
            }
            Self::Mismatch(_) => {
                "give the key that the certificate was made for; the server's certificate comes first in its file"
            }
            Self::Library(_) => "this is a fault of the program: please report it",
        };
        Some(hint.into())
    }
}

/// A certificate with its key, ready to serve clients.
#[derive(Clone)]
pub struct ServerIdentity {
    /// The paths of the files.
    pub paths: IdentityPaths,
    /// The TLS settings.
    pub config: Arc<ServerConfig>,
    /// The hosts and addresses that the certificate is for.
    pub names: Vec<String>,
    /// When the certificate expires.
    pub expires_at: Timestamp,
    /// Warnings for the operator, as sentences: that others can read the key, that the certificate expires soon.
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
        let chain = read_certificates(&paths.certificate)?;
        let (key, is_exposed) = read_key(&paths.key)?;
        let mut warnings = Vec::new();
        if is_exposed {
            warnings.push(format!("others on this machine can read {}", path_in_full(&paths.key)));
        }
        let invalid = || TlsError::InvalidCertificate(paths.certificate.clone());
        let leaf = chain.first().and_then(|leaf| Certificate::from_der(leaf).ok()).ok_or_else(invalid)?;
        let at = |time: x509_cert::time::Time| {
            Timestamp::from_epoch_seconds(time.to_unix_duration().as_secs()).ok_or_else(invalid)
        };
        let validity = leaf.tbs_certificate().validity();
        let (begins_at, expires_at) = (at(validity.not_before)?, at(validity.not_after)?);
        if now < begins_at {
            return Err(TlsError::NotYetValid(paths.certificate.clone(), begins_at));
        }
        if now > expires_at {
            return Err(TlsError::Expired(paths.certificate.clone(), expires_at));
        }
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
            _ => invalid(),
        })?;
        let config = Arc::new(config(certified)?);
        Ok(Self { paths: paths.clone(), config, names, expires_at, warnings })
    }
}

/// Reads the certificates in a PEM file: a server's chain, its own certificate first, or trusted certificates.
///
/// # Errors
/// [`TlsError`], also if the file has no certificate.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let content = read(path, FilePolicy::Trusted)?;
    let chain = CertificateDer::pem_slice_iter(&content.bytes).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|_| TlsError::InvalidCertificate(path.to_owned()))?;
    if chain.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(chain) }
}

/// Reads the only private key in a file. Also returns whether others can read the file.
fn read_key(path: &Path) -> Result<(Zeroizing<PrivateKeyDer<'static>>, bool), TlsError> {
    let Content { bytes, is_exposed } = read(path, FilePolicy::Secret)?;
    if ENCRYPTED.iter().any(|mark| bytes.windows(mark.len()).any(|window| window == *mark)) {
        return Err(TlsError::EncryptedKey(path.to_owned()));
    }
    let keys = PrivateKeyDer::pem_slice_iter(&bytes).map(|key| key.map(Zeroizing::new));
    let mut keys = keys.collect::<Result<Vec<_>, _>>().map_err(|_| TlsError::InvalidKey(path.to_owned()))?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok((key, is_exposed)),
        _ => Err(TlsError::NotOneKey(path.to_owned())),
    }
}

/// Reads a file of at most [`MAX_FILE_BYTES`].
fn read(path: &Path, policy: FilePolicy) -> Result<Content, TlsError> {
    let content = fs::read(path, policy, MAX_FILE_BYTES + 1)?;
    let is_whole = content.bytes.len() <= MAX_FILE_BYTES;
    if is_whole { Ok(content) } else { Err(TlsError::TooLong(path.to_owned())) }
}

/// Returns the hosts and addresses that a certificate names. The common name is ignored (RFC 9525 section 2).
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
