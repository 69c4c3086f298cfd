//! Chunked bodies, decoded as they arrive (RFC 9112, 7.1). Trailers are checked for length and line
//! ends, and dropped.

use crate::{Error, Limits, Violation, held::grow, scan::Scan};
use alloc::vec::Vec;

/// Where the decoder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the digits of a chunk's size; how many have come.
    Size(u8),
    /// In an extension.
    Extension,
    /// Behind the CR of the size line.
    SizeLf,
    /// In the data, `left` bytes of which are still to come.
    Data,
    /// Behind the data.
    DataCr,
    /// Behind the CR that follows the data.
    DataLf,
    /// Behind the last chunk.
    Trailers,
}

/// How far some bytes brought the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All were eaten, more must come.
    More,
    /// The body is whole.
    Done,
    /// A chunk was announced that makes the body larger than its limit.
    TooLarge,
}

/// A chunked body on its way.
#[derive(Debug)]
pub(crate) struct Chunked {
    got: Vec<u8>,
    limit: usize,
    /// Of the current chunk.
    left: u64,
    /// Bytes of extensions so far.
    extensions: usize,
    trailers: Scan,
    place: Place,
}

impl Chunked {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            got: Vec::new(),
            limit,
            left: 0,
            extensions: 0,
            trailers: Scan::trailers(),
            place: Place::Size(0),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes of heap.
    pub(crate) fn capacity(&self) -> usize {
        self.got.capacity().saturating_add(size_of::<Self>())
    }

    /// The whole body.
    pub(crate) fn into_body(self) -> Vec<u8> {
        self.got
    }

    /// Eats bytes up to the end of the body; says how many.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<(usize, Progress), Error> {
        let mut rest = bytes;
        loop {
            let eaten = bytes.len().saturating_sub(rest.len());
            match self.place {
                Place::Data => rest = self.data(rest),
                Place::Trailers => {
                    return Ok(match self.trailers.feed(rest, limits)? {
                        Some(n) => (eaten.saturating_add(n), Progress::Done),
                        None => (bytes.len(), Progress::More),
                    });
                }
                Place::Size(_)
                | Place::Extension
                | Place::SizeLf
                | Place::DataCr
                | Place::DataLf => {
                    let Some((&b, behind)) = rest.split_first() else {
                        return Ok((eaten, Progress::More));
                    };
                    rest = behind;
                    self.step(b, limits)?;
                    if self.place == Place::Data && self.left > self.room() {
                        return Ok((eaten.saturating_add(1), Progress::TooLarge));
                    }
                }
            }
            if rest.is_empty() {
                return Ok((bytes.len(), Progress::More));
            }
        }
    }

    fn room(&self) -> u64 {
        u64::try_from(self.limit.saturating_sub(self.got.len())).unwrap_or(u64::MAX)
    }

    fn data<'r>(&mut self, rest: &'r [u8]) -> &'r [u8] {
        let n = usize::try_from(self.left).unwrap_or(usize::MAX);
        let (data, behind) = rest.split_at_checked(n).unwrap_or((rest, &[]));
        grow(&mut self.got, data.len(), self.limit);
        self.got.extend_from_slice(data);
        self.left = self
            .left
            .saturating_sub(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if self.left == 0 {
            self.place = Place::DataCr;
        }
        behind
    }

    /// Moves over one byte of what frames the data.
    fn step(&mut self, b: u8, limits: &Limits) -> Result<(), Violation> {
        self.place = match (self.place, b) {
            (Place::Size(digits), b) if b.is_ascii_hexdigit() => self.digit(digits, b)?,
            (Place::Size(1..), b';') => self.extend(limits)?,
            (Place::Size(1..) | Place::Extension, b'\r') => Place::SizeLf,
            (Place::Size(_), _) => return Err(Violation::ChunkSize),
            (Place::Extension, b'\n') => return Err(Violation::BareLf),
            (Place::Extension, b) if b != b'\t' && (b < 0x20 || b == 0x7f) => {
                return Err(Violation::Control);
            }
            (Place::Extension, _) => self.extend(limits)?,
            (Place::SizeLf, b'\n') if self.left == 0 => Place::Trailers,
            (Place::SizeLf, b'\n') => Place::Data,
            (Place::SizeLf, _) => return Err(Violation::BareCr),
            (Place::DataCr, b'\r') => Place::DataLf,
            (Place::DataLf, b'\n') => Place::Size(0),
            (Place::DataCr | Place::DataLf, _) => return Err(Violation::ChunkEnd),
            (place @ (Place::Data | Place::Trailers), _) => place,
        };
        Ok(())
    }

    fn digit(&mut self, digits: u8, b: u8) -> Result<Place, Violation> {
        const MOST: u8 = 16;
        let value = char::from(b).to_digit(16).ok_or(Violation::ChunkSize)?;
        if digits == MOST {
            return Err(Violation::ChunkSize);
        }
        // A chunk before left zero behind. Sixteen digits fit into 64 bits.
        self.left = (self.left << 4) | u64::from(value);
        Ok(Place::Size(digits.saturating_add(1)))
    }

    fn extend(&mut self, limits: &Limits) -> Result<Place, Violation> {
        self.extensions = self.extensions.saturating_add(1);
        if self.extensions > limits.extensions {
            return Err(Violation::ChunkExtension);
        }
        Ok(Place::Extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siox_testkit::split::oracle;

    /// The body, what was left behind it, and whether it is whole.
    type Outcome = Result<(Vec<u8>, usize, Progress), Error>;

    fn decode(input: &[u8]) -> Outcome {
        let limits = Limits {
            head: 40,
            headers: 2,
            extensions: 8,
            ..Limits::default()
        };
        oracle(input, |pieces| {
            let mut body = Chunked::new(20);
            let total: usize = pieces.iter().map(|p| p.len()).sum();
            let mut eaten = 0;
            for piece in pieces {
                let (n, progress) = body.feed(piece, &limits)?;
                eaten += n;
                if progress != Progress::More {
                    return Ok((body.into_body(), total - eaten, progress));
                }
                assert_eq!(n, piece.len());
            }
            Ok((body.into_body(), total - eaten, Progress::More))
        })
    }

    #[test]
    fn bodies() {
        let whole = |body: &[u8], left| Ok((body.to_vec(), left, Progress::Done));
        assert_eq!(decode(b"0\r\n\r\n"), whole(b"", 0));
        assert_eq!(decode(b"3\r\nabc\r\n0\r\n\r\nGET"), whole(b"abc", 3));
        assert_eq!(
            decode(b"1\r\na\r\n0A;x=y\r\n0123456789\r\n000\r\n\r\n"),
            whole(b"a0123456789", 0)
        );
        assert_eq!(
            decode(b"1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n"),
            whole(b"a", 0)
        );
        assert_eq!(
            decode(b"0000000000000001\r\n\n\r\n0\r\n\r\n"),
            whole(b"\n", 0)
        );
        let more = |body: &[u8]| Ok((body.to_vec(), 0, Progress::More));
        assert_eq!(decode(b"14\r\nabc"), more(b"abc"));
        assert_eq!(decode(b"1\r\na\r\n0\r\n"), more(b"a"));
    }

    #[test]
    fn a_body_is_too_large_as_soon_as_a_chunk_says_so() {
        let large = |body: &[u8], left| Ok((body.to_vec(), left, Progress::TooLarge));
        assert_eq!(decode(b"15\r\nab"), large(b"", 2));
        assert_eq!(decode(b"2\r\nab\r\n13\r\nx"), large(b"ab", 1));
        assert_eq!(decode(b"ffffffffffffffff\r\n"), large(b"", 0));
    }

    #[test]
    fn faults() {
        use Violation::*;
        for (input, fault) in [
            (&b"\r\n"[..], ChunkSize),
            (b";x\r\n", ChunkSize),
            (b"+5\r\n", ChunkSize),
            (b"-1\r\n", ChunkSize),
            (b"0x5\r\n", ChunkSize),
            (b"5 \r\n", ChunkSize),
            (b" 5\r\n", ChunkSize),
            (b"5\n", ChunkSize),
            (b"g\r\n", ChunkSize),
            (b"10000000000000000\r\n", ChunkSize),
            (b"00000000000000001\r\n", ChunkSize),
            (b"5\rx", BareCr),
            (b"5;a\n", BareLf),
            (b"5;a\0", Control),
            (b"5;a=bcdefgh\r\n", ChunkExtension),
            (b"1;abc\r\nx\r\n1;abcd\r\nx\r\n", ChunkExtension),
            (b"1\r\nab", ChunkEnd),
            (b"1\r\na\rb", ChunkEnd),
            (b"1\r\na\n", ChunkEnd),
            (b"0\r\na\n", BareLf),
            (b"0\r\n a: b\r\n", Fold),
            (b"0\r\na: \0", Control),
        ] {
            assert_eq!(
                decode(input),
                Err(fault.into()),
                "{:?}",
                std::string::String::from_utf8_lossy(input)
            );
        }
        assert_eq!(
            decode(b"0\r\na\r\nb\r\nc\r\n\r\n"),
            Err(Error::TooManyHeaders { limit: 2 })
        );
        let long = [b"0\r\na:", &[b'x'; 60][..]].concat();
        assert_eq!(decode(&long), Err(Error::HeadTooLarge { limit: 40 }));
    }
}
