//! Runs the body `contract_body` on the fuzzer's input.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies/contract_body.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
