//! Flags of `serve`: refused values, and their hints.

use std::io;

use rustix::io::Errno;

use super::Server;
use super::test_server_home::TestServerHome;
use crate::cli::{call, demo};

#[test]
fn malformed_values_are_refused_with_a_valid_form() {
    let listen = "give an IP address and a port, such as 127.0.0.1:8787 or [::1]:8787";
    let no_address = |text: &str| {
        format!("invalid value '{text}' for '--listen <ADDRESS:PORT>': invalid socket address syntax")
    };
    for text in ["localhost", "example.com:8787", "8787", ":8787", "127.0.0.1", "127.0.0.1:99999", "::1:8787"]
    {
        demo(&["serve", "--listen", text]).run().is_refused(2, &no_address(text), listen);
    }
    let origin =
        "expected an origin as browsers send it, such as https://app.example.com or http://localhost:3000";
    for text in ["*", "null", "https://app.example.com/"] {
        let error = format!("invalid value '{text}' for '--cors-origin <ORIGIN>': not an origin");
        demo(&["serve", "--cors-origin", text]).run().is_refused(2, &error, origin);
    }
    let hint = "expected a network such as 10.0.0.0/8, without bits after its prefix, or an address";
    for text in ["proxy.example.com", "10.0.0.0/33", "10.0.0.1/8"] {
        let error = format!("invalid value '{text}' for '--trusted-proxy <CIDR>': not a network");
        demo(&["serve", "--trusted-proxy", text]).run().is_refused(2, &error, hint);
    }
    let hint = "expected the name of a request header, such as traceparent";
    for text in ["", "trace parent", "traceparent:"] {
        let error = format!("invalid value '{text}' for '--cors-header <HEADER>': not a header name");
        let origin = "https://app.example.com";
        let call = demo(&["serve", "--cors-origin", origin, "--cors-header", text]);
        call.run().is_refused(2, &error, hint);
    }
    for form in ["csv", "header", "curl", "env"] {
        let hint = "use -o text or -o json; header, curl, env, csv and template are for issue";
        demo(&["serve", "-o", form]).run().is_refused(2, "this command has no such form of output", hint);
    }
}

#[test]
fn localhost_is_127_0_0_1() {
    let server = Server::start(&demo(&["serve", "--listen", "localhost:0"]));
    assert_eq!(server.address().ip().to_string(), "127.0.0.1");
}

#[test]
fn public_address_needs_tls_or_a_trusted_proxy() {
    let site = TestServerHome::new();
    for (address, port) in [("0.0.0.0:8787", 8787), ("[::]:0", 0), ("192.0.2.1:443", 443)] {
        let refused = site.run(&["-q", "serve", "--listen", address]);
        let error = format!("other machines can reach {address}, and there is no TLS");
        let hint = format!(
            "give --tls-cert and --tls-key; or listen on 127.0.0.1:{port}; or name the proxy that ends TLS, with --trusted-proxy ADDRESS"
        );
        refused.is_refused(2, &error, &hint);
    }
    // No machine has this address, but the attempt shows that it is allowed.
    let tried = site.run(&["-q", "serve", "--listen", "192.0.2.1:0", "--trusted-proxy", "10.0.0.0/8"]);
    let error = format!("cannot listen on 192.0.2.1:0: {}", io::Error::from(Errno::ADDRNOTAVAIL));
    tried.is_refused(1, &error, "give an address of this machine, such as 127.0.0.1");
    let demo = demo(&["serve", "--listen", "0.0.0.0:0", "--trusted-proxy", "10.0.0.0/8"]).run();
    demo.is_refused(
        2,
        "other machines can reach 0.0.0.0:0, and the demo profile's keys are published",
        "listen on 127.0.0.1:0, or use a profile of your own",
    );
}

#[test]
fn address_in_use_is_reported_with_a_remedy() {
    let site = TestServerHome::new();
    let address = site.serve(&[]).address();
    let first = site.serve(&[]);
    assert!(first.address().ip().is_loopback() && first.address() != address);
    let taken = first.address().to_string();
    let second = site.run(&["-q", "serve", "--listen", &taken]);
    let error = format!("cannot listen on {taken}: {}", io::Error::from(Errno::ADDRINUSE));
    second.is_refused(1, &error, "stop what listens there, or give another port; 0 lets the system choose");
}

#[test]
fn lifetime_against_policy_is_refused_at_start() {
    let site = TestServerHome::with("policy = { longest_lifetime = \"1h\" }\n");
    let hint = "leave --lifetime out, or give one that the policy allows";
    for lifetime in ["never", "2h"] {
        let refused = site.run(&["-q", "serve", "--listen", "127.0.0.1:0", "--lifetime", lifetime]);
        assert!(
            refused.status == Some(2) && refused.stderr.ends_with(&format!("hint: {hint}\n")),
            "{refused}"
        );
    }
    site.serve(&["--lifetime", "1h"]);
}

#[test]
fn missing_session_key_is_reported_with_a_remedy() {
    let refused = call(&["-q", "serve"]).with_env("STREAM_API_SECRET", "x".repeat(32)).run();
    refused.is_refused(
        2,
        "there is no source for the session key",
        "set STREAM_SESSION_KEY_FILE to a file that holds a session key, such as 'openssl rand -hex 32' prints, or STREAM_SESSION_KEY to the key itself; or add a profile with both",
    );
}

#[test]
fn openapi_is_printed_without_setup() {
    let printed = call(&["serve", "--openapi"]).run();
    let description: serde_json::Value = serde_json::from_str(printed.result()).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
}
