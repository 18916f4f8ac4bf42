//! `secret check`: whether the stored secret signed a token that is known to be good.

use std::fs;

use serde_json::Value;

use super::token::{HEADER, SECRET, signed_with};
use super::{Call, call, with_secret};

/// Returns a token signed with a secret; it expired long ago.
fn token(secret: &str) -> String {
    signed_with(secret, HEADER, r#"{"user_id":"customer-7","exp":1}"#)
}

/// Prepares `secret check` with two profiles, a and b.
fn beside(paste: &str, arguments: &[&str]) -> Call {
    let call = call(&[&["-q", "secret", "check"], arguments].concat());
    fs::create_dir_all(call.home.path().join(".config/stream-token")).unwrap();
    let config = "default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\napi_key = \"abc123\"\n[profiles.b]\nsecret = \"env:B\"\n";
    call.home.write(".config/stream-token/config.toml", config.as_bytes(), 0o600);
    call.with_env("A", SECRET).with_env("B", "the-secret-of-another-app-0123456789abcd").with_stdin(paste)
}

#[test]
fn check_names_the_signer_even_of_an_expired_token() {
    let signed = "ok: the stored secret signed it\n";
    beside(&token(SECRET), &[]).run().is(0, signed, "");
    beside(&format!("Authorization: Bearer {}", token(SECRET)), &["a"]).run().is(0, signed, "");
    let other = "FAIL: the current secret of profile b signed it, and not this one\n";
    let others = token("the-secret-of-another-app-0123456789abcd");
    beside(&others, &[]).run().is(5, other, "");
    beside(&others, &["b"]).run().is(0, signed, "");
    let ambient = with_secret(&["-q", "secret", "check"]).with_stdin(token(SECRET));
    ambient.run().is(0, signed, "");
}

#[test]
fn check_names_a_likely_alteration_of_the_secret() {
    for (secret, difference) in [
        (format!("{SECRET}\n"), "a line break after it"),
        (format!("\"{SECRET}\""), "double quotes around it"),
        ("abc123".into(), "the API key in its place"),
    ] {
        let said = format!(
            "FAIL: the stored secret would have signed it with {difference}: one of both is altered\n"
        );
        beside(&token(&secret), &[]).run().is(5, &said, "");
    }
    let unknown =
        "FAIL: no secret here signed it: it is another app's, or the secret was changed or mistyped\n";
    beside(&token("a-secret-that-nobody-here-has-0123456789"), &[]).run().is(5, unknown, "");
}

#[test]
fn unusable_input_has_the_exit_codes_of_verify() {
    assert_eq!(beside("nothing of the kind", &[]).run().status, Some(4));
    assert_eq!(beside("", &[]).run().status, Some(4));
    let development = token(SECRET).rsplit_once('.').unwrap().0.to_owned() + ".devtoken";
    assert_eq!(beside(&development, &[]).run().status, Some(5));
    assert_eq!(beside(&token(SECRET), &["nowhere"]).run().status, Some(2));
}

#[test]
fn json_has_the_fields_of_verify_output() {
    let checked = beside(&token(&format!("{SECRET}\n")), &["a", "-o", "json"]).run();
    assert_eq!((checked.status, checked.stderr.as_str()), (Some(5), ""));
    let found: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!((&found["signed"], &found["signed_by"]), (&false.into(), &Value::Null));
    assert_eq!(found["altered_secret"], "line_feed");
    let checked = beside(&token(SECRET), &["-o", "json"]).run();
    let found: Value = serde_json::from_str(checked.result()).unwrap();
    assert_eq!((&found["signed"], &found["signed_by"]["profile"]), (&true.into(), &"a".into()));
    assert_eq!(found["fingerprint"].as_str().unwrap().len(), 16);
}
