//! The head of a frame (RFC 6455 §5.2): decoded and encoded, as pure functions of bytes.
//!
//! What a single frame may not be is refused here. What depends on the frames before it (the order of
//! fragments, the size of the message) is not known here.

use crate::{Violation, mask};
use alloc::vec::Vec;
use core::fmt;

/// Which end of the connection reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sends unmasked frames, receives masked ones.
    Server,
    /// Sends masked frames, receives unmasked ones.
    Client,
}

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message before.
    Continuation = 0,
    /// The first frame of a text message.
    Text = 1,
    /// The first frame of a binary message.
    Binary = 2,
    /// Begins or answers the closing handshake.
    Close = 8,
    /// Asks for a pong.
    Ping = 9,
    /// Answers a ping, or is a sign of life.
    Pong = 10,
}

impl Opcode {
    /// Whether it is a control frame: whole, short, allowed between fragments (§5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 & 0x08 != 0
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }
}

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whether it ends its message.
    pub fin: bool,
    /// What it carries.
    pub opcode: Opcode,
    /// The first reserved bit, which permessage-deflate uses (RFC 7692 §6); only
    /// [`decode_extended`](Self::decode_extended) lets it pass.
    pub rsv1: bool,
    /// The key that masks the payload; zero where there is none, which masks nothing.
    pub mask: [u8; 4],
    /// The length of the payload, in bytes, below 2^63.
    pub len: u64,
}

/// The most bytes that a head takes.
pub const MAX_HEAD: usize = 14;
/// The most bytes that the payload of a control frame takes (§5.5).
pub const MAX_CONTROL: usize = 125;

pub(crate) const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const RSV1: u8 = 0x40;
const MASKED: u8 = 0x80;

impl Head {
    /// Reads the head that `bytes` begin with, as `reader` gets it from its peer, and says how many
    /// bytes it took; `None` while it is not whole. A bad head is refused as early as its bytes tell.
    ///
    /// # Errors
    /// The [`Violation`] that the head itself is.
    #[inline]
    pub fn decode(
        bytes: &[u8],
        reader: Role,
        accept_non_minimal_length: bool,
    ) -> Result<Option<(Self, usize)>, Violation> {
        Self::decode_extended(bytes, reader, accept_non_minimal_length, false)
    }

    /// As [`decode`](Self::decode); with `accept_rsv1`, the first frame of a message may have its first
    /// reserved bit set (RFC 7692 §6.1).
    ///
    /// # Errors
    /// The [`Violation`] that the head itself is.
    #[inline]
    pub fn decode_extended(
        bytes: &[u8],
        reader: Role,
        accept_non_minimal_length: bool,
        accept_rsv1: bool,
    ) -> Result<Option<(Self, usize)>, Violation> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        let (fin, rsv1, opcode) = Self::decode_first(*first, accept_rsv1)?;
        Self::check_masked(second & MASKED != 0, reader)?;
        let short = second & !MASKED;
        if opcode.is_control() {
            if !fin {
                return Err(Violation::FragmentedControl);
            }
            if usize::from(short) > MAX_CONTROL && !accept_non_minimal_length {
                return Err(Violation::ControlTooLong);
            }
        }
        let (len, rest, used) = match short {
            0..=125 => (u64::from(short), rest, 2usize),
            126 => match rest.split_first_chunk::<2>() {
                Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), rest, 4),
                None => return Ok(None),
            },
            _ => match rest.split_first_chunk::<8>() {
                Some((len, rest)) => (u64::from_be_bytes(*len), rest, 10),
                None => return Ok(None),
            },
        };
        Self::check_length(len, used, accept_non_minimal_length)?;
        if opcode.is_control() && len > MAX_CONTROL as u64 {
            return Err(Violation::ControlTooLong);
        }
        let head = |mask| Self {
            fin,
            opcode,
            rsv1,
            mask,
            len,
        };
        Ok(match reader {
            Role::Client => Some((head([0; 4]), used)),
            Role::Server => rest
                .first_chunk::<4>()
                .map(|mask| (head(*mask), used.wrapping_add(4))),
        })
    }

    #[inline]
    fn decode_first(first: u8, accept_rsv1: bool) -> Result<(bool, bool, Opcode), Violation> {
        let begins_message = matches!(first & 0x0f, 1 | 2);
        let allowed = if accept_rsv1 && begins_message {
            RSV1
        } else {
            0
        };
        if first & RESERVED & !allowed != 0 {
            return Err(Violation::ReservedBits);
        }
        let opcode = Opcode::from_bits(first & 0x0f).ok_or(Violation::ReservedOpcode)?;
        Ok((first & FIN != 0, first & RSV1 != 0, opcode))
    }

    #[inline]
    fn check_masked(masked: bool, reader: Role) -> Result<(), Violation> {
        match (reader, masked) {
            (Role::Server, true) | (Role::Client, false) => Ok(()),
            (Role::Server, false) => Err(Violation::Unmasked),
            (Role::Client, true) => Err(Violation::Masked),
        }
    }

    #[inline]
    fn check_length(len: u64, used: usize, accept_non_minimal: bool) -> Result<(), Violation> {
        if len >> 63 != 0 {
            return Err(Violation::LengthOverflow);
        }
        let fewest: u64 = match used {
            2 => 0,
            4 => 126,
            _ => 1 << 16,
        };
        if len < fewest && !accept_non_minimal {
            return Err(Violation::LengthNotMinimal);
        }
        Ok(())
    }
}

/// Appends a whole frame to `out`: its head in the fewest bytes, then `payload`, masked with `mask`, the
/// client's key; a server has none (RFC 6455 §5.2 and §5.3). All there is to sending for those who
/// keep a connection's state and its queue themselves; [`Connection`](crate::Connection) does both.
///
/// Whether a text is UTF-8 and whether a fragment is due is not looked at. For a payload that is not to
/// be copied, [`HeadBytes::encode`] makes the head alone.
///
/// ```
/// use siox_websocket::frame::{self, Opcode};
///
/// let mut out = Vec::new();
/// frame::encode(&mut out, true, Opcode::Text, b"Hello", None)?;
/// frame::encode(&mut out, true, Opcode::Text, b"Hello", Some([0x37, 0xfa, 0x21, 0x3d]))?;
/// assert_eq!(out, b"\x81\x05Hello\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
/// # Ok::<(), siox_websocket::Violation>(())
/// ```
///
/// # Errors
/// [`Violation::FragmentedControl`] and [`Violation::ControlTooLong`] for a control frame that is not
/// final or longer than [`MAX_CONTROL`] (§5.5); `out` is as it was.
#[inline]
pub fn encode(
    out: &mut Vec<u8>,
    fin: bool,
    opcode: Opcode,
    payload: &[u8],
    mask: Option<[u8; 4]>,
) -> Result<(), Violation> {
    if opcode.is_control() && !fin {
        return Err(Violation::FragmentedControl);
    }
    if opcode.is_control() && payload.len() > MAX_CONTROL {
        return Err(Violation::ControlTooLong);
    }
    let first = opcode as u8 | if fin { FIN } else { 0 };
    let bit = if mask.is_some() { MASKED } else { 0 };
    out.reserve(payload.len().saturating_add(MAX_HEAD));
    match Unkeyed::new(first, bit, payload.len()) {
        Unkeyed::Short(head) => out.extend_from_slice(&head),
        Unkeyed::Medium(head) => out.extend_from_slice(&head),
        Unkeyed::Long(head) => out.extend_from_slice(&head),
    }
    let Some(key) = mask else {
        out.extend_from_slice(payload);
        return Ok(());
    };
    out.extend_from_slice(&key);
    let at = out.len();
    out.extend_from_slice(payload);
    mask::apply(out.get_mut(at..).unwrap_or_default(), key);
    Ok(())
}

/// A head without a key, by its size: bytes of a constant number are copied by a store and not by a call.
pub(crate) enum Unkeyed {
    Short([u8; 2]),
    Medium([u8; 4]),
    Long([u8; 10]),
}

impl Unkeyed {
    /// That of `len` bytes of payload; `first` is its first byte, `bit` the mask bit of its second.
    #[inline]
    pub(crate) fn new(first: u8, bit: u8, len: usize) -> Self {
        // Put together in a register: bytes stored one by one could not be loaded together at once.
        if len < 126 {
            let word = u16::from(first) | u16::from(bit | len as u8) << 8;
            return Self::Short(word.to_le_bytes());
        }
        if let Ok(len) = u16::try_from(len) {
            let word = u32::from(first) | u32::from(bit | 126) << 8;
            let word = word | u32::from(len.swap_bytes()) << 16;
            return Self::Medium(word.to_le_bytes());
        }
        let [a, b, c, d, e, f, g, h] = (len as u64).to_be_bytes();
        Self::Long([first, bit | 127, a, b, c, d, e, f, g, h])
    }
}

/// The bytes of an encoded head.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HeadBytes {
    bytes: [u8; 16],
    len: u8,
}

impl HeadBytes {
    /// Encodes the head of a frame with `len` bytes of payload, in the fewest bytes; `mask` is the
    /// client's key.
    #[inline]
    #[must_use]
    pub fn encode(fin: bool, opcode: Opcode, len: usize, mask: Option<[u8; 4]>) -> Self {
        let first = opcode as u8 | if fin { FIN } else { 0 };
        let bit = if mask.is_some() { MASKED } else { 0 };
        let mut head = Self {
            bytes: [0; 16],
            len: 0,
        };
        match Unkeyed::new(first, bit, len) {
            Unkeyed::Short(bytes) => head.push(bytes),
            Unkeyed::Medium(bytes) => head.push(bytes),
            Unkeyed::Long(bytes) => head.push(bytes),
        }
        if let Some(mask) = mask {
            head.push(mask);
        }
        head
    }

    /// The same with the first reserved bit set: the message is compressed (RFC 7692 §6).
    #[must_use]
    pub fn with_rsv1(mut self) -> Self {
        let [first, ..] = &mut self.bytes;
        *first |= RSV1;
        self
    }

    /// The bytes, 2 to 14.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    #[inline]
    fn push<const N: usize>(&mut self, part: [u8; N]) {
        let at = usize::from(self.len);
        if let Some(to) = self.bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *to = part;
            self.len = self.len.wrapping_add(N as u8);
        }
    }
}

impl fmt::Debug for HeadBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What RFC 6455 §5.2 and §5.5 say of the first two bytes, written once more and plainly.
    fn expected(first: u8, second: u8, reader: Role) -> Option<Violation> {
        if first & 0x70 != 0 {
            return Some(Violation::ReservedBits);
        }
        if [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].contains(&(first & 15)) {
            return Some(Violation::ReservedOpcode);
        }
        match (reader, second >= 128) {
            (Role::Server, false) => return Some(Violation::Unmasked),
            (Role::Client, true) => return Some(Violation::Masked),
            (Role::Server, true) | (Role::Client, false) => {}
        }
        if first & 15 >= 8 {
            if first < 128 {
                return Some(Violation::FragmentedControl);
            }
            if second % 128 > 125 {
                return Some(Violation::ControlTooLong);
            }
        }
        None
    }

    #[test]
    fn all_two_byte_heads_in_both_roles() {
        for reader in [Role::Server, Role::Client] {
            for bits in 0..=u16::MAX {
                let [first, second] = bits.to_be_bytes();
                let got = Head::decode(&[first, second], reader, false);
                assert_eq!(got.err(), expected(first, second, reader), "{bits:04x}");
                if let Ok(Some((head, used))) = got {
                    assert_eq!((head.len, used), (u64::from(second & 127), 2));
                    assert!(reader == Role::Client && head.len < 126);
                }
            }
        }
    }

    #[test]
    fn what_is_encoded_is_decoded_and_every_prefix_is_incomplete() {
        let lens = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 32];
        let opcodes = [0u8, 1, 2, 8, 9, 10].map(|bits| Opcode::from_bits(bits).unwrap());
        for (len, opcode) in lens.into_iter().flat_map(|l| opcodes.map(|o| (l, o))) {
            for (mask, reader) in [(None, Role::Client), (Some([1, 2, 3, 4]), Role::Server)] {
                for fin in [true, false] {
                    if opcode.is_control() && (len > MAX_CONTROL || !fin) {
                        continue;
                    }
                    let bytes = HeadBytes::encode(fin, opcode, len, mask);
                    let bytes = bytes.as_slice();
                    let head = Head {
                        fin,
                        opcode,
                        rsv1: false,
                        mask: mask.unwrap_or_default(),
                        len: len as u64,
                    };
                    assert_eq!(
                        Head::decode(bytes, reader, false),
                        Ok(Some((head, bytes.len())))
                    );
                    for short in 0..bytes.len() {
                        assert_eq!(Head::decode(&bytes[..short], reader, false), Ok(None));
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_reserved_bit_passes_where_a_message_begins() {
        for first in 0..=u8::MAX {
            let got = Head::decode_extended(&[first, 0], Role::Client, false, true);
            let plain = Head::decode(&[first & !RSV1, 0], Role::Client, false);
            let passes = matches!(first & 0x7f, 0x41 | 0x42);
            let expected = match (first & RSV1 != 0, passes) {
                (true, false) => Err(Violation::ReservedBits),
                (rsv1, _) => plain.map(|head| head.map(|(head, n)| (Head { rsv1, ..head }, n))),
            };
            assert_eq!(got, expected, "{first:02x}");
        }
        let head = HeadBytes::encode(true, Opcode::Text, 1, None).with_rsv1();
        assert_eq!(head.as_slice(), [0xc1, 1]);
    }

    #[test]
    fn lengths_that_are_not_minimal_or_beyond_63_bits() {
        let long = |len: u64| [&[0x82, 127][..], &len.to_be_bytes()].concat();
        let medium = |len: u16| [&[0x82, 126][..], &len.to_be_bytes()].concat();
        let table: [(Vec<u8>, Option<Violation>); 8] = [
            (medium(0), Some(Violation::LengthNotMinimal)),
            (medium(125), Some(Violation::LengthNotMinimal)),
            (medium(126), None),
            (long(0), Some(Violation::LengthNotMinimal)),
            (long(65_535), Some(Violation::LengthNotMinimal)),
            (long(65_536), None),
            (long(1 << 63), Some(Violation::LengthOverflow)),
            (long(u64::MAX), Some(Violation::LengthOverflow)),
        ];
        for (bytes, violation) in table {
            assert_eq!(Head::decode(&bytes, Role::Client, false).err(), violation);
            let lax = violation.filter(|v| *v == Violation::LengthOverflow);
            assert_eq!(Head::decode(&bytes, Role::Client, true).err(), lax);
        }
    }

    /// A whole frame is its head, by the other encoder and by the decoder, and the masked payload; for
    /// each opcode, with and without FIN and key, at every length around those where the head changes.
    #[test]
    fn a_whole_frame_is_its_head_and_its_payload() {
        let payload: Vec<u8> = (0..70_000u32).map(|i| (i % 251) as u8).collect();
        let lens = (0..300).chain(65_500..65_600).chain([70_000]);
        let opcodes = [0u8, 1, 2, 8, 9, 10].map(|bits| Opcode::from_bits(bits).unwrap());
        for (len, opcode) in lens.flat_map(|l| opcodes.map(|o| (l, o))) {
            for (fin, mask) in [true, false]
                .into_iter()
                .flat_map(|fin| [None, Some([1, 2, 3, 4])].map(|mask| (fin, mask)))
            {
                let mut out = b"before".to_vec();
                let got = encode(&mut out, fin, opcode, &payload[..len], mask);
                let refused = match opcode.is_control() {
                    true if !fin => Some(Violation::FragmentedControl),
                    true if len > 125 => Some(Violation::ControlTooLong),
                    true | false => None,
                };
                assert_eq!(got.err(), refused);
                let frame = out.strip_prefix(b"before").unwrap();
                if refused.is_some() {
                    assert!(frame.is_empty());
                    continue;
                }
                let reader = if mask.is_some() {
                    Role::Server
                } else {
                    Role::Client
                };
                let (head, used) = Head::decode(frame, reader, false).unwrap().unwrap();
                assert_eq!((head.fin, head.opcode, head.rsv1), (fin, opcode, false));
                assert_eq!(
                    (head.len, head.mask),
                    (len as u64, mask.unwrap_or_default())
                );
                assert_eq!(
                    frame[..used],
                    *HeadBytes::encode(fin, opcode, len, mask).as_slice()
                );
                let mut unmasked = frame[used..].to_vec();
                mask::apply(&mut unmasked, head.mask);
                assert_eq!(unmasked, payload[..len]);
            }
        }
    }
}
