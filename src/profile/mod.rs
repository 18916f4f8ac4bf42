//! Profiles: one is one Stream app. Which one is meant, where its secret comes from, and what its
//! tokens must be like.

mod app;
mod change_error;
mod config;
mod document;
mod edit;
mod error;
mod load;
mod manage;
mod name;
mod policy;
mod status;

use std::ffi::OsString;
use std::path::PathBuf;

pub use app::{check_api_key, check_base_url};
pub use change_error::ChangeError;
pub use config::{Config, config_path};
pub use edit::{Change, Prepared, prepare};
pub use error::{ConfigError, ProfileError};
pub use load::{Opened, open, reopen};
pub use manage::{Added, Custodian, Kept, SecretChange, random_key};
pub use name::{DEMO, ProfileName, ProfileNameError};
pub use policy::{BACKDATED, Expiry, Lifetime, Policy, PolicyError, Terms, Wish};
pub use status::{Peeked, peek_all};

use crate::process::environment::Environment;
use crate::secret::Source;
use crate::secret::keyring::{Item, Kind};

/// The variable that names a profile, where `--profile` is not given.
pub const PROFILE_VARIABLE: &str = "STREAM_TOKEN_PROFILE";
/// The variable that holds an API secret.
pub const SECRET_VARIABLE: &str = "STREAM_API_SECRET";
/// The variable that names a file with an API secret.
pub const SECRET_FILE_VARIABLE: &str = "STREAM_API_SECRET_FILE";
/// The variable that holds the API key beside a secret from the environment.
pub const API_KEY_VARIABLE: &str = "STREAM_API_KEY";

/// The profile that a command works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name; `None` for a secret that the environment brought.
    pub name: Option<ProfileName>,
    /// Where its secret comes from.
    pub source: Source,
    /// Where the key that signs sessions comes from.
    pub session_key: Option<Source>,
    /// The app's API key, which is no secret.
    pub api_key: Option<String>,
    /// Where the app's API answers; `None` for Stream's usual place.
    pub base_url: Option<String>,
    /// What its tokens must be like.
    pub policy: Policy,
    /// Whose policy that is, where it is another profile's: the default one's, for a secret that the
    /// environment brought.
    pub policy_of: Option<ProfileName>,
}

impl Profile {
    /// Makes a profile of a source alone.
    #[must_use]
    pub fn new(name: Option<ProfileName>, source: Source) -> Self {
        Self {
            name,
            source,
            session_key: None,
            api_key: None,
            base_url: None,
            policy: Policy::default(),
            policy_of: None,
        }
    }

    /// Returns the built-in `demo` profile.
    #[must_use]
    pub fn demo() -> Self {
        let api_key = Some("demo-api-key".into());
        Self { api_key, ..Self::new(Some(ProfileName::demo()), Source::Demo) }
    }

    /// Returns what a keyring knows a secret of this profile by. A profile without a name has a source of
    /// another kind, and no keyring is asked for it.
    #[must_use]
    pub fn item(&self, kind: Kind) -> Item {
        Item { profile: self.name.as_ref().map(ToString::to_string).unwrap_or_default(), kind }
    }

    /// Returns where a secret of this profile comes from. The session key is in the keyring where the API
    /// secret is, unless another source is configured; `None` where there is none.
    #[must_use]
    pub fn source_of(&self, kind: Kind) -> Option<&Source> {
        let beside = || matches!(self.source, Source::Keyring | Source::Demo).then_some(&self.source);
        match kind {
            Kind::ApiSecret => Some(&self.source),
            Kind::SessionKey => self.session_key.as_ref().or_else(beside),
        }
    }

    /// Returns `true` if this is the built-in `demo` profile.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.source == Source::Demo
    }
}

/// A profile, and what was passed over in choosing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The profile.
    pub profile: Profile,
    /// The variable whose secret is ignored because a profile was named.
    pub ignored: Option<&'static str>,
}

/// Chooses the profile: the flag, [`PROFILE_VARIABLE`], a secret from the environment, then the
/// default profile. `load` reads the configuration.
///
/// A named profile is explicit, and a secret that happens to be in the environment is then ignored.
/// A secret from the environment comes under the default profile's policy, where there is one.
///
/// # Errors
/// [`ProfileError`] where nothing or too much is named, or the configuration cannot be read.
pub fn choose(
    flag: Option<&str>,
    environment: &Environment<'_>,
    load: impl Fn() -> Result<Config, ConfigError>,
) -> Result<Choice, ProfileError> {
    let named = match flag {
        Some(name) => Some(name.to_owned()),
        None => text(environment, PROFILE_VARIABLE)?.filter(|name| !name.is_empty()),
    };
    let file = environment(SECRET_FILE_VARIABLE);
    let has_secret = environment(SECRET_VARIABLE).is_some();
    if let Some(name) = named {
        let ignored = file.map(|_| SECRET_FILE_VARIABLE).or(has_secret.then_some(SECRET_VARIABLE));
        let name = name.parse().map_err(ProfileError::Name)?;
        return Ok(Choice { profile: find(name, load)?, ignored });
    }
    let source = match (file, has_secret) {
        (Some(_), true) => return Err(ProfileError::TwoSecrets),
        (Some(path), false) => Source::File(PathBuf::from(path)),
        (None, true) => Source::Env(SECRET_VARIABLE.to_owned()),
        (None, false) => {
            let config = load()?;
            let known = config.names().cloned().collect();
            let profile = default_of(&config).ok_or(ProfileError::NoSecret { known })?;
            return Ok(Choice { profile, ignored: None });
        }
    };
    let api_key = text(environment, API_KEY_VARIABLE)?.filter(|key| !key.is_empty());
    let mut profile = Profile { api_key, ..Profile::new(None, source) };
    if let Some(default) = default_of(&load()?) {
        (profile.policy, profile.policy_of) = (default.policy, default.name);
    }
    Ok(Choice { profile, ignored: None })
}

/// Finds a profile by its name. The built-in one is there even where the configuration is broken.
fn find(name: ProfileName, load: impl Fn() -> Result<Config, ConfigError>) -> Result<Profile, ProfileError> {
    if name.is_demo() {
        return Ok(Profile::demo());
    }
    let config = load()?;
    config.find(&name).ok_or_else(|| ProfileError::Unknown { name, known: config.names().cloned().collect() })
}

/// Returns the default profile.
fn default_of(config: &Config) -> Option<Profile> {
    config.find(config.default_profile()?)
}

/// Reads a variable as text.
fn text(environment: &Environment<'_>, variable: &'static str) -> Result<Option<String>, ProfileError> {
    let not_utf8 = |_: OsString| ProfileError::NotUtf8 { variable };
    environment(variable).map(|value| value.into_string().map_err(not_utf8)).transpose()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::error::Diagnostic as _;

    fn chosen_with(flag: Option<&str>, set: &[(&str, &str)], config: &str) -> Result<Choice, ProfileError> {
        let environment =
            |name: &str| set.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into());
        choose(flag, &environment, || Config::parse(config, Path::new("config.toml")))
    }

    fn chosen(flag: Option<&str>, set: &[(&str, &str)]) -> Result<Choice, ProfileError> {
        chosen_with(flag, set, "")
    }

    const CONFIG: &str =
        "default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\npolicy = { issued_at = true }";

    #[test]
    fn the_flag_comes_before_the_variable_and_both_before_a_secret_around() {
        let set = [(SECRET_VARIABLE, "s"), (PROFILE_VARIABLE, "nowhere")];
        let choice = chosen(Some("demo"), &set).unwrap();
        assert!(choice.profile.is_demo());
        assert_eq!(choice.ignored, Some(SECRET_VARIABLE));
        assert!(matches!(chosen(None, &set), Err(ProfileError::Unknown { .. })));
        let choice = chosen(None, &[(PROFILE_VARIABLE, "demo"), (SECRET_FILE_VARIABLE, "/f")]).unwrap();
        assert_eq!(choice.ignored, Some(SECRET_FILE_VARIABLE));
    }

    #[test]
    fn takes_the_secret_and_the_key_that_the_environment_brings() {
        let choice = chosen(None, &[(SECRET_VARIABLE, "s"), (API_KEY_VARIABLE, "k")]).unwrap();
        assert_eq!(choice.profile.source, Source::Env(SECRET_VARIABLE.into()));
        assert_eq!((choice.profile.name, choice.profile.api_key.as_deref()), (None, Some("k")));
        let choice = chosen(None, &[(SECRET_FILE_VARIABLE, "/run/secret")]).unwrap();
        assert_eq!(choice.profile.source, Source::File("/run/secret".into()));
    }

    #[test]
    fn the_default_profile_comes_last_and_lends_its_policy() {
        let choice = chosen_with(None, &[], CONFIG).unwrap();
        assert_eq!(choice.profile.source, Source::Env("A".into()));
        let choice = chosen_with(None, &[(SECRET_VARIABLE, "s")], CONFIG).unwrap();
        assert!(choice.profile.name.is_none() && choice.profile.policy.has_issued_at);
        assert_eq!(choice.profile.policy_of.unwrap().as_str(), "a");
    }

    #[test]
    fn a_broken_configuration_stops_all_but_the_built_in_profile() {
        assert!(chosen_with(Some("demo"), &[], "broken").is_ok());
        for (flag, set) in [(Some("a"), &[][..]), (None, &[]), (None, &[(SECRET_VARIABLE, "s")])] {
            assert!(matches!(chosen_with(flag, set, "broken"), Err(ProfileError::Config(_))), "{flag:?}");
        }
    }

    #[test]
    fn two_secrets_are_one_too_many() {
        let set = [(SECRET_VARIABLE, "s"), (SECRET_FILE_VARIABLE, "/f")];
        assert!(matches!(chosen(None, &set), Err(ProfileError::TwoSecrets)));
    }

    #[test]
    fn a_name_that_can_be_none_is_refused_before_it_is_looked_up() {
        assert!(matches!(chosen(Some("A B"), &[]), Err(ProfileError::Name(_))));
    }

    #[test]
    fn profiles_without_a_default_are_named() {
        let error = chosen_with(None, &[], "[profiles.a]\nsecret = \"env:A\"").unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains("--profile") && hint.ends_with("profiles: a, demo"));
    }

    #[test]
    fn nothing_set_names_the_ways_to_set_one() {
        let error = chosen(None, &[(PROFILE_VARIABLE, "")]).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains(SECRET_VARIABLE) && hint.contains(SECRET_FILE_VARIABLE) && hint.contains(DEMO));
    }
}
