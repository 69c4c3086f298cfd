//! Room for a compressed message is made at once for the bytes that the peer has paid for on the wire, as the
//! bytes before them inflated: never for more than it announces, nor beyond 16 times what it sent, nor beyond
//! the limit.
#![cfg(feature = "deflate")]

mod common;

use common::*;
use flate2::{Compress, Compression, FlushCompress};
use siox_testkit::alloc::{CountingAllocator, measure};
use siox_websocket::{
    Connection, Limits,
    deflate::{Agreed, Config},
    frame::Role,
};
use siox_wire::{Input, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const RSV1: u8 = 0x40;
const LONG: usize = 200_000;
/// What is kept beside the bytes of an unfinished message, and the codec's own room for the next symbol.
const BESIDE: usize = 1024;

fn peer(limits: &Limits) -> Connection {
    let agreed = Agreed {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };
    connection(Role::Server, limits).with_deflate(&agreed, &Config::default())
}

/// A message in one frame; each begins with an empty window.
fn packed(message: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(6), false);
    let mut out = Vec::with_capacity(message.len() + 1000);
    z.compress_vec(message, &mut out, FlushCompress::Sync)
        .unwrap();
    out.truncate(out.len() - 4);
    masked(FIN | RSV1 | BINARY, &out)
}

/// Bytes of which about half are left when they are compressed.
fn halving() -> Vec<u8> {
    let mut state = 1u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 28) as u8
    });
    noise.take(LONG).collect()
}

/// Sends `bytes` in parts of 10,000; says how often memory was asked for, and how much more is held.
fn sends(peer: &mut Connection, bytes: &[u8]) -> (u64, isize) {
    let mut bytes = bytes.to_vec();
    let ((), usage) = measure(|| {
        for part in bytes.chunks_mut(10_000) {
            let mut input = Input::new(Instant::EPOCH, part);
            while peer.handle_input(&mut input).unwrap().is_some() {}
        }
    });
    (usage.calls, usage.kept)
}

/// What is held once the head has come and `n` bytes behind it.
fn held_after(peer: &mut Connection, frame: &[u8], n: usize) -> usize {
    let head = match frame[1] & 0x7f {
        126 => 8,
        127 => 14,
        _ => 6,
    };
    assert_eq!(sends(peer, &frame[..head]).1, 0, "by its head alone");
    let (_, kept) = sends(peer, &frame[head..head + n]);
    usize::try_from(kept).unwrap()
}

#[test]
fn the_second_asks_for_its_room_once() {
    let frame = packed(&halving());
    let mut peer = peer(&Limits::default());
    let (grown, _) = sends(&mut peer, &frame);
    // What is incomplete, and its bytes.
    let (once, kept) = sends(&mut peer, &frame);
    assert!(grown > 4, "{grown}");
    assert_eq!((once, kept), (2, 0));
}

#[test]
fn it_is_what_the_bytes_before_inflated_to() {
    let frame = packed(&halving());
    let mut peer = peer(&Limits::default());
    sends(&mut peer, &frame);
    let held = held_after(&mut peer, &frame, 100);
    assert!((LONG..LONG * 5 / 4 + BESIDE).contains(&held), "{held}");
}

#[test]
fn no_more_than_is_announced() {
    let mut peer = peer(&Limits::default());
    sends(&mut peer, &packed(&halving()));
    let short = packed(&halving()[..LONG / 10]);
    let held = held_after(&mut peer, &short, 100);
    assert!(held < LONG / 8 + BESIDE, "{held}");
}

#[test]
fn a_message_that_inflates_to_much_pays_with_its_bytes_alone() {
    let bomb = packed(&[0; 1 << 20]);
    let mut peer = peer(&Limits::default());
    sends(&mut peer, &bomb);
    let held = held_after(&mut peer, &packed(&halving()), 1);
    assert!(held <= 16 * bomb.len() + BESIDE, "{held} of {}", bomb.len());
}

#[test]
fn never_beyond_the_limit() {
    let limits = Limits {
        message: LONG,
        ..Limits::default()
    };
    let frame = packed(&halving());
    let mut peer = peer(&limits);
    sends(&mut peer, &frame);
    let held = held_after(&mut peer, &frame, 100);
    assert!((LONG..LONG + BESIDE).contains(&held), "{held}");
}
