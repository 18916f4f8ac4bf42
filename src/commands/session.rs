//! `session`: creates and revokes sessions, and reads the key that signs them.

use std::time::Duration;

use anyhow::anyhow;

use super::{Context, Result, input};
use crate::audit::{self, Action, Event};
use crate::cli::{SessionCommand, SessionNewArgs, SessionRevokeArgs};
use crate::error::{ErrorReport, Exit};
use crate::output;
use crate::process::stdout::require_stdout;
use crate::profile::{Profile, ProfileName};
use crate::secret::keyring::Kind;
use crate::secret::{Secret, Source};
use crate::session::{LEEWAY, RevocationTarget, Session, SessionKey, SessionManager};
use crate::time::{absolute_and_relative, humanize, utc};
use crate::token::MAX_TOKEN_BYTES;

/// Runs a `session` command.
pub(super) fn run(context: &mut Context<'_>, command: &SessionCommand) -> Result<Exit> {
    match command {
        SessionCommand::New(arguments) => create(context, arguments)?,
        SessionCommand::Revoke(arguments) => revoke(context, arguments)?,
    }
    Ok(Exit::Success)
}

/// Creates a session, and prints its token once it is recorded.
fn create(context: &mut Context<'_>, arguments: &SessionNewArgs) -> Result<()> {
    require_stdout()?;
    let customer = arguments.customer;
    let now = context.clock.now();
    let end = arguments.expires.resolve_future(now)?;
    let lifetime = Duration::from_secs(end.epoch_seconds() - now.epoch_seconds());
    let profile = context.choose_profile()?;
    require_own_sessions(&profile)?;
    input::confirm_production(context, &profile, arguments.confirm.as_deref())?;
    let key = key(context, &profile)?;
    let (session, token) = if profile.is_demo() {
        key.issue(customer, now, lifetime)?
    } else {
        manager(context, &profile)?.create(&key, customer, lifetime)?
    };
    context.terminal.note(&format!("the session ends {}", absolute_and_relative(session.expires_at, now)));
    context.print(
        || output::session_json(&session, &token, profile.name.as_ref().map(ProfileName::as_str)),
        |_| format!("{}\n", token.expose()),
    )
}

/// Revokes one session, all sessions of a customer, or all sessions.
fn revoke(context: &mut Context<'_>, arguments: &SessionRevokeArgs) -> Result<()> {
    let profile = context.choose_profile()?;
    require_own_sessions(&profile)?;
    if profile.is_demo() {
        return Err(ErrorReport::usage(
            "sessions of the demo profile cannot be revoked: it keeps no state",
            "add a profile of your own with 'stream-token profile add NAME'",
        ));
    }
    let target = match (arguments.id, arguments.customer) {
        (Some(id), _) => RevocationTarget::Id(id),
        (_, Some(customer)) => RevocationTarget::Customer(customer),
        _ if arguments.all => RevocationTarget::Everybody,
        _ => RevocationTarget::Session(piped(context, &profile)?),
    };
    let is_new = manager(context, &profile)?.revoke(&target)?;
    if matches!(target, RevocationTarget::Id(_)) && !is_recorded(context, &target.to_string())? {
        return Err(ErrorReport {
            hint: Some("look it up with 'stream-token audit list --action session_new'".into()),
            ..anyhow!("the audit log knows no {target}: it is refused from now on, if there is one").into()
        });
    }
    context.terminal.note(&if is_new {
        format!("revoked {target}")
    } else {
        format!("{target} was revoked before: nothing is changed")
    });
    if matches!(target, RevocationTarget::Customer(_) | RevocationTarget::Everybody) {
        let clocks = humanize(LEEWAY);
        context
            .terminal
            .note(&format!("clocks may differ by {clocks}: a new session can be made after that time"));
    }
    Ok(())
}

/// Returns `true` if the audit log has the entry of a session's creation. `what` is the session's name in the entry.
fn is_recorded(context: &Context<'_>, what: &str) -> Result<bool> {
    let is_meant = |event: &Event| {
        event.action == Action::SessionNew
            && event.reason.as_ref().is_some_and(|reason| reason.contains(what))
    };
    Ok(audit::contains(&context.state_dir()?, is_meant)?)
}

/// Refuses a profile whose server does not accept sessions that this program creates.
fn require_own_sessions(profile: &Profile) -> Result<()> {
    if profile.sessions.is_none() {
        return Ok(());
    }
    let name = profile.name.as_ref().map(ProfileName::as_str).unwrap_or_default();
    Err(ErrorReport::usage(
        format!("the server of profile {name} takes the sessions of the app's backend, and none made here"),
        format!(
            "log in at the app's backend; or remove 'sessions' from [profiles.{name}] in the configuration"
        ),
    ))
}

/// Returns the session manager, which records its changes in the audit log.
fn manager(context: &Context<'_>, profile: &Profile) -> Result<SessionManager> {
    let (state, audit_log, actor) = (context.state_dir()?, context.audit_log()?, context.actor());
    Ok(SessionManager { state, audit_log, actor, profile: profile.name.clone(), now: context.clock.now() })
}

/// Reads a session token from standard input, and verifies it.
fn piped(context: &mut Context<'_>, profile: &Profile) -> Result<Session> {
    let hint = "pipe the token in; or name the session with --id, or its customer with --customer";
    let text = input::piped(context, "--token-stdin", MAX_TOKEN_BYTES + 63, "the session token", hint)?;
    let key = key(context, profile)?;
    let token = str::from_utf8(&text).unwrap_or_default().trim();
    let session = key.verify(token).map_err(|refused| {
        ErrorReport::usage(
            format!("cannot revoke what is piped in: {refused}"),
            "pipe in what 'stream-token session new' printed, and name the profile that it was made with",
        )
    })?;
    if session.expires_at <= context.clock.now() {
        context.terminal.note(&format!("the session had already expired at {}", utc(session.expires_at)));
    }
    Ok(session)
}

/// Reads the key that signs a profile's sessions.
fn key(context: &mut Context<'_>, profile: &Profile) -> Result<SessionKey> {
    Ok(SessionKey::new(&key_secret(context, profile)?))
}

/// Reads the secret of the key that signs a profile's sessions, and notes its source. A secret that is missing from the
/// keyring is created, if this program issues the profile's sessions.
pub(super) fn key_secret(context: &mut Context<'_>, profile: &Profile) -> Result<Secret> {
    let source = profile.require_source(Kind::SessionKey)?;
    if profile.is_demo() {
        context.terminal.note("demo profile: its session key is published, like its secret");
    }
    let (read, is_made) = if *source == Source::Keyring && profile.sessions.is_none() {
        context.with_profile_manager(|manager| manager.session_key(profile))?
    } else {
        // This changes nothing, so no place for a configuration or a log is needed.
        let read = context.asking(|asking| source.read(&profile.item(Kind::SessionKey), asking))?;
        (read, false)
    };
    let item = profile.item(Kind::SessionKey);
    if is_made {
        context.terminal.note(&format!("made the {item} and stored it in the keyring"));
    } else if !profile.is_demo() {
        context.terminal.note(&format!("{item} from {source}"));
    }
    if read.is_exposed {
        context.terminal.note(&format!("others on this machine can read {source}"));
    }
    if let Some(finding) = read.secret.finding(profile.api_key.as_deref()) {
        context.terminal.note(&format!("session key: {finding}"));
    }
    Ok(read.secret)
}
