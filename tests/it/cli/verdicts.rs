//! Every verdict of `verify`: its exit code, its report for people, and its report in JSON.

mod form;
mod subject;
mod times;

use serde_json::{Value, json};

use stream_token::token::Fingerprint;

use super::token::{signed, with_fingerprint};
use super::{FROM_ENV, with_secret};

/// The time at which tokens are verified: 2030-01-01T00:00:00Z.
const AT: &str = "1893456000";

/// Verifies a token at [`AT`] and checks status, report and note.
#[track_caller]
fn verdict(token: &str, further: &[&str], status: i32, report: &str) {
    let arguments = [&["verify", "--at", AT, token], further].concat();
    with_secret(&arguments).run().is(status, &with_fingerprint(report, token), FROM_ENV);
}

/// Verifies a token at [`AT`] and checks the status, fields of the JSON report and the names of its checks.
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

/// Returns the JSON fields for a token signed with this secret.
fn signed_json(verdict: &str, customer: Option<u64>, stream: &Value) -> Value {
    json!({
        "valid": verdict == "valid",
        "verdict": verdict,
        "customer_id": customer,
        "signed_by": { "profile": null, "secret": "current" },
        "stream": stream,
    })
}

/// Returns the JSON fields for a text with an unknown signer; none of its claims is repeated.
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

/// Returns Stream's acceptance.
fn accepted() -> Value {
    json!({ "accepts": true, "status": null, "code": null })
}

/// Returns the `stream` field if Stream's answer is unknown.
fn unknown() -> Value {
    json!({ "accepts": null, "status": null, "code": null })
}

#[test]
fn signed_token_within_its_lifetime_is_valid() {
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
fn json_report_of_a_valid_token_is_exact() {
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
fn first_failed_check_decides_and_all_are_reported() {
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
