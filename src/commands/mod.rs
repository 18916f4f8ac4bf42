//! One verb a file, each composed of the rooms below.

mod audit;
mod batch;
mod completions;
mod decode;
mod doctor;
mod exec;
mod input;
mod issue;
mod profile;
mod secret;
#[cfg(all(unix, feature = "serve"))]
mod serve;
mod session;
mod verify;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser as _;
use serde_json::Value;

use crate::audit::{Actor, AuditLog};
use crate::cli::{self, Cli, Command, Format, GlobalArgs};
use crate::error::{Diagnostic as _, ErrorReport, Exit};
use crate::escape::json_line;
use crate::output::Layout;
use crate::output::terminal::{OutputOptions, PromptError, Terminal};
use crate::process::environment::{self, Environment};
use crate::process::hardening::HardeningError;
use crate::profile::{
    self as profiles, Config, ConfigPlace, LoadedProfile, Policy, Profile, ProfileError, ProfileManager,
    SECRET_FILE_VARIABLE, SECRET_VARIABLE, SESSION_KEY_FILE_VARIABLE, SESSION_KEY_VARIABLE, select,
};
use crate::secret::{Access, ReadContext, Source};
use crate::time::Clock;

/// The time limit of a keyring or a password manager's command without a terminal.
const SECRET_TIMEOUT: Duration = Duration::from_secs(10);

/// The time limit at a terminal, where the user may have to unlock something.
const INTERACTIVE_TIMEOUT: Duration = Duration::from_mins(1);

/// The variable that names the state directory if `--state-dir` is not given.
const STATE_DIR_VARIABLE: &str = "STREAM_TOKEN_STATE_DIR";

/// What the program prints without arguments before anything is set up.
const FIRST_STEPS: &str = include_str!("first_steps.txt");

/// What every command has at hand.
struct Context<'a> {
    /// Looks up environment variables.
    environment: &'a Environment<'a>,
    /// The clock.
    clock: Clock,
    /// The streams.
    terminal: Terminal,
    /// The global options.
    global: GlobalArgs,
}

/// The result of a command.
type Result<T, E = ErrorReport> = std::result::Result<T, E>;

/// Runs the program, and returns its exit code after everything is printed.
pub fn run(arguments: &[OsString], environment: &'static Environment<'static>, clock: Clock) -> Exit {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(cli, environment, clock),
        Err(error) => print_clap_message(&error, arguments, environment),
    }
}

/// Reports why the memory cannot be protected, and returns the exit code.
pub fn refuse(arguments: &[OsString], environment: &Environment<'_>, error: HardeningError) -> Exit {
    finish(&mut early_terminal(arguments, environment), Err(error.into()))
}

/// Returns the terminal for a command line that was not parsed.
fn early_terminal(arguments: &[OsString], environment: &Environment<'_>) -> Terminal {
    let is_json = cli::wants_json(arguments);
    Terminal::new(OutputOptions { is_json, ..OutputOptions::default() }, environment)
}

/// Runs a command.
fn dispatch(cli: Cli, environment: &'static Environment<'static>, clock: Clock) -> Exit {
    let Cli { global, command } = cli;
    let is_json = global.format() == Format::Json;
    let options = OutputOptions { color: global.color.unwrap_or_default(), is_json, is_quiet: global.quiet };
    let mut context = Context { environment, clock, terminal: Terminal::new(options, environment), global };
    let is_for_issue = !matches!(context.global.format(), Format::Text | Format::Json);
    let result = match command {
        Command::Issue(arguments) => issue::run(&mut context, &arguments),
        _ if is_for_issue => Err(ErrorReport::usage(
            "this command has no such form of output",
            "use -o text or -o json; header, curl, env, csv and template are for issue",
        )),
        Command::Exec(arguments) => exec::run(&mut context, &arguments),
        Command::Verify(arguments) => verify::run(&mut context, &arguments),
        Command::Decode(arguments) => decode::run(&mut context, &arguments),
        #[cfg(all(unix, feature = "serve"))]
        Command::Serve(arguments) => serve::run(&mut context, &arguments),
        Command::Profile(group) => profile::run(&mut context, &group.command),
        Command::Secret(group) => secret::run(&mut context, &group.command),
        Command::Session(group) => session::run(&mut context, &group.command),
        Command::Audit(group) => audit::run(&mut context, &group.command),
        Command::Doctor(arguments) => doctor::run(&mut context, &arguments),
        Command::Completions(arguments) => completions::run(&mut context, &arguments),
    };
    finish(&mut context.terminal, result)
}

/// Flushes the result, prints the error if there is one, and returns the exit code.
fn finish(terminal: &mut Terminal, result: Result<Exit>) -> Exit {
    let result = result.and_then(|exit| Ok(terminal.flush().map(|()| exit)?));
    result.unwrap_or_else(|report| {
        // A broken pipe is not an error.
        if report.exit != Exit::Success {
            terminal.error(&report);
        }
        report.exit
    })
}

/// Prints what clap answers by itself: help, the version, or why it refused the command line.
fn print_clap_message(error: &clap::Error, arguments: &[OsString], environment: &Environment<'_>) -> Exit {
    let mut terminal = early_terminal(arguments, environment);
    let is_help = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_help && !terminal.is_json() {
        let is_first = arguments.len() < 2 && terminal.can_ask() && is_new(environment);
        let help = if is_first { FIRST_STEPS.to_owned() } else { error.to_string() };
        terminal.print_message(help.trim_end());
        return Exit::Usage;
    }
    if error.use_stderr() {
        return finish(&mut terminal, Err(cli::usage_error(error, arguments)));
    }
    let printed = terminal.print(&error.to_string());
    finish(&mut terminal, printed.map(|()| Exit::Success).map_err(Into::into))
}

/// Returns `true` if no profile and no secret is set up.
fn is_new(environment: &Environment<'_>) -> bool {
    let config = || ConfigPlace::find(None, environment).load();
    matches!(select(None, environment, config), Err(ProfileError::NoSecret(known)) if known.is_empty())
}

/// Returns the report of a prompt without an answer; `instead` is the hint how to do without it.
fn prompt_error(error: PromptError, instead: &str) -> ErrorReport {
    let hint = (error.exit() == Exit::Usage).then(|| instead.to_owned());
    ErrorReport { hint, ..error.into() }
}

impl Context<'_> {
    /// Chooses the profile, and notes which variables are ignored.
    fn choose_profile(&mut self) -> Result<Profile> {
        let selection = select(self.global.profile.as_deref(), self.environment, || self.config())?;
        let name = selection.profile.name.as_ref().map(ToString::to_string).unwrap_or_default();
        for variable in selection.ignored {
            self.terminal.note(&format!("{variable} is set and ignored: profile {name} is used"));
        }
        Ok(selection.profile)
    }

    /// Reads a profile's secret, and prints the notes on its source.
    fn open_secret(&mut self, profile: Profile) -> Result<LoadedProfile> {
        let opened = self.asking(|asking| profiles::load(profile, asking))?;
        for note in &opened.notes {
            self.terminal.note(note);
        }
        Ok(opened)
    }

    /// Notes that the default profile's policy applies to an ambient secret.
    fn note_default_policy(&mut self, opened: &LoadedProfile) {
        if let Some(name) = &opened.profile.policy_of
            && opened.profile.policy != Policy::default()
        {
            self.terminal.note(&format!("policy: the default profile's, {name}, holds for this secret"));
        }
    }

    /// Calls `ask` with what reading a secret needs: its time limit, and the note printed when it takes long.
    fn asking<T>(&self, ask: impl FnOnce(&ReadContext<'_>) -> T) -> T {
        let limit = if self.terminal.stdin_is_terminal() { INTERACTIVE_TIMEOUT } else { SECRET_TIMEOUT };
        let tell = || self.terminal.note_now("waiting for the keyring; it may ask to be unlocked");
        let (environment, now, access) = (self.environment, self.clock.now(), Access::Interactive);
        ask(&ReadContext { environment, now, limit, access, on_slow: &tell })
    }

    /// Changes profiles or secrets; the change is recorded in the audit log.
    fn with_profile_manager<T>(&self, change: impl FnOnce(&ProfileManager<'_>) -> Result<T>) -> Result<T> {
        let place = self.config_place();
        let config = place.path.as_deref().ok_or(ProfileError::NoPlace)?;
        // All processes of this login share one lock, even if their logs are in different places.
        let lock = environment::state_dir(self.environment).map_or_else(|| self.state_dir(), Ok)?;
        let (lock, audit_log, actor) = (&lock.join("keyring.lock"), &self.audit_log()?, &self.actor());
        self.asking(|context| change(&ProfileManager { config, lock, audit_log, actor, context }))
    }

    /// Returns the place of the configuration.
    fn config_place(&self) -> ConfigPlace {
        ConfigPlace::find(self.global.config.as_deref(), self.environment)
    }

    /// Reads the configuration.
    fn config(&self) -> Result<Config, ProfileError> {
        self.config_place().load()
    }

    /// Returns the directory that holds the audit log.
    fn state_dir(&self) -> Result<PathBuf> {
        let in_variable = (self.environment)(STATE_DIR_VARIABLE).filter(|path| !path.is_empty());
        let given = self.global.state_dir.clone().or(in_variable.map(PathBuf::from));
        given.or_else(|| environment::state_dir(self.environment)).ok_or_else(|| {
            let message = "there is no directory for the audit log";
            ErrorReport::usage(
                message,
                format!("set HOME, or give a directory with --state-dir or {STATE_DIR_VARIABLE}"),
            )
        })
    }

    /// Opens the audit log for writing.
    fn audit_log(&self) -> Result<AuditLog> {
        Ok(AuditLog::open(&self.state_dir()?, self.clock)?)
    }

    /// Returns the calling user.
    fn actor(&self) -> Actor {
        Actor {
            user: environment::user(self.environment),
            sudo_user: environment::sudo_user(self.environment),
        }
    }

    /// Returns the variables that hold secrets or their paths, which are removed for programs that are started.
    fn secret_variables(&self) -> Vec<String> {
        let profiles = self.config().map(|config| config.profiles().collect::<Vec<_>>()).unwrap_or_default();
        let sources = profiles.into_iter().flat_map(|profile| [Some(profile.source), profile.session_key]);
        let named = sources.flatten().filter_map(|source| match source {
            Source::Env(name) => Some(name),
            _ => None,
        });
        let ours = [SECRET_VARIABLE, SECRET_FILE_VARIABLE, SESSION_KEY_VARIABLE, SESSION_KEY_FILE_VARIABLE];
        named.chain(ours.map(str::to_owned)).collect()
    }

    /// Returns `true` if the user can be prompted, and `--no-input` does not forbid it.
    fn can_ask(&self) -> bool {
        !self.global.no_input && self.terminal.can_ask()
    }

    /// Asks the user. `instead` is the hint how to do without the answer.
    fn ask(&mut self, question: &str, instead: &str) -> Result<String> {
        self.terminal.ask(question).map_err(|error| prompt_error(error, instead))
    }

    /// Returns `true` if the format of the result is JSON.
    fn is_json(&self) -> bool {
        self.terminal.is_json()
    }

    /// Prints a result: as a line of JSON, or as `text` lays it out for people.
    fn print(&mut self, json: impl FnOnce() -> Value, text: impl FnOnce(Layout) -> String) -> Result<()> {
        let shown = if self.is_json() { json_line(&json()) + "\n" } else { text(self.terminal.layout()) };
        Ok(self.terminal.print(&shown)?)
    }

    /// Prints results: in JSON each as a line, or together as `text` lays them out for people.
    fn print_all<T>(
        &mut self,
        results: &[T],
        json: fn(&T) -> Value,
        text: impl FnOnce(&[T], Layout) -> String,
    ) -> Result<()> {
        let layout = self.terminal.layout();
        let line = |result| json_line(&json(result)) + "\n";
        let shown = if self.is_json() { results.iter().map(line).collect() } else { text(results, layout) };
        Ok(self.terminal.print(&shown)?)
    }
}
