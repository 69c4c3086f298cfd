//! Clients as the application sees them.

use crate::echo::{BOTH, Below};
use crate::{POLLING, SOCKET, common, open, start};
use common::{
    http::{Http, sid},
    until, within,
    ws::{Said, Ws},
};
use siox_tokio::engine::{
    CloseReason, Config, Event, Message, QUEUE, SendError, Server, Transport, Version,
};
use std::time::Duration;

fn text(text: &str) -> Event {
    Event::Message(Message::from(text).into_owned())
}

#[tokio::test]
async fn a_client_that_polls_and_moves_to_its_websocket() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        assert!(session.ends_with(socket.sid().as_str()));
        assert_eq!(socket.query(), "EIO=4&transport=polling");
        assert_eq!(socket.request().header("host"), Some(&b"here"[..]));
        assert_eq!(socket.transport(), Some(Transport::Polling));
        assert_eq!(socket.version(), Version::V4);
        if below == Below::Own {
            assert_eq!(socket.address(), Some(to.ip()));
        }

        assert_eq!(http.post(&session, "4one\u{1e}bAQI=").await.body, "ok");
        assert_eq!(within(socket.event()).await, Some(text("one")));
        let binary = Message::from(&[1, 2][..]).into_owned();
        assert_eq!(within(socket.recv()).await, Some(binary.clone()));
        socket.send("uno").await.unwrap();
        socket.try_send(binary).unwrap();
        assert!(socket.queued() > 0);
        assert_eq!(http.get(&session).await.body, "4uno\u{1e}bAQI=");
        within(socket.flush()).await.unwrap();

        let target = session.replace("polling", "websocket");
        let mut ws = Ws::connect(to, &target).await;
        ws.send_all(&["2probe", "5", "4two"]).await;
        assert_eq!(ws.text().await, "3probe");
        assert_eq!(within(socket.event()).await, Some(Event::Upgraded));
        assert_eq!(within(socket.event()).await, Some(text("two")));
        assert_eq!(socket.transport(), Some(Transport::WebSocket));
        socket.send("due").await.unwrap();
        assert_eq!(ws.text().await, "4due");

        socket.close();
        assert!(matches!(ws.next().await, Said::Close(_)), "{below:?}");
        let reason = CloseReason::ForcedClose;
        assert_eq!(within(socket.event()).await, Some(Event::Closed(reason)));
        assert_eq!(within(socket.event()).await, None);
        assert_eq!(within(socket.recv()).await, None);
        assert_eq!(socket.closed(), Some(reason));
        assert_eq!(socket.send("late").await, Err(SendError::Closed));
        until(0, || server.clients()).await;
    }
}

#[tokio::test]
async fn clients_on_a_websocket_from_the_start() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let mut ws = Ws::connect(to, SOCKET).await;
        let open = ws.text().await;
        let socket = within(server.accept()).await.unwrap();
        assert_eq!(socket.sid().as_str(), sid(&open));
        ws.send("4hello").await;
        assert_eq!(within(socket.event()).await, Some(text("hello")));
        ws.send("1").await;
        let end = within(socket.event()).await;
        assert_eq!(
            end,
            Some(Event::Closed(CloseReason::TransportClose)),
            "{below:?}"
        );
    }
}

/// A sender waits where the client does not take what is there, and goes on when it does.
#[tokio::test]
async fn a_sender_waits_for_room() {
    for below in BOTH {
        let config = Config {
            high_water: 1000,
            ..Config::default()
        };
        let (server, to) = start(Server::builder().config(config), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        let big = "x".repeat(2000);
        socket.send(&*big).await.unwrap();
        assert_eq!(socket.try_send("more"), Err(SendError::Full));
        let mut waiting = Box::pin(socket.send("more"));
        let pending = tokio::time::timeout(Duration::ZERO, &mut waiting).await;
        assert!(pending.is_err(), "{below:?}");
        assert_eq!(http.get(&session).await.body, format!("4{big}"));
        within(waiting).await.unwrap();
        assert_eq!(http.get(&session).await.body, "4more");
        // And is told when the session ends.
        socket.send(&*big).await.unwrap();
        let mut waiting = Box::pin(socket.send("more"));
        assert!(
            tokio::time::timeout(Duration::ZERO, &mut waiting)
                .await
                .is_err()
        );
        assert_eq!(http.post(&session, "1").await.status, 200);
        assert_eq!(within(waiting).await, Err(SendError::Closed), "{below:?}");
    }
}

/// The poll of a client that closes, on another connection, may be read after the POST that says so.
#[tokio::test]
async fn a_close_that_overtakes_its_poll() {
    for below in BOTH {
        let (_server, to) = start(Server::builder(), below).await;
        let (mut http, mut poll) = (Http::connect(to).await, Http::connect(to).await);
        let session = open(&mut http).await;
        // The server runs on this thread, and so not before both are sent.
        http.send(common::http::post(&session, "1")).await;
        poll.send(format!("GET {session} HTTP/1.1\r\nHost: here\r\n\r\n"))
            .await;
        assert_eq!(poll.answer().await.body, "6", "{below:?}");
        assert_eq!(http.answer().await.body, "ok");
        assert_eq!(poll.get(&session).await.status, 400);
    }
}

/// A client whose messages nobody takes is not read any further; nothing of them is lost.
#[tokio::test]
async fn a_client_waits_for_the_application() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        let count = QUEUE * 3;
        let body: Vec<_> = (0..count).map(|n| format!("4{n}")).collect();
        http.send(common::http::post(&session, &body.join("\u{1e}")))
            .await;
        for n in 0..count {
            assert_eq!(within(socket.event()).await, Some(text(&n.to_string())));
        }
        assert_eq!(http.answer().await.body, "ok", "{below:?}");
    }
}

#[tokio::test]
async fn tasks_for_clients_end_them() {
    let server = Server::builder().build().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let serving = server.clone();
    let served = tokio::spawn(async move {
        serving
            .serve_with(listener, async |socket| {
                let first = socket.recv().await.unwrap();
                assert_ne!(first.as_bytes(), b"panic");
                socket.send(first).await.unwrap();
            })
            .await
    });
    for (word, answer) in [("4once", Some("4once")), ("4panic", None)] {
        let mut ws = Ws::connect(to, SOCKET).await;
        assert!(ws.text().await.starts_with('0'));
        ws.send(word).await;
        if let Some(answer) = answer {
            assert_eq!(ws.text().await, answer);
        }
        assert!(matches!(ws.next().await, Said::Close(_)), "{word}");
    }
    let mut http = Http::connect(to).await;
    let session = open(&mut http).await;
    http.send(format!("GET {session} HTTP/1.1\r\nHost: here\r\n\r\n"))
        .await;
    // The poll has arrived when a later request is answered.
    let posted = Http::connect(to).await.post(&session, "3").await;
    assert_eq!(posted.body, "ok");
    assert!(within(server.close(common::PATIENCE)).await);
    assert_eq!(http.answer().await.body, "1");
    within(served).await.unwrap().unwrap();
    assert!(within(server.accept()).await.is_none());
}

/// A path of its own, and both ends of it.
#[tokio::test]
async fn paths() {
    for below in BOTH {
        let (_server, to) = start(Server::builder().path("/a/b"), below).await;
        for (path, status) in [
            ("/a/b", 200),
            ("/a/b/", 200),
            ("/a/bc", 404),
            ("/engine.io/", 404),
        ] {
            let target = POLLING.replace("/engine.io/", path);
            let answer = Http::connect(to).await.get(&target).await;
            assert_eq!(answer.status, status, "{below:?} {path}");
        }
    }
}

/// An answer to a poll is compressed unless nothing in it may be.
#[cfg(feature = "compression")]
#[tokio::test]
async fn messages_that_may_not_be_compressed() {
    use siox_tokio::engine::{Compression, Options};
    let text = "x".repeat(5000);
    for below in BOTH {
        let options = Options {
            compression: Some(Compression::default()),
            ..Options::default()
        };
        let (server, to) = start(Server::builder().options(options), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        for (handle, expected) in [
            (socket.compress(false), None),
            (socket.compress(false).compress(true), Some("gzip")),
            (socket, Some("gzip")),
        ] {
            handle.send(&*text).await.unwrap();
            http.send(format!(
                "GET {session} HTTP/1.1\r\nHost: here\r\nAccept-Encoding: gzip\r\n\r\n"
            ))
            .await;
            let answer = http.answer().await;
            assert_eq!(answer.header("content-encoding"), expected, "{below:?}");
        }
    }
}

#[tokio::test]
async fn signs_of_life_for_who_asks() {
    for below in BOTH {
        let config = Config {
            ping_interval: Duration::from_millis(1),
            tell_all: true,
            ..Config::default()
        };
        let (server, to) = start(Server::builder().config(config), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        assert_eq!(http.get(&session).await.body, "2");
        assert_eq!(http.post(&session, "3").await.body, "ok");
        assert_eq!(within(socket.event()).await, Some(Event::Heartbeat));
        let mut ws = Ws::connect(to, &session.replace("polling", "websocket")).await;
        ws.send_all(&["2probe", "5", "4two"]).await;
        assert_eq!(within(socket.event()).await, Some(Event::Upgrading));
        assert_eq!(within(socket.event()).await, Some(Event::Upgraded));
        // Who asks for messages alone is not held up by the rest.
        assert_eq!(within(socket.recv()).await.unwrap().as_bytes(), b"two");
    }
}
