//! `serve`: assembles the server, announces its address, and runs it until it is stopped.

mod state;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use hyper::header::HeaderName;
use ipnet::IpNet;
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

use self::state::Reload;
use super::{Context, Result, session};
use crate::audit::RefusalRecorder;
use crate::cli::ServeArgs;
use crate::error::{ErrorReport, Exit};
use crate::escape::{escaped_or_redacted, path_in_full};
use crate::fault::Faults;
use crate::output::terminal::write_stderr;
use crate::process::{environment, stop_signals};
use crate::profile::Profile;
use crate::server::{
    Cors, Ended, Limits, LogFormat, OPENAPI, PATH, Rate, RateLimiters, Reloadable, Server, ServerLog,
    Settings, Telemetry, TokenService, parse_network, parse_origin,
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
    let expected = "a network such as 10.0.0.0/8, without bits after its prefix, or an address";
    let trusted_proxies = parsed(&arguments.trusted_proxy, "--trusted-proxy", expected, parse_network)?;
    let cors = cors(arguments)?;
    let rate_limiters = rate_limiters(arguments)?;
    let profile = context.choose_profile()?;
    require_tls_or_loopback(arguments, !trusted_proxies.is_empty(), profile.is_demo())?;
    let faults = Arc::new(faults(arguments, &profile)?);
    let now = context.clock.now();
    let lifetime = state::lifetime(arguments.lifetime, &profile, now)?;
    let tls = tls(context, arguments)?;
    let loaded = context.open_secret(profile)?;
    context.note_default_policy(&loaded);
    stop_signals::stop_between_holds().context("cannot wait for signals")?;
    let stored = state::open_stored(context, &loaded.profile)?;
    let mut demo_key = None;
    let authenticate = state::authenticate(&loaded.profile, &stored, now, || {
        let secret = session::key_secret(context, &loaded.profile)?;
        demo_key = loaded.profile.is_demo().then(|| SessionKey::new(&secret));
        Ok(secret)
    })?;
    let write = |lines: &str| write_stderr(lines.strip_suffix('\n').unwrap_or(lines));
    let log = ServerLog::start(format, context.clock, write).context("cannot start the log")?;
    let identity = tls.as_ref().map(|(_, identity)| Arc::clone(identity));
    let certificate_expires_at = identity.as_ref().map(|identity| identity.load().expires_at);
    let telemetry = Arc::new(Telemetry::new(log, context.clock, certificate_expires_at));
    let server = bind(context, arguments, trusted_proxies, identity, &telemetry, &faults)?;
    let signals = Signals::new([SIGHUP]).context("cannot wait for signals")?;
    let reloads = signals.handle();
    let name = loaded.profile.name.as_ref().map(ToString::to_string);
    let mut refusals = None;
    if let Some((audit_log, _)) = &stored {
        telemetry.watch_audit_log(audit_log);
        let audit_log = Arc::clone(audit_log);
        refusals = Some(RefusalRecorder::start(audit_log, context.actor(), name.clone(), context.clock)?);
    }
    let service = Arc::new(TokenService {
        profile: Reloadable::new(state::active_profile(&stored, loaded, authenticate, lifetime)),
        actor: context.actor(),
        rate_limiters,
        refusals,
        faults,
        cors,
        telemetry: Arc::clone(&telemetry),
        clock: context.clock,
    });
    let reload = Reload {
        profile: name,
        config: context.config_place(),
        lifetime: arguments.lifetime,
        tls,
        stored,
        service: Arc::clone(&service),
        environment: context.environment,
    };
    reload.start(signals).context("cannot wait for signals")?;
    announce(context, &server, arguments, &telemetry, demo_key.as_ref())?;
    let handler = Arc::clone(&service);
    let ended = server.run(Arc::new(move |request: &_| handler.handle(request))).context("the server failed");
    reloads.close();
    let is_closed = |refusals: &RefusalRecorder| refusals.close(REFUSAL_DRAIN_TIMEOUT);
    if !matches!(ended, Ok(Ended::Stopped)) && !service.refusals.as_ref().is_none_or(is_closed) {
        telemetry.note("the last refusals are not in the audit log, which cannot be written");
    }
    telemetry.log.close();
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

/// Parses the values of a flag. `expected` is the hint for an invalid value.
fn parsed<T>(texts: &[String], flag: &str, expected: &str, parse: fn(&str) -> Option<T>) -> Result<Vec<T>> {
    let parse = |text: &String| {
        parse(text).ok_or_else(|| {
            let message = format!("invalid value {} for '{flag}'", escaped_or_redacted(text));
            ErrorReport::usage(message, format!("expected {expected}"))
        })
    };
    texts.iter().map(parse).collect()
}

/// Parses the CORS policy.
fn cors(arguments: &ServeArgs) -> Result<Cors> {
    let expected = "an origin as browsers send it, such as https://app.example.com or http://localhost:3000";
    let origins = parsed(&arguments.cors_origin, "--cors-origin", expected, parse_origin)?;
    let expected = "the name of a request header, such as traceparent";
    let parse_name = |text: &str| text.parse::<HeaderName>().ok();
    let headers = parsed(&arguments.cors_header, "--cors-header", expected, parse_name)?;
    Ok(Cors::new(origins, &headers))
}

/// Parses the rate limits of customers and of addresses.
fn rate_limiters(arguments: &ServeArgs) -> Result<RateLimiters> {
    let expected = "a rate such as 30/m (N/s, N/m or N/h, with N up to 1000000), or off";
    let rate = |text: &String, flag| {
        parsed(std::slice::from_ref(text), flag, expected, Rate::parse).map(|rates| rates[0])
    };
    let customer = rate(&arguments.rate_limit, "--rate-limit")?;
    Ok(RateLimiters::new(customer, rate(&arguments.rate_limit_address, "--rate-limit-address")?))
}

/// Returns the faults that the server starts with, if the profile's policy allows any.
fn faults(arguments: &ServeArgs, profile: &Profile) -> Result<Faults> {
    let (faults, allowed) = (Faults::default(), profile.policy.allow_fault());
    faults.allow(allowed.is_ok());
    if !arguments.fault.is_empty() {
        allowed?;
        faults.add(&arguments.fault)?;
    }
    Ok(faults)
}

/// Reads the certificate and its key, if TLS is configured.
fn tls(
    context: &mut Context<'_>,
    arguments: &ServeArgs,
) -> Result<Option<(IdentityPaths, Arc<Reloadable<ServerIdentity>>)>> {
    let (Some(certificate), Some(key)) = (arguments.tls_cert.clone(), arguments.tls_key.clone()) else {
        return Ok(None);
    };
    let files = IdentityPaths { certificate, key };
    let identity = ServerIdentity::load(&files, context.clock.now())?;
    for note in &identity.warnings {
        context.terminal.note(note);
    }
    Ok(Some((files, Arc::new(Reloadable::new(identity)))))
}

/// Refuses an address that other machines can reach without TLS.
fn require_tls_or_loopback(arguments: &ServeArgs, has_proxy: bool, is_demo: bool) -> Result<()> {
    let listen = arguments.listen;
    if listen.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let loopback = format!("listen on 127.0.0.1:{}", listen.port());
    let (why, hint) = if is_demo {
        ("the demo profile's keys are published", format!("{loopback}, or use a profile of your own"))
    } else if !has_proxy && arguments.tls_cert.is_none() {
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
    trusted_proxies: Vec<IpNet>,
    identity: Option<Arc<Reloadable<ServerIdentity>>>,
    telemetry: &Arc<Telemetry>,
    faults: &Arc<Faults>,
) -> Result<Server> {
    let mut limits = Limits::default();
    let asked = arguments.max_connections.and_then(|count| usize::try_from(count).ok());
    limits.connections = asked.unwrap_or(limits.connections);
    let wanted = limits.connections;
    let runtime_dir = environment::runtime_dir(context.environment).ok_or_else(|| {
        let message = "there is no directory for the server's own sockets";
        ErrorReport::usage(message, "mount a file system in memory at /tmp, or name a directory in TMPDIR")
    })?;
    let (telemetry, faults) = (Arc::clone(telemetry), Arc::clone(faults));
    let settings = Settings { limits, trusted_proxies, identity, runtime_dir, telemetry, faults };
    let listen = arguments.listen;
    let mut server = Server::bind(listen, settings).with_context(|| format!("cannot listen on {listen}"))?;
    let possible = server.max_connections();
    if possible < wanted {
        let message = format!("the limit of open files allows {possible} connections, not {wanted}");
        if asked.is_some() {
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
