//! A running server whose audit log is on a disk that fills up and is freed again.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::running_server::{Protocol, RunningServer, assert_token};
use crate::serve::Server;
use crate::serve::test_server_home::TestServerHome;
use crate::tools::{has, say_unchecked};

/// The options of `unshare` for a process that may mount: as root, else as root of its own namespace.
const UNSHARE: [&[&str]; 2] = [&["--mount"], &["--mount", "--user", "--map-root-user"]];

/// Mounts a small file system on the state directory, and executes the arguments.
const MOUNTED: &str = r#"mount -t tmpfs -o size=128k,mode=0700 none "$STATE_DIRECTORY" && exec "$@""#;

/// The most requests on a full disk: the rest of the last block still takes some entries.
const MAX_REQUESTS: usize = 2000;

/// Prepares a command that runs with the state of a home on a small file system.
fn on_a_small_disk(how: &[&str], site: &TestServerHome) -> Command {
    let mut command = Command::new("unshare");
    command.args(how).args(["sh", "-c", MOUNTED, "sh"]);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("STATE_DIRECTORY", site.state());
    command
}

/// Returns the options of `unshare` that work here, if any.
fn how_to_mount(site: &TestServerHome) -> Option<&'static [&'static str]> {
    let can_mount = |how: &&&[&str]| {
        let tried = on_a_small_disk(how, site).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    UNSHARE.iter().find(can_mount).copied()
}

/// Sends a well-behaved request, and returns the status of the reply.
#[track_caller]
fn status(target: &RunningServer) -> u16 {
    let mut line = target.connect();
    line.send(target.last_request()).unwrap();
    line.reply().unwrap().status
}

#[test]
fn server_issues_no_token_on_a_full_disk_and_recovers() {
    let unchecked = "a server on a disk that is full";
    if !has("unshare", unchecked) {
        return;
    }
    let site = TestServerHome::in_memory();
    fs::create_dir_all(site.state()).unwrap();
    let Some(how) = how_to_mount(&site) else {
        return say_unchecked(unchecked, "nothing can be mounted here");
    };
    let target = RunningServer::of(Protocol::Plain, site, |site, flags| {
        let call = site.serving(flags);
        let mut command = on_a_small_disk(how, site);
        command.arg(env!("CARGO_BIN_EXE_stream-token")).args(&call.arguments);
        command.envs(&call.environment).current_dir(site.home());
        Server::run(&mut command)
    });
    target.ask();
    let mut tokens = 1;
    // The server's own view of the state.
    let root = PathBuf::from(format!("/proc/{}/root", target.server.pid().as_raw_nonzero()));
    let state = root.join(target.site.state().strip_prefix("/").unwrap());
    let filler = state.join("filler");
    // The write fails once the disk is full.
    let _ = fs::write(&filler, vec![0; 1024 * 1024]);
    while status(&target) == 200 {
        tokens += 1;
        assert!(tokens < MAX_REQUESTS, "the disk was not full");
    }
    for _ in 0..50 {
        assert_eq!(status(&target), 503);
    }
    fs::remove_file(&filler).unwrap();
    for _ in 0..50 {
        let mut line = target.connect();
        line.send(target.last_request()).unwrap();
        assert_token(line.reply());
        tokens += 1;
    }
    let entries: usize = fs::read_dir(state.join("audit"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .map(|text| text.matches(r#""action":"mint""#).count())
        .sum();
    assert_eq!(entries, tokens);
    assert!(!target.server.end().stderr.contains("panicked"));
}
