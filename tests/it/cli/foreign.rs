//! Untrusted strings are printed with every character escaped that a terminal would obey or hide.
//!
//! Every run of the tests is checked for such characters; these runs provoke them.

use serde_json::{Value, json};

use super::token::{HEADER, SECRET, signed, signed_with};
use super::{FROM_ENV, Output, call, demo, with_secret};

/// A colour, a write to the clipboard, a bell, a change of direction, something of no width, the
/// sequence introducer of C1, a line break, a carriage return, a delete, a tag and a line separator.
const HOSTILE: &str =
    "a\u{1b}[31mb\u{1b}]52;c;eA==\u{7}c\u{202e}d\u{200b}e\u{9b}f\ng\rh\u{7f}i\u{e0041}j\u{2028}k";

/// [`HOSTILE`] as text output shows it.
const SHOWN: &str = "a\\u{1b}[31mb\\u{1b}]52;c;eA==\\u{7}c\\u{202e}d\\u{200b}e\\u{9b}f\\u{a}g\\u{d}h\\u{7f}i\\u{e0041}j\\u{2028}k";

/// [`HOSTILE`] as JSON has it.
const IN_JSON: &str =
    "a\\u001b[31mb\\u001b]52;c;eA==\\u0007c\\u202ed\\u200be\\u009bf\\ng\\rh\\u007fi\\udb40\\udc41j\\u2028k";

/// The note on every decoded token.
const UNVERIFIED: &str = "stream-token: note: decoded, not verified: anyone can write a token\n";

/// Makes a token with hostile strings in its header, in its claims' keys and in their values.
fn hostile() -> String {
    let header = json!({ "alg": "HS256", "kid": HOSTILE, "typ": "JWT" });
    let claims = json!({ HOSTILE: HOSTILE, "iat": 1, "nested": { HOSTILE: [HOSTILE] }, "user_id": HOSTILE });
    signed_with(SECRET, &header.to_string(), &claims.to_string())
}

/// Checks that the output has this line.
#[track_caller]
fn assert_has_line(output: &Output, line: &str) {
    assert!(output.stdout.lines().any(|found| found == line), "no {line:?} in\n{output}");
}

#[test]
fn decode_shows_hostile_keys_values_and_headers_escaped() {
    let output = call(&["decode", &hostile()]).run();
    output.is(0, &output.stdout, UNVERIFIED);
    let gap = " ".repeat(SHOWN.len() + 2);
    assert_has_line(&output, &format!("        kid{}{SHOWN}", &gap[3..]));
    assert_has_line(&output, &format!("claims  {SHOWN}  {SHOWN}"));
    assert_has_line(&output, &format!("        user_id{}{SHOWN}", &gap[7..]));
    assert_eq!(output.stdout.lines().count(), 9, "{output}");
}

#[test]
fn decode_json_has_hostile_strings_whole_and_escaped() {
    let output = call(&["-o", "json", "decode", &hostile()]).run();
    let line: Value = serde_json::from_str(output.result()).unwrap();
    assert_eq!(line["header"]["kid"], HOSTILE);
    assert_eq!(line["claims"][HOSTILE], HOSTILE);
    assert_eq!(line["claims"]["nested"][HOSTILE][0], HOSTILE);
    assert_eq!(output.stdout.matches(IN_JSON).count(), 6, "{output}");
    assert_eq!(output.stdout.lines().count(), 1, "{output}");
}

#[test]
fn redaction_leaves_no_hostile_value() {
    for form in ["text", "json"] {
        let output = call(&["-q", "decode", "--redact", "-o", form, &hostile()]).run();
        let shown = if form == "json" { IN_JSON } else { SHOWN };
        assert_eq!(output.result().matches(shown).count(), 1, "the claim's name\n{output}");
    }
}

#[test]
fn verify_shows_a_hostile_user_id_escaped() {
    let output = with_secret(&["verify", &hostile()]).run();
    output.is(7, &output.stdout, FROM_ENV);
    assert_has_line(&output, &format!("user_id     FAIL  expected customer-N, found '{SHOWN}'"));
    let output = with_secret(&["-q", "-o", "json", "verify", &hostile()]).run();
    let line: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(line["user_id"], HOSTILE);
    let batch = with_secret(&["verify", "--from", "-"]).with_stdin(hostile()).run();
    batch.is(8, &format!("1\tnot_a_customer\t{SHOWN}\n"), FROM_ENV);
}

#[test]
fn verify_shows_a_hostile_header_escaped() {
    let of = |header: Value| {
        let token = signed_with(SECRET, &header.to_string(), r#"{"user_id":"customer-1"}"#);
        with_secret(&["verify", &token]).run()
    };
    let algorithm = of(json!({ "alg": HOSTILE }));
    assert_has_line(&algorithm, &format!("form        FAIL  the algorithm is '{SHOWN}', expected 'HS256'"));
    let typ = of(json!({ "alg": "HS256", "typ": HOSTILE }));
    assert_has_line(&typ, &format!("form        FAIL  typ is '{SHOWN}', expected 'JWT'"));
}

#[test]
fn hostile_duplicate_key_is_shown_escaped() {
    let key = json!(HOSTILE).to_string();
    let token = signed(&format!(r#"{{"user_id":"customer-1","iat":1,{key}:1,{key}:2}}"#));
    let output = with_secret(&["verify", &token]).run();
    assert_has_line(&output, &format!("form        FAIL  the key '{SHOWN}' appears twice in the claims set"));
    for form in ["text", "json"] {
        let output = call(&["-q", "-o", form, "decode", &token]).run();
        assert_eq!(output.status, Some(4));
    }
}

#[test]
fn long_user_id_is_cut_in_text_and_whole_in_json() {
    let user_id = "x".repeat(1000);
    let token = signed(&format!(r#"{{"user_id":"{user_id}"}}"#));
    let output = with_secret(&["-q", "verify", &token]).run();
    assert!(output.stdout.lines().all(|line| line.chars().count() < 200), "{output}");
    let output = with_secret(&["-q", "-o", "json", "verify", &token]).run();
    let line: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(line["user_id"], user_id);
}

#[test]
fn requested_colour_leaves_hostile_text_escaped() {
    for command in ["verify", "decode"] {
        let colored = with_secret(&["--color", "always", command, &hostile()]).run();
        assert!(colored.stdout.contains("\u{1b}[1m") && colored.stdout.contains(SHOWN), "{colored}");
    }
}

#[test]
fn hostile_characters_in_a_token_are_stripped_and_noted() {
    let token = signed(r#"{"user_id":"customer-1"}"#);
    let (start, end) = token.split_at(60);
    for (between, what) in [
        ("\u{200b}", "invisible characters"),
        ("\u{202e}\u{feff}", "invisible characters"),
        ("\u{1b}[31m", "terminal codes"),
        ("\u{7}", "invisible characters"),
    ] {
        let plain = with_secret(&["-q", "verify", &token]).run();
        let output = with_secret(&["verify", &format!("{start}{between}{end}")]).run();
        let note = format!("stream-token: note: stripped from the token: {what}\n");
        output.is(0, plain.result(), &format!("{note}{FROM_ENV}"));
    }
}

#[test]
fn hostile_character_in_a_segment_is_malformed() {
    let token = "e30.e30\u{7f}\u{a0}.AA";
    for form in ["text", "json"] {
        assert_eq!(with_secret(&["-o", form, "verify", token]).run().status, Some(4));
        assert_eq!(call(&["-o", form, "decode", token]).run().status, Some(4));
    }
}

#[test]
fn hostile_file_name_is_shown_escaped() {
    let name = format!("/nowhere/{HOSTILE}{}", "x".repeat(100));
    let shown = format!("/nowhere/{SHOWN}{}", "x".repeat(100));
    let error = format!(
        "stream-token: error: cannot open {shown}: No such file or directory (os error 2)\n\
         stream-token: hint: check the path and who may use it\n"
    );
    demo(&["-q", "issue", "--from", &name]).run().is(1, "", &error);
    demo(&["-q", "verify", "--from", &name]).run().is(1, "", &error);
    let output = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", &name).run();
    let hint = "put a file there that holds the app's API secret, from Stream's dashboard; give its path, never the secret itself";
    let cut: String = shown.chars().take(64).chain(['…']).collect();
    output.is_refused(3, &format!("there is no secret at file:{cut}"), hint);
}

#[test]
fn hostile_profile_name_is_shown_escaped() {
    let name = "a\u{1b}]52;c;eA==\u{7}\u{202e}";
    let (error, hint) = (
        "'a\\u{1b}]52;c;eA==\\u{7}\\u{202e}' is not a valid profile name: use 1 to 32 of a-z 0-9 _ -, beginning with a letter or a digit",
        "'stream-token profile list' shows the profiles",
    );
    call(&["--profile", name, "issue", "1"]).run().is_refused(2, error, hint);
    call(&["issue", "1"]).with_env("STREAM_TOKEN_PROFILE", name).run().is_refused(2, error, hint);
    let line = "{\"error\":{\"kind\":\"usage\",\"message\":\"'a\\\\u{1b}]52;c;eA==\\\\u{7}\\\\u{202e}' \
                is not a valid profile name: use 1 to 32 of a-z 0-9 _ -, beginning with a letter or a digit\",\"hint\":\"'stream-token profile list' shows the profiles\"}}\n";
    call(&["--profile", name, "-o", "json", "issue", "1"]).run().is(2, "", line);
}

#[test]
fn hostile_ids_are_shown_escaped() {
    let hint = "a customer id is a number from 1 to 9223372036854775807, such as 123 or customer-123";
    let refused = |id: &str, shown: &str| {
        demo(&["issue", id]).run().is_refused(2, &format!("{shown} is not a customer id"), hint);
    };
    refused("1\u{1b}[2J", "'1\\u{1b}[2J'");
    refused("1\u{202e}2", "'1\\u{202e}2'");
    refused("1\n2", "'1\\u{a}2'");
    refused("\u{200b}1", "'\\u{200b}1'");
    refused(HOSTILE, &format!("a value of {} characters", HOSTILE.chars().count()));
    let batch = demo(&["-q", "issue", "--from", "-"]).with_stdin("1\u{1b}[2J\u{9b}\n").run();
    let error = "stream-token: error: line 1: '1\\u{1b}[2J\\u{9b}' is not a customer id\n";
    batch.is(8, "", &format!("{error}stream-token: hint: {hint}\n"));
}

#[test]
fn hostile_arguments_are_escaped_in_every_position() {
    for hostile in
        ["\u{1b}]0;x\u{7}", "\u{202e}x", "x\u{9b}31m", "\n", " \n\t", "\u{200b}", "x\n\ny", HOSTILE]
    {
        for arguments in [
            vec![hostile],
            vec!["issue", "1", "--profile", hostile],
            vec!["issue", "1", "--expires", hostile],
            vec!["issue", "1", "--issued-at", hostile],
            vec!["-o", hostile, "issue", "1"],
            vec!["--color", hostile, "issue", "1"],
            vec!["verify", "x", "--customer", hostile],
            vec!["verify", "x", "--leeway", hostile],
            vec!["verify", "x", "--at", hostile],
            vec!["verify", "x", hostile],
            vec!["issue", "1", "--"].into_iter().chain([hostile]).collect(),
        ] {
            let output = call(&arguments).run();
            assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{arguments:?}");
            assert_eq!(output.stderr.lines().count(), 2, "one error and one hint\n{output}");
        }
        let flag = format!("--{hostile}");
        let output = call(&["issue", "1", &flag]).run();
        assert_eq!((output.status, output.stderr.lines().count()), (Some(2), 2), "{output}");
    }
}

#[test]
fn printable_unicode_is_not_escaped() {
    let header = HEADER;
    let token = signed_with(SECRET, header, r#"{"user_id":"customer-1","iat":1,"name":"Zoë 日本 Ω ✓ 🎉"}"#);
    let output = call(&["-q", "decode", &token]).run();
    assert_has_line(&output, "        name     Zoë 日本 Ω ✓ 🎉");
    let output = call(&["-o", "json", "decode", &token]).run();
    assert!(output.result().contains("\"name\":\"Zoë 日本 Ω ✓ 🎉\""), "{output}");
}
