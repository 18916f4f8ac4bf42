//! Mints, verifies, decodes and explains Stream Chat user tokens.
//!
//! The program is a thin binary over these rooms. They stand on floors, and each imports only from
//! floors below its own; `tests/it/house.rs` holds them to it.
//!
//! | floor | rooms |
//! | --- | --- |
//! | 6 | [`commands`] |
//! | 5 | [`cli`], [`view`], [`terminal`], [`failure`] |
//! | 4 | [`mint`], [`custody`] |
//! | 3 | [`profile`], [`verdict`] |
//! | 2 | [`token`] |
//! | 1 | [`secret`] |
//! | 0 | [`time`], [`foreign`] |

pub mod cli;
pub mod commands;
pub mod custody;
pub mod failure;
pub mod foreign;
pub mod mint;
pub mod profile;
pub mod secret;
pub mod terminal;
pub mod time;
pub mod token;
pub mod verdict;
pub mod view;
