//! `doctor`: checks the setup and suggests fixes. It writes nothing, unlocks nothing and never prompts.

#[cfg(all(unix, feature = "serve"))]
mod network;

use std::fs::read_dir;
use std::path::PathBuf;
use std::time::Duration;

use super::{Context, Result, SECRET_TIMEOUT, STATE_DIR_VARIABLE};
use crate::audit::{self, MIN_FREE_BYTES};
use crate::cli::{DoctorArgs, completion_script};
use crate::error::{Diagnostic as _, ErrorReport, Exit};
use crate::escape::path_in_full;
use crate::fs::{self, FileUse};
use crate::output::{self, Diagnosis, Health};
use crate::process::hardening::OPT_OUT;
use crate::profile::{
    self, API_KEY_VARIABLE, CONFIG_VARIABLE, Config, PROFILE_VARIABLE, Profile, SECRET_FILE_VARIABLE,
    SECRET_VARIABLE, SESSION_KEY_FILE_VARIABLE, SESSION_KEY_VARIABLE, SecretStatus, SessionKind, list_status,
};
use crate::secret::keyring::{self, Item, KeyringError, KeyringErrorKind, Kind};
use crate::secret::{Access, ReadContext, Source, SourceError};
use crate::time::relative;

/// All checks, in the order in which their results are shown.
const CHECKS: &[fn(&Checkup<'_>) -> Vec<Diagnosis>] = &[
    config,
    profile,
    variables,
    keyring,
    secrets,
    #[cfg(all(unix, feature = "serve"))]
    network::backends,
    #[cfg(all(unix, feature = "serve"))]
    network::certificate,
    modes,
    disk,
    audit_log,
    clock,
    completions,
];

/// The environment variables that commands read.
const VARIABLES: [&str; 9] = [
    PROFILE_VARIABLE,
    SECRET_FILE_VARIABLE,
    SECRET_VARIABLE,
    SESSION_KEY_FILE_VARIABLE,
    SESSION_KEY_VARIABLE,
    API_KEY_VARIABLE,
    CONFIG_VARIABLE,
    STATE_DIR_VARIABLE,
    OPT_OUT,
];

/// The paths at which shells look for completions, below the data directories of the user and of the system.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "bash-completion/completions/stream-token"),
    ("zsh", "zsh/site-functions/_stream-token"),
    ("zsh", "zsh/vendor-completions/_stream-token"),
    ("fish", "fish/completions/stream-token.fish"),
    ("fish", "fish/vendor_completions.d/stream-token.fish"),
];

/// The largest accepted difference between two clocks: other clocks are known in whole seconds, and an answer takes time.
const MAX_SKEW: Duration = Duration::from_secs(2);

/// The input of the checks.
struct Checkup<'a> {
    /// The context of the command.
    context: &'a Context<'a>,
    /// The time, and the settings for reading secrets, without a notice about a slow keyring.
    asking: ReadContext<'a>,
    /// The arguments, which name the certificate and its key.
    #[cfg_attr(
        not(all(unix, feature = "serve")),
        expect(dead_code, reason = "only serve has a certificate")
    )]
    arguments: &'a DoctorArgs,
    /// The configuration.
    config: Result<Config>,
    /// The profile that a command would use.
    selected: Result<Profile>,
    /// The secrets of all profiles.
    secrets: Vec<SecretStatus>,
}

/// Runs all checks and prints their results.
pub(super) fn run(context: &mut Context<'_>, arguments: &DoctorArgs) -> Result<Exit> {
    let checkup = Checkup::new(context, arguments);
    let found: Vec<_> = CHECKS.iter().flat_map(|check| check(&checkup)).collect();
    context.print_all(&found, output::doctor_json, output::doctor_text)?;
    let is_failure = found.iter().any(|found| found.status == Health::Fail);
    Ok(if is_failure { Exit::Failed } else { Exit::Success })
}

impl<'a> Checkup<'a> {
    /// Reads the input that several checks share.
    fn new(context: &'a Context<'a>, arguments: &'a DoctorArgs) -> Self {
        let (environment, now) = (context.environment, context.clock.now());
        let (limit, access) = (SECRET_TIMEOUT, Access::Quiet);
        let asking = ReadContext { environment, now, limit, access, on_slow: &|| () };
        let selected = profile::select(context.global.profile.as_deref(), environment, || context.config());
        let selected = selected.map(|selection| selection.profile).map_err(ErrorReport::from);
        let config = context.config().map_err(ErrorReport::from);
        // The built-in profile and a profile without a name are not in the configuration.
        let extra = selected.iter().filter(|profile| profile.name.is_none() || profile.is_demo()).cloned();
        let profiles = config.iter().flat_map(Config::profiles).chain(extra);
        let secrets = list_status(profiles, &[Kind::ApiSecret, Kind::SessionKey], &asking);
        Self { context, asking, arguments, config, selected, secrets }
    }

    /// Returns `true` if a profile is to be checked: the profile named by the flag, or without the flag every profile.
    fn covers(&self, profile: &Profile) -> bool {
        self.context.global.profile.is_none() || self.selected.iter().any(|selected| selected == profile)
    }
}

/// Checks the configuration.
fn config(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let path = checkup.context.config_place().path.filter(|path| path.exists());
    vec![match (&checkup.config, path) {
        (Err(report), _) => Diagnosis::error("config", report.clone()),
        (Ok(config), Some(path)) => {
            Diagnosis::ok("config", format!("{}, profiles: {}", path_in_full(&path), config.names().count()))
        }
        (Ok(_), None) => {
            Diagnosis::note("config", "there is none", "add a profile with 'stream-token profile add NAME'")
        }
    }]
}

/// Reports the profile that a command uses.
fn profile(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    vec![match &checkup.selected {
        Ok(Profile { name: Some(name), .. }) => Diagnosis::ok("profile", format!("{name} is used")),
        Ok(profile) => Diagnosis::ok("profile", format!("none, {} is used", profile.source)),
        Err(report) => Diagnosis::error("profile", report.clone()),
    }]
}

/// Reports the environment variables that are set.
fn variables(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let set = VARIABLES.into_iter().filter(|variable| (checkup.asking.environment)(variable).is_some());
    let hint = "unset it if that is not meant; 'man stream-token' says what it does";
    set.map(|variable| Diagnosis::note("variable", format!("{variable} is set"), hint)).collect()
}

/// Checks that a keyring is available, and reports the program that serves it.
fn keyring(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let item = Item { profile: String::new(), kind: Kind::ApiSecret };
    let is_needed = checkup.secrets.iter().any(|status| status.profile.source == Source::Keyring);
    vec![match keyring::server(&item, &checkup.asking) {
        Ok(server) => Diagnosis::ok("keyring", server),
        Err(error) if is_needed => Diagnosis::error("keyring", error),
        Err(_) => Diagnosis::ok("keyring", "there is none, and no profile needs one"),
    }]
}

/// Checks the secrets of the profiles. A profile whose sessions are checked by the app's backend, or with its public
/// keys, needs no session key.
fn secrets(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    for status in checkup.secrets.iter().filter(|status| checkup.covers(&status.profile)) {
        let profile = &status.profile;
        let needs_key = match profile.sessions.as_ref().map(|sessions| &sessions.kind) {
            None => true,
            Some(SessionKind::CheckUrl(_)) => false,
            Some(SessionKind::Jwt(jwt)) => jwt.key_set.is_none(),
        };
        if status.kind == Kind::ApiSecret || needs_key {
            found.push(secret(status, checkup).of(profile));
        }
        if status.kind == Kind::ApiSecret && needs_key && profile.source_of(Kind::SessionKey).is_none() {
            let hint = "for these, add a line such as session_key = \"file:/run/keys/session\"";
            let detail = "has no source, and 'serve' and 'session' need one";
            found.push(Diagnosis::note("session_key", detail, hint).of(profile));
        }
    }
    found
}

/// Checks a secret: that it can be read, that it has no finding, and that no other profile or kind has the same secret.
fn secret(status: &SecretStatus, checkup: &Checkup<'_>) -> Diagnosis {
    let check = if status.kind == Kind::ApiSecret { "secret" } else { "session_key" };
    let fault = |is_fault: bool, detail: String, hint: &str| {
        let status = if is_fault { Health::Fail } else { Health::Note };
        Diagnosis { status, ..Diagnosis::note(check, detail, hint) }
    };
    let (profile, source) = (&status.profile, &status.source);
    let read = match &status.read {
        Ok(read) => read,
        Err(_) if status.is_unset() && profile.sessions.is_none() => {
            return Diagnosis::ok(check, "not made yet: 'session new' and 'serve' make it");
        }
        Err(error) => {
            // It is no fault that this check runs no command and unlocks no keyring.
            let is_locked =
                matches!(error, SourceError::Keyring(KeyringError { kind: KeyringErrorKind::Locked, .. }));
            let is_fault = !is_locked && !matches!(error, SourceError::NotRead(_));
            return fault(is_fault, error.to_string(), &error.hint().unwrap_or_default());
        }
    };
    // The same secret of another profile or kind.
    let is_other = |other: &&SecretStatus| (&other.profile, other.kind) != (profile, status.kind);
    let is_same = |other: &&SecretStatus| other.read.as_ref().is_ok_and(|other| other.secret == read.secret);
    if let Some(other) = checkup.secrets.iter().filter(is_other).find(is_same) {
        // An app has one secret: if two API keys have the same secret, one of them is wrong.
        let keys = profile.api_key.as_ref().zip(other.profile.api_key.as_ref());
        let is_fault = keys.is_some_and(|(key, other)| key != other) || status.kind != other.kind;
        let detail = format!("the same as the {}", other.profile.item(other.kind));
        fault(is_fault, detail, "store the right one, unless both are of one app")
    } else if let Some(finding) = read.secret.finding(profile.api_key.as_deref()) {
        let is_api_key = profile.api_key.as_deref().is_some_and(|key| read.secret.appears_in(key));
        fault(is_api_key, finding, "compare it with the secret in Stream's dashboard")
    } else if read.is_exposed {
        fault(false, format!("others on this machine can read {source}"), "change its mode")
    } else {
        let age = read.set_at.map(|at| format!(", set {}", relative(at, checkup.asking.now)));
        let (age, fingerprint) = (age.unwrap_or_default(), read.secret.fingerprint());
        Diagnosis::ok(check, format!("{source}{age}, fingerprint {fingerprint}"))
    }
}

/// Checks the permissions of the configuration and of the state's files and directories.
fn modes(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
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
            found.push(Diagnosis::fail("files", error.to_string(), hint));
        } else if mode & 0o077 != 0 {
            let detail = format!("others can read {} (mode {mode:03o})", path_in_full(&path));
            found.push(Diagnosis::note("files", detail, hint));
        }
    }
    if found.is_empty() { vec![Diagnosis::ok("files", "no other user can use them")] } else { found }
}

/// Checks that the state directory is writable, and that its disk has enough free space.
fn disk(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let state = match checkup.context.state_dir() {
        Ok(state) => state,
        Err(report) => return vec![Diagnosis::error("disk", report)],
    };
    // The directory is created when it is first needed.
    let place = state.ancestors().find(|path| path.exists()).unwrap_or(&state);
    let free = fs::free_bytes(place).unwrap_or(u64::MAX);
    let place_shown = path_in_full(place);
    let detail = format!("{place_shown}, {} MiB free", free >> 20);
    vec![if !fs::is_writable(place) {
        let detail = format!("{place_shown} cannot be written, and nothing is minted without its entry");
        Diagnosis::fail("disk", detail, "give another directory with --state-dir")
    } else if free < MIN_FREE_BYTES {
        let hint = "make room: serve records no refusals any more, so that mints still are";
        Diagnosis::note("disk", detail, hint)
    } else {
        Diagnosis::ok("disk", detail)
    }]
}

/// Checks that the audit log is intact.
fn audit_log(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let Ok(state) = checkup.context.state_dir() else { return Vec::new() };
    vec![match audit::verify(&state, None) {
        Ok(report) if report.is_intact() => {
            Diagnosis::ok("audit", format!("the log is intact, entries: {}", report.entries))
        }
        Ok(_) => Diagnosis::fail("audit", "the log is damaged", "see 'stream-token audit verify'"),
        Err(error) => Diagnosis::error("audit", error),
    }]
}

/// Checks that this machine's clock is not behind the entries of the audit log.
fn clock(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let later = checkup.asking.now.after(MAX_SKEW);
    let state = checkup.context.state_dir().unwrap_or_default();
    // A log that cannot be read is reported by the check of the audit log.
    let is_behind = audit::list(&state, |entry| entry.time >= later).flatten().any(|line| line.entry.is_ok());
    let agrees = || Diagnosis::ok("clock", "agrees with the audit log");
    vec![if is_behind { wrong_clock("behind the audit log") } else { agrees() }]
}

/// Returns the result that the clock is wrong; `how` describes the deviation.
fn wrong_clock(how: impl Into<String>) -> Diagnosis {
    Diagnosis::fail("clock", how, "set it by NTP: Stream refuses an iat in its future with code 42")
}

/// Checks that the installed completions are those of this version.
fn completions(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let variable = |name| (checkup.asking.environment)(name).map(PathBuf::from);
    let in_home = |name, default| variable(name).or_else(|| Some(variable("HOME")?.join(default)));
    let homes = [in_home("XDG_DATA_HOME", ".local/share"), in_home("XDG_CONFIG_HOME", ".config")];
    let folders = homes.into_iter().flatten().chain(["/usr/local/share", "/usr/share"].map(PathBuf::from));
    let paths = folders.flat_map(|folder| COMPLETIONS.map(|(shell, file)| (shell, folder.join(file))));
    let mut found = Vec::new();
    for (shell, path) in paths {
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
