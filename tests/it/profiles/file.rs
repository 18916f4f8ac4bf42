//! The configuration file: its path, its permissions, and refused contents.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Home, MEND, SECRET, after, names_in, note};

/// A configuration with comments in every place.
const COMMENTED: &str = "# heading\n\n# the usual one\ndefault_profile = \"a\" # for now\n\n# of a\n[profiles.a] # here\n\
                         secret = \"env:A\" # there\n\n# of b\n[profiles.b]\nsecret='env:B'\n# end\n";

/// Returns a file's permission bits.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// Checks that every change is refused with this error, and leaves the file and its folder unchanged.
#[track_caller]
fn assert_every_change_refused(home: &Home, status: i32, error: &str, hint: &str) {
    let before = fs::read(home.path()).unwrap();
    for change in [
        &["profile", "add", "new", "--secret", "env:A"][..],
        &["profile", "default", "demo"],
        &["profile", "remove", "a", "--confirm", "a"],
    ] {
        home.run(change).is_refused(status, error, hint);
        assert_eq!(fs::read(home.path()).unwrap(), before);
        let names = home.names();
        assert!(names == ["config.toml"] || names == ["config.toml", "config.toml.lock"], "{names:?}");
    }
    assert_eq!(home.log(), [serde_json::Value::Null; 0]);
}

#[test]
fn file_and_folders_are_private_under_any_umask() {
    for umask in ["000", "022", "027", "077"] {
        let home = Home::new();
        after(&format!("umask {umask}"), &home.call(&["-q", "profile", "add", "a", "--secret", "env:A"]))
            .is(0, "", "");
        let modes =
            [home.path(), home.folder(), home.folder().parent().unwrap().into()].map(|path| mode(&path));
        assert_eq!(modes, [0o600, 0o700, 0o700], "{umask}");
    }
}

#[test]
fn next_change_makes_the_file_private() {
    let home = Home::with("");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o644)).unwrap();
    home.run(&["-q", "profile", "add", "a", "--secret", "env:A"]).is(0, "", "");
    assert_eq!(mode(&home.path()), 0o600);
}

#[test]
fn comments_and_order_survive_every_change() {
    let home = Home::with(COMMENTED);
    home.run(&["-q", "profile", "default", "b"]).is(0, "", "");
    let expected = COMMENTED.replace("= \"a\"", "= \"b\"");
    assert_eq!(home.config(), expected);
    home.run(&["-q", "profile", "add", "c", "--secret", "env:C"]).is(0, "", "");
    let expected = expected + "\n[profiles.c]\nsecret = \"env:C\"\n";
    assert_eq!(home.config(), expected);
    home.run(&["-q", "profile", "remove", "a", "--confirm", "a"]).is(0, "", "");
    let gone = "\n# of a\n[profiles.a] # here\nsecret = \"env:A\" # there\n";
    assert_eq!(home.config(), expected.replace(gone, ""));
}

#[test]
fn unknown_settings_are_refused_with_their_line() {
    for (text, place, why) in [
        ("nonsense = 1\n", "1:1", "unknown field `nonsense`, expected `default_profile` or `profiles`"),
        (
            "[profiles.a]\nsecret = \"env:A\"\n  secrt = 1\n",
            "3:3",
            "unknown field `secrt`, expected one of `api_key`, `secret`, `session_key`, `base_url`, `policy`, `sessions`",
        ),
        (
            "[profiles.a]\nsecret = \"file:secrets/a\"\n",
            "2:10",
            "a source is keyring, env:NAME, file:/abs, credential:NAME or command:PROG ARGS, never the secret itself",
        ),
    ] {
        let home = Home::with(text);
        let error = format!("{}:{place}: {why}", home.path().display());
        for call in [
            &["profile", "list"][..],
            &["profile", "show", "demo"],
            &["issue", "1"],
            &["--profile", "a", "issue", "1"],
        ] {
            home.run(call).is_refused(2, &error, MEND);
        }
        assert_every_change_refused(&home, 2, &error, MEND);
    }
}

#[test]
fn secret_in_the_file_is_refused_without_echo() {
    let secret = "a1b2c3d4".repeat(8);
    for value in
        [secret.clone(), format!("env:{secret}"), format!("credential:{secret}"), "hunter2-hunter2".into()]
    {
        let home = Home::with(&format!("[profiles.a]\nsecret = \"{value}\"\n"));
        let output = home.run(&["profile", "list"]);
        output.is(2, "", &output.stderr);
        assert!(
            output.stderr.contains("config.toml:2:10: ")
                && !output.stderr.contains(&value[value.len() - 6..]),
            "{output}"
        );
    }
}

#[test]
fn broken_file_is_never_overwritten() {
    for text in [
        "a = ",
        "[profiles.a]\n",
        "default_profile = \"b\"\n",
        "[profiles.demo]\nsecret = \"env:A\"\n",
        "\u{0}",
    ] {
        let home = Home::with(text);
        let said = home.run(&["profile", "list"]).stderr;
        let error = said.strip_prefix("stream-token: error: ").unwrap().split('\n').next().unwrap();
        assert_every_change_refused(&home, 2, error, MEND);
    }
}

#[test]
fn non_utf_8_file_is_refused_and_kept() {
    let home = Home::with("");
    fs::write(home.path(), [0xff, 0xfe]).unwrap();
    let error = format!("cannot read {}: stream did not contain valid UTF-8", home.path().display());
    assert_every_change_refused(&home, 1, &error, "check the path and who may use it");
}

#[test]
fn file_size_is_limited_to_256_kib() {
    let home = Home::with(&"#".repeat(256 * 1024 + 1));
    let error = format!("{}: it has more than 262144 bytes", home.path().display());
    assert_every_change_refused(&home, 2, &error, MEND);
    home.configure(&("#".repeat(256 * 1024 - 1) + "\n"));
    home.run(&["profile", "show", "demo"]).result();
}

/// Returns the hint for a file that others can write.
fn chmod_hint(path: &str, bits: u32) -> String {
    let container = if bits & 0o007 > 0 {
        ""
    } else {
        "; in a container, run with its group as your own (fsGroup and runAsGroup)"
    };
    format!("look it over, then run 'chmod go-w {path}'{container}")
}

#[test]
fn file_writable_by_others_is_refused() {
    let home = Home::with("[profiles.a]\nsecret = \"env:A\"\n");
    for bits in [0o620, 0o602, 0o666] {
        fs::set_permissions(home.path(), fs::Permissions::from_mode(bits)).unwrap();
        let path = home.path().display().to_string();
        let error = format!("cannot use {path}: others can write it (mode {bits:o})");
        let hint = chmod_hint(&path, bits);
        assert_every_change_refused(&home, 2, &error, &hint);
        home.run(&["--profile", "a", "issue", "1"]).is_refused(2, &error, &hint);
        home.call(&["--profile", "demo", "issue", "1"]).run().is(
            0,
            &home.run(&["-q", "--profile", "demo", "issue", "1"]).stdout,
            crate::cli::DEMO,
        );
    }
}

#[test]
fn pipes_and_devices_are_refused_at_once() {
    let home = Home::new();
    fs::create_dir_all(home.folder()).unwrap();
    mknodat(CWD, home.path(), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let pipe = home.path().display().to_string();
    for (path, call) in [
        (pipe.as_str(), &["profile", "list"][..]),
        (&pipe, &["profile", "add", "a", "--secret", "env:A"]),
        ("/dev/zero", &["profile", "list"]),
    ] {
        let error = format!("cannot use {path}: it is not a regular file");
        let arguments: Vec<_> = ["--config", path].iter().chain(call).copied().collect();
        home.run(&arguments).is_refused(2, &error, "a regular file is needed there");
    }
}

#[test]
fn named_configuration_must_exist_except_for_add() {
    let home = Home::with("default_profile = \"a\"\n[profiles.a]\nsecret = \"env:A\"\n");
    let path = home.0.path().join("none/c.toml").display().to_string();
    let error = format!("there is no configuration at {path}");
    let hint =
        "check the path in --config or STREAM_TOKEN_CONFIG; 'stream-token profile add NAME' makes a new one";
    for call in [
        &["issue", "1"][..],
        &["--profile", "a", "verify", "x"],
        &["profile", "list"],
        &["profile", "show", "a"],
        &["profile", "default", "demo"],
        &["profile", "remove", "a", "--confirm", "a"],
        &["secret", "list"],
        &["secret", "set", "a"],
        &["secret", "remove", "a"],
    ] {
        let arguments: Vec<_> = ["--config", &path].iter().chain(call).copied().collect();
        home.run(&arguments).is_refused(2, &error, hint);
    }
    let ambient = home.call(&["--config", &path, "issue", "1"]).with_env("STREAM_API_SECRET", SECRET);
    ambient.run().is_refused(2, &error, hint);
    assert!(!home.0.path().join("none").exists());
    home.run(&["-q", "--config", &path, "profile", "add", "b", "--secret", "env:B"]).is(0, "", "");
    home.run(&["--config", &path, "profile", "show", "b"]).result();
}

#[test]
fn file_of_another_user_is_refused() {
    let home = Home::with("[profiles.a]\nsecret = \"env:A\"\n");
    // Only root can give a file away, and root trusts its own.
    if fs::metadata(home.path()).unwrap().uid() != 0 || chown(home.path(), Some(12345), None).is_err() {
        return;
    }
    let error = format!(
        "cannot use {}: it belongs to user 12345, neither to this user nor to root",
        home.path().display()
    );
    assert_every_change_refused(&home, 2, &error, "make it your own, or use a copy of your own");
}

#[test]
fn link_is_followed_and_kept() {
    let home = Home::new();
    fs::create_dir_all(home.folder()).unwrap();
    let kept = home.folder().join("kept.toml");
    fs::write(&kept, "").unwrap();
    symlink("kept.toml", home.path()).unwrap();
    for name in ["a", "b"] {
        home.run(&["-q", "profile", "add", name, "--secret", "env:A"]).is(0, "", "");
        assert!(home.path().is_symlink() && !kept.is_symlink());
    }
    assert_eq!(fs::read_to_string(&kept).unwrap().matches("[profiles.").count(), 2);
    assert_eq!(home.names(), ["config.toml", "kept.toml", "kept.toml.lock"]);
}

#[test]
fn config_flag_creates_the_file_and_its_folders() {
    let home = Home::new();
    for file in ["mine.toml", "new/er/mine.toml"] {
        let call = |arguments: &[&str]| {
            let all: Vec<_> = ["--config", file].iter().chain(arguments).copied().collect();
            after(&format!("cd '{}'", home.0.path().display()), &home.call(&all))
        };
        call(&["profile", "add", "a", "--secret", "env:A"]).is(
            0,
            "",
            &note(&format!("added profile a to {file}; it is the default")),
        );
        assert!(call(&["profile", "show", "a"]).result().starts_with("name     a, the default\n"));
        let path = home.0.path().join(file);
        let names = names_in(path.parent().unwrap());
        assert!(
            names.iter().any(|name| name == "mine.toml.lock")
                && !names.iter().any(|name| name == "mine.toml.new")
        );
        assert_eq!(mode(&path), 0o600);
    }
    assert_eq!(mode(&home.0.path().join("new/er")), 0o700);
    assert!(!home.folder().exists());
}

#[test]
fn xdg_config_home_is_used() {
    if cfg!(target_os = "macos") {
        return;
    }
    let home = Home::new();
    let folder = home.0.path().join("xdg");
    let add =
        home.call(&["-q", "profile", "add", "a", "--secret", "env:A"]).with_env("XDG_CONFIG_HOME", &folder);
    add.run().is(0, "", "");
    assert!(folder.join("stream-token/config.toml").is_file() && !home.folder().exists());
}

#[test]
fn full_disk_leaves_the_file_unchanged() {
    let home = Home::new();
    home.run(&["-q", "profile", "add", "a", "--secret", "env:A"]).is(0, "", "");
    let before = home.config();
    // Writing beyond the limit fails as on a full disk, once the signal for it is ignored.
    let full = "trap '' XFSZ; ulimit -f 0";
    for change in [&["profile", "add", "b", "--secret", "env:B"][..], &["profile", "default", "demo"]] {
        let output = after(full, &home.call(change));
        let error = format!("cannot write {}: File too large (os error 27)", home.path().display());
        output.is_refused(1, &error, "check the path and who may use it");
        assert_eq!(home.config(), before);
        assert_eq!(home.names(), ["config.toml", "config.toml.lock"]);
    }
    assert_eq!(home.log().len(), 1);
}

#[test]
fn unwritable_folder_fails_the_change() {
    let home = Home::with("");
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o500)).unwrap();
    let is_root = fs::metadata(home.path()).unwrap().uid() == 0;
    // Root can write everywhere except where the kernel itself refuses.
    let path = if is_root { "/proc/stream-token.toml".into() } else { home.path().display().to_string() };
    let output = home.run(&["--config", &path, "profile", "add", "a", "--secret", "env:A"]);
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o700)).unwrap();
    output.is(1, "", &output.stderr);
    assert!(
        output.stderr.starts_with(&format!("stream-token: error: cannot open {path}.lock: ")),
        "{output}"
    );
    assert_eq!(home.names(), ["config.toml"]);
}
