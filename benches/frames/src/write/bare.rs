//! The encoder alone, without a session: frames into the caller's buffer, which is used again. Those are
//! here whose encoder is public.

use super::{BATCH, LARGE, LIMIT, Run, static_text};
use crate::{Job, memory::Memory};
use bytes::{Bytes, BytesMut};
use siox_websocket::frame::{self, HeadBytes, Opcode};
use std::{hint::black_box, io::IoSlice};
use tokio_util::codec::Encoder;

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
        job("yawc", yawc(text, count)),
        job("sockudo-ws", sockudo(text, count)),
        job(LIMIT, copy(text, count)),
    ]
}

/// What no side can pass: the sink copies heads and payloads that are there already.
pub(super) fn copy(text: &'static str, count: usize) -> Run {
    let mut memory = Memory::new(Vec::new());
    let head = HeadBytes::encode(true, Opcode::Text, text.len(), None);
    let frames = [head.as_slice(), text.as_bytes()].concat();
    let is_lent = text.len() >= LARGE;
    let frames = if is_lent {
        frames
    } else {
        frames.repeat(BATCH)
    };
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            let now = left.min(BATCH);
            left -= now;
            if is_lent {
                let pair = [head.as_slice(), black_box(text).as_bytes()];
                let slices: [_; SLICES] = std::array::from_fn(|at| IoSlice::new(pair[at % 2]));
                memory.drain_all(&slices[..2 * now]);
            } else {
                memory.drain(&black_box(&frames)[..frames.len() / BATCH * now]);
            }
        }
        count * text.len()
    })
}

/// Its encoder into a `Vec`; the head alone before a large payload, which is lent.
fn siox(text: &'static str, count: usize) -> Run {
    let mut memory = Memory::new(Vec::new());
    let mut buffer = Vec::new();
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            let now = left.min(BATCH);
            left -= now;
            if text.len() < LARGE {
                for _ in 0..now {
                    let text = black_box(text).as_bytes();
                    let done = frame::encode(&mut buffer, true, Opcode::Text, text, None);
                    done.expect("a text");
                }
                memory.drain(&buffer);
                buffer.clear();
                continue;
            }
            let heads: [HeadBytes; BATCH] = std::array::from_fn(|_| {
                HeadBytes::encode(true, Opcode::Text, black_box(text).len(), None)
            });
            let mut slices = [IoSlice::new(&[]); SLICES];
            for (pair, head) in slices.chunks_exact_mut(2).zip(&heads) {
                pair[0] = IoSlice::new(head.as_slice());
                pair[1] = IoSlice::new(black_box(text).as_bytes());
            }
            memory.drain_all(&slices[..2 * now]);
        }
        count * text.len()
    })
}

/// Its head into a `Vec`, and the payload behind it.
fn tungstenite(text: &'static str, count: usize) -> Run {
    use tungstenite::protocol::frame::{
        FrameHeader,
        coding::{Data, OpCode},
    };
    let mut memory = Memory::new(Vec::new());
    let mut buffer = Vec::new();
    let header = FrameHeader {
        opcode: OpCode::Data(Data::Text),
        ..FrameHeader::default()
    };
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                let text = black_box(text).as_bytes();
                let done = header.format(text.len() as u64, &mut buffer);
                done.expect("a vector");
                if text.len() < LARGE {
                    buffer.extend_from_slice(text);
                } else {
                    memory.drain_all(&[IoSlice::new(&buffer), IoSlice::new(text)]);
                    buffer.clear();
                }
            }
            left -= left.min(BATCH);
            memory.drain(&buffer);
            buffer.clear();
        }
        count * text.len()
    })
}

/// Its frame into a `Vec`, which holds one: every frame is copied behind the others.
fn fastwebsockets(text: &'static str, count: usize) -> Run {
    use fastwebsockets::{Frame, Payload};
    let mut memory = Memory::new(Vec::new());
    let (mut one, mut buffer) = (Vec::new(), Vec::new());
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                let payload = Payload::Borrowed(black_box(text).as_bytes());
                let frame = Frame::text(payload).write(&mut one).len();
                buffer.extend_from_slice(&one[..frame]);
            }
            left -= left.min(BATCH);
            memory.drain(&buffer);
            buffer.clear();
        }
        count * text.len()
    })
}

/// Its encoder.
fn yawc(text: &'static str, count: usize) -> Run {
    use yawc::{Role, codec, frame::Frame};
    let mut memory = Memory::new(Vec::new());
    let mut encoder = codec::Encoder::new(Role::Server);
    let (shared, mut buffer) = (Bytes::from_static(text.as_bytes()), BytesMut::new());
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                let frame = Frame::text(black_box(&shared).clone());
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
fn sockudo(text: &'static str, count: usize) -> Run {
    use sockudo_ws::{
        Message, OpCode, Role, cork::CorkBuffer, frame::encode_frame_header, protocol::Protocol,
    };
    let mut memory = Memory::new(Vec::new());
    let mut protocol = Protocol::new(Role::Server, usize::MAX, usize::MAX);
    let (mut buffer, mut cork) = (BytesMut::new(), CorkBuffer::new());
    let shared = Bytes::from_static(text.as_bytes());
    let message = Message::Text(shared.clone());
    Box::new(move || {
        let mut left = count;
        while left > 0 {
            for _ in 0..left.min(BATCH) {
                if text.len() < LARGE {
                    let done = protocol.encode_message(black_box(&message), &mut buffer);
                    done.expect("a text");
                } else {
                    let shared = black_box(&shared).clone();
                    encode_frame_header(cork.buffer_mut(), OpCode::Text, text.len(), true, None);
                    cork.write_bytes(shared);
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
