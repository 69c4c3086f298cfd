//! The fuzz targets of siox: what each does with an input is a function here, so that a plain test runs
//! it too; the programs in `fuzz_targets/` only hand it the fuzzer's bytes.
//!
//! An input is what comes over the wire and nothing else: no role byte, no lengths for the fuzzer's own
//! use. What is arbitrary about a run is drawn from a hash of the input ([`pieces`]). So a seed is a
//! capture, and a finding can be sent to any other implementation as it is.
//!
//! Every target demands that nothing panics, that each way of cutting the input gives the same events
//! and output, that every loop makes progress, and the memory rule ([`memory`]).
#![deny(unsafe_code)]

pub mod app;
pub mod eio_client;
pub mod eio_engine_client;
pub mod eio_payload;
pub mod handshake_head;
pub mod memory;
pub mod pieces;
pub mod sio_client;
pub mod sio_msgpack;
pub mod sio_packet;
pub mod stack;
pub mod stack_ops;
pub mod tape;
pub mod targets;
pub mod ws_deflate;
pub mod ws_differential;
pub mod ws_reader;
