//! `serve` on a hostile network: whatever clients do, those that behave are answered, memory stays within its
//! bound, and threads and descriptors come back.

pub(crate) mod client_stream;
mod crowds;
mod draining;
mod endless;
mod full;
mod handshakes;
mod leaving;
mod many_connections;
mod records;
pub(crate) mod rows;
mod running_server;
mod server_stats;
mod slow;
pub(crate) mod speech;
mod starved;
mod well_behaved;
