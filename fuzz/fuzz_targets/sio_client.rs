//! See `siox_fuzz::sio_client`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::sio_client::fuzz(bytes));
