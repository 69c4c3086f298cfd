//! Response heads as a client reads them.
mod common;

use common::NOW;
use siox_http1::{Error, Limits, ResponseReader, Violation, parse_response_head};
use siox_testkit::split::oracle;
use siox_wire::Input;
use std::sync::Arc;

/// Status, headers and what is left behind the head; `None` while it is not whole.
type Seen = Result<Option<(u16, String, Vec<u8>)>, Error>;

fn read(input: &[u8], limits: &Limits) -> Seen {
    oracle(input, |pieces| {
        let mut reader = ResponseReader::new(Arc::new(limits.clone()));
        let mut seen = None;
        for piece in pieces {
            let mut bytes = piece.to_vec();
            let mut input = Input::new(NOW, &mut bytes);
            if seen.is_none() {
                let result = reader.handle_input(&mut input);
                if let Err(error) = result {
                    let again = reader.handle_input(&mut input);
                    assert_eq!(again.map(|_| ()), Err(error), "sticky");
                    return Err(error);
                }
                seen = result?.map(|head| {
                    let headers: Vec<_> = head
                        .headers()
                        .map(|(n, v)| format!("{n}={}", v.escape_ascii()))
                        .collect();
                    (head.status(), headers.join(" "), Vec::new())
                });
            }
            if let Some((_, _, rest)) = &mut seen {
                rest.extend_from_slice(input.peek());
            } else {
                assert!(input.is_empty());
            }
        }
        Ok(seen)
    })
}

fn seen(status: u16, headers: &str, rest: &[u8]) -> Seen {
    Ok(Some((status, headers.to_owned(), rest.to_vec())))
}

#[test]
fn heads() {
    let limits = Limits::default();
    assert_eq!(
        read(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\na:\r\n\r\n\x81\0",
            &limits
        ),
        seen(101, "Upgrade=websocket a=", b"\x81\0")
    );
    assert_eq!(read(b"HTTP/1.0 200\r\n\r\n", &limits), seen(200, "", b""));
    assert_eq!(
        read(b"HTTP/1.1 404 \r\n\r\nx", &limits),
        seen(404, "", b"x")
    );
    assert_eq!(read(b"HTTP/1.1 200 OK\r\nA: b\r\n", &limits), Ok(None));
    assert_eq!(read(b"", &limits), Ok(None));
}

#[test]
fn interim_heads_are_skipped_within_the_limit() {
    let limits = Limits {
        head: 100,
        ..Limits::default()
    };
    let hint = b"HTTP/1.1 103 Hint\r\n\r\n";
    let last = b"HTTP/1.1 101 Go\r\n\r\n!";
    assert_eq!(
        read(&[&hint.repeat(3)[..], last].concat(), &limits),
        seen(101, "", b"!")
    );
    let flood = Err(Error::HeadTooLarge { limit: 100 });
    assert_eq!(read(&[&hint.repeat(5)[..], last].concat(), &limits), flood);
    assert_eq!(read(&hint.repeat(1000), &limits), flood);
}

#[test]
fn faults() {
    let limits = Limits {
        head: 100,
        headers: 3,
        ..Limits::default()
    };
    for (input, fault) in [
        (&b"HTTP/1.1 2x0 OK\r\n\r\n"[..], Violation::StatusLine),
        (b"HTTP/1.1 20\r\n\r\n", Violation::StatusLine),
        (b"HTTP/1.1 099 No\r\n\r\n", Violation::StatusLine),
        (b"HTTP/1.1 600 No\r\n\r\n", Violation::StatusLine),
        (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Violation::HeaderName),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Violation::Fold),
        (b"HTTP/1.1 200 OK\nA: b\r\n\r\n", Violation::BareLf),
        (b"HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n", Violation::Control),
        (b"HTTP/1.1 200 O\rK\r\n\r\n", Violation::BareCr),
    ] {
        assert_eq!(
            read(input, &limits),
            Err(fault.into()),
            "{}",
            input.escape_ascii()
        );
    }
    assert_eq!(read(b"HTTP/2 200\r\n\r\n", &limits), Err(Error::Version));
    assert_eq!(read(b"SSH-2.0-x\r\n\r\n", &limits), Err(Error::Version));
    assert_eq!(
        read(&[b'a'; 101], &limits),
        Err(Error::HeadTooLarge { limit: 100 })
    );
    let many = [&b"HTTP/1.1 200 OK\r\n"[..], &b"a: b\r\n".repeat(4), b"\r\n"].concat();
    assert_eq!(
        read(&many, &limits),
        Err(Error::TooManyHeaders { limit: 3 })
    );
}

#[test]
fn one_call_for_bytes_that_are_all_there() {
    let limits = Limits::default();
    let bytes = b"HTTP/1.1 101 Go\r\nSec-WebSocket-Accept: x\r\n\r\nrest";
    let (head, n) = parse_response_head(bytes, &limits).unwrap().unwrap();
    assert_eq!(
        (head.status(), head.http11(), &bytes[n..]),
        (101, true, &b"rest"[..])
    );
    assert_eq!(
        head.into_owned().header("sec-websocket-accept"),
        Some(&b"x"[..])
    );
    assert!(
        parse_response_head(&bytes[..20], &limits)
            .unwrap()
            .is_none()
    );
}
