//! TLS of the tests: one certificate for all servers, and clients that trust it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use crate::tls::{Made, made, put};

/// The supported versions.
pub(crate) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// The most bytes in a client's record, so that a server never buffers more than it takes.
const SMALL_RECORDS: usize = 1024;

/// Returns the certificate.
pub(crate) fn certificate() -> &'static Made {
    static CERTIFICATE: OnceLock<Made> = OnceLock::new();
    CERTIFICATE.get_or_init(made)
}

/// Makes clients that speak these versions in records of this length at most.
fn config(versions: &[&'static SupportedProtocolVersion], longest: Option<usize>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate().certificate.as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.max_fragment_size = longest;
    config
}

/// Makes a client that has sent nothing yet.
fn new(config: Arc<ClientConfig>) -> ClientConnection {
    ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap()
}

/// Returns the flags of a server with the certificate, whose files are written to its home.
pub(crate) fn flags(home: &Path) -> [String; 4] {
    let (certificate, key) = put(home, certificate());
    ["--tls-cert".into(), certificate, "--tls-key".into(), key]
}

/// Returns a client that has sent nothing yet.
pub(crate) fn client() -> ClientConnection {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    new(Arc::clone(CONFIG.get_or_init(|| Arc::new(config(&VERSIONS, Some(SMALL_RECORDS))))))
}

/// Returns a client of one version, with records of the maximum length.
pub(crate) fn client_of(version: &'static SupportedProtocolVersion) -> ClientConnection {
    new(Arc::new(config(&[version], None)))
}
