//! The effects of each command on the keyring, the configuration and the log.

use std::fs;

use serde_json::Value;

use super::service::Session;
use super::{FIRST, SECOND, note, session};
use crate::cli::token::{HEADER, signed_with};

/// The fingerprint of [`FIRST`], as the program shows it.
fn fingerprint_of(session: &Session) -> String {
    let listed = session.run(&["secret", "list", "-o", "json"]);
    let line: Value = serde_json::from_str(listed.result().lines().next().unwrap()).unwrap();
    line["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn profile_add_stores_the_secret_for_minting() {
    let session = session!(Session::new());
    let added = session.pipe(&["profile", "add", "staging", "--api-key", "abc", "--secret-stdin"], FIRST);
    let stored = format!(
        "stored the API secret of profile staging in the keyring, fingerprint {}",
        fingerprint_of(&session)
    );
    let path = session.config_path();
    let said =
        note(&stored) + &note(&format!("added profile staging to {}; it is the default", path.display()));
    added.is(0, "", &said);
    let config = "default_profile = \"staging\"

[profiles.staging]
secret = \"keyring\"
api_key = \"abc\"
";
    assert_eq!(session.config(), config);
    let token = signed_with(FIRST, HEADER, r#"{"user_id":"customer-7"}"#) + "\n";
    session.run(&["issue", "7"]).is(0, &token, &note("profile staging, secret from keyring"));
    assert_eq!(session.told()[..2], ["secret_set ok -", "profile_add ok -"]);
}

#[test]
fn profile_add_never_overwrites_another_secret() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let (record, config) = (session.lookup("staging"), session.config());
    fs::remove_file(session.config_path()).unwrap();
    let add = ["profile", "add", "staging", "--api-key", "abc", "--secret-stdin"];
    session.pipe(&add, SECOND).is_refused(
        2,
        "the keyring holds another API secret of profile staging already, and it is not overwritten",
        "if it is not needed, remove it with 'stream-token secret remove staging'",
    );
    assert_eq!((session.lookup("staging"), session.config()), (record.clone(), String::new()));
    // With the same secret the command continues where it was interrupted.
    let again = session.pipe(&add, FIRST);
    assert!(
        again.stderr.starts_with("stream-token: note: the keyring holds the API secret of profile staging")
    );
    assert_eq!((again.status, session.lookup("staging"), session.config()), (Some(0), record, config));
}

#[test]
fn set_replaces_the_secret_and_keeps_no_previous_one() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let set = ["secret", "set", "staging", "--secret-stdin"];
    let told = session.pipe(&set, SECOND);
    let fingerprint = fingerprint_of(&session);
    let said = format!("stored the API secret of profile staging in the keyring, fingerprint {fingerprint}");
    told.is(0, "", &note(&said));
    let record = session.record("staging");
    assert_eq!((&record["current"]["secret"], &record["previous"]), (&SECOND.into(), &Value::Array(vec![])));
    let told = session.told().len();
    let unchanged = note("it is the API secret of profile staging already: nothing is changed");
    session.pipe(&set, SECOND).is(0, "", &unchanged);
    assert_eq!((session.record("staging"), session.told().len()), (record, told));
}

#[test]
fn secret_with_quotes_or_a_name_needs_as_is() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let before = (session.lookup("staging"), session.config());
    let hint = "give the secret alone, as it was made, with nothing around it; if this is it, add --as-is";
    let quoted = format!("\"{SECOND}\"\n");
    let lines = format!("STREAM_API_SECRET={SECOND}\n");
    let both = [
        (quoted.as_str(), "begins or ends with a quotation mark"),
        (&lines, "is a line such as NAME=value, not the value alone"),
    ];
    for (text, why) in both {
        for (verb, profile) in
            [(["profile", "add"], "other"), (["secret", "set"], "staging"), (["secret", "rotate"], "staging")]
        {
            let call = [&verb[..], &[profile, "--secret-stdin"]].concat();
            let error = format!("cannot store the API secret of profile {profile}: the secret {why}");
            session.pipe(&call, text).is_refused(2, &error, hint);
        }
    }
    let key = ["secret", "set", "staging", "--session-key", "--secret-stdin"];
    let error =
        "cannot store the session key of profile staging: the secret begins or ends with a quotation mark";
    let hint = "give the secret alone, as it was made, with nothing around it; if this is it, add --as-is";
    session.pipe(&key, &quoted).is_refused(2, error, hint);
    assert_eq!((session.lookup("staging"), session.config()), before);
    let set = ["-q", "secret", "set", "staging", "--secret-stdin", "--as-is"];
    session.pipe(&set, &quoted).is(0, "", "");
    assert_eq!(session.record("staging")["current"]["secret"], quoted.trim());
    let said = session.run(&["issue", "7"]).stderr;
    assert!(said.ends_with(&note("the secret begins or ends with a quotation mark")), "{said}");
    let listed = session.run(&["secret", "list"]);
    let (head, row) = listed.result().trim_end().split_once('\n').unwrap();
    assert!(head.contains(" AGE ") && head.ends_with(" PROBLEM"), "{head}");
    assert!(row.ends_with("  the secret begins or ends with a quotation mark"), "{row}");
}

#[test]
fn api_key_needs_as_is_and_nul_is_always_refused() {
    let session = session!(Session::new());
    let add = ["profile", "add", "staging", "--api-key", "abc", "--secret-stdin"];
    let error = "cannot store the API secret of profile staging: the secret is the API key, which Stream's dashboard shows beside the secret";
    let hint = "give the secret alone, as it was made, with nothing around it";
    session.pipe(&add, "abc\n").is_refused(2, error, &format!("{hint}; if this is it, add --as-is"));
    let error = "cannot store the API secret of profile staging: the secret has a NUL byte; if it is UTF-16 text, save it as UTF-8";
    session.pipe(&[&add[..], &["--as-is"]].concat(), &format!("{FIRST}\0")).is_refused(2, error, hint);
    assert_eq!((session.lookup("staging").as_str(), session.config().as_str()), ("", ""));
}

#[test]
fn rotate_keeps_the_previous_secret_and_list_shows_both() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let first = fingerprint_of(&session);
    session.pipe(&["-q", "secret", "rotate", "staging", "--secret-stdin"], SECOND).is(0, "", "");
    let record = session.record("staging");
    assert_eq!((&record["version"], &record["generation"]), (&1.into(), &2.into()));
    assert_eq!(record["current"]["secret"], SECOND);
    assert_eq!(record["previous"][0]["secret"], FIRST);
    let listed = session.run(&["secret", "list", "-o", "json"]);
    let line: Value = serde_json::from_str(listed.result()).unwrap();
    let day = 24 * 60 * 60;
    let replaced_at = line["previous"][0]["replaced_at"].as_u64().unwrap();
    assert_eq!(line["previous"][0]["fingerprint"], first);
    assert_eq!(line["previous"][0]["kept_until"], replaced_at + 30 * day);
    assert_eq!(
        (&line["profile"], &line["kind"], &line["source"]),
        (&"staging".into(), &"api_secret".into(), &"keyring".into())
    );
    assert_eq!((&line["api_key"], &line["error"]), (&"abc".into(), &Value::Null));
    assert_eq!(session.told().last().unwrap(), "secret_rotate ok -");
}

#[test]
fn rotate_with_keep_for_zero_keeps_nothing() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let rotate = ["secret", "rotate", "staging", "--secret-stdin", "--keep-for", "0s"];
    let told = session.pipe(&rotate, SECOND);
    assert!(told.stderr.contains("the one before verifies until "), "{told}");
    assert_eq!(session.record("staging")["previous"], Value::Array(vec![]));
}

#[test]
fn remove_previous_leaves_the_current_secret() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    session.pipe(&["-q", "secret", "rotate", "staging", "--secret-stdin"], SECOND).is(0, "", "");
    let remove = ["secret", "remove", "staging", "--previous", "--confirm", "staging"];
    let what = "the previous versions of the API secret of profile staging";
    session.run(&remove).is(0, "", &note(&format!("removed {what} from the keyring")));
    let record = session.record("staging");
    assert_eq!((&record["current"]["secret"], &record["previous"]), (&SECOND.into(), &Value::Array(vec![])));
    let again = note(&format!("nothing was removed, as the keyring does not hold {what}"));
    session.run(&remove).is(0, "", &again);
}

#[test]
fn secret_remove_deletes_the_item_and_keeps_the_profile() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let (config, remove) = (session.config(), ["secret", "remove", "staging", "--confirm", "staging"]);
    let removed = note("removed the API secret of profile staging from the keyring");
    session.run(&remove).is(0, "", &removed);
    assert_eq!((session.lookup("staging").as_str(), session.config()), ("", config));
    assert_eq!(session.told().last().unwrap(), "secret_remove ok -");
    let again = note("nothing was removed, as the keyring does not hold the API secret of profile staging");
    session.run(&remove).is(0, "", &again);
    session.run(&["secret", "remove", "stagign", "--confirm", "stagign"]).is_refused(
        2,
        "nothing was removed, as the keyring does not hold the API secret of profile stagign: there is no profile 'stagign'",
        "profiles: staging, demo",
    );
}

#[test]
fn profile_remove_deletes_the_item() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let said = note("removed profile staging and its secret in the keyring")
        + &note("no profile is the default now");
    session.run(&["profile", "remove", "staging", "--confirm", "staging"]).is(0, "", &said);
    assert_eq!((session.lookup("staging"), session.config()), (String::new(), String::new()));
    assert_eq!(session.told()[2..], ["profile_remove ok -", "secret_remove ok -"]);
}

#[test]
fn session_key_is_random_and_a_separate_item() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let api_secret = session.lookup("staging");
    session.run(&["-q", "secret", "set", "staging", "--session-key"]).is(0, "", "");
    let key = || {
        let mut command = session.command("secret-tool");
        command.args(["lookup", "service", "app.stream-token.session-key", "username", "staging"]);
        let record: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        record["current"]["secret"].as_str().unwrap().to_owned()
    };
    let first = key();
    assert_eq!(first.len(), 43);
    session.run(&["-q", "secret", "rotate", "staging", "--session-key"]).is(0, "", "");
    assert_ne!(key(), first);
    assert_eq!(session.lookup("staging"), api_secret);
    let told = session.told();
    assert_eq!(told[2..], ["secret_set ok session key", "secret_rotate ok session key"]);
    session
        .run(&["-q", "secret", "remove", "staging", "--session-key", "--confirm", "staging"])
        .is(0, "", "");
    assert_eq!(session.lookup("staging"), api_secret);
}

#[test]
fn record_of_another_program_is_read() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let record = format!(
        r#"{{"version":1,"generation":4,"current":{{"id":4,"secret":"{SECOND}","set_at":5}},"previous":[]}}"#
    );
    session.store("staging", &[], &record);
    let token = signed_with(SECOND, HEADER, r#"{"user_id":"customer-7"}"#) + "\n";
    session.run(&["-q", "issue", "7"]).is(0, &token, "");
}

#[test]
fn keyring_is_unchanged_if_the_change_cannot_be_recorded() {
    let session = session!(Session::new());
    session.add("staging", FIRST);
    let before = (session.lookup("staging"), session.config());
    let state = session.place.path().join("in-the-way");
    fs::write(&state, "").unwrap();
    let state = state.to_str().unwrap();
    for change in [
        &["secret", "set", "staging", "--secret-stdin"][..],
        &["secret", "rotate", "staging", "--secret-stdin"],
        &["secret", "remove", "staging", "--confirm", "staging"],
        &["profile", "remove", "staging", "--confirm", "staging"],
        &["profile", "add", "other", "--secret-stdin"],
    ] {
        let all = [&["--state-dir", state][..], change].concat();
        let output = session.pipe(&all, SECOND);
        assert_eq!((output.status, output.stdout.as_str()), (Some(1), ""), "{output}");
        assert!(output.stderr.contains(state), "{output}");
        assert_eq!((session.lookup("staging"), session.config()), before, "{change:?}");
        assert_eq!(session.lookup("other"), "");
    }
}
