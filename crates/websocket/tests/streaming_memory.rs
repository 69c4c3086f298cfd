//! What a streamed message costs: nothing that grows with it.

mod common;

use common::*;
use siox_testkit::alloc::{CountingAllocator, measure};
use siox_websocket::{Connection, Event, Limits, frame::HeadBytes, frame::Opcode};
use siox_wire::{Input, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const READ: usize = 64 * 1024;
const MESSAGE: usize = 64 << 20;

/// Feeds in place and drops what is told; counts the bytes of it.
fn take(machine: &mut Connection, bytes: &mut [u8]) -> usize {
    let (mut input, mut n) = (Input::new(Instant::EPOCH, bytes), 0);
    while let Some(event) = machine.handle_input(&mut input).unwrap() {
        if let Event::Chunk(chunk) = event {
            n += chunk.data.as_bytes().len();
        }
    }
    n
}

/// A head that announces all of the message, then reads of 64 KiB, as a server gets them.
#[test]
fn a_large_frame_is_never_held() {
    for opcode in [Opcode::Text, Opcode::Binary] {
        let mut machine = server(&Limits::default());
        machine.set_streaming(true);
        let mut buffer = vec![0; READ];
        let (n, usage) = measure(|| {
            let head = HeadBytes::encode(true, opcode, MESSAGE, Some([0; 4]));
            let mut n = take(&mut machine, &mut head.as_slice().to_vec());
            for _ in 0..MESSAGE / READ {
                buffer.fill(b'x');
                n += take(&mut machine, &mut buffer);
            }
            n
        });
        assert_eq!(n, MESSAGE);
        assert!(usage.peak <= 1024 && usage.kept == 0, "{usage:?}");
    }
}

/// Characters of three bytes: each read but every third ends inside one.
#[test]
fn characters_that_are_cut_cost_nothing() {
    let mut machine = server(&Limits::default());
    machine.set_streaming(true);
    let text: Vec<u8> = "€".bytes().cycle().take(MESSAGE / 3 * 3).collect();
    let mut buffer = vec![0; READ];
    let (n, usage) = measure(|| {
        let head = HeadBytes::encode(true, Opcode::Text, text.len(), Some([0; 4]));
        let mut n = take(&mut machine, &mut head.as_slice().to_vec());
        for piece in text.chunks(READ) {
            let read = &mut buffer[..piece.len()];
            read.copy_from_slice(piece);
            n += take(&mut machine, read);
        }
        n
    });
    assert_eq!(n, text.len());
    assert!(usage.peak <= 1024 && usage.kept == 0, "{usage:?}");
}

#[test]
fn fragments_are_not_held_either() {
    let mut machine = server(&Limits::default());
    machine.set_streaming(true);
    let (n, usage) = measure(|| {
        let mut n = take(&mut machine, &mut masked(BINARY, b"x"));
        for _ in 0..100_000 {
            n += take(&mut machine, &mut masked(CONTINUATION, &[7; 50]));
        }
        n + take(&mut machine, &mut masked(FIN | CONTINUATION, b""))
    });
    assert_eq!(n, 5_000_001);
    assert!(usage.peak <= 1024 && usage.kept == 0, "{usage:?}");
}

/// A whole message in one read takes no memory at all.
#[test]
fn a_message_that_lies_whole_in_the_input_costs_nothing() {
    let mut machine = server(&Limits::default());
    machine.set_streaming(true);
    let mut bytes = [masked(FIN | TEXT, &[b'x'; 1000]), masked(FIN | BINARY, b"")].concat();
    let (n, usage) = measure(|| take(&mut machine, &mut bytes));
    assert_eq!((n, usage.peak, usage.calls), (1000, 0, 0));
}

/// Writing holds no more than what waits for the socket.
#[test]
fn a_message_written_in_fragments_is_not_held() {
    let mut machine = client(&Limits::default());
    let chunk = vec![b'x'; READ];
    let (written, usage) = measure(|| {
        let mut written = 0;
        machine.begin_binary().unwrap();
        for _ in 0..MESSAGE / READ {
            machine.write(&chunk).unwrap();
            written += machine.queued();
            machine.handle_written(machine.queued());
        }
        machine.finish(&[]).unwrap();
        machine.handle_written(machine.queued());
        written
    });
    assert!(written > MESSAGE);
    assert!(usage.peak <= 66 * 1024 && usage.kept == 0, "{usage:?}");
}
