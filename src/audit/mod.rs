//! The audit log: a record of mints, refusals and changes, on disk before they take effect.
//!
//! A log is a directory `audit/` under the state directory. It holds segments `audit-00000001.jsonl` and so on, with
//! one JSON object per line, and a file `lock` that lets one writer append at a time. An entry's `hash` is the
//! SHA-256 of everything in its line before `,"hash":`, and `prev`, which that includes, is the hash of the previous
//! entry. An entry therefore cannot be changed, removed or moved without rewriting all entries after it, and a
//! [`Head`] that is kept elsewhere reveals even that.
//!
//! Guarantees: a [`Receipt`] exists only if its entry, and all entries before it, are on disk; an entry that was not
//! acknowledged may or may not be in the log; no fault on disk or in the log is ignored.

mod entry;
mod error;
mod head;
mod log;
mod parse;
mod reader;
mod refusals;
mod segment;
mod verify;
mod writer;

#[cfg(test)]
mod testing;

pub use entry::{Action, Actor, Channel, Entry, EntryError, Event, IdRanges, Outcome};
pub use error::AuditError;
pub use head::{Hash, Head, LogId};
pub use log::{AuditLog, LastAppend, PrunePlan, Receipt};
pub use reader::{Location, LogLine, TokenMatch, TokenQuery, contains, follow, list};
pub use refusals::{MIN_FREE_BYTES, Refusal, RefusalRecorder};
pub use segment::head;
pub use verify::{Finding, FindingKind, MAX_FINDINGS, VerifyReport, verify};
