//! What a connection costs: its size, no heap while idle, and no more than twice what was received.

mod common;

use common::*;
use siox_testkit::alloc::{self, CountingAllocator};
use siox_websocket::{Connection, Event, Limits};
use siox_wire::{Input, Instant};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Bytes held after `f` more than before, and the peak in between.
fn measure<T>(f: impl FnOnce() -> T) -> (T, isize, isize) {
    let (result, usage) = alloc::measure(f);
    (result, usage.kept, usage.peak)
}

/// Feeds without a copy of the test's own; events are dropped at once.
fn feed_in_place(machine: &mut Connection, bytes: &mut [u8]) -> usize {
    let (mut input, mut n) = (Input::new(Instant::EPOCH, bytes), 0);
    while let Some(_event) = machine.handle_input(&mut input).unwrap() {
        n += 1;
    }
    n
}

#[test]
fn sizes() {
    println!("Connection {} bytes", size_of::<Connection>());
    println!("Event {} bytes", size_of::<Event<'_>>());
    let deflate = if cfg!(feature = "deflate") { 24 } else { 0 };
    // Eight of them are limits at hand, which spare each message a look at those that all share.
    assert!(size_of::<Connection>() <= 192 + deflate);
}

#[test]
fn an_idle_connection_holds_no_heap() {
    let limits = Arc::new(Limits::default());
    let (_machine, held, peak) = measure(|| Connection::server(limits.clone()));
    assert_eq!((held, peak), (0, 0));
    let (_machine, held, _) = measure(|| Connection::client(limits, SEED));
    println!("a client's key generator: {held} bytes");
    assert!(held <= 400);
}

#[test]
fn after_traffic_nothing_is_held() {
    let mut machine = server(&Limits::default());
    let mut bytes = [
        masked(FIN | TEXT, b"whole"),
        masked(TEXT, b"in "),
        masked(FIN | PING, b"ping"),
        masked(FIN | CONTINUATION, b"fragments"),
        masked(FIN | BINARY, &[1; 5000]),
    ]
    .concat();
    let ((), held, _) = measure(|| {
        for piece in bytes.chunks_mut(7) {
            feed_in_place(&mut machine, piece);
        }
        machine.text("answer").unwrap();
        machine.binary(vec![0; 10_000].into()).unwrap();
        for _ in 0..40 {
            feed_in_place(&mut machine, &mut masked(FIN | PING, b"again"));
        }
        while machine.queued() > 0 {
            machine.handle_written(1000);
        }
    });
    assert_eq!(held, 0);
}

#[test]
fn a_lent_buffer_saves_the_connection_its_own() {
    let mut machine = server(&Limits::default());
    let mut pool = Vec::with_capacity(4096);
    let ((), held, peak) = measure(|| {
        for _ in 0..3 {
            machine.lend_buffer(&mut pool);
            for _ in 0..16 {
                machine.text("answer").unwrap();
            }
            machine.handle_written(machine.queued());
            machine.release_buffer(&mut pool);
        }
    });
    assert_eq!((held, peak, pool.capacity()), (0, 0, 4096));
    // What the peer does not take is held as if nothing had been lent.
    let ((), held, _) = measure(|| {
        machine.lend_buffer(&mut pool);
        machine.text("answer").unwrap();
        machine.handle_written(3);
        machine.release_buffer(&mut pool);
    });
    assert_eq!((held, machine.queued(), pool.capacity()), (5, 5, 4096));
    let wire: Vec<u8> = machine.poll_transmit().flatten().copied().collect();
    assert_eq!(wire, b"nswer");
}

#[test]
fn whole_messages_are_not_copied() {
    let mut machine = server(&Limits::default());
    let mut bytes = [
        masked(FIN | TEXT, &[b'x'; 100_000]),
        masked(FIN | BINARY, &[1; 100_000]),
        masked(FIN | PONG, &[2; 125]),
    ]
    .concat();
    let (n, held, peak) = measure(|| feed_in_place(&mut machine, &mut bytes));
    assert_eq!((n, held, peak), (3, 0, 0));
}

/// Memory follows what was received, not what was declared.
#[test]
fn a_declared_length_costs_nothing() {
    let limits = Limits {
        message: 1 << 40,
        ..Limits::default()
    };
    for received in [0, 1, 100, 5000, 100_000, 3_000_000] {
        for chunk in [1, 37, 1000, 65_536] {
            if received / chunk > 10_000 {
                continue;
            }
            let mut machine = server(&limits);
            let mut bytes = vec![FIN | TEXT, 0x80 | 127];
            bytes.extend((1u64 << 40).to_be_bytes());
            bytes.extend([0; 4]);
            bytes.resize(14 + received, b'x');
            let ((), _, peak) = measure(|| {
                for piece in bytes.chunks_mut(chunk) {
                    feed_in_place(&mut machine, piece);
                }
            });
            let most = 2 * bytes.len() as isize + 16 * 1024;
            assert!(peak <= most, "{peak} for {received} in {chunk}");
        }
    }
}

#[test]
fn fragments_cost_no_more_than_their_bytes() {
    let mut machine = server(&Limits::default());
    for size in [0, 1, 60] {
        let mut bytes = masked(TEXT, b"x");
        bytes.extend(masked(CONTINUATION, &vec![b'x'; size]).repeat(10_000));
        let ((), _, peak) = measure(|| {
            feed_in_place(&mut machine, &mut bytes);
        });
        assert!(peak <= 2 * bytes.len() as isize + 16 * 1024, "{peak}");
        feed_in_place(&mut machine, &mut masked(FIN | CONTINUATION, b""));
    }
}

#[test]
fn a_message_in_pieces_that_arrives_is_held_exactly() {
    let mut machine = server(&Limits::default());
    let mut bytes = masked(FIN | BINARY, &[1; 100_000]);
    let (event, held, peak) = measure(|| {
        let mut event = None;
        for piece in bytes.chunks_mut(4096) {
            let mut input = Input::new(Instant::EPOCH, piece);
            event = machine.handle_input(&mut input).unwrap().or(event);
        }
        event
    });
    assert!(matches!(event, Some(Event::Message(_))));
    assert_eq!(held, 100_000);
    assert!(peak <= 101_000, "{peak}");
}

#[test]
fn pings_that_nobody_reads_cost_a_fixed_amount() {
    let limits = Limits {
        control_flood: u32::MAX,
        ..Limits::default()
    };
    let mut machine = server(&limits);
    let mut bytes = masked(FIN | PING, &[3; 125]).repeat(20_000);
    let (_, held, peak) = measure(|| feed_in_place(&mut machine, &mut bytes));
    assert!(held <= peak && peak <= 8 * 1024, "{peak}");
}
