//! Fresh certificates in files, for tests.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::{IdentityPaths, ServerIdentity};
use crate::time::Clock;

/// A certificate and its key, in PEM.
#[derive(Debug)]
pub(crate) struct Made {
    /// The certificate.
    pub(crate) certificate: String,
    /// The private key.
    pub(crate) key: String,
}

/// Makes a certificate of `localhost` that is valid from this many seconds ago until this many from now.
pub(crate) fn made(began: u64, ends: u64) -> Made {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let now = SystemTime::now();
    params.not_before = (now - Duration::from_secs(began)).into();
    params.not_after = (now + Duration::from_secs(ends)).into();
    let certificate = params.self_signed(&key).unwrap();
    Made { certificate: certificate.pem(), key: key.serialize_pem() }
}

/// Makes a long-lived certificate.
pub(crate) fn sound() -> Made {
    made(3600, 365 * 24 * 3600)
}

/// Writes a file with a mode.
pub(crate) fn write(place: &TempDir, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = place.path().join(name);
    fs::write(&path, text).unwrap();
    set_mode(&path, mode);
    path
}

/// Changes the mode of a file.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Writes a certificate and a key with safe modes.
pub(crate) fn files(place: &TempDir, certificate: &str, key: &str) -> IdentityPaths {
    IdentityPaths {
        certificate: write(place, "cert.pem", certificate, 0o644),
        key: write(place, "key.pem", key, 0o600),
    }
}

/// Returns an identity, with its certificate in PEM.
pub(crate) fn identity() -> (ServerIdentity, String) {
    let (place, made) = (TempDir::new().unwrap(), sound());
    let identity =
        ServerIdentity::load(&files(&place, &made.certificate, &made.key), Clock::System.now()).unwrap();
    (identity, made.certificate)
}
