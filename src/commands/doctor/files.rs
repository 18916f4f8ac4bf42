//! Files and directories: the configuration, the state and its disk, the audit log, and completions.

use std::fs::read_dir;
use std::path::PathBuf;
use std::time::Duration;

use super::Checkup;
use crate::audit::{self, Filter, ListItem, MIN_FREE_BYTES};
use crate::cli::completion_script;
use crate::error::Usage;
use crate::escape::path_in_full;
use crate::fs::{self, DiskError, FileUse};
use crate::output::Diagnosis;
use crate::time::{Timestamp, humanize};

/// How far two clocks may differ: others know whole seconds, and an answer takes time.
const MAX_SKEW: Duration = Duration::from_secs(2);

/// Where shells look for completions, in the folders of the home and of the system.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "bash-completion/completions/stream-token"),
    ("zsh", "zsh/site-functions/_stream-token"),
    ("zsh", "zsh/vendor-completions/_stream-token"),
    ("fish", "fish/completions/stream-token.fish"),
    ("fish", "fish/vendor_completions.d/stream-token.fish"),
];

/// Checks the configuration.
pub(super) fn config(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let place = checkup.context.config_place();
    vec![match (&checkup.config, place.path.filter(|path| path.exists())) {
        (Err(report), _) => Diagnosis::fail("config", report.clone()),
        (Ok(_), None) => {
            Diagnosis::note("config", "there is none", "add a profile with 'stream-token profile add NAME'")
        }
        (Ok(config), Some(path)) => {
            let profiles = config.names().count();
            Diagnosis::ok("config", format!("{}, profiles: {profiles}", path_in_full(&path)))
        }
    }]
}

/// Checks who can read and write the configuration and the files of the state.
pub(super) fn modes(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let state = checkup.context.state_dir().unwrap_or_default();
    let folders = [state.join("audit"), state];
    let files = folders.iter().flat_map(read_dir).flatten().flatten().map(|entry| entry.path());
    let files =
        files.filter(|path| path.is_file()).map(|path| (fs::open(&path, FileUse::Trusted).map(drop), path));
    let folders =
        folders.iter().filter(|path| path.exists()).map(|path| (fs::check_directory(path), path.clone()));
    // Who may write it was checked when it was read.
    let config = checkup.context.config_place().path.map(|path| (Ok(()), path));
    let check = |(checked, path): (Result<(), DiskError>, PathBuf)| {
        let hint = format!("run 'chmod go= {}'", path_in_full(&path));
        let mode = fs::mode(&path.metadata().ok()?);
        match checked {
            Err(error) => Some(Diagnosis::fail("files", Usage::report(error.to_string(), hint))),
            Ok(()) if mode & 0o077 != 0 => {
                let detail = format!("others can read {} (mode {mode:03o})", path_in_full(&path));
                Some(Diagnosis::note("files", detail, hint))
            }
            Ok(()) => None,
        }
    };
    let found: Vec<_> = config.into_iter().chain(folders).chain(files).filter_map(check).collect();
    if found.is_empty() { vec![Diagnosis::ok("files", "nobody else can use them")] } else { found }
}

/// Checks that the state can be written, and that its disk has room.
pub(super) fn disk(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let state = match checkup.context.state_dir() {
        Ok(state) => state,
        Err(report) => return vec![Diagnosis::fail("disk", report)],
    };
    // The directory is made when it is first needed.
    let place = state.ancestors().find(|path| path.exists()).unwrap_or(&state);
    let free = fs::free_bytes(place).unwrap_or(u64::MAX);
    let detail = format!("{}, {} MiB free", path_in_full(place), free >> 20);
    vec![if !fs::is_writable(place) {
        let message =
            format!("{} cannot be written, and nothing is minted without its entry", path_in_full(place));
        Diagnosis::fail("disk", Usage::report(message, "give another directory with --state-dir"))
    } else if free < MIN_FREE_BYTES {
        Diagnosis::note(
            "disk",
            detail,
            "make room: serve records no refusals any more, so that mints still are",
        )
    } else {
        Diagnosis::ok("disk", detail)
    }]
}

/// Verifies the audit log.
pub(super) fn audit_log(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let Ok(state) = checkup.context.state_dir() else { return Vec::new() };
    vec![match audit::verify(&state, None) {
        Err(error) => Diagnosis::fail("audit", error),
        Ok(report) if report.is_intact() => {
            Diagnosis::ok("audit", format!("the log is intact, entries: {}", report.entries))
        }
        Ok(_) => {
            let hint = "see where with 'stream-token audit verify'";
            Diagnosis::fail("audit", Usage::report("the log is damaged", hint))
        }
    }]
}

/// Checks that this machine's clock is not behind the entries of the audit log.
pub(super) fn clock(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let now = checkup.asking.now;
    let filter = Filter { since: Some(now.after(MAX_SKEW)), ..Filter::default() };
    let entries = checkup.context.state_dir().ok().and_then(|state| audit::list(&state, filter).ok());
    let later = entries.into_iter().flatten().find_map(|item| match item {
        Ok(ListItem::Entry { entry, .. }) => Some(entry.time),
        _ => None,
    });
    vec![compare_clocks(now, later.unwrap_or(now), "the audit log")]
}

/// Compares this machine's time with another.
pub(super) fn compare_clocks(now: Timestamp, other: Timestamp, whose: &str) -> Diagnosis {
    let skew = Duration::from_secs(now.epoch_seconds().abs_diff(other.epoch_seconds()));
    if skew <= MAX_SKEW {
        return Diagnosis::ok("clock", format!("agrees with {whose}"));
    }
    let message = format!("{} {} {whose}", humanize(skew), if now > other { "ahead of" } else { "behind" });
    Diagnosis::fail(
        "clock",
        Usage::report(message, "set it by NTP: Stream refuses an iat in its future with code 42"),
    )
}

/// Checks that the completions that shells find are those of this version.
pub(super) fn completions(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let variable = |name| (checkup.asking.environment)(name).map(PathBuf::from);
    let in_home = |name, default| variable(name).or_else(|| Some(variable("HOME")?.join(default)));
    let homes = [in_home("XDG_DATA_HOME", ".local/share"), in_home("XDG_CONFIG_HOME", ".config")];
    let folders = homes.into_iter().flatten().chain(["/usr/local/share", "/usr/share"].map(PathBuf::from));
    let places = folders.flat_map(|folder| COMPLETIONS.map(|(shell, file)| (shell, folder.join(file))));
    let found = places.filter_map(|(shell, path)| {
        let script = std::fs::read_to_string(&path).ok()?;
        let path = path_in_full(&path);
        let hint = format!("run 'stream-token completions {shell} > {path}'");
        let is_current = script == completion_script(shell);
        let detail = format!("{path} is of another version");
        let old = || Diagnosis::note("completions", detail, hint);
        Some(if is_current { Diagnosis::ok("completions", &path) } else { old() })
    });
    let found: Vec<_> = found.collect();
    let none =
        || Diagnosis::note("completions", "none are installed", "see 'stream-token completions --help'");
    if found.is_empty() { vec![none()] } else { found }
}
