//! A full or read-only disk: a small file system that the test mounts.

use std::fs;
use std::process::{Command, Stdio};

use super::{CHECK_PATH, FREE_SOME, Log, assert_refused_at, disk_full};
use crate::cli::Output;
use crate::tools::say_unchecked;

/// The options of `unshare` for a process that may mount: as root, else as root of its own namespace.
const UNSHARE: [&[&str]; 2] = [&["--mount"], &["--mount", "--user", "--map-root-user"]];

/// Mounts the file system in which the state directory will be.
const MOUNT: &str = r#"mount -t tmpfs -o size=64k,mode=0700 none "$STATE_DIRECTORY" && "#;

/// A shell function that mints for a customer and stores the streams and the status in files.
const MINT: &str = r#"mint() {
    status=0
    "$program" -q issue "$2" >"$1.out" 2>"$1.err" || status=$?
    echo $status >"$1.status"
}"#;

/// Runs a script with the state directory on a small file system; `None` where nothing can be mounted.
///
/// The script has [`MINT`].
#[track_caller]
fn on_a_small_disk(log: &Log, script: &str) -> Option<()> {
    fs::create_dir(log.state()).unwrap();
    let call = log.call(&[]);
    let unshare = |how: &[&str], script: &str| {
        let mut command = Command::new("unshare");
        command.args(how).args(["sh", "-c", script, "sh"]).arg(env!("CARGO_BIN_EXE_stream-token"));
        command.envs(call.environment.iter()).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.current_dir(log.0.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    let can_mount = |how: &&&[&str]| {
        let tried = unshare(how, &format!("{MOUNT} true")).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    let Some(how) = UNSHARE.iter().find(can_mount) else {
        say_unchecked("a disk that is full or can only be read", "nothing can be mounted here");
        return None;
    };
    let script = format!("set -eu; program=$1; {MINT}; {MOUNT} true; {script}");
    let status = unshare(how, &script).status().unwrap();
    assert!(status.success(), "{status}");
    Some(())
}

/// Reads the output of a mint in a script.
fn left(log: &Log, name: &str) -> Output {
    let read = |what| fs::read_to_string(log.0.path().join(format!("{name}.{what}"))).unwrap();
    Output { status: Some(read("status").trim().parse().unwrap()), stdout: read("out"), stderr: read("err") }
}

#[test]
fn minting_fails_on_a_full_disk_and_resumes_with_space() {
    let log = Log::new();
    let script = r#"
        mint before 1
        cat /dev/zero >"$STATE_DIRECTORY/filler" 2>/dev/null || true
        # What is left of the log's last block takes some more entries.
        id=1
        minted=0
        while id=$((id + 1)); mint full $id; [ "$(cat full.status)" = 0 ]; do minted=$((minted + 1)); done
        mint again 100
        rm "$STATE_DIRECTORY/filler"
        mint after 101
        echo $minted >minted
        "$program" audit verify >verified
        "$program" -o json audit list >listed
    "#;
    if on_a_small_disk(&log, script).is_none() {
        return;
    }
    left(&log, "before").result();
    assert_refused_at(&left(&log, "full"), &log.segment(1), disk_full, FREE_SOME);
    let again = left(&log, "again");
    assert_eq!((again.status, again.stdout.as_str()), (Some(1), ""), "{again}");
    left(&log, "after").result();
    let read = |name| fs::read_to_string(log.0.path().join(name)).unwrap();
    assert!(read("verified").starts_with("intact: "), "{}", read("verified"));
    let minted: usize = read("minted").trim().parse().unwrap();
    assert!(minted < 20, "the disk was not full");
    let listed = read("listed");
    assert_eq!(listed.matches(r#""action":"mint""#).count(), minted + 2, "{listed}");
}

#[test]
fn nothing_is_minted_on_a_disk_that_is_full_from_the_start() {
    let log = Log::new();
    let script = r#"
        cat /dev/zero >"$STATE_DIRECTORY/filler" 2>/dev/null || true
        mint full 1
        rm "$STATE_DIRECTORY/filler"
        mint after 2
        "$program" audit verify >verified
    "#;
    if on_a_small_disk(&log, script).is_none() {
        return;
    }
    let full = left(&log, "full");
    assert_eq!((full.status, full.stdout.as_str()), (Some(1), ""), "{full}");
    assert!(full.stderr.contains("hint: free some space"), "{full}");
    left(&log, "after").result();
    let verified = fs::read_to_string(log.0.path().join("verified")).unwrap();
    assert!(verified.starts_with("intact: 2 entries"), "{verified}");
}

#[test]
fn read_only_disk_refuses_mints_and_still_verifies() {
    let log = Log::new();
    let script = r#"
        mint before 1
        mount -o remount,ro "$STATE_DIRECTORY"
        mint there 2
        "$program" audit verify >verified
        STATE_DIRECTORY=$STATE_DIRECTORY/new mint new 3
    "#;
    if on_a_small_disk(&log, script).is_none() {
        return;
    }
    left(&log, "before").result();
    let reason = |path: &str| format!("cannot open {path}: Read-only file system (os error 30)");
    let lock = log.directory().join("lock");
    assert_refused_at(&left(&log, "there"), &lock, reason, CHECK_PATH);
    let new = log.state().join("new");
    assert_refused_at(&left(&log, "new"), &new, reason, CHECK_PATH);
    let verified = fs::read_to_string(log.0.path().join("verified")).unwrap();
    assert!(verified.starts_with("intact: 2 entries"), "{verified}");
}
