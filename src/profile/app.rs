//! What a Stream app's API key and its API's address look like.

/// How many characters an API key has at most: more than Stream's twelve, and fewer than its secrets' 64.
const LONGEST_API_KEY: usize = 40;

/// Takes an API key. Anything as long as an API secret is refused: it may be one, and does not belong here.
///
/// # Errors
/// A sentence that says what an API key is.
pub fn check_api_key(key: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if (1..=LONGEST_API_KEY).contains(&key.len()) && key.bytes().all(is_plain) {
        return Ok(key.to_owned());
    }
    Err(format!(
        "an API key is 1 to {LONGEST_API_KEY} letters, digits, - or _; the API secret does not belong here"
    ))
}

/// Takes a base URL of HTTPS, made of characters that need no quotes anywhere.
///
/// # Errors
/// A sentence that says what a base URL is.
pub fn check_base_url(url: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
    match url.strip_prefix("https://") {
        Some(rest) if !rest.starts_with('/') && !rest.is_empty() && rest.bytes().all(is_plain) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err("a base URL begins with https:// and a host, and has no query".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_key_is_short_and_plain() {
        for key in ["abc123", "demo-api-key", &"k".repeat(40)] {
            assert_eq!(check_api_key(key).as_deref(), Ok(key));
        }
        for key in ["", " ", "a b", "a'b", "\u{1b}[0m", &"k".repeat(41), &"s3cr3t00".repeat(8)] {
            assert!(check_api_key(key).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_base_url_is_https_and_needs_no_quotes() {
        assert_eq!(check_base_url("https://chat.example.com/").as_deref(), Ok("https://chat.example.com"));
        assert_eq!(check_base_url("https://[::1]:8443/a").as_deref(), Ok("https://[::1]:8443/a"));
        for url in [
            "",
            "http://x",
            "https://",
            "https:///x",
            "x",
            "https://x?a=b",
            "https://x#a",
            "https://x'",
            "HTTPS://x",
        ] {
            assert!(check_base_url(url).is_err(), "{url}");
        }
    }
}
