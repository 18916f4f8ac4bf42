//! The signer of a token: the keyring is consulted, but never unlocked, and with a short timeout only.

use std::fs;

use rustix::process::Signal;

use super::service::Session;
use super::{FIRST, SECOND, note, session};
use crate::cli::Output;
use crate::cli::token::{HEADER, SECRET, signed_with};

/// Returns a token of customer 1 signed with a secret.
fn token(secret: &str) -> String {
    signed_with(secret, HEADER, r#"{"user_id":"customer-1"}"#)
}

/// Verifies a token under a profile whose secret is in a variable.
#[track_caller]
fn verify_under_another_profile(session: &Session, secret: &str) -> Output {
    let call = session.call(&["-q", "--profile", "plain", "-o", "json", "verify", &token(secret)]);
    call.with_env("PLAIN", SECRET).run()
}

/// Adds a profile whose secret is in a variable, and one in the keyring.
fn session_with_two_profiles() -> Session {
    let session = Session::new();
    session.run(&["-q", "profile", "add", "plain", "--secret", "env:PLAIN"]).is(0, "", "");
    session.add("staging", FIRST);
    session
}

#[test]
fn previous_secret_verifies_with_a_note() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    session.pipe(&["-q", "secret", "rotate", "staging", "--secret-stdin"], SECOND).is(0, "", "");
    let origin = note("profile staging, secret from keyring");
    let current = session.run(&["verify", &token(SECOND)]);
    assert_eq!((current.status, &current.stderr), (Some(0), &origin), "{current}");
    assert!(current.stdout.contains("by the current secret of profile staging"), "{current}");
    let previous = session.run(&["verify", &token(FIRST)]);
    let said = "a secret that was rotated away signed it; Stream may no longer accept it";
    assert_eq!((previous.status, previous.stderr.clone()), (Some(0), origin + &note(said)), "{previous}");
    assert!(previous.stdout.contains("by the previous secret of profile staging"), "{previous}");
}

#[test]
fn token_of_another_profile_names_that_profile() {
    let session = session!(session_with_two_profiles());
    let output = verify_under_another_profile(&session, FIRST);
    assert_eq!(output.status, Some(5));
    assert!(output.stdout.contains(r#""signed_by":{"profile":"staging","secret":"current"}"#), "{output}");
}

#[test]
fn locked_keyring_of_another_profile_is_skipped() {
    let session = session!(session_with_two_profiles());
    session.lock();
    let output = verify_under_another_profile(&session, FIRST);
    assert_eq!(output.status, Some(5));
    assert!(output.stdout.contains(r#""signed_by":null"#) && output.stderr.is_empty(), "{output}");
    let listed = session.run(&["secret", "list"]).result().to_owned();
    assert!(
        listed.contains("cannot use the API secret of profile staging: the keyring is locked"),
        "{listed}"
    );
}

#[test]
fn silent_keyring_is_skipped() {
    let session = session!(session_with_two_profiles());
    session.signal(Signal::STOP);
    let output = verify_under_another_profile(&session, FIRST);
    assert_eq!(output.status, Some(5));
    assert!(output.stdout.contains(r#""signed_by":null"#) && output.stderr.is_empty(), "{output}");
}

#[test]
fn keyring_is_not_read_if_the_chosen_profile_signed() {
    let session = session!(session_with_two_profiles());
    session.signal(Signal::STOP);
    let output = verify_under_another_profile(&session, SECRET);
    assert!(output.result().contains(r#""signed_by":{"profile":"plain","secret":"current"}"#), "{output}");
}

#[test]
fn command_of_another_profile_is_not_run() {
    let session = session!(session_with_two_profiles());
    let evidence = session.place.path().join("evidence");
    let source = format!("command:touch {}", evidence.display());
    session.run(&["-q", "profile", "add", "vault", "--secret", &source]).is(0, "", "");
    assert_eq!(verify_under_another_profile(&session, SECOND).status, Some(5));
    session.run(&["secret", "list"]).result();
    assert!(!fs::exists(&evidence).unwrap());
    // The command does leave evidence if it runs.
    assert_eq!(session.run(&["--profile", "vault", "issue", "1"]).status, Some(3));
    assert!(fs::exists(&evidence).unwrap());
}
