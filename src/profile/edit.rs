//! Changes the configuration: under a lock, whole or not at all, and never a broken one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::config::{Config, read};
use super::error::ConfigError;
use super::name::ProfileName;
use super::{Profile, document};

/// A change of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A profile is added; the first becomes the default.
    Add(Box<Profile>),
    /// A profile becomes the default.
    Default(ProfileName),
    /// A profile is removed, and is no longer the default.
    Remove(ProfileName),
}

/// A change that is worked out and written beside the file, but does not stand yet.
///
/// Dropped, it leaves no trace.
#[derive(Debug)]
pub struct Prepared {
    /// The lock against others who change it; released when dropped.
    _lock: File,
    /// The text's own file, beside the configuration.
    temporary: PathBuf,
    /// The configuration.
    path: PathBuf,
}

/// Works a change out and writes it to a file of its own, beside the configuration.
///
/// Comments and order of the file are kept.
///
/// # Errors
/// [`ConfigError`], and nothing is changed: where the file is broken, above all.
pub fn prepare(path: &Path, change: &Change) -> Result<Prepared, ConfigError> {
    // A link is followed, so that a configuration may lie elsewhere; a rename would replace the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let unwritable = |error| ConfigError::Unwritable { path: path.clone(), error };
    let directory = path.parent().ok_or(ConfigError::NoPlace)?;
    create_private(directory).map_err(unwritable)?;
    let lock = options().open(beside(&path, "lock")).map_err(unwritable)?;
    lock.lock().map_err(unwritable)?;
    let text = read(&path)?.unwrap_or_default();
    let before = Config::parse(&text, &path)?;
    let text = changed(&text, &before, change, &path)?;
    Config::parse(&text, &path)?;
    let temporary = beside(&path, "new");
    let prepared = Prepared { _lock: lock, temporary, path: path.clone() };
    prepared.write(&text).map_err(unwritable)?;
    Ok(prepared)
}

impl Prepared {
    /// Writes the text to disk, in its own file.
    fn write(&self, text: &str) -> io::Result<()> {
        // The lock is held: what lies there was left by a process that was killed.
        match fs::remove_file(&self.temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = options().create_new(true).open(&self.temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Puts the change in the configuration's place.
    ///
    /// # Errors
    /// [`ConfigError::Unwritable`], and the configuration stands as it was.
    pub fn commit(self) -> Result<(), ConfigError> {
        let put = || {
            fs::rename(&self.temporary, &self.path)?;
            sync_directory(&self.path)
        };
        put().map_err(|error| ConfigError::Unwritable { path: self.path.clone(), error })
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // After a commit there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Gives the text of the configuration after a change.
fn changed(text: &str, before: &Config, change: &Change, path: &Path) -> Result<String, ConfigError> {
    let broken = |message: String| ConfigError::Inconsistent { path: path.to_owned(), message };
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| broken(error.message().into()))?;
    match change {
        Change::Add(profile) => {
            let name = profile.name.clone().ok_or(ConfigError::NoPlace)?;
            if name.is_demo() {
                return Err(ConfigError::BuiltIn);
            }
            if before.find(&name).is_some() {
                return Err(ConfigError::Exists { name });
            }
            document::add(&mut document, &name, profile).map_err(broken)?;
            if before.default_profile().is_none() && before.names().next().is_none() {
                document::set_default(&mut document, &name);
            }
        }
        Change::Default(name) => {
            before.demand(name)?;
            document::set_default(&mut document, name);
        }
        Change::Remove(name) => {
            before.demand_own(name)?;
            if !document::remove(&mut document, name) {
                return Err(before.missing(name));
            }
            if before.default_profile() == Some(name) {
                document::unset_default(&mut document);
            }
        }
    }
    Ok(document::text(&document))
}

/// Gives the path of a file beside the configuration.
fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    path.with_file_name(name)
}

/// Opens for writing, creates, and lets nobody else read.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a directory, for its owner alone.
fn create_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Brings a file's name to disk.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Leaves the name to Windows, which has no such call.
#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
