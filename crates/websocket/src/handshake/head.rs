//! Collecting an HTTP head: all bytes up to the empty line, each looked at once.

use alloc::vec::Vec;
use core::fmt;
use siox_wire::Input;

/// A head longer than its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadTooLarge {
    /// The limit, in bytes.
    pub limit: usize,
}

impl fmt::Display for HeadTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the head exceeds the limit of {} bytes", self.limit)
    }
}

impl core::error::Error for HeadTooLarge {}

/// Collects a head until its empty line (CR LF CR LF). What comes behind stays in the input.
#[derive(Debug)]
pub struct HeadReader {
    bytes: Vec<u8>,
    limit: usize,
    /// How much of CR LF CR LF the bytes end with.
    matched: u8,
}

impl HeadReader {
    /// A reader of one head of at most `limit` bytes; 16 KiB is customary.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            matched: 0,
        }
    }

    /// Takes what belongs to the head; returns it when it is whole, and is then ready for the next.
    ///
    /// # Errors
    /// [`HeadTooLarge`] as soon as the head cannot end within the limit.
    pub fn handle_input(&mut self, input: &mut Input<'_>) -> Result<Option<Vec<u8>>, HeadTooLarge> {
        let room = self.limit.saturating_sub(self.bytes.len());
        let seen = input.peek().iter().take(room);
        let mut len = 0usize;
        for byte in seen {
            len = len.saturating_add(1);
            self.matched = match (self.matched, byte) {
                (2, b'\r') => 3,
                (_, b'\r') => 1,
                (1, b'\n') => 2,
                (3, b'\n') => 4,
                (_, _) => 0,
            };
            if self.matched == 4 {
                break;
            }
        }
        self.grow(len);
        self.bytes.extend_from_slice(input.take(len));
        if self.matched == 4 {
            self.matched = 0;
            return Ok(Some(core::mem::take(&mut self.bytes)));
        }
        match self.bytes.len() < self.limit {
            true => Ok(None),
            false => Err(HeadTooLarge { limit: self.limit }),
        }
    }

    /// Makes room for `more`: twice what is kept, but never beyond the limit.
    fn grow(&mut self, more: usize) {
        let len = self.bytes.len();
        if self.bytes.capacity().saturating_sub(len) < more {
            let most = self.limit.saturating_sub(len);
            self.bytes.reserve_exact(more.max(len.min(most)));
        }
    }

    /// Bytes kept of an unfinished head.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no byte is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Whether a line ends otherwise than with CR LF, or CR stands alone (RFC 9112 §2.2).
pub(super) fn has_bare_line_end(head: &[u8]) -> bool {
    let mut before = 0;
    let bare = head.iter().any(|&byte| {
        let bare = (byte == b'\n') != (before == b'\r');
        before = byte;
        bare
    });
    bare || before == b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_testkit::split::oracle;
    use siox_wire::Instant;

    fn run(pieces: &[&[u8]], limit: usize) -> (Result<Option<Vec<u8>>, HeadTooLarge>, Vec<u8>) {
        let (mut reader, mut rest) = (HeadReader::new(limit), Vec::new());
        let mut head = Ok(None);
        for piece in pieces {
            let mut bytes = piece.to_vec();
            let mut input = Input::new(Instant::EPOCH, &mut bytes);
            if head == Ok(None) {
                head = reader.handle_input(&mut input);
            }
            if head != Ok(None) {
                rest.extend_from_slice(input.peek());
            }
        }
        (head, rest)
    }

    #[test]
    fn ends_at_the_empty_line_and_leaves_the_rest() {
        let (head, rest) = oracle(b"GET /\r\n\r\r\na: b\r\n\r\nrest\r\n\r\n", |p| run(p, 100));
        assert_eq!(head.unwrap().unwrap(), b"GET /\r\n\r\r\na: b\r\n\r\n");
        assert_eq!(rest, b"rest\r\n\r\n");
    }

    #[test]
    fn is_bounded() {
        type Len = Result<Option<usize>, HeadTooLarge>;
        let table: [(&[u8], Len); 4] = [
            (b"0123\r\n\r\n", Ok(Some(8))),
            (b"01234\r\n\r\n", Err(HeadTooLarge { limit: 8 })),
            (b"01234567", Err(HeadTooLarge { limit: 8 })),
            (b"0123456", Ok(None)),
        ];
        for (bytes, expected) in table {
            let (head, _) = oracle(bytes, |p| run(p, 8));
            assert_eq!(head.map(|head| head.map(|h| h.len())), expected);
        }
    }

    #[test]
    fn bare_line_ends() {
        for (head, bare) in [
            (&b"a\r\nb\r\n"[..], false),
            (b"a\nb\r\n", true),
            (b"a\rb\r\n", true),
            (b"a\r\n\r", true),
            (b"a\r\r\n", true),
            (b"", false),
        ] {
            assert_eq!(has_bare_line_end(head), bare, "{head:?}");
        }
    }
}
