//! Looks for a token in arbitrary text: a found token is found again in itself.

use stream_token::error::Diagnostic as _;
use stream_token::token::extract;

/// Takes the input as a paste.
pub(crate) fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match extract(&text) {
        Ok(pasted) => {
            let token = pasted.token.as_str();
            assert!(!token.is_empty() && token.len() <= text.len());
            assert!(!token.contains(char::is_whitespace), "{token:?}");
            let again = extract(token).unwrap();
            assert_eq!(again.token, token);
            assert!(again.stripped.is_empty(), "{:?}", again.stripped);
        }
        Err(error) => assert!(!error.to_string().is_empty() && error.hint().is_some()),
    }
}
