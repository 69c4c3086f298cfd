//! A server sends text messages; every 16 of them leave together, into a sink that copies what it takes.
//! Each side is given the payload in the form that it takes with the least work.

use crate::{
    Job,
    input::text,
    memory::{Memory, block_on},
};
use bytes::{Bytes, BytesMut};
use futures_sink::Sink;
use siox_websocket::{Connection, Limits};
use siox_wire::Text;
use std::{future::poll_fn, hint::black_box, io::IoSlice, pin::Pin, sync::Arc};
use tokio::io::BufWriter;
use tokio_util::codec::Encoder;

/// Messages that leave together.
pub const BATCH: usize = 16;
/// From this size on a payload is lent where the peer leaves that choice to the caller, in bytes.
const LARGE: usize = 8 * 1024;
/// Slices in one vectored write: two for each message.
const SLICES: usize = 2 * BATCH;

/// Every side's way of sending `count` messages of `size` bytes.
#[must_use]
pub fn jobs(size: usize, count: usize) -> Vec<Job> {
    let text = text(size);
    let job = |name, run: Run| Job::new(name, run);
    vec![
        job("siox", siox(text.clone(), count)),
        job("tungstenite", tungstenite(&text, count)),
        job("fastwebsockets", fastwebsockets(text.clone(), count)),
        job("tokio-websockets", tokio_websockets(text.clone(), count)),
        job("yawc", yawc(text.clone(), count)),
        job("sockudo-ws", sockudo(text.clone(), count)),
        job("web-socket", web_socket(text, count)),
    ]
}

type Run = Box<dyn FnMut() -> usize>;

/// The connection itself, written with vectored writes as its runtimes do; large payloads go by
/// reference.
fn siox(text: String, count: usize) -> Run {
    let mut memory = Memory::new(Vec::new());
    let mut connection = Connection::server(Arc::new(Limits {
        high_water: usize::MAX,
        hard_cap: usize::MAX,
        ..Limits::default()
    }));
    let shared = Text::from(text.clone());
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                let sent = match text.len() < LARGE {
                    true => connection.text(black_box(&text)),
                    false => connection.shared_text(black_box(&shared).clone()),
                };
                sent.expect("it is open");
            }
            left -= left.min(BATCH);
            transmit(&mut connection, &mut memory);
        }
        count * text.len()
    })
}

fn transmit(connection: &mut Connection, memory: &mut Memory) {
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
        let written = memory.drain_all(&slices[..used]);
        connection.handle_written(written);
    }
}

/// Its blocking socket: `write`, and `flush` for every 16.
fn tungstenite(text: &str, count: usize) -> Run {
    use tungstenite::{
        Message, Utf8Bytes,
        protocol::{Role, WebSocket},
    };
    let mut socket = WebSocket::from_raw_socket(Memory::new(Vec::new()), Role::Server, None);
    let text = Utf8Bytes::from(text);
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                let message = Message::Text(black_box(&text).clone());
                socket.write(message).expect("it is open");
            }
            left -= left.min(BATCH);
            socket.flush().expect("memory");
        }
        count * text.len()
    })
}

/// Its async socket over a buffered writer, which large payloads pass by.
fn fastwebsockets(text: String, count: usize) -> Run {
    use fastwebsockets::{Frame, Payload, Role, WebSocket};
    let memory = BufWriter::with_capacity(64 * 1024, Memory::new(Vec::new()));
    let mut socket = WebSocket::after_handshake(memory, Role::Server);
    let text = text.into_boxed_str();
    Box::new(move || {
        block_on(async {
            let mut left = count;
            while left > 0 {
                for _ in 0..left.min(BATCH) {
                    let payload = Payload::Owned(black_box(&text).as_bytes().to_vec());
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
fn tokio_websockets(text: String, count: usize) -> Run {
    use tokio_websockets::{Config, Message, ServerBuilder};
    let config = Config::default().flush_threshold(usize::MAX);
    let mut sink = ServerBuilder::new()
        .config(config)
        .serve(Memory::new(Vec::new()));
    let len = text.len();
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
        count * len
    })
}

/// Its encoder.
fn yawc(text: String, count: usize) -> Run {
    use yawc::{Role, codec, frame::Frame};
    let mut memory = Memory::new(Vec::new());
    let mut encoder = codec::Encoder::new(Role::Server);
    let (text, mut buffer) = (Bytes::from(text), BytesMut::new());
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                let frame = Frame::text(black_box(&text).clone());
                encoder.encode(frame, &mut buffer).expect("a text");
            }
            left -= left.min(BATCH);
            memory.drain(&buffer);
            buffer.clear();
        }
        count * text.len()
    })
}

/// Its sans-IO protocol into one buffer; large payloads go by reference into its queue of segments.
fn sockudo(text: String, count: usize) -> Run {
    use sockudo_ws::{
        Message, OpCode, Role, cork::CorkBuffer, frame::encode_frame_header, protocol::Protocol,
    };
    let mut memory = Memory::new(Vec::new());
    let mut protocol = Protocol::new(Role::Server, usize::MAX, usize::MAX);
    let (mut buffer, mut cork) = (BytesMut::new(), CorkBuffer::new());
    let text = Bytes::from(text);
    let message = Message::Text(text.clone());
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                if text.len() < LARGE {
                    let done = protocol.encode_message(black_box(&message), &mut buffer);
                    done.expect("a text");
                } else {
                    let text = black_box(&text).clone();
                    encode_frame_header(cork.buffer_mut(), OpCode::Text, text.len(), true, None);
                    cork.write_bytes(text);
                }
            }
            left -= left.min(BATCH);
            memory.drain(&buffer);
            buffer.clear();
            while cork.has_data() {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let used = cork.fill_write_slices(&mut slices);
                let written = memory.drain_all(&slices[..used]);
                cork.consume(written);
            }
        }
        count * text.len()
    })
}

/// Its async socket: small messages into a buffer that is drained, large ones straight into the sink.
fn web_socket(text: String, count: usize) -> Run {
    use web_socket::WebSocket;
    if text.len() < LARGE {
        let mut memory = Memory::new(Vec::new());
        let mut socket = WebSocket::server(Vec::new());
        return Box::new(move || {
            let mut left = count;
            while left > 0 {
                block_on(async {
                    for _ in 0..left.min(BATCH) {
                        let sent = socket.send(black_box(&*text)).await;
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
                let sent = socket.send(black_box(&*text)).await;
                sent.expect("it is open");
            }
        });
        count * text.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_does_all_of_it() {
        for (size, count) in [(16, 40), (125, 40), (20_000, 20)] {
            for mut job in jobs(size, count) {
                assert_eq!((job.run)(), size * count, "{}", job.name);
            }
        }
    }
}
