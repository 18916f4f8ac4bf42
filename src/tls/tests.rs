//! Which certificates and keys are accepted, and which are refused before anything is served.

use std::time::SystemTime;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::testing::{files, identity, made, set_mode, sound, write};
use super::*;
use crate::fs::FileProblem;
use crate::time::Clock;

/// A day in seconds.
const DAY: u64 = 24 * 3600;

/// Loads a certificate and a key from these texts.
fn loaded(certificate: &str, key: &str) -> Result<ServerIdentity, TlsError> {
    let place = TempDir::new().unwrap();
    ServerIdentity::load(&files(&place, certificate, key), Clock::System.now())
}

#[test]
fn accepts_a_chain_and_its_key_beside_other_text() {
    let (made, other) = (sound(), sound());
    let chain = format!("made by hand\n{}{}", made.certificate, other.certificate);
    let identity = loaded(&chain, &format!("{}{}", other.certificate, made.key)).unwrap();
    assert_eq!(identity.warnings, [""; 0]);
}

#[test]
fn offers_only_http_1_1_and_resumes_no_sessions() {
    let config = identity().0.config;
    assert_eq!(config.alpn_protocols, [b"http/1.1"]);
    assert!(!config.session_storage.can_cache() && !config.ticketer.enabled());
    assert_eq!((config.send_tls13_tickets, config.max_early_data_size), (0, 0));
}

#[test]
fn a_certificate_is_accepted_only_while_it_is_valid() {
    let place = TempDir::new().unwrap();
    let made = made(DAY, 30 * DAY);
    let files = files(&place, &made.certificate, &made.key);
    let now = Clock::System.now();
    let at = |days: u64| ServerIdentity::load(&files, now.after(Duration::from_secs(days * DAY)));
    assert_eq!(at(0).unwrap().warnings.len(), 0);
    assert_eq!(at(15).unwrap().warnings.len(), 0);
    let close = at(17).unwrap();
    assert!(close.warnings[0].contains("/cert.pem ends "), "{:?}", close.warnings);
    assert!(matches!(at(31), Err(TlsError::Expired(..))));
    let early = ServerIdentity::load(&files, now.before(Duration::from_secs(2 * DAY)));
    assert!(matches!(early, Err(TlsError::NotYetValid(..))));
}

#[test]
fn a_certificate_without_a_name_or_valid_for_too_long_is_noted() {
    let warned = |names: &[&str], days: u64| {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        let now = SystemTime::now();
        params.not_before = (now - Duration::from_hours(1)).into();
        params.not_after = (now + Duration::from_secs(days * DAY - 3600)).into();
        let certificate = params.self_signed(&key).unwrap().pem();
        loaded(&certificate, &key.serialize_pem()).unwrap().warnings
    };
    assert_eq!(warned(&["localhost"], 825), [""; 0]);
    assert_eq!(warned(&["127.0.0.1"], 825), [""; 0]);
    let nameless = warned(&[], 365);
    assert!(nameless.len() == 1 && nameless[0].contains(" names no host "), "{nameless:?}");
    let long = warned(&["localhost"], 826);
    assert!(long.len() == 1 && long[0].contains(" more than 825 days"), "{long:?}");
    assert_eq!(warned(&[], 3650).len(), 2);
}

#[test]
fn mismatched_key_is_refused() {
    assert!(matches!(loaded(&sound().certificate, &sound().key), Err(TlsError::Mismatch(_))));
}

#[test]
fn files_must_have_a_certificate_and_exactly_one_key() {
    let made = sound();
    let twice = format!("{}{}", made.key, made.key);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let older = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";
    let odd = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let cut = made.key.replace("-----END PRIVATE KEY-----", "");
    for (key, expected) in [
        ("", "there is not exactly one private key in "),
        (made.certificate.as_str(), "there is not exactly one private key in "),
        (&twice, "there is not exactly one private key in "),
        (encrypted, "the private key in "),
        (older, "the private key in "),
        (odd, "the private key in "),
        (&cut, "the private key in "),
    ] {
        let error = loaded(&made.certificate, key).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(matches!(loaded(&made.certificate, encrypted), Err(TlsError::EncryptedKey(_))));
    assert!(matches!(loaded(&made.certificate, older), Err(TlsError::EncryptedKey(_))));
    assert!(matches!(loaded(&made.certificate, odd), Err(TlsError::InvalidKey(_))));
    assert!(matches!(loaded("", &made.key), Err(TlsError::NoCertificate(_))));
    assert!(matches!(loaded(&made.key, &made.key), Err(TlsError::NoCertificate(_))));
    let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(loaded(odd, &made.key), Err(TlsError::InvalidCertificate(_))));
}

#[test]
fn key_must_be_private_and_certificate_unwritable_by_others() {
    let (place, made) = (TempDir::new().unwrap(), sound());
    let files = files(&place, &made.certificate, &made.key);
    let load = || ServerIdentity::load(&files, Clock::System.now());
    set_mode(&files.key, 0o640);
    let fault = FileProblem::Exposed(0o640);
    assert!(matches!(load(), Err(TlsError::File(FileError::Unfit(_, found))) if found == fault));
    set_mode(&files.key, 0o400);
    set_mode(&files.certificate, 0o664);
    let fault = FileProblem::Writable(0o664);
    assert!(matches!(load(), Err(TlsError::File(FileError::Unfit(_, found))) if found == fault));
    set_mode(&files.certificate, 0o444);
    load().unwrap();
}

#[test]
fn file_size_limit_is_inclusive() {
    let (place, made) = (TempDir::new().unwrap(), sound());
    let files = files(&place, &made.certificate, &made.key);
    let load = || ServerIdentity::load(&files, Clock::System.now());
    let filled =
        |length: usize| format!("{}{}", made.certificate, "#".repeat(length - made.certificate.len()));
    write(&place, "cert.pem", &filled(MAX_FILE_BYTES), 0o644);
    load().unwrap();
    write(&place, "cert.pem", &filled(MAX_FILE_BYTES + 1), 0o644);
    assert!(matches!(load(), Err(TlsError::TooLong(_))));
}

#[test]
fn debug_shows_nothing_of_the_key() {
    let shown = format!("{:?}", identity().0);
    assert_eq!(shown, "ServerIdentity { warnings: [], .. }");
}
