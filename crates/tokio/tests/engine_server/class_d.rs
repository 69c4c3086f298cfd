//! Hostile input to Engine.IO over real HTTP: what is no single bad request. Those are the tables of
//! `tests/requests.rs`: unknown transports, sids, methods and versions, bodies too large, of the wrong kind
//! or malformed, and requests that overlap. A hook's refusals are in `hooks`, JSONP in `version3`,
//! compression in `dress`.

use crate::echo::BOTH;
use crate::{POLLING, SOCKET, WEBSOCKET, ask, common, open, start, start_echo};
use common::{
    http::{Http, post},
    until, within,
    ws::{Said, Ws},
};
use siox_tokio::engine::{Builder, CloseReason, Config, Event, Message, Server, Socket};
use std::time::Duration;

const MISMATCH: &str = r#"{"code":3,"message":"Bad request"}"#;

/// A server that pings after `ping` and waits as long for the pong.
fn pinging(ping: Duration) -> Builder {
    Server::builder().config(Config {
        ping_interval: ping,
        ping_timeout: ping,
        ..Config::default()
    })
}

const SOON: Duration = Duration::from_millis(100);

fn text(text: &str) -> Event {
    Event::Message(Message::from(text).into_owned())
}

/// Opens a session and moves it to a WebSocket.
async fn upgraded(
    server: &Server,
    http: &mut Http,
    to: std::net::SocketAddr,
) -> (Socket, Ws, String) {
    let session = open(http).await;
    let socket = within(server.accept()).await.unwrap();
    let mut ws = Ws::connect(to, &session.replace("polling", "websocket")).await;
    ws.send_all(&["2probe", "5"]).await;
    assert_eq!(ws.text().await, "3probe");
    assert_eq!(within(socket.event()).await, Some(Event::Upgraded));
    (socket, ws, session)
}

/// As many packets as fit into a body: every one arrives, in order, and others are served meanwhile.
#[tokio::test]
async fn very_many_packets_in_one_body() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        let body = vec!["4a"; 100_000].join("\x1e");
        let posted = tokio::spawn(async move { http.post(&session, &body).await });
        for _ in 0..100_000 {
            assert_eq!(within(socket.event()).await, Some(text("a")));
        }
        assert_eq!(posted.await.unwrap().body, "ok", "{below:?}");
    }
}

/// What ends a session on its WebSocket, and why.
#[tokio::test]
async fn packets_that_end_a_session() {
    use CloseReason::{ParseError, TransportError};
    for below in BOTH {
        for (packet, reason) in [
            ("", ParseError),
            ("7", ParseError),
            ("abc", ParseError),
            ("2", TransportError),
            ("2probe", TransportError),
        ] {
            let (server, to) = start(Server::builder(), below).await;
            let mut ws = Ws::connect(to, SOCKET).await;
            assert!(ws.text().await.starts_with('0'));
            let socket = within(server.accept()).await.unwrap();
            ws.send_all(&["4before", packet, "4behind"]).await;
            assert_eq!(within(socket.event()).await, Some(text("before")));
            let end = within(socket.event()).await;
            assert_eq!(end, Some(Event::Closed(reason)), "{below:?} {packet:?}");
            assert!(
                matches!(ws.next().await, Said::Close(_)),
                "{below:?} {packet:?}"
            );
            until(0, || server.clients()).await;
        }
    }
}

/// Pongs that nobody asked for are no sign of life beyond the next ping.
#[tokio::test]
async fn a_flood_of_pongs() {
    for below in BOTH {
        let (server, to) = start(pinging(SOON), below).await;
        let mut ws = Ws::connect(to, SOCKET).await;
        assert!(ws.text().await.starts_with('0'));
        let socket = within(server.accept()).await.unwrap();
        ws.send_all(&["3"; 1000]).await;
        let end = within(socket.event()).await;
        assert_eq!(
            end,
            Some(Event::Closed(CloseReason::PingTimeout)),
            "{below:?}"
        );
    }
}

/// A pong withheld across the upgrade is missed: before it, or behind it.
#[tokio::test]
async fn a_pong_withheld_across_the_upgrade() {
    for below in BOTH {
        for pinged_before in [true, false] {
            let (server, to) = start(pinging(SOON * 5), below).await;
            let mut http = Http::connect(to).await;
            let session = open(&mut http).await;
            let socket = within(server.accept()).await.unwrap();
            if pinged_before {
                assert_eq!(http.get(&session).await.body, "2", "{below:?}");
            }
            let mut ws = Ws::connect(to, &session.replace("polling", "websocket")).await;
            ws.send_all(&["2probe", "5"]).await;
            assert_eq!(within(socket.event()).await, Some(Event::Upgraded));
            let end = within(socket.event()).await;
            assert_eq!(
                end,
                Some(Event::Closed(CloseReason::PingTimeout)),
                "{below:?}"
            );
            assert_eq!(ws.text().await, "3probe");
            if !pinged_before {
                assert_eq!(ws.text().await, "2");
            }
            assert!(matches!(ws.next().await, Said::Close(_)), "{below:?}");
        }
    }
}

/// An upgrade that is begun and never finished costs its own socket only: the session goes on by polling,
/// its heartbeat too.
#[tokio::test]
async fn an_upgrade_that_is_never_finished() {
    for below in BOTH {
        for words in [&[][..], &["2probe"]] {
            let builder = Server::builder().config(Config {
                upgrade_timeout: SOON * 10,
                ping_interval: SOON * 3,
                ping_timeout: SOON * 300,
                ..Config::default()
            });
            let (server, to) = start_echo(builder, below).await;
            let mut http = Http::connect(to).await;
            let session = open(&mut http).await;
            let mut ws = Ws::connect(to, &session.replace("polling", "websocket")).await;
            ws.send_all(words).await;
            if !words.is_empty() {
                assert_eq!(ws.text().await, "3probe");
            }
            assert!(
                matches!(ws.next().await, Said::Close(_)),
                "{below:?} {words:?}"
            );
            assert_eq!(http.post(&session, "4still").await.body, "ok");
            let (mut echoed, mut pinged) = (false, false);
            while !(echoed && pinged) {
                let answer = http.get(&session).await.body;
                for packet in answer.split('\x1e') {
                    echoed |= packet == "4still";
                    pinged |= packet == "2";
                    assert!(["4still", "2", "6"].contains(&packet), "{below:?} {packet}");
                }
            }
            drop(ws);
            // And may be tried again.
            let mut again = Ws::connect(to, &session.replace("polling", "websocket")).await;
            again.send_all(&["2probe", "5", "4there"]).await;
            assert_eq!(again.text().await, "3probe");
            assert_eq!(again.text().await, "4there", "{below:?}");
            assert_eq!(server.clients(), 1);
        }
    }
}

/// Of two upgrades the first wins; a session on its WebSocket has no second one.
#[tokio::test]
async fn a_second_upgrade() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        let target = session.replace("polling", "websocket");
        let mut first = Ws::connect(to, &target).await;
        for _ in 0..2 {
            let second = ask(to, "GET", &target, WEBSOCKET).await;
            assert_eq!((second.status, &*second.body), (400, MISMATCH), "{below:?}");
            first.send("2probe").await;
            assert_eq!(first.text().await, "3probe");
        }
        first.send_all(&["5", "4mine"]).await;
        assert_eq!(within(socket.event()).await, Some(Event::Upgraded));
        assert_eq!(within(socket.event()).await, Some(text("mine")));
        let late = ask(to, "GET", &target, WEBSOCKET).await;
        assert_eq!((late.status, &*late.body), (400, MISMATCH), "{below:?}");
        first.send("4still").await;
        assert_eq!(
            within(socket.event()).await,
            Some(text("still")),
            "{below:?}"
        );
    }
}

/// A POST that is not whole when `5` is read delivers nothing, nor does one that comes later.
#[tokio::test]
async fn posts_that_cross_the_upgrade() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        let body = post(&session, "4crossing");
        let (begun, rest) = body.split_at(body.len() - 3);
        let mut slow = Http::connect(to).await;
        slow.send(begun).await;
        let mut ws = Ws::connect(to, &session.replace("polling", "websocket")).await;
        ws.send_all(&["2probe", "5", "4first"]).await;
        assert_eq!(within(socket.event()).await, Some(Event::Upgraded));
        slow.send(rest).await;
        let crossed = slow.answer().await;
        assert_eq!(
            (crossed.status, &*crossed.body),
            (400, MISMATCH),
            "{below:?}"
        );
        let late = http.post(&session, "4late").await;
        assert_eq!((late.status, &*late.body), (400, MISMATCH), "{below:?}");
        ws.send("4second").await;
        assert_eq!(within(socket.event()).await, Some(text("first")));
        assert_eq!(
            within(socket.event()).await,
            Some(text("second")),
            "{below:?}"
        );
    }
}

/// A client that opened a session and went away, on either transport: nothing of it is left.
#[tokio::test]
async fn abandoned_sessions() {
    for below in BOTH {
        let (server, to) = start(pinging(SOON), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let mut ws = Ws::connect(to, SOCKET).await;
        assert!(ws.text().await.starts_with('0'));
        for _ in 0..2 {
            let socket = within(server.accept()).await.unwrap();
            let end = within(socket.event()).await;
            assert_eq!(
                end,
                Some(Event::Closed(CloseReason::PingTimeout)),
                "{below:?}"
            );
        }
        until(0, || server.clients()).await;
        let gone = http.get(&session).await;
        assert_eq!(gone.body, r#"{"code":1,"message":"Session ID unknown"}"#);
        drop((http, ws));
        assert!(within(server.close(common::PATIENCE)).await, "{below:?}");
    }
}

/// Whoever knows the id owns the session: requests may come by any connection. What is printed of a client
/// does not tell it.
#[tokio::test]
async fn the_id_is_the_credential() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let session = open(&mut Http::connect(to).await).await;
        let socket = within(server.accept()).await.unwrap();
        let other = Http::connect(to).await.post(&session, "4mine").await;
        assert_eq!(other.body, "ok", "{below:?}");
        assert_eq!(within(socket.event()).await, Some(text("mine")));
        let id = socket.sid().as_str();
        assert_eq!(id.len(), 20);
        for shown in [format!("{socket:?}"), format!("{:?}", socket.request())] {
            assert!(!shown.contains(id), "{shown}");
        }
        let second = open(&mut Http::connect(to).await).await;
        assert_ne!(second, format!("{POLLING}&sid={id}"));
    }
}

/// Moving there and back: everything that was sent arrives once and in order.
#[tokio::test]
async fn nothing_is_lost_over_an_upgrade() {
    for below in BOTH {
        let (server, to) = start(Server::builder(), below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let socket = within(server.accept()).await.unwrap();
        for n in 0..50 {
            socket.try_send(&*n.to_string()).unwrap();
        }
        let mut ws = Ws::connect(to, &session.replace("polling", "websocket")).await;
        for n in 50..100 {
            socket.try_send(&*n.to_string()).unwrap();
        }
        ws.send_all(&["2probe", "5"]).await;
        assert_eq!(ws.text().await, "3probe");
        for n in 0..100 {
            assert_eq!(ws.text().await, format!("4{n}"), "{below:?}");
        }
        let (_, _, _) = upgraded(&server, &mut http, to).await;
    }
}
