//! Room for a message is made at once where the peer has paid for it: up to the bytes of the message that was
//! put together before. What a connection holds stays within twice what it received, and 16 KiB.

mod common;

use common::*;
use siox_testkit::alloc::{CountingAllocator, allowance, measure};
use siox_websocket::{Connection, Limits};
use siox_wire::{Input, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const LONG: usize = 200_000;
/// What is kept beside the bytes of an unfinished message.
const BESIDE: isize = 400;

/// A peer under watch: what it sent, and what that holds.
struct Peer {
    machine: Connection,
    received: usize,
    held: isize,
}

impl Peer {
    fn new() -> Self {
        Self::on(server(&Limits::default()))
    }

    fn on(machine: Connection) -> Self {
        Self {
            machine,
            received: 0,
            held: 0,
        }
    }

    /// Sends `bytes` in parts of `size`; messages are dropped at once. Says how often memory was asked for.
    fn sends(&mut self, bytes: &[u8], size: usize) -> u64 {
        let (mut bytes, mut calls) = (bytes.to_vec(), 0);
        for part in bytes.chunks_mut(size) {
            self.received += part.len();
            let ((), usage) = measure(|| {
                let mut input = Input::new(Instant::EPOCH, part);
                while self.machine.handle_input(&mut input).unwrap().is_some() {}
            });
            let (peak, most) = (self.held + usage.peak, allowance(self.received));
            assert!(peak <= most, "{peak} of {most} after {}", self.received);
            self.held += usage.kept;
            calls += usage.calls;
        }
        calls
    }

    fn holds(&self, bytes: usize) {
        let most = bytes.cast_signed() + BESIDE;
        assert!(
            (bytes.cast_signed()..=most).contains(&self.held),
            "{} of {bytes}",
            self.held
        );
    }
}

/// The first `n` bytes of a frame's payload, behind its head.
fn begun(frame: &[u8], n: usize) -> &[u8] {
    let head = match frame[1] & 0x7f {
        126 => 8,
        127 => 14,
        _ => 6,
    };
    &frame[..head + n]
}

fn text_of(len: usize) -> Vec<u8> {
    masked(FIN | TEXT, &vec![b'x'; len])
}

#[test]
fn the_first_message_grows_with_what_came() {
    let mut peer = Peer::new();
    peer.sends(begun(&text_of(LONG), 1), usize::MAX);
    peer.holds(2);
    let mut peer = Peer::new();
    peer.sends(begun(&text_of(LONG), 1000), 37);
    assert!(peer.held <= 2000 + BESIDE, "{}", peer.held);
}

#[test]
fn the_second_has_room_at_once_as_far_as_it_is_paid_for() {
    for first in [masked(FIN | BINARY, &[1; LONG]), text_of(LONG)] {
        for (announced, room) in [
            (LONG - 1, LONG - 1),
            (LONG, LONG),
            (LONG + 1, LONG),
            (1 << 20, LONG),
            (700, 700),
        ] {
            let mut peer = Peer::new();
            peer.sends(&first, 10_000);
            peer.holds(0);
            let next = text_of(announced);
            peer.sends(begun(&next, 0), 1);
            peer.holds(0);
            peer.sends(&next[begun(&next, 0).len()..][..1], 1);
            peer.holds(room);
        }
    }
}

#[test]
fn what_is_paid_for_is_asked_for_once() {
    let mut peer = Peer::new();
    let grown = peer.sends(&text_of(LONG), 10_000);
    assert!(grown > 4, "{grown}");
    // What is incomplete, and its bytes.
    assert_eq!(peer.sends(&text_of(LONG), 10_000), 2);
    peer.holds(0);
}

#[test]
fn a_shorter_message_takes_it_back() {
    let mut peer = Peer::new();
    peer.sends(&text_of(LONG), 10_000);
    peer.sends(&text_of(300), 10);
    peer.sends(begun(&text_of(LONG), 1), 10_000);
    peer.holds(300);
}

#[test]
fn a_message_that_was_never_put_together_pays_nothing() {
    let mut peer = Peer::new();
    peer.sends(&text_of(LONG), usize::MAX);
    peer.sends(begun(&text_of(LONG), 1), usize::MAX);
    peer.holds(2);
}

#[test]
fn fragments_have_what_each_announces() {
    let mut peer = Peer::new();
    peer.sends(&text_of(LONG), 10_000);
    peer.sends(&masked(TEXT, b"x"), usize::MAX);
    peer.holds(1);
    let next = masked(FIN | CONTINUATION, &vec![b'x'; 500_000]);
    peer.sends(begun(&next, 1), usize::MAX);
    peer.holds(LONG);
}

#[test]
fn nobody_holds_more_than_was_sent() {
    for size in [1, 37, 1000, 65_536] {
        let mut peer = Peer::new();
        for len in [5000, 20_000, 100, 20_000, 3000] {
            peer.sends(&text_of(len), size);
            peer.holds(0);
            peer.sends(&masked(TEXT, b"x"), size);
            for _ in 0..20 {
                peer.sends(&masked(CONTINUATION, b"y"), size);
            }
            peer.sends(&masked(FIN | CONTINUATION, &vec![b'z'; 2 * len]), size);
            peer.holds(0);
        }
        peer.sends(begun(&text_of(1 << 20), 300_000), size.max(37));
    }
}

/// What a message inflates to was never sent.
#[cfg(feature = "deflate")]
#[test]
fn a_compressed_message_pays_its_bytes_on_the_wire() {
    use flate2::{Compress, Compression, FlushCompress};
    use siox_websocket::deflate::{Agreed, Config};

    let terms = Agreed {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };
    let machine = server(&Limits::default()).with_deflate(&terms, &Config::default());
    let mut packed = Vec::with_capacity(LONG);
    Compress::new(Compression::new(9), false)
        .compress_vec(&[0; LONG], &mut packed, FlushCompress::Sync)
        .unwrap();
    packed.truncate(packed.len() - 4);

    let mut peer = Peer::on(machine);
    let mut bytes = masked(0x40 | FIN | BINARY, &packed);
    for part in bytes.chunks_mut(100) {
        let mut input = Input::new(Instant::EPOCH, part);
        while peer.machine.handle_input(&mut input).unwrap().is_some() {}
    }
    peer.received = bytes.len();
    peer.sends(begun(&text_of(LONG), 1), usize::MAX);
    peer.holds(packed.len());
}
