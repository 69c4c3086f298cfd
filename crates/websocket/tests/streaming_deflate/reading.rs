//! Compressed messages, inflated chunk by chunk.

use super::*;

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
