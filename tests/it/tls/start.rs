//! Unusable certificate and key files are reported at start, with a remedy.

use std::fs;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};

use super::{DAY, Made, Secure, made, made_for};

/// Checks that a server does not start, its status, its error and its hint. `HOME` stands for the home.
#[track_caller]
fn assert_refused(secure: &Secure, status: i32, message: &str, hint: &str) {
    let home = secure.site.home().to_str().unwrap().to_owned();
    let output = secure.refused();
    let expected = format!("stream-token: error: {message}\nstream-token: hint: {hint}\n");
    assert_eq!(output.stderr.replace(&home, "HOME"), expected);
    assert_eq!((output.status, output.stdout.as_str()), (Some(status), ""), "{output}");
}

#[test]
fn missing_file_is_reported() {
    for name in ["cert.pem", "key.pem"] {
        let secure = Secure::new();
        fs::remove_file(secure.path(name)).unwrap();
        let message = format!("cannot open HOME/{name}: No such file or directory (os error 2)");
        assert_refused(&secure, 1, &message, "check the path and who may use it");
    }
}

#[test]
fn file_open_to_others_is_refused() {
    let secure = Secure::new();
    secure.write("key.pem", &made().key, 0o640);
    assert_refused(
        &secure,
        2,
        "cannot use HOME/key.pem: others can read or write it (mode 640)",
        "run 'chmod 600 HOME/key.pem'; if others could have read a secret or a key there, replace it",
    );
    let secure = Secure::new();
    secure.write("cert.pem", &made().certificate, 0o664);
    assert_refused(
        &secure,
        2,
        "cannot use HOME/cert.pem: others can write it (mode 664)",
        "look it over, then run 'chmod go-w HOME/cert.pem'",
    );
    let secure = Secure::new();
    fs::remove_file(secure.path("key.pem")).unwrap();
    fs::create_dir(secure.path("key.pem")).unwrap();
    assert_refused(
        &secure,
        2,
        "cannot use HOME/key.pem: it is not a regular file",
        "a regular file is needed there",
    );
}

#[test]
fn file_with_wrong_contents_is_refused() {
    let secure = Secure::new();
    secure.write("cert.pem", "nothing\n", 0o644);
    let hint =
        "give the server's certificate and those between it and the root, whole and in PEM, and nothing else";
    assert_refused(&secure, 2, "there is no certificate in HOME/cert.pem", hint);
    secure.put(&made());
    secure.write("cert.pem", &" ".repeat(64 * 1024 + 1), 0o644);
    assert_refused(&secure, 2, "HOME/cert.pem has more than 65536 bytes", hint);
    secure.put(&made());
    secure.write("key.pem", "", 0o600);
    let hint = "give a file with the certificate's own key in PEM, and no other";
    assert_refused(&secure, 2, "there is not exactly one private key in HOME/key.pem", hint);
    secure.write("key.pem", &made().key.repeat(2), 0o600);
    assert_refused(&secure, 2, "there is not exactly one private key in HOME/key.pem", hint);
    let cut = made().key.replace("-----END PRIVATE KEY-----", "");
    secure.write("key.pem", &cut, 0o600);
    let hint = "copy it again, whole; or use a key on P-256, P-384 or Ed25519, or RSA with 2048 bits or more";
    let message = "the private key in HOME/key.pem is damaged, or of an unsupported kind";
    assert_refused(&secure, 2, message, hint);
}

#[test]
fn encrypted_or_mismatched_key_is_refused() {
    let secure = Secure::new();
    let encrypted = made().key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    secure.write("key.pem", &encrypted, 0o600);
    assert_refused(
        &secure,
        2,
        "the private key in HOME/key.pem is encrypted",
        "write it without its passphrase into a file of your own: 'umask 077; openssl pkey -in KEY -out NEW'",
    );
    secure.write("key.pem", &made().key, 0o600);
    assert_refused(
        &secure,
        2,
        "the key in HOME/key.pem is not that of the first certificate in HOME/cert.pem",
        "give the key that the certificate was made for; the server's certificate comes first in its file",
    );
}

#[test]
fn expired_or_future_certificate_is_refused() {
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let secure = Secure::new();
    secure.put(&made_for(at(1_000_000_000), at(1_500_000_000)));
    let message = "the certificate in HOME/cert.pem expired 2017-07-14T02:40:00Z";
    assert_refused(&secure, 2, message, "renew the certificate");
    secure.put(&made_for(at(4_000_000_000), at(4_100_000_000)));
    let message = "the certificate in HOME/cert.pem is not valid before 2096-10-02T07:06:40Z";
    assert_refused(
        &secure,
        2,
        message,
        "check this machine's clock, or use the certificate that is valid now",
    );
}

#[test]
fn certificate_that_expires_soon_is_noted() {
    let secure = Secure::new();
    secure.put(&made_for(SystemTime::now() - DAY, SystemTime::now() + 10 * DAY));
    let output = secure.serve().end();
    assert_eq!(output.status, Some(0));
    assert!(
        output.stderr.contains("note: the certificate in ") && output.stderr.contains(" ends "),
        "{output}"
    );
}

#[test]
fn certificate_without_its_key_is_a_usage_error() {
    let secure = Secure::new();
    for flag in ["--tls-cert", "--tls-key"] {
        let output = secure.site.run(&["serve", "--listen", "127.0.0.1:0", flag, "x.pem"]);
        assert_eq!(output.status, Some(2));
        let other = if flag == "--tls-cert" { "--tls-key <FILE>" } else { "--tls-cert <FILE>" };
        let message =
            format!("stream-token: error: the following required arguments were not provided: {other}\n");
        assert!(output.stderr.starts_with(&message), "{output}");
    }
}

#[test]
fn certificate_that_phones_refuse_is_noted() {
    let secure = Secure::new();
    let mut params = CertificateParams::new([]).unwrap();
    params.not_before = (SystemTime::now() - Duration::from_hours(1)).into();
    params.not_after = (SystemTime::now() + Duration::from_hours(3650 * 24)).into();
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    secure.put(&Made { certificate, key: key.serialize_pem() });
    let said = secure.serve().end().stderr;
    for note in ["names no host (subjectAltName)", "valid for more than 825 days, and iOS refuses it"] {
        assert!(said.contains(note), "{said}");
    }
}
