//! A disk that is full, and then is not, below the audit log of a server that runs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::running_server::{Protocol, RunningServer, assert_token};
use crate::serve::Server;
use crate::serve::test_server_home::TestServerHome;
use crate::tools::{has, say_unchecked};

/// What makes a process that may mount: as root, else as root of a namespace of its own.
const UNSHARE: [&[&str]; 2] = [&["--mount"], &["--mount", "--user", "--map-root-user"]];

/// Mounts a small file system where the state is, and becomes what follows.
const MOUNTED: &str = r#"mount -t tmpfs -o size=128k,mode=0700 none "$STATE_DIRECTORY" && exec "$@""#;

/// How many requests are asked on a full disk at most: what is left of a block takes some entries more.
const MAX_REQUESTS: usize = 2000;

/// Prepares a command that runs with the state of a home on a small file system.
fn on_a_small_disk(how: &[&str], site: &TestServerHome) -> Command {
    let mut command = Command::new("unshare");
    command.args(how).args(["sh", "-c", MOUNTED, "sh"]);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("STATE_DIRECTORY", site.state());
    command
}

/// Returns how to mount here, if at all.
fn how_to_mount(site: &TestServerHome) -> Option<&'static [&'static str]> {
    let can_mount = |how: &&&[&str]| {
        let tried = on_a_small_disk(how, site).arg("true").output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    UNSHARE.iter().find(can_mount).copied()
}

/// Returns the status that a request of the client that behaves is answered with.
#[track_caller]
fn status(target: &RunningServer) -> u16 {
    let mut line = target.connect();
    line.send(target.last_request()).unwrap();
    line.reply().unwrap().status
}

#[test]
fn on_a_full_disk_no_token_is_given_out_and_with_space_again_they_are() {
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
    // It ends where nothing more fits.
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
