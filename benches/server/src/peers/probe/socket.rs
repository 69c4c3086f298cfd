//! The probe's frames: each is echoed, but for those that ask for something else.

use super::Connection;
use crate::frames;

const TEXT: u8 = 0x81;

impl Connection {
    /// Works off the frame at the beginning; its length, once it is whole.
    pub(super) fn frame(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let (head, length) = match *bytes.get(1)? & 0x7f {
            126 => (
                4,
                usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
            ),
            127 => (
                10,
                usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?,
            ),
            short => (2, usize::from(short)),
        };
        let end = head + 4 + length;
        let first = bytes[0];
        let frame = bytes.get_mut(..end)?;
        let (key, payload) = frame[head..].split_first_chunk_mut::<4>()?;
        unmask(payload, *key);
        self.message(first, payload);
        Some(end)
    }

    fn message(&mut self, first: u8, payload: &[u8]) {
        match payload {
            [b'4', b'2', b'0'..=b'9', ..] if first == TEXT => self.acknowledge(payload),
            [
                b'4',
                b'2',
                b'[',
                b'"',
                b's',
                b'h',
                b'o',
                b'u',
                b't',
                b'"',
                ..,
            ] if first == TEXT => {
                self.shout(payload);
            }
            b"40" => {
                let connected = connected(self.member.number);
                self.answer(TEXT, &[connected.as_bytes()]);
            }
            b"2probe" => {
                self.release();
                self.answer(TEXT, &[b"3probe"]);
            }
            b"5" => self.adopt(),
            other => self.answer(first, &[other]),
        }
    }

    /// The arguments behind the name go back.
    fn acknowledge(&mut self, payload: &[u8]) {
        let find = |byte| payload.iter().position(|&b| b == byte);
        let (Some(open), Some(comma)) = (find(b'['), find(b',')) else {
            return;
        };
        let id = &payload[2..open];
        if payload[open..comma] == *br#"["join""# {
            let member = self.member.clone();
            self.shared.room.borrow_mut().insert(member.number, member);
            self.answer(TEXT, &[b"43", id, b"[]"]);
        } else {
            self.answer(TEXT, &[b"43", id, b"[", &payload[comma + 1..]]);
        }
    }

    fn shout(&self, payload: &[u8]) {
        let Some(at) = payload.iter().rposition(|&byte| byte == b',') else {
            return;
        };
        let mut frame = Vec::new();
        put(&mut frame, TEXT, &[br#"42["shout","#, &payload[at + 1..]]);
        for member in self.shared.room.borrow().values() {
            member.put(&self.shared, |out| out.extend(&frame));
        }
    }

    fn answer(&self, first: u8, parts: &[&[u8]]) {
        self.member.put(&self.shared, |out| put(out, first, parts));
    }
}

/// The answer to CONNECT.
pub(super) fn connected(number: u64) -> String {
    format!(r#"40{{"sid":"{number:020}"}}"#)
}

fn put(out: &mut Vec<u8>, first: u8, parts: &[&[u8]]) {
    frames::head(out, first, 0, parts.iter().map(|part| part.len()).sum());
    for part in parts {
        out.extend(*part);
    }
}

fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut chunks = payload.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(word) ^ wide).to_ne_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}
