//! Requests to the app's backend: bounded in time and size, over TLS or on this machine, and never redirected.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use ureq::Agent;
use ureq::http::header::{DATE, RETRY_AFTER};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::authenticate::BackendError;
use crate::error::ErrorReport;
use crate::profile::BackendUrl;
use crate::time::Timestamp;
use crate::tls::read_certificates;

/// The most bytes of an answer's body.
const MAX_BODY_BYTES: u64 = 64 * 1024;

/// The wait after a 429 of the backend that has no usable `Retry-After`.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);
/// The longest wait that is accepted from the backend's `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// Sends one request to a backend, without a token. Returns the status, and the time in its `Date` header.
///
/// # Errors
/// The backend cannot be reached, or did not answer in time.
pub fn ask_without_token(place: BackendUrl) -> Result<(u16, Option<Timestamp>), ErrorReport> {
    let hint = "see whether the URL is right, and whether the backend runs";
    let answer = Backend::new(place)?.get(&[], Timestamp::EPOCH);
    let Answer { status, date, .. } = answer.map_err(|error| ErrorReport::usage(error.to_string(), hint))?;
    Ok((status, date))
}

/// A client of the app's backend.
#[derive(Debug)]
pub(super) struct Backend {
    /// The HTTP client.
    agent: Agent,
    /// The URL of the backend, and how to reach it.
    place: BackendUrl,
}

/// The answer of a backend.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// How long to wait before the next request, if the status is 429.
    pub(super) retry_after: Duration,
    /// The backend's time, from the `Date` header.
    pub(super) date: Option<Timestamp>,
    /// The body if the status is 200; otherwise empty.
    pub(super) body: Vec<u8>,
}

impl Backend {
    /// Returns a client that trusts the certificates in `ca_file`, or else the system's.
    ///
    /// # Errors
    /// The file cannot be used, or the system has no list of trusted certificates.
    pub(super) fn new(place: BackendUrl) -> Result<Self, ErrorReport> {
        let is_tls = place.url.starts_with("https:");
        let roots = match &place.ca_file {
            Some(path) => {
                read_certificates(path).map_err(|error| ErrorReport::from(error).about("ca_file"))?
            }
            None if is_tls => rustls_native_certs::load_native_certs().certs,
            None => Vec::new(),
        };
        if roots.is_empty() && is_tls {
            return Err(ErrorReport::usage(
                "this system has no list of trusted certificates, to know the backend by",
                "install the system's ca-certificates, or name the backend's own with ca_file",
            ));
        }
        let roots = roots.iter().map(|root| Certificate::from_der(root).to_owned());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(roots))
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(place.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The token is sent only to the backend, even if the environment configures a proxy.
            .proxy(None)
            // An idle connection may be closed by the time it is needed, so each request opens its own.
            .max_idle_connections(0)
            .accept("application/json")
            .user_agent(concat!("stream-token/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.into(), place })
    }

    /// Sends a GET request with these headers to the backend.
    ///
    /// # Errors
    /// [`BackendError`], which contains nothing of the headers.
    pub(super) fn get(&self, headers: &[(&str, &str)], now: Timestamp) -> Result<Answer, BackendError> {
        let request = headers
            .iter()
            .fold(self.agent.get(&self.place.url), |request, (name, value)| request.header(*name, *value));
        let mut response = request.call().map_err(|error| self.error(&error))?;
        let header = |name| response.headers().get(name)?.to_str().ok();
        let date = header(DATE).and_then(timestamp);
        let retry_after = header(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| wait(value, now)).unwrap_or(DEFAULT_RETRY_AFTER);
        let status = response.status().as_u16();
        let body = match status {
            200 => response.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec(),
            _ => Ok(Vec::new()),
        };
        Ok(Answer { status, retry_after, date, body: body.map_err(|error| self.error(&error))? })
    }

    /// Converts an error of `ureq`.
    fn error(&self, error: &ureq::Error) -> BackendError {
        match error {
            ureq::Error::Timeout(_) => BackendError::TimedOut(self.place.timeout),
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                BackendError::TimedOut(self.place.timeout)
            }
            ureq::Error::BodyExceedsLimit(_) => BackendError::Malformed("has more than 64 KiB".into()),
            error => BackendError::Unreachable(error.to_string()),
        }
    }
}

/// Returns the wait in a `Retry-After`, which is a number of seconds or a date (RFC 9110 section 10.2.3).
fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    let seconds =
        value.parse().ok().or_else(|| timestamp(value)?.epoch_seconds().checked_sub(now.epoch_seconds()))?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// Parses a date in a header (RFC 9110 section 5.6.7).
fn timestamp(date: &str) -> Option<Timestamp> {
    let date = chrono::DateTime::parse_from_rfc2822(date).ok()?;
    Timestamp::from_epoch_seconds(u64::try_from(date.timestamp()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::at;
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_at_most_an_hour() {
        let wait = |value| wait(value, at(784_111_777));
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:47 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(wait("86400"), Some(MAX_RETRY_AFTER));
        for value in ["", "soon", "-1", "1.5", "Sun, 06 Nov 1994 08:49:36 GMT"] {
            assert_eq!(wait(value), None, "{value}");
        }
    }
}
