//! Many changes at once, and changes that are cut off.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::service::Session;
use super::{FIRST, SECOND, session};

/// How many processes are killed, of each change.
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

/// Times a change that is not cut off.
fn timed(change: impl FnOnce()) -> Duration {
    let start = Instant::now();
    change();
    start.elapsed()
}

#[test]
fn twenty_rotations_at_once_lose_no_update() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    // Short ones: a keyring takes only so many bytes, and all of them are kept.
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
fn a_rotation_that_is_killed_leaves_the_old_record_or_the_new_one() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let rotate = ["-q", "secret", "rotate", "staging", "--keep-for", "0s", "--secret-stdin"];
    let whole = timed(|| session.pipe(&rotate, SECOND).is(0, "", ""));
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
    // What was killed is in nobody's way.
    let next = if current == FIRST { SECOND } else { FIRST };
    session.pipe(&rotate, next).is(0, "", "");
    assert_eq!(session.record("staging")["generation"], generation + 1);
}

#[test]
fn the_configuration_never_names_a_secret_that_was_not_stored_whenever_a_change_is_killed() {
    let session = session!(Session::new());
    let add = ["-q", "profile", "add", "staging", "--api-key", "abc", "--secret-stdin"];
    let remove = ["-q", "profile", "remove", "staging", "--confirm", "staging"];
    let adding = timed(|| session.pipe(&add, FIRST).is(0, "", ""));
    let removing = timed(|| session.run(&remove).is(0, "", ""));
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
            // Whatever it left, the same call goes on from there.
            session.pipe(&add, FIRST).is(0, "", "");
        }
        assert!(is_sound());
        cut_off(&session, &remove, "", removing * number / KILLED);
        is_sound();
        // What it left is no obstacle to the same secret.
        if session.config().is_empty() {
            continue;
        }
        session.run(&remove).is(0, "", "");
        assert_eq!(session.lookup("staging"), "");
    }
}
