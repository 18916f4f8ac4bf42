//! A process that is stopped (Ctrl-Z): it does not block the log for others, and finishes once it continues.

use std::fs::{self, File, TryLockError};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::Log;
use super::traced::can_trace;
use crate::cli::start_by;
use crate::cli::watchdog::{Watchdog, until};

#[test]
fn stopped_mint_releases_the_log_for_others() {
    if !can_trace("that a process that is stopped does not keep the log") {
        return;
    }
    let log = Log::of_mints(1);
    let call = log.call(&["-q", "issue", "2"]);
    let trace = call.home.path().join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=1500000", "-o"]);
    start_by(command.arg(&trace).env_clear(), &call.command()).env("STREAM_TOKEN_DUMPABLE", "1");
    // In a process group of its own, as a shell's job: the system does not stop an orphaned group.
    let child = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let lock = File::open(log.directory().join("lock")).unwrap();
    until("the entry is being written", || {
        let is_locked = matches!(lock.try_lock(), Err(TryLockError::WouldBlock));
        lock.unlock().unwrap();
        is_locked
    });
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let process = fs::read_to_string(children).unwrap().trim().parse().unwrap();
    let process = Pid::from_raw(process).unwrap();
    kill_process(process, Signal::TSTP).unwrap();
    log.mint(3);
    until("the process is stopped", || {
        fs::read_to_string(&trace).is_ok_and(|trace| trace.contains("stopped by SIGTSTP"))
    });
    kill_process(process, Signal::CONT).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let token = String::from_utf8(ended.stdout).unwrap();
    let of_the_stopped = log.run(&["-o", "json", "audit", "list", "--customer", "2"]);
    assert!(of_the_stopped.result().contains(&super::fingerprint(token.trim_end())), "{of_the_stopped}");
    log.assert_intact();
}
