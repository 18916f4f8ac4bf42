//! Reads a chain of certificates and a private key from files in PEM.

use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::LONGEST_FILE;
use super::error::{Part, TlsError};
use crate::secret::{Content, FileError, Trust, read_file};

/// What stands in a private key that wants a passphrase: of PKCS #8 (RFC 7468 section 11), and of
/// OpenSSL's older form (RFC 1421 section 4.6.1.1).
const ENCRYPTED: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];

/// A private key as it was read, wiped when dropped.
pub(super) type Key = Zeroizing<PrivateKeyDer<'static>>;

/// Reads all certificates of a file, the server's own first.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let content = read(path, Part::Certificate, Trust::Public)?;
    let read = CertificateDer::pem_slice_iter(&content.bytes).collect::<Result<Vec<_>, _>>();
    let chain = read.map_err(|_| TlsError::Malformed { part: Part::Certificate, path: path.to_owned() })?;
    if chain.is_empty() { Err(TlsError::NoCertificate { path: path.to_owned() }) } else { Ok(chain) }
}

/// Reads the one private key of a file, and tells whether others can read it.
pub(super) fn key(path: &Path) -> Result<(Key, bool), TlsError> {
    let Content { bytes, is_exposed } = read(path, Part::Key, Trust::Judge)?;
    if ENCRYPTED.iter().any(|mark| bytes.windows(mark.len()).any(|window| window == *mark)) {
        return Err(TlsError::EncryptedKey { path: path.to_owned() });
    }
    let mut found = None;
    for key in PrivateKeyDer::pem_slice_iter(&bytes) {
        let key = key.map_err(|_| TlsError::Malformed { part: Part::Key, path: path.to_owned() })?;
        if found.replace(Key::new(key)).is_some() {
            return Err(TlsError::SeveralKeys { path: path.to_owned() });
        }
    }
    let key = found.ok_or_else(|| TlsError::NoKey { path: path.to_owned() })?;
    Ok((key, is_exposed))
}

/// Reads a file, at most as much as it may have.
fn read(path: &Path, part: Part, trust: Trust) -> Result<Content, TlsError> {
    let content = read_file(path, trust, LONGEST_FILE + 1).map_err(|error| match error {
        FileError::Io(error) => TlsError::Unreadable { part, path: path.to_owned(), error },
        FileError::Unsafe(fault) => TlsError::Unsafe { part, path: path.to_owned(), fault },
    })?;
    if content.bytes.len() > LONGEST_FILE {
        return Err(TlsError::TooLong { part, path: path.to_owned() });
    }
    Ok(content)
}
