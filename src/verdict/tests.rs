//! Verdicts by table: the claims or the token, and everything that is said of it.

use std::time::Duration;

use super::*;
use crate::secret::Secret;
use crate::token::Leeway;
use crate::token::testing::{SECRET, signed, signed_with};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds).unwrap()
}

fn candidate(secret: &[u8], profile: &str, generation: Generation, is_chosen: bool) -> Candidate {
    Candidate {
        name: SignedBy { profile: Some(profile.into()), secret: generation },
        is_chosen,
        verifier: Verifier::new(&Secret::from_bytes(secret)),
    }
}

fn candidates() -> Vec<Candidate> {
    vec![
        candidate(SECRET, "staging", Generation::Current, true),
        candidate(b"the previous secret", "staging", Generation::Previous, true),
        candidate(b"the secret of another app", "other", Generation::Current, false),
    ]
}

fn examined(token: &str, rules: &Rules) -> Report {
    examine(token, &candidates(), rules)
}

fn report(claims: &str) -> Report {
    examined(&signed(HEADER, claims), &Rules::at(at(NOW)))
}

fn answer(report: &Report) -> (Option<bool>, Option<u16>) {
    (report.stream.accepts, report.stream.code)
}

fn outcome(report: &Report, name: &str) -> Option<bool> {
    report.checks.iter().find(|check| check.name == name).unwrap().outcome.is_ok()
}

#[test]
fn gives_the_first_verdict_that_fits_and_streams_answer() {
    use Verdict::*;
    for (claims, verdict, stream) in [
        (r#"{"user_id":"customer-1"}"#, Valid, (Some(true), None)),
        (r#"{"user_id":"customer-1","exp":1800000000}"#, Expired, (Some(false), Some(40))),
        (r#"{"user_id":"customer-1","exp":1800000001}"#, Valid, (Some(true), None)),
        (r#"{"user_id":"customer-1","nbf":1800000001}"#, NotYetValid, (Some(false), Some(41))),
        (r#"{"user_id":"customer-1","iat":1800000001}"#, IssuedInFuture, (Some(false), Some(42))),
        (r#"{"user_id":"customer-1","iat":1800000001,"exp":5}"#, IssuedInFuture, (Some(false), Some(40))),
        (r#"{"server":true}"#, ServerToken, (Some(true), None)),
        (r#"{"exp":5}"#, ServerToken, (Some(false), Some(40))),
        (r#"{"user_id":"admin"}"#, NotACustomer, (Some(true), None)),
        (r#"{"user_id":"a b"}"#, NotACustomer, (Some(false), Some(5))),
        (r#"{"user_id":123}"#, NotACustomer, (Some(false), Some(5))),
        (r#"{"user_id":"customer-1","exp":1.5}"#, Malformed, (None, None)),
        (r#"{"user_id":"customer-1","x":1,"x":1}"#, Malformed, (None, None)),
        ("[]", Malformed, (Some(false), Some(5))),
    ] {
        let report = report(claims);
        assert_eq!((report.verdict, answer(&report)), (verdict, stream), "{claims}");
        assert_eq!(report.remedy.is_none(), verdict == Valid, "{claims}");
    }
}

#[test]
fn a_broken_form_comes_before_the_signature() {
    for (token, code) in [("", Some(5)), ("abc", Some(5)), ("e30.e30.AA", None), ("e30=.e30.AA", Some(5))] {
        let report = examined(token, &Rules::at(at(NOW)));
        assert_eq!((report.verdict, report.stream.code), (Verdict::Malformed, code), "{token}");
    }
    let unsigned = signed_with(b"nobody's", HEADER, r#"{"user_id":"customer-1","exp":"soon"}"#);
    assert_eq!(examined(&unsigned, &Rules::at(at(NOW))).verdict, Verdict::Malformed);
}

#[test]
fn knows_a_development_token() {
    let token = signed(HEADER, r#"{"user_id":"customer-1"}"#);
    let token = format!("{}.devtoken", token.rsplit_once('.').unwrap().0);
    let report = examined(&token, &Rules::at(at(NOW)));
    assert_eq!((report.verdict, answer(&report)), (Verdict::DevToken, (None, None)));
    assert!(report.remedy.unwrap().ends_with("stream-token issue 1"));
}

#[test]
fn says_whose_secret_signed_it() {
    let by = |secret: &[u8]| {
        examined(&signed_with(secret, HEADER, r#"{"user_id":"customer-1"}"#), &Rules::at(at(NOW)))
    };
    let previous = by(b"the previous secret");
    assert_eq!(previous.verdict, Verdict::Valid);
    assert_eq!(previous.signed_by.unwrap().secret, Generation::Previous);
    let other = by(b"the secret of another app");
    assert_eq!((other.verdict, answer(&other)), (Verdict::BadSignature, (Some(false), Some(43))));
    assert!(other.remedy.unwrap().contains("--profile other"));
    assert_eq!(other.signed_by.unwrap().profile.as_deref(), Some("other"));
    let nobody = by(b"a secret of nobody");
    assert_eq!((nobody.verdict, nobody.signed_by), (Verdict::BadSignature, None));
}

#[test]
fn tells_nothing_of_an_unsigned_token_as_a_fact() {
    let token =
        signed_with(b"a secret of nobody", HEADER, r#"{"user_id":"customer-1","exp":1900000000,"iat":1}"#);
    let report = examined(&token, &Rules::at(at(NOW)));
    assert_eq!(
        (report.customer, report.user_id.as_deref(), report.expires_at, report.issued_at),
        (None, None, None, None)
    );
    assert_eq!(outcome(&report, "user_id"), Some(true), "but the check lists what it claims");
}

#[test]
fn lists_every_check_whatever_fails_first() {
    let report = report(r#"{"user_id":"admin","iat":1900000000,"nbf":1900000000,"exp":5}"#);
    assert_eq!(report.verdict, Verdict::NotACustomer);
    let names: Vec<_> = report.checks.iter().map(|check| check.name).collect();
    assert_eq!(names, ["form", "signature", "user_id", "customer", "iat", "nbf", "exp", "revocation"]);
    for (name, ok) in [
        ("form", Some(true)),
        ("user_id", Some(false)),
        ("customer", None),
        ("iat", Some(false)),
        ("nbf", Some(false)),
        ("exp", Some(false)),
        ("revocation", None),
    ] {
        assert_eq!(outcome(&report, name), ok, "{name}");
    }
}

#[test]
fn stream_knows_no_leeway_of_ours() {
    let leeway = Leeway::new(Duration::from_mins(1)).unwrap();
    let token = signed(HEADER, r#"{"user_id":"customer-1","exp":1799999990}"#);
    let report = examined(&token, &Rules { leeway, ..Rules::at(at(NOW)) });
    assert_eq!((report.verdict, answer(&report)), (Verdict::Valid, (Some(false), Some(40))));
}

#[test]
fn a_revocation_and_a_customer_are_held_against_the_token_where_asked() {
    let rules = Rules { revoked_before: Some(at(NOW)), customer: CustomerId::new(2), ..Rules::at(at(NOW)) };
    let token = signed(HEADER, r#"{"user_id":"customer-1"}"#);
    let wrong = examined(&token, &rules);
    assert_eq!(wrong.verdict, Verdict::WrongCustomer);
    assert_eq!(wrong.remedy.as_deref(), Some("mint one for the right customer: stream-token issue 2"));
    let revoked = examined(&token, &Rules { customer: CustomerId::new(1), ..rules });
    assert_eq!((revoked.verdict, answer(&revoked)), (Verdict::Revoked, (Some(false), Some(40))));
}

#[test]
fn a_signed_token_of_broken_form_is_told_to_be_signed() {
    let report = report(r#"{"server":true,"server":true}"#);
    assert_eq!(report.verdict, Verdict::Malformed);
    assert!(report.signed_by.is_some());
    assert!(report.remedy.unwrap().contains("signature is nevertheless valid"));
}
