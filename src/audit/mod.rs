//! The audit log: who minted, refused or changed what, on disk before it takes effect.
//!
//! A log is a directory `audit/` under the state directory: segments `audit-00000001.jsonl` and on,
//! one JSON object a line, and a file `lock` that lets one writer append at a time. An entry's `hash`
//! is the SHA-256 of everything in its line before `,"hash":`, and `prev`, inside that, is the hash
//! of the entry before; so an entry cannot be changed, removed or moved without rewriting all that
//! follow it, and a [`Head`] that is kept elsewhere shows that too.
//!
//! What is guaranteed: a [`Receipt`] exists only when its entry, and all before it, are on disk; what
//! is not acknowledged may be there or not; and no fault on disk or in the log is passed over.

mod entry;
mod error;
mod head;
mod list;
mod log;
mod parse;
mod prune;
mod ranges;
mod reader;
mod refusals;
mod segment;
mod verify;
mod writer;

#[cfg(test)]
mod testing;

pub use entry::{Action, Actor, Channel, Entry, EntryError, Event, Outcome};
pub use error::AuditError;
pub use head::{Hash, Head, HeadError, LogId};
pub use list::{Filter, TokenMatch, TokenQuery, contains, follow, list};
pub use log::{AuditLog, LastAppend, Receipt};
pub use prune::PrunePlan;
pub use ranges::IdRanges;
pub use reader::{Location, LogLine};
pub use refusals::{MIN_FREE_BYTES, Refusal, RefusalRecorder};
pub use segment::head;
pub use verify::{Finding, FindingKind, MAX_FINDINGS, VerifyReport, verify};
