//! Opens a profile's secret, and says what a person should know about it.

use crate::profile::Profile;
use crate::secret::{Environment, Secret, Source, SourceError};

/// A profile whose secret was opened.
#[derive(Debug)]
pub struct Opened {
    /// The profile.
    pub profile: Profile,
    /// Its secret.
    pub secret: Secret,
    /// What a person should know, in sentences: where the secret came from, and what is weak about it.
    pub notes: Vec<String>,
}

/// Opens a profile's secret. `environment` looks up variables.
///
/// # Errors
/// [`SourceError`], which is final: no other source is tried.
pub fn open(profile: Profile, environment: &Environment<'_>) -> Result<Opened, SourceError> {
    let read = profile.source.read(environment)?;
    let mut notes = vec![origin(&profile)];
    if read.is_exposed {
        notes.push(format!("others on this machine can read {}", profile.source));
    }
    notes.extend(read.secret.weaknesses().iter().map(ToString::to_string));
    Ok(Opened { profile, secret: read.secret, notes })
}

/// Says where the secret came from.
fn origin(profile: &Profile) -> String {
    match (&profile.name, &profile.source) {
        (_, Source::Demo) => {
            "demo profile: its secret is published, and Stream accepts nothing signed with it".into()
        }
        (Some(name), source) => format!("profile {name}, secret from {source}"),
        (None, source) => format!("secret from {source}"),
    }
}
