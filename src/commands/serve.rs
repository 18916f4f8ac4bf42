//! `serve`: assembles the server, announces its address, and runs it until it is stopped.
//!
//! SIGHUP reloads the profile, its secrets and the certificate, or changes nothing. A dedicated thread waits for the signal
//! and does the work, so that clients never wait for a file or a keyring. It never prompts. Requests that have begun keep
//! the state that they began with.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

use super::{Context, Result, SECRET_TIMEOUT, session};
use crate::audit::{AuditLog, RefusalRecorder};
use crate::cli::ServeArgs;
use crate::error::{ErrorReport, Exit};
use crate::escape::path_in_full;
use crate::fault::Faults;
use crate::issuer::{IssueError, TokenIssuer};
use crate::output::terminal::write_stderr;
use crate::process::environment::{self, Environment};
use crate::process::stop_signals;
use crate::profile::{self, ConfigPlace, Expiry, LoadedProfile, Profile, SessionKind, TokenRequest, select};
use crate::secret::keyring::Kind;
use crate::secret::{Access, ReadContext, Secret};
use crate::server::{
    ActiveProfile, Cors, Ended, Limits, OPENAPI, PATH, RateLimiter, Reloadable, Server, ServerLog, Settings,
    Telemetry, TokenService,
};
use crate::session::{
    Authenticate, CheckUrlVerifier, DEFAULT_LIFETIME, JwtVerifier, RevocationList, SessionKey,
    SessionVerifier,
};
use crate::time::Timestamp;
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
    let stored = open_stored(context, &opened.profile)?;
    let (now, mut demo_key) = (context.clock.now(), None);
    let profile = active_profile(opened, &stored, arguments.lifetime, now, |profile| {
        let secret = session::key_secret(context, profile)?;
        demo_key = profile.is_demo().then(|| SessionKey::new(&secret));
        Ok(secret)
    })?;
    faults.allow(profile.issuer.allows_faults());
    let write = |lines: &str| write_stderr(lines.strip_suffix('\n').unwrap_or(lines));
    let log = ServerLog::start(context.is_json(), context.clock, write).context("cannot start the log")?;
    let certificate_expires_at = identity.as_ref().map(|identity| identity.borrow().expires_at);
    let (audit_log, _) = stored.clone().unzip();
    let record = |log| RefusalRecorder::start(log, context.actor(), name.clone(), context.clock);
    let service = Arc::new(TokenService {
        profile: Reloadable::new(Arc::new(profile)),
        actor: context.actor(),
        customer_limiter: RateLimiter::new(arguments.rate_limit),
        address_limiter: RateLimiter::new(arguments.rate_limit_address),
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
        Ended::Stopped => Err(anyhow!("stopped at once, before what was received was answered").into()),
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
    if context.is_json() {
        context.terminal.note(&format!("try it: {call}"));
    } else {
        context.terminal.note("try it:");
        context.terminal.print_message(&call);
    }
    Ok(())
}

/// The audit log and the revocation list, which reloads keep; `None` for the demo, which keeps no state.
type Stored = Option<(Arc<AuditLog>, Arc<RevocationList>)>;

/// Opens a profile's audit log and revocation list.
fn open_stored(context: &Context<'_>, profile: &Profile) -> Result<Stored> {
    if profile.is_demo() {
        return Ok(None);
    }
    let state = context.state_dir()?;
    let audit_log = AuditLog::open(&state, context.clock).map_err(IssueError::Audit)?;
    Ok(Some((Arc::new(audit_log), Arc::new(RevocationList::open(&state)?))))
}

/// Returns the active profile. Refuses a lifetime that the policy would refuse for every client. `read_key` reads the
/// secret of the session key, and is called only if the key is needed.
fn active_profile(
    opened: LoadedProfile,
    stored: &Stored,
    lifetime: Option<Expiry>,
    now: Timestamp,
    read_key: impl FnOnce(&Profile) -> Result<Secret>,
) -> Result<ActiveProfile> {
    let LoadedProfile { profile, secret, .. } = opened;
    let lifetime = lifetime.unwrap_or(Expiry::PolicyDefault);
    let request = TokenRequest { expiry: lifetime, issued_at: None, fault: None };
    let allowed = profile.policy.evaluate(&request, now);
    let hint = "leave --lifetime out, or give one that the policy allows";
    allowed.map_err(|error| ErrorReport::usage(error.to_string(), hint))?;
    let (audit_log, revocations) = stored.clone().unzip();
    let authenticate: Box<dyn Authenticate> = match profile.sessions.as_ref().map(|sessions| &sessions.kind) {
        None => Box::new(SessionVerifier { key: SessionKey::new(&read_key(&profile)?), revocations }),
        Some(SessionKind::CheckUrl(check)) => Box::new(CheckUrlVerifier::new(check.clone())?),
        Some(SessionKind::Jwt(jwt)) => Box::new(JwtVerifier::new(jwt, || read_key(&profile), now)?),
    };
    let issuer = TokenIssuer::new(&secret, profile.name, profile.policy, audit_log);
    Ok(ActiveProfile { authenticate, issuer, lifetime })
}

/// Everything that a reload needs.
struct Reload {
    /// The name of the profile that was chosen at the start; `None` for a secret from the environment.
    profile: Option<String>,
    /// The location of the configuration.
    config: ConfigPlace,
    /// The lifetime of tokens, as given on the command line.
    lifetime: Option<Expiry>,
    /// The certificate and its key.
    identity: Option<Arc<Reloadable<ServerIdentity>>>,
    /// The audit log and the revocation list.
    stored: Stored,
    /// The service that answers requests.
    service: Arc<TokenService>,
    /// The environment variables.
    environment: &'static Environment<'static>,
}

impl Reload {
    /// Starts a thread that reloads on every signal, until `signals` is closed. Signals during a reload cause one more
    /// reload.
    fn start(self, mut signals: Signals) -> io::Result<()> {
        let reload = move || signals.forever().for_each(|_| self.run());
        thread::Builder::new().name("reload".into()).spawn(reload).map(drop)
    }

    /// Reloads, and logs whether that succeeded.
    fn run(&self) {
        let telemetry = &self.service.telemetry;
        telemetry.reloading();
        let loaded = self.load();
        telemetry.record_reload(loaded.is_ok());
        match loaded {
            Ok(notes) => {
                for note in &notes {
                    telemetry.note(note);
                }
                telemetry.log.event(&[
                    ("note", "reloaded".into()),
                    ("profile", self.profile.clone().into()),
                    ("tls", self.identity.is_some().into()),
                ]);
            }
            Err(report) => telemetry.log.event(&[
                ("note", "not reloaded: nothing was changed".into()),
                ("error", report.message.into()),
                ("hint", report.hint.into()),
            ]),
        }
        telemetry.ready();
    }

    /// Loads the profile, its secrets and the certificate, and puts them to use once all are loaded. Returns notes for the
    /// operator.
    fn load(&self) -> Result<Vec<String>> {
        let (service, environment, now) = (&self.service, self.environment, self.service.clock.now());
        let paths = self.identity.as_ref().map(|in_use| in_use.borrow().paths.clone());
        let identity = paths.map(|paths| ServerIdentity::load(&paths, now)).transpose()?;
        let profile = select(self.profile.as_deref(), environment, || self.config.load())?.profile;
        let access = Access::Unattended;
        let asking = ReadContext { environment, now, limit: SECRET_TIMEOUT, access, on_slow: &|| () };
        let opened = profile::load(profile, &asking)?;
        // The first note names the source.
        let mut notes: Vec<_> = opened.notes.iter().skip(1).cloned().collect();
        let active = active_profile(opened, &self.stored, self.lifetime, now, |profile| {
            let item = profile.item(Kind::SessionKey);
            let read = profile.require_source(Kind::SessionKey)?.read(&item, &asking);
            let key = read.map_err(|error| ErrorReport::from(error).about(format!("the {item}")))?.secret;
            let finding = key.finding(profile.api_key.as_deref());
            notes.extend(finding.map(|finding| format!("session key: {finding}")));
            Ok(key)
        })?;
        if let (Some(in_use), Some(identity)) = (&self.identity, identity) {
            notes.extend_from_slice(&identity.warnings);
            service.telemetry.certificate_expires(identity.expires_at);
            in_use.send_replace(Arc::new(identity));
        }
        service.faults.allow(active.issuer.allows_faults());
        service.profile.send_replace(Arc::new(active));
        Ok(notes)
    }
}
