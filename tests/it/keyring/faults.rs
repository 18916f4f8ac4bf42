//! Faults of a keyring: each has its own message and remedy.

use std::os::unix::net::UnixListener;
use std::thread;

use rustix::process::Signal;

use super::service::{Session, holds};
use super::{FIRST, SECOND, session};
use crate::cli::watchdog::until;

/// The hint without a keyring.
const NO_SERVICE: &str = "log in at a desktop with a keyring; or give the profile a file: or command: source";

/// The hint for a keyring that does not answer.
const NO_ANSWER: &str = "look for a window that asks to unlock the keyring, or restart the keyring program";

/// The hint for an item that is no record.
const REPLACE: &str = "remove it with 'stream-token secret remove staging', and store it again";

/// Names a profile in a configuration, without a keyring to store its secret in.
fn configured(session: &Session) {
    let path = session.config_path();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "default_profile = \"staging\"\n[profiles.staging]\nsecret = \"keyring\"\n")
        .unwrap();
}

#[test]
fn missing_secret_is_reported_with_the_command_to_store_it() {
    let session = session!(Session::new());
    configured(&session);
    session.run(&["issue", "1"]).is_refused(
        3,
        "cannot use the API secret of profile staging: the keyring does not hold it",
        "store it with 'stream-token secret set staging'",
    );
}

#[test]
fn locked_keyring_is_reported() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    session.lock();
    let error = "cannot use the API secret of profile staging: the keyring is locked";
    let hint = "unlock it, for example by logging in; or give the profile a file: or command: source";
    session.run(&["issue", "1"]).is_refused(3, error, hint);
    session.pipe(&["secret", "set", "staging", "--secret-stdin"], SECOND).is_refused(3, error, hint);
}

#[test]
fn profile_add_checks_for_a_locked_keyring_before_asking() {
    let session = session!(Session::new());
    session.lock();
    let error = "cannot use the API secret of profile staging: the keyring is locked";
    // Without input and without a terminal, asking for the secret would fail with another error.
    let output = session.run(&["profile", "add", "staging"]);
    assert_eq!(output.status, Some(3), "{output}");
    assert!(output.stderr.starts_with(&format!("stream-token: error: {error}\n")), "{output}");
    assert_eq!((session.config(), session.told()), (String::new(), vec![]));
}

#[test]
fn missing_bus_is_reported() {
    let session = session!(Session::without_keyring(""));
    configured(&session);
    let call = session.call(&["issue", "1"]).with_env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let error = "cannot use the API secret of profile staging: no keyring can be reached: Failed to connect to socket \
                 /nowhere: No such file or directory";
    call.run().is_refused(3, error, NO_SERVICE);
}

#[test]
fn missing_keyring_service_is_reported() {
    let session = session!(Session::without_keyring(""));
    configured(&session);
    let error = "cannot use the API secret of profile staging: no keyring can be reached: The name org.freedesktop.secrets was not provided by any .servic…";
    session.run(&["issue", "1"]).is_refused(3, error, NO_SERVICE);
}

#[test]
fn refused_access_is_reported() {
    let rules = "<deny send_destination=\"org.freedesktop.secrets\" send_interface=\"org.freedesktop.Secret.Service\"/>";
    let session = session!(Session::without_keyring(rules));
    let mut session = session;
    session.start_keyring(true);
    configured(&session);
    let output = session.run(&["issue", "1"]);
    assert_eq!(output.status, Some(3), "{output}");
    let begins =
        "stream-token: error: cannot use the API secret of profile staging: the keyring refuses it: ";
    assert!(output.stderr.starts_with(begins), "{output}");
    let ends = "stream-token: hint: allow stream-token in the keyring program's settings\n";
    assert!(output.stderr.ends_with(ends), "{output}");
}

#[test]
fn duplicate_items_are_refused_and_can_be_removed() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    session.store("staging", &["more", "1"], &session.lookup("staging"));
    let error = "cannot use the API secret of profile staging: the keyring holds 2 items of this name, and there must be only one";
    session.run(&["issue", "1"]).is_refused(3, error, REPLACE);
    session.pipe(&["secret", "set", "staging", "--secret-stdin"], SECOND).is_refused(3, error, REPLACE);
    session.run(&["-q", "secret", "remove", "staging", "--confirm", "staging"]).is(0, "", "");
    assert_eq!(session.lookup("staging"), "");
    session.pipe(&["-q", "secret", "set", "staging", "--secret-stdin"], SECOND).is(0, "", "");
}

#[test]
fn silent_bus_times_out() {
    let session = session!(Session::without_keyring(""));
    configured(&session);
    let socket = session.place.path().join("deaf");
    let listener = UnixListener::bind(&socket).unwrap();
    // Accepts every connection, and never answers.
    thread::spawn(move || {
        let mut callers = Vec::new();
        listener.incoming().for_each(|caller| callers.push(caller));
    });
    let address = format!("unix:path={}", socket.display());
    let error = "cannot use the API secret of profile staging: the keyring gave no answer within 10s";
    let call = session.call(&["-q", "issue", "1"]).with_env("DBUS_SESSION_BUS_ADDRESS", address);
    call.run().is_refused(3, error, NO_ANSWER);
}

#[test]
fn stopped_keyring_times_out_and_works_once_continued() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    session.signal(Signal::STOP);
    let error = "cannot use the API secret of profile staging: the keyring gave no answer within 2s";
    session.run(&["-q", "issue", "1"]).is_refused(3, error, NO_ANSWER);
    session.signal(Signal::CONT);
    session.run(&["-q", "issue", "1"]).result();
}

#[test]
fn oversized_record_is_refused_before_it_is_audited() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let (record, told) = (session.lookup("staging"), session.told());
    let long = "x".repeat(2600);
    let output = session.pipe(&["secret", "rotate", "staging", "--secret-stdin"], &long);
    assert_eq!((output.status, output.stdout.as_str()), (Some(3), ""), "{output}");
    let ends = "bytes with what is kept beside it, and a keyring takes 2560\nstream-token: hint: make room \
                with 'stream-token secret remove staging --previous', or use a file: source\n";
    assert!(output.stderr.ends_with(ends), "{output}");
    assert_eq!((session.lookup("staging"), session.told()), (record, told));
}

#[test]
fn missing_default_keyring_is_reported_with_a_remedy() {
    let session = session!(Session::fresh());
    configured(&session);
    session.run(&["issue", "1"]).is_refused(
        3,
        "cannot use the API secret of profile staging: the keyring does not hold it",
        "store it with 'stream-token secret set staging'",
    );
    session.pipe(&["secret", "set", "staging", "--secret-stdin"], FIRST).is_refused(
        3,
        "cannot use the API secret of profile staging: there is no default keyring to store it in",
        "create a default keyring, with Seahorse or by logging in at the desktop",
    );
    assert_eq!(session.told(), [""; 0]);
}

#[test]
fn newer_record_is_left_alone_but_can_be_removed() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let later = r#"{"version":2,"vault":[]}"#;
    session.store("staging", &[], later);
    let error = "cannot use the API secret of profile staging: its item is of version 2, and this program knows version 1";
    let hint = "use the version of stream-token that wrote it, or a later one";
    session.run(&["issue", "1"]).is_refused(3, error, hint);
    for verb in ["set", "rotate"] {
        session.pipe(&["secret", verb, "staging", "--secret-stdin"], SECOND).is_refused(3, error, hint);
    }
    assert_eq!(session.lookup("staging"), later);
    session.run(&["-q", "secret", "remove", "staging", "--confirm", "staging"]).is(0, "", "");
    assert_eq!(session.lookup("staging"), "");
}

#[test]
fn damaged_record_is_left_alone_but_can_be_removed() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    session.store("staging", &[], FIRST);
    let error = "cannot use the API secret of profile staging: its item is not what this program writes";
    session.run(&["issue", "1"]).is_refused(3, error, REPLACE);
    session.pipe(&["secret", "set", "staging", "--secret-stdin"], SECOND).is_refused(3, error, REPLACE);
    assert_eq!(session.lookup("staging"), FIRST);
    session.run(&["-q", "secret", "remove", "staging", "--confirm", "staging"]).is(0, "", "");
    assert_eq!(session.lookup("staging"), "");
}

#[test]
fn unanswered_write_has_an_unknown_outcome_and_can_be_repeated() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    // The audit entry is on disk before the keyring write starts: stop the keyring then.
    let rotate = ["-q", "secret", "rotate", "staging", "--secret-stdin"];
    let output = thread::scope(|scope| {
        let output = scope.spawn(|| session.pipe(&rotate, SECOND));
        until("the entry of the rotation", || holds(&session.log_folder(), "secret_rotate"));
        session.signal(Signal::STOP);
        let output = output.join().unwrap();
        session.signal(Signal::CONT);
        output
    });
    // The write may have finished before the signal; otherwise its outcome is unknown.
    if output.status != Some(0) {
        let error = "cannot use the API secret of profile staging: outcome unknown: the keyring did not say within 2s \
                     whether it changed it";
        let hint = "run the command again: what is done already is not done twice";
        output.is_refused(3, error, hint);
        assert_eq!(session.told().last().unwrap(), &format!("secret_rotate failed {error}"));
    }
    assert_eq!(session.pipe(&rotate, SECOND).status, Some(0));
    let record = session.record("staging");
    assert_eq!((&record["generation"], &record["current"]["secret"]), (&2.into(), &SECOND.into()));
    assert_eq!(record["previous"][0]["secret"], FIRST);
}

#[test]
fn restarted_keyring_still_has_its_secrets() {
    let mut session = session!(Session::new());
    session.add("staging", FIRST);
    session.signal(Signal::KILL);
    session.end_keyring();
    let output = session.run(&["issue", "1"]);
    assert_eq!(output.status, Some(3), "{output}");
    assert!(output.stderr.contains("staging: no keyring can be reached"), "{output}");
    session.start_keyring(true);
    session.run(&["-q", "issue", "1"]).result();
}
