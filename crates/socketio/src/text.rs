//! JSON strings: finding their end, taking escapes out, putting them in.

use alloc::{borrow::Cow, string::String};

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;

/// Where the next quote, backslash or control character is, from `at`; the end if there is none.
// Always inlined, but for what is long: most names and many values end within the first word.
#[inline(always)]
pub(crate) fn plain_run(bytes: &[u8], at: usize) -> usize {
    match word_at(bytes, at).map(special) {
        None => last_run(bytes, at),
        Some(0) => long_run(bytes, at.wrapping_add(8)),
        Some(marks) => first_mark(at, marks),
    }
}

#[inline(always)]
fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at..at.wrapping_add(8))?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*word))
}

#[inline(always)]
fn first_mark(at: usize, marks: u64) -> usize {
    at.wrapping_add((marks.trailing_zeros() >> 3) as usize)
}

/// As [`plain_run`], of what is longer than a word: two more by themselves, then blocks as long as there is nothing
/// in them, and the rest by words again.
// Cold is what makes the registers be saved here, and not on the way of what is short.
#[cold]
#[inline(never)]
fn long_run(bytes: &[u8], mut at: usize) -> usize {
    let mut alone = 2u32;
    while let Some(word) = word_at(bytes, at) {
        match special(word) {
            0 => at = at.wrapping_add(8),
            marks => return first_mark(at, marks),
        }
        alone = alone.wrapping_sub(1);
        if alone == 0 {
            at = plain_blocks(bytes, at);
        }
    }
    last_run(bytes, at)
}

/// Behind the blocks from `at` in which nothing ends a run.
fn plain_blocks(bytes: &[u8], at: usize) -> usize {
    let (blocks, _) = bytes.get(at..).unwrap_or_default().as_chunks::<32>();
    let plain = blocks.iter().take_while(|block| is_plain_block(block));
    at.wrapping_add(plain.count().wrapping_mul(32))
}

/// In the form that the compiler makes the fewest vectors of.
#[inline(always)]
pub(crate) fn is_plain_block<const N: usize>(block: &[u8; N]) -> bool {
    // Both are nought for what ends a run: the first for a quote and control characters, as in [`special`].
    let stays = |b: u8| (b ^ 2).saturating_sub(0x20).min(b ^ b'\\');
    block.iter().fold(true, |all, &b| all & (stays(b) != 0))
}

/// As [`plain_run`], where fewer than eight bytes are left.
#[cold]
#[inline(never)]
fn last_run(bytes: &[u8], at: usize) -> usize {
    let left = bytes.len().wrapping_sub(at);
    if left == 0 {
        return at;
    }
    if let Some(last) = bytes.last_chunk::<8>()
        && left < 8
    {
        // What comes in behind them are zeros, which end a run.
        let shift = 64usize.wrapping_sub(left.wrapping_mul(8));
        let mask = special(u64::from_le_bytes(*last) >> shift);
        return at.wrapping_add((mask.trailing_zeros() >> 3) as usize);
    }
    slow_run(bytes, at)
}

/// As [`plain_run`], of a text of less than eight bytes.
#[cold]
fn slow_run(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&b) = bytes.get(at) {
        if b == b'"' || b == b'\\' || b < 0x20 {
            break;
        }
        at = at.wrapping_add(1);
    }
    at
}

/// Whether `text` is the inside of a JSON string as it is.
#[inline]
pub(crate) fn needs_no_escape(text: &str) -> bool {
    is_plain(text.as_bytes())
}

/// Marks the high bit of bytes that end a plain run. Bytes above the lowest mark may be marked
/// wrongly (the subtraction borrows), the lowest never is.
#[inline(always)]
pub(crate) fn special(word: u64) -> u64 {
    const TWOS: u64 = ONES.wrapping_mul(2);
    const LOW: u64 = ONES.wrapping_mul(0x21);
    const SLASHES: u64 = ONES.wrapping_mul(b'\\' as u64);
    // With its second bit turned, a quote is below 0x21, as control characters stay; nothing else is.
    let low = (word ^ TWOS).wrapping_sub(LOW);
    let slash = (word ^ SLASHES).wrapping_sub(ONES);
    (low | slash) & !word & HIGHS
}

/// Marks the high bit of bytes that are no digits.
#[inline(always)]
pub(crate) fn non_digits(word: u64) -> u64 {
    let value = word ^ ONES.wrapping_mul(b'0' as u64);
    ((value & !HIGHS).wrapping_add(ONES.wrapping_mul(0x76)) | value) & HIGHS
}

/// Where the quote is that ends a string without escapes, of which this is known up to `from`.
#[inline(never)]
pub(crate) fn later_end(text: &[u8], from: usize) -> Option<usize> {
    find_end(text, from)
}

/// As [`later_end`], inlined.
#[inline(always)]
pub(crate) fn find_end(text: &[u8], mut from: usize) -> Option<usize> {
    // Most end soon.
    for _ in 0..3 {
        let Some(word) = word_at(text, from) else {
            return quote_at(text, last_run(text, from));
        };
        let marks = special(word);
        if marks != 0 {
            return quote_at(text, from.wrapping_add(first_byte(marks)));
        }
        from = from.wrapping_add(8);
    }
    late_end(text, from)
}

#[inline(never)]
fn late_end(text: &[u8], from: usize) -> Option<usize> {
    quote_at(text, plain_run(text, from))
}

#[inline(always)]
fn quote_at(text: &[u8], at: usize) -> Option<usize> {
    (text.get(at) == Some(&b'"')).then_some(at)
}

/// Which byte the lowest mark is in, eight if there is none.
#[inline(always)]
pub(crate) fn first_byte(marks: u64) -> usize {
    (marks.trailing_zeros() >> 3) as usize
}

/// Four hexadecimal digits from `at`.
pub(crate) fn hex4(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..)?.first_chunk::<4>()?;
    digits.iter().try_fold(0u16, |n, &d| {
        let digit = char::from(d).to_digit(16)?;
        Some((n << 4) | u16::try_from(digit).ok()?)
    })
}

/// The text of a JSON string without its quotes. A lone surrogate becomes U+FFFD, since no Rust
/// string can hold it.
#[inline]
pub(crate) fn unescape(raw: &str, escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(without_escapes(raw))
}

#[cold]
fn without_escapes(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        rest = push_escape(&mut out, escape);
    }
    out.push_str(rest);
    out
}

/// Adds the character of the escape at the front of `escape` (behind its backslash); returns what
/// follows it.
fn push_escape<'a>(out: &mut String, escape: &'a str) -> &'a str {
    let bytes = escape.as_bytes();
    let (c, used) = match bytes.first() {
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(b'n') => ('\n', 1),
        Some(b'r') => ('\r', 1),
        Some(b't') => ('\t', 1),
        Some(b'u') => code_point(bytes),
        Some(&b) => (char::from(b), 1),
        None => return "",
    };
    out.push(c);
    escape.get(used..).unwrap_or_default()
}

/// The code point of `uXXXX` or `uXXXX\uXXXX`, and how many bytes it took.
fn code_point(bytes: &[u8]) -> (char, usize) {
    let first = hex4(bytes, 1).unwrap_or(0xFFFD);
    let second = match bytes.get(5..7) {
        Some(b"\\u") => hex4(bytes, 7),
        _ => None,
    };
    let units = [first, second.unwrap_or(0)];
    match char::decode_utf16(units).next() {
        Some(Ok(c)) if c.len_utf16() == 2 => (c, 11),
        Some(Ok(c)) => (c, 5),
        Some(Err(_)) | None => (char::REPLACEMENT_CHARACTER, 5),
    }
}

/// What JSON is written to.
pub(crate) trait Out {
    fn push_str(&mut self, text: &str);
}

impl Out for String {
    fn push_str(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Adds `text` as a JSON string.
#[inline]
pub(crate) fn quote(out: &mut String, text: &str) {
    out.reserve(text.len().wrapping_add(2));
    out.push('"');
    push_inside(out, text);
    out.push('"');
}

/// Adds the inside of a JSON string.
#[inline(always)]
pub(crate) fn push_inside(out: &mut impl Out, text: &str) {
    if is_plain(text.as_bytes()) {
        out.push_str(text);
    } else {
        push_some_escaped(out, text);
    }
}

/// Whether there is nothing to escape. Of a text that the compiler knows, it knows this too.
#[inline(always)]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let marks = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            let [first, last] = [first, last].map(|word| special(u64::from_le_bytes(*word)));
            match bytes.get(8..) {
                Some(rest) if rest.len() > 8 => first | last | marks(rest),
                Some(_) | None => first | last,
            }
        }
        _ => special(word(bytes)),
    };
    marks == 0
}

/// Of all whole words.
#[inline]
fn marks(bytes: &[u8]) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| special(u64::from_le_bytes(*word)));
    words.fold(0, |marks, more| marks | more)
}

/// Less than eight bytes as a word, with spaces behind them.
#[inline(always)]
pub(crate) fn word(bytes: &[u8]) -> u64 {
    const SPACES: u64 = ONES.wrapping_mul(b' ' as u64);
    let length = bytes.len();
    let bits = |count: usize| u32::try_from(count.wrapping_mul(8)).unwrap_or(0);
    let text = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let [first, last] = [first, last].map(|four| u64::from(u32::from_le_bytes(*four)));
            first | last.wrapping_shl(bits(length.wrapping_sub(4)))
        }
        _ => match *bytes {
            [] => 0,
            [a] => u64::from(a),
            [a, b] => u64::from(u16::from_le_bytes([a, b])),
            [a, b, c, ..] => u64::from(u32::from_le_bytes([a, b, c, 0])),
        },
    };
    text | SPACES.wrapping_shl(bits(length))
}

#[cold]
fn push_some_escaped(out: &mut impl Out, text: &str) {
    let bytes = text.as_bytes();
    let mut done = 0usize;
    loop {
        let at = plain_run(bytes, done);
        out.push_str(text.get(done..at).unwrap_or_default());
        let Some(&b) = bytes.get(at) else { break };
        push_escaped(out, b);
        done = at.saturating_add(1);
    }
}

fn push_escaped(out: &mut impl Out, b: u8) {
    match b {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        b'\r' => out.push_str("\\r"),
        _ => {
            out.push_str("\\u00");
            for nibble in [b >> 4, b & 15] {
                let digit = char::from_digit(nibble.into(), 16).unwrap_or('0');
                out.push_str(digit.encode_utf8(&mut [0; 4]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn surrogates() {
        for (raw, text) in [
            (r"a\ud83d\ude00b", "a\u{1F600}b"),
            (r"\ud83d", "\u{FFFD}"),
            (r"\ud83dx", "\u{FFFD}x"),
            (r"\ude00\ud83d", "\u{FFFD}\u{FFFD}"),
            (r"\ud83d\ud83d\ude00", "\u{FFFD}\u{1F600}"),
            (r"\u0041\n\/\\\u00e9", "A\n/\\é"),
        ] {
            assert_eq!(unescape(raw, true), text, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn quoting_is_what_serde_json_does_and_can_be_undone(
            text in "[ -~]{0,40}[\\x00-\\x7f\u{80}-\u{ffff}]{0,40}",
        ) {
            let mut out = String::new();
            quote(&mut out, &text);
            prop_assert_eq!(&out, &serde_json::to_string(&text).unwrap());
            prop_assert_eq!(unescape(&out[1..out.len() - 1], true), text);
        }

        #[test]
        fn a_plain_run_ends_where_a_naive_search_says(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
            run in "[ -!#-\\[\\]-\u{7ff}]{0,120}",
            at in 0usize..40,
        ) {
            let bytes = [run.as_bytes(), &bytes].concat();
            let at = at.min(bytes.len());
            let naive = bytes[at..].iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20);
            let end = naive.map_or(bytes.len(), |n| at + n);
            prop_assert_eq!(plain_run(&bytes, at), end);
        }
    }
}
