//! Runs the body `config` on the fuzzer's input.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies/config.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
