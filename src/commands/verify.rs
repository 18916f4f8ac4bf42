//! `verify`: verifies tokens and predicts Stream's response.

use std::iter;
use std::path::Path;
use std::time::Duration;

use super::batch::{BatchLine, BatchReader};
use super::input::{self, Paste};
use super::{Context, Result};
use crate::cli::VerifyArgs;
use crate::error::{Diagnostic as _, ErrorReport, Exit};
use crate::escape::json_line;
use crate::output;
use crate::profile::{LoadedProfile, Profile, ProfileName, list_status};
use crate::secret::keyring::{Kind, Previous};
use crate::secret::{ReadContext, Secret};
use crate::token::{
    CustomerId, ExtractedToken, PasteError, USER_ID_PREFIX, Validation, VerifyError, extract,
};
use crate::verdict::{CandidateKey, Generation, Report, SignedBy, examine};

/// The timeout for reading the secrets of all other profiles together.
const OTHER_PROFILES_TIMEOUT: Duration = Duration::from_secs(1);

/// Checks whether a profile's secret signed a token that is known to be good.
pub(super) fn check_secret(context: &mut Context<'_>, name: Option<&ProfileName>) -> Result<Exit> {
    if let Some(name) = name {
        context.global.profile = Some(name.to_string());
    }
    let (token, mut secrets) = read(context, "-")?;
    let validation = Validation::new(context.clock.now());
    let report = secrets.examine(context, &token.token, &validation);
    let profile = secrets.selected.profile.name.as_ref().map(ToString::to_string);
    let stored = SignedBy { profile, secret: Generation::Current };
    let is_signer = report.signed_by.as_ref() == Some(&stored);
    context.print(
        || output::secret_check_json(&report, is_signer),
        |layout| output::secret_check_text(&report, is_signer, layout),
    )?;
    Ok(match report.word_and_exit() {
        _ if is_signer => Exit::Success,
        (_, Exit::Malformed) if report.signed_by.is_none() => Exit::Malformed,
        _ => Exit::BadSignature,
    })
}

/// Verifies the given token or batch.
pub(super) fn run(context: &mut Context<'_>, arguments: &VerifyArgs) -> Result<Exit> {
    let now = context.clock.now();
    let validation = Validation {
        at: arguments.at.as_ref().map_or(now, |when| when.resolve(now)),
        leeway: arguments.leeway.unwrap_or_default(),
        customer: arguments.customer,
        revoked_before: arguments.revoked_before.as_ref().map(|when| when.resolve_past(now)).transpose()?,
    };
    if let Some(path) = &arguments.from {
        return run_batch(context, path, &validation);
    }
    let (token, mut secrets) = read(context, &arguments.token)?;
    let report = secrets.examine(context, &token.token, &validation);
    if report.verdict.is_ok() && report.signed_by.as_ref().is_some_and(|by| by.secret == Generation::Previous)
    {
        let note = "a secret that was rotated away signed it; Stream may no longer accept it";
        context.terminal.note(note);
    }
    context.print(
        || output::verify_json(&report, &token.stripped, None),
        |layout| output::verify_text(&report, layout),
    )?;
    Ok(report.word_and_exit().1)
}

/// Reads the given token, and the secrets that may have signed it.
fn read(context: &mut Context<'_>, argument: &str) -> Result<(ExtractedToken, CandidateSecrets)> {
    let paste = Paste::read(argument, context)?;
    let extracted = paste.extract(context);
    let secrets = CandidateSecrets::new(context)?;
    let token = extracted.map_err(|error| secrets.without_token(&paste, error))?;
    Ok((token, secrets))
}

/// Verifies one token per line, and prints one verdict per line.
fn run_batch(context: &mut Context<'_>, path: &Path, validation: &Validation) -> Result<Exit> {
    let mut secrets = CandidateSecrets::new(context)?;
    let mut batch = BatchReader::open(path, &mut context.terminal)?;
    let mut exit = Exit::Success;
    while let Some(line) = batch.next()? {
        let number = line.number;
        let valid = line.text.as_ref().ok().filter(|_| !context.is_json());
        let valid = valid.and_then(|token| secrets.verify(token, validation));
        let shown = if let Some(customer) = valid {
            // Only the verdict is printed, so no report is needed.
            format!("{number}\tvalid\t{USER_ID_PREFIX}{customer}\n")
        } else {
            let (report, stripped) = report_on_line(context, &mut secrets, &line, validation);
            if report.verdict.is_err() {
                exit = Exit::PartialFailure;
            }
            if context.is_json() {
                json_line(&output::verify_json(&report, &stripped, Some(number))) + "\n"
            } else {
                output::verify_line(&report, number)
            }
        };
        context.terminal.print(&shown)?;
        // A client that writes one line at a time gets each verdict before it sends the next line.
        if !batch.has_buffered_line() {
            context.terminal.flush()?;
        }
    }
    Ok(exit)
}

/// Returns the report on a line of a batch, and what was stripped from the line. A line without a token is reported too.
fn report_on_line(
    context: &mut Context<'_>,
    secrets: &mut CandidateSecrets,
    line: &BatchLine,
    validation: &Validation,
) -> (Report, Vec<String>) {
    let text = match &line.text {
        Ok(text) => text,
        Err(error) => {
            context.terminal.note(&format!("line {}: {}", line.number, error));
            return (Report::without_token(error.to_string(), None), Vec::new());
        }
    };
    match extract(text) {
        Ok(token) => {
            input::note_stripped(&token, &format!("line {}: ", line.number), context);
            (secrets.examine(context, &token.token, validation), token.stripped)
        }
        Err(error) => (Report::without_token(error.to_string(), error.hint()), Vec::new()),
    }
}

/// The secrets that may have signed a token.
struct CandidateSecrets {
    /// The keys of the selected profile; after the first token that none of them signed, also the keys of all other
    /// profiles.
    keys: Vec<CandidateKey>,
    /// The selected profile and its secrets.
    selected: LoadedProfile,
    /// Whether `keys` includes the keys of all other profiles.
    is_complete: bool,
}

impl CandidateSecrets {
    /// Opens the secrets of the selected profile.
    fn new(context: &mut Context<'_>) -> Result<Self> {
        let profile = context.choose_profile()?;
        let selected = context.open_secret(profile)?;
        let LoadedProfile { profile, secret, previous, .. } = &selected;
        let mut keys = keys(profile.name.as_ref(), secret, previous, true);
        if let Some(current) = keys.first_mut() {
            current.add_altered(secret, profile.api_key.as_deref());
        }
        Ok(Self { keys, selected, is_complete: false })
    }

    /// Returns the customer if the token is valid and signed by the selected profile.
    fn verify(&self, token: &str, validation: &Validation) -> Option<CustomerId> {
        let selected = self.keys.iter().filter(|key| key.is_selected);
        selected.map(|key| key.verifier.verify(token, validation)).find_map(Result::ok)
    }

    /// Examines a token. The secrets of other profiles are read when the selected profile did not sign a token.
    fn examine(&mut self, context: &mut Context<'_>, token: &str, validation: &Validation) -> Report {
        let report = examine(token, &self.keys, validation);
        if report.signed_by.is_some()
            || self.is_complete
            || matches!(report.verdict, Err(VerifyError::Malformed(_)))
        {
            return report;
        }
        self.is_complete = true;
        self.keys.extend(self.others(context));
        examine(token, &self.keys, validation)
    }

    /// Returns the report on a paste without a token. A paste that contains the API secret is reported as a leaked secret.
    fn without_token(&self, paste: &Paste, error: PasteError) -> ErrorReport {
        let LoadedProfile { profile, secret, previous, .. } = &self.selected;
        let mut secrets = iter::once(secret).chain(previous.iter().map(|previous| &previous.secret));
        if !secrets.any(|secret| secret.appears_in(&paste.text)) {
            return paste.without_token(error);
        }
        let profile = profile.name.as_ref().map_or_else(String::new, |name| format!(" of profile {name}"));
        ErrorReport {
            exit: Exit::Malformed,
            message: format!("this is the API secret{profile}, not a token"),
            hint: Some(
                "anyone who saw it can mint tokens for every user: change it in Stream's dashboard, then store the new one with \
                 'stream-token secret rotate'"
                    .into(),
            ),
        }
    }

    /// Reads the secrets of every other profile, as far as no prompt is needed.
    fn others(&self, context: &mut Context<'_>) -> Vec<CandidateKey> {
        let config = match context.config() {
            Ok(config) => config,
            Err(error) => {
                context.terminal.note(&format!("the secrets of other profiles are not compared: {error}"));
                return Vec::new();
            }
        };
        let profiles = config.profiles().chain([Profile::demo()]);
        let profiles = profiles.filter(|profile| profile.name != self.selected.profile.name);
        let status = context.asking(|asking| {
            let context = ReadContext { limit: OTHER_PROFILES_TIMEOUT, ..*asking };
            list_status(profiles, &[Kind::ApiSecret], &context)
        });
        let read =
            status.iter().filter_map(|status| Some((&status.profile.name, status.read.as_ref().ok()?)));
        read.flat_map(|(name, read)| keys(name.as_ref(), &read.secret, &read.previous, false)).collect()
    }
}

/// Returns a profile's secrets as candidate keys, the current one first.
fn keys(
    profile: Option<&ProfileName>,
    secret: &Secret,
    previous: &[Previous],
    is_selected: bool,
) -> Vec<CandidateKey> {
    let key = |secret: &Secret, generation| {
        let name = SignedBy { profile: profile.map(ToString::to_string), secret: generation };
        CandidateKey::new(name, is_selected, secret)
    };
    let previous = previous.iter().map(|previous| key(&previous.secret, Generation::Previous));
    iter::once(key(secret, Generation::Current)).chain(previous).collect()
}
