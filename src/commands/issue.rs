//! `issue`: mints tokens for customers.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use serde_json::Value;

use super::batch::{BatchLine, BatchReader};
use super::{Context, Result, input};
use crate::audit::{Action, AuditLog, Channel, Event, Outcome};
use crate::cli::{Expiry, Format, IssueArgs, TokenArgs};
use crate::error::{ErrorReport, Exit};
use crate::escape::json_line;
use crate::fault::Fault;
use crate::issuer::{Batch, IssueError, IssuedToken, TokenIssuer};
use crate::output;
use crate::output::terminal::Terminal;
use crate::process::stdout::require_stdout;
use crate::profile::{self, Grant, LoadedProfile, Profile, ProfileName, TokenRequest};
use crate::time::{Timestamp, absolute_and_relative, utc};
use crate::token::CustomerId;

/// A configured run of `issue` or `exec`: one profile's issuer, with the same grant for all tokens.
pub(super) struct IssueRun {
    /// The issuer, which signs and records.
    issuer: TokenIssuer,
    /// The grant for every token.
    grant: Grant,
    /// The event of the call, for the audit log.
    caller: Event,
    /// The output format.
    format: Format,
    /// The text before the first token; empty once it is printed.
    head: Cell<&'static str>,
    /// The profile, for the formats that show it.
    profile: Profile,
}

/// Mints the requested tokens.
pub(super) fn run(context: &mut Context<'_>, arguments: &IssueArgs) -> Result<Exit> {
    if arguments.customers.is_empty() && arguments.from.is_none() {
        return Err(ErrorReport::usage(
            "which customer?",
            "for example 'stream-token issue 123', or --from FILE for many",
        ));
    }
    require_stdout()?;
    reject_forms(&context.global.format(), arguments)?;
    let run = IssueRun::prepare(context, &arguments.token, arguments.fault, None)?;
    let mut exit = Exit::Success;
    match (&arguments.from, arguments.customers.as_slice()) {
        (Some(path), _) => exit = run_batch(context, path, &run)?,
        (None, [customer]) => run.issue_one(context, arguments, *customer)?,
        (None, several) => {
            let mut batch = Batch::default();
            for customer in several {
                run.push(context, &mut batch, *customer)?;
            }
            run.issue_batch(context, &mut batch)?;
        }
    }
    // A batch without customers still prints the table's heading.
    context.terminal.print(run.head.take())?;
    Ok(exit)
}

impl IssueRun {
    /// Chooses the profile, asks for the confirmation and the reason that it requires, and opens its secret.
    /// `program` is the name of the program that receives the token.
    pub(super) fn prepare(
        context: &mut Context<'_>,
        arguments: &TokenArgs,
        fault: Option<Fault>,
        program: Option<&str>,
    ) -> Result<Self> {
        let now = context.clock.now();
        let token_request = token_request(arguments, fault, now)?;
        let chosen = context.choose_profile()?;
        let mut reason = arguments.reason.clone();
        // A request that the policy refuses needs no confirmation: it is refused below, with an entry in the audit
        // log.
        if chosen.policy.evaluate(&token_request, now).is_ok() {
            input::confirm_production(context, &chosen, arguments.confirm.as_deref())?;
            reason = input::reason(context, &chosen, reason)?;
        }
        let opened = context.open_secret(chosen)?;
        context.note_default_policy(&opened);
        let LoadedProfile { profile, secret, .. } = opened;
        let audit_log = if profile.is_demo() {
            None
        } else {
            let opened = AuditLog::open(&context.state_dir()?, context.clock);
            Some(Arc::new(opened.map_err(IssueError::Audit)?))
        };
        let issuer = TokenIssuer::new(&secret, profile.name.clone(), profile.policy, audit_log);
        let caller = Event {
            reason: program.map(|program| format!("exec {program}")),
            purpose: reason.as_ref().map(|reason| reason.as_str().to_owned()),
            ..Event::new(Action::Mint, Channel::Cli, context.actor(), Outcome::Ok)
        };
        let grant = issuer.evaluate(&token_request, reason.as_ref(), now, &caller)?;
        check(context, &token_request, &grant, now)?;
        let format = context.global.format();
        require_api_key(&format, &profile)?;
        let head = Cell::new(if format == Format::Csv { output::CSV_HEADER } else { "" });
        Ok(Self { issuer, grant, caller, format, head, profile })
    }

    /// Mints one token.
    pub(super) fn mint(&self, customer: CustomerId) -> Result<IssuedToken> {
        Ok(self.issuer.issue(customer, &self.grant, &self.caller)?)
    }

    /// Returns the API key of the app, if it is known.
    pub(super) fn api_key(&self) -> Option<&str> {
        self.profile.api_key.as_deref()
    }

    /// Mints one token, and prints it, shows it as a QR code or copies it.
    fn issue_one(
        &self,
        context: &mut Context<'_>,
        arguments: &IssueArgs,
        customer: CustomerId,
    ) -> Result<()> {
        let minted = self.mint(customer)?;
        let layout = context.terminal.layout();
        let has_format = context.global.json || context.global.output.is_some();
        let text = match &self.format {
            Format::Template(template) => self.filled(template, &minted)?,
            _ => minted.token.as_str().to_owned(),
        };
        if arguments.qr {
            context.terminal.print(&output::qr_code(&text, layout).map_err(after_minting)?)?;
            if !layout.has_color {
                let note = "without colour the code suits a dark terminal; for another use --color always";
                context.terminal.note(note);
            }
        } else if !arguments.copy || layout.width.is_none() || has_format {
            self.print(&minted, &mut context.terminal)?;
        }
        if arguments.copy {
            let copied = output::copy(&text, context.environment, &context.secret_variables());
            let failed = |error| after_minting(anyhow!("the token is not copied: {error}").into());
            context.terminal.note(&format!("copied the token {}", copied.map_err(failed)?));
        }
        Ok(())
    }

    /// Adds a customer to a batch. A full batch is minted first.
    fn push(&self, context: &mut Context<'_>, batch: &mut Batch, customer: CustomerId) -> Result<()> {
        if !batch.push(customer) {
            self.issue_batch(context, batch)?;
            // The batch is empty now, so it has room.
            let _ = batch.push(customer);
        }
        Ok(())
    }

    /// Mints a batch, if it is not empty, and empties it. Its tokens are printed once its entry is on disk.
    fn issue_batch(&self, context: &mut Context<'_>, batch: &mut Batch) -> Result<()> {
        let batch = std::mem::take(batch);
        if !batch.is_empty() {
            for minted in self.issuer.issue_batch(&batch, &self.grant, &self.caller)? {
                self.print(&minted, &mut context.terminal)?;
            }
        }
        Ok(())
    }

    /// Prints a token. The text format allocates nothing.
    fn print(&self, minted: &IssuedToken, terminal: &mut Terminal) -> Result<()> {
        terminal.print(self.head.take())?;
        let shown = match &self.format {
            Format::Text => {
                terminal.print(minted.token.as_str())?;
                return Ok(terminal.print("\n")?);
            }
            Format::Json => json_line(&self.json(minted)),
            Format::Curl => {
                output::curl(minted, self.api_key().unwrap_or_default(), self.profile.base_url.as_deref())
            }
            Format::Header => self.filled(output::HEADER, minted)?,
            Format::Env => self.filled(output::ENV, minted)?,
            Format::Csv => self.filled(output::CSV, minted)?,
            Format::Template(template) => self.filled(template, minted)?,
        };
        Ok(terminal.print(&(shown + "\n"))?)
    }

    /// Returns a token as JSON.
    fn json(&self, minted: &IssuedToken) -> Value {
        let name = self.profile.name.as_ref().map(ProfileName::as_str);
        output::issue_json(minted, name, &self.profile.source.config_text())
    }

    /// Returns a template filled in for a token, from the fields of its JSON. What it lacks is empty.
    fn filled(&self, template: &str, minted: &IssuedToken) -> Result<String> {
        let fields = self.json(minted);
        output::fill_template(template, |name| match &fields[name] {
            _ if name == "api_key" => self.api_key().unwrap_or_default().to_owned(),
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            number => number.to_string(),
        })
    }
}

/// Mints a token for every line. An invalid line is reported with its number, and does not stop the others.
fn run_batch(context: &mut Context<'_>, path: &Path, run: &IssueRun) -> Result<Exit> {
    let mut reader = BatchReader::open(path, &mut context.terminal)?;
    let mut batch = Batch::default();
    let mut exit = Exit::Success;
    while let Some(line) = reader.next()? {
        match customer_of(line) {
            Ok(customer) => run.push(context, &mut batch, customer)?,
            Err(failure) => {
                // The tokens of the lines before are printed before the error.
                run.issue_batch(context, &mut batch)?;
                context.terminal.error(&failure);
                exit = failure.exit;
            }
        }
        // A program that writes line by line gets each answer at once.
        if !reader.has_buffered_line() {
            run.issue_batch(context, &mut batch)?;
            context.terminal.flush()?;
        }
    }
    run.issue_batch(context, &mut batch)?;
    Ok(exit)
}

/// Parses the customer of a line.
fn customer_of(BatchLine { number, text }: BatchLine) -> Result<CustomerId, ErrorReport> {
    let customer = text.map_err(ErrorReport::from).and_then(|text| Ok(text.parse()?));
    let place = format!("line {number}");
    customer.map_err(|error| ErrorReport { exit: Exit::PartialFailure, ..error.about(place) })
}

/// Resolves the arguments into a token request.
fn token_request(arguments: &TokenArgs, fault: Option<Fault>, now: Timestamp) -> Result<TokenRequest> {
    if let (Some(fault), Some(_)) = (fault, &arguments.expires)
        && fault.sets_expiry()
    {
        let message = format!("--fault {fault} sets the time at which the token expires");
        return Err(ErrorReport::usage(message, "leave --expires out"));
    }
    let expiry = match &arguments.expires {
        Some(Expiry::At(when)) => profile::Expiry::At(when.resolve_future(now)?),
        Some(Expiry::Never) => profile::Expiry::Never,
        None => profile::Expiry::PolicyDefault,
    };
    let issued_at = arguments.issued_at.as_ref().map(|when| when.resolve(now));
    Ok(TokenRequest { expiry, issued_at, fault })
}

/// Rejects contradictory times, and notes unusual times and what the policy added.
fn check(
    context: &mut Context<'_>,
    token_request: &TokenRequest,
    grant: &Grant,
    now: Timestamp,
) -> Result<()> {
    let (expires_at, issued_at) = (grant.expires_at(), grant.issued_at());
    if let (Some(expires_at), Some(issued_at)) = (expires_at, issued_at)
        && expires_at <= issued_at
    {
        return Err(ErrorReport::usage(
            format!("the token would end at {}, and be issued only at {}", utc(expires_at), utc(issued_at)),
            "give an --expires after --issued-at",
        ));
    }
    let is_terminal = context.terminal.layout().width.is_some();
    let mut note = |text: &str| context.terminal.note(text);
    if let Some((fault, _)) = grant.fault() {
        note(&format!("the token fails on purpose ({fault}): {}", fault.explanation()));
        return Ok(());
    }
    let is_added = token_request.expiry == profile::Expiry::PolicyDefault;
    // A script knows what it requested.
    if let Some(at) = expires_at.filter(|_| is_added || is_terminal) {
        let policy = if is_added { "policy: " } else { "" };
        note(&format!("{policy}the token expires {}", absolute_and_relative(at, now)));
    }
    if let (None, Some(at)) = (token_request.issued_at, issued_at) {
        note(&format!("policy: the token says that it was issued {}", absolute_and_relative(at, now)));
    }
    if issued_at.is_some_and(|at| at > now) {
        note("iat is in the future: until then Stream refuses the token with code 42");
    }
    Ok(())
}

/// Rejects formats that hold one token if there are several, and invalid templates.
fn reject_forms(format: &Format, arguments: &IssueArgs) -> Result<()> {
    if let Format::Template(template) = format {
        output::fill_template(template, |_| String::new())?;
    }
    if arguments.qr && !matches!(format, Format::Text | Format::Template(_)) {
        return Err(ErrorReport::usage(
            "a QR code holds the token or a template",
            "leave -o out, or use -o template:TEXT",
        ));
    }
    let is_single = matches!(format, Format::Header | Format::Env) || arguments.copy || arguments.qr;
    if is_single && (arguments.customers.len() > 1 || arguments.from.is_some()) {
        return Err(ErrorReport::usage(
            "this form of output holds one token",
            "give one customer, or use -o text, json, csv or curl",
        ));
    }
    Ok(())
}

/// Returns the report of a failure after a token was minted.
fn after_minting(report: ErrorReport) -> ErrorReport {
    let hint = report.hint.unwrap_or_else(|| "run the command again without --copy".into());
    ErrorReport {
        exit: Exit::Failed,
        hint: Some(format!("the token was minted and recorded; {hint}")),
        ..report
    }
}

/// Rejects a format that needs the app's API key if the profile has none.
fn require_api_key(format: &Format, profile: &Profile) -> Result<()> {
    let what = match format {
        Format::Curl => "a curl command",
        Format::Template(template) if template.contains("{api_key}") => "the template",
        _ => return Ok(()),
    };
    let hint = match &profile.name {
        _ if profile.api_key.is_some() => return Ok(()),
        Some(name) => format!("add its api_key to profile {name} in the configuration"),
        None => "set STREAM_API_KEY to the app's API key, from Stream's dashboard".into(),
    };
    Err(ErrorReport::usage(format!("{what} needs the app's API key"), hint))
}
