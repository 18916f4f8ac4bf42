//! A fresh directory that only this user may enter, for sockets; removed when it is dropped.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::wire::random_hex;

/// The longest path of a socket that every Unix takes: macOS has room for 104 bytes, with the NUL.
const LONGEST_PATH: usize = 103;
/// What the socket is called in its directory.
const SOCKET: &str = "s";

/// The directory.
#[derive(Debug)]
pub(super) struct Private {
    /// Its path.
    path: PathBuf,
}

impl Private {
    /// Makes one under `parent`, mode 0700.
    ///
    /// # Errors
    /// What the operating system said; or that a socket's path would be too long there.
    pub(super) fn under(parent: &Path) -> io::Result<Self> {
        let path = parent.join(format!("stream-token-{}", random_hex::<8>()?));
        let length = path.join(SOCKET).as_os_str().len();
        if length > LONGEST_PATH {
            let message = format!(
                "a socket under {} has a path of {length} bytes, at most {LONGEST_PATH} are possible",
                parent.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path })
    }

    /// Gives the path of the socket in it.
    pub(super) fn socket(&self) -> PathBuf {
        self.path.join(SOCKET)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // Nobody is left to be told where either is gone already.
        let _ = fs::remove_file(self.socket());
        let _ = fs::remove_dir(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn it_is_fresh_private_and_gone_at_the_end() {
        let private = Private::under(&env::temp_dir()).unwrap();
        let path = private.path.clone();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(private.socket(), "").unwrap();
        drop(private);
        assert!(!path.exists());
    }

    #[test]
    fn a_parent_whose_sockets_no_system_takes_is_refused() {
        let error = Private::under(Path::new(&format!("/{}", "x".repeat(75)))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let error = Private::under(Path::new(&format!("/{}", "x".repeat(70)))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
