//! The systemd unit: its hardening as systemd rates it, and the server with the system calls that it allows.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, geteuid};

use super::{block, swapped};
use crate::audit::traced::can_trace;
use crate::cli::token::SECRET;
use crate::serve::Server;
use crate::serve::http::Ask;
use crate::serve::test_server_home::SESSION_KEY;
use crate::test_home::TestHome;
use crate::tools::{has, install_program};

/// The user that runs it: `nobody`.
const NOBODY: u32 = 65534;

/// The program's path in the unit.
const INSTALLED: &str = "/usr/local/bin/stream-token";

/// Returns the value of a key that the unit has once.
#[track_caller]
fn value(unit: &str, key: &str) -> String {
    let mut values = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let value = values.next().unwrap().to_owned();
    assert_eq!(values.next(), None, "{key}");
    value
}

/// Runs a tool over the unit, with the program where it was built.
#[track_caller]
fn assert_unit_passes(arguments: &[&str]) {
    let place = TestHome::new();
    let unit = swapped(&block("ini", "[Service]"), INSTALLED, env!("CARGO_BIN_EXE_stream-token"));
    place.write("stream-token.service", unit.as_bytes(), 0o644);
    let path = place.path().join("stream-token.service");
    let output = Command::new("systemd-analyze").args(arguments).arg(path).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("Unknown"), "{said}");
}

#[test]
fn systemd_accepts_the_unit() {
    if has("systemd-analyze", "the systemd unit") {
        assert_unit_passes(&["verify", "--man=no"]);
    }
}

#[test]
fn systemd_rates_the_exposure_of_the_unit_as_low() {
    if has("systemd-analyze", "how exposed the systemd unit is") {
        // In tenths: 2.0 of 10.
        assert_unit_passes(&["security", "--offline=true", "--threshold=20", "--no-pager"]);
    }
}

/// The files that systemd would give the service.
struct Given {
    /// The folder of all files.
    folder: TestHome,
}

impl Given {
    /// Makes the folders and the credentials, and makes the service's user their owner.
    fn new() -> Self {
        let folder = TestHome::new();
        for (name, mode) in [("credentials", 0o500), ("state", 0o700), ("run", 0o700)] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            if name == "credentials" {
                folder.write("credentials/api-secret", SECRET.as_bytes(), 0o400);
                folder.write("credentials/session-key", SESSION_KEY.as_bytes(), 0o400);
                give(&path.join("api-secret"));
                give(&path.join("session-key"));
            }
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            give(&path);
        }
        let config = block("toml", "credential:api-secret");
        folder.write("config.toml", config.as_bytes(), 0o644);
        // The service's user may not be able to enter the build directory.
        install_program(&folder.path().join("stream-token"));
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// Returns the path of something in it.
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Prepares a program, run by the service's user with the variables that systemd sets.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        if geteuid().is_root() {
            let nobody = NOBODY.to_string();
            command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        command.arg(program).args(arguments).env_clear();
        command.env("CREDENTIALS_DIRECTORY", self.path("credentials"));
        command.env("STATE_DIRECTORY", self.path("state")).env("RUNTIME_DIRECTORY", self.path("run"));
        // An ordinary user's strace cannot follow a process that is not dumpable.
        command.env("PATH", "/usr/bin:/bin").env("STREAM_TOKEN_DUMPABLE", "1");
        command.current_dir(self.folder.path());
        command
    }
}

/// Gives a file to the service's user; without root, that is the user of the tests.
fn give(path: &Path) {
    if geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Returns the names of the system calls in a set of systemd's, including those of nested sets.
fn calls(set: &str) -> BTreeSet<String> {
    let output = Command::new("systemd-analyze").args(["syscall-filter", set]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut all = BTreeSet::new();
    for word in words {
        if word.starts_with('@') {
            all.extend(calls(word));
        } else {
            all.insert(word.to_owned());
        }
    }
    all
}

/// Returns the names of the system calls that the unit allows.
fn allowed(unit: &str) -> BTreeSet<String> {
    let filters = unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter="));
    let mut allowed = BTreeSet::new();
    for filter in filters {
        let (is_denied, sets) = match filter.strip_prefix('~') {
            Some(sets) => (true, sets),
            None => (false, filter),
        };
        for name in sets.split(' ').flat_map(calls) {
            if is_denied {
                allowed.remove(&name);
            } else {
                allowed.insert(name);
            }
        }
    }
    assert!(allowed.len() > 100, "{allowed:?}");
    allowed
}

#[test]
fn server_runs_within_the_sandbox_of_the_unit() {
    let unchecked = "that the server runs with the unit's system calls";
    if !has("systemd-analyze", unchecked) || !has("setpriv", unchecked) || !can_trace(unchecked) {
        return;
    }
    let unit = block("ini", "[Service]");
    let given = Given::new();
    let (config, program, trace) =
        (given.path("config.toml"), given.path("stream-token"), given.path("state/trace"));
    let line = swapped(&value(&unit, "ExecStart"), "/etc/stream-token/config.toml", &config);
    let line = swapped(&line, "127.0.0.1:8787", "127.0.0.1:0");
    let line = swapped(&line, "127.0.0.1:9464", "127.0.0.1:0");
    let words = line.strip_prefix(INSTALLED).unwrap().trim_start().split(' ');
    // The tracer is the grandchild, so that signals reach the server.
    let traced: Vec<&str> = ["-D", "-f", "-qq", "-o", &trace, &program].into_iter().chain(words).collect();
    let server = Server::run(&mut given.command("strace", &traced));
    let new = ["--config", &config, "--profile", "live", "-q", "session", "new", "123", "--confirm", "live"];
    let session = String::from_utf8(given.command(&program, &new).output().unwrap().stdout).unwrap();
    let answer = server.ask(&Ask::of(123).bearer(session.trim_end()));
    assert_eq!(answer.status, 200, "{}", answer.body);
    server.signal(Signal::HUP);
    server.said().wait_until("\"reloaded\"");
    let ended = server.end();
    assert_eq!(ended.status, Some(0), "{ended}");
    let allowed = allowed(&unit);
    let trace = fs::read_to_string(trace).unwrap();
    let made: BTreeSet<&str> = trace.lines().filter_map(name).collect();
    assert!(made.contains("fdatasync") && made.contains("accept4"), "{made:?}");
    let beyond: Vec<_> = made.into_iter().filter(|name| !allowed.contains(*name)).collect();
    assert!(beyond.is_empty(), "the unit does not allow {beyond:?}");
}

/// Finds the name of the system call in a line such as `123 fdatasync(4) = 0`.
fn name(line: &str) -> Option<&str> {
    let call = line.trim_start_matches(|first: char| first.is_ascii_digit()).trim_start();
    let (name, _) = call.split_once('(')?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(name)
}
