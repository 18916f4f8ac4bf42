//! A temporary home directory for a test, and commands that see nothing of the user's environment.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::tools::path;

/// An empty directory, removed with its content when dropped.
#[derive(Debug)]
pub(crate) struct TestHome(TempDir);

impl TestHome {
    /// Creates one.
    pub(crate) fn new() -> Self {
        // A short path, wherever the project lies: messages cut long ones.
        Self(tempfile::Builder::new().prefix("st-").tempdir().unwrap())
    }

    /// Creates a home in memory if possible, for tests that must not wait for a busy disk.
    #[cfg(unix)]
    pub(crate) fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self(TempDir::new_in(memory).unwrap()) } else { Self::new() }
    }

    /// Returns the path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns a command that runs in this home.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", path())
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm")
            .env("TZ", "UTC")
            .current_dir(self.path());
        command
    }

    /// Writes a new file with these permissions under any umask.
    #[cfg(unix)]
    pub(crate) fn write(&self, name: &str, content: &[u8], mode: u32) -> std::path::PathBuf {
        use std::fs::{OpenOptions, Permissions};
        use std::io::Write as _;
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

        let path = self.path().join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        file.write_all(content).unwrap();
        file.set_permissions(Permissions::from_mode(mode)).unwrap();
        path
    }
}
