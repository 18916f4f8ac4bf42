//! One line of the log: its time and fields, as text or JSON.

use std::fmt::{Debug, Write as _};

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};

use crate::foreign::{is_unprintable, json_line};
use crate::time::{Timestamp, utc};

/// The form of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `TIME key=value …`; values that are more than one word are quoted.
    Text,
    /// An object.
    Json,
}

impl Form {
    /// Writes a line, with its end.
    pub(super) fn line(self, at: Timestamp, fields: &Fields) -> String {
        let time = utc(at);
        match self {
            Self::Json => json_line(&Line { time: &time, fields }) + "\n",
            Self::Text => {
                let mut line = time;
                for (name, value) in &fields.0 {
                    // Writing to a String cannot fail.
                    let _ = match value {
                        Value::String(text) if is_word(text) => write!(line, " {name}={text}"),
                        value => write!(line, " {name}={}", json_line(value)),
                    };
                }
                line + "\n"
            }
        }
    }
}

/// Tells whether a text needs no quotes.
fn is_word(text: &str) -> bool {
    let needs_none = |character: char| {
        !character.is_whitespace() && !is_unprintable(character) && !matches!(character, '"' | '=' | '\\')
    };
    !text.is_empty() && text.chars().all(needs_none)
}

/// The fields of an event, in order.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// Gives the fields of a line that tells of lost ones.
    pub(super) fn of_lost(count: u64) -> Self {
        Self(vec![("note", "lines of this log were lost".into()), ("count", count.into())])
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.push((field.name(), value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.push((field.name(), value.into()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.into()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}").into()));
    }
}

/// A line in JSON.
struct Line<'a> {
    /// When it was written.
    time: &'a str,
    /// The rest.
    fields: &'a Fields,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time", self.time)?;
        self.fields.0.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_more_than_a_word_is_quoted_and_none_ends_its_line() {
        let fields = Fields(vec![
            ("plain", "::1".into()),
            ("spaced", "a b".into()),
            ("forged", "x\nstatus=200\u{1b}".into()),
            ("empty", "".into()),
        ]);
        assert_eq!(
            Form::Text.line(Timestamp::EPOCH, &fields),
            "1970-01-01T00:00:00Z plain=::1 spaced=\"a b\" forged=\"x\\nstatus=200\\u001b\" empty=\"\"\n"
        );
    }
}
