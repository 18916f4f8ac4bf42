//! The grammar of `audit`.

use clap::{Args, Subcommand};

use super::values::{parsed, words};
use crate::audit::{Action, Channel, Head, Outcome};
use crate::time::TimeSpec;
use crate::token::CustomerId;

/// Read and check the log of who minted, refused or changed what.
///
/// Every token but the demo profile's has its entry on disk before it is printed or sent. The entries are chained
/// by their hashes; a head that was kept elsewhere shows whether the log was cut or rewritten.
#[derive(Debug, Subcommand)]
#[command(after_long_help = include_str!("examples/audit.txt"), defer = true)]
pub enum AuditCommand {
    /// List who minted, refused or changed what
    #[command(after_long_help = include_str!("examples/audit-list.txt"))]
    List(AuditListArgs),
    /// Find out who minted a token, when, for whom and why.
    ///
    /// Its fingerprint, which 'verify' and 'decode' show, is enough. A session token is found too. A batch has one entry
    /// for many tokens: those that may have minted the token are shown as such. Exits with 1 if no entry is found.
    #[command(after_long_help = include_str!("examples/audit-find.txt"))]
    Find {
        /// The token or its fingerprint; without one, or as -, the token is read from standard input
        #[arg(value_name = "TOKEN|FINGERPRINT", default_value = "-", hide_default_value = true)]
        token: String,
    },
    /// Show new entries as they are written, until interrupted
    #[command(after_long_help = include_str!("examples/audit-follow.txt"))]
    Follow(AuditFilterArgs),
    /// Check that nothing in the log was changed.
    ///
    /// An edited, inserted, removed, moved or foreign line is reported, and the exit code is 9. With an earlier head, a
    /// log that was cut or rewritten is found too.
    #[command(after_long_help = include_str!("examples/audit-verify.txt"))]
    Verify {
        /// A head that 'audit head' printed earlier: the log must hold it still
        #[arg(long, value_name = "HEAD", value_parser = parsed::<Head>)]
        expect: Option<Head>,
    },
    /// Remove old entries
    #[command(after_long_help = include_str!("examples/audit-prune.txt"))]
    Prune(AuditPruneArgs),
    /// Print the log's head, to keep elsewhere.
    ///
    /// It is the log's id, the number of its last entry and that entry's hash. Keep it where nobody who writes the log
    /// can change it: then 'audit verify --expect HEAD' finds a log that was cut or rewritten.
    #[command(after_long_help = include_str!("examples/audit-head.txt"))]
    Head,
}

/// List who minted, refused or changed what.
///
/// With --profile, only that profile's entries are listed. Lines of the log that cannot be read are shown, not skipped.
#[derive(Debug, Args)]
pub struct AuditListArgs {
    /// From this time on: 1d (a day back from now), today, a date, …
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub since: Option<TimeSpec>,
    /// Up to this time; a day is included
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub until: Option<TimeSpec>,
    /// Which of these
    #[command(flatten)]
    pub filter: AuditFilterArgs,
    /// Show how many tokens were minted and refused, for each day (UTC) and profile
    #[arg(long)]
    pub summary: bool,
}

// List has the same filters; the doc comment is the help of follow.
/// Show new entries as they are written, until interrupted.
///
/// One line each, as list shows them; with -o json as the log has them.
#[derive(Debug, Args)]
pub struct AuditFilterArgs {
    /// About this customer, alone or in a batch
    #[arg(long, value_name = "ID", value_parser = parsed::<CustomerId>)]
    pub customer: Option<CustomerId>,
    /// By this user, or by one behind sudo
    #[arg(long, value_name = "USER")]
    pub actor: Option<String>,
    /// About this action; give it again for another
    #[arg(long, value_name = "ACTION", value_parser = words(Action::NAMES, Action::from_name))]
    pub action: Vec<Action>,
    /// By the command line or the endpoint
    #[arg(long, value_name = "CHANNEL", value_parser = words(Channel::NAMES, Channel::from_name))]
    pub channel: Option<Channel>,
    /// That was done, refused by a rule, or allowed and failed
    #[arg(long, value_name = "OUTCOME", value_parser = words(Outcome::NAMES, Outcome::from_name))]
    pub outcome: Option<Outcome>,
    /// Whose reason contains this text: the one given to 'issue --reason', or why it was refused
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Remove old entries.
///
/// Only whole segments of the log are removed, of 64 MiB or what a failed disk left, and the newest one stays. The log
/// must verify first. What is removed is recorded in the log, so that it verifies afterwards. Type the log's id again
/// when asked, or give it with --confirm.
#[derive(Debug, Args)]
pub struct AuditPruneArgs {
    /// Segments whose entries are all older than this: 90d (counted back from now), a date, …
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub before: TimeSpec,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The log's id, typed again; 'audit head' starts with it
    #[arg(long, value_name = "LOGID")]
    pub confirm: Option<String>,
}
