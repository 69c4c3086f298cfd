//! Clients that vanish, stall or never begin leave nothing: no session, no task.

mod common;
#[path = "common/echo.rs"]
mod echo;

use common::{
    http::{Http, post},
    until, within,
    ws::{Said, Ws},
};
use echo::{BOTH, Below, Echo, NotFound, host, open, serve};
use siox_engineio::CloseReason;
use siox_tokio::{Host, Layer};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};
use tower_layer::Layer as _;
use tower_service::Service;

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";
const HEAD: &str = "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

/// The host comes to its end before the time it grants its clients is over.
async fn nothing_is_left(host: &Arc<Host<Echo>>) {
    assert!(within(host.close(Duration::from_secs(300))).await);
    assert_eq!(host.sessions(), 0);
}

/// A client's end, sudden (a reset) or not.
fn end(io: TcpStream, reset: bool) {
    if reset {
        io.set_zero_linger().unwrap();
    }
    drop(io);
}

#[tokio::test]
async fn clients_that_vanish_at_any_byte_of_the_handshake() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        for n in (0..=HEAD.len())
            .step_by(7)
            .chain([HEAD.len() - 1, HEAD.len()])
        {
            for reset in [false, true] {
                let mut io = TcpStream::connect(to).await.unwrap();
                io.write_all(&HEAD.as_bytes()[..n]).await.unwrap();
                end(io, reset);
            }
        }
        // Later than all of them, and let in.
        let mut ws = Ws::connect(to, WEBSOCKET).await;
        ws.text().await;
        drop(ws);
        until(0, || host.sessions()).await;
        nothing_is_left(&host).await;
    }
}

#[tokio::test]
async fn clients_that_vanish_from_their_websocket() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        for reset in [false, true] {
            // Idle; in the middle of a frame; with its echo unread.
            for bytes in [&b""[..], &[0x81], &[0x81, 0x83, 1, 2, 3, 4, 0x35]] {
                let mut ws = Ws::connect(to, WEBSOCKET).await;
                ws.text().await;
                ws.send_raw(bytes).await;
                end(ws.io, reset);
            }
        }
        until(0, || host.sessions()).await;
        assert_eq!(host.app().ends(), [CloseReason::TransportClose; 6]);
        nothing_is_left(&host).await;
    }
}

#[tokio::test]
async fn clients_that_vanish_from_their_poll_or_post() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        for reset in [false, true] {
            for what in ["GET", "POST"] {
                let mut http = Http::connect(to).await;
                let session = open(&mut http).await;
                let request = match what {
                    "GET" => format!("GET {session} HTTP/1.1\r\nHost: here\r\n\r\n"),
                    _ => post(&session, "4abc").replace("4abc", "4ab"),
                };
                http.send(request).await;
                // Both have been read when a later connection has its answer.
                open(&mut Http::connect(to).await).await;
                end(http.io, reset);
            }
        }
        until(vec![CloseReason::TransportError; 4], || host.app().ends()).await;
        assert_eq!(host.sessions(), 4, "the later ones");
    }
}

/// Silent, slow, and idle connections do not hold up the end of `serve`.
#[tokio::test]
async fn connections_that_do_nothing() {
    let host = host();
    let to = serve(&host, Below::Own).await;
    let silent = TcpStream::connect(to).await.unwrap();
    let mut slow = Http::connect(to).await;
    slow.send("GET /engine.io/?EIO=4 HT").await;
    let mut idle = Http::connect(to).await;
    assert_eq!(idle.get("/nowhere").await.status, 404);
    let mut half = Http::connect(to).await;
    half.send("POST /nowhere HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nx")
        .await;
    assert_eq!(half.answer().await.status, 404);
    nothing_is_left(&host).await;
    drop((silent, slow, idle, half));
}

/// Nor does a body that never ends hold up the end.
#[tokio::test]
async fn a_body_that_does_not_end() {
    let host = host();
    let to = serve(&host, Below::Own).await;
    let mut http = Http::connect(to).await;
    let sid = open(&mut http).await;
    http.send(&format!(
        "POST /engine.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n4x"
    ))
    .await;
    assert!(within(host.close(Duration::from_millis(50))).await);
}

/// A client that never answers a close frame is cut off in the end.
#[tokio::test]
async fn a_client_that_does_not_answer_the_close_frame() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut io = TcpStream::connect(to).await.unwrap();
        io.write_all(HEAD.as_bytes()).await.unwrap();
        until(1, || host.sessions()).await;
        let deadline = Duration::from_millis(50);
        assert!(within(host.close(deadline)).await, "{below:?}");
        drop(io);
    }
}

/// One that does not read at all, with much to be written, is no different.
#[tokio::test]
async fn a_client_that_does_not_read() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut ws = Ws::connect(to, WEBSOCKET).await;
        ws.text().await;
        // Until the server has stopped reading, or has given this client up.
        let message = format!("4{}", "x".repeat(5000));
        for _ in 0..4000 {
            ws.machine.text(&message).unwrap();
        }
        let bytes: Vec<u8> = ws.machine.poll_transmit().flatten().copied().collect();
        let writing = tokio::spawn(async move {
            let _ = ws.io.write_all(&bytes).await;
            ws.io
        });
        let mut polled = Http::connect(to).await;
        open(&mut polled).await;
        drop(polled);
        let deadline = Duration::from_millis(50);
        assert!(within(host.close(deadline)).await, "{below:?}");
        drop(within(writing).await.unwrap());
    }
}

/// A WebSocket session is opened before its socket is there. If that never comes, it ends.
#[tokio::test]
async fn an_upgrade_that_comes_to_nothing() {
    let host = host();
    let mut service = Layer::new(host.clone()).layer(NotFound);
    // Without hyper below, nobody hands a socket over.
    let request = http::Request::get(WEBSOCKET)
        .header("Host", "here")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
        .body(http_body_util::Full::<bytes::Bytes>::default())
        .unwrap();
    let answer = service.call(request).await.unwrap();
    assert_eq!(answer.status(), 101);
    until(0, || host.sessions()).await;
    assert_eq!(host.app().ends(), [CloseReason::TransportClose]);
    nothing_is_left(&host).await;
}

/// Clients that come while the host closes are refused or told; none is forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_come_while_it_closes() {
    for _ in 0..30 {
        let host = host();
        let to = serve(&host, Below::Hyper).await;
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..8 {
            all.spawn(async move {
                let io = TcpStream::connect(to).await.unwrap();
                if let Ok(mut ws) = Ws::handshake(io, WEBSOCKET, &[], &[]).await {
                    while ws.next().await != Said::End {}
                }
            });
        }
        tokio::task::yield_now().await;
        nothing_is_left(&host).await;
        while let Some(end) = within(all.join_next()).await {
            end.unwrap();
        }
    }
}

/// Who no longer waits for `serve` has the port back at once; clients that are there stay.
#[tokio::test]
async fn a_listener_ends_with_whoever_serves() {
    let host = host();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let mut serving = Box::pin(siox_tokio::serve(listener, host.clone()));
    let mut ws = tokio::select! {
        _ = &mut serving => unreachable!("it serves"),
        ws = Ws::connect(to, WEBSOCKET) => ws,
    };
    ws.text().await;
    drop(serving);
    let again = TcpListener::bind(to).await.unwrap();
    ws.send("4still there").await;
    assert_eq!(ws.text().await, "4still there");
    drop((ws, again));
    until(0, || host.sessions()).await;
    nothing_is_left(&host).await;
}
