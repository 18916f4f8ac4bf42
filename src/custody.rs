//! Opens a profile's secret, and makes every audited change of a profile.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::audit::{Action, Actor, AuditError, Channel, Event, Journal, Outcome};
use crate::environment::Environment;
use crate::profile::{Change, Config, ConfigError, Profile, ProfileName, prepare};
use crate::secret::{Secret, Source, SourceError};

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

/// Opens a profile's secret. `environment` looks up variables; a command has until `limit` to answer.
///
/// # Errors
/// [`SourceError`], which is final: no other source is tried.
pub fn open(profile: Profile, environment: &Environment<'_>, limit: Duration) -> Result<Opened, SourceError> {
    let read = profile.source.read(environment, limit)?;
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

/// Why a change of a profile was not made.
#[derive(Debug)]
pub enum ChangeError {
    /// The configuration cannot be changed so.
    Config(ConfigError),
    /// The change cannot be recorded, and so is not made.
    Audit(AuditError),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Audit(error) => write!(f, "nothing is changed that cannot be recorded: {error}"),
        }
    }
}

impl Error for ChangeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => error.source(),
            Self::Audit(error) => error.source(),
        }
    }
}

/// Changes the configuration at `path`: worked out, recorded, then put in its place. Gives what it now says.
///
/// # Errors
/// [`ChangeError`], and the configuration stands as it was.
pub fn change(path: &Path, change: &Change, journal: &Journal, actor: &Actor) -> Result<Config, ChangeError> {
    let prepared = prepare(path, change).map_err(ChangeError::Config)?;
    let (action, name) = match change {
        Change::Add(profile) => (Action::ProfileAdd, profile.name.as_ref()),
        Change::Default(name) => (Action::ProfileDefault, Some(name)),
        Change::Remove(name) => (Action::ProfileRemove, Some(name)),
    };
    let event = |outcome| {
        let event = Event::new(action, Channel::Cli, actor.clone(), outcome);
        event.profile(name.map(ProfileName::to_string).unwrap_or_default())
    };
    journal.record(event(Outcome::Ok)).map_err(ChangeError::Audit)?;
    prepared.commit().map_err(|error| {
        // The log said that it would be done. Where it cannot say that it failed, the error still does.
        let _ = journal.record(event(Outcome::Failed).reason("the configuration could not be written"));
        ChangeError::Config(error)
    })
}
