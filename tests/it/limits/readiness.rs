//! Readiness while the audit log is broken, and once it is mended.

use std::fs;

use super::Watched;
use crate::serve::http::Ask;
use crate::serve::test_server_home::TestServerHome;

/// What is said of readiness.
fn said(status: &str, audit: &str) -> String {
    format!(r#"{{"status":"{status}","secret":"loaded","audit":"{audit}","draining":false}}"#)
}

#[test]
fn a_server_that_cannot_record_is_not_ready_until_it_can() {
    let site = TestServerHome::new();
    let watched = Watched::at(&site, &[]);
    let ask = Ask::of(123).bearer(&site.session("123"));
    assert_eq!(watched.ready(), (200, said("ready", "untried")));
    watched.server.ask(&ask).token();
    assert_eq!(watched.ready(), (200, said("ready", "ok")));
    let (log, aside) = (site.state().join("audit"), site.state().join("aside"));
    fs::rename(&log, &aside).unwrap();
    watched.server.ask(&ask).is(503, "Service Unavailable", "Try again later");
    assert_eq!(watched.ready(), (503, said("not_ready", "failing")));
    assert_eq!(watched.tell("GET", "/healthz").status, 200);
    fs::rename(&aside, &log).unwrap();
    watched.server.ask(&ask).token();
    assert_eq!(watched.ready(), (200, said("ready", "ok")));
}
