//! `serve`: assembles the server, announces its address, and runs it until it is stopped.

mod state;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

use self::state::Reload;
use super::{Context, Result, session};
use crate::audit::RefusalRecorder;
use crate::cli::ServeArgs;
use crate::error::{ErrorReport, Exit};
use crate::escape::path_in_full;
use crate::fault::Faults;
use crate::output::terminal::write_stderr;
use crate::process::{environment, stop_signals};
use crate::server::{
    Cors, Ended, Limits, LogFormat, OPENAPI, PATH, RateLimiters, Reloadable, Server, ServerLog, Settings,
    Telemetry, TokenService,
};
use crate::session::{DEFAULT_LIFETIME, SessionKey};
use crate::tls::{IdentityPaths, ServerIdentity};
use crate::token::CustomerId;

/// How long the shutdown waits for the last refusals to be recorded.
const REFUSAL_DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// The customer of the session that the demo prints.
const DEMO_CUSTOMER: &str = "123";

/// Runs the server until it is stopped.
pub(super) fn run(context: &mut Context<'static>, arguments: &ServeArgs) -> Result<Exit> {
    if arguments.openapi {
        context.terminal.print(OPENAPI)?;
        return Ok(Exit::Success);
    }
    let format = if context.is_json_or_text("serve")? { LogFormat::Json } else { LogFormat::Text };
    let profile = context.choose_profile()?;
    require_tls_or_loopback(arguments, profile.is_demo())?;
    let faults = Faults::default();
    if !arguments.fault.is_empty() {
        profile.policy.allow_fault()?;
        faults.add(&arguments.fault)?;
    }
    let identity = identity(context, arguments)?;
    let opened = context.open_secret(profile)?;
    context.note_default_policy(&opened);
    stop_signals::stop_between_holds().context("cannot wait for signals")?;
    let name = opened.profile.name.as_ref().map(ToString::to_string);
    let stored = state::open_stored(context, &opened.profile)?;
    let (now, mut demo_key) = (context.clock.now(), None);
    let profile = state::active_profile(opened, &stored, arguments.lifetime, now, |profile| {
        let secret = session::key_secret(context, profile)?;
        demo_key = profile.is_demo().then(|| SessionKey::new(&secret));
        Ok(secret)
    })?;
    faults.allow(profile.issuer.allows_faults());
    let write = |lines: &str| write_stderr(lines.strip_suffix('\n').unwrap_or(lines));
    let log = ServerLog::start(format, context.clock, write).context("cannot start the log")?;
    let certificate_expires_at = identity.as_ref().map(|identity| identity.borrow().expires_at);
    let (audit_log, _) = stored.clone().unzip();
    let record = |log| RefusalRecorder::start(log, context.actor(), name.clone(), context.clock);
    let service = Arc::new(TokenService {
        profile: Reloadable::new(Arc::new(profile)),
        actor: context.actor(),
        rate_limiters: RateLimiters::new(arguments.rate_limit, arguments.rate_limit_address),
        refusals: audit_log.clone().map(record).transpose()?,
        faults: Arc::new(faults),
        cors: Cors::new(arguments.cors_origin.clone(), &arguments.cors_header),
        telemetry: Arc::new(Telemetry::new(log, context.clock, certificate_expires_at, audit_log)),
        clock: context.clock,
    });
    let server = bind(context, arguments, identity.clone(), &service)?;
    let signals = Signals::new([SIGHUP]).context("cannot wait for signals")?;
    let reloads = signals.handle();
    let reload = Reload {
        profile: name,
        config: context.config_place(),
        lifetime: arguments.lifetime,
        identity,
        stored,
        service: Arc::clone(&service),
        environment: context.environment,
    };
    reload.start(signals).context("cannot wait for signals")?;
    announce(context, &server, arguments, &service.telemetry, demo_key.as_ref())?;
    let handler = Arc::clone(&service);
    let ended = server.run(Arc::new(move |request: &_| handler.handle(request))).context("the server failed");
    reloads.close();
    let is_closed = |refusals: &RefusalRecorder| refusals.close(REFUSAL_DRAIN_TIMEOUT);
    if !matches!(ended, Ok(Ended::Stopped)) && !service.refusals.as_ref().is_none_or(is_closed) {
        service.telemetry.note("the last refusals are not in the audit log, which cannot be written");
    }
    service.telemetry.log.close();
    match ended? {
        Ended::Drained => Ok(Exit::Success),
        Ended::Unanswered(count) => {
            Err(anyhow!("not answered within the time to drain: {count} of the requests").into())
        }
        Ended::Stopped => {
            // Dropping the service would wait for the audit log; the exit of the process ends the remaining threads.
            std::mem::forget(service);
            Err(anyhow!("stopped at once, before what was received was answered").into())
        }
    }
}

/// Reads the certificate and its key, if TLS is configured.
fn identity(
    context: &mut Context<'_>,
    arguments: &ServeArgs,
) -> Result<Option<Arc<Reloadable<ServerIdentity>>>> {
    let (Some(certificate), Some(key)) = (arguments.tls_cert.clone(), arguments.tls_key.clone()) else {
        return Ok(None);
    };
    let identity = ServerIdentity::load(&IdentityPaths { certificate, key }, context.clock.now())?;
    for note in &identity.warnings {
        context.terminal.note(note);
    }
    Ok(Some(Arc::new(Reloadable::new(Arc::new(identity)))))
}

/// Refuses an address that other machines can reach without TLS.
fn require_tls_or_loopback(arguments: &ServeArgs, is_demo: bool) -> Result<()> {
    let listen = arguments.listen;
    if listen.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let loopback = format!("listen on 127.0.0.1:{}", listen.port());
    let (why, hint) = if is_demo {
        ("the demo profile's keys are published", format!("{loopback}, or use a profile of your own"))
    } else if arguments.trusted_proxy.is_empty() && arguments.tls_cert.is_none() {
        let or_proxy = "or name the proxy that ends TLS, with --trusted-proxy ADDRESS";
        ("there is no TLS", format!("give --tls-cert and --tls-key; or {loopback}; {or_proxy}"))
    } else {
        return Ok(());
    };
    Err(ErrorReport::usage(format!("other machines can reach {listen}, and {why}"), hint))
}

/// Binds the server, and the admin listener if one is configured.
fn bind(
    context: &mut Context<'_>,
    arguments: &ServeArgs,
    identity: Option<Arc<Reloadable<ServerIdentity>>>,
    service: &TokenService,
) -> Result<Server> {
    let runtime_dir = environment::runtime_dir(context.environment).ok_or_else(|| {
        let message = "there is no directory for the server's own sockets";
        ErrorReport::usage(message, "mount a file system in memory at /tmp, or name a directory in TMPDIR")
    })?;
    let limits = Limits::default();
    let wanted = arguments.max_connections.unwrap_or(limits.connections);
    let settings = Settings {
        limits: Limits { connections: wanted, ..limits },
        trusted_proxies: arguments.trusted_proxy.clone(),
        identity,
        runtime_dir,
        telemetry: Arc::clone(&service.telemetry),
        faults: Arc::clone(&service.faults),
    };
    let listen = arguments.listen;
    let mut server = Server::bind(listen, settings).with_context(|| format!("cannot listen on {listen}"))?;
    let possible = server.max_connections();
    if possible < wanted {
        let message = format!("the limit of open files allows {possible} connections, not {wanted}");
        if arguments.max_connections.is_some() {
            let hint = format!("raise it with 'ulimit -Hn', or use --max-connections {possible}");
            return Err(ErrorReport::usage(message, hint));
        }
        context.terminal.note(&message);
    }
    if let Some(admin) = arguments.admin_listen {
        let cannot_listen = || format!("cannot listen on {admin}, the admin listener's address");
        server.bind_admin(admin).with_context(cannot_listen)?;
        if !admin.ip().to_canonical().is_loopback() {
            context.terminal.note(&format!(
                "other machines can reach the admin listener on {admin}; it answers everyone, and has no secrets"
            ));
        }
    }
    Ok(server)
}

/// Announces the addresses of the server; for the demo also a call to try it, with a session that `demo_key` signs.
fn announce(
    context: &mut Context<'_>,
    server: &Server,
    arguments: &ServeArgs,
    telemetry: &Telemetry,
    demo_key: Option<&SessionKey>,
) -> Result<()> {
    let address = server.local_addr().context("cannot read the address")?;
    let admin = server.admin_addr().context("cannot read the admin listener's address")?;
    let scheme = if arguments.tls_cert.is_some() { "https" } else { "http" };
    let admin = admin.map(|admin| format!("admin on http://{admin}"));
    let faults = arguments.fault.iter().map(|rule| format!("requests fail on purpose: {rule}"));
    for note in faults.chain(admin).chain([format!("listening on {scheme}://{address}")]) {
        if context.global.quiet {
            // The log is then the only place that shows the port that the system chose.
            telemetry.note(&note);
        } else {
            context.terminal.note(&note);
        }
    }
    let Some(key) = demo_key.filter(|_| !context.global.quiet) else { return Ok(()) };
    let customer: CustomerId = DEMO_CUSTOMER.parse()?;
    let (_, token) = key.issue(customer, context.clock.now(), DEFAULT_LIFETIME)?;
    let token = token.expose();
    context.terminal.note(&format!("a session token for customer {customer}: {token}"));
    let trusted = arguments.tls_cert.as_deref().map(path_in_full);
    let trust =
        trusted.map(|path| format!("--cacert '{}' ", path.replace('\'', r"'\''"))).unwrap_or_default();
    let call = format!(
        "curl {trust}-X POST '{scheme}://{address}{PATH}' -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{{\"customer_id\": {customer}}}'"
    );
    if context.terminal.is_json() {
        context.terminal.note(&format!("try it: {call}"));
    } else {
        context.terminal.note("try it:");
        context.terminal.print_message(&call);
    }
    Ok(())
}
