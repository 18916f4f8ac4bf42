//! Sources of the secret: their precedence, and the files that are refused.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::token::{HEADER, SECRET, signed, signed_with};
use super::{Call, DEMO, FROM_ENV, call, demo, refusal, with_secret};

/// The hint for a source that holds something other than a secret.
const ALONE: &str = "it must hold nothing but the app's API secret, from Stream's dashboard";

/// The hint for a source without a secret.
const PUT: &str = "put a file there that holds the app's API secret, from Stream's dashboard; give its path, never the \
                   secret itself";

/// The hint for a file that others can read or write.
const PRIVATE: &str = "run 'chmod 600 secret'; if others could have read a secret or a key there, replace it";

/// Returns the token of customer 1 that a secret signs, with its line break.
fn token_of(secret: &str) -> String {
    signed_with(secret, HEADER, r#"{"user_id":"customer-1"}"#) + "\n"
}

/// Returns the token of customer 1 under the built-in profile.
fn demo_token() -> String {
    demo(&["-q", "issue", "1"]).run().result().to_owned()
}

/// Prepares a call whose secret is in a file of this content and mode.
fn from_file(content: impl AsRef<[u8]>, mode: u32) -> Call {
    let call = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "secret");
    call.home.write("secret", content.as_ref(), mode);
    call
}

/// Checks that the file is refused as unsafe for a secret.
#[track_caller]
fn assert_unsafe(call: &Call, why: &str, hint: &str) {
    call.run().is_refused(3, &format!("cannot use secret: {why}"), hint);
}

#[test]
fn missing_secret_lists_the_ways_to_set_one() {
    let hint = "add a profile with 'stream-token profile add'; or set STREAM_API_SECRET_FILE to a file that holds the app's API secret, or STREAM_API_SECRET to the \
                secret itself; or try '--profile demo'";
    call(&["issue", "1"]).run().is_refused(3, "no API secret is set", hint);
    call(&["verify", "x"]).run().is_refused(3, "no API secret is set", hint);
    call(&["issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "").run().is_refused(
        3,
        "no API secret is set",
        hint,
    );
    let line = format!(
        "{{\"error\":{{\"kind\":\"no_secret\",\"message\":\"no API secret is set\",\"hint\":\"{hint}\"}}}}\n"
    );
    call(&["issue", "1", "-o", "json"]).run().is(3, "", &line);
}

#[test]
fn profile_flag_precedes_variable_and_ambient_secret() {
    let ignored =
        |name: &str| format!("stream-token: note: {name} is set and ignored: profile demo is used\n{DEMO}");
    let flag = with_secret(&["--profile", "demo", "issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "nowhere");
    flag.run().is(0, &demo_token(), &ignored("STREAM_API_SECRET"));
    let variable = with_secret(&["issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "demo");
    variable.run().is(0, &demo_token(), &ignored("STREAM_API_SECRET"));
    let file = from_file(SECRET, 0o600).with_env("STREAM_TOKEN_PROFILE", "demo");
    file.run().is(0, &demo_token(), &ignored("STREAM_API_SECRET_FILE"));
    let unknown = with_secret(&["issue", "1"]).with_env("STREAM_TOKEN_PROFILE", "nowhere");
    unknown.run().is_refused(2, "there is no profile 'nowhere'", "profiles: demo");
}

#[test]
fn ignored_secret_is_not_read() {
    let call = demo(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "/nowhere");
    let note = "stream-token: note: STREAM_API_SECRET_FILE is set and ignored: profile demo is used\n";
    call.run().is(0, &demo_token(), &format!("{note}{DEMO}"));
}

#[test]
fn unknown_profile_is_a_usage_error() {
    let refused = |name: &str, shown: &str| {
        let output = call(&["--profile", name, "issue", "1"]).run();
        let error = format!(
            "{shown} is not a valid profile name: use 1 to 32 of a-z 0-9 _ -, beginning with a letter or a digit"
        );
        output.is_refused(2, &error, "'stream-token profile list' shows the profiles");
    };
    let unknown = call(&["--profile", "nowhere", "issue", "1"]).run();
    unknown.is_refused(2, "there is no profile 'nowhere'", "profiles: demo");
    refused("Demo", "'Demo'");
    refused("", "''");
    refused(&"0123456789abcdef".repeat(4), "a value of 64 characters");
}

#[test]
fn secret_in_variable_and_file_is_refused() {
    let error = "both STREAM_API_SECRET and STREAM_API_SECRET_FILE are set";
    let both = from_file(SECRET, 0o600).with_env("STREAM_API_SECRET", SECRET);
    both.run().is_refused(2, error, "unset one of them");
    let empty = from_file(SECRET, 0o600).with_env("STREAM_API_SECRET", "");
    empty.run().is_refused(2, error, "unset one of them");
}

#[test]
fn one_trailing_line_break_of_the_variable_is_dropped() {
    for end in ["", "\n", "\r\n"] {
        let call = call(&["issue", "1"]).with_env("STREAM_API_SECRET", format!("{SECRET}{end}"));
        call.run().is(0, &token_of(SECRET), FROM_ENV);
    }
}

#[test]
fn one_trailing_line_break_of_the_file_is_dropped() {
    let note = "stream-token: note: secret from file:secret\n";
    for end in ["", "\n", "\r\n"] {
        from_file(format!("{SECRET}{end}"), 0o600).run().is(0, &token_of(SECRET), note);
    }
    let two = format!("{SECRET}\n");
    let weak = "stream-token: note: the secret begins or ends with a blank or a line break\n";
    from_file(format!("{two}\n"), 0o600).run().is(0, &token_of(&two), &format!("{note}{weak}"));
    from_file(SECRET, 0o400).run().is(0, &token_of(SECRET), note);
}

#[test]
fn json_has_the_full_path_of_the_file() {
    let call = call(&["-q", "-o", "json", "issue", "1"]);
    let folder =
        call.home.path().join("a-folder-whose-name-is-longer-than-any-identifier-that-a-message-shows");
    fs::create_dir(&folder).unwrap();
    let path = call.home.write(
        "a-folder-whose-name-is-longer-than-any-identifier-that-a-message-shows/s",
        SECRET.as_bytes(),
        0o600,
    );
    let output = call.with_env("STREAM_API_SECRET_FILE", &path).run();
    let line: serde_json::Value = serde_json::from_str(output.result()).unwrap();
    assert_eq!(line["secret_source"], format!("file:{}", path.display()));
}

#[test]
fn file_open_to_others_is_refused() {
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o666] {
        assert_unsafe(
            &from_file(SECRET, mode),
            &format!("others can read or write it (mode {mode:o})"),
            PRIVATE,
        );
    }
}

#[test]
fn special_files_are_refused_without_waiting() {
    let (why, hint) = ("it is not a regular file", "a regular file is needed there");
    let folder = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "secret");
    fs::create_dir(folder.home.path().join("secret")).unwrap();
    assert_unsafe(&folder, why, hint);
    let pipe = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "secret");
    let path = pipe.home.path().join("secret");
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert_unsafe(&pipe, why, hint);
    let device = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "/dev/zero");
    device.run().is_refused(3, &format!("cannot use /dev/zero: {why}"), hint);
}

#[test]
fn link_is_judged_by_its_target() {
    let link = |mode| {
        let call = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "secret");
        call.home.write("target", SECRET.as_bytes(), mode);
        symlink("target", call.home.path().join("secret")).unwrap();
        call.run()
    };
    link(0o600).is(0, &token_of(SECRET), "stream-token: note: secret from file:secret\n");
    assert_eq!(link(0o644).status, Some(3));
}

#[test]
fn file_of_another_user_is_refused() {
    let call = from_file(SECRET, 0o600);
    let path = call.home.path().join("secret");
    // Only root can give a file away.
    if fs::metadata(&path).unwrap().uid() != 0 || chown(&path, Some(12345), None).is_err() {
        return;
    }
    assert_unsafe(
        &call,
        "it belongs to user 12345, neither to this user nor to root",
        "make it your own, or use a copy of your own",
    );
}

#[test]
fn missing_file_is_reported_by_path() {
    let missing = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "/nowhere/secret");
    missing.run().is_refused(3, "there is no secret at file:/nowhere/secret", PUT);
    let below = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", "/dev/null/secret");
    let error = "cannot open /dev/null/secret: Not a directory (os error 20)";
    below.run().is_refused(3, error, "check the path and who may use it");
}

#[test]
fn secret_given_as_a_path_is_not_echoed() {
    let secret = "0123456789abcdef".repeat(4);
    let output = call(&["issue", "1"]).with_env("STREAM_API_SECRET_FILE", &secret).run();
    output.is_refused(3, "there is no secret at file:a value of 64 characters", PUT);
}

#[test]
fn unusable_secret_is_refused_from_file_and_variable() {
    let utf16 = [&b"\xff\xfe"[..], &SECRET.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>()].concat();
    from_file(&utf16[2..], 0o600).run().is_refused(
        3,
        "cannot use file:secret: the secret has a NUL byte; if it is UTF-16 text, save it as UTF-8",
        ALONE,
    );
    from_file(&utf16, 0o600).run().is_refused(
        3,
        "cannot use file:secret: the secret has a NUL byte; if it is UTF-16 text, save it as UTF-8",
        ALONE,
    );
    from_file(format!("{SECRET}\0"), 0o600).run().is_refused(
        3,
        "cannot use file:secret: the secret has a NUL byte; if it is UTF-16 text, save it as UTF-8",
        ALONE,
    );
    let unusable: [(&[u8], &str, &str); 4] = [
        (b"", "the secret is empty", ALONE),
        (b"\n", "the secret is empty", ALONE),
        (&[b'a'; 4097], "the secret has more than 4096 bytes", ALONE),
        (b"s\xfe", "the secret is not UTF-8 text", ALONE),
    ];
    for (bytes, error, hint) in unusable {
        from_file(bytes, 0o600).run().is_refused(3, &format!("cannot use file:secret: {error}"), hint);
        let variable = call(&["issue", "1"]).with_env("STREAM_API_SECRET", OsStr::from_bytes(bytes));
        variable.run().is_refused(3, &format!("cannot use env:STREAM_API_SECRET: {error}"), hint);
    }
    let longest = "a".repeat(4096);
    let note = "stream-token: note: secret from file:secret\n";
    from_file(format!("{longest}\r\n"), 0o600).run().is(0, &token_of(&longest), note);
    from_file(vec![b'a'; 1024 * 1024], 0o600).run().is_refused(
        3,
        "cannot use file:secret: the secret has more than 4096 bytes",
        ALONE,
    );
}

#[test]
fn failing_source_is_final() {
    let output = from_file("", 0o600).with_env("HOME", "/").run();
    output.is(3, "", &refusal("cannot use file:secret: the secret is empty", ALONE));
}

#[test]
fn odd_secret_is_used_and_noted() {
    let weak = |secret: &str, note: &str| {
        let output = call(&["issue", "1"]).with_env("STREAM_API_SECRET", secret).run();
        output.is(0, &token_of(secret), &format!("{FROM_ENV}stream-token: note: {note}\n"));
    };
    let short = "the secret has only 31 bytes: HS256 wants 32 or more (RFC 7518 section 3.2)";
    weak(&"s".repeat(31), short);
    weak(&format!(" {SECRET}"), "the secret begins or ends with a blank or a line break");
    weak(&signed(r#"{"user_id":"customer-1"}"#), "the secret looks like a token");
    weak(&format!("\u{feff}{SECRET}"), "the secret begins with a byte order mark, as some editors write it");
    weak(&format!("'{SECRET}'"), "the secret begins or ends with a quotation mark");
    weak(&format!("{SECRET}\u{a0}"), "the secret has an invisible character, U+00A0");
    weak(&format!("API_SECRET={SECRET}"), "the secret is a line such as NAME=value, not the value alone");
    let sound = "s".repeat(32);
    let output = call(&["issue", "1"]).with_env("STREAM_API_SECRET", &sound).run();
    output.is(0, &token_of(&sound), FROM_ENV);
}

#[test]
fn api_key_used_as_the_secret_is_noted() {
    let key = "hx7key3abcdehx7key3abcdehx7key3abcde";
    let output =
        call(&["issue", "1"]).with_env("STREAM_API_SECRET", key).with_env("STREAM_API_KEY", key).run();
    let note =
        "stream-token: note: the secret is the API key, which Stream's dashboard shows beside the secret\n";
    output.is(0, &token_of(key), &format!("{FROM_ENV}{note}"));
}

#[test]
fn non_utf_8_variable_is_named() {
    let broken = OsStr::from_bytes(b"\xff");
    for (name, call) in
        [("STREAM_TOKEN_PROFILE", call(&["issue", "1"])), ("STREAM_API_KEY", with_secret(&["issue", "1"]))]
    {
        let error = format!("the environment variable {name} is not UTF-8");
        call.with_env(name, broken).run().is_refused(2, &error, &format!("set {name} anew"));
    }
}
