//! Reads a chain of certificates and a private key from PEM files.

use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::MAX_FILE_BYTES;
use super::error::{PemKind, TlsError};
use crate::fs::{self, Content, FileError, FilePolicy};

/// The marks of an encrypted private key: of PKCS #8 (RFC 7468 section 11), and of OpenSSL's older form
/// (RFC 1421 section 4.6.1.1).
const ENCRYPTED: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];

/// A private key, wiped when dropped.
pub(super) type Key = Zeroizing<PrivateKeyDer<'static>>;

/// Reads all certificates of a file, the server's own first.
pub(super) fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let content = read(path, PemKind::Certificate, FilePolicy::Trusted)?;
    let chain = CertificateDer::pem_slice_iter(&content.bytes).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|_| TlsError::MalformedPem(PemKind::Certificate, path.to_owned()))?;
    if chain.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(chain) }
}

/// Reads the only private key of a file, and whether others can read it.
pub(super) fn read_key(path: &Path) -> Result<(Key, bool), TlsError> {
    let Content { bytes, is_exposed } = read(path, PemKind::Key, FilePolicy::Secret)?;
    if ENCRYPTED.iter().any(|mark| bytes.windows(mark.len()).any(|window| window == *mark)) {
        return Err(TlsError::EncryptedKey(path.to_owned()));
    }
    let mut found = None;
    for key in PrivateKeyDer::pem_slice_iter(&bytes) {
        let key = key.map_err(|_| TlsError::MalformedPem(PemKind::Key, path.to_owned()))?;
        if found.replace(Key::new(key)).is_some() {
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
