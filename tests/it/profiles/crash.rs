//! Concurrent changes, and changes that are killed.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::Home;

/// The number of processes to kill.
const KILLED: u32 = 100;

/// Adds a profile, waits for nothing, and kills the process once this time has passed.
fn cut_off(home: &Home, arguments: &[&str], after: Duration) {
    let call = home.call(arguments);
    let mut command = call.command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while start.elapsed() < after && child.try_wait().unwrap().is_none() {
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn concurrent_changes_are_all_written_and_recorded() {
    let home = Home::new();
    let names: Vec<_> = (0..20).map(|number| format!("p{number}")).collect();
    thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| home.run(&["-q", "profile", "add", name, "--secret", "env:A"]).is(0, "", ""));
        }
    });
    let all: BTreeSet<_> = names.iter().map(String::as_str).collect();
    let config = home.config();
    let landed = config.lines().filter_map(|line| line.strip_prefix("[profiles.")?.strip_suffix(']'));
    assert_eq!(landed.collect::<BTreeSet<_>>(), all);
    let log = home.log();
    assert!(log.iter().all(|entry| entry["action"] == "profile_add" && entry["outcome"] == "ok"));
    let recorded: Vec<_> = log.iter().map(|entry| entry["profile"].as_str().unwrap()).collect();
    assert_eq!(recorded.len(), 20);
    assert_eq!(recorded.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(home.names(), ["config.toml", "config.toml.lock"]);
    home.run(&["audit", "verify"]).result();
}

#[test]
fn killed_change_leaves_the_old_or_the_new_file() {
    let without = "# mine\ndefault_profile = \"a\"\n\n[profiles.a]\nsecret = \"env:A\"\n";
    let with = format!("{without}\n[profiles.b]\nsecret = \"env:B\"\n");
    let home = Home::with(without);
    let (add, remove) = (
        &["profile", "add", "b", "--secret", "env:B"][..],
        &["profile", "remove", "b", "--confirm", "b"][..],
    );
    let start = Instant::now();
    home.run(add);
    let whole = start.elapsed();
    home.run(remove);
    let mut made = home.log().len();
    for number in 0..KILLED {
        let before = home.config();
        let change = if before == with { remove } else { add };
        cut_off(&home, change, whole * number / KILLED);
        let after = home.config();
        assert!(after == without || after == with, "{after}");
        made += usize::from(after != before);
    }
    // Each change was recorded before it took effect; a recorded one may not have taken effect.
    assert!(home.log().len() >= made);
    // Leftovers of killed processes block nothing.
    home.configure(without);
    home.run(&["-q", "profile", "add", "c", "--secret", "env:C"]).is(0, "", "");
    assert_eq!(home.names(), ["config.toml", "config.toml.lock"]);
    let last = home.log().pop().unwrap();
    assert_eq!((last["action"].as_str(), last["profile"].as_str()), (Some("profile_add"), Some("c")));
}

#[test]
fn leftovers_of_a_killed_change_are_harmless() {
    let home = Home::with("");
    fs::write(home.folder().join("config.toml.new"), "[profiles.half").unwrap();
    home.run(&["profile", "show", "demo"]).result();
    home.run(&["-q", "profile", "add", "a", "--secret", "env:A"]).is(0, "", "");
    assert_eq!(home.config(), "default_profile = \"a\"\n\n[profiles.a]\nsecret = \"env:A\"\n");
    assert_eq!(home.names(), ["config.toml", "config.toml.lock"]);
}

#[test]
fn lock_held_by_another_process_times_out_after_10_s() {
    let home = Home::new();
    home.run(&["-q", "profile", "add", "a", "--secret", "env:A"]).is(0, "", "");
    let before = home.config();
    let path = home.folder().join("config.toml.lock");
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    let start = Instant::now();
    let error = format!("cannot use {}: another process has had it locked for 10 s", path.display());
    let hint = format!(
        "find that process with 'fuser -v {}'; end it, or let it go on if it is stopped",
        path.display()
    );
    home.run(&["profile", "add", "b", "--secret", "env:B"]).is_refused(1, &error, &hint);
    assert!(start.elapsed() >= Duration::from_secs(10));
    assert_eq!(home.config(), before);
    assert_eq!((home.names(), home.log().len()), (vec!["config.toml".into(), "config.toml.lock".into()], 1));
    held.unlock().unwrap();
    home.run(&["-q", "profile", "add", "b", "--secret", "env:B"]).is(0, "", "");
    assert_eq!(home.log().len(), 2);
}
