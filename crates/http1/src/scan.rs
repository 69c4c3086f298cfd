//! Where a head ends: each byte is looked at once, however the head is cut. Knows lines, no headers.

use crate::{Error, Limits, Violation};

/// Where the scan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first line; blank lines may come (RFC 9112, 2.2).
    Blank,
    /// Behind the CR of a blank line before the first line.
    BlankCr,
    /// At the start of a later line.
    Line,
    /// Inside a line.
    Text,
    /// Behind the CR that ends a line.
    Cr,
    /// Behind the CR of the blank line that ends the head.
    EndCr,
}

/// The progress through one head, or through the trailers of one chunked body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan {
    len: u32,
    /// Lines that have ended, the first line included.
    lines: u32,
    place: Place,
}

impl Scan {
    pub(crate) fn head() -> Self {
        Self {
            len: 0,
            lines: 0,
            place: Place::Blank,
        }
    }

    /// One more head, within the same limit of bytes.
    pub(crate) fn another(self) -> Self {
        Self {
            len: self.len,
            ..Self::head()
        }
    }

    /// Trailers stand where the lines behind a first line would.
    pub(crate) fn trailers() -> Self {
        Self {
            len: 0,
            lines: 1,
            place: Place::Line,
        }
    }

    /// Bytes looked at.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX)
    }

    /// Whether nothing but blank lines has come.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self.place, Place::Blank | Place::BlankCr)
    }

    /// Header lines that have ended.
    pub(crate) fn headers(&self) -> usize {
        usize::try_from(self.lines.saturating_sub(1)).unwrap_or(usize::MAX)
    }

    /// Looks at the next bytes, up to the end of the head; says where in `bytes` that is.
    pub(crate) fn feed(&mut self, bytes: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        let limit = limits.head.min(u32::MAX as usize);
        let room = limit.saturating_sub(self.len());
        let allowed = bytes.get(..room).unwrap_or(bytes);
        let mut rest = allowed;
        let mut at = 0usize;
        loop {
            if self.place == Place::Text {
                let text = text_len(rest);
                at = at.saturating_add(text);
                rest = rest.get(text..).unwrap_or_default();
                // As `step` would, byte by byte.
                if let [b'\r', b'\n', behind @ ..] = rest
                    && self.headers() < limits.headers
                {
                    (rest, at) = (behind, at.saturating_add(2));
                    self.lines = self.lines.saturating_add(1);
                    self.place = Place::Line;
                }
            }
            let Some((&b, behind)) = rest.split_first() else {
                break;
            };
            rest = behind;
            at = at.saturating_add(1);
            if self.step(b)? {
                self.count(at);
                return Ok(Some(at));
            }
            if self.headers() > limits.headers {
                return Err(Error::TooManyHeaders {
                    limit: limits.headers,
                });
            }
        }
        self.count(at);
        if allowed.len() < bytes.len() || self.len() == limit {
            return Err(Error::HeadTooLarge { limit });
        }
        Ok(None)
    }

    fn count(&mut self, n: usize) {
        touched::add(n);
        self.len = self
            .len
            .saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
    }

    /// Moves over one byte; says whether it ended the head.
    fn step(&mut self, b: u8) -> Result<bool, Violation> {
        self.place = match (self.place, b) {
            (Place::Blank, b'\r') => Place::BlankCr,
            (Place::BlankCr, b'\n') => Place::Blank,
            (Place::Line, b'\r') => Place::EndCr,
            (Place::EndCr, b'\n') => return Ok(true),
            (Place::Text, b'\r') => Place::Cr,
            (Place::Cr, b'\n') => {
                self.lines = self.lines.saturating_add(1);
                Place::Line
            }
            (Place::BlankCr | Place::EndCr | Place::Cr, _) => return Err(Violation::BareCr),
            (Place::Blank | Place::Line | Place::Text, b'\n') => return Err(Violation::BareLf),
            (Place::Blank, b' ' | b'\t') => return Err(Violation::RequestLine),
            (Place::Line, b' ' | b'\t') => return Err(Violation::Fold),
            (Place::Text, b'\t') => Place::Text,
            (Place::Blank | Place::Line | Place::Text, b) if is_control(b) => {
                return Err(Violation::Control);
            }
            (Place::Blank | Place::Line | Place::Text, _) => Place::Text,
        };
        Ok(false)
    }
}

fn is_control(b: u8) -> bool {
    b < 0x20 || b == 0x7f
}

/// How many bytes at the front are no control characters: eight at a time, as one number.
fn text_len(bytes: &[u8]) -> usize {
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut clean = 0usize;
    for eight in eights {
        let found = controls(u64::from_le_bytes(*eight));
        if found != 0 {
            let before = usize::try_from(found.trailing_zeros() / 8).unwrap_or(0);
            return clean.saturating_add(before);
        }
        clean = clean.saturating_add(8);
    }
    let more = rest.iter().position(|&b| is_control(b));
    clean.saturating_add(more.unwrap_or(rest.len()))
}

/// The highest bit of each byte that is a control character; above the first that is one, of others too.
fn controls(eight: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let low = eight.wrapping_sub(u64::from_ne_bytes([0x20; 8])) & !eight;
    let other = eight ^ u64::from_ne_bytes([0x7f; 8]);
    let delete = other.wrapping_sub(ONES) & !other;
    (low | delete) & HIGH
}

/// Counts, in unit tests only, the bytes that scanning, parsing and moving a head touch.
pub(crate) mod touched {
    #[cfg(test)]
    std::thread_local!(static COUNT: core::cell::Cell<usize> = const { core::cell::Cell::new(0) });

    #[cfg(test)]
    pub(crate) fn add(n: usize) {
        COUNT.with(|c| c.set(c.get() + n));
    }

    #[cfg(not(test))]
    pub(crate) fn add(_: usize) {}

    #[cfg(test)]
    pub(crate) fn reset() -> usize {
        COUNT.with(|c| c.replace(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn scan(pieces: &[&[u8]], limits: &Limits) -> Result<Option<usize>, Error> {
        let (mut scan, mut before) = (Scan::head(), 0);
        for piece in pieces {
            if let Some(end) = scan.feed(piece, limits)? {
                return Ok(Some(before + end));
            }
            before += piece.len();
        }
        Ok(None)
    }

    fn check(input: &[u8], expected: Result<Option<usize>, Error>) {
        let limits = Limits {
            head: 64,
            headers: 2,
            ..Limits::default()
        };
        let got = siox_testkit::split::oracle(input, |pieces| scan(pieces, &limits));
        assert_eq!(
            got,
            expected,
            "{:?}",
            std::string::String::from_utf8_lossy(input)
        );
    }

    #[test]
    fn lines_and_their_faults() {
        use Violation::*;
        let bad = |v: Violation| Err(Error::from(v));
        check(b"a\r\n\r\nrest", Ok(Some(5)));
        check(b"\r\n\r\na b\r\nc: d\r\n\r\n", Ok(Some(17)));
        check(b"a b\r\nc: d\r\n", Ok(None));
        check(b"a\tb\r\n\r\n", Ok(Some(7)));
        check(b"a\n\r\n", bad(BareLf));
        check(b"\n", bad(BareLf));
        check(b"a\r\n\n", bad(BareLf));
        check(b"a\rb", bad(BareCr));
        check(b"a\r\n\rb", bad(BareCr));
        check(b"\ra", bad(BareCr));
        check(b" a", bad(RequestLine));
        check(b"a\r\n b", bad(Fold));
        check(b"a\r\nb:\r\n\tc", bad(Fold));
        check(b"a\0", bad(Control));
        check(b"\x16\x03\x01", bad(Control));
        check(b"a\r\n\x7f", bad(Control));
    }

    #[test]
    fn the_limits_bind_at_the_byte() {
        let most: Vec<u8> = [&[b'a'; 60][..], b"\r\n\r\n"].concat();
        check(&most, Ok(Some(64)));
        let more: Vec<u8> = [&[b'a'; 61][..], b"\r\n\r\n"].concat();
        check(&more, Err(Error::HeadTooLarge { limit: 64 }));
        check(
            &[b'\r', b'\n'].repeat(32),
            Err(Error::HeadTooLarge { limit: 64 }),
        );
        check(b"a\r\nb\r\nc\r\n\r\n", Ok(Some(11)));
        check(
            b"a\r\nb\r\nc\r\nd\r\n\r\n",
            Err(Error::TooManyHeaders { limit: 2 }),
        );
    }

    #[test]
    fn blocks_agree_with_bytes() {
        for len in 0..70 {
            for bad in 0..len {
                let mut bytes = std::vec![b'a'; len];
                bytes[bad] = 0x1f;
                assert_eq!(text_len(&bytes), bad);
            }
            assert_eq!(text_len(&std::vec![0xff; len]), len);
        }
    }
}
