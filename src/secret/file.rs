//! Reads a file that is trusted, with a secret above all: opened once, judged by what was opened.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

/// Whether the file must be judged, or whoever placed it already did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Judge its owner and mode: nobody else reads or writes it.
    Judge,
    /// Judge its owner and mode: nobody else writes it. What it holds is no secret.
    Public,
    /// The service manager placed it for this service.
    Service,
}

/// A file's content.
pub struct Content {
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether others can read a secret's file (root's, on a file system in memory).
    pub is_exposed: bool,
}

/// Why a file gave nothing.
#[derive(Debug)]
pub enum FileError {
    /// The operating system said no.
    Io(io::Error),
    /// The file is none that a secret may stand in.
    Unsafe(FileFault),
}

/// What makes a file unfit to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// A directory, a pipe, a device.
    NotRegular,
    /// It belongs to somebody else than me or root.
    ForeignOwner {
        /// Whose it is.
        owner: u32,
    },
    /// Its group or everybody can read or write it.
    Exposed {
        /// Its permission bits.
        mode: u32,
    },
    /// Its group or everybody can write it.
    Writable {
        /// Its permission bits.
        mode: u32,
    },
}

impl FileFault {
    /// Returns the next step to take.
    pub(super) fn hint(self) -> String {
        match self {
            Self::NotRegular => "give the path of a plain file".into(),
            Self::ForeignOwner { .. } => "make a copy of your own, with mode 600".into(),
            Self::Exposed { .. } => {
                "run 'chmod 600' on it; and if others could have read it, rotate the secret".into()
            }
            Self::Writable { .. } => "look it over, then run 'chmod go-w' on it".into(),
        }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegular => f.write_str("it is not a plain file"),
            Self::ForeignOwner { owner } => {
                write!(f, "it belongs to user {owner}, neither to you nor to root")
            }
            Self::Exposed { mode } => write!(f, "others can read or write it (mode {mode:03o})"),
            Self::Writable { mode } => write!(f, "others can write it (mode {mode:03o})"),
        }
    }
}

impl Error for FileFault {}

/// Opens and judges a file, and reads at most so many bytes of it.
///
/// # Errors
/// [`FileError`]
pub fn read(path: &Path, trust: Trust, most: usize) -> Result<Content, FileError> {
    let file = open(path).map_err(FileError::Io)?;
    let is_exposed = judge(&file, trust)?;
    // It never grows, which would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    file.take(most as u64).read_to_end(&mut bytes).map_err(FileError::Io)?;
    Ok(Content { bytes, is_exposed })
}

/// Opens without waiting, so that a pipe in the file's place cannot hold the program up.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

/// Opens the file; Windows has no pipes in the file system's names.
#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Judges an open file, and tells whether others can read it.
#[cfg(unix)]
fn judge(file: &File, trust: Trust) -> Result<bool, FileError> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().map_err(FileError::Io)?;
    let fact = Facts {
        is_regular: metadata.is_file(),
        owner: metadata.uid(),
        mode: metadata.mode() & 0o777,
        me: rustix::process::geteuid().as_raw(),
        is_in_memory: is_in_memory(file),
    };
    fact.judge(trust).map_err(FileError::Unsafe)
}

/// Judges an open file by what Windows tells: access lists are left to the system.
#[cfg(not(unix))]
fn judge(file: &File, _trust: Trust) -> Result<bool, FileError> {
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(false),
        Ok(_) => Err(FileError::Unsafe(FileFault::NotRegular)),
        Err(error) => Err(FileError::Io(error)),
    }
}

/// Returns `true` if the file lies on a file system in memory, as containers' secrets do.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_in_memory(file: &File) -> bool {
    /// The file system types of tmpfs and ramfs (statfs(2)).
    const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
    rustix::fs::fstatfs(file)
        .ok()
        .and_then(|stat| u64::try_from(stat.f_type).ok())
        .is_some_and(|kind| IN_MEMORY.contains(&kind))
}

/// Takes no file for one in memory where the platform has no such mount for secrets.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn is_in_memory(_file: &File) -> bool {
    false
}

/// What is known of an open file.
#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
struct Facts {
    /// Whether it is a plain file.
    is_regular: bool,
    /// Whose it is.
    owner: u32,
    /// Its permission bits.
    mode: u32,
    /// Who asks.
    me: u32,
    /// Whether it lies on a file system in memory.
    is_in_memory: bool,
}

#[cfg(unix)]
impl Facts {
    /// Returns `true` if others can read the file, or why it is refused.
    fn judge(self, trust: Trust) -> Result<bool, FileFault> {
        if !self.is_regular {
            return Err(FileFault::NotRegular);
        }
        if trust == Trust::Service {
            return Ok(false);
        }
        if self.owner != self.me && self.owner != 0 {
            return Err(FileFault::ForeignOwner { owner: self.owner });
        }
        let is_readable_only = self.mode & 0o022 == 0;
        if trust == Trust::Public {
            return if is_readable_only { Ok(false) } else { Err(FileFault::Writable { mode: self.mode }) };
        }
        let is_exposed = self.mode & 0o077 != 0;
        if is_exposed && !(is_readable_only && self.owner == 0 && self.is_in_memory) {
            return Err(FileFault::Exposed { mode: self.mode });
        }
        Ok(is_exposed)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const MINE: Facts = Facts { is_regular: true, owner: 1000, mode: 0o600, me: 1000, is_in_memory: false };

    #[test]
    fn takes_a_file_of_mine_or_of_roots_that_nobody_else_reads() {
        assert_eq!(MINE.judge(Trust::Judge), Ok(false));
        assert_eq!(Facts { owner: 0, ..MINE }.judge(Trust::Judge), Ok(false));
        assert_eq!(Facts { mode: 0o400, ..MINE }.judge(Trust::Judge), Ok(false));
    }

    #[test]
    fn refuses_a_file_of_somebody_elses() {
        let fault = Facts { owner: 1001, ..MINE }.judge(Trust::Judge);
        assert_eq!(fault, Err(FileFault::ForeignOwner { owner: 1001 }));
    }

    #[test]
    fn refuses_a_file_that_others_can_read_or_write() {
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610] {
            assert_eq!(Facts { mode, ..MINE }.judge(Trust::Judge), Err(FileFault::Exposed { mode }));
        }
        let on_disk = Facts { owner: 0, mode: 0o444, ..MINE };
        assert_eq!(on_disk.judge(Trust::Judge), Err(FileFault::Exposed { mode: 0o444 }));
    }

    #[test]
    fn takes_roots_readable_file_in_memory_and_says_so() {
        let mounted = Facts { owner: 0, mode: 0o444, is_in_memory: true, ..MINE };
        assert_eq!(mounted.judge(Trust::Judge), Ok(true));
        let writable = Facts { mode: 0o666, ..mounted };
        assert_eq!(writable.judge(Trust::Judge), Err(FileFault::Exposed { mode: 0o666 }));
        let mine = Facts { owner: 1000, ..mounted };
        assert_eq!(mine.judge(Trust::Judge), Err(FileFault::Exposed { mode: 0o444 }));
    }

    #[test]
    fn takes_a_public_file_that_others_read_and_refuses_one_that_others_write_or_own() {
        for mode in [0o644, 0o444, 0o755] {
            assert_eq!(Facts { mode, ..MINE }.judge(Trust::Public), Ok(false));
        }
        for mode in [0o664, 0o646] {
            assert_eq!(Facts { mode, ..MINE }.judge(Trust::Public), Err(FileFault::Writable { mode }));
        }
        let fault = Facts { owner: 1001, ..MINE }.judge(Trust::Public);
        assert_eq!(fault, Err(FileFault::ForeignOwner { owner: 1001 }));
    }

    #[test]
    fn leaves_the_judgement_of_a_credential_to_who_placed_it() {
        let credential = Facts { owner: 1001, mode: 0o440, ..MINE };
        assert_eq!(credential.judge(Trust::Service), Ok(false));
        let pipe = Facts { is_regular: false, ..credential };
        assert_eq!(pipe.judge(Trust::Service), Err(FileFault::NotRegular));
    }

    #[test]
    fn does_not_wait_at_a_pipe_or_read_a_device() {
        for path in ["/dev/null", "/dev"] {
            assert!(matches!(
                read(Path::new(path), Trust::Judge, 1),
                Err(FileError::Unsafe(FileFault::NotRegular))
            ));
        }
    }
}
