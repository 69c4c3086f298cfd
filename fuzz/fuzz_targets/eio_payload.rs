//! See `siox_fuzz::eio_payload`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::eio_payload::fuzz(bytes));
