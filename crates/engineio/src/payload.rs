//! The payload of v4: packets joined by 0x1e, decoded where they lie.

use crate::{Error, Packet};
use alloc::string::String;
use core::mem;

pub(crate) const SEPARATOR: u8 = 0x1e;

/// A cursor over the body of one POST. Each packet borrows the body, not the cursor, and base64 is
/// decoded in place. It ends behind the first packet that is an error. The cost is linear.
#[derive(Debug)]
pub struct Payload<'b> {
    rest: Option<&'b mut [u8]>,
}

impl<'b> Payload<'b> {
    /// The packets of `body`. An empty body holds one packet, which is an error.
    #[must_use]
    pub fn new(body: &'b mut [u8]) -> Self {
        Self { rest: Some(body) }
    }
}

impl<'b> Iterator for Payload<'b> {
    type Item = Result<Packet<'b>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = mem::take(&mut self.rest)?;
        let (head, tail) = split(rest);
        let packet = Packet::decode_in_place(head);
        self.rest = tail.filter(|_| packet.is_ok());
        Some(packet)
    }
}

/// Cuts at the first separator.
fn split(bytes: &mut [u8]) -> (&mut [u8], Option<&mut [u8]>) {
    let Some(at) = find(bytes) else {
        return (bytes, None);
    };
    let (head, tail) = bytes.split_at_mut(at);
    (head, tail.split_first_mut().map(|(_, tail)| tail))
}

fn find(bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 256;
    // `contains` looks at words, `position` at bytes.
    let step = bytes.chunks(STEP).position(|c| c.contains(&SEPARATOR))?;
    let start = step.saturating_mul(STEP);
    let within = bytes.get(start..)?.iter().position(|&b| b == SEPARATOR)?;
    start.checked_add(within)
}

/// Joins packets to a payload.
#[must_use]
pub fn encode_payload(packets: &[Packet<'_>]) -> String {
    let mut payload = String::new();
    for (n, packet) in packets.iter().enumerate() {
        if n > 0 {
            payload.push(char::from(SEPARATOR));
        }
        payload.push_str(&packet.to_text());
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use alloc::{borrow::Cow, vec::Vec};
    use proptest::{collection::vec, prelude::*};
    use siox_wire::Message;

    fn decode(body: &[u8]) -> Vec<Result<Packet<'static>, Error>> {
        let mut body = body.to_vec();
        Payload::new(&mut body)
            .map(|p| {
                p.map(|p| Packet {
                    kind: p.kind,
                    data: p.data.into_owned(),
                })
            })
            .collect()
    }

    fn texts(body: &str) -> Vec<Result<String, Error>> {
        let packets = decode(body.as_bytes()).into_iter();
        packets.map(|p| p.map(|p| p.to_text())).collect()
    }

    #[test]
    fn ends_behind_the_first_error() {
        let ok = |s: &str| Ok(String::from(s));
        assert_eq!(texts("4a\x1ebAQ==\x1e3"), [ok("4a"), ok("bAQ=="), ok("3")]);
        assert_eq!(texts(""), [Err(Error::EmptyPacket)]);
        assert_eq!(texts("4a\x1e"), [ok("4a"), Err(Error::EmptyPacket)]);
        assert_eq!(texts("\x1e4a"), [Err(Error::EmptyPacket)]);
        assert_eq!(
            texts("4a\x1ex\x1e4b"),
            [ok("4a"), Err(Error::UnknownPacket(b'x'))]
        );
    }

    #[test]
    fn whole_packets_are_borrowed() {
        let mut body = *b"4text\x1ebAQID";
        for packet in Payload::new(&mut body) {
            match packet.unwrap().data {
                Message::Text(t) => assert!(matches!(t, Cow::Borrowed("text"))),
                Message::Binary(b) => assert!(matches!(b, Cow::Borrowed([1, 2, 3]))),
            }
        }
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
            vec(any::<u8>(), 0..600).prop_map(|data| Packet::binary(Cow::Owned(data))),
        ]
    }

    proptest! {
        #[test]
        fn round_trips(packets in vec(packet(), 1..12)) {
            let decoded: Result<Vec<_>, _> = decode(encode_payload(&packets).as_bytes()).into_iter().collect();
            prop_assert_eq!(decoded, Ok(packets));
        }

        /// Any body ends, and all that is decoded from it was in it.
        #[test]
        fn no_body_breaks_it(body in vec(prop_oneof![any::<u8>(), Just(SEPARATOR), Just(b'b'), Just(b'4')], 0..600)) {
            let packets = decode(&body);
            let errors = packets.iter().filter(|p| p.is_err()).count();
            prop_assert!(errors <= 1);
            prop_assert!(errors == 0 || packets.last().is_some_and(Result::is_err));
            let bytes: usize = packets.iter().flatten().map(|p| p.data.as_bytes().len()).sum();
            prop_assert!(bytes <= body.len());
        }
    }
}
