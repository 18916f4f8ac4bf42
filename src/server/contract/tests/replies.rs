//! The content of each reply, and its log entry.

use hyper::header::ORIGIN;

use super::*;

/// Every refusal other than of path and method, with its status and its reason in the log.
fn refusals() -> Vec<(World, Request, u16, &'static str)> {
    let world = World::default;
    let session = |denial: AuthError| World { session: Some(denial), ..world() };
    let of = |refused: AuthFailure| session(refused.into());
    let backend = |error: BackendError| session(error.into());
    let authorization = |lines: &[&str]| with(good(), &AUTHORIZATION, lines);
    let body = |body: &str| Request { body: body.into(), ..good() };
    vec![
        (World { is_address_limited: true, ..world() }, authorization(&[]), 429, "address_too_often"),
        (world(), authorization(&[]), 401, "no_session"),
        (world(), authorization(&["Bearer a", "Bearer a"]), 401, "malformed_authorization"),
        (world(), authorization(&["Basic YTpi"]), 401, "malformed_authorization"),
        (world(), authorization(&["Bearer other"]), 401, "not_a_session"),
        (of(AuthFailure::TooLong), good(), 401, "session_too_long"),
        (of(AuthFailure::BadSignature), good(), 401, "session_bad_signature"),
        (of(AuthFailure::WrongClaims), good(), 401, "session_wrong_claims"),
        (of(AuthFailure::IssuedInFuture(customer(5))), good(), 401, "session_issued_in_future"),
        (of(AuthFailure::Expired(Some(customer(5)))), good(), 401, "session_expired"),
        (of(AuthFailure::Revoked(customer(5))), good(), 401, "session_revoked"),
        (of(AuthFailure::NotYetValid), good(), 401, "session_not_yet_valid"),
        (of(AuthFailure::UnknownKey), good(), 401, "session_unknown_key"),
        (of(AuthFailure::RefusedByBackend), good(), 401, "session_refused_by_backend"),
        (session(cannot_tell()), good(), 503, "sessions_unavailable"),
        (backend(BackendError::Unreachable("refused".into())), good(), 503, "backend_unreachable"),
        (backend(BackendError::TimedOut(Duration::from_secs(2))), good(), 503, "backend_timeout"),
        (backend(BackendError::Status(500)), good(), 503, "backend_status"),
        (backend(BackendError::Malformed("is not JSON".into())), good(), 503, "backend_response"),
        (backend(BackendError::Busy), good(), 503, "backend_busy"),
        (session(AuthError::TooOften(Duration::from_secs(7))), good(), 429, "backend_too_often"),
        (World { is_customer_limited: true, ..world() }, good(), 429, "customer_too_often"),
        (world(), with(good(), &CONTENT_TYPE, &[]), 415, "unsupported_media_type"),
        (world(), body("{"), 400, "malformed_body"),
        (world(), body("{}"), 422, "unprocessable_body"),
        (world(), body(r#"{"customer_id":124}"#), 403, "wrong_customer"),
        (World { is_forbidden: true, ..world() }, good(), 503, "policy"),
        (World { is_log_broken: true, ..world() }, good(), 503, "audit_unavailable"),
    ]
}

#[test]
fn valid_session_gets_an_uncached_token_for_its_customer() {
    let world = World::default();
    let (answer, entries) = world.answer_and_entries(&good());
    assert_token(&answer.response);
    assert_eq!(
        answer.response.headers,
        [("Content-Type", "application/json".into()), ("Cache-Control", "no-store".into())]
    );
    assert_eq!((answer.customer(), answer.error.is_none()), (Some(customer(123)), true));
    assert!(answer.refusal(&good()).is_none());
    assert_eq!(entries, [("mint", None)]);
}

#[test]
fn replies_match_the_contract_verbatim() {
    let world = World::default();
    let other = Request { body: br#"{"customer_id":124}"#.to_vec(), ..good() };
    let forbidden = r#"{"error":"Forbidden","message":"Customer ID does not match authenticated user"}"#;
    assert_eq!(world.said(&other), (403, forbidden.into()));
    let nobody = with(good(), &AUTHORIZATION, &[]);
    assert_eq!(world.said(&nobody), (401, UNAUTHORIZED.into()));
}

#[test]
fn every_refusal_has_its_status_and_one_log_entry() {
    for (world, request, status, reason) in refusals() {
        let (answer, entries) = world.answer_and_entries(&request);
        assert_eq!(answer.response.status, status, "{reason}");
        assert_eq!(answer.error.as_ref().map(RequestError::status), Some(status), "{reason}");
        let told = answer.refusal(&request).unwrap();
        assert_eq!((told.reason, told.peer, told.request_id.as_deref()), (reason, peer(), Some("r-7")));
        assert_eq!(entries, [], "{reason}");
    }
}

#[test]
fn refusals_name_the_customer_and_session_if_known() {
    let of_nobody = ["address_too_often", "sessions_unavailable"];
    let of_customer_5 = ["session_issued_in_future", "session_expired", "session_revoked"];
    for (world, request, status, reason) in refusals() {
        let refused = world.answer(&request).refusal(&request).unwrap();
        let expected = match status {
            _ if of_customer_5.contains(&reason) => Some(5),
            _ if status == 401 || of_nobody.contains(&reason) || reason.starts_with("backend_") => None,
            _ => Some(123),
        };
        assert_eq!(refused.customer, expected, "{reason}");
        assert_eq!(refused.session.as_deref(), (expected == Some(123)).then_some("s-7"), "{reason}");
    }
}

#[test]
fn every_refusal_has_one_shape_and_echoes_nothing() {
    for (world, request, status, reason) in refusals() {
        let (_, body) = world.said(&request);
        let message = world.answer(&request).error.unwrap().message();
        let phrase = crate::server::message::reason_phrase(status);
        assert_eq!(body, format!(r#"{{"error":"{phrase}","message":"{message}"}}"#), "{reason}");
        assert!(!body.contains("124") && !body.contains("disk") && !body.contains("audit-"), "{body}");
    }
}

#[test]
fn every_bad_session_gets_one_reply_byte_for_byte() {
    let replies = refusals().into_iter().filter(|(_, _, status, _)| *status == 401);
    let replies: Vec<Response> =
        replies.map(|(world, request, _, _)| world.answer(&request).response).collect();
    assert_eq!(replies.len(), 13);
    assert_eq!(replies[0].find_header("WWW-Authenticate"), Some("Bearer"));
    assert_eq!(replies[0].body, UNAUTHORIZED.as_bytes());
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
}

#[test]
fn rate_limited_client_gets_retry_after() {
    let time = Duration::from_millis(2_001);
    for (world, body) in [
        (World { is_address_limited: true, ..World::default() }, b"{".to_vec()),
        (World { is_customer_limited: true, ..World::default() }, good().body),
        (World { session: Some(AuthError::TooOften(time)), ..World::default() }, good().body),
    ] {
        let request = Request { body, ..good() };
        assert_eq!(world.answer(&request).response.find_header("Retry-After"), Some("3"));
    }
}

#[test]
fn other_paths_and_methods_are_refused_without_an_entry() {
    let world = World::default();
    for path in
        ["/", "*", "/stream-chat/token/", "/stream-chat/Token", "//stream-chat/token", "/stream-chat/%74oken"]
    {
        let request = Request { path: path.into(), ..good() };
        let answer = world.answer(&request);
        assert_eq!((answer.response.status, answer.refusal(&request)), (404, None), "{path}");
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "post", "QUERY"] {
        let request = Request { method: method.into(), ..good() };
        let answer = world.answer(&request);
        assert_eq!((answer.response.status, answer.refusal(&request)), (405, None), "{method}");
        assert_eq!(answer.response.find_header("Allow"), Some("POST"), "{method}");
    }
}

#[test]
fn no_cors_headers_without_allowed_origins() {
    let request = with(good(), &ORIGIN, &["https://app.example.com"]);
    let reply = World::default().answer(&request).response;
    assert_eq!((reply.find_header("Vary"), reply.find_header("Access-Control-Allow-Origin")), (None, None));
}

#[test]
fn log_explains_server_errors_only_and_shows_no_token() {
    for (world, request, status, reason) in refusals() {
        let error = world.answer(&request).error.unwrap();
        assert_eq!(error.fault().is_some(), status >= 500, "{reason}");
        assert!(!format!("{error:?} {:?}", error.fault()).contains(SESSION), "{reason}");
    }
}

#[test]
fn address_limit_applies_to_failures_and_not_to_valid_sessions() {
    let limited = || World { is_address_limited: true, ..World::default() };
    assert_eq!(limited().said(&good()).0, 200);
    let failures = [
        with(good(), &AUTHORIZATION, &[]),
        with(good(), &AUTHORIZATION, &["Bearer other"]),
        with(good(), &CONTENT_TYPE, &[]),
        with(good(), &CONTENT_ENCODING, &["gzip"]),
        Request { body: b"{".to_vec(), ..good() },
        Request { body: b"{}".to_vec(), ..good() },
        Request { body: br#"{"customer_id":124}"#.to_vec(), ..good() },
    ];
    for request in failures {
        assert_eq!(limited().said(&request).0, 429, "{request:?}");
    }
    // These are not the client's fault, or no attempt to get a token.
    let unavailable = World { session: Some(cannot_tell()), ..limited() };
    assert_eq!(unavailable.said(&good()).0, 503);
    assert_eq!(limited().said(&Request { path: "/other".into(), ..good() }).0, 404);
}

#[test]
fn an_encoded_body_is_an_unsupported_media_type() {
    for encoding in [&["gzip"][..], &["identity"], &[""], &["gzip", "gzip"]] {
        let request = with(good(), &CONTENT_ENCODING, encoding);
        assert_eq!(World::default().said(&request).0, 415, "{request:?}");
    }
}
