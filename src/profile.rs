//! Profiles: one is one Stream app. Which one is meant, and where its secret comes from.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::foreign::identifier;
use crate::secret::{Environment, Source};

/// The built-in profile that works on a clean machine: a published secret that no Stream app has.
pub const DEMO: &str = "demo";

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
    pub name: Option<String>,
    /// Where its secret comes from.
    pub source: Source,
    /// The app's API key, which is no secret.
    pub api_key: Option<String>,
}

impl Profile {
    /// Tells whether this is the built-in `demo` profile.
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

/// Why no profile could be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileError {
    /// There is no profile of this name.
    Unknown {
        /// The name that was given.
        name: String,
    },
    /// Both variables bring a secret.
    TwoSecrets,
    /// No profile was named, and the environment brings no secret.
    NoSecret,
    /// A variable is not UTF-8.
    NotUtf8 {
        /// The variable.
        variable: &'static str,
    },
}

impl ProfileError {
    /// Gives the next step to take.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } => format!("the profile there is: {DEMO}"),
            Self::TwoSecrets => "unset one of them".into(),
            Self::NoSecret => format!(
                "set {SECRET_FILE_VARIABLE} to a file that holds the app's API secret, or {SECRET_VARIABLE} to the \
                 secret itself; or try '--profile {DEMO}'"
            ),
            Self::NotUtf8 { variable } => format!("set {variable} anew"),
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "there is no profile {}", identifier(name)),
            Self::TwoSecrets => write!(f, "both {SECRET_VARIABLE} and {SECRET_FILE_VARIABLE} are set"),
            Self::NoSecret => f.write_str("no API secret is set"),
            Self::NotUtf8 { variable } => write!(f, "the environment variable {variable} is not UTF-8"),
        }
    }
}

impl Error for ProfileError {}

/// Chooses the profile: the flag, [`PROFILE_VARIABLE`], then a secret from the environment.
///
/// A named profile is explicit, and a secret that happens to be in the environment is then ignored.
///
/// # Errors
/// [`ProfileError`] where nothing or too much is named.
pub fn choose(flag: Option<&str>, environment: &Environment<'_>) -> Result<Choice, ProfileError> {
    let named = match flag {
        Some(name) => Some(name.to_owned()),
        None => text(environment, PROFILE_VARIABLE)?.filter(|name| !name.is_empty()),
    };
    let file = environment(SECRET_FILE_VARIABLE);
    let has_secret = environment(SECRET_VARIABLE).is_some();
    if let Some(name) = named {
        let ignored = file.map(|_| SECRET_FILE_VARIABLE).or(has_secret.then_some(SECRET_VARIABLE));
        return Ok(Choice { profile: find(name)?, ignored });
    }
    let source = match (file, has_secret) {
        (Some(_), true) => return Err(ProfileError::TwoSecrets),
        (Some(path), false) => Source::File(PathBuf::from(path)),
        (None, true) => Source::Env(SECRET_VARIABLE.to_owned()),
        (None, false) => return Err(ProfileError::NoSecret),
    };
    let api_key = text(environment, API_KEY_VARIABLE)?.filter(|key| !key.is_empty());
    Ok(Choice { profile: Profile { name: None, source, api_key }, ignored: None })
}

/// Finds a profile by its name.
fn find(name: String) -> Result<Profile, ProfileError> {
    if name == DEMO {
        Ok(Profile { name: Some(name), source: Source::Demo, api_key: Some("demo-api-key".into()) })
    } else {
        Err(ProfileError::Unknown { name })
    }
}

/// Reads a variable as text.
fn text(environment: &Environment<'_>, variable: &'static str) -> Result<Option<String>, ProfileError> {
    let not_utf8 = |_: OsString| ProfileError::NotUtf8 { variable };
    environment(variable).map(|value| value.into_string().map_err(not_utf8)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(flag: Option<&str>, set: &[(&str, &str)]) -> Result<Choice, ProfileError> {
        choose(flag, &|name| {
            set.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_flag_comes_before_the_variable_and_both_before_a_secret_around() {
        let set = [(SECRET_VARIABLE, "s"), (PROFILE_VARIABLE, "nowhere")];
        let choice = chosen(Some("demo"), &set).unwrap();
        assert!(choice.profile.is_demo());
        assert_eq!(choice.ignored, Some(SECRET_VARIABLE));
        assert_eq!(chosen(None, &set), Err(ProfileError::Unknown { name: "nowhere".into() }));
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
    fn two_secrets_are_one_too_many() {
        let set = [(SECRET_VARIABLE, "s"), (SECRET_FILE_VARIABLE, "/f")];
        assert_eq!(chosen(None, &set), Err(ProfileError::TwoSecrets));
    }

    #[test]
    fn nothing_set_names_the_ways_to_set_one() {
        let error = chosen(None, &[(PROFILE_VARIABLE, "")]).unwrap_err();
        assert_eq!(error, ProfileError::NoSecret);
        let hint = error.hint();
        assert!(hint.contains(SECRET_VARIABLE) && hint.contains(SECRET_FILE_VARIABLE) && hint.contains(DEMO));
    }
}
