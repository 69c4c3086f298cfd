//! permessage-deflate beside its codec used bare: the same messages through a connection, and through
//! `flate2` on zlib-rs with buffers that are used again, no frames and the same flushes. The bare loop knows how long
//! each message is and owns none: it is the limit of what a receiver can reach, who learns neither and hands each
//! message on. The messages are binary, so that no side looks for UTF-8; as texts, every side does.

use crate::{Job, input::json, memory::Memory};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use siox_websocket::{
    Connection, Event, Limits,
    deflate::{self, Agreed, Codec, Config},
    handshake::server::Offer,
};
use siox_wire::{Input, Instant, Message};
use sockudo_ws::deflate::{DeflateDecoder, DeflateEncoder};
use std::{hint::black_box, sync::Arc};

/// Payload sizes, in bytes.
pub const SIZES: [(&str, usize); 3] =
    [("1 KiB", 1 << 10), ("16 KiB", 16 << 10), ("1 MiB", 1 << 20)];

const LEVEL: u8 = 1;
const BITS: u8 = 15;
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// What goes through one run, and how.
#[derive(Debug, Clone)]
pub struct Work {
    messages: Arc<[Vec<u8>]>,
    takeover: bool,
    text: bool,
}

impl Work {
    /// Messages of `size` bytes, 1 MiB of them: JSON-like text, cut. With `takeover` each may refer to those before.
    #[must_use]
    pub fn new(size: usize, takeover: bool) -> Self {
        let all = json((1 << 20).max(size)).into_bytes();
        Self {
            messages: all.chunks_exact(size).map(<[u8]>::to_vec).collect(),
            takeover,
            text: false,
        }
    }

    /// The same messages as texts, where they are inflated.
    #[must_use]
    pub fn as_texts(self) -> Self {
        Self { text: true, ..self }
    }

    /// The length of an inflated message, if it is what it is to be.
    fn judged(&self, message: &[u8]) -> usize {
        if self.text {
            return std::str::from_utf8(message).map_or(0, str::len);
        }
        message.len()
    }

    /// How many messages there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.messages.len()
    }

    fn size(&self) -> usize {
        self.messages.iter().map(Vec::len).sum()
    }

    fn config(&self) -> Config {
        Config {
            level: LEVEL,
            threshold: 0,
            server_no_context_takeover: !self.takeover,
            client_no_context_takeover: !self.takeover,
            ..Config::default()
        }
    }

    fn agreed(&self) -> Agreed {
        let headers: [(&str, &[u8]); 6] = [
            ("Host", b"a"),
            ("Upgrade", b"websocket"),
            ("Connection", b"Upgrade"),
            ("Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", b"13"),
            ("Sec-WebSocket-Extensions", b"permessage-deflate"),
        ];
        let offer = Offer::from_parts(true, true, headers);
        let extensions = offer.extensions().expect("an offer");
        deflate::answer(&extensions, &self.config()).expect("it is wanted")
    }

    /// Each message compressed, by the bare codec.
    fn packed(&self) -> Vec<Vec<u8>> {
        let mut codec = compressor();
        let mut packed = Vec::with_capacity(self.count());
        for message in &*self.messages {
            let mut out = Vec::new();
            compress(&mut codec, message, &mut out, self.takeover);
            packed.push(out);
        }
        packed
    }
}

/// Every side's way of compressing the messages; what comes out goes into a sink.
#[must_use]
pub fn compress_jobs(work: &Work) -> Vec<Job> {
    vec![
        Job::new("siox", siox_compress(work.clone())),
        Job::new("bare zlib-rs", bare_compress(work.clone())),
        Job::new("sockudo-ws, its codec", sockudo_compress(work.clone())),
    ]
}

/// Every side's way of inflating them.
#[must_use]
pub fn inflate_jobs(work: &Work) -> Vec<Job> {
    vec![
        Job::new("siox", siox_inflate(work.clone())),
        Job::new("bare zlib-rs", bare_inflate(work.clone())),
        Job::new("sockudo-ws, its codec", sockudo_inflate(work.clone())),
    ]
}

/// A server's connection, which is lent its codec and its buffer for each message as its runtimes do.
fn siox_compress(work: Work) -> impl FnMut() -> usize {
    let mut connection = Connection::server(limits()).with_deflate(&work.agreed(), &work.config());
    let (mut codec, mut buffer): (Option<Box<Codec>>, _) = (None, Vec::new());
    let mut memory = Memory::new(Vec::new());
    move || {
        for message in &*work.messages {
            connection.lend_codec(&mut codec);
            connection.lend_buffer(&mut buffer);
            let sent = connection.binary_copied(black_box(message));
            sent.expect("it is open");
            while connection.queued() > 0 {
                let slices = connection.poll_transmit();
                let written = slices.map(|slice| memory.drain(slice)).sum();
                connection.handle_written(written);
            }
            connection.release_buffer(&mut buffer);
            connection.release_codec(&mut codec);
        }
        work.size()
    }
}

fn limits() -> Arc<Limits> {
    Arc::new(Limits {
        high_water: usize::MAX,
        hard_cap: usize::MAX,
        ..Limits::default()
    })
}

fn compressor() -> Compress {
    Compress::new_with_window_bits(Compression::new(LEVEL.into()), false, BITS)
}

fn bare_compress(work: Work) -> impl FnMut() -> usize {
    let (mut codec, mut out) = (compressor(), Vec::new());
    let mut memory = Memory::new(Vec::new());
    move || {
        for message in &*work.messages {
            out.clear();
            compress(&mut codec, black_box(message), &mut out, work.takeover);
            memory.drain(&out);
        }
        work.size()
    }
}

/// One message behind what `out` holds, without its tail (RFC 7692 §7.2.1).
fn compress(codec: &mut Compress, message: &[u8], out: &mut Vec<u8>, takeover: bool) {
    // The cheapest way to forget.
    let flush = match takeover {
        true => FlushCompress::Sync,
        false => FlushCompress::Full,
    };
    out.reserve(message.len() + 64);
    let done = codec.compress_vec(message, out, flush);
    done.expect("the codec does not fail");
    assert!(out.ends_with(&TAIL));
    out.truncate(out.len() - TAIL.len());
}

fn sockudo_compress(work: Work) -> impl FnMut() -> usize {
    let bits = BITS.try_into().expect("8 to 15");
    let mut codec = DeflateEncoder::new(bits, !work.takeover, LEVEL.into(), 0);
    let mut memory = Memory::new(Vec::new());
    move || {
        for message in &*work.messages {
            let packed = codec.compress(black_box(message)).expect("the codec works");
            memory.drain(&packed.expect("it is worth it"));
        }
        work.size()
    }
}

/// A client's connection, from the scratch buffer of a runtime's thread.
fn siox_inflate(work: Work) -> impl FnMut() -> usize {
    let mut connection =
        Connection::client(limits(), [7; 32]).with_deflate(&work.agreed(), &work.config());
    let mut codec = None;
    let mut wire = Vec::new();
    for packed in work.packed() {
        wire.push(if work.text { 0xc1 } else { 0xc2 });
        crate::input::push_length(&mut wire, packed.len(), 0);
        wire.extend(packed);
    }
    let mut memory = Memory::new(wire);
    let mut scratch = vec![0; crate::memory::AT_ONCE];
    move || {
        let (mut left, mut seen) = (work.count(), 0);
        while left > 0 {
            let len = memory.fill(&mut scratch);
            let mut input = Input::new(Instant::EPOCH, &mut scratch[..len]);
            connection.lend_codec(&mut codec);
            while let Some(event) = connection.handle_input(&mut input).expect("valid frames") {
                if let Event::Message(message) = &event {
                    assert_eq!(matches!(message, Message::Text(_)), work.text);
                    seen += black_box(message.as_bytes()).len();
                    left -= 1;
                }
            }
            connection.release_codec(&mut codec);
        }
        seen
    }
}

fn bare_inflate(work: Work) -> impl FnMut() -> usize {
    let mut codec = Decompress::new_with_window_bits(false, BITS);
    let packed = work.packed();
    let mut out = Vec::new();
    move || {
        let mut seen = 0;
        for (packed, message) in packed.iter().zip(&*work.messages) {
            if !work.takeover {
                codec.reset(false);
            }
            out.clear();
            out.reserve(message.len() + 64);
            for part in [black_box(packed).as_slice(), &TAIL] {
                let done = codec.decompress_vec(part, &mut out, FlushDecompress::Sync);
                done.expect("it was compressed");
            }
            seen += work.judged(black_box(&out));
        }
        seen
    }
}

fn sockudo_inflate(work: Work) -> impl FnMut() -> usize {
    let bits = BITS.try_into().expect("8 to 15");
    let mut codec = DeflateDecoder::new(bits, !work.takeover);
    let packed = work.packed();
    move || {
        let mut seen = 0;
        for packed in &packed {
            let message = codec.decompress(black_box(packed), 16 << 20);
            seen += work.judged(black_box(&message.expect("it was compressed")));
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_does_all_of_it_again_and_again() {
        for (_, size) in SIZES {
            for takeover in [true, false] {
                let work = Work::new(size, takeover);
                let texts = inflate_jobs(&work.clone().as_texts());
                let jobs = compress_jobs(&work).into_iter().chain(inflate_jobs(&work));
                let jobs = jobs.chain(texts);
                for mut job in jobs {
                    for _ in 0..2 {
                        assert_eq!((job.run)(), work.count() * size, "{}", job.name);
                    }
                }
            }
        }
    }
}
