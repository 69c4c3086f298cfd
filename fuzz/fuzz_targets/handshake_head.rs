//! See `siox_fuzz::handshake_head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::handshake_head::fuzz(bytes));
