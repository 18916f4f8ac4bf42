//! Reading the secrets of profiles: of the selected profile, or of many profiles without prompts and within a time limit.

use std::time::Instant;

use super::Profile;
use crate::secret::keyring::{KeyringErrorKind, Kind, Previous};
use crate::secret::{Access, Read, ReadContext, Secret, SecretFinding, Source, SourceError};

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
    let finding = SecretFinding::of(&read.secret, profile.api_key.as_deref());
    notes.extend(finding.map(|finding| finding.to_string()));
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
