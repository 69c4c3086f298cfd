//! Compressed messages in chunks and in fragments: inflated and deflated as they come.
#![cfg(feature = "deflate")]

mod common;

use common::*;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use proptest::prelude::*;
use siox_testkit::{
    alloc::{CountingAllocator, measure},
    split::oracle,
};
use siox_websocket::{
    Connection, Error, Event, Limits, Violation,
    deflate::{Agreed, Codec, Config},
    frame::Role,
};
use siox_wire::{Input, Instant, Message, SendError};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const RSV1: u8 = 0x40;

fn deflated(role: Role, limits: &Limits, takeover: bool) -> Connection {
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
    connection(role, limits).with_deflate(&agreed, &config)
}

/// Unbounded queues and messages.
fn wide() -> Limits {
    Limits {
        message: usize::MAX,
        high_water: usize::MAX,
        hard_cap: usize::MAX,
        ..Limits::default()
    }
}

fn streaming(bytes: &[u8], limits: &Limits, takeover: bool) -> Outcome {
    oracle(bytes, |pieces| {
        run_streaming(deflated(Role::Server, limits, takeover), pieces)
    })
}

fn pack(message: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(9), false);
    let mut out = Vec::with_capacity(message.len() + 1000);
    z.compress_vec(message, &mut out, FlushCompress::Sync)
        .unwrap();
    out.truncate(out.len() - 4);
    out
}

/// One final block, and what it lacks of a byte.
fn pack_final(message: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(9), false);
    let mut out = Vec::with_capacity(message.len() + 1000);
    z.compress_vec(message, &mut out, FlushCompress::Finish)
        .unwrap();
    out
}

/// Text that compresses to about a third.
fn prose(len: usize) -> String {
    let mut x = 0x9E37_79B9_u32;
    let mut s = String::new();
    while s.len() < len {
        x = x.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
        let word = ["Wörter ", "und ", "viele ", "Zahlen: ", "€ "][(x >> 29) as usize % 5];
        s.push_str(word);
        s.push_str(&(x >> 20).to_string());
    }
    while !s.is_char_boundary(len) {
        s.insert(0, 'x');
    }
    s.truncate(len);
    s
}

#[test]
fn a_compressed_message_in_chunks() {
    let payload = prose(1500);
    let packed = pack(payload.as_bytes());
    for takeover in [false, true] {
        for cut in [0, 1, 7, packed.len() / 2, packed.len() - 1, packed.len()] {
            let (a, b) = packed.split_at(cut);
            let bytes = [
                masked(RSV1 | TEXT, a),
                masked(CONTINUATION, b""),
                masked(FIN | CONTINUATION, b),
                masked(FIN | RSV1 | BINARY, &packed),
                masked(FIN | TEXT, b"plain"),
            ]
            .concat();
            let outcome = streaming(&bytes, &Limits::default(), takeover);
            let expected = [
                text_chunk(&payload, true, true),
                binary_chunk(payload.as_bytes(), true, true),
                text_chunk("plain", true, true),
            ];
            assert_eq!((&outcome.events[..], outcome.error), (&expected[..], None));
        }
    }
}

#[test]
fn what_came_is_told_before_the_next_frame() {
    let mut z = Compress::new(Compression::new(9), false);
    let mut flushed = |message: &[u8]| {
        let mut out = Vec::with_capacity(1000);
        z.compress_vec(message, &mut out, FlushCompress::Sync)
            .unwrap();
        out
    };
    let first = flushed(b"first half, ");
    let second = flushed(b"second half");
    let bytes = [
        masked(RSV1 | TEXT, &first),
        masked(FIN | PING, b"now"),
        masked(FIN | CONTINUATION, &second[..second.len() - 4]),
    ];
    let outcome = streaming(&bytes.concat(), &Limits::default(), false);
    let expected = [
        text_chunk("first half, ", true, false),
        ping(b"now"),
        text_chunk("second half", false, true),
    ];
    assert_eq!((&outcome.events[..], outcome.error), (&expected[..], None));
}

#[test]
fn empty_messages_and_empty_frames() {
    let bytes = [
        masked(FIN | RSV1 | TEXT, &[0]),
        masked(FIN | RSV1 | TEXT, b""),
        masked(RSV1 | TEXT, b""),
        masked(FIN, &pack(b"Hello")),
        masked(RSV1 | BINARY, &pack(b"Hello")),
        masked(FIN, b""),
    ];
    let outcome = streaming(&bytes.concat(), &Limits::default(), true);
    let expected = [
        text_chunk("", true, true),
        text_chunk("", true, true),
        text_chunk("Hello", true, true),
        binary_chunk(b"Hello", true, false),
        binary_chunk(b"", false, true),
    ];
    let events: Vec<_> = outcome.events;
    // Where the last bytes of a payload end, and whether the end comes with them, is one thing to the
    // merged view.
    let expected = merged(expected.to_vec());
    assert_eq!((events, outcome.error), (expected, None));
}

#[test]
fn a_final_block_may_be_referred_across() {
    // Three streams, each with BFINAL, more than a window apart; the second and third begin with a
    // dictionary, which the codec of the test does not use, but the reader must keep.
    let (a, b) = (prose(50_000), prose(40_000));
    let bytes = [
        masked(RSV1 | TEXT, &pack_final(a.as_bytes())),
        masked(CONTINUATION, &pack_final(b.as_bytes())),
        // A match over 10 bytes, 20 back, right at the beginning of a stream: from the frame before.
        masked(CONTINUATION, &back_reference(b.as_bytes())),
        masked(FIN | CONTINUATION, &pack(b"end")),
    ]
    .concat();
    let pieces: [Vec<&[u8]>; 3] = [
        vec![&bytes],
        bytes.chunks(1).collect(),
        bytes.chunks(1000).collect(),
    ];
    let kept = run(deflated(Role::Server, &wide(), false), &pieces[0]);
    assert_eq!((kept.error, kept.events.len()), (None, 1));
    for pieces in &pieces {
        let outcome = run_streaming(deflated(Role::Server, &wide(), false), pieces);
        assert_eq!(outcome.error, None);
        let told: Vec<_> = whole(outcome.events).into_iter().flatten().collect();
        assert!(told == kept.events);
    }
}

/// A stream of its own that repeats what lies behind a dictionary: `dictionary`'s last 20,000 bytes.
fn back_reference(dictionary: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(9), false);
    z.set_dictionary(&dictionary[dictionary.len() - (32 << 10)..])
        .unwrap();
    let again = &dictionary[dictionary.len() - 30_000..][..20_000];
    let mut out = Vec::with_capacity(30_000);
    z.compress_vec(again, &mut out, FlushCompress::Finish)
        .unwrap();
    assert!(out.len() < 2000, "{} bytes", out.len());
    out
}

#[test]
fn what_is_bad_fails_behind_what_was_good() {
    let good = pack(b"Hello, World");
    let deflate = Error::Protocol(Violation::Deflate);
    let told = [text_chunk("Hello, World", true, false)];
    for (tail, error) in [(&b"\xff\xff\xff"[..], deflate), (b"\x07", deflate)] {
        let bytes = masked(FIN | RSV1 | TEXT, &[&good[..], tail].concat());
        let outcome = streaming(&bytes, &Limits::default(), false);
        assert_eq!(
            (&outcome.events[..], outcome.error),
            (&told[..], Some(error))
        );
    }
    let invalid = Error::Protocol(Violation::InvalidUtf8);
    let bytes = masked(FIN | RSV1 | TEXT, &pack(b"Hello, World\xffmore"));
    let outcome = streaming(&bytes, &Limits::default(), false);
    assert_eq!(
        (&outcome.events[..], outcome.error),
        (&told[..], Some(invalid))
    );
    let bytes = masked(FIN | RSV1 | TEXT, &pack(b"Hello, World\xe2\x82"));
    let outcome = streaming(&bytes, &Limits::default(), false);
    assert_eq!(
        (&outcome.events[..], outcome.error),
        (&told[..], Some(invalid))
    );
}

#[test]
fn the_limit_holds_on_what_is_inflated() {
    let payload = prose(5000);
    let bytes = masked(FIN | RSV1 | TEXT, &pack(payload.as_bytes()));
    for (limit, error) in [
        (5000, None),
        (4999, Some(Error::TooBig { limit: 4999 })),
        (1, Some(Error::TooBig { limit: 1 })),
    ] {
        let limits = Limits {
            message: 0,
            streamed_message: limit,
            ..Limits::default()
        };
        let outcome = streaming(&bytes, &limits, false);
        assert_eq!(outcome.error, error);
        let told = &payload[..limit as usize];
        assert_eq!(outcome.events, [text_chunk(told, true, error.is_none())]);
    }
    // Nor may more come than could ever fit.
    let limits = Limits {
        streamed_message: 10,
        ..Limits::default()
    };
    let empty_blocks = [0, 0, 0, 0xff, 0xff].repeat(14_000);
    let bytes = masked(FIN | RSV1 | BINARY, &empty_blocks);
    let outcome = run_streaming(deflated(Role::Server, &limits, false), &[&bytes]);
    assert_eq!(outcome.error, Some(Error::TooBig { limit: 10 }));
}

/// 1:1000: what is held does not follow what is inflated, nor is any of it lost between two turns.
#[test]
fn a_bomb_is_told_in_small_chunks() {
    for (len, piece) in [(2 << 20, 1), (2 << 20, 100), (32 << 20, usize::MAX)] {
        let bytes = masked(FIN | RSV1 | BINARY, &pack(&vec![7; len]));
        assert!(bytes.len() * 900 < len);
        let mut machine = deflated(Role::Server, &Limits::default(), false);
        machine.set_streaming(true);
        let mut pool = Some(Box::new(Codec::default()));
        let mut told = 0;
        let mut copy = bytes.clone();
        let ((), usage) = measure(|| {
            for piece in copy.chunks_mut(piece) {
                let mut input = Input::new(Instant::EPOCH, piece);
                // Each chunk in a turn of its own: a caller may stop behind any.
                loop {
                    machine.lend_codec(&mut pool);
                    let event = machine.handle_input(&mut input).unwrap();
                    machine.release_codec(&mut pool);
                    let Some(Event::Chunk(chunk)) = event else {
                        break;
                    };
                    let n = chunk.data.as_bytes().len();
                    assert!(n <= 64 * 1024);
                    told += n;
                    if chunk.last {
                        break;
                    }
                    assert!(n < 16 * 1024 || !input.is_empty());
                }
                assert!(input.is_empty());
            }
        });
        assert_eq!(told, len);
        let codec = 64 * 1024;
        assert!(usage.peak <= 128 * 1024 + codec, "{usage:?}");
    }
}

#[test]
fn the_window_of_a_message_in_pieces_is_bounded() {
    let payload = prose(1 << 20);
    let mut bytes = masked(FIN | RSV1 | TEXT, &pack(payload.as_bytes()));
    let mut machine = deflated(Role::Server, &Limits::default(), true);
    machine.set_streaming(true);
    let (n, usage) = measure(|| {
        let mut n = 0;
        for piece in bytes.chunks_mut(5000) {
            let mut input = Input::new(Instant::EPOCH, piece);
            while let Some(event) = machine.handle_input(&mut input).unwrap() {
                if let Event::Chunk(chunk) = event {
                    n += chunk.data.as_bytes().len();
                }
            }
        }
        n
    });
    assert_eq!(n, payload.len());
    assert!(usage.peak <= (128 + 64) * 1024, "{usage:?}");
    assert!(
        usage.kept <= 64 * 1024,
        "only the codec's own window: {usage:?}"
    );
}

#[test]
fn a_message_is_deflated_as_it_is_written() {
    let parts = [prose(5000), String::new(), prose(70_000), "é".into()];
    let payload = parts.concat();
    for takeover in [false, true] {
        for last in [0, 2] {
            for role in [Role::Server, Role::Client] {
                let mut machine = deflated(role, &wide(), takeover);
                let mut z = Decompress::new(false);
                for _ in 0..2 {
                    machine.begin_text().unwrap();
                    for part in &parts {
                        machine.write(part.as_bytes()).unwrap();
                    }
                    machine.finish(&b"!!"[..last]).unwrap();
                    let sent = frames(&drain(&mut machine));
                    let firsts: Vec<u8> = sent.iter().map(|f| f.0).collect();
                    assert_eq!(firsts, [RSV1 | TEXT, 0, 0, FIN]);
                    let mut inflated = Vec::with_capacity(payload.len() + 100);
                    let mut fragments: Vec<_> = sent.into_iter().map(|f| f.1).collect();
                    fragments.last_mut().unwrap().extend([0, 0, 0xff, 0xff]);
                    let ends = [
                        parts[0].len(),
                        parts[0].len() + parts[2].len(),
                        payload.len(),
                    ];
                    for (i, fragment) in fragments.iter().enumerate() {
                        z.decompress_vec(fragment, &mut inflated, FlushDecompress::Sync)
                            .unwrap();
                        // All of a fragment can be read when it is there.
                        let end = ends.get(i).copied();
                        assert_eq!(inflated.len(), end.unwrap_or(payload.len() + last));
                    }
                    let expected = [payload.as_bytes(), &b"!!"[..last]].concat();
                    assert!(inflated == expected);
                    if !takeover {
                        z.reset(false);
                    }
                }
            }
        }
    }
}

#[test]
fn fragments_and_whole_messages_share_one_window() {
    let text = prose(2000);
    for takeover in [false, true] {
        let mut from = deflated(Role::Server, &wide(), takeover);
        let mut to = deflated(Role::Client, &wide(), takeover);
        to.set_streaming(true);
        let mut events = Vec::new();
        let mut pool = None;
        for round in 0..4 {
            from.lend_codec(&mut pool);
            from.text(&text).unwrap();
            from.begin_text().unwrap();
            from.write(text.as_bytes()).unwrap();
            from.release_codec(&mut pool);
            // What others do with the pool in the meantime is nothing to a message that has begun.
            let mut other = deflated(Role::Server, &wide(), takeover);
            other.lend_codec(&mut pool);
            other.text(&prose(3000)).unwrap();
            other.release_codec(&mut pool);
            if round % 2 == 0 {
                from.lend_codec(&mut pool);
            }
            from.write(text.as_bytes()).unwrap();
            from.finish(b"").unwrap();
            from.release_codec(&mut pool);
            for piece in drain(&mut from).chunks(700) {
                feed(&mut to, Instant::EPOCH, piece, &mut events).unwrap();
            }
        }
        let told: Vec<_> = whole(events).into_iter().flatten().collect();
        let twice = text.repeat(2);
        let pair = [&text, &twice].map(|s| Event::Message(Message::Text(s.clone().into())));
        let expected: Vec<_> = pair.iter().cloned().cycle().take(8).collect();
        assert!(told == expected);
    }
}

#[test]
fn a_message_that_is_not_to_be_compressed_goes_as_it_is() {
    let mut machine = deflated(Role::Server, &wide(), false);
    machine.set_compress(false);
    machine.begin_binary().unwrap();
    // What is wanted later is for later messages.
    machine.set_compress(true);
    machine.write(&[1; 2000]).unwrap();
    machine.finish(b"").unwrap();
    let sent = frames(&drain(&mut machine));
    assert_eq!(sent, [(BINARY, vec![1; 2000]), (FIN, vec![])]);
    machine.begin_binary().unwrap();
    machine.set_compress(false);
    machine.finish(b"short").unwrap();
    let sent = frames(&drain(&mut machine));
    assert_eq!(sent[0].0, FIN | RSV1 | BINARY);
}

/// The compressor of a message that is over, or will never be, is not kept.
#[test]
fn no_compressor_is_left_behind() {
    for finished in [true, false] {
        let mut machine = deflated(Role::Server, &wide(), false);
        let ((), usage) = measure(|| {
            machine.begin_binary().unwrap();
            machine.write(&[1; 2000]).unwrap();
            match finished {
                true => machine.finish(b"").unwrap(),
                false => machine
                    .close(Instant::EPOCH, siox_websocket::CloseCode::NORMAL, "")
                    .unwrap(),
            }
            drain(&mut machine);
        });
        assert!(usage.kept <= 0, "{usage:?}");
        let closed = machine.write(b"");
        assert!(matches!(
            closed,
            Err(SendError::NotBegun | SendError::Closed)
        ));
    }
}

#[test]
fn writing_holds_a_fragment_at_most() {
    let chunk = prose(64 << 10);
    let mut machine = deflated(Role::Server, &Limits::default(), false);
    let (sent, usage) = measure(|| {
        let mut sent = 0;
        machine.begin_text().unwrap();
        for _ in 0..64 {
            machine.write(chunk.as_bytes()).unwrap();
            sent += machine.queued();
            machine.handle_written(machine.queued());
        }
        machine.finish(b"").unwrap();
        machine.handle_written(machine.queued());
        sent
    });
    assert!(sent < 64 * chunk.len() / 2);
    assert!(
        usage.peak <= (380 + 128) * 1024 && usage.kept <= 0,
        "{usage:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Good and bad compressed messages: the same in every cutting, and what the whole-message mode gives.
    #[test]
    fn chunks_are_the_message(
        list in proptest::collection::vec((any::<bool>(), ".{0,40}", 0usize..4, any::<u16>(), any::<bool>()), 1..5),
        noise in proptest::collection::vec(any::<u8>(), 0..3),
        takeover in any::<bool>(),
    ) {
        let mut bytes = Vec::new();
        for (is_packed, text, times, cut, is_text) in &list {
            let message = text.repeat(*times);
            let payload = if *is_packed { pack(message.as_bytes()) } else { message.clone().into_bytes() };
            let (a, b) = payload.split_at(usize::from(*cut) % (payload.len() + 1));
            let bit = if *is_packed { RSV1 } else { 0 };
            bytes.extend(masked(bit | if *is_text { TEXT } else { BINARY }, a));
            bytes.extend(masked(FIN | PING, b""));
            bytes.extend(masked(FIN, b));
        }
        bytes.extend(masked(FIN | RSV1 | TEXT, &[&pack(b"good")[..], &noise].concat()));
        let limits = Limits::default();
        let kept = run(deflated(Role::Server, &limits, takeover), &[&bytes]);
        let streamed = streaming(&bytes, &limits, takeover);
        prop_assert_eq!((kept.error, &kept.frames), (streamed.error, &streamed.frames));
        let told: Vec<_> = whole(streamed.events).into_iter().flatten().collect();
        prop_assert_eq!(kept.events, told);
    }

    #[test]
    fn noise_is_judged_the_same(noise in proptest::collection::vec(any::<u8>(), 0..60), at in 0usize..60, takeover in any::<bool>()) {
        let mut payload = pack(prose(200).as_bytes());
        let at = at.min(payload.len());
        payload.splice(at.., noise);
        let bytes = masked(FIN | RSV1 | TEXT, &payload);
        let limits = Limits::default();
        let kept = run(deflated(Role::Server, &limits, takeover), &[&bytes]);
        let streamed = streaming(&bytes, &limits, takeover);
        prop_assert_eq!(kept.error, streamed.error);
        let told: Vec<_> = whole(streamed.events).into_iter().flatten().collect();
        prop_assert_eq!(kept.events, told);
    }

    #[test]
    fn what_is_written_is_read(
        chunks in proptest::collection::vec((".{0,60}", 0usize..400), 1..6),
        takeover in any::<bool>(),
        from_server in any::<bool>(),
        piece in 1usize..3000,
    ) {
        let (a, b) = (deflated(Role::Server, &wide(), takeover), deflated(Role::Client, &wide(), takeover));
        let (mut from, to) = if from_server { (a, b) } else { (b, a) };
        let mut expected = String::new();
        from.begin_text().unwrap();
        for (text, times) in &chunks {
            let chunk = text.repeat(*times);
            from.write(chunk.as_bytes()).unwrap();
            expected.push_str(&chunk);
        }
        from.finish(b"").unwrap();
        let bytes = drain(&mut from);
        let pieces: Vec<_> = bytes.chunks(piece).collect();
        let streamed = run_streaming(to, &pieces);
        prop_assert_eq!(streamed.error, None);
        prop_assert_eq!(whole(streamed.events), [Some(text(&expected))]);
    }
}
