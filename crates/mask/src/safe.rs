//! The work itself, in safe code that the compiler turns into vector instructions: the best that the
//! target, or the function it is inlined into, allows.
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::mem::MaybeUninit;

/// Where vectors of 32 bytes do not lie across two lines of the cache.
const ALIGNED: usize = 32;
/// From so many bytes on it pays to align.
const ALIGNS: usize = 2048;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// `bytes` with room for so many more. They come and go by value, so that a vector which has the room need not lie
/// in memory for the sake of those that do not.
#[inline(always)]
pub(crate) fn with_room(bytes: Vec<u8>, more: usize) -> Vec<u8> {
    if bytes.capacity().wrapping_sub(bytes.len()) >= more {
        return bytes;
    }
    match bytes.is_empty() {
        true => Vec::with_capacity(more),
        false => grown(bytes, more),
    }
}

#[inline(never)]
fn grown(mut bytes: Vec<u8>, more: usize) -> Vec<u8> {
    bytes.reserve(more);
    bytes
}

/// XORs `bytes` with `key`, repeated; says whether the result is ASCII.
#[inline(always)]
pub(crate) fn xor(bytes: &mut [u8], key: [u8; 4]) -> bool {
    let seen = if bytes.len() < ALIGNS {
        blocks(bytes, key)
    } else {
        aligned(bytes, key)
    };
    seen & HIGH_BITS == 0
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
        seen |= one(bytes, word);
    }
    (seen | few(rest, key)) & HIGH_BITS == 0
}

/// As [`copy`], for fewer than 128 bytes.
#[inline(always)]
pub(crate) fn copy_short(from: &[u8], to: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    debug_assert_eq!(from.len(), to.len());
    copy_few(from, to, key) & HIGH_BITS == 0
}

/// Writes `from`, XORed with `key`, repeated, to `to`, which is as long; says whether the result is ASCII.
#[inline(always)]
pub(crate) fn copy(from: &[u8], to: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    debug_assert_eq!(from.len(), to.len());
    let before = match from.len() < ALIGNS {
        true => 0,
        false => to.as_ptr().align_offset(ALIGNED).min(ALIGNED),
    };
    let mut seen = 0;
    // With the bytes before the first boundary go some behind it, and the same at the end.
    if let (Some(from), Some(to)) = (from.first_chunk(), to.first_chunk_mut())
        && before > 0
    {
        seen |= copy_one::<ALIGNED>(from, to, doubled(key));
    }
    if let (Some(first), Some(to)) = (from.last_chunk(), to.last_chunk_mut()) {
        seen |= copy_one::<128>(first, to, doubled(turned(key, from.len())));
    } else {
        seen |= copy_few_apart(from, to, key);
    }
    let from = from.get(before..).unwrap_or_default();
    let to = to.get_mut(before..).unwrap_or_default();
    seen |= copy_blocks(from, to, doubled(turned(key, before)));
    seen & HIGH_BITS == 0
}

/// All but the last 127 bytes, or fewer.
#[inline(always)]
fn copy_blocks(from: &[u8], to: &mut [MaybeUninit<u8>], word: u64) -> u64 {
    let (from, _) = from.as_chunks::<128>();
    let (to, _) = to.as_chunks_mut::<128>();
    let mut seen = [0u64; 16];
    for (from, to) in from.iter().zip(to) {
        let (from, _) = from.as_chunks::<8>();
        let (to, _) = to.as_chunks_mut::<8>();
        for ((from, to), seen) in from.iter().zip(to).zip(&mut seen) {
            let plain = u64::from_ne_bytes(*from) ^ word;
            *to = plain.to_ne_bytes().map(MaybeUninit::new);
            *seen |= plain;
        }
    }
    seen.iter().fold(0, |all, word| all | word)
}

/// A block whose length is a multiple of 8.
#[inline(always)]
fn copy_one<const N: usize>(from: &[u8; N], to: &mut [MaybeUninit<u8>; N], word: u64) -> u64 {
    let mut plain = *from;
    let seen = one(&mut plain, word);
    *to = plain.map(MaybeUninit::new);
    seen
}

/// As [`copy_few`], where its vectors would disturb the making of others.
#[inline(never)]
fn copy_few_apart(from: &[u8], to: &mut [MaybeUninit<u8>], key: [u8; 4]) -> u64 {
    copy_few(from, to, key)
}

/// Fewer than 128 bytes. What is left behind the last whole block goes with some bytes before it once more.
#[inline(always)]
fn copy_few(from: &[u8], to: &mut [MaybeUninit<u8>], key: [u8; 4]) -> u64 {
    let (word, last) = (doubled(key), doubled(turned(key, from.len())));
    if let (Some(end), Some(place)) = (from.last_chunk::<16>(), to.last_chunk_mut()) {
        let (key, last) = (word as u32, last as u32);
        let mut seen = copy_vector(end, place, last);
        let (blocks, _) = from.as_chunks::<16>();
        let (places, _) = to.as_chunks_mut::<16>();
        for (from, to) in blocks.iter().zip(places) {
            for (seen, plain) in seen.iter_mut().zip(copy_vector(from, to, key)) {
                *seen |= plain;
            }
        }
        return seen
            .into_iter()
            .fold(0, |all, plain| all | u64::from(plain));
    }
    if let (Some(end), Some(place)) = (from.last_chunk::<8>(), to.last_chunk_mut()) {
        let seen = copy_one(end, place, last);
        return match (from.first_chunk::<8>(), to.first_chunk_mut()) {
            (Some(from), Some(to)) => seen | copy_one(from, to, word),
            _ => seen,
        };
    }
    let mut seen = 0;
    for ((from, to), key) in from.iter().zip(to).zip(key.iter().cycle()) {
        let plain = from ^ key;
        to.write(plain);
        seen |= u64::from(plain);
    }
    seen
}

/// A block, by the four keys that a vector holds.
#[inline(always)]
fn copy_vector(from: &[u8; 16], to: &mut [MaybeUninit<u8>; 16], key: u32) -> [u32; 4] {
    let mut plain = [0; 4];
    let (from, _) = from.as_chunks::<4>();
    let (to, _) = to.as_chunks_mut::<4>();
    for (plain, from) in plain.iter_mut().zip(from) {
        *plain = u32::from_ne_bytes(*from) ^ key;
    }
    for (to, plain) in to.iter_mut().zip(plain) {
        *to = plain.to_ne_bytes().map(MaybeUninit::new);
    }
    plain
}

/// All bytes that the result has, in one word: with the bytes before the first boundary go some behind
/// it, which have their turn again; so those before are put into their place last.
#[inline(always)]
fn aligned(bytes: &mut [u8], key: [u8; 4]) -> u64 {
    let before = bytes.as_ptr().align_offset(ALIGNED);
    let head = bytes.first_chunk::<ALIGNED>().copied();
    let (Some(mut head), Some((_, body))) = (head, bytes.split_at_mut_checked(before)) else {
        return blocks(bytes, key);
    };
    let seen = one(&mut head, doubled(key)) | blocks(body, turned(key, before));
    if let Some(to) = bytes.first_chunk_mut() {
        *to = head;
    }
    seen
}

#[inline(always)]
fn blocks(bytes: &mut [u8], key: [u8; 4]) -> u64 {
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
    seen | behind(rest, key)
}

/// Fewer than 128 bytes, without a loop.
#[inline(always)]
fn behind(bytes: &mut [u8], key: [u8; 4]) -> u64 {
    let word = doubled(key);
    let (bytes, a) = step::<64>(bytes, word);
    let (bytes, b) = step::<32>(bytes, word);
    let (bytes, c) = step::<16>(bytes, word);
    let (bytes, d) = step::<8>(bytes, word);
    a | b | c | d | few(bytes, key)
}

/// The first `N` bytes, if there are so many; and what is left.
#[inline(always)]
fn step<const N: usize>(bytes: &mut [u8], word: u64) -> (&mut [u8], u64) {
    if bytes.len() < N {
        return (bytes, 0);
    }
    match bytes.split_first_chunk_mut::<N>() {
        Some((block, rest)) => (rest, one(block, word)),
        None => (&mut [], 0),
    }
}

/// A block whose length is a multiple of 8.
#[inline(always)]
fn one<const N: usize>(block: &mut [u8; N], word: u64) -> u64 {
    let mut seen = 0;
    let (words, _) = block.as_chunks_mut::<8>();
    for bytes in words {
        let plain = u64::from_ne_bytes(*bytes) ^ word;
        *bytes = plain.to_ne_bytes();
        seen |= plain;
    }
    seen
}

/// Fewer than 8 bytes.
#[inline(always)]
fn few(bytes: &mut [u8], key: [u8; 4]) -> u64 {
    let mut seen = 0;
    let (words, rest) = bytes.as_chunks_mut::<4>();
    for bytes in words {
        let plain = u32::from_ne_bytes(*bytes) ^ u32::from_ne_bytes(key);
        *bytes = plain.to_ne_bytes();
        seen |= u64::from(plain);
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
        seen |= u64::from(*byte);
    }
    seen
}

/// The key for what follows after `n` bytes.
#[inline(always)]
fn turned(key: [u8; 4], n: usize) -> [u8; 4] {
    // As a number: the bytes by themselves would be turned by calls.
    let bits = (n as u32 & 3) << 3;
    u32::from_le_bytes(key).rotate_right(bits).to_le_bytes()
}

#[inline(always)]
fn doubled(key: [u8; 4]) -> u64 {
    let half = u64::from(u32::from_ne_bytes(key));
    half | half << 32
}
