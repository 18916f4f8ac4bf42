//! The process's memory: no core dumps, and no access for other processes of the same user.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::audit::traced::can_trace;
use crate::cli::terminal::{Terminal, wait_for};
use crate::cli::watchdog::{Watchdog, until};
use crate::cli::{start_by, with_secret};
use crate::test_home::TestHome;
use crate::tools::{has, install_program, say_unchecked};

/// A secret that only the program holds, and no other process of this test.
const SECRET: &str = "0f5a1c6e8b7d49d2a3e4f60718293a4b";

/// A production profile, which asks for its name.
const PRODUCTION: &str = "default_profile = \"live\"\n[profiles.live]\nsecret = \"env:LIVE\"\n\
                          policy = { production = true, default_lifetime = \"10m\" }\n";

/// The question.
const QUESTION: &str = "stream-token: live is a production profile; type its name to continue: ";

/// An ordinary user.
const NOBODY: u32 = 65534;

/// Starts the program as its parent, and inspects it on request: the most access that a user's process has.
/// It gets the secret in two halves, so that it does not find its own argument.
const READER: &str = r#"
sought=$1$2; shift 2
LIVE=$sought "$@" <&3 2>&3 >/dev/null & process=$!
exec 3>&-
read -r go
look() { if grep -aq "$sought"; then echo "$1: secret"; else echo "$1: no secret"; fi; }
if true 2>/dev/null </proc/$process/environ; then look environ </proc/$process/environ; else echo environ: refused; fi
if true 2>/dev/null </proc/$process/mem; then
  while read -r range modes rest; do
    case $modes in rw*) ;; *) continue ;; esac
    start=$((0x${range%-*} / 4096)); end=$((0x${range#*-} / 4096))
    dd if=/proc/$process/mem bs=4096 skip=$start count=$((end - start)) 2>/dev/null
  done </proc/$process/maps | look mem
else echo mem: refused; fi
if cat /proc/$process/maps >/dev/null 2>&1; then echo maps: read; else echo maps: refused; fi
kill -TERM $process
wait $process
"#;

/// Returns what a process of the same ordinary user can read of the program at its prompt.
fn seen_by_its_user(variables: &[(&str, &str)]) -> String {
    let place = TestHome::new();
    let home = place.path().to_owned();
    let program = home.join("stream-token");
    install_program(&program);
    fs::create_dir_all(home.join(".config/stream-token")).unwrap();
    let config = home.join(".config/stream-token/config.toml");
    fs::write(&config, PRODUCTION).unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new("setpriv");
    if geteuid().is_root() {
        for path in [&home, &home.join(".config"), &home.join(".config/stream-token"), &config] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let nobody = NOBODY.to_string();
        command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
    }
    let mut terminal = Terminal::open();
    let (first, second) = SECRET.split_at(16);
    // The third descriptor is the terminal, so that the reader's own input is free.
    let script = format!("exec 3<>\"$TERMINAL\"\n{READER}");
    let name = rustix::pty::ptsname(&terminal.person, Vec::new()).unwrap();
    if geteuid().is_root() {
        chown(name.to_str().unwrap(), Some(NOBODY), None).unwrap();
    }
    command.args(["sh", "-c", &script, "sh", first, second]).arg(&program).args(["-q", "issue", "1"]);
    command.env_clear().env("HOME", &home).env("PATH", "/usr/bin:/bin").env("TERM", "dumb");
    command.env("TERMINAL", name.to_str().unwrap()).envs(variables.iter().copied()).current_dir(&home);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    wait_for(&mut terminal.person, QUESTION);
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn same_user_cannot_read_the_process_at_a_prompt() {
    if !has("setpriv", "that a process of the same user cannot read the secret") {
        return;
    }
    for not_opted_out in [&[][..], &[("STREAM_TOKEN_DUMPABLE", "0")], &[("STREAM_TOKEN_DUMPABLE", "yes")]] {
        let closed = seen_by_its_user(not_opted_out);
        assert_eq!(closed, "environ: refused\nmem: refused\nmaps: refused\n", "{not_opted_out:?}");
    }
    let open = seen_by_its_user(&[("STREAM_TOKEN_DUMPABLE", "1")]);
    assert_eq!(open, "environ: secret\nmem: secret\nmaps: read\n");
}

/// Starts a process that waits for its input, from a shell that first runs a command.
fn waiting(first: &str, variables: &[(&str, &str)]) -> (Child, Watchdog, crate::cli::Call) {
    let call = variables
        .iter()
        .fold(with_secret(&["decode", "-"]), |call, (name, value)| call.with_env(name, value));
    let mut shell = call.command_after(first);
    let child = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let watchdog = Watchdog::over(&child);
    (child, watchdog, call)
}

/// Waits until the process sleeps on its input, as the program and no longer as the shell.
#[cfg(target_os = "linux")]
fn wait_until_it_reads(child: &Child) {
    let folder = format!("/proc/{}", child.id());
    until("a process that reads", || {
        fs::read_to_string(format!("{folder}/stat")).unwrap().contains("(stream-token) S")
    });
}

#[cfg(target_os = "linux")]
#[test]
fn crash_leaves_no_core() {
    // Not SIGQUIT, which is ignored if the tests run in the background.
    for signal in [Signal::ABORT, Signal::ILL] {
        let (child, _watchdog, call) = waiting("ulimit -c \"$(ulimit -Hc)\"", &[]);
        wait_until_it_reads(&child);
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let limit = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let words: Vec<_> = limit.split_whitespace().collect();
        assert_eq!(words[4..], ["0", "0", "bytes"], "{limit}");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait_with_output().unwrap().status;
        assert_eq!((status.signal(), status.core_dumped()), (Some(signal.as_raw()), false));
        assert!(!has_core(&call));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn crash_may_leave_a_core_with_the_opt_out() {
    let (child, _watchdog, call) = waiting("ulimit -c \"$(ulimit -Hc)\"", &[("STREAM_TOKEN_DUMPABLE", "1")]);
    wait_until_it_reads(&child);
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    let status = child.wait_with_output().unwrap().status;
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
    if !status.core_dumped() && !has_core(&call) {
        say_unchecked("that a process which is opted out leaves a core", "this machine writes none");
    }
}

/// Returns `true` if there is a core in the process's working directory.
fn has_core(call: &crate::cli::Call) -> bool {
    let mut names = fs::read_dir(call.home.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.any(|name| name.to_string_lossy().starts_with("core"))
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_runs_if_memory_cannot_be_protected() {
    if !can_trace("that nothing is run where memory cannot be closed") {
        return;
    }
    for refused in ["prctl", "prlimit64"] {
        let call = with_secret(&["issue", "1"]);
        let mut command = Command::new("strace");
        let inject = format!("inject={refused}:error=EPERM");
        command.args(["-o", "/dev/null", "-e", &format!("trace={refused}"), "-e", &inject]);
        start_by(command.env_clear(), &call.command()).env("PATH", "/usr/bin:/bin");
        let output = call.run_with(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        output.is_refused(
            1,
            "cannot keep this process's memory from being dumped: Operation not permitted (os error 1)",
            "allow prctl and setrlimit here, or set STREAM_TOKEN_DUMPABLE=1 to do without this protection",
        );
    }
}
