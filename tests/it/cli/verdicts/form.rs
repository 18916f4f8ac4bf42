//! Verdicts on text that is no token, or not signed with the secret.

use stream_token::token::Fingerprint;

use super::{AT, code, in_json, unknown, unsigned_json, verdict};
use crate::cli::token::{HEADER, ending_in, signed, signed_with};
use crate::cli::{SECRET, with_secret};

#[test]
fn text_that_is_no_token_is_malformed() {
    let report = "\
malformed: this is not a token

form        FAIL  expected 3 segments, found 2
signature   -     not checked: the form is broken
user_id     -     the claims cannot be read
customer    -     not checked (use --customer)
iat         -     the claims cannot be read
nbf         -     the claims cannot be read
exp         -     the claims cannot be read
revocation  -     not checked (use --revoked-before)
stream      no    Stream answers 401, code 5
remedy            copy the whole token again: header.claims.signature, without line breaks
";
    verdict("ju.nk", &[], 4, report);
    in_json("ju.nk", &[], 4, &unsigned_json("malformed", &code(5)));
}

#[test]
fn json_report_of_a_malformed_token_is_exact() {
    let line = "{\"valid\":false,\"verdict\":\"malformed\",\"customer_id\":null,\"user_id\":null,\
         \"expires_at\":null,\"issued_at\":null,\"signed_by\":null,\"altered_secret\":null,\
         \"stream\":{\"accepts\":false,\"status\":401,\"code\":5},\"checks\":[\
         {\"name\":\"form\",\"ok\":false,\"detail\":\"expected 3 segments, found 2\"},\
         {\"name\":\"signature\",\"ok\":null,\"detail\":\"not checked: the form is broken\"},\
         {\"name\":\"user_id\",\"ok\":null,\"detail\":\"the claims cannot be read\"},\
         {\"name\":\"customer\",\"ok\":null,\"detail\":\"not checked (use --customer)\"},\
         {\"name\":\"iat\",\"ok\":null,\"detail\":\"the claims cannot be read\"},\
         {\"name\":\"nbf\",\"ok\":null,\"detail\":\"the claims cannot be read\"},\
         {\"name\":\"exp\",\"ok\":null,\"detail\":\"the claims cannot be read\"},\
         {\"name\":\"revocation\",\"ok\":null,\"detail\":\"not checked (use --revoked-before)\"}],\
         \"lints\":[],\"remedy\":\"copy the whole token again: header.claims.signature, without line breaks\",";
    let line = format!("{line}\"fingerprint\":\"{}\",\"stripped\":[]}}\n", Fingerprint::of(b"ju.nk"));
    let said = "{\"note\":\"secret from env:STREAM_API_SECRET\"}\n";
    with_secret(&["-o", "json", "verify", "--at", AT, "ju.nk"]).run().is(4, &line, said);
}

#[test]
fn signed_token_with_another_algorithm_is_malformed() {
    let token = signed_with(SECRET, r#"{"alg":"none"}"#, r#"{"user_id":"customer-123"}"#);
    verdict(
        &token,
        &[],
        4,
        "\
malformed: this is not a token

form        FAIL  the algorithm is 'none', expected 'HS256'
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      no    Stream refuses it
remedy            this is a token of another system, or its signer is set up wrong: Stream user tokens are HS256; \
its signature is nevertheless valid: find out who holds the secret
",
    );
}

#[test]
fn development_token_is_unsigned() {
    for signature in ["devtoken", "devToken"] {
        let token = ending_in(&signed(r#"{"user_id":"customer-123"}"#), signature);
        verdict(
            &token,
            &[],
            5,
            "\
dev_token: a development token, which is not signed

form        ok    three segments, HS256, a claims object
signature   FAIL  none: a development token
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      ?     Stream's answer cannot be predicted
remedy            development tokens work only where auth checks are off in Stream's dashboard; mint a new one: \
stream-token issue 123
",
        );
        in_json(&token, &[], 5, &unsigned_json("dev_token", &unknown()));
    }
}

#[test]
fn token_signed_with_another_secret_has_a_bad_signature() {
    let token =
        signed_with("another-secret-0123456789-abcdefghi", HEADER, r#"{"user_id":"customer-123","exp":1}"#);
    verdict(
        &token,
        &[],
        5,
        "\
bad_signature: this profile's secret did not sign it

form        ok    three segments, HS256, a claims object
signature   FAIL  not made with any secret that was tried
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         FAIL  1970-01-01T00:00:01Z, 60 years ago
revocation  -     not checked (use --revoked-before)
note        !     exp seems to be a lifetime, expected the moment in epoch seconds
stream      no    Stream answers 401, code 43
remedy            it is another app's token, or the API secret was changed since: compare the API keys, then mint a \
new one: stream-token issue 123
",
    );
    in_json(&token, &[], 5, &unsigned_json("bad_signature", &code(43)));
}
