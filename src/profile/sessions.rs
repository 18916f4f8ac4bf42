//! How a profile's server checks its clients' sessions, if they are not sessions of ours.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::escape::escaped_short;
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

/// The claim that names the customer by default.
const DEFAULT_CLAIM: &str = "sub";

/// How clients' sessions are checked. The configuration contains it as a table of strings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub enum Sessions {
    /// The app's backend is asked about each.
    CheckUrl(CheckUrl),
    /// They are the backend's own JWTs.
    Jwt(JwtSessions),
}

/// How the app's backend is asked whose session a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckUrl {
    /// The URL that is asked.
    pub backend: BackendUrl,
    /// Where the customer is in the backend's JSON: a JSON pointer (RFC 6901).
    pub customer_from: String,
    /// The value of `Authorization`, with [`TOKEN_PLACEHOLDER`] once.
    pub authorization: String,
    /// How long a positive answer counts.
    pub cache: Duration,
}

/// How the backend's JWTs are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtSessions {
    /// The `iss` of every token.
    pub issuer: String,
    /// What `aud` must contain; `None` if no token has one.
    pub audience: Option<String>,
    /// The claim that names the customer, or a JSON pointer to it (RFC 6901).
    pub claim: String,
    /// Where the backend's public keys are; `None` if the profile's session key is shared with the backend (HS256).
    pub key_set: Option<KeySetUrl>,
}

/// Where a set of public keys is (RFC 7517 section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetUrl {
    /// The URL.
    pub backend: BackendUrl,
    /// The algorithm of every token, whatever a token says itself.
    pub algorithm: KeySetAlgorithm,
}

/// An algorithm of public keys (RFC 7518 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeySetAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    Rs256,
    /// ECDSA with P-256 and SHA-256.
    Es256,
}

/// A URL of the app's backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendUrl {
    /// The URL: https, or http on this machine.
    pub url: String,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The certificates that are trusted, in PEM; `None` for those that the system trusts.
    pub ca_file: Option<PathBuf>,
}

impl TryFrom<BTreeMap<String, String>> for Sessions {
    type Error = String;

    fn try_from(mut table: BTreeMap<String, String>) -> Result<Self, String> {
        let (sessions, kind) = if table.contains_key("check_url") {
            (Self::CheckUrl(CheckUrl::take(&mut table)?), "check_url")
        } else if table.contains_key("issuer") || table.contains_key("jwks_url") {
            let kind = if table.contains_key("jwks_url") { "jwks_url" } else { "issuer and no jwks_url" };
            (Self::Jwt(JwtSessions::take(&mut table)?), kind)
        } else {
            return Err("sessions needs a check_url, or the issuer of JWTs".into());
        };
        match table.keys().next() {
            None => Ok(sessions),
            Some(key) => Err(format!("{}: not a key of sessions with {kind}", escaped_short(key))),
        }
    }
}

impl Sessions {
    /// Returns the keys of the configuration and their values; what is as by default is left out.
    #[must_use]
    pub fn table(&self) -> Vec<(&'static str, String)> {
        let backend = match self {
            Self::CheckUrl(check) => Some(("check_url", &check.backend)),
            Self::Jwt(jwt) => jwt.key_set.as_ref().map(|set| ("jwks_url", &set.backend)),
        };
        let mut table = Vec::new();
        match self {
            Self::CheckUrl(check) => {
                table.push(("customer_from", check.customer_from.clone()));
                if check.authorization != DEFAULT_AUTHORIZATION {
                    table.push(("authorization", check.authorization.clone()));
                }
                if check.cache != DEFAULT_CACHE {
                    table.push(("cache", humanize(check.cache)));
                }
            }
            Self::Jwt(jwt) => {
                table.push(("issuer", jwt.issuer.clone()));
                table.extend(jwt.audience.clone().map(|audience| ("audience", audience)));
                if jwt.claim != DEFAULT_CLAIM {
                    table.push(("claim", jwt.claim.clone()));
                }
                if jwt.key_set.as_ref().is_some_and(|set| set.algorithm == KeySetAlgorithm::Es256) {
                    table.push(("algorithm", "ES256".into()));
                }
            }
        }
        if let Some((key, backend)) = backend {
            table.insert(0, (key, backend.url.clone()));
            if backend.timeout != DEFAULT_TIMEOUT {
                table.push(("timeout", humanize(backend.timeout)));
            }
            table.extend(
                backend.ca_file.as_ref().map(|path| ("ca_file", path.to_string_lossy().into_owned())),
            );
        }
        table
    }
}

impl CheckUrl {
    /// Takes the keys of this kind of sessions out of a table.
    fn take(table: &mut BTreeMap<String, String>) -> Result<Self, String> {
        let pointer = table.remove("customer_from").ok_or(
            "check_url needs customer_from, which says where the customer is in the answer, such as /data/id",
        )?;
        Ok(Self {
            backend: BackendUrl::take(table, "check_url")?,
            customer_from: check_pointer(pointer).map_err(|error| format!("customer_from: {error}"))?,
            authorization: check_template(table.remove("authorization"))?,
            cache: duration("cache", table, DEFAULT_CACHE, Duration::ZERO, MAX_CACHE)?,
        })
    }
}

impl JwtSessions {
    /// Takes the keys of this kind of sessions out of a table.
    fn take(table: &mut BTreeMap<String, String>) -> Result<Self, String> {
        let issuer = table.remove("issuer");
        let issuer =
            issuer.filter(|issuer| !issuer.is_empty()).ok_or("jwks_url needs the issuer of its tokens")?;
        let audience = table.remove("audience");
        let claim = table.remove("claim").unwrap_or_else(|| DEFAULT_CLAIM.into());
        let claim = if claim.starts_with('/') {
            check_pointer(claim).map_err(|error| format!("claim: {error}"))?
        } else {
            claim
        };
        let key_set = table.contains_key("jwks_url").then(|| KeySetUrl::take(table)).transpose()?;
        if key_set.is_some() && audience.is_none() {
            // Whoever publishes keys signs for other apps too.
            return Err("jwks_url needs an audience: what 'aud' says in tokens for this app".into());
        }
        Ok(Self { issuer, audience, claim, key_set })
    }
}

impl KeySetUrl {
    /// Takes the keys of a set of public keys out of a table.
    fn take(table: &mut BTreeMap<String, String>) -> Result<Self, String> {
        let algorithm = match table.remove("algorithm").as_deref() {
            None | Some("RS256") => KeySetAlgorithm::Rs256,
            Some("ES256") => KeySetAlgorithm::Es256,
            Some(_) => return Err("algorithm: expected RS256 or ES256".into()),
        };
        Ok(Self { backend: BackendUrl::take(table, "jwks_url")?, algorithm })
    }
}

impl BackendUrl {
    /// Takes a URL, and how it is reached, out of a table.
    fn take(table: &mut BTreeMap<String, String>, key: &str) -> Result<Self, String> {
        let url = table.remove(key).unwrap_or_default();
        Ok(Self {
            url: check_backend_url(&url).map_err(|error| format!("{key}: {error}"))?,
            timeout: duration("timeout", table, DEFAULT_TIMEOUT, Duration::from_secs(1), MAX_TIMEOUT)?,
            ca_file: check_ca_file(table.remove("ca_file"))?,
        })
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

/// Takes a duration between two others out of a table.
fn duration(
    key: &str,
    table: &mut BTreeMap<String, String>,
    default: Duration,
    min: Duration,
    max: Duration,
) -> Result<Duration, String> {
    let Some(text) = table.remove(key) else { return Ok(default) };
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

    fn table(keys: &[(&str, &str)]) -> BTreeMap<String, String> {
        let default = [("check_url", "https://api.example.com/me"), ("customer_from", "/data/id")];
        default.iter().chain(keys).map(|&(key, value)| (key.into(), value.into())).collect()
    }

    fn check(keys: &[(&str, &str)]) -> Result<CheckUrl, String> {
        match Sessions::try_from(table(keys))? {
            Sessions::CheckUrl(check) => Ok(check),
            Sessions::Jwt(jwt) => panic!("{jwt:?}"),
        }
    }

    fn jwt(keys: &[(&str, &str)]) -> Result<JwtSessions, String> {
        let table = keys.iter().map(|&(key, value)| (key.into(), value.into())).collect::<BTreeMap<_, _>>();
        match Sessions::try_from(table)? {
            Sessions::Jwt(jwt) => Ok(jwt),
            Sessions::CheckUrl(check) => panic!("{check:?}"),
        }
    }

    /// The least that asks for public keys.
    const JWKS: [(&str, &str); 3] = [
        ("issuer", "https://id.example.com/"),
        ("audience", "app"),
        ("jwks_url", "https://id.example.com/keys"),
    ];

    #[test]
    fn what_is_not_given_has_a_default() {
        let read = check(&[]).unwrap();
        assert_eq!(read.authorization, "Bearer {token}");
        assert_eq!((read.backend.timeout, read.cache), (Duration::from_secs(2), Duration::from_secs(10)));
        assert_eq!(read.backend.ca_file, None);
        let read = jwt(&JWKS).unwrap();
        assert_eq!((read.claim.as_str(), read.key_set.unwrap().algorithm), ("sub", KeySetAlgorithm::Rs256));
    }

    #[test]
    fn a_table_is_written_as_it_was_read_without_its_defaults() {
        let written = |table: &BTreeMap<String, String>| {
            let written = Sessions::try_from(table.clone()).unwrap().table();
            written.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>()
        };
        let keys =
            [("authorization", "Token {token}"), ("timeout", "5s"), ("cache", "0s"), ("ca_file", "/ca.pem")];
        assert_eq!(written(&table(&keys)), table(&keys));
        assert_eq!(written(&table(&[("timeout", "2s"), ("cache", "10s")])), table(&[]));
        let jwt = |more: &[(&str, &str)]| {
            JWKS.iter()
                .chain(more)
                .map(|&(key, value)| (key.into(), value.into()))
                .collect::<BTreeMap<_, _>>()
        };
        let keys = [("claim", "/user/id"), ("algorithm", "ES256"), ("timeout", "5s"), ("ca_file", "/ca.pem")];
        assert_eq!(written(&jwt(&keys)), jwt(&keys));
        assert_eq!(written(&jwt(&[("claim", "sub"), ("algorithm", "RS256")])), jwt(&[]));
        let shared = BTreeMap::from([("issuer".to_owned(), "app".to_owned())]);
        assert_eq!(written(&shared), shared);
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
            (&[JWKS[0], JWKS[1], JWKS[2], ("cache", "1s")], "cache: not a key of sessions with jwks_url"),
            (
                &[shared[0], ("algorithm", "HS256")],
                "algorithm: not a key of sessions with issuer and no jwks_url",
            ),
            (&[shared[0], ("ca_file", "/ca.pem")], "ca_file: not a key of"),
            (&[("audience", "app")], "sessions needs a check_url, or the issuer"),
        ] {
            let refused = jwt(keys).unwrap_err();
            assert!(refused.starts_with(error), "{keys:?}: {refused}");
        }
        let refused = check(&[("issuer", "app")]).unwrap_err();
        assert_eq!(refused, "issuer: not a key of sessions with check_url");
        assert_eq!(
            check(&[("check-url", "x")]).unwrap_err(),
            "check-url: not a key of sessions with check_url"
        );
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
        assert!(Sessions::try_from(BTreeMap::new()).unwrap_err().contains("check_url"));
        let mut without = table(&[]);
        without.remove("customer_from");
        assert!(Sessions::try_from(without).unwrap_err().contains("customer_from"));
    }
}
