//! A home directory for a server: a profile whose secret and session key come from the environment, and its own state.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Server, arguments};
use crate::cli::token::SECRET;
use crate::cli::{Call, Output, call};
use crate::test_home::TestHome;

/// The session key of the profile.
pub(crate) const SESSION_KEY: &str = "a-session-key-of-the-tests-0123456789abc";

/// The configuration.
const CONFIG: &str = "default_profile = \"staging\"\n\n[profiles.staging]\nsecret = \"env:STAGING_SECRET\"\nsession_key = \"env:STAGING_SESSION_KEY\"\n";

/// The home directory. Every process run in it shares its profile and its state.
pub(crate) struct TestServerHome(TestHome);

impl TestServerHome {
    /// Creates a home.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// Creates a home whose profile has these extra keys.
    pub(crate) fn with(more: &str) -> Self {
        Self::at(TestHome::new(), more)
    }

    /// Creates a home in memory, so that no response waits for a busy disk.
    pub(crate) fn in_memory() -> Self {
        Self::at(TestHome::in_memory(), "")
    }

    /// Creates a home in a directory.
    fn at(home: TestHome, more: &str) -> Self {
        fs::create_dir_all(home.path().join(".config/stream-token")).unwrap();
        home.write(".config/stream-token/config.toml", format!("{CONFIG}{more}").as_bytes(), 0o600);
        Self(home)
    }

    /// Returns the folder.
    pub(crate) fn home(&self) -> &Path {
        self.0.path()
    }

    /// Returns the state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.home().join(".local/state/stream-token")
    }

    /// Prepares a call in this home.
    pub(crate) fn call(&self, arguments: &[&str]) -> Call {
        let call = call(arguments).with_env("HOME", self.home());
        call.with_env("STAGING_SECRET", SECRET).with_env("STAGING_SESSION_KEY", SESSION_KEY)
    }

    /// Runs a call in this home, and checks that its output contains no secret.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.call(arguments).run();
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(!all.contains(SECRET) && !all.contains(SESSION_KEY), "gives a secret away: {output}");
        output
    }

    /// Starts a server in this home, with these extra flags.
    #[track_caller]
    pub(crate) fn serve(&self, flags: &[&str]) -> Server {
        Server::start(&self.serving(flags))
    }

    /// Prepares a call that starts a server in this home, with these extra flags.
    pub(crate) fn serving(&self, flags: &[&str]) -> Call {
        self.call(&arguments(flags))
    }

    /// Creates a session for a customer, and returns its token.
    #[track_caller]
    pub(crate) fn session(&self, customer: &str) -> String {
        self.run(&["-q", "session", "new", customer]).result().trim_end().to_owned()
    }

    /// Returns the entries of the audit log with this action, oldest first.
    #[track_caller]
    pub(crate) fn entries(&self, action: &str) -> Vec<Value> {
        let listed = self.run(&["audit", "list", "-o", "json"]);
        let entries = listed.result().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.filter(|entry| entry["action"] == action).collect()
    }
}
