//! The tokens of JSON: strings, numbers and literals, from their first byte to their last.

use super::{Fault, Token};
use crate::text::{first_byte, hex4, later_end, non_digits, plain_run, special};

/// What is looked at at once.
pub(super) const WINDOW: usize = 20;

/// Behind the string whose quote is the second byte of the window, if it has at most eight bytes and no escape.
#[inline(always)]
pub(super) fn short_string(window: &[u8; WINDOW]) -> Option<usize> {
    let end = first_word(window);
    (window.get(end) == Some(&b'"')).then_some(end.wrapping_add(1))
}

/// Whether the string there has at least eight bytes, and no escape in those.
#[inline(always)]
pub(super) fn is_longer(window: &[u8; WINDOW]) -> bool {
    first_word(window) == 10
}

#[inline(always)]
fn first_word(window: &[u8; WINDOW]) -> usize {
    let &[_, _, a, b, c, d, e, f, g, h, ..] = window;
    let word = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    first_byte(special(word)).wrapping_add(2)
}

/// Behind the string whose quote is the second byte, if it [is longer](is_longer) and without escapes.
#[inline(always)]
pub(super) fn middle_string(text: &[u8]) -> Option<usize> {
    Some(later_end(text, 10)?.wrapping_add(1))
}

/// Behind the number at `from`, if it has no sign, no exponent and few digits.
#[inline(always)]
pub(super) fn short_number(window: &[u8; WINDOW], from: usize) -> Option<usize> {
    let mut end = some_digits(window, from)?;
    if let [b'0', b'0'..=b'9', ..] = window.get(from..)? {
        return None;
    }
    if window.get(end) == Some(&b'.') {
        end = some_digits(window, end.wrapping_add(1))?;
    }
    match window.get(end) {
        Some(b'e' | b'E') | None => None,
        Some(_) => Some(end),
    }
}

/// Behind one to seven digits.
#[inline(always)]
fn some_digits(window: &[u8; WINDOW], from: usize) -> Option<usize> {
    let word = window.get(from..)?.first_chunk::<8>()?;
    let count = first_byte(non_digits(u64::from_le_bytes(*word)));
    (count.wrapping_sub(1) < 7).then_some(from.wrapping_add(count))
}

/// The offset of the first byte from `at` that is not white space.
#[inline(always)]
pub(crate) fn skip_space(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b' ' | b'\n' | b'\r' | b'\t') => {
            at.wrapping_add(space(bytes.get(at..).unwrap_or_default()))
        }
        Some(_) | None => at,
    }
}

/// Passes white space, all but the last byte before what follows it; `first` is its first byte, the second one here.
#[inline(always)]
pub(super) fn to_token(text: &[u8], first: u8) -> Option<&[u8]> {
    if first > b' ' {
        return None;
    }
    let found = over_space(text);
    (found.len() < text.len()).then_some(found)
}

#[inline(never)]
fn over_space(text: &[u8]) -> &[u8] {
    let behind = text.get(1..).unwrap_or_default();
    text.get(space(behind)..).unwrap_or_default()
}

/// What is behind white space.
#[inline(never)]
pub(super) fn past_space(text: &[u8]) -> &[u8] {
    text.get(space(text)..).unwrap_or_default()
}

/// How many bytes of white space are at the front.
#[inline(always)]
pub(crate) fn space(text: &[u8]) -> usize {
    const SPACES: u64 = u64::from_le_bytes(*b"        ");
    let mut at = 0usize;
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at = at.wrapping_add(1);
        // Programs indent by many spaces.
        if let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            at = at.wrapping_add(first_byte(u64::from_le_bytes(*word) ^ SPACES));
        }
    }
    at
}

/// The string that begins at `start` with its quote.
#[inline(never)]
pub(crate) fn string(bytes: &[u8], start: usize) -> Result<Token, Fault> {
    let at = plain_run(bytes, start.wrapping_add(1));
    if bytes.get(at) == Some(&b'"') {
        return Ok(Token {
            start,
            end: at.wrapping_add(1),
            escaped: false,
        });
    }
    other_string(bytes, start, at)
}

/// One that has an escape at `at`, or something that it must not have.
#[inline(never)]
fn other_string(bytes: &[u8], start: usize, mut at: usize) -> Result<Token, Fault> {
    let mut escaped = false;
    loop {
        match bytes.get(at) {
            Some(b'"') => {
                return Ok(Token {
                    start,
                    end: at.wrapping_add(1),
                    escaped,
                });
            }
            Some(b'\\') => {
                at = plain_run(bytes, escape(bytes, at)?);
                escaped = true;
            }
            Some(_) | None => return Err(Fault::Syntax { at }),
        }
    }
}

/// The offset behind the escape whose backslash is at `at`.
fn escape(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let kind = at.wrapping_add(1);
    match bytes.get(kind) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at.wrapping_add(2)),
        Some(b'u') if hex4(bytes, at.wrapping_add(2)).is_some() => Ok(at.wrapping_add(6)),
        Some(_) | None => Err(Fault::Syntax { at: kind }),
    }
}

/// The offset behind the number at `at`.
#[inline(never)]
pub(crate) fn number(bytes: &[u8], mut at: usize) -> Result<usize, Fault> {
    if bytes.get(at) == Some(&b'-') {
        at = at.wrapping_add(1);
    }
    at = match bytes.get(at) {
        Some(b'0') => at.wrapping_add(1),
        Some(_) | None => digits(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at.wrapping_add(1))?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at = at.wrapping_add(1);
        if let Some(b'+' | b'-') = bytes.get(at) {
            at = at.wrapping_add(1);
        }
        at = digits(bytes, at)?;
    }
    Ok(at)
}

/// The offset behind one or more digits.
#[inline(always)]
fn digits(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let count = first_byte(non_digits(u64::from_le_bytes(*word)));
        at = at.wrapping_add(count);
        if count < 8 {
            break;
        }
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at = at.wrapping_add(1);
    }
    if at == start {
        return Err(Fault::Syntax { at });
    }
    Ok(at)
}

#[inline(always)]
pub(super) fn literal(text: &[u8], word: &[u8]) -> Result<usize, Fault> {
    match text.starts_with(word) {
        true => Ok(word.len()),
        false => Err(Fault::Syntax { at: 0 }),
    }
}
