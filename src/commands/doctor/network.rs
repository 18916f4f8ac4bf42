//! What clients and backends meet: the app's backend, its clock, and the certificate.

use std::time::Duration;

use super::Checkup;
use super::files::compare_clocks;
use crate::error::Usage;
use crate::output::Diagnosis;
use crate::profile::{BackendUrl, Config, Profile, SessionKind};
use crate::session::ask_without_token;
use crate::tls::{IdentityPaths, ServerIdentity};

/// How long the API at a base URL may take.
const BASE_URL_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks the backends of every profile once, without a token: that they can be reached, that none takes such a call for a
/// session, and what time it is there.
pub(super) fn backends(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let profiles = checkup.config.iter().flat_map(Config::profiles);
    let profiles = profiles.filter(|profile| checkup.covers(profile));
    profiles.flat_map(|profile| questions(checkup, &profile)).collect()
}

/// Asks the backends of a profile, each by the setting that names it.
fn questions(checkup: &Checkup<'_>, profile: &Profile) -> Vec<Diagnosis> {
    let sessions = profile.sessions.as_ref().and_then(|sessions| match &sessions.kind {
        SessionKind::CheckUrl(check) => Some(("check_url", check.backend.clone())),
        SessionKind::Jwt(jwt) => Some(("jwks_url", jwt.key_set.as_ref()?.backend.clone())),
    });
    let api = |url: &String| BackendUrl { url: url.clone(), timeout: BASE_URL_TIMEOUT, ca_file: None };
    let base = profile.base_url.as_ref().map(|url| ("base_url", api(url)));
    let mut found = Vec::new();
    for (setting, place) in sessions.into_iter().chain(base) {
        let url = place.url.clone();
        let (status, date) = match ask_without_token(place) {
            Ok(answer) => answer,
            Err(report) => {
                found.push(Diagnosis::fail(setting, report.about(&url)).of(profile));
                continue;
            }
        };
        let detail = format!("{url} answers {status} without a token");
        let asked = match (setting, status) {
            ("base_url", _) | ("jwks_url", 200) | ("check_url", 401) => Diagnosis::ok(setting, detail),
            ("check_url", 403 | 301..=303 | 307 | 308) => {
                Diagnosis::note(setting, detail, "a backend should answer 401")
            }
            ("check_url", _) => {
                let hint = "give the URL at which the backend says who is logged in, and 401 to others";
                Diagnosis::fail(setting, Usage::report(detail, hint))
            }
            _ => Diagnosis::fail(
                setting,
                Usage::report(detail, "give the URL of the backend's JSON Web Key Set"),
            ),
        };
        found.push(asked.of(profile));
        found.extend(date.map(|date| compare_clocks(checkup.context.clock.now(), date, &url)));
    }
    found
}

/// Checks the certificate and its key, if they are given.
pub(super) fn certificate(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let (arguments, now) = (checkup.arguments, checkup.asking.now);
    let (Some(certificate), Some(key)) = (arguments.tls_cert.clone(), arguments.tls_key.clone()) else {
        return Vec::new();
    };
    let identity = match ServerIdentity::load(&IdentityPaths { certificate, key }, now) {
        Ok(identity) => identity,
        Err(error) => return vec![Diagnosis::fail("certificate", error)],
    };
    let days = (identity.expires_at.epoch_seconds() - now.epoch_seconds()) / 86_400;
    let detail = format!("for {}, days left: {days}", identity.names.join(", "));
    let warnings = identity.warnings.iter();
    let warnings = warnings.map(|warning| Diagnosis::note("certificate", warning, "make a new one"));
    [Diagnosis::ok("certificate", detail)].into_iter().chain(warnings).collect()
}
