//! A system that runs out of descriptors or threads, and recovers.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, prlimit};

use super::many_connections::ManyConnections;
use super::running_server::{Protocol, RunningServer};
use super::well_behaved::WellBehavedClients;
use crate::cli::watchdog::Watchdog;
use crate::serve::Server;
use crate::serve::test_server_home::TestServerHome;
use crate::tools::{has, say_unchecked};

/// The ordinary user with many threads; the limit counts threads per user.
const MANY: u32 = 12_347;
/// The ordinary user with few threads.
const FEW: u32 = 12_348;

/// Starts a server through another program that sets limits.
#[track_caller]
fn limited(site: &TestServerHome, flags: &[&str], program: &str, arguments: &[&str]) -> Server {
    Server::run(&mut limited_command(site, flags, program, arguments))
}

/// Prepares a server that is started through another program that sets limits.
fn limited_command(site: &TestServerHome, flags: &[&str], program: &str, arguments: &[&str]) -> Command {
    let call = site.serving(flags);
    let mut command = Command::new(program);
    command.args(arguments).arg(env!("CARGO_BIN_EXE_stream-token")).args(&call.arguments);
    command.env_clear().envs(&call.environment).env("PATH", "/usr/bin:/bin").current_dir(site.home());
    command
}

/// Sets the descriptor limit of a running server; without a number, to the limit of this process.
fn allow_descriptors(target: &RunningServer, most: Option<u64>) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let limit = Rlimit { current: most.or(maximum), maximum };
    prlimit(Some(target.server.pid()), Resource::Nofile, limit).unwrap();
}

/// Gives a folder and its contents to a user.
fn give(folder: &Path, user: u32) {
    chown(folder, Some(user), Some(user)).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.symlink_metadata().unwrap().is_dir() {
            give(&path, user);
        } else {
            chown(&path, Some(user), Some(user)).unwrap();
        }
    }
}

#[test]
fn low_descriptor_limit_reduces_connections_but_all_are_answered() {
    if !has("prlimit", "a server with few descriptors") {
        return;
    }
    for most in ["60:60", "100:100", "300:300"] {
        let limit = format!("--nofile={most}");
        for spoken in Protocol::ALL {
            let target = RunningServer::of(spoken, TestServerHome::in_memory(), |site, flags| {
                limited(site, flags, "prlimit", &[&limit])
            });
            target.server.said().wait_until("the limit of open files allows ");
            for opening in ["", "POST / HTTP/1.1\r\nHost: a\r\nX: "] {
                let swarm = ManyConnections::of(&target, 300, opening.as_bytes());
                let good = WellBehavedClients::newcomers_beside(&target);
                good.wait_for(30);
                good.end();
                drop(swarm);
            }
            target.stats().assert_within_bounds();
        }
    }
}

#[test]
fn server_recovers_after_running_out_of_descriptors() {
    for target in RunningServer::each() {
        let before = target.calm();
        let swarm = ManyConnections::of(&target, 100, b"POST / HTTP/1.1\r\nHost: a\r\nX: ");
        // Once a later client is answered, the whole swarm is connected.
        target.ask();
        allow_descriptors(&target, Some(target.stats().descriptors as u64));
        let is_answered = |_: &usize| {
            let mut line = target.connect();
            // The server may close the connection before anything is sent.
            let _ = line.send(target.last_request());
            line.reply().is_some_and(|reply| reply.status == 200)
        };
        assert!((0..200).filter(is_answered).count() > 100);
        allow_descriptors(&target, None);
        let good = WellBehavedClients::beside(&target);
        good.wait_for(50);
        drop(swarm);
        good.end();
        target.recover(&before);
    }
}

/// Returns the command that runs a process as an ordinary user; `None` if that is not possible here.
fn becoming(user: &str) -> Option<[&str; 6]> {
    let unchecked = "a server without threads";
    if !has("prlimit", unchecked) || !has("setpriv", unchecked) {
        return None;
    }
    if !geteuid().is_root() {
        say_unchecked(unchecked, "only root can become another user");
        return None;
    }
    Some(["setpriv", "--reuid", user, "--regid", user, "--clear-groups"])
}

#[test]
fn clients_are_answered_without_more_threads() {
    let user = MANY.to_string();
    let Some(become_user) = becoming(&user) else { return };
    for spoken in Protocol::ALL {
        let target = RunningServer::of(spoken, TestServerHome::in_memory(), |site, flags| {
            give(site.home(), MANY);
            limited(site, flags, "prlimit", &[&["--nproc=100:1000"], &become_user[..]].concat())
        });
        let good = WellBehavedClients::beside(&target);
        good.wait_for(300);
        let stats = target.stats();
        assert!(stats.threads <= 100, "{stats:?}");
        let pid = target.server.pid().to_string();
        let mut raise = Command::new("setpriv");
        raise.args(&become_user[1..]).args(["prlimit", "--nproc=1000", "--pid", &pid]);
        assert!(raise.status().unwrap().success());
        target.calm();
        good.end();
        target.stats().assert_within_bounds();
    }
}

#[test]
fn start_without_enough_threads_fails_with_an_error() {
    let user = FEW.to_string();
    let Some(become_user) = becoming(&user) else { return };
    let site = TestServerHome::in_memory();
    give(site.home(), FEW);
    for most in 1..8 {
        let limit = format!("--nproc={most}:{most}");
        let mut command =
            limited_command(&site, &[], "prlimit", &[&[limit.as_str()], &become_user[..]].concat());
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let _watchdog = Watchdog::over(&child);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("stream-token: error: "), "{said}");
    }
}
