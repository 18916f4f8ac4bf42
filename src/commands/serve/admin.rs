//! The admin listener beside the server: where it may be, and for how long it answers.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::super::Context;
use crate::environment;
use crate::failure::Usage;
use crate::server::{Admin, Ended, Telemetry};

/// Refuses an address that other machines reach: whoever asks there is not asked who they are.
pub(super) fn judge_reach(listen: Option<SocketAddr>) -> Result<()> {
    match listen {
        Some(listen) if !listen.ip().to_canonical().is_loopback() => Err(Usage {
            message: format!("other machines can reach {listen}, and the admin listener answers everybody"),
            hint: format!(
                "give it an address of this machine alone, as in --admin-listen 127.0.0.1:{}",
                listen.port()
            ),
        }
        .into()),
        _ => Ok(()),
    }
}

/// Binds the admin listener, if there is to be one.
pub(super) fn bind(context: &Context<'_>, listen: Option<SocketAddr>) -> Result<Option<Admin>> {
    let Some(listen) = listen else { return Ok(None) };
    let parent = environment::runtime_dir(context.environment);
    let admin = Admin::bind(listen, parent, context.clock)
        .with_context(|| format!("cannot listen on {listen}, the admin listener's address"))?;
    Ok(Some(admin))
}

/// Says where it is; with `--quiet` in the log, as the server's own address.
pub(super) fn introduce(context: &mut Context<'_>, admin: Option<&Admin>) -> Result<()> {
    let Some(admin) = admin else { return Ok(()) };
    let address = admin.local_addr().context("cannot tell the admin listener's address")?;
    let note = format!("admin on http://{address}");
    if context.global.quiet {
        tracing::info!(note);
    } else {
        context.terminal.note(&note);
    }
    Ok(())
}

/// Runs the server with the admin listener answering beside it, also while the server drains.
pub(super) fn beside(
    admin: Option<Admin>,
    telemetry: Arc<Telemetry>,
    serve: impl FnOnce() -> Result<Ended>,
) -> Result<Ended> {
    let running = admin.map(|admin| admin.start(telemetry)).transpose();
    let running = running.context("the admin listener cannot begin")?;
    let ended = serve();
    let is_at_once = matches!(ended, Ok(Ended::Stopped));
    if let Some(Err(error)) = running.map(|running| running.end(is_at_once)) {
        tracing::warn!(note = %format!("the admin listener had failed: {error}"));
    }
    ended
}
