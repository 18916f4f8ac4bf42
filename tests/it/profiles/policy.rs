//! Policy for minting: lifetimes, `iat`, production.

use serde_json::Value;

use super::{Home, SECRET, note, token};
use crate::cli::token::claims_of;
use crate::cli::{Call, Output, now};

/// Returns a configuration of one profile, the default, with this policy.
fn configured(policy: &str) -> String {
    format!("default_profile = \"live\"\n[profiles.live]\nsecret = \"env:LIVE\"\npolicy = {{ {policy} }}\n")
}

/// Production, with a default lifetime.
const PRODUCTION: &str = "production = true, default_lifetime = \"10m\"";

/// Prepares a call in a home whose default profile has this policy and a secret.
fn call(home: &Home, arguments: &[&str]) -> Call {
    home.call(arguments).with_env("LIVE", SECRET)
}

/// Mints for customer 1 under a policy, with these further arguments.
fn mint_under(policy: &str, arguments: &[&str]) -> Output {
    let home = Home::with(&configured(policy));
    let all: Vec<_> = ["issue", "1"].iter().chain(arguments).copied().collect();
    call(&home, &all).run()
}

/// Reads the claims of the minted token.
fn claims(output: &Output) -> Value {
    output.is(0, &output.stdout, &output.stderr);
    serde_json::from_str(&claims_of(&output.stdout)).unwrap()
}

#[test]
fn default_lifetime_applies_and_is_noted() {
    for (policy, seconds) in [
        ("default_lifetime = \"1h\"", 3600),
        ("longest_lifetime = \"2h\"", 7200),
        ("default_lifetime = \"1h\", longest_lifetime = \"2h\"", 3600),
    ] {
        let before = now();
        let output = mint_under(policy, &[]);
        let lifetime = claims(&output)["exp"].as_u64().unwrap() - seconds;
        assert!((before..=now()).contains(&lifetime), "{output}");
        assert!(output.stderr.starts_with(&note("profile live, secret from env:LIVE")), "{output}");
        assert!(output.stderr.contains("note: policy: the token expires "), "{output}");
        assert_eq!(output.stderr.lines().count(), 2);
    }
}

#[test]
fn expires_overrides_the_default_lifetime_without_a_note() {
    let said = note("profile live, secret from env:LIVE");
    let output = mint_under("default_lifetime = \"1h\"", &["--expires", "4102444800"]);
    output.is(0, &output.stdout, &said);
    assert_eq!(claims(&output)["exp"], 4_102_444_800_u64);
    mint_under("default_lifetime = \"1h\"", &["--expires", "never"]).is(0, &token(), &said);
}

#[test]
fn longest_lifetime_is_inclusive() {
    let longest = "longest_lifetime = \"1h\"";
    let hint = "use --expires 1h or less";
    assert!(claims(&mint_under(longest, &["--expires", "1h"]))["exp"].is_u64());
    for (asked, error) in [
        ("never", "policy: tokens of this profile live 1h at most, not for ever"),
        ("90m", "policy: tokens of this profile live 1h at most, not 1h30m"),
        ("3601s", "policy: tokens of this profile live 1h at most, not 1h1s"),
    ] {
        let output = mint_under(longest, &["-q", "--expires", asked]);
        output.is_refused(2, error, hint);
    }
    let output = mint_under(longest, &["-q", "-o", "json", "--expires", "never"]);
    let line = "{\"error\":{\"kind\":\"usage\",\"message\":\"policy: tokens of this profile live 1h at most, not for \
                ever\",\"hint\":\"use --expires 1h or less\"}}\n";
    output.is(2, "", line);
}

#[test]
fn policy_refusal_is_recorded_and_mints_nothing() {
    let home = Home::with(&configured("longest_lifetime = \"1h\""));
    call(&home, &["-q", "issue", "1", "--expires", "never"]).run().is_refused(
        2,
        "policy: tokens of this profile live 1h at most, not for ever",
        "use --expires 1h or less",
    );
    let log = home.log();
    let told: Vec<_> =
        log.iter().map(|entry| (entry["action"].as_str(), entry["profile"].as_str())).collect();
    assert_eq!(told, [(Some("refusal"), Some("live"))]);
}

#[test]
fn iat_is_set_five_seconds_back_and_noted() {
    let before = now();
    let output = mint_under("issued_at = true", &[]);
    let issued = claims(&output)["iat"].as_u64().unwrap() + 5;
    assert!((before..=now()).contains(&issued), "{output}");
    assert!(output.stderr.contains("note: policy: the token says that it was issued "), "{output}");
    assert!(
        output.stderr.contains("Z, 5 seconds ago") || output.stderr.contains(", 5 seconds ago"),
        "{output}"
    );
    let asked = mint_under("issued_at = true", &["--issued-at", "1700000000"]);
    asked.is(0, &asked.stdout, &note("profile live, secret from env:LIVE"));
    assert_eq!(claims(&asked)["iat"], 1_700_000_000);
}

#[test]
fn production_needs_confirmation_without_a_terminal() {
    let hint = "confirm with --confirm live";
    for arguments in [&[][..], &["--no-input"]] {
        mint_under(PRODUCTION, arguments).is_refused(
            2,
            "live is a production profile, and there is no terminal to ask at",
            hint,
        );
    }
    for (wrong, shown) in [
        ("Live", "'Live' is not its name"),
        ("", "'' is not its name"),
        ("production", "'production' is not its name"),
    ] {
        let error = format!("live is a production profile, and {shown}");
        mint_under(PRODUCTION, &["--confirm", wrong]).is_refused(2, &error, hint);
    }
    let confirmed = mint_under(PRODUCTION, &["--confirm", "live"]);
    assert!(claims(&confirmed)["exp"].is_u64(), "{confirmed}");
}

#[test]
fn production_tokens_must_expire() {
    let error = "policy: tokens of a production profile must expire";
    let output = mint_under(PRODUCTION, &["-q", "--confirm", "live", "--expires", "never"]);
    output.is_refused(2, error, "leave --expires out, or give one");
    // This error precedes the confirmation.
    let output = mint_under(PRODUCTION, &["-q", "--expires", "never"]);
    output.is_refused(2, error, "leave --expires out, or give one");
}

#[test]
fn unneeded_confirmation_is_accepted() {
    let said = note("profile live, secret from env:LIVE");
    mint_under("issued_at = false", &["--confirm", "whatever"]).is(0, &token(), &said);
}

#[test]
fn production_batch_is_confirmed_once() {
    let home = Home::with(&configured(PRODUCTION));
    let batch = |arguments: &[&str]| {
        let all: Vec<_> = ["-q", "issue", "--from", "-"].iter().chain(arguments).copied().collect();
        call(&home, &all).with_stdin("1\n2\n").run()
    };
    let error = "live is a production profile, and there is no terminal to ask at";
    batch(&[]).is_refused(2, error, "confirm with --confirm live");
    assert_eq!(batch(&["--confirm", "live"]).result().lines().count(), 2);
}

#[test]
fn ambient_secret_is_subject_to_the_default_profiles_policy() {
    let home = Home::with(&configured(PRODUCTION));
    let ambient = |arguments: &[&str]| home.call(arguments).with_env("STREAM_API_SECRET", SECRET).run();
    let why = "the production profile live is the default, and its policy applies to env:STREAM_API_SECRET";
    let hint = "confirm with --confirm live";
    ambient(&["issue", "1"]).is_refused(2, &format!("{why}, and there is no terminal to ask at"), hint);
    let error = format!("{why}, and 'production' is not its name");
    ambient(&["issue", "1", "--confirm", "production"]).is_refused(2, &error, hint);
    let output = ambient(&["issue", "1", "--confirm", "live", "-o", "json"]);
    let issued: Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(issued["profile"].is_null() && issued["expires_at"].is_u64(), "{output}");
    let said = "{\"note\":\"secret from env:STREAM_API_SECRET\"}\n{\"note\":\"policy: the default profile's, live, holds for \
                this secret\"}\n";
    assert!(output.stderr.starts_with(said), "{output}");
}

#[test]
fn demo_profile_ignores_other_policies() {
    let home = Home::with(&configured(PRODUCTION));
    let output = home.run(&["--profile", "demo", "issue", "1"]);
    output.is(0, &output.stdout, crate::cli::DEMO);
}

#[test]
fn verify_and_decode_need_no_confirmation() {
    let home = Home::with(&configured(PRODUCTION));
    let token = token();
    let verified = call(&home, &["verify", token.trim_end(), "-o", "json", "-q"]).run();
    let verdict: Value = serde_json::from_str(verified.result()).unwrap();
    assert_eq!(verdict["verdict"], "valid");
    call(&home, &["-q", "decode", token.trim_end()]).run().result();
    assert_eq!(home.log(), [Value::Null; 0]);
}

#[test]
fn missing_required_reason_is_refused_and_recorded() {
    let home = Home::with(&configured("require_reason = true"));
    let error = "policy: this profile requires a reason, and none was given";
    let hint = "say why they are needed, with --reason TEXT";
    call(&home, &["-q", "issue", "1"]).run().is_refused(2, error, hint);
    let batch = ["-q", "issue", "--from", "-"];
    call(&home, &batch).with_stdin("1\n2\n").run().is_refused(2, error, hint);
    let with_reason = [&batch[..], &["--reason", " ticket 4711 "]].concat();
    let minted = call(&home, &with_reason).with_stdin("1\n2\n").run();
    assert_eq!(minted.result().lines().count(), 2);
    let entries = home.log();
    let told: Vec<_> =
        entries.iter().map(|entry| (entry["action"].as_str(), entry["purpose"].as_str())).collect();
    let refusal = (Some("refusal"), None);
    assert_eq!(told, [refusal, refusal, (Some("mint_batch"), Some("ticket 4711"))]);
}

#[test]
fn reason_is_one_line_of_at_most_200_characters() {
    let ending = |reason: &str| mint_under("issued_at = false", &["-q", "--reason", reason]);
    assert_eq!(ending(&"é".repeat(200)).result(), token());
    for reason in ["", " ", "a\nb", &"é".repeat(201)] {
        let output = ending(reason);
        assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{output}");
        assert!(output.stderr.contains("a reason is one line of 1 to 200 characters"), "{output}");
    }
}

#[test]
fn faults_are_refused_for_production() {
    let output = mint_under(PRODUCTION, &["--fault", "expired"]);
    assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{output}");
    let said = "error: policy: nothing of a production profile is made to fail\nstream-token: hint: leave --fault out, or use \
                the profile of an app for tests\n";
    assert!(output.stderr.ends_with(said), "{output}");
}
