//! `verify`: its options, its input and its reports.

use super::token::{HEADER, SECRET, signed, signed_with, with_fingerprint};
use stream_token::token::Fingerprint;

use super::{DEMO, FROM_ENV, Output, call, demo, with_secret};

/// The report on [`token`] at 2030-01-01T00:00:00Z.
const VALID: &str = "\
valid, unless Stream revoked it or deleted the user

form        ok   three segments, HS256, a claims object
signature   ok   by the current secret from the environment
user_id     ok   customer-123
customer    -    not checked (use --customer)
iat         ok   none, so any revocation at Stream also revokes this token
nbf         ok   absent: valid from the start
exp         ok   absent: valid until revoked
revocation  -    not checked (use --revoked-before)
stream      yes  an app with this secret accepts it
";

/// The hint for a bad leeway.
const LEEWAY_HINT: &str = "a leeway is a number and its unit, such as 30s, and at most 5m";

/// Makes a token with only a `user_id`.
fn token() -> String {
    signed(r#"{"user_id":"customer-123"}"#)
}

/// Verifies a token that ends at 2030-01-01T00:00:00Z.
fn ending(further: &[&str]) -> Output {
    let token = signed(r#"{"user_id":"customer-123","exp":1893456000}"#);
    with_secret(&[&["-q", "verify", &token], further].concat()).run()
}

/// Checks an output's status, that standard error is empty, and that the result has a line.
#[track_caller]
fn assert_line(output: &Output, status: i32, line: &str) {
    output.is(status, &output.stdout, "");
    assert!(output.stdout.lines().any(|found| found == line), "no {line:?} in\n{output}");
}

#[test]
fn verify_reads_an_argument_or_standard_input() {
    let valid = with_fingerprint(VALID, &token());
    with_secret(&["verify", &token()]).run().is(0, &valid, FROM_ENV);
    for end in ["", "\n", "\r\n"] {
        let output = with_secret(&["verify", "-"]).with_stdin(token() + end).run();
        assert_eq!(with_secret(&["verify"]).with_stdin(token() + end).run(), output);
        output.is(0, &valid, FROM_ENV);
    }
}

#[test]
fn verify_checks_the_token_at_the_given_time() {
    for at in ["1893455999", "2029-12-31T23:59:59Z", "2020-01-01T00:00:00+02:00", "20w ago"] {
        assert_eq!(ending(&["--at", at]).status, Some(0), "{at}");
    }
    for at in ["1893456000", "2030-01-01T00:00:00Z", "5000w"] {
        assert_eq!(ending(&["--at", at]).status, Some(6), "{at}");
    }
}

#[test]
fn leeway_extends_exp_but_stream_applies_none() {
    let last = ending(&["--at", "1893456299", "--leeway", "5m"]);
    assert_line(&last, 0, "stream      no  Stream answers 401, code 40");
    let over = ending(&["--at", "1893456300", "--leeway", "5m"]);
    assert_line(&over, 6, "stream      no    Stream answers 401, code 40");
}

#[test]
fn leeway_needs_a_unit_and_is_at_most_five_minutes() {
    let refused = |leeway: &str, error: &str| {
        let error = format!("invalid value '{leeway}' for '--leeway <DURATION>': {error}");
        with_secret(&["verify", "x", "--leeway", leeway]).run().is_refused(2, &error, LEEWAY_HINT);
    };
    refused("301s", "a leeway is at most 5m");
    refused("1w", "a leeway is at most 5m");
    refused("30", "'30' is not a duration: write 30s, 5m, 1h, 7d or 2w");
    refused("", "'' is not a duration: write 30s, 5m, 1h, 7d or 2w");
    refused("99999999999999999999s", "'99999999999999999999s' is too long");
}

#[test]
fn customer_option_accepts_both_forms() {
    for customer in ["123", "customer-123"] {
        let output = with_secret(&["-q", "verify", &token(), "--customer", customer]).run();
        assert_line(&output, 0, "customer    ok   123, as asked");
    }
}

#[test]
fn malformed_customer_option_is_refused() {
    let refused = |customer: &str, error: &str, hint: &str| {
        let value = error.trim_start_matches("a value ");
        let error = format!("invalid value {value} for '--customer <ID>': {error} is not a customer id");
        with_secret(&["verify", &token(), "--customer", customer]).run().is_refused(2, &error, hint);
    };
    let hint = "a customer id is a number from 1 to 9223372036854775807, such as 123 or customer-123";
    refused("ann", "'ann'", hint);
    let hint = "this looks like a token: use 'stream-token verify' or 'stream-token decode'";
    refused(&token(), "a value of 116 characters", hint);
}

#[test]
fn future_revocation_is_refused() {
    let refused = |before: &str, hint: &str| {
        let output = with_secret(&["verify", &token(), "--revoked-before", before]).run();
        let said = output.stderr.clone();
        let error = said.lines().next().unwrap().strip_prefix("stream-token: error: ").unwrap();
        assert!(error.starts_with(&format!("'{before}' is not in the past: it means ")), "{error}");
        output.is_refused(2, error, hint);
    };
    let hint = "a past time is now, today, 1h (back from now), or an earlier date";
    refused("4000000000", hint);
    refused("2999-12-31", hint);
}

#[test]
fn revocation_accepts_durations_and_dates_in_the_past() {
    let verdict = |before: &str| {
        let issued = demo(&["-q", "issue", "1", "--issued-at", "2h ago"]).run();
        let verified = demo(&["-q", "verify", "--revoked-before", before]).with_stdin(issued.result()).run();
        verified.status
    };
    assert_eq!(verdict("1h"), Some(6));
    assert_eq!(verdict("1h ago"), Some(6));
    assert_eq!(verdict("3h"), Some(0));
    assert_eq!(verdict("2020-01-01"), Some(0));
}

#[test]
fn token_without_iat_is_revoked_by_any_revocation() {
    let output = with_secret(&["-q", "verify", &token(), "--revoked-before", "now"]).run();
    assert_line(&output, 6, "remedy            mint a new one: stream-token issue 123 --issued-at now");
}

#[test]
fn stripped_parts_of_a_paste_are_noted() {
    let said = |what: &str| format!("stream-token: note: stripped from the token: {what}\n{FROM_ENV}");
    let token = token();
    let valid = with_fingerprint(VALID, &token);
    let (start, end) = token.split_at(60);
    for (paste, what) in [
        (format!("Bearer {token}"), "the word Bearer"),
        (format!("'{token}'"), "quotes"),
        (format!("b'{token}'"), "b'…'"),
        (format!(" {token} "), "white space"),
        (format!("{{\"token\": \"{token}\"}}"), "quotes, the JSON around it (field token)"),
        (format!("{start}\n{end}"), "line breaks"),
        (
            format!("curl -H 'Authorization: Bearer {token}' https://example.org"),
            "quotes, the word Bearer, the header name Authorization, the curl command around it",
        ),
    ] {
        with_secret(&["verify", &paste]).run().is(0, &valid, &said(what));
        with_secret(&["verify", "-"]).with_stdin(&paste).run().is(0, &valid, &said(what));
    }
}

#[test]
fn two_tokens_are_refused_and_copies_count_once() {
    let other = signed(r#"{"user_id":"customer-124"}"#);
    let output = with_secret(&["-q", "verify", "-"]).with_stdin(format!("{} {other}", token())).run();
    let hint = "paste one token, or give many with --from, one a line";
    let listed = [(123, token()), (124, other)].map(|(customer, token)| {
        let fingerprint = Fingerprint::of(token.as_bytes());
        format!("a token for user 'customer-{customer}' (fingerprint {fingerprint})")
    });
    let error = format!("there are 2 different tokens in what was pasted: {}", listed.join("; "));
    output.is_refused(2, &error, hint);
    let output = with_secret(&["verify", "-"]).with_stdin(format!("{0}\n{0}\n", token())).run();
    let said = "stream-token: note: stripped from the token: more copies of it\n";
    output.is(0, &with_fingerprint(VALID, &token()), &format!("{said}{FROM_ENV}"));
}

#[test]
fn unquoted_paste_is_refused_with_a_remedy() {
    let error = format!("unexpected argument a value of {} characters found", token().len());
    let hint = "put all that was pasted in quotes, or pipe it to 'stream-token verify -'";
    with_secret(&["verify", "Bearer", &token()]).run().is_refused(2, &error, hint);
}

#[test]
fn broken_token_of_any_length_is_malformed() {
    let form = |stdin: &[u8], arguments: &[&str], found: &str| {
        let output = with_secret(&[&["-q", "verify"], arguments].concat()).with_stdin(stdin).run();
        assert_line(&output, 4, &format!("form        FAIL  {found}"));
    };
    form(b"", &["a.b"], "expected 3 segments, found 2");
    form(b"", &["e30.W10.AA"], "the header names no algorithm");
    form(b"", &["e30=.e30.AA"], "the header contains '=', which is not base64url");
    let long = signed(&format!(r#"{{"user_id":"customer-123","x":"{}"}}"#, "x".repeat(3000)));
    form(b"", &[&long], &format!("it has {} bytes, and a token at most 4096", long.len()));
}

/// Checks that text on standard input is refused as having no token, with this error and hint.
#[track_caller]
fn assert_no_token(text: impl AsRef<[u8]>, error: &str, hint: &str) {
    with_secret(&["-q", "verify", "-"]).with_stdin(text).run().is_refused(4, error, hint);
}

#[test]
fn text_without_a_token_has_no_verdict() {
    for empty in ["", "\n", "\u{feff}\u{200b}"] {
        assert_no_token(empty, "nothing was pasted", "paste the token, from its eyJ to its end");
    }
    let hint = "a token starts with eyJ and has three parts joined by dots; paste all of it";
    for text in ["junk", "two words", "my token is secret"] {
        assert_no_token(text, "there is no token in what was pasted", hint);
    }
    let error = "what was pasted has more than 65536 bytes";
    assert_no_token("a".repeat(1024 * 1024), error, "paste the token alone");
    let hint = "look where the app calls connectUser: the token was not fetched yet, or its variable has another name";
    assert_no_token("[object Promise]", "'[object Promise]' is not a token: the app passed none", hint);
}

#[test]
fn pasted_stream_error_is_explained() {
    let text = "WS failed with code 43 and reason - JWTAuth error: signature is not valid. Make sure the token is created \
                using the secret for API key \"abc123\"";
    let error = "there is no token in what was pasted, but Stream's error 43: the token was signed with another app's secret";
    let hint = "compare the app's API key with the signer's: key and secret must be of one app; then verify the token";
    assert_no_token(text, error, hint);
}

#[test]
fn pasted_api_secret_is_an_incident_and_not_shown() {
    let hint = "anyone who saw it can mint tokens for every user: change it in Stream's dashboard, then store the new one with \
                'stream-token secret rotate'";
    for text in [SECRET.to_owned(), format!("Bearer {SECRET}\n"), format!("STREAM_API_SECRET=\"{SECRET}\"")] {
        assert_no_token(text, "this is the API secret, not a token", hint);
    }
}

#[test]
fn user_token_among_other_tokens_is_verified() {
    let session =
        signed_with(SECRET, r#"{"alg":"HS256","typ":"stream-token-session+jwt"}"#, r#"{"sub":"123"}"#);
    let paste = format!("Authorization: Bearer {session}\n\n{{\"token\":\"{}\"}}", token());
    let output = with_secret(&["verify", "-"]).with_stdin(paste).run();
    let said = "stripped from the token: quotes, the JSON around it (field token), other text around it, another token (a \
                session token of 'stream-token serve')";
    let said = format!("stream-token: note: {said}\n{FROM_ENV}");
    output.is(0, &with_fingerprint(VALID, &token()), &said);
}

#[test]
fn utf_16_token_is_read_and_json_lists_it_as_stripped() {
    let bytes: Vec<u8> =
        format!("\u{feff}{}\r\n", token()).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let output = with_secret(&["-q", "-o", "json", "verify", "-"]).with_stdin(bytes).run();
    assert_eq!(output.status, Some(0), "{output}");
    assert!(output.stdout.ends_with(",\"stripped\":[\"UTF-16\"]}\n"), "{output}");
}

#[test]
fn cut_or_removed_signature_is_malformed() {
    let (input, signature) = { token() }.rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    for length in [1, 4, 32, 36, 37, 40, 41, 42] {
        let output = with_secret(&["-q", "verify", &format!("{input}.{}", &signature[..length])]).run();
        assert_line(&output, 4, &format!("form        FAIL  the signature has {length} of 43 characters"));
    }
    for removed in ["", "REDACTED", "***"] {
        let output = with_secret(&["-q", "verify", &format!("{input}.{removed}")]).run();
        assert_line(&output, 4, "form        FAIL  the signature was removed");
    }
}

#[test]
fn alteration_of_the_secret_is_named() {
    let token = signed_with(&format!("{SECRET}\n"), HEADER, r#"{"user_id":"customer-123"}"#);
    let output = with_secret(&["-q", "verify", &token]).run();
    assert_line(&output, 5, "signature   FAIL  by this profile's secret with a line break after it");
    assert_line(
        &output,
        5,
        "remedy            fix the signer: it uses this profile's secret with a line break after it",
    );
    let output = with_secret(&["-q", "-o", "json", "verify", &token]).run();
    assert!(output.stdout.contains(",\"altered_secret\":\"line_feed\","), "{output}");
    let token = signed_with("abc123key", HEADER, r#"{"user_id":"customer-123"}"#);
    let output = with_secret(&["-q", "verify", &token]).with_env("STREAM_API_KEY", "abc123key").run();
    assert_line(
        &output,
        5,
        "remedy            fix the signer: it signs with the API key; use the API secret",
    );
}

#[test]
fn valid_token_with_exp_in_milliseconds_is_flagged() {
    let output =
        with_secret(&["-q", "verify", &signed(r#"{"user_id":"customer-123","exp":4102358400000}"#)]).run();
    assert_line(&output, 0, "valid, but exp seems to be in milliseconds, expected seconds");
    assert_line(&output, 0, "remedy           fix the signer: exp is in milliseconds, divide it by 1000");
}

#[test]
fn remedy_names_the_profile_in_use() {
    let token = demo(&["-q", "issue", "123", "--expires", "1s"]).run();
    let output = demo(&["-q", "verify", token.result().trim_end(), "--at", "4000000000"]).run();
    assert_line(&output, 6, "remedy            mint a new one: stream-token --profile demo issue 123");
}

#[test]
fn unknown_claims_are_accepted() {
    let token = signed(r#"{"name":"Ann","user_id":"customer-123","sub":7}"#);
    with_secret(&["verify", &token]).run().is(0, &with_fingerprint(VALID, &token), FROM_ENV);
}

#[test]
fn token_of_another_profile_fails_and_names_it() {
    let demo_token = demo(&["-q", "issue", "123"]).run();
    let output = with_secret(&["-q", "verify", demo_token.result().trim_end()]).run();
    assert_line(&output, 5, "signature   FAIL  signed by profile demo, not this one");
    let output = demo(&["verify", "-"]).with_stdin(&demo_token.stdout).run();
    let valid = VALID.replace("from the environment", "of profile demo");
    output.is(0, &with_fingerprint(&valid, demo_token.result().trim_end()), DEMO);
}

#[test]
fn remedy_names_no_customer_without_a_valid_user_id() {
    let token =
        signed_with("another-secret-0123456789-abcdefghi", r#"{"alg":"HS256"}"#, r#"{"user_id":"ann"}"#);
    let output = with_secret(&["-q", "verify", &token]).run();
    let remedy = "remedy            it is another app's token, or the API secret was changed since: compare the API \
                  keys, then mint a new one: stream-token issue CUSTOMER";
    assert_line(&output, 5, remedy);
}

#[test]
fn verify_and_decode_print_text_or_json_only() {
    for form in ["header", "curl", "env", "csv"] {
        let (error, hint) = (
            "this command has no such form of output",
            "use -o text or -o json; header, curl, env, csv and template are for issue",
        );
        for command in ["verify", "decode"] {
            let output = with_secret(&["-o", form, command, "x"]).run();
            output.is_refused(2, error, hint);
        }
    }
}

#[test]
fn token_and_from_exclude_each_other() {
    let output = with_secret(&["verify", &token(), "--from", "-"]).run();
    let error = "the argument '[TOKEN]' cannot be used with '--from <FILE>'";
    output.is_refused(2, error, "run 'stream-token verify --help'");
}

#[test]
fn verify_needs_a_secret_even_for_junk() {
    let output = call(&["verify", "junk"]).run();
    assert_eq!((output.status, output.stdout.as_str()), (Some(3), ""));
}

#[test]
fn times_are_shown_in_local_time_and_utc() {
    let token = signed(r#"{"user_id":"customer-123","exp":1893456000}"#);
    let output = with_secret(&["-q", "verify", &token, "--at", "1893369600"]).with_env("TZ", "<+02>-2").run();
    assert_line(&output, 0, "exp         ok   2030-01-01 02:00:00 +02:00, 2030-01-01T00:00:00Z, in 24 hours");
}
