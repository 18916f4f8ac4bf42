//! Names what was left out of a paste, in the words a person is told.

use std::fmt;

/// One kind of thing that was around or inside the token and is no part of it.
///
/// The names that some of them carry were pasted: at most 30 of `A-Z a-z 0-9 _ -`, and never what
/// could be a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stripped {
    /// The authentication scheme of RFC 6750, which Stream's own header goes without.
    Bearer,
    /// Quotation marks, straight or typographic, escaped or not.
    Quotes,
    /// What Python prints around bytes.
    PythonBytes,
    /// The name of an HTTP header, with its colon.
    HeaderLine(String),
    /// A curl command, over however many lines.
    CurlLine,
    /// JSON, of which the token was the value of this field.
    JsonReply(String),
    /// An assignment to this variable, as in a shell or an environment file.
    Assignment(String),
    /// A URL, of which the token was the value of this query parameter.
    QueryParameter(String),
    /// Lines that start with a prompt of a shell or of Python, with what was typed there.
    Prompt,
    /// Any other text before or after the token.
    SurroundingText,
    /// So many line breaks inside the token.
    LineBreaks(usize),
    /// What stood beside the breaks of a wrapped token: indentation, quotation marks of a mail,
    /// borders of a table, backslashes.
    Margin,
    /// So many more copies of the same token.
    Copies(usize),
    /// So many characters that are not seen: zero-width ones, byte order marks, soft hyphens.
    Invisible(usize),
    /// So many control sequences that colour a terminal.
    TerminalCodes(usize),
    /// White space at the start or the end of the paste.
    Whitespace,
}

impl fmt::Display for Stripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("the word Bearer"),
            Self::Quotes => f.write_str("quotes"),
            Self::PythonBytes => f.write_str("b'…'"),
            Self::HeaderLine(name) => write!(f, "the header name {name}"),
            Self::CurlLine => f.write_str("the curl command around it"),
            Self::JsonReply(field) => write!(f, "the JSON around it (field {field})"),
            Self::Assignment(name) => write!(f, "the assignment to {name}"),
            Self::QueryParameter(name) => write!(f, "the URL around it (parameter {name})"),
            Self::Prompt => f.write_str("the prompt around it"),
            Self::SurroundingText => f.write_str("other text around it"),
            Self::LineBreaks(count) => counted(f, *count, "line break", "line breaks"),
            Self::Margin => f.write_str("the margin of its lines"),
            Self::Copies(count) => counted(f, *count, "more copy of it", "more copies of it"),
            Self::Invisible(count) => counted(f, *count, "invisible character", "invisible characters"),
            Self::TerminalCodes(count) => counted(f, *count, "terminal code", "terminal codes"),
            Self::Whitespace => f.write_str("white space"),
        }
    }
}

/// Writes a number and the noun that goes with it.
fn counted(f: &mut fmt::Formatter<'_>, count: usize, one: &str, many: &str) -> fmt::Result {
    write!(f, "{count} {}", if count == 1 { one } else { many })
}
