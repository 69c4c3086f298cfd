//! The beginning of a refusal's body (RFC 9112 §6.3 and §7.1): as long as it is well framed, and bounded.

use alloc::vec::Vec;

/// How the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// After so many bytes.
    Length(u64),
    /// With the last chunk.
    Chunked(Chunk),
    /// With the stream.
    Eof,
}

/// Where the reader of chunks stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    /// In a size line; whether a digit has come, and whether they are over.
    Size { size: u64, digits: bool, over: bool },
    /// Behind the CR of a size line.
    SizeLf(u64),
    /// In the data, of which so much is to come.
    Data(u64),
    /// Behind the data.
    DataCr,
    /// Behind the CR that follows the data.
    DataLf,
}

impl Chunk {
    const NEXT: Self = Self::Size {
        size: 0,
        digits: false,
        over: false,
    };
}

/// What the bytes so far have brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More can come.
    More,
    /// The body is whole.
    Whole,
    /// Nothing more is read: the limit is reached, or the framing is broken.
    Cut,
}

/// Reads a body up to a limit.
#[derive(Debug)]
pub(super) struct Body {
    framing: Framing,
    /// What the frames of chunks may still take.
    overhead: usize,
    limit: usize,
}

impl Body {
    /// The body of a response to GET.
    pub(super) fn new<'h>(
        status: u16,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
        limit: usize,
    ) -> Self {
        let (mut length, mut chunked, mut other) = (None, false, false);
        for (name, value) in headers {
            let value = value.trim_ascii();
            if name.eq_ignore_ascii_case("transfer-encoding") {
                other |= chunked || !value.eq_ignore_ascii_case(b"chunked");
                chunked = true;
            } else if name.eq_ignore_ascii_case("content-length") {
                other |= length.is_some_and(|known| known != decimal(value));
                length = Some(decimal(value));
            }
        }
        let framing = match (status, length.flatten()) {
            (204 | 304, _) => Framing::Length(0),
            _ if other => Framing::Eof,
            _ if chunked => Framing::Chunked(Chunk::NEXT),
            (_, Some(length)) => Framing::Length(length),
            (_, None) => Framing::Eof,
        };
        Self {
            framing,
            overhead: limit,
            limit,
        }
    }

    /// Puts what belongs to the body into `got`.
    pub(super) fn feed(&mut self, mut bytes: &[u8], got: &mut Vec<u8>) -> Progress {
        loop {
            let left = match self.framing {
                Framing::Length(left) | Framing::Chunked(Chunk::Data(left)) => left,
                Framing::Eof => u64::MAX,
                Framing::Chunked(chunk) => {
                    let Some((&b, behind)) = bytes.split_first() else {
                        return Progress::More;
                    };
                    bytes = behind;
                    match self.step(chunk, b) {
                        Some(next) => self.framing = Framing::Chunked(next),
                        None => return Progress::Cut,
                    }
                    match self.framing {
                        Framing::Chunked(Chunk::Data(0)) => return Progress::Whole,
                        Framing::Chunked(_) | Framing::Length(_) | Framing::Eof => continue,
                    }
                }
            };
            let room = self.limit.saturating_sub(got.len());
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(room);
            let (data, behind) = bytes.split_at_checked(most).unwrap_or((bytes, &[]));
            got.extend_from_slice(data);
            bytes = behind;
            let left = left.saturating_sub(u64::try_from(data.len()).unwrap_or(u64::MAX));
            self.framing = match self.framing {
                Framing::Length(_) if left == 0 => return Progress::Whole,
                Framing::Chunked(_) if left == 0 => Framing::Chunked(Chunk::DataCr),
                Framing::Length(_) => Framing::Length(left),
                Framing::Chunked(_) => Framing::Chunked(Chunk::Data(left)),
                Framing::Eof => Framing::Eof,
            };
            if left > 0 && got.len() >= self.limit {
                return Progress::Cut;
            }
            if bytes.is_empty() {
                return Progress::More;
            }
        }
    }

    /// Whether the end of the stream is the end of the body.
    pub(super) fn ends_with_stream(&self) -> bool {
        self.framing == Framing::Eof
    }

    /// Moves over one byte of what frames a chunk; `None` for what may not stand there. Data of no
    /// bytes is the last chunk; trailers are not waited for.
    fn step(&mut self, chunk: Chunk, b: u8) -> Option<Chunk> {
        self.overhead = self.overhead.checked_sub(1)?;
        match (chunk, b) {
            (
                Chunk::Size {
                    size, over: false, ..
                },
                b,
            ) if b.is_ascii_hexdigit() => {
                let digit = char::from(b).to_digit(16)?;
                Some(Chunk::Size {
                    size: size.checked_mul(16)?.checked_add(digit.into())?,
                    digits: true,
                    over: false,
                })
            }
            (
                Chunk::Size {
                    size, digits: true, ..
                },
                b'\r',
            ) => Some(Chunk::SizeLf(size)),
            (
                Chunk::Size {
                    size,
                    digits: true,
                    over,
                },
                b,
            ) if over || b == b';' => (b != b'\n').then_some(Chunk::Size {
                size,
                digits: true,
                over: true,
            }),
            (Chunk::SizeLf(size), b'\n') => Some(Chunk::Data(size)),
            (Chunk::DataCr, b'\r') => Some(Chunk::DataLf),
            (Chunk::DataLf, b'\n') => Some(Chunk::NEXT),
            (
                Chunk::Size { .. }
                | Chunk::SizeLf(_)
                | Chunk::Data(_)
                | Chunk::DataCr
                | Chunk::DataLf,
                _,
            ) => None,
        }
    }
}

/// A decimal number (RFC 9110 §8.6), without a sign.
fn decimal(value: &[u8]) -> Option<u64> {
    let digits = value.iter().all(u8::is_ascii_digit);
    let text = core::str::from_utf8(value).ok().filter(|_| digits)?;
    text.parse().ok()
}
