//! The encodings and decorations that programs add to text, each undone by one function.
//!
//! The result of a function is used only if it contains a whole token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::scan::{leading_word, may_start};

/// A function that undoes one encoding; it returns `None` or the same text if the text is not encoded so.
type Rewrite = fn(&str) -> Option<String>;

/// Every rewrite with the name of what it removes, in the order in which they are tried.
pub(super) const REWRITES: [(Rewrite, &str); 7] = [
    (quoted_printable, "quoted-printable encoding"),
    (line_prefixes, "what a log wrote before each line"),
    (percent_encoding, "percent-encoding"),
    (escapes, "backslashes"),
    (breaks, "markup"),
    (emphasis, "markup"),
    (base64_layer, "a layer of base64"),
];

/// The start of a token in base64.
const ENCODED_START: &str = "ZXlK";

/// The escapes that Markdown and JSON use in and around a token, and the characters that they stand for.
const ESCAPES: [(&str, &str); 8] = [
    ("\\_", "_"),
    ("\\.", "."),
    ("\\-", "-"),
    ("\\u002e", "."),
    ("\\u0022", "\""),
    ("\\n", "\n"),
    ("\\r", "\n"),
    ("\\t", " "),
];

/// The line-break opportunities that HTML and its editors insert into a long word.
const BREAKS: [&str; 6] = ["<wbr>", "<wbr/>", "<wbr />", "&shy;", "&#8203;", "&ZeroWidthSpace;"];

/// Undoes the quoted-printable encoding of mail (RFC 2045 section 6.7).
fn quoted_printable(text: &str) -> Option<String> {
    text.contains('=').then(|| decode_hex(&text.replace("=\n", ""), '='))
}

/// Undoes percent-encoding (RFC 3986 section 2.1).
fn percent_encoding(text: &str) -> Option<String> {
    text.contains('%').then(|| decode_hex(text, '%'))
}

/// Undoes the escapes of Markdown and JSON.
fn escapes(text: &str) -> Option<String> {
    let undone = |text: String, (escape, character): &(&str, &str)| text.replace(escape, character);
    text.contains('\\').then(|| ESCAPES.iter().fold(text.to_owned(), undone))
}

/// Removes the line-break opportunities of HTML.
fn breaks(text: &str) -> Option<String> {
    let removed = |text: String, place: &&str| text.replace(place, "");
    text.contains(['<', '&']).then(|| BREAKS.iter().fold(text.to_owned(), removed))
}

/// Removes the underscores of Markdown's emphasis around a token.
fn emphasis(text: &str) -> Option<String> {
    let (before, after) = text.split_once("_eyJ")?;
    let word = leading_word(after);
    let after = &after[word.len()..];
    // No HS256 signature ends with an underscore: its last character encodes four bits.
    Some(format!("{}eyJ{}{after}", before.trim_end_matches('_'), word.trim_end_matches('_')))
}

/// Removes the prefix that a log writes before each line: what the line with the token's start and the next line share,
/// with all digits taken as equal.
fn line_prefixes(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.contains("eyJ"));
    let (first, second) = (lines.next()?, lines.next()?);
    let shared = first.chars().zip(second.chars()).take_while(|(a, b)| has_same_shape(*a, *b));
    let shared: Vec<char> = shared.map(|(character, _)| character).collect();
    let is_between = |character: &char| !character.is_alphanumeric() && !"-_".contains(*character);
    let prefix = &shared[..=shared.iter().rposition(is_between)?];
    let without = |line: &str| {
        let is_prefixed = line.chars().count() >= prefix.len()
            && line.chars().zip(prefix).all(|(a, b)| has_same_shape(a, *b));
        line.chars().skip(if is_prefixed { prefix.len() } else { 0 }).collect::<String>()
    };
    Some(text.lines().map(without).collect::<Vec<_>>().join("\n"))
}

/// Returns `true` if two characters are equal, or both are digits.
fn has_same_shape(a: char, b: char) -> bool {
    a == b || (a.is_ascii_digit() && b.is_ascii_digit())
}

/// Decodes a token that was base64-encoded once more, as in a Kubernetes secret, on one line or on several.
fn base64_layer(text: &str) -> Option<String> {
    let is_base64 = |character: char| character.is_ascii_alphanumeric() || "+/=-_".contains(character);
    let start = text.find(ENCODED_START).filter(|start| may_start(&text[..*start]))?;
    let mut rest = text[start..].trim_start_matches(is_base64);
    let mut encoded = text[start..text.len() - rest.len()].to_owned();
    while let Some(next) = rest.strip_prefix('\n') {
        let line = next.split('\n').next().unwrap_or_default();
        if line.trim().is_empty() || !line.trim().chars().all(is_base64) {
            break;
        }
        encoded.push_str(line.trim());
        rest = &next[line.len()..];
    }
    let encoded = encoded.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let decoded = String::from_utf8(STANDARD_NO_PAD.decode(encoded).ok()?).ok()?;
    Some(format!("{}{decoded}{rest}", &text[..start]))
}

/// Decodes every ASCII character that is written as `marker` and two hexadecimal digits.
fn decode_hex(text: &str, marker: char) -> String {
    let mut parts = text.split(marker);
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii);
        decoded.push(byte.map_or(marker, char::from));
        decoded.push_str(if byte.is_some() { &part[2..] } else { part });
    }
    decoded
}
