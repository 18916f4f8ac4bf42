//! Runs one body on what the fuzzer makes up.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies/contract_body.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
