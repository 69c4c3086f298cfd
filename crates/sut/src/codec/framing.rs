//! `wt.*`: packets over a stream of bytes, as WebTransport carries them. Before each packet its length, in
//! 7 bits, or 126 and 16 bits, or 127 and 64 bits; the first bit says that it is binary.

use super::{Answer, Fault, engine, id, member};
use bytes::Bytes;
use siox_engineio::{Error, Packet};
use siox_socketio::{Value, View};
use siox_wire::Message;
use std::{borrow::Cow, collections::BTreeMap};

const BINARY: u8 = 0x80;
/// JavaScript counts no further.
const LONGEST: u64 = (1 << 53) - 1;

pub(super) fn encode(request: View<'_>) -> Answer {
    let packet = engine::packet(member(request, "packet")?)?;
    let (flag, body) = match packet.data {
        Message::Binary(data) => (BINARY, data.into_owned()),
        Message::Text(_) => (0, packet.to_text().into_bytes()),
    };
    let mut header = match (u8::try_from(body.len()), u16::try_from(body.len())) {
        (Ok(len @ 0..126), _) => vec![len],
        (_, Ok(len)) => [&[126][..], &len.to_be_bytes()].concat(),
        (_, Err(_)) => [&[127][..], &(body.len() as u64).to_be_bytes()].concat(),
    };
    header[0] |= flag;
    Value::array([Bytes::from(header), Bytes::from(body)]).map_err(|e| e.to_string())
}

/// The decoders by their names.
#[derive(Debug, Default)]
pub(super) struct Decoders(BTreeMap<String, Decoder>);

impl Decoders {
    pub(super) fn new_decoder(&mut self, request: View<'_>) -> Answer {
        let max = member(request, "max")?.as_f64().ok_or("max is no number")?;
        let decoder = Decoder {
            max,
            ..Decoder::default()
        };
        self.0.insert(id(request)?, decoder);
        Ok(Value::null())
    }

    pub(super) fn feed(&mut self, request: View<'_>) -> Answer {
        let decoder = self.0.get_mut(&id(request)?).ok_or("no such decoder")?;
        let data = engine::message(member(request, "data")?)?;
        decoder.bytes.extend_from_slice(data.as_bytes());
        let packets: Vec<Value> = std::iter::from_fn(|| decoder.next().map(engine::to_value))
            .collect::<Result<_, Fault>>()?;
        Value::array(packets).map_err(|e| e.to_string())
    }
}

#[derive(Debug, Default)]
struct Decoder {
    max: f64,
    bytes: Vec<u8>,
    /// After an error the stream cannot be understood any more.
    failed: bool,
}

impl Decoder {
    /// The next packet that is complete.
    fn next(&mut self) -> Option<Result<Packet<'static>, Error>> {
        if self.failed {
            return None;
        }
        let (header, len) = length(&self.bytes)?;
        if len == 0 || len > LONGEST || len as f64 > self.max {
            self.failed = true;
            return Some(Err(Error::Length));
        }
        let end = usize::try_from(len).ok()?.checked_add(header)?;
        let rest = (self.bytes.len() >= end).then(|| self.bytes.split_off(end))?;
        let frame = std::mem::replace(&mut self.bytes, rest);
        let body = frame[header..].to_vec();
        Some(if frame[0] & BINARY == 0 {
            let text = String::from_utf8(body).map_err(|_| Error::Utf8);
            text.and_then(|text| Packet::decode(Message::Text(Cow::Owned(text))))
        } else {
            Packet::decode(Message::Binary(Cow::Owned(body)))
        })
    }
}

/// How long the header is, and the packet behind it; `None` while that is not known.
fn length(bytes: &[u8]) -> Option<(usize, u64)> {
    match (bytes.first()? & !BINARY, bytes) {
        (126, [_, a, b, ..]) => Some((3, u16::from_be_bytes([*a, *b]).into())),
        (127, [_, a, b, c, d, e, f, g, h, ..]) => {
            let len = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            Some((9, len))
        }
        (126 | 127, _) => None,
        (len, _) => Some((1, len.into())),
    }
}
