//! Mints, verifies, decodes and explains Stream Chat user tokens.
//!
//! The program is a thin binary over these rooms. They stand on floors, and each imports only from
//! floors below its own; `tests/it/architecture.rs` holds them to it.
//!
//! | floor | rooms |
//! | --- | --- |
//! | 9 | `main.rs` |
//! | 8 | [`commands`] |
//! | 7 | [`cli`], [`output`], [`error`], `server` (on Unix, with the feature `serve`) |
//! | 6 | [`issuer`], [`session`] |
//! | 5 | [`profile`] |
//! | 4 | [`audit`], [`verdict`] |
//! | 3 | [`token`], `tls` (as `server`) |
//! | 2 | [`secret`] |
//! | 1 | [`time`], [`process`], [`fs`] |
//! | 0 | [`escape`] |
//!
//! The way of `issue 123`: `commands::issue` opens the profile and its secret, [`issuer`] asks the policy, signs, waits
//! until [`audit`] has the entry on disk, and only then releases the token. The way of a request to the endpoint is
//! at the top of `server`; it ends in the same [`issuer`].

pub mod audit;
pub mod cli;
pub mod commands;
pub mod error;
pub mod escape;
pub mod fs;
pub mod issuer;
pub mod output;
pub mod process;
pub mod profile;
pub mod secret;
#[cfg(all(unix, feature = "serve"))]
pub mod server;
pub mod session;
pub mod time;
#[cfg(all(unix, feature = "serve"))]
pub mod tls;
pub mod token;
pub mod verdict;
