//! See `siox_fuzz::stack`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::stack::fuzz(bytes));
