//! Runs the body `paste` on the fuzzer's input.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../bodies/paste.rs"]
mod body;

fuzz_target!(|data: &[u8]| body::check(data));
