//! Strict parsing of a token's JSON objects: `serde_json` alone accepts duplicate keys and deeper nesting.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::malformed::{MalformedToken, Segment};

/// The maximum nesting depth of objects and arrays in a token.
const MAX_DEPTH: usize = 8;

/// A JSON object, with its members in their original order.
pub type Object = Map<String, Value>;

/// Parses a segment's object, without duplicate keys and nested at most eight levels.
///
/// # Errors
/// [`MalformedToken`] for this segment.
pub fn parse_object(bytes: &[u8], segment: Segment) -> Result<Object, MalformedToken> {
    let raw = serde_json::from_slice(bytes).map_err(|_| MalformedToken::NotJson(segment))?;
    match read(raw, MAX_DEPTH, segment)? {
        Value::Object(object) => Ok(object),
        _ => Err(MalformedToken::NotAnObject(segment)),
    }
}

/// Parses a value that may nest `levels` levels, one level at a time.
fn read(raw: &RawValue, levels: usize, segment: Segment) -> Result<Value, MalformedToken> {
    let nested = levels.checked_sub(1).ok_or(MalformedToken::TooDeep(segment));
    match raw.get().as_bytes().first() {
        Some(b'{') => {
            let levels = nested?;
            let mut object = Object::new();
            for (key, value) in read_level::<Members<'_>>(raw, segment)?.0 {
                if object.insert(key.clone(), read(value, levels, segment)?).is_some() {
                    return Err(MalformedToken::DuplicateKey(segment, key));
                }
            }
            Ok(Value::Object(object))
        }
        Some(b'[') => {
            let levels = nested?;
            let elements = read_level::<Vec<&RawValue>>(raw, segment)?;
            elements.into_iter().map(|element| read(element, levels, segment)).collect()
        }
        _ => read_level(raw, segment),
    }
}

/// Parses one level. Only a number outside the range of every number type can still be refused here.
fn read_level<'a, T: Deserialize<'a>>(raw: &'a RawValue, segment: Segment) -> Result<T, MalformedToken> {
    serde_json::from_str(raw.get()).map_err(|_| MalformedToken::NotJson(segment))
}

/// The members of an object, including duplicates, with their values not yet parsed.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: impl AsRef<[u8]>) -> Result<String, MalformedToken> {
        parse_object(text.as_ref(), Segment::Claims).map(|object| Value::Object(object).to_string())
    }

    #[test]
    fn keeps_order_and_every_integer() {
        let text = r#"{"z":9007199254740993,"a":1.5,"n":null,"b":[true,"\u00e9"]}"#;
        assert_eq!(parse(text).unwrap(), r#"{"z":9007199254740993,"a":1.5,"n":null,"b":[true,"é"]}"#);
    }

    #[test]
    fn refuses_a_key_that_appears_twice_at_any_depth() {
        assert!(parse(r#"{"a":1,"b":{"a":1}}"#).is_ok());
        let twice = |key: &str| Err(MalformedToken::DuplicateKey(Segment::Claims, key.into()));
        assert_eq!(parse(r#"{"a":1,"a":1}"#), twice("a"));
        assert_eq!(parse(r#"{"x":[{"k":1,"\u006b":2}]}"#), twice("k"));
    }

    #[test]
    fn nests_eight_levels_and_no_more() {
        let nested = |depth: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(parse(nested(8)).is_ok());
        assert_eq!(parse(nested(9)), Err(MalformedToken::TooDeep(Segment::Claims)));
        assert_eq!(parse(nested(2000)), Err(MalformedToken::TooDeep(Segment::Claims)));
    }

    #[test]
    fn refuses_json_other_than_an_object() {
        for text in ["[1]", "null", "7", "\"a\""] {
            assert_eq!(parse(text), Err(MalformedToken::NotAnObject(Segment::Claims)), "{text}");
        }
        let texts: [&[u8]; 11] = [
            b"",
            b"{",
            b"{}x",
            b"{'a':1}",
            b"\xff",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":01}",
            b"{\"a\":1e400}",
            b"{\"a\":1,}",
            b"\xef\xbb\xbf{}",
        ];
        for text in texts {
            let refusal = Err(MalformedToken::NotJson(Segment::Claims));
            assert_eq!(parse(text), refusal, "{}", String::from_utf8_lossy(text));
        }
    }
}
