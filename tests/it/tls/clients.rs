//! Common clients: curl and openssl.

use std::io::{Read as _, Write as _};
use std::process::Command;

use super::{Secure, run};
use crate::serve::http::Ask;
use crate::tools::has;

/// The format of curl's line after the body.
const TOLD: &str = "\n%{http_version} %{http_code} %{num_connects}\n";

#[test]
fn curl_gets_a_token_over_every_tls_version() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let secure = Secure::new();
    let server = secure.serve();
    let session = secure.site.session("123");
    for flags in [
        &["--tlsv1.2", "--tls-max", "1.2"][..],
        &["--tlsv1.3"],
        &["--http2", "--tlsv1.3"],
        &["--http2", "--tls-max", "1.2"],
    ] {
        let output = secure.curl(&server, &session, &[flags, &["-w", TOLD]].concat());
        let (body, told) = output.result().split_once('\n').unwrap();
        assert!(body.starts_with(r#"{"token":"eyJ"#), "{body}");
        assert_eq!(told, "1.1 200 1\n", "{flags:?}");
    }
    assert_eq!(secure.site.entries("mint").len(), 4);
}

#[test]
fn curl_reuses_its_connection() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let secure = Secure::new();
    let server = secure.serve();
    let again = format!("https://{}/again", server.address());
    let output = secure.curl(&server, &secure.site.session("123"), &["-o", "/dev/null", "-w", TOLD, &again]);
    // The first request is for an unknown path; the second one opens no connection.
    let told: Vec<_> = output.result().lines().filter(|line| line.starts_with("1.1 ")).collect();
    assert_eq!(told, ["1.1 404 1", "1.1 200 0"], "{output}");
}

#[test]
fn openssl_connects_with_tls_1_2_and_1_3_only() {
    if !has("openssl", "TLS with openssl") {
        return;
    }
    let secure = Secure::new();
    let server = secure.serve();
    let connect = server.address().to_string();
    let certificate = secure.path("cert.pem");
    let shake_hands = |flag: &str| {
        let trust =
            ["-CAfile", certificate.to_str().unwrap(), "-verify_return_error", "-servername", "localhost"];
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &connect, "-alpn", "h2,http/1.1", flag]).args(trust);
        run(&mut command)
    };
    for (flag, version) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let output = shake_hands(flag);
        assert_eq!(output.status, Some(0), "{output}");
        for line in [version, "ALPN protocol: http/1.1", "Verify return code: 0 (ok)"] {
            assert!(output.stdout.contains(line), "{line}: {output}");
        }
        assert!(!output.stdout.contains("Post-Handshake New Session Ticket"), "{output}");
    }
    let output = shake_hands("-tls1_1");
    assert_ne!(output.status, Some(0), "{output}");
}

#[test]
fn plain_http_is_told_to_use_https() {
    let server = Secure::new().serve();
    let answer = server.ask(&Ask::of(123));
    answer.is(400, "Bad Request", "Use https: this port accepts HTTPS only");
    server.said().wait_until("reason=unencrypted");
}

#[test]
fn garbage_and_stalled_handshakes_block_nobody() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let secure = Secure::new();
    let server = secure.serve();
    let mut stalled: Vec<_> = (0..600).map(|_| server.connect()).collect();
    for stream in &mut stalled {
        // The oldest may be closed already.
        let _ = stream.write_all(&[22, 3, 1, 2, 0, 1]);
    }
    let mut garbage = server.connect();
    garbage.write_all(&[0xff; 1000]).unwrap();
    let mut answer = Vec::new();
    let _ = garbage.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(&[21]), "{answer:?}");
    let output = secure.curl(&server, &secure.site.session("123"), &[]);
    assert!(output.result().starts_with(r#"{"token":"eyJ"#), "{output}");
    let mut oldest = Vec::new();
    let _ = stalled[0].read_to_end(&mut oldest);
    assert!(oldest.is_empty());
}

#[test]
fn client_without_trust_gets_nothing_and_is_logged() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let (secure, other) = (Secure::new(), Secure::new());
    let server = secure.serve();
    let output = other.curl(&server, &secure.site.session("123"), &[]);
    // CURLE_PEER_FAILED_VERIFICATION
    assert_eq!((output.status, output.stdout.as_str()), (Some(60), ""), "{output}");
    server.said().wait_until("reason=tls_alert");
}

#[test]
fn demo_prints_a_curl_command_that_trusts_it() {
    if !has("curl", "TLS with curl") {
        return;
    }
    let secure = Secure::new();
    let arguments = secure.arguments(&[]);
    let arguments: Vec<_> =
        ["--profile", "demo"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    let server = crate::serve::Server::start(&secure.site.call(&arguments));
    let find = |said: &str| {
        let line = said.lines().find(|line| line.starts_with("curl "))?;
        said.contains(&format!("{line}\n")).then(|| line.to_owned())
    };
    let line = server.said().wait_for("the curl command", find);
    server.said().wait_until(&format!("listening on https://{}\n", server.address()));
    let output = run(Command::new("sh").args(["-c", &format!("{line} -sS")]));
    assert!(output.result().starts_with(r#"{"token":"eyJ"#), "{output}");
}

#[test]
fn tls_allows_a_public_address_except_for_demo() {
    let secure = Secure::new();
    let mut arguments = secure.arguments(&[]);
    arguments[2] = "0.0.0.0:0".into();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let server = crate::serve::Server::start(&secure.site.call(&arguments));
    assert_eq!(server.end().status, Some(0));
    let demo: Vec<_> = [&["--profile", "demo"], &arguments[..]].concat();
    let output = secure.site.call(&demo).run();
    assert_eq!(output.status, Some(2));
    let message = "other machines can reach 0.0.0.0:0, and the demo profile's keys are published";
    assert!(output.stderr.contains(message), "{output}");
}

#[test]
fn clients_that_only_connect_are_not_logged() {
    let secure = Secure::new();
    let server = secure.serve();
    drop(server.connect());
    assert_eq!(server.ask(&Ask::of(1)).status, 400);
    let output = server.end();
    assert!(!output.stderr.contains("tls_"), "{output}");
}
