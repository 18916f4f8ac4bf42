//! Profiles: commands, the configuration file, policy, sources and prompts.

mod choice;
mod commands;
mod crash;
mod file;
mod policy;
mod prompt;
mod record;
mod sources;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::cli::token::{HEADER, SECRET, signed_with};
use crate::cli::{Call, Output, call, refusal};
use crate::test_home::TestHome;

/// The hint for every broken configuration.
const MEND: &str = "fix the file by hand; it is not changed while it is broken";

/// A home that several calls share.
struct Home(TestHome);

impl Home {
    /// Makes an empty home.
    fn new() -> Self {
        Self(TestHome::new())
    }

    /// Makes a home with this configuration.
    fn with(config: &str) -> Self {
        let home = Self::new();
        home.configure(config);
        home
    }

    /// Prepares a call in this home.
    fn call(&self, arguments: &[&str]) -> Call {
        call(arguments).with_env("HOME", self.0.path())
    }

    /// Runs a call in this home.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Output {
        self.call(arguments).run()
    }

    /// Returns the folder of the configuration.
    fn folder(&self) -> PathBuf {
        self.0.path().join(".config/stream-token")
    }

    /// Returns the path of the configuration.
    fn path(&self) -> PathBuf {
        self.folder().join("config.toml")
    }

    /// Reads the configuration.
    fn config(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// Writes the configuration.
    fn configure(&self, text: &str) {
        fs::create_dir_all(self.folder()).unwrap();
        fs::write(self.path(), text).unwrap();
        fs::set_permissions(self.path(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Returns the names in the folder of the configuration.
    fn names(&self) -> Vec<String> {
        names_in(&self.folder())
    }

    /// Returns the entries of the audit log that are about profiles and mints.
    fn log(&self) -> Vec<Value> {
        let listed = self.run(&["audit", "list", "-o", "json"]);
        let entries = listed.result().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.filter(|entry| entry["action"] != "segment_opened").collect()
    }
}

/// Returns the names in a folder, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs a call from a shell that first runs a command.
#[track_caller]
fn after(first: &str, call: &Call) -> Output {
    call.run_with(call.command_after(first).stdout(Stdio::piped()).stderr(Stdio::piped()))
}

/// Formats a note.
fn note(text: &str) -> String {
    format!("stream-token: note: {text}\n")
}

/// Returns the token of customer 1 signed with [`SECRET`], with its line break.
fn token() -> String {
    signed_with(SECRET, HEADER, r#"{"user_id":"customer-1"}"#) + "\n"
}
