//! Sessions over the whole way: made by one process, judged by another, and revoked by a third.

use std::thread;
use std::time::Instant;

use super::LONGEST;
use super::Server;
use super::http::Ask;
use super::site::Site;

/// Waits until a running server refuses a session.
#[track_caller]
fn wait_until_refused(server: &Server, customer: u64, session: &str) {
    let until = Instant::now() + LONGEST;
    while server.ask(&Ask::of(customer).bearer(session)).status != 401 {
        assert!(Instant::now() < until, "the session still counts");
        thread::yield_now();
    }
}

#[test]
fn a_running_server_sees_that_a_session_is_revoked_and_others_still_count() {
    let site = Site::new();
    let server = site.serve(&[]);
    let sessions = [site.session("123"), site.session("123"), site.session("124")];
    let [first, second, others] = &sessions;
    assert_eq!(server.ask(&Ask::of(123).bearer(first)).status, 200);
    site.call(&["-q", "session", "revoke", "--token-stdin"]).with_stdin(first).run().is(0, "", "");
    wait_until_refused(&server, 123, first);
    assert_eq!(server.ask(&Ask::of(123).bearer(second)).status, 200);
    site.run(&["-q", "session", "revoke", "--customer", "123"]).is(0, "", "");
    wait_until_refused(&server, 123, second);
    assert_eq!(server.ask(&Ask::of(124).bearer(others)).status, 200);
}
