//! Hostile requests, A1 to A14, to the HTTP server: one test a class, named after it. Each row is fed in every
//! cutting, and the memory rule holds for the connection: at most twice what was received and 16 KiB.
//! Versions, origins and extensions (A6, A10 to A12) are WebSocket's, accepting (A15) is the runtimes'.
mod common;

use common::{NOW, at, dialogue, refused, server};
use siox_http1::{Connection, Error, Event, Limits, Response, Violation};
use siox_testkit::alloc::{CountingAllocator, allowance, measure};
use siox_wire::Input;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const GET: &str = "GET /ws HTTP/1.1\r\nHost: h\r\n";

/// Feeds without a copy of the test's own, answering nothing; says how it ended.
fn feed(c: &mut Connection, bytes: &mut [u8]) -> Result<(), Error> {
    let mut input = Input::new(NOW, bytes);
    while let Some(event) = c.handle_input(&mut input)? {
        drop(event);
    }
    Ok(())
}

/// The memory rule, from the first byte until the answer is written.
fn holds_little(bytes: &[u8]) {
    for size in [1, 7, 1000, usize::MAX] {
        let mut bytes = bytes.to_vec();
        let (mut c, usage) = measure(|| server(Limits::default()));
        let (mut received, mut held) = (0, usage.kept);
        for piece in bytes.chunks_mut(size) {
            received += piece.len();
            let (_, usage) = measure(|| feed(&mut c, piece));
            let (peak, most) = (held + usage.peak, allowance(received));
            assert!(peak <= most, "held {peak} of {most} after {received}");
            held += usage.kept;
        }
        let (_, usage) = measure(|| drop(c));
        assert_eq!(held + usage.kept, 0, "something is left");
    }
}

fn attack(bytes: &[u8], error: impl Into<Error>) {
    refused(bytes, &Limits::default(), error.into());
    holds_little(bytes);
}

#[test]
fn a1_a_head_without_end() {
    let limit = Limits::default().head;
    assert_eq!(limit, 16 * 1024);
    for start in ["", "GET /", "GET / HTTP/1.1\r\nHost: h\r\nX: "] {
        attack(
            format!("{start}{}", "a".repeat(20_000)).as_bytes(),
            Error::HeadTooLarge { limit },
        );
    }
    attack(&b"\r\n".repeat(9000), Error::HeadTooLarge { limit });
    // 16 KiB held and no more, whatever the pieces, but for the answer.
    for size in [1, 100, 1000, 9000] {
        let mut c = server(Limits::default());
        let mut bytes = vec![b'a'; 20_000];
        let (_, usage) = measure(|| {
            bytes
                .chunks_mut(size)
                .for_each(|piece| _ = feed(&mut c, piece));
        });
        assert!(usage.peak <= 16 * 1024 + 1024, "{} in {size}", usage.peak);
    }
}

#[test]
fn a2_a_hundred_header_lines_and_more() {
    let limit = Limits::default().headers;
    assert_eq!(limit, 100);
    for line in ["a: b\r\n", "a:\r\n"] {
        let bytes = format!("{GET}{}\r\n", line.repeat(100));
        attack(bytes.as_bytes(), Error::TooManyHeaders { limit });
    }
}

/// How many bytes scanning touches is counted beside the scanner; here, how often memory is moved.
#[test]
fn a3_a_head_in_single_bytes() {
    let calls = |len: usize| {
        let mut bytes = format!("{GET}X: {}\r\n\r\n", "a".repeat(len)).into_bytes();
        let mut c = server(Limits::default());
        let (_, usage) = measure(|| {
            bytes
                .chunks_mut(1)
                .for_each(|byte| feed(&mut c, byte).unwrap());
        });
        usage.calls
    };
    assert!(calls(14_000) <= calls(7000) + 1 && calls(7000) <= calls(3500) + 1);
    assert!(calls(14_000) < 40, "{}", calls(14_000));
}

#[test]
fn a4_slow_and_silent_peers() {
    // Silent: a plain close.
    let mut c = server(Limits::default());
    assert_eq!(c.poll_timeout(), Some(at(10_000)));
    assert_eq!(c.handle_timeout(at(10_000)), Ok(()));
    assert!(c.is_finished() && c.queued() == 0);
    // A head that drips: 408 at the deadline, which no byte moves.
    let mut c = server(Limits::default());
    for (i, byte) in GET.bytes().enumerate() {
        let now = at(300 * i as u64);
        assert!(matches!(
            c.handle_input(&mut Input::new(now, &mut [byte])),
            Ok(None)
        ));
        assert_eq!(c.poll_timeout(), Some(at(10_000)));
    }
    assert_eq!(c.handle_timeout(at(10_000)), Err(Error::HeadTimeout));
    let wire = c.poll_transmit().collect::<Vec<_>>().concat();
    assert!(wire.starts_with(b"HTTP/1.1 408 ") && c.is_closing());
}

#[test]
fn a5_requests_that_are_none() {
    for line in [
        "GET  / HTTP/1.1",
        "GET /",
        "G@T / HTTP/1.1",
        "GET / HTTP/1.x",
        " GET / HTTP/1.1",
    ] {
        let bytes = format!("{line}\r\nHost: h\r\n\r\n");
        attack(bytes.as_bytes(), Violation::RequestLine);
    }
    attack(b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", Error::Version);
    attack(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Error::Version);
    attack(b"\x16\x03\x01\x02\x00\x01\x00", Violation::Control);
}

#[test]
fn a7_what_would_be_read_in_two_ways() {
    use Violation::{Duplicate, Framing, Length};
    for (lines, violation) in [
        ("Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b", Duplicate),
        (
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13",
            Duplicate,
        ),
        ("Host: other", Duplicate),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", Framing),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", Framing),
        ("Content-Length: 5\r\nContent-Length: 5", Duplicate),
        ("Content-Length: 5, 5", Length),
        ("Content-Length: +5", Length),
        ("Content-Length: 0x5", Length),
        ("Content-Length: 18446744073709551616", Length),
    ] {
        attack(format!("{GET}{lines}\r\n\r\nabcde").as_bytes(), violation);
    }
    // A chunk whose size overflows, or that is longer than it says.
    for (chunk, violation) in [
        ("10000000000000000\r\n", Violation::ChunkSize),
        ("fffffffffffffffff\r\n", Violation::ChunkSize),
        ("-1\r\n", Violation::ChunkSize),
        ("0x5\r\nabcde\r\n", Violation::ChunkSize),
        ("2\r\nabcde\r\n0\r\n\r\n", Violation::ChunkEnd),
    ] {
        let bytes =
            format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        let log = dialogue(bytes.as_bytes(), &Limits::default());
        assert_eq!(log.error, Some(violation.into()), "{chunk}");
        assert!(log.output.starts_with("HTTP/1.1 400 "), "{}", log.output);
        holds_little(bytes.as_bytes());
    }
}

#[test]
fn a8_characters_that_end_a_line_elsewhere() {
    use Violation::{BareCr, BareLf, Control, Fold, HeaderName};
    for (line, violation) in [
        ("A: b\rC: d", BareCr),
        ("A: b\nC: d", BareLf),
        ("A: b\0", Control),
        ("A\0: b", Control),
        ("A: b\r\n c", Fold),
        ("A: b\r\n\tc", Fold),
        ("A : b", HeaderName),
    ] {
        attack(format!("{GET}{line}\r\n\r\n").as_bytes(), violation);
    }
}

#[test]
fn a9_line_ends_in_what_the_application_supplies() {
    for bad in ["a\r\nX: y", "a\nb", "a\rb", "a\0b"] {
        for header in [("X-A", bad), (bad, "a")] {
            let mut c = server(Limits::default());
            let mut bytes = format!("{GET}\r\n").into_bytes();
            let mut input = Input::new(NOW, &mut bytes);
            assert!(matches!(
                c.handle_input(&mut input),
                Ok(Some(Event::Request(_)))
            ));
            let headers = [header];
            let response = Response {
                headers: &headers,
                ..Response::new(200)
            };
            assert!(c.respond(NOW, &response).is_err(), "{bad:?}");
            assert_eq!(c.queued(), 0, "nothing is written");
            assert!(c.upgrade(&headers).is_err(), "{bad:?}");
            assert_eq!(c.queued(), 0, "nothing is written");
        }
    }
}

#[test]
fn a13_bytes_behind_the_upgrade() {
    let limit = Limits::default().pipelined;
    assert_eq!(limit, 16 * 1024);
    let head = format!("{GET}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    let log = dialogue(format!("{head}early frames").as_bytes(), &Limits::default());
    assert_eq!(log.leftover.as_deref(), Some(&b"early frames"[..]));
    // Held until it is decided, up to 16 KiB.
    for (extra, held) in [(limit, true), (limit + 1, false)] {
        let mut c = server(Limits::default());
        feed(&mut c, &mut head.clone().into_bytes()).unwrap();
        let mut frames = vec![0x81; extra];
        let mut told = Ok(());
        let (_, usage) = measure(|| {
            for piece in frames.chunks_mut(1000) {
                told = feed(&mut c, piece);
            }
        });
        assert_eq!(
            told,
            if held {
                Ok(())
            } else {
                Err(Error::Pipelined { limit })
            }
        );
        assert!(usage.peak <= allowance(extra), "{}", usage.peak);
        if held {
            // Refused: they are dropped.
            c.respond(NOW, &Response::new(403)).unwrap();
            let queued = c.queued();
            c.handle_written(NOW, queued);
        }
    }
}

#[test]
fn a14_an_end_at_every_byte() {
    let head = format!("{GET}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    for end in 0..head.len() {
        let mut part = head.as_bytes()[..end].to_vec();
        let ((), usage) = measure(|| {
            let mut c = server(Limits::default());
            feed(&mut c, &mut part).unwrap();
            // Silent: no answer, and at most an error for the log.
            let _ = c.handle_eof(NOW);
            assert!(c.is_finished() && c.queued() == 0, "{end} {c:?}");
        });
        assert_eq!(usage.kept, 0, "{end}");
    }
}
