//! Verdicts on the times of a token.

use super::{accepted, code, in_json, signed_json, verdict};
use crate::cli::token::signed;

#[test]
fn token_with_a_later_iat_is_issued_in_the_future() {
    let token = signed(r#"{"user_id":"customer-123","iat":1893456001}"#);
    verdict(
        &token,
        &[],
        6,
        "\
issued_in_future: it says that it was issued in the future

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         FAIL  2030-01-01T00:00:01Z, in 1 second
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      no    Stream answers 401, code 42
remedy            the signer's clock is ahead: set it right, or let the signer put iat five seconds back
",
    );
    in_json(&token, &[], 6, &signed_json("issued_in_future", Some(123), &code(42)));
    let now = signed(r#"{"user_id":"customer-123","iat":1893456000}"#);
    in_json(&now, &[], 0, &signed_json("valid", Some(123), &accepted()));
}

#[test]
fn token_before_its_nbf_is_not_yet_valid() {
    let token = signed(r#"{"user_id":"customer-123","nbf":1893456001}"#);
    verdict(
        &token,
        &[],
        6,
        "\
not_yet_valid: it is not valid yet

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         FAIL  2030-01-01T00:00:01Z, in 1 second
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      no    Stream answers 401, code 41
remedy            wait until nbf, or mint one without it
",
    );
    in_json(&token, &[], 6, &signed_json("not_yet_valid", Some(123), &code(41)));
    let now = signed(r#"{"user_id":"customer-123","nbf":1893456000}"#);
    in_json(&now, &[], 0, &signed_json("valid", Some(123), &accepted()));
}

#[test]
fn token_expires_at_the_second_of_its_exp() {
    let token = signed(r#"{"user_id":"customer-123","exp":1893456000}"#);
    verdict(
        &token,
        &[],
        6,
        "\
expired: exp has passed

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         FAIL  2030-01-01T00:00:00Z, now
revocation  -     not checked (use --revoked-before)
stream      no    Stream answers 401, code 40
remedy            mint a new one: stream-token issue 123
",
    );
    in_json(&token, &[], 6, &signed_json("expired", Some(123), &code(40)));
    let alive = signed(r#"{"user_id":"customer-123","exp":1893456001}"#);
    in_json(&alive, &[], 0, &signed_json("valid", Some(123), &accepted()));
}

#[test]
fn token_issued_before_the_revocation_is_revoked() {
    let report = |iat: &str, found: &str| {
        format!(
            "\
revoked: it was issued before the revocation, or does not say when

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         ok    {iat}
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  FAIL  {found}
stream      no    Stream answers 401, code 40
remedy            mint a new one: stream-token issue 123 --issued-at now
"
        )
    };
    let before = ["--revoked-before", "1700000000"];
    let silent = signed(r#"{"user_id":"customer-123"}"#);
    let iat = "none, so any revocation at Stream also revokes this token";
    let found = "no iat, and revoked before 2023-11-14T22:13:20Z, 6 years ago";
    verdict(&silent, &before, 6, &report(iat, found));
    let early = signed(r#"{"user_id":"customer-123","iat":1699999999}"#);
    let found = "issued before 2023-11-14T22:13:20Z, 6 years ago";
    verdict(&early, &before, 6, &report("2023-11-14T22:13:19Z, 6 years ago", found));
    in_json(&early, &before, 6, &signed_json("revoked", Some(123), &code(40)));
    let same = signed(r#"{"user_id":"customer-123","iat":1700000000}"#);
    in_json(&same, &before, 0, &signed_json("valid", Some(123), &accepted()));
}
