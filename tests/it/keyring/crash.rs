//! Concurrent changes, and changes that are killed.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::service::Session;
use super::{FIRST, SECOND, session};

/// The number of processes to kill, for each change.
const KILLED: u32 = 12;

/// Starts a change, and kills it after this time.
fn cut_off(session: &Session, arguments: &[&str], secret: &str, after: Duration) {
    let file = session.place.path().join("piped");
    std::fs::write(&file, secret).unwrap();
    let call = session.call(arguments);
    let mut command = call.command();
    command.stdin(std::fs::File::open(file).unwrap()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while start.elapsed() < after && child.try_wait().unwrap().is_none() {
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Measures a change that is not killed.
fn duration_of(change: impl FnOnce()) -> Duration {
    let start = Instant::now();
    change();
    start.elapsed()
}

#[test]
fn concurrent_rotations_lose_no_update() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    // Short secrets: a keyring takes a limited number of bytes, and all secrets are kept.
    let secrets: Vec<_> = (10..30).map(|number| format!("rotated-{number}")).collect();
    thread::scope(|scope| {
        for secret in &secrets {
            let rotate = ["-q", "secret", "rotate", "staging", "--secret-stdin", "--as-is"];
            let session = &session;
            scope.spawn(move || session.pipe(&rotate, secret).is(0, "", ""));
        }
    });
    let record = session.record("staging");
    assert_eq!(record["generation"], 21);
    let previous = record["previous"].as_array().unwrap().iter().chain([&record["current"]]);
    let mut kept: Vec<_> = previous.map(|entry| entry["secret"].as_str().unwrap().to_owned()).collect();
    kept.sort();
    let mut all = secrets;
    all.push(FIRST.to_owned());
    all.sort();
    assert_eq!(kept, all);
    session.run(&["audit", "verify"]).result();
}

#[test]
fn killed_rotation_leaves_the_old_or_the_new_record() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let rotate = ["-q", "secret", "rotate", "staging", "--keep-for", "0s", "--secret-stdin"];
    let whole = duration_of(|| session.pipe(&rotate, SECOND).is(0, "", ""));
    let (mut generation, mut current) = (2, SECOND);
    for number in 0..KILLED {
        let next = if current == FIRST { SECOND } else { FIRST };
        cut_off(&session, &rotate, next, whole * number / KILLED);
        let record = session.record("staging");
        if record["current"]["secret"] == next {
            (generation, current) = (generation + 1, next);
        }
        assert_eq!(
            (&record["current"]["secret"], &record["generation"]),
            (&current.into(), &generation.into())
        );
    }
    // A killed process does not block the next one.
    let next = if current == FIRST { SECOND } else { FIRST };
    session.pipe(&rotate, next).is(0, "", "");
    assert_eq!(session.record("staging")["generation"], generation + 1);
}

#[test]
fn killed_change_never_leaves_a_profile_without_its_secret() {
    let session = session!(Session::new());
    let add = ["-q", "profile", "add", "staging", "--api-key", "abc", "--secret-stdin"];
    let remove = ["-q", "profile", "remove", "staging", "--confirm", "staging"];
    let adding = duration_of(|| session.pipe(&add, FIRST).is(0, "", ""));
    let removing = duration_of(|| session.run(&remove).is(0, "", ""));
    let is_sound = || {
        let is_named = session.config().contains("[profiles.staging]");
        let item = session.lookup("staging");
        assert!(item.is_empty() || session.record("staging")["current"]["secret"] == FIRST, "damaged");
        assert!(!is_named || !item.is_empty(), "named, and not stored");
        is_named
    };
    for number in 0..KILLED {
        cut_off(&session, &add, FIRST, adding * number / KILLED);
        if !is_sound() {
            // The same call completes any partial change.
            session.pipe(&add, FIRST).is(0, "", "");
        }
        assert!(is_sound());
        cut_off(&session, &remove, "", removing * number / KILLED);
        is_sound();
        // A leftover item is no obstacle to the same secret.
        if session.config().is_empty() {
            continue;
        }
        session.run(&remove).is(0, "", "");
        assert_eq!(session.lookup("staging"), "");
    }
}
