//! The media type of a body (RFC 9110 section 8.3.1).

use crate::server::message::HeaderValue;

/// Returns `true` if a body is declared as JSON, in any case and with any parameters.
pub(super) fn is_json(content_type: &HeaderValue) -> bool {
    let value = content_type.value().unwrap_or_default();
    let media_type = value.split_once(';').map_or(value, |(media_type, _)| media_type);
    media_type.trim_end_matches([' ', '\t']).eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_said_by(value: &str) -> bool {
        is_json(&HeaderValue::Single(value.to_owned()))
    }

    #[test]
    fn json_is_json_in_any_case_and_with_parameters() {
        for value in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json ; charset=\"UTF-8\"; x=y",
        ] {
            assert!(is_said_by(value), "{value}");
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
            assert!(!is_said_by(value), "{value}");
        }
        assert!(!is_json(&HeaderValue::Absent) && !is_json(&HeaderValue::Invalid));
    }
}
