//! See `siox_fuzz::sio_packet`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| siox_fuzz::sio_packet::fuzz(bytes));
