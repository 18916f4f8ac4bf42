//! Which pages may read replies, and the CORS headers.

use hyper::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN as ORIGIN_HEADER};

use super::*;

const ORIGIN: &str = "https://app.example.com";

fn world() -> World {
    let allowed = vec![parse_origin("http://localhost:3000").unwrap(), parse_origin(ORIGIN).unwrap()];
    World { cors: Cors::new(allowed, &[HeaderName::from_static("traceparent")]), ..World::default() }
}

/// Returns a preflight with these lines of `Origin`.
fn preflight(origin: &[&str]) -> Request {
    let (method, headers) = ("OPTIONS".into(), HeaderMap::new());
    let request = Request { method, headers, body: Vec::new(), ..good() };
    with(with(request, &ORIGIN_HEADER, origin), &ACCESS_CONTROL_REQUEST_METHOD, &["POST"])
}

#[test]
fn preflight_of_an_allowed_origin_lists_what_it_may_send() {
    let answer = world().answer(&preflight(&[ORIGIN]));
    assert_eq!((answer.response.status, answer.response.body.as_slice()), (204, &b""[..]));
    let headers = answer.response.headers.iter().map(|(name, value)| (*name, value.as_str()));
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
fn every_other_options_request_gets_405() {
    let asks_nothing = with(preflight(&[ORIGIN]), &ACCESS_CONTROL_REQUEST_METHOD, &[]);
    let others = [
        preflight(&[]),
        preflight(&[ORIGIN, ORIGIN]),
        preflight(&["null"]),
        preflight(&["*"]),
        preflight(&["https://evil.example.com"]),
        preflight(&["https://app.example.com.evil.example"]),
        preflight(&["https://app.example.com:8443"]),
        preflight(&["http://app.example.com"]),
        preflight(&["HTTPS://APP.EXAMPLE.COM"]),
        preflight(&["https://app.example.com, http://localhost:3000"]),
        asks_nothing,
    ];
    for request in others {
        let reply = world().answer(&request).response;
        assert_eq!((reply.status, reply.find_header("Allow")), (405, Some("POST")), "{request:?}");
        assert_eq!(reply.find_header("Vary"), Some("Origin"));
        assert_eq!(reply.find_header("Access-Control-Allow-Methods"), None);
    }
}

#[test]
fn only_allowed_pages_may_read_replies() {
    let requests = [
        good(),
        with(good(), &AUTHORIZATION, &[]),
        Request { body: b"{".to_vec(), ..good() },
        Request { path: "/other".into(), ..good() },
        Request { method: "GET".into(), ..good() },
    ];
    for request in requests {
        for (origin, allowed) in [
            (&[ORIGIN][..], Some(ORIGIN)),
            (&["http://localhost:3000"], Some("http://localhost:3000")),
            (&["https://evil.example.com"], None),
            (&[ORIGIN, ORIGIN], None),
            (&[], None),
        ] {
            let reply = world().answer(&with(request.clone(), &ORIGIN_HEADER, origin)).response;
            assert_eq!(reply.find_header("Access-Control-Allow-Origin"), allowed);
            let exposed = allowed.map(|_| "Retry-After, X-Request-Id");
            assert_eq!(reply.find_header("Access-Control-Expose-Headers"), exposed);
            assert_eq!(reply.find_header("Vary"), Some("Origin"));
            assert_eq!(reply.find_header("Access-Control-Allow-Credentials"), None);
        }
    }
}

#[test]
fn origins_are_accepted_as_browsers_send_them() {
    for text in [
        "https://app.example.com",
        "http://localhost:3000",
        "https://app.example.com:8443",
        "http://127.0.0.1:8080",
        "https://[2001:db8::1]",
        "https://[2001:db8::1]:8443",
        "capacitor://localhost",
    ] {
        assert!(parse_origin(text).is_ok(), "{text}");
    }
}

#[test]
fn origins_that_match_nothing_or_too_much_are_refused() {
    for text in [
        "",
        "*",
        "null",
        "app.example.com",
        "https://",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://App.example.com",
        "HTTPS://app.example.com",
        "https://app.example.com:443",
        "http://app.example.com:80",
        "https://app.example.com:",
        "https://app.example.com:0",
        "https://app.example.com:08443",
        "https://app.example.com:65536",
        "https://user@app.example.com",
        "https://app.example.com https://b.example.com",
        "https://[2001:DB8::1]",
        "https://2001:db8::1",
        "://app.example.com",
    ] {
        assert!(parse_origin(text).is_err(), "{text}");
    }
}
