//! One verb a file, each composed of the rooms below.

mod audit;
mod batch;
mod completions;
mod confirm;
mod decode;
mod hidden;
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

use anyhow::Result;

use crate::audit::{Actor, AuditLog};
use crate::cli::{self, Cli, ColorChoice, Command, Format, Global};
use crate::error::{Exit, Failure, Interrupted, Usage};
use crate::escape::json_line;
use crate::output::Look;
use crate::output::terminal::{AskError, Color, Terminal, Voice};
use crate::process::environment::{self, Environment};
use crate::process::hardening::HardeningError;
use crate::profile::{self as profiles, ChangeError, Custodian, Opened};
use crate::profile::{Config, ConfigError, Policy, Profile, choose, config_path};
use crate::secret::ReadContext;
use crate::time::Clock;

/// How long a keyring or a password manager's command may take that nobody watches.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take where somebody may have to unlock something.
const PATIENCE_OF_A_PERSON: Duration = Duration::from_mins(1);

/// What a command works in.
struct Context<'a> {
    /// Looks up environment variables.
    environment: &'a Environment<'a>,
    /// The clock.
    clock: Clock,
    /// The streams.
    terminal: Terminal,
    /// What goes for every command.
    global: Global,
}

/// Runs the program and tells how it ends. Everything that is to be said has been said by then.
#[must_use]
pub fn run(arguments: &[OsString], environment: &'static Environment<'static>, clock: Clock) -> Exit {
    match cli::parse(arguments) {
        Ok(call) => carry_out(call, environment, clock),
        Err(error) => answer(&error, arguments, environment),
    }
}

/// Refuses to run where secrets would not be safe in memory, and tells how the program ends.
#[must_use]
pub fn refuse(arguments: &[OsString], environment: &Environment<'_>, error: HardeningError) -> Exit {
    let is_json = cli::wants_json(arguments);
    conclude(&mut Terminal::new(Voice { is_json, ..Voice::default() }, environment), Err(error.into()))
}

/// Carries out a call.
fn carry_out(call: Cli, environment: &'static Environment<'static>, clock: Clock) -> Exit {
    let Cli { global, command } = call;
    let mut context =
        Context { environment, clock, terminal: Terminal::new(voice(&global), environment), global };
    let done = match command {
        Command::Issue(arguments) => issue::run(&mut context, &arguments),
        Command::Verify(arguments) => verify::run(&mut context, &arguments),
        Command::Decode(arguments) => decode::run(&mut context, &arguments),
        #[cfg(all(unix, feature = "serve"))]
        Command::Serve(arguments) => serve::run(&mut context, &arguments),
        Command::Profile(arguments) => profile::run(&mut context, &arguments.command),
        Command::Secret(arguments) => secret::run(&mut context, &arguments.command),
        Command::Session(arguments) => session::run(&mut context, &arguments.command),
        Command::Audit(arguments) => audit::run(&mut context, &arguments.command),
        Command::Completions(arguments) => completions::run(&mut context, &arguments),
    };
    conclude(&mut context.terminal, done)
}

/// Sees the result out, says what went wrong, and tells how the process ends.
fn conclude(terminal: &mut Terminal, done: Result<Exit>) -> Exit {
    let done = done.and_then(|exit| Ok(terminal.flush().map(|()| exit)?));
    match done.as_ref().map_err(Failure::of) {
        Ok(exit) => *exit,
        // A result that nobody reads any more is no error.
        Err(None) => Exit::Success,
        Err(Some(failure)) => {
            tell(terminal, &failure);
            failure.exit
        }
    }
}

/// Answers a call that clap took for itself: help, the version, or one that it refused.
fn answer(error: &clap::Error, arguments: &[OsString], environment: &Environment<'_>) -> Exit {
    let is_json = cli::wants_json(arguments);
    let mut terminal = Terminal::new(Voice { is_json, ..Voice::default() }, environment);
    let is_bare = error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_bare && !is_json {
        terminal.say(error.to_string().trim_end());
        return Exit::Usage;
    }
    if error.use_stderr() {
        tell(&mut terminal, &Failure::of_call(error, || cli::called(arguments)));
        return Exit::Usage;
    }
    let shown = terminal.print(&error.to_string());
    conclude(&mut terminal, shown.map(|()| Exit::Success).map_err(Into::into))
}

/// Says what went wrong.
fn tell(terminal: &mut Terminal, failure: &Failure) {
    if terminal.is_json() {
        terminal.say(&json_line(&failure.as_json()));
    } else {
        terminal.error(&failure.message, failure.hint.as_deref());
    }
}

/// Judges a question without an answer; `instead` says how to do without it.
fn unanswered(error: AskError, instead: &str) -> anyhow::Error {
    match error {
        AskError::Interrupted => Interrupted.into(),
        AskError::Io(_) => error.into(),
        _ => Usage { message: error.to_string(), hint: instead.to_owned() }.into(),
    }
}

/// Returns how the program speaks in this call.
fn voice(global: &Global) -> Voice {
    let color = match global.color {
        None | Some(ColorChoice::Auto) => Color::Auto,
        Some(ColorChoice::Always) => Color::Always,
        Some(ColorChoice::Never) => Color::Never,
    };
    Voice { color, is_json: global.output == Some(Format::Json), is_quiet: global.quiet }
}

impl Context<'_> {
    /// Chooses the profile, and says what was passed over.
    fn choose_profile(&mut self) -> Result<Profile> {
        let choice = choose(self.global.profile.as_deref(), self.environment, || self.config())?;
        if let Some(variable) = choice.ignored {
            self.terminal.note(&format!("{variable} is set and ignored: a profile was named"));
        }
        Ok(choice.profile)
    }

    /// Opens a profile's secret, and says where it came from.
    fn open_secret(&mut self, profile: Profile) -> Result<Opened> {
        let opened = self.asking(|asking| profiles::open(profile, asking))?;
        for note in &opened.notes {
            self.terminal.note(note);
        }
        Ok(opened)
    }

    /// Says whose policy holds, where it is not the profile's own.
    fn note_borrowed_policy(&mut self, opened: &Opened) {
        if let Some(name) = &opened.profile.policy_of
            && opened.profile.policy != Policy::default()
        {
            self.terminal.note(&format!("policy: the default profile's, {name}, holds for this secret"));
        }
    }

    /// Asks a source: longer where somebody may have to unlock something, and is told what takes long.
    fn asking<T>(&self, ask: impl FnOnce(&ReadContext<'_>) -> T) -> T {
        let limit = if self.terminal.is_asked() { PATIENCE_OF_A_PERSON } else { PATIENCE };
        let tell = || self.terminal.note_aside("waiting for the keyring; it may ask to be unlocked");
        ask(&ReadContext { environment: self.environment, now: self.clock.now(), limit, on_slow: &tell })
    }

    /// Makes a change of profiles or secrets, recorded in the audit log.
    fn with_custodian<T>(&self, change: impl FnOnce(&Custodian<'_>) -> Result<T, ChangeError>) -> Result<T> {
        let config = self.config_path().ok_or(ConfigError::NoPlace)?;
        // Every process of this login must mean the same lock, wherever its log is.
        let lock = match environment::state_dir(self.environment) {
            Some(directory) => directory,
            None => self.state_dir()?,
        };
        let (lock, audit_log, actor) = (lock.join("keyring.lock"), self.audit_log()?, self.actor());
        let changed = self.asking(|asking| {
            change(&Custodian { config: &config, lock: &lock, audit_log: &audit_log, actor: &actor, asking })
        });
        Ok(changed?)
    }

    /// Returns the path of the configuration; `None` where there is no place for one.
    fn config_path(&self) -> Option<PathBuf> {
        config_path(self.global.config.as_deref(), environment::config_dir(self.environment))
    }

    /// Reads the configuration. Without a place for one it is empty.
    fn config(&self) -> Result<Config, ConfigError> {
        self.config_path().map_or_else(|| Ok(Config::default()), |path| Config::load(&path))
    }

    /// Returns the directory that holds the audit log.
    fn state_dir(&self) -> Result<PathBuf> {
        let place = self.global.state_dir.clone().or_else(|| environment::state_dir(self.environment));
        place.ok_or_else(|| {
            let message = "there is no place for the audit log".into();
            Usage { message, hint: "set HOME, or give a directory with --state-dir".into() }.into()
        })
    }

    /// Opens the audit log for writing.
    fn audit_log(&self) -> Result<AuditLog> {
        Ok(AuditLog::open(&self.state_dir()?, self.clock)?)
    }

    /// Returns who calls.
    fn actor(&self) -> Actor {
        Actor {
            user: environment::user(self.environment),
            sudo_user: environment::sudo_user(self.environment),
        }
    }

    /// Returns the format of the result.
    fn format(&self) -> Format {
        self.global.output.unwrap_or_default()
    }

    /// Returns how the result is laid out.
    fn look(&self) -> Look {
        Look { width: self.terminal.width(), has_color: self.terminal.has_color() }
    }

    /// Takes text or JSON for the form of the result, and refuses every other.
    fn is_json_or_text(&self, command: &str) -> Result<bool> {
        match self.format() {
            Format::Json => Ok(true),
            Format::Text => Ok(false),
            Format::Header | Format::Curl | Format::Env | Format::Csv => Err(Usage {
                message: format!("{command} has no such form of output"),
                hint: "use -o text or -o json; header, curl, env and csv are for issue".into(),
            }
            .into()),
        }
    }
}
