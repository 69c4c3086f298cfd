//! Unmasks a WebSocket payload (RFC 6455 §5.3) and checks its text in the same pass.
//!
//! The leaf that holds the only unsafe code of the siox crates: two calls, each with its reason. What they
//! call is safe code ([`apply`] and [`text`] without them are its twin, and the tests hold both against
//! a naive form).
//!
//! ```
//! let mut payload = *b"ik";
//! assert_eq!(siox_mask::text(&mut payload, [1, 2, 3, 4]), Ok("hi"));
//! ```
//!
//! # Limits
//! None: nothing is kept and nothing allocated. Vectors of 32 bytes are used where the processor has
//! them, asked once.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod safe;

use core::str::Utf8Error;

/// Below this many bytes a call is not worth its while.
const SHORT: usize = 128;

/// XORs `bytes` with `key`, repeated: masks and unmasks. Says whether the result is ASCII.
#[inline]
pub fn apply(bytes: &mut [u8], key: [u8; 4]) -> bool {
    xor(bytes, key)
}

/// Unmasks a payload, or a part of one.
#[inline]
pub fn unmask(bytes: &mut [u8], key: [u8; 4]) -> Plain<'_> {
    let is_ascii = xor(bytes, key);
    Plain { bytes, is_ascii }
}

/// Unmasks a text; `bytes` hold it unmasked whatever the outcome.
///
/// # Errors
/// Where it stops being UTF-8.
#[inline]
pub fn text(bytes: &mut [u8], key: [u8; 4]) -> Result<&str, Utf8Error> {
    let plain = unmask(bytes, key);
    match plain.as_ascii() {
        Some(text) => Ok(text),
        None => core::str::from_utf8(plain.as_bytes()),
    }
}

/// What was unmasked, with what was found out in passing.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'b> {
    bytes: &'b [u8],
    /// Every one of them is, as the pass that made them saw.
    is_ascii: bool,
}

impl<'b> Plain<'b> {
    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_bytes(self) -> &'b [u8] {
        self.bytes
    }

    /// The bytes as a text, if all of them are ASCII; without looking at them again.
    #[inline]
    #[must_use]
    pub fn as_ascii(self) -> Option<&'b str> {
        // SAFETY: only `unmask` makes this type. It found no byte with its high bit set, and has lent the
        // bytes for as long as this lives: all are ASCII, which is UTF-8.
        self.is_ascii
            .then(|| unsafe { core::str::from_utf8_unchecked(self.bytes) })
    }
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
