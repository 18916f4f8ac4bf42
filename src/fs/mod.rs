//! Files and directories of the program's own state, opened with care: never through a symbolic link,
//! judged by what was opened, private from the moment they exist.

mod error;
mod lock;

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

pub use error::{DiskError, DiskFault};
pub use lock::{Held, Lock};
pub use platform::{Mark, free_bytes, identity, mark, sync_directory};

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be read; whose it is does not matter.
    Read,
    /// To be read and believed, so that nobody else may have written it.
    Believe,
    /// To be appended to, and read.
    Append,
    /// To be created, where nothing stands yet, and appended to.
    Create,
    /// To be locked; created where it is missing.
    Lock,
}

/// Which file it is, whatever its name. Elsewhere than on Unix all files pass for the same.
pub type Identity = (u64, u64);

/// Opens a regular file; unless it is only read, one that nobody else can write.
///
/// # Errors
/// [`DiskError`]
pub fn open(path: &Path, purpose: Purpose) -> Result<(File, Metadata), DiskError> {
    let mut options = OpenOptions::new();
    match purpose {
        Purpose::Read | Purpose::Believe => options.read(true),
        Purpose::Append => options.read(true).append(true),
        Purpose::Create => options.read(true).append(true).create_new(true),
        Purpose::Lock => options.read(true).write(true).create(true).truncate(false),
    };
    platform::harden(&mut options);
    let file = options.open(path).map_err(|error| refused(path, error))?;
    let metadata = file.metadata().map_err(|error| DiskError::new(path, DiskFault::Open(error)))?;
    if !metadata.is_file() {
        return Err(DiskError::new(path, DiskFault::NotRegular));
    }
    if purpose != Purpose::Read {
        platform::judge(path, &metadata)?;
    }
    Ok((file, metadata))
}

/// Makes a directory where it is missing, with those above it, and judges it.
///
/// What was made is on disk before this returns, where its parent may be read.
///
/// # Errors
/// [`DiskError`]
pub fn make_directory(path: &Path) -> Result<(), DiskError> {
    match judge_directory(path) {
        Err(error) if error.is_missing() => {}
        other => return other,
    }
    let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    for next in missing.into_iter().rev() {
        let mut builder = DirBuilder::new();
        platform::keep_private(&mut builder);
        match builder.create(next) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(DiskError::new(next, DiskFault::Open(error)));
            }
            _ => sync_parent(next)?,
        }
    }
    judge_directory(path)
}

/// Refuses whatever stands in a directory's place and is none, or can be written by others.
///
/// # Errors
/// [`DiskError`]
pub fn judge_directory(path: &Path) -> Result<(), DiskError> {
    platform::judge(path, &directory(path)?)
}

/// Brings the name of a directory to disk, where the one that it is in may be read.
///
/// # Errors
/// [`DiskFault::Sync`]
pub fn sync_parent(path: &Path) -> Result<(), DiskError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match platform::sync_directory(parent.unwrap_or(Path::new("."))) {
        Err(error) if error.is_denied() => Ok(()),
        other => other,
    }
}

/// Finds out what stands where a directory belongs.
///
/// # Errors
/// [`DiskError`] where it is none.
pub fn directory(path: &Path) -> Result<Metadata, DiskError> {
    let metadata = path.symlink_metadata().map_err(|error| DiskError::new(path, DiskFault::Open(error)))?;
    if metadata.is_symlink() {
        return Err(DiskError::new(path, DiskFault::Symlink));
    }
    if !metadata.is_dir() {
        return Err(DiskError::new(path, DiskFault::NotADirectory));
    }
    Ok(metadata)
}

/// Names the fact behind a file that did not open.
fn refused(path: &Path, error: io::Error) -> DiskError {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => DiskError::new(path, DiskFault::Symlink),
        Ok(metadata) if !metadata.is_file() => DiskError::new(path, DiskFault::NotRegular),
        _ => DiskError::new(path, DiskFault::Open(error)),
    }
}

/// Owners, modes and directories as Unix has them.
#[cfg(unix)]
mod platform {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
    use std::path::Path;

    use rustix::fs::OFlags;

    use super::{DiskError, DiskFault, Identity};

    /// By what it is known that a file was exchanged, written or given other rights.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Mark {
        /// Which file it is.
        identity: Identity,
        /// How many bytes it has.
        length: u64,
        /// When it was written, in seconds and nanoseconds.
        written: (i64, i64),
        /// When it was changed in any way.
        changed: (i64, i64),
    }

    /// Takes a file's mark.
    #[must_use]
    pub fn mark(metadata: &Metadata) -> Mark {
        Mark {
            identity: identity(metadata),
            length: metadata.len(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Follows no link, waits for no pipe's other end, and creates for the owner alone.
    pub(super) fn harden(options: &mut OpenOptions) {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }

    /// Creates for the owner alone.
    pub(super) fn keep_private(builder: &mut DirBuilder) {
        builder.mode(0o700);
    }

    /// Refuses what belongs to, or can be written by, somebody else.
    pub(super) fn judge(path: &Path, metadata: &Metadata) -> Result<(), DiskError> {
        let owner = metadata.uid();
        if owner != 0 && owner != rustix::process::geteuid().as_raw() {
            return Err(DiskError::new(path, DiskFault::WrongOwner(owner)));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(DiskError::new(path, DiskFault::Exposed(metadata.mode() & 0o777)));
        }
        Ok(())
    }

    /// Brings a directory's names to disk.
    ///
    /// # Errors
    /// [`DiskFault::Sync`]
    pub fn sync_directory(path: &Path) -> Result<(), DiskError> {
        let failed = |error| DiskError::new(path, DiskFault::Sync(error));
        File::open(path).map_err(failed)?.sync_all().map_err(failed)
    }

    /// Returns which file it is.
    #[must_use]
    pub fn identity(metadata: &Metadata) -> Identity {
        (metadata.dev(), metadata.ino())
    }

    /// Returns how much a user may still write to the file system at `path`.
    #[must_use]
    pub fn free_bytes(path: &Path) -> Option<u64> {
        let file_system = rustix::fs::statvfs(path).ok()?;
        Some(file_system.f_bavail.saturating_mul(file_system.f_frsize))
    }
}

/// What other platforms have of it.
#[cfg(not(unix))]
mod platform {
    use std::fs::{DirBuilder, Metadata, OpenOptions};
    use std::path::Path;
    use std::time::SystemTime;

    use super::{DiskError, DiskFault, Identity};

    /// By what it is known that a file was exchanged or written: when, and how many bytes it has.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Mark(Option<SystemTime>, u64);

    /// Takes a file's mark.
    #[must_use]
    pub fn mark(metadata: &Metadata) -> Mark {
        Mark(metadata.modified().ok(), metadata.len())
    }

    /// Nothing: the directory's own protection is inherited.
    pub(super) fn harden(_: &mut OpenOptions) {}

    /// Nothing: the directory's own protection is inherited.
    pub(super) fn keep_private(_: &mut DirBuilder) {}

    /// Refuses a link; owners and modes are not told here.
    pub(super) fn judge(path: &Path, _: &Metadata) -> Result<(), DiskError> {
        let linked = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if linked { Err(DiskError::new(path, DiskFault::Symlink)) } else { Ok(()) }
    }

    /// Nothing: the file system journals its names.
    ///
    /// # Errors
    /// None here.
    pub fn sync_directory(_: &Path) -> Result<(), DiskError> {
        Ok(())
    }

    /// All files pass for the same.
    #[must_use]
    pub fn identity(_: &Metadata) -> Identity {
        (0, 0)
    }

    /// It is not told.
    #[must_use]
    pub fn free_bytes(_: &Path) -> Option<u64> {
        None
    }
}
