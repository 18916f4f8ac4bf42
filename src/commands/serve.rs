//! `serve`: puts the endpoint together, says where it is, and runs it until it is told to end.

mod admin;
mod desk;
mod reload;

use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};

use self::desk::Books;
use self::reload::{Hangups, Reload};
use super::{Context, session};
use crate::cli::ServeArgs;
use crate::environment;
use crate::failure::{Exit, Usage};
use crate::server::{
    Ended, Form, Gate, GateLog, Handler, Limits, Log, Network, OPENAPI, Origins, PATH, Rate, RateLimits,
    Service, Settings, Swap, Telemetry,
};
use crate::session::{DEFAULT_LIFETIME, SessionKey};
use crate::terminal::speak;
use crate::tls::{Files, Identity};
use crate::token::CustomerId;

/// The customer of the session that the demo prints.
const DEMO_CUSTOMER: &str = "123";

/// What goes on for as long as the server runs, whatever is read anew meanwhile.
struct Outlasting {
    /// The rate limits, with what they have counted.
    quotas: Arc<RateLimits>,
    /// Metrics and readiness.
    telemetry: Arc<Telemetry>,
}

impl Outlasting {
    /// Begins, with the rates that were asked for.
    fn new(context: &Context<'_>, arguments: &ServeArgs) -> Result<Self> {
        let customers: Rate = parsed_one(&arguments.rate_limit, "--rate-limit")?;
        let addresses = parsed_one(&arguments.rate_limit_address, "--rate-limit-address")?;
        Ok(Self {
            quotas: Arc::new(RateLimits::new(customers, addresses)),
            telemetry: Arc::new(Telemetry::new(context.clock)),
        })
    }
}

/// Serves until it is told to end.
pub(super) fn run(context: &mut Context<'static>, arguments: &ServeArgs) -> Result<Exit> {
    if arguments.openapi {
        context.terminal.print(OPENAPI)?;
        return Ok(Exit::Success);
    }
    let is_json = context.is_json_or_text("serve")?;
    let trusted_proxies: Vec<Network> = parsed(&arguments.trusted_proxy, "--trusted-proxy")?;
    let origins = Origins::new(parsed(&arguments.cors_origin, "--cors-origin")?);
    let outlasting = Outlasting::new(context, arguments)?;
    let profile = context.choose_profile()?;
    admin::judge_reach(arguments.admin_listen)?;
    judge_reach(arguments, !trusted_proxies.is_empty(), profile.is_demo())?;
    let lifetime = desk::lifetime(arguments.lifetime, &profile, context.clock.now())?;
    let tls = tls(context, arguments)?;
    let opened = context.open_secret(profile)?;
    context.note_borrowed_policy(&opened);
    let key = session::key(context, &opened.profile)?;
    let telemetry = Arc::clone(&outlasting.telemetry);
    let mut gate = bind(context, arguments, trusted_proxies, Arc::clone(&telemetry))?;
    if let Some((_, identity)) = &tls {
        telemetry.certificate_expires(identity.current().expires_at());
        gate.speak_tls(Arc::clone(identity));
    }
    gate.watch_signals().context("cannot wait for signals")?;
    let mut hangups = Hangups::watch().context("cannot wait for signals")?;
    let address = gate.local_addr().context("cannot tell the address")?;
    let admin = admin::bind(context, arguments.admin_listen)?;
    let demo = opened.profile.is_demo().then(|| key.clone());
    let (books, refusals) = Books::open(context, &opened.profile, &telemetry)?;
    let name = opened.profile.name.as_ref().map(ToString::to_string).unwrap_or_default();
    let desk = Swap::new(books.desk(opened, key, lifetime));
    let Outlasting { quotas, .. } = outlasting;
    let (clock, telemetry) = (context.clock, Arc::clone(&telemetry));
    let service = Arc::new(Service { desk, quotas, refusals, origins, telemetry, clock });
    let form = if is_json { Form::Json } else { Form::Text };
    let (log, ending) = Log::start(form, context.clock, speak_lines).context("cannot begin the log")?;
    tracing::subscriber::set_global_default(log).context("cannot begin the log")?;
    let reload = Reload {
        profile: name,
        config: context.config_path(),
        lifetime: arguments.lifetime,
        tls,
        books,
        service: Arc::clone(&service),
        environment: context.environment,
        clock: context.clock,
    };
    hangups.serve(reload).context("cannot wait for signals")?;
    admin::introduce(context, admin.as_ref())?;
    introduce(context, address, arguments.tls_cert.as_deref(), demo.as_ref())?;
    let serve = || gate.run(Arc::clone(&service) as Handler).context("the server failed");
    let ended = admin::beside(admin, Arc::clone(&service.telemetry), serve);
    if !matches!(ended, Ok(Ended::Stopped)) {
        service.refusals.close();
    }
    ending.wait();
    match ended? {
        Ended::Drained => Ok(Exit::Success),
        Ended::LeftWork(1) => Err(anyhow!("1 request was not answered within the time to drain")),
        Ended::LeftWork(count) => Err(anyhow!("{count} requests were not answered within the time to drain")),
        Ended::Stopped => {
            // What may hold the end up is left to the system.
            std::mem::forget(service);
            Err(anyhow!("stopped at once, before what was received was answered"))
        }
    }
}

/// Reads the certificate and its key, where TLS is to be spoken.
fn tls(context: &mut Context<'_>, arguments: &ServeArgs) -> Result<Option<(Files, Arc<Swap<Identity>>)>> {
    let (Some(certificate), Some(key)) = (arguments.tls_cert.clone(), arguments.tls_key.clone()) else {
        return Ok(None);
    };
    let files = Files { certificate, key };
    let identity = Identity::load(&files, context.clock.now())?;
    for note in identity.notes() {
        context.terminal.note(note);
    }
    Ok(Some((files, Arc::new(Swap::new(identity)))))
}

/// Writes lines that have their ends to standard error.
fn speak_lines(lines: &str) {
    speak(lines.strip_suffix('\n').unwrap_or(lines));
}

/// Reads the values of a flag.
fn parsed<T: FromStr<Err: std::error::Error>>(texts: &[String], flag: &str) -> Result<Vec<T>> {
    texts.iter().map(|text| parsed_one(text, flag)).collect()
}

/// Reads the value of a flag.
fn parsed_one<T: FromStr<Err: std::error::Error>>(text: &str, flag: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| {
        let message = format!("invalid value {} for '{flag}'", crate::foreign::identifier(text));
        Usage { message, hint: error.to_string() }.into()
    })
}

/// Refuses an address that other machines reach without TLS.
fn judge_reach(arguments: &ServeArgs, has_proxy: bool, is_demo: bool) -> Result<()> {
    let listen = arguments.listen;
    if listen.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let message = format!("other machines can reach {listen}");
    if is_demo {
        let message = format!("{message}, and the demo profile's keys are published");
        let hint = format!("listen on 127.0.0.1:{}, or use a profile of your own", listen.port());
        return Err(Usage { message, hint }.into());
    }
    if !has_proxy && arguments.tls_cert.is_none() {
        let message = format!("{message}, and there is no TLS");
        let hint = format!(
            "give --tls-cert and --tls-key; or listen on 127.0.0.1:{}; or name the proxy that ends TLS, with --trusted-proxy ADDRESS",
            listen.port()
        );
        return Err(Usage { message, hint }.into());
    }
    Ok(())
}

/// Binds the gate.
fn bind(
    context: &mut Context<'_>,
    arguments: &ServeArgs,
    trusted_proxies: Vec<Network>,
    telemetry: Arc<Telemetry>,
) -> Result<Gate> {
    let mut limits = Limits::default();
    let asked = arguments.max_connections.and_then(|count| usize::try_from(count).ok());
    limits.connections = asked.unwrap_or(limits.connections);
    let wanted = limits.connections;
    let log = GateLog::new(context.clock);
    let settings = Settings {
        limits,
        trusted_proxies,
        socket_parent: environment::runtime_dir(context.environment),
        clock: context.clock,
        notice: Arc::new(move |notice| {
            telemetry.note(&notice);
            log.take(notice);
        }),
    };
    let listen = arguments.listen;
    let gate = Gate::bind(listen, settings).with_context(|| format!("cannot listen on {listen}"))?;
    let there = gate.connections();
    if there < wanted {
        let message = format!("the limit of open files allows {there} connections, not {wanted}");
        if asked.is_some() {
            let hint = format!("raise it with 'ulimit -Hn', or use --max-connections {there}");
            return Err(Usage { message, hint }.into());
        }
        context.terminal.note(&message);
    }
    Ok(gate)
}

/// Says where the server is; in the demo also how to try it, with a session that `demo` signs.
fn introduce(
    context: &mut Context<'_>,
    address: SocketAddr,
    certificate: Option<&Path>,
    demo: Option<&SessionKey>,
) -> Result<()> {
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let listening = format!("listening on {scheme}://{address}");
    if context.global.quiet {
        // Without a line of the log, nobody would learn the port that the system chose.
        tracing::info!(note = listening);
        return Ok(());
    }
    context.terminal.note(&listening);
    let Some(key) = demo else { return Ok(()) };
    let customer: CustomerId = DEMO_CUSTOMER.parse()?;
    let (_, token) = key.issue(customer, context.clock.now(), DEFAULT_LIFETIME)?;
    let token = token.expose();
    context.terminal.note(&format!("a session token for customer {customer}: {token}"));
    let trust = certificate.map(|path| format!("--cacert {} ", quoted(path))).unwrap_or_default();
    let call = format!(
        "curl {trust}-X POST '{scheme}://{address}{PATH}' -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{{\"customer_id\": {customer}}}'"
    );
    if context.terminal.is_json() {
        context.terminal.note(&format!("try it: {call}"));
    } else {
        context.terminal.note("try it:");
        context.terminal.say(&call);
    }
    Ok(())
}

/// Writes a path for a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", crate::foreign::path_in_full(path).replace('\'', r"'\''"))
}
