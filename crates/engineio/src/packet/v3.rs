//! The packets of v3: binary data has a type too, as a byte before it or as a digit behind the `b`.

use super::{Kind, Packet, without_first};
use crate::{
    Error,
    base64::{self, Reading},
};
use alloc::{borrow::Cow, string::String};
use siox_wire::Message;

impl<'b> Packet<'b> {
    /// Reads a WebSocket message of v3. The first byte of binary data is its type, 0 to 6; text that
    /// begins with `b` is a type and base64.
    ///
    /// # Errors
    /// [`Error::EmptyPacket`], [`Error::UnknownPacket`], [`Error::Base64`].
    pub fn decode_v3(message: Message<'b>) -> Result<Self, Error> {
        Self::read_v3(message, Reading::Exact)
    }

    pub(crate) fn read_v3(message: Message<'b>, base64: Reading) -> Result<Self, Error> {
        let text = match message {
            Message::Binary(data) => return binary(data),
            Message::Text(text) => text,
        };
        match *text.as_bytes() {
            [] => Err(Error::EmptyPacket),
            [b'b', ..] => {
                let mut digits = text.into_owned().into_bytes();
                let (kind, data) = typed_base64(&mut digits, base64)?;
                let data = Message::Binary(Cow::Owned(data.into()));
                Ok(Self { kind, data })
            }
            [digit, ..] => Ok(Self {
                kind: Kind::from_digit(digit)?,
                data: Message::Text(without_first(text)),
            }),
        }
    }

    /// The packet as text, the way a payload of v3 carries it to a peer that takes no bytes.
    #[must_use]
    pub fn to_text_v3(&self) -> String {
        match &self.data {
            Message::Text(_) => self.to_text(),
            Message::Binary(data) => {
                let mark = [b'b', self.kind as u8 | b'0'];
                base64::packet(core::str::from_utf8(&mark).unwrap_or_default(), data)
            }
        }
    }
}

/// Reads one text packet of a payload, in place.
pub(crate) fn decode_in_place(bytes: &mut [u8], base64: Reading) -> Result<Packet<'_>, Error> {
    if bytes.first() != Some(&b'b') {
        return Packet::decode_in_place(bytes, base64);
    }
    let (kind, data) = typed_base64(bytes, base64)?;
    let data = Message::from(data);
    Ok(Packet { kind, data })
}

/// Reads one binary packet of a payload.
pub(crate) fn binary(data: Cow<'_, [u8]>) -> Result<Packet<'_>, Error> {
    let kind = match data.first() {
        None => return Err(Error::EmptyPacket),
        // Behind the last digit no sum is a digit again.
        Some(&byte) => {
            Kind::from_digit(byte.saturating_add(b'0')).map_err(|_| Error::UnknownPacket(byte))?
        }
    };
    let data = Message::Binary(match data {
        Cow::Borrowed(data) => Cow::Borrowed(data.get(1..).unwrap_or_default()),
        Cow::Owned(mut data) => {
            data.remove(0);
            Cow::Owned(data)
        }
    });
    Ok(Packet { kind, data })
}

/// `b`, a type, base64.
fn typed_base64(text: &mut [u8], base64: Reading) -> Result<(Kind, &[u8]), Error> {
    match text {
        [_, digit, digits @ ..] => {
            let kind = Kind::from_digit(*digit)?;
            Ok((kind, base64.decode_in_place(digits)?))
        }
        [] | [_] => Err(Error::EmptyPacket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> Result<Packet<'_>, Error> {
        let borrowed = Packet::decode_v3(Message::from(text));
        let owned = Packet::decode_v3(Message::from(text).into_owned());
        let mut bytes = text.as_bytes().to_vec();
        assert_eq!(borrowed, owned);
        assert_eq!(borrowed, decode_in_place(&mut bytes, Reading::Exact));
        borrowed
    }

    #[test]
    fn text_is_as_in_v4_but_for_base64() {
        for (text, kind, data) in [
            ("0{}", Kind::Open, "{}"),
            ("2probe", Kind::Ping, "probe"),
            ("3", Kind::Pong, ""),
            ("4héllo", Kind::Message, "héllo"),
            ("6", Kind::Noop, ""),
        ] {
            let data = Message::from(data);
            let packet = Packet { kind, data };
            assert_eq!(decode(text), Ok(packet.clone()));
            assert_eq!(packet.to_text_v3(), text);
        }
        let packet = decode("b4AQID").unwrap();
        assert_eq!(packet.data, Message::from(&[1, 2, 3][..]));
        assert_eq!(packet.to_text_v3(), "b4AQID");
        assert_eq!(decode("b2").unwrap().kind, Kind::Ping);
    }

    #[test]
    fn what_is_no_packet_is_an_error() {
        for (text, error) in [
            ("", Error::EmptyPacket),
            ("b", Error::EmptyPacket),
            ("bAQID", Error::UnknownPacket(b'A')),
            ("b4!!", Error::Base64),
            ("7", Error::UnknownPacket(b'7')),
        ] {
            assert_eq!(decode(text), Err(error), "{text}");
        }
    }

    #[test]
    fn binary_begins_with_its_type() {
        let decode = |data: &'static [u8]| Packet::decode_v3(Message::from(data));
        let packet = decode(&[4, 1, 2]).unwrap();
        assert_eq!(packet.kind, Kind::Message);
        assert_eq!(packet.data, Message::from(&[1, 2][..]));
        assert_eq!(decode(&[4]).unwrap().data, Message::from(&[][..]));
        assert_eq!(decode(&[]), Err(Error::EmptyPacket));
        for byte in [7, 9, b'4', 208, 255] {
            let data = [byte];
            let got = Packet::decode_v3(Message::Binary(Cow::Borrowed(&data)));
            assert_eq!(got, Err(Error::UnknownPacket(byte)));
        }
        let owned = Packet::decode_v3(Message::from(&[4, 9][..]).into_owned());
        assert_eq!(owned.unwrap().data, Message::from(&[9][..]));
    }
}
