//! Entries of mints and of refusals by policy.

use super::Log;
use crate::cli::token::SECRET;
use crate::cli::{Call, refusal};

/// Two profiles with policies.
const CONFIG: &str = r#"
[profiles.short]
secret = "env:SECRET"
policy = { longest_lifetime = "1h" }

[profiles.live]
secret = "env:SECRET"
policy = { production = true, default_lifetime = "1h" }
"#;

/// Prepares a call under those profiles.
fn call(log: &Log, arguments: &[&str]) -> Call {
    let arguments = [&["-q", "--config", "config"], arguments].concat();
    log.call(&arguments).with_file("config", CONFIG).with_env("SECRET", SECRET)
}

#[test]
fn policy_refusal_is_recorded_with_its_reason() {
    let log = Log::new();
    let too_long = call(&log, &["--profile", "short", "issue", "1", "--expires", "2h"]).run();
    let reason = "policy: tokens of this profile live 1h at most, not 2h";
    too_long.is(2, "", &refusal(reason, "use --expires 1h or less"));
    let endless = call(&log, &["--profile", "short", "issue", "1", "--expires", "never"]).run();
    assert_eq!((endless.status, endless.stdout.as_str()), (Some(2), ""), "{endless}");
    let live =
        call(&log, &["--profile", "live", "issue", "1", "--expires", "never", "--confirm", "live"]).run();
    assert_eq!((live.status, live.stdout.as_str()), (Some(2), ""), "{live}");
    assert_eq!(log.actions(), ["segment_opened", "refusal", "refusal", "refusal"]);
    let entries = log.entries();
    assert_eq!(entries[1]["reason"], reason);
    assert_eq!((&entries[1]["outcome"], &entries[1]["profile"]), (&"refused".into(), &"short".into()));
    assert_eq!(entries[3]["profile"], "live");
    log.assert_intact();
}

#[test]
fn mint_is_recorded_with_profile_expiry_and_channel() {
    let log = Log::new();
    let minted = call(&log, &["--profile", "short", "issue", "12", "--expires", "30m"]).run();
    let token = minted.result().trim_end().to_owned();
    let entry = &log.entries()[1];
    assert_eq!((&entry["action"], &entry["outcome"]), (&"mint".into(), &"ok".into()));
    assert_eq!(
        (&entry["profile"], &entry["customer"], &entry["channel"]),
        (&"short".into(), &12.into(), &"cli".into())
    );
    assert_eq!(entry["fingerprint"], super::fingerprint(&token));
    let claims: serde_json::Value = serde_json::from_str(&crate::cli::token::claims_of(&token)).unwrap();
    assert_eq!(entry["expires_at"], claims["exp"]);
}

#[test]
fn log_holds_neither_token_nor_secret() {
    let log = Log::new();
    let token = call(&log, &["--profile", "short", "issue", "12"]).run().result().trim_end().to_owned();
    let text = log.lines().concat();
    assert!(!text.contains(SECRET) && !text.contains(token.rsplit('.').next().unwrap()), "{text}");
}

#[test]
fn unrecordable_refusal_is_reported_as_such() {
    let log = Log::of_mints(1);
    std::fs::remove_file(log.segment(1)).unwrap();
    std::fs::create_dir(log.segment(1)).unwrap();
    let output = call(&log, &["--profile", "short", "issue", "1", "--expires", "2h"]).run();
    assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""), "{output}");
    assert!(output.stderr.contains(": it is not a regular file"), "{output}");
}

#[test]
fn no_output_form_prints_a_token_without_an_entry() {
    for form in ["text", "json", "csv", "header", "env"] {
        let log = Log::new();
        std::fs::create_dir_all(log.segment(1)).unwrap();
        let output = log.run(&["-q", "-o", form, "issue", "1"]);
        assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""), "{form}: {output}");
    }
}
