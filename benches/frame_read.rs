//! A server reads masked text frames: siox beside tungstenite, from the same bytes in memory, which each
//! side copies into its own read buffer as it would from a socket. Throughput is payload.
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use siox_benches::{Memory, SIZES, masked_texts, rounds};
use siox_websocket::{Connection, Event, Limits};
use siox_wire::{Input, Instant, Message};
use std::{hint::black_box, sync::Arc, time::Duration};
use tungstenite::protocol::{Role, WebSocket};

/// The read buffer of a runtime's thread, in bytes. Tungstenite's is 128 KiB by default.
const SCRATCH: usize = 64 * 1024;

/// Reads all of `bytes`; returns the bytes of payload seen.
fn siox(limits: &Arc<Limits>, scratch: &mut [u8], mut bytes: &[u8]) -> usize {
    let mut connection = Connection::server(Arc::clone(limits));
    let mut seen = 0;
    while !bytes.is_empty() {
        let (now, rest) = bytes.split_at(bytes.len().min(scratch.len()));
        let buffer = &mut scratch[..now.len()];
        buffer.copy_from_slice(now);
        let mut input = Input::new(Instant::EPOCH, buffer);
        while let Some(event) = connection.handle_input(&mut input).expect("valid frames") {
            if let Event::Message(Message::Text(text)) = &event {
                seen += black_box(text).len();
            }
        }
        bytes = rest;
    }
    seen
}

fn tungstenite(bytes: &[u8], count: usize) -> usize {
    let mut socket = WebSocket::from_raw_socket(Memory::new(bytes), Role::Server, None);
    (0..count)
        .map(|_| {
            let message = socket.read().expect("valid frames");
            black_box(message).len()
        })
        .sum()
}

fn frame_read(c: &mut Criterion) {
    let limits = Arc::new(Limits::default());
    let mut scratch = vec![0; SCRATCH];
    let mut group = c.benchmark_group("frame_read");
    for (name, size) in SIZES {
        let count = rounds(size);
        let bytes = masked_texts(size, count);
        assert_eq!(siox(&limits, &mut scratch, &bytes), size * count);
        assert_eq!(tungstenite(&bytes, count), size * count);
        group.throughput(Throughput::Bytes((size * count) as u64));
        group.bench_function(BenchmarkId::new("siox", name), |b| {
            b.iter(|| siox(&limits, &mut scratch, black_box(&bytes)));
        });
        group.bench_function(BenchmarkId::new("tungstenite", name), |b| {
            b.iter(|| tungstenite(black_box(&bytes), count));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .without_plots()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = frame_read
}
criterion_main!(benches);
