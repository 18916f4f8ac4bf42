//! The `sessions` table of a profile: how the server checks sessions that stream-token did not issue.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use crate::escape::escaped_short;
use crate::time::{humanize, parse_duration};

/// The placeholder for the session token in the template of `Authorization`.
pub const TOKEN_PLACEHOLDER: &str = "{token}";

/// The default template of `Authorization`: the header that the client sent.
const DEFAULT_AUTHORIZATION: &str = "Bearer {token}";
/// The default timeout of a backend.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest timeout of a backend: a client's request waits for it.
const MAX_TIMEOUT: Duration = Duration::from_secs(10);
/// The default time for which a positive answer is cached.
const DEFAULT_CACHE: Duration = Duration::from_secs(10);
/// The longest time for which a positive answer is cached: until it is over, the end of a session goes unnoticed.
const MAX_CACHE: Duration = Duration::from_mins(1);

/// The default claim that names the customer.
const DEFAULT_CLAIM: &str = "sub";

/// The keys of a table and their values.
type Keys = BTreeMap<String, String>;

/// The settings by which clients' sessions are checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Keys")]
pub struct Sessions {
    /// The keys as the configuration contains them.
    pub keys: Keys,
    /// The settings that the keys describe.
    pub kind: SessionKind,
}

/// A way to check sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionKind {
    /// The app's backend is asked about each session.
    CheckUrl(CheckUrl),
    /// Sessions are JWTs that the backend signs.
    Jwt(JwtSessions),
}

/// The settings of a request that asks the app's backend which customer a session token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckUrl {
    /// The URL of the request.
    pub backend: BackendUrl,
    /// The location of the customer in the backend's JSON: a JSON pointer (RFC 6901).
    pub customer_from: String,
    /// The value of `Authorization`, with [`TOKEN_PLACEHOLDER`] once.
    pub authorization: String,
    /// The time for which a positive answer is cached.
    pub cache: Duration,
}

/// The settings by which the backend's JWTs are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtSessions {
    /// The issuer (`iss`) of every token.
    pub issuer: String,
    /// The audience that `aud` must contain; `None` if no token has an audience.
    pub audience: Option<String>,
    /// The claim that names the customer, or a JSON pointer to it (RFC 6901).
    pub claim: String,
    /// The URL of the backend's JWK Set (RFC 7517 section 5); `None` if the backend shares the profile's session key.
    pub key_set: Option<BackendUrl>,
    /// The algorithm of every token, independent of the token's header: HS256 for a shared key, else RS256 or ES256.
    pub algorithm: Algorithm,
}

/// A URL of the app's backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendUrl {
    /// The URL: `https`, or `http` on this machine.
    pub url: String,
    /// The timeout of a request.
    pub timeout: Duration,
    /// The path of the trusted certificates, in PEM; `None` for the system's trusted certificates.
    pub ca_file: Option<PathBuf>,
}

impl TryFrom<Keys> for Sessions {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let mut rest = keys.clone();
        let kind = if keys.contains_key("check_url") {
            SessionKind::CheckUrl(CheckUrl::take(&mut rest)?)
        } else if keys.contains_key("issuer") || keys.contains_key("jwks_url") {
            SessionKind::Jwt(JwtSessions::take(&mut rest)?)
        } else {
            return Err("sessions needs a check_url, or the issuer of JWTs".into());
        };
        match rest.keys().next() {
            None => Ok(Self { keys, kind }),
            Some(key) => Err(format!("{}: not a key of such sessions", escaped_short(key))),
        }
    }
}

impl CheckUrl {
    /// Takes the keys of this kind of session.
    fn take(keys: &mut Keys) -> Result<Self, String> {
        let customer_from = take(keys, "customer_from", pointer)?;
        let authorization = take(keys, "authorization", template)?;
        let cache = take(keys, "cache", |text| duration(text, Duration::ZERO, MAX_CACHE))?;
        Ok(Self {
            customer_from: customer_from.ok_or(
                "check_url needs customer_from, where the customer is in the answer, such as /data/id",
            )?,
            authorization: authorization.unwrap_or_else(|| DEFAULT_AUTHORIZATION.into()),
            cache: cache.unwrap_or(DEFAULT_CACHE),
            backend: BackendUrl::take(keys, "check_url")?,
        })
    }
}

impl JwtSessions {
    /// Takes the keys of this kind of session.
    fn take(keys: &mut Keys) -> Result<Self, String> {
        let is_published = keys.contains_key("jwks_url");
        let key_set = is_published.then(|| BackendUrl::take(keys, "jwks_url")).transpose()?;
        let algorithm = |name: &str| match name {
            "RS256" => Ok(Algorithm::RS256),
            "ES256" => Ok(Algorithm::ES256),
            _ => Err("expected RS256 or ES256"),
        };
        let algorithm =
            if is_published { take(keys, "algorithm", algorithm)? } else { Some(Algorithm::HS256) };
        let audience = keys.remove("audience");
        if is_published && audience.is_none() {
            // A backend that publishes its keys may sign tokens for other apps too.
            return Err("jwks_url needs an audience: what 'aud' says in tokens for this app".into());
        }
        let issuer = keys.remove("issuer").filter(|issuer| !issuer.is_empty());
        let claim = |text: &str| if text.starts_with('/') { pointer(text) } else { Ok(text.to_owned()) };
        Ok(Self {
            issuer: issuer.ok_or("jwks_url needs the issuer of its tokens")?,
            audience,
            claim: take(keys, "claim", claim)?.unwrap_or_else(|| DEFAULT_CLAIM.into()),
            key_set,
            algorithm: algorithm.unwrap_or(Algorithm::RS256),
        })
    }
}

impl BackendUrl {
    /// Takes a URL, its timeout and its trusted certificates.
    fn take(keys: &mut Keys, key: &str) -> Result<Self, String> {
        let timeout = take(keys, "timeout", |text| duration(text, Duration::from_secs(1), MAX_TIMEOUT))?;
        Ok(Self {
            url: take(keys, key, backend_url)?.unwrap_or_default(),
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            ca_file: take(keys, "ca_file", absolute_path)?,
        })
    }
}

/// Takes the value of a key and parses it; returns `None` if the key is absent. An error names the key.
fn take<T, E: fmt::Display>(
    keys: &mut Keys,
    key: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    let Some(value) = keys.remove(key) else { return Ok(None) };
    parse(&value).map(Some).map_err(|error| format!("{key}: {error}"))
}

/// Checks a URL to which session tokens are sent: `https`, or `http` to this machine.
fn backend_url(url: &str) -> Result<String, &'static str> {
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#@".contains(&byte));
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with(['/', '?', ':']);
    let is_private = url.strip_prefix("https://").is_some_and(has_host);
    let is_local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
        let rest = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', ':']))
    });
    (is_plain && (is_private || is_local))
        .then(|| url.to_owned())
        .ok_or("expected https://HOST/PATH, or http:// on this machine alone (localhost, 127.0.0.1, [::1])")
}

/// Checks a JSON pointer (RFC 6901 section 3).
fn pointer(text: &str) -> Result<String, &'static str> {
    let has_escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    let is_pointer = text.is_empty() || text.starts_with('/') && has_escapes;
    is_pointer.then(|| text.to_owned()).ok_or("expected a JSON pointer, such as /data/id")
}

/// Checks the template of `Authorization`: a valid header value that contains [`TOKEN_PLACEHOLDER`] once.
fn template(text: &str) -> Result<String, String> {
    let is_value = text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim() == text;
    if is_value && text.matches(TOKEN_PLACEHOLDER).count() == 1 {
        return Ok(text.to_owned());
    }
    Err(format!("expected {TOKEN_PLACEHOLDER} once among visible ASCII, such as '{DEFAULT_AUTHORIZATION}'"))
}

/// Parses a duration from `min` to `max`.
fn duration(text: &str, min: Duration, max: Duration) -> Result<Duration, String> {
    let duration = parse_duration(text).map_err(|error| error.to_string())?;
    let is_within = (min..=max).contains(&duration);
    is_within.then_some(duration).ok_or_else(|| format!("expected {} to {}", humanize(min), humanize(max)))
}

/// Checks that a path is absolute, so that it does not depend on the server's working directory.
fn absolute_path(text: &str) -> Result<PathBuf, &'static str> {
    let is_absolute = Path::new(text).is_absolute();
    is_absolute.then(|| text.into()).ok_or("expected an absolute path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(keys: &[(&str, &str)]) -> BTreeMap<String, String> {
        let default = [("check_url", "https://api.example.com/me"), ("customer_from", "/data/id")];
        default.iter().chain(keys).map(|&(key, value)| (key.into(), value.into())).collect()
    }

    fn check(keys: &[(&str, &str)]) -> Result<CheckUrl, String> {
        match Sessions::try_from(table(keys))?.kind {
            SessionKind::CheckUrl(check) => Ok(check),
            SessionKind::Jwt(jwt) => panic!("{jwt:?}"),
        }
    }

    fn jwt(keys: &[(&str, &str)]) -> Result<JwtSessions, String> {
        let table = keys.iter().map(|&(key, value)| (key.into(), value.into())).collect::<BTreeMap<_, _>>();
        match Sessions::try_from(table)?.kind {
            SessionKind::Jwt(jwt) => Ok(jwt),
            SessionKind::CheckUrl(check) => panic!("{check:?}"),
        }
    }

    /// The smallest configuration with public keys.
    const JWKS: [(&str, &str); 3] = [
        ("issuer", "https://id.example.com/"),
        ("audience", "app"),
        ("jwks_url", "https://id.example.com/keys"),
    ];

    #[test]
    fn missing_settings_have_defaults() {
        let read = check(&[]).unwrap();
        assert_eq!(read.authorization, "Bearer {token}");
        assert_eq!((read.backend.timeout, read.cache), (Duration::from_secs(2), Duration::from_secs(10)));
        assert_eq!(read.backend.ca_file, None);
        let read = jwt(&JWKS).unwrap();
        assert_eq!((read.claim.as_str(), read.algorithm), ("sub", Algorithm::RS256));
    }

    #[test]
    fn jwts_need_an_issuer_and_published_keys_an_audience() {
        for left_out in 0..2 {
            let keys: Vec<_> = JWKS.into_iter().enumerate().filter(|(at, _)| *at != left_out).collect();
            let keys: Vec<_> = keys.into_iter().map(|(_, key)| key).collect();
            assert!(jwt(&keys).unwrap_err().starts_with("jwks_url needs "), "{keys:?}");
        }
        let shared = [("issuer", "app")];
        assert_eq!(jwt(&shared).unwrap().audience, None);
        for (keys, error) in [
            (&[JWKS[0], JWKS[1], JWKS[2], ("algorithm", "HS256")][..], "algorithm: expected RS256"),
            (&[JWKS[0], JWKS[1], JWKS[2], ("algorithm", "none")], "algorithm: expected RS256"),
            (&[JWKS[0], JWKS[1], JWKS[2], ("claim", "/a~2")], "claim: expected a JSON pointer"),
            (&[JWKS[0], JWKS[1], ("jwks_url", "http://id.example.com/")], "jwks_url: expected https"),
            (&[JWKS[0], JWKS[1], JWKS[2], ("cache", "1s")], "cache: not a key of such sessions"),
            (&[shared[0], ("algorithm", "HS256")], "algorithm: not a key of such sessions"),
            (&[shared[0], ("ca_file", "/ca.pem")], "ca_file: not a key of"),
            (&[("audience", "app")], "sessions needs a check_url, or the issuer"),
        ] {
            let refused = jwt(keys).unwrap_err();
            assert!(refused.starts_with(error), "{keys:?}: {refused}");
        }
        let refused = check(&[("issuer", "app")]).unwrap_err();
        assert_eq!(refused, "issuer: not a key of such sessions");
        assert_eq!(check(&[("check-url", "x")]).unwrap_err(), "check-url: not a key of such sessions");
    }

    #[test]
    fn session_tokens_go_over_https_or_stay_on_this_machine() {
        for url in [
            "https://api.example.com/v1/me?x=1",
            "http://localhost/me",
            "http://localhost:8000",
            "http://127.0.0.1:8000/me",
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
            "http://127.9.9.9/me",
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
        assert!(Sessions::try_from(BTreeMap::new()).unwrap_err().contains("check_url"));
        let mut without = table(&[]);
        without.remove("customer_from");
        assert!(Sessions::try_from(without).unwrap_err().contains("customer_from"));
    }
}
