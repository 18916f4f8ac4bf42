//! The one command to try it with.

use super::Server;
use super::http::Ask;
use crate::cli::demo;

/// Finds the session token that the demo prints.
fn session(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("a session token for customer 123: ")?;
    Some(rest[..rest.find(['\n', '"'])?].to_owned())
}

#[test]
fn the_demo_prints_a_session_that_gets_a_token_that_verifies() {
    let server = Server::demo(&[]);
    let session = server.said().wait_for("a session", session);
    let answer = server.ask(&Ask::of(123).bearer(&session));
    let verified = demo(&["verify", answer.token(), "--customer", "123", "-o", "json", "-q"]).run();
    assert!(verified.result().starts_with(r#"{"valid":true,"#), "{verified}");
    let ended = server.end();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), ""), "{ended}");
}
