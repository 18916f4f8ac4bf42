//! Changes the configuration: under a lock, whole or not at all, and never a broken one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use super::config::{Config, check_base_url, read};
use super::error::ConfigError;
use super::name::ProfileName;
use super::{Policy, Profile};
use crate::time::span;

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
            if before.find(&name).is_some() {
                return Err(ConfigError::Exists { name });
            }
            let profiles = document.entry("profiles").or_insert(Item::Table(implicit()));
            let Some(profiles) = profiles.as_table_like_mut() else {
                return Err(broken("profiles is no table".into()));
            };
            profiles.insert(name.as_str(), Item::Table(table_of(profile).map_err(broken)?));
            if before.default_profile().is_none() {
                document.insert("default_profile", value(name.as_str()));
            }
        }
        Change::Default(name) => {
            if before.find(name).is_none() {
                return Err(ConfigError::Missing { name: name.clone() });
            }
            document.insert("default_profile", value(name.as_str()));
        }
        Change::Remove(name) => {
            let profiles = document.get_mut("profiles").and_then(Item::as_table_like_mut);
            if profiles.and_then(|profiles| profiles.remove(name.as_str())).is_none() {
                return Err(ConfigError::Missing { name: name.clone() });
            }
            if before.default_profile() == Some(name) {
                document.remove("default_profile");
            }
        }
    }
    Ok(document.to_string())
}

/// Gives a table whose header is not written, as it holds nothing but tables.
fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

/// Gives a profile's table.
fn table_of(profile: &Profile) -> Result<Table, String> {
    let mut table = Table::new();
    if let Some(key) = &profile.api_key {
        table.insert("api_key", value(key));
    }
    table.insert("secret", value(profile.source.in_full()));
    if let Some(source) = &profile.session_key {
        table.insert("session_key", value(source.in_full()));
    }
    if let Some(url) = &profile.base_url {
        table.insert("base_url", value(check_base_url(url)?));
    }
    if profile.policy != Policy::default() {
        table.insert("policy", value(policy_of(&profile.policy)));
    }
    Ok(table)
}

/// Gives a policy's table.
fn policy_of(policy: &Policy) -> InlineTable {
    let mut table = InlineTable::new();
    for (key, lifetime) in
        [("default_lifetime", policy.default_lifetime), ("longest_lifetime", policy.longest_lifetime)]
    {
        if let Some(lifetime) = lifetime {
            table.insert(key, span(lifetime).into());
        }
    }
    for (key, is_set) in [("issued_at", policy.has_issued_at), ("production", policy.is_production)] {
        if is_set {
            table.insert(key, true.into());
        }
    }
    table
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
