//! What a client asks for, and what it makes of answers.

use siox_testkit::split::oracle;
use siox_websocket::handshake::client::{Agreed, Handshake, HandshakeError, Request};
use siox_wire::{Input, Instant};

/// The client's verdict on an answer, and what is left behind it.
fn answered(
    request: Request<'_>,
    answer: &[u8],
) -> (Result<Option<Agreed>, HandshakeError>, Vec<u8>) {
    oracle(answer, |pieces| {
        let (_, mut handshake) = request.build(*b"the sample nonce").unwrap();
        let (mut result, mut rest) = (Ok(None), Vec::new());
        for piece in pieces {
            let mut bytes = piece.to_vec();
            let mut input = Input::new(Instant::EPOCH, &mut bytes);
            if result == Ok(None) {
                result = handshake.handle_input(&mut input);
            }
            if let Ok(Some(_)) = result {
                rest.extend_from_slice(input.peek());
            }
        }
        (result, rest)
    })
}

const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: upgrade\r\n\
    sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn verdict_on(answer: &str) -> Result<Option<Agreed>, HandshakeError> {
    answered(Request::new("h", "/"), answer.as_bytes()).0
}

#[test]
fn the_client_reads_the_answer_and_leaves_the_frames() {
    let bytes = [ANSWER.as_bytes(), b"\x81\x01x\r\n\r\n"].concat();
    let (result, rest) = answered(Request::new("h", "/"), &bytes);
    assert_eq!(result, Ok(Some(Agreed::default())));
    assert_eq!(rest, b"\x81\x01x\r\n\r\n");
    let early = format!("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{ANSWER}");
    assert_eq!(verdict_on(&early), Ok(Some(Agreed::default())));
    assert_eq!(verdict_on(&ANSWER[..ANSWER.len() - 1]), Ok(None));
}

#[test]
fn answers_that_are_refused() {
    use HandshakeError::*;
    let replaced = |from: &str, to: &str| verdict_on(&ANSWER.replacen(from, to, 1)).unwrap_err();
    let line = "connection: upgrade\r\n";
    assert_eq!(replaced("101", "200"), Status(200));
    assert_eq!(replaced("101", "302"), Status(302));
    assert_eq!(replaced("upgrade: WebSocket\r\n", ""), Upgrade);
    assert_eq!(replaced("WebSocket", "h2c, websocket"), Upgrade);
    assert_eq!(replaced(line, ""), Connection);
    assert_eq!(replaced(line, "connection: close\r\n"), Connection);
    assert_eq!(replaced("s3pP", "S3pP"), Accept);
    assert_eq!(replaced("sec-websocket-accept", "x-accept"), Accept);
    let twice = "connection: upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    assert_eq!(replaced(line, twice), Accept);
    let with = |extra: &str| replaced(line, &format!("{line}{extra}\r\n"));
    assert_eq!(with("Sec-WebSocket-Protocol: chat"), Protocol);
    assert_eq!(with("Sec-WebSocket-Protocol:"), Protocol);
    assert_eq!(
        with("Sec-WebSocket-Extensions: permessage-deflate"),
        Extension
    );
    assert_eq!(replaced("HTTP/1.1", "HTTP/1.0"), Head);
    assert_eq!(replaced("HTTP/1.1", "SPDY"), Head);
    assert_eq!(replaced(line, "connection: upgrade\n"), Head);
}

#[test]
fn an_endless_answer_is_bounded() {
    let limit = Handshake::MAX_HEAD;
    let too_large = Err(HandshakeError::HeadTooLarge { limit });
    assert_eq!(verdict_on(&"x".repeat(limit)), too_large);
    let flood = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    assert_eq!(verdict_on(&(flood + ANSWER)), too_large);
}

#[test]
fn subprotocols_of_the_client() {
    let request = Request {
        protocols: &["v2", "v1"],
        headers: &[("Origin", "http://h")],
        ..Request::new("h:8080", "/a?b")
    };
    let (bytes, _) = request.build(*b"the sample nonce").unwrap();
    let expected = "GET /a?b HTTP/1.1\r\nHost: h:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Origin: http://h\r\nSec-WebSocket-Protocol: v2, v1\r\n\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    let with = |extra: &str| {
        let answer = ANSWER.replacen("\r\n\r\n", &format!("\r\n{extra}\r\n\r\n"), 1);
        answered(request, answer.as_bytes()).0
    };
    let agreed = with("Sec-WebSocket-Protocol: v1").unwrap().unwrap();
    assert_eq!(agreed.protocol.as_deref(), Some("v1"));
    assert_eq!(
        with("Sec-WebSocket-Protocol: v3"),
        Err(HandshakeError::Protocol)
    );
    assert_eq!(
        with("Sec-WebSocket-Protocol: v1, v2"),
        Err(HandshakeError::Protocol)
    );
    let twice = "Sec-WebSocket-Protocol: v1\r\nSec-WebSocket-Protocol: v1";
    assert_eq!(with(twice), Err(HandshakeError::Protocol));
}
