//! Where secrets are, how old they are, and their fingerprints, as a table and as JSON.

use serde::Serialize;

use super::Look;
use super::table::{Tinted, Tone, listing};
use crate::escape::{escaped, json_line};
use crate::profile::Peeked;
use crate::secret::keyring::{Kind, Previous};
use crate::secret::{Read, SourceError};
use crate::time::{Timestamp, relative, utc};

/// A secret in JSON.
#[derive(Serialize)]
struct SecretJson<'a> {
    /// The profile whose it is.
    profile: &'a str,
    /// What it is for.
    kind: &'static str,
    /// Where it is.
    source: String,
    /// The app's API key.
    api_key: Option<&'a str>,
    /// The secret's fingerprint; null where it was not read.
    fingerprint: Option<String>,
    /// Since when it is the current one, in epoch seconds; null where its source does not know.
    set_at: Option<u64>,
    /// Those that were rotated away and are still kept.
    previous: Vec<PreviousJson>,
    /// Why it was not read.
    error: Option<String>,
}

/// A secret that was rotated away, in JSON; times in epoch seconds.
#[derive(Serialize)]
struct PreviousJson {
    /// Its fingerprint.
    fingerprint: String,
    /// Since when it was the current one.
    set_at: u64,
    /// When it was replaced.
    replaced_at: u64,
    /// Until when it is kept.
    kept_until: u64,
}

impl From<&Previous> for PreviousJson {
    fn from(previous: &Previous) -> Self {
        Self {
            fingerprint: previous.secret.fingerprint(),
            set_at: previous.set_at.epoch_seconds(),
            replaced_at: previous.replaced_at.epoch_seconds(),
            kept_until: previous.kept_until.epoch_seconds(),
        }
    }
}

/// Shows a secret as a line of JSON, without the secret.
#[must_use]
pub fn secret_json(peeked: &Peeked) -> String {
    let read = peeked.read.as_ref().ok();
    let shown = SecretJson {
        profile: name_of(peeked),
        kind: match peeked.kind {
            Kind::ApiSecret => "api_secret",
            Kind::SessionKey => "session_key",
        },
        source: source_of(peeked),
        api_key: peeked.profile.api_key.as_deref(),
        fingerprint: read.map(|read| read.secret.fingerprint()),
        set_at: read.and_then(|read| read.set_at).map(Timestamp::epoch_seconds),
        previous: read.map(|read| read.previous.iter().map(PreviousJson::from).collect()).unwrap_or_default(),
        error: peeked.read.as_ref().err().map(ToString::to_string),
    };
    json_line(&shown) + "\n"
}

/// Shows secrets for people, without the secrets.
#[must_use]
pub fn secret_list(seen: &[Peeked], now: Timestamp, look: Look) -> String {
    let row = |peeked: &Peeked| -> [Tinted; 6] {
        let (fingerprint, (state, tone)) = match &peeked.read {
            Ok(read) => (read.secret.fingerprint(), (age(read, now), Tone::Plain)),
            Err(error @ (SourceError::NotRun | SourceError::NoTimeLeft)) => {
                ("-".into(), (error.to_string(), Tone::Faint))
            }
            Err(error) => ("-".into(), (error.to_string(), Tone::Bad)),
        };
        [
            (name_of(peeked).into(), Tone::Name),
            (peeked.kind.to_string(), Tone::Plain),
            (escaped(&source_of(peeked)).to_string(), Tone::Plain),
            (escaped(peeked.profile.api_key.as_deref().unwrap_or("-")).to_string(), Tone::Plain),
            (fingerprint, Tone::Plain),
            (state, tone),
        ]
    };
    let rows: Vec<_> = seen.iter().map(row).collect();
    listing(["PROFILE", "KIND", "SOURCE", "API KEY", "FINGERPRINT", "AGE"], &rows, true, look)
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
fn name_of(peeked: &Peeked) -> &str {
    peeked.profile.name.as_ref().map_or("-", |name| name.as_str())
}

/// Returns where the secret is.
fn source_of(peeked: &Peeked) -> String {
    peeked.profile.source_of(peeked.kind).map_or_else(|| "-".into(), crate::secret::Source::config_text)
}
