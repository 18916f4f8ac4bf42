//! `issue` mints tokens: claims, output forms and refusals.

use super::token::{HEADER, claims_of, signed, signed_with};
use super::{DEMO, FROM_ENV, call, demo, now, with_secret};

/// The token of the contract, section 1.
const KNOWN_ANSWER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXItMTIzIn0.KCW74eUh2MysePBfC5PS7mEBUef2VaFmvHkGHtUAsmM";

/// The token of customer 1 under the built-in profile.
const DEMO_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXItMSJ9.9tEYk_73RWFiDzLT1-cd8_65OvYyRX9Ix94KkxO_oq0";

/// The hint for a bad customer id.
const ID_HINT: &str = "a customer id is a number from 1 to 9223372036854775807, such as 123 or customer-123";

/// The hint for a bad time.
const TIME_HINT: &str = "a time is now, today, 1h (ahead), 1h ago, 2026-12-31, 2026-12-31T23:59:59Z, or epoch seconds; units are s m h d w";

/// The hint for a past expiry.
const FUTURE_HINT: &str = "a future time is 1h, 30d, or a future date";

/// The note on a token that is issued in the future.
const FUTURE: &str =
    "stream-token: note: iat is in the future: until then Stream refuses the token with code 42\n";

/// Mints one token with JSON output, and returns its expiry.
#[track_caller]
fn expiry_of(arguments: &[&str]) -> u64 {
    let arguments = [&["-q", "-o", "json", "issue", "1"], arguments].concat();
    let issued: serde_json::Value = serde_json::from_str(demo(&arguments).run().result()).unwrap();
    let claims: serde_json::Value =
        serde_json::from_str(&claims_of(issued["token"].as_str().unwrap())).unwrap();
    assert_eq!(issued["expires_at"], claims["exp"]);
    claims["exp"].as_u64().unwrap()
}

#[test]
fn issue_prints_the_known_answer_of_the_contract() {
    let weak =
        "stream-token: note: the secret has only 6 bytes: HS256 wants 32 or more (RFC 7518 section 3.2)\n";
    let said = format!("{FROM_ENV}{weak}");
    let issued = call(&["issue", "123"]).with_env("STREAM_API_SECRET", "secret").run();
    issued.is(0, &format!("{KNOWN_ANSWER}\n"), &said);
}

/// Mints a token of customer 123 with a fault, and returns the token and its note.
#[track_caller]
fn issue_with_fault(kind: &str, more: &[&str]) -> (String, String) {
    let issued = demo(&[&["issue", "123", "--fault", kind], more].concat()).run();
    let note = issued
        .stderr
        .lines()
        .find(|line| line.contains("fails on purpose"))
        .unwrap_or_else(|| panic!("{issued}"));
    assert_eq!(issued.status, Some(0), "{issued}");
    (issued.stdout.trim_end().to_owned(), note.to_owned())
}

#[test]
fn faulty_token_fails_with_the_requested_verdict() {
    for (kind, verdict, code) in [
        ("expired", "expired", Some(40)),
        ("not-yet-valid", "not_yet_valid", Some(41)),
        ("issued-in-future", "issued_in_future", Some(42)),
        ("bad-signature", "bad_signature", Some(43)),
        ("malformed", "malformed", Some(5)),
        ("wrong-user", "wrong_customer", None),
    ] {
        let (token, note) = issue_with_fault(kind, &[]);
        assert!(
            code.is_none_or(
                |code| note.contains(&format!("({kind}): ")) && note.ends_with(&format!("code {code}"))
            ),
            "{note}"
        );
        let checked = demo(&["-q", "-o", "json", "verify", "--customer", "123", "--from", "-"])
            .with_stdin(&token)
            .run();
        let checked: serde_json::Value = serde_json::from_str(&checked.stdout).unwrap();
        assert_eq!(checked["verdict"], verdict, "{checked}");
        assert!(code.is_none_or(|code| checked["stream"]["code"] == code), "{checked}");
        let claims: serde_json::Value = serde_json::from_str(&claims_of(&token)).unwrap();
        let user = if kind == "wrong-user" { "customer-9223372036854775807" } else { "customer-123" };
        assert_eq!(claims["user_id"], user, "{claims}");
    }
}

#[test]
fn expires_in_fault_sets_the_expiry() {
    let (token, note) = issue_with_fault("expires-in:10s", &[]);
    assert!(note.ends_with("once it has expired, Stream answers 401, code 40"), "{note}");
    let claims: serde_json::Value = serde_json::from_str(&claims_of(&token)).unwrap();
    assert!(claims["exp"].as_u64().unwrap().abs_diff(now() + 10) <= 5, "{claims}");
}

#[test]
fn times_that_contradict_a_fault_are_refused() {
    let contradicting = demo(&["issue", "123", "--fault", "expired", "--expires", "1h"]).run();
    contradicting.is_refused(
        2,
        "--fault expired sets the time at which the token expires",
        "leave --expires out",
    );
    assert_eq!(demo(&["issue", "123", "--fault", "malformed", "--issued-at", "now"]).run().status, Some(2));
    issue_with_fault("bad-signature", &["--expires", "1h"]);
}

#[test]
fn unknown_fault_is_refused_with_the_known_ones() {
    let unknown = demo(&["issue", "123", "--fault", "revoked"]).run();
    assert!(
        unknown.status == Some(2) && unknown.stderr.contains("a token can be expired, expires-in:10s, "),
        "{unknown}"
    );
    assert_eq!(demo(&["issue", "123", "--fault", "expires-in:0s"]).run().status, Some(2));
}

#[test]
fn issue_accepts_a_stream_user_id() {
    let token = signed(r#"{"user_id":"customer-123"}"#);
    with_secret(&["issue", "customer-123"]).run().is(0, &format!("{token}\n"), FROM_ENV);
}

#[test]
fn tokens_come_in_the_order_of_the_customers() {
    let tokens = ["9223372036854775807", "1", "20", "1"]
        .map(|id| signed(&format!(r#"{{"user_id":"customer-{id}"}}"#)));
    let issued = with_secret(&["issue", "9223372036854775807", "customer-1", "20", "1"]).run();
    issued.is(0, &format!("{}\n", tokens.join("\n")), FROM_ENV);
}

#[test]
fn claims_are_ordered_as_in_streams_sdks() {
    let issued = with_secret(&["issue", "7", "--issued-at", "1700000000", "--expires", "4000000000"]).run();
    let token = signed(r#"{"user_id":"customer-7","exp":4000000000,"iat":1700000000}"#);
    issued.is(0, &format!("{token}\n"), FROM_ENV);
}

#[test]
fn json_has_every_field_on_one_line_per_token() {
    let arguments = ["-o", "json", "issue", "1", "2", "--expires", "4000000000", "--issued-at", "1700000000"];
    let lines = [1, 2].map(|id| {
        let token = signed(&format!(r#"{{"user_id":"customer-{id}","exp":4000000000,"iat":1700000000}}"#));
        let fingerprint = stream_token::token::Fingerprint::of(token.as_bytes());
        format!(
            "{{\"customer_id\":{id},\"user_id\":\"customer-{id}\",\"token\":\"{token}\",\"expires_at\":4000000000,\
             \"issued_at\":1700000000,\"profile\":null,\"secret_source\":\"env:STREAM_API_SECRET\",\
             \"fingerprint\":\"{fingerprint}\"}}\n"
        )
    });
    let said = "{\"note\":\"secret from env:STREAM_API_SECRET\"}\n";
    with_secret(&arguments).run().is(0, &lines.concat(), said);
}

#[test]
fn json_names_the_profile_and_has_null_for_absent_times() {
    let line = format!(
        "{{\"customer_id\":1,\"user_id\":\"customer-1\",\"token\":\"{DEMO_TOKEN}\",\"expires_at\":null,\
         \"issued_at\":null,\"profile\":\"demo\",\"secret_source\":\"demo\",\"fingerprint\":\"7f4711d423185515\"}}\n"
    );
    let said =
        "{\"note\":\"demo profile: its secret is published, and Stream accepts nothing signed with it\"}\n";
    demo(&["issue", "1", "--output", "json"]).run().is(0, &line, said);
}

#[test]
fn header_prints_streams_two_headers_without_bearer() {
    let headers = format!("Authorization: {DEMO_TOKEN}\nStream-Auth-Type: jwt\n");
    demo(&["-o", "header", "issue", "1"]).run().is(0, &headers, DEMO);
}

#[test]
fn env_prints_a_shell_assignment() {
    demo(&["-o", "env", "issue", "1"]).run().is(0, &format!("STREAM_USER_TOKEN={DEMO_TOKEN}\n"), DEMO);
}

#[test]
fn csv_has_a_header_line_and_empty_absent_times() {
    let table = format!("customer_id,user_id,token,expires_at,issued_at\n1,customer-1,{DEMO_TOKEN},,\n");
    demo(&["-o", "csv", "issue", "1"]).run().is(0, &table, DEMO);
    let token = signed(r#"{"user_id":"customer-1","exp":4000000000,"iat":1700000000}"#);
    let table = format!(
        "customer_id,user_id,token,expires_at,issued_at\n1,customer-1,{token},4000000000,1700000000\n"
    );
    let arguments = ["issue", "1", "-o=csv", "--expires", "4000000000", "--issued-at", "1700000000"];
    with_secret(&arguments).run().is(0, &table, FROM_ENV);
}

#[test]
fn curl_command_quotes_the_api_key_for_a_shell() {
    let command = |key: &str, token: &str| {
        format!(
            "curl 'https://chat.stream-io-api.com/unread?api_key={key}' -H 'Authorization: {token}' -H \
             'Stream-Auth-Type: jwt'\n"
        )
    };
    demo(&["-o", "curl", "issue", "1"]).run().is(0, &command("demo-api-key", DEMO_TOKEN), DEMO);
    let token = signed(r#"{"user_id":"customer-1"}"#);
    let hostile = with_secret(&["-o", "curl", "issue", "1"]).with_env("STREAM_API_KEY", "k'; id #");
    hostile.run().is(0, &command("k%27%3B%20id%20%23", &token), FROM_ENV);
}

#[test]
fn curl_without_an_api_key_is_refused() {
    let said = "stream-token: error: a curl command needs the app's API key\n\
                stream-token: hint: set STREAM_API_KEY to the app's API key, from Stream's dashboard\n";
    for key in [None, Some("")] {
        let mut call = with_secret(&["-o", "curl", "issue", "1"]);
        if let Some(key) = key {
            call = call.with_env("STREAM_API_KEY", key);
        }
        call.run().is(2, "", &format!("{FROM_ENV}{said}"));
    }
}

#[test]
fn single_token_forms_are_refused_for_several_customers() {
    let (error, hint) =
        ("this form of output holds one token", "give one customer, or use -o text, json, csv or curl");
    for form in ["header", "env"] {
        demo(&["-o", form, "issue", "1", "2"]).run().is_refused(2, error, hint);
        demo(&["-o", form, "issue", "--from", "-"]).with_stdin("1\n").run().is_refused(2, error, hint);
    }
}

#[test]
fn duration_sets_the_expiry_from_now() {
    for arguments in [["--expires", "1h30m"], ["--ttl", "1h30m"]] {
        let before = now();
        let expires_at = expiry_of(&arguments);
        assert!((before + 5400..=now() + 5400).contains(&expires_at), "{expires_at}");
    }
}

#[test]
fn dates_and_epoch_seconds_set_the_exact_expiry() {
    assert_eq!(expiry_of(&["--expires", "2096-10-02T07:06:40Z"]), 4_000_000_000);
    assert_eq!(expiry_of(&["--expires", "2096-10-02T09:06:40+02:00"]), 4_000_000_000);
    assert_eq!(expiry_of(&["--expires", "4000000000"]), 4_000_000_000);
    assert_eq!(expiry_of(&["--expires", "253402300799"]), 253_402_300_799);
}

#[test]
fn never_omits_the_expiry() {
    demo(&["issue", "1", "--expires", "never"]).run().is(0, &format!("{DEMO_TOKEN}\n"), DEMO);
}

#[test]
fn past_expiry_is_refused_with_the_likely_form() {
    let refused = |expires: &str, hint: &str| {
        let output = demo(&["issue", "1", "--expires", expires]).run();
        let said = output.stderr.clone();
        let error = said.lines().next().unwrap().strip_prefix("stream-token: error: ").unwrap();
        assert!(error.starts_with(&format!("'{expires}' is not in the future: it means ")), "{error}");
        output.is_refused(2, error, hint);
    };
    refused("3600", "for a future time write 3600s");
    refused("1h ago", "for a future time write 1h");
    refused("1700000000", FUTURE_HINT);
    refused("2020-01-01T00:00:00Z", FUTURE_HINT);
    refused("today", FUTURE_HINT);
    refused("now", FUTURE_HINT);
    refused("0", FUTURE_HINT);
}

#[test]
fn malformed_time_is_refused_with_a_valid_form() {
    for flag in ["expires", "issued-at"] {
        let refused = |value: &str, error: &str, hint: &str| {
            let error = format!("invalid value '{value}' for '--{flag} <WHEN>': '{value}' {error}");
            demo(&["issue", "1", &format!("--{flag}"), value]).run().is_refused(2, &error, hint);
        };
        let milliseconds = "is in milliseconds, and times here are in seconds";
        refused("1893456000000", milliseconds, "in epoch seconds that is 1893456000");
        refused("2030-02-30", "is not a time", TIME_HINT);
        refused("9999999999999w", "is after the year 9999", TIME_HINT);
        refused("tomorrow", "is not a time", TIME_HINT);
        refused("Never", "is not a time", TIME_HINT);
        refused("", "is not a time", TIME_HINT);
        refused("-5s", "is not a time", TIME_HINT);
        refused("1.5h", "is not a time", TIME_HINT);
        refused("1H", "is not a time", "did you mean 1h?");
        refused("2030-12-31T23:59:59", "is not a time", "did you mean 2030-12-31T23:59:59Z?");
    }
}

#[test]
fn date_means_its_start_in_local_time() {
    for (zone, expires) in [("UTC", "1893456000"), ("<+02>-2", "1893448800"), ("<-03>3", "1893466800")] {
        let token =
            |expires: &str| demo(&["-q", "issue", "1", "--expires", expires]).with_env("TZ", zone).run();
        assert_eq!(token("2030-01-01").result(), token(expires).result(), "{zone}");
    }
}

#[test]
fn expires_and_ttl_exclude_each_other() {
    let refused = demo(&["issue", "1", "--expires", "1h", "--ttl", "2h"]).run();
    refused.is_refused(
        2,
        "the argument '--expires <WHEN>' cannot be used multiple times",
        "run 'stream-token issue --help'",
    );
}

#[test]
fn past_issued_at_is_accepted_without_a_note() {
    let before = now();
    let issued = demo(&["-q", "issue", "1", "--issued-at", "5s ago"]).run();
    let claims: serde_json::Value = serde_json::from_str(&claims_of(issued.result())).unwrap();
    let issued_at = claims["iat"].as_u64().unwrap();
    assert!((before - 5..=now() - 5).contains(&issued_at), "{issued_at}");
    let loud = demo(&["issue", "1", "--issued-at", "5s ago"]).run();
    loud.is(0, &loud.stdout, DEMO);
}

#[test]
fn future_issued_at_is_noted() {
    let token = signed(r#"{"user_id":"customer-1","iat":4000000000}"#);
    let issued = with_secret(&["issue", "1", "--issued-at", "4000000000"]).run();
    issued.is(0, &format!("{token}\n"), &format!("{FROM_ENV}{FUTURE}"));
}

#[test]
fn expiry_before_issued_at_is_refused() {
    let arguments = |expires| ["issue", "1", "--expires", expires, "--issued-at", "4000000000"];
    for (expires, shown) in [("3999999999", "2096-10-02T07:06:39Z"), ("4000000000", "2096-10-02T07:06:40Z")] {
        let error = format!("the token would end at {shown}, and be issued only at 2096-10-02T07:06:40Z");
        let refused = format!(
            "{DEMO}stream-token: error: {error}\nstream-token: hint: give an --expires after --issued-at\n"
        );
        demo(&arguments(expires)).run().is(2, "", &refused);
    }
    let token = signed(r#"{"user_id":"customer-1","exp":4000000001,"iat":4000000000}"#);
    let issued = with_secret(&arguments("4000000001")).run();
    issued.is(0, &format!("{token}\n"), &format!("{FROM_ENV}{FUTURE}"));
}

#[test]
fn issued_at_zero_is_refused() {
    let said = "stream-token: error: iat is 0, which Stream's SDKs leave out of a token\n\
                stream-token: hint: give a time after the epoch\n";
    demo(&["issue", "1", "--issued-at", "0"]).run().is(2, "", &format!("{DEMO}{said}"));
}

#[test]
fn malformed_customer_id_is_refused_and_mints_nothing() {
    let refused = |id: &str, error: &str, hint: &str| {
        demo(&["issue", "1", id]).run().is_refused(2, error, hint);
    };
    refused("0", "'0' is not a customer id", ID_HINT);
    refused("007", "'007' is not a customer id", ID_HINT);
    refused("customer-07", "'customer-07' is not a customer id", ID_HINT);
    refused("00", "'00' is not a customer id", ID_HINT);
    refused("9223372036854775808", "'9223372036854775808' is not a customer id", ID_HINT);
    for id in [
        "-1",
        "+1",
        "1.5",
        "1e3",
        "0x1",
        "",
        " 1",
        "1 2",
        "1,2",
        "Customer-1",
        "customer-",
        "customer--1",
        "１",
    ] {
        refused(id, &format!("'{id}' is not a customer id"), ID_HINT);
    }
}

#[test]
fn token_given_as_an_id_is_not_echoed() {
    let token = signed(r#"{"user_id":"customer-1"}"#);
    let error = format!("a value of {} characters is not a customer id", token.len());
    let hint = "this looks like a token: use 'stream-token verify' or 'stream-token decode'";
    demo(&["issue", &token]).run().is_refused(2, &error, hint);
    let start = "eyJhbGciOiJI";
    demo(&["issue", start]).run().is_refused(2, "a value of 12 characters is not a customer id", hint);
}

#[test]
fn secret_given_as_an_id_is_not_echoed() {
    let secret = "0123456789abcdef".repeat(4);
    for id in [secret.clone(), format!("customer-{secret}")] {
        let error = format!("a value of {} characters is not a customer id", id.len());
        demo(&["issue", &id]).run().is_refused(2, &error, ID_HINT);
    }
}

#[test]
fn missing_customer_is_a_usage_error() {
    let output = demo(&["issue", "-q"]).run();
    output.is_refused(2, "which customer?", "for example 'stream-token issue 123', or --from FILE for many");
}

#[test]
fn customers_and_from_exclude_each_other() {
    let output = demo(&["issue", "1", "--from", "ids"]).with_file("ids", "2\n").run();
    output.is_refused(
        2,
        "the argument '[CUSTOMER]...' cannot be used with '--from <FILE>'",
        "run 'stream-token issue --help'",
    );
}

#[test]
fn base64_secret_is_used_without_decoding() {
    let secret = "c2VjcmV0LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5YWJjZGVm";
    let token = signed_with(secret, HEADER, r#"{"user_id":"customer-1"}"#);
    let issued = call(&["issue", "1"]).with_env("STREAM_API_SECRET", secret).run();
    issued.is(0, &format!("{token}\n"), FROM_ENV);
}
