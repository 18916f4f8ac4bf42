//! `doctor`: says what is set up, what is not, and what to do. Nothing is written, unlocked or asked.

mod files;
#[cfg(all(unix, feature = "serve"))]
mod network;
mod secrets;

use super::{Context, Result, SECRET_TIMEOUT};
use crate::cli::DoctorArgs;
use crate::error::{ErrorReport, Exit};
use crate::output::{self, Diagnosis, Health};
use crate::profile::{self, Config, Profile, SecretStatus, list_status};
use crate::secret::keyring::Kind;
use crate::secret::{Access, ReadContext};

/// Every check, in the order in which its findings are shown.
const CHECKS: &[fn(&Checkup<'_>) -> Vec<Diagnosis>] = &[
    files::config,
    secrets::profile,
    secrets::variables,
    secrets::keyring,
    secrets::secrets,
    #[cfg(all(unix, feature = "serve"))]
    network::backends,
    #[cfg(all(unix, feature = "serve"))]
    network::certificate,
    files::modes,
    files::disk,
    files::audit_log,
    files::clock,
    files::completions,
];

/// What the checks look at.
struct Checkup<'a> {
    /// The call.
    context: &'a Context<'a>,
    /// The time, and how secrets are read: nobody is told that it takes long.
    asking: ReadContext<'a>,
    /// The certificate and its key.
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

/// Checks everything.
pub(super) fn run(context: &mut Context<'_>, arguments: &DoctorArgs) -> Result<Exit> {
    let is_json = context.is_json_or_text("doctor")?;
    let checkup = Checkup::new(context, arguments);
    let found: Vec<_> = CHECKS.iter().flat_map(|check| check(&checkup)).collect();
    context.print_all(is_json, &found, output::doctor_json, output::doctor_text)?;
    let is_failure = found.iter().any(|found| found.status == Health::Fail);
    Ok(if is_failure { Exit::Failed } else { Exit::Success })
}

impl<'a> Checkup<'a> {
    /// Reads what several checks look at, once.
    fn new(context: &'a Context<'a>, arguments: &'a DoctorArgs) -> Self {
        let (environment, now) = (context.environment, context.clock.now());
        let (limit, access) = (SECRET_TIMEOUT, Access::Quiet);
        let asking = ReadContext { environment, now, limit, access, on_slow: &|| () };
        let selected = profile::select(context.global.profile.as_deref(), environment, || context.config());
        let selected = selected.map(|selection| selection.profile).map_err(ErrorReport::from);
        let config = context.config().map_err(ErrorReport::from);
        // The built-in profile, and one without a name, are not in the configuration.
        let extra = selected.iter().filter(|profile| profile.name.is_none() || profile.is_demo()).cloned();
        let profiles = config.iter().flat_map(Config::profiles).chain(extra);
        let secrets = list_status(profiles, &[Kind::ApiSecret, Kind::SessionKey], &asking);
        Self { context, asking, arguments, config, selected, secrets }
    }

    /// Returns `true` if a profile is checked: the one that was named, or every one.
    fn covers(&self, profile: &Profile) -> bool {
        self.context.global.profile.is_none() || self.selected.iter().any(|selected| selected == profile)
    }
}
