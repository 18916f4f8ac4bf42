//! The grammar of `audit`.

use clap::{Args, Subcommand, ValueEnum};

use super::help;
use super::values::parsed;
use crate::audit::{Head, Outcome};
use crate::time::TimeSpec;
use crate::token::CustomerId;

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List who minted, refused or changed what
    #[command(long_about = help::AUDIT_LIST, after_long_help = help::AUDIT_LIST_EXAMPLES)]
    List(AuditListArgs),
    /// Check that nothing in the log was changed
    #[command(long_about = help::AUDIT_VERIFY, after_long_help = help::AUDIT_VERIFY_EXAMPLES)]
    Verify(AuditVerifyArgs),
    /// Print the log's head, to be kept elsewhere
    #[command(long_about = help::AUDIT_HEAD, after_long_help = help::AUDIT_HEAD_EXAMPLES)]
    Head,
}

/// Which entries.
#[derive(Debug, Args)]
pub struct AuditListArgs {
    /// From this time on
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub since: Option<TimeSpec>,
    /// Up to this time
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = parsed::<TimeSpec>)]
    pub until: Option<TimeSpec>,
    /// About this customer, alone or in a batch
    #[arg(long, value_name = "ID", value_parser = parsed::<CustomerId>)]
    pub customer: Option<CustomerId>,
    /// By this user, or by one behind sudo
    #[arg(long, value_name = "USER")]
    pub actor: Option<String>,
    /// That ended so
    #[arg(long, value_enum, value_name = "OUTCOME")]
    pub outcome: Option<OutcomeChoice>,
}

/// How an entry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutcomeChoice {
    /// It was done
    Ok,
    /// A rule refused it
    Refused,
    /// It was allowed, and failed
    Failed,
}

impl From<OutcomeChoice> for Outcome {
    fn from(choice: OutcomeChoice) -> Self {
        match choice {
            OutcomeChoice::Ok => Self::Ok,
            OutcomeChoice::Refused => Self::Refused,
            OutcomeChoice::Failed => Self::Failed,
        }
    }
}

/// What the log is compared with.
#[derive(Debug, Args)]
pub struct AuditVerifyArgs {
    /// A head that 'audit head' printed earlier: the log must hold it still
    #[arg(long, value_name = "HEAD", value_parser = parsed::<Head>)]
    pub expect: Option<Head>,
}
