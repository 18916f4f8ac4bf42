//! `decode` reads a whole or broken token without a secret.

use stream_token::time::{Clock, Timestamp, absolute_and_relative};
use stream_token::token::Fingerprint;

use super::token::{HEADER, ending_in, signed, signed_with, with_fingerprint};
use super::{SECRET, call};

/// The note on every decoded token.
const UNVERIFIED: &str = "stream-token: note: decoded, not verified: anyone can write a token\n";

/// Claims with values that a redaction must hide.
const PERSONAL: &str = r#"{"user_id":"customer-4711","exp":4000000000,"iat":1700000000,"name":"Ann","admin":true,"none":null,"age":47,"tags":["Bob"],"address":{"street":"Elm"}}"#;

/// Formats a time as a table does now.
fn shown(seconds: u64) -> String {
    let at = Timestamp::from_epoch_seconds(seconds).unwrap();
    format!("{seconds}  ({})", absolute_and_relative(at, Clock::System.now()))
}

/// Decodes a token and checks status and table.
#[track_caller]
fn assert_decoded(token: &str, status: i32, table: &str) {
    call(&["decode", token]).run().is(status, &with_fingerprint(table, token), UNVERIFIED);
}

/// Decodes a token and checks status and JSON; standard error must be empty.
#[track_caller]
fn assert_json(token: &str, status: i32, line: &str) {
    let line = line.strip_suffix('}').unwrap();
    let fingerprint = Fingerprint::of(token.as_bytes());
    let line = format!("{line},\"fingerprint\":\"{fingerprint}\",\"stripped\":[]}}\n");
    call(&["-o", "json", "decode", token]).run().is(status, &line, "");
}

#[test]
fn decode_shows_header_claims_and_readable_times() {
    let token = signed(PERSONAL);
    let table = format!(
        "\
header  alg      HS256
        typ      JWT
claims  user_id  customer-4711
        exp      {}
        iat      {}
        name     Ann
        admin    true
        none     null
        age      47
        tags     [\"Bob\"]
        address  {{\"street\":\"Elm\"}}
",
        shown(4_000_000_000),
        shown(1_700_000_000)
    );
    assert_decoded(&token, 0, &table);
    let header = r#"{"alg":"HS256","typ":"JWT"}"#;
    assert_json(
        &token,
        0,
        &format!(r#"{{"verified":false,"header":{header},"claims":{PERSONAL},"lints":[]}}"#),
    );
}

#[test]
fn decode_needs_no_secret_and_no_environment() {
    let call = call(&["decode", &signed(r#"{"user_id":"customer-1","iat":1}"#)]);
    let mut command = call.command();
    let output = call.run_with(command.env_clear().stdout(std::process::Stdio::piped()));
    assert_eq!(output.status, Some(0));
    assert!(output.stdout.contains("claims  user_id  customer-1\n"), "{output}");
}

#[test]
fn decode_ignores_secrets_and_profiles() {
    let token = signed(r#"{"user_id":"customer-1"}"#);
    let plain = call(&["decode", &token]).run();
    let set = call(&["--profile", "nowhere", "decode", &token])
        .with_env("STREAM_API_SECRET", "x")
        .with_env("STREAM_API_SECRET_FILE", "y");
    assert_eq!(set.run(), plain);
}

#[test]
fn decode_reads_standard_input_and_notes_stripped_text() {
    let token = signed(r#"{"user_id":"customer-1","iat":1}"#);
    let plain = call(&["-q", "decode", &token]).run();
    let output = call(&["decode", "-"]).with_stdin(format!("Bearer {token}\n")).run();
    let said = format!("stream-token: note: stripped from the token: the word Bearer\n{UNVERIFIED}");
    output.is(0, plain.result(), &said);
    let output = call(&["-o", "json", "decode", "-"]).with_stdin(format!("Bearer {token}\n")).run();
    assert!(output.stdout.ends_with(",\"stripped\":[\"the word Bearer\"]}\n"), "{output}");
    output.is(0, &output.stdout, "{\"note\":\"stripped from the token: the word Bearer\"}\n");
}

#[test]
fn redact_hides_the_customer_and_unknown_claims() {
    let header = r#"{"alg":"HS256","kid":"ann@example.org","typ":"JWT"}"#;
    let token = signed_with(SECRET, header, PERSONAL);
    let table = format!(
        "\
header  alg      HS256
        kid      [redacted string]
        typ      JWT
claims  user_id  customer-[redacted]
        exp      {}
        iat      {}
        name     [redacted string]
        admin    [redacted boolean]
        none     [redacted null]
        age      [redacted number]
        tags     [redacted array]
        address  [redacted object]
",
        shown(4_000_000_000),
        shown(1_700_000_000)
    );
    call(&["decode", "--redact", &token]).run().is(0, &with_fingerprint(&table, &token), UNVERIFIED);
    let line = "{\"verified\":false,\"header\":{\"alg\":\"HS256\",\"kid\":\"[redacted string]\",\"typ\":\"JWT\"},\
         \"claims\":{\"user_id\":\"customer-[redacted]\",\"exp\":4000000000,\"iat\":1700000000,\
         \"name\":\"[redacted string]\",\"admin\":\"[redacted boolean]\",\"none\":\"[redacted null]\",\
         \"age\":\"[redacted number]\",\"tags\":\"[redacted array]\",\"address\":\"[redacted object]\"},\"lints\":[],";
    let line = format!("{line}\"fingerprint\":\"{}\",\"stripped\":[]}}\n", Fingerprint::of(token.as_bytes()));
    call(&["decode", "--redact", "-o", "json", &token]).run().is(0, &line, "");
}

#[test]
fn redact_distinguishes_bad_user_ids_without_showing_them() {
    let user_id = |value: &str| {
        let token = signed(&format!(r#"{{"user_id":{value},"iat":1}}"#));
        let output = call(&["decode", "--redact", "-o", "json", &token]).run();
        let line: serde_json::Value = serde_json::from_str(output.result()).unwrap();
        line["claims"]["user_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(user_id(r#""customer-7""#), "customer-[redacted]");
    assert_eq!(user_id(r#""customer-007""#), "[redacted string, customer- before it]");
    assert_eq!(user_id(r#""ann""#), "[redacted string]");
    assert_eq!(user_id("4711"), "[redacted number]");
}

#[test]
fn redact_hides_text_in_time_claims() {
    let token =
        signed(r#"{"user_id":"customer-1","exp":"ann@example.org","iat":"1893456000","nbf":["Ann"]}"#);
    let output = call(&["decode", "--redact", "-o", "json", &token]).run();
    let claims = "\"claims\":{\"user_id\":\"customer-[redacted]\",\"exp\":\"[redacted string]\",\"iat\":\"1893456000\",\
                  \"nbf\":\"[redacted array]\"}";
    assert!(output.stdout.contains(claims), "{output}");
    assert!(!output.stdout.contains("ann@") && !output.stdout.contains("Ann"), "{output}");
}

#[test]
fn decode_has_a_lint_for_each_known_mistake() {
    let lints = |token: &str| {
        let output = call(&["decode", "-o", "json", token]).run();
        let line: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let names =
            line["lints"].as_array().unwrap().iter().map(|lint| lint["name"].as_str().unwrap().to_owned());
        (output.status.unwrap(), names.collect::<Vec<_>>())
    };
    let of_claims = |claims: &str| lints(&signed(claims));
    assert_eq!(of_claims(r#"{"user_id":"customer-1"}"#), (0, vec!["no_iat".into()]));
    assert_eq!(of_claims(r#"{"user_id":123,"iat":1}"#), (0, vec!["numeric_user_id".into()]));
    assert_eq!(of_claims(r#"{"user_id":"admin","iat":1}"#), (0, vec!["not_a_customer".into()]));
    assert_eq!(of_claims(r#"{"server":true,"iat":1}"#), (0, vec!["no_user_id".into()]));
    assert_eq!(of_claims(r#"{"user_id":"customer-1","iat":1,"exp":1.5}"#), (0, vec!["time_type".into()]));
    assert_eq!(
        of_claims(r#"{"user_id":"customer-1","iat":1,"exp":1893456000000}"#),
        (0, vec!["milliseconds".into()])
    );
    assert_eq!(
        of_claims(r#"{"user_id":"customer-1","iat":7200,"exp":3600}"#),
        (0, vec!["lifetime".into(), "never_valid".into()])
    );
    assert_eq!(of_claims(r#"{"user_id":"customer-1","iat":1,"iat":2}"#), (4, vec!["duplicate_key".into()]));
    let sound = r#"{"user_id":"customer-1","iat":1}"#;
    let of_header = |header: &str| lints(&signed_with(SECRET, header, sound));
    assert_eq!(of_header(r#"{"alg":"none"}"#), (4, vec!["algorithm".into()]));
    assert_eq!(of_header(r#"{"alg":"HS256","typ":"at+jwt"}"#), (4, vec!["type".into()]));
    assert_eq!(of_header(r#"{"alg":"HS256","crit":["x"]}"#), (4, vec!["header_parameter".into()]));
    assert_eq!(lints(&ending_in(&signed(sound), "devtoken")), (0, vec!["dev_token".into()]));
    assert_eq!(lints(&signed(sound)), (0, Vec::new()));
}

#[test]
fn lints_say_what_they_found() {
    let token = signed(r#"{"user_id":123,"exp":"1893456000"}"#);
    assert_decoded(
        &token,
        0,
        "\
header  alg              HS256
        typ              JWT
claims  user_id          123
        exp              1893456000
lint    time_type        exp is a string, expected integer seconds
lint    numeric_user_id  user_id is a number: Stream wants a string
lint    no_iat           no iat: any revocation of this user's tokens at Stream ends this one too
",
    );
}

#[test]
fn broken_token_is_shown_in_part_and_fails() {
    let token = signed(r#"{"user_id":"customer-1","iat":1}"#);
    let (cut, _) = token.rsplit_once('.').unwrap();
    let at = shown(1);
    let table = format!(
        "\
header  alg        HS256
        typ        JWT
claims  user_id    customer-1
        iat        {at}
lint    malformed  expected 3 segments, found 2
"
    );
    assert_decoded(cut, 4, &table);
    let line = "{\"verified\":false,\"header\":{\"alg\":\"HS256\",\"typ\":\"JWT\"},\"claims\":{\"user_id\":\"customer-1\",\
                \"iat\":1},\"lints\":[{\"name\":\"malformed\",\"detail\":\"expected 3 segments, found 2\"}]}";
    assert_json(cut, 4, line);
    let headless = signed_with(SECRET, "{", r#"{"user_id":"customer-1","iat":1}"#);
    let table = format!(
        "\
header  -          cannot be read
claims  user_id    customer-1
        iat        {at}
lint    malformed  the header is not JSON
"
    );
    assert_decoded(&headless, 4, &table);
}

#[test]
fn unreadable_and_empty_claims_are_marked() {
    assert_decoded(
        &signed("[]"),
        4,
        "\
header  alg        HS256
        typ        JWT
claims  -          cannot be read
lint    malformed  the claims set is JSON, but not an object
",
    );
    assert_decoded(
        &signed("{}"),
        0,
        "\
header  alg         HS256
        typ         JWT
claims  -           empty
lint    no_user_id  no user_id: if it is signed, this is a server token with full admin rights
lint    no_iat      no iat: any revocation of this user's tokens at Stream ends this one too
",
    );
}

#[test]
fn text_without_a_token_is_refused_and_identified() {
    let refused =
        |text: &str, error: &str, hint: &str| call(&["decode", text]).run().is_refused(4, error, hint);
    let no_token = "there is no token in what was pasted";
    refused("x", no_token, "a token starts with eyJ and has three parts joined by dots; paste all of it");
    let hint = "look where the app calls connectUser: the token was not fetched yet, or its variable has another name";
    refused("Bearer undefined", "'undefined' is not a token: the app passed none", hint);
    let error = format!("{no_token}, but Stream's error 40: the token expired or was revoked");
    let hint = "see that the app fetches a new token and connects with it; verify the token to see its exp";
    refused(r#"{"StatusCode":401,"code":40,"message":"token expired"}"#, &error, hint);
}

#[test]
fn large_integers_are_kept_and_the_last_duplicate_wins() {
    let token = signed(r#"{"user_id":"customer-1","iat":1,"n":1,"f":1.5,"n":12345678901234567890}"#);
    let output = call(&["-q", "decode", &token]).run();
    let shown: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("        ")).collect();
    assert_eq!(shown[2..], ["n              12345678901234567890", "f              1.5"]);
    assert_eq!(output.status, Some(4));
}

#[test]
fn canonical_header_is_shown_as_issued() {
    let issued = super::demo(&["-q", "issue", "1"]).run();
    let output = call(&["-q", "-o", "json", "decode", issued.result().trim_end()]).run();
    let start =
        format!("{{\"verified\":false,\"header\":{HEADER},\"claims\":{{\"user_id\":\"customer-1\"}},");
    assert!(output.result().starts_with(&start), "{output}");
}
