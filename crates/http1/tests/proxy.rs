//! The ways through a proxy: what is written, what opens the tunnel, and every way to be refused;
//! however the bytes are cut.

use siox_http1::{
    Error as Http, Limits, Violation,
    proxy::{Error, Open, Proxy, Reply},
};
use siox_testkit::split::oracle;
use siox_wire::{Input, Instant};

/// What a dialogue came to: the result, what was written, what is left for the server's reader.
type Outcome = (Result<Option<Open>, Error>, Vec<u8>, Vec<u8>);

/// Plays what the proxy sends, in every way of cutting; the name `server` stands for is the caller's.
fn play(proxy: &str, server: (&str, u16), answers: &[u8]) -> Outcome {
    let proxy: Proxy = proxy.parse().unwrap();
    oracle(answers, |pieces| {
        let mut tunnel = proxy.tunnel(server.0, server.1).unwrap();
        let (mut result, mut written, mut rest) = (Ok(None), Vec::new(), Vec::new());
        let mut write = |tunnel: &mut siox_http1::proxy::Tunnel| {
            // In two bites, as a socket may take it.
            for _ in 0..2 {
                let chunk = tunnel
                    .poll_transmit()
                    .flatten()
                    .copied()
                    .collect::<Vec<_>>();
                let n = chunk.len().div_ceil(2);
                written.extend_from_slice(&chunk[..n]);
                tunnel.handle_written(n);
            }
            let chunk = tunnel
                .poll_transmit()
                .flatten()
                .copied()
                .collect::<Vec<_>>();
            written.extend_from_slice(&chunk);
            tunnel.handle_written(chunk.len());
            assert_eq!(tunnel.poll_transmit().count(), 0);
        };
        write(&mut tunnel);
        for piece in pieces {
            let mut piece = piece.to_vec();
            let mut input = Input::new(Instant::EPOCH, &mut piece);
            if result == Ok(None) {
                result = tunnel.handle_input(&mut input);
                write(&mut tunnel);
            }
            if let Ok(Some(Open)) = result {
                rest.extend_from_slice(input.peek());
            }
        }
        if result.is_err() {
            // Sticky, whatever comes.
            let mut more = *b"HTTP/1.1 200 OK\r\n\r\n";
            let again = tunnel.handle_input(&mut Input::new(Instant::EPOCH, &mut more));
            assert_eq!(again, result);
        }
        (result, written, rest)
    })
}

const HTTP: &str = "http://proxy";
const SERVER: (&str, u16) = ("server.example", 443);

#[test]
fn connect_is_written() {
    for (proxy, server, expected) in [
        (
            HTTP,
            SERVER,
            "CONNECT server.example:443 HTTP/1.1\r\nHost: server.example:443\r\n\r\n",
        ),
        (
            HTTP,
            ("::1", 80),
            "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        ),
        (
            HTTP,
            ("127.0.0.1", 1),
            "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
        ),
        (
            // The example of RFC 7617 §2.
            "http://Aladdin:open%20sesame@proxy",
            ("a", 80),
            "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
        ),
    ] {
        let (result, written, _) = play(proxy, server, b"");
        assert_eq!(result, Ok(None));
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}

#[test]
fn connect_opens_with_any_2xx_and_leaves_the_rest() {
    for head in [
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n",
        "HTTP/1.1 299 \r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let bytes = [head.as_bytes(), b"\x16\x03\r\n\r\n"].concat();
        let (result, _, rest) = play(HTTP, SERVER, &bytes);
        assert_eq!(
            (result, &rest[..]),
            (Ok(Some(Open)), &b"\x16\x03\r\n\r\n"[..]),
            "{head}"
        );
    }
}

#[test]
fn connect_is_refused_with_status_and_headers() {
    for status in [101, 300, 302, 407, 502, 599] {
        let answer = format!(
            "HTTP/1.1 {status} No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 9\r\n\r\nnot yours"
        );
        let (Err(Error::Refused(refusal)), _, rest) = play(HTTP, SERVER, answer.as_bytes()) else {
            panic!("{status}");
        };
        assert_eq!(refusal.status, status);
        assert_eq!(
            refusal.header("proxy-authenticate"),
            Some(&b"Basic realm=\"x\""[..])
        );
        assert_eq!(refusal.header("x"), None);
        assert!(rest.is_empty());
    }
}

#[test]
fn connect_answered_with_something_else() {
    let head = Limits::default().head;
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(head));
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(head / 20);
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101));
    for (answer, expected) in [
        ("\x05\x00\r\n\r\n", Http::Malformed(Violation::Control)),
        ("SSH-2.0-x\r\n\r\n", Http::Version),
        ("HTTP/2.0 200 OK\r\n\r\n", Http::Version),
        ("HTTP/1.1 200 OK\n\n", Http::Malformed(Violation::BareLf)),
        (
            "HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
            Http::Malformed(Violation::Fold),
        ),
        (&endless, Http::HeadTooLarge { limit: head }),
        (&interim, Http::HeadTooLarge { limit: head }),
        (&many, Http::TooManyHeaders { limit: 100 }),
    ] {
        let (result, ..) = play(HTTP, SERVER, answer.as_bytes());
        assert_eq!(result, Err(Error::Http(expected)), "{answer:.60?}");
    }
}

const SOCKS: &str = "socks5://proxy";
const WITH_PASSWORD: &str = "socks5://me:secret@proxy";
/// Version, success, reserved, an IPv4 address and a port.
const BOUND: &[u8] = b"\x05\x00\x00\x01\x7f\0\0\x01\x1f\x90";

#[test]
fn socks_connects() {
    let request = b"\x05\x01\x00\x03\x0eserver.example\x01\xbb";
    let plain = [b"\x05\x01\x00", &request[..]].concat();
    let unasked = [b"\x05\x02\x00\x02", &request[..]].concat();
    let asked = [b"\x05\x02\x00\x02\x01\x02me\x06secret", &request[..]].concat();
    for (proxy, before, written) in [
        (SOCKS, &b"\x05\x00"[..], plain),
        (WITH_PASSWORD, b"\x05\x00", unasked),
        (WITH_PASSWORD, b"\x05\x02\x01\x00", asked),
    ] {
        for bound in [
            BOUND,
            b"\x05\x00\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0",
            b"\x05\x00\x00\x03\x00\0\0",
            b"\x05\x00\x00\x03\x05proxy\0\0",
        ] {
            let answers = [before, bound, b"\x05\x00hello"].concat();
            let expected = (Ok(Some(Open)), written.clone(), b"\x05\x00hello".to_vec());
            assert_eq!(play(proxy, SERVER, &answers), expected);
            // Every truncation waits, and never opens.
            for cut in 0..before.len() + bound.len() {
                assert_eq!(play(proxy, SERVER, &answers[..cut]).0, Ok(None));
            }
        }
    }
}

#[test]
fn socks_addresses() {
    let long = "x".repeat(255);
    let named = [b"\x03\xff", long.as_bytes()].concat();
    for (name, expected) in [
        ("127.0.0.1", &b"\x01\x7f\0\0\x01"[..]),
        (
            "::ffff:1.2.3.4",
            b"\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04",
        ),
        ("a", b"\x03\x01a"),
        ("1.2.3", b"\x03\x051.2.3"),
        (&long, &named),
    ] {
        let (_, written, _) = play(SOCKS, (name, 0x1234), b"\x05\x00");
        let request = [b"\x05\x01\x00\x05\x01\x00", expected, b"\x12\x34"].concat();
        assert_eq!(written, request, "{name}");
    }
}

#[test]
fn socks_refuses() {
    let no_credentials: [(&[u8], Error); 13] = [
        (b"\x04", Error::Version(4)),
        (b"\x00\x5a", Error::Version(0)),
        (b"HTTP/1.1 400 X\r\n\r\n", Error::Version(b'H')),
        (b"\x05\xff", Error::NoMethod),
        (b"\x05\x01", Error::Method(1)),
        (b"\x05\x02", Error::Method(2)),
        (b"\x05\x80", Error::Method(0x80)),
        (b"\x05\x00\x04", Error::Version(4)),
        (b"\x05\x00\x05\x00\x01", Error::Reserved(1)),
        (b"\x05\x00\x05\x00\x00\x00", Error::AddressType(0)),
        (b"\x05\x00\x05\x00\x00\x02", Error::AddressType(2)),
        (b"\x05\x00\x05\x00\x00\x05", Error::AddressType(5)),
        (b"\x05\x00\x05\x00\x00\xff", Error::AddressType(0xff)),
    ];
    for (answers, expected) in no_credentials {
        assert_eq!(play(SOCKS, SERVER, answers).0, Err(expected), "{answers:?}");
    }
    for (answers, expected) in [
        (&b"\x05\xff"[..], Error::NoMethod),
        (b"\x05\x01", Error::Method(1)),
        (b"\x05\x02\x05\x00", Error::Version(5)),
        (b"\x05\x02\x01\x01", Error::Credentials),
        (b"\x05\x02\x01\xff", Error::Credentials),
    ] {
        let (result, ..) = play(WITH_PASSWORD, SERVER, answers);
        assert_eq!(result, Err(expected), "{answers:?}");
    }
}

#[test]
fn every_reply_of_socks() {
    use Reply::*;
    let known = [
        General,
        NotAllowed,
        NetworkUnreachable,
        HostUnreachable,
        ConnectionRefused,
        TtlExpired,
        CommandNotSupported,
        AddressTypeNotSupported,
    ];
    for code in 1..=255u8 {
        let reply = known.get(usize::from(code) - 1);
        let reply = reply.copied().unwrap_or(Other(code));
        let answers = [b"\x05\x00\x05", &[code][..], b"\x00\x01\0\0\0\0\0\0"].concat();
        let (result, _, rest) = play(SOCKS, SERVER, &answers);
        assert_eq!((result, rest), (Err(Error::Reply(reply)), vec![]));
    }
}

#[test]
fn servers_that_cannot_be_asked_for() {
    let long = "x".repeat(256);
    for proxy in [HTTP, SOCKS] {
        let proxy: Proxy = proxy.parse().unwrap();
        for name in [
            "",
            "a b",
            "a:80",
            "a/b",
            "a\r\nX: y",
            "a\0",
            "é",
            "[::1]",
            "u@a",
            &long,
        ] {
            let tunnel = proxy.tunnel(name, 80);
            assert_eq!(tunnel.err(), Some(Error::Server), "{name:?}");
        }
    }
}

#[test]
fn secrets_do_not_show() {
    for scheme in ["http", "socks5"] {
        let url = format!("{scheme}://nobody:hunter2@proxy:1");
        let proxy: Proxy = url.parse().unwrap();
        let mut tunnel = proxy.tunnel("server", 80).unwrap();
        let shown = [
            format!("{proxy:?} {proxy:#?}"),
            format!("{tunnel:?}"),
            format!("{:?}", {
                let _ = tunnel.handle_input(&mut Input::new(Instant::EPOCH, &mut [5, 2]));
                tunnel
            }),
            format!("{:?}", url.replace("2@", "%@").parse::<Proxy>()),
        ]
        .concat();
        for secret in ["nobody", "hunter", "bm9ib2R5", "[110, 111"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
