//! `issue`: mints tokens for customers.

use std::path::Path;

use anyhow::Result;

use super::batch::Batch;
use super::{Context, tell};
use crate::cli::{Expiry, Format, IssueArgs};
use crate::custody::Opened;
use crate::failure::{Exit, Failure, Usage};
use crate::foreign::json_line;
use crate::mint::{Mint, Minted};
use crate::secret::Source;
use crate::time::{Timestamp, utc};
use crate::token::{Claims, CustomerId};
use crate::view::{self, IssuedJson};

/// The times that every token of this call carries.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// `exp`
    expires_at: Option<Timestamp>,
    /// `iat`
    issued_at: Option<Timestamp>,
}

/// How tokens come out.
struct Form {
    /// The form that was asked for.
    format: Format,
    /// The profile's name in JSON.
    profile: Option<String>,
    /// The secret's source in JSON.
    source: Source,
    /// The API key that a curl command needs.
    api_key: String,
}

/// Mints the tokens that were asked for.
pub(super) fn run(context: &mut Context<'_>, arguments: &IssueArgs) -> Result<Exit> {
    let customers =
        arguments.customers.iter().map(|text| text.parse()).collect::<Result<Vec<CustomerId>, _>>()?;
    let times = times(context, arguments)?;
    refuse_several(context.format(), arguments)?;
    let opened = context.open_secret()?;
    let mint = Mint::new(&opened.secret);
    let form = Form::new(context.format(), opened)?;
    if form.format == Format::Csv {
        context.terminal.print(view::CSV_HEADER)?;
    }
    if let Some(path) = &arguments.from {
        return run_batch(context, path, times, &mint, &form);
    }
    for customer in customers {
        let minted = mint.mint(times.claims(customer)?);
        context.terminal.print(&form.show(&minted))?;
    }
    Ok(Exit::Success)
}

/// Mints a token for every line; a bad line is told by its number, and the others still come out.
fn run_batch(context: &mut Context<'_>, path: &Path, times: Times, mint: &Mint, form: &Form) -> Result<Exit> {
    let mut batch = Batch::open(path)?;
    let is_piped = path == Path::new("-");
    let mut exit = Exit::Success;
    while let Some(line) = batch.next()? {
        let refused = match line.text {
            Ok(text) => match text.parse::<CustomerId>() {
                Ok(customer) => {
                    let minted = mint.mint(times.claims(customer)?);
                    context.terminal.print(&form.show(&minted))?;
                    if is_piped {
                        context.terminal.flush()?;
                    }
                    continue;
                }
                Err(error) => (error.to_string(), Some(error.hint())),
            },
            Err(fault) => (fault.message(), None),
        };
        let (message, hint) = refused;
        let message = format!("line {}: {message}", line.number);
        tell(&mut context.terminal, &Failure { exit: Exit::SomeRefused, message, hint });
        exit = Exit::SomeRefused;
    }
    Ok(exit)
}

impl Times {
    /// Makes the claims of a customer's token.
    fn claims(self, customer: CustomerId) -> Result<Claims> {
        let mut claims = Claims::new(customer);
        if let Some(at) = self.expires_at {
            claims = claims.expiring(at)?;
        }
        if let Some(at) = self.issued_at {
            claims = claims.issued(at)?;
        }
        Ok(claims)
    }
}

/// Resolves the times, and says what is odd about them.
fn times(context: &mut Context<'_>, arguments: &IssueArgs) -> Result<Times> {
    let now = context.clock.now();
    let expires_at = match &arguments.expires {
        Some(Expiry::At(when)) => Some(when.resolve_ahead(now)?),
        Some(Expiry::Never) | None => None,
    };
    let issued_at = arguments.issued_at.as_ref().map(|when| when.resolve(now));
    if let (Some(expires_at), Some(issued_at)) = (expires_at, issued_at)
        && expires_at <= issued_at
    {
        return Err(Usage {
            message: format!(
                "the token would end at {}, and be issued only at {}",
                utc(expires_at),
                utc(issued_at)
            ),
            hint: "give an --expires after --issued-at".into(),
        }
        .into());
    }
    if issued_at.is_some_and(|at| at > now) {
        context.terminal.note("iat is in the future: until then Stream refuses the token with code 42");
    }
    Ok(Times { expires_at, issued_at })
}

/// Refuses forms that hold one token for several.
fn refuse_several(format: Format, arguments: &IssueArgs) -> Result<()> {
    let is_single = matches!(format, Format::Header | Format::Env);
    if is_single && (arguments.customers.len() > 1 || arguments.from.is_some()) {
        return Err(Usage {
            message: "this form of output holds one token".into(),
            hint: "give one customer, or use -o text, json, csv or curl".into(),
        }
        .into());
    }
    Ok(())
}

impl Form {
    /// Takes what the form needs from the profile.
    fn new(format: Format, opened: Opened) -> Result<Self> {
        let Some(api_key) = opened.profile.api_key.or((format != Format::Curl).then(String::new)) else {
            return Err(Usage {
                message: "a curl command needs the app's API key".into(),
                hint: "set STREAM_API_KEY to the app's API key, from Stream's dashboard".into(),
            }
            .into());
        };
        Ok(Self { format, profile: opened.profile.name, source: opened.profile.source, api_key })
    }

    /// Shows a token.
    fn show(&self, minted: &Minted) -> String {
        match self.format {
            Format::Text => format!("{}\n", minted.token.as_str()),
            Format::Json => {
                let source = self.source.in_full();
                json_line(&IssuedJson::new(minted, self.profile.as_deref(), &source)) + "\n"
            }
            Format::Header => view::header(minted),
            Format::Curl => view::curl(minted, &self.api_key),
            Format::Env => view::env(minted),
            Format::Csv => view::csv(minted),
        }
    }
}
