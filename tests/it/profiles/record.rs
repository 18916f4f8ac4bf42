//! Every change of a profile is in the audit log before it takes effect.

use std::fs;

use super::Home;

#[test]
fn every_change_is_recorded_with_its_actor() {
    let home = Home::new();
    let run = |arguments: &[&str]| home.call(arguments).with_env("SUDO_USER", "ann").run().is(0, "", "");
    run(&["-q", "profile", "add", "a", "--secret", "env:A"]);
    run(&["-q", "profile", "default", "demo"]);
    run(&["-q", "profile", "remove", "a", "--confirm", "a"]);
    let log = home.log();
    let told: Vec<_> =
        log.iter().map(|entry| (entry["action"].as_str(), entry["profile"].as_str())).collect();
    let expected = [("profile_add", "a"), ("profile_default", "demo"), ("profile_remove", "a")];
    assert_eq!(told, expected.map(|(action, profile)| (Some(action), Some(profile))));
    for entry in &log {
        assert_eq!((&entry["outcome"], &entry["channel"]), (&"ok".into(), &"cli".into()));
        assert_eq!(entry["actor"]["sudo_user"], "ann");
        assert!(entry["actor"]["user"].as_str().is_some_and(|user| !user.is_empty()));
    }
}

#[test]
fn configuration_is_unchanged_if_the_change_cannot_be_recorded() {
    let home = Home::with("[profiles.a]\nsecret = \"env:A\"\n");
    let before = home.config();
    let state = home.0.write("state", b"", 0o600).display().to_string();
    for change in [
        &["profile", "add", "b", "--secret", "env:B"][..],
        &["profile", "default", "a"],
        &["profile", "remove", "a", "--confirm", "a"],
    ] {
        let all: Vec<_> = ["--state-dir", &state].iter().chain(change).copied().collect();
        let output = home.run(&all);
        output.is(1, "", &output.stderr);
        assert!(output.stderr.contains("error: ") && output.stderr.contains(&state), "{output}");
        assert_eq!(home.config(), before);
    }
    assert!(!home.names().contains(&"config.toml.new".to_owned()));
}

#[test]
fn full_disk_under_the_log_changes_nothing() {
    let home = Home::new();
    home.run(&["-q", "profile", "add", "a", "--secret", "env:A"]).is(0, "", "");
    let before = home.config();
    let logs = home.0.path().join(".local/state/stream-token/audit");
    let mut segments = fs::read_dir(&logs).unwrap().map(|entry| entry.unwrap().path());
    let segment = segments.find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
    // The log has this many blocks of 512 bytes; the next entry does not fit, and the configuration does.
    let text = fs::read(&segment).unwrap();
    let blocks = text.len().div_ceil(512);
    let limit = format!("trap '' XFSZ; ulimit -f {blocks}");
    let mut changed = 0;
    // The rest of the last block takes an entry or two.
    while changed < 10 {
        let name = format!("p{changed}");
        let output = super::after(&limit, &home.call(&["profile", "add", &name, "--secret", "env:A"]));
        if output.status != Some(0) {
            assert_eq!(output.status, Some(1), "{output}");
            assert!(output.stderr.contains("nothing is changed that cannot be recorded"), "{output}");
            assert!(!home.config().contains(&name));
            break;
        }
        changed += 1;
    }
    assert!(changed < 10 && home.config().starts_with(before.trim_end()));
    assert_eq!(home.names(), ["config.toml", "config.toml.lock"]);
}
