//! Checks of profiles, their secrets, and the environment variables that override them.

use super::super::STATE_DIR_VARIABLE;
use super::Checkup;
use crate::error::Diagnostic as _;
use crate::output::{Diagnosis, Health};
use crate::process::hardening::OPT_OUT;
use crate::profile::{
    API_KEY_VARIABLE, CONFIG_VARIABLE, PROFILE_VARIABLE, Profile, SECRET_FILE_VARIABLE, SECRET_VARIABLE,
    SESSION_KEY_FILE_VARIABLE, SESSION_KEY_VARIABLE, SecretStatus, SessionKind,
};
use crate::secret::keyring::KeyringErrorKind::Locked;
use crate::secret::keyring::{self, Item, KeyringError, Kind};
use crate::secret::{SecretFinding, Source, SourceError};
use crate::time::relative;

/// The environment variables that commands read, each with its effect.
const VARIABLES: [(&str, &str); 9] = [
    (PROFILE_VARIABLE, "names the profile, before the default one"),
    (SECRET_FILE_VARIABLE, "comes before the default profile, and after one that is named"),
    (SECRET_VARIABLE, "comes before the default profile, and after one that is named"),
    (SESSION_KEY_FILE_VARIABLE, "is the session key beside a secret from the environment"),
    (SESSION_KEY_VARIABLE, "is the session key beside a secret from the environment"),
    (API_KEY_VARIABLE, "is the API key beside a secret from the environment"),
    (CONFIG_VARIABLE, "names the configuration"),
    (STATE_DIR_VARIABLE, "names the directory of the audit log"),
    (OPT_OUT, "lets debuggers and core dumps show secrets, if it is 1"),
];

/// Reports the profile that a command uses.
pub(super) fn profile(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    vec![match &checkup.selected {
        Ok(Profile { name: Some(name), .. }) => Diagnosis::ok("profile", format!("{name} is used")),
        Ok(profile) => Diagnosis::ok("profile", format!("none, {} is used", profile.source)),
        Err(report) => Diagnosis::fail("profile", report.clone()),
    }]
}

/// Reports the environment variables that are set.
pub(super) fn variables(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let set = VARIABLES.iter().filter(|(variable, _)| (checkup.asking.environment)(variable).is_some());
    let detail = |(variable, effect): &(&str, &str)| format!("{variable} is set: it {effect}");
    set.map(|set| Diagnosis::note("variable", detail(set), "unset it if that is not meant")).collect()
}

/// Checks that a keyring is available, and reports the program that serves it.
pub(super) fn keyring(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let item = Item { profile: String::new(), kind: Kind::ApiSecret };
    let is_needed = checkup.secrets.iter().any(|status| status.profile.source == Source::Keyring);
    vec![match keyring::server(&item, &checkup.asking) {
        Ok(server) => Diagnosis::ok("keyring", server),
        Err(error) if is_needed => Diagnosis::fail("keyring", error),
        Err(_) => Diagnosis::ok("keyring", "there is none, and no profile needs one"),
    }]
}

/// Checks the secrets of the profiles. A profile whose sessions are checked by the app's backend, or with its public
/// keys, needs no session key.
pub(super) fn secrets(checkup: &Checkup<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    for status in checkup.secrets.iter().filter(|status| checkup.covers(&status.profile)) {
        let profile = &status.profile;
        let needs_key = match profile.sessions.as_ref().map(|sessions| &sessions.kind) {
            None => true,
            Some(SessionKind::CheckUrl(_)) => false,
            Some(SessionKind::Jwt(jwt)) => jwt.key_set.is_none(),
        };
        if status.kind == Kind::ApiSecret || needs_key {
            found.push(secret(status, checkup).of(profile));
        }
        if status.kind == Kind::ApiSecret && needs_key && profile.source_of(Kind::SessionKey).is_none() {
            let hint = "for these, add a line such as session_key = \"file:/run/keys/session\"";
            let detail = "has no source, and 'serve' and 'session' need one";
            found.push(Diagnosis::note("session_key", detail, hint).of(profile));
        }
    }
    found
}

/// Checks a secret: that it can be read, that it has no finding, and that no other profile or kind has the same secret.
fn secret(status: &SecretStatus, checkup: &Checkup<'_>) -> Diagnosis {
    let check = if status.kind == Kind::ApiSecret { "secret" } else { "session_key" };
    let fault = |is_fault: bool, detail: String, hint: &str| {
        let status = if is_fault { Health::Fail } else { Health::Note };
        Diagnosis { status, ..Diagnosis::note(check, detail, hint) }
    };
    let profile = &status.profile;
    let read = match &status.read {
        Ok(read) => read,
        Err(_) if status.is_unset() && profile.sessions.is_none() => {
            return Diagnosis::ok(check, "not made yet: 'session new' and 'serve' make it");
        }
        Err(error) => {
            // It is no fault that this check runs no command and unlocks no keyring.
            let is_quiet = matches!(
                error,
                SourceError::NotRead(_) | SourceError::Keyring(KeyringError { kind: Locked, .. })
            );
            return fault(!is_quiet, error.to_string(), &error.hint().unwrap_or_default());
        }
    };
    let source = &status.source;
    if let Some(other) = twin(status, checkup) {
        // An app has one secret: if two API keys have the same secret, one of them is wrong.
        let keys = profile.api_key.as_ref().zip(other.profile.api_key.as_ref());
        let is_fault = keys.is_some_and(|(key, other)| key != other) || status.kind != other.kind;
        let detail = format!("the same as the {}", other.profile.item(other.kind));
        fault(is_fault, detail, "store the right one, unless both are of one app")
    } else if let Some(finding) = SecretFinding::of(&read.secret, profile.api_key.as_deref()) {
        let hint = "compare it with the secret in Stream's dashboard";
        fault(finding == SecretFinding::ApiKey, finding.to_string(), hint)
    } else if read.is_exposed {
        fault(false, format!("others on this machine can read {source}"), "change its mode")
    } else {
        let age = read.set_at.map(|at| format!(", set {}", relative(at, checkup.asking.now)));
        let (age, fingerprint) = (age.unwrap_or_default(), read.secret.fingerprint());
        Diagnosis::ok(check, format!("{source}{age}, fingerprint {fingerprint}"))
    }
}

/// Returns the status of another profile or kind with the same secret.
fn twin<'a>(status: &SecretStatus, checkup: &'a Checkup<'_>) -> Option<&'a SecretStatus> {
    let secret = &status.read.as_ref().ok()?.secret;
    let is_other = |other: &&SecretStatus| (&other.profile, other.kind) != (&status.profile, status.kind);
    let mut others = checkup.secrets.iter().filter(is_other);
    others.find(|other| other.read.as_ref().is_ok_and(|read| read.secret == *secret))
}
