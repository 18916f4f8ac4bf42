//! A private directory for the endpoint's socket: mode 0700, and removed when it is dropped.
//!
//! A server keeps its directory locked while it runs. A directory that nobody has locked was left by a server that
//! was killed, and the next one removes it.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// The longest path of a socket that every Unix takes: macOS has room for 104 bytes, with the NUL.
const MAX_SOCKET_PATH: usize = 103;
/// The beginning of the directory's name.
const PREFIX: &str = "stream-token-";
/// The socket's name in its directory.
const SOCKET: &str = "s";

/// The directory of one socket.
#[derive(Debug)]
pub(super) struct SocketDir {
    /// The path of the directory.
    path: PathBuf,
    /// The directory itself, locked.
    _locked: File,
}

impl SocketDir {
    /// Creates a directory in `parent`, and removes those that killed servers left there.
    ///
    /// # Errors
    /// The operating system's; or that a socket's path would be too long there.
    pub(super) fn create_in(parent: &Path) -> io::Result<Self> {
        remove_abandoned(parent);
        let path = parent.join(format!("{PREFIX}{:016x}", getrandom::u64()?));
        let length = path.join(SOCKET).as_os_str().len();
        if length > MAX_SOCKET_PATH {
            let message = format!(
                "the path of a socket in {} has {length} bytes; at most {MAX_SOCKET_PATH} are possible",
                parent.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        DirBuilder::new().mode(0o700).create(&path)?;
        let locked = File::open(&path)?;
        locked.try_lock()?;
        Ok(Self { path, _locked: locked })
    }

    /// Returns the path of the socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.path.join(SOCKET)
    }
}

impl Drop for SocketDir {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes the directories of this user's servers that no longer run.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_socket_dir = name
            .strip_prefix(PREFIX)
            .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let is_ours = |metadata: fs::Metadata| metadata.is_dir() && metadata.uid() == geteuid().as_raw();
        if is_socket_dir
            && path.symlink_metadata().is_ok_and(is_ours)
            && File::open(&path).is_ok_and(|directory| directory.try_lock().is_ok())
        {
            remove(&path);
        }
    }
}

/// Removes a directory with its socket. What is gone already needs no removal.
fn remove(path: &Path) {
    let _ = fs::remove_file(path.join(SOCKET));
    let _ = fs::remove_dir(path);
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn it_is_private_and_removed_at_the_end() {
        let parent = TempDir::new().unwrap();
        let directory = SocketDir::create_in(parent.path()).unwrap();
        let path = directory.path.clone();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(directory.socket(), "").unwrap();
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn a_parent_in_which_the_sockets_path_would_be_too_long_is_refused() {
        let error = SocketDir::create_in(Path::new(&format!("/{}", "x".repeat(75)))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let error = SocketDir::create_in(Path::new(&format!("/{}", "x".repeat(70)))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_directory_that_a_killed_server_left_is_removed_and_a_running_servers_is_kept() {
        let parent = TempDir::new().unwrap();
        let left = parent.path().join("stream-token-0123456789abcdef");
        let others = ["stream-token-0123", "stream-token-0123456789abcdeg", "other"];
        for name in others.iter().map(Path::new).chain([left.as_path()]) {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        fs::write(left.join(SOCKET), "").unwrap();
        let running = SocketDir::create_in(parent.path()).unwrap();
        let second = SocketDir::create_in(parent.path()).unwrap();
        assert!(!left.exists() && running.path.exists() && second.path.exists());
        assert!(others.iter().all(|name| parent.path().join(name).exists()));
    }
}
