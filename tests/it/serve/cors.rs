//! Pages of other origins: who may read replies, and who may not.

use super::http::{Answer, Ask};
use super::test_server_home::TestServerHome;

/// The origin that is allowed.
const ALLOWED: &str = "https://app.example.com";

/// The headers that tell a browser who may read.
fn told(answer: &Answer) -> [Option<&str>; 2] {
    [answer.header("Access-Control-Allow-Origin"), answer.header("Vary")]
}

/// A browser's question whether a page of an origin may ask.
fn preflight(origin: &str) -> Ask {
    let ask = Ask::of(123).method("OPTIONS").body("").without("Content-Type").with("Origin", origin);
    ask.with("Access-Control-Request-Method", "POST")
        .with("Access-Control-Request-Headers", "authorization,content-type")
}

#[test]
fn a_page_of_an_allowed_origin_may_ask_and_read() {
    let site = TestServerHome::new();
    let headers = ["--cors-header", "traceparent", "--cors-header", "Baggage"];
    let origins = ["--cors-origin", "https://other.example.com", "--cors-origin", ALLOWED];
    let server = site.serve(&[origins, headers].concat());
    let allowed = server.ask(&preflight(ALLOWED));
    assert_eq!((allowed.status, allowed.body.as_str()), (204, ""));
    assert_eq!(told(&allowed), [Some(ALLOWED), Some("Origin")]);
    assert_eq!(allowed.header("Access-Control-Allow-Methods"), Some("POST"));
    assert_eq!(
        allowed.header("Access-Control-Allow-Headers"),
        Some("Authorization, Content-Type, traceparent, baggage")
    );
    assert_eq!(allowed.header("Access-Control-Max-Age"), Some("600"));
    assert_eq!(allowed.header("Access-Control-Allow-Credentials"), None);
    let ask = Ask::of(123).bearer(&site.session("123")).with("Origin", ALLOWED);
    for (ask, status) in [(ask.clone(), 200), (ask.without("Authorization"), 401)] {
        let answer = server.ask(&ask);
        assert_eq!(answer.status, status);
        assert_eq!(told(&answer), [Some(ALLOWED), Some("Origin")]);
        assert_eq!(answer.header("Access-Control-Expose-Headers"), Some("Retry-After, X-Request-Id"));
    }
}

#[test]
fn a_page_of_any_other_origin_may_not() {
    let site = TestServerHome::new();
    let server = site.serve(&["--cors-origin", ALLOWED]);
    for origin in
        ["null", "https://app.example.com:8443", "http://app.example.com", "https://evil.example.com"]
    {
        let refused = server.ask(&preflight(origin));
        assert_eq!((refused.status, told(&refused)), (405, [None, Some("Origin")]), "{origin}");
        let unread = server.ask(&Ask::of(123).with("Origin", origin));
        assert_eq!((unread.status, told(&unread)), (401, [None, Some("Origin")]), "{origin}");
    }
}

#[test]
fn without_allowed_origins_no_page_may_and_nothing_varies() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let refused = server.ask(&preflight(ALLOWED));
    assert_eq!((refused.status, told(&refused)), (405, [None, None]));
}
