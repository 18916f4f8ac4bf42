//! `serve`: puts the endpoint together, says where it is, and runs it until it is told to end.

mod admin;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};

use super::{Context, session};
use crate::audit::{Journal, Refusals};
use crate::cli::{ServeArgs, ServedLifetime};
use crate::custody::Opened;
use crate::environment;
use crate::failure::{Exit, Usage};
use crate::mint::{Mint, MintError, Record};
use crate::profile::{Expiry, Profile, Wish};
use crate::server::{
    Ended, Form, Gate, GateLog, Lifetime, Limits, Log, Network, OPENAPI, Origins, PATH, Rate, RateLimits,
    RefusalBook, Service, Settings, Telemetry, Till,
};
use crate::session::{DEFAULT_LIFETIME, Register, SessionKey, Signed};
use crate::terminal::speak;
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
pub(super) fn run(context: &mut Context<'_>, arguments: &ServeArgs) -> Result<Exit> {
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
    judge_reach(arguments.listen, !trusted_proxies.is_empty(), profile.is_demo())?;
    let lifetime = lifetime(context, arguments, &profile)?;
    let opened = context.open_secret(profile)?;
    context.note_borrowed_policy(&opened);
    let key = session::key(context, &opened.profile)?;
    let telemetry = Arc::clone(&outlasting.telemetry);
    let mut gate = bind(context, arguments, trusted_proxies, Arc::clone(&telemetry))?;
    gate.watch_signals().context("cannot wait for signals")?;
    let address = gate.local_addr().context("cannot tell the address")?;
    let admin = admin::bind(context, arguments.admin_listen)?;
    let is_demo = opened.profile.is_demo();
    let service = Arc::new(service(context, opened, key.clone(), lifetime, origins, outlasting)?);
    let form = if is_json { Form::Json } else { Form::Text };
    let (log, ending) = Log::start(form, context.clock, speak_lines).context("cannot begin the log")?;
    tracing::subscriber::set_global_default(log).context("cannot begin the log")?;
    admin::introduce(context, admin.as_ref())?;
    introduce(context, address, is_demo.then_some(&key))?;
    let serve = || gate.run(service.handler()).context("the server failed");
    let ended = admin::beside(admin, telemetry, serve);
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
fn judge_reach(listen: SocketAddr, has_proxy: bool, is_demo: bool) -> Result<()> {
    if listen.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let message = format!("other machines can reach {listen}");
    if is_demo {
        let message = format!("{message}, and the demo profile's keys are published");
        let hint = format!("listen on 127.0.0.1:{}, or use a profile of your own", listen.port());
        return Err(Usage { message, hint }.into());
    }
    if !has_proxy {
        let message = format!("{message}, and there is no TLS");
        let hint = format!(
            "listen on 127.0.0.1:{}; or name the proxy that ends TLS, with --trusted-proxy ADDRESS",
            listen.port()
        );
        return Err(Usage { message, hint }.into());
    }
    Ok(())
}

/// Decides how long tokens live; refuses what policy would refuse to every client.
fn lifetime(context: &Context<'_>, arguments: &ServeArgs, profile: &Profile) -> Result<Lifetime> {
    let now = context.clock.now();
    let (lifetime, expiry) = match arguments.lifetime {
        None => (Lifetime::ByPolicy, Expiry::Unsaid),
        Some(ServedLifetime::Never) => (Lifetime::Endless, Expiry::Never),
        Some(ServedLifetime::For(span)) => (Lifetime::For(span), Expiry::At(now.after(span))),
    };
    let decided = profile.policy.decide(&Wish { expiry, issued_at: None }, now);
    decided.map_err(|error| Usage {
        message: error.to_string(),
        hint: "leave --lifetime out, or give one that the policy allows".into(),
    })?;
    Ok(lifetime)
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

/// Puts together what answers requests.
fn service(
    context: &Context<'_>,
    opened: Opened,
    key: SessionKey,
    lifetime: Lifetime,
    origins: Origins,
    outlasting: Outlasting,
) -> Result<Service> {
    let (clock, actor) = (context.clock, context.actor());
    let Outlasting { quotas, telemetry } = outlasting;
    let Opened { profile, secret, .. } = opened;
    let (signed, record, refusals) = if profile.is_demo() {
        (Signed::irrevocable(key), Record::Demo, RefusalBook::default())
    } else {
        let state: PathBuf = context.state_dir()?;
        let journal = Arc::new(Journal::open(&state, clock).map_err(MintError::Audit)?);
        telemetry.watch(&journal);
        let name = profile.name.as_ref().map(ToString::to_string);
        let refusals = Refusals::start(Arc::clone(&journal), actor.clone(), name, clock)?;
        let signed = Signed::new(key, Arc::new(Register::open(&state)));
        (signed, Record::Shared(journal), RefusalBook::new(refusals))
    };
    let mint = Mint::new(&secret, profile.name, profile.policy, record);
    let till = Till::new(mint, actor, lifetime, clock);
    Ok(Service { authenticate: Box::new(signed), quotas, till, refusals, origins, telemetry, clock })
}

/// Says where the server is; in the demo also how to try it, with a session that `demo` signs.
fn introduce(context: &mut Context<'_>, address: SocketAddr, demo: Option<&SessionKey>) -> Result<()> {
    let listening = format!("listening on http://{address}");
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
    let call = format!(
        "curl -X POST 'http://{address}{PATH}' -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{{\"customer_id\": {customer}}}'"
    );
    if context.terminal.is_json() {
        context.terminal.note(&format!("try it: {call}"));
    } else {
        context.terminal.note("try it:");
        context.terminal.say(&call);
    }
    Ok(())
}
