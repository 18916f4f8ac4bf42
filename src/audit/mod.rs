//! The audit log: who minted, refused or changed what, on disk before it takes effect.
//!
//! A log is a directory `audit/` under the state directory: segments `audit-00000001.jsonl` and on,
//! one JSON object a line, and a file `lock` that lets one writer append at a time. An entry's `hash`
//! is the SHA-256 of everything in its line before `,"hash":`, and `prev`, inside that, is the hash
//! of the entry before; so an entry cannot be changed, removed or moved without rewriting all that
//! follow it, and whoever keeps a [`Head`] elsewhere finds that too.
//!
//! What is guaranteed: a [`Receipt`] exists only when its entry, and all before it, are on disk; what
//! is not acknowledged may be there or not; and no fault on disk or in the log is passed over.

mod chain;
mod entry;
mod error;
mod head;
mod health;
mod line;
mod list;
mod log;
mod ranges;
mod reader;
mod refusals;
mod segment;
mod survey;
mod tally;
mod verify;
mod writer;

#[cfg(test)]
mod testing;

pub use entry::{Action, Actor, Channel, Customers, Deed, Entry, Event, Facts, Outcome, Ticket, Upkeep};
pub use error::AuditError;
pub use head::{Hash, Head, HeadError, LogId};
pub use health::{AuditHealth, LastAppend};
pub use line::{LONGEST_LINE, LONGEST_TEXT};
pub use list::{Filter, Listed, Listing, list};
pub use log::{AuditLog, Receipt};
pub use ranges::{MOST_RANGES, Ranges};
pub use reader::Flaw;
pub use refusals::{LEAST_FREE_BYTES, Refusals};
pub use segment::head;
pub use tally::{MOST_KEYS, RECORDED_A_MINUTE, Refusal};
pub use verify::{Fault, FaultKind, MOST_FAULTS, Verified, verify};
