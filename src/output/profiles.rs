//! Profiles as a table and as JSON.

use std::time::Duration;

use serde_json::json;

use super::Layout;
use super::table::{Style, StyledCell, listing, table};
use crate::escape::{escaped, json_line};
use crate::profile::{Policy, Profile};
use crate::secret::Source;
use crate::time::humanize;

/// The narrowest terminal that has room for a profile a line.
const SINGLE_LINE_WIDTH: u16 = 60;

/// Returns a profile as a line of JSON.
#[must_use]
pub fn profile_json(profile: &Profile, is_default: bool) -> String {
    let policy = &profile.policy;
    let seconds = |lifetime: Option<Duration>| lifetime.map(|lifetime| lifetime.as_secs());
    json_line(&json!({
        "name": name_of(profile),
        "default": is_default,
        "api_key": profile.api_key,
        "secret": profile.source.config_text(),
        "session_key": profile.session_key.as_ref().map(Source::config_text),
        "base_url": profile.base_url,
        "policy": {
            "default_lifetime": seconds(policy.default_lifetime),
            "longest_lifetime": seconds(policy.longest_lifetime),
            "issued_at": policy.has_issued_at,
            "production": policy.is_production,
        },
    })) + "\n"
}

/// Lists profiles for people; `true` marks the default.
#[must_use]
pub fn profile_list(profiles: &[(Profile, bool)], layout: Layout) -> String {
    if layout.width.is_some_and(|width| width < SINGLE_LINE_WIDTH) {
        let each = profiles.iter().map(|(profile, is_default)| profile_text(profile, *is_default, layout));
        return each.collect::<Vec<_>>().join("\n");
    }
    let row = |(profile, is_default): &(Profile, bool)| -> [StyledCell; 5] {
        let mark = if *is_default { "default" } else { "" };
        [
            (name_of(profile).into(), Style::Name),
            (mark.into(), Style::Good),
            (escaped(profile.api_key.as_deref().unwrap_or("-")).to_string(), Style::Plain),
            (escaped(&profile.source.config_text()).to_string(), Style::Plain),
            (policy_summary(&profile.policy), Style::Plain),
        ]
    };
    let rows: Vec<_> = profiles.iter().map(row).collect();
    listing(["NAME", "", "API KEY", "SECRET", "POLICY"], &rows, true, layout)
}

/// Shows one profile for people.
#[must_use]
pub fn profile_text(profile: &Profile, is_default: bool, layout: Layout) -> String {
    let mut rows = vec![
        (
            "name",
            if is_default { format!("{}, the default", name_of(profile)) } else { name_of(profile).into() },
        ),
        ("api key", profile.api_key.clone().unwrap_or_else(|| "-".into())),
        ("secret", profile.source.config_text()),
        ("policy", policy_summary(&profile.policy)),
    ];
    rows.extend(profile.session_key.as_ref().map(|source| ("session key", source.config_text())));
    rows.extend(profile.base_url.as_ref().map(|url| ("base url", url.clone())));
    let rows: Vec<[StyledCell; 2]> = rows
        .into_iter()
        .map(|(name, text)| [(name.into(), Style::Name), (escaped(&text).to_string(), Style::Plain)])
        .collect();
    table(&rows, layout)
}

/// Says what a policy demands.
fn policy_summary(policy: &Policy) -> String {
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

    fn shown(width: u16) -> String {
        let words = ["pass", "show", "stream/an-app-of-a-long-name/secret"].map(str::to_owned).to_vec();
        let profile = Profile {
            policy: Policy { is_production: true, has_issued_at: true, ..Policy::default() },
            ..Profile::new("live".parse().ok(), Source::Command(words))
        };
        profile_list(
            &[(profile, true), (Profile::demo(), false)],
            Layout { width: Some(width), has_color: false },
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
