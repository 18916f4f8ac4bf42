//! A server whose secrets are in a keyring: changed secrets, and an unavailable keyring.

use rustix::process::Signal;

use super::service::Session;
use super::{FIRST, SECOND, session};
use crate::cli::token::{HEADER, signed_with};
use crate::limits::Watched;
use crate::serve::http::Ask;
use crate::serve::{KEPT, Server};

/// Starts a server in a session.
#[track_caller]
fn serve(session: &Session) -> Watched {
    let call = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    Watched::over(Server::start(&session.call(&call)))
}

/// Makes a session of a customer.
#[track_caller]
fn client_of(session: &Session) -> String {
    session.run(&["-q", "session", "new", "123"]).result().trim_end().to_owned()
}

/// Asks for a customer's token, and checks which secret signed it.
#[track_caller]
fn assert_signed_by(watched: &Watched, client: &str, secret: &str) {
    let token = signed_with(secret, HEADER, r#"{"user_id":"customer-123"}"#);
    assert_eq!(watched.server.ask(&Ask::of(123).bearer(client)).token(), token);
}

/// Checks the state of the secret that the server reports.
#[track_caller]
fn assert_secret_is(watched: &Watched, state: &str) {
    let (status, told) = watched.ready();
    assert!(status == 200 && told.contains(&format!(r#""secret":"{state}""#)), "{status} {told}");
}

#[test]
fn reload_loads_a_rotated_secret_or_keeps_the_old_one() {
    let mut session = session!(Session::new());
    session.add("staging", FIRST);
    let watched = serve(&session);
    let made = "note: made the session key of profile staging and stored it in the keyring\n";
    watched.server.said().wait_until(made);
    let client = client_of(&session);
    assert_signed_by(&watched, &client, FIRST);
    session.pipe(&["-q", "secret", "rotate", "staging", "--secret-stdin"], SECOND).is(0, "", "");
    assert_signed_by(&watched, &client, FIRST);
    watched.server.reload("note=reloaded profile=staging", 1);
    assert_signed_by(&watched, &client, SECOND);
    assert_secret_is(&watched, "loaded");
    session.lock();
    watched.server.reload(KEPT, 1);
    watched.server.said().wait_until("is locked");
    assert_secret_is(&watched, "stale");
    assert_signed_by(&watched, &client, SECOND);
    session.end_keyring();
    watched.server.reload(KEPT, 2);
    assert_secret_is(&watched, "stale");
    assert_signed_by(&watched, &client, SECOND);
    session.start_keyring(true);
    watched.server.reload("note=reloaded profile=staging", 2);
    assert_secret_is(&watched, "loaded");
    let output = watched.server.end();
    assert_eq!(output.status, Some(0), "{output}");
    assert!(!output.stderr.contains(FIRST) && !output.stderr.contains(SECOND), "{output}");
}

#[test]
fn stopped_keyring_delays_no_request() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let watched = serve(&session);
    let client = client_of(&session);
    session.signal(Signal::STOP);
    watched.server.signal(Signal::HUP);
    for _ in 0..20 {
        assert_signed_by(&watched, &client, FIRST);
    }
    watched.server.said().wait_until(KEPT);
    assert_signed_by(&watched, &client, FIRST);
    session.signal(Signal::CONT);
    watched.server.reload("note=reloaded profile=staging", 1);
}
