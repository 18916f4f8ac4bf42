//! Checks of the network setup: the app's backends, their clocks, and the certificate.

use std::time::Duration;

use super::{Checkup, MAX_SKEW, wrong_clock};
use crate::output::Diagnosis;
use crate::profile::{BackendUrl, Config, Profile, SessionKind};
use crate::session::ask_without_token;
use crate::time::{Timestamp, humanize};
use crate::tls::{IdentityPaths, ServerIdentity};

/// The timeout of a request to the API at a base URL.
const BASE_URL_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends one request without a token to each backend of every profile. Checks that the backend can be reached, that it
/// does not accept the request as a session, and that its clock agrees with this machine's.
pub(super) fn backends(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let profiles = checkup.config.iter().flat_map(Config::profiles);
    let mut found = Vec::new();
    for profile in profiles.filter(|profile| checkup.covers(profile)) {
        for (setting, backend) in urls(&profile) {
            let url = backend.url.clone();
            match ask_without_token(backend) {
                Err(report) => found.push(Diagnosis::error(setting, report.about(&url)).of(&profile)),
                Ok((status, date)) => {
                    found.push(judge(setting, &url, status).of(&profile));
                    found.extend(date.map(|date| compare_clocks(checkup.asking.now, date, &url)));
                }
            }
        }
    }
    found
}

/// Returns the URLs of a profile, each with the setting that names it.
fn urls(profile: &Profile) -> Vec<(&'static str, BackendUrl)> {
    let sessions = profile.sessions.as_ref().and_then(|sessions| match &sessions.kind {
        SessionKind::CheckUrl(check) => Some(("check_url", check.backend.clone())),
        SessionKind::Jwt(jwt) => Some(("jwks_url", jwt.key_set.clone()?)),
    });
    let api = |url: &String| BackendUrl { url: url.clone(), timeout: BASE_URL_TIMEOUT, ca_file: None };
    let base = profile.base_url.as_ref().map(|url| ("base_url", api(url)));
    sessions.into_iter().chain(base).collect()
}

/// Evaluates the status of an answer to a request without a token.
fn judge(setting: &'static str, url: &str, status: u16) -> Diagnosis {
    let detail = format!("{url} answers {status} without a token");
    let hint = match (setting, status) {
        ("base_url", _) | ("jwks_url", 200) | ("check_url", 401) => return Diagnosis::ok(setting, detail),
        ("check_url", 403 | 301..=303 | 307 | 308) => {
            return Diagnosis::note(setting, detail, "a backend should answer 401");
        }
        ("check_url", _) => "give the URL at which the backend says who is logged in, and 401 to others",
        _ => "give the URL of the backend's JSON Web Key Set",
    };
    Diagnosis::fail(setting, detail, hint)
}

/// Compares this machine's clock with a backend's clock.
fn compare_clocks(now: Timestamp, other: Timestamp, whose: &str) -> Diagnosis {
    let skew = Duration::from_secs(now.epoch_seconds().abs_diff(other.epoch_seconds()));
    if skew <= MAX_SKEW {
        return Diagnosis::ok("clock", format!("agrees with {whose}"));
    }
    let side = if now > other { "ahead of" } else { "behind" };
    wrong_clock(format!("{} {side} {whose}", humanize(skew)))
}

/// Checks the certificate and its key, if they are given.
pub(super) fn certificate(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let (arguments, now) = (checkup.arguments, checkup.asking.now);
    let (Some(certificate), Some(key)) = (arguments.tls_cert.clone(), arguments.tls_key.clone()) else {
        return Vec::new();
    };
    let identity = match ServerIdentity::load(&IdentityPaths { certificate, key }, now) {
        Ok(identity) => identity,
        Err(error) => return vec![Diagnosis::error("certificate", error)],
    };
    let days = (identity.expires_at.epoch_seconds() - now.epoch_seconds()) / 86_400;
    let detail = format!("for {}, days left: {days}", identity.names.join(", "));
    let warnings = identity.warnings.iter();
    let warnings = warnings.map(|warning| Diagnosis::note("certificate", warning, "make a new one"));
    [Diagnosis::ok("certificate", detail)].into_iter().chain(warnings).collect()
}
