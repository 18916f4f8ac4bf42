//! The program as others meet it: as a process, over its sources, by its files.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod generated;
mod help;
mod house;
mod paste;
mod place;
mod readme;
mod shells;
