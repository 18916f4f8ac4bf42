//! `verify`: what a token is held against, and where it is read from.

use super::token::{signed, signed_with};
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

/// What a leeway is.
const LEEWAY_HINT: &str = "a leeway is a number and its unit, such as 30s, and at most 5m";

/// Makes the plainest token.
fn token() -> String {
    signed(r#"{"user_id":"customer-123"}"#)
}

/// Verifies a token that ends at 2030-01-01T00:00:00Z.
fn ending(further: &[&str]) -> Output {
    let token = signed(r#"{"user_id":"customer-123","exp":1893456000}"#);
    with_secret(&[&["-q", "verify", &token], further].concat()).run()
}

/// Checks an output's status, that it said nothing beside its result, and a line of that.
#[track_caller]
fn has_line(output: &Output, status: i32, line: &str) {
    output.is(status, &output.stdout, "");
    assert!(output.stdout.lines().any(|found| found == line), "no {line:?} in\n{output}");
}

#[test]
fn reads_the_token_from_an_argument_or_from_standard_input() {
    with_secret(&["verify", &token()]).run().is(0, VALID, FROM_ENV);
    for end in ["", "\n", "\r\n"] {
        let output = with_secret(&["verify", "-"]).with_stdin(token() + end).run();
        assert_eq!(with_secret(&["verify"]).with_stdin(token() + end).run(), output);
        output.is(0, VALID, FROM_ENV);
    }
}

#[test]
fn holds_the_token_against_the_moment_that_is_asked_for() {
    for at in ["1893455999", "2029-12-31T23:59:59Z", "2020-01-01T00:00:00+02:00", "20w ago"] {
        assert_eq!(ending(&["--at", at]).status, Some(0), "{at}");
    }
    for at in ["1893456000", "2030-01-01T00:00:00Z", "5000w"] {
        assert_eq!(ending(&["--at", at]).status, Some(6), "{at}");
    }
}

#[test]
fn leeway_counts_from_the_end_and_stream_knows_none() {
    let last = ending(&["--at", "1893456299", "--leeway", "5m"]);
    has_line(&last, 0, "stream      no  Stream answers 401, code 40");
    let over = ending(&["--at", "1893456300", "--leeway", "5m"]);
    has_line(&over, 6, "stream      no    Stream answers 401, code 40");
}

#[test]
fn a_leeway_above_five_minutes_or_without_a_unit_is_refused() {
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
fn takes_the_customer_in_either_form() {
    for customer in ["123", "customer-123"] {
        let output = with_secret(&["-q", "verify", &token(), "--customer", customer]).run();
        has_line(&output, 0, "customer    ok   123, as asked");
    }
}

#[test]
fn a_customer_of_another_form_is_refused() {
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
fn a_revocation_that_is_ahead_is_refused_with_the_form_that_was_meant() {
    let refused = |before: &str, hint: &str| {
        let output = with_secret(&["verify", &token(), "--revoked-before", before]).run();
        let said = output.stderr.clone();
        let error = said.lines().next().unwrap().strip_prefix("stream-token: error: ").unwrap();
        assert!(error.starts_with(&format!("'{before}' is not in the past: it means ")), "{error}");
        output.is_refused(2, error, hint);
    };
    refused("1h", "for a past time write '1h ago'");
    refused("4000000000", "a past time is now, 1h ago, or an earlier date");
}

#[test]
fn a_revocation_now_ends_a_token_that_does_not_say_when_it_was_issued() {
    let output = with_secret(&["-q", "verify", &token(), "--revoked-before", "now"]).run();
    has_line(&output, 6, "remedy            mint a new one: stream-token issue 123 --issued-at now");
}

#[test]
fn says_what_it_stripped_from_a_paste() {
    let said = |what: &str| format!("stream-token: note: stripped from the token: {what}\n{FROM_ENV}");
    let token = token();
    let (start, end) = token.split_at(60);
    for (paste, what) in [
        (format!("Bearer {token}"), "the word Bearer"),
        (format!("'{token}'"), "quotes"),
        (format!("b'{token}'"), "b'…'"),
        (format!(" {token} "), "white space"),
        (format!("{{\"token\": \"{token}\"}}"), "quotes, the JSON around it (field token)"),
        (format!("{start}\n{end}"), "1 line break"),
        (
            format!("curl -H 'Authorization: Bearer {token}' https://example.org"),
            "quotes, the word Bearer, the header name Authorization, the curl command around it",
        ),
    ] {
        with_secret(&["verify", &paste]).run().is(0, VALID, &said(what));
        with_secret(&["verify", "-"]).with_stdin(&paste).run().is(0, VALID, &said(what));
    }
}

#[test]
fn two_different_tokens_are_refused_and_two_copies_are_one() {
    let other = signed(r#"{"user_id":"customer-124"}"#);
    let output = with_secret(&["verify", "-"]).with_stdin(format!("{} {other}", token())).run();
    let hint = "paste one token, or give many with --from, one a line";
    output.is_refused(2, "there are 2 different tokens in what was pasted", hint);
    let output = with_secret(&["verify", "-"]).with_stdin(format!("{0}\n{0}\n", token())).run();
    let said = "stream-token: note: stripped from the token: 1 more copy of it\n";
    output.is(0, VALID, &format!("{said}{FROM_ENV}"));
}

#[test]
fn an_unquoted_paste_is_refused_with_what_to_do() {
    let error = format!("unexpected argument a value of {} characters found", token().len());
    let hint = "put all that was pasted in quotes, or pipe it to 'stream-token verify -'";
    with_secret(&["verify", "Bearer", &token()]).run().is_refused(2, &error, hint);
}

#[test]
fn what_is_no_token_is_malformed_however_long_or_empty() {
    let form = |stdin: &[u8], arguments: &[&str], found: &str| {
        let output = with_secret(&[&["-q", "verify"], arguments].concat()).with_stdin(stdin).run();
        has_line(&output, 4, &format!("form        FAIL  {found}"));
    };
    form(b"", &[""], "nothing is there");
    form(b"", &["-"], "nothing is there");
    form(b"\n", &["-"], "nothing is there");
    form(b"\xff\xfe", &["-"], "it has 1 segment, and a token has 3");
    form(b"", &["a.b"], "it has 2 segments, and a token has 3");
    form(b"", &["e30.W10.AA"], "the header names no algorithm");
    form(b"", &["e30=.e30.AA"], "the header is padded with '='");
    form(&b"a".repeat(1024 * 1024), &["-"], "it has 65537 bytes, and a token at most 4096");
    let long = signed(&format!(r#"{{"user_id":"customer-123","x":"{}"}}"#, "x".repeat(3000)));
    form(b"", &[&long], &format!("it has {} bytes, and a token at most 4096", long.len()));
}

#[test]
fn shows_a_foreign_claim_and_does_not_refuse_it() {
    let token = signed(r#"{"name":"Ann","user_id":"customer-123","sub":7}"#);
    with_secret(&["verify", &token]).run().is(0, VALID, FROM_ENV);
}

#[test]
fn a_token_of_another_profile_is_not_this_ones() {
    let demo_token = demo(&["-q", "issue", "123"]).run();
    let output = with_secret(&["-q", "verify", demo_token.result().trim_end()]).run();
    has_line(&output, 5, "signature   FAIL  signed by profile demo, not this one");
    let output = demo(&["verify", "-"]).with_stdin(&demo_token.stdout).run();
    output.is(0, &VALID.replace("from the environment", "of profile demo"), DEMO);
}

#[test]
fn names_no_customer_to_mint_for_whom_the_token_does_not_name() {
    let token =
        signed_with("another-secret-0123456789-abcdefghi", r#"{"alg":"HS256"}"#, r#"{"user_id":"ann"}"#);
    let output = with_secret(&["-q", "verify", &token]).run();
    let remedy = "remedy            it is another app's token, or the API secret was changed since: compare the API \
                  keys, then mint a new one: stream-token issue CUSTOMER";
    has_line(&output, 5, remedy);
}

#[test]
fn has_no_form_of_output_but_text_and_json() {
    for form in ["header", "curl", "env", "csv"] {
        let (error, hint) =
            ("has no such form of output", "use -o text or -o json; header, curl, env and csv are for issue");
        for command in ["verify", "decode"] {
            let output = with_secret(&["-o", form, command, "x"]).run();
            output.is_refused(2, &format!("{command} {error}"), hint);
        }
    }
}

#[test]
fn a_token_and_a_file_exclude_each_other() {
    let output = with_secret(&["verify", &token(), "--from", "-"]).run();
    let error = "the argument '[TOKEN]' cannot be used with '--from <FILE>'";
    output.is_refused(2, error, "run 'stream-token verify --help'");
}

#[test]
fn needs_a_secret_even_for_what_is_no_token() {
    let output = call(&["verify", "junk"]).run();
    assert_eq!((output.status, output.stdout.as_str()), (Some(3), ""));
}

#[test]
fn shows_local_time_beside_utc() {
    let token = signed(r#"{"user_id":"customer-123","exp":1893456000}"#);
    let output = with_secret(&["-q", "verify", &token, "--at", "1893369600"]).with_env("TZ", "<+02>-2").run();
    has_line(&output, 0, "exp         ok   2030-01-01 02:00:00 +02:00, 2030-01-01T00:00:00Z, in 24 hours");
}
