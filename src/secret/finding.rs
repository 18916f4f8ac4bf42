//! Findings about secrets: signs that a text is not the intended secret, although it could sign tokens.
//!
//! A secret that was copied with extra characters still signs tokens, and Stream rejects all of them. A finding is
//! therefore a note when a secret is read, and an error when a secret is to be stored.

use subtle::ConstantTimeEq as _;
use thiserror::Error;

use super::{MIN_RECOMMENDED_BYTES, Secret};
use crate::escape::is_unprintable;

/// The quotation marks that users and programs put around a value.
const QUOTES: [char; 9] = ['"', '\'', '`', '“', '”', '‘', '’', '«', '»'];

/// The reason why a text is probably not the intended secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretFinding {
    /// The secret is the profile's API key.
    #[error("the secret is the API key, which Stream's dashboard shows beside the secret")]
    ApiKey,
    /// The secret looks like a token.
    #[error("the secret looks like a token")]
    TokenLike,
    /// The secret begins with a byte order mark (U+FEFF).
    #[error("the secret begins with a byte order mark, as some editors write it")]
    ByteOrderMark,
    /// The secret is a JSON object or array.
    #[error("the secret is JSON, not the value alone")]
    Json,
    /// The secret has several lines.
    #[error("the secret has several lines")]
    SeveralLines,
    /// The secret is an assignment: it begins with a name and an equals sign, or a name, a colon and a space.
    #[error("the secret is a line such as NAME=value, not the value alone")]
    Assignment,
    /// The secret begins or ends with a quotation mark.
    #[error("the secret begins or ends with a quotation mark")]
    Quoted,
    /// The secret contains this invisible character.
    #[error("the secret has an invisible character, U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// The secret begins or ends with white space.
    #[error("the secret begins or ends with a blank or a line break")]
    OuterBlank,
    /// The secret contains white space.
    #[error("the secret has a blank inside")]
    InnerBlank,
    /// The secret contains a character outside ASCII.
    #[error("the secret has a character outside ASCII, and API secrets have none")]
    NotAscii,
    /// The secret has this many bytes, fewer than [`MIN_RECOMMENDED_BYTES`].
    #[error(
        "the secret has only {0} bytes: HS256 wants {MIN_RECOMMENDED_BYTES} or more (RFC 7518 section 3.2)"
    )]
    Short(usize),
}

impl SecretFinding {
    /// Returns the first finding about a secret of an app with this API key, or `None` if there is no finding.
    pub fn of(secret: &Secret, api_key: Option<&str>) -> Option<Self> {
        let bytes = secret.expose();
        // `Secret::new` rejects all bytes that are not UTF-8.
        let text = str::from_utf8(bytes).unwrap_or_default();
        let value = text.trim();
        let is_api_key = api_key.is_some_and(|key| bytes.ct_eq(key.as_bytes()).into());
        let is_json = value.starts_with(['{', '[']) && value.ends_with(['}', ']']);
        let is_invisible =
            |c: &char| !c.is_ascii_whitespace() && (is_unprintable(*c) || !c.is_ascii() && c.is_whitespace());
        let invisible = text.chars().find(is_invisible);
        let all = [
            (is_api_key, Self::ApiKey),
            (text.starts_with("eyJ") && text.contains('.'), Self::TokenLike),
            (text.starts_with('\u{feff}'), Self::ByteOrderMark),
            (is_json, Self::Json),
            (value.contains(['\n', '\r']), Self::SeveralLines),
            (is_assignment(value), Self::Assignment),
            (value.starts_with(QUOTES) || value.ends_with(QUOTES), Self::Quoted),
            (invisible.is_some(), Self::Invisible(invisible.unwrap_or_default())),
            (value.len() < text.len(), Self::OuterBlank),
            (text.contains(char::is_whitespace), Self::InnerBlank),
            (!text.is_ascii(), Self::NotAscii),
            (bytes.len() < MIN_RECOMMENDED_BYTES, Self::Short(bytes.len())),
        ];
        all.into_iter().find_map(|(is_found, finding)| is_found.then_some(finding))
    }
}

/// Returns `true` for `NAME=value`, with or without `export`, and for `name: value`. The padding of base64 does not
/// count: its `=` is followed by nothing or by another `=`.
fn is_assignment(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    let split = text.split_once('=').or_else(|| text.split_once(": "));
    split.is_some_and(|(name, value)| {
        let name = name.trim_end();
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
            && !value.is_empty()
            && !value.starts_with('=')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an API secret looks like.
    const GOOD: &str = "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t";

    fn finding(text: &str) -> Option<SecretFinding> {
        SecretFinding::of(&Secret::new(text.as_bytes().to_vec()).unwrap(), Some("hx7key3abcde"))
    }

    #[test]
    fn nothing_is_odd_about_keys_as_programs_make_them() {
        for text in [
            GOOD.to_owned(),
            format!("{GOOD}\n"),
            format!("{GOOD}\r\n"),
            format!("{GOOD}="),
            format!("{GOOD}=="),
            format!("+/{GOOD}+/"),
            "s".repeat(32),
        ] {
            assert_eq!(finding(&text), None, "{text:?}");
        }
    }

    #[test]
    fn what_was_copied_with_the_secret_is_found() {
        use SecretFinding::*;
        let finds = |found: SecretFinding, texts: &[String]| {
            for text in texts {
                assert_eq!(finding(text), Some(found), "{text:?}");
            }
        };
        finds(ApiKey, &["hx7key3abcde".into(), "hx7key3abcde\n".into()]);
        finds(TokenLike, &["eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl".into()]);
        finds(ByteOrderMark, &[format!("\u{feff}{GOOD}")]);
        let json = [
            format!("{{\"secret\":\"{GOOD}\"}}"),
            format!("{{\n\"a\":\"{GOOD}\"\n}}\n"),
            format!("[\"{GOOD}\"]"),
        ];
        finds(Json, &json);
        finds(
            SeveralLines,
            &[format!("{GOOD}\n{GOOD}"), format!("A=b\n{GOOD}\n"), format!("{GOOD}\r{GOOD}")],
        );
        finds(
            Assignment,
            &[
                format!("STREAM_API_SECRET={GOOD}"),
                format!("export STREAM_API_SECRET='{GOOD}'"),
                format!(" secret = \"{GOOD}\""),
                format!("stream.api-secret={GOOD}=="),
                format!("api_secret: {GOOD}"),
            ],
        );
        finds(
            Quoted,
            &[
                format!("\"{GOOD}\""),
                format!("'{GOOD}'"),
                format!("“{GOOD}”"),
                format!("b'{GOOD}'"),
                format!("{GOOD}\""),
            ],
        );
        for (text, found) in [
            (format!("{GOOD}\u{a0}"), '\u{a0}'),
            (format!("\u{200b}{GOOD}"), '\u{200b}'),
            (format!("s3cr3t\u{2060}{GOOD}"), '\u{2060}'),
            (format!("s3cr3t\u{feff}{GOOD}"), '\u{feff}'),
            (format!("{GOOD}\u{1b}"), '\u{1b}'),
            (format!("{GOOD}\u{3000}"), '\u{3000}'),
        ] {
            assert_eq!(finding(&text), Some(Invisible(found)), "{text:?}");
        }
        finds(
            OuterBlank,
            &[format!(" {GOOD}"), format!("{GOOD}\t"), format!("{GOOD}\r"), format!("{GOOD}\n\n")],
        );
        finds(InnerBlank, &[format!("Bearer {GOOD}"), format!("{GOOD}\t{GOOD}")]);
        finds(NotAscii, &[format!("\u{43e}{GOOD}")]);
        finds(Short(31), &["s".repeat(31)]);
    }

    #[test]
    fn a_finding_says_what_is_odd_and_shows_nothing_of_the_secret() {
        let found = finding(&format!("hunter2 \u{a0}{GOOD}")).unwrap().to_string();
        assert_eq!(found, "the secret has an invisible character, U+00A0");
    }
}
