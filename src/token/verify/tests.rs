//! The verifier against published vectors, hostile tokens, and tokens altered at random.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::*;
use crate::token::testing::{CLAIMS_START, SECRET, signed, signed_with};
use crate::token::{Claims, Leeway, Minter, Segment, TimeClaimError};

/// The header of Stream's SDKs.
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds).unwrap()
}

fn customer(number: u64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

fn verifier() -> Verifier {
    Verifier::new(&Secret::from_bytes(SECRET))
}

/// Verifies a correctly signed token of these claims, in the year 2027.
fn verify(claims: impl AsRef<[u8]>) -> Result<CustomerId, VerifyError> {
    verifier().verify(&signed(HEADER, claims), &Validation::new(at(1_800_000_000)))
}

fn malformed(claims: impl AsRef<[u8]>) -> MalformedToken {
    match verify(claims) {
        Err(VerifyError::Malformed(malformed)) => malformed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn accepts_claims_in_any_order_and_ignores_unknown_ones() {
    for claims in [
        r#"{"user_id":"customer-7"}"#,
        r#"{"exp":1900000000,"iat":1700000000,"user_id":"customer-7"}"#,
        r#"{ "user_id" : "customer-7" }"#,
        r#"{"user_id":"customer-7","role":"admin","x":[1.5,{"y":null}],"aud":"anyone","iss":5,"sub":[]}"#,
        r#"{"user_id":"customer\u002d7","nbf":1800000000}"#,
    ] {
        assert_eq!(verify(claims), Ok(customer(7)), "{claims}");
    }
}

#[test]
fn accepts_any_plain_header() {
    for header in
        [r#"{"typ":"JWT","alg":"HS256"}"#, r#"{"alg":"HS256"}"#, r#"{"typ":"jwt","alg":"HS256","kid":"1"}"#]
    {
        let token = signed(header, r#"{"user_id":"customer-7"}"#);
        assert_eq!(verifier().verify(&token, &Validation::new(at(1))), Ok(customer(7)), "{header}");
    }
}

#[test]
fn refuses_signed_claims_of_another_form() {
    let segment = Segment::Claims;
    for claims in ["[]", r#"["user_id","customer-7"]"#, "null", "7", r#""customer-7""#, "true"] {
        assert_eq!(malformed(claims), MalformedToken::NotAnObject(segment), "{claims}");
    }
    for claims in
        [&b""[..], b"{", b"{}{}", b"{\"user_id\":\"\xff\"}", b"\xef\xbb\xbf{}", b"{\"user_id\":\"\\ud800\"}"]
    {
        assert_eq!(
            malformed(claims),
            MalformedToken::NotJson(segment),
            "{}",
            String::from_utf8_lossy(claims)
        );
    }
    let key = "user_id".to_owned();
    let twice = r#"{"user_id":"customer-7","user_id":"customer-8"}"#;
    assert_eq!(malformed(twice), MalformedToken::DuplicateKey(segment, key));
    let deep = format!(r#"{{"user_id":"customer-7","x":{}1{}}}"#, "[".repeat(900), "]".repeat(900));
    assert_eq!(malformed(deep), MalformedToken::TooDeep(segment));
}

#[test]
fn refuses_times_that_are_no_integer_seconds() {
    for claim in ["exp", "iat", "nbf"] {
        for (literal, error) in [
            ("1900000000.0", TimeClaimError::NotAnInteger),
            ("19e8", TimeClaimError::NotAnInteger),
            ("-1", TimeClaimError::OutOfRange),
            ("9007199254740992", TimeClaimError::OutOfRange),
            ("\"1900000000\"", TimeClaimError::Text),
            ("null", TimeClaimError::NotANumber),
        ] {
            let claims = format!(r#"{{"user_id":"customer-7","{claim}":{literal}}}"#);
            assert_eq!(malformed(claims), MalformedToken::Time(claim, error), "{claim} {literal}");
        }
    }
}

#[test]
fn server_token_is_reported_before_other_faults() {
    for claims in
        [r#"{"server":true}"#, "{}", r#"{"exp":1}"#, r#"{"server":true,"exp":1.5}"#, r#"{"iat":9999999999}"#]
    {
        assert_eq!(verify(claims), Err(VerifyError::ServerToken), "{claims}");
    }
}

#[test]
fn refuses_user_ids_other_than_a_customers() {
    for user_id in [
        "customer-0",
        "customer-07",
        "customer-",
        "Customer-7",
        "customer-7 ",
        "admin",
        "customer-9223372036854775808",
    ] {
        let refusal = Err(VerifyError::NotACustomer);
        assert_eq!(verify(format!(r#"{{"user_id":"{user_id}"}}"#)), refusal, "{user_id}");
    }
    assert_eq!(verify(r#"{"user_id":7}"#), Err(VerifyError::NotACustomer));
    assert_eq!(verify(r#"{"user_id":null}"#), Err(VerifyError::NotACustomer));
}

#[test]
fn refuses_another_customers_token() {
    let token = signed(HEADER, r#"{"user_id":"customer-7"}"#);
    let validation = |number| Validation { customer: Some(customer(number)), ..Validation::new(at(1)) };
    assert_eq!(verifier().verify(&token, &validation(7)), Ok(customer(7)));
    assert_eq!(verifier().verify(&token, &validation(8)), Err(VerifyError::WrongCustomer));
}

#[test]
fn time_rules_hold_on_both_sides_of_each_limit() {
    let leeway = |seconds| Leeway::new(Duration::from_secs(seconds)).unwrap();
    for (claim, refusal, last_valid, first_refused) in [
        ("exp", VerifyError::Expired, 999, 1000),
        ("iat", VerifyError::IssuedInFuture, 1000, 999),
        ("nbf", VerifyError::NotYetValid, 1000, 999),
    ] {
        // Once in canonical form if possible, and once with another claim, which takes the other path.
        for claims in [
            format!(r#"{{"user_id":"customer-7","{claim}":1000}}"#),
            format!(r#"{{"{claim}":1000,"user_id":"customer-7"}}"#),
        ] {
            let token = signed(HEADER, claims);
            let verify = |now, seconds| {
                verifier().verify(&token, &Validation { leeway: leeway(seconds), ..Validation::new(at(now)) })
            };
            assert_eq!(verify(last_valid, 0), Ok(customer(7)), "{claim}");
            assert_eq!(verify(first_refused, 0), Err(refusal.clone()), "{claim}");
            let (valid, refused) = if claim == "exp" { (1059, 1060) } else { (940, 939) };
            assert_eq!(verify(valid, 60), Ok(customer(7)), "{claim} with leeway");
            assert_eq!(verify(refused, 60), Err(refusal.clone()), "{claim} with leeway");
        }
    }
}

#[test]
fn a_revocation_ends_tokens_with_an_earlier_iat_or_none() {
    let validation = Validation { revoked_before: Some(at(1000)), ..Validation::new(at(2000)) };
    let verify = |claims: &str| verifier().verify(&signed(HEADER, claims), &validation);
    assert_eq!(verify(r#"{"user_id":"customer-7","iat":1000}"#), Ok(customer(7)));
    let revoked = Err(VerifyError::Revoked);
    assert_eq!(verify(r#"{"user_id":"customer-7","iat":999}"#), revoked);
    assert_eq!(verify(r#"{"user_id":"customer-7"}"#), revoked);
}

#[test]
fn refuses_a_token_of_another_secret() {
    for claims in [r#"{"user_id":"customer-7"}"#, r#"{"user_id":"customer-7","role":"user"}"#] {
        let token = signed_with(b"another secret", HEADER, claims);
        assert_eq!(verifier().verify(&token, &Validation::new(at(1))), Err(VerifyError::BadSignature));
    }
}

#[test]
fn refuses_a_signature_of_another_length() {
    let token = signed(HEADER, r#"{"user_id":"customer-7","role":"user"}"#);
    let (input, signature) = token.rsplit_once('.').unwrap();
    for signature in
        ["", &signature[..40], &format!("{}AAAA", &signature[..40]), &format!("{signature}AAAAA")]
    {
        let token = format!("{input}.{signature}");
        assert!(verifier().verify(&token, &Validation::new(at(1))).is_err(), "{signature}");
    }
}

#[test]
fn refuses_unsigned_tokens_and_other_algorithms() {
    for algorithm in ["none", "None", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA"] {
        let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#);
        let token = signed(&header, r#"{"user_id":"customer-7"}"#);
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        for token in [token, unsigned] {
            let refusal = MalformedToken::AlgorithmMismatch(algorithm.into()).into();
            assert_eq!(verifier().verify(&token, &Validation::new(at(1))), Err(refusal));
        }
    }
}

#[test]
fn refuses_headers_that_change_what_a_token_means() {
    for header in [
        r#"{"alg":"HS256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"HS256","zip":"DEF"}"#,
        r#"{"alg":"HS256","cty":"JWT"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":{"HS256":null}}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}}}"#,
    ] {
        let refusal =
            verifier().verify(&signed(header, r#"{"user_id":"customer-7"}"#), &Validation::new(at(1)));
        assert!(matches!(refusal, Err(VerifyError::Malformed(_))), "{header}: {refusal:?}");
    }
}

#[test]
fn accepts_the_exact_token_only() {
    let token = signed(HEADER, r#"{"user_id":"customer-7"}"#);
    for around in [
        format!("{token}\n"),
        format!(" {token}"),
        format!("Bearer {token}"),
        format!("{token}="),
        format!("{token}."),
    ] {
        let refusal = verifier().verify(&around, &Validation::new(at(1)));
        assert!(matches!(refusal, Err(VerifyError::Malformed(_))), "{around:?}: {refusal:?}");
    }
}

#[test]
fn is_bounded_before_the_header_is_read() {
    let token = format!("{}.e30.AA", "A".repeat(40_000_000));
    let refusal = VerifyError::Malformed(MalformedToken::TooLong(40_000_007));
    assert_eq!(verifier().verify(&token, &Validation::new(at(1))), Err(refusal));
}

#[test]
fn refuses_a_last_character_with_unused_bits_set() {
    let token = signed(HEADER, r#"{"user_id":"customer-7"}"#);
    let (head, last) = token.split_at(token.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at_last = alphabet.find(last).unwrap();
    for sibling in at_last - at_last % 4..at_last - at_last % 4 + 4 {
        let token = format!("{head}{}", &alphabet[sibling..=sibling]);
        assert_eq!(verifier().verify(&token, &Validation::new(at(1))).is_ok(), sibling == at_last);
    }
}

/// A token that an official SDK printed.
#[derive(serde::Deserialize)]
struct SdkToken {
    secret: String,
    user_id: String,
    exp: Option<u64>,
    iat: Option<u64>,
    token: String,
}

fn sdk_tokens() -> Vec<SdkToken> {
    serde_json::from_str(include_str!("../../../tests/vectors/sdk_tokens.json")).unwrap()
}

/// The claims that our validation allow for an SDK's token.
fn our_claims(sdk: &SdkToken) -> Option<Claims> {
    let mut claims = Claims::new(CustomerId::from_user_id(&sdk.user_id)?);
    if let Some(exp) = sdk.exp {
        claims = claims.with_exp(Timestamp::from_epoch_seconds(exp)?).ok()?;
    }
    if let Some(iat) = sdk.iat {
        claims = claims.with_iat(Timestamp::from_epoch_seconds(iat)?).ok()?;
    }
    Some(claims)
}

#[test]
fn mints_byte_for_byte_what_the_official_sdks_print() {
    let (ours, refused): (Vec<_>, Vec<_>) =
        sdk_tokens().into_iter().partition(|sdk| our_claims(sdk).is_some());
    for sdk in &ours {
        let minter = Minter::new(&Secret::new(sdk.secret.clone().into_bytes()).unwrap());
        assert_eq!(minter.mint(&our_claims(sdk).unwrap()).as_str(), sdk.token, "{}", sdk.user_id);
    }
    for sdk in &refused {
        let out_of_range = ["customer-0", "customer-18446744073709551615"].contains(&sdk.user_id.as_str());
        assert!(out_of_range || sdk.exp == Some(0) || sdk.iat == Some(0), "{}", sdk.token);
    }
    assert_eq!(ours.len() + refused.len(), 173);
    assert!(ours.len() > 100 && refused.len() > 10, "{} minted, {} refused", ours.len(), refused.len());
}

#[test]
fn verifies_every_sdk_token_of_a_customer() {
    for sdk in sdk_tokens() {
        let verifier = Verifier::new(&Secret::new(sdk.secret.clone().into_bytes()).unwrap());
        let user = CustomerId::from_user_id(&sdk.user_id);
        match verifier.verify_signature(&sdk.token).unwrap().claims().user_id.clone() {
            UserId::Customer(customer) => assert_eq!(Some(customer), user),
            other => assert_eq!((other, user), (UserId::Other(sdk.user_id), None)),
        }
    }
}

#[test]
fn the_sdks_drop_an_exp_and_an_iat_of_zero() {
    for sdk in sdk_tokens().iter().filter(|sdk| sdk.exp == Some(0)) {
        let verifier = Verifier::new(&Secret::new(sdk.secret.clone().into_bytes()).unwrap());
        let signed = verifier.verify_signature(&sdk.token).unwrap();
        let expires_at = signed.claims().expires_at;
        assert!([Ok(None), Ok(Some(Timestamp::EPOCH))].contains(&expires_at));
    }
}

#[test]
fn verifies_the_examples_of_the_official_go_sdk() {
    // Its CreateToken tests: user tommaso, secret "secret", claims sorted, once without typ.
    let verifier = Verifier::new(&Secret::from_bytes(b"secret"));
    for (token, expires_at) in [
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoidG9tbWFzbyJ9.v-x-jt3ZnBXXbQ0GoWloIZtVnat2IE74U1a4Yuxd63M",
            None,
        ),
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE1NjY5NDEyNzIsInVzZXJfaWQiOiJ0b21tYXNvIn0.jF4ZbAIEuzS2jRH0uiu3HW9n0NHwT96QkzGlywcG9HU",
            Some(1_566_941_272),
        ),
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE1NjY5NDEyNzIsImlhdCI6MTU2Njk0MTI3MiwidXNlcl9pZCI6InRvbW1hc28ifQ.3HY2O_7o5ZjZ-6KCXLzyPpHZOlNEDy6_m3iNb5DKAMY",
            Some(1_566_941_272),
        ),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoidG9tbWFzbyJ9.oQLtgTc9_SIr3Rvrq-eW_WrLmdO1gAAYA335qTatxrU",
            None,
        ),
    ] {
        let signed = verifier.verify_signature(token).unwrap();
        assert_eq!(signed.claims().user_id, UserId::Other("tommaso".into()));
        assert_eq!(signed.claims().expires_at, Ok(expires_at.map(at)));
    }
}

#[test]
fn verifies_the_example_of_rfc_7515_appendix_a_1() {
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let verifier = Verifier::new(&Secret::from_bytes(&URL_SAFE_NO_PAD.decode(key).unwrap()));
    let signed = verifier.verify_signature(token).unwrap();
    assert_eq!(signed.claims().user_id, UserId::Absent);
    assert_eq!(signed.claims().expires_at, Ok(Some(at(1_300_819_380))));
}

/// A case of Wycheproof's JSON web signature tests.
#[derive(serde::Deserialize)]
struct Wycheproof {
    file: String,
    #[serde(rename = "tcId")]
    id: u32,
    comment: String,
    k: Option<String>,
    jws: serde_json::Value,
    result: String,
}

/// The cases in which we differ from Wycheproof's `result`, and why.
const DIFFERENT: [(&str, u32, &str); 12] = [
    // Known defects of the vectors: the same bytes are listed as valid and as invalid.
    ("json_web_signature_test.json", 367, "nothing is padded in it: byte for byte case 357, which is valid"),
    ("json_web_signature_test.json", 370, "likewise for the payload: nothing is padded"),
    (
        "json_web_signature_test.json",
        372,
        "a '?' in the header: RFC 7515 section 2 has no such character in base64url",
    ),
    ("json_web_signature_test.json", 373, "likewise in the payload"),
    // Policy about keys, which a Stream secret does not have: it is text, without alg, kid or use.
    ("json_web_crypto_test.json", 47, "rejected for a key set of two kinds"),
    ("json_web_key_test.json", 1, "likewise"),
    ("json_web_key_test.json", 4, "rejected for a kid that appears twice in the key set"),
    ("json_web_key_test.json", 10, "a short key: warned about where the secret is read, not refused"),
    ("json_web_key_test.json", 14, "valid as HS384, which no Stream token is"),
    ("json_web_key_test.json", 15, "valid as HS512, likewise"),
    ("json_web_key_test.json", 25, "rejected for the key's alg A256GCM"),
    ("json_web_key_test.json", 26, "rejected for the key's alg A256KW"),
];

#[test]
fn agrees_with_wycheproof() {
    let cases: Vec<Wycheproof> =
        serde_json::from_str(include_str!("../../../tests/vectors/wycheproof_hs256.json")).unwrap();
    assert_eq!(cases.len(), 77);
    let mut different = Vec::new();
    for case in &cases {
        let token = case.jws.as_str().map_or_else(|| case.jws.to_string(), str::to_owned);
        let key = URL_SAFE_NO_PAD.decode(case.k.as_deref().unwrap_or_default()).unwrap();
        let verifier = Verifier::new(&Secret::from_bytes(&key));
        // Their payloads are no claims: everything else about a token must be sound.
        let inspection = Inspection::read(&token);
        let is_of_claims = |error: &MalformedToken| {
            let segment = Segment::Claims;
            [MalformedToken::NotJson(segment), MalformedToken::NotAnObject(segment)].contains(error)
        };
        let is_signed = verifier.has_signed(&inspection) && inspection.errors.iter().all(is_of_claims);
        if is_signed && inspection.errors.is_empty() {
            assert!(verifier.verify_signature(&token).is_ok(), "{token}");
        }
        let is_known = DIFFERENT.iter().any(|(file, id, _)| *file == case.file && *id == case.id);
        if is_signed != (case.result == "valid") && !is_known {
            different.push((&case.file, case.id, &case.comment, is_signed));
        }
        if is_known {
            assert_ne!(
                is_signed,
                case.result == "valid",
                "{} {} is no exception any more",
                case.file,
                case.id
            );
        }
    }
    assert_eq!(different, []);
}

#[test]
fn an_empty_secret_verifies_nothing() {
    // A Secret cannot be empty; were one to be, the provider would refuse it.
    assert!(Secret::new(Vec::new()).is_err());
    let token = signed_with(b"", HEADER, r#"{"user_id":"customer-7","x":1}"#);
    let refusal = Verifier::new(&Secret::from_bytes(b"")).verify(&token, &Validation::new(at(1)));
    assert_eq!(refusal, Err(VerifyError::BadSignature));
}

#[test]
fn never_shows_its_secret() {
    assert_eq!(format!("{:?}", verifier()), "Verifier([redacted])");
}

fn any_claims() -> impl Strategy<Value = Claims> {
    let time = proptest::option::of(1..=Timestamp::MAX.epoch_seconds());
    (1..=CustomerId::MAX, time.clone(), time).prop_map(|(number, exp, iat)| {
        let claims = Claims::new(customer(number));
        let claims = exp.map_or(claims, |exp| claims.with_exp(at(exp)).unwrap());
        iat.map_or(claims, |iat| claims.with_iat(at(iat)).unwrap())
    })
}

proptest! {
    #[test]
    fn both_paths_read_what_was_minted(claims in any_claims(), secret in "[ -~]{1,80}") {
        let secret = Secret::from_bytes(secret.as_bytes());
        let token = Minter::new(&secret).mint(&claims);
        let verifier = Verifier::new(&secret);
        let canonical = verifier.verify_canonical(token.as_str()).unwrap();
        prop_assert_eq!(canonical.claims().user_id.customer(), Some(claims.customer()));
        prop_assert_eq!(canonical.claims().expires_at, Ok(claims.expires_at()));
        prop_assert_eq!(canonical.claims().issued_at, Ok(claims.issued_at()));
        let general = verifier.verify_inspected(&Inspection::read(token.as_str())).unwrap();
        prop_assert_eq!(general, canonical);
    }

    #[test]
    fn accepts_no_token_that_was_altered(
        claims in any_claims(),
        general in any::<bool>(),
        place in any::<prop::sample::Index>(),
        altered in "[A-Za-z0-9_.=+/ -]{0,3}",
        removed in 0_usize..4,
    ) {
        let secret = Secret::from_bytes(SECRET);
        let minted = Minter::new(&secret).mint(&claims);
        let token = if general {
            let mut json = CLAIMS_START.as_bytes().to_vec();
            claims.write_rest(&mut json).unwrap();
            signed(r#"{"typ":"JWT","alg":"HS256"}"#, json)
        } else {
            minted.as_str().to_owned()
        };
        let start = place.index(token.len());
        let end = (start + removed).min(token.len());
        let changed = format!("{}{altered}{}", &token[..start], &token[end..]);
        prop_assume!(changed != token);
        prop_assert!(verifier().verify_signature(&changed).is_err(), "{}", changed);
    }

    #[test]
    fn any_text_is_verified_without_panic(text in "\\PC*") {
        let _ = verifier().verify(&text, &Validation::new(at(1)));
        let _ = crate::token::Inspection::read(&text).lints();
    }
}

fn rules(seconds: u64, leeway: u64) -> Validation {
    Validation { leeway: Leeway::new(Duration::from_secs(leeway)).unwrap(), ..Validation::new(at(seconds)) }
}

#[test]
fn expires_at_the_second_of_exp() {
    assert!(!rules(99, 0).is_expired(at(100)));
    assert!(rules(100, 0).is_expired(at(100)));
    assert!(!rules(129, 30).is_expired(at(100)));
    assert!(rules(130, 30).is_expired(at(100)));
}

#[test]
fn is_in_the_future_until_the_second_of_iat() {
    assert!(rules(99, 0).is_in_future(at(100)));
    assert!(!rules(100, 0).is_in_future(at(100)));
    assert!(rules(69, 30).is_in_future(at(100)));
    assert!(!rules(70, 30).is_in_future(at(100)));
}

#[test]
fn is_revoked_if_issued_earlier_or_without_iat() {
    let validation = Validation { revoked_before: Some(at(100)), ..rules(200, 300) };
    assert!(validation.is_revoked(None));
    assert!(validation.is_revoked(Some(at(99))));
    assert!(!validation.is_revoked(Some(at(100))));
    assert!(!Validation::new(at(200)).is_revoked(None));
}

#[test]
fn leeway_ends_at_five_minutes() {
    assert!(Leeway::new(Duration::from_mins(5)).is_some());
    assert_eq!(Leeway::new(Duration::from_secs(301)), None);
}

#[test]
fn leeway_neither_underflows_nor_overflows() {
    assert!(!rules(0, 300).is_expired(at(1)));
    assert!(rules(300, 300).is_expired(Timestamp::EPOCH));
    assert!(!rules(299, 300).is_expired(Timestamp::EPOCH));
    assert!(!rules(Timestamp::MAX.epoch_seconds(), 300).is_in_future(Timestamp::MAX));
    assert!(rules(Timestamp::MAX.epoch_seconds(), 300).is_expired(Timestamp::MAX));
}
