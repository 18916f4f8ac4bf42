//! Reads the secrets of many profiles, as far as that asks nobody, unlocks nothing, runs nothing and does
//! not take long.

use std::time::Instant;

use super::{Config, Profile, ProfileName};
use crate::secret::keyring::{KeyringError, KeyringErrorKind, Kind};
use crate::secret::{Read, ReadContext, Source, SourceError};

/// What was seen of a profile's secret.
#[derive(Debug)]
pub struct Peeked {
    /// The profile.
    pub profile: Profile,
    /// Which of its secrets.
    pub kind: Kind,
    /// The secret, or why it was not seen.
    pub read: Result<Read, SourceError>,
}

impl Peeked {
    /// Returns `true` if it is a session key that is made when it is first needed, and was not yet.
    #[must_use]
    pub fn is_not_made_yet(&self) -> bool {
        let is_missing = matches!(
            &self.read,
            Err(SourceError::Keyring(KeyringError {
                kind: KeyringErrorKind::Missing | KeyringErrorKind::NoCollection,
                ..
            }))
        );
        is_missing && self.kind == Kind::SessionKey && self.profile.session_key.is_none()
    }
}

/// Looks at the secrets of these kinds of each of these profiles; all together take at most
/// `asking.limit`.
///
/// A keyring that does not answer, or that there is none of, is not asked again.
pub fn peek_all<'a>(
    config: &Config,
    names: impl IntoIterator<Item = &'a ProfileName>,
    kinds: &[Kind],
    asking: &ReadContext<'_>,
) -> Vec<Peeked> {
    let begun = Instant::now();
    let mut given_up: Option<MakeFault> = None;
    let mut seen = Vec::new();
    for profile in names.into_iter().filter_map(|name| config.find(name)) {
        for kind in kinds {
            let Some(source) = profile.source_of(*kind) else { continue };
            let limit = asking.limit.saturating_sub(begun.elapsed());
            let read = match &given_up {
                _ if limit.is_zero() => Err(SourceError::NoTimeLeft),
                Some(fault) if *source == Source::Keyring => {
                    Err(SourceError::Keyring(KeyringError { item: profile.item(*kind), kind: fault() }))
                }
                _ => source.probe(&profile.item(*kind), &ReadContext { limit, ..*asking }),
            };
            given_up = given_up.or_else(|| gives_up(&read));
            seen.push(Peeked { profile: profile.clone(), kind: *kind, read });
        }
    }
    seen
}

/// Makes the fault of items that a keyring is not asked for any more.
type MakeFault = Box<dyn Fn() -> KeyringErrorKind>;

/// Returns `true` if the keyring is not to be asked again, and with which fault.
fn gives_up(read: &Result<Read, SourceError>) -> Option<MakeFault> {
    match read {
        Err(SourceError::Keyring(KeyringError { kind: KeyringErrorKind::TimedOut(waited), .. })) => {
            let waited = *waited;
            Some(Box::new(move || KeyringErrorKind::TimedOut(waited)))
        }
        Err(SourceError::Keyring(KeyringError { kind: KeyringErrorKind::NoService(detail), .. })) => {
            let detail = detail.clone();
            Some(Box::new(move || KeyringErrorKind::NoService(detail.clone())))
        }
        _ => None,
    }
}
