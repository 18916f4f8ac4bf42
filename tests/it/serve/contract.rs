//! The contract over a real socket: every status with its body and headers, in its order.

use super::http::{Answer, Ask};
use super::site::Site;
use crate::cli::token::claims_of;

/// Checks what goes for every answer with a body.
#[track_caller]
fn assert_common(answer: &Answer) {
    assert_eq!(answer.header("Content-Type"), Some("application/json"), "{answer:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{answer:?}");
    let id = answer.header("X-Request-Id").unwrap();
    assert!(id.chars().all(|digit| digit.is_ascii_hexdigit() || digit == '-'), "{id}");
    assert_eq!(answer.header("Content-Length"), Some(answer.body.len().to_string().as_str()), "{answer:?}");
}

#[test]
fn a_session_gets_its_own_customers_token_and_nobody_elses() {
    let site = Site::with("policy = { default_lifetime = \"1h\" }\n");
    let server = site.serve(&[]);
    let session = site.session("123");
    let granted = server.ask(&Ask::of(123).bearer(&session));
    assert_common(&granted);
    let claims = claims_of(granted.token());
    assert!(claims.starts_with(r#"{"user_id":"customer-123","exp":"#), "{claims}");
    let refused = server.ask(&Ask::of(124).bearer(&session));
    assert_common(&refused);
    refused.is(403, "Forbidden", "Customer ID does not match authenticated user");
    assert!(site.state().join("audit").is_dir());
    drop(server);
}

#[test]
fn what_is_no_request_for_a_token_is_refused_before_its_session() {
    let site = Site::new();
    let server = site.serve(&[]);
    let ask = Ask::of(123);
    server.ask(&ask.clone().path("/")).is(404, "Not Found", "Use POST /stream-chat/token");
    let refused = server.ask(&ask.clone().method("GET").body(""));
    refused.is(405, "Method Not Allowed", "Use POST");
    assert_eq!(refused.header("Allow"), Some("POST"));
    assert!(server.address().ip().is_loopback());
}
