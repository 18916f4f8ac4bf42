//! The ways in which programs encode or decorate text, each undone by one function.
//!
//! Each function returns `None` if its encoding is not there. Its result is used only if it contains a whole token.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Stripped;
use super::scan::{leading_word, may_start};

/// A function that undoes one encoding.
type Rewrite = fn(&str) -> Option<String>;

/// Every rewrite, in the order in which they are tried.
pub(super) const REWRITES: [(Rewrite, Stripped); 6] = [
    (quoted_printable, Stripped::QuotedPrintable),
    (line_prefixes, Stripped::LinePrefixes),
    (percent_encoding, Stripped::PercentEncoding),
    (escapes, Stripped::Escapes),
    (markup, Stripped::Markup),
    (base64_layer, Stripped::Base64),
];

/// Standard or URL-safe base64, with or without padding.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// The start of a token in base64.
const ENCODED_START: &str = "ZXlK";

/// What HTML and its editors put into a long word, so that it can be broken there.
const BREAKS: [&str; 6] = ["<wbr>", "<wbr/>", "<wbr />", "&shy;", "&#8203;", "&ZeroWidthSpace;"];

/// Undoes the quoted-printable encoding of mail (RFC 2045 section 6.7).
fn quoted_printable(text: &str) -> Option<String> {
    changed(text, decode_hex(&text.replace("=\n", ""), '='))
}

/// Undoes percent-encoding (RFC 3986 section 2.1).
fn percent_encoding(text: &str) -> Option<String> {
    changed(text, decode_hex(text, '%'))
}

/// Undoes the escapes of Markdown, and of JSON for the characters of a token.
fn escapes(text: &str) -> Option<String> {
    let text_without =
        [("\\_", "_"), ("\\.", "."), ("\\-", "-"), ("\\u002e", "."), ("\\u002E", "."), ("\\u002d", "-")]
            .iter()
            .fold(text.to_owned(), |text, (escape, character)| text.replace(escape, character));
    changed(text, text_without)
}

/// Removes the places for a line break of HTML, and the underscores of Markdown's emphasis around a token.
fn markup(text: &str) -> Option<String> {
    let mut rewritten = BREAKS.iter().fold(text.to_owned(), |text, tag| text.replace(tag, ""));
    if let Some(at) = rewritten.find("_eyJ") {
        let before = rewritten[..at].trim_end_matches('_');
        let word = leading_word(&rewritten[at + 1..]);
        let after = &rewritten[at + 1 + word.len()..];
        // No HS256 signature ends with an underscore: its last character encodes four bits.
        rewritten = format!("{before}{}{after}", word.trim_end_matches('_'));
    }
    changed(text, rewritten)
}

/// Removes what a log writes before each line, digits aside: what the line with the token's start and the next one share.
fn line_prefixes(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| line.contains("eyJ"))?;
    let shared =
        lines[first].chars().zip(lines.get(first + 1)?.chars()).take_while(|(a, b)| has_same_shape(*a, *b));
    let shared: Vec<char> = shared.map(|(character, _)| character).collect();
    let length = 1 + shared
        .iter()
        .rposition(|character| !character.is_alphanumeric() && !"-_".contains(*character))?;
    let prefix = &shared[..length];
    let is_prefixed = |line: &str| {
        line.chars().count() >= length && line.chars().zip(prefix).all(|(a, b)| has_same_shape(a, *b))
    };
    let without = |line: &&str| {
        if is_prefixed(line) { line.chars().skip(length).collect() } else { (*line).to_owned() }
    };
    changed(text, lines.iter().map(without).collect::<Vec<_>>().join("\n"))
}

/// Returns `true` if two characters are equal, or both digits.
fn has_same_shape(a: char, b: char) -> bool {
    a == b || (a.is_ascii_digit() && b.is_ascii_digit())
}

/// Decodes a token that was encoded in base64 once more, as in a Kubernetes secret, on one line or on several.
fn base64_layer(text: &str) -> Option<String> {
    let is_base64 = |character: char| character.is_ascii_alphanumeric() || "+/=-_".contains(character);
    let start = text.find(ENCODED_START).filter(|start| may_start(&text[..*start]))?;
    let length = text[start..].find(|character| !is_base64(character)).unwrap_or(text.len() - start);
    let mut encoded = text[start..start + length].to_owned();
    let mut end = start + length;
    for line in text[end..].strip_prefix('\n').into_iter().flat_map(|rest| rest.split('\n')) {
        if line.trim().is_empty() || !line.trim().chars().all(is_base64) {
            break;
        }
        encoded.push_str(line.trim());
        end += 1 + line.len();
    }
    let engines = [&STANDARD, &URL_SAFE].map(|alphabet| GeneralPurpose::new(alphabet, LENIENT));
    let decoded = engines.iter().find_map(|engine| engine.decode(&encoded).ok())?;
    Some(format!("{}{}{}", &text[..start], String::from_utf8(decoded).ok()?, &text[end..]))
}

/// Decodes every ASCII character that is written as `marker` and two hexadecimal digits.
fn decode_hex(text: &str, marker: char) -> String {
    let mut parts = text.split(marker);
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii);
        if let Some(byte) = byte {
            decoded.push(char::from(byte));
            decoded.push_str(&part[2..]);
        } else {
            decoded.push(marker);
            decoded.push_str(part);
        }
    }
    decoded
}

/// Returns `after` if it differs from `before`.
fn changed(before: &str, after: String) -> Option<String> {
    (before != after).then_some(after)
}
