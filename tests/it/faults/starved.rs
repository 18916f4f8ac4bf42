//! A system that gives no more descriptors or threads, and then does again.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, prlimit};

use super::good::Good;
use super::swarm::Swarm;
use super::target::Target;
use crate::place::{has, say_unchecked};
use crate::serve::Server;
use crate::serve::site::Site;

/// An ordinary user, whose threads are counted.
const NOBODY: u32 = 12_347;

/// Starts a server through another program that makes limits.
#[track_caller]
fn limited(site: &Site, program: &str, arguments: &[&str]) -> Server {
    let call = site.serving(&[]);
    let mut command = Command::new(program);
    command.args(arguments).arg(env!("CARGO_BIN_EXE_stream-token")).args(&call.arguments);
    command.env_clear().envs(&call.environment).env("PATH", "/usr/bin:/bin").current_dir(site.home());
    Server::run(&mut command)
}

/// Sets how many descriptors a running server may have; without a number, as many as this process may.
fn allow_descriptors(target: &Target, most: Option<u64>) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let limit = Rlimit { current: most.or(maximum), maximum };
    prlimit(Some(target.server.pid()), Resource::Nofile, limit).unwrap();
}

/// Gives a folder and all that is in it to a user.
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
fn with_few_descriptors_from_the_start_there_are_fewer_connections_and_all_are_answered() {
    if !has("prlimit", "a server with few descriptors") {
        return;
    }
    for most in ["60:60", "100:100", "300:300"] {
        let limit = format!("--nofile={most}");
        let target = Target::of(Site::new(), |site| limited(site, "prlimit", &[&limit]));
        target.server.said().wait_until("the limit of open files allows ");
        let good = Good::newcomers_beside(&target);
        for opening in ["", "POST / HTTP/1.1\r\nHost: a\r\nX: "] {
            let swarm = Swarm::of(&target, 300, opening.as_bytes());
            good.wait_for(30);
            drop(swarm);
        }
        good.end();
        target.vitals().assert_within_bounds();
    }
}

#[test]
fn where_descriptors_run_out_clients_give_way_and_nothing_is_left_of_it_later() {
    let target = Target::start();
    let before = target.calm();
    let swarm = Swarm::of(&target, 100, b"POST / HTTP/1.1\r\nHost: a\r\nX: ");
    // Once a client is answered who came after all of them, they have been let in.
    target.ask();
    allow_descriptors(&target, Some(target.vitals().descriptors as u64));
    let is_answered = |_: &usize| {
        let mut line = target.connect();
        // It may be sent away before it has sent anything.
        let _ = line.send(target.last_request());
        line.reply().is_some_and(|reply| reply.status == 200)
    };
    let t0 = std::time::Instant::now();
    let n = (0..200).filter(is_answered).count();
    eprintln!("answered {n} {:?}", t0.elapsed());
    assert!(n > 100);
    allow_descriptors(&target, None);
    let good = Good::beside(&target);
    good.wait_for(50);
    drop(swarm);
    eprintln!("before end {:?} {:?} {before:?}", t0.elapsed(), target.vitals());
    good.end();
    target.recover(&before);
    eprintln!("{:?}", t0.elapsed());
}

#[test]
fn where_threads_run_out_clients_are_answered_and_later_there_are_as_many_as_ever() {
    if !has("prlimit", "a server without threads") || !has("setpriv", "a server without threads") {
        return;
    }
    if !geteuid().is_root() {
        return say_unchecked("a server without threads", "only root can become another user");
    }
    let user = NOBODY.to_string();
    let become_nobody = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups"];
    let target = Target::of(Site::new(), |site| {
        give(site.home(), NOBODY);
        limited(site, "prlimit", &[&["--nproc=100:1000"], &become_nobody[..]].concat())
    });
    let good = Good::beside(&target);
    good.wait_for(300);
    let vitals = target.vitals();
    assert!(vitals.threads <= 100, "{vitals:?}");
    let pid = target.server.pid().to_string();
    let mut raise = Command::new("setpriv");
    raise.args(&become_nobody[1..]).args(["prlimit", "--nproc=1000", "--pid", &pid]);
    assert!(raise.status().unwrap().success());
    target.calm();
    good.end();
    target.vitals().assert_within_bounds();
}
