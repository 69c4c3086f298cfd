//! The tokens of JSON: strings, numbers and literals, from their first byte to their last.

use super::{Fault, Token};
use crate::text::{hex4, plain_run};

/// The offset of the first byte from `at` that is not white space.
#[inline(always)]
pub(crate) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at = at.wrapping_add(1);
    }
    at
}

/// The string that begins at `start` with its quote.
#[inline(always)]
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
#[inline(always)]
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
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at = at.wrapping_add(1);
    }
    if at == start {
        return Err(Fault::Syntax { at });
    }
    Ok(at)
}

#[inline(always)]
pub(super) fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Fault> {
    let end = at.wrapping_add(word.len());
    if bytes.get(at..end) == Some(word) {
        return Ok(end);
    }
    Err(Fault::Syntax { at })
}
