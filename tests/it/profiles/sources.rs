//! The sources of a profile: a password manager's command, and systemd's credentials.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Home, SECRET, note, refusal, token};
use crate::cli::{Call, Output};
use crate::tools::install_script;

/// The hint for a failed command.
const SEE: &str = "run the command by itself, and see what it says: it may wait for you to unlock something";

/// The hint for a source that holds something other than a secret.
const ALONE: &str = "it must hold nothing but the app's API secret, from Stream's dashboard";

/// Makes a home whose default profile runs a command, the script `manager`.
fn home_with_manager(script: &str, arguments: &str) -> (Home, String) {
    let home = Home::new();
    let manager = home.0.path().join("manager");
    install_script(script, &manager);
    let manager = manager.display().to_string();
    home.configure(&format!(
        "default_profile = \"a\"\n[profiles.a]\nsecret = 'command:{manager}{arguments}'\n"
    ));
    (home, manager)
}

/// Formats a path as messages do.
fn shown(path: &str) -> String {
    if path.chars().count() > 64 { path.chars().take(64).chain(['…']).collect() } else { path.to_owned() }
}

/// Mints with the secret that a script prints, and returns the output and the script's name in messages.
fn mint_with_script(script: &str) -> (Output, String) {
    let (home, manager) = home_with_manager(script, " show stream/a");
    (home.run(&["issue", "1"]), format!("command:{}", shown(&manager)))
}

/// Checks that minting with a script is refused.
#[track_caller]
fn assert_script_refused(script: &str, error: &str, hint: &str) {
    let (output, source) = mint_with_script(script);
    output.is_refused(3, &error.replace("SOURCE", &source), hint);
}

#[test]
fn command_output_is_the_secret_without_one_line_break() {
    for end in ["", "\\n", "\\r\\n"] {
        let (output, source) = mint_with_script(&format!("printf '%s{end}' '{SECRET}'"));
        output.is(0, &token(), &note(&format!("profile a, secret from {source}")));
    }
}

#[test]
fn only_one_line_break_is_trimmed() {
    let (output, source) = mint_with_script(&format!("printf '%s\\n\\n' '{SECRET}'"));
    assert_ne!(output.stdout, token());
    let weak = note("the secret begins or ends with a blank or a line break");
    output.is(0, &output.stdout, &(note(&format!("profile a, secret from {source}")) + &weak));
}

#[test]
fn failing_command_is_final() {
    assert_script_refused(&format!("echo {SECRET}; exit 3"), "SOURCE failed: exit status: 3", SEE);
    assert_script_refused(&format!("echo {SECRET}; kill -9 $$"), "SOURCE failed: signal: 9 (SIGKILL)", SEE);
    let (home, _) = home_with_manager("exit 1", "");
    let output = home
        .call(&["issue", "1"])
        .with_env("STREAM_TOKEN_PROFILE", "a")
        .with_env("STREAM_API_SECRET", SECRET);
    assert_eq!(output.run().status, Some(3));
}

#[test]
fn command_output_that_is_no_secret_is_refused() {
    assert_script_refused("true", "cannot use SOURCE: the secret is empty", ALONE);
    assert_script_refused("echo", "cannot use SOURCE: the secret is empty", ALONE);
    assert_script_refused("printf 's\\376'", "cannot use SOURCE: the secret is not UTF-8 text", ALONE);
    assert_script_refused(
        "printf 'secret\\0secret'",
        "cannot use SOURCE: the secret has a NUL byte; if it is UTF-16 text, save it as UTF-8",
        ALONE,
    );
    assert_script_refused(
        "head -c 4097 /dev/zero",
        "cannot use SOURCE: the secret has more than 4096 bytes",
        ALONE,
    );
    assert_script_refused(
        "exec cat /dev/zero",
        "cannot use SOURCE: the secret has more than 4096 bytes",
        ALONE,
    );
}

#[test]
fn unstartable_command_is_named_without_its_arguments() {
    let hint = "give the program's whole path; words are split at white space, and no shell is asked";
    let home = Home::new();
    let plain = home.0.write("plain", b"", 0o600).display().to_string();
    for (program, why) in [
        ("/nowhere/at-all", "No such file or directory (os error 2)"),
        ("nowhere-at-all", "No such file or directory (os error 2)"),
        (plain.as_str(), "Permission denied (os error 13)"),
    ] {
        home.configure(&format!("[profiles.a]\nsecret = 'command:{program} stream/private-words'\n"));
        let error = format!("command:{} cannot be run: {why}", shown(program));
        home.run(&["--profile", "a", "issue", "1"]).is_refused(3, &error, hint);
    }
}

#[test]
fn command_arguments_are_shown_by_profile_show_only() {
    let (home, manager) = home_with_manager("exit 1", " private-words");
    let output = home.run(&["issue", "1"]);
    assert!(!output.stderr.contains("private"), "{output}");
    let shown = home.run(&["profile", "show", "a"]);
    assert!(shown.result().contains(&format!("command:{manager} private-words\n")), "{shown}");
}

#[test]
fn commands_run_without_a_shell() {
    let words = "$(touch made) `touch made` \"a b\" ; touch made > made | x && * ~ $HOME";
    let script = format!("for word in \"$@\"; do echo \"<$word>\" >&2; done; echo '{SECRET}'");
    let (home, manager) = home_with_manager(&script, &format!(" {words}"));
    let expected = format!("<{}>\n", words.split_whitespace().collect::<Vec<_>>().join(">\n<"));
    let origin = note(&format!("profile a, secret from command:{}", shown(&manager)));
    home.run(&["issue", "1"]).is(0, &token(), &(expected + &origin));
    assert!(!home.0.path().join("made").exists());
}

#[test]
fn command_inherits_standard_error_and_has_no_input() {
    let (output, source) = mint_with_script("echo 'the vault is locked' >&2; cat; exit 2");
    let said = refusal(&format!("{source} failed: exit status: 2"), SEE);
    output.is(3, "", &format!("the vault is locked\n{said}"));
}

#[test]
fn command_inherits_the_environment_and_is_found_on_the_path() {
    let (home, _) = home_with_manager("echo \"$SESSION_OF_THE_VAULT\"", "");
    home.configure("default_profile = \"a\"\n[profiles.a]\nsecret = 'command:manager'\n");
    let call =
        home.call(&["issue", "1"]).with_env("PATH", home.0.path()).with_env("SESSION_OF_THE_VAULT", SECRET);
    call.run().is(0, &token(), &note("profile a, secret from command:manager"));
}

#[test]
fn command_is_not_run_if_no_secret_is_needed() {
    let (home, _) = home_with_manager("touch \"$HOME/ran\"; exit 1", "");
    for call in [
        &["profile", "show", "a"][..],
        &["profile", "list"],
        &["decode", "x"],
        &["--profile", "demo", "issue", "1"],
    ] {
        home.run(call);
    }
    assert!(!home.0.path().join("ran").exists());
}

/// Prepares a call whose profile takes a credential.
fn credential(home: &Home) -> Call {
    home.configure("default_profile = \"a\"\n[profiles.a]\nsecret = \"credential:stream\"\n");
    home.call(&["issue", "1"])
}

#[test]
fn credential_is_read_from_the_systemd_directory() {
    let home = Home::new();
    let folder = home.0.path().join("credentials");
    fs::create_dir(&folder).unwrap();
    let call = credential(&home).with_env("CREDENTIALS_DIRECTORY", &folder);
    let hint = "put a file there that holds the app's API secret, from Stream's dashboard; give its path, never the secret itself";
    call.run().is_refused(3, "there is no secret at credential:stream", hint);
    fs::write(folder.join("stream"), SECRET).unwrap();
    // systemd controls who may read it.
    fs::set_permissions(folder.join("stream"), fs::Permissions::from_mode(0o444)).unwrap();
    call.run().is(0, &token(), &note("profile a, secret from credential:stream"));
}

#[test]
fn credential_outside_a_service_is_reported() {
    let hint = "add LoadCredential= to the unit, or use env: or file: outside of systemd";
    let error = "cannot read credential:stream: CREDENTIALS_DIRECTORY is not set";
    credential(&Home::new()).run().is_refused(3, error, hint);
}

#[test]
fn missing_session_key_is_reported_with_a_remedy() {
    let home = Home::new();
    home.configure("default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\nsession_key = \"env:KEY\"\n");
    let call = || home.call(&["session", "new", "1"]).with_env("A", SECRET);
    let hint = "set KEY to a session key, such as 'openssl rand -hex 32' prints";
    call().run().is_refused(3, "the environment variable KEY is not set", hint);
    let hint = "it must hold nothing but a session key, such as 'openssl rand -hex 32' prints";
    call().with_env("KEY", "").run().is_refused(3, "cannot use env:KEY: the secret is empty", hint);
    let long = "k".repeat(10_000);
    call().with_env("KEY", long).run().is_refused(
        3,
        "cannot use env:KEY: the secret has more than 4096 bytes",
        hint,
    );
}

#[test]
fn odd_session_key_is_used_and_noted() {
    let home = Home::new();
    home.configure("default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\nsession_key = \"env:KEY\"\n");
    let call =
        home.call(&["session", "new", "1"]).with_env("A", SECRET).with_env("KEY", format!("\"{SECRET}\""));
    let output = call.run();
    let expected = note("session key: the secret begins or ends with a quotation mark");
    assert!(output.status == Some(0) && output.stderr.contains(&expected), "{output}");
}

#[test]
fn secret_file_of_a_profile_must_be_private() {
    let home = Home::new();
    let path = home.0.write("secret", SECRET.as_bytes(), 0o644).display().to_string();
    home.configure(&format!("default_profile = \"a\"\n[profiles.a]\nsecret = \"file:{path}\"\n"));
    let output = home.run(&["issue", "1"]);
    output.is(3, "", &output.stderr);
    assert!(output.stderr.contains("others can read or write it (mode 644)"), "{output}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let said = note(&format!("profile a, secret from file:{}", shown(&path)));
    home.run(&["issue", "1"]).is(0, &token(), &said);
}
