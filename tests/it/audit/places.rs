//! Where the log is kept: links, pipes, directories and files of other users in its place; and its modes.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::geteuid;

use super::{CHECK_PATH, Log, assert_refused_at, or_elsewhere};
use crate::cli::{call, demo, with_secret};
use crate::tools::install_program;

/// The user `nobody`.
const NOBODY: u32 = 65534;

/// The message for a link.
fn is_a_link(path: &str) -> String {
    format!("cannot use {path}: it is a symbolic link, and none is followed here")
}

/// The message for anything but a regular file.
fn is_no_file(path: &str) -> String {
    format!("cannot use {path}: it is not a regular file")
}

#[test]
fn symbolic_links_in_the_log_are_refused() {
    for place in ["", "lock", "audit-00000001.jsonl", "audit-00000002.jsonl"] {
        let log = Log::of_mints(1);
        let (path, elsewhere) = (log.directory().join(place), log.0.path().join("elsewhere"));
        let path = if place.is_empty() { log.directory() } else { path };
        if path.exists() {
            fs::rename(&path, &elsewhere).unwrap();
        } else {
            fs::write(&elsewhere, "").unwrap();
        }
        symlink(&elsewhere, &path).unwrap();
        let before = fs::read(&elsewhere).ok();
        log.refuses_a_mint(&path, is_a_link, &or_elsewhere("the file itself is needed there"));
        assert_eq!(fs::read(&elsewhere).ok(), before);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn nothing_is_minted_after_the_last_possible_segment() {
    let log = Log::of_mints(1);
    let last = log.segment(u32::MAX);
    fs::rename(log.segment(1), &last).unwrap();
    log.mint(2);
    fs::write(&last, fs::read_to_string(&last).unwrap() + "damaged\n").unwrap();
    let is_full = |path: &str| format!("the audit log is full: no segment can follow {path}");
    let directory = log.directory();
    let hint = format!("move {} to another place; the next mint begins a new log there", directory.display());
    log.refuses_a_mint(&last, is_full, &hint);
    let mut files: Vec<_> = fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["audit-4294967295.jsonl", "lock"]);
    fs::rename(&directory, log.state().join("audit-old")).unwrap();
    log.mint(3);
    assert_eq!(log.actions(), ["segment_opened", "mint"]);
}

#[test]
fn dangling_link_is_refused_and_creates_no_file() {
    let log = Log::new();
    fs::create_dir_all(log.directory()).unwrap();
    let elsewhere = log.0.path().join("elsewhere");
    symlink(&elsewhere, log.segment(1)).unwrap();
    log.refuses_a_mint(&log.segment(1), is_a_link, &or_elsewhere("the file itself is needed there"));
    assert!(!elsewhere.exists());
}

#[test]
fn pipes_and_directories_as_log_files_are_refused_at_once() {
    for place in ["lock", "audit-00000001.jsonl"] {
        let pipe = Log::new();
        fs::create_dir_all(pipe.directory()).unwrap();
        let path = pipe.directory().join(place);
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
        pipe.refuses_a_mint(&path, is_no_file, &or_elsewhere("a regular file is needed there"));
        let directory = Log::new();
        let path = directory.directory().join(place);
        fs::create_dir_all(&path).unwrap();
        directory.refuses_a_mint(&path, is_no_file, &or_elsewhere("a regular file is needed there"));
    }
}

#[test]
fn file_as_the_log_directory_is_refused() {
    let log = Log::new();
    fs::create_dir(log.state()).unwrap();
    fs::write(log.directory(), "").unwrap();
    let reason = |path: &str| format!("cannot use {path}: it is not a directory");
    log.refuses_a_mint(&log.directory(), reason, &or_elsewhere("a directory is needed there"));
}

#[test]
fn log_writable_by_others_is_refused_with_a_remedy() {
    for place in ["", "lock", "audit-00000001.jsonl"] {
        let log = Log::of_mints(1);
        let path = log.directory().join(place);
        let path = if place.is_empty() { log.directory() } else { path };
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        let hint = or_elsewhere(&format!("look it over, then run 'chmod go-w {}'", path.display()));
        log.refuses_a_mint(&path, |path| format!("cannot use {path}: others can write it (mode 777)"), &hint);
    }
}

/// A directory that every user can reach, with the program and a state directory in it.
struct Outside(PathBuf);

impl Outside {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stream-token-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("state")).unwrap();
        install_program(&path.join("stream-token"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    /// Mints as an ordinary user, with the state directory in this folder.
    #[track_caller]
    fn mint(&self) -> crate::cli::Output {
        let call = with_secret(&["-q", "issue", "7"]).with_env("STATE_DIRECTORY", self.0.join("state"));
        let mut command = Command::new(self.0.join("stream-token"));
        command.args(&call.arguments).env_clear().envs(&call.environment).current_dir(&self.0);
        if geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        call.run_with(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // Leftovers are in the system's directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn nothing_is_minted_without_permission_for_the_log() {
    let outside = Outside::new("denied");
    let state = outside.0.join("state");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o555)).unwrap();
    let directory = state.join("audit");
    let reason = |path: &str| format!("cannot open {path}: Permission denied (os error 13)");
    assert_refused_at(&outside.mint(), &directory, reason, CHECK_PATH);
    // As root, the log that stands there is another user's; its directory admits nobody else.
    if geteuid().is_root() {
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        let lock = directory.join("lock");
        assert_refused_at(&outside.mint(), &lock, reason, CHECK_PATH);
        std::os::unix::fs::chown(&directory, Some(12345), None).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        let reason = |path: &str| {
            format!("cannot use {path}: it belongs to user 12345, neither to this user nor to root")
        };
        let hint = or_elsewhere("make it your own, or use a copy of your own");
        assert_refused_at(&outside.mint(), &directory, reason, &hint);
    }
}

#[test]
fn log_is_private_under_any_umask() {
    for umask in ["000", "077"] {
        let log = Log::new();
        let call = log.call(&[]);
        let mut command = Command::new("sh");
        command.args(["-c", "umask $1; exec \"$2\" -q issue 1", "sh", umask]);
        command.arg(env!("CARGO_BIN_EXE_stream-token")).env_clear().envs(&call.environment);
        call.run_with(command.stdout(Stdio::piped()).stderr(Stdio::piped())).result();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        for directory in [log.state(), log.directory()] {
            assert_eq!(mode(&directory), 0o700, "{}, umask {umask}", directory.display());
        }
        for file in [log.segment(1), log.directory().join("lock")] {
            assert_eq!(mode(&file), 0o600, "{}, umask {umask}", file.display());
        }
    }
}

#[test]
fn state_directory_comes_from_flag_then_variables_then_home() {
    let log = Log::new();
    let flag = log.0.path().join("flag");
    let xdg = log.0.path().join("xdg");
    let call =
        log.call(&["-q", "issue", "1", "--state-dir"]).with_argument(&flag).with_env("XDG_STATE_HOME", &xdg);
    call.run().result();
    assert!(flag.join("audit/audit-00000001.jsonl").exists() && !log.state().exists());
    let call = log.call(&["-q", "issue", "1"]).with_env("XDG_STATE_HOME", &xdg);
    call.run().result();
    assert!(log.segment(1).exists() && !xdg.exists());
    let call = with_secret(&["-q", "issue", "1"]).with_env("XDG_STATE_HOME", &xdg);
    call.run().result();
    assert!(xdg.join("stream-token/audit/audit-00000001.jsonl").exists());
    let call = with_secret(&["-q", "issue", "1"]);
    call.run().result();
    assert!(call.home.path().join(".local/state/stream-token/audit/audit-00000001.jsonl").exists());
}

#[test]
fn missing_home_is_refused_with_a_remedy() {
    let mut call = with_secret(&["-q", "issue", "1"]);
    call.environment.retain(|name, _| name != "HOME");
    let hint = "set HOME, or give a directory with --state-dir or STREAM_TOKEN_STATE_DIR";
    call.run().is_refused(2, "there is no directory for the audit log", hint);
}

#[test]
fn demo_profile_writes_no_log_and_needs_no_home() {
    let with_home = demo(&["-q", "issue", "1"]);
    with_home.run().result();
    assert_eq!(fs::read_dir(with_home.home.path()).unwrap().count(), 0);
    for home in [None, Some("/nowhere/at/all"), Some("/proc/1")] {
        let mut call = demo(&["-q", "issue", "1"]);
        call.environment.retain(|name, _| name != "HOME");
        if let Some(home) = home {
            call = call.with_env("HOME", home);
        }
        call.run().result();
    }
    let without = Log::new();
    without.call(&["-q", "--profile", "demo", "issue", "1"]).run();
    assert!(!without.state().exists());
}

#[test]
fn token_given_as_state_directory_is_not_echoed() {
    let token = crate::cli::token::signed("{}");
    let call = with_secret(&["-q", "issue", "1", "--state-dir", &token]).with_file(&token, "");
    let shown = format!("a value of {} characters", token.len() + "/audit".len());
    let output = call.run();
    assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""), "{output}");
    assert!(output.stderr.contains(&shown), "{output}");
}

#[test]
fn audit_commands_without_a_home_are_usage_errors() {
    for command in ["list", "verify", "head"] {
        let mut call = call(&["audit", command]);
        call.environment.clear();
        let hint = "set HOME, or give a directory with --state-dir or STREAM_TOKEN_STATE_DIR";
        call.run().is_refused(2, "there is no directory for the audit log", hint);
    }
}

#[test]
fn lock_held_by_another_process_times_out_after_10_s() {
    let log = Log::of_mints(1);
    let path = log.directory().join("lock");
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    let begun = Instant::now();
    let hint = or_elsewhere(&format!(
        "find that process with 'fuser -v {}'; end it, or let it go on if it is stopped",
        path.display()
    ));
    let reason = |path: &str| format!("cannot use {path}: another process has had it locked for 10 s");
    log.refuses_a_mint(&path, reason, &hint);
    assert!(begun.elapsed() >= Duration::from_secs(10));
    held.unlock().unwrap();
    log.mint(2);
    assert_eq!(log.assert_intact(), 3);
}
