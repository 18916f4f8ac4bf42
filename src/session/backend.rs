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

/// How long a client waits whose backend said 429, and not for how long.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);
/// The longest that a client waits because its backend said so.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// Asks a backend once, without a token: its status, and the time that it has.
///
/// # Errors
/// Why it cannot be asked, or gave no answer in time.
pub fn ask_without_token(place: BackendUrl) -> Result<(u16, Option<Timestamp>), ErrorReport> {
    let hint = "see whether the URL is right, and whether the backend runs";
    let answer = Backend::new(place)?.get(&[], Timestamp::EPOCH);
    let Answer { status, date, .. } = answer.map_err(|error| ErrorReport::usage(error.to_string(), hint))?;
    Ok((status, date))
}

/// Where the backend is, and how it is reached.
#[derive(Debug)]
pub(super) struct Backend {
    /// Makes requests.
    agent: Agent,
    /// What is asked.
    place: BackendUrl,
}

/// The answer of a backend.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// How long to wait before asking again, if that is what a 429 said.
    pub(super) retry_after: Duration,
    /// The time that the backend has, as its head says.
    pub(super) date: Option<Timestamp>,
    /// The body of a 200; otherwise nothing is read.
    pub(super) body: Vec<u8>,
}

impl Backend {
    /// Reads the certificates that are trusted. `ca_file` stands in the place of the system's.
    ///
    /// # Errors
    /// The file cannot be used, or the system has no list of them.
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
            // The token goes to the backend alone, whatever the environment says of proxies.
            .proxy(None)
            // A connection that is kept may be gone when it is needed: each question opens its own.
            .max_idle_connections(0)
            .accept("application/json")
            .user_agent(concat!("stream-token/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.into(), place })
    }

    /// Asks the backend, with these headers.
    ///
    /// # Errors
    /// [`BackendError`], without anything of the headers in it.
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

    /// Says what an error means.
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

/// Returns how long a `Retry-After` of seconds or a date (RFC 9110 section 10.2.3) says to wait.
fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    let seconds =
        value.parse().ok().or_else(|| timestamp(value)?.epoch_seconds().checked_sub(now.epoch_seconds()))?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// Parses a date of a header (RFC 9110 section 5.6.7).
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
