//! Payloads of compressed messages: the examples of RFC 7692, section 7.2.3, and DEFLATE (RFC 1951) that is wrong.

use super::Seed;

pub(super) fn seeds() -> Vec<Seed> {
    let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
    vec![
        ("one-block", hello.to_vec()),
        (
            "two-blocks",
            b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00".to_vec(),
        ),
        ("window-shared", b"\xf2\x00\x11\x00\x00".to_vec()),
        (
            "stored",
            b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00".to_vec(),
        ),
        ("final", b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00".to_vec()),
        (
            "final-then-more",
            [&b"\xf3\x48\xcd\xc9\xc9\x07\x00"[..], hello].concat(),
        ),
        ("empty-block", vec![0]),
        ("empty-blocks", [0, 0, 0, 0xff, 0xff].repeat(20)),
        ("bad-block-type", vec![0x07]),
        ("bad-stored-length", b"\x00\x05\x00\x00\x00".to_vec()),
        ("cut", hello[..4].to_vec()),
        ("tail-left-on", [hello, &[0, 0, 0xff, 0xff][..]].concat()),
        ("bomb", bomb()),
    ]
}

/// A fixed block that says `x` and then, 200 times, 258 bytes from one byte back.
fn bomb() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0b010, 3); // not final, fixed codes
    bits.code(0x30 + u32::from(b'x'), 8);
    for _ in 0..200 {
        bits.code(0xc5, 8); // length 258
        bits.code(0, 5); // distance 1
    }
    bits.code(0, 7); // end of block
    bits.put(0, 3); // the stored block whose lengths are the tail
    bits.bytes
}

/// Bits in the order of RFC 1951, section 3.1.1.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    /// The lowest bit first.
    fn put(&mut self, value: u32, count: u32) {
        for i in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> i & 1) as u8) << (self.used % 8);
            }
            self.used += 1;
        }
    }

    /// A Huffman code: the highest bit first.
    fn code(&mut self, value: u32, count: u32) {
        self.put(value.reverse_bits() >> (32 - count), count);
    }
}
