//! The order of the checks: a request that breaks two rules gets the answer of the earlier one.

use hyper::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};

use super::*;

/// Breaks one rule.
type Break = fn(&mut World, &mut Request);

/// Every rule in the contract's order: its name, how it is broken, the reply's status and, if
/// the status is ambiguous, the reason in the log.
const RULES: [(&str, Break, u16, &str); 11] = [
    ("path", |_, request| request.path = "/other".into(), 404, ""),
    ("method", |_, request| request.method = "PUT".into(), 405, ""),
    ("session token", |_, request| _ = request.headers.remove(AUTHORIZATION), 401, "no_session"),
    ("session", |world, _| world.session = Some(cannot_tell()), 503, "sessions_unavailable"),
    ("customer", |world, _| world.is_customer_limited = true, 429, "customer_too_often"),
    ("media type", |_, request| _ = request.headers.remove(CONTENT_TYPE), 415, "unsupported_media_type"),
    ("JSON", |_, request| request.body = b"{\"customer_id\":\"124\"".to_vec(), 400, "malformed_body"),
    ("form", |_, request| request.body = br#"{"customer_id":"124"}"#.to_vec(), 422, "unprocessable_body"),
    ("owner", |_, request| request.body = br#"{"customer_id":124}"#.to_vec(), 403, "wrong_customer"),
    ("policy", |world, _| world.is_forbidden = true, 503, "policy"),
    ("audit", |world, _| world.is_log_broken = true, 503, "audit_unavailable"),
];

#[test]
fn earlier_of_two_broken_rules_is_answered() {
    for (later, (what_later, break_later, ..)) in RULES.iter().enumerate() {
        for (what, break_it, status, reason) in &RULES[..=later] {
            let (mut world, mut request) = (World::default(), good());
            break_later(&mut world, &mut request);
            // The body that breaks the earlier rule also breaks the later one, and replaces it.
            break_it(&mut world, &mut request);
            let answer = world.answer(&request);
            let reasons = answer.error.as_ref().and_then(RequestError::reason).unwrap_or_default();
            assert_eq!((answer.response.status, reasons), (*status, *reason), "{what} before {what_later}");
        }
    }
}

#[test]
fn without_a_valid_session_nothing_about_the_body_is_revealed() {
    let bodies: [&[u8]; 7] = [
        br#"{"customer_id":123}"#,
        br#"{"customer_id":124}"#,
        br#"{"customer_id":"123"}"#,
        b"{}",
        b"{",
        b"\xff",
        b"",
    ];
    for denial in [AuthError::Refused(AuthFailure::BadSignature), cannot_tell()] {
        let world = World { session: Some(denial), ..World::default() };
        let expected = world.answer(&good()).response;
        for body in bodies {
            for lines in [&["application/json"][..], &["text/plain"], &[], &["a", "b"]] {
                let request = with(Request { body: body.to_vec(), ..good() }, &CONTENT_TYPE, lines);
                assert_eq!(world.answer(&request).response, expected, "{}", String::from_utf8_lossy(body));
            }
        }
    }
}

#[test]
fn a_preflight_comes_after_the_path_and_before_everything_else() {
    let origin = "https://app.example.com";
    let mut preflight = with(Request { method: "OPTIONS".into(), ..good() }, &ORIGIN, &[origin]);
    preflight = with(preflight, &ACCESS_CONTROL_REQUEST_METHOD, &["POST"]);
    preflight.headers.remove(AUTHORIZATION);
    let world = World {
        cors: Cors::new(vec![parse_origin(origin).unwrap()], &[]),
        is_address_limited: true,
        session: Some(cannot_tell()),
        ..World::default()
    };
    assert_eq!(world.said(&preflight), (204, String::new()));
    preflight.path = "/other".into();
    assert_eq!(world.said(&preflight).0, 404);
}

#[test]
fn a_fault_comes_after_every_check_and_is_recorded_once() {
    let world = World::default();
    world.faults.add(&["123=status:401*1".parse().unwrap(), "123=expired*1".parse().unwrap()]).unwrap();
    for (_, break_it, status, _) in
        RULES.iter().take(9).filter(|rule| !["session", "customer"].contains(&rule.0))
    {
        let (mut unused, mut request) = (World::default(), good());
        break_it(&mut unused, &mut request);
        assert_eq!(world.answer(&request).response.status, *status);
    }
    let (answer, entries) = world.answer_and_entries(&good());
    assert_eq!((answer.response.status, answer.fault), (401, Some(Fault::Status(401))));
    assert_eq!(entries, [("fault", Some("status:401".into()))]);
    let (answer, entries) = world.answer_and_entries(&good());
    assert_eq!(answer.response.status, 200);
    assert_eq!(entries, [("fault", Some("expired".into()))]);
    assert_eq!(world.answer(&good()).fault, None);
}

#[test]
fn unrecordable_fault_does_not_occur() {
    let world = World { is_log_broken: true, ..World::default() };
    world.faults.add(&["123=status:401".parse().unwrap()]).unwrap();
    let answer = world.answer(&good());
    assert_eq!(answer.response.status, 503);
    assert_eq!(answer.error.unwrap().reason(), Some("audit_unavailable"));
}
