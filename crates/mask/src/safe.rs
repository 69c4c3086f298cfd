//! The work itself, in safe code that the compiler turns into vector instructions: the best that the
//! target, or the function it is inlined into, allows.

/// XORs `bytes` with `key`, repeated; says whether the result is ASCII.
#[inline(always)]
pub(crate) fn xor(bytes: &mut [u8], key: [u8; 4]) -> bool {
    let word = doubled(key);
    let (blocks, rest) = bytes.as_chunks_mut::<128>();
    let mut seen = [0u64; 16];
    for block in blocks {
        let (words, _) = block.as_chunks_mut::<8>();
        for (bytes, seen) in words.iter_mut().zip(&mut seen) {
            let plain = u64::from_ne_bytes(*bytes) ^ word;
            *bytes = plain.to_ne_bytes();
            *seen |= plain;
        }
    }
    let seen = seen.iter().fold(0, |all, word| all | word);
    let is_ascii = seen & HIGH_BITS == 0;
    xor_short(rest, key) && is_ascii
}

/// The same for a few bytes, without setting out for many.
#[inline(always)]
pub(crate) fn xor_short(bytes: &mut [u8], key: [u8; 4]) -> bool {
    let word = doubled(key);
    let mut seen = 0;
    let (blocks, rest) = bytes.as_chunks_mut::<16>();
    let mut pair = [0u64; 2];
    for block in blocks {
        let (words, _) = block.as_chunks_mut::<8>();
        for (bytes, seen) in words.iter_mut().zip(&mut pair) {
            let plain = u64::from_ne_bytes(*bytes) ^ word;
            *bytes = plain.to_ne_bytes();
            *seen |= plain;
        }
    }
    for word in pair {
        seen |= word;
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    for bytes in words {
        let plain = u64::from_ne_bytes(*bytes) ^ word;
        *bytes = plain.to_ne_bytes();
        seen |= plain;
    }
    let (words, rest) = rest.as_chunks_mut::<4>();
    for bytes in words {
        let plain = u32::from_ne_bytes(*bytes) ^ u32::from_ne_bytes(key);
        *bytes = plain.to_ne_bytes();
        seen |= u64::from(plain);
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
        seen |= u64::from(*byte);
    }
    seen & HIGH_BITS == 0
}

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

#[inline(always)]
fn doubled(key: [u8; 4]) -> u64 {
    let half = u64::from(u32::from_ne_bytes(key));
    half | half << 32
}
