//! Verdicts by table: the claims or the token, and the whole report.

use std::time::Duration;

use super::*;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::token::Leeway;
use crate::token::testing::{SECRET, signed, signed_with};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds).unwrap()
}

fn candidate(secret: &[u8], profile: &str, generation: Generation, is_selected: bool) -> CandidateKey {
    let name = SignedBy { profile: Some(profile.into()), secret: generation };
    CandidateKey::new(name, is_selected, &Secret::from_bytes(secret))
}

fn candidates() -> Vec<CandidateKey> {
    vec![
        candidate(SECRET, "staging", Generation::Current, true),
        candidate(b"the previous secret", "staging", Generation::Previous, true),
        candidate(b"the secret of another app", "other", Generation::Current, false),
    ]
}

fn examined(token: &str, validation: &Validation) -> Report {
    examine(token, &candidates(), validation)
}

fn report(claims: &str) -> Report {
    examined(&signed(HEADER, claims), &Validation::new(at(NOW)))
}

fn answer(report: &Report) -> (Option<bool>, Option<u16>) {
    (report.stream.accepts, report.stream.code)
}

fn word(report: &Report) -> &'static str {
    report.word_and_exit().0
}

fn outcome(report: &Report, name: &str) -> Option<bool> {
    report.checks.iter().find(|check| check.name == name).unwrap().ok
}

#[test]
fn reports_the_first_matching_verdict_and_streams_answer() {
    for (claims, verdict, stream) in [
        (r#"{"user_id":"customer-1"}"#, "valid", (Some(true), None)),
        (r#"{"user_id":"customer-1","exp":1800000000}"#, "expired", (Some(false), Some(40))),
        (r#"{"user_id":"customer-1","exp":1800000001}"#, "valid", (Some(true), None)),
        (r#"{"user_id":"customer-1","nbf":1800000001}"#, "not_yet_valid", (Some(false), Some(41))),
        (r#"{"user_id":"customer-1","iat":1800000001}"#, "issued_in_future", (Some(false), Some(42))),
        (r#"{"user_id":"customer-1","iat":1800000001,"exp":5}"#, "issued_in_future", (Some(false), Some(40))),
        (r#"{"server":true}"#, "server_token", (Some(true), None)),
        (r#"{"exp":5}"#, "server_token", (Some(false), Some(40))),
        (r#"{"user_id":"!anon"}"#, "not_a_customer", (Some(true), None)),
        (r#"{"user_id":"admin"}"#, "not_a_customer", (Some(true), None)),
        (r#"{"user_id":"a b"}"#, "not_a_customer", (Some(false), Some(5))),
        (r#"{"user_id":123}"#, "not_a_customer", (Some(false), Some(5))),
        (r#"{"user_id":"customer-1","exp":1.5}"#, "malformed", (Some(false), Some(5))),
        (r#"{"user_id":"customer-1","x":1,"x":1}"#, "malformed", (None, None)),
        ("[]", "malformed", (Some(false), Some(5))),
    ] {
        let report = report(claims);
        assert_eq!((word(&report), answer(&report)), (verdict, stream), "{claims}");
        assert_eq!(report.remedy.is_none(), verdict == "valid", "{claims}");
    }
}

#[test]
fn broken_form_precedes_the_signature() {
    for (token, code) in [("", Some(5)), ("a.b", Some(5)), ("e30.e30.AA", None), ("e30=.e30.AA", Some(5))] {
        let report = examined(token, &Validation::new(at(NOW)));
        assert_eq!((word(&report), report.stream.code), ("malformed", code), "{token}");
    }
    let unsigned = signed_with(b"nobody's", HEADER, r#"{"user_id":"customer-1","exp":"soon"}"#);
    assert_eq!(word(&examined(&unsigned, &Validation::new(at(NOW)))), "malformed");
}

#[test]
fn recognises_a_development_token() {
    let token = signed(HEADER, r#"{"user_id":"customer-1"}"#);
    let token = format!("{}.devtoken", token.rsplit_once('.').unwrap().0);
    let report = examined(&token, &Validation::new(at(NOW)));
    assert_eq!((word(&report), answer(&report)), ("dev_token", (None, None)));
    assert!(report.remedy.unwrap().ends_with("stream-token --profile staging issue 1"));
}

#[test]
fn reports_the_profile_of_the_signing_secret() {
    let by = |secret: &[u8]| {
        examined(&signed_with(secret, HEADER, r#"{"user_id":"customer-1"}"#), &Validation::new(at(NOW)))
    };
    let previous = by(b"the previous secret");
    assert_eq!(word(&previous), "valid");
    assert_eq!(previous.signed_by.unwrap().secret, Generation::Previous);
    let other = by(b"the secret of another app");
    assert_eq!((word(&other), answer(&other)), ("bad_signature", (Some(false), Some(43))));
    assert!(other.remedy.unwrap().contains("--profile other"));
    assert_eq!(other.signed_by.unwrap().profile.as_deref(), Some("other"));
    let nobody = by(b"a secret of nobody");
    assert_eq!((word(&nobody), nobody.signed_by), ("bad_signature", None));
}

#[test]
fn reports_no_claims_of_an_unsigned_token() {
    let token =
        signed_with(b"a secret of nobody", HEADER, r#"{"user_id":"customer-1","exp":1900000000,"iat":1}"#);
    let report = examined(&token, &Validation::new(at(NOW)));
    assert_eq!((report.signed.is_none(), report.user_id()), (true, None));
    assert_eq!(outcome(&report, "user_id"), Some(true), "but the check lists what it claims");
}

#[test]
fn lists_every_check_even_if_an_early_one_fails() {
    let report = report(r#"{"user_id":"admin","iat":1900000000,"nbf":1900000000,"exp":5}"#);
    assert_eq!(word(&report), "not_a_customer");
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
fn streams_answer_ignores_the_leeway() {
    let leeway = Leeway::new(Duration::from_mins(1)).unwrap();
    let token = signed(HEADER, r#"{"user_id":"customer-1","exp":1799999990}"#);
    let report = examined(&token, &Validation { leeway, ..Validation::new(at(NOW)) });
    assert_eq!((word(&report), answer(&report)), ("valid", (Some(false), Some(40))));
}

#[test]
fn revocation_and_customer_are_checked_on_request() {
    let validation = Validation {
        revoked_before: Some(at(NOW)),
        customer: CustomerId::new(2),
        ..Validation::new(at(NOW))
    };
    let token = signed(HEADER, r#"{"user_id":"customer-1"}"#);
    let wrong = examined(&token, &validation);
    assert_eq!(word(&wrong), "wrong_customer");
    assert_eq!(
        wrong.remedy.as_deref(),
        Some("mint one for the right customer: stream-token --profile staging issue 2")
    );
    let revoked = examined(&token, &Validation { customer: CustomerId::new(1), ..validation });
    assert_eq!((word(&revoked), answer(&revoked)), ("revoked", (Some(false), Some(40))));
}

#[test]
fn the_remedy_of_a_signed_malformed_token_says_that_it_is_signed() {
    let report = report(r#"{"server":true,"server":true}"#);
    assert_eq!(word(&report), "malformed");
    assert!(report.signed_by.is_some());
    assert!(report.remedy.unwrap().contains("signature is nevertheless valid"));
}

/// Returns the report on a token that was signed with an altered secret of the selected profile.
fn signed_with_altered(secret: &[u8]) -> Report {
    let mut candidates = candidates();
    candidates[0].add_altered(&Secret::from_bytes(SECRET), Some("abc123key"));
    let token = signed_with(secret, HEADER, r#"{"user_id":"customer-1"}"#);
    examine(&token, &candidates, &Validation::new(at(NOW)))
}

#[test]
fn names_the_alteration_of_the_secret() {
    let with = |before: &str, after: &str| [before.as_bytes(), SECRET, after.as_bytes()].concat();
    for (secret, alteration) in [
        (with("", "\n"), SecretAlteration::LineFeed),
        (with("", "\r\n"), SecretAlteration::Crlf),
        (with(" ", ""), SecretAlteration::BlankBefore),
        (with("", " "), SecretAlteration::BlankAfter),
        (with("\"", "\""), SecretAlteration::DoubleQuotes),
        (with("'", "'"), SecretAlteration::SingleQuotes),
        (SECRET.to_ascii_uppercase(), SecretAlteration::UpperCase),
        (b"abc123key".to_vec(), SecretAlteration::ApiKey),
    ] {
        let report = signed_with_altered(&secret);
        assert_eq!((word(&report), report.alteration), ("bad_signature", Some(alteration)));
        assert_eq!((&report.signed_by, report.stream.code), (&None, Some(43)), "{alteration}");
        assert!(report.remedy.unwrap().starts_with("fix the signer"), "{alteration}");
    }
    assert_eq!(signed_with_altered(SECRET).alteration, None);
    assert_eq!(signed_with_altered(b"a secret of nobody").alteration, None);
}

#[test]
fn recognises_a_decoded_or_case_changed_secret() {
    let signed_by = |stored: &[u8], used: &[u8]| {
        let stored = Secret::from_bytes(stored);
        let name = SignedBy { profile: None, secret: Generation::Current };
        let mut key = CandidateKey::new(name, true, &stored);
        key.add_altered(&stored, None);
        let token = signed_with(used, HEADER, r#"{"user_id":"customer-1"}"#);
        examine(&token, &[key], &Validation::new(at(NOW))).alteration
    };
    assert_eq!(signed_by(b"AAECAwQFBgc=", &[0, 1, 2, 3, 4, 5, 6, 7]), Some(SecretAlteration::Base64Decoded));
    assert_eq!(signed_by(b"_-8", &[0xff, 0xef]), Some(SecretAlteration::Base64Decoded));
    assert_eq!(signed_by(b"00ff", &[0x00, 0xff]), Some(SecretAlteration::HexDecoded));
    assert_eq!(signed_by(b"SeCret", b"secret"), Some(SecretAlteration::LowerCase));
    assert_eq!(signed_by(b" secret ", b"secret"), Some(SecretAlteration::Trimmed));
}

#[test]
fn a_misspelled_user_id_is_named_before_the_secret_is_changed() {
    for claim in ["userId", "userID", "id", "sub"] {
        let report = report(&format!(r#"{{"{claim}":"customer-1"}}"#));
        assert_eq!(word(&report), "server_token");
        let remedy = report.remedy.unwrap();
        assert!(
            remedy.starts_with(&format!("fix the signer: it wrote {claim} in place of user_id")),
            "{remedy}"
        );
    }
}

#[test]
fn a_time_in_milliseconds_and_a_lifetime_have_remedies_of_their_own() {
    for (claims, verdict, remedy) in [
        (r#"{"user_id":"customer-1","exp":1800000000000}"#, "valid", "exp is in milliseconds"),
        (r#"{"user_id":"customer-1","iat":1700000000000}"#, "issued_in_future", "iat is in milliseconds"),
        (r#"{"user_id":"customer-1","nbf":1700000000000}"#, "not_yet_valid", "nbf is in milliseconds"),
        (r#"{"user_id":"customer-1","exp":3600}"#, "expired", "exp is a lifetime"),
    ] {
        let report = report(claims);
        assert_eq!(word(&report), verdict, "{claims}");
        assert!(report.remedy.unwrap().contains(remedy), "{claims}");
        assert!(
            report.lints.iter().any(|lint| ["milliseconds", "lifetime"].contains(&lint.name)),
            "{claims}"
        );
    }
}

#[test]
fn claims_that_change_what_a_token_may_do_are_noted() {
    let lints = |claims: &str| report(claims).lints.iter().map(|lint| lint.name).collect::<Vec<_>>();
    assert_eq!(lints(r#"{"user_id":"customer-1","server":true}"#), ["server"]);
    assert_eq!(lints(r#"{"user_id":"customer-1","role":"admin","call_cids":[]}"#), ["power", "power"]);
    assert_eq!(lints(r#"{"user_id":"!anon"}"#), ["anonymous"]);
    assert_eq!(lints(r#"{"user_id":"customer-1"}"#), [""; 0]);
}
