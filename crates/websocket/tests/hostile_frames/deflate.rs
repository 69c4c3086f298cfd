//! C1, C14 and C15 where permessage-deflate is agreed to.

use super::*;
use flate2::{Compress, Compression, FlushCompress};
use siox_websocket::deflate::{Agreed, Config};

const RSV1: u8 = 0x40;

fn agreed(role: Role, limits: &Limits, takeover: bool) -> Connection {
    let terms = Agreed {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: None,
        client_max_window_bits: None,
    };
    let config = Config {
        client_no_context_takeover: !takeover,
        ..Config::default()
    };
    connection(role, limits).with_deflate(&terms, &config)
}

/// The same attack on a connection without and with context takeover.
fn check(what: &str, attack: &[u8], error: Error, code: u16, set: impl Fn(&mut Limits)) {
    let kinds: [fn(Role, &Limits) -> Connection; 2] =
        [|r, l| agreed(r, l, false), |r, l| agreed(r, l, true)];
    for make in kinds {
        let mut row = Row::new(what, Role::Server, attack.to_vec(), error, code).with(&set);
        row.make = make;
        row.allowed = |_, limits| (limits.message + 64 * 1024).cast_signed();
        row.check();
    }
}

fn pack(message: &[u8]) -> Vec<u8> {
    let mut z = Compress::new(Compression::new(9), false);
    let mut out = Vec::with_capacity(message.len() + 1000);
    z.compress_vec(message, &mut out, FlushCompress::Sync)
        .unwrap();
    out.truncate(out.len() - 4);
    out
}

/// A compressed message in fragments of `size` bytes, not ended.
fn fragments(packed: &[u8], size: usize) -> Vec<u8> {
    let first = |i| if i == 0 { RSV1 | BINARY } else { CONTINUATION };
    packed
        .chunks(size)
        .enumerate()
        .flat_map(|(i, part)| masked(first(i), part))
        .collect()
}

#[test]
fn c1_the_first_reserved_bit_where_it_has_no_meaning() {
    let hello = pack(b"Hello");
    let rule = Violation::ReservedBits.into();
    for attack in [
        masked(FIN | RSV1 | PING, b""),
        masked(FIN | RSV1 | CLOSE, b""),
        masked(FIN | RSV1 | CONTINUATION, b""),
        [masked(RSV1 | TEXT, &hello), masked(FIN | RSV1, b"")].concat(),
        masked(FIN | 0x20 | TEXT, &hello),
    ] {
        check("a bit", &attack, rule, 1002, |_| {});
    }
}

#[test]
fn c14_bombs() {
    // 1:1,000, whole and in fragments; small ones in every cutting.
    let bomb = pack(&vec![0; 300_000]);
    let limit = 20_000;
    let error = Error::TooBig { limit };
    let set = |l: &mut Limits| l.message = limit;
    check(
        "whole",
        &masked(FIN | RSV1 | BINARY, &bomb),
        error,
        1009,
        set,
    );
    check("fragments", &fragments(&bomb, 10), error, 1009, set);
    // Many small messages before it, which with takeover it refers to.
    let mut z = Compress::new(Compression::new(9), false);
    let mut attack = Vec::new();
    let message: Vec<u8> = (0..=255).cycle().take(30_000).collect();
    let mut out = Vec::with_capacity(40_000);
    z.compress_vec(&message, &mut out, FlushCompress::Sync)
        .unwrap();
    attack.extend(masked(FIN | RSV1 | BINARY, &out[..out.len() - 4]));
    check("behind others", &attack, error, 1009, set);
    // Bytes that inflate to nothing count too.
    let nothing = [0, 0, 0, 0xff, 0xff].repeat(30_000);
    check(
        "empty blocks",
        &head(RSV1 | BINARY, 1 << 30, true),
        error,
        1009,
        set,
    );
    check("empty blocks", &fragments(&nothing, 4000), error, 1009, set);
}

#[test]
fn c14_a_large_bomb_at_the_default_limit() {
    let limits = Limits::default();
    let bomb = pack(&vec![0; 6 << 20]);
    for takeover in [false, true] {
        for mut bytes in [masked(FIN | RSV1 | BINARY, &bomb), fragments(&bomb, 1000)] {
            let mut machine = agreed(Role::Server, &limits, takeover);
            let (result, usage) = measure(|| feed_in_place(&mut machine, &mut bytes));
            assert_eq!(
                result,
                Err(Error::TooBig {
                    limit: limits.message
                })
            );
            let most = (limits.message + 64 * 1024).cast_signed();
            assert!(usage.peak <= most, "{} of {most}", usage.peak);
        }
    }
}

#[test]
fn c15_data_that_is_no_deflate_stream() {
    let hello = pack(b"Hello, hello, hello, World; hello, hello");
    let behind = |tail: &[u8]| [&hello[..], tail].concat();
    let exact = pack(&[b'x'; 1000]);
    let table = [
        ("block type 3", vec![0b111]),
        ("stored lengths disagree", vec![0, 5, 0, 0, 0, 1, 2, 3]),
        (
            "distance beyond the window",
            vec![0xf2, 0x00, 0x11, 0x00, 0x00],
        ),
        ("a block cut short", vec![0, 9, 0, 0xf6, 0xff, 1, 2]),
        ("trailing bytes", behind(b"\xff\xff\xff")),
        (
            "behind a final block",
            b"\xf3\x48\xcd\xc9\xc9\x07\x00\x07".to_vec(),
        ),
        (
            "garbage at the limit",
            [&exact[..], b"\xff\xff\xff"].concat(),
        ),
    ];
    let set = |l: &mut Limits| l.message = 1000;
    for (what, payload) in table {
        for attack in [
            masked(FIN | RSV1 | BINARY, &payload),
            [fragments(&payload, 2), masked(FIN, b"")].concat(),
        ] {
            check(what, &attack, Violation::Deflate.into(), 1007, set);
        }
    }
    // Behind the limit it is the limit that counts, whatever follows.
    let beyond = [&pack(&[b'x'; 1001])[..], b"\xff\xff\xff"].concat();
    let error = Error::TooBig { limit: 1000 };
    check(
        "garbage beyond the limit",
        &masked(FIN | RSV1 | BINARY, &beyond),
        error,
        1009,
        set,
    );
}
