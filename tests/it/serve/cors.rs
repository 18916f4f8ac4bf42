//! Pages of other origins: which of them may read replies.

use super::http::{Answer, Ask};
use super::test_server_home::TestServerHome;

/// The origin that is allowed.
const ALLOWED: &str = "https://app.example.com";

/// Returns the headers that tell a browser which origins may read.
fn cors_headers(answer: &Answer) -> [Option<&str>; 2] {
    [answer.header("Access-Control-Allow-Origin"), answer.header("Vary")]
}

/// Returns a browser's preflight request for a page of an origin.
fn preflight(origin: &str) -> Ask {
    let ask = Ask::of(123).method("OPTIONS").body("").without("Content-Type").with("Origin", origin);
    ask.with("Access-Control-Request-Method", "POST")
        .with("Access-Control-Request-Headers", "authorization,content-type")
}

#[test]
fn page_of_an_allowed_origin_may_read_replies() {
    let site = TestServerHome::new();
    let headers = ["--cors-header", "traceparent", "--cors-header", "Baggage"];
    let origins = ["--cors-origin", "https://other.example.com", "--cors-origin", ALLOWED];
    let server = site.serve(&[origins, headers].concat());
    let allowed = server.ask(&preflight(ALLOWED));
    assert_eq!((allowed.status, allowed.body.as_str()), (204, ""));
    assert_eq!(cors_headers(&allowed), [Some(ALLOWED), Some("Origin")]);
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
        assert_eq!(cors_headers(&answer), [Some(ALLOWED), Some("Origin")]);
        assert_eq!(answer.header("Access-Control-Expose-Headers"), Some("Retry-After, X-Request-Id"));
    }
}

#[test]
fn page_of_another_origin_may_not_read_replies() {
    let site = TestServerHome::new();
    let server = site.serve(&["--cors-origin", ALLOWED]);
    for origin in
        ["null", "https://app.example.com:8443", "http://app.example.com", "https://evil.example.com"]
    {
        let refused = server.ask(&preflight(origin));
        assert_eq!((refused.status, cors_headers(&refused)), (405, [None, Some("Origin")]), "{origin}");
        let unread = server.ask(&Ask::of(123).with("Origin", origin));
        assert_eq!((unread.status, cors_headers(&unread)), (401, [None, Some("Origin")]), "{origin}");
    }
}

#[test]
fn no_cors_headers_without_allowed_origins() {
    let site = TestServerHome::new();
    let server = site.serve(&[]);
    let refused = server.ask(&preflight(ALLOWED));
    assert_eq!((refused.status, cors_headers(&refused)), (405, [None, None]));
}
