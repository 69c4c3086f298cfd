//! A server writes text frames: siox beside tungstenite, each flushing after every message into a
//! stream that takes everything. Throughput is payload.
#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use siox_benches::{Memory, SIZES, rounds, text};
use siox_websocket::{Connection, Limits};
use std::{
    hint::black_box,
    io::{IoSlice, Write},
    sync::Arc,
    time::Duration,
};
use tungstenite::{
    Message,
    protocol::{Role, WebSocket},
};

/// Slices in one vectored write.
const SLICES: usize = 16;

/// Writes `text` `count` times; returns the bytes that left.
fn siox(limits: &Arc<Limits>, text: &str, count: usize) -> usize {
    let mut connection = Connection::server(Arc::clone(limits));
    let mut stream = Memory::new(&[]);
    for _ in 0..count {
        connection.text(text).expect("an open connection");
        write(&mut connection, &mut stream);
    }
    stream.written
}

/// As a runtime writes: vectored, until nothing waits.
fn write(connection: &mut Connection, stream: &mut Memory<'_>) {
    loop {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (to, chunk) in slices.iter_mut().zip(connection.poll_transmit()) {
            *to = IoSlice::new(chunk);
            used += 1;
        }
        if used == 0 {
            return;
        }
        let written = stream.write_vectored(&slices[..used]).expect("memory");
        connection.handle_written(written);
    }
}

fn tungstenite(text: &str, count: usize) -> usize {
    let mut socket = WebSocket::from_raw_socket(Memory::new(&[]), Role::Server, None);
    for _ in 0..count {
        socket.send(Message::text(text)).expect("an open socket");
    }
    socket.get_ref().written
}

fn frame_write(c: &mut Criterion) {
    let limits = Arc::new(Limits::default());
    let mut group = c.benchmark_group("frame_write");
    for (name, size) in SIZES {
        let (text, count) = (text(size), rounds(size));
        assert_eq!(siox(&limits, &text, count), tungstenite(&text, count));
        group.throughput(Throughput::Bytes((size * count) as u64));
        group.bench_function(BenchmarkId::new("siox", name), |b| {
            b.iter(|| siox(&limits, black_box(&text), count));
        });
        group.bench_function(BenchmarkId::new("tungstenite", name), |b| {
            b.iter(|| tungstenite(black_box(&text), count));
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
    targets = frame_write
}
criterion_main!(benches);
