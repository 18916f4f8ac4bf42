//! `doctor`: its checks of sound and broken settings; it changes nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::cli::token::SECRET;
use crate::cli::{Call, Output, call, with_secret};
use crate::keyring::service::{Session, is_here};
use crate::test_home::TestHome;

/// Returns the check, the profile, the status and the detail of every line; and the exit code.
#[track_caller]
fn examine(call: Call) -> (Vec<[String; 4]>, Option<i32>) {
    let Output { status, stdout, stderr } = call.with_argument("-o").with_argument("json").run();
    assert_eq!(stderr, "");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |line: &str| {
        let found: Value = serde_json::from_str(line).unwrap();
        // Every status but ok comes with a hint.
        assert_eq!(found["hint"].is_null(), found["status"] == "ok", "{found}");
        ["check", "profile", "status", "detail"].map(|field| text(&found[field]))
    };
    (stdout.lines().map(line).collect(), status)
}

/// Checks that there is a line of this check and profile, with this status and a detail that contains this text.
#[track_caller]
fn assert_check(found: &[[String; 4]], check: &str, profile: &str, status: &str, detail: &str) {
    let is_it = |line: &&[String; 4]| line[..3] == [check, profile, status] && line[3].contains(detail);
    assert!(found.iter().any(|line| is_it(&line)), "{check} {profile} {status} {detail}: {found:#?}");
}

/// Creates a home with a configuration.
fn configured(config: &str) -> TestHome {
    let home = TestHome::new();
    fs::create_dir_all(home.path().join(".config/stream-token")).unwrap();
    home.write(".config/stream-token/config.toml", config.as_bytes(), 0o600);
    home
}

/// Prepares `doctor` in a home.
fn doctor(home: &TestHome, arguments: &[&str]) -> Call {
    call(&[arguments, &["doctor"]].concat()).with_env("HOME", home.path())
}

#[test]
fn missing_profile_fails_and_nothing_is_written() {
    let home = TestHome::new();
    let (found, status) = examine(doctor(&home, &[]));
    assert_eq!(status, Some(1));
    assert_check(&found, "config", "-", "note", "there is none");
    assert_check(&found, "profile", "-", "fail", "no API secret is set");
    assert_check(&found, "completions", "-", "note", "none are installed");
    assert!(fs::read_dir(home.path()).unwrap().next().is_none());
}

#[test]
fn demo_profile_passes_with_one_line_per_check() {
    let home = TestHome::new();
    let output = doctor(&home, &["--profile", "demo"]).run();
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""));
    assert!(output.stdout.contains("\nprofile           ok    demo is used\n"), "{output}");
    assert!(
        output.stdout.contains("\nsecret demo       ok    demo, fingerprint b666af69e1867819\n"),
        "{output}"
    );
    assert!(output.stdout.contains("; add a profile with 'stream-token profile add NAME'\n"), "{output}");
    assert!(!output.stdout.contains("FAIL"), "{output}");
}

#[test]
fn every_fault_of_a_secret_is_reported_without_running_commands() {
    let secrets = TestHome::new();
    let path = secrets.write("exposed", SECRET.as_bytes(), 0o644);
    let command = secrets.path().join("ran");
    let config = format!(
        "default_profile = \"good\"\n\
         [profiles.good]\nsecret = \"env:GOOD\"\nsession_key = \"env:KEY\"\n\
         [profiles.exposed]\nsecret = \"file:{}\"\n\
         [profiles.unset]\nsecret = \"env:NOWHERE\"\n\
         [profiles.key]\nsecret = \"env:API_KEY\"\napi_key = \"abc123\"\n\
         [profiles.short]\nsecret = \"env:SHORT\"\n\
         [profiles.twin1]\nsecret = \"env:TWIN\"\napi_key = \"one\"\n\
         [profiles.twin2]\nsecret = \"env:TWIN\"\napi_key = \"two\"\n\
         [profiles.pass]\nsecret = \"command:touch {}\"\n",
        path.display(),
        command.display(),
    );
    let home = configured(&config);
    let variables = [
        ("GOOD", SECRET),
        ("KEY", "a-session-key-of-the-tests-0123456789abc"),
        ("API_KEY", "abc123"),
        ("SHORT", "short"),
        ("TWIN", "the-secret-of-two-apps-0123456789abcdef0"),
    ];
    let with_variables = |arguments: &[&str]| {
        variables.iter().fold(doctor(&home, arguments), |call, (name, value)| call.with_env(name, value))
    };
    let (found, status) = examine(with_variables(&[]));
    assert_eq!(status, Some(1));
    assert_check(&found, "config", "-", "ok", "profiles: 8");
    assert_check(&found, "profile", "-", "ok", "good is used");
    assert_check(&found, "secret", "good", "ok", "env:GOOD, fingerprint ");
    assert_check(&found, "session_key", "good", "ok", "env:KEY, fingerprint ");
    assert_check(&found, "session_key", "short", "note", "has no source");
    assert_check(&found, "secret", "exposed", "fail", "others can read or write it (mode 644)");
    assert_check(&found, "secret", "unset", "fail", "NOWHERE is not set");
    assert_check(&found, "secret", "key", "fail", "the secret is the API key");
    assert_check(&found, "secret", "short", "note", "only 5 bytes");
    assert_check(&found, "secret", "twin1", "fail", "the same as the API secret of profile twin2");
    assert_check(&found, "secret", "twin2", "fail", "the same as the API secret of profile twin1");
    assert_check(&found, "secret", "pass", "note", "not read (would run the command)");
    assert!(!command.exists());
    let all = format!("{found:?}");
    assert!(
        variables.iter().all(|(name, value)| ["API_KEY", "SHORT"].contains(name) || !all.contains(value)),
        "{all}"
    );
    // A named profile is the only one checked, but is still compared with the others.
    let (found, status) = examine(with_variables(&["--profile", "good"]));
    assert_eq!(status, Some(0), "{found:#?}");
    assert!(found.iter().all(|line| ["-", "good"].contains(&line[1].as_str())), "{found:#?}");
    let (found, status) = examine(with_variables(&["--profile", "twin1"]));
    assert_eq!(status, Some(1));
    assert_check(&found, "secret", "twin1", "fail", "profile twin2");
}

#[test]
fn ambient_secret_that_precedes_the_default_profile_is_noted() {
    let home = configured("default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\n");
    let (found, status) =
        examine(with_secret(&["doctor"]).with_env("HOME", home.path()).with_env("A", SECRET));
    assert_eq!(status, Some(0), "{found:#?}");
    assert_check(&found, "profile", "-", "ok", "none, env:STREAM_API_SECRET is used");
    assert_check(&found, "variable", "-", "note", "STREAM_API_SECRET is set");
    assert_check(&found, "secret", "-", "note", "the same as the API secret of profile a");
    let both = with_secret(&["doctor"]).with_env("STREAM_API_SECRET_FILE", "/nowhere");
    let (found, status) = examine(both);
    assert_eq!(status, Some(1));
    assert_check(&found, "profile", "-", "fail", "both STREAM_API_SECRET and STREAM_API_SECRET_FILE are set");
}

#[test]
fn broken_configuration_fails_with_its_line() {
    let home = configured("[profiles.a]\nsecrt = \"env:A\"\n");
    let (found, status) = examine(doctor(&home, &[]));
    assert_eq!(status, Some(1));
    assert_check(&found, "config", "-", "fail", "config.toml:2:1");
}

#[test]
fn audit_log_and_file_modes_are_checked() {
    let home = configured("default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\n");
    let in_home = |arguments: &[&str]| call(arguments).with_env("HOME", home.path()).with_env("A", SECRET);
    assert_eq!(in_home(&["issue", "1"]).run().status, Some(0));
    let (found, status) = examine(in_home(&["doctor"]));
    assert_eq!(status, Some(0), "{found:#?}");
    assert_check(&found, "files", "-", "ok", "no other user");
    assert_check(&found, "disk", "-", "ok", "MiB free");
    assert_check(&found, "audit", "-", "ok", "intact, entries: 2");
    assert_check(&found, "clock", "-", "ok", "agrees with the audit log");
    let set_mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let segment = home.path().join(".local/state/stream-token/audit/audit-00000001.jsonl");
    let config = home.path().join(".config/stream-token/config.toml");
    set_mode(&segment, 0o666);
    set_mode(&config, 0o644);
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replace(r#""customer":1,"#, r#""customer":2,"#)).unwrap();
    let (found, status) = examine(in_home(&["doctor"]));
    assert_eq!(status, Some(1));
    assert_check(&found, "files", "-", "fail", "others can write it (mode 666)");
    assert_check(&found, "files", "-", "note", "config.toml (mode 644)");
    assert_check(&found, "audit", "-", "fail", "damaged");
}

#[test]
fn clock_behind_the_audit_log_fails() {
    let home = configured("default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\n");
    let in_home = |arguments: &[&str]| call(arguments).with_env("HOME", home.path()).with_env("A", SECRET);
    assert_eq!(in_home(&["issue", "1"]).run().status, Some(0));
    let segment = home.path().join(".local/state/stream-token/audit/audit-00000001.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    // The last entry is rewritten with another time and a matching hash.
    let (before, last) = text.trim_end().rsplit_once('\n').unwrap();
    let (body, _) = last.split_once(r#","hash":"#).unwrap();
    let (head, time) = body.split_once(r#""time":"20"#).unwrap();
    let body = format!(r#"{head}"time":"29{time}"#);
    let hash = base16ct::lower::encode_string(&Sha256::digest(&body));
    fs::write(&segment, format!("{before}\n{body},\"hash\":\"{hash}\"}}\n")).unwrap();
    let (found, _) = examine(in_home(&["doctor"]));
    assert_check(&found, "clock", "-", "fail", "behind the audit log");
}

#[test]
fn outdated_completions_are_noted() {
    let home = TestHome::new();
    let place = home.path().join(".local/share/bash-completion/completions/stream-token");
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, call(&["completions", "bash"]).run().result()).unwrap();
    let (found, _) = examine(doctor(&home, &["--profile", "demo"]));
    assert_check(&found, "completions", "-", "ok", place.to_str().unwrap());
    fs::write(&place, "# older").unwrap();
    let (found, _) = examine(doctor(&home, &["--profile", "demo"]));
    assert_check(&found, "completions", "-", "note", "is of another version");
}

#[test]
fn keyring_is_identified_and_stays_locked() {
    if !is_here("doctor with a keyring") {
        return;
    }
    let mut session = Session::new();
    session.add("staging", SECRET);
    let (found, status) = examine(session.call(&["doctor"]));
    assert_eq!(status, Some(0), "{found:#?}");
    assert_check(&found, "keyring", "-", "ok", "gnome-keyring-daemon, process ");
    assert_check(&found, "secret", "staging", "ok", "keyring, set ");
    assert_check(&found, "session_key", "staging", "ok", "not made yet");
    session.lock();
    let (found, status) = examine(session.call(&["doctor"]));
    assert_eq!(status, Some(0), "{found:#?}");
    assert_check(&found, "secret", "staging", "note", "the keyring is locked");
    session.end_keyring();
    let (found, status) = examine(session.call(&["doctor"]));
    assert_eq!(status, Some(1));
    assert_check(&found, "keyring", "-", "fail", "no keyring can be reached");
    assert_check(&found, "secret", "staging", "fail", "no keyring can be reached");
}

#[cfg(feature = "serve")]
mod network {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::tls::{made, put};

    /// Examines a profile whose backend answers one call with a status and a clock that is ahead. Returns the request too.
    fn examine_backend(status: &str, ahead: u64) -> (Vec<[String; 4]>, Option<i32>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let date = chrono::DateTime::<chrono::Utc>::from(SystemTime::now() + Duration::from_secs(ahead));
        let date = date.format("%a, %d %b %Y %H:%M:%S GMT");
        let answer = format!("HTTP/1.1 {status} Word\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n");
        let backend = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            stream.write_all(answer.as_bytes()).unwrap();
            head.join("\n")
        });
        let home = configured(&format!(
            "default_profile = \"app\"\n[profiles.app]\nsecret = \"env:APP\"\n\
             sessions = {{ check_url = \"http://127.0.0.1:{port}/me\", customer_from = \"/id\" }}\n"
        ));
        let (found, status) = examine(doctor(&home, &[]).with_env("APP", SECRET));
        (found, status, backend.join().unwrap())
    }

    #[test]
    fn backend_must_answer_401_without_a_token() {
        for (answer, status, exit) in [
            ("401", "ok", 0),
            ("403", "note", 0),
            ("302", "note", 0),
            ("200", "fail", 1),
            ("404", "fail", 1),
            ("500", "fail", 1),
        ] {
            let (found, code, request) = examine_backend(answer, 0);
            assert_check(
                &found,
                "check_url",
                "app",
                status,
                &format!("/me answers {answer} without a token"),
            );
            assert_check(&found, "clock", "-", "ok", "agrees with http://127.0.0.1:");
            assert_eq!(code, Some(exit), "{found:#?}");
            assert!(
                request.starts_with("GET /me ") && !request.to_lowercase().contains("authorization"),
                "{request}"
            );
        }
    }

    #[test]
    fn clock_that_differs_from_the_backend_fails() {
        let (found, status, _) = examine_backend("401", 90);
        assert_eq!(status, Some(1));
        assert_check(&found, "clock", "-", "fail", " behind http://127.0.0.1:");
    }

    #[test]
    fn unreachable_backend_fails() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let home = configured(&format!(
            "default_profile = \"app\"\n[profiles.app]\nsecret = \"env:APP\"\nbase_url = \"https://127.0.0.1:{port}\"\n"
        ));
        let (found, status) = examine(doctor(&home, &[]).with_env("APP", SECRET));
        assert_eq!(status, Some(1));
        assert_check(&found, "base_url", "app", "fail", &format!("https://127.0.0.1:{port}: "));
    }

    #[test]
    fn certificate_is_shown_with_names_and_days_left() {
        let home = TestHome::new();
        let (certificate, key) = put(home.path(), &made());
        let with = |certificate: &str| {
            let demo = doctor(&home, &["--profile", "demo"]);
            ["--tls-cert", certificate, "--tls-key", &key].iter().fold(demo, Call::with_argument)
        };
        let (found, status) = examine(with(&certificate));
        assert_eq!(status, Some(0), "{found:#?}");
        assert_check(&found, "certificate", "-", "ok", "for localhost, 127.0.0.1, days left: 36");
        let (found, status) = examine(with("/nowhere"));
        assert_eq!(status, Some(1));
        assert_check(&found, "certificate", "-", "fail", "/nowhere");
    }
}
