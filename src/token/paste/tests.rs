//! What is a token in a paste, what is not, and that nothing is left out in silence.

use proptest::prelude::*;

use super::*;

/// A header and claims, for customer 123.
const UNSIGNED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoiY3VzdG9tZXItMTIzIn0";
/// Their signature by the published secret `secret`.
const SIGNATURE: &str = "KCW74eUh2MysePBfC5PS7mEBUef2VaFmvHkGHtUAsmM";

/// The whole token.
fn token() -> String {
    format!("{UNSIGNED}.{SIGNATURE}")
}

/// Returns the token that is found in `text`.
fn found(text: &str) -> String {
    find(text).unwrap().token
}

/// Returns what is stripped from `text`, in words.
fn stripped(text: &str) -> Vec<String> {
    find(text).unwrap().stripped.iter().map(ToString::to_string).collect()
}

/// Breaks `text` into lines of `width` characters.
fn wrap(text: &str, width: usize, between: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = characters.chunks(width).map(|line| line.iter().collect()).collect();
    lines.join(between)
}

#[test]
fn keeps_one_word_as_it_is_however_malformed() {
    let words =
        ["abc", "a.b", "a.b.c.d", "a.b.c=", "YQ==.YQ==.YQ==", "a+/b.c.d", "a.b.ç", "a.b.c%", "..", "-"];
    for word in words {
        assert_eq!((found(word).as_str(), stripped(word)), (word, vec![]), "{word}");
    }
}

#[test]
fn tells_of_the_white_space_around_one_word() {
    assert_eq!(found("\u{a0} abc\r\n"), "abc");
    assert_eq!(find("\u{a0} abc\r\n").unwrap().stripped(), [Stripped::Whitespace]);
}

#[test]
fn keeps_a_malformed_word_behind_what_is_known() {
    for (text, word) in [
        ("Bearer abc", "abc"),
        ("Authorization: Bearer a.b", "a.b"),
        ("Authorization: \"a.b.c=\"", "a.b.c="),
        ("b'a.b'", "a.b"),
        ("b'b'", "b"),
        ("export X='a.b.c.d'", "a.b.c.d"),
        ("“Bearer abc”", "abc"),
        ("Bearer abc==", "abc=="),
    ] {
        assert_eq!(found(text), word, "{text}");
    }
}

#[test]
fn takes_no_token_from_text_that_has_none() {
    for text in
        ["two words", "\"\"", "Authorization: Basic a b", "{\"token\":null}", "X=a&b", "eyJa b", "x: eyJa.b"]
    {
        assert_eq!(find(text), Err(PasteError::NoToken), "{text}");
    }
}

#[test]
fn takes_nothing_from_an_empty_paste() {
    for text in ["", " \n", "\u{feff}\u{200b}\u{a0}"] {
        assert_eq!(find(text), Err(PasteError::Empty));
    }
}

#[test]
fn reads_64_kib_and_no_more() {
    let longest = "a".repeat(LONGEST_PASTE);
    assert_eq!(found(&longest), longest);
    assert_eq!(find(&(longest + "a")), Err(PasteError::TooLong { bytes: 65_537 }));
}

#[test]
fn never_cuts_a_malformed_token_out_of_a_text() {
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
    assert_eq!(find(&format!("see: x{}", token())), Err(PasteError::NoToken));
    assert_eq!(found(&format!("see: \\n{}\\n", token())), token());
    assert_eq!(found(&format!("see: %22{}%22%2C", token())), token());
    assert_eq!(found(&format!("see: \\u0022{}\\u0022", token())), token());
}

#[test]
fn leaves_the_full_stop_of_a_sentence_and_keeps_that_of_a_bare_token() {
    let text = format!("{}.", token());
    assert_eq!(found(&text), text);
    assert_eq!(found(&format!("it is {text}")), token());
}

#[test]
fn counts_different_tokens_and_no_copies() {
    let (one, other) = (token(), format!("{UNSIGNED}.devtoken"));
    assert_eq!(find(&format!("{one} {one}")).unwrap().stripped, [Stripped::Copies(1)]);
    assert_eq!(find(&format!("{one} {other} {one}")), Err(PasteError::SeveralTokens { found: 2 }));
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
fn joins_a_last_line_that_is_no_longer_than_the_first() {
    for (at, joins) in [(58, true), (57, false)] {
        let text = format!("{}\n{}", &token()[..at], &token()[at..]);
        assert_eq!(find(&text).is_ok_and(|pasted| pasted.token == token()), joins, "{at}");
    }
}

#[test]
fn joins_no_lines_of_unequal_length_but_the_last() {
    let token = token();
    let text = format!("{}\n{}\n{}", &token[..40], &token[40..100], &token[100..]);
    assert_eq!(find(&text), Err(PasteError::NoToken));
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
fn counts_what_is_not_seen() {
    let text = format!("\u{feff}\u{1b}[1;32m{}\u{1b}[0m\u{200b}", wrap(&token(), 50, "\u{ad}"));
    assert_eq!(stripped(&text), ["4 invisible characters", "2 terminal codes"]);
}

#[test]
fn tells_no_name_that_could_be_a_secret() {
    let field = "s".repeat(31);
    assert_eq!(
        stripped(&format!("{{\"{field}\":\"{}\"}}", token())),
        ["quotes".to_owned(), "other text around it".to_owned()]
    );
}

#[test]
fn tells_a_command_from_the_text_that_follows_it() {
    let curl = format!("curl -H 'Authorization: {}'", token());
    assert_eq!(find(&curl).unwrap().stripped.last(), Some(&Stripped::CurlLine));
    for text in [format!("{curl}\ndone"), format!("done\n{curl}"), format!("curl x\ndone {}", token())] {
        assert!(find(&text).unwrap().stripped.contains(&Stripped::SurroundingText), "{text}");
    }
}

#[test]
fn tells_a_few_layers_apart_and_the_rest_as_other_text() {
    let names: Vec<String> = (0..1000).map(|number| format!("a{number}= ")).collect();
    let names = names.concat();
    let stripped = find(&format!("{names}<{}", token())).unwrap().stripped;
    assert_eq!(stripped, [Stripped::SurroundingText]);
    let stripped = find(&format!("{names}{} .", token())).unwrap().stripped;
    assert_eq!((stripped.len(), stripped.last()), (17, Some(&Stripped::SurroundingText)));
}

#[test]
fn never_shows_the_token() {
    let pasted = find(&format!("Bearer {}", token())).unwrap();
    assert_eq!(format!("{pasted:?}"), "Pasted { token: [116 bytes], stripped: [Bearer] }");
}

#[test]
fn says_what_is_wrong_and_what_to_paste() {
    let errors = [
        PasteError::Empty,
        PasteError::NoToken,
        PasteError::SeveralTokens { found: 3 },
        PasteError::TooLong { bytes: 70_000 },
    ];
    let said = errors.map(|error| format!("{error}; {}", error.hint().unwrap()));
    assert_eq!(
        said,
        [
            "nothing was pasted; paste the token, from its eyJ to its end",
            "there is no token in what was pasted; a token starts with eyJ and has three parts joined by dots; paste all of it",
            "there are 3 different tokens in what was pasted; paste one token, or give many with --from, one a line",
            "what was pasted has 70000 bytes, and at most 65536 are read; paste the token alone",
        ]
    );
}

/// The most seconds of the processor that one text may take: some twenty times what it does, unoptimised, and a small part of
/// what it would if a step in the length of the text were repeated for each of its parts.
#[cfg(unix)]
const MOST_SECONDS: i64 = 10;

/// Returns how many seconds of the processor this thread has had, whatever else the machine was doing.
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
        let text = unit.repeat((LONGEST_PASTE - 200) / unit.len());
        let _ = find(&text);
        let _ = find(&format!("{text} {}", token()));
        let _ = find(&format!("{text}{}", token()));
        let _ = find(&format!("{} {text}", token()));
        let worked = seconds_worked() - before;
        assert!(worked <= MOST_SECONDS, "{unit:?}: {worked} s");
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
        let _ = find(&text);
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
        if let Ok(pasted) = find(&text) {
            let bare = text == pasted.token;
            prop_assert_eq!(bare, pasted.stripped.is_empty());
        }
    }

    #[test]
    fn finds_exactly_the_token_in_what_surrounds_it(
        token in genuine(),
        (before, after) in prop::sample::select(vec![
            ("", ""), ("Bearer ", "\n"), ("\"", "\""), ("b'", "'"), ("{\"token\":\"", "\"}\n"), ("$ x\n", "\n$ "),
            ("Authorization: Bearer ", "\r\nstream-auth-type: jwt\r\n"), ("https://x/?authorization=", "&api_key=x"),
            ("\\\"token\\\":\\\"", "\\\"}"), ("“", "”"), ("the token ", " is refused"), ("export X=", "\n"), ("<", ">"),
        ])
    ) {
        let text = format!("{before}{token}{after}");
        let pasted = find(&text).unwrap();
        prop_assert_eq!(pasted.token(), token.as_str());
        prop_assert_eq!(pasted.stripped().is_empty(), text == token);
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
        let pasted = find(&text).unwrap();
        prop_assert_eq!(pasted.token(), token.as_str());
        let breaks = token.len().div_ceil(width) - 1;
        prop_assert_eq!(pasted.stripped().contains(&Stripped::LineBreaks(breaks)), breaks > 0);
    }

    #[test]
    fn finds_exactly_the_token_where_all_of_the_text_is_wrapped(
        token in genuine(),
        width in 20_usize..=120,
        before in "[a-z]{0,100} (Authorization: |\\{\"token\":\")?",
        after in prop::sample::select(vec!["", "\"}", "' \\"]),
    ) {
        let text = wrap(&format!("{before}{token}{after}"), width, "\n");
        let pasted = find(&text).unwrap();
        prop_assert_eq!(pasted.token(), token.as_str());
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
