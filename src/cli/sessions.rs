//! The grammar of `session`.

use clap::{Args, Subcommand};

use super::help;
use super::values::parsed;
use crate::session::SessionId;
use crate::time::TimeSpec;
use crate::token::CustomerId;

/// What to do with sessions.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// Make a session of a customer, and print its token
    #[command(long_about = help::SESSION_NEW, after_long_help = help::SESSION_NEW_EXAMPLES)]
    New(SessionNewArgs),
    /// End one session, or all of a customer's
    #[command(long_about = help::SESSION_REVOKE, after_long_help = help::SESSION_REVOKE_EXAMPLES)]
    Revoke(SessionRevokeArgs),
}

/// Which session to make.
#[derive(Debug, Args)]
pub struct SessionNewArgs {
    /// Whose session: 123 or customer-123
    #[arg(value_name = "CUSTOMER", allow_negative_numbers = true, value_parser = parsed::<CustomerId>)]
    pub customer: CustomerId,
    /// When it ends: a future time, at most 30d ahead
    #[arg(
        long,
        visible_alias = "ttl",
        value_name = "WHEN",
        allow_hyphen_values = true,
        default_value = "8h", value_parser = parsed::<TimeSpec>)]
    pub expires: TimeSpec,
    /// For a production profile: its name, typed again
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

/// Which sessions to revoke.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct SessionRevokeArgs {
    /// The one whose token comes on standard input; a session token is never an argument
    #[arg(long)]
    pub token_stdin: bool,
    /// The one with this id, as 'session new -o json' and the audit log tell it
    #[arg(long, value_name = "ID", value_parser = parsed::<SessionId>)]
    pub id: Option<SessionId>,
    /// All of this customer's, issued up to now
    #[arg(long, value_name = "ID", value_parser = parsed::<CustomerId>)]
    pub customer: Option<CustomerId>,
}
