//! A server reads masked text frames. Each side copies the bytes into its own read buffer, as from a socket,
//! unmasks them, and checks that they are UTF-8. How much one read brings is each side's own choice, up
//! to [`AT_ONCE`]: a peer that reads by itself reads as it does from a socket, and whoever is fed is fed
//! [`CACHED`] bytes, which serves each of them best. No read is a system call here: beside one, larger
//! reads pay, and so one column shows siox as its runtimes use it.
//!
//! No side borrows the input without a copy, and every side validates: where a peer leaves that to its
//! caller, the caller does.

use crate::{
    Job,
    input::{masked_texts, text},
    memory::{AT_ONCE, Memory, block_on},
};
use bytes::BytesMut;
use futures_core::Stream;
use siox_websocket::{Connection, Event, Limits};
use siox_wire::{Input, Instant, Message};
use std::{future::poll_fn, hint::black_box, pin::Pin, sync::Arc};
use tokio::io::BufReader;
use tokio_util::codec::Decoder;

/// A read buffer that stays in the first level of a processor's cache beside what is made of it: a message
/// of 16 KiB and its head, and some more.
pub const CACHED: usize = 18 * 1024;

/// Larger than every message here.
const LIMIT: usize = 64 << 20;

/// Every side's way of reading `count` messages of `size` bytes.
#[must_use]
pub fn jobs(size: usize, count: usize) -> Vec<Job> {
    let bytes = masked_texts(&text(size), count);
    let memory = || Memory::new(bytes.clone());
    vec![
        Job::new("siox", siox(memory(), count)),
        Job::new("siox, 64 KiB reads", siox_fed(memory(), count)),
        Job::new("bare copy and XOR", bare(memory(), size, count)),
        Job::new("tungstenite", tungstenite(memory(), count)),
        Job::new("fastwebsockets", fastwebsockets(memory(), count)),
        Job::new("tokio-websockets", tokio_websockets(memory(), count)),
        Job::new("yawc", yawc(memory(), count)),
        Job::new("sockudo-ws", sockudo(memory(), count)),
        Job::new("web-socket", web_socket(memory(), count)),
    ]
}

/// What no side can do without: the copy, the unmasking and the check of all bytes, frames or not.
fn bare(mut memory: Memory, size: usize, count: usize) -> impl FnMut() -> usize {
    let mut scratch = vec![0; CACHED];
    let all = memory.len();
    move || {
        let mut left = all;
        while left > 0 {
            let len = memory.fill(&mut scratch);
            siox_websocket::mask::apply(black_box(&mut scratch[..len]), black_box([1, 2, 3, 4]));
            left -= len;
        }
        size * count
    }
}

/// The connection, from a buffer in which a message stays until it is whole, if it fits.
fn siox(mut memory: Memory, count: usize) -> impl FnMut() -> usize {
    let mut connection = Connection::server(Arc::new(Limits::default()));
    let mut buffer = vec![0; CACHED];
    let mut held = 0;
    move || {
        let (mut left, mut seen) = (count, 0);
        while left > 0 {
            let len = held + memory.fill(&mut buffer[held..]);
            let mut input = Input::new(Instant::EPOCH, &mut buffer[..len]);
            held = loop {
                let mut message = connection.take_message(&mut input).expect("valid frames");
                if message.is_none() {
                    let lacks = connection.message_lacks(input.peek());
                    if lacks.is_some_and(|lacks| input.len() + lacks <= CACHED) {
                        break input.len();
                    }
                    message = match connection.handle_input(&mut input).expect("valid frames") {
                        Some(Event::Message(message)) => Some(message),
                        Some(_) => continue,
                        None => break 0,
                    };
                }
                if let Some(Message::Text(text)) = &message {
                    seen += black_box(text).len();
                    left -= 1;
                }
            };
            buffer.copy_within(len - held..len, 0);
        }
        seen
    }
}

/// The connection, given all that a read brought, from the scratch buffer of a runtime's thread.
fn siox_fed(mut memory: Memory, count: usize) -> impl FnMut() -> usize {
    let mut connection = Connection::server(Arc::new(Limits::default()));
    let mut scratch = vec![0; AT_ONCE];
    move || {
        let (mut left, mut seen) = (count, 0);
        while left > 0 {
            let len = memory.fill(&mut scratch);
            let mut input = Input::new(Instant::EPOCH, &mut scratch[..len]);
            while let Some(event) = connection.handle_input(&mut input).expect("valid frames") {
                if let Event::Message(Message::Text(text)) = &event {
                    seen += black_box(text).len();
                    left -= 1;
                }
            }
        }
        seen
    }
}

/// Its blocking socket, with its default buffer of 128 KiB.
fn tungstenite(memory: Memory, count: usize) -> impl FnMut() -> usize {
    use tungstenite::protocol::{Role, WebSocket};
    let mut socket = WebSocket::from_raw_socket(memory, Role::Server, None);
    move || {
        let mut seen = 0;
        for _ in 0..count {
            let message = socket.read().expect("valid frames");
            seen += black_box(message).len();
        }
        seen
    }
}

/// Its async socket without the collector of fragments.
fn fastwebsockets(memory: Memory, count: usize) -> impl FnMut() -> usize {
    use fastwebsockets::{Role, WebSocket};
    let mut socket = WebSocket::after_handshake(memory, Role::Server);
    move || {
        block_on(async {
            let mut seen = 0;
            for _ in 0..count {
                let frame = socket.read_frame().await.expect("valid frames");
                seen += black_box(frame).payload.len();
            }
            seen
        })
    }
}

/// Its stream.
fn tokio_websockets(memory: Memory, count: usize) -> impl FnMut() -> usize {
    use tokio_websockets::{Limits, ServerBuilder};
    let limits = Limits::default().max_payload_len(Some(LIMIT));
    let mut stream = ServerBuilder::new().limits(limits).serve(memory);
    move || {
        block_on(async {
            let mut seen = 0;
            for _ in 0..count {
                let message = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await;
                let message = message.expect("no end").expect("valid frames");
                seen += black_box(message).as_payload().len();
            }
            seen
        })
    }
}

/// Its decoder, which does not check text, and its check.
fn yawc(mut memory: Memory, count: usize) -> impl FnMut() -> usize {
    use yawc::{Role, codec};
    let mut decoder = codec::Decoder::new(Role::Server, LIMIT);
    let mut buffer = BytesMut::new();
    move || {
        let mut seen = 0;
        for _ in 0..count {
            let frame = loop {
                match decoder.decode(&mut buffer).expect("valid frames") {
                    Some(frame) => break frame,
                    None => memory.fill_behind(&mut buffer, CACHED),
                }
            };
            assert!(frame.is_utf8());
            seen += black_box(frame).payload().len();
        }
        seen
    }
}

/// Its sans-IO protocol, with a list of messages that is used again.
fn sockudo(mut memory: Memory, count: usize) -> impl FnMut() -> usize {
    use sockudo_ws::{Message, Role, protocol::Protocol};
    let mut protocol = Protocol::new(Role::Server, LIMIT, LIMIT);
    let (mut buffer, mut messages) = (BytesMut::new(), Vec::new());
    move || {
        let (mut left, mut seen) = (count, 0);
        while left > 0 {
            memory.fill_behind(&mut buffer, CACHED);
            let done = protocol.process_into(&mut buffer, &mut messages);
            done.expect("valid frames");
            left -= messages.len();
            for message in messages.drain(..) {
                if let Message::Text(text) = black_box(message) {
                    seen += text.len();
                }
            }
        }
        seen
    }
}

/// Its async socket behind a buffered reader, and a check of the text, which it leaves to the caller.
fn web_socket(memory: Memory, count: usize) -> impl FnMut() -> usize {
    use web_socket::{Event, WebSocket};
    let mut socket = WebSocket::server(BufReader::with_capacity(CACHED, memory));
    move || {
        block_on(async {
            let mut seen = 0;
            for _ in 0..count {
                let event = socket.recv().await.expect("valid frames");
                if let Event::Data { data, .. } = &event {
                    seen += black_box(str::from_utf8(data).expect("valid text")).len();
                }
            }
            seen
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_sees_every_byte() {
        for (size, count) in [(16, 100), (125, 100), (1024, 300), (200_000, 3)] {
            for mut job in jobs(size, count) {
                for round in 0..3 {
                    assert_eq!((job.run)(), size * count, "{} {round}", job.name);
                }
            }
        }
    }
}
