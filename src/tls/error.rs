//! Why a certificate and its key cannot be used.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{IdentityPaths, MAX_FILE_BYTES};
use crate::error::{Diagnostic, Exit};
use crate::escape::path_in_full;
use crate::fs::FileErrorKind;
use crate::time::{Timestamp, utc};

/// Which of the two files an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PemKind {
    /// The certificate with its chain.
    #[error("certificate")]
    Certificate,
    /// The private key.
    #[error("key")]
    Key,
}

/// Why a certificate and its key cannot be used. The paths are those of the files.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file could not be opened or read.
    #[error("cannot read the {} {}: {}", .0, path_in_full(.1), .2)]
    Unreadable(PemKind, PathBuf, #[source] io::Error),
    /// Other users can write a file, or read the key.
    #[error("cannot use the {} {}: {}", .0, path_in_full(.1), .2)]
    Unsafe(PemKind, PathBuf, #[source] FileErrorKind),
    /// A file has more than [`MAX_FILE_BYTES`] bytes.
    #[error("the {} {} has more than {} bytes", .0, path_in_full(.1), MAX_FILE_BYTES)]
    TooLong(PemKind, PathBuf),
    /// A file is damaged PEM.
    #[error("the {} {} is not whole PEM", .0, path_in_full(.1))]
    MalformedPem(PemKind, PathBuf),
    /// There is no certificate in the file.
    #[error("there is no certificate in {}", path_in_full(.0))]
    NoCertificate(PathBuf),
    /// The first certificate cannot be parsed.
    #[error("the first certificate in {} cannot be read", path_in_full(.0))]
    InvalidCertificate(PathBuf),
    /// The first certificate has expired, at this time.
    #[error("the certificate in {} expired {}", path_in_full(.0), utc(*.1))]
    Expired(PathBuf, Timestamp),
    /// The first certificate is not valid before this time.
    #[error("the certificate in {} is not valid before {}", path_in_full(.0), utc(*.1))]
    NotYetValid(PathBuf, Timestamp),
    /// There is no private key in the file.
    #[error("there is no private key in {}", path_in_full(.0))]
    NoKey(PathBuf),
    /// There is more than one private key in the file.
    #[error("there is more than one private key in {}", path_in_full(.0))]
    SeveralKeys(PathBuf),
    /// The private key is encrypted with a passphrase.
    #[error("the private key in {} is encrypted", path_in_full(.0))]
    EncryptedKey(PathBuf),
    /// The private key is damaged or of an unsupported kind.
    #[error("the private key in {} is damaged, or of an unsupported kind", path_in_full(.0))]
    InvalidKey(PathBuf),
    /// The private key does not belong to the certificate.
    #[error("the key in {} is not that of the first certificate in {}", path_in_full(&.0.key), path_in_full(&.0.certificate))]
    Mismatch(IdentityPaths),
    /// The TLS library refuses our constant settings: a bug of this program.
    #[error("TLS cannot be set up: {0}")]
    Library(#[source] rustls::Error),
}

impl Diagnostic for TlsError {
    fn exit(&self) -> Exit {
        if matches!(self, Self::Unreadable(..) | Self::Library(_)) { Exit::Failed } else { Exit::Usage }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreadable(..) => "check the path and who may read it",
            Self::Unsafe(_, _, FileErrorKind::Exposed(_)) => {
                "run 'chmod 600' on it; and if others could have read it, make a new key and certificate"
            }
            Self::Unsafe(_, _, FileErrorKind::NotRegular) => "give the path of a plain file",
            Self::Unsafe(_, _, FileErrorKind::WrongOwner(_)) => "make a copy of your own",
            Self::Unsafe(_, _, FileErrorKind::Writable(_)) => "look it over, then run 'chmod go-w' on it",
            Self::TooLong(PemKind::Certificate, _) => {
                "give the server's certificate and those between it and the root, and nothing else"
            }
            Self::TooLong(PemKind::Key, _) => "give the private key, and nothing else",
            Self::MalformedPem(..) => "copy it again, from '-----BEGIN' to the end of its last line",
            Self::NoCertificate(_) | Self::InvalidCertificate(_) => {
                "give a file in PEM that begins with the server's certificate"
            }
            Self::Expired(..) => "renew the certificate",
            Self::NotYetValid(..) => "check this machine's clock, or use the certificate that is valid now",
            Self::NoKey(_) => "give the file with the private key, in PEM",
            Self::SeveralKeys(_) => "leave the certificate's own key in it, and no other",
            Self::EncryptedKey(_) => {
                "write it without its passphrase into a file of your own: 'umask 077; openssl pkey -in KEY -out NEW'"
            }
            Self::InvalidKey(_) => "use a key on P-256, P-384 or Ed25519, or RSA with 2048 bits or more",
            Self::Mismatch(_) => {
                "give the key that the certificate was made for; the server's certificate comes first in its file"
            }
            Self::Library(_) => "this is a fault of the program: please report it",
        };
        Some(hint.into())
    }
}
