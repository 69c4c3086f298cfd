//! See `siox_fuzz::stack_ops`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::stack_ops::fuzz(bytes));
