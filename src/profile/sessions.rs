//! How a profile's server checks its clients' sessions, if they are not sessions of ours.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::time::{humanize, parse_duration};

/// What stands for the session token in a template of `Authorization`.
pub const TOKEN_PLACEHOLDER: &str = "{token}";

/// The template of `Authorization` by default: what the client sent itself.
const DEFAULT_AUTHORIZATION: &str = "Bearer {token}";
/// How long the backend may take by default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest time that the backend may take: a request waits for it.
const MAX_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a positive answer counts by default.
const DEFAULT_CACHE: Duration = Duration::from_secs(10);
/// The longest time that a positive answer counts: until then, an end of the session goes unnoticed.
const MAX_CACHE: Duration = Duration::from_mins(1);

/// How clients' sessions are checked. The configuration contains it as a [`SessionsTable`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "SessionsTable")]
pub enum Sessions {
    /// The app's backend is asked.
    CheckUrl(CheckUrl),
}

/// How the app's backend is asked whose session a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckUrl {
    /// The URL that is asked: https, or http on this machine.
    pub url: String,
    /// Where the customer is in the backend's JSON: a JSON pointer (RFC 6901).
    pub customer_from: String,
    /// The value of `Authorization`, with [`TOKEN_PLACEHOLDER`] once.
    pub authorization: String,
    /// How long the backend may take.
    pub timeout: Duration,
    /// How long a positive answer counts.
    pub cache: Duration,
    /// The certificates that are trusted, in PEM; `None` for those that the system trusts.
    pub ca_file: Option<PathBuf>,
}

/// The keys of `sessions` in the configuration, as they are written there, and as flags give them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsTable {
    /// The URL that is asked.
    pub check_url: Option<String>,
    /// Where the customer is in its answer.
    pub customer_from: Option<String>,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
    /// How long the backend may take.
    pub timeout: Option<String>,
    /// How long a positive answer counts.
    pub cache: Option<String>,
    /// The certificates that are trusted.
    pub ca_file: Option<String>,
}

impl TryFrom<SessionsTable> for Sessions {
    type Error = String;

    fn try_from(table: SessionsTable) -> Result<Self, String> {
        let url = check_backend_url(&table.check_url.ok_or("sessions needs a check_url")?)
            .map_err(|error| format!("check_url: {error}"))?;
        let pointer = table.customer_from.ok_or(
            "check_url needs customer_from, which says where the customer is in the answer, such as /data/id",
        )?;
        Ok(Self::CheckUrl(CheckUrl {
            url,
            customer_from: check_pointer(pointer).map_err(|error| format!("customer_from: {error}"))?,
            authorization: check_template(table.authorization)?,
            timeout: duration(
                "timeout",
                table.timeout,
                DEFAULT_TIMEOUT,
                Duration::from_secs(1),
                MAX_TIMEOUT,
            )?,
            cache: duration("cache", table.cache, DEFAULT_CACHE, Duration::ZERO, MAX_CACHE)?,
            ca_file: check_ca_file(table.ca_file)?,
        }))
    }
}

impl Sessions {
    /// Returns what the configuration says; what is as by default is left out.
    #[must_use]
    pub fn table(&self) -> SessionsTable {
        let Self::CheckUrl(check) = self;
        let unless = |value: Duration, default| (value != default).then(|| humanize(value));
        let authorization = &check.authorization;
        SessionsTable {
            check_url: Some(check.url.clone()),
            customer_from: Some(check.customer_from.clone()),
            authorization: (authorization != DEFAULT_AUTHORIZATION).then(|| authorization.clone()),
            timeout: unless(check.timeout, DEFAULT_TIMEOUT),
            cache: unless(check.cache, DEFAULT_CACHE),
            ca_file: check.ca_file.as_ref().map(|path| path.to_string_lossy().into_owned()),
        }
    }
}

impl SessionsTable {
    /// Returns the keys that are set, with their values, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let entries = [
            ("check_url", &self.check_url),
            ("customer_from", &self.customer_from),
            ("authorization", &self.authorization),
            ("timeout", &self.timeout),
            ("cache", &self.cache),
            ("ca_file", &self.ca_file),
        ];
        entries.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?)))
    }
}

/// Checks a URL that gets session tokens: https, or http where nothing leaves this machine.
fn check_backend_url(url: &str) -> Result<String, String> {
    let expected =
        "expected https://HOST/PATH, or http:// on this machine alone (localhost, 127.0.0.1, [::1])";
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#@".contains(&byte));
    let host_of = |rest: &str| rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    let is_safe = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => !host_of(rest).is_empty(),
        (_, Some(rest)) => is_loopback(&host_of(rest)),
        _ => false,
    };
    if is_plain && is_safe { Ok(url.to_owned()) } else { Err(expected.into()) }
}

/// Returns `true` if a host, perhaps with a port, is this machine.
fn is_loopback(authority: &str) -> bool {
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        _ => authority,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Checks a JSON pointer (RFC 6901 section 3).
fn check_pointer(pointer: String) -> Result<String, String> {
    let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if pointer.is_empty() || pointer.starts_with('/') && escapes {
        return Ok(pointer);
    }
    Err("expected a JSON pointer, such as /data/id".into())
}

/// Checks the template of `Authorization`: what a header can contain, with the token once.
fn check_template(template: Option<String>) -> Result<String, String> {
    let template = template.unwrap_or_else(|| DEFAULT_AUTHORIZATION.into());
    let is_value = template.bytes().all(|byte| matches!(byte, b' '..=b'~')) && template.trim() == template;
    if is_value && template.matches(TOKEN_PLACEHOLDER).count() == 1 {
        return Ok(template);
    }
    Err(format!(
        "authorization: expected {TOKEN_PLACEHOLDER} once among visible ASCII, such as '{DEFAULT_AUTHORIZATION}'"
    ))
}

/// Reads a duration between two others.
fn duration(
    key: &str,
    text: Option<String>,
    default: Duration,
    min: Duration,
    max: Duration,
) -> Result<Duration, String> {
    let Some(text) = text else { return Ok(default) };
    let duration = parse_duration(&text).map_err(|error| format!("{key}: {error}"))?;
    if (min..=max).contains(&duration) {
        return Ok(duration);
    }
    Err(format!("{key}: expected {} to {}", humanize(min), humanize(max)))
}

/// Checks that a path does not depend on where the server is started.
fn check_ca_file(path: Option<String>) -> Result<Option<PathBuf>, String> {
    match path {
        Some(path) if !Path::new(&path).is_absolute() => Err("ca_file: expected an absolute path".into()),
        path => Ok(path.map(PathBuf::from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(keys: &[(&str, &str)]) -> SessionsTable {
        let mut table = SessionsTable {
            check_url: Some("https://api.example.com/me".into()),
            customer_from: Some("/data/id".into()),
            ..SessionsTable::default()
        };
        for (key, value) in keys {
            let place = match *key {
                "check_url" => &mut table.check_url,
                "customer_from" => &mut table.customer_from,
                "authorization" => &mut table.authorization,
                "timeout" => &mut table.timeout,
                "cache" => &mut table.cache,
                _ => &mut table.ca_file,
            };
            *place = Some((*value).to_owned());
        }
        table
    }

    fn check(keys: &[(&str, &str)]) -> Result<CheckUrl, String> {
        Sessions::try_from(table(keys)).map(|Sessions::CheckUrl(check)| check)
    }

    #[test]
    fn what_is_not_given_has_a_default() {
        let read = check(&[]).unwrap();
        assert_eq!(read.authorization, "Bearer {token}");
        assert_eq!((read.timeout, read.cache), (Duration::from_secs(2), Duration::from_secs(10)));
        assert_eq!(read.ca_file, None);
    }

    #[test]
    fn a_table_is_written_as_it_was_read_without_its_defaults() {
        let keys =
            [("authorization", "Token {token}"), ("timeout", "5s"), ("cache", "0s"), ("ca_file", "/ca.pem")];
        let given = table(&keys);
        assert_eq!(Sessions::try_from(given.clone()).unwrap().table(), given);
        let given = table(&[("timeout", "2s"), ("cache", "10s")]);
        assert_eq!(Sessions::try_from(given).unwrap().table(), table(&[]));
    }

    #[test]
    fn session_tokens_go_over_https_or_stay_on_this_machine() {
        for url in [
            "https://api.example.com/v1/me?x=1",
            "http://localhost/me",
            "http://localhost:8000",
            "http://127.0.0.1:8000/me",
            "http://127.9.9.9/me",
            "http://[::1]:8000/me",
        ] {
            assert!(check(&[("check_url", url)]).is_ok(), "{url}");
        }
        for url in [
            "",
            "api.example.com",
            "https://",
            "https:///me",
            "http://api.example.com/me",
            "http://10.0.0.1/me",
            "http://localhost.example.com/me",
            "http://127.0.0.1.example.com/me",
            "http://localhost@example.com/me",
            "https://user:password@example.com/me",
            "https://example.com/me#id",
            "https://example.com/m e",
            "ftp://localhost/me",
        ] {
            let error = check(&[("check_url", url)]).unwrap_err();
            assert!(error.starts_with("check_url: expected https://"), "{url}: {error}");
        }
    }

    #[test]
    fn each_value_has_its_bounds() {
        for (key, value) in [
            ("customer_from", ""),
            ("customer_from", "/"),
            ("customer_from", "/a~1b/0"),
            ("timeout", "1s"),
            ("timeout", "10s"),
            ("cache", "0s"),
            ("cache", "60s"),
            ("authorization", "{token}"),
        ] {
            assert!(check(&[(key, value)]).is_ok(), "{key} {value}");
        }
        for (key, value) in [
            ("customer_from", "data.id"),
            ("customer_from", "/a~2"),
            ("timeout", "0s"),
            ("timeout", "11s"),
            ("timeout", "soon"),
            ("cache", "61s"),
            ("authorization", "Bearer"),
            ("authorization", "{token} {token}"),
            ("authorization", " {token}"),
            ("authorization", "{token}\r\nX: y"),
            ("ca_file", "ca.pem"),
        ] {
            let error = check(&[(key, value)]).unwrap_err();
            assert!(error.starts_with(key), "{key} {value}: {error}");
        }
        assert!(Sessions::try_from(SessionsTable::default()).unwrap_err().contains("check_url"));
        let without = SessionsTable { customer_from: None, ..table(&[]) };
        assert!(Sessions::try_from(without).unwrap_err().contains("customer_from"));
    }
}
