//! The order of the checks: whatever breaks two rules gets the answer of the earlier.

use super::*;

/// Breaks one rule.
type Break = fn(&mut World, &mut Request);

/// Every rule in the contract's order: what it is, how it is broken, and the reply's status and, where
/// that is not enough to tell, the word for the log.
const RULES: [(&str, Break, u16, &str); 11] = [
    ("path", |_, request| request.path = "/other".into(), 404, ""),
    ("method", |_, request| request.method = "PUT".into(), 405, ""),
    ("session token", |_, request| request.authorization = HeaderValue::Absent, 401, "no_session"),
    ("session", |world, _| world.session = Some(cannot_tell()), 503, "sessions_unavailable"),
    ("customer", |world, _| world.customer_waits = Some(Duration::from_secs(1)), 429, "customer_too_often"),
    ("media type", |_, request| request.content_type = once("text/plain"), 415, "unsupported_media_type"),
    ("JSON", |_, request| request.body = b"{\"customer_id\":\"124\"".to_vec(), 400, "malformed_body"),
    ("form", |_, request| request.body = br#"{"customer_id":"124"}"#.to_vec(), 422, "unprocessable_body"),
    ("owner", |_, request| request.body = br#"{"customer_id":124}"#.to_vec(), 403, "wrong_customer"),
    ("policy", |world, _| world.mint = Some(refused_by_policy), 503, "policy"),
    ("audit", |world, _| world.mint = Some(without_a_record), 503, "audit_unavailable"),
];

#[test]
fn of_two_broken_rules_the_earlier_is_answered() {
    for (later, (what_later, break_later, ..)) in RULES.iter().enumerate() {
        for (what, break_it, status, reason) in &RULES[..=later] {
            let (mut world, mut request) = (World::default(), good());
            break_later(&mut world, &mut request);
            // The body that breaks the earlier rule breaks the later too, and stands in its place.
            break_it(&mut world, &mut request);
            let answer = world.answer(&request);
            let reasons: Vec<_> = Some(*reason).into_iter().filter(|reason| !reason.is_empty()).collect();
            assert_eq!(
                (answer.response.status(), world.reasons()),
                (*status, reasons),
                "{what} before {what_later}"
            );
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
            for content_type in
                [once("application/json"), once("text/plain"), HeaderValue::Absent, HeaderValue::Invalid]
            {
                let request = Request { body: body.to_vec(), content_type, ..good() };
                assert_eq!(world.answer(&request).response, expected, "{}", String::from_utf8_lossy(body));
            }
        }
    }
}

#[test]
fn a_preflight_comes_after_the_path_and_before_everything_else() {
    let origin = "https://app.example.com";
    let mut preflight = Request {
        method: "OPTIONS".into(),
        origin: once(origin),
        requested_method: once("POST"),
        authorization: HeaderValue::Absent,
        ..good()
    };
    let world = World {
        cors: Cors::new(vec![Origin::parse(origin).unwrap()], &[]),
        address_waits: Some(Duration::from_secs(1)),
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
        assert_eq!(world.answer(&request).response.status(), *status);
    }
    let refused = world.reasons().len();
    let answer = world.answer(&good());
    assert_eq!((answer.response.status(), answer.fault), (401, Some(Fault::Status(401))));
    assert_eq!(world.answer(&good()).response.status(), 200);
    assert_eq!(world.answer(&good()).fault, None);
    assert_eq!(*world.faulty.lock().unwrap(), [Fault::Status(401), Fault::Token(TokenFault::Expired)]);
    assert_eq!(world.reasons().len(), refused);
}

#[test]
fn a_fault_that_cannot_be_recorded_is_not_met() {
    let world = World { mint: Some(without_a_record), ..World::default() };
    world.faults.add(&["123=status:401".parse().unwrap()]).unwrap();
    assert_eq!(world.answer(&good()).response.status(), 503);
    assert_eq!(world.reasons(), ["audit_unavailable"]);
}
