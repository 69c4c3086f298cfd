//! C1 to C10, C17 and C18: frames and messages that break a rule or pass a limit.

use super::*;

#[test]
fn c1_reserved_bits_and_opcodes() {
    for bits in 1..8 {
        for opcode in [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] {
            let attack = masked(FIN | bits << 4 | opcode, b"");
            Row::broken(
                format!("bits {bits}"),
                attack,
                Violation::ReservedBits,
                1002,
            )
            .check();
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let rule = Violation::ReservedOpcode;
        for attack in [masked(opcode, b"x"), masked(FIN | opcode, b"")] {
            Row::broken(format!("opcode {opcode}"), attack, rule, 1002).check();
        }
        let attack = plain(FIN | opcode, b"x");
        Row::new("to a client", Role::Client, attack, rule.into(), 1002).check();
    }
}

#[test]
fn c2_masking_of_the_wrong_side() {
    for first in [FIN | TEXT, BINARY, FIN | PING, FIN | CLOSE] {
        let (open, hidden) = (plain(first, b"secret"), masked(first, b"secret"));
        Row::broken("a client's, unmasked", open, Violation::Unmasked, 1002).check();
        let rule = Violation::Masked.into();
        Row::new("a server's, masked", Role::Client, hidden, rule, 1002).check();
    }
}

#[test]
fn c3_control_frames_in_fragments_or_too_long() {
    for opcode in [CLOSE, PING, PONG] {
        let cut = masked(opcode, b"x");
        Row::broken("a fragment", cut, Violation::FragmentedControl, 1002).check();
        for len in [126, 200, 70_000] {
            let long = masked(FIN | opcode, &vec![b'x'; len]);
            Row::broken("too long", long, Violation::ControlTooLong, 1002).check();
        }
        let long = head(FIN | opcode, 1 << 40, true);
        Row::broken("its head alone", long, Violation::ControlTooLong, 1002).check();
    }
}

#[test]
fn c4_fragments_out_of_order() {
    for first in [CONTINUATION, FIN | CONTINUATION] {
        for payload in [&b""[..], b"x"] {
            let stray = masked(first, payload);
            Row::broken("stray", stray, Violation::StrayContinuation, 1002).check();
        }
    }
    for open in [TEXT, BINARY] {
        for next in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
            let nested = [masked(open, b"a"), masked(next, b"b")].concat();
            Row::broken("nested", nested, Violation::InterleavedMessage, 1002).check();
        }
    }
}

#[test]
fn c5_text_that_is_not_utf8() {
    let rule = Violation::InvalidUtf8;
    for bad in [
        &b"\xff"[..],
        b"ok\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
    ] {
        Row::broken("whole", masked(FIN | TEXT, bad), rule, 1007).check();
        for cut in 0..=bad.len() {
            let parts = [
                masked(TEXT, &bad[..cut]),
                masked(FIN | CONTINUATION, &bad[cut..]),
            ];
            Row::broken("across fragments", parts.concat(), rule, 1007).check();
        }
    }
    // The frame announces a megabyte; the first bad byte is enough.
    let mut machine = server(&Limits::default());
    let mut bytes = head(TEXT, 1 << 20, true);
    bytes.extend(b"a\xff".iter().zip(KEY).map(|(b, k)| b ^ k));
    let last = bytes.pop().unwrap();
    assert_eq!(feed_in_place(&mut machine, &mut bytes), Ok(0));
    assert_eq!(feed_in_place(&mut machine, &mut [last]), Err(rule.into()));
}

#[test]
fn c6_close_frames() {
    let one = masked(FIN | CLOSE, b"\x03");
    Row::broken("one byte", one, Violation::ClosePayload, 1002).check();
    for reason in [&b"\xff"[..], b"cut \xe2\x82"] {
        let payload = [&1000u16.to_be_bytes(), reason].concat();
        let bad = masked(FIN | CLOSE, &payload);
        Row::broken("bad reason", bad, Violation::CloseReason, 1007).check();
    }
    for code in 0..=u16::MAX {
        let bytes = masked(FIN | CLOSE, &code.to_be_bytes());
        let outcome = run(server(&Limits::default()), &[&bytes]);
        let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let violation = Error::Protocol(Violation::CloseCode(code));
        assert_eq!(outcome.error, (!allowed).then_some(violation));
        let answer = if allowed { code } else { 1002 };
        assert_eq!(outcome.frames[0].1[..2], answer.to_be_bytes());
        assert_eq!(outcome.events.len(), usize::from(allowed));
    }
    let code = masked(FIN | CLOSE, &1005u16.to_be_bytes());
    Row::broken(
        "a code for no frame",
        code,
        Violation::CloseCode(1005),
        1002,
    )
    .check();
}

#[test]
fn c7_lengths_beyond_the_limit() {
    let limit = Limits::default().message;
    let error = Error::TooBig { limit };
    for first in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
        for len in [limit as u64 + 1, 1 << 32, (1 << 63) - 1] {
            let mut row = Row::new(
                "the head",
                Role::Server,
                head(first, len, true),
                error,
                1009,
            );
            // The close frame that is owed, and no more.
            row.allowed = |_, _| 512;
            row.check();
        }
    }
    let small = |l: &mut Limits| l.message = 1000;
    let error = Error::TooBig { limit: 1000 };
    let sum = [masked(BINARY, &[0; 600]), head(CONTINUATION, 401, true)].concat();
    Row::new("the sum", Role::Server, sum, error, 1009)
        .with(small)
        .check();
    let sum = [plain(BINARY, &[0; 1000]), head(FIN, 1, false)].concat();
    Row::new("to a client", Role::Client, sum, error, 1009)
        .with(small)
        .check();
}

#[test]
fn c8_lengths_with_the_first_bit_set() {
    for len in [1 << 63, u64::MAX, 1 << 63 | 5] {
        let attack = head(FIN | BINARY, len, true);
        Row::broken("server", attack, Violation::LengthOverflow, 1002).check();
        let (attack, rule) = (head(TEXT, len, false), Violation::LengthOverflow.into());
        Row::new("client", Role::Client, attack, rule, 1002).check();
    }
}

#[test]
fn c9_lengths_in_too_many_bytes() {
    let long = |form: u8, len: u64| {
        let all = len.to_be_bytes();
        let digits = if form == 126 { &all[6..] } else { &all[..] };
        let mut out = [&[FIN | BINARY, 0x80 | form][..], digits, &KEY].concat();
        let payload = vec![0; usize::try_from(len).unwrap()];
        out.extend(masked(FIN | BINARY, &payload).split_off(head(FIN, len, true).len()));
        out
    };
    for (form, len) in [(126, 0), (126, 125), (127, 0), (127, 126), (127, 65_535)] {
        let attack = long(form, len);
        Row::broken("long", attack.clone(), Violation::LengthNotMinimal, 1002).check();
        let lax = Limits {
            accept_non_minimal_length: true,
            ..Limits::default()
        };
        let outcome = run(server(&lax), &[&attack]);
        assert_eq!(outcome.events, [binary(&vec![0; len as usize])]);
    }
}

#[test]
fn c10_fragments_without_end() {
    let limit = Limits::default().fragments;
    assert_eq!(limit, 16_384);
    for payload in [&b""[..], b"x"] {
        // At every size the oracle can cut; the count is what matters.
        let few = |l: &mut Limits| l.fragments = 20;
        let error = Error::TooManyFragments { limit: 20 };
        let attack = [
            masked(TEXT, payload),
            masked(CONTINUATION, payload).repeat(20),
        ]
        .concat();
        Row::new("few", Role::Server, attack, error, 1008)
            .with(few)
            .check();

        let mut all = masked(TEXT, payload);
        all.extend(masked(CONTINUATION, payload).repeat(limit as usize));
        let mut machine = server(&Limits::default());
        let (result, usage) = measure(|| feed_in_place(&mut machine, &mut all));
        assert_eq!(result, Err(Error::TooManyFragments { limit }));
        let most = payload.len() * limit as usize + 16 * 1024;
        assert!(usage.peak <= most.cast_signed(), "{} of {most}", usage.peak);
    }
}

/// All kinds of frames in one stream, every pair of cuts of its parts.
#[test]
fn c17_any_split() {
    let parts: [&[Vec<u8>]; 3] = [
        &[
            masked(FIN | TEXT, "é€𝄞".as_bytes()),
            masked(FIN | PING, b"now"),
        ],
        &[
            masked(TEXT, b"\xe2\x82"),
            masked(FIN | PONG, b""),
            masked(FIN, b"\xac"),
        ],
        &[
            masked(BINARY, b""),
            masked(FIN, b"x"),
            masked(FIN | CLOSE, b"\x03\xe8bye"),
        ],
    ];
    let mut seen = Vec::new();
    for part in parts {
        let outcome = oracle(&part.concat(), |p| run(server(&Limits::default()), p));
        assert_eq!(outcome.error, None);
        seen.extend(outcome.events);
    }
    let expected = [
        text("é€𝄞"),
        ping(b"now"),
        pong(b""),
        text("€"),
        binary(b"x"),
        close(1000, "bye"),
    ];
    assert_eq!(seen, expected);
}

/// Behind the first violation lie valid frames, another violation and a close frame.
#[test]
fn c18_the_first_violation_counts() {
    let attack = [
        masked(FIN | 3, b""),
        masked(FIN | TEXT, b"late"),
        masked(FIN | PING, b"late"),
        plain(FIN | TEXT, b"unmasked"),
        masked(FIN | CLOSE, &close_payload(1000, "")),
    ];
    Row::broken(
        "a reserved opcode",
        attack.concat(),
        Violation::ReservedOpcode,
        1002,
    )
    .check();
}
