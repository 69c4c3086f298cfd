//! Compressed messages in chunks and in fragments: inflated and deflated as they come.
#![cfg(feature = "deflate")]

#[path = "../common/mod.rs"]
mod common;
mod random;
mod reading;
mod writing;

use common::*;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use siox_testkit::{
    alloc::{CountingAllocator, measure},
    split::oracle,
};
use siox_websocket::{
    Connection, Error, Event, Limits, Violation,
    deflate::{Agreed, Codec, Config},
    frame::Role,
};
use siox_wire::{Input, Instant, Message, SendError};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const RSV1: u8 = 0x40;

fn deflated(role: Role, limits: &Limits, takeover: bool) -> Connection {
    let agreed = Agreed {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };
    let config = Config {
        client_no_context_takeover: !takeover,
        ..Config::default()
    };
    connection(role, limits).with_deflate(&agreed, &config)
}

/// Unbounded queues and messages.
fn wide() -> Limits {
    Limits {
        message: usize::MAX,
        high_water: usize::MAX,
        hard_cap: usize::MAX,
        ..Limits::default()
    }
}

fn streaming(bytes: &[u8], limits: &Limits, takeover: bool) -> Outcome {
    oracle(bytes, |pieces| {
        run_streaming(deflated(Role::Server, limits, takeover), pieces)
    })
}

fn pack(message: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(9), false);
    let mut out = Vec::with_capacity(message.len() + 1000);
    z.compress_vec(message, &mut out, FlushCompress::Sync)
        .unwrap();
    out.truncate(out.len() - 4);
    out
}

/// One final block, and what it lacks of a byte.
fn pack_final(message: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(9), false);
    let mut out = Vec::with_capacity(message.len() + 1000);
    z.compress_vec(message, &mut out, FlushCompress::Finish)
        .unwrap();
    out
}

/// Text that compresses to about a third.
fn prose(len: usize) -> String {
    let mut x = 0x9E37_79B9_u32;
    let mut s = String::new();
    while s.len() < len {
        x = x.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
        let word = ["Wörter ", "und ", "viele ", "Zahlen: ", "€ "][(x >> 29) as usize % 5];
        s.push_str(word);
        s.push_str(&(x >> 20).to_string());
    }
    while !s.is_char_boundary(len) {
        s.insert(0, 'x');
    }
    s.truncate(len);
    s
}
