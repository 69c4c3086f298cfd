//! How many sessions there may be: who is beyond it is told so, and every way in which a session ends, or
//! never comes to be, gives its place back.

use crate::echo::{BOTH, Below};
use crate::{POLLING, SOCKET, WEBSOCKET, ask, common, open, start, start_echo};
use common::{
    http::Http,
    until,
    ws::{Said, Ws},
};
use siox_tokio::engine::{Admission, Builder, Caps, Config, Options, Server};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpStream, task::JoinSet};

fn capped(sessions: Option<usize>, per_address: Option<usize>, trusted_proxies: u8) -> Builder {
    Server::builder().options(Options {
        caps: Caps {
            sessions,
            per_address,
        },
        trusted_proxies,
        ..Options::default()
    })
}

#[tokio::test]
async fn one_session_too_many() {
    for below in BOTH {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = heard.clone();
        let builder = capped(Some(2), None, 0).connection_error(move |_, refused| {
            let context = refused.refusal.context.name();
            told.lock().unwrap().push(context);
        });
        let (server, to) = start_echo(builder, below).await;
        let mut http = Http::connect(to).await;
        let session = open(&mut http).await;
        let ws = Ws::connect(to, SOCKET).await;
        for (target, headers) in [(POLLING, ""), (SOCKET, WEBSOCKET)] {
            let answer = ask(to, "GET", target, headers).await;
            let body = r#"{"code":4,"message":"Too many sessions"}"#;
            assert_eq!((answer.status, &*answer.body), (503, body), "{below:?}");
            let context = heard.lock().unwrap().pop();
            assert_eq!(context, Some(Some("SESSION_LIMIT")), "{below:?}");
        }
        // Those there are go on, and may change their transport.
        assert_eq!(http.post(&session, "4x").await.body, "ok");
        let upgrade = session.replace("polling", "websocket");
        drop(Ws::connect(to, &upgrade).await);
        drop(ws);
        until(1, || server.clients()).await;
        open(&mut http).await;
        assert_eq!(ask(to, "GET", POLLING, "").await.status, 503, "{below:?}");
    }
}

#[tokio::test]
async fn one_session_too_many_of_an_address() {
    for below in BOTH {
        let (server, to) = start(capped(None, Some(1), 1), below).await;
        for (address, expected) in [
            ("203.0.113.7", 200),
            ("6.6.6.6, 203.0.113.7", 429),
            ("203.0.113.8", 200),
            ("2001:db8:0:1::1", 200),
            ("[2001:db8:0:1::2]:80", 429),
            ("2001:db8:0:2::1", 200),
        ] {
            let header = format!("X-Forwarded-For: {address}\r\n");
            let answer = ask(to, "GET", POLLING, &header).await;
            assert_eq!(answer.status, expected, "{below:?} {address}");
            if expected == 429 {
                let body = r#"{"code":4,"message":"Too many sessions of this address"}"#;
                assert_eq!(answer.body, body);
            }
        }
        assert_eq!(server.clients(), 4);
    }
    // Without trust the connection's own address counts, whatever the client claims.
    let (_server, to) = start(capped(None, Some(1), 0), Below::Own).await;
    assert_eq!(ask(to, "GET", POLLING, "").await.status, 200);
    let header = "X-Forwarded-For: 203.0.113.7\r\n";
    assert_eq!(ask(to, "GET", POLLING, header).await.status, 429);
}

const CAP: usize = 24;
const STORM: usize = 300;

/// The `n`th client goes away at one of many points.
async fn abandoned(to: SocketAddr, n: usize) {
    let request = |target: &str, headers: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n")
    };
    let mut http = Http::connect(to).await;
    match n % 10 {
        0 => {}
        1 => http.send("GET /engine").await,
        2 => http.send(request(POLLING, "")).await,
        3 => http.send(request(SOCKET, WEBSOCKET)).await,
        4 => {
            http.send(request(SOCKET, WEBSOCKET)).await;
            http.io.set_zero_linger().unwrap();
        }
        5 => {
            http.send(request(&format!("{POLLING}&never"), "")).await;
            tokio::task::yield_now().await;
        }
        6 => {
            http.send(request(&format!("{SOCKET}&panic"), WEBSOCKET))
                .await;
            http.try_answer().await;
        }
        7 => {
            http.send(request(&format!("{POLLING}&deny"), "")).await;
            http.answer().await;
        }
        8 => {
            http.send(request(POLLING, "")).await;
            let answer = http.answer().await;
            if answer.status == 200 {
                let sid = common::http::sid(&answer.body);
                let io = TcpStream::connect(to).await.unwrap();
                let upgrade = format!("{SOCKET}&sid={sid}");
                let ws = Ws::handshake(io, &upgrade, &[], &["2probe"]).await;
                drop(ws);
                http.send(request(&format!("{POLLING}&sid={sid}"), ""))
                    .await;
            }
        }
        _ => {
            let io = TcpStream::connect(to).await.unwrap();
            if let Ok(mut ws) = Ws::handshake(io, SOCKET, &[], &["4x"]).await {
                ws.next().await;
            }
        }
    }
}

/// A client that stays.
async fn stays(mut ws: Ws) {
    loop {
        match ws.next().await {
            Said::Text(ping) if ping == "2" => ws.send("3").await,
            Said::Text(_) | Said::Binary(_) => {}
            Said::Close(_) | Said::End => return,
        }
    }
}

#[tokio::test]
async fn a_storm_of_clients_that_go_away_takes_no_place() {
    for below in BOTH {
        let config = Config {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(300),
            upgrade_timeout: Duration::from_millis(100),
            ..Config::default()
        };
        let builder = capped(Some(CAP), Some(CAP), 0)
            .config(config)
            .allow_request_later(|about| {
                let never = about.query.contains("never");
                let denied = about.query.contains("deny");
                assert!(!about.query.contains("panic"), "a hook that breaks down");
                async move {
                    tokio::task::yield_now().await;
                    if never {
                        std::future::pending::<()>().await;
                    }
                    match denied {
                        true => Admission::forbidden("no"),
                        false => Admission::Granted,
                    }
                }
            });
        let (server, to) = start_echo(builder, below).await;
        let mut storm = JoinSet::new();
        for n in 0..STORM {
            storm.spawn(abandoned(to, n));
            if storm.len() >= 16 {
                storm.join_next().await.unwrap().unwrap();
            }
        }
        while let Some(ended) = storm.join_next().await {
            ended.unwrap();
        }
        until(0, || server.clients()).await;
        // Clients that waited for a word may be noticed to have gone a little later.
        let mut clients = JoinSet::new();
        let full = tokio::time::Instant::now() + common::PATIENCE;
        while clients.len() < CAP {
            let io = TcpStream::connect(to).await.unwrap();
            match Ws::handshake(io, SOCKET, &[], &[]).await {
                Ok(ws) => drop(clients.spawn(stays(ws))),
                Err(refused) => {
                    assert_eq!(refused, "status 503 in place of 101");
                    let (there, now) = (clients.len(), tokio::time::Instant::now());
                    assert!(now < full, "{below:?}: {there} of {CAP} places");
                }
            }
        }
        assert_eq!(server.clients(), CAP);
        let answer = ask(to, "GET", SOCKET, WEBSOCKET).await;
        assert_eq!(answer.status, 503, "{below:?}");
    }
}
