//! Mints, verifies, decodes and explains Stream Chat user tokens.
//!
//! The program is a thin binary over these rooms. They stand on floors, and each imports only from
//! floors below its own; `tests/it/house.rs` holds them to it.
//!
//! | floor | rooms |
//! | --- | --- |
//! | 7 | [`commands`] |
//! | 6 | [`cli`], [`view`], [`terminal`], [`failure`], `server` (on Unix, with the feature `serve`) |
//! | 5 | [`issuer`], [`custody`] |
//! | 4 | [`profile`], [`audit`], [`session`], [`verdict`] |
//! | 3 | [`token`], `tls` (as `server`) |
//! | 2 | [`secret`], [`hygiene`] |
//! | 1 | [`time`], [`environment`], [`disk`] |
//! | 0 | [`foreign`] |
//!
//! The way of `issue 123`: `commands::issue` opens the profile and its secret, [`issuer`] asks the policy, signs, waits
//! until [`audit`] has the entry on disk, and only then releases the token. The way of a request to the endpoint is
//! at the top of `server`; it ends in the same [`issuer`].

pub mod audit;
pub mod cli;
pub mod commands;
pub mod custody;
pub mod disk;
pub mod environment;
pub mod failure;
pub mod foreign;
pub mod hygiene;
pub mod issuer;
pub mod profile;
pub mod secret;
#[cfg(all(unix, feature = "serve"))]
pub mod server;
pub mod session;
pub mod terminal;
pub mod time;
#[cfg(all(unix, feature = "serve"))]
pub mod tls;
pub mod token;
pub mod verdict;
pub mod view;
