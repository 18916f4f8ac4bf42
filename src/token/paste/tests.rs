//! Tokens in pastes: what is found, what is refused, and that every stripped part is named.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::token::testing::unsigned;

/// A header and claims, for customer 123.
const UNSIGNED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXItMTIzIn0";
/// Their signature by the published secret `secret`.
const SIGNATURE: &str = "KCW74eUh2MysePBfC5PS7mEBUef2VaFmvHkGHtUAsmM";

/// The whole token.
fn token() -> String {
    format!("{UNSIGNED}.{SIGNATURE}")
}

/// Returns the token found in `text`.
fn found(text: &str) -> String {
    extract(text).unwrap().token
}

/// Returns the names of the parts stripped from `text`.
fn stripped(text: &str) -> Vec<String> {
    extract(text).unwrap().stripped
}

/// Breaks `text` into lines of `width` characters.
fn wrap(text: &str, width: usize, between: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = characters.chunks(width).map(|line| line.iter().collect()).collect();
    lines.join(between)
}

#[test]
fn keeps_one_word_as_it_is_however_malformed() {
    let words = ["a.b", "a.b.c.d", "a.b.c=", "YQ==.YQ==.YQ==", "a+/b.c.d", "a.b.ç", "a.b.c%", "..", "eyJ"];
    for word in words {
        assert_eq!((found(word).as_str(), stripped(word)), (word, vec![]), "{word}");
    }
}

#[test]
fn names_the_white_space_around_one_word() {
    assert_eq!(found("\u{a0} a.b\r\n"), "a.b");
    assert_eq!(stripped("\u{a0} a.b\r\n"), ["white space"]);
}

#[test]
fn malformed_word_after_a_known_prefix_is_kept() {
    for (text, word) in [
        ("Authorization: Bearer a.b", "a.b"),
        ("Authorization: \"a.b.c=\"", "a.b.c="),
        ("b'a.b'", "a.b"),
        ("export X='a.b.c.d'", "a.b.c.d"),
        ("“Bearer a.b”", "a.b"),
        ("Bearer a.b==", "a.b=="),
    ] {
        assert_eq!(found(text), word, "{text}");
    }
}

#[test]
fn text_without_a_token_is_refused() {
    for text in [
        "two words",
        "abc",
        "-",
        "Bearer abc",
        "\"\"",
        "Authorization: Basic a b",
        "{\"token\":null}",
        "X=a&b",
        "eyJa b",
        "x: eyJa.b",
    ] {
        assert_eq!(extract(text), Err(PasteError::NoToken), "{text}");
    }
}

#[test]
fn empty_paste_is_refused() {
    for text in ["", " \n", "\u{feff}\u{200b}\u{a0}"] {
        assert_eq!(extract(text), Err(PasteError::Empty));
    }
}

#[test]
fn reads_64_kib_and_no_more() {
    let longest = format!("a.{}", "b".repeat(MAX_PASTE_BYTES - 2));
    assert_eq!(found(&longest), longest);
    assert_eq!(extract(&(longest + "b")), Err(PasteError::TooLong));
}

#[test]
fn malformed_token_in_text_is_kept_whole() {
    for word in [
        format!("{}=", token()),
        format!("{}.x", token()),
        format!("{}!x", token()),
        format!("{}…", token()),
        format!("{}é", token()),
        format!("{}+/", token()),
        format!("{UNSIGNED}."),
        format!("{UNSIGNED}.short"),
    ] {
        assert_eq!(found(&format!("see: {word} (it fails)")), word);
    }
}

#[test]
fn starts_no_token_inside_a_longer_word() {
    assert_eq!(extract(&format!("see: x{}", token())), Err(PasteError::NoToken));
    assert_eq!(found(&format!("see: \\n{}\\n", token())), token());
    assert_eq!(found(&format!("see: %22{}%22%2C", token())), token());
    assert_eq!(found(&format!("see: \\u0022{}\\u0022", token())), token());
}

#[test]
fn leaves_the_full_stop_of_a_sentence() {
    for text in [format!("{}.", token()), format!("it is {}.", token())] {
        assert_eq!((found(&text), stripped(&text)), (token(), vec!["other text around it".to_owned()]));
    }
}

#[test]
fn copies_of_a_token_are_not_counted() {
    let (one, other) = (token(), format!("{UNSIGNED}.devtoken"));
    assert_eq!(stripped(&format!("{one} {one}")), ["more copies of it"]);
    let error = extract(&format!("{one} {other} {one}")).unwrap_err();
    let found = [one, other].map(|token| {
        format!("a token for user 'customer-123' (fingerprint {})", Fingerprint::of(token.as_bytes()))
    });
    let found = found.to_vec();
    assert_eq!(error, PasteError::SeveralTokens(found));
}

#[test]
fn never_joins_a_complete_token_with_the_next_line() {
    for complete in [token(), format!("{UNSIGNED}.devtoken"), format!("{}=", token())] {
        for next in ["done", "e", "$ ", "-----", "=", "====", "x.y", &"x".repeat(35)] {
            assert_eq!(found(&format!("{complete}\n{next}\n")), complete, "{next}");
        }
    }
}

#[test]
fn never_joins_lines_that_leave_the_token_incomplete() {
    for incomplete in [format!("{UNSIGNED}."), format!("{UNSIGNED}.KCW74eUh2M")] {
        assert_eq!(found(&format!("{incomplete}\ndone\n")), incomplete);
    }
}

#[test]
fn joins_wrapped_lines_until_a_shorter_one() {
    let token = token();
    let joined = |ends: &[usize]| {
        let starts = [0].iter().chain(ends).copied();
        let lines = starts.zip(ends.iter().copied().chain([token.len()]));
        extract(&lines.map(|(start, end)| &token[start..end]).collect::<Vec<_>>().join("\n"))
    };
    for ends in [&[36, 72][..], &[40, 100], &[58], &[57], &[20, 40, 60, 80, 100]] {
        assert_eq!(joined(ends).map(|pasted| pasted.token).as_ref(), Ok(&token), "{ends:?}");
    }
    assert_eq!(joined(&[40, 60, 90]), Err(PasteError::NoToken));
}

#[test]
fn joins_a_wrapped_token_that_lacks_its_end_and_nothing_after_it() {
    let broken = &token()[..110];
    assert_eq!(found(&format!("{}\ndone", wrap(broken, 40, "\n"))), broken);
}

#[test]
fn splits_lines_at_every_kind_of_break() {
    for between in ["\n", "\r\n", "\r", "\r\r\n", "\u{2028}", "\u{85}", " \n\t", " \\\n"] {
        assert_eq!(found(&wrap(&token(), 64, between)), token(), "{between:?}");
    }
}

#[test]
fn invisible_characters_and_terminal_codes_are_named() {
    let text = format!("\u{feff}\u{1b}[1;32m{}\u{1b}[0m\u{200b}", wrap(&token(), 50, "\u{ad}"));
    assert_eq!(stripped(&text), ["invisible characters", "terminal codes"]);
}

#[test]
fn shows_no_name_that_could_be_a_secret() {
    let field = "s".repeat(31);
    assert_eq!(
        stripped(&format!("{{\"{field}\":\"{}\"}}", token())),
        ["quotes".to_owned(), "other text around it".to_owned()]
    );
}

#[test]
fn a_few_layers_are_named_and_the_rest_is_other_text() {
    let names: Vec<String> = (0..1000).map(|number| format!("a{number}= ")).collect();
    let names = names.concat();
    assert_eq!(stripped(&format!("{names}<{}", token())), ["other text around it"]);
    let stripped = stripped(&format!("{names}{} .", token()));
    assert_eq!((stripped.len(), stripped[16].as_str()), (17, "other text around it"));
}

#[test]
fn a_token_in_another_encoding_is_decoded_and_the_encoding_named() {
    let token = token();
    let (start, end) = token.split_at(70);
    let encode = |text: &str, width: usize| wrap(&STANDARD.encode(text), width, "\n");
    for (text, expected) in [
        (format!("The token: {start}=\n{end}\n"), "quoted-printable encoding"),
        (token.replace('.', "=2E"), "quoted-printable encoding"),
        (
            format!("I/flutter (12831): {start}\nI/flutter (12831): {end}\n"),
            "what a log wrote before each line",
        ),
        (
            format!("10-01 12:00:01 D/x: t={start}\n10-01 12:00:02 D/x: {end}\n"),
            "what a log wrote before each line",
        ),
        (token.replace('.', "%2E"), "percent-encoding"),
        (token.replace('.', "%252e"), "percent-encoding"),
        (token.replace('.', "\\.").replace('-', "\\-").replace('_', "\\_"), "backslashes"),
        (token.replace('.', "\\u002e"), "backslashes"),
        (format!("{start}<wbr>{end}"), "markup"),
        (format!("see _{token}_"), "markup"),
        (format!("__{token}__"), "markup"),
        (encode(&token, 500), "a layer of base64"),
        (format!("data:\n  TOKEN: {}\n", encode(&token, 500)), "a layer of base64"),
        (encode(&token, 76), "a layer of base64"),
    ] {
        let extracted = extract(&text).unwrap();
        assert_eq!(extracted.token, token, "{text}");
        assert!(extracted.stripped.iter().any(|name| name == expected), "{text}: {:?}", extracted.stripped);
    }
}

#[test]
fn shell_marks_and_url_paths_are_not_part_of_the_token() {
    let token = token();
    for text in [
        format!("{token}%"),
        format!("https://example.org/login/{token}/"),
        format!("https://example.org/{token}/next?x=1"),
        format!("**{token}**"),
        format!("`{token}`"),
    ] {
        let extracted = extract(&text).unwrap();
        assert_eq!(
            (extracted.token.as_str(), extracted.stripped.is_empty()),
            (token.as_str(), false),
            "{text}"
        );
    }
}

#[test]
fn utf_16_of_either_order_is_decoded() {
    let token = token();
    let little: Vec<u8> = token.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = token.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [
        [&[0xff, 0xfe][..], &little].concat(),
        [&[0xfe, 0xff][..], &big].concat(),
        little.clone(),
        big.clone(),
    ] {
        let (text, encoding) = decode_text(&bytes);
        assert_eq!((text.as_ref(), encoding), (token.as_str(), true));
    }
    assert_eq!(decode_text(token.as_bytes()), (token.as_str().into(), false));
    assert_eq!(decode_text(b"\xff\xfe").0, "");
}

#[test]
fn customer_token_is_used_and_the_other_one_named() {
    let session = unsigned(r#"{"alg":"HS256","typ":"stream-token-session+jwt"}"#, r#"{"sub":"123"}"#);
    let cookie = unsigned(r#"{"alg":"HS256"}"#, r#"{"iss":"https://example.org","sub":"ann"}"#);
    for (other, description) in [
        (session, "a session token of 'stream-token serve'"),
        (cookie, "a token of 'https://example.org'"),
        (unsigned(r#"{"alg":"HS256"}"#, r#"{"user_id":"ann"}"#), "a token for user 'ann'"),
        (unsigned(r#"{"alg":"HS256"}"#, "{}"), "a token without a user_id"),
    ] {
        let extracted =
            extract(&format!("Authorization: Bearer {other}\n\n{{\"token\":\"{}\"}}", token())).unwrap();
        assert_eq!(extracted.token, token());
        assert!(
            extracted.stripped.contains(&format!("another token ({description})")),
            "{:?}",
            extracted.stripped
        );
    }
}

#[test]
fn placeholder_for_a_missing_token_is_named() {
    for (text, found) in [
        ("undefined", "undefined"),
        ("Bearer null", "null"),
        ("\"[object Promise]\"", "[object Promise]"),
        ("TOKEN=undefined", "undefined"),
        (" None\n", "None"),
    ] {
        assert_eq!(extract(text), Err(PasteError::Unset(found)), "{text}");
    }
}

#[test]
fn never_shows_the_token() {
    let pasted = extract(&format!("Bearer {}", token())).unwrap();
    assert_eq!(format!("{pasted:?}"), "ExtractedToken([116 bytes], [\"the word Bearer\"])");
}

#[test]
fn errors_say_what_is_wrong_and_what_to_paste() {
    let errors = [
        PasteError::Empty,
        PasteError::NoToken,
        PasteError::SeveralTokens(vec!["a token for user 'a'".into(), "a token of 'b'".into()]),
        PasteError::TooLong,
    ];
    let said = errors.map(|error| format!("{error}; {}", error.hint().unwrap()));
    assert_eq!(
        said,
        [
            "nothing was pasted; paste the token, from its eyJ to its end",
            "there is no token in what was pasted; a token starts with eyJ and has three parts joined by dots; paste all of it",
            "there are 2 different tokens in what was pasted: a token for user 'a'; a token of 'b'; paste one token, or give many with --from, one a line",
            "what was pasted has more than 65536 bytes; paste the token alone",
        ]
    );
}

/// The most CPU seconds for one text: some twenty times the actual time, unoptimised, and a small part of
/// the time of an algorithm that is quadratic in the length of the text.
#[cfg(unix)]
const MAX_SECONDS: i64 = 10;

/// Returns the CPU seconds of this thread, independent of the load of the machine.
#[cfg(unix)]
fn seconds_worked() -> i64 {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).tv_sec
}

#[cfg(unix)]
#[test]
fn stays_fast_on_hostile_pastes() {
    let units = [
        "eyJ\n",
        "eyJ",
        "eyJ=",
        "eyJ.",
        ".eyJ\n",
        "eyJ..\n",
        "\"eyJ",
        "a=",
        "Bearer ",
        "'",
        "\\\"",
        "{\"a\":",
        "x$ ",
        "e\n",
        "\"a\":",
        "\u{1b}[",
        "\n",
        " ",
        "%",
        "[",
        "&a=",
        "é$ ",
        "eyJaaaaaaaaaaaaa\n",
        "             eyJ\n",
    ];
    for unit in units {
        let before = seconds_worked();
        let text = unit.repeat((MAX_PASTE_BYTES - 200) / unit.len());
        let _ = extract(&text);
        let _ = extract(&format!("{text} {}", token()));
        let _ = extract(&format!("{text}{}", token()));
        let _ = extract(&format!("{} {text}", token()));
        let worked = seconds_worked() - before;
        assert!(worked <= MAX_SECONDS, "{unit:?}: {worked} s");
    }
}

/// Any segment of a token.
const SEGMENT: &str = "[A-Za-z0-9_-]{8,300}";

/// A token with any claims.
fn genuine() -> impl Strategy<Value = String> {
    (SEGMENT, "[A-Za-z0-9_-]{43}|devtoken")
        .prop_map(|(claims, signature)| format!("eyJhbGciOiJIUzI1NiJ9.{claims}.{signature}"))
}

proptest! {
    #[test]
    fn reads_any_text_without_panic(text in any::<String>()) {
        let _ = extract(&text);
    }

    #[test]
    fn reads_any_jumble_of_known_pieces_without_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "eyJ", "e", "y", "J", ".", "\n", "\r\n", " ", "\"", "'", "b'", "“", "\\", "\\n", "%22", "%é", "Bearer ", "\u{a0}",
            "Authorization: ", "curl ", "{\"token\":", "}", "[", "export X=", "?a=", "&", "é", "\u{200b}", "\u{1b}[0m", "$ ",
            ">", "│", "devtoken", "=", "…", SIGNATURE, UNSIGNED,
        ]), 0..40)
    ) {
        let text = pieces.concat();
        if let Ok(pasted) = extract(&text) {
            let bare = text == pasted.token;
            prop_assert_eq!(bare, pasted.stripped.is_empty());
        }
    }

    #[test]
    fn finds_exactly_the_token_in_surrounding_text(
        token in genuine(),
        (before, after) in prop::sample::select(vec![
            ("", ""), ("Bearer ", "\n"), ("\"", "\""), ("b'", "'"), ("{\"token\":\"", "\"}\n"), ("$ x\n", "\n$ "),
            ("Authorization: Bearer ", "\r\nstream-auth-type: jwt\r\n"), ("https://x/?authorization=", "&api_key=x"),
            ("\\\"token\\\":\\\"", "\\\"}"), ("“", "”"), ("the token ", " is refused"), ("export X=", "\n"), ("<", ">"),
        ])
    ) {
        let text = format!("{before}{token}{after}");
        let pasted = extract(&text).unwrap();
        prop_assert_eq!(&pasted.token, &token);
        prop_assert_eq!(pasted.stripped.is_empty(), text == token);
    }

    #[test]
    fn finds_exactly_the_token_however_it_is_wrapped(
        token in genuine(),
        width in 20_usize..=120,
        between in prop::sample::select(vec!["\n", "\r\n", "\n    ", " \n", "\n> ", "\r"]),
        (before, after) in prop::sample::select(vec![
            ("", ""), ("\"", "\""), ("Bearer ", "\n"), ("{\"token\":\"", "\"}"), ("", "\ndone"), ("done\n", "\n$ "), ("> ", ""),
        ])
    ) {
        let text = format!("{before}{}{after}", wrap(&token, width, between));
        let pasted = extract(&text).unwrap();
        prop_assert_eq!(&pasted.token, &token);
        let breaks = token.len().div_ceil(width) - 1;
        prop_assert_eq!(pasted.stripped.contains(&"line breaks".to_owned()), breaks > 0);
    }

    #[test]
    fn finds_exactly_the_token_in_wrapped_text(
        token in genuine(),
        width in 20_usize..=120,
        before in "[a-z]{0,100} (Authorization: |\\{\"token\":\")?",
        after in prop::sample::select(vec!["", "\"}", "' \\"]),
    ) {
        let text = wrap(&format!("{before}{token}{after}"), width, "\n");
        // A line break inside the first three characters hides the token.
        prop_assume!(text.contains("eyJ"));
        let pasted = extract(&text).unwrap();
        prop_assert_eq!(&pasted.token, &token);
    }

    #[test]
    fn finds_exactly_the_token_among_invisible_characters(
        token in genuine(),
        width in 1_usize..=120,
        between in prop::sample::select(vec!["\u{200b}", "\u{feff}", "\u{ad}", "\u{2060}", "\u{202e}", "\u{0}"]),
    ) {
        let text = wrap(&token, width, between);
        prop_assert_eq!(found(&text), token);
    }
}
