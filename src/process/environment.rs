//! Environment variables, the platform's directories for configuration and state, and the user.
//!
//! Variables are looked up through a function that is passed in, so that only the binary reads the process's own
//! environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[cfg(unix)]
use rustix::fs::{Access, access};

/// A function that looks up an environment variable.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + Sync + 'a;

/// The name of the program's directory in a base directory.
const APP_DIR: &str = "stream-token";

/// Returns the configuration directory; `None` if the environment names no home directory.
///
/// `$XDG_CONFIG_HOME/stream-token`, or `~/.config/stream-token`; `~/Library/Application Support` on
/// macOS and `%APPDATA%` on Windows.
pub fn config_dir(environment: &Environment<'_>) -> Option<PathBuf> {
    app_dir(environment, "APPDATA", "XDG_CONFIG_HOME", ".config")
}

/// Returns the directory of persistent state; `None` if the environment names no home directory.
///
/// `$STATE_DIRECTORY`, which systemd sets, `$XDG_STATE_HOME/stream-token`, or `~/.local/state/stream-token`;
/// `~/Library/Application Support` on macOS and `%LOCALAPPDATA%` on Windows.
pub fn state_dir(environment: &Environment<'_>) -> Option<PathBuf> {
    absolute(environment, "STATE_DIRECTORY")
        .or_else(|| app_dir(environment, "LOCALAPPDATA", "XDG_STATE_HOME", ".local/state"))
}

/// Returns this program's directory in the base directory that the `windows` or `xdg` variable names, or in the
/// platform's default below the home directory.
fn app_dir(environment: &Environment<'_>, windows: &str, xdg: &str, default: &str) -> Option<PathBuf> {
    let in_home = |path: &str| absolute(environment, "HOME").map(|home| home.join(path));
    let base = if cfg!(windows) {
        absolute(environment, windows)
    } else if cfg!(target_os = "macos") {
        in_home("Library/Application Support")
    } else {
        absolute(environment, xdg).or_else(|| in_home(default))
    };
    Some(base?.join(APP_DIR))
}

/// Returns the directory for the sockets of this run: the first of `$RUNTIME_DIRECTORY` (set by systemd),
/// `$XDG_RUNTIME_DIR`, `$TMPDIR`, `/tmp` and `/dev/shm` that is writable and short enough for the path of a socket.
/// Containers have `/dev/shm` even if their root file system is read-only.
#[cfg(unix)]
pub fn runtime_dir(environment: &Environment<'_>) -> Option<PathBuf> {
    /// The longest path to which the name of a socket can be appended.
    const MAX_PATH: usize = 64;
    let is_writable = |path: &Path| access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"]
        .into_iter()
        .filter_map(|variable| absolute(environment, variable))
        .chain(["/tmp", "/dev/shm"].map(PathBuf::from))
        .find(|path| path.as_os_str().len() <= MAX_PATH && path.is_dir() && is_writable(path))
}

/// Returns the name of the user who runs this process, from `/etc/passwd`; otherwise the user id, as in `uid:1000`.
///
/// The system's name service is not used: loading it takes longer than minting a token.
#[cfg(unix)]
pub fn user(_environment: &Environment<'_>) -> String {
    let uid = rustix::process::getuid().as_raw();
    user_name(&std::fs::read_to_string("/etc/passwd").unwrap_or_default(), uid)
        .unwrap_or_else(|| format!("uid:{uid}"))
}

/// Returns the name of the user who runs this process.
#[cfg(not(unix))]
pub fn user(environment: &Environment<'_>) -> String {
    environment("USERNAME").map_or_else(|| "unknown".into(), |name| name.to_string_lossy().into_owned())
}

/// Returns the name of the user who ran sudo, from `$SUDO_USER`, if any. Root can set it to anything.
pub fn sudo_user(environment: &Environment<'_>) -> Option<String> {
    environment("SUDO_USER").map(|name| name.to_string_lossy().into_owned()).filter(|name| !name.is_empty())
}

/// Returns the name of the user `uid` in the text of `/etc/passwd`.
#[cfg(unix)]
fn user_name(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// Returns the path in a variable; a relative path is ignored, as the XDG specification requires.
fn absolute(environment: &Environment<'_>, variable: &str) -> Option<PathBuf> {
    environment(variable).map(PathBuf::from).filter(|path: &PathBuf| Path::is_absolute(path))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| set.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
    }

    #[test]
    fn follows_xdg_and_falls_back_to_the_home() {
        assert_eq!(config_dir(&with(&[("HOME", "/h")])), Some("/h/.config/stream-token".into()));
        assert_eq!(state_dir(&with(&[("HOME", "/h")])), Some("/h/.local/state/stream-token".into()));
        let set = [("HOME", "/h"), ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")];
        assert_eq!(config_dir(&with(&set)), Some("/c/stream-token".into()));
        assert_eq!(state_dir(&with(&set)), Some("/s/stream-token".into()));
    }

    #[test]
    fn uses_the_directory_of_systemd_unchanged() {
        assert_eq!(state_dir(&with(&[("STATE_DIRECTORY", "/var/lib/x")])), Some("/var/lib/x".into()));
    }

    #[test]
    fn ignores_relative_paths_and_returns_nothing_without_a_home() {
        assert_eq!(
            config_dir(&with(&[("XDG_CONFIG_HOME", "c"), ("HOME", "/h")])),
            Some("/h/.config/stream-token".into())
        );
        assert_eq!(state_dir(&with(&[])), None);
    }

    #[test]
    fn first_short_writable_runtime_directory_is_used() {
        let long = format!("/{}", "x".repeat(64));
        for none in [long.as_str(), "/no/where", "/dev/null", "relative"] {
            let set = [("RUNTIME_DIRECTORY", none), ("XDG_RUNTIME_DIR", none), ("TMPDIR", "/dev/shm")];
            assert_eq!(runtime_dir(&with(&set)).as_deref(), Some(Path::new("/dev/shm")), "{none}");
            assert_eq!(runtime_dir(&with(&[("TMPDIR", none)])).as_deref(), Some(Path::new("/tmp")), "{none}");
        }
    }

    #[test]
    fn user_name_is_found_by_the_exact_id() {
        let passwd = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(user_name(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_name(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(user_name(passwd, 100), None);
    }
}
