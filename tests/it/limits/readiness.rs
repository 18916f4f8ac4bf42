//! Readiness while the audit log is broken, and after it is repaired.

use std::fs;

use super::Watched;
use crate::serve::http::Ask;
use crate::serve::test_server_home::TestServerHome;

/// Returns the body of the readiness probe.
fn readiness(status: &str, audit: &str) -> String {
    format!(r#"{{"status":"{status}","secret":"loaded","audit":"{audit}","draining":false}}"#)
}

#[test]
fn server_is_not_ready_while_it_cannot_record() {
    let site = TestServerHome::new();
    let watched = Watched::at(&site, &[]);
    let ask = Ask::of(123).bearer(&site.session("123"));
    assert_eq!(watched.ready(), (200, readiness("ready", "untried")));
    watched.server.ask(&ask).token();
    assert_eq!(watched.ready(), (200, readiness("ready", "ok")));
    let (log, aside) = (site.state().join("audit"), site.state().join("aside"));
    fs::rename(&log, &aside).unwrap();
    watched.server.ask(&ask).is(503, "Service Unavailable", "Try again later");
    assert_eq!(watched.ready(), (503, readiness("not_ready", "failing")));
    assert_eq!(watched.tell("GET", "/healthz").status, 200);
    fs::rename(&aside, &log).unwrap();
    watched.server.ask(&ask).token();
    assert_eq!(watched.ready(), (200, readiness("ready", "ok")));
}
