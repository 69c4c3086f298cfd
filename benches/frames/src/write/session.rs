//! A session for each side: what keeps the state of a connection, answers pings and closes, and has the bytes
//! leave.

use super::{BATCH, LARGE, Run, static_text};
use crate::{
    Job,
    memory::{Memory, block_on},
};
use bytes::Bytes;
use futures_sink::Sink;
use siox_websocket::{Connection, Limits};
use siox_wire::Text;
use std::{future::poll_fn, hint::black_box, io::IoSlice, pin::Pin, sync::Arc};
use tokio::io::BufWriter;

/// Slices in one vectored write: two for each message.
const SLICES: usize = 2 * BATCH;

/// Every side's way of sending `count` messages of `size` bytes.
#[must_use]
pub fn jobs(size: usize, count: usize) -> Vec<Job> {
    let text = static_text(size);
    let job = |name, run: Run| Job::new(name, run);
    vec![
        job("siox", siox(text, count)),
        job("tungstenite", tungstenite(text, count)),
        job("fastwebsockets", fastwebsockets(text, count)),
        job("tokio-websockets", tokio_websockets(text, count)),
        job("yawc", yawc(text, count)),
        job("sockudo-ws", sockudo(text, count)),
        job("web-socket", web_socket(text, count)),
        job(super::LIMIT, super::bare::copy(text, count)),
    ]
}

/// The connection itself, written with vectored writes as its runtimes do; it is lent a buffer for each
/// batch, and large payloads go by reference.
fn siox(text: &'static str, count: usize) -> Run {
    let mut memory = Memory::new(Vec::new());
    let mut connection = Connection::server(Arc::new(Limits {
        high_water: usize::MAX,
        hard_cap: usize::MAX,
        ..Limits::default()
    }));
    let shared = Text::from_static(text);
    let mut pool = Vec::new();
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            let now = left.min(BATCH);
            left -= now;
            connection.lend_buffer(&mut pool);
            match text.len() < LARGE {
                true => copied(&mut connection, text, now),
                false => lent(&mut connection, &shared, now),
            }
            transmit(&mut connection, &mut memory);
            connection.release_buffer(&mut pool);
        }
        count * text.len()
    })
}

fn copied(connection: &mut Connection, text: &str, count: usize) {
    for _ in 0..count {
        connection.text(black_box(text)).expect("it is open");
    }
}

fn lent(connection: &mut Connection, text: &Text, count: usize) {
    for _ in 0..count {
        let text = black_box(text).clone();
        connection.shared_text(text).expect("it is open");
    }
}

fn transmit(connection: &mut Connection, memory: &mut Memory) {
    while connection.queued() > 0 {
        let written = write_chunks(connection.poll_transmit(), memory);
        connection.handle_written(written);
    }
}

/// One write of what is queued, as the runtimes do it.
fn write_chunks<'c>(mut chunks: impl Iterator<Item = &'c [u8]>, memory: &mut Memory) -> usize {
    let first = chunks.next().unwrap_or_default();
    let Some(second) = chunks.next() else {
        return memory.drain(first);
    };
    let mut slices = [IoSlice::new(&[]); SLICES];
    (slices[0], slices[1]) = (IoSlice::new(first), IoSlice::new(second));
    let mut used = 2;
    for (slice, chunk) in slices[2..].iter_mut().zip(chunks) {
        *slice = IoSlice::new(chunk);
        used += 1;
    }
    memory.drain_all(&slices[..used])
}

/// Its blocking socket: `write`, and `flush` for every 16.
fn tungstenite(text: &'static str, count: usize) -> Run {
    use tungstenite::{
        Message, Utf8Bytes,
        protocol::{Role, WebSocket},
    };
    let mut socket = WebSocket::from_raw_socket(Memory::new(Vec::new()), Role::Server, None);
    let message = Message::Text(Utf8Bytes::from_static(text));
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                let message = black_box(&message).clone();
                socket.write(message).expect("it is open");
            }
            left -= left.min(BATCH);
            socket.flush().expect("memory");
        }
        count * text.len()
    })
}

/// Its async socket over a buffered writer, which large payloads pass by.
fn fastwebsockets(text: &'static str, count: usize) -> Run {
    use fastwebsockets::{Frame, Payload, Role, WebSocket};
    let memory = BufWriter::with_capacity(64 * 1024, Memory::new(Vec::new()));
    let mut socket = WebSocket::after_handshake(memory, Role::Server);
    Box::new(move || {
        block_on(async {
            let mut left = count;
            while left > 0 {
                for _ in 0..left.min(BATCH) {
                    let payload = Payload::Owned(black_box(text).as_bytes().to_vec());
                    let frame = Frame::text(payload);
                    socket.write_frame(frame).await.expect("it is open");
                }
                left -= left.min(BATCH);
                socket.flush().await.expect("memory");
            }
        });
        count * text.len()
    })
}

/// Its sink.
fn tokio_websockets(text: &'static str, count: usize) -> Run {
    use tokio_websockets::{Config, Message, ServerBuilder};
    let config = Config::default().flush_threshold(usize::MAX);
    let mut sink = ServerBuilder::new()
        .config(config)
        .serve(Memory::new(Vec::new()));
    let message = Message::text(text);
    Box::new(move || {
        block_on(async {
            let mut left = count;
            while left > 0 {
                for _ in 0..left.min(BATCH) {
                    let message = black_box(&message).clone();
                    Pin::new(&mut sink).start_send(message).expect("it is open");
                }
                left -= left.min(BATCH);
                let flushed = poll_fn(|cx| Pin::new(&mut sink).poll_flush(cx)).await;
                flushed.expect("memory");
            }
        });
        count * text.len()
    })
}

/// Its sink.
fn yawc(text: &'static str, count: usize) -> Run {
    use yawc::{Frame, Options, Role, WebSocket};
    let options = Options::default().with_backpressure_boundary(usize::MAX);
    let memory = Memory::new(Vec::new());
    let mut sink = WebSocket::from_stream(memory, Role::Server, options).expect("no extension");
    let shared = Bytes::from_static(text.as_bytes());
    Box::new(move || {
        block_on(async {
            let mut left = count;
            while left > 0 {
                for _ in 0..left.min(BATCH) {
                    let frame = Frame::text(black_box(&shared).clone());
                    Pin::new(&mut sink).start_send(frame).expect("it is open");
                }
                left -= left.min(BATCH);
                let flushed = poll_fn(|cx| Pin::new(&mut sink).poll_flush(cx)).await;
                flushed.expect("memory");
            }
        });
        count * text.len()
    })
}

/// Its sink, which lends large payloads itself.
fn sockudo(text: &'static str, count: usize) -> Run {
    use sockudo_ws::{Config, Message, WebSocketStream};
    let config = Config {
        write_coalescing: true,
        max_backpressure: usize::MAX,
        ..Config::default()
    };
    let mut sink = WebSocketStream::server(Memory::new(Vec::new()), config);
    let message = Message::Text(Bytes::from_static(text.as_bytes()));
    Box::new(move || {
        block_on(async {
            let mut left = count;
            while left > 0 {
                for _ in 0..left.min(BATCH) {
                    let message = black_box(&message).clone();
                    Pin::new(&mut sink).start_send(message).expect("it is open");
                }
                left -= left.min(BATCH);
                let flushed = poll_fn(|cx| Pin::new(&mut sink).poll_flush(cx)).await;
                flushed.expect("memory");
            }
        });
        count * text.len()
    })
}

/// Its async socket: small messages into a buffer that is drained, large ones straight into the sink.
fn web_socket(text: &'static str, count: usize) -> Run {
    use web_socket::WebSocket;
    if text.len() < LARGE {
        let mut memory = Memory::new(Vec::new());
        let mut socket = WebSocket::server(Vec::new());
        return Box::new(move || {
            let mut left = count;
            while left > 0 {
                block_on(async {
                    for _ in 0..left.min(BATCH) {
                        let sent = socket.send(black_box(text)).await;
                        sent.expect("it is open");
                    }
                });
                left -= left.min(BATCH);
                memory.drain(&socket.stream);
                socket.stream.clear();
            }
            count * text.len()
        });
    }
    let mut socket = WebSocket::server(Memory::new(Vec::new()));
    Box::new(move || {
        block_on(async {
            for _ in 0..count {
                let sent = socket.send(black_box(text)).await;
                sent.expect("it is open");
            }
        });
        count * text.len()
    })
}
