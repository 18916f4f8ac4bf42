//! `verify`: checks tokens and says what Stream would answer.

use std::iter;
use std::path::Path;
use std::time::Duration;

use super::batch::BatchReader;
use super::{Context, Result, input};
use crate::cli::VerifyArgs;
use crate::error::Exit;
use crate::output;
use crate::profile::ProfileName;
use crate::profile::list_status;
use crate::secret::keyring::{Kind, Previous};
use crate::secret::{ReadContext, Secret};
use crate::token::{Rules, Verifier};
use crate::verdict::{Candidate, Generation, Report, SignedBy, Verdict, examine};

/// How long the secrets of all other profiles may take together.
const OTHER_PROFILES_TIMEOUT: Duration = Duration::from_secs(1);

/// Verifies the token, or the batch, that was given.
pub(super) fn run(context: &mut Context<'_>, arguments: &VerifyArgs) -> Result<Exit> {
    let is_json = context.is_json_or_text("verify")?;
    let rules = rules(context, arguments)?;
    if let Some(path) = &arguments.from {
        let mut secrets = CandidateSecrets::of(context)?;
        return run_batch(context, path, &mut secrets, &rules, is_json);
    }
    let token = input::token_of(&arguments.token, context)?;
    let mut secrets = CandidateSecrets::of(context)?;
    let report = secrets.examine(context, &token, &rules);
    if report.verdict == Verdict::Valid
        && report.signed_by.as_ref().is_some_and(|by| by.secret == Generation::Previous)
    {
        let note = "a secret that was rotated away signed it; whether Stream still takes it cannot be told";
        context.terminal.note(note);
    }
    let shown = if is_json {
        output::verify_json(&report, None)
    } else {
        output::verify_text(&report, context.layout())
    };
    context.terminal.print(&shown)?;
    Ok(report.verdict.exit())
}

/// Verifies a token a line, and gives one verdict a line.
fn run_batch(
    context: &mut Context<'_>,
    path: &Path,
    secrets: &mut CandidateSecrets,
    rules: &Rules,
    is_json: bool,
) -> Result<Exit> {
    let mut batch = BatchReader::open(path)?;
    let mut exit = Exit::Success;
    while let Some(line) = batch.next()? {
        // A line that cannot be read is no token: it is told so by an empty one, and why beside it.
        let text = line.text.unwrap_or_else(|fault| {
            context.terminal.note(&format!("line {}: {}", line.number, fault.message()));
            String::new()
        });
        let token = input::token_of_line(text, line.number, context);
        let report = secrets.examine(context, &token, rules);
        if report.verdict != Verdict::Valid {
            exit = Exit::PartialFailure;
        }
        let shown = if is_json {
            output::verify_json(&report, Some(line.number))
        } else {
            output::verify_line(&report, line.number)
        };
        context.terminal.print(&shown)?;
        // Whoever feeds us line by line gets an answer to each.
        if !batch.has_buffered_line() {
            context.terminal.flush()?;
        }
    }
    Ok(exit)
}

/// Resolves what the tokens are held against.
fn rules(context: &Context<'_>, arguments: &VerifyArgs) -> Result<Rules> {
    let now = context.clock.now();
    let revoked_before = arguments.revoked_before.as_ref().map(|when| when.resolve_past(now)).transpose()?;
    Ok(Rules {
        at: arguments.at.as_ref().map_or(now, |when| when.resolve(now)),
        leeway: arguments.leeway.unwrap_or_default(),
        customer: arguments.customer,
        revoked_before,
    })
}

/// The secrets that may have signed a token.
struct CandidateSecrets {
    /// The chosen profile's, and, once a token was signed by none of these, everybody else's.
    candidates: Vec<Candidate>,
    /// The profile that was chosen.
    chosen: Option<ProfileName>,
    /// Whether everybody else's are among them.
    is_complete: bool,
}

impl CandidateSecrets {
    /// Opens the secrets of the chosen profile.
    fn of(context: &mut Context<'_>) -> Result<Self> {
        let profile = context.choose_profile()?;
        let opened = context.open_secret(profile)?;
        let chosen = opened.profile.name;
        let candidates = candidates(chosen.as_ref(), &opened.secret, &opened.previous, true);
        Ok(Self { candidates, chosen, is_complete: false })
    }

    /// Examines a token. Other profiles' secrets are looked at once a token comes that the chosen profile's
    /// did not sign.
    fn examine(&mut self, context: &mut Context<'_>, token: &str, rules: &Rules) -> Report {
        let report = examine(token, &self.candidates, rules);
        if report.signed_by.is_some() || self.is_complete || report.verdict == Verdict::Malformed {
            return report;
        }
        self.is_complete = true;
        self.candidates.extend(self.others(context));
        examine(token, &self.candidates, rules)
    }

    /// Looks at the secrets of every other profile, as far as nobody need be asked.
    fn others(&self, context: &mut Context<'_>) -> Vec<Candidate> {
        let config = match context.config() {
            Ok(config) => config,
            Err(error) => {
                context.terminal.note(&format!("whose secret signed it is not looked for: {error}"));
                return Vec::new();
            }
        };
        let names = config.names().cloned().chain([ProfileName::demo()]);
        let names: Vec<_> = names.filter(|name| Some(name) != self.chosen.as_ref()).collect();
        let peeked = context.asking(|asking| {
            list_status(
                &config,
                &names,
                &[Kind::ApiSecret],
                &ReadContext { limit: OTHER_PROFILES_TIMEOUT, ..*asking },
            )
        });
        let seen =
            peeked.iter().filter_map(|peeked| Some((&peeked.profile.name, peeked.read.as_ref().ok()?)));
        seen.flat_map(|(name, read)| candidates(name.as_ref(), &read.secret, &read.previous, false)).collect()
    }
}

/// Returns a profile's secrets as those that may have signed a token, the current one first.
fn candidates(
    profile: Option<&ProfileName>,
    secret: &Secret,
    previous: &[Previous],
    is_chosen: bool,
) -> Vec<Candidate> {
    let candidate = |secret: &Secret, generation| Candidate {
        name: SignedBy { profile: profile.map(ToString::to_string), secret: generation },
        is_chosen,
        verifier: Verifier::new(secret),
    };
    let current = candidate(secret, Generation::Current);
    let previous = previous.iter().map(|previous| candidate(&previous.secret, Generation::Previous));
    iter::once(current).chain(previous).collect()
}
