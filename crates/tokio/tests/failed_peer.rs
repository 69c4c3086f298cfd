//! A peer that broke a rule and then neither reads nor leaves: it is told, once, and costs no more
//! turns. Were its task to spin, a runtime of one thread would serve nobody else.

mod common;
#[path = "common/echo.rs"]
mod echo;

use common::{
    http::Http,
    within,
    ws::{Said, Ws},
};
use echo::{BOTH, host, open, serve};
use siox_tokio::websocket::{self, Error};
use siox_websocket::Limits;
use siox_wire::Message;
use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
    time::Duration,
};
use tokio::net::TcpListener;

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";
/// An unmasked text frame, which no client may send.
const BROKEN: &[u8] = &[0x81, 2, b'4', b'a'];

/// Paused time moves on only when no task is ready to run, and one that spins always is: it would hold
/// the clock, and so this test, for ever.
async fn the_thread_is_idle() {
    let (done, waiting) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if waiting.recv_timeout(Duration::from_secs(60)) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("a task spins");
            std::process::abort();
        }
    });
    tokio::time::pause();
    tokio::time::sleep(Duration::from_millis(10)).await;
    tokio::time::resume();
    drop(done);
    watchdog.join().unwrap();
}

#[tokio::test]
async fn a_session_whose_peer_broke_a_rule() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut failed = Ws::connect(to, WEBSOCKET).await;
        failed.text().await;
        failed.send_raw(BROKEN).await;
        common::until(0, || host.sessions()).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        for n in 0..100 {
            let text = format!("4{n}");
            assert_eq!(http.post(&session, &text).await.body, "ok");
            assert_eq!(http.get(&session).await.body, text);
        }
        the_thread_is_idle().await;
        // It is still there to be read, once.
        assert_eq!(failed.rest().await, [Said::Close(Some(1002))], "{below:?}");
    }
}

/// One whose answers fill every buffer, so that its close frame cannot leave.
#[tokio::test]
async fn a_session_whose_peer_does_not_read_either() {
    for below in BOTH {
        let host = host();
        let to = serve(&host, below).await;
        let mut failed = Ws::connect(to, WEBSOCKET).await;
        failed.text().await;
        let message = format!("4{}", "x".repeat(9000));
        for _ in 0..3000 {
            failed.machine.text(&message).unwrap();
        }
        let mut bytes: Vec<u8> = failed.machine.poll_transmit().flatten().copied().collect();
        bytes.extend(BROKEN);
        // It may be given up before it has sent all.
        let _ = within(tokio::io::AsyncWriteExt::write_all(&mut failed.io, &bytes)).await;
        common::until(0, || host.sessions()).await;
        the_thread_is_idle().await;
        let mut other = Ws::connect(to, WEBSOCKET).await;
        other.text().await;
        other.send("4served").await;
        assert_eq!(other.text().await, "4served");
        drop(failed);
        drop(other);
        assert!(within(host.close(Duration::from_millis(100))).await);
    }
}

/// A plain WebSocket echo that reports how its connections end.
async fn plain(ends: tokio::sync::mpsc::UnboundedSender<Result<(), Error>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (io, _) = listener.accept().await.unwrap();
            let ends = ends.clone();
            tokio::spawn(async move {
                let socket = websocket::accept(io, Arc::new(Limits::default())).await;
                let end = match socket {
                    Ok(socket) => {
                        socket
                            .run(|connection, message| match message {
                                Message::Text(t) => connection.text(&t),
                                Message::Binary(b) => connection.binary(b.into_owned().into()),
                            })
                            .await
                    }
                    Err(e) => Err(e),
                };
                let _ = ends.send(end);
            });
        }
    });
    to
}

#[tokio::test]
async fn a_plain_websocket_whose_peer_broke_a_rule() {
    let (sender, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let to = plain(sender).await;
    let mut failed = Ws::connect_with(to, "/", &[], &["early"]).await;
    assert_eq!(failed.text().await, "early");
    failed.send_raw(BROKEN).await;
    let mut other = Ws::connect(to, "/any?path").await;
    for n in 0..100 {
        let text = n.to_string();
        other.send(&text).await;
        assert_eq!(other.text().await, text);
    }
    the_thread_is_idle().await;
    assert_eq!(failed.rest().await, [Said::Close(Some(1002))]);
    let end = within(ends.recv()).await.unwrap();
    assert!(matches!(end, Err(Error::WebSocket(_))), "{end:?}");
    // A polite end is no error.
    other.send_raw(&[0x88, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(other.rest().await, [Said::Close(None)]);
    let end = within(ends.recv()).await.unwrap();
    assert!(end.is_ok(), "{end:?}");
}
