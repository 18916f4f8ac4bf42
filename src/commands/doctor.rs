//! `doctor`: checks the setup and suggests fixes. It writes nothing, unlocks nothing and never prompts.

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

/// All checks, in the order in which their results are shown.
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

/// The input of the checks.
struct Checkup<'a> {
    /// The context of the command.
    context: &'a Context<'a>,
    /// The time, and the settings for reading secrets, without a notice about a slow keyring.
    asking: ReadContext<'a>,
    /// The arguments, which name the certificate and its key.
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

/// Runs all checks and prints their results.
pub(super) fn run(context: &mut Context<'_>, arguments: &DoctorArgs) -> Result<Exit> {
    let is_json = context.is_json_or_text("doctor")?;
    let checkup = Checkup::new(context, arguments);
    let found: Vec<_> = CHECKS.iter().flat_map(|check| check(&checkup)).collect();
    context.print_all(is_json, &found, output::doctor_json, output::doctor_text)?;
    let is_failure = found.iter().any(|found| found.status == Health::Fail);
    Ok(if is_failure { Exit::Failed } else { Exit::Success })
}

impl<'a> Checkup<'a> {
    /// Reads the input that several checks share.
    fn new(context: &'a Context<'a>, arguments: &'a DoctorArgs) -> Self {
        let (environment, now) = (context.environment, context.clock.now());
        let (limit, access) = (SECRET_TIMEOUT, Access::Quiet);
        let asking = ReadContext { environment, now, limit, access, on_slow: &|| () };
        let selected = profile::select(context.global.profile.as_deref(), environment, || context.config());
        let selected = selected.map(|selection| selection.profile).map_err(ErrorReport::from);
        let config = context.config().map_err(ErrorReport::from);
        // The built-in profile and a profile without a name are not in the configuration.
        let extra = selected.iter().filter(|profile| profile.name.is_none() || profile.is_demo()).cloned();
        let profiles = config.iter().flat_map(Config::profiles).chain(extra);
        let secrets = list_status(profiles, &[Kind::ApiSecret, Kind::SessionKey], &asking);
        Self { context, asking, arguments, config, selected, secrets }
    }

    /// Returns `true` if a profile is to be checked: the profile named by the flag, or without the flag every profile.
    fn covers(&self, profile: &Profile) -> bool {
        self.context.global.profile.is_none() || self.selected.iter().any(|selected| selected == profile)
    }
}
