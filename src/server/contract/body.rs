//! The body of a request: an object with one `customer_id`, checked by its literal.
//!
//! The frontend bounds its size.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::RequestError;
use crate::token::CustomerId;

/// A body, its one value not read yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    /// The customer.
    #[serde(borrow)]
    customer_id: &'a RawValue,
}

/// Returns the customer that a body names.
///
/// The number's literal counts, never a float: `9007199254740993` stays itself, and neither `123.0` nor `1e2` is
/// an id.
pub(super) fn parse(body: &[u8]) -> Result<CustomerId, RequestError> {
    let json: &RawValue = serde_json::from_slice(body).map_err(|_| RequestError::Malformed)?;
    // What is derived takes an array for an object.
    let object = Some(json.get()).filter(|json| json.starts_with('{'));
    let body = object.and_then(|object| serde_json::from_str::<Body<'_>>(object).ok());
    body.and_then(|body| CustomerId::from_digits(body.customer_id.get())).ok_or(RequestError::Unprocessable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status(body: impl AsRef<[u8]>) -> u16 {
        parse(body.as_ref()).unwrap_err().status()
    }

    #[test]
    fn takes_a_customer_id_to_the_last_digit() {
        for (literal, id) in [
            ("1", 1),
            ("123", 123),
            ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", CustomerId::MAX),
        ] {
            let body = format!(r#"{{"customer_id":{literal}}}"#);
            assert_eq!(parse(body.as_bytes()).unwrap().get(), id);
        }
        for body in [" {\t\"customer_id\" :\r\n123 } ", r#"{"customer\u005fid":123}"#] {
            assert_eq!(parse(body.as_bytes()).unwrap().get(), 123, "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        let texts: [&[u8]; 16] = [
            b"",
            b" ",
            b"{",
            b"{\"customer_id\":123",
            b"{\"customer_id\":123}}",
            b"{\"customer_id\":123} x",
            b"{\"customer_id\":123,}",
            b"{customer_id:123}",
            b"{'customer_id':123}",
            b"{\"customer_id\":0123}",
            b"{\"customer_id\":+123}",
            b"{\"customer_id\":0x7b}",
            b"{\"customer_id\":NaN}",
            b"\xef\xbb\xbf{\"customer_id\":123}",
            b"{\"customer_id\":123,\"\xff\":1}",
            b"customer_id=123",
        ];
        for text in texts {
            assert_eq!(status(text), 400, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(status("[".repeat(4096)), 400);
    }

    #[test]
    fn json_that_is_no_such_object_is_unprocessable() {
        for body in [
            "null",
            "123",
            "\"123\"",
            "[]",
            "[123]",
            r#"[{"customer_id":123}]"#,
            "{}",
            r#"{"Customer_ID":123}"#,
            r#"{"customer_id ":123}"#,
            r#"{"user_id":"customer-123"}"#,
            r#"{"customer_id":123,"more":1}"#,
            r#"{"customer_id":123,"customer_id":123}"#,
            r#"{"customer_id":123,"customer\u005fid":124}"#,
            r#"{"customer_id":"123"}"#,
            r#"{"customer_id":null}"#,
            r#"{"customer_id":true}"#,
            r#"{"customer_id":[123]}"#,
            r#"{"customer_id":{"customer_id":123}}"#,
            r#"{"customer_id":123.0}"#,
            r#"{"customer_id":1e2}"#,
            r#"{"customer_id":1E2}"#,
            r#"{"customer_id":123e0}"#,
            r#"{"customer_id":0}"#,
            r#"{"customer_id":-0}"#,
            r#"{"customer_id":-1}"#,
            r#"{"customer_id":9223372036854775808}"#,
            r#"{"customer_id":18446744073709551617}"#,
            r#"{"customer_id":100000000000000000000000000000000000000000000000000000001}"#,
        ] {
            assert_eq!(status(body), 422, "{body}");
        }
        assert_eq!(status(format!(r#"{{"customer_id":{}}}"#, "1".repeat(4000))), 422);
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(status(nested(2048)), 422);
        assert_eq!(status(format!(r#"{{"customer_id":{}}}"#, nested(2040))), 422);
    }

    proptest! {
        #[test]
        fn every_number_is_itself_or_out_of_range(number in any::<u128>(), shift in 0_u32..128) {
            let number = number >> shift;
            let parsed = parse(format!(r#"{{"customer_id":{number}}}"#).as_bytes()).ok();
            let expected = u64::try_from(number).ok().and_then(CustomerId::new);
            prop_assert_eq!(parsed, expected);
        }

        #[test]
        fn whatever_is_sent_is_judged(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let text = format!(r#"{{"customer_id":{}}}"#, String::from_utf8_lossy(&body));
            for body in [body.as_slice(), text.as_bytes()] {
                if let Err(refusal) = parse(body) {
                    prop_assert!([400, 422].contains(&refusal.status()));
                }
            }
        }
    }
}
