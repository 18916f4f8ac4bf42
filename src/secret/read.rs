//! Reading a secret from its source.

use std::path::Path;

use zeroize::Zeroizing;

use super::error::SourceError;
use super::keyring::{self, Item, Kind, Previous};
use super::source::Source;
use super::{Access, CREDENTIALS_DIRECTORY, MAX_SECRET_BYTES, ReadContext, Secret, command};
use crate::fs::{self, Content, FilePolicy};
use crate::time::Timestamp;

/// The secret of the built-in `demo` profile: it is published, and no Stream app has it.
const DEMO_SECRET: &str = "demo-secret-published-in-the-readme-never-use-it";

/// The key that signs the sessions of the `demo` profile, published like its secret.
const DEMO_SESSION_KEY: &str = "demo-session-key-published-in-the-readme-never-use-it";

/// A secret that was read, with metadata from its source.
#[derive(Debug)]
pub struct Read {
    /// The secret.
    pub secret: Secret,
    /// The time at which it became the current secret; known only for a keyring.
    pub set_at: Option<Timestamp>,
    /// The previous secrets that are still kept, the latest first; empty unless the source is a keyring.
    pub previous: Vec<Previous>,
    /// Whether users other than the owner can read the file that contains the secret.
    pub is_exposed: bool,
}

impl Source {
    /// Reads the secret. `item` names it in the keyring.
    ///
    /// # Errors
    /// [`SourceError`], which never contains a byte of the secret.
    pub fn read(&self, item: &Item, context: &ReadContext<'_>) -> Result<Read, SourceError> {
        let kind = item.kind;
        let mut found = match self {
            Self::Keyring => {
                let record = keyring::read(item, context)?;
                return Ok(Read {
                    secret: record.current.secret.clone(),
                    set_at: Some(record.current.set_at),
                    previous: record.kept(context.now).cloned().collect(),
                    is_exposed: false,
                });
            }
            Self::Command(_) if context.access == Access::Quiet => {
                return Err(SourceError::NotRead("would run the command"));
            }
            Self::Command(words) => private(command::run(self, words, context.limit)?),
            Self::Demo => private(match kind {
                Kind::ApiSecret => DEMO_SECRET.as_bytes().to_vec().into(),
                Kind::SessionKey => DEMO_SESSION_KEY.as_bytes().to_vec().into(),
            }),
            Self::Env(name) => {
                let value = (context.environment)(name);
                let value = value.ok_or_else(|| SourceError::VariableNotSet(name.clone(), kind))?;
                private(value.into_encoded_bytes().into())
            }
            Self::File(path) => self.read_file(kind, path, FilePolicy::Secret)?,
            Self::Credential(name) => {
                let directory = (context.environment)(CREDENTIALS_DIRECTORY);
                let directory = directory.ok_or_else(|| SourceError::NoCredentials(self.clone()))?;
                self.read_file(kind, &Path::new(&directory).join(name), FilePolicy::AnyOwner)?
            }
        };
        let secret = Secret::new(std::mem::take(&mut *found.bytes));
        let secret = secret.map_err(|error| SourceError::Unusable(self.clone(), kind, error))?;
        Ok(Read { secret, set_at: None, previous: Vec::new(), is_exposed: found.is_exposed })
    }

    /// Reads a file that contains only the secret.
    fn read_file(&self, kind: Kind, path: &Path, policy: FilePolicy) -> Result<Content, SourceError> {
        // One byte more than a secret and its line break, so that a longer file is detected.
        fs::read(path, policy, MAX_SECRET_BYTES + 3).map_err(|error| {
            if error.is_missing() { SourceError::Missing(self.clone(), kind) } else { error.into() }
        })
    }
}

/// Returns content that other users cannot read.
fn private(bytes: Zeroizing<Vec<u8>>) -> Content {
    Content { bytes, is_exposed: false }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::time::Duration;

    use super::super::SecretFinding;
    use super::*;
    use crate::process::environment::Environment;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    fn read(source: &Source, environment: &Environment<'_>) -> Result<Read, SourceError> {
        source.read(&item(), &context(environment, Access::Interactive))
    }

    fn context<'a>(environment: &'a Environment<'a>, access: Access) -> ReadContext<'a> {
        let limit = Duration::from_mins(1);
        ReadContext { environment, now: Timestamp::EPOCH, limit, access, on_slow: &|| () }
    }

    fn item() -> Item {
        Item { profile: "staging".into(), kind: Kind::ApiSecret }
    }

    #[test]
    fn who_reads_quietly_runs_no_command() {
        let command = Source::Command(vec!["true".into()]);
        let error = command.read(&item(), &context(&nothing, Access::Quiet)).unwrap_err();
        assert_eq!(error.to_string(), "not read (would run the command)");
    }

    #[test]
    fn reads_a_variable_and_trims_one_line_break() {
        let environment = |name: &str| (name == "MY_SECRET").then(|| OsString::from("of the app\n"));
        let read = read(&Source::Env("MY_SECRET".into()), &environment).unwrap();
        assert_eq!(read.secret.expose(), b"of the app");
    }

    #[test]
    fn an_unset_variable_is_named() {
        let error = read(&Source::Env("MY_SECRET".into()), &nothing).unwrap_err();
        assert_eq!(error.to_string(), "the environment variable MY_SECRET is not set");
    }

    #[test]
    fn an_empty_variable_is_refused() {
        let error = read(&Source::Env("X".into()), &|_| Some("\n".into())).unwrap_err();
        assert_eq!(error.to_string(), "cannot use env:X: the secret is empty");
    }

    #[test]
    fn a_credential_needs_the_directory_of_systemd() {
        let error = read(&Source::Credential("key".into()), &nothing).unwrap_err();
        assert_eq!(error.to_string(), "cannot read credential:key: CREDENTIALS_DIRECTORY is not set");
    }

    #[test]
    fn nothing_is_odd_about_the_demo_secret() {
        let secret = read(&Source::Demo, &nothing).unwrap().secret;
        assert_eq!(SecretFinding::of(&secret, Some("demo-api-key")), None);
    }
}
