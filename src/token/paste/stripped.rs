//! Names what was left out of a paste, in the words that people read.

use std::fmt;

/// One kind of thing that was around or inside the token and is not part of it.
///
/// The names that some of them carry were pasted: at most 30 of `A-Z a-z 0-9 _ -`, and never what could be a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stripped {
    /// The authentication scheme of RFC 6750, which Stream's own header does not use.
    Bearer,
    /// Quotation marks, straight or typographic, escaped or not.
    Quotes,
    /// What Python prints around bytes.
    PythonBytes,
    /// The name of an HTTP header, with its colon.
    Header(String),
    /// A curl command, over however many lines.
    CurlCommand,
    /// JSON, of which the token was the value of this field.
    Json(String),
    /// An assignment to this variable, as in a shell or an environment file.
    Assignment(String),
    /// A URL, of which the token was the value of this query parameter.
    QueryParameter(String),
    /// Any other text before or after the token.
    SurroundingText,
    /// So many line breaks inside the token.
    LineBreaks(usize),
    /// What was beside the breaks of a wrapped token: indentation, quotation marks of a mail, borders of a table,
    /// backslashes.
    Margin,
    /// So many more copies of the same token.
    Copies(usize),
    /// Another token, which this describes.
    OtherToken(String),
    /// So many invisible characters: zero-width ones, byte order marks, soft hyphens.
    Invisible(usize),
    /// So many control sequences that colour a terminal.
    TerminalCodes(usize),
    /// White space at the start or the end of the paste.
    Whitespace,
    /// The encoding UTF-16.
    Utf16,
    /// The quoted-printable encoding of mail.
    QuotedPrintable,
    /// What a log writes before each line.
    LinePrefixes,
    /// Percent-encoding, once or twice.
    PercentEncoding,
    /// Backslashes before the token's punctuation.
    Escapes,
    /// The markup of HTML or Markdown inside or around the token.
    Markup,
    /// A layer of base64 around the token.
    Base64,
}

impl fmt::Display for Stripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted =
            |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let text = match self {
            Self::Bearer => "the word Bearer".into(),
            Self::Quotes => "quotes".into(),
            Self::PythonBytes => "b'…'".into(),
            Self::Header(name) => format!("the header name {name}"),
            Self::CurlCommand => "the curl command around it".into(),
            Self::Json(field) => format!("the JSON around it (field {field})"),
            Self::Assignment(name) => format!("the assignment to {name}"),
            Self::QueryParameter(name) => format!("the URL around it (parameter {name})"),
            Self::SurroundingText => "other text around it".into(),
            Self::LineBreaks(count) => counted(*count, "line break", "line breaks"),
            Self::Margin => "the margin of its lines".into(),
            Self::Copies(count) => counted(*count, "more copy of it", "more copies of it"),
            Self::OtherToken(description) => format!("another token ({description})"),
            Self::Invisible(count) => counted(*count, "invisible character", "invisible characters"),
            Self::TerminalCodes(count) => counted(*count, "terminal code", "terminal codes"),
            Self::Whitespace => "white space".into(),
            Self::Utf16 => "UTF-16".into(),
            Self::QuotedPrintable => "quoted-printable encoding".into(),
            Self::LinePrefixes => "what a log wrote before each line".into(),
            Self::PercentEncoding => "percent-encoding".into(),
            Self::Escapes => "backslashes".into(),
            Self::Markup => "markup".into(),
            Self::Base64 => "a layer of base64".into(),
        };
        f.write_str(&text)
    }
}
