//! Runs the body `audit_reader` on the fuzzer's input.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies/audit_reader.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
