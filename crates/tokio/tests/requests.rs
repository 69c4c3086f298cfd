//! What hostile and mistaken requests are answered, by our own HTTP server and inside hyper.

mod common;
#[path = "common/echo.rs"]
mod echo;

use common::{
    http::{Answer, Http, post},
    until,
    ws::{Said, Ws},
};
use echo::{BOTH, MAX_PAYLOAD, host, open, serve};
use siox_engineio::CloseReason;
use std::net::SocketAddr;

const TRANSPORT: &str = r#"{"code":0,"message":"Transport unknown"}"#;
const SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;
const METHOD: &str = r#"{"code":2,"message":"Bad handshake method"}"#;
const REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;
const FORBIDDEN: &str = r#"{"code":4,"message":"Forbidden"}"#;
const VERSION: &str = r#"{"code":5,"message":"Unsupported protocol version"}"#;

const WEBSOCKET: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

/// Sends `method target` with `headers` on a new connection.
async fn ask(to: SocketAddr, method: &str, target: &str, headers: &str) -> Answer {
    let mut http = Http::connect(to).await;
    http.send(format!(
        "{method} {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n"
    ))
    .await;
    http.answer().await
}

/// Requests that belong to no session.
#[tokio::test]
async fn requests_without_a_session() {
    let long = "x".repeat(8000);
    let table: &[(&str, &str, &str, u16, &str)] = &[
        ("GET", "EIO=4", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=flash", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=__proto__", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=POLLING", "", 400, TRANSPORT),
        ("GET", "EIO=4&transport=polling&sid=none", "", 400, SID),
        ("GET", "EIO=4&transport=polling&sid=__proto__", "", 400, SID),
        (
            "GET",
            &format!("EIO=4&transport=polling&sid={long}"),
            "",
            400,
            SID,
        ),
        (
            "POST",
            "EIO=4&transport=polling&sid=none",
            "Content-Length: 0\r\n",
            400,
            SID,
        ),
        (
            "GET",
            "EIO=4&transport=websocket&sid=none",
            WEBSOCKET,
            400,
            SID,
        ),
        (
            "POST",
            "EIO=4&transport=polling",
            "Content-Length: 0\r\n",
            400,
            METHOD,
        ),
        (
            "PUT",
            "EIO=4&transport=polling",
            "Content-Length: 0\r\n",
            400,
            METHOD,
        ),
        ("DELETE", "EIO=4&transport=polling", "", 400, METHOD),
        ("GET", "EIO=4&transport=websocket", "", 400, REQUEST),
        ("GET", "transport=polling", "", 400, VERSION),
        ("GET", "EIO=2&transport=polling", "", 400, VERSION),
        ("GET", "EIO=3&transport=polling", "", 400, VERSION),
        ("GET", "EIO=5&transport=polling", "", 400, VERSION),
        ("GET", "EIO=3&transport=websocket", WEBSOCKET, 400, VERSION),
        ("GET", "transport=websocket", WEBSOCKET, 400, VERSION),
        (
            "GET",
            "EIO=4&transport=polling",
            "Origin: http://there\r\n",
            403,
            FORBIDDEN,
        ),
    ];
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        for (method, query, headers, status, body) in table {
            let answer = ask(to, method, &format!("/engine.io/?{query}"), headers).await;
            let found = (answer.status, &*answer.body);
            assert_eq!(found, (*status, *body), "{below:?}: {method} {query}");
            let kind = answer.header("content-type");
            assert_eq!(
                kind,
                Some("application/json"),
                "{below:?}: {method} {query}"
            );
        }
        assert_eq!(host.sessions(), 0, "{below:?}");
    }
}

/// Requests with a session's id that are refused, and leave the session as it was.
#[tokio::test]
async fn requests_that_a_session_refuses() {
    let table: &[(&str, &str, &str, u16, &str)] = &[
        ("DELETE", "polling", "", 405, ""),
        ("PUT", "polling", "Content-Length: 0\r\n", 405, ""),
        ("PATCH", "polling", "Content-Length: 0\r\n", 405, ""),
        ("GET", "websocket", "", 400, REQUEST),
        ("POST", "websocket", "Content-Length: 0\r\n", 400, REQUEST),
        ("GET", "flash", "", 400, TRANSPORT),
        ("GET", "polling", "Origin: null\r\n", 403, FORBIDDEN),
        ("POST", "polling", "Content-Length: 10001\r\n", 413, ""),
        (
            "POST",
            "polling",
            "Content-Length: 99999999999\r\n",
            413,
            "",
        ),
    ];
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        for (method, transport, headers, status, body) in table {
            let what = format!("{below:?}: {method} {transport} {headers:?}");
            let target = session.replace("polling", transport);
            let answer = ask(to, method, &target, headers).await;
            assert_eq!((answer.status, &*answer.body), (*status, *body), "{what}");
            assert_eq!(
                http.post(&session, "4still here").await.body,
                "ok",
                "{what}"
            );
            assert_eq!(http.get(&session).await.body, "4still here", "{what}");
        }
        assert_eq!(host.sessions(), 1);
    }
}

/// A body that is streamed past the limit: 413, and the session lives.
#[tokio::test]
async fn a_streamed_body_past_the_limit() {
    for below in BOTH {
        let to = serve(&host(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let mut large = Http::connect(to).await;
        large
            .send(format!(
                "POST {session} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
            ))
            .await;
        let chunk = format!("{:x}\r\n{}\r\n", 1000, "4".repeat(1000));
        for _ in 0..=MAX_PAYLOAD / 1000 {
            large.send(&chunk).await;
        }
        let answer = large.answer().await;
        assert_eq!((answer.status, &*answer.body), (413, ""), "{below:?}");
        assert_eq!(http.post(&session, "4still here").await.body, "ok");
        assert_eq!(http.get(&session).await.body, "4still here");
        // A body of just the limit is taken.
        let whole = format!("4{}", "x".repeat(MAX_PAYLOAD - 1));
        assert_eq!(http.post(&session, &whole).await.body, "ok");
        assert_eq!(http.get(&session).await.body, whole);
    }
}

/// Bodies that end the session: 400, and why the application is told it ended.
#[tokio::test]
async fn bodies_that_end_the_session() {
    use CloseReason::{ParseError, TransportError};
    let table: &[(&str, CloseReason)] = &[
        ("", ParseError),
        ("9", ParseError),
        ("x", ParseError),
        ("__proto__", ParseError),
        ("b!!", ParseError),
        ("bAA=A", ParseError),
        ("4a\x1e", ParseError),
        ("\x1e4a", ParseError),
        ("4a\x1e\x1e4b", ParseError),
        ("2", TransportError),
    ];
    for below in BOTH {
        for (body, reason) in table {
            let what = format!("{below:?}: {body:?}");
            let host = host();
            let to = serve(&host, below).await;
            let mut http = Http::connect(to).await;
            let session = open(&mut http).await;
            let answer = http.post(&session, body).await;
            assert_eq!((answer.status, &*answer.body), (400, REQUEST), "{what}");
            let after = http.get(&session).await;
            assert_eq!((after.status, &*after.body), (400, SID), "{what}");
            assert_eq!(host.app().ends(), [*reason], "{what}");
            assert_eq!(host.sessions(), 0, "{what}");
        }
    }
}

#[tokio::test]
async fn a_binary_body_ends_the_session() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        http.send(format!(
            "POST {session} HTTP/1.1\r\nHost: here\r\nContent-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\n4a"
        ))
        .await;
        let answer = http.answer().await;
        assert_eq!((answer.status, &*answer.body), (400, REQUEST), "{below:?}");
        until(vec![CloseReason::TransportError], || host.app().ends()).await;
    }
}

/// Two requests of a kind at once: the second gets 400, the session ends, the first poll is told.
#[tokio::test]
async fn overlapping_requests_end_the_session() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let (mut first, mut second) = (Http::connect(to).await, Http::connect(to).await);
        let session = open(&mut first).await;
        let get = format!("GET {session} HTTP/1.1\r\nHost: here\r\n\r\n");
        first.send(&get).await;
        // The POST is answered after the poll was read, as this runtime has one thread and the poll
        // came first; its echo answers that poll.
        assert_eq!(second.post(&session, "4a").await.body, "ok");
        assert_eq!(first.answer().await.body, "4a");
        first.send(&get).await;
        second.send(&get).await;
        let (a, b) = (first.answer().await, second.answer().await);
        let mut found = [(a.status, a.body), (b.status, b.body)];
        found.sort();
        assert_eq!(
            found,
            [(200, "1".into()), (400, String::new())],
            "{below:?}"
        );
        until(vec![CloseReason::TransportError], || host.app().ends()).await;

        let mut third = Http::connect(to).await;
        let session = open(&mut third).await;
        let body = post(&session, "4abc");
        third.send(&body[..body.len() - 1]).await;
        // Not until the head above has been read: the second POST is refused, not the first.
        let refused = loop {
            let answer = second.post(&session, "4b").await;
            if answer.body != "ok" {
                break answer;
            }
        };
        assert_eq!((refused.status, &*refused.body), (400, ""), "{below:?}");
        let reasons = vec![CloseReason::TransportError; 2];
        until(reasons, || host.app().ends()).await;
    }
}

/// The whole request head is bounded: by our limits, or by hyper's own inside it.
#[tokio::test]
async fn endless_heads_are_cut_off() {
    for below in BOTH {
        let to = serve(&host(), below).await;
        let mut http = Http::connect(to).await;
        let sid = "x".repeat(1 << 20);
        // The answer may come before all of this is sent.
        let request = format!("GET /engine.io/?sid={sid} HTTP/1.1\r\nHost: here\r\n\r\n");
        let (mut read, mut write) = http.io.split();
        let writing = async {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut write, request.as_bytes()).await;
        };
        let reading = async {
            let mut first = [0; 12];
            tokio::io::AsyncReadExt::read_exact(&mut read, &mut first)
                .await
                .unwrap();
            first
        };
        let ((), first) = common::within(async { tokio::join!(writing, reading) }).await;
        assert_eq!(&first, b"HTTP/1.1 431", "{below:?}");
    }
}

/// A WebSocket session is no polling session, and has no second socket.
#[tokio::test]
async fn a_session_on_its_websocket_refuses_requests() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut ws = Ws::connect(to, "/engine.io/?EIO=4&transport=websocket").await;
        let sid = common::http::sid(&ws.text().await);
        let target = |transport| format!("/engine.io/?EIO=4&transport={transport}&sid={sid}");
        for (method, transport, headers) in [
            ("GET", "polling", ""),
            ("POST", "polling", "Content-Length: 1\r\n"),
            ("GET", "websocket", ""),
            ("GET", "websocket", WEBSOCKET),
        ] {
            let answer = ask(to, method, &target(transport), headers).await;
            let found = (answer.status, &*answer.body);
            assert_eq!(found, (400, REQUEST), "{below:?}: {method} {transport}");
        }
        ws.send("4still here").await;
        assert_eq!(ws.next().await, Said::Text("4still here".into()));
        assert_eq!(host.sessions(), 1);
    }
}

/// Handshakes that are none: refused by status, and no session is opened.
#[tokio::test]
async fn bad_websocket_handshakes() {
    let key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let up = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let table: &[(String, u16)] = &[
        (format!("{up}{key}Sec-WebSocket-Version: 8\r\n"), 426),
        (format!("{up}Sec-WebSocket-Version: 13\r\n"), 400),
        (
            format!("{up}Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n"),
            400,
        ),
        (
            format!("{up}{key}Sec-WebSocket-Version: 13\r\nContent-Length: 5\r\n"),
            400,
        ),
        (format!("{up}{key}{key}Sec-WebSocket-Version: 13\r\n"), 400),
    ];
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let target = "/engine.io/?EIO=4&transport=websocket";
        for (headers, status) in table {
            let answer = ask(to, "GET", target, headers).await;
            assert_eq!(answer.status, *status, "{below:?}: {headers:?}");
            if *status == 426 {
                assert_eq!(answer.header("sec-websocket-version"), Some("13"));
            }
            // A probe that fails so leaves its session alone.
            let probe = session.replace("polling", "websocket");
            assert_eq!(ask(to, "GET", &probe, headers).await.status, *status);
        }
        assert_eq!(http.post(&session, "4still here").await.body, "ok");
        assert_eq!(http.get(&session).await.body, "4still here");
        assert_eq!(host.sessions(), 1);
    }
}
