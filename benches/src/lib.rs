//! What the benchmarks share: the inputs, made by hand so that no side's encoder has a part in them,
//! and an in-memory stream for peers that want one.
//!
//! Each benchmark is a file beside this package's manifest; run all with `cargo bench -p siox-benches`,
//! one with `--bench frame_read`. A figure is worth something only beside another of the same run.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};

/// Payload sizes, in bytes: a tick, the largest short length, a chat message with its fan-out, a page,
/// and the largest message that the default limits allow.
pub const SIZES: [(&str, usize); 5] = [
    ("16B", 16),
    ("125B", 125),
    ("1KiB", 1 << 10),
    ("16KiB", 16 << 10),
    ("1MiB", 1 << 20),
];

/// How many messages of `size` bytes one round has: about 1 MiB of payload, at most 4,096 messages.
#[must_use]
pub fn rounds(size: usize) -> usize {
    ((1 << 20) / size.max(1)).clamp(1, 4096)
}

/// A text of `size` bytes: ASCII, as most messages are.
#[must_use]
pub fn text(size: usize) -> String {
    "the quick brown fox jumps over the lazy dog; "
        .chars()
        .cycle()
        .take(size)
        .collect()
}

/// `count` masked text frames of `size` bytes each, as a client sends them, each with its own key.
#[must_use]
pub fn masked_texts(size: usize, count: usize) -> Vec<u8> {
    let payload = text(size);
    let mut bytes = Vec::with_capacity(count * (size + 14));
    for number in 0..count as u32 {
        let key = number.wrapping_mul(0x9E37_79B9).to_be_bytes();
        bytes.push(0x81);
        push_length(&mut bytes, size, 0x80);
        bytes.extend(key);
        let masked = payload.bytes().zip(key.iter().cycle());
        bytes.extend(masked.map(|(byte, key)| byte ^ key));
    }
    bytes
}

fn push_length(bytes: &mut Vec<u8>, size: usize, mask: u8) {
    match size {
        0..=125 => bytes.push(mask | size as u8),
        126..=0xFFFF => {
            bytes.push(mask | 126);
            bytes.extend((size as u16).to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend((size as u64).to_be_bytes());
        }
    }
}

/// A stream that reads from memory and swallows what is written.
#[derive(Debug)]
pub struct Memory<'a> {
    left: &'a [u8],
    /// Bytes written so far.
    pub written: usize,
}

impl<'a> Memory<'a> {
    /// A stream of `bytes`, then the end.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            left: bytes,
            written: 0,
        }
    }
}

impl Read for Memory<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.left.read(to)
    }
}

impl Write for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written += bytes.len();
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let len = slices.iter().map(|slice| slice.len()).sum();
        self.written += len;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_length_they_should() {
        for (size, head) in [(16, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
            assert_eq!(masked_texts(size, 3).len(), 3 * (size + head), "{size}");
        }
    }
}
