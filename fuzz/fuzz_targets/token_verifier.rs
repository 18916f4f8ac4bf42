//! Runs the body `token_verifier` on the fuzzer's input.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies/token_verifier.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
