//! Output of profiles and of the status of their secrets, as tables and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::Layout;
use super::table::{Style, cell, listing, table};
use crate::profile::{Policy, Profile, SecretStatus, Sessions};
use crate::secret::keyring::Previous;
use crate::secret::{Read, Source, SourceError};
use crate::time::{Timestamp, humanize, relative, utc};

/// Returns a profile as JSON.
pub fn profile_json(profile: &Profile) -> Value {
    let policy = &profile.policy;
    let seconds = |lifetime: Option<Duration>| lifetime.map(|lifetime| lifetime.as_secs());
    json!({
        "name": name_of(profile),
        "default": profile.is_default,
        "api_key": profile.api_key,
        "secret": profile.source.config_text(),
        "session_key": profile.session_key.as_ref().map(Source::config_text),
        "base_url": profile.base_url,
        "sessions": profile.sessions.as_ref().map(|sessions| &sessions.keys),
        "policy": {
            "default_lifetime": seconds(policy.default_lifetime),
            "longest_lifetime": seconds(policy.longest_lifetime),
            "issued_at": policy.has_issued_at,
            "production": policy.is_production,
            "require_reason": policy.requires_reason,
        },
    })
}

/// Returns a list of profiles as text.
pub fn profile_list(profiles: &[Profile], layout: Layout) -> String {
    let row = |profile: &Profile| {
        let mark = if profile.is_default { "default" } else { "" };
        [
            cell(name_of(profile), Style::Name),
            cell(mark, Style::Good),
            cell(profile.api_key.as_deref().unwrap_or("-"), Style::Plain),
            cell(profile.source.config_text(), Style::Plain),
            cell(policy_summary(&profile.policy), Style::Plain),
        ]
    };
    let rows: Vec<_> = profiles.iter().map(row).collect();
    listing(["NAME", "", "API KEY", "SECRET", "POLICY"], &rows, layout)
}

/// Returns one profile as text.
pub fn profile_text(profile: &Profile, layout: Layout) -> String {
    let mark = if profile.is_default { ", the default" } else { "" };
    let name = ("name", Some(name_of(profile).to_owned() + mark));
    let row = |(name, text): (_, Option<String>)| Some([cell(name, Style::Name), cell(text?, Style::Plain)]);
    table([name].into_iter().chain(settings(profile)).filter_map(row), layout)
}

/// Returns the differences between two versions of a profile, one line for each setting.
pub fn profile_changes(before: &Profile, after: &Profile) -> Vec<String> {
    let changed = settings(before).into_iter().zip(settings(after)).filter(|(old, new)| old != new);
    let text = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    changed.map(|((name, old), (_, new))| format!("{name}: {} -> {}", text(old), text(new))).collect()
}

/// Returns a profile's settings as pairs of a display name and a value.
fn settings(profile: &Profile) -> [(&'static str, Option<String>); 6] {
    [
        ("api key", Some(profile.api_key.clone().unwrap_or_else(|| "-".into()))),
        ("secret", Some(profile.source.config_text())),
        ("policy", Some(policy_summary(&profile.policy))),
        ("session key", profile.session_key.as_ref().map(Source::config_text)),
        ("base url", profile.base_url.clone()),
        ("sessions", profile.sessions.as_ref().map(sessions_summary)),
    ]
}

/// Returns a summary of the settings by which sessions are checked.
fn sessions_summary(sessions: &Sessions) -> String {
    let words: Vec<_> = sessions.keys.iter().map(|(key, value)| format!("{key} {value}")).collect();
    words.join(", ")
}

/// Returns a summary of a policy.
fn policy_summary(policy: &Policy) -> String {
    let words = [
        policy.is_production.then(|| "production".into()),
        policy.default_lifetime.map(|lifetime| format!("{} by default", humanize(lifetime))),
        policy.longest_lifetime.map(|lifetime| format!("{} at most", humanize(lifetime))),
        policy.has_issued_at.then(|| "with iat".into()),
        policy.requires_reason.then(|| "with a reason".into()),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() { "-".into() } else { words.join(", ") }
}

/// Returns the status of a secret as JSON, without the secret itself.
pub fn secret_json(status: &SecretStatus) -> Value {
    let read = status.read.as_ref().ok();
    let previous = |previous: &Previous| {
        json!({
            "fingerprint": previous.secret.fingerprint(),
            "set_at": previous.set_at,
            "replaced_at": previous.replaced_at,
            "kept_until": previous.kept_until,
        })
    };
    json!({
        "profile": name_of(&status.profile),
        "kind": status.kind,
        "source": status.source.config_text(),
        "api_key": status.profile.api_key,
        "fingerprint": read.map(|read| read.secret.fingerprint()),
        "set_at": read.and_then(|read| read.set_at),
        "previous": read.map(|read| read.previous.iter().map(previous).collect::<Vec<_>>()).unwrap_or_default(),
        "error": status.read.as_ref().err().map(ToString::to_string),
        "finding": finding(status),
    })
}

/// Returns a list of the status of secrets as text, without the secrets themselves.
pub fn secret_list(seen: &[SecretStatus], now: Timestamp, layout: Layout) -> String {
    let row = |status: &SecretStatus| {
        let (problem, style) = match &status.read {
            Ok(_) => (finding(status), Style::Plain),
            Err(error @ SourceError::NotRead(_)) => (Some(error.to_string()), Style::Faint),
            Err(error) => (Some(error.to_string()), Style::Bad),
        };
        let read = status.read.as_ref().ok();
        let or_dash = |text: Option<String>, style| cell(text.unwrap_or_else(|| "-".into()), style);
        [
            cell(name_of(&status.profile), Style::Name),
            cell(status.kind.to_string(), Style::Plain),
            cell(status.source.config_text(), Style::Plain),
            or_dash(status.profile.api_key.clone(), Style::Plain),
            or_dash(read.map(|read| read.secret.fingerprint()), Style::Plain),
            or_dash(read.and_then(|read| age(read, now)), Style::Plain),
            or_dash(problem, style),
        ]
    };
    let rows: Vec<_> = seen.iter().map(row).collect();
    let names = ["PROFILE", "KIND", "SOURCE", "API KEY", "FINGERPRINT", "AGE", "PROBLEM"];
    listing(names, &rows, layout)
}

/// Returns the finding about a secret that was read, if any.
fn finding(status: &SecretStatus) -> Option<String> {
    let read = status.read.as_ref().ok()?;
    read.secret.finding(status.profile.api_key.as_deref())
}

/// Returns the age of a secret, and the times until which the previous secrets are kept.
fn age(read: &Read, now: Timestamp) -> Option<String> {
    let until = |previous: &Previous| format!("one before verifies until {}", utc(previous.kept_until));
    let set = format!("set {}", relative(read.set_at?, now));
    Some([set].into_iter().chain(read.previous.iter().map(until)).collect::<Vec<_>>().join("; "))
}

/// Returns a profile's name, or `-` if it has none.
fn name_of(profile: &Profile) -> &str {
    profile.name.as_ref().map_or("-", |name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: u16) -> String {
        let words = ["pass", "show", "stream/an-app-of-a-long-name/secret"].map(str::to_owned).to_vec();
        let profile = Profile {
            policy: Policy { is_production: true, has_issued_at: true, ..Policy::default() },
            is_default: true,
            name: "live".parse().ok(),
            source: Source::Command(words),
            ..Profile::default()
        };
        profile_list(&[profile, Profile::demo()], Layout { width: Some(width), has_color: false })
    }

    #[test]
    fn a_list_fits_the_terminal() {
        for width in [40, 59, 60, 80] {
            let list = shown(width);
            assert!(list.lines().all(|line| line.len() <= usize::from(width)), "{list}");
        }
    }

    #[test]
    fn narrow_terminal_shows_one_block_per_profile() {
        assert!(shown(59).starts_with("NAME    live\n        default\n"), "{}", shown(59));
        assert!(shown(59).contains("\n\nNAME     demo\n"), "{}", shown(59));
    }
}
