//! `serve` on a hostile network: whatever clients do, those that behave are answered, memory stays within its
//! bound, and threads and descriptors come back.

mod crowds;
mod draining;
mod endless;
mod full;
mod good;
mod handshakes;
mod leaving;
pub(crate) mod line;
mod records;
pub(crate) mod rows;
mod slow;
pub(crate) mod speech;
mod starved;
mod swarm;
mod target;
mod vitals;
