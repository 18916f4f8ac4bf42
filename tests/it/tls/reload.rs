//! SIGHUP: the server reloads all of its files or none.

use std::fs;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Secure, made};
use crate::cli::Output;
use crate::cli::token::SECRET;
use crate::serve::http::{Answer, Ask};
use crate::serve::test_server_home::{SESSION_KEY, TestServerHome};
use crate::serve::{KEPT, Server};
use crate::tools::has;

/// Another API secret.
const OTHER_SECRET: &str = "another-api-secret-of-the-tests-0123456789";
/// Another session key.
const OTHER_KEY: &str = "another-session-key-of-the-tests-0123456789";

/// A server whose secrets are in files.
struct Filed {
    /// Its home.
    secure: Secure,
}

impl Filed {
    /// Creates one.
    fn new() -> Self {
        let filed = Self { secure: Secure { site: TestServerHome::new() } };
        filed.secret(SECRET);
        filed.key(SESSION_KEY);
        filed.config("staging", "");
        filed
    }

    /// Writes the API secret.
    fn secret(&self, secret: &str) {
        self.secure.write("secret", secret, 0o600);
    }

    /// Writes the session key.
    fn key(&self, key: &str) {
        self.secure.write("session", key, 0o600);
    }

    /// Writes the configuration: the default profile, and more of the one that serves.
    fn config(&self, default: &str, more: &str) {
        let home = self.secure.site.home().display();
        let text = format!(
            "default_profile = \"{default}\"\n\n[profiles.other]\nsecret = \"env:OTHER\"\n\n[profiles.staging]\nsecret = \"file:{home}/secret\"\nsession_key = \"file:{home}/session\"\n{more}"
        );
        self.secure.write(".config/stream-token/config.toml", &text, 0o600);
    }

    /// Replaces a file with a pipe without a writer.
    fn pipe(&self, name: &str) {
        let path = self.secure.path(name);
        fs::remove_file(&path).unwrap();
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }

    /// Starts a server without TLS.
    #[track_caller]
    fn serve(&self) -> Server {
        self.secure.site.serve(&[])
    }

    /// Makes a session of a customer.
    #[track_caller]
    fn session(&self) -> String {
        let output = self.run(&["-q", "--profile", "staging", "session", "new", "123"]);
        output.result().trim_end().to_owned()
    }

    /// Runs a call here, which must not give any of the secrets away.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Output {
        let output = self.secure.site.run(arguments);
        assert!(!output.stderr.contains(OTHER_SECRET) && !output.stderr.contains(OTHER_KEY), "{output}");
        output
    }

    /// Returns `true` if a token is signed by a secret.
    #[track_caller]
    fn is_signed_by(&self, token: &str, secret: &str) -> bool {
        self.secure.write("verifying", secret, 0o600);
        let path = self.secure.path("verifying");
        let call = self.secure.site.call(&["verify", token]).with_env("STREAM_API_SECRET_FILE", path);
        call.run().status == Some(0)
    }
}

/// Asks for a token.
#[track_caller]
fn ask(server: &Server, session: &str) -> Answer {
    server.ask(&Ask::of(123).bearer(session))
}

#[test]
fn new_connections_get_the_new_certificate() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let secure = Secure::new();
    let server = secure.serve();
    let session = secure.site.session("123");
    assert!(secure.curl(&server, &session, &[]).result().contains("token"));
    secure.put(&made());
    // The new certificate is in the file, and not in use yet.
    assert_eq!(secure.curl(&server, &session, &[]).status, Some(60));
    server.reload("note=reloaded profile=staging tls=true", 1);
    assert!(secure.curl(&server, &session, &[]).result().contains("token"));
}

#[test]
fn broken_files_change_nothing_and_are_reported() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let secure = Secure::new();
    let server = secure.serve();
    let session = secure.site.session("123");
    secure.write("key.pem", &made().key, 0o600);
    server.reload(KEPT, 1);
    let home = secure.site.home().display();
    server.said().wait_until(&format!(
        "note=\"{KEPT}\" error=\"the key in {home}/key.pem is not that of the first certificate in {home}/cert.pem\" hint=\"give the key that the certificate was made for; the server's certificate comes first in its file\"\n"
    ));
    assert!(secure.curl(&server, &session, &[]).result().contains("token"));
    secure.put(&made());
    server.reload("note=reloaded", 1);
    assert!(secure.curl(&server, &session, &[]).result().contains("token"));
}

#[test]
fn new_session_key_ends_old_sessions() {
    let filed = Filed::new();
    let server = filed.serve();
    let old = filed.session();
    assert_eq!(ask(&server, &old).status, 200);
    filed.key(OTHER_KEY);
    let new = filed.session();
    assert_eq!((ask(&server, &old).status, ask(&server, &new).status), (200, 401));
    server.reload("note=reloaded profile=staging tls=false", 1);
    assert_eq!((ask(&server, &old).status, ask(&server, &new).status), (401, 200));
}

#[test]
fn new_api_secret_signs_after_the_reload() {
    let filed = Filed::new();
    let server = filed.serve();
    let session = filed.session();
    filed.secret(OTHER_SECRET);
    let before = ask(&server, &session);
    assert!(filed.is_signed_by(before.token(), SECRET));
    server.reload("note=reloaded", 1);
    let after = ask(&server, &session);
    assert!(filed.is_signed_by(after.token(), OTHER_SECRET));
    assert!(!filed.is_signed_by(after.token(), SECRET));
    let output = server.end();
    assert!(!output.stderr.contains(SECRET) && !output.stderr.contains(OTHER_SECRET), "{output}");
}

#[test]
fn one_broken_file_prevents_the_whole_reload() {
    let filed = Filed::new();
    let server = filed.serve();
    let session = filed.session();
    filed.secret(OTHER_SECRET);
    let breaks: [(&dyn Fn(), &str); 4] = [
        (&|| filed.key(""), "the session key of profile staging: cannot use file:"),
        (&|| filed.config("staging", "unknown = 1\n"), "unknown"),
        (&|| filed.config("staging", "policy = { production = true }\n"), "production"),
        (&|| filed.secret(""), "the secret is empty"),
    ];
    for (count, (break_it, told)) in breaks.into_iter().enumerate() {
        break_it();
        server.reload(KEPT, count + 1);
        server.said().wait_until(told);
        let answer = ask(&server, &session);
        filed.key(SESSION_KEY);
        filed.config("staging", "");
        assert!(filed.is_signed_by(answer.token(), SECRET));
    }
    filed.secret(OTHER_SECRET);
    server.reload("note=reloaded", 1);
    assert!(filed.is_signed_by(ask(&server, &session).token(), OTHER_SECRET));
}

#[test]
fn pipe_as_a_file_is_refused_and_the_next_reload_works() {
    let filed = Filed::new();
    let server = filed.serve();
    for (count, name) in [".config/stream-token/config.toml", "secret", "session"].into_iter().enumerate() {
        filed.pipe(name);
        server.reload(KEPT, count + 1);
        server.said().wait_until("it is not a regular file");
        fs::remove_file(filed.secure.path(name)).unwrap();
        filed.secret(SECRET);
        filed.key(SESSION_KEY);
        filed.config("staging", "");
        server.reload("note=reloaded", count + 1);
    }
}

#[test]
fn new_certificate_is_not_loaded_with_a_broken_secret() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let filed = Filed::new();
    filed.secure.put(&made());
    let server = filed.secure.serve();
    let session = filed.session();
    filed.secure.put(&made());
    filed.secret("");
    server.reload(KEPT, 1);
    // CURLE_PEER_FAILED_VERIFICATION: the server still presents the old one.
    assert_eq!(filed.secure.curl(&server, &session, &[]).status, Some(60));
    filed.secret(SECRET);
    server.reload("note=reloaded", 1);
    assert!(filed.secure.curl(&server, &session, &[]).result().contains("token"));
}

#[test]
fn reload_applies_the_policy_and_keeps_the_profile() {
    let filed = Filed::new();
    let server = filed.serve();
    let session = filed.session();
    filed.config("other", "policy = { default_lifetime = \"1h\" }\n");
    server.reload("note=reloaded profile=staging", 1);
    let answer = ask(&server, &session);
    let decoded = filed.run(&["decode", "-o", "json", answer.token()]);
    assert!(decoded.result().contains("\"exp\""), "{decoded}");
    assert!(filed.is_signed_by(answer.token(), SECRET));
}

#[test]
fn demo_profile_can_be_reloaded() {
    let server = Server::demo(&[]);
    server.reload("note=reloaded profile=demo", 1);
    assert_eq!(server.end().status, Some(0));
}
