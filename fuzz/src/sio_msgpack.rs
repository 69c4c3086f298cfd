//! Socket.IO packets in MessagePack: into the parser, against rmpv, and out again.
//!
//! The input is one binary message.

use crate::sio_packet::{arguments, summary};
use siox_socketio::{
    Config, Decoded, Error, Header, Kind, Leniency, MAX_DEPTH, MessagePack, Parser, Value,
};
use siox_testkit::alloc::measure;
use siox_wire::{Message, Part};

/// Fewer than by default, so that an input of this size can exceed it.
const PARSER: MessagePack = MessagePack {
    max_binary: 64,
    revision4: false,
};
/// The same for clients of 2.x.
const OLD: MessagePack = MessagePack {
    revision4: true,
    ..PARSER
};

/// What the target does with one input.
///
/// # Panics
/// When the parser breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let strict = holds_little(bytes, Leniency::STRICT);
    let compatible = holds_little(bytes, Leniency::compatible());
    of_clients_of_2(bytes, &strict);
    let Ok(packet) = strict else {
        if let Ok(packet) = compatible {
            look_at(&packet);
        }
        return;
    };
    let same = compatible.as_ref().map(summary);
    assert_eq!(same, Ok(summary(&packet)), "a leniency changes no meaning");
    like_rmpv(bytes);
    look_at(&packet);
    let half = bytes.len() / 2;
    for cut in [0, half, bytes.len().saturating_sub(1)] {
        let cut = decode(&bytes[..cut], Leniency::STRICT);
        assert!(cut.is_err(), "a part of a packet is none");
    }
    let more = [bytes, &[0xc0]].concat();
    let more = decode(&more, Leniency::STRICT);
    assert_eq!(more, Err(Error::TrailingBytes { at: bytes.len() }));
    again(&packet);
}

/// Their parser reads more, and all else alike; of text, only packets without values.
fn of_clients_of_2(bytes: &[u8], strict: &Result<Decoded<'static>, Error>) {
    let config = Config::default();
    let old = OLD.decode(Message::from(bytes), &config);
    match (strict, &old) {
        (Ok(packet), Ok(old)) => assert_eq!(summary(packet), summary(old.packet())),
        (Ok(packet), Err(error)) => panic!("{packet:?}: {error:?}"),
        (Err(_), Ok(old)) => look_at(old.packet()),
        (Err(_), Err(_)) => {}
    }
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if let Ok(parsed) = OLD.decode(Message::from(text), &config) {
        let packet = parsed.packet();
        assert!(matches!(
            packet,
            Decoded::Connect { payload: None, .. } | Decoded::Disconnect { .. }
        ));
    }
}

fn decode(bytes: &[u8], leniency: Leniency) -> Result<Decoded<'static>, Error> {
    let config = Config {
        leniency,
        ..Config::default()
    };
    let parsed = PARSER.decode(Message::from(bytes), &config)?;
    assert_eq!(parsed.attachments(), 0, "all is in the message");
    Ok(parsed.packet().clone().into_owned())
}

/// A packet takes at most six bytes of text for each of the message's, as much again while the text grows,
/// the copy that is made here, and the binary values' own.
fn holds_little(bytes: &[u8], leniency: Leniency) -> Result<Decoded<'static>, Error> {
    let (decoded, usage) = measure(|| decode(bytes, leniency));
    let allowed = 24 * bytes.len() + 64 * 512 + 16 * 1024;
    let peak = usage.peak;
    assert!(
        usize::try_from(peak).unwrap_or(0) <= allowed,
        "held {peak} bytes after {}",
        bytes.len()
    );
    decoded
}

fn look_at(decoded: &Decoded<'_>) {
    match decoded {
        Decoded::Event { packet, .. } | Decoded::Ack { packet, .. } => {
            arguments(packet);
            let json = serde_json::from_str::<serde::de::IgnoredAny>(packet.args());
            assert!(json.is_ok(), "{}", packet.args());
        }
        Decoded::Connect {
            payload: Some(payload),
            ..
        }
        | Decoded::ConnectError { payload, .. } => {
            let _: Value = payload.to_value();
        }
        Decoded::Connect { payload: None, .. } | Decoded::Disconnect { .. } => {}
    }
}

/// What is taken is MessagePack to the oracle too, all of it.
fn like_rmpv(bytes: &[u8]) {
    let mut rest = bytes;
    let value = rmpv::decode::read_value_ref_with_max_depth(&mut rest, 4 * MAX_DEPTH);
    assert!(value.is_ok(), "rmpv refuses {bytes:02x?}: {value:?}");
    assert!(rest.is_empty());
}

/// A packet that was written is read, and written as the same bytes again.
fn again(decoded: &Decoded<'_>) {
    let (kind, id, body, attachments) = match decoded {
        Decoded::Connect { payload, .. } => {
            let body = payload.as_ref().map_or("", |raw| raw.as_str());
            (Kind::Connect, None, body, &[][..])
        }
        Decoded::Disconnect { .. } => (Kind::Disconnect, None, "", &[][..]),
        Decoded::ConnectError { payload, .. } => {
            (Kind::ConnectError, None, payload.as_str(), &[][..])
        }
        Decoded::Event { id, packet, .. } => {
            (Kind::Event, *id, packet.args(), packet.attachments())
        }
        Decoded::Ack { id, packet, .. } => {
            (Kind::Ack, Some(*id), packet.args(), packet.attachments())
        }
    };
    let nsp = decoded.nsp();
    let header = Header { kind, nsp, id };
    let parts = PARSER
        .encode(&header, body, attachments)
        .expect("a packet that was read can be written");
    let [Part::Binary(written)] = &parts[..] else {
        panic!("{parts:?}")
    };
    let second = decode(written, Leniency::STRICT).expect("what is written can be read");
    assert_eq!(second.nsp(), nsp);
    if let (Decoded::Event { packet: first, .. }, Decoded::Event { packet, .. }) =
        (decoded, &second)
    {
        // Zero has no sign there, so a name that is a number keeps its meaning, not its form.
        assert_eq!((first.name(), first.len()), (packet.name(), packet.len()));
    }
    let (Decoded::Event { packet, .. } | Decoded::Ack { packet, .. }) = &second else {
        return;
    };
    let third = PARSER.encode(&header, packet.args(), packet.attachments());
    assert_eq!(third.as_deref(), Ok(&parts[..]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds() -> Vec<Vec<u8>> {
        let event = |data: &[u8]| [b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data", data].concat();
        let deep = |depth| event(&[&b"\x92\xa1e"[..], &vec![0x91; depth], b"\x90"].concat());
        let binary = [b"\xdc\x00\x51\xa1b", &b"\xc4\x01x".repeat(80)[..]].concat();
        let mut seeds = vec![
            b"\x82\xa4type\x00\xa3nsp\xa1/".to_vec(),
            b"\x83\xa4type\x00\xa3nsp\xa2/a\xa4data\x81\xa5token\xa3abc".to_vec(),
            b"\x82\xa4type\x01\xa3nsp\xa1/".to_vec(),
            b"\x84\xa4type\x03\xa3nsp\xa1/\xa4data\x91\xc0\xa2id\x01".to_vec(),
            event(b"\x92\x07\xcb\x3f\xf8\0\0\0\0\0\0"),
            event(b"\x94\xa1b\xc4\x02\x01\x02\xc5\x00\x01\x03\x81\xa1k\xc6\0\0\0\x00"),
            event(b"\x93\xa1x\xd4\x00\x00\xd7\x00\0\0\x01\x8d\xf4\xdc\x54\x95"),
            event(b"\x93\xa1p\x82\xac_placeholder\xc3\xa3num\x00\xc4\x01x"),
            event(b"\x93\xa1p\x83\xac_placeholder\xc3\xa3num\x00\xa1x\xc4\x01x\xc4\x01y"),
            event(b"\x92\xa1n\xcb\x80\0\0\0\0\0\0\0"),
            event(b"\x91\xcb\x80\0\0\0\0\0\0\0"),
            event(b"\x92\xa1n\xcb\x43\xe5\0\0\0\0\0\0"),
            event(b"\x92\xc0\x01"),
            event(&binary),
        ];
        seeds.extend([1, MAX_DEPTH - 3, MAX_DEPTH, 5000].map(deep));
        seeds
    }

    #[test]
    fn the_seeds_pass_cut_anywhere() {
        for seed in seeds() {
            let step = seed.len().div_ceil(100);
            for end in (0..=seed.len()).step_by(step) {
                fuzz(&seed[..end]);
            }
            fuzz(&seed);
        }
    }

    #[test]
    fn the_seeds_pass_damaged() {
        // A generator of its own, so that what fails fails again.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut draw = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap_or(0)
        };
        let seeds = seeds();
        for _ in 0..60_000 {
            let mut bytes = seeds[draw(seeds.len())].clone();
            bytes.truncate(400);
            for _ in 0..=draw(3) {
                let at = draw(bytes.len());
                bytes[at] = u8::try_from(draw(256)).unwrap_or(0);
            }
            fuzz(&bytes);
        }
    }
}
