//! permessage-deflate: the input as the payload of a compressed message, whole and in fragments, under
//! limits, beside what flate2 makes of it by itself; and the input as a message that goes there and back.

use crate::pieces::{agree, by_chance, each, seed};
use flate2::{Decompress, FlushDecompress, Status};
use siox_testkit::{Rng, alloc::measure};
use siox_websocket::{
    Connection, Error, Event, Limits, Violation,
    deflate::{Agreed, Config},
};
use siox_wire::{Input, Instant, Message};
use std::sync::Arc;

const NOW: Instant = Instant::EPOCH;
/// What a connection may hold beside the message: the inflater, mostly.
const BESIDE: usize = 64 * 1024;
const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const BINARY: u8 = 2;
/// What a sender strips from a message (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// What the target does with one input.
///
/// # Panics
/// When the connection breaks a rule.
pub fn fuzz(bytes: &[u8]) {
    let mut rng = Rng::new(seed(bytes));
    let limit = [0, 300, 4096, 1 << 20][rng.index(4)];
    for takeover in [false, true] {
        let whole = received(frame(FIN | RSV1 | BINARY, bytes), limit, takeover);
        if !takeover {
            compare(bytes, limit, &whole);
        }
        let cut = received(fragments(&by_chance(bytes, &mut rng)), limit, takeover);
        // A fragment more is a final block more that may come; nothing else depends on them.
        assert!(
            whole.is_err() || cut == whole,
            "{whole:?} in fragments {cut:?}"
        );
    }
    round_trip(bytes, &mut rng);
}

/// What flate2 alone says of a compressed message.
#[derive(Debug, PartialEq)]
enum Said {
    Message(Vec<u8>),
    TooBig,
    Bad,
    /// A block that ends the stream, with more behind it: a matter of ours.
    Restarts,
}

fn flate2_says(payload: &[u8], limit: usize) -> Said {
    if payload.is_empty() {
        return Said::Message(Vec::new());
    }
    let mut z = Decompress::new(false);
    let mut out = Vec::with_capacity(limit + 1);
    let status = z.decompress_vec(payload, &mut out, FlushDecompress::Sync);
    if out.len() > limit {
        return Said::TooBig;
    }
    let is_all = z.total_in() == payload.len() as u64;
    match status {
        Err(_) => return Said::Bad,
        Ok(Status::StreamEnd) if is_all => return Said::Message(out),
        Ok(Status::StreamEnd) => return Said::Restarts,
        Ok(_) if !is_all => return Said::Bad,
        Ok(_) => {}
    }
    // It must stand between two blocks: the tail is one, a final block another.
    for (more, ended) in [(&TAIL[..], false), (&[1, 0, 0, 0xff, 0xff], true)] {
        let (taken, mut none) = (z.total_in(), [0; 8]);
        let made = z.total_out();
        let status = z.decompress(more, &mut none, FlushDecompress::Sync);
        let is_whole = z.total_in() - taken == more.len() as u64 && z.total_out() == made;
        if !is_whole || status.map_or(true, |s| (s == Status::StreamEnd) != ended) {
            return Said::Bad;
        }
    }
    Said::Message(out)
}

fn compare(payload: &[u8], limit: usize, ours: &Result<Vec<Vec<u8>>, Error>) {
    let expected = match flate2_says(payload, limit) {
        Said::Message(message) => Ok(vec![message]),
        Said::TooBig => Err(Error::TooBig { limit }),
        Said::Bad => Err(Violation::Deflate.into()),
        Said::Restarts => return,
    };
    // Beyond this no compressed payload is looked at.
    if payload.len() > 2 * limit + BESIDE {
        assert_eq!(*ours, Err(Error::TooBig { limit }));
        return;
    }
    assert_eq!(*ours, expected);
}

/// The messages that a server gets from `wire`, the same in every cutting, and never more than it may hold.
fn received(wire: Vec<u8>, limit: usize, takeover: bool) -> Result<Vec<Vec<u8>>, Error> {
    let told = agree(&wire, |pieces| {
        let mut connection = server(limit, takeover);
        let (mut messages, mut result) = (Vec::new(), Ok(()));
        each(pieces, |piece| {
            let told = feed(&mut connection, piece, |message| {
                messages.push(message.to_vec())
            });
            if result.is_err() {
                assert_eq!(told, result, "an error is for good");
            }
            result = told;
        });
        result.map(|()| messages)
    });
    let (mut connection, mut wire) = (server(limit, takeover), wire);
    let (_, usage) = measure(|| {
        for piece in wire.chunks_mut(1000) {
            let _ = feed(&mut connection, piece, |_| {});
        }
    });
    let most = (limit + BESIDE).cast_signed();
    assert!(usage.peak <= most, "held {} of {most}", usage.peak);
    if let Ok(messages) = &told {
        assert!(messages.iter().all(|message| message.len() <= limit));
    }
    told
}

/// Two messages through a pair of ours, either way.
fn round_trip(message: &[u8], rng: &mut Rng) {
    let takeover = rng.chance(500);
    let config = Config {
        level: rng.index(10) as u8,
        threshold: [0, 0, 100][rng.index(3)],
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: 9 + rng.index(7) as u8,
        client_max_window_bits: 9 + rng.index(7) as u8,
    };
    let agreed = Agreed {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: Some(config.server_max_window_bits),
        client_max_window_bits: Some(config.client_max_window_bits),
    };
    let limits = Arc::new(Limits::default());
    let mut server = Connection::server(limits.clone()).with_deflate(&agreed, &config);
    let mut client = Connection::client(limits, [7; 32]).with_deflate(&agreed, &config);
    for _ in 0..2 {
        carry(&mut server, &mut client, message);
        carry(&mut client, &mut server, message);
    }
}

fn carry(from: &mut Connection, to: &mut Connection, message: &[u8]) {
    from.binary(message.to_vec().into()).expect("nothing waits");
    let mut wire: Vec<u8> = from.poll_transmit().flatten().copied().collect();
    from.handle_written(wire.len());
    let mut messages = Vec::new();
    for piece in wire.chunks_mut(700) {
        let told = feed(to, piece, |message| messages.push(message.to_vec()));
        assert_eq!(told, Ok(()));
    }
    assert!(messages == [message], "another message came back");
}

fn server(limit: usize, takeover: bool) -> Connection {
    let limits = Limits {
        message: limit,
        ..Limits::default()
    };
    let agreed = Agreed {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };
    let config = Config {
        client_no_context_takeover: !takeover,
        ..Config::default()
    };
    Connection::server(Arc::new(limits)).with_deflate(&agreed, &config)
}

fn feed(
    connection: &mut Connection,
    piece: &mut [u8],
    mut message: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let mut input = Input::new(NOW, piece);
    while let Some(event) = connection.handle_input(&mut input)? {
        match event {
            Event::Message(Message::Binary(bytes)) => message(&bytes),
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}

/// A client's frame, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend((n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 | 127);
            out.extend((n as u64).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend(payload);
    out
}

fn fragments(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = frame(RSV1 | BINARY, b"");
    for piece in pieces {
        out.extend(frame(0, piece));
    }
    out.extend(frame(FIN, b""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The payloads of RFC 7692, section 7.2.3, and some that are none.
    const SEEDS: [&[u8]; 8] = [
        b"",
        b"\xf2\x48\xcd\xc9\xc9\x07\x00",
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        b"\xf2\x00\x11\x00\x00",
        b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
        b"\x07",
        b"\x00\x05\x00\x00\x00",
    ];

    #[test]
    fn the_seeds_pass() {
        for seed in SEEDS {
            fuzz(seed);
        }
        let mut bytes = [0; 300];
        for n in 0..300 {
            Rng::new(n).fill(&mut bytes);
            fuzz(&bytes);
        }
    }

    #[test]
    fn the_target_sees_what_it_should() {
        assert_eq!(flate2_says(SEEDS[1], 5), Said::Message(b"Hello".to_vec()));
        assert_eq!(flate2_says(SEEDS[1], 4), Said::TooBig);
        assert_eq!(flate2_says(b"\x07", 5), Said::Bad);
        let wire = frame(FIN | RSV1 | BINARY, SEEDS[1]);
        assert_eq!(received(wire, 5, false), Ok(vec![b"Hello".to_vec()]));
    }
}
