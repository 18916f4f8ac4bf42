//! Runs one body on what the fuzzer makes up.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies/framing.rs"]
mod body;
#[path = "../bodies/connection.rs"]
mod connection;

fuzz_target!(|data: &[u8]| body::check(data));
