//! `profile`: its output in text and JSON, and its refusals.

use serde_json::{Value, json};

use super::{Home, note, refusal};

/// A configuration of two profiles.
const TWO: &str =
    "default_profile = \"a\"\n\n[profiles.a]\nsecret = \"env:A\"\n\n[profiles.b]\nsecret = \"env:B\"\n";

/// A text as long as a Stream API secret.
const SECRET: &str = "q7w8e9r0q7w8e9r0q7w8e9r0q7w8e9r0q7w8e9r0q7w8e9r0q7w8e9r0q7w8e9r0";

/// Checks that an `add` with these arguments is refused, and that nothing was written.
#[track_caller]
fn assert_add_refused(arguments: &[&str], error: &str, hint: &str) {
    let home = Home::new();
    let all: Vec<_> = ["profile", "add"].iter().chain(arguments).copied().collect();
    home.run(&all).is_refused(2, error, hint);
    assert!(!home.folder().exists());
}

#[test]
fn first_profile_becomes_the_default() {
    let home = Home::new();
    let path = home.path().display().to_string();
    home.run(&["profile", "add", "b", "--secret", "env:B"]).is(
        0,
        "",
        &note(&format!("added profile b to {path}; it is the default")),
    );
    home.run(&["profile", "add", "a", "--secret", "env:A"]).is(
        0,
        "",
        &note(&format!("added profile a to {path}")),
    );
    let expected =
        "default_profile = \"b\"\n\n[profiles.b]\nsecret = \"env:B\"\n\n[profiles.a]\nsecret = \"env:A\"\n";
    assert_eq!(home.config(), expected);
}

#[test]
fn every_flag_of_add_is_stored_and_shown() {
    let home = Home::new();
    let added = home.run(&[
        "-q",
        "profile",
        "add",
        "live",
        "--secret",
        "command:pass  show a",
        "--api-key",
        "abc123",
        "--session-key",
        "file:/run/key",
        "--base-url",
        "https://chat.example.com/",
        "--default-lifetime",
        "90m",
        "--longest-lifetime",
        "30d",
        "--issued-at",
        "--production",
        "--require-reason",
    ]);
    added.is(0, "", "");
    let expected = "default_profile = \"live\"\n\n[profiles.live]\nsecret = \"command:pass show a\"\napi_key = \"abc123\"\n\
                    session_key = \"file:/run/key\"\nbase_url = \"https://chat.example.com\"\npolicy = { default_lifetime = \
                    \"1h30m\", longest_lifetime = \"30d\", issued_at = true, production = true, require_reason = true }\n";
    assert_eq!(home.config(), expected);
    let text = "name         live, the default\napi key      abc123\nsecret       command:pass show a\n\
                policy       production, 1h30m by default, 30d at most, with iat, with a reason\nsession key  file:/run/key\n\
                base url     https://chat.example.com\n";
    home.run(&["profile", "show", "live"]).is(0, text, "");
    let shown: Value =
        serde_json::from_str(home.run(&["profile", "show", "live", "-o", "json"]).result()).unwrap();
    let expected = json!({
        "name": "live", "default": true, "api_key": "abc123", "secret": "command:pass show a",
        "session_key": "file:/run/key", "base_url": "https://chat.example.com",
        "sessions": null,
        "policy": {"default_lifetime": 5400, "longest_lifetime": 2_592_000, "issued_at": true, "production": true, "require_reason": true},
    });
    assert_eq!(shown, expected);
}

#[test]
fn list_shows_every_profile_and_demo_last() {
    let home = Home::with(TWO);
    let text = "NAME           API KEY       SECRET  POLICY\na     default  -             env:A   -\n\
                b              -             env:B   -\ndemo           demo-api-key  demo    -\n";
    home.run(&["profile", "list"]).is(0, text, "");
    let none = json!({"default_lifetime": null, "longest_lifetime": null, "issued_at": false, "production": false, "require_reason": false});
    let expected = [
        ("a", true, "env:A", None),
        ("b", false, "env:B", None),
        ("demo", false, "demo", Some("demo-api-key")),
    ]
    .map(|(name, default, secret, key)| {
        json!({"name": name, "default": default, "api_key": key, "secret": secret, "session_key": null,
                   "base_url": null, "sessions": null, "policy": none})
    });
    let listed = home.run(&["profile", "list", "-o", "json"]);
    let lines: Vec<Value> = listed.result().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, expected);
}

#[test]
fn demo_profile_needs_no_configuration() {
    let home = Home::new();
    let text = "name     demo\napi key  demo-api-key\nsecret   demo\npolicy   -\n";
    home.run(&["profile", "show", "demo"]).is(0, text, "");
    assert!(home.run(&["profile", "list"]).result().ends_with("\ndemo     demo-api-key  demo    -\n"));
    assert!(!home.folder().exists());
}

#[test]
fn another_profile_can_be_made_the_default() {
    let home = Home::with(TWO);
    home.run(&["profile", "default", "b"]).is(0, "", &note("b is the default profile now"));
    assert_eq!(home.config(), TWO.replace("= \"a\"", "= \"b\""));
    home.run(&["profile", "default", "demo"]).is(0, "", &note("demo is the default profile now"));
    assert_eq!(home.config(), TWO.replace("= \"a\"", "= \"demo\""));
}

#[test]
fn profile_is_removed_once_its_name_is_confirmed() {
    let home = Home::with(TWO);
    let error = "profile b will be removed, and";
    let hint = "confirm with --confirm b";
    home.run(&["profile", "remove", "b"]).is_refused(
        2,
        &format!("{error} there is no terminal to ask at"),
        hint,
    );
    home.run(&["profile", "remove", "b", "--confirm", "a"]).is_refused(
        2,
        &format!("{error} 'a' is not its name"),
        hint,
    );
    home.run(&["profile", "remove", "b", "--confirm", ""]).is_refused(
        2,
        &format!("{error} '' is not its name"),
        hint,
    );
    assert_eq!(home.config(), TWO);
    let removed = note("removed profile b; its secret stays where it is");
    home.run(&["profile", "remove", "b", "--confirm", "b"]).is(0, "", &removed);
    assert_eq!(home.config(), TWO.replace("\n[profiles.b]\nsecret = \"env:B\"\n", ""));
}

#[test]
fn other_profiles_are_listed_after_the_default_is_removed() {
    let home = Home::with(TWO);
    let said =
        note("removed profile a; its secret stays where it is") + &note("no profile is the default now");
    home.run(&["profile", "remove", "a", "--confirm", "a"]).is(0, "", &said);
    assert_eq!(home.config(), "[profiles.b]\nsecret = \"env:B\"\n");
    let hint = "no profile is the default: name one with --profile, or make one the default with 'stream-token profile \
                default'; profiles: b, demo";
    home.run(&["issue", "1"]).is_refused(3, "no API secret is set", hint);
    home.run(&["-q", "profile", "add", "c", "--secret", "env:C"]).is(0, "", "");
    assert!(!home.config().contains("default_profile"));
}

#[test]
fn name_in_use_is_refused() {
    let home = Home::with(TWO);
    let hint = "see 'stream-token profile show a', or remove it first";
    let added = home.run(&["profile", "add", "a", "--secret", "env:X"]);
    added.is_refused(2, "there is a profile 'a' already", hint);
    assert_eq!(home.config(), TWO);
}

#[test]
fn unknown_profile_lists_the_known_ones() {
    let home = Home::with(TWO);
    for call in [
        &["profile", "show", "c"][..],
        &["profile", "default", "c"],
        &["profile", "remove", "c"],
        &["profile", "remove", "c", "--confirm", "c"],
        &["--profile", "c", "issue", "1"],
    ] {
        home.run(call).is_refused(2, "there is no profile 'c'", "profiles: a, b, demo");
    }
    assert_eq!(home.config(), TWO);
}

#[test]
fn demo_profile_can_be_neither_added_nor_removed() {
    let home = Home::with(TWO);
    let error = "profile demo is built in, and can be neither added, changed nor removed";
    let hint = "'stream-token profile list' shows the profiles";
    home.run(&["profile", "add", "demo", "--secret", "env:A"]).is_refused(2, error, hint);
    home.run(&["profile", "remove", "demo", "--confirm", "demo"]).is_refused(2, error, hint);
    assert_eq!(home.config(), TWO);
}

#[test]
fn malformed_names_are_refused() {
    let rule = "is not a valid profile name: use 1 to 32 of a-z 0-9 _ -, beginning with a letter or a digit";
    let long = "x".repeat(33);
    let cases = [("A", "'A'"), ("a b", "'a b'"), ("../x", "'../x'"), ("", "''"), ("a.b", "'a.b'")];
    for (name, shown) in cases {
        let error = format!("invalid value {shown} for '<NAME>': {shown} {rule}");
        assert_add_refused(&[name, "--secret", "env:A"], &error, "run 'stream-token profile add --help'");
    }
    let error = format!("invalid value of 33 characters for '<NAME>': a value of 33 characters {rule}");
    assert_add_refused(&[&long, "--secret", "env:A"], &error, "run 'stream-token profile add --help'");
}

#[test]
fn malformed_flag_values_are_refused() {
    let url = "a base URL begins with https:// and a host, and has no query";
    let zero = "a lifetime of 0 ends before it starts";
    for (flag, value, place, why) in [
        ("--base-url", "http://x", "--base-url <URL>", url),
        ("--base-url", "https://x?a=b", "--base-url <URL>", url),
        ("--default-lifetime", "0s", "--default-lifetime <DURATION>", zero),
        ("--longest-lifetime", "0d", "--longest-lifetime <DURATION>", zero),
    ] {
        let error = format!("invalid value '{value}' for '{place}': {why}");
        assert_add_refused(
            &["a", "--secret", "env:A", flag, value],
            &error,
            "run 'stream-token profile add --help'",
        );
    }
}

#[test]
fn contradictory_lifetimes_are_refused() {
    let home = Home::new();
    let output = home.run(&[
        "profile",
        "add",
        "a",
        "--secret",
        "env:A",
        "--default-lifetime",
        "2h",
        "--longest-lifetime",
        "1h",
    ]);
    let error = "the default_lifetime of profile a is above its longest_lifetime";
    output.is_refused(2, error, "nothing is changed; 'stream-token help profile set' explains settings");
    assert!(!home.path().exists());
}

#[test]
fn unknown_sources_are_refused_without_echo() {
    let forms = "a source is keyring, env:NAME, file:/abs, credential:NAME or command:PROG ARGS, never the secret itself";
    for value in ["vault:stream", "file:secrets/stream", "env:A B", "command: ", "credential:../x"] {
        let length = value.len();
        let error = format!("invalid value of {length} characters for '--secret <SOURCE>': {forms}");
        assert_add_refused(&["a", "--secret", value], &error, "run 'stream-token profile add --help'");
        let error = error.replace("--secret", "--session-key");
        assert_add_refused(
            &["a", "--secret", "env:A", "--session-key", value],
            &error,
            "run 'stream-token profile add --help'",
        );
    }
}

#[test]
fn misplaced_secret_is_never_echoed_or_written() {
    let home = Home::new();
    let (env, credential) = (format!("env:{SECRET}"), format!("credential:{SECRET}"));
    let equals = format!("--secret={SECRET}");
    for arguments in [
        &["a", "--secret", SECRET][..],
        &["a", &equals],
        &["a", "--secret", &SECRET[..12]],
        &["a", "--secret", &env],
        &["a", "--secret", &credential],
        &["a", "--secret", "env:A", "--session-key", SECRET],
        &["a", "--secret", "env:A", "--api-key", SECRET],
        &["a", "--secret", "env:A", SECRET],
        &[SECRET, "--secret", "env:A"],
    ] {
        for form in ["text", "json"] {
            let all: Vec<_> = ["-o", form, "profile", "add"].iter().chain(arguments).copied().collect();
            let output = home.run(&all);
            output.is(2, "", &output.stderr);
            assert!(!output.stderr.contains(&SECRET[..6]), "{output}");
        }
    }
    assert!(!home.folder().exists());
}

#[test]
fn other_forms_of_output_are_refused() {
    for form in ["header", "curl", "env", "csv"] {
        let hint = "use -o text or -o json; header, curl, env, csv and template are for issue";
        Home::new().run(&["profile", "list", "-o", form]).is_refused(
            2,
            "this command has no such form of output",
            hint,
        );
    }
}

#[test]
fn json_error_has_kind_and_hint() {
    let output = Home::new().run(&["profile", "show", "a", "-o", "json"]);
    let line = "{\"error\":{\"kind\":\"usage\",\"message\":\"there is no profile 'a'\",\"hint\":\"profiles: demo\"}}\n";
    output.is(2, "", line);
}

#[test]
fn missing_home_is_reported() {
    let home = Home::new();
    let nowhere = home.call(&["profile", "add", "a", "--secret", "env:A"]).with_env("HOME", "");
    let said =
        refusal("there is no directory for the configuration", "set HOME, or give a file with --config");
    nowhere.run().is(2, "", &said);
}

#[test]
fn set_changes_notes_and_records_named_settings_only() {
    let home = Home::with("# mine\n[profiles.a]\n# where it is\nsecret = \"env:A\"\n");
    let set = |arguments: &[&str]| home.run(&[&["profile", "set", "a"], arguments].concat());
    set(&["--default-lifetime", "1h", "--api-key", "abc123"]).is(
        0,
        "",
        &(note("profile a: api key: - -> abc123") + &note("profile a: policy: - -> 1h by default")),
    );
    let expected = "# mine\n[profiles.a]\n# where it is\nsecret = \"env:A\"\napi_key = \"abc123\"\npolicy = { default_lifetime = \"1h\" }\n";
    assert_eq!(home.config(), expected);
    set(&["--production"]).is(0, "", &note("profile a: policy: 1h by default -> production, 1h by default"));
    // From now on its name is asked for, here with --confirm.
    let unchanged = home.config();
    set(&["--unset", "production"]).is_refused(
        2,
        "a is a production profile, and there is no terminal to ask at",
        "confirm with --confirm a",
    );
    set(&["--unset", "production", "--confirm", "a", "-q"]).is(0, "", "");
    assert_eq!(home.config(), unchanged.replace(", production = true", ""));
    set(&["--check-url", "https://a.example/me", "--customer-from", "/id", "-q"]).is(0, "", "");
    // A part of a table is changed alone, and --unset goes first.
    set(&["--check-cache", "0s", "-q"]).is(0, "", "");
    assert!(home.config().contains(
        r#"sessions = { check_url = "https://a.example/me", customer_from = "/id", cache = "0s" }"#
    ));
    set(&["--jwt-issuer", "app", "--unset", "sessions", "-q"]).is(0, "", "");
    assert!(home.config().contains(r#"sessions = { issuer = "app" }"#), "{}", home.config());
    set(&["--unset", "sessions", "--unset", "api-key", "--unset", "default-lifetime", "-q"]).is(0, "", "");
    assert_eq!(home.config(), "# mine\n[profiles.a]\n# where it is\nsecret = \"env:A\"\n");
    set(&["--unset", "api-key"]).is(0, "", &note("profile a is like this already: nothing is changed"));
    let listed = home.run(&["audit", "list", "--action", "profile_change", "-o", "json"]);
    let entries = listed.result().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let reasons: Vec<_> = entries.map(|entry| entry["reason"].as_str().unwrap().to_owned()).collect();
    let more = ["policy.production", "policy.production", "sessions.check_url, sessions.customer_from"];
    assert_eq!(reasons[0], "api_key, policy.default_lifetime");
    assert_eq!(reasons[1..4], more);
    assert_eq!(reasons.len(), 7);
}

#[test]
fn contradictory_setting_is_refused() {
    let home = Home::with(TWO);
    let hint = "nothing is changed; 'stream-token help profile set' explains settings";
    for (flags, error) in [
        (&["--production"][..], "the production profile b needs a default_lifetime"),
        (
            &["--default-lifetime", "2h", "--longest-lifetime", "1h"],
            "the default_lifetime of profile b is above its longest_lifetime",
        ),
        (&["--check-cache", "1s"], "sessions needs a check_url, or the issuer of JWTs"),
    ] {
        home.run(&[&["profile", "set", "b"], flags].concat()).is_refused(2, error, hint);
    }
    home.run(&["profile", "set", "b"]).is_refused(
        2,
        "no setting is named",
        "see 'stream-token profile set --help'",
    );
    home.run(&["profile", "set", "demo", "--issued-at"]).is_refused(
        2,
        "profile demo is built in, and can be neither added, changed nor removed",
        "'stream-token profile list' shows the profiles",
    );
    home.run(&["profile", "set", "c", "--issued-at"]).is_refused(
        2,
        "there is no profile 'c'",
        "profiles: a, b, demo",
    );
    assert_eq!(home.config(), TWO);
}

#[test]
fn secret_left_unused_in_the_keyring_is_noted() {
    let home = Home::with(TWO);
    home.run(&["profile", "set", "b", "--secret", "keyring"]).is(
        0,
        "",
        &note("profile b: secret: env:B -> keyring"),
    );
    let moved = home.run(&["profile", "set", "b", "--secret", "env:B"]);
    assert!(moved.stderr.contains("its secret in the keyring stays there, unused"), "{moved}");
    assert_eq!(home.config(), TWO);
}
