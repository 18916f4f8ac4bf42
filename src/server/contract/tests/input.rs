//! How the parts of a request are read.

use proptest::prelude::*;

use super::*;

/// Returns a request with this header.
fn request(name: &HeaderName, lines: &[&str]) -> Request {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name.clone(), line.parse().unwrap());
    }
    let (method, path, id) = ("POST".into(), "/".into(), "1".into());
    Request { method, path, peer: [127, 0, 0, 1].into(), id, headers, body: Vec::new() }
}

/// Returns the session token in this `Authorization`, or the reason why there is none.
fn parse(value: &str) -> Result<String, &'static str> {
    let request = request(&AUTHORIZATION, &[value]);
    session_token(&request).map(str::to_owned).map_err(|error| error.reason().unwrap())
}

#[test]
fn bearer_is_accepted_in_any_case_with_any_blanks() {
    for value in ["Bearer a.b-c_d~+/=", "bearer a.b-c_d~+/=", "BEARER   a.b-c_d~+/="] {
        assert_eq!(parse(value).unwrap(), "a.b-c_d~+/=", "{value}");
    }
}

#[test]
fn a_session_token_is_any_visible_ascii_without_blanks() {
    let longest = "x".repeat(MAX_TOKEN_BYTES);
    for token in ["12|AbC", "a,b", "\"a\"", "=", "a=b", "!#$%&'()*:;<>?@[]^`{}~", longest.as_str()] {
        assert_eq!(parse(&format!("Bearer {token}")).unwrap(), token);
    }
}

#[test]
fn other_authorization_headers_are_refused() {
    let too_long = format!("Bearer {}", "x".repeat(MAX_TOKEN_BYTES + 1));
    for value in [
        "",
        "Basic YTpi",
        "Bearerx",
        "Bearer\tx",
        "Bearer,x",
        "a.b.c",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer \tx",
        "Bearer a b",
        "Bearer a, Bearer a",
        "Bearer Bearer a",
        &too_long,
    ] {
        assert_eq!(parse(value), Err("malformed_authorization"), "{value}");
    }
    let twice = request(&AUTHORIZATION, &["Bearer a", "Bearer a"]);
    assert_eq!(session_token(&twice).unwrap_err().reason(), Some("malformed_authorization"));
    assert_eq!(session_token(&request(&AUTHORIZATION, &[])).unwrap_err().reason(), Some("no_session"));
}

#[test]
fn json_is_json_in_any_case_and_with_parameters() {
    for value in [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json ; charset=\"UTF-8\"; x=y",
    ] {
        assert!(is_json(&request(&CONTENT_TYPE, &[value])), "{value}");
    }
}

#[test]
fn every_other_content_type_is_refused() {
    for value in [
        "",
        ";",
        "text/json",
        "application/jsonp",
        "application/ json",
        "application/json, application/json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "text/plain; application/json",
    ] {
        assert!(!is_json(&request(&CONTENT_TYPE, &[value])), "{value}");
    }
    assert!(!is_json(&request(&CONTENT_TYPE, &[])));
    assert!(!is_json(&request(&CONTENT_TYPE, &["application/json", "application/json"])));
}

fn status(body: impl AsRef<[u8]>) -> u16 {
    body_customer(body.as_ref()).unwrap_err().status()
}

#[test]
fn customer_ids_are_exact_to_the_last_digit() {
    for (literal, id) in [
        ("1", 1),
        ("123", 123),
        ("9007199254740993", 9_007_199_254_740_993),
        ("9223372036854775807", CustomerId::MAX),
    ] {
        let body = format!(r#"{{"customer_id":{literal}}}"#);
        assert_eq!(body_customer(body.as_bytes()).unwrap().get(), id);
    }
    for body in [" {\t\"customer_id\" :\r\n123 } ", r#"{"customer\u005fid":123}"#] {
        assert_eq!(body_customer(body.as_bytes()).unwrap().get(), 123, "{body}");
    }
}

#[test]
fn invalid_json_is_malformed() {
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
fn json_of_another_shape_is_unprocessable() {
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
    fn numbers_are_exact_or_out_of_range(number in any::<u128>(), shift in 0_u32..128) {
        let number = number >> shift;
        let parsed = body_customer(format!(r#"{{"customer_id":{number}}}"#).as_bytes()).ok();
        let expected = u64::try_from(number).ok().and_then(CustomerId::new);
        prop_assert_eq!(parsed, expected);
    }

    #[test]
    fn any_body_is_judged_without_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let text = format!(r#"{{"customer_id":{}}}"#, String::from_utf8_lossy(&body));
        for body in [body.as_slice(), text.as_bytes()] {
            if let Err(refusal) = body_customer(body) {
                prop_assert!([400, 422].contains(&refusal.status()));
            }
        }
    }
}
