//! The grammar of `session`.

use clap::{Args, Subcommand};

use super::values::parsed;
use crate::session::SessionId;
use crate::time::TimeSpec;
use crate::token::CustomerId;

/// Create and revoke endpoint sessions.
///
/// A session says whose tokens a client may get. Its token is signed with a key of the profile's own, which the
/// keyring holds or the configuration names, and is worth nothing at Stream. Both commands are recorded in the
/// audit log.
#[derive(Debug, Subcommand)]
#[command(after_long_help = include_str!("examples/session.txt"), defer = true)]
pub enum SessionCommand {
    /// Create a session for a customer, and print its token
    #[command(after_long_help = include_str!("examples/session-new.txt"))]
    New(SessionNewArgs),
    /// End one session, all of a customer's, or all
    #[command(after_long_help = include_str!("examples/session-revoke.txt"))]
    Revoke(SessionRevokeArgs),
}

/// Create a session for a customer, and print its token.
///
/// Anybody who has it gets that customer's tokens from the endpoint until it ends or is revoked.
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

/// End one session, all of a customer's, or all.
///
/// A running server sees it within a second. It holds in this state directory, whatever the profile; tokens that
/// were issued before stay valid. An id that the audit log does not know is reported.
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
    /// All of all customers, issued up to now; replaces a list of revocations that is damaged or gone
    #[arg(long)]
    pub all: bool,
}
