//! JSON as it stands in a token: in its order, duplicate keys kept, numbers as they were written.
//!
//! `serde_json` reads each level; a `Value` of its own would fold duplicates and turn numbers into
//! floats, and a token is judged by what was written.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// How deep objects and arrays may nest in a token.
pub const MAX_DEPTH: usize = 8;

/// A JSON value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number's literal.
    Number(String),
    /// A string, its escapes resolved.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, its keys in their order, duplicates kept.
    Object(Vec<(String, Json)>),
}

/// Why bytes were not read as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// They are no JSON.
    Syntax,
    /// They nest deeper than [`MAX_DEPTH`].
    TooDeep,
}

impl Json {
    /// Reads one JSON text (RFC 8259), nested at most [`MAX_DEPTH`] levels.
    ///
    /// # Errors
    /// [`JsonError`]
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        let raw: &RawValue = serde_json::from_slice(bytes).map_err(|_| JsonError::Syntax)?;
        Self::read(raw, MAX_DEPTH)
    }

    /// Reads a value that may nest `depth` levels.
    fn read(raw: &RawValue, depth: usize) -> Result<Self, JsonError> {
        let text = raw.get();
        let nested = depth.checked_sub(1).ok_or(JsonError::TooDeep);
        match text.as_bytes().first() {
            Some(b'{') => {
                let depth = nested?;
                let Members(members) = parse_node(text)?;
                let read = |(key, value)| Ok((key, Self::read(value, depth)?));
                Ok(Self::Object(members.into_iter().map(read).collect::<Result<_, _>>()?))
            }
            Some(b'[') => {
                let depth = nested?;
                let elements: Vec<&RawValue> = parse_node(text)?;
                let read = |value| Self::read(value, depth);
                Ok(Self::Array(elements.into_iter().map(read).collect::<Result<_, _>>()?))
            }
            Some(b'"') => Ok(Self::String(parse_node(text)?)),
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            Some(b'n') => Ok(Self::Null),
            _ => Ok(Self::Number(text.to_owned())),
        }
    }

    /// Returns an object's member; the last where a key stands twice, as most readers do.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Returns an object's members; nothing for any other value.
    #[must_use]
    pub fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns the text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Finds a key that stands twice in one object, at any depth.
    pub(super) fn duplicate_key(&self) -> Option<&str> {
        match self {
            Self::Object(members) => {
                let twice = members.iter().enumerate().find_map(|(at, (key, _))| {
                    members[..at].iter().any(|(earlier, _)| earlier == key).then_some(key.as_str())
                });
                twice.or_else(|| members.iter().find_map(|(_, value)| value.duplicate_key()))
            }
            Self::Array(elements) => elements.iter().find_map(Self::duplicate_key),
            _ => None,
        }
    }
}

/// Parses one level.
fn parse_node<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|_| JsonError::Syntax)
}

impl Serialize for Json {
    /// Writes the value as it was read, but of a duplicate key only the last.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(literal) => {
                let raw = RawValue::from_string(literal.clone()).map_err(serde::ser::Error::custom)?;
                raw.serialize(serializer)
            }
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(elements) => {
                let mut array = serializer.serialize_seq(Some(elements.len()))?;
                elements.iter().try_for_each(|element| array.serialize_element(element))?;
                array.end()
            }
            Self::Object(members) => {
                let mut object = serializer.serialize_map(None)?;
                for (at, (key, value)) in members.iter().enumerate() {
                    if !members[at + 1..].iter().any(|(later, _)| later == key) {
                        object.serialize_entry(key, value)?;
                    }
                }
                object.end()
            }
        }
    }
}

impl fmt::Display for Json {
    /// Writes compact JSON. What is foreign in it is not escaped further.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// An object's members, their values not yet read.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Takes an object, and nothing else.
        struct MapOnly;
        impl<'de> Visitor<'de> for MapOnly {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MapOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn keeps_order_duplicates_and_the_literals_of_numbers() {
        let json = parse(r#"{"z":9007199254740993,"a":1.50,"z":1e400,"n":null,"b":[true,"\u00e9"]}"#);
        let keys: Vec<_> = json.entries().iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["z", "a", "z", "n", "b"]);
        assert_eq!(json.entries()[0].1, Json::Number("9007199254740993".into()));
        assert_eq!(json.get("z"), Some(&Json::Number("1e400".into())));
        assert_eq!(json.to_string(), r#"{"a":1.50,"z":1e400,"n":null,"b":[true,"é"]}"#);
    }

    #[test]
    fn finds_a_duplicate_key_at_any_depth() {
        assert_eq!(parse(r#"{"a":1,"b":{"a":1}}"#).duplicate_key(), None);
        assert_eq!(parse(r#"{"a":1,"a":1}"#).duplicate_key(), Some("a"));
        assert_eq!(parse(r#"{"x":[{"k":1,"\u006b":2}]}"#).duplicate_key(), Some("k"));
    }

    #[test]
    fn nests_eight_levels_and_no_more() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(nested(8).as_bytes()).is_ok());
        assert_eq!(Json::parse(nested(9).as_bytes()), Err(JsonError::TooDeep));
        assert_eq!(Json::parse(nested(2000).as_bytes()), Err(JsonError::TooDeep));
    }

    #[test]
    fn refuses_what_is_no_json() {
        let texts: [&[u8]; 9] = [
            b"",
            b"{",
            b"{}x",
            b"{'a':1}",
            b"\xff",
            b"\"\xff\"",
            b"{\"a\":\"\\ud800\"}",
            b"01",
            b"{\"a\":1,}",
        ];
        for text in texts {
            assert_eq!(Json::parse(text), Err(JsonError::Syntax), "{}", String::from_utf8_lossy(text));
        }
    }
}
