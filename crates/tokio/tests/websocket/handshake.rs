//! What a client makes of the answers of a server.

use siox_tokio::websocket::{self, BadUrl, Error, Options};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Reads a request and writes `answer`.
async fn answer(mut stream: DuplexStream, answer: &str) -> (String, DuplexStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    (String::from_utf8(request).unwrap(), stream)
}

#[tokio::test]
async fn a_refusal_is_told_with_its_headers_and_body() {
    let (ours, theirs) = tokio::io::duplex(1000);
    let options = Options {
        headers: vec![("Cookie".into(), "a=b".into())],
        protocols: vec!["one".into(), "two".into()],
        ..Options::default()
    };
    let (opened, (request, _)) = tokio::join!(
        websocket::open(ours, "example.com", "/x?y", &options),
        answer(
            theirs,
            "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 3\r\n\r\nwhy"
        )
    );
    let Err(Error::Rejected(rejection)) = opened else {
        panic!("{opened:?}");
    };
    assert_eq!(rejection.status, 401);
    assert_eq!(rejection.header("www-authenticate"), Some(&b"Basic"[..]));
    assert_eq!(rejection.body, b"why");
    assert!(request.starts_with("GET /x?y HTTP/1.1\r\nHost: example.com\r\n"));
    assert!(request.contains("\r\nCookie: a=b\r\n"));
    assert!(request.contains("\r\nSec-WebSocket-Protocol: one, two\r\n"));
}

#[tokio::test(start_paused = true)]
async fn the_handshake_has_a_deadline() {
    let options = Options {
        handshake: Duration::from_secs(5),
        ..Options::default()
    };
    let (ours, _theirs) = tokio::io::duplex(1000);
    let opened = websocket::open(ours, "localhost", "/", &options).await;
    assert!(matches!(opened, Err(Error::Timeout)), "{opened:?}");

    let (ours, theirs) = tokio::io::duplex(1000);
    let body_never_comes = "HTTP/1.1 503 No\r\nContent-Length: 3\r\n\r\n";
    let (opened, _) = tokio::join!(
        websocket::open(ours, "localhost", "/", &options),
        answer(theirs, body_never_comes)
    );
    assert!(
        matches!(&opened, Err(Error::Rejected(r)) if r.status == 503),
        "{opened:?}"
    );
}

#[tokio::test]
async fn frames_behind_the_answer_are_read() {
    let (ours, mut theirs) = tokio::io::duplex(1000);
    let options = Options::default();
    let server = async {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(theirs.read_u8().await.unwrap());
        }
        let (_, offer) = siox_websocket::handshake::server::Offer::parse(&request).unwrap();
        let mut answer = offer.accept().unwrap().response(&[]).unwrap();
        answer.extend_from_slice(b"\x81\x02hi\x82\x01");
        theirs.write_all(&answer).await.unwrap();
        theirs.write_all(b"!").await.unwrap();
    };
    let (socket, ()) = tokio::join!(websocket::open(ours, "localhost", "/", &options), server);
    let mut socket = socket.unwrap();
    let first = socket.next().await.unwrap().unwrap();
    let second = socket.next().await.unwrap().unwrap();
    assert_eq!(
        (first.as_bytes(), second.as_bytes()),
        (&b"hi"[..], &b"!"[..])
    );
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_once() {
    let smuggler = Options {
        headers: vec![("X".into(), "a\r\nY: b".into())],
        ..Options::default()
    };
    let (ours, _theirs) = tokio::io::duplex(1000);
    let opened = websocket::open(ours, "localhost", "/", &smuggler).await;
    assert!(matches!(opened, Err(Error::InvalidHeader)), "{opened:?}");
    let opened = websocket::connect("http://localhost/", &Options::default()).await;
    assert!(
        matches!(opened, Err(Error::Url(BadUrl::Scheme))),
        "{opened:?}"
    );
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn wss_names_the_feature_that_it_needs() {
    let opened = websocket::connect("wss://localhost/", &Options::default()).await;
    let error = opened.unwrap_err();
    assert!(matches!(error, Error::NoTls), "{error:?}");
    assert!(error.to_string().contains("feature `tls`"));
}
