//! The choice of a profile, and its name in results.

use serde_json::{Value, json};

use super::{Home, SECRET, note, token};
use crate::cli::Call;
use crate::cli::token::{HEADER, signed_with};

/// Two profiles, the first of them the default.
const TWO: &str =
    "default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\n[profiles.b]\nsecret = \"env:B\"\n";

/// The secret of profile `b`.
const OTHER: &str = "another-secret-of-the-tests-0123456789";

/// Prepares a call with both secrets at hand.
fn call(home: &Home, arguments: &[&str]) -> Call {
    home.call(arguments).with_env("A", SECRET).with_env("B", OTHER)
}

/// Returns the token of customer 1 signed by profile `b`.
fn token_of_b() -> String {
    signed_with(OTHER, HEADER, r#"{"user_id":"customer-1"}"#) + "\n"
}

#[test]
fn profile_comes_from_flag_then_variable_then_default() {
    let home = Home::with(TWO);
    let of = |name: &str, variable: &str| note(&format!("profile {name}, secret from env:{variable}"));
    call(&home, &["issue", "1"]).run().is(0, &token(), &of("a", "A"));
    let by_variable = call(&home, &["issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "b");
    by_variable.run().is(0, &token_of_b(), &of("b", "B"));
    let by_flag = call(&home, &["--profile", "a", "issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "b");
    by_flag.run().is(0, &token(), &of("a", "A"));
    let empty = call(&home, &["issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "");
    empty.run().is(0, &token(), &of("a", "A"));
}

#[test]
fn ambient_secret_precedes_only_the_default_profile() {
    let home = Home::with(TWO);
    let around = |arguments: &[&str]| call(&home, arguments).with_env("STREAM_API_SECRET", OTHER);
    around(&["issue", "1"]).run().is(0, &token_of_b(), crate::cli::FROM_ENV);
    let ignored = note("STREAM_API_SECRET is set and ignored: profile a is used");
    let said = ignored + &note("profile a, secret from env:A");
    around(&["--profile", "a", "issue", "1"]).run().is(0, &token(), &said);
    around(&["issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "a").run().is(0, &token(), &said);
}

#[test]
fn failing_source_is_final() {
    let home = Home::with(TWO);
    let hint = "set B to the app's API secret, from Stream's dashboard";
    let failing = home.call(&["-q", "--profile", "b", "issue", "1"]).with_env("A", SECRET);
    failing.with_env("STREAM_API_SECRET", SECRET).run().is_refused(
        3,
        "the environment variable B is not set",
        hint,
    );
}

#[test]
fn json_names_the_profile_and_its_source() {
    let home = Home::with(TWO);
    let output = call(&home, &["-q", "--profile", "b", "issue", "1", "-o", "json"]).run();
    let issued: Value = serde_json::from_str(output.result()).unwrap();
    assert_eq!((&issued["profile"], &issued["secret_source"]), (&json!("b"), &json!("env:B")));
}

#[test]
fn verify_names_the_signing_profile() {
    let home = Home::with(TWO);
    let verified = |profile: &str, token: &str| {
        let output =
            call(&home, &["-q", "--profile", profile, "verify", token.trim_end(), "-o", "json"]).run();
        (output.status, serde_json::from_str::<Value>(&output.stdout).unwrap())
    };
    let (status, verdict) = verified("b", &token_of_b());
    assert_eq!((status, &verdict["verdict"]), (Some(0), &json!("valid")));
    assert_eq!(verdict["signed_by"], json!({"profile": "b", "secret": "current"}));
    let (status, verdict) = verified("b", &token());
    assert_eq!((status, &verdict["verdict"]), (Some(5), &json!("bad_signature")));
    assert_eq!(verdict["signed_by"], json!({"profile": "a", "secret": "current"}));
    let stranger = signed_with("nobodys-secret-0123456789-abcdefgh", HEADER, r#"{"user_id":"customer-1"}"#);
    assert_eq!(verified("b", &stranger).1["signed_by"], Value::Null);
}

#[test]
fn mint_is_recorded_with_its_profile() {
    let home = Home::with(TWO);
    call(&home, &["-q", "--profile", "b", "issue", "1"]).run().result();
    assert_eq!(home.log().pop().unwrap()["profile"], "b");
}

#[test]
fn curl_uses_the_api_key_and_base_url_of_the_profile() {
    let config = format!("{TWO}api_key = \"k-b\"\nbase_url = \"https://chat.example.com/\"\n");
    let home = Home::with(&config);
    let output = call(&home, &["-q", "--profile", "b", "issue", "1", "-o", "curl"]).run();
    assert!(output.result().starts_with("curl 'https://chat.example.com/unread?api_key=k-b' "), "{output}");
    let error = "a curl command needs the app's API key";
    let hint = "add its api_key to profile a in the configuration";
    let keyless = call(&home, &["-q", "issue", "1", "-o", "curl"]).with_env("STREAM_API_KEY", "k");
    keyless.run().is_refused(2, error, hint);
}

#[test]
fn broken_configuration_stops_all_but_the_demo_profile() {
    let home = Home::with("broken");
    let said = home.run(&["issue", "1"]);
    said.is(2, "", &said.stderr);
    assert_eq!(call(&home, &["issue", "1"]).with_env("STREAM_API_SECRET", SECRET).run(), said);
    let demo = home.run(&["--profile", "demo", "issue", "1"]);
    demo.is(0, &demo.stdout, crate::cli::DEMO);
    let verified = home.run(&["--profile", "demo", "verify", token().trim_end()]);
    assert_eq!(verified.status, Some(5));
    assert!(verified.stderr.contains("note: the secrets of other profiles are not compared: "), "{verified}");
}
