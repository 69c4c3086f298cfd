//! What a hostile peer does with compression: bombs, bad blocks, bits where none belong.
#![cfg(feature = "deflate")]

mod common;

use common::*;
use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;
use siox_testkit::{
    alloc::{CountingAllocator, measure},
    split::oracle,
};
use siox_websocket::{
    CloseCode, Connection, Error, Event, Limits, Violation,
    deflate::{Agreed, Codec, Config},
    frame::Role,
};
use siox_wire::{Input, Instant, Message};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const RSV1: u8 = 0x40;

fn terms(takeover: bool) -> Agreed {
    Agreed {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: None,
        client_max_window_bits: None,
    }
}

fn deflated(role: Role, limits: &Limits, takeover: bool) -> Connection {
    let config = Config {
        threshold: 0,
        client_no_context_takeover: !takeover,
        ..Config::default()
    };
    connection(role, limits).with_deflate(&terms(takeover), &config)
}

fn pack(message: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(9), false);
    let mut out = Vec::with_capacity(message.len() + 1000);
    z.compress_vec(message, &mut out, FlushCompress::Sync)
        .unwrap();
    out.truncate(out.len() - 4);
    out
}

/// The outcome for a server, the same in every cutting.
fn outcome(bytes: &[u8], limit: usize, takeover: bool) -> Outcome {
    let limits = Limits {
        message: limit,
        ..Limits::default()
    };
    oracle(bytes, |pieces| {
        run(deflated(Role::Server, &limits, takeover), pieces)
    })
}

fn closed_with(outcome: &Outcome) -> u16 {
    let (first, payload) = outcome.frames.last().unwrap();
    assert_eq!(*first, FIN | CLOSE);
    u16::from_be_bytes([payload[0], payload[1]])
}

#[test]
fn the_bit_only_where_a_message_begins_and_only_when_agreed() {
    let hello = pack(b"Hello");
    let table = [
        masked(FIN | RSV1 | PING, b""),
        masked(FIN | RSV1 | PONG, b""),
        masked(FIN | RSV1 | CLOSE, b""),
        masked(FIN | RSV1 | CONTINUATION, b""),
        [
            masked(RSV1 | TEXT, &hello),
            masked(FIN | RSV1 | CONTINUATION, b""),
        ]
        .concat(),
        [
            masked(TEXT, b"x"),
            masked(FIN | RSV1 | CONTINUATION, &hello),
        ]
        .concat(),
        masked(FIN | 0x20 | TEXT, &hello),
        masked(FIN | RSV1 | 0x10 | TEXT, &hello),
    ];
    for bytes in table {
        let outcome = outcome(&bytes, 100, true);
        assert_eq!(outcome.error, Some(Violation::ReservedBits.into()));
        assert_eq!((closed_with(&outcome), outcome.events.len()), (1002, 0));
    }
    let bytes = masked(FIN | RSV1 | TEXT, &hello);
    let plain = oracle(&bytes, |pieces| run(server(&Limits::default()), pieces));
    assert_eq!(plain.error, Some(Violation::ReservedBits.into()));
}

#[test]
fn data_that_is_no_whole_stream() {
    let message = b"Hello, hello, hello, World; hello, hello, hello";
    let good = pack(message);
    let garbage = |tail: &[u8]| [&good[..], tail].concat();
    let certain: [(&str, Vec<u8>); 9] = [
        ("block type 3", vec![0b111]),
        (
            "stored lengths disagree",
            vec![0, 5, 0, 0, 0, 1, 2, 3, 4, 5],
        ),
        (
            "distance beyond the window",
            vec![0xf2, 0x00, 0x11, 0x00, 0x00],
        ),
        ("stored block cut short", vec![0, 9, 0, 0xf6, 0xff, 1, 2]),
        ("bytes behind", garbage(b"\xff\xff\xff")),
        ("a tail left on, and more", garbage(b"\x00\x00\xff\xff\x07")),
        (
            "behind a final block",
            vec![0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x07],
        ),
        (
            "two final blocks in a frame",
            vec![0x03, 0x00, 0x03, 0x00, 0x00],
        ),
        ("noise", vec![0xde, 0xad, 0xbe, 0xef, 0xff, 0xff]),
    ];
    for takeover in [false, true] {
        for (what, payload) in &certain {
            let outcome = outcome(&masked(FIN | RSV1 | BINARY, payload), 1000, takeover);
            assert_eq!(outcome.error, Some(Violation::Deflate.into()), "{what}");
            assert_eq!((closed_with(&outcome), outcome.events.len()), (1007, 0));
        }
    }
    // Cut anywhere, it is not a message; with takeover only the next one may tell.
    for cut in 1..good.len() {
        let outcome = outcome(&masked(FIN | RSV1 | BINARY, &good[..cut]), 1000, false);
        assert_eq!(outcome.error, Some(Violation::Deflate.into()), "{cut}");
    }
    assert_eq!(
        Error::from(Violation::Deflate).close_code(),
        CloseCode::INVALID_PAYLOAD
    );
}

#[test]
fn text_is_judged_as_inflated() {
    let bad = [b"fine, fine, fine, ".as_slice(), &[0xff], &[b'x'; 500]].concat();
    let cut = "naïve €".as_bytes();
    for (message, limit) in [
        (&bad[..], 1000),
        (&bad[..], 100),
        (&cut[..cut.len() - 1], 100),
    ] {
        let outcome = outcome(&masked(FIN | RSV1 | TEXT, &pack(message)), limit, false);
        assert_eq!(outcome.error, Some(Violation::InvalidUtf8.into()));
        assert_eq!(closed_with(&outcome), 1007);
    }
    let bytes = masked(FIN | RSV1 | BINARY, &pack(&bad));
    assert_eq!(outcome(&bytes, 1000, false).events, [binary(&bad)]);
}

#[test]
fn the_limit_is_that_of_the_inflated_message() {
    let message = vec![b'x'; 5000];
    let packed = pack(&message);
    for takeover in [false, true] {
        let bytes = masked(FIN | RSV1 | TEXT, &packed);
        assert_eq!(outcome(&bytes, 5000, takeover).error, None);
        for limit in [4999, 100, 1, 0] {
            let got = outcome(&bytes, limit, takeover);
            assert_eq!(got.error, Some(Error::TooBig { limit }));
            assert_eq!((closed_with(&got), got.events.len()), (1009, 0));
        }
    }
    // Across fragments.
    let (a, b) = packed.split_at(packed.len() / 2);
    let bytes = [masked(RSV1 | TEXT, a), masked(FIN, b)].concat();
    assert_eq!(outcome(&bytes, 5000, false).error, None);
    let limit = 4999;
    assert_eq!(
        outcome(&bytes, limit, false).error,
        Some(Error::TooBig { limit })
    );
    // What does not compress is a little longer than itself.
    let noise: Vec<u8> = (0..3000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let stored: Vec<u8> = noise
        .chunks(10)
        .flat_map(|chunk| [&[0, 10, 0, 0xf5, 0xff], chunk].concat())
        .chain([0])
        .collect();
    let got = outcome(&masked(FIN | RSV1 | BINARY, &stored), 3000, false);
    assert_eq!(got.events, [binary(&noise)]);
    // A length that no stream of such a message needs is refused by the head.
    let mut head = masked(FIN | RSV1 | BINARY, &vec![0; 3 << 16]);
    head.truncate(14);
    let limit = 100;
    assert_eq!(
        outcome(&head, limit, false).error,
        Some(Error::TooBig { limit })
    );
}

/// Feeds in place, so that nothing but the machine allocates.
fn feed_all(machine: &mut Connection, bytes: &mut [u8], piece: usize) -> Result<usize, Error> {
    let mut n = 0;
    for piece in bytes.chunks_mut(piece) {
        let mut input = Input::new(Instant::EPOCH, piece);
        while machine.handle_input(&mut input)?.is_some() {
            n += 1;
        }
    }
    Ok(n)
}

#[test]
fn a_bomb_costs_no_more_than_the_limit_and_an_inflater() {
    let limit = 1 << 20;
    let limits = Limits {
        message: limit,
        ..Limits::default()
    };
    let bomb = pack(&vec![0; 64 << 20]);
    println!("a bomb of {} bytes", bomb.len());
    let whole = masked(FIN | RSV1 | BINARY, &bomb);
    let fragments: Vec<u8> = bomb
        .chunks(1000)
        .enumerate()
        .flat_map(|(i, part)| masked(if i == 0 { RSV1 | BINARY } else { 0 }, part))
        .collect();
    for takeover in [false, true] {
        for (bytes, piece) in [(&whole, usize::MAX), (&whole, 500), (&fragments, 4096)] {
            let mut machine = deflated(Role::Server, &limits, takeover);
            let mut bytes = bytes.clone();
            let (result, usage) = measure(|| feed_all(&mut machine, &mut bytes, piece));
            println!("peak {}", usage.peak - limit as isize);
            assert_eq!(result, Err(Error::TooBig { limit }));
            assert!(usage.peak <= limit as isize + 64 * 1024, "{}", usage.peak);
            assert!(usage.kept < 200, "the codec is dropped: {}", usage.kept);
        }
    }
}

#[test]
fn empty_blocks_and_final_blocks_cost_what_they_are() {
    let limits = Limits::default();
    let mut machine = deflated(Role::Server, &limits, true);
    let mut bytes = masked(RSV1 | BINARY, &[0, 0, 0, 0xff, 0xff].repeat(100_000));
    let (result, usage) = measure(|| feed_all(&mut machine, &mut bytes, 65_536));
    assert_eq!(result, Ok(0));
    assert!(usage.peak < 64 * 1024, "{}", usage.peak);
    // One final block a frame.
    let mut bytes = [masked(0, &[0x03, 0x00]).repeat(1000), masked(FIN, b"")].concat();
    assert_eq!(feed_all(&mut machine, &mut bytes, 100), Ok(1));
}

#[test]
fn an_idle_connection_without_takeover_holds_no_codec() {
    let limits = Limits::default();
    for role in [Role::Server, Role::Client] {
        let is_server = role == Role::Server;
        let mut pool: Option<Box<Codec>> = None;
        for lends in [false, true] {
            let mut machine = deflated(role, &limits, false);
            let message = frame(FIN | RSV1 | TEXT, &pack(&[b'x'; 3000]), is_server);
            let (half, rest) = message.split_at(message.len() / 2);
            let (half, rest) = (&mut half.to_vec(), &mut rest.to_vec());
            let turn =
                |machine: &mut Connection, pool: &mut Option<Box<Codec>>, bytes: &mut [u8]| {
                    if lends {
                        machine.lend_codec(pool);
                    }
                    let n = feed_all(machine, bytes, usize::MAX).unwrap();
                    machine.text(&"y".repeat(2000)).unwrap();
                    machine.handle_written(machine.queued());
                    if lends {
                        machine.release_codec(pool);
                    }
                    n
                };
            if lends {
                // Fills the pool, which then has no reason to grow.
                assert_eq!(turn(&mut machine, &mut pool, &mut message.clone()), 1);
                assert!(pool.is_some());
            }
            let (n, usage) = measure(|| turn(&mut machine, &mut pool, &mut message.clone()));
            println!("{role:?}, lends {lends}: peak {}", usage.peak);
            assert_eq!((n, usage.kept), (1, 0));
            assert_eq!(lends, usage.peak < 16 * 1024, "{}", usage.peak);
            // In the middle of a message the inflater stays, and goes with its end.
            let (_, first) = measure(|| turn(&mut machine, &mut pool, half));
            let (n, second) = measure(|| turn(&mut machine, &mut pool, rest));
            assert_eq!((n, first.kept + second.kept), (1, 0));
        }
    }
}

#[test]
fn what_a_codec_weighs() {
    let limits = Limits::default();
    let mut machine = deflated(Role::Server, &limits, true);
    let mut message = masked(FIN | RSV1 | TEXT, &pack(&[b'x'; 3000]));
    let (_, inflater) = measure(|| feed_all(&mut machine, &mut message, usize::MAX));
    let (_, deflater) = measure(|| {
        machine.text(&"y".repeat(2000)).unwrap();
        machine.handle_written(machine.queued());
    });
    println!("inflater {}, compressor {}", inflater.kept, deflater.kept);
    assert!(inflater.kept < 64 * 1024 && deflater.kept < 400 * 1024);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any stream of frames, good or bad, compressed or not, comes out the same in every cutting.
    #[test]
    fn streams(
        list in proptest::collection::vec((any_frame(), 0u8..4), 1..8),
        is_server in any::<bool>(),
        takeover in any::<bool>(),
        damage in prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let role = if is_server { Role::Server } else { Role::Client };
        let limits = Limits { message: 700, fragments: 4, ..Limits::default() };
        let mut bytes: Vec<u8> = list
            .iter()
            .flat_map(|((first, payload, _), packs)| match packs {
                0 => frame(*first, payload, is_server),
                _ if first & 0x0f == 0 || first & 8 != 0 => frame(*first, payload, is_server),
                1 => frame(*first | RSV1, payload, is_server),
                _ => frame(*first | RSV1, &pack(payload), is_server),
            })
            .collect();
        if let Some((at, byte)) = damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        oracle(&bytes, |pieces| run(deflated(role, &limits, takeover), pieces));
    }

    /// Noise as a compressed payload never panics and never passes the limit.
    #[test]
    fn noise(payload in proptest::collection::vec(any::<u8>(), 0..200), takeover in any::<bool>()) {
        let bytes = masked(FIN | RSV1 | BINARY, &payload);
        let outcome = outcome(&bytes, 300, takeover);
        for event in outcome.events {
            let Event::Message(Message::Binary(bytes)) = event else { unreachable!() };
            prop_assert!(bytes.len() <= 300);
        }
    }
}
