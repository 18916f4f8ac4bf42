//! Changes the configuration: under a lock, whole or not at all, and never a broken one.

use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::config::{Config, read};
use super::config_text::Edit;
use super::error::ConfigError;
use super::name::ProfileName;
use super::{Profile, config_text};
use crate::fs::{self, DiskError, Lock, LockGuard, Replacement};

/// A change of the configuration.
#[derive(Debug, Clone)]
pub enum Change {
    /// A profile is added; the first becomes the default.
    Add(Box<Profile>),
    /// Settings of a profile are changed.
    Set(ProfileName, Vec<Edit>),
    /// A profile becomes the default.
    Default(ProfileName),
    /// A profile is removed, and is no longer the default.
    Remove(ProfileName),
}

/// A change that is written beside the file and not in effect yet.
///
/// Dropped without a commit, it leaves no trace.
#[derive(Debug)]
pub struct PendingEdit {
    /// The new text.
    replacement: Replacement,
    /// The lock against other processes that change it.
    _lock: LockGuard,
    /// The configuration before the change.
    pub(super) before: Config,
    /// The configuration after the change.
    after: Config,
}

/// Locks the configuration, applies a change to its text, and writes that to a file beside it.
///
/// Comments and the order of the file are kept.
///
/// # Errors
/// [`ConfigError`], and nothing is changed; among others if another process has had it locked for ten seconds.
pub fn begin_edit(path: &Path, change: &Change) -> Result<PendingEdit, ConfigError> {
    let path = resolve_symlinks(path);
    let lock = lock(&path).map_err(|error| match error {
        DiskError::Open(_, source) => DiskError::Write(path.clone(), source),
        error => error,
    })?;
    let text = read(&path)?.unwrap_or_default();
    let before = Config::parse(&text, &path)?;
    let text = apply(change, &text, &before, &path)?;
    // It was whole before: what is wrong now is in the change.
    let after = Config::parse(&text, &path).map_err(ConfigError::of_change)?;
    let replacement = Replacement::prepare(&path, text.as_bytes())?;
    Ok(PendingEdit { replacement, _lock: lock, before, after })
}

impl PendingEdit {
    /// Returns `true` if the configuration means something else after the change.
    pub(super) fn is_change(&self) -> bool {
        self.before != self.after
    }

    /// Replaces the configuration, and returns the new one.
    ///
    /// # Errors
    /// [`DiskError::Write`], and the configuration is as it was.
    pub fn commit(self) -> Result<Config, ConfigError> {
        ignore_unsynced_name(self.replacement.commit())?;
        Ok(self.after)
    }
}

/// Locks the file beside the configuration; creates it and its directory if they do not exist.
fn lock(path: &Path) -> Result<LockGuard, DiskError> {
    ignore_unsynced_name(fs::create_missing_dirs(fs::directory_of(path)))?;
    Lock::open(fs::path_beside(path, "lock"))?.acquire()
}

/// Ignores that a name could not be synced to disk: a power cut may then undo the change, and leaves the old file,
/// whole.
fn ignore_unsynced_name(result: Result<(), DiskError>) -> Result<(), DiskError> {
    if matches!(result, Err(DiskError::Sync(..))) { Ok(()) } else { result }
}

/// Returns the text of the configuration after a change.
fn apply(change: &Change, text: &str, before: &Config, path: &Path) -> Result<String, ConfigError> {
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
                return Err(ConfigError::Exists(name));
            }
            config_text::add(&mut document, &name, profile).map_err(broken)?;
            if before.default_profile().is_none() && before.names().next().is_none() {
                config_text::set_default(&mut document, &name);
            }
        }
        Change::Set(name, edits) => {
            before.require_configured(name)?;
            config_text::set(&mut document, name, edits).map_err(broken)?;
        }
        Change::Default(name) => {
            before.require(name)?;
            config_text::set_default(&mut document, name);
        }
        Change::Remove(name) => {
            before.require_configured(name)?;
            if !config_text::remove(&mut document, name) {
                return Err(before.missing(name));
            }
            if before.default_profile() == Some(name) {
                config_text::unset_default(&mut document);
            }
        }
    }
    Ok(config_text::text(&document))
}

/// Follows symbolic links, because a rename would replace the link itself.
fn resolve_symlinks(path: &Path) -> PathBuf {
    // The target need not exist yet; more links than this, one behind the other, are a circle.
    let mut path = path.to_owned();
    for _ in 0..40 {
        match path.canonicalize().or_else(|_| path.read_link()) {
            Ok(whole) if whole.is_absolute() && whole.exists() => return whole,
            Ok(link) => path = fs::directory_of(&path).join(link),
            Err(_) => break,
        }
    }
    path
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use tempfile::TempDir;

    use super::*;
    use crate::secret::Source;

    fn names(place: &TempDir) -> Vec<String> {
        let names = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn name(text: &str) -> ProfileName {
        text.parse().unwrap()
    }

    fn adding(text: &str) -> Change {
        Change::Add(Box::new(Profile::new(Some(name(text)), Source::Env("A".into()))))
    }

    #[test]
    fn a_pending_edit_has_no_effect_before_its_commit() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        let pending = begin_edit(&path, &adding("a")).unwrap();
        assert!(!path.exists());
        let after = pending.commit().unwrap();
        assert_eq!(after, Config::load(&path).unwrap());
        assert_eq!(after.default_profile(), Some(&name("a")));
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn a_dropped_edit_leaves_the_configuration_and_no_trace() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        begin_edit(&path, &adding("a")).unwrap().commit().unwrap();
        let before = fs::read(&path).unwrap();
        drop(begin_edit(&path, &adding("b")).unwrap());
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn only_the_first_profile_becomes_the_default_by_itself() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        let put = |change: &Change| begin_edit(&path, change).unwrap().commit().unwrap();
        put(&adding("a"));
        assert_eq!(put(&adding("b")).default_profile(), Some(&name("a")));
        assert_eq!(put(&Change::Default(name("b"))).default_profile(), Some(&name("b")));
        assert_eq!(put(&Change::Remove(name("b"))).default_profile(), None);
        assert_eq!(put(&adding("c")).default_profile(), None);
        assert_eq!(put(&Change::Default(ProfileName::demo())).default_profile(), Some(&ProfileName::demo()));
    }

    #[test]
    fn an_edit_that_contradicts_the_configuration_is_refused() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        begin_edit(&path, &adding("a")).unwrap().commit().unwrap();
        let refused = |change: &Change| begin_edit(&path, change).unwrap_err();
        assert!(matches!(refused(&adding("a")), ConfigError::Exists { .. }));
        assert!(matches!(refused(&adding("demo")), ConfigError::BuiltIn));
        assert!(matches!(refused(&Change::Remove(ProfileName::demo())), ConfigError::BuiltIn));
        for change in [Change::Default(name("b")), Change::Remove(name("b"))] {
            assert!(matches!(refused(&change), ConfigError::Missing { known, .. } if known == [name("a")]));
        }
    }

    #[test]
    fn a_broken_configuration_is_not_changed() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        fs::write(&path, "a = ").unwrap();
        for change in [adding("a"), Change::Default(name("a")), Change::Remove(name("a"))] {
            assert!(matches!(begin_edit(&path, &change), Err(ConfigError::Refused { .. })));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "a = ");
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn the_file_is_the_owners_alone() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        fs::write(&path, "# mine\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        begin_edit(&path, &adding("a")).unwrap().commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn links_are_followed_to_a_file_that_is_there_or_not_yet() {
        let place = TempDir::new().unwrap();
        for (link, target) in
            [("first", "second"), ("second", "sub/c.toml"), ("round", "about"), ("about", "round")]
        {
            symlink(target, place.path().join(link)).unwrap();
        }
        for profile in ["a", "b"] {
            begin_edit(&place.path().join("first"), &adding(profile)).unwrap().commit().unwrap();
            assert!(place.path().join("first").is_symlink() && place.path().join("second").is_symlink());
            assert!(!place.path().join("sub/c.toml").is_symlink());
        }
        assert_eq!(Config::load(&place.path().join("sub/c.toml")).unwrap().names().count(), 2);
        assert!(matches!(
            begin_edit(&place.path().join("round"), &adding("a")),
            Err(ConfigError::Disk(DiskError::Read(..)))
        ));
    }
}
