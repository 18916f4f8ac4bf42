//! Profiles, one per Stream app: their names, their selection, and reading their secrets.

mod config;
mod edit;
mod error;
mod manage;
mod policy;
mod sessions;

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use serde::Deserialize;

pub use config::{Config, ConfigPlace, check_api_key, check_base_url};
pub use edit::{Change, Edit, PendingEdit, begin_edit, edits};
pub use error::ProfileError;
pub use manage::{ProfileManager, SecretChange, random_key};
pub use policy::{Expiry, Grant, IAT_SKEW, Policy, PolicyError, Reason, TokenRequest, parse_lifetime};
pub use sessions::{BackendUrl, CheckUrl, JwtSessions, SessionKind, Sessions, TOKEN_PLACEHOLDER};

use crate::process::environment::Environment;
use crate::secret::keyring::{Item, KeyringErrorKind, Kind, Previous};
use crate::secret::{Access, Read, ReadContext, Secret, Source, SourceError};

/// The variable that names the configuration if `--config` is not given.
pub const CONFIG_VARIABLE: &str = "STREAM_TOKEN_CONFIG";
/// The variable that names a profile if `--profile` is not given.
pub const PROFILE_VARIABLE: &str = "STREAM_TOKEN_PROFILE";
/// The variable that holds an API secret.
pub const SECRET_VARIABLE: &str = "STREAM_API_SECRET";
/// The variable that names a file with an API secret.
pub const SECRET_FILE_VARIABLE: &str = "STREAM_API_SECRET_FILE";
/// The variable that holds a session key, beside an API secret from the environment.
pub const SESSION_KEY_VARIABLE: &str = "STREAM_SESSION_KEY";
/// The variable that names a file with a session key, beside an API secret from the environment.
pub const SESSION_KEY_FILE_VARIABLE: &str = "STREAM_SESSION_KEY_FILE";
/// The variable that holds the API key beside a secret from the environment.
pub const API_KEY_VARIABLE: &str = "STREAM_API_KEY";

/// The name of the built-in profile, which needs no configuration: its secret is published, and no Stream app has it.
pub const DEMO: &str = "demo";

/// The most characters of a profile name.
const MAX_NAME_LENGTH: usize = 32;

/// The name of a profile: 1 to 32 characters of `a-z 0-9 _ -`, the first a letter or a digit.
///
/// A name therefore needs no quotes in a shell, in TOML or in a keyring, and cannot be mistaken for a flag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ProfileName(String);

impl ProfileName {
    /// Returns the name of the built-in profile.
    #[must_use]
    pub fn demo() -> Self {
        Self(DEMO.into())
    }

    /// Returns `true` if this is the built-in profile's name.
    pub fn is_demo(&self) -> bool {
        self.0 == DEMO
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_name = (1..=MAX_NAME_LENGTH).contains(&text.len())
            && text.bytes().next().is_some_and(is_plain)
            && text.bytes().all(|byte| is_plain(byte) || byte == b'_' || byte == b'-');
        if is_name { Ok(Self(text.to_owned())) } else { Err(ProfileError::Name(text.to_owned())) }
    }
}

impl TryFrom<String> for ProfileName {
    type Error = ProfileError;

    fn try_from(text: String) -> Result<Self, ProfileError> {
        text.parse()
    }
}

/// A profile: the settings for one Stream app. The configuration contains it in this form, without its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The profile's name; `None` for a secret from the environment.
    #[serde(skip)]
    pub name: Option<ProfileName>,
    /// Whether this is the default profile.
    #[serde(skip)]
    pub is_default: bool,
    /// The app's API key, which is not secret.
    #[serde(default, deserialize_with = "config::api_key")]
    pub api_key: Option<String>,
    /// The source of the API secret.
    #[serde(rename = "secret")]
    pub source: Source,
    /// The source of the key that signs sessions.
    pub session_key: Option<Source>,
    /// The base URL of the app's API; `None` for Stream's usual URL.
    #[serde(default, deserialize_with = "config::base_url")]
    pub base_url: Option<String>,
    /// The policy for the profile's tokens.
    #[serde(default)]
    pub policy: Policy,
    /// The settings by which the server checks clients' sessions; `None` if stream-token issues them.
    pub sessions: Option<Sessions>,
    /// The profile that the policy comes from, if not this one: the default profile, for a secret from the environment.
    #[serde(skip)]
    pub policy_of: Option<ProfileName>,
}

impl Profile {
    /// Returns the built-in `demo` profile.
    #[must_use]
    pub fn demo() -> Self {
        let api_key = Some("demo-api-key".into());
        Self { name: Some(ProfileName::demo()), api_key, source: Source::Demo, ..Self::default() }
    }

    /// Returns the keyring item of a secret of this profile. The item of a profile without a name is never looked up, as
    /// such a profile has another source.
    pub fn item(&self, kind: Kind) -> Item {
        Item { profile: self.name.as_ref().map(ToString::to_string).unwrap_or_default(), kind }
    }

    /// Returns the source of a secret of this profile, or `None` if it has no source. Unless another source is configured,
    /// the session key is in the keyring if the API secret is.
    pub fn source_of(&self, kind: Kind) -> Option<&Source> {
        let beside = || matches!(self.source, Source::Keyring | Source::Demo).then_some(&self.source);
        match kind {
            Kind::ApiSecret => Some(&self.source),
            Kind::SessionKey => self.session_key.as_ref().or_else(beside),
        }
    }

    /// Returns the source of a secret of this profile.
    ///
    /// # Errors
    /// [`ProfileError::NoSource`] if it has none.
    pub fn require_source(&self, kind: Kind) -> Result<&Source, ProfileError> {
        self.source_of(kind).ok_or_else(|| ProfileError::NoSource(self.item(kind)))
    }

    /// Returns `true` if this is the built-in `demo` profile.
    pub fn is_demo(&self) -> bool {
        self.source == Source::Demo
    }
}

/// The profile that a command works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSelection {
    /// The profile.
    pub profile: Profile,
    /// The variables whose secrets are ignored because a configured or built-in profile is used.
    pub ignored: Vec<&'static str>,
}

/// Selects the profile: from the flag, [`PROFILE_VARIABLE`], a secret from the environment, or else the default profile.
/// `load` reads the configuration.
///
/// If a profile is named, secrets in the environment are ignored. A secret from the environment is subject to the
/// default profile's policy, if there is one. A session key from the environment is used only with such a secret.
///
/// # Errors
/// [`ProfileError`] if no profile or secret is found, both variables of a secret are set, or the configuration cannot
/// be read.
pub fn select(
    flag: Option<&str>,
    environment: &Environment<'_>,
    load: impl Fn() -> Result<Config, ProfileError>,
) -> Result<ProfileSelection, ProfileError> {
    let named = match flag {
        Some(name) => Some(name.to_owned()),
        None => text(environment, PROFILE_VARIABLE)?,
    };
    let secrets = [SECRET_FILE_VARIABLE, SECRET_VARIABLE, SESSION_KEY_FILE_VARIABLE, SESSION_KEY_VARIABLE];
    let ignored = secrets.into_iter().filter(|variable| environment(variable).is_some()).collect();
    if let Some(name) = named {
        let name: ProfileName = name.parse()?;
        // The built-in profile works even if the configuration is broken.
        let profile = if name.is_demo() { Profile::demo() } else { load()?.require(&name)? };
        return Ok(ProfileSelection { profile, ignored });
    }
    let secret = ambient(environment, SECRET_VARIABLE, SECRET_FILE_VARIABLE)?;
    let session_key = ambient(environment, SESSION_KEY_VARIABLE, SESSION_KEY_FILE_VARIABLE)?;
    let config = load()?;
    let default = config.default_profile.as_ref().and_then(|name| config.find(name));
    let Some(source) = secret else {
        let known = || ProfileError::NoSecret(config.names().cloned().collect());
        return Ok(ProfileSelection { profile: default.ok_or_else(known)?, ignored });
    };
    let api_key = text(environment, API_KEY_VARIABLE)?;
    let (policy, policy_of) = default.map(|default| (default.policy, default.name)).unwrap_or_default();
    let profile = Profile { api_key, source, session_key, policy, policy_of, ..Profile::default() };
    Ok(ProfileSelection { profile, ignored: Vec::new() })
}

/// Returns the source that the environment sets: `variable` contains the secret, `file_variable` the path of its file.
///
/// # Errors
/// [`ProfileError::TwoSecrets`] if both variables are set.
fn ambient(
    environment: &Environment<'_>,
    variable: &'static str,
    file_variable: &'static str,
) -> Result<Option<Source>, ProfileError> {
    match (environment(file_variable), environment(variable)) {
        (Some(_), Some(_)) => Err(ProfileError::TwoSecrets(variable, file_variable)),
        (Some(path), None) => Ok(Some(Source::File(path.into()))),
        (None, Some(_)) => Ok(Some(Source::Env(variable.to_owned()))),
        (None, None) => Ok(None),
    }
}

/// Returns a variable as text; `None` if it is not set or empty.
fn text(environment: &Environment<'_>, variable: &'static str) -> Result<Option<String>, ProfileError> {
    let text = environment(variable).map(OsString::into_string).transpose();
    Ok(text.map_err(|_| ProfileError::NotUtf8(variable))?.filter(|text| !text.is_empty()))
}

/// A profile with its secret.
#[derive(Debug)]
pub struct LoadedProfile {
    /// The profile.
    pub profile: Profile,
    /// The API secret.
    pub secret: Secret,
    /// The previous secrets that are still kept, the latest first.
    pub previous: Vec<Previous>,
    /// Notes for the user: the source of the secret, and findings about it.
    pub notes: Vec<String>,
}

/// Reads a profile's API secret.
///
/// # Errors
/// [`SourceError`], which is final: no other source is tried.
pub fn load(profile: Profile, context: &ReadContext<'_>) -> Result<LoadedProfile, SourceError> {
    let read = profile.source.read(&profile.item(Kind::ApiSecret), context)?;
    let mut notes = vec![match (&profile.name, &profile.source) {
        (_, Source::Demo) => {
            "demo profile: its secret is published, and Stream accepts nothing signed with it".into()
        }
        (Some(name), source) => format!("profile {name}, secret from {source}"),
        (None, source) => format!("secret from {source}"),
    }];
    if read.is_exposed {
        notes.push(format!("others on this machine can read {}", profile.source));
    }
    notes.extend(read.secret.finding(profile.api_key.as_deref()));
    Ok(LoadedProfile { profile, secret: read.secret, previous: read.previous, notes })
}

/// The status of a profile's secret.
#[derive(Debug)]
pub struct SecretStatus {
    /// The profile.
    pub profile: Profile,
    /// The kind of the secret.
    pub kind: Kind,
    /// The source of the secret.
    pub source: Source,
    /// The secret, or the error of reading it.
    pub read: Result<Read, SourceError>,
}

impl SecretStatus {
    /// Returns `true` if this is a session key that will be created when it is first needed.
    pub fn is_unset(&self) -> bool {
        let Err(SourceError::Keyring(error)) = &self.read else { return false };
        let is_missing = matches!(error.kind, KeyringErrorKind::Missing | KeyringErrorKind::NoCollection);
        is_missing && self.kind == Kind::SessionKey && self.profile.session_key.is_none()
    }
}

/// Reads the secrets of these kinds of each profile, without a prompt, without unlocking a keyring and without running
/// a program. All reads together take at most `context.limit`.
pub fn list_status(
    profiles: impl IntoIterator<Item = Profile>,
    kinds: &[Kind],
    context: &ReadContext<'_>,
) -> Vec<SecretStatus> {
    let started = Instant::now();
    let mut statuses = Vec::new();
    for profile in profiles {
        for kind in kinds {
            let Some(source) = profile.source_of(*kind).cloned() else { continue };
            let limit = context.limit.saturating_sub(started.elapsed());
            let context = ReadContext { limit, access: Access::Quiet, ..*context };
            let read = if limit.is_zero() {
                Err(SourceError::NotRead("the time is up"))
            } else {
                source.read(&profile.item(*kind), &context)
            };
            statuses.push(SecretStatus { profile: profile.clone(), kind: *kind, source, read });
        }
    }
    statuses
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::error::Diagnostic as _;

    fn selected_with(
        flag: Option<&str>,
        set: &[(&str, &str)],
        config: &str,
    ) -> Result<ProfileSelection, ProfileError> {
        let environment =
            |name: &str| set.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into());
        select(flag, &environment, || Config::parse(config, Path::new("config.toml")))
    }

    fn selected(flag: Option<&str>, set: &[(&str, &str)]) -> Result<ProfileSelection, ProfileError> {
        selected_with(flag, set, "")
    }

    const CONFIG: &str =
        "default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\npolicy = { issued_at = true }";

    #[test]
    fn profile_flag_precedes_variable_and_ambient_secret() {
        let set = [(SECRET_VARIABLE, "s"), (PROFILE_VARIABLE, "nowhere")];
        let selection = selected(Some("demo"), &set).unwrap();
        assert!(selection.profile.is_demo());
        assert_eq!(selection.ignored, [SECRET_VARIABLE]);
        assert!(matches!(selected(None, &set), Err(ProfileError::Missing(..))));
        let set =
            [(PROFILE_VARIABLE, "demo"), (SECRET_FILE_VARIABLE, "/f"), (SESSION_KEY_VARIABLE, "session key")];
        let selection = selected(None, &set).unwrap();
        assert_eq!(selection.ignored, [SECRET_FILE_VARIABLE, SESSION_KEY_VARIABLE]);
    }

    #[test]
    fn the_environment_provides_a_session_key_only_beside_its_secret() {
        let key_in = |set: &[(&str, &str)]| {
            let selection = selected_with(None, set, CONFIG).unwrap();
            (selection.profile.session_key, selection.ignored)
        };
        let (secret, key) = ((SECRET_VARIABLE, "s"), (SESSION_KEY_VARIABLE, "k"));
        assert_eq!(key_in(&[secret]), (None, vec![]));
        assert_eq!(key_in(&[secret, key]), (Some(Source::Env(SESSION_KEY_VARIABLE.into())), vec![]));
        let file = Source::File("/run/key".into());
        assert_eq!(key_in(&[secret, (SESSION_KEY_FILE_VARIABLE, "/run/key")]), (Some(file), vec![]));
        assert_eq!(key_in(&[key]), (None, vec![SESSION_KEY_VARIABLE]));
    }

    #[test]
    fn the_environment_provides_the_secret_and_the_api_key() {
        let selection = selected(None, &[(SECRET_VARIABLE, "s"), (API_KEY_VARIABLE, "k")]).unwrap();
        assert_eq!(selection.profile.source, Source::Env(SECRET_VARIABLE.into()));
        assert_eq!((selection.profile.name, selection.profile.api_key.as_deref()), (None, Some("k")));
        let selection = selected(None, &[(SECRET_FILE_VARIABLE, "/run/secret")]).unwrap();
        assert_eq!(selection.profile.source, Source::File("/run/secret".into()));
    }

    #[test]
    fn default_profile_comes_last_but_its_policy_applies() {
        let selection = selected_with(None, &[], CONFIG).unwrap();
        assert_eq!(selection.profile.source, Source::Env("A".into()));
        let selection = selected_with(None, &[(SECRET_VARIABLE, "s")], CONFIG).unwrap();
        assert!(selection.profile.name.is_none() && selection.profile.policy.has_issued_at);
        assert_eq!(selection.profile.policy_of.unwrap().as_str(), "a");
    }

    #[test]
    fn broken_configuration_stops_all_but_the_demo_profile() {
        assert!(selected_with(Some("demo"), &[], "broken").is_ok());
        for (flag, set) in [(Some("a"), &[][..]), (None, &[]), (None, &[(SECRET_VARIABLE, "s")])] {
            assert!(
                matches!(selected_with(flag, set, "broken"), Err(ProfileError::Invalid { .. })),
                "{flag:?}"
            );
        }
    }

    #[test]
    fn secret_in_variable_and_file_is_refused() {
        let set = [(SECRET_VARIABLE, "s"), (SECRET_FILE_VARIABLE, "/f")];
        assert!(matches!(
            selected(None, &set),
            Err(ProfileError::TwoSecrets(SECRET_VARIABLE, SECRET_FILE_VARIABLE))
        ));
        let set = [(SECRET_VARIABLE, "s"), (SESSION_KEY_VARIABLE, "k"), (SESSION_KEY_FILE_VARIABLE, "/f")];
        assert!(matches!(
            selected(None, &set),
            Err(ProfileError::TwoSecrets(SESSION_KEY_VARIABLE, SESSION_KEY_FILE_VARIABLE))
        ));
    }

    #[test]
    fn an_invalid_name_is_refused_before_it_is_looked_up() {
        assert!(matches!(selected(Some("A B"), &[]), Err(ProfileError::Name(_))));
    }

    #[test]
    fn profiles_without_a_default_are_named() {
        let error = selected_with(None, &[], "[profiles.a]\nsecret = \"env:A\"").unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains("--profile") && hint.ends_with("profiles: a, demo"));
    }

    #[test]
    fn missing_secret_lists_the_ways_to_set_one() {
        let error = selected(None, &[(PROFILE_VARIABLE, "")]).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains(SECRET_VARIABLE) && hint.contains(SECRET_FILE_VARIABLE) && hint.contains(DEMO));
    }

    #[test]
    fn a_name_is_plain_and_short() {
        for name in ["a", "staging", "eu-west_1", "0", &"x".repeat(32)] {
            assert!(name.parse::<ProfileName>().is_ok(), "{name}");
        }
        for name in ["", "-a", "_a", "A", "a b", "a.b", "ü", "a\n", &"x".repeat(33)] {
            assert!(name.parse::<ProfileName>().is_err(), "{name:?}");
        }
    }
}
