//! A program without `std`: it links `core`, `alloc`, the protocol crates and the C library, has a panic
//! handler and an allocator of its own, and takes each crate through a small exchange.
//!
//! If any crate linked `std`, this would not build: there would be two panic handlers. It exits with 0
//! when every exchange came out as written down here.
#![no_std]
#![no_main]

extern crate alloc;

mod engineio;
mod http1;
mod runtime;
mod socketio;
mod tape;
mod websocket;
mod wire;

use core::ffi::c_int;

/// What the C library's start code calls.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    wire::run();
    http1::run();
    websocket::run();
    engineio::run();
    socketio::run();
    runtime::say(c"wire, http1, websocket, engineio and socketio ran without std");
    0
}
