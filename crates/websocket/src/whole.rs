//! A message that lies whole in the input, in one frame: the common case of [`Head`](crate::frame::Head)
//! and the reader, told by a glance. What it does not tell is judged there, and nothing is judged here.

use crate::frame::Role;

/// Where the payload of such a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole {
    /// Text, or else binary.
    pub(crate) is_text: bool,
    pub(crate) mask: [u8; 4],
    /// Bytes before the payload.
    pub(crate) head: u8,
    /// Bytes of payload.
    pub(crate) len: usize,
}

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;

impl Whole {
    /// How many bytes of it `bytes`, which begin with it, lack.
    #[inline]
    pub(crate) fn lacks(&self, bytes: &[u8]) -> usize {
        self.size().saturating_sub(bytes.len())
    }

    /// How many bytes it is, its head included.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.len.saturating_add(usize::from(self.head))
    }

    /// The message that `bytes` begin with, if it is an unfragmented one without fault, extension or
    /// control, and its head is all there.
    #[inline]
    pub(crate) fn announced(bytes: &[u8], reader: Role) -> Option<Self> {
        let [first, second, rest @ ..] = bytes else {
            return None;
        };
        let is_text = match *first {
            TEXT => true,
            BINARY => false,
            _ => return None,
        };
        let short = match reader {
            Role::Server => second ^ 0x80,
            Role::Client => *second,
        };
        let (len, rest, head) = match short {
            0..=125 => (usize::from(short), rest, 2u8),
            126..=127 => Self::long(short, rest)?,
            _ => return None,
        };
        let (mask, head) = match reader {
            Role::Client => ([0; 4], head),
            Role::Server => (*rest.first_chunk::<4>()?, head.wrapping_add(4)),
        };
        Some(Self {
            is_text,
            mask,
            head,
            len,
        })
    }

    /// The length that stands behind the first two bytes, what is left behind that, and where.
    fn long(short: u8, rest: &[u8]) -> Option<(usize, &[u8], u8)> {
        let (len, rest, head, fewest) = if short == 126 {
            let (len, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*len)), rest, 4, 126)
        } else {
            let (len, rest) = rest.split_first_chunk::<8>()?;
            let len = usize::try_from(u64::from_be_bytes(*len)).ok()?;
            (len, rest, 10, 1 << 16)
        };
        (len >= fewest).then_some((len, rest, head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Head, Opcode};
    use alloc::vec::Vec;

    /// What the strict decoder says of the same bytes.
    fn expected(bytes: &[u8], reader: Role) -> Option<Whole> {
        let (head, used) = Head::decode(bytes, reader, false).ok()??;
        let is_text = match head.opcode {
            Opcode::Text => true,
            Opcode::Binary => false,
            _ => return None,
        };
        let len = usize::try_from(head.len).ok()?;
        (head.fin && len <= bytes.len() - used).then_some(Whole {
            is_text,
            mask: head.mask,
            head: used as u8,
            len,
        })
    }

    fn find(bytes: &[u8], reader: Role) -> Option<Whole> {
        Whole::announced(bytes, reader).filter(|whole| whole.lacks(bytes) == 0)
    }

    #[test]
    fn agrees_with_the_strict_decoder_for_every_pair_of_first_bytes() {
        let lengths: [&[u8]; 7] = [
            &[0, 0],
            &[0, 125],
            &[0, 126],
            &[0, 200],
            &[0, 0, 0, 0, 0, 0, 0, 126],
            &[0, 0, 0, 0, 0, 1, 0, 0],
            &[0x80, 0, 0, 0, 0, 1, 0, 0],
        ];
        let mut tail = [7; (1 << 16) + 20];
        for (first, second) in (0..=255u8).flat_map(|a| (0..=255u8).map(move |b| (a, b))) {
            let long = if second & 0x7f > 125 {
                &lengths[..]
            } else {
                &lengths[..1]
            };
            for len in long {
                let have = if second & 0x7f == 127 {
                    tail.len()
                } else {
                    220
                };
                tail[0] = first;
                tail[1] = second;
                tail[2..2 + len.len()].copy_from_slice(len);
                for bytes in [&tail[..have], &tail[..have.min(100)]] {
                    for reader in [Role::Server, Role::Client] {
                        let (a, b) = (find(bytes, reader), expected(bytes, reader));
                        assert_eq!(a, b, "{first:02x} {second:02x} {len:?} {reader:?}");
                    }
                }
                tail[2..2 + len.len()].fill(7);
            }
        }
    }

    #[test]
    fn a_message_is_whole_from_its_last_byte_on() {
        for (frame, reader) in [
            (b"\x81\x82\x01\x02\x03\x04ik".to_vec(), Role::Server),
            (b"\x82\x03abc".to_vec(), Role::Client),
            (
                [b"\x81\x7e\x00\x80".as_slice(), &[b'x'; 128]].concat(),
                Role::Client,
            ),
        ] {
            for len in 0..=frame.len() {
                let found = find(&frame[..len], reader);
                assert_eq!(found.is_some(), len == frame.len());
            }
            let more: Vec<u8> = frame.iter().chain(b"more").copied().collect();
            assert_eq!(find(&more, reader), find(&frame, reader));
        }
    }
}
