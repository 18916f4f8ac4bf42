//! Where secrets are, how old they are, and their fingerprints, as a table and as JSON.

use serde_json::json;

use super::Layout;
use super::table::{Style, StyledCell, listing};
use crate::escape::{escaped, json_line};
use crate::profile::SecretStatus;
use crate::secret::keyring::{Kind, Previous};
use crate::secret::{Read, SourceError};
use crate::time::{Timestamp, relative, utc};

/// Returns a secret as a line of JSON, without the secret.
#[must_use]
pub fn secret_json(status: &SecretStatus) -> String {
    let read = status.read.as_ref().ok();
    let previous = |previous: &Previous| {
        json!({
            "fingerprint": previous.secret.fingerprint(),
            "set_at": previous.set_at.epoch_seconds(),
            "replaced_at": previous.replaced_at.epoch_seconds(),
            "kept_until": previous.kept_until.epoch_seconds(),
        })
    };
    json_line(&json!({
        "profile": name_of(status),
        "kind": match status.kind {
            Kind::ApiSecret => "api_secret",
            Kind::SessionKey => "session_key",
        },
        "source": source_of(status),
        "api_key": status.profile.api_key,
        "fingerprint": read.map(|read| read.secret.fingerprint()),
        "set_at": read.and_then(|read| read.set_at).map(Timestamp::epoch_seconds),
        "previous": read.map(|read| read.previous.iter().map(previous).collect::<Vec<_>>()).unwrap_or_default(),
        "error": status.read.as_ref().err().map(ToString::to_string),
    })) + "\n"
}

/// Shows secrets for people, without the secrets.
#[must_use]
pub fn secret_list(seen: &[SecretStatus], now: Timestamp, layout: Layout) -> String {
    let row = |status: &SecretStatus| -> [StyledCell; 6] {
        let (fingerprint, (state, style)) = match &status.read {
            Ok(read) => (read.secret.fingerprint(), (age(read, now), Style::Plain)),
            Err(error @ (SourceError::NotRun | SourceError::NoTimeLeft)) => {
                ("-".into(), (error.to_string(), Style::Faint))
            }
            Err(error) => ("-".into(), (error.to_string(), Style::Bad)),
        };
        [
            (name_of(status).into(), Style::Name),
            (status.kind.to_string(), Style::Plain),
            (escaped(&source_of(status)).to_string(), Style::Plain),
            (escaped(status.profile.api_key.as_deref().unwrap_or("-")).to_string(), Style::Plain),
            (fingerprint, Style::Plain),
            (state, style),
        ]
    };
    let rows: Vec<_> = seen.iter().map(row).collect();
    listing(["PROFILE", "KIND", "SOURCE", "API KEY", "FINGERPRINT", "AGE"], &rows, true, layout)
}

/// Says how old a secret is, and until when those before it are kept.
fn age(read: &Read, now: Timestamp) -> String {
    let set = read.set_at.map(|at| format!("set {}", relative(at, now)));
    let previous = read
        .previous
        .iter()
        .map(|previous| format!("one before verifies until {}", utc(previous.kept_until)));
    let told: Vec<_> = set.into_iter().chain(previous).collect();
    if told.is_empty() { "-".into() } else { told.join("; ") }
}

/// Returns the profile's name.
fn name_of(status: &SecretStatus) -> &str {
    status.profile.name.as_ref().map_or("-", |name| name.as_str())
}

/// Returns where the secret is.
fn source_of(status: &SecretStatus) -> String {
    status.profile.source_of(status.kind).map_or_else(|| "-".into(), crate::secret::Source::config_text)
}
