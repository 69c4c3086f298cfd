//! Payloads: many packets as one HTTP body, decoded where they lie.

pub(crate) mod v3_binary;
pub(crate) mod v3_text;
mod v4;
pub(crate) mod write;

use crate::{Error, Packet, base64::Reading, jsonp};
use alloc::{string::String, vec::Vec};
use bytes::Bytes;
use core::mem;
use siox_wire::Message;

/// How the packets of a body are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// v4: text packets joined by 0x1e, binary data in base64.
    V4,
    /// v3: `<length>:<packet>`, the length in UTF-16 code units, binary data in base64.
    V3Text,
    /// v3: 0x00 (text) or 0x01 (binary), the length in bytes as decimal digits (0x00 to 0x09), 0xff,
    /// the packet.
    V3Binary,
}

impl Coding {
    /// Puts packets together. In v4 the type of a binary packet is not told: it is a message.
    #[must_use]
    pub fn encode(self, packets: &[Packet<'_>]) -> Vec<u8> {
        let mut writer = write::Writer::new(self);
        for packet in packets {
            match &packet.data {
                Message::Text(_) => writer.text(packet.to_text().into()),
                Message::Binary(data) => {
                    writer.binary(packet.kind, Bytes::copy_from_slice(data));
                }
            }
        }
        writer.finish().make_contiguous().concat()
    }

    /// Whether `body`, or the field of a `form`, ends with a close packet. A guess, without reading it:
    /// in v3 the text of a message can look like that.
    pub(crate) fn ends_in_close(self, body: &[u8], form: bool) -> bool {
        match (self, form) {
            (Self::V4, false) => body == b"1" || body.ends_with(b"\x1e1"),
            (Self::V4, true) => body == b"d=1" || body.ends_with(b"%1E1"),
            (Self::V3Text, false) => body.ends_with(b"1:1"),
            (Self::V3Text, true) => body.ends_with(b"1:1") || body.ends_with(b"1%3A1"),
            (Self::V3Binary, _) => body.ends_with(&[0, 1, 0xff, b'1']),
        }
    }
}

/// A cursor over a body. Each packet borrows the body, not the cursor, and base64 is decoded in place.
/// It ends behind the first packet that is an error. The cost is linear.
#[derive(Debug)]
pub struct Payload<'b> {
    rest: Option<&'b mut [u8]>,
    coding: Coding,
    base64: Reading,
    /// Whether `coding` can no longer change.
    begun: bool,
}

impl<'b> Payload<'b> {
    /// The packets of `body`, for a session, which knows how they are put together; by itself it
    /// reads v4. An empty body holds one packet, which is an error.
    #[must_use]
    pub fn new(body: &'b mut [u8]) -> Self {
        Self {
            begun: false,
            ..Self::with(Coding::V4, body)
        }
    }

    /// The packets of `body`, put together in this way. An empty body is an error.
    #[must_use]
    pub fn with(coding: Coding, body: &'b mut [u8]) -> Self {
        Self {
            rest: Some(body),
            coding,
            base64: Reading::Exact,
            begun: true,
        }
    }

    /// How many bytes are not read yet; `None` at the end. Those many last bytes of the body are a body
    /// of their own.
    #[must_use]
    pub fn remaining(&self) -> Option<usize> {
        self.rest.as_ref().map(|rest| rest.len())
    }

    /// The session's word on how the body is to be read, heeded before the first packet: `form` is a
    /// JSONP body, the payload behind `d=`.
    pub(crate) fn begin(
        &mut self,
        coding: Coding,
        base64: Reading,
        form: bool,
    ) -> Result<(), Error> {
        if mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        (self.coding, self.base64) = (coding, base64);
        if form && let Some(body) = self.rest.take() {
            self.rest = Some(jsonp::decode_form(body)?);
        }
        Ok(())
    }
}

impl<'b> Iterator for Payload<'b> {
    type Item = Result<Packet<'b>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.begun = true;
        let rest = mem::take(&mut self.rest)?;
        let (packet, tail) = match self.coding {
            Coding::V4 => v4::next(rest, self.base64),
            Coding::V3Text => v3_text::next(rest, self.base64),
            Coding::V3Binary => v3_binary::next(rest, self.base64),
        }?;
        self.rest = tail.filter(|_| packet.is_ok());
        Some(packet)
    }
}

/// One packet, or what is wrong with it, and what is left behind it; `None` at a regular end.
type Next<'b> = Option<(Result<Packet<'b>, Error>, Option<&'b mut [u8]>)>;

/// Joins packets to a payload of v4.
#[must_use]
pub fn encode_payload(packets: &[Packet<'_>]) -> String {
    let mut payload = String::new();
    for (n, packet) in packets.iter().enumerate() {
        if n > 0 {
            payload.push(char::from(v4::SEPARATOR));
        }
        payload.push_str(&packet.to_text());
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use alloc::borrow::Cow;
    use proptest::{collection::vec, prelude::*};

    /// All packets of a body, as text packets of v3, and what ended it.
    pub(super) fn texts(coding: Coding, body: &[u8]) -> Vec<Result<String, Error>> {
        let mut body = body.to_vec();
        Payload::with(coding, &mut body)
            .map(|p| p.map(|p| p.to_text_v3()))
            .collect()
    }

    fn packet() -> impl Strategy<Value = Packet<'static>> {
        let kind = prop_oneof![
            Just(Kind::Open),
            Just(Kind::Close),
            Just(Kind::Ping),
            Just(Kind::Pong),
            Just(Kind::Message),
            Just(Kind::Upgrade),
            Just(Kind::Noop),
        ];
        prop_oneof![
            (kind, "[^\x1e]{0,20}").prop_map(|(kind, text)| Packet {
                kind,
                data: Message::Text(Cow::Owned(text)),
            }),
            vec(any::<u8>(), 0..300).prop_map(|data| Packet::binary(Cow::Owned(data))),
        ]
    }

    fn coding() -> impl Strategy<Value = Coding> {
        prop_oneof![
            Just(Coding::V4),
            Just(Coding::V3Text),
            Just(Coding::V3Binary)
        ]
    }

    #[test]
    fn bodies_that_end_in_a_close_packet() {
        for (coding, form, yes, no) in [
            (
                Coding::V4,
                false,
                &[&b"1"[..], b"4a\x1e1"][..],
                &[&b"41"[..], b""][..],
            ),
            (Coding::V4, true, &[b"d=1", b"d=4a%1E1"], &[b"d=41", b"1"]),
            (
                Coding::V3Text,
                false,
                &[b"1:1", b"2:4a1:1"],
                &[b"2:41", b"1"],
            ),
            (
                Coding::V3Text,
                true,
                &[b"d=1%3A1", b"d=1:1"],
                &[b"d=2%3A41"],
            ),
            (
                Coding::V3Binary,
                false,
                &[b"\0\x01\xff1"],
                &[b"\0\x02\xff41", b"1:1"],
            ),
        ] {
            for body in yes {
                assert!(coding.ends_in_close(body, form), "{coding:?} {body:?}");
            }
            for body in no {
                assert!(!coding.ends_in_close(body, form), "{coding:?} {body:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn round_trips(coding in coding(), packets in vec(packet(), 1..6)) {
            let mut body = coding.encode(&packets);
            if coding == Coding::V4 {
                let text = encode_payload(&packets);
                prop_assert_eq!(&body, text.as_bytes());
            }
            let decoded: Result<Vec<_>, _> = Payload::with(coding, &mut body).collect();
            prop_assert_eq!(decoded, Ok(packets));
        }

        /// Whatever is cut off, what comes out are the first packets of the whole, then an error or
        /// the end; only v4, which has no lengths, may see a shorter packet.
        #[test]
        fn a_cut_body_gives_a_prefix(coding in coding(), packets in vec(packet(), 1..5), at in any::<prop::sample::Index>()) {
            let mut body = coding.encode(&packets);
            body.truncate(at.index(body.len() + 1));
            let mut decoded: Vec<_> = Payload::with(coding, &mut body).collect();
            if coding == Coding::V4 {
                decoded.pop();
            } else {
                decoded.pop_if(|last| last.is_err());
            }
            for (got, want) in decoded.into_iter().zip(&packets) {
                prop_assert_eq!(got.as_ref(), Ok(want));
            }
        }

        /// Any body ends, and all that is decoded from it was in it.
        #[test]
        fn no_body_breaks_it(
            coding in coding(),
            body in vec(prop_oneof![
                any::<u8>(), Just(v4::SEPARATOR), Just(b'b'), Just(b'4'), Just(b':'), Just(0), Just(1), Just(255), b'0'..=b'9',
            ], 0..150),
        ) {
            let mut bytes = body.clone();
            let packets: Vec<_> = Payload::with(coding, &mut bytes).collect();
            let errors = packets.iter().filter(|p| p.is_err()).count();
            prop_assert!(errors <= 1);
            prop_assert!(errors == 0 || packets.last().is_some_and(Result::is_err));
            let bytes: usize = packets.iter().flatten().map(|p| p.data.as_bytes().len()).sum();
            prop_assert!(bytes <= body.len());
        }
    }
}
