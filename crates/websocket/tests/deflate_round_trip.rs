//! Compressed messages between two machines, and against the codec used by itself (RFC 7692 §7.2).
#![cfg(feature = "deflate")]

mod common;

use bytes::Bytes;
use common::*;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use proptest::prelude::*;
use siox_testkit::split::oracle;
use siox_websocket::{
    Connection, Event, Limits,
    deflate::{Agreed, Codec, Config, answer, offer},
    handshake::parse_extensions,
};
use siox_wire::{Admit, Instant, Lead, Message, Part, Shared, Sink, Slot};

const RSV1: u8 = 0x40;

fn agreed(server: &Config, client: &Config) -> Agreed {
    let offer = offer(client);
    answer(
        &parse_extensions(offer.as_str().as_bytes()).unwrap(),
        server,
    )
    .unwrap()
}

fn wide() -> Limits {
    Limits {
        high_water: usize::MAX,
        hard_cap: usize::MAX,
        ..Limits::default()
    }
}

/// Both ends with the same configuration.
fn pair(config: &Config) -> (Connection, Connection) {
    let agreed = agreed(config, config);
    (
        server(&wide()).with_deflate(&agreed, config),
        client(&wide()).with_deflate(&agreed, config),
    )
}

fn config(takeover: bool, threshold: usize) -> Config {
    Config {
        threshold,
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..Config::default()
    }
}

/// Moves all that is queued, `piece` bytes at a time.
fn carry(from: &mut Connection, to: &mut Connection, piece: usize) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    for piece in drain(from).chunks(piece) {
        feed(to, Instant::EPOCH, piece, &mut events).unwrap();
    }
    events
}

/// JSON-like text: compresses well, and no two seeds give the same.
fn json(len: usize, seed: usize) -> String {
    let mut s = String::new();
    let mut i = seed;
    while s.len() < len {
        s.push_str(&format!("{{\"id\":{i},\"name\":\"käse {}\"}},", i % 7));
        i += 1;
    }
    while !s.is_char_boundary(len) {
        s.insert(0, 'x');
    }
    s.truncate(len);
    s
}

fn noise(len: usize) -> Vec<u8> {
    let mut x = 0x9E37_79B9_u32;
    (0..len)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            x as u8
        })
        .collect()
}

/// Compresses by the book, with a codec of the test's own.
struct Peer {
    z: Compress,
}

impl Peer {
    fn new(bits: u8) -> Self {
        Self {
            z: Compress::new_with_window_bits(Compression::new(9), false, bits),
        }
    }

    fn pack(&mut self, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(message.len() + 1000);
        self.z
            .compress_vec(message, &mut out, FlushCompress::Sync)
            .unwrap();
        assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
        out.truncate(out.len() - 4);
        out
    }
}

/// Inflates by the book.
fn unpack(z: &mut Decompress, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 << 20);
    let payload = [payload, &[0, 0, 0xff, 0xff]].concat();
    z.decompress_vec(&payload, &mut out, FlushDecompress::Sync)
        .unwrap();
    out
}

#[test]
fn the_example_of_the_rfc() {
    let config = config(true, 0);
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let again = [0xf2, 0x00, 0x11, 0x00, 0x00];
    let stored = [0, 5, 0, 0xfa, 0xff, b'H', b'e', b'l', b'l', b'o', 0];
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    let two = [
        0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
    ];
    let bytes = [
        masked(FIN | RSV1 | TEXT, &hello),
        masked(FIN | RSV1 | TEXT, &again),
        masked(RSV1 | TEXT, &hello[..3]),
        masked(FIN | PING, b"between"),
        masked(FIN, &hello[3..]),
        masked(FIN | RSV1 | TEXT, &stored),
        masked(FIN | RSV1 | TEXT, &two),
        masked(FIN | RSV1 | TEXT, &last),
        masked(FIN | RSV1 | TEXT, &[0]),
        masked(FIN | RSV1 | TEXT, &[]),
        masked(RSV1 | TEXT, &[]),
        masked(FIN, &hello),
        masked(FIN | TEXT, b"plain"),
    ]
    .concat();
    let outcome = oracle(&bytes, |pieces| run(pair(&config).0, pieces));
    let mut expected = vec![text("Hello"); 9];
    expected[2] = ping(b"between");
    expected[7] = text("");
    expected[8] = text("");
    expected.insert(3, text("Hello"));
    expected.truncate(7);
    expected.extend([text(""), text(""), text("Hello"), text("plain")]);
    assert_eq!((outcome.error, outcome.events), (None, expected));
}

#[test]
fn sizes_in_both_takeover_modes_both_ways() {
    for takeover in [false, true] {
        for size in [
            0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072,
        ] {
            let (mut a, mut b) = pair(&config(takeover, 0));
            for round in 0..20 {
                let (s, n) = (json(size, round), noise(size));
                for (from, to) in [(0, 1), (1, 0)] {
                    let (from, to) = match from < to {
                        true => (&mut a, &mut b),
                        false => (&mut b, &mut a),
                    };
                    from.text(&s).unwrap();
                    from.binary(Bytes::from(n.clone())).unwrap();
                    let piece = [usize::MAX, 1000, 7][round % 3];
                    assert_eq!(carry(from, to, piece), [text(&s), binary(&n)], "{size}");
                }
            }
        }
    }
}

#[test]
fn takeover_pays_and_without_it_each_message_stands_alone() {
    let message = json(2000, 0);
    let sizes = |takeover| {
        let (mut a, _) = pair(&config(takeover, 0));
        let mut size = || {
            a.text(&message).unwrap();
            let frames = frames(&drain(&mut a));
            assert_eq!(frames[0].0, FIN | RSV1 | TEXT);
            frames[0].1.clone()
        };
        (size(), size())
    };
    let (first, second) = sizes(false);
    assert_eq!(first, second);
    assert!(first.len() < message.len() / 3);
    let (first, second) = sizes(true);
    assert!(
        second.len() < first.len() / 3,
        "{} {}",
        first.len(),
        second.len()
    );
}

/// Of what was compressed before nothing is left: neither a reference to it nor a trace in the bytes.
#[test]
fn without_takeover_a_message_is_what_a_new_connection_would_make_of_it() {
    for (level, bits) in (0..=9).flat_map(|level| [9, 15].map(|bits| (level, bits))) {
        let config = Config {
            level,
            server_max_window_bits: bits,
            ..config(false, 0)
        };
        let (mut a, _) = pair(&config);
        for (n, size) in [30, 3000, 1, 20_000, 700].into_iter().enumerate() {
            let message = [json(size, n), json(size, 0)].concat();
            let sent = |a: &mut Connection| {
                a.text(&message).unwrap();
                drain(a)
            };
            let bytes = sent(&mut a);
            assert_eq!(bytes, sent(&mut pair(&config).0), "{level} {bits} {size}");
            let frames = frames(&bytes);
            let (first, payload) = frames.first().unwrap();
            if first & RSV1 != 0 {
                let alone = unpack(&mut Decompress::new_with_window_bits(false, bits), payload);
                assert!(alone == message.as_bytes(), "{level} {bits} {size}");
            }
        }
    }
}

#[test]
fn what_is_not_compressed() {
    let (mut a, mut b) = pair(&config(false, 100));
    a.text(&"x".repeat(99)).unwrap();
    a.text(&"x".repeat(100)).unwrap();
    a.binary(noise(5000).into()).unwrap();
    a.ping(&[0; 120]).unwrap();
    a.set_compress(false);
    a.text(&"x".repeat(1000)).unwrap();
    a.binary(vec![0; 5000].into()).unwrap();
    a.set_compress(true);
    a.binary(vec![0; 5000].into()).unwrap();
    let bits: Vec<u8> = frames(&queued(&a)).iter().map(|f| f.0 & RSV1).collect();
    assert_eq!(bits, [0, RSV1, 0, 0, 0, 0, RSV1]);
    assert_eq!(carry(&mut a, &mut b, 10).len(), 7);

    // Told to compress with a window that the codec cannot, a client sends what it has as it is.
    let agreed = Agreed {
        client_max_window_bits: Some(8),
        ..agreed(&config(false, 0), &config(false, 0))
    };
    let mut c = client(&wide()).with_deflate(&agreed, &config(false, 0));
    c.text(&"x".repeat(1000)).unwrap();
    assert_eq!(frames(&queued(&c))[0].0, FIN | TEXT);
}

fn parts() -> Vec<Part> {
    vec![
        Part::Text(json(3000, 5).into()),
        Part::Binary(vec![9; 3000].into()),
        Part::Binary(noise(3000).into()),
        Part::Text("short".into()),
    ]
}

const LEAD: Lead = Lead {
    text: b"4",
    binary: b"",
    slot: Slot::V4,
};

fn shared_events() -> Vec<Event<'static>> {
    parts()
        .iter()
        .map(|part| match part {
            Part::Text(t) => text(&format!("4{}", std::str::from_utf8(t).unwrap())),
            Part::Binary(b) => binary(b),
        })
        .collect()
}

#[test]
fn a_shared_group_between_messages_of_ones_own() {
    for takeover in [false, true] {
        for from_server in [true, false] {
            let group = Shared::new(parts());
            for _ in 0..3 {
                let (mut a, mut b) = pair(&config(takeover, 100));
                let (from, to) = match from_server {
                    true => (&mut a, &mut b),
                    false => (&mut b, &mut a),
                };
                let own = json(2500, 5);
                let mut expected = Vec::new();
                for round in 0..4 {
                    from.text(&own).unwrap();
                    expected.push(text(&own));
                    if round != 1 {
                        from.admit(Admit::Normal).unwrap();
                        from.put_shared(&group, LEAD);
                        expected.extend(shared_events());
                    }
                }
                assert_eq!(carry(from, to, 300), expected);
            }
        }
    }
}

#[test]
fn a_group_is_compressed_once_for_all() {
    let group = Shared::new(parts());
    let run = |config: &Config| {
        let (mut a, mut b) = pair(config);
        a.put_shared(&group, LEAD);
        let run = a.poll_transmit().next().unwrap().as_ptr();
        let bits: Vec<u8> = frames(&queued(&a)).iter().map(|f| f.0 & RSV1).collect();
        assert_eq!(carry(&mut a, &mut b, 999), shared_events());
        (run, bits)
    };
    let (first, bits) = run(&config(false, 100));
    assert_eq!(bits, [RSV1, RSV1, 0, 0]);
    assert_eq!(run(&config(true, 100)).0, first);
    // A window of 4 KiB holds each of the messages; one of 512 bytes does not.
    let small = |bits| Config {
        server_max_window_bits: bits,
        ..config(false, 100)
    };
    assert_eq!(run(&small(12)).0, first);
    let (own, bits) = run(&small(9));
    assert!(own != first && bits == [RSV1, RSV1, 0, 0]);
    // All below the threshold: as for a connection without compression.
    let plain = run(&config(false, 4000));
    assert_eq!((plain.1, run(&config(true, 4000)).0), (vec![0; 4], plain.0));
}

#[test]
fn a_codec_goes_from_connection_to_connection() {
    let mut pool: Option<Box<Codec>> = None;
    let configs = [
        config(false, 0),
        config(true, 0),
        Config {
            client_no_context_takeover: true,
            ..config(true, 0)
        },
        Config {
            server_max_window_bits: 10,
            level: 9,
            ..config(false, 0)
        },
    ];
    let mut pairs: Vec<_> = configs.iter().map(pair).collect();
    for round in 0..30 {
        for (i, (a, b)) in pairs.iter_mut().enumerate() {
            let s = json(500 + 300 * i, round / 3);
            b.lend_codec(&mut pool);
            b.text(&s).unwrap();
            b.text(&s).unwrap();
            b.release_codec(&mut pool);
            // A turn in the middle of a message, too.
            let bytes = drain(b);
            let (head, tail) = bytes.split_at(bytes.len() / 3);
            let mut events = Vec::new();
            for piece in [head, tail] {
                a.lend_codec(&mut pool);
                feed(a, Instant::EPOCH, piece, &mut events).unwrap();
                a.text(&s).unwrap();
                a.release_codec(&mut pool);
            }
            assert_eq!(events, [text(&s), text(&s)]);
            assert_eq!(carry(a, b, 100), [text(&s), text(&s)]);
        }
    }
}

#[derive(Debug, Clone)]
enum Verb {
    Text(String),
    Binary(Vec<u8>),
    Shared,
    Ping,
    Compress(bool),
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        4 => (0usize..3000, 0usize..4).prop_map(|(n, seed)| Verb::Text(json(n, seed))),
        1 => (30_000usize..90_000, 0usize..4).prop_map(|(n, seed)| Verb::Text(json(n, seed))),
        2 => proptest::collection::vec(any::<u8>(), 0..300).prop_map(Verb::Binary),
        1 => (0usize..70_000).prop_map(|n| Verb::Binary(vec![n as u8; n])),
        1 => Just(Verb::Shared),
        1 => Just(Verb::Ping),
        1 => any::<bool>().prop_map(Verb::Compress),
    ]
}

fn any_config() -> impl Strategy<Value = Config> {
    (
        any::<[bool; 2]>(),
        9u8..=15,
        8u8..=15,
        prop_oneof![Just(0usize), Just(500)],
        0u8..=9,
    )
        .prop_map(|(no_takeover, server, client, threshold, level)| Config {
            level,
            threshold,
            server_no_context_takeover: no_takeover[0],
            client_no_context_takeover: no_takeover[1],
            server_max_window_bits: server,
            client_max_window_bits: client,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_in_order_whatever_was_agreed_to(
        server_config in any_config(),
        client_config in any_config(),
        verbs in proptest::collection::vec(verb(), 0..10),
        from_server in any::<bool>(),
        lends in any::<bool>(),
        piece in 1usize..3000,
    ) {
        let agreed = agreed(&server_config, &client_config);
        let mut a = server(&wide()).with_deflate(&agreed, &server_config);
        let mut b = client(&wide()).with_deflate(&agreed, &client_config);
        let (from, to) = if from_server { (&mut a, &mut b) } else { (&mut b, &mut a) };
        let (group, mut pool, mut expected) = (Shared::new(parts()), None, Vec::new());
        for verb in &verbs {
            if lends { from.lend_codec(&mut pool); }
            match verb {
                Verb::Text(s) => { from.text(s).unwrap(); expected.push(text(s)); }
                Verb::Binary(b) => { from.binary(b.clone().into()).unwrap(); expected.push(binary(b)); }
                Verb::Shared => { from.put_shared(&group, LEAD); expected.extend(shared_events()); }
                Verb::Ping => { from.ping(b"p").unwrap(); expected.push(ping(b"p")); }
                Verb::Compress(wanted) => from.set_compress(*wanted),
            }
            if lends { from.release_codec(&mut pool); }
        }
        prop_assert_eq!(carry(from, to, piece), expected);
    }

    /// A peer with a codec of its own, in fragments, whatever its window and its cuts.
    #[test]
    fn against_the_codec_itself(
        messages in proptest::collection::vec((0usize..5000, 0usize..3), 1..5),
        bits in 9u8..=15,
        takeover in any::<bool>(),
        cut in 1usize..400,
    ) {
        let config = config(takeover, 0);
        let (mut peer, mut bytes, mut expected) = (Peer::new(bits), Vec::new(), Vec::new());
        for (n, seed) in messages {
            let s = json(n + 1, seed);
            if !takeover { peer.z.reset(); }
            let packed = peer.pack(s.as_bytes());
            let count = packed.len().div_ceil(cut);
            for (i, part) in packed.chunks(cut).enumerate() {
                let first = if i == 0 { RSV1 | TEXT } else { CONTINUATION };
                let fin = if i + 1 == count { FIN } else { 0 };
                bytes.extend(masked(first | fin, part));
            }
            expected.push(text(&s));
        }
        for cut in [1, 3, 50, usize::MAX] {
            let pieces: Vec<_> = bytes.chunks(cut).collect();
            let outcome = run(pair(&config).0, &pieces);
            prop_assert_eq!((outcome.error, &outcome.events), (None, &expected));
        }
        // And what we compress, the codec itself inflates.
        let (mut a, _) = pair(&config);
        let mut z = Decompress::new(false);
        for event in &expected {
            let Event::Message(Message::Text(s)) = event else { unreachable!() };
            a.text(s).unwrap();
            for (first, payload) in frames(&drain(&mut a)) {
                let got = if first & RSV1 == 0 { payload } else {
                    if !takeover { z.reset(false); }
                    unpack(&mut z, &payload)
                };
                prop_assert_eq!(got, s.as_bytes());
            }
        }
    }
}

#[test]
fn machines_and_codecs_may_change_threads() {
    fn is_send<T: Send>() {}
    is_send::<Connection>();
    is_send::<Codec>();
}
