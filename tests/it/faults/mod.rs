//! `serve` on a hostile network: well-behaved clients are always answered, memory stays within its
//! bound, and threads and descriptors are released.

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
