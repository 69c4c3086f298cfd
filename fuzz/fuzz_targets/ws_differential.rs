//! See `siox_fuzz::ws_differential`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::ws_differential::fuzz(bytes));
