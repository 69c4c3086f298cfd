//! What a server makes of requests: what it agrees to, whom it refuses, and what it says to that.

use siox_tokio::websocket::{
    self, AcceptOptions, Denial, Error, Message, Options, Refusal, Request, Verdict,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::Instant,
};

const GOOD: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

fn request(more: &str) -> String {
    format!("{GOOD}{more}\r\n")
}

/// What the server makes of `bytes`, after which the peer reads all there is.
async fn told(
    options: &AcceptOptions,
    bytes: &[u8],
) -> (Result<websocket::WebSocket<DuplexStream>, Error>, String) {
    let (mut peer, stream) = tokio::io::duplex(64 * 1024);
    let talk = async {
        // The server may be gone before it has read all.
        let _ = peer.write_all(bytes).await;
        let mut answer = Vec::new();
        let mut byte = [0];
        while let Ok(1..) = peer.read(&mut byte).await {
            answer.extend(byte);
            if answer.starts_with(b"HTTP/1.1 101") && answer.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        String::from_utf8(answer).unwrap()
    };
    tokio::join!(websocket::accept_with(stream, options), talk)
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told_and_the_stream_is_closed() {
    let long = request(&format!("X: {}\r\n", "y".repeat(17_000)));
    let many = request(&"X: y\r\n".repeat(100));
    let old = GOOD.replace("13", "8") + "\r\n";
    let table: [(&str, &str); 10] = [
        (&long, "431 "),
        (&many, "431 "),
        (&old, "426 "),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 "),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "405 ",
        ),
        ("GET / HTTP/1.0\r\n\r\n", "400 "),
        ("\x16\x03\x01 hello\r\n\r\n", "400 "),
        (&request("Content-Length: 4\r\n"), "400 "),
        (&request("Origin: https://evil.example\r\n"), "403 "),
        (&request("Origin: null\r\n"), "403 "),
    ];
    for (bytes, status) in table {
        let (result, answer) = told(&AcceptOptions::default(), bytes.as_bytes()).await;
        let first = answer.lines().next().unwrap_or_default();
        assert!(
            first.starts_with(&format!("HTTP/1.1 {status}")),
            "{first}: {bytes:.40}"
        );
        assert!(answer.contains("\r\nConnection: close"), "{answer}");
        assert!(
            matches!(result, Err(Error::Refused(_) | Error::HeadTooLarge(_))),
            "{result:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_told_408_and_silence_nothing() {
    let options = AcceptOptions {
        handshake: Duration::from_secs(3),
        ..AcceptOptions::default()
    };
    let before = Instant::now();
    let (result, answer) = told(&options, b"GET / HT").await;
    assert!(matches!(result, Err(Error::Timeout)), "{result:?}");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!((3..6).contains(&before.elapsed().as_secs()));
    let (result, answer) = told(&options, b"").await;
    assert!(matches!(result, Err(Error::Timeout)), "{result:?}");
    assert_eq!(answer, "");
}

#[tokio::test]
async fn an_end_at_every_byte_is_an_end() {
    let request = request("");
    for len in 0..request.len() {
        let (mut peer, stream) = tokio::io::duplex(10_000);
        peer.write_all(&request.as_bytes()[..len]).await.unwrap();
        drop(peer);
        let result = websocket::accept_with(stream, &AcceptOptions::default()).await;
        assert!(matches!(result, Err(Error::Io(_))), "{len}: {result:?}");
    }
}

#[tokio::test]
async fn what_comes_behind_the_request_is_read_after_it() {
    let early = [request("").as_bytes(), b"\x81\x82\0\0\0\0hi"].concat();
    let (socket, _) = told(&AcceptOptions::default(), &early).await;
    let message = socket.unwrap().next().await.unwrap().unwrap();
    assert_eq!(message, Message::from("hi"));
    // Behind one that is refused it is dropped.
    let early = [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".as_slice(),
        b"GET / HTTP/1.1\r\n\r\n",
    ]
    .concat();
    let (result, answer) = told(&AcceptOptions::default(), &early).await;
    assert!(
        matches!(result, Err(Error::Refused(Refusal::Upgrade))),
        "{result:?}"
    );
    assert_eq!(answer.matches("HTTP/1.1").count(), 1);
}

/// Lets in who has a cookie, to the room `1`.
fn judge(request: &Request<'_>) -> Result<Vec<(String, String)>, Denial> {
    if request.header("Cookie") != Some(b"me=you") {
        return Err(Denial {
            headers: vec![("WWW-Authenticate".into(), "Cookie".into())],
            body: b"who?".to_vec(),
            ..Denial::new(401)
        });
    }
    match (request.path(), request.query()) {
        ("/chat", Some("room=1")) => Ok(vec![("X-Room".into(), "one".into())]),
        ("/smuggle", _) => Ok(vec![("X".into(), "a\r\nY: b".into())]),
        ("/contradict", _) => Ok(vec![("Upgrade".into(), "h2c".into())]),
        _ => Err(Denial::new(404)),
    }
}

#[tokio::test]
async fn the_hook_adds_headers_or_refuses() {
    let options = AcceptOptions {
        on_request: Some(Arc::new(judge)),
        ..AcceptOptions::default()
    };
    let good = request("Cookie: me=you\r\n");
    let (socket, answer) = told(&options, good.as_bytes()).await;
    assert!(
        socket.is_ok() && answer.ends_with("\r\nX-Room: one\r\n\r\n"),
        "{answer}"
    );

    let (result, answer) = told(&options, request("").as_bytes()).await;
    assert!(matches!(result, Err(Error::Denied(401))), "{result:?}");
    assert_eq!(
        answer,
        "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 4\r\n\
         WWW-Authenticate: Cookie\r\n\r\nwho?"
    );
    let elsewhere = good.replace("/chat", "/other");
    let (result, answer) = told(&options, elsewhere.as_bytes()).await;
    assert!(matches!(result, Err(Error::Denied(404))), "{result:?}");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    for path in ["/smuggle", "/contradict"] {
        let (result, answer) = told(&options, good.replace("/chat", path).as_bytes()).await;
        assert!(matches!(result, Err(Error::InvalidHeader)), "{result:?}");
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    }
    // It is not asked about a request that is refused anyway.
    let (_, answer) = told(&options, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn the_server_chooses_among_the_subprotocols() {
    let options = AcceptOptions {
        protocols: vec!["new".into(), "old".into()],
        ..AcceptOptions::default()
    };
    for (offered, chosen) in [
        (vec!["old", "new"], Some("new")),
        (vec!["older", "old"], Some("old")),
        (vec!["other"], None),
        (vec![], None),
    ] {
        let client = Options {
            protocols: offered.into_iter().map(String::from).collect(),
            ..Options::default()
        };
        let (ours, theirs) = tokio::io::duplex(10_000);
        let (client, server) = tokio::join!(
            websocket::open(ours, "localhost", "/", &client),
            websocket::accept_with(theirs, &options)
        );
        assert_eq!(client.unwrap().protocol(), chosen);
        assert_eq!(server.unwrap().protocol(), chosen);
    }
}

fn may_be_spawned<F: Future + Send>(future: F) -> F {
    future
}

/// The server looks something up while the client waits for its 101.
#[tokio::test(start_paused = true)]
async fn a_verdict_may_take_its_time() {
    const SECOND: Duration = Duration::from_secs(1);
    let options = AcceptOptions {
        // Not asked: the caller judges.
        on_request: Some(Arc::new(|_| Err(Denial::new(500)))),
        handshake: 10 * SECOND,
        ..AcceptOptions::default()
    };
    let lookup = |wait: Duration, verdict: Verdict| {
        let options = options.clone();
        async move {
            let (mut ours, theirs) = tokio::io::duplex(10_000);
            ours.write_all(request("Cookie: me=you\r\n").as_bytes())
                .await
                .unwrap();
            ours.write_all(b"\x81\x82\x00\x00\x00\x00hi").await.unwrap();
            let began = Instant::now();
            let accepted = may_be_spawned(async {
                websocket::accept_if(theirs, &options, |request| {
                    assert_eq!(request.header("cookie"), Some(&b"me=you"[..]));
                    async move {
                        tokio::time::sleep(wait).await;
                        verdict
                    }
                })
                .await
            });
            let client = async {
                let mut answer = [0; 12];
                ours.read_exact(&mut answer).await.unwrap();
                let took = began.elapsed();
                drop(ours);
                (String::from_utf8_lossy(&answer).into_owned(), took)
            };
            tokio::join!(accepted, client)
        }
    };
    let header = vec![("X-Room".to_owned(), "one".to_owned())];
    let (accepted, (answer, took)) = lookup(9 * SECOND, Ok(header)).await;
    assert_eq!((&*answer, took), ("HTTP/1.1 101", 9 * SECOND));
    // What came meanwhile is read behind the answer.
    let message = accepted.unwrap().next().await.unwrap().unwrap();
    assert_eq!(message, Message::from("hi"));

    let (refused, (answer, took)) = lookup(9 * SECOND, Err(Denial::new(403))).await;
    assert!(matches!(refused, Err(Error::Denied(403))), "{refused:?}");
    assert_eq!((&*answer, took), ("HTTP/1.1 403", 9 * SECOND));

    let (late, (answer, took)) = lookup(11 * SECOND, Ok(Vec::new())).await;
    assert!(matches!(late, Err(Error::Timeout)), "{late:?}");
    assert_eq!((&*answer, took), ("HTTP/1.1 503", 10 * SECOND));
}
