//! What the environment tells: variables, the platform's places for files, the user.
//!
//! Variables are looked up through a function that is passed in, so that nothing below the binary
//! reads the process's own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Looks up environment variables; the caller decides what stands behind it.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + Sync + 'a;

/// The name of the program's folders.
const FOLDER: &str = "stream-token";

/// Returns the directory in which the configuration lies; `None` where the environment names no home.
///
/// `$XDG_CONFIG_HOME/stream-token`, or `~/.config/stream-token`; `~/Library/Application Support` on
/// macOS and `%APPDATA%` on Windows.
#[must_use]
pub fn config_dir(environment: &Environment<'_>) -> Option<PathBuf> {
    let base = if cfg!(windows) {
        absolute(environment, "APPDATA")
    } else if cfg!(target_os = "macos") {
        home(environment).map(|home| home.join("Library/Application Support"))
    } else {
        absolute(environment, "XDG_CONFIG_HOME").or_else(|| Some(home(environment)?.join(".config")))
    };
    base.map(|base| base.join(FOLDER))
}

/// Returns the directory for what must outlive a run; `None` where the environment names no home.
///
/// `$STATE_DIRECTORY` that systemd sets, `$XDG_STATE_HOME/stream-token`, or
/// `~/.local/state/stream-token`; `~/Library/Application Support` on macOS and `%LOCALAPPDATA%` on
/// Windows.
#[must_use]
pub fn state_dir(environment: &Environment<'_>) -> Option<PathBuf> {
    if let Some(directory) = absolute(environment, "STATE_DIRECTORY") {
        return Some(directory);
    }
    let base = if cfg!(windows) {
        absolute(environment, "LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home(environment).map(|home| home.join("Library/Application Support"))
    } else {
        absolute(environment, "XDG_STATE_HOME").or_else(|| Some(home(environment)?.join(".local/state")))
    };
    base.map(|base| base.join(FOLDER))
}

/// Returns a directory for sockets of this run: `$RUNTIME_DIRECTORY` that systemd sets, `$XDG_RUNTIME_DIR`
/// or `$TMPDIR`, the first that is there and whose path leaves room for a socket's; else `/tmp`.
#[cfg(unix)]
#[must_use]
pub fn runtime_dir(environment: &Environment<'_>) -> PathBuf {
    /// How long a path may be that a socket's name is added to.
    const LONGEST: usize = 64;
    ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"]
        .into_iter()
        .filter_map(|variable| absolute(environment, variable))
        .find(|path| path.as_os_str().len() <= LONGEST && path.is_dir())
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// Names the user whose process this is: by `/etc/passwd`, else `uid:1000`.
///
/// The system's name service is not asked: loading it takes longer than minting a token.
#[cfg(unix)]
#[must_use]
pub fn user(_environment: &Environment<'_>) -> String {
    let uid = rustix::process::getuid().as_raw();
    named(&std::fs::read_to_string("/etc/passwd").unwrap_or_default(), uid)
        .unwrap_or_else(|| format!("uid:{uid}"))
}

/// Names the user whose process this is, as Windows tells it.
#[cfg(not(unix))]
#[must_use]
pub fn user(environment: &Environment<'_>) -> String {
    environment("USERNAME").map_or_else(|| "unknown".into(), |name| name.to_string_lossy().into_owned())
}

/// Names the user behind sudo, where there is one. Whoever is root can set it to anything.
#[must_use]
pub fn sudo_user(environment: &Environment<'_>) -> Option<String> {
    environment("SUDO_USER").map(|name| name.to_string_lossy().into_owned()).filter(|name| !name.is_empty())
}

/// Finds the name of a user id in the text of `/etc/passwd`.
#[cfg(unix)]
fn named(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// Returns the home directory.
fn home(environment: &Environment<'_>) -> Option<PathBuf> {
    absolute(environment, "HOME")
}

/// Returns a variable's path; a relative one is passed over, as the XDG specification asks.
fn absolute(environment: &Environment<'_>, variable: &str) -> Option<PathBuf> {
    environment(variable).map(PathBuf::from).filter(|path: &PathBuf| Path::is_absolute(path))
}

#[cfg(all(test, target_os = "linux"))]
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
    fn takes_the_directory_that_systemd_made_as_it_is() {
        assert_eq!(state_dir(&with(&[("STATE_DIRECTORY", "/var/lib/x")])), Some("/var/lib/x".into()));
    }

    #[test]
    fn passes_over_relative_paths_and_knows_no_place_without_a_home() {
        assert_eq!(
            config_dir(&with(&[("XDG_CONFIG_HOME", "c"), ("HOME", "/h")])),
            Some("/h/.config/stream-token".into())
        );
        assert_eq!(state_dir(&with(&[])), None);
    }

    #[test]
    fn takes_the_first_directory_for_sockets_that_is_there_and_short() {
        let long = format!("/{}", "x".repeat(64));
        let set =
            [("RUNTIME_DIRECTORY", long.as_str()), ("XDG_RUNTIME_DIR", "/no/where"), ("TMPDIR", "/dev")];
        assert_eq!(runtime_dir(&with(&set)), Path::new("/dev"));
        assert_eq!(runtime_dir(&with(&[("TMPDIR", "relative")])), Path::new("/tmp"));
    }

    #[test]
    fn finds_a_users_name_by_the_whole_id() {
        let passwd = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(named(passwd, 0).as_deref(), Some("root"));
        assert_eq!(named(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(named(passwd, 100), None);
    }
}
