//! Checks of files and directories: the configuration, the state and its disk, the audit log, the clock and completions.

use std::fs::read_dir;
use std::path::PathBuf;
use std::time::Duration;

use super::Checkup;
use crate::audit::{self, Filter, MIN_FREE_BYTES};
use crate::cli::completion_script;
use crate::error::ErrorReport;
use crate::escape::path_in_full;
use crate::fs::{self, FileUse};
use crate::output::Diagnosis;

/// The largest accepted difference between two clocks: other clocks are known in whole seconds, and an answer takes time.
pub(super) const MAX_SKEW: Duration = Duration::from_secs(2);

/// The paths at which shells look for completions, below the data directories of the user and of the system.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "bash-completion/completions/stream-token"),
    ("zsh", "zsh/site-functions/_stream-token"),
    ("zsh", "zsh/vendor-completions/_stream-token"),
    ("fish", "fish/completions/stream-token.fish"),
    ("fish", "fish/vendor_completions.d/stream-token.fish"),
];

/// Checks the configuration.
pub(super) fn config(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let path = checkup.context.config_place().path.filter(|path| path.exists());
    vec![match (&checkup.config, path) {
        (Err(report), _) => Diagnosis::fail("config", report.clone()),
        (Ok(config), Some(path)) => {
            Diagnosis::ok("config", format!("{}, profiles: {}", path_in_full(&path), config.names().count()))
        }
        (Ok(_), None) => {
            Diagnosis::note("config", "there is none", "add a profile with 'stream-token profile add NAME'")
        }
    }]
}

/// Checks the permissions of the configuration and of the state's files and directories.
pub(super) fn modes(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let state = checkup.context.state_dir().unwrap_or_default();
    let config = checkup.context.config_place().path.and_then(|path| path.canonicalize().ok());
    let folders = [state.join("audit"), state];
    let files = folders.iter().flat_map(read_dir).flatten().flatten().map(|entry| entry.path());
    let files: Vec<_> = config.into_iter().chain(files).filter(|path| path.is_file()).collect();
    let folders = folders.into_iter().filter(|path| path.is_dir());
    let mut found = Vec::new();
    for path in folders.chain(files) {
        let is_safe = if path.is_dir() {
            fs::check_directory(&path)
        } else {
            fs::open(&path, FileUse::Trusted).map(drop)
        };
        let mode = path.metadata().map_or(0, |metadata| fs::mode(&metadata));
        let hint = format!("run 'chmod go= {}'", path_in_full(&path));
        if let Err(error) = is_safe {
            found.push(Diagnosis::fail("files", ErrorReport::usage(error.to_string(), hint)));
        } else if mode & 0o077 != 0 {
            let detail = format!("others can read {} (mode {mode:03o})", path_in_full(&path));
            found.push(Diagnosis::note("files", detail, hint));
        }
    }
    if found.is_empty() { vec![Diagnosis::ok("files", "nobody else can use them")] } else { found }
}

/// Checks that the state directory is writable, and that its disk has enough free space.
pub(super) fn disk(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let state = match checkup.context.state_dir() {
        Ok(state) => state,
        Err(report) => return vec![Diagnosis::fail("disk", report)],
    };
    // The directory is created when it is first needed.
    let place = state.ancestors().find(|path| path.exists()).unwrap_or(&state);
    let free = fs::free_bytes(place).unwrap_or(u64::MAX);
    let place_shown = path_in_full(place);
    let detail = format!("{place_shown}, {} MiB free", free >> 20);
    vec![if !fs::is_writable(place) {
        let message = format!("{place_shown} cannot be written, and nothing is minted without its entry");
        Diagnosis::fail("disk", ErrorReport::usage(message, "give another directory with --state-dir"))
    } else if free < MIN_FREE_BYTES {
        let hint = "make room: serve records no refusals any more, so that mints still are";
        Diagnosis::note("disk", detail, hint)
    } else {
        Diagnosis::ok("disk", detail)
    }]
}

/// Checks that the audit log is intact.
pub(super) fn audit_log(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let Ok(state) = checkup.context.state_dir() else { return Vec::new() };
    vec![match audit::verify(&state, None) {
        Ok(report) if report.is_intact() => {
            Diagnosis::ok("audit", format!("the log is intact, entries: {}", report.entries))
        }
        Ok(_) => Diagnosis::fail(
            "audit",
            ErrorReport::usage("the log is damaged", "see 'stream-token audit verify'"),
        ),
        Err(error) => Diagnosis::fail("audit", error),
    }]
}

/// Checks that this machine's clock is not behind the entries of the audit log.
pub(super) fn clock(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let later = Filter { since: Some(checkup.asking.now.after(MAX_SKEW)), ..Filter::default() };
    let state = checkup.context.state_dir().unwrap_or_default();
    // A log that cannot be read is reported by the check of the audit log.
    let is_behind = audit::list(&state, later).flatten().any(|line| line.entry.is_ok());
    let agrees = || Diagnosis::ok("clock", "agrees with the audit log");
    vec![if is_behind { wrong_clock("behind the audit log".into()) } else { agrees() }]
}

/// Creates a result that the clock is wrong; `how` describes the deviation.
pub(super) fn wrong_clock(how: String) -> Diagnosis {
    Diagnosis::fail(
        "clock",
        ErrorReport::usage(how, "set it by NTP: Stream refuses an iat in its future with code 42"),
    )
}

/// Checks that the installed completions are those of this version.
pub(super) fn completions(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let variable = |name| (checkup.asking.environment)(name).map(PathBuf::from);
    let in_home = |name, default| variable(name).or_else(|| Some(variable("HOME")?.join(default)));
    let homes = [in_home("XDG_DATA_HOME", ".local/share"), in_home("XDG_CONFIG_HOME", ".config")];
    let folders = homes.into_iter().flatten().chain(["/usr/local/share", "/usr/share"].map(PathBuf::from));
    let mut found = Vec::new();
    for (shell, path) in
        folders.flat_map(|folder| COMPLETIONS.map(|(shell, file)| (shell, folder.join(file))))
    {
        let Ok(script) = std::fs::read_to_string(&path) else { continue };
        let path = path_in_full(&path);
        found.push(if script == completion_script(shell) {
            Diagnosis::ok("completions", path)
        } else {
            let hint = format!("run 'stream-token completions {shell} > {path}'");
            Diagnosis::note("completions", format!("{path} is of another version"), hint)
        });
    }
    if found.is_empty() {
        let hint = "see 'stream-token completions --help'";
        found.push(Diagnosis::note("completions", "none are installed", hint));
    }
    found
}
