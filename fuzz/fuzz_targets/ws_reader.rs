//! See `siox_fuzz::ws_reader`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::ws_reader::fuzz(bytes));
