//! Files and directories of the log, opened with care: never through a symbolic link, judged by what
//! was opened, private from the moment they exist.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::error::{AuditError, Doing};

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be read; whose it is does not matter.
    Read,
    /// To be appended to, and read.
    Append,
    /// To be created, where nothing stands yet, and appended to.
    Create,
    /// To be locked; created where it is missing.
    Lock,
}

/// Which file it is, whatever its name. Elsewhere than on Unix all files pass for the same.
pub(super) type Identity = (u64, u64);

/// Opens a file of the log; a regular one, and unless it is only read, safely owned.
pub(super) fn open(path: &Path, purpose: Purpose) -> Result<(File, Metadata), AuditError> {
    let mut options = OpenOptions::new();
    match purpose {
        Purpose::Read => options.read(true),
        Purpose::Append => options.read(true).append(true),
        Purpose::Create => options.read(true).append(true).create_new(true),
        Purpose::Lock => options.read(true).write(true).create(true).truncate(false),
    };
    platform::harden(&mut options);
    let file = options.open(path).map_err(|error| refused(path, error))?;
    let metadata = file.metadata().map_err(|error| AuditError::of(Doing::Open, path, error))?;
    if !metadata.is_file() {
        return Err(AuditError::NotRegular { path: path.to_owned() });
    }
    if purpose != Purpose::Read {
        platform::judge(path, &metadata)?;
    }
    Ok((file, metadata))
}

/// Makes the log's directory where it is missing, with those above it, and judges it.
///
/// What was made is on disk before this returns, where its parent may be read.
pub(super) fn make_directory(path: &Path) -> Result<(), AuditError> {
    match directory(path) {
        Err(error) if error.is_missing() => {}
        other => return other.and_then(|directory| platform::judge(path, &directory)),
    }
    let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    for next in missing.into_iter().rev() {
        let mut builder = DirBuilder::new();
        platform::keep_private(&mut builder);
        match builder.create(next) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(AuditError::of(Doing::Open, next, error));
            }
            _ => sync_parent(next)?,
        }
    }
    platform::judge(path, &directory(path)?)
}

/// Brings the name of a directory to disk, where the one that it is in may be read.
pub(super) fn sync_parent(path: &Path) -> Result<(), AuditError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match platform::sync_directory(parent.unwrap_or(Path::new("."))) {
        Err(AuditError::Denied { .. }) => Ok(()),
        other => other,
    }
}

/// Finds out what stands where the log's directory belongs.
pub(super) fn directory(path: &Path) -> Result<Metadata, AuditError> {
    let metadata = path.symlink_metadata().map_err(|error| AuditError::of(Doing::Open, path, error))?;
    if metadata.is_symlink() {
        return Err(AuditError::Symlink { path: path.to_owned() });
    }
    if !metadata.is_dir() {
        return Err(AuditError::NotADirectory { path: path.to_owned() });
    }
    Ok(metadata)
}

/// Names the fact behind a file that did not open.
fn refused(path: &Path, error: io::Error) -> AuditError {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => AuditError::Symlink { path: path.to_owned() },
        Ok(metadata) if !metadata.is_file() => AuditError::NotRegular { path: path.to_owned() },
        _ => AuditError::of(Doing::Open, path, error),
    }
}

pub(super) use platform::{free_bytes, identity, sync_directory};

/// Owners, modes and directories as Unix has them.
#[cfg(unix)]
mod platform {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
    use std::path::Path;

    use rustix::fs::OFlags;

    use super::{AuditError, Doing, Identity};

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
    pub(super) fn judge(path: &Path, metadata: &Metadata) -> Result<(), AuditError> {
        let owner = metadata.uid();
        if owner != 0 && owner != rustix::process::geteuid().as_raw() {
            return Err(AuditError::WrongOwner { path: path.to_owned(), owner });
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(AuditError::Exposed { path: path.to_owned(), mode: metadata.mode() & 0o777 });
        }
        Ok(())
    }

    /// Brings a directory's names to disk.
    pub(in super::super) fn sync_directory(path: &Path) -> Result<(), AuditError> {
        let failed = |error| AuditError::of(Doing::Sync, path, error);
        File::open(path).map_err(failed)?.sync_all().map_err(failed)
    }

    /// Tells which file it is.
    pub(in super::super) fn identity(metadata: &Metadata) -> Identity {
        (metadata.dev(), metadata.ino())
    }

    /// Tells how much a user may still write to the file system at `path`.
    pub(in super::super) fn free_bytes(path: &Path) -> Option<u64> {
        let file_system = rustix::fs::statvfs(path).ok()?;
        Some(file_system.f_bavail.saturating_mul(file_system.f_frsize))
    }
}

/// What other platforms have of it.
#[cfg(not(unix))]
mod platform {
    use std::fs::{DirBuilder, Metadata, OpenOptions};
    use std::path::Path;

    use super::{AuditError, Identity};

    /// Nothing: the directory's own protection is inherited.
    pub(super) fn harden(_: &mut OpenOptions) {}

    /// Nothing: the directory's own protection is inherited.
    pub(super) fn keep_private(_: &mut DirBuilder) {}

    /// Refuses a link; owners and modes are not told here.
    pub(super) fn judge(path: &Path, _: &Metadata) -> Result<(), AuditError> {
        let linked = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if linked { Err(AuditError::Symlink { path: path.to_owned() }) } else { Ok(()) }
    }

    /// Nothing: the file system journals its names.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(in super::super) fn sync_directory(_: &Path) -> Result<(), AuditError> {
        Ok(())
    }

    /// All files pass for the same.
    pub(in super::super) fn identity(_: &Metadata) -> Identity {
        (0, 0)
    }

    /// It is not told.
    pub(in super::super) fn free_bytes(_: &Path) -> Option<u64> {
        None
    }
}
