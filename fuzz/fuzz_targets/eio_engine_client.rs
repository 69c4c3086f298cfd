//! See `siox_fuzz::eio_engine_client`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::eio_engine_client::fuzz(bytes));
