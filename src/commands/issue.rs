//! `issue`: mints tokens for customers.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;

use super::batch::{BatchLine, BatchReader};
use super::{Context, Result, input, print_error};
use crate::audit::{AuditLog, Channel};
use crate::cli::{Expiry, Format, IssueArgs, TokenArgs};
use crate::error::{Diagnostic as _, ErrorReport, Exit, Usage};
use crate::fault::TokenFault;
use crate::issuer::{AuditSink, Batch, Caller, IssueError, IssuedToken, TokenIssuer};
use crate::output;
use crate::output::terminal::Terminal;
use crate::process::stdout::require_stdout;
use crate::profile::{self, Grant, LoadedProfile, Profile, ProfileName, TokenRequest};
use crate::secret::Source;
use crate::time::{Timestamp, absolute_and_relative, utc};
use crate::token::CustomerId;

/// How tokens come out.
struct TokenPrinter {
    /// The form that was asked for.
    format: Format,
    /// What comes before the first token, until it has come.
    head: Cell<&'static str>,
    /// The profile's name in JSON.
    profile: Option<ProfileName>,
    /// The secret's source in JSON.
    source: Source,
    /// The API key that a curl command needs.
    api_key: Option<String>,
    /// Where a curl command goes, if not to Stream's usual place.
    base_url: Option<String>,
}

/// What is minted with: one profile's mint, for one person, on the same grant for all.
pub(super) struct IssueRun {
    /// The mint.
    issuer: TokenIssuer<'static>,
    /// What every token gets.
    grant: Grant,
    /// Who mints.
    caller: Caller,
    /// How the tokens come out.
    form: TokenPrinter,
}

/// Mints the tokens that were asked for.
pub(super) fn run(context: &mut Context<'_>, arguments: &IssueArgs) -> Result<Exit> {
    if arguments.customers.is_empty() && arguments.from.is_none() {
        return Err(Usage::report(
            "which customer?",
            "for example 'stream-token issue 123', or --from FILE for many",
        ));
    }
    require_stdout()?;
    reject_forms(&context.format(), arguments)?;
    let run = IssueRun::prepare(context, &arguments.token, arguments.fault, None)?;
    let exit = match (&arguments.from, arguments.customers.as_slice()) {
        (Some(path), _) => run_batch(context, path, &run)?,
        (None, [customer]) => run.issue_one(context, arguments, *customer).map(|()| Exit::Success)?,
        (None, several) => run.issue_several(context, several).map(|()| Exit::Success)?,
    };
    // A batch of nobody is a table without rows.
    context.terminal.print(run.form.head.take())?;
    Ok(exit)
}

/// Opens the audit log, without which nothing is minted.
fn audit_log(context: &Context<'_>) -> Result<AuditLog> {
    Ok(AuditLog::open(&context.state_dir()?, context.clock).map_err(IssueError::Audit)?)
}

impl IssueRun {
    /// Chooses the profile, asks what its policy wants to be asked, and opens its secret. `program` is the name of the
    /// program that gets the token.
    pub(super) fn prepare(
        context: &mut Context<'_>,
        arguments: &TokenArgs,
        fault: Option<TokenFault>,
        program: Option<String>,
    ) -> Result<Self> {
        let now = context.clock.now();
        let token_request = token_request(arguments, fault, now)?;
        let chosen = context.choose_profile()?;
        let mut reason = arguments.reason.clone();
        // Nobody is asked about what the policy refuses: below, with an entry in the audit log.
        if chosen.policy.evaluate(&token_request, now).is_ok() {
            input::confirm_production(context, &chosen, arguments.confirm.as_deref())?;
            reason = input::reason(context, &chosen, reason)?;
        }
        let opened = context.open_secret(chosen)?;
        context.note_default_policy(&opened);
        let sink = if opened.profile.is_demo() {
            AuditSink::Demo
        } else {
            AuditSink::Shared(Arc::new(audit_log(context)?))
        };
        let profile = opened.profile.name.clone();
        let issuer = TokenIssuer::new(&opened.secret, profile, opened.profile.policy, sink);
        let caller = Caller { actor: context.actor(), channel: Channel::Cli, reason, program };
        let grant = issuer.evaluate(&token_request, now, &caller)?;
        check(context, &token_request, &grant, now)?;
        Ok(Self { issuer, grant, caller, form: TokenPrinter::new(context.format(), opened)? })
    }

    /// Mints one token.
    pub(super) fn mint(&self, customer: CustomerId) -> Result<IssuedToken> {
        Ok(self.issuer.issue(customer, &self.grant, &self.caller)?)
    }

    /// Returns the API key of the app, if it is known.
    pub(super) fn api_key(&self) -> Option<&str> {
        self.form.api_key.as_deref()
    }

    /// Mints one token, and prints, shows or copies it.
    fn issue_one(
        &self,
        context: &mut Context<'_>,
        arguments: &IssueArgs,
        customer: CustomerId,
    ) -> Result<()> {
        let minted = self.mint(customer)?;
        let layout = context.terminal.layout();
        let text = match &self.form.format {
            Format::Template(template) => self.form.filled(template, &minted)?,
            _ => minted.token.as_str().to_owned(),
        };
        if arguments.qr {
            context.terminal.print(&output::qr_code(&text, layout).map_err(after_minting)?)?;
            if !layout.has_color {
                context
                    .terminal
                    .note("without colour the code suits a dark terminal; for another use --color always");
            }
        } else if !arguments.copy || layout.width.is_none() || context.has_format() {
            self.form.print(&minted, &mut context.terminal)?;
        }
        if arguments.copy {
            let how = output::copy(&text, context.environment, &context.secret_variables());
            let how =
                how.map_err(|error| after_minting(anyhow!("the token is not copied: {error}").into()))?;
            context.terminal.note(&format!("copied the token {how}"));
        }
        Ok(())
    }

    /// Mints for several customers, batch by batch.
    fn issue_several(&self, context: &mut Context<'_>, customers: &[CustomerId]) -> Result<()> {
        let mut batch = Batch::default();
        for customer in customers {
            self.push(context, &mut batch, *customer)?;
        }
        self.issue_batch(context, &mut batch)
    }

    /// Adds a customer to a batch. A batch that is full is minted first.
    fn push(&self, context: &mut Context<'_>, batch: &mut Batch, customer: CustomerId) -> Result<()> {
        if !batch.push(customer) {
            self.issue_batch(context, batch)?;
            // An empty batch has room.
            let _ = batch.push(customer);
        }
        Ok(())
    }

    /// Mints a batch and empties it. Its tokens come out once its entry is on disk.
    fn issue_batch(&self, context: &mut Context<'_>, batch: &mut Batch) -> Result<()> {
        let batch = std::mem::take(batch);
        if !batch.is_empty() {
            for minted in self.issuer.issue_batch(&batch, &self.grant, &self.caller)? {
                self.form.print(&minted, &mut context.terminal)?;
            }
        }
        Ok(())
    }
}

/// Mints a token for every line; a bad line is told by its number, and the others still come out.
fn run_batch(context: &mut Context<'_>, path: &Path, run: &IssueRun) -> Result<Exit> {
    let mut reader = BatchReader::open(path, &mut context.terminal)?;
    let mut batch = Batch::default();
    let mut exit = Exit::Success;
    while let Some(line) = reader.next()? {
        match customer_of(line) {
            Ok(customer) => run.push(context, &mut batch, customer)?,
            Err(failure) => {
                // What came before the bad line comes out before it is told.
                run.issue_batch(context, &mut batch)?;
                print_error(&mut context.terminal, &failure);
                exit = Exit::PartialFailure;
            }
        }
        // Whoever feeds us line by line gets an answer to each.
        if !reader.has_buffered_line() {
            run.issue_batch(context, &mut batch)?;
            context.terminal.flush()?;
        }
    }
    run.issue_batch(context, &mut batch)?;
    Ok(exit)
}

/// Reads the customer of a line.
fn customer_of(line: BatchLine) -> Result<CustomerId, ErrorReport> {
    let refused = |message: String, hint| {
        let message = format!("line {}: {message}", line.number);
        ErrorReport { exit: Exit::PartialFailure, message, hint }
    };
    let text = line.text.map_err(|fault| refused(fault.message(), None))?;
    text.parse::<CustomerId>().map_err(|error| refused(error.to_string(), error.hint()))
}

/// Resolves what is asked for.
fn token_request(arguments: &TokenArgs, fault: Option<TokenFault>, now: Timestamp) -> Result<TokenRequest> {
    if let (Some(fault), Some(_)) = (fault, &arguments.expires)
        && fault.sets_expiry()
    {
        let message = format!("--fault {fault} sets the time at which the token expires");
        return Err(Usage::report(message, "leave --expires out"));
    }
    let expiry = match &arguments.expires {
        Some(Expiry::At(when)) => profile::Expiry::At(when.resolve_future(now)?),
        Some(Expiry::Never) => profile::Expiry::Never,
        None => profile::Expiry::PolicyDefault,
    };
    let issued_at = arguments.issued_at.as_ref().map(|when| when.resolve(now));
    Ok(TokenRequest { expiry, issued_at, fault })
}

/// Refuses grant that make no sense, and says what is odd about them and what policy added.
fn check(
    context: &mut Context<'_>,
    token_request: &TokenRequest,
    grant: &Grant,
    now: Timestamp,
) -> Result<()> {
    if let (Some(expires_at), Some(issued_at)) = (grant.expires_at(), grant.issued_at())
        && expires_at <= issued_at
    {
        return Err(Usage::report(
            format!("the token would end at {}, and be issued only at {}", utc(expires_at), utc(issued_at)),
            "give an --expires after --issued-at",
        ));
    }
    if let Some((fault, _)) = grant.fault() {
        context.terminal.note(&format!("the token fails on purpose ({fault}): {}", fault.explanation()));
        return Ok(());
    }
    if let Some(at) = grant.expires_at() {
        let ends = format!("the token expires {}", absolute_and_relative(at, now));
        if token_request.expiry == profile::Expiry::PolicyDefault {
            context.terminal.note(&format!("policy: {ends}"));
        } else if context.terminal.layout().width.is_some() {
            // A script knows what it asked for.
            context.terminal.note(&ends);
        }
    }
    if let (None, Some(at)) = (token_request.issued_at, grant.issued_at()) {
        context
            .terminal
            .note(&format!("policy: the token says that it was issued {}", absolute_and_relative(at, now)));
    }
    if grant.issued_at().is_some_and(|at| at > now) {
        context.terminal.note("iat is in the future: until then Stream refuses the token with code 42");
    }
    Ok(())
}

/// Refuses forms that hold one token for several, and templates that say nothing.
fn reject_forms(format: &Format, arguments: &IssueArgs) -> Result<()> {
    if let Format::Template(template) = format {
        output::fill_template(template, |_| String::new())?;
    }
    if arguments.qr && !matches!(format, Format::Text | Format::Template(_)) {
        return Err(Usage::report(
            "a QR code holds the token or a template",
            "leave -o out, or use -o template:TEXT",
        ));
    }
    let is_single = matches!(format, Format::Header | Format::Env) || arguments.copy || arguments.qr;
    if is_single && (arguments.customers.len() > 1 || arguments.from.is_some()) {
        return Err(Usage::report(
            "this form of output holds one token",
            "give one customer, or use -o text, json, csv or curl",
        ));
    }
    Ok(())
}

/// Returns the report of what failed after a token was minted.
fn after_minting(report: ErrorReport) -> ErrorReport {
    let hint = report.hint.unwrap_or_else(|| "run the command again without --copy".into());
    ErrorReport {
        exit: Exit::Failed,
        hint: Some(format!("the token was minted and recorded; {hint}")),
        ..report
    }
}

impl TokenPrinter {
    /// Takes what the form needs from the profile.
    fn new(format: Format, opened: LoadedProfile) -> Result<Self> {
        let Profile { name: profile, api_key, base_url, source, .. } = opened.profile;
        let what = match &format {
            Format::Curl => "a curl command",
            Format::Template(template) if template.contains("{api_key}") => "the template",
            _ => "",
        };
        if api_key.is_none() && !what.is_empty() {
            let hint = match &profile {
                Some(name) => format!("add its api_key to profile {name} in the configuration"),
                None => "set STREAM_API_KEY to the app's API key, from Stream's dashboard".into(),
            };
            return Err(Usage::report(format!("{what} needs the app's API key"), hint));
        }
        let head = Cell::new(if format == Format::Csv { output::CSV_HEADER } else { "" });
        Ok(Self { format, head, profile, source, api_key, base_url })
    }

    /// Returns the profile's name; `None` for a secret from the environment.
    fn profile(&self) -> Option<&str> {
        self.profile.as_ref().map(ProfileName::as_str)
    }

    /// Returns a template's text for a token.
    fn filled(&self, template: &str, minted: &IssuedToken) -> Result<String> {
        output::fill_template(template, |name| match name {
            "api_key" => self.api_key.clone().unwrap_or_default(),
            "profile" => self.profile().unwrap_or_default().to_owned(),
            name => output::template_field(minted, name),
        })
    }

    /// Prints a token; before the first, the heading of the form. A bare token allocates nothing.
    fn print(&self, minted: &IssuedToken, terminal: &mut Terminal) -> Result<()> {
        terminal.print(self.head.take())?;
        let api_key = self.api_key.as_deref().unwrap_or_default();
        let shown = match &self.format {
            Format::Text => {
                terminal.print(minted.token.as_str())?;
                return Ok(terminal.print("\n")?);
            }
            Format::Json => output::issue_json(minted, self.profile(), &self.source.config_text()),
            Format::Header => output::header(minted),
            Format::Curl => output::curl(minted, api_key, self.base_url.as_deref()),
            Format::Env => output::env(minted),
            Format::Csv => output::csv(minted),
            Format::Template(template) => self.filled(template, minted)? + "\n",
        };
        Ok(terminal.print(&shown)?)
    }
}
