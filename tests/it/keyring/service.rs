//! An isolated login session: a bus, a keyring on it, and a home.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cli::watchdog::{Watchdog, until};
use crate::cli::{Call, Output, call};
use crate::test_home::TestHome;
use crate::tools::has;

/// The name that a keyring owns on its bus.
const NAME: &str = "org.freedesktop.secrets";

/// The password of the keyring.
const PASSWORD: &[u8] = b"pw";

/// Returns `true` if a keyring can be started here; otherwise reports the check that is skipped.
pub(crate) fn is_here(unchecked: &str) -> bool {
    ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"]
        .iter()
        .all(|tool| has(tool, unchecked))
}

/// A process that ends with its test, even if the test panics.
pub(crate) struct Service {
    /// The process.
    child: Child,
    /// Kills the process if the test hangs.
    _watchdog: Watchdog,
}

impl Service {
    /// Starts the process.
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.spawn().unwrap();
        Self { _watchdog: Watchdog::over(&child), child }
    }

    /// Returns `true` if the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Sends the process a signal.
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A login session. Its processes end when it is dropped: the keyring first, then the bus.
pub(crate) struct Session {
    /// The keyring, if any.
    keyring: Option<Service>,
    /// The bus.
    _bus: Service,
    /// The bus's address.
    address: String,
    /// The home of all files except the keyring's.
    pub(crate) place: TestHome,
    /// The keyring's files, in memory: the program waits at most two seconds for it, and a busy disk takes longer.
    kept: TestHome,
}

impl Session {
    /// Starts a session with an unlocked keyring.
    pub(crate) fn new() -> Self {
        let mut session = Self::without_keyring("");
        session.start_keyring(true);
        session
    }

    /// Starts a session whose keyring has no default collection, as on a fresh host.
    pub(crate) fn fresh() -> Self {
        let mut session = Self::without_keyring("");
        session.start_keyring(false);
        session
    }

    /// Starts a session with additional bus rules and no keyring: no service is started on demand.
    pub(crate) fn without_keyring(rules: &str) -> Self {
        let place = TestHome::new();
        let home = place.path();
        fs::create_dir(home.join("run")).unwrap();
        fs::set_permissions(home.join("run"), Permissions::from_mode(0o700)).unwrap();
        let config = format!(
            "<busconfig><type>session</type><listen>unix:path={}/bus</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\"/><allow receive_sender=\"*\"/><allow own=\"*\"/>{rules}</policy></busconfig>",
            home.display()
        );
        fs::write(home.join("bus.conf"), config).unwrap();
        let mut command = place.command("dbus-daemon");
        command.arg("--config-file=bus.conf").args(["--nofork", "--nopidfile", "--print-address=1"]);
        let mut bus =
            Service::start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut address = String::new();
        BufReader::new(bus.child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("unix:"), "{address}");
        let address = address.trim_end().to_owned();
        Self { keyring: None, _bus: bus, address, place, kept: TestHome::in_memory() }
    }

    /// Starts the keyring, and waits until it is on the bus.
    pub(crate) fn start_keyring(&mut self, is_unlocked: bool) {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]).env("XDG_DATA_HOME", self.kept.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if is_unlocked {
            command.arg("--unlock");
        }
        let mut keyring = Service::start(command.stdin(Stdio::piped()));
        let mut stdin = keyring.child.stdin.take().unwrap();
        // Without `--unlock` the keyring does not read it.
        let _ = stdin.write_all(if is_unlocked { PASSWORD } else { b"" });
        drop(stdin);
        self.keyring = Some(keyring);
        let owned = format!("string:{NAME}");
        let asked = ["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", &owned];
        until("a keyring on the bus", || self.send(&asked).contains("true"));
    }

    /// Sends a message on the bus, and returns the reply.
    fn send(&self, message: &[&str]) -> String {
        let output = self.command("dbus-send").args(["--session", "--print-reply"]).args(message).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    /// Locks the keyring.
    pub(crate) fn lock(&self) {
        let collection = "array:objpath:/org/freedesktop/secrets/collection/login";
        let destination = format!("--dest={NAME}");
        let lock =
            [&destination, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", collection];
        let reply = self.send(&lock);
        assert!(reply.contains("collection/login"), "{reply}");
    }

    /// Sends the keyring a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.keyring.as_ref().unwrap().signal(signal);
    }

    /// Ends the keyring.
    pub(crate) fn end_keyring(&mut self) {
        self.keyring = None;
    }

    /// Prepares a command in this session.
    pub(crate) fn command(&self, program: &str) -> Command {
        let home = self.place.path();
        let mut command = self.place.command(program);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).env("XDG_RUNTIME_DIR", home.join("run"));
        command
    }

    /// Prepares a call of the program in this session.
    pub(crate) fn call(&self, arguments: &[&str]) -> Call {
        let home = self.place.path();
        let call = call(arguments).with_env("HOME", home).with_env("XDG_RUNTIME_DIR", home.join("run"));
        call.with_env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    /// Runs the program in this session.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.call(arguments).run()
    }

    /// Runs the program with a secret on standard input, which must not be printed.
    #[track_caller]
    pub(crate) fn pipe(&self, arguments: &[&str], secret: &str) -> Output {
        let output = self.call(arguments).with_stdin(secret).run();
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(secret.len() < 16 || !all.contains(secret), "gives the secret away: {output}");
        output
    }

    /// Adds a profile with its secret in the keyring.
    #[track_caller]
    pub(crate) fn add(&self, name: &str, secret: &str) {
        let add = ["-q", "profile", "add", name, "--api-key", "abc", "--secret-stdin"];
        self.pipe(&add, secret).is(0, "", "");
    }

    /// Returns the attributes of a profile's API secret in the keyring.
    fn attributes(name: &str) -> [&str; 4] {
        ["service", "app.stream-token.api-secret", "username", name]
    }

    /// Looks up a profile's item as any other program would; empty if there is none.
    pub(crate) fn lookup(&self, name: &str) -> String {
        let output = self.command("secret-tool").arg("lookup").args(Self::attributes(name)).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Reads a profile's item as JSON.
    #[track_caller]
    pub(crate) fn record(&self, name: &str) -> Value {
        serde_json::from_str(&self.lookup(name)).unwrap()
    }

    /// Stores a profile's item as any other program would, with additional attributes.
    pub(crate) fn store(&self, name: &str, more: &[&str], content: &str) {
        let mut command = self.command("secret-tool");
        command.args(["store", "--label=by hand"]).args(Self::attributes(name)).args(more);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(content.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Returns the path of the configuration.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.place.path().join(".config/stream-token/config.toml")
    }

    /// Reads the configuration; empty if there is none.
    pub(crate) fn config(&self) -> String {
        fs::read_to_string(self.config_path()).unwrap_or_default()
    }

    /// Returns the folder of the audit log's segments.
    pub(crate) fn log_folder(&self) -> PathBuf {
        self.place.path().join(".local/state/stream-token/audit")
    }

    /// Returns the action, the outcome and the reason of each audit entry about a change.
    #[track_caller]
    pub(crate) fn told(&self) -> Vec<String> {
        let listed = self.run(&["audit", "list", "-o", "json"]);
        let entries = listed.result().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let entries = entries.filter(|entry| entry["action"] != "segment_opened");
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let told = entries.map(|entry| {
            format!("{} {} {}", text(&entry["action"]), text(&entry["outcome"]), text(&entry["reason"]))
        });
        told.collect()
    }
}

/// Returns `true` if any file of a folder holds a text.
pub(crate) fn holds(folder: &Path, text: &str) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten();
    files.flatten().any(|file| fs::read_to_string(file.path()).is_ok_and(|found| found.contains(text)))
}
