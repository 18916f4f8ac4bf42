//! Every verdict of `verify`: its exit code, its report for people, and its report in JSON.

use serde_json::{Value, json};

use super::token::{HEADER, ending_in, signed, signed_with, with_fingerprint};
use super::{FROM_ENV, with_secret};
use stream_token::token::Fingerprint;

/// The moment that tokens are verified at: 2030-01-01T00:00:00Z.
const AT: &str = "1893456000";

/// Verifies a token at [`AT`] and checks status, report and note.
#[track_caller]
fn verdict(token: &str, further: &[&str], status: i32, report: &str) {
    let arguments = [&["verify", "--at", AT, token], further].concat();
    with_secret(&arguments).run().is(status, &with_fingerprint(report, token), FROM_ENV);
}

/// Verifies a token at [`AT`] and checks status and what JSON says beside the checks.
#[track_caller]
fn in_json(token: &str, further: &[&str], status: i32, expected: &Value) {
    let arguments = [&["-o", "json", "-q", "verify", "--at", AT, token], further].concat();
    let output = with_secret(&arguments).run();
    output.is(status, &output.stdout, "");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(report[name], *value, "{name} of {}", output.stdout);
    }
    let names: Vec<_> =
        report["checks"].as_array().unwrap().iter().map(|check| check["name"].clone()).collect();
    assert_eq!(names, ["form", "signature", "user_id", "customer", "iat", "nbf", "exp", "revocation"]);
}

/// Returns what JSON says of a token that this secret signed.
fn signed_json(verdict: &str, customer: Option<u64>, stream: &Value) -> Value {
    json!({
        "valid": verdict == "valid",
        "verdict": verdict,
        "customer_id": customer,
        "signed_by": { "profile": null, "secret": "current" },
        "stream": stream,
    })
}

/// Returns what JSON says of a text whose signer is not known; nothing that it claims is repeated.
fn unsigned_json(verdict: &str, stream: &Value) -> Value {
    json!({
        "valid": false,
        "verdict": verdict,
        "customer_id": null,
        "user_id": null,
        "expires_at": null,
        "issued_at": null,
        "signed_by": null,
        "stream": stream,
    })
}

/// Returns Stream's refusal with status 401.
fn code(code: u16) -> Value {
    json!({ "accepts": false, "status": 401, "code": code })
}

/// Returns Stream's consent.
fn accepted() -> Value {
    json!({ "accepts": true, "status": null, "code": null })
}

/// Returns the answer of Stream that nobody can tell.
fn unknown() -> Value {
    json!({ "accepts": null, "status": null, "code": null })
}

#[test]
fn valid() {
    let token = signed(r#"{"user_id":"customer-123","exp":1893542400,"iat":1893455995}"#);
    verdict(
        &token,
        &[],
        0,
        "\
valid, unless Stream revoked it or deleted the user

form        ok   three segments, HS256, a claims object
signature   ok   by the current secret from the environment
user_id     ok   customer-123
customer    -    not checked (use --customer)
iat         ok   2029-12-31T23:59:55Z, 5 seconds ago
nbf         ok   absent: valid from the start
exp         ok   2030-01-02T00:00:00Z, in 24 hours
revocation  -    not checked (use --revoked-before)
stream      yes  an app with this secret accepts it
",
    );
    in_json(&token, &[], 0, &signed_json("valid", Some(123), &accepted()));
}

#[test]
fn valid_in_json_is_exactly_this_line() {
    let token = signed(r#"{"user_id":"customer-123","exp":1893542400,"iat":1893455995}"#);
    let line = "{\"valid\":true,\"verdict\":\"valid\",\"customer_id\":123,\"user_id\":\"customer-123\",\
         \"expires_at\":1893542400,\"issued_at\":1893455995,\
         \"signed_by\":{\"profile\":null,\"secret\":\"current\"},\"altered_secret\":null,\
         \"stream\":{\"accepts\":true,\"status\":null,\"code\":null},\"checks\":[\
         {\"name\":\"form\",\"ok\":true,\"detail\":\"three segments, HS256, a claims object\"},\
         {\"name\":\"signature\",\"ok\":true,\"detail\":\"by the current secret from the environment\"},\
         {\"name\":\"user_id\",\"ok\":true,\"detail\":\"customer-123\"},\
         {\"name\":\"customer\",\"ok\":null,\"detail\":\"not checked (use --customer)\"},\
         {\"name\":\"iat\",\"ok\":true,\"detail\":\"2029-12-31T23:59:55Z, 5 seconds ago\"},\
         {\"name\":\"nbf\",\"ok\":true,\"detail\":\"absent: valid from the start\"},\
         {\"name\":\"exp\",\"ok\":true,\"detail\":\"2030-01-02T00:00:00Z, in 24 hours\"},\
         {\"name\":\"revocation\",\"ok\":null,\"detail\":\"not checked (use --revoked-before)\"}],\"lints\":[],\"remedy\":null,";
    let line = format!("{line}\"fingerprint\":\"{}\",\"stripped\":[]}}\n", Fingerprint::of(token.as_bytes()));
    let said = "{\"note\":\"secret from env:STREAM_API_SECRET\"}\n";
    with_secret(&["-o", "json", "verify", "--at", AT, &token]).run().is(0, &line, said);
}

#[test]
fn malformed() {
    let report = "\
malformed: this is not a token

form        FAIL  it has 2 segments, and a token has 3
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
fn malformed_in_json_is_exactly_this_line() {
    let line = "{\"valid\":false,\"verdict\":\"malformed\",\"customer_id\":null,\"user_id\":null,\
         \"expires_at\":null,\"issued_at\":null,\"signed_by\":null,\"altered_secret\":null,\
         \"stream\":{\"accepts\":false,\"status\":401,\"code\":5},\"checks\":[\
         {\"name\":\"form\",\"ok\":false,\"detail\":\"it has 2 segments, and a token has 3\"},\
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
fn malformed_and_signed_all_the_same() {
    let token = signed_with(super::SECRET, r#"{"alg":"none"}"#, r#"{"user_id":"customer-123"}"#);
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
fn dev_token() {
    for signature in ["devtoken", "devToken"] {
        let token = ending_in(&signed(r#"{"user_id":"customer-123"}"#), signature);
        verdict(
            &token,
            &[],
            5,
            "\
dev_token: a development token, which nobody signed

form        ok    three segments, HS256, a claims object
signature   FAIL  none: a development token
user_id     ok    customer-123
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      ?     what Stream answers cannot be told
remedy            development tokens work only where auth checks are off in Stream's dashboard; mint a new one: \
stream-token issue 123
",
        );
        in_json(&token, &[], 5, &unsigned_json("dev_token", &unknown()));
    }
}

#[test]
fn bad_signature() {
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

#[test]
fn server_token() {
    let report = |exp: &str, word: &str, answer: &str| {
        format!(
            "\
server_token: an admin credential for the whole app, not a user's token

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     FAIL  absent: a server token
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
{exp}
revocation  -     not checked (use --revoked-before)
stream      {word}   {answer}
remedy            whoever holds it administers the whole app: find where it leaked, and change the app's API secret \
in Stream's dashboard
"
        )
    };
    let live = signed(r#"{"server":true}"#);
    verdict(
        &live,
        &[],
        7,
        &report("exp         ok    absent: valid until revoked", "yes", "an app with this secret accepts it"),
    );
    in_json(&live, &[], 7, &signed_json("server_token", None, &accepted()));
    let expired = signed(r#"{"exp":1893455999}"#);
    let exp = "exp         FAIL  2029-12-31T23:59:59Z, 1 second ago";
    verdict(&expired, &[], 7, &report(exp, "no ", "Stream answers 401, code 40"));
    in_json(&expired, &[], 7, &signed_json("server_token", None, &code(40)));
}

#[test]
fn not_a_customer() {
    let report = |found: &str, word: &str, answer: &str| {
        format!(
            "\
not_a_customer: signed, but for a user who is not a customer

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     FAIL  {found}
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      {word}   {answer}
remedy            Stream user ids of customers are customer- and the customer's number: mint one with 'stream-token \
issue CUSTOMER'
"
        )
    };
    let admin = signed(r#"{"user_id":"admin"}"#);
    verdict(
        &admin,
        &[],
        7,
        &report("expected customer-N, found 'admin'", "yes", "an app with this secret accepts it"),
    );
    let expected = signed_json("not_a_customer", None, &accepted());
    in_json(&admin, &[], 7, &expected);
    let number = signed(r#"{"user_id":123}"#);
    let found = "expected a string such as \"customer-123\", found 123";
    verdict(&number, &[], 7, &report(found, "no ", "Stream answers 401, code 5"));
    for user_id in
        ["\"customer-0\"", "\"customer-007\"", "\"Customer-1\"", "\"customer-9223372036854775808\"", "null"]
    {
        let token = signed(&format!(r#"{{"user_id":{user_id}}}"#));
        in_json(&token, &[], 7, &json!({ "verdict": "not_a_customer", "customer_id": null }));
    }
}

#[test]
fn wrong_customer() {
    let token = signed(r#"{"user_id":"customer-123"}"#);
    let further = ["--customer", "5"];
    verdict(
        &token,
        &further,
        7,
        "\
wrong_customer: signed, but for another customer

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    FAIL  customer 123, expected 5
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      yes   an app with this secret accepts it
remedy            mint one for the right customer: stream-token issue 5
",
    );
    in_json(&token, &further, 7, &signed_json("wrong_customer", Some(123), &accepted()));
}

#[test]
fn issued_in_future() {
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
fn not_yet_valid() {
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
fn expired() {
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
fn revoked() {
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

#[test]
fn the_first_verdict_in_their_order_counts_and_every_check_is_told() {
    let token = signed(r#"{"user_id":"customer-123","exp":1,"nbf":1893456001,"iat":1893456001}"#);
    let further = ["--customer", "5", "--revoked-before", "1700000000"];
    verdict(
        &token,
        &further,
        7,
        "\
wrong_customer: signed, but for another customer

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    FAIL  customer 123, expected 5
iat         FAIL  2030-01-01T00:00:01Z, in 1 second
nbf         FAIL  2030-01-01T00:00:01Z, in 1 second
exp         FAIL  1970-01-01T00:00:01Z, 60 years ago
revocation  ok    issued not before 2023-11-14T22:13:20Z, 6 years ago
note        !     exp seems to be a lifetime, expected the moment in epoch seconds
note        !     exp is not after iat: this token was never valid
stream      no    Stream answers 401, code 40
remedy            mint one for the right customer: stream-token issue 5
",
    );
}
