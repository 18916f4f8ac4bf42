//! Loads a profile together with its secret.

use super::Profile;
use crate::secret::keyring::{Kind, Previous};
use crate::secret::{Read, ReadContext, Secret, Source, SourceError};

/// A profile whose secret was opened.
#[derive(Debug)]
pub struct Opened {
    /// The profile.
    pub profile: Profile,
    /// Its secret.
    pub secret: Secret,
    /// Its secrets that were rotated away and are still kept, the latest first.
    pub previous: Vec<Previous>,
    /// What a person should know, in sentences: where the secret came from, and what is weak about it.
    pub notes: Vec<String>,
}

/// Opens a profile's secret.
///
/// # Errors
/// [`SourceError`], which is final: no other source is tried.
pub fn open(profile: Profile, asking: &ReadContext<'_>) -> Result<Opened, SourceError> {
    let read = profile.source.read(&profile.item(Kind::ApiSecret), asking)?;
    Ok(opened(profile, read))
}

/// Opens a profile's secret again while a server runs: nothing is unlocked, and nobody is asked.
///
/// # Errors
/// [`SourceError`], which is final: no other source is tried.
pub fn reopen(profile: Profile, asking: &ReadContext<'_>) -> Result<Opened, SourceError> {
    let read = profile.source.reload(&profile.item(Kind::ApiSecret), asking)?;
    Ok(opened(profile, read))
}

/// Puts a profile and its secret together, with what is to be said of them.
fn opened(profile: Profile, read: Read) -> Opened {
    let mut notes = vec![origin(&profile)];
    if read.is_exposed {
        notes.push(format!("others on this machine can read {}", profile.source));
    }
    notes.extend(read.secret.weaknesses().iter().map(ToString::to_string));
    Opened { profile, secret: read.secret, previous: read.previous, notes }
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
