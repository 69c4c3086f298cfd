//! What a client makes of a server's answer (HOSTILE B1 to B3 in the tables below): agreements,
//! refusals with their bodies, and what is neither; however the bytes are cut.

use siox_testkit::split::oracle;
use siox_websocket::handshake::client::{
    Agreed, Answer, AnswerError, Handshake, HandshakeError, Rejection, Request,
};
use siox_wire::{Input, Instant};
use std::time::Duration;

const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The verdict, and what is left for the frames' reader.
type Outcome = (Result<Option<Agreed>, AnswerError>, Vec<u8>);

fn machine() -> Answer {
    let request = Request::new("h", "/");
    Answer::new(request.build(*b"the sample nonce").unwrap().1)
}

/// Reads all of it, in every way of cutting; with `eof` the stream ends there.
fn read(bytes: &[u8], eof: bool) -> Outcome {
    oracle(bytes, |pieces| {
        let mut answer = machine();
        let (mut result, mut rest) = (Ok(None), Vec::new());
        for piece in pieces {
            let mut piece = piece.to_vec();
            let mut input = Input::new(Instant::EPOCH, &mut piece);
            if result == Ok(None) {
                result = answer.handle_input(&mut input);
            }
            if matches!(result, Ok(Some(_))) {
                rest.extend_from_slice(input.peek());
            }
        }
        if eof && result == Ok(None) {
            result = answer
                .handle_eof()
                .map_or(Ok(None), |r| Err(AnswerError::Rejected(r)));
        }
        (result, rest)
    })
}

fn rejection(bytes: &[u8], eof: bool) -> Option<Rejection> {
    match read(bytes, eof).0 {
        Err(AnswerError::Rejected(rejection)) => Some(*rejection),
        Ok(None) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_agreement_leaves_the_frames() {
    let bytes = format!("HTTP/1.1 103 X\r\nLink: y\r\n\r\n{AGREED}\u{1}frames\r\n\r\n");
    let (result, rest) = read(bytes.as_bytes(), false);
    assert_eq!(result, Ok(Some(Agreed::default())));
    assert_eq!(rest, b"\x01frames\r\n\r\n");
}

#[test]
fn a_refusal_has_its_headers() {
    let bytes = b"HTTP/1.0 302 Found\r\nLocation: \t http://elsewhere/ \r\nlocation: b\r\nX:\r\nContent-Length: 0\r\n\r\n";
    let rejection = rejection(bytes, false).unwrap();
    assert_eq!(rejection.status, 302);
    assert_eq!(
        rejection.header("LOCATION"),
        Some(&b"http://elsewhere/"[..])
    );
    assert_eq!(rejection.header("X"), Some(&b""[..]));
    assert_eq!(rejection.header("Y"), None);
    assert_eq!(rejection.headers.len(), 4);
}

/// Head lines, the bytes behind the head, whether the stream ends there; then the body and whether it
/// is whole, if there is a verdict.
type Case<'a> = (&'a str, &'a [u8], bool, Option<(&'a [u8], bool)>);

#[test]
fn bodies() {
    let table: [Case<'_>; 30] = [
        ("Content-Length: 4", b"no!", false, None),
        (
            "Content-Length: 4",
            b"no! behind",
            false,
            Some((b"no! ", true)),
        ),
        ("Content-Length: 4", b"no", true, Some((b"no", false))),
        ("Content-Length: 0", b"", false, Some((b"", true))),
        (
            "Content-Length: 4\r\ncontent-length: 4",
            b"abcde",
            false,
            Some((b"abcd", true)),
        ),
        // A length that is none, or two of them: up to the end.
        (
            "Content-Length: 4\r\nContent-Length: 5",
            b"abcdefg",
            true,
            Some((b"abcdefg", true)),
        ),
        (
            "Content-Length: +4",
            b"abcdefg",
            true,
            Some((b"abcdefg", true)),
        ),
        (
            "Content-Length: 99999999999999999999",
            b"abc",
            true,
            Some((b"abc", true)),
        ),
        ("Content-Length: 99999999999999999999", b"abc", false, None),
        ("X: y", b"", false, None),
        ("X: y", b"abc", true, Some((b"abc", true))),
        ("X: y", b"", true, Some((b"", true))),
        // Chunks.
        (
            "Transfer-Encoding: chunked",
            b"3\r\nabc\r\n0\r\n\r\n",
            false,
            Some((b"abc", true)),
        ),
        (
            "Transfer-Encoding: Chunked",
            b"1\r\na\r\n02;x=\"y\"\r\nbc\r\n0\r\nT: x",
            false,
            Some((b"abc", true)),
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 1",
            b"3\r\nabc\r\n0\r\n",
            false,
            Some((b"abc", true)),
        ),
        ("Transfer-Encoding: chunked", b"3\r\nabc\r\n", false, None),
        (
            "Transfer-Encoding: chunked",
            b"3\r\nab",
            true,
            Some((b"ab", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"0\r\n",
            false,
            Some((b"", true)),
        ),
        // Broken ones end the body, not the refusal.
        (
            "Transfer-Encoding: chunked",
            b"3\r\nabcd",
            false,
            Some((b"abc", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"3\nabc",
            false,
            Some((b"", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"-3\r\nabc",
            false,
            Some((b"", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"\r\n",
            false,
            Some((b"", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b";x\r\n",
            false,
            Some((b"", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"3;x\n",
            false,
            Some((b"", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"3\rx",
            false,
            Some((b"", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"1\r\na\rx",
            false,
            Some((b"a", false)),
        ),
        (
            "Transfer-Encoding: chunked",
            b"ffffffffffffffff\r\na",
            false,
            None,
        ),
        (
            "Transfer-Encoding: chunked",
            b"10000000000000000\r\na",
            false,
            Some((b"", false)),
        ),
        // A coding that is not known here: as it came.
        (
            "Transfer-Encoding: gzip, chunked",
            b"3\r\nabc",
            true,
            Some((b"3\r\nabc", true)),
        ),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            b"3",
            true,
            Some((b"3", true)),
        ),
    ];
    for (lines, behind, eof, expected) in table {
        let bytes = [
            format!("HTTP/1.1 403 X\r\n{lines}\r\n\r\n").as_bytes(),
            behind,
        ]
        .concat();
        let found = rejection(&bytes, eof);
        let found = found.as_ref().map(|r| (&r.body[..], r.is_whole));
        assert_eq!(found, expected, "{lines} {behind:?}");
    }
    for status in [204, 304] {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 3\r\n\r\n");
        let found = rejection(head.as_bytes(), false).unwrap();
        assert!(found.body.is_empty() && found.is_whole);
    }
}

/// One piece after the other; how much body is kept of an endless one.
fn kept(head: &str, piece: &[u8]) -> usize {
    let mut answer = machine();
    let mut bytes = head.as_bytes().to_vec();
    let mut input = Input::new(Instant::EPOCH, &mut bytes);
    assert_eq!(answer.handle_input(&mut input), Ok(None));
    for _ in 0..100_000 {
        let mut piece = piece.to_vec();
        let mut input = Input::new(Instant::EPOCH, &mut piece);
        match answer.handle_input(&mut input) {
            Ok(None) => {}
            Err(AnswerError::Rejected(rejection)) => {
                assert!(!rejection.is_whole);
                return rejection.body.len();
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("endless");
}

#[test]
fn an_endless_body_is_bounded() {
    let to_the_end = "HTTP/1.1 500 X\r\n\r\n";
    assert_eq!(kept(to_the_end, &[b'x'; 1000]), Rejection::BODY);
    let long = "HTTP/1.1 500 X\r\nContent-Length: 18446744073709551615\r\n\r\n";
    assert_eq!(kept(long, &[b'x'; 1000]), Rejection::BODY);
    let chunked = "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(
        kept(&format!("{chunked}ffffffff\r\n"), b"x"),
        Rejection::BODY
    );
    // What costs no byte of the body is counted too: six of framing for each of data.
    assert_eq!(kept(chunked, b"1\r\nx\r\n"), Rejection::BODY / 5);
    assert_eq!(kept(&format!("{chunked}0;"), b"a"), 0);
    assert_eq!(kept(chunked, b"0"), 0);
    let whole = [
        b"HTTP/1.1 500 X\r\nContent-Length: 8192\r\n\r\n",
        &[b'x'; 8192][..],
    ]
    .concat();
    let mut bytes = whole.clone();
    let result = machine().handle_input(&mut Input::new(Instant::EPOCH, &mut bytes));
    assert!(matches!(result, Err(AnswerError::Rejected(r)) if r.is_whole));
}

#[test]
fn a_body_is_not_waited_for_long() {
    let mut answer = machine();
    let start = Instant::EPOCH.after(Duration::from_secs(5));
    assert_eq!(answer.poll_timeout(), None);
    let mut bytes = *b"HTTP/1.1 503 X\r\nRetry-After: 9\r\n\r\nbusy";
    assert_eq!(
        answer.handle_input(&mut Input::new(start, &mut bytes)),
        Ok(None)
    );
    assert_eq!(answer.poll_timeout(), Some(start.after(Answer::BODY_WAIT)));
    // More of the body moves nothing.
    let later = start.after(Duration::from_millis(900));
    assert_eq!(
        answer.handle_input(&mut Input::new(later, &mut [b'!'])),
        Ok(None)
    );
    assert_eq!(answer.poll_timeout(), Some(start.after(Answer::BODY_WAIT)));
    let rejection = answer.give_up().unwrap();
    assert_eq!(
        (&rejection.body[..], rejection.is_whole),
        (&b"busy!"[..], false)
    );
    assert_eq!(machine().give_up(), None);
    assert_eq!(machine().handle_eof(), None);
}

#[test]
fn answers_that_are_none() {
    use HandshakeError::*;
    let limit = Handshake::MAX_HEAD;
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    let many = "X: y\r\n".repeat(101);
    let with = |line: &str| AGREED.replacen("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"), 1);
    let replaced = |from: &str, to: &str| AGREED.replacen(from, to, 1);
    for (answer, expected) in [
        ("SSH-2.0-OpenSSH\r\n\r\n".to_owned(), Head),
        ("\r\n\r\n".to_owned(), Head),
        (replaced("HTTP/1.1", "HTTP/1.0"), Head),
        (replaced("HTTP/1.1", "HTTP/2.0"), Head),
        (replaced("101", "1010"), Head),
        (replaced("101", "600"), Head),
        (replaced("101", "099"), Head),
        (replaced("101", "-01"), Head),
        (with("X: a\r\n folded"), Head),
        (with("X : a"), Head),
        (with("X: \0"), Head),
        (with("X: a\rb"), Head),
        (with("X: a\nY: b"), Head),
        (interim, HeadTooLarge { limit }),
        ("x".repeat(limit + 1), HeadTooLarge { limit }),
        (
            replaced("\r\n\r\n", &format!("\r\n{many}\r\n")),
            TooManyHeaders {
                limit: Handshake::MAX_HEADERS,
            },
        ),
        (replaced("Upgrade: websocket\r\n", ""), Upgrade),
        (with("Upgrade: h2c"), Upgrade),
        (replaced("Connection: Upgrade\r\n", ""), Connection),
        (
            replaced("Connection: Upgrade", "Connection: close"),
            Connection,
        ),
        (replaced("Sec-WebSocket-Accept", "X"), Accept),
        (replaced("s3pP", "S3pP"), Accept),
        (
            with("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            Accept,
        ),
        (with("Sec-WebSocket-Protocol: chat"), Protocol),
        (with("Sec-WebSocket-Protocol: "), Protocol),
        (
            with("Sec-WebSocket-Extensions: permessage-deflate"),
            Extension,
        ),
        (with("Sec-WebSocket-Extensions: x-unknown"), Extension),
        (with("Sec-WebSocket-Extensions: ;;"), Extension),
    ] {
        let found = read(answer.as_bytes(), true).0;
        assert_eq!(
            found,
            Err(AnswerError::Handshake(expected)),
            "{answer:.200?}"
        );
    }
}

#[test]
fn headers_of_the_handshake_are_not_the_callers() {
    for name in [
        "Host",
        "upgrade",
        "Connection",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Extensions",
        "Content-Length",
        "Transfer-Encoding",
    ] {
        let request = Request {
            headers: &[(name, "1")],
            ..Request::new("h", "/")
        };
        assert!(request.build([0; 16]).is_err(), "{name}");
    }
}

#[test]
fn an_overloaded_server_says_when_to_come_back() {
    let after = |status: u16, value: &'static str| {
        let headers = [("retry-after", value.as_bytes())];
        Rejection::new(status, headers.into_iter()).retry_after()
    };
    for (value, seconds) in [("0", 0), ("120", 120), ("99999999999999999999", u32::MAX)] {
        let expected = Some(Duration::from_secs(seconds.into()));
        assert_eq!(after(503, value), expected, "{value}");
        assert_eq!(after(429, value), None, "{value}");
    }
    for value in ["", "-1", "1.5", "soon", "Fri, 31 Dec 1999 23:59:59 GMT"] {
        assert_eq!(after(503, value), None, "{value}");
    }
    assert_eq!(Rejection::new(503, [].into_iter()).retry_after(), None);
}
