//! Which pages may read replies, and how they are told.

use super::*;

const ORIGIN: &str = "https://app.example.com";

fn world() -> World {
    let allowed = vec!["http://localhost:3000".parse().unwrap(), ORIGIN.parse().unwrap()];
    World { origins: Origins::new(allowed), ..World::default() }
}

fn preflight(origin: Field) -> Request {
    Request {
        method: "OPTIONS".into(),
        origin,
        requested_method: once("POST"),
        requested_headers: once("authorization,content-type"),
        authorization: Field::Absent,
        content_type: Field::Absent,
        body: Vec::new(),
        ..good()
    }
}

#[test]
fn a_preflight_of_an_allowed_origin_is_told_what_it_may_send() {
    let answer = world().answer(&preflight(once(ORIGIN)));
    assert_eq!((answer.reply.status(), answer.reply.body()), (204, &b""[..]));
    let headers = answer.reply.headers().iter().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(
        headers.collect::<Vec<_>>(),
        [
            ("Access-Control-Allow-Origin", ORIGIN),
            ("Access-Control-Allow-Methods", "POST"),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
            ("Access-Control-Max-Age", "600"),
            ("Vary", "Origin"),
        ]
    );
    assert!(answer.refusal.is_none());
}

#[test]
fn every_other_options_is_a_method_that_is_not_allowed() {
    let asks_nothing = Request { requested_method: Field::Absent, ..preflight(once(ORIGIN)) };
    let others = [
        preflight(Field::Absent),
        preflight(Field::Unclear),
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
        let reply = world().answer(&request).reply;
        assert_eq!((reply.status(), reply.header("Allow")), (405, Some("POST")), "{:?}", request.origin);
        assert_eq!(reply.header("Vary"), Some("Origin"));
        assert_eq!(reply.header("Access-Control-Allow-Methods"), None);
    }
}

#[test]
fn an_allowed_page_may_read_every_reply_and_no_other_page_any() {
    let requests = [
        good(),
        Request { authorization: Field::Absent, ..good() },
        Request { body: b"{".to_vec(), ..good() },
        Request { path: "/other".into(), ..good() },
        Request { method: "GET".into(), ..good() },
    ];
    for request in requests {
        for (origin, allowed) in [
            (once(ORIGIN), Some(ORIGIN)),
            (once("http://localhost:3000"), Some("http://localhost:3000")),
            (once("https://evil.example.com"), None),
            (Field::Unclear, None),
            (Field::Absent, None),
        ] {
            let reply = world().answer(&Request { origin, ..request.clone() }).reply;
            assert_eq!(reply.header("Access-Control-Allow-Origin"), allowed);
            let exposed = allowed.map(|_| "Retry-After, X-Request-Id");
            assert_eq!(reply.header("Access-Control-Expose-Headers"), exposed);
            assert_eq!(reply.header("Vary"), Some("Origin"));
            assert_eq!(reply.header("Access-Control-Allow-Credentials"), None);
        }
    }
}
