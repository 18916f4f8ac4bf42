//! `verify`: checks tokens and says what Stream would answer.

use std::path::Path;

use anyhow::Result;

use super::batch::Batch;
use super::{Context, input};
use crate::cli::VerifyArgs;
use crate::custody::Opened;
use crate::failure::Exit;
use crate::token::{Rules, Verifier};
use crate::verdict::{Candidate, Generation, SignedBy, Verdict, examine};
use crate::view;

/// Verifies the token, or the batch, that was given.
pub(super) fn run(context: &mut Context<'_>, arguments: &VerifyArgs) -> Result<Exit> {
    let is_json = context.is_json_or_text("verify")?;
    let rules = rules(context, arguments)?;
    if let Some(path) = &arguments.from {
        let candidates = candidates(&opened(context)?);
        return run_batch(context, path, &candidates, &rules, is_json);
    }
    let token = input::token_of(arguments.token.as_deref().unwrap_or("-"), context)?;
    let candidates = candidates(&opened(context)?);
    let report = examine(&token, &candidates, &rules);
    let shown =
        if is_json { view::verify_json(&report, None) } else { view::verify_text(&report, context.look()) };
    context.terminal.print(&shown)?;
    Ok(Exit::from(report.verdict))
}

/// Verifies a token a line, and gives one verdict a line.
fn run_batch(
    context: &mut Context<'_>,
    path: &Path,
    candidates: &[Candidate],
    rules: &Rules,
    is_json: bool,
) -> Result<Exit> {
    let mut batch = Batch::open(path)?;
    let mut exit = Exit::Success;
    while let Some(line) = batch.next()? {
        // A line that cannot be read is no token: it is told so by an empty one, and why beside it.
        let text = line.text.unwrap_or_else(|fault| {
            context.terminal.note(&format!("line {}: {}", line.number, fault.message()));
            String::new()
        });
        let token = input::token_of_line(text, line.number, context);
        let report = examine(&token, candidates, rules);
        if report.verdict != Verdict::Valid {
            exit = Exit::SomeRefused;
        }
        let shown = if is_json {
            view::verify_json(&report, Some(line.number))
        } else {
            view::verify_line(&report, line.number)
        };
        context.terminal.print(&shown)?;
        // Whoever feeds us line by line gets an answer to each.
        if !batch.has_more_at_hand() {
            context.terminal.flush()?;
        }
    }
    Ok(exit)
}

/// Opens the secret of the chosen profile.
fn opened(context: &mut Context<'_>) -> Result<Opened> {
    let profile = context.choose_profile()?;
    context.open_secret(profile)
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

/// Gives the secrets that may have signed a token.
fn candidates(opened: &Opened) -> Vec<Candidate> {
    vec![Candidate {
        name: SignedBy {
            profile: opened.profile.name.as_ref().map(ToString::to_string),
            secret: Generation::Current,
        },
        is_chosen: true,
        verifier: Verifier::new(&opened.secret),
    }]
}
