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
    /// What it will say.
    after: Config,
}

/// Works a change out and writes it to a file of its own, beside the configuration.
///
/// Comments and order of the file are kept.
///
/// # Errors
/// [`ConfigError`], and nothing is changed: where the file is broken, above all.
pub fn prepare(path: &Path, change: &Change) -> Result<Prepared, ConfigError> {
    let path = followed(path);
    let unwritable = |error| ConfigError::Unwritable { path: path.clone(), error };
    create_private(directory_of(&path)).map_err(unwritable)?;
    let lock = options().open(beside(&path, "lock")).map_err(unwritable)?;
    lock.lock().map_err(unwritable)?;
    let text = read(&path)?.unwrap_or_default();
    let before = Config::parse(&text, &path)?;
    let text = changed(&text, &before, change, &path)?;
    let after = Config::parse(&text, &path)?;
    let temporary = beside(&path, "new");
    let prepared = Prepared { _lock: lock, temporary, path: path.clone(), after };
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
        allow_owner(&file)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Puts the change in the configuration's place, and gives what the configuration now says.
    ///
    /// # Errors
    /// [`ConfigError::Unwritable`], and the configuration stands as it was.
    pub fn commit(mut self) -> Result<Config, ConfigError> {
        let unwritable = |error| ConfigError::Unwritable { path: self.path.clone(), error };
        fs::rename(&self.temporary, &self.path).map_err(unwritable)?;
        // The change stands from here on. Where its name cannot be brought to disk, a power cut may undo it,
        // and leaves the file of before, whole.
        let _ = sync_directory(directory_of(&self.path));
        Ok(std::mem::take(&mut self.after))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // After a commit there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Returns the text of the configuration after a change.
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

/// Follows links, so that a configuration may lie elsewhere: a rename would replace the link itself.
fn followed(path: &Path) -> PathBuf {
    // What a link names need not be there yet; more links than this, one behind the other, are a circle.
    let mut path = path.to_owned();
    for _ in 0..40 {
        match fs::canonicalize(&path).or_else(|_| fs::read_link(&path)) {
            Ok(whole) if whole.is_absolute() && whole.exists() => return whole,
            Ok(link) => path = directory_of(&path).join(link),
            Err(_) => break,
        }
    }
    path
}

/// Returns the directory that a path names a file in.
fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

/// Returns the path of a file beside the configuration.
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

/// Lets the owner read and write, whatever the umask.
#[cfg(unix)]
fn allow_owner(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

/// Leaves the rights to what the directory hands down on Windows.
#[cfg(not(unix))]
fn allow_owner(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Creates a directory, for its owner alone.
fn create_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Brings the names in a directory to disk.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Leaves the names to Windows, which has no such call.
#[cfg(not(unix))]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
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
    fn what_is_prepared_does_not_stand_before_it_is_committed() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        let prepared = prepare(&path, &adding("a")).unwrap();
        assert!(!path.exists());
        let after = prepared.commit().unwrap();
        assert_eq!(after, Config::load(&path).unwrap());
        assert_eq!(after.default_profile(), Some(&name("a")));
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn what_is_dropped_leaves_the_configuration_and_no_trace() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        prepare(&path, &adding("a")).unwrap().commit().unwrap();
        let before = fs::read(&path).unwrap();
        drop(prepare(&path, &adding("b")).unwrap());
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(names(&place), ["c.toml", "c.toml.lock"]);
    }

    #[test]
    fn only_the_first_profile_becomes_the_default_by_itself() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        let put = |change: &Change| prepare(&path, change).unwrap().commit().unwrap();
        put(&adding("a"));
        assert_eq!(put(&adding("b")).default_profile(), Some(&name("a")));
        assert_eq!(put(&Change::Default(name("b"))).default_profile(), Some(&name("b")));
        assert_eq!(put(&Change::Remove(name("b"))).default_profile(), None);
        assert_eq!(put(&adding("c")).default_profile(), None);
        assert_eq!(put(&Change::Default(ProfileName::demo())).default_profile(), Some(&ProfileName::demo()));
    }

    #[test]
    fn refuses_what_cannot_be_changed_so() {
        let place = TempDir::new().unwrap();
        let path = place.path().join("c.toml");
        prepare(&path, &adding("a")).unwrap().commit().unwrap();
        let refused = |change: &Change| prepare(&path, change).unwrap_err();
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
            assert!(matches!(prepare(&path, &change), Err(ConfigError::Refused { .. })));
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
        prepare(&path, &adding("a")).unwrap().commit().unwrap();
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
            prepare(&place.path().join("first"), &adding(profile)).unwrap().commit().unwrap();
            assert!(place.path().join("first").is_symlink() && place.path().join("second").is_symlink());
            assert!(!place.path().join("sub/c.toml").is_symlink());
        }
        assert_eq!(Config::load(&place.path().join("sub/c.toml")).unwrap().names().count(), 2);
        assert!(matches!(
            prepare(&place.path().join("round"), &adding("a")),
            Err(ConfigError::Unreadable { .. })
        ));
    }
}
