//! The register's directory and files, opened with care: never through a symbolic link, judged by what
//! was opened, private from the moment they exist.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::error::{Distrust, Doing, RegisterError};

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be read.
    Read,
    /// To be created, where nothing stands yet, and written.
    Create,
    /// To be locked; created where it is missing.
    Lock,
}

/// Opens a regular file that nobody else can write.
pub(super) fn open(path: &Path, purpose: Purpose) -> Result<(File, Metadata), RegisterError> {
    let mut options = OpenOptions::new();
    match purpose {
        Purpose::Read => options.read(true),
        Purpose::Create => options.write(true).create_new(true),
        Purpose::Lock => options.read(true).write(true).create(true).truncate(false),
    };
    platform::harden(&mut options);
    let file = options.open(path).map_err(|error| refused(path, error))?;
    let metadata = file.metadata().map_err(|error| RegisterError::of(Doing::Open, path, error))?;
    if !metadata.is_file() {
        return Err(RegisterError::untrusted(path, Distrust::NotRegular));
    }
    platform::judge(path, &metadata)?;
    Ok((file, metadata))
}

/// Makes a directory for its owner alone where it is missing, with those above it, and judges it.
pub(super) fn make_directory(path: &Path) -> Result<(), RegisterError> {
    match judge_directory(path) {
        Err(error) if error.is_missing() => {}
        other => return other,
    }
    let mut builder = DirBuilder::new();
    platform::keep_private(&mut builder);
    builder.recursive(true).create(path).map_err(|error| RegisterError::of(Doing::Open, path, error))?;
    if let Some(parent) = path.parent() {
        // A parent that may not be read is somebody else's to bring to disk.
        let _ = platform::sync_directory(parent);
    }
    judge_directory(path)
}

/// Refuses whatever stands in the directory's place and is none, or can be written by others.
pub(super) fn judge_directory(path: &Path) -> Result<(), RegisterError> {
    let metadata = path.symlink_metadata().map_err(|error| RegisterError::of(Doing::Open, path, error))?;
    if metadata.is_symlink() {
        return Err(RegisterError::untrusted(path, Distrust::Symlink));
    }
    if !metadata.is_dir() {
        return Err(RegisterError::untrusted(path, Distrust::NotADirectory));
    }
    platform::judge(path, &metadata)
}

/// Names the fact behind a file that did not open.
fn refused(path: &Path, error: io::Error) -> RegisterError {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => RegisterError::untrusted(path, Distrust::Symlink),
        Ok(metadata) if !metadata.is_file() => RegisterError::untrusted(path, Distrust::NotRegular),
        _ => RegisterError::of(Doing::Open, path, error),
    }
}

pub(super) use platform::{Mark, allow_owner, mark, sync_directory};

/// Owners, modes and directories as Unix has them.
#[cfg(unix)]
mod platform {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::Path;

    use rustix::fs::OFlags;

    use super::{Distrust, RegisterError};

    /// By what it is known that a file was exchanged, written or given other rights.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in super::super) struct Mark {
        /// Its device and number.
        identity: (u64, u64),
        /// How many bytes it has.
        length: u64,
        /// When it was written, in seconds and nanoseconds.
        written: (i64, i64),
        /// When it was changed in any way.
        changed: (i64, i64),
    }

    /// Takes a file's mark.
    pub(in super::super) fn mark(metadata: &Metadata) -> Mark {
        Mark {
            identity: (metadata.dev(), metadata.ino()),
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
    pub(super) fn judge(path: &Path, metadata: &Metadata) -> Result<(), RegisterError> {
        let owner = metadata.uid();
        if owner != 0 && owner != rustix::process::geteuid().as_raw() {
            return Err(RegisterError::untrusted(path, Distrust::Owner(owner)));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(RegisterError::untrusted(path, Distrust::Exposed(metadata.mode() & 0o777)));
        }
        Ok(())
    }

    /// Lets the owner read and write, whatever the umask.
    pub(in super::super) fn allow_owner(file: &File) -> io::Result<()> {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
    }

    /// Brings a directory's names to disk.
    pub(in super::super) fn sync_directory(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// What other platforms have of it.
#[cfg(not(unix))]
mod platform {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;
    use std::time::SystemTime;

    use super::{Distrust, RegisterError};

    /// By what it is known that a file was exchanged or written: when, and how many bytes it has.
    pub(in super::super) type Mark = (Option<SystemTime>, u64);

    /// Takes a file's mark.
    pub(in super::super) fn mark(metadata: &Metadata) -> Mark {
        (metadata.modified().ok(), metadata.len())
    }

    /// Nothing: the directory's own protection is inherited.
    pub(super) fn harden(_: &mut OpenOptions) {}

    /// Nothing: the directory's own protection is inherited.
    pub(super) fn keep_private(_: &mut DirBuilder) {}

    /// Refuses a link; owners and modes are not told here.
    pub(super) fn judge(path: &Path, _: &Metadata) -> Result<(), RegisterError> {
        let linked = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if linked { Err(RegisterError::untrusted(path, Distrust::Symlink)) } else { Ok(()) }
    }

    /// Nothing: the directory's own protection is inherited.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(in super::super) fn allow_owner(_: &File) -> io::Result<()> {
        Ok(())
    }

    /// Nothing: the file system journals its names.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(in super::super) fn sync_directory(_: &Path) -> io::Result<()> {
        Ok(())
    }
}
