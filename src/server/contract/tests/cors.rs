//! Which pages may read replies, and how they are told.

use hyper::header::HeaderName;

use super::*;

const ORIGIN: &str = "https://app.example.com";

fn world() -> World {
    let allowed = vec![Origin::parse("http://localhost:3000").unwrap(), Origin::parse(ORIGIN).unwrap()];
    World { cors: Cors::new(allowed, &[HeaderName::from_static("traceparent")]), ..World::default() }
}

fn preflight(origin: HeaderValue) -> Request {
    Request {
        method: "OPTIONS".into(),
        origin,
        requested_method: once("POST"),
        authorization: HeaderValue::Absent,
        content_type: HeaderValue::Absent,
        body: Vec::new(),
        ..good()
    }
}

#[test]
fn a_preflight_of_an_allowed_origin_is_told_what_it_may_send() {
    let answer = world().answer(&preflight(once(ORIGIN)));
    assert_eq!((answer.response.status(), answer.response.body()), (204, &b""[..]));
    let headers = answer.response.headers().iter().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(
        headers.collect::<Vec<_>>(),
        [
            ("Access-Control-Allow-Origin", ORIGIN),
            ("Access-Control-Allow-Methods", "POST"),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, traceparent"),
            ("Access-Control-Max-Age", "600"),
            ("Vary", "Origin"),
        ]
    );
    assert!(answer.error.is_none());
}

#[test]
fn every_other_options_is_a_method_that_is_not_allowed() {
    let asks_nothing = Request { requested_method: HeaderValue::Absent, ..preflight(once(ORIGIN)) };
    let others = [
        preflight(HeaderValue::Absent),
        preflight(HeaderValue::Invalid),
        preflight(once("null")),
        preflight(once("*")),
        preflight(once("https://evil.example.com")),
        preflight(once("https://app.example.com.evil.example")),
        preflight(once("https://app.example.com:8443")),
        preflight(once("http://app.example.com")),
        preflight(once("HTTPS://APP.EXAMPLE.COM")),
        preflight(once("https://app.example.com, http://localhost:3000")),
        asks_nothing,
    ];
    for request in others {
        let reply = world().answer(&request).response;
        assert_eq!((reply.status(), reply.find_header("Allow")), (405, Some("POST")), "{:?}", request.origin);
        assert_eq!(reply.find_header("Vary"), Some("Origin"));
        assert_eq!(reply.find_header("Access-Control-Allow-Methods"), None);
    }
}

#[test]
fn an_allowed_page_may_read_every_reply_and_no_other_page_any() {
    let requests = [
        good(),
        Request { authorization: HeaderValue::Absent, ..good() },
        Request { body: b"{".to_vec(), ..good() },
        Request { path: "/other".into(), ..good() },
        Request { method: "GET".into(), ..good() },
    ];
    for request in requests {
        for (origin, allowed) in [
            (once(ORIGIN), Some(ORIGIN)),
            (once("http://localhost:3000"), Some("http://localhost:3000")),
            (once("https://evil.example.com"), None),
            (HeaderValue::Invalid, None),
            (HeaderValue::Absent, None),
        ] {
            let reply = world().answer(&Request { origin, ..request.clone() }).response;
            assert_eq!(reply.find_header("Access-Control-Allow-Origin"), allowed);
            let exposed = allowed.map(|_| "Retry-After, X-Request-Id");
            assert_eq!(reply.find_header("Access-Control-Expose-Headers"), exposed);
            assert_eq!(reply.find_header("Vary"), Some("Origin"));
            assert_eq!(reply.find_header("Access-Control-Allow-Credentials"), None);
        }
    }
}
