//! `serve` under the demo profile.

use std::process::Stdio;

use serde_json::Value;

use super::Server;
use super::http::{Answer, Ask};
use crate::cli::demo;
use crate::test_home::TestHome;
use crate::tools::has;

/// Finds the session token that the demo prints.
fn session(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("a session token for customer 123: ")?;
    Some(rest[..rest.find(['\n', '"'])?].to_owned())
}

/// Checks a token with the program itself.
#[track_caller]
fn assert_verifies(token: &str) {
    let verified = demo(&["-q", "verify", "-", "--customer", "123", "-o", "json"]).with_stdin(token).run();
    assert!(verified.result().starts_with(r#"{"valid":true,"#), "{verified}");
}

#[test]
fn printed_session_gets_a_valid_token() {
    let server = Server::demo(&[]);
    let session = server.said().wait_for("a session", session);
    assert_verifies(server.ask(&Ask::of(123).bearer(&session)).token());
    assert_eq!(server.ask(&Ask::of(124).bearer(&session)).status, 403);
    let ended = server.end();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), ""), "{ended}");
}

#[test]
fn printed_curl_command_works() {
    if !has("curl", "the call that the demo prints") {
        return;
    }
    let place = TestHome::new();
    for flags in [&[][..], &["-o", "json"]] {
        let server = Server::demo(flags);
        let line = server.said().wait_for("a call", |said| {
            said.lines().find(|line| line.contains("curl ") && said.ends_with('\n')).map(str::to_owned)
        });
        let call = match serde_json::from_str::<Value>(&line) {
            Ok(note) => note["note"].as_str().unwrap().strip_prefix("try it: ").unwrap().to_owned(),
            Err(_) => line,
        };
        let output = place.command("sh").args(["-c", &format!("{call} -sSi")]).stdin(Stdio::null()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        let answer = Answer::parse(&String::from_utf8(output.stdout).unwrap());
        assert_verifies(answer.token());
    }
}

#[test]
fn quiet_prints_the_address_only() {
    let server = Server::demo(&["-q"]);
    let listening = format!("note=\"listening on http://{}\"\n", server.address());
    let said = server.said().wait_for("the address", |said| said.ends_with('\n').then(|| said.to_owned()));
    assert!(said.ends_with(&listening) && said.lines().count() == 1, "{said}");
}
