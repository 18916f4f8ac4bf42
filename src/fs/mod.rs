//! Files and directories that this program trusts: one check of their owner, mode and kind, one lock, one
//! atomic replacement.
//!
//! A file is opened once, and the open file is checked, not its path. A pipe or a device is refused without blocking.

mod error;
mod lock;

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use error::OTHERS;

pub use error::{FileAction, FileError, FileProblem};
pub use lock::{Lock, LockGuard};
pub use platform::{file_id, file_version, free_bytes, is_writable, sync_directory};

/// The requirements for a file's owner and mode. It must always be a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePolicy {
    /// Any owner and mode: the service manager placed the file for this service, or its content is checked otherwise.
    AnyOwner,
    /// The file belongs to this user or root, and no other user can write it.
    Trusted,
    /// As [`FilePolicy::Trusted`], for the program's own state; but this process's own group may write the file if all
    /// other users have no access to it, as in Kubernetes volumes (`fsGroup`).
    State,
    /// As [`FilePolicy::Trusted`], and no other user can read the file; but root's file on an in-memory file system may
    /// be readable, as the secrets of containers are. A file there that only root and this process's own group can read
    /// counts as private.
    Secret,
}

/// The purpose for which a state file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileUse {
    /// Reading, with any owner.
    Read,
    /// Reading trusted content, which no other user may have written.
    Trusted,
    /// Appending and reading.
    Append,
    /// Creating and appending; the file must not exist.
    Create,
    /// Locking; the file is created if it does not exist.
    Lock,
}

/// The identity of a file, independent of its name: device and inode. Platforms other than Unix have one value for all
/// files.
pub type FileId = (u64, u64);

/// The version of a file, which changes when the file is replaced, written or given other permissions: its identity, and
/// when it was last changed in any way, in seconds and nanoseconds.
pub type FileVersion = (FileId, i64, i64);

/// The content of a file, wiped when dropped.
pub struct Content {
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether other users can read the file, under [`FilePolicy::Secret`].
    pub is_exposed: bool,
}

/// Opens a state file, which must be a regular file, without following symbolic links.
///
/// # Errors
/// [`FileError`]
pub fn open(path: &Path, file_use: FileUse) -> Result<(File, Metadata), FileError> {
    let mut options = OpenOptions::new();
    match file_use {
        FileUse::Read | FileUse::Trusted => options.read(true),
        FileUse::Append => options.read(true).append(true),
        FileUse::Create => options.read(true).append(true).create_new(true),
        FileUse::Lock => options.read(true).write(true).create(true).truncate(false),
    };
    platform::set_private(&mut options, false);
    let policy = if file_use == FileUse::Read { FilePolicy::AnyOwner } else { FilePolicy::State };
    let file = options.open(path).map_err(|error| not_opened(path, error))?;
    if cfg!(not(unix)) && path.is_symlink() {
        return Err(FileProblem::Symlink.at(path));
    }
    let (metadata, _) = check_file(path, &file, policy)?;
    Ok((file, metadata))
}

/// Returns the reason why a file could not be opened.
fn not_opened(path: &Path, error: io::Error) -> FileError {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => FileProblem::Symlink.at(path),
        Ok(metadata) if !metadata.is_file() => FileProblem::NotRegular.at(path),
        _ => FileAction::Open.failed(path)(error),
    }
}

/// Reads at most `max` bytes of the file at `path`, following symbolic links.
///
/// # Errors
/// [`FileError`]
pub fn read(path: &Path, policy: FilePolicy, max: usize) -> Result<Content, FileError> {
    let mut options = OpenOptions::new();
    platform::set_private(options.read(true), true);
    let file = options.open(path).map_err(FileAction::Open.failed(path))?;
    let (_, is_exposed) = check_file(path, &file, policy)?;
    // Allocated once: growing would leave an unwiped copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(max));
    file.take(max as u64).read_to_end(&mut bytes).map_err(FileAction::Read.failed(path))?;
    Ok(Content { bytes, is_exposed })
}

/// Checks an open file. Returns its metadata, and `true` if other users can read a file under [`FilePolicy::Secret`].
fn check_file(path: &Path, file: &File, policy: FilePolicy) -> Result<(Metadata, bool), FileError> {
    let metadata = file.metadata().map_err(FileAction::Open.failed(path))?;
    if !metadata.is_file() {
        return Err(FileProblem::NotRegular.at(path));
    }
    let is_exposed = platform::file_meta(&metadata, Some(file)).check(policy);
    Ok((metadata, is_exposed.map_err(|problem| problem.at(path))?))
}

/// Opens an input file of any owner, or the pipe of a shell's process substitution, as in `<(command)`.
///
/// # Errors
/// [`FileError`]; a named pipe is refused, as opening it may block forever.
pub fn open_input(path: &Path) -> Result<File, FileError> {
    let metadata = path.metadata().map_err(FileAction::Open.failed(path))?;
    if !metadata.is_file() && !platform::is_anonymous_pipe(path, &metadata) {
        return Err(FileProblem::NotRegular.at(path));
    }
    File::open(path).map_err(FileAction::Open.failed(path))
}

/// The checked metadata of an open file or a directory.
#[derive(Debug, Clone, Copy)]
struct FileMeta {
    /// The user id of the owner.
    owner: u32,
    /// The permission bits.
    mode: u32,
    /// Whether the file's group is this process's own group; the user's supplementary groups do not count.
    is_own_group: bool,
    /// The user id of this process.
    user: u32,
    /// Whether the file is on an in-memory file system.
    is_in_memory: bool,
}

impl FileMeta {
    /// Checks the metadata. Returns `true` if other users can read a file under [`FilePolicy::Secret`].
    ///
    /// # Errors
    /// The requirement that is not met.
    fn check(self, policy: FilePolicy) -> Result<bool, FileProblem> {
        let is_owner_trusted = self.owner == self.user || self.owner == 0;
        let is_for_own_group = self.is_own_group && self.mode & OTHERS == 0;
        let is_writable = self.mode & 0o022 != 0;
        let is_exposed = self.mode & 0o077 != 0;
        let is_root_in_memory = self.owner == 0 && self.is_in_memory;
        match policy {
            FilePolicy::AnyOwner => Ok(false),
            _ if !is_owner_trusted => Err(FileProblem::WrongOwner(self.owner)),
            FilePolicy::Secret if is_exposed && (is_writable || !is_root_in_memory) => {
                Err(FileProblem::Exposed(self.mode))
            }
            FilePolicy::Secret => Ok(is_exposed && !is_for_own_group),
            FilePolicy::State if is_for_own_group => Ok(false),
            FilePolicy::State | FilePolicy::Trusted if is_writable => Err(FileProblem::Writable(self.mode)),
            FilePolicy::State | FilePolicy::Trusted => Ok(false),
        }
    }
}

/// Creates a directory and its parents if they do not exist, then checks it.
///
/// New directories are synced to disk before this returns, if their parents may be read.
///
/// # Errors
/// [`FileError`]
pub fn create_private_dir(path: &Path) -> Result<(), FileError> {
    create_missing_dirs(path)?;
    check_directory(path)
}

/// Creates a directory and its parents if they do not exist, accessible to their owner only. Checks nothing.
///
/// # Errors
/// [`FileError`]; also if the entry of a new directory cannot be synced to disk.
pub fn create_missing_dirs(path: &Path) -> Result<(), FileError> {
    let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    let mut builder = DirBuilder::new();
    // Another process may create it at the same time.
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    for next in missing.into_iter().rev() {
        builder.create(next).map_err(FileAction::Open.failed(next))?;
        sync_parent(next)?;
    }
    Ok(())
}

/// Checks that a path is a directory that meets [`FilePolicy::State`].
///
/// # Errors
/// [`FileError`]
pub fn check_directory(path: &Path) -> Result<(), FileError> {
    let checked = platform::file_meta(&directory(path)?, None).check(FilePolicy::State);
    checked.map(drop).map_err(|problem| problem.at(path))
}

/// Syncs the entry of a file or directory to disk, if the directory that contains it may be read.
///
/// # Errors
/// [`FileError`]
pub fn sync_parent(path: &Path) -> Result<(), FileError> {
    match sync_directory(directory_of(path)) {
        Err(FileError::Io(_, _, error)) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

/// Returns the permission bits of a file or a directory.
pub fn mode(metadata: &Metadata) -> u32 {
    platform::file_meta(metadata, None).mode
}

/// Returns the metadata of a directory.
///
/// # Errors
/// [`FileError`] if the path is not a directory, or is a symbolic link.
pub fn directory(path: &Path) -> Result<Metadata, FileError> {
    let metadata = path.symlink_metadata().map_err(FileAction::Open.failed(path))?;
    if metadata.is_symlink() {
        return Err(FileProblem::Symlink.at(path));
    }
    if metadata.is_dir() { Ok(metadata) } else { Err(FileProblem::NotADirectory.at(path)) }
}

/// The new content of a file, on disk beside it under a temporary name.
///
/// Dropping it without a commit removes the temporary file. The caller must hold a lock against other writers.
#[derive(Debug)]
pub struct Replacement {
    /// The path of the temporary file.
    temporary: PathBuf,
    /// The path of the file to replace.
    path: PathBuf,
}

impl Replacement {
    /// Writes the new content to a temporary file that only its owner can read, and syncs it to disk.
    ///
    /// # Errors
    /// [`FileError::Io`] with [`FileAction::Write`].
    pub fn prepare(path: &Path, content: &[u8]) -> Result<Self, FileError> {
        let replacement = Self { temporary: path_beside(path, "new"), path: path.to_owned() };
        replacement.write(content).map_err(FileAction::Write.failed(path))?;
        Ok(replacement)
    }

    /// Writes the temporary file.
    fn write(&self, content: &[u8]) -> io::Result<()> {
        // The caller holds the lock, so an existing file was left by a process that was killed. If it cannot be removed,
        // a new one cannot be created.
        let _ = fs::remove_file(&self.temporary);
        let mut options = OpenOptions::new();
        platform::set_private(options.write(true).create_new(true), false);
        let mut file = options.open(&self.temporary)?;
        file.write_all(content)?;
        file.sync_all()
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// [`FileError::Io`]: with [`FileAction::Write`], the file is unchanged; with [`FileAction::Sync`], it is replaced,
    /// but a power failure may bring the old file back, whole.
    pub fn commit(self) -> Result<(), FileError> {
        let renamed = fs::rename(&self.temporary, &self.path);
        renamed.map_err(FileAction::Write.failed(&self.path))?;
        sync_directory(directory_of(&self.path))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // After a commit there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Returns `path` with `.` and `suffix` appended to its file name.
pub fn path_beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}

/// Returns the directory that contains a file or directory; `.` for a bare name.
pub fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

/// Owners, modes and directories on Unix.
#[cfg(unix)]
mod platform {
    use std::fs::{File, Metadata, OpenOptions};
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
    use std::path::Path;

    use rustix::fs::{Access, OFlags, access, fstatfs, statvfs};
    use rustix::process::{getegid, geteuid};

    use super::{FileAction, FileError, FileId, FileMeta, FileVersion};

    /// Configures opening without blocking on a pipe, and creating files accessible to their owner only.
    pub(super) fn set_private(options: &mut OpenOptions, follows_links: bool) {
        let links = if follows_links { OFlags::empty() } else { OFlags::NOFOLLOW };
        let flags = links | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }

    /// Returns `true` for a pipe without a name, whose path does not resolve.
    pub(super) fn is_anonymous_pipe(path: &Path, metadata: &Metadata) -> bool {
        metadata.file_type().is_fifo() && path.canonicalize().is_err()
    }

    /// Returns the metadata to check. Whether the file is on tmpfs or ramfs says the open file, by Linux's numbers for file
    /// systems (statfs(2)).
    pub(super) fn file_meta(metadata: &Metadata, file: Option<&File>) -> FileMeta {
        let (owner, mode, user) = (metadata.uid(), metadata.mode() & 0o777, geteuid().as_raw());
        let is_own_group = metadata.gid() == getegid().as_raw();
        let file_system = file.and_then(|file| u64::try_from(fstatfs(file).ok()?.f_type).ok());
        let is_in_memory =
            cfg!(target_os = "linux") && matches!(file_system, Some(0x0102_1994 | 0x8584_58f6));
        FileMeta { owner, mode, is_own_group, user, is_in_memory }
    }

    /// Returns the version of a file.
    pub fn file_version(metadata: &Metadata) -> FileVersion {
        (file_id(metadata), metadata.ctime(), metadata.ctime_nsec())
    }

    /// Syncs the entries of a directory to disk.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn sync_directory(path: &Path) -> Result<(), FileError> {
        let synced = File::open(path).and_then(|directory| directory.sync_all());
        synced.map_err(FileAction::Sync.failed(path))
    }

    /// Returns the identity of a file: its device and inode.
    pub fn file_id(metadata: &Metadata) -> FileId {
        (metadata.dev(), metadata.ino())
    }

    /// Returns `true` if this process may create files in a directory.
    pub fn is_writable(directory: &Path) -> bool {
        access(directory, Access::WRITE_OK | Access::EXEC_OK).is_ok()
    }

    /// Returns the free space for unprivileged users on the file system at `path`, in bytes.
    pub fn free_bytes(path: &Path) -> Option<u64> {
        let file_system = statvfs(path).ok()?;
        Some(file_system.f_bavail.saturating_mul(file_system.f_frsize))
    }
}

/// The same functions on other platforms, where access control is left to the system.
#[cfg(not(unix))]
mod platform {
    use std::fs::{File, Metadata, OpenOptions};
    use std::path::Path;

    use super::{FileError, FileId, FileMeta, FileVersion};

    /// Does nothing: the directory's own protection is inherited.
    pub(super) fn set_private(_: &mut OpenOptions, _: bool) {}

    /// Returns `false`: no shell substitutes a pipe for a file here.
    pub(super) fn is_anonymous_pipe(_: &Path, _: &Metadata) -> bool {
        false
    }

    /// Returns metadata that passes every check.
    pub(super) fn file_meta(_: &Metadata, _: Option<&File>) -> FileMeta {
        FileMeta { owner: 0, mode: 0o600, is_own_group: false, user: 0, is_in_memory: false }
    }

    /// Returns the same value for all files.
    pub fn file_version(_: &Metadata) -> FileVersion {
        (FileId::default(), 0, 0)
    }

    /// Does nothing: the file system journals its entries.
    ///
    /// # Errors
    /// None.
    pub fn sync_directory(_: &Path) -> Result<(), FileError> {
        Ok(())
    }

    /// Returns the same value for all files.
    pub fn file_id(_: &Metadata) -> FileId {
        (0, 0)
    }

    /// Returns `true`: only an attempt to write can show otherwise.
    pub fn is_writable(_: &Path) -> bool {
        true
    }

    /// Returns `None`: the free space is unknown.
    pub fn free_bytes(_: &Path) -> Option<u64> {
        None
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    const MINE: FileMeta =
        FileMeta { owner: 1000, mode: 0o600, is_own_group: false, user: 1000, is_in_memory: false };

    #[test]
    fn secret_file_may_be_private_to_this_user_or_root() {
        assert_eq!(MINE.check(FilePolicy::Secret), Ok(false));
        assert_eq!(FileMeta { owner: 0, ..MINE }.check(FilePolicy::Secret), Ok(false));
        assert_eq!(FileMeta { mode: 0o400, ..MINE }.check(FilePolicy::Secret), Ok(false));
    }

    #[test]
    fn a_secrets_file_of_another_user_is_refused() {
        let error = FileMeta { owner: 1001, ..MINE }.check(FilePolicy::Secret);
        assert_eq!(error, Err(FileProblem::WrongOwner(1001)));
    }

    #[test]
    fn a_secrets_file_that_others_can_read_or_write_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610] {
            let error = FileMeta { mode, ..MINE }.check(FilePolicy::Secret);
            assert_eq!(error, Err(FileProblem::Exposed(mode)));
        }
        let on_disk = FileMeta { owner: 0, mode: 0o444, ..MINE };
        assert_eq!(on_disk.check(FilePolicy::Secret), Err(FileProblem::Exposed(0o444)));
    }

    #[test]
    fn readable_file_of_root_in_memory_is_exposed() {
        let mounted = FileMeta { owner: 0, mode: 0o444, is_in_memory: true, ..MINE };
        assert_eq!(mounted.check(FilePolicy::Secret), Ok(true));
        let writable = FileMeta { mode: 0o666, ..mounted };
        assert_eq!(writable.check(FilePolicy::Secret), Err(FileProblem::Exposed(0o666)));
        let mine = FileMeta { owner: 1000, ..mounted };
        assert_eq!(mine.check(FilePolicy::Secret), Err(FileProblem::Exposed(0o444)));
    }

    #[test]
    fn a_trusted_file_may_be_read_by_others_but_not_written_or_owned() {
        for mode in [0o644, 0o444, 0o755] {
            assert_eq!(FileMeta { mode, ..MINE }.check(FilePolicy::Trusted), Ok(false));
        }
        for mode in [0o664, 0o646] {
            let error = FileMeta { mode, ..MINE }.check(FilePolicy::Trusted);
            assert_eq!(error, Err(FileProblem::Writable(mode)));
        }
        let error = FileMeta { owner: 1001, ..MINE }.check(FilePolicy::Trusted);
        assert_eq!(error, Err(FileProblem::WrongOwner(1001)));
    }

    #[test]
    fn own_group_may_write_unreadable_state_only() {
        for owner in [1000, 0] {
            let shared = FileMeta { owner, is_own_group: true, ..MINE };
            for mode in [0o660, 0o770, 0o620] {
                let shared = FileMeta { mode, ..shared };
                assert_eq!(shared.check(FilePolicy::State), Ok(false));
                assert_eq!(shared.check(FilePolicy::Trusted), Err(FileProblem::Writable(mode)));
                assert_eq!(shared.check(FilePolicy::Secret), Err(FileProblem::Exposed(mode)));
                let of_others = FileMeta { is_own_group: false, ..shared };
                assert_eq!(of_others.check(FilePolicy::State), Err(FileProblem::Writable(mode)));
            }
            for mode in [0o664, 0o662, 0o771, 0o777] {
                let error = FileMeta { mode, ..shared }.check(FilePolicy::State);
                assert_eq!(error, Err(FileProblem::Writable(mode)));
            }
        }
        assert_eq!(FileMeta { mode: 0o755, ..MINE }.check(FilePolicy::State), Ok(false));
        let error = FileMeta { owner: 1001, is_own_group: true, ..MINE }.check(FilePolicy::State);
        assert_eq!(error, Err(FileProblem::WrongOwner(1001)));
    }

    #[test]
    fn a_secret_of_root_in_memory_is_private_to_the_processes_own_group() {
        let mounted = FileMeta { owner: 0, mode: 0o440, is_own_group: true, is_in_memory: true, ..MINE };
        assert_eq!(mounted.check(FilePolicy::Secret), Ok(false));
        assert_eq!(FileMeta { is_own_group: false, ..mounted }.check(FilePolicy::Secret), Ok(true));
        assert_eq!(FileMeta { mode: 0o444, ..mounted }.check(FilePolicy::Secret), Ok(true));
        let on_disk = FileMeta { is_in_memory: false, ..mounted };
        assert_eq!(on_disk.check(FilePolicy::Secret), Err(FileProblem::Exposed(0o440)));
    }

    #[test]
    fn a_credential_may_have_any_owner_and_mode() {
        let credential = FileMeta { owner: 1001, mode: 0o440, ..MINE };
        assert_eq!(credential.check(FilePolicy::AnyOwner), Ok(false));
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_and_a_device_is_not_read() {
        let directory = tempfile::TempDir::new().unwrap();
        let pipe = directory.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        for path in [Path::new("/dev/null"), Path::new("/dev"), &pipe] {
            for policy in [FilePolicy::AnyOwner, FilePolicy::Trusted, FilePolicy::Secret] {
                let error = read(path, policy, 1).err().unwrap();
                assert!(matches!(error, FileError::Unfit(_, FileProblem::NotRegular)), "{path:?}");
            }
            let error = open_input(path).unwrap_err();
            assert!(matches!(error, FileError::Unfit(_, FileProblem::NotRegular)), "{path:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pipe_from_shell_substitution_is_read() {
        use std::io::Write as _;
        use std::os::fd::AsRawFd as _;

        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"1").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        assert_eq!(io::read_to_string(open_input(Path::new(&path)).unwrap()).unwrap(), "1");
    }
}
