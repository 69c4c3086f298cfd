//! One packet, as a poll's payload or a WebSocket message carries it.

pub(crate) mod v3;

use crate::{
    Error,
    base64::{self, Reading},
};
use alloc::{borrow::Cow, string::String};
use siox_wire::{Lead, Message, Slot};

/// What Engine.IO v4 puts before a message.
pub const V4: Lead = Lead {
    text: b"4",
    binary: b"",
    slot: Slot::V4,
};

/// What Engine.IO v3 puts before a message.
pub const V3: Lead = Lead {
    text: b"4",
    binary: b"\x04",
    slot: Slot::V3,
};

/// A packet's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `0`: the server's handshake.
    Open,
    /// `1`: the sender closes.
    Close,
    /// `2`.
    Ping,
    /// `3`.
    Pong,
    /// `4`, or binary data.
    Message,
    /// `5`: the upgrade is complete.
    Upgrade,
    /// `6`: nothing; ends a poll.
    Noop,
}

impl Kind {
    /// The digit that stands for it.
    #[must_use]
    pub const fn digit(self) -> char {
        match self {
            Self::Open => '0',
            Self::Close => '1',
            Self::Ping => '2',
            Self::Pong => '3',
            Self::Message => '4',
            Self::Upgrade => '5',
            Self::Noop => '6',
        }
    }

    const fn from_digit(digit: u8) -> Result<Self, Error> {
        Ok(match digit {
            b'0' => Self::Open,
            b'1' => Self::Close,
            b'2' => Self::Ping,
            b'3' => Self::Pong,
            b'4' => Self::Message,
            b'5' => Self::Upgrade,
            b'6' => Self::Noop,
            other => return Err(Error::UnknownPacket(other)),
        })
    }
}

/// A packet. In v4 only a [`Kind::Message`] has binary data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'b> {
    /// Its type.
    pub kind: Kind,
    /// What it carries; empty text where it carries nothing.
    pub data: Message<'b>,
}

impl<'b> Packet<'b> {
    /// Reads a WebSocket message of v4. Binary data is a message; so is text that begins with `b`, which
    /// is base64.
    ///
    /// # Errors
    /// [`Error::EmptyPacket`], [`Error::UnknownPacket`], [`Error::Base64`].
    pub fn decode(message: Message<'b>) -> Result<Self, Error> {
        Self::read(message, Reading::Exact)
    }

    pub(crate) fn read(message: Message<'b>, base64: Reading) -> Result<Self, Error> {
        let text = match message {
            Message::Binary(data) => return Ok(Self::binary(data)),
            Message::Text(text) => text,
        };
        match text.as_bytes().first() {
            None => Err(Error::EmptyPacket),
            Some(b'b') => {
                let mut digits = text.into_owned().into_bytes();
                digits.remove(0);
                let len = base64.decode_in_place(&mut digits)?.len();
                digits.truncate(len);
                Ok(Self::binary(Cow::Owned(digits)))
            }
            Some(&digit) => Ok(Self {
                kind: Kind::from_digit(digit)?,
                data: Message::Text(without_first(text)),
            }),
        }
    }

    /// Reads one packet of a payload, in place.
    pub(crate) fn decode_in_place(bytes: &'b mut [u8], base64: Reading) -> Result<Self, Error> {
        match bytes {
            [] => Err(Error::EmptyPacket),
            [b'b', digits @ ..] => Ok(Self::binary(Cow::Borrowed(base64.decode_in_place(digits)?))),
            [digit, text @ ..] => {
                let kind = Kind::from_digit(*digit)?;
                let text = core::str::from_utf8(text).map_err(|_| Error::Utf8)?;
                Ok(Self {
                    kind,
                    data: Message::from(text),
                })
            }
        }
    }

    /// The packet as text, the way a payload of v4 carries it: binary data in base64.
    #[must_use]
    pub fn to_text(&self) -> String {
        match &self.data {
            Message::Binary(data) => base64::packet("b", data),
            Message::Text(data) => {
                let mut text = String::with_capacity(data.len().saturating_add(1));
                text.push(self.kind.digit());
                text.push_str(data);
                text
            }
        }
    }

    pub(crate) fn binary(data: Cow<'b, [u8]>) -> Self {
        Self {
            kind: Kind::Message,
            data: Message::Binary(data),
        }
    }
}

/// Drops the type, an ASCII character, without copying what is borrowed.
fn without_first(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(1..).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.remove(0);
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<Packet<'_>, Error> {
        let borrowed = Packet::decode(Message::from(text));
        let owned = Packet::decode(Message::from(text).into_owned());
        let mut bytes = text.as_bytes().to_vec();
        assert_eq!(borrowed, owned);
        assert_eq!(
            borrowed,
            Packet::decode_in_place(&mut bytes, Reading::Exact)
        );
        borrowed
    }

    #[test]
    fn every_type_reads_and_writes() {
        let table = [
            ("0{}", Kind::Open, "{}"),
            ("1", Kind::Close, ""),
            ("2probe", Kind::Ping, "probe"),
            ("3", Kind::Pong, ""),
            ("4héllo", Kind::Message, "héllo"),
            ("5", Kind::Upgrade, ""),
            ("6", Kind::Noop, ""),
        ];
        for (text, kind, data) in table {
            let packet = Packet {
                kind,
                data: Message::from(data),
            };
            assert_eq!(decode(text), Ok(packet.clone()));
            assert_eq!(packet.to_text(), text);
        }
        let packet = decode("bAQID").unwrap();
        assert_eq!(packet.data, Message::from(&[1, 2, 3][..]));
        assert_eq!(packet.to_text(), "bAQID");
        assert_eq!(decode("b").unwrap().data, Message::from(&[][..]));
    }

    #[test]
    fn what_is_no_packet_is_an_error() {
        for (text, error) in [
            ("", Error::EmptyPacket),
            ("abc", Error::UnknownPacket(b'a')),
            ("7", Error::UnknownPacket(b'7')),
            ("é", Error::UnknownPacket(0xc3)),
            ("b!!", Error::Base64),
        ] {
            assert_eq!(decode(text), Err(error), "{text}");
        }
        assert_eq!(
            Packet::decode_in_place(&mut [b'4', 0xff], Reading::Exact),
            Err(Error::Utf8)
        );
    }

    #[test]
    fn binary_messages_are_taken_as_they_are() {
        let packet = Packet::decode(Message::from(&b"4x"[..])).unwrap();
        assert_eq!(packet.data, Message::from(&b"4x"[..]));
    }
}
