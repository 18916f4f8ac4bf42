//! Profiles as a table and as JSON.

use serde::Serialize;

use super::Look;
use super::table::{Tinted, Tone, listing, table};
use crate::escape::{escaped, json_line};
use crate::profile::{Policy, Profile};
use crate::time::humanize;

/// The narrowest terminal that has room for a profile a line.
const ROOM_FOR_A_LINE: u16 = 60;

/// A profile in JSON.
#[derive(Serialize)]
struct ProfileJson<'a> {
    /// Its name.
    name: &'a str,
    /// Whether it is the default.
    default: bool,
    /// The app's API key.
    api_key: Option<&'a str>,
    /// Where the API secret comes from.
    secret: String,
    /// Where the key that signs sessions comes from.
    session_key: Option<String>,
    /// Where the app's API answers; null for Stream's usual place.
    base_url: Option<&'a str>,
    /// What its tokens must be like.
    policy: PolicyJson,
}

/// A policy in JSON.
#[derive(Serialize)]
struct PolicyJson {
    /// How long a token lives for which nothing was said, in seconds.
    default_lifetime: Option<u64>,
    /// How long a token lives at most, in seconds.
    longest_lifetime: Option<u64>,
    /// Whether tokens say when they were issued.
    issued_at: bool,
    /// Whether the app is in production.
    production: bool,
}

/// Shows a profile as a line of JSON.
#[must_use]
pub fn profile_json(profile: &Profile, is_default: bool) -> String {
    let policy = &profile.policy;
    let shown = ProfileJson {
        name: name_of(profile),
        default: is_default,
        api_key: profile.api_key.as_deref(),
        secret: profile.source.config_text(),
        session_key: profile.session_key.as_ref().map(crate::secret::Source::config_text),
        base_url: profile.base_url.as_deref(),
        policy: PolicyJson {
            default_lifetime: policy.default_lifetime.map(|lifetime| lifetime.as_secs()),
            longest_lifetime: policy.longest_lifetime.map(|lifetime| lifetime.as_secs()),
            issued_at: policy.has_issued_at,
            production: policy.is_production,
        },
    };
    json_line(&shown) + "\n"
}

/// Shows profiles for people, a line each, or each by itself where a terminal has no room for that; with
/// each goes whether it is the default.
#[must_use]
pub fn profile_list(profiles: &[(Profile, bool)], look: Look) -> String {
    if look.width.is_some_and(|width| width < ROOM_FOR_A_LINE) {
        let each = profiles.iter().map(|(profile, is_default)| profile_text(profile, *is_default, look));
        return each.collect::<Vec<_>>().join("\n");
    }
    let row = |(profile, is_default): &(Profile, bool)| -> [Tinted; 5] {
        let mark = if *is_default { "default" } else { "" };
        [
            (name_of(profile).into(), Tone::Name),
            (mark.into(), Tone::Good),
            (escaped(profile.api_key.as_deref().unwrap_or("-")).to_string(), Tone::Plain),
            (escaped(&profile.source.config_text()).to_string(), Tone::Plain),
            (policy_in_words(&profile.policy), Tone::Plain),
        ]
    };
    let rows: Vec<_> = profiles.iter().map(row).collect();
    listing(["NAME", "", "API KEY", "SECRET", "POLICY"], &rows, true, look)
}

/// Shows one profile for people.
#[must_use]
pub fn profile_text(profile: &Profile, is_default: bool, look: Look) -> String {
    let mut rows = vec![
        (
            "name",
            if is_default { format!("{}, the default", name_of(profile)) } else { name_of(profile).into() },
        ),
        ("api key", profile.api_key.clone().unwrap_or_else(|| "-".into())),
        ("secret", profile.source.config_text()),
        ("policy", policy_in_words(&profile.policy)),
    ];
    rows.extend(profile.session_key.as_ref().map(|source| ("session key", source.config_text())));
    rows.extend(profile.base_url.as_ref().map(|url| ("base url", url.clone())));
    let rows: Vec<[Tinted; 2]> = rows
        .into_iter()
        .map(|(name, text)| [(name.into(), Tone::Name), (escaped(&text).to_string(), Tone::Plain)])
        .collect();
    table(&rows, look)
}

/// Says what a policy demands.
fn policy_in_words(policy: &Policy) -> String {
    let mut words = Vec::new();
    if policy.is_production {
        words.push("production".to_owned());
    }
    words.extend(policy.default_lifetime.map(|lifetime| format!("{} by default", humanize(lifetime))));
    words.extend(policy.longest_lifetime.map(|lifetime| format!("{} at most", humanize(lifetime))));
    if policy.has_issued_at {
        words.push("with iat".to_owned());
    }
    if words.is_empty() { "-".into() } else { words.join(", ") }
}

/// Returns a profile's name.
fn name_of(profile: &Profile) -> &str {
    profile.name.as_ref().map_or("-", |name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Source;

    fn shown(width: u16) -> String {
        let words = ["pass", "show", "stream/an-app-of-a-long-name/secret"].map(str::to_owned).to_vec();
        let profile = Profile {
            policy: Policy { is_production: true, has_issued_at: true, ..Policy::default() },
            ..Profile::new("live".parse().ok(), Source::Command(words))
        };
        profile_list(
            &[(profile, true), (Profile::demo(), false)],
            Look { width: Some(width), has_color: false },
        )
    }

    #[test]
    fn a_list_fits_the_terminal() {
        for width in [40, 59, 60, 80] {
            let list = shown(width);
            assert!(list.lines().all(|line| line.len() <= usize::from(width)), "{list}");
        }
    }

    #[test]
    fn a_narrow_terminal_shows_each_profile_by_itself() {
        assert!(shown(60).starts_with("NAME "));
        assert!(
            shown(59).starts_with("name     live, the default\n")
                && shown(59).contains("\n\nname     demo\n")
        );
    }
}
