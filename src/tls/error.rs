//! Why a certificate and its key cannot be used.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::LONGEST_FILE;
use crate::escape::path_in_full;
use crate::secret::FileFault;
use crate::time::{Timestamp, utc};

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The certificate, with those between it and the root.
    Certificate,
    /// The private key.
    Key,
}

/// What is wrong, and with which file.
#[derive(Debug)]
pub enum TlsError {
    /// It could not be opened or read.
    Unreadable {
        /// Which file.
        part: Part,
        /// Its path.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// Others could have read or written it.
    Unsafe {
        /// Which file.
        part: Part,
        /// Its path.
        path: PathBuf,
        /// What is wrong with the file.
        fault: FileFault,
    },
    /// It has more than [`LONGEST_FILE`] bytes.
    TooLong {
        /// Which file.
        part: Part,
        /// Its path.
        path: PathBuf,
    },
    /// It begins as PEM and does not go on so.
    Malformed {
        /// Which file.
        part: Part,
        /// Its path.
        path: PathBuf,
    },
    /// It holds no certificate.
    NoCertificate {
        /// Its path.
        path: PathBuf,
    },
    /// The first certificate cannot be read.
    OddCertificate {
        /// Its path.
        path: PathBuf,
    },
    /// The first certificate has ended.
    Expired {
        /// Its path.
        path: PathBuf,
        /// Since when it is not valid any more.
        at: Timestamp,
    },
    /// The first certificate has not begun.
    NotYetValid {
        /// Its path.
        path: PathBuf,
        /// From when on it is valid.
        at: Timestamp,
    },
    /// It holds no private key.
    NoKey {
        /// Its path.
        path: PathBuf,
    },
    /// It holds more than one private key.
    SeveralKeys {
        /// Its path.
        path: PathBuf,
    },
    /// The private key wants a passphrase.
    EncryptedKey {
        /// Its path.
        path: PathBuf,
    },
    /// The private key is damaged, or of a kind that is not used here.
    OddKey {
        /// Its path.
        path: PathBuf,
    },
    /// The private key is not the certificate's.
    Mismatch {
        /// The certificate's path.
        certificate: PathBuf,
        /// The key's path.
        key: PathBuf,
    },
    /// The library refuses what is always the same: a fault of the program.
    Library(rustls::Error),
}

impl TlsError {
    /// Returns the next step to take.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and who may read it",
            Self::Unsafe { fault: FileFault::Exposed { .. }, .. } => {
                "run 'chmod 600' on it; and if others could have read it, make a new key and certificate"
            }
            Self::Unsafe { fault: FileFault::NotRegular, .. } => "give the path of a plain file",
            Self::Unsafe { fault: FileFault::ForeignOwner { .. }, .. } => "make a copy of your own",
            Self::Unsafe { fault: FileFault::Writable { .. }, .. } => {
                "look it over, then run 'chmod go-w' on it"
            }
            Self::TooLong { part: Part::Certificate, .. } => {
                "give the server's certificate and those between it and the root, and nothing else"
            }
            Self::TooLong { part: Part::Key, .. } => "give the private key, and nothing else",
            Self::Malformed { .. } => "copy it again, from '-----BEGIN' to the end of its last line",
            Self::NoCertificate { .. } | Self::OddCertificate { .. } => {
                "give a file in PEM that begins with the server's certificate"
            }
            Self::Expired { .. } => "renew the certificate",
            Self::NotYetValid { .. } => "check this machine's clock, or use the certificate that is valid now",
            Self::NoKey { .. } => "give the file with the private key, in PEM",
            Self::SeveralKeys { .. } => "leave the certificate's own key in it, and no other",
            Self::EncryptedKey { .. } => {
                "write it without its passphrase into a file of your own: 'umask 077; openssl pkey -in KEY -out NEW'"
            }
            Self::OddKey { .. } => "use a key on P-256, P-384 or Ed25519, or RSA with 2048 bits or more",
            Self::Mismatch { .. } => {
                "give the key that the certificate was made for; the server's certificate comes first in its file"
            }
            Self::Library(_) => "this is a fault of the program: please report it",
        }
        .into()
    }

    /// Returns `true` if the operating system refused, which is no fault of the call.
    #[must_use]
    pub fn is_of_the_system(&self) -> bool {
        matches!(self, Self::Unreadable { .. } | Self::Library(_))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
        })
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { part, path, error } => {
                write!(f, "cannot read the {part} {}: {error}", path_in_full(path))
            }
            Self::Unsafe { part, path, fault } => {
                write!(f, "cannot use the {part} {}: {fault}", path_in_full(path))
            }
            Self::TooLong { part, path } => {
                write!(f, "the {part} {} has more than {LONGEST_FILE} bytes", path_in_full(path))
            }
            Self::Malformed { part, path } => {
                write!(f, "the {part} {} is not whole PEM", path_in_full(path))
            }
            Self::NoCertificate { path } => write!(f, "there is no certificate in {}", path_in_full(path)),
            Self::OddCertificate { path } => {
                write!(f, "the first certificate in {} cannot be read", path_in_full(path))
            }
            Self::Expired { path, at } => {
                write!(f, "the certificate in {} expired {}", path_in_full(path), utc(*at))
            }
            Self::NotYetValid { path, at } => {
                write!(f, "the certificate in {} is not valid before {}", path_in_full(path), utc(*at))
            }
            Self::NoKey { path } => write!(f, "there is no private key in {}", path_in_full(path)),
            Self::SeveralKeys { path } => {
                write!(f, "there is more than one private key in {}", path_in_full(path))
            }
            Self::EncryptedKey { path } => {
                write!(f, "the private key in {} is encrypted", path_in_full(path))
            }
            Self::OddKey { path } => {
                write!(
                    f,
                    "the private key in {} is damaged, or of no kind that serves here",
                    path_in_full(path)
                )
            }
            Self::Mismatch { certificate, key } => write!(
                f,
                "the key in {} is not that of the first certificate in {}",
                path_in_full(key),
                path_in_full(certificate)
            ),
            Self::Library(error) => write!(f, "TLS cannot be set up: {error}"),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } => Some(error),
            Self::Unsafe { fault, .. } => Some(fault),
            Self::Library(error) => Some(error),
            _ => None,
        }
    }
}
