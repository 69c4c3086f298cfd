//! Unmasks a WebSocket payload (RFC 6455 §5.3) and checks its text in the same pass.
//!
//! The leaf that holds the only unsafe code of the siox crates: seven calls, each with its reason. The
//! bytes themselves are worked on by safe code, and the tests hold it against a naive form. What is
//! inflated (feature `inflate`) goes into fresh memory too, and is not judged twice.
//!
//! ```
//! let mut payload = *b"ik";
//! assert_eq!(siox_mask::text(&mut payload, [1, 2, 3, 4]), Ok("hi"));
//! ```
//!
//! # Limits
//! None: nothing is kept, and nothing allocated but by [`extend`] and [`extend_ascii`]. Vectors of 32 bytes
//! are used where the processor has them, asked once.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

extern crate alloc;

mod safe;

use alloc::{
    string::{FromUtf8Error, String},
    vec::Vec,
};
use core::{mem::MaybeUninit, str::Utf8Error};

/// Below this many bytes a call is not worth its while.
const SHORT: usize = 128;

/// XORs `bytes` with `key`, repeated: masks and unmasks. Says whether the result is ASCII.
#[inline]
pub fn apply(bytes: &mut [u8], key: [u8; 4]) -> bool {
    xor(bytes, key)
}

/// Unmasks a text; `bytes` hold it unmasked whatever the outcome.
///
/// # Errors
/// Where it stops being UTF-8.
#[inline]
pub fn text(bytes: &mut [u8], key: [u8; 4]) -> Result<&str, Utf8Error> {
    if xor(bytes, key) {
        // SAFETY: `xor` found no byte with its high bit set, so all are ASCII, which is UTF-8.
        return Ok(unsafe { core::str::from_utf8_unchecked(bytes) });
    }
    core::str::from_utf8(bytes)
}

/// Unmasks a payload, or a part of one, behind what `to` holds, and leaves it as it is. Says also whether it is
/// ASCII. By value, so that a vector which lies in registers stays there.
#[must_use]
#[inline(always)]
pub fn extend(mut to: Vec<u8>, masked: &[u8], key: [u8; 4]) -> (Vec<u8>, bool) {
    to = safe::with_room(to, masked.len());
    let len = to.len().saturating_add(masked.len());
    let Some(room) = to.spare_capacity_mut().get_mut(..masked.len()) else {
        return (to, false); // never: there is
    };
    let is_ascii = match masked.len() < SHORT {
        true => safe::copy_short(masked, room, key),
        false => copy_long(masked, room, key),
    };
    // SAFETY: the bytes up to `len` are within the capacity, since `room` was; and the copy has written
    // every one of them that was not there before.
    unsafe { to.set_len(len) };
    (to, is_ascii)
}

/// Unmasks a text, or a part of one, behind what `to` holds, if it is ASCII: says also whether it was. It is
/// left as it is, and if it was not, so is `to`.
#[must_use]
#[inline(always)]
pub fn extend_ascii(to: String, masked: &[u8], key: [u8; 4]) -> (String, bool) {
    let len = to.len();
    let (mut bytes, is_ascii) = extend(to.into_bytes(), masked, key);
    if !is_ascii {
        bytes.truncate(len);
    }
    // SAFETY: the bytes that were there are a text; what `extend` put behind them is ASCII, which is UTF-8,
    // or is taken away again.
    (unsafe { String::from_utf8_unchecked(bytes) }, is_ascii)
}

/// The text that `bytes` are.
///
/// # Errors
/// Where they stop being UTF-8.
pub fn into_text(bytes: Vec<u8>) -> Result<String, FromUtf8Error> {
    if bytes.is_ascii() {
        // SAFETY: all are ASCII, which is UTF-8.
        return Ok(unsafe { String::from_utf8_unchecked(bytes) });
    }
    String::from_utf8(bytes)
}

/// Inflates `input` behind what `to` holds: as much as there is room for, at most `room` bytes of the
/// capacity that it has.
///
/// # Errors
/// Those of the codec; what it made before is there.
#[cfg(feature = "inflate")]
pub fn inflate(
    codec: &mut zlib_rs::Inflate,
    input: &[u8],
    to: &mut Vec<u8>,
    room: usize,
) -> Result<zlib_rs::Status, zlib_rs::InflateError> {
    let (len, before) = (to.len(), codec.total_out());
    let spare = to.spare_capacity_mut();
    let room = room.min(spare.len());
    let spare = spare.get_mut(..room).unwrap_or_default();
    let status = codec.decompress_uninit(input, spare, zlib_rs::InflateFlush::SyncFlush);
    let made = codec.total_out().saturating_sub(before).min(room as u64) as usize;
    // SAFETY: `room` bytes behind `len` are within the capacity, and the codec has written every one
    // that it counts, the first `made` of them.
    unsafe { to.set_len(len.saturating_add(made)) };
    status
}

/// XORs, and says whether the result is ASCII.
#[inline]
fn xor(bytes: &mut [u8], key: [u8; 4]) -> bool {
    if bytes.len() < SHORT {
        safe::xor_short(bytes, key)
    } else {
        xor_long(bytes, key)
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
cpufeatures::new!(wide, "avx2");

#[inline(never)]
fn xor_long(bytes: &mut [u8], key: [u8; 4]) -> bool {
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    if wide::get() {
        // SAFETY: the processor has AVX2, as it was asked.
        return unsafe { xor_wide(bytes, key) };
    }
    safe::xor(bytes, key)
}

/// The safe code, compiled for vectors of 32 bytes.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
#[target_feature(enable = "avx2")]
fn xor_wide(bytes: &mut [u8], key: [u8; 4]) -> bool {
    safe::xor(bytes, key)
}

/// XORs from one place to another, which is as long; says whether the result is ASCII.
#[inline(never)]
fn copy_long(from: &[u8], to: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    if wide::get() {
        // SAFETY: the processor has AVX2, as it was asked.
        return unsafe { copy_wide(from, to, key) };
    }
    safe::copy(from, to, key)
}

/// The safe code, compiled for vectors of 32 bytes.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
#[target_feature(enable = "avx2")]
fn copy_wide(from: &[u8], to: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    safe::copy(from, to, key)
}
