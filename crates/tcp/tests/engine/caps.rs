//! How many sessions there may be: who is beyond it is told so, and every way in which a session ends, or
//! never comes to be, gives its place back.

use crate::common::{Http, PATIENCE, Running, config, get, serve, sid, until};
use siox_tcp::{
    Message, WebSocket,
    engine::{Admission, Builder, Caps, Config, Event, Options, Server, Socket},
};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

const OPEN: &str = "/engine.io/?EIO=4&transport=polling";
const SOCKET: &str = "/engine.io/?EIO=4&transport=websocket";
const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

fn capped(sessions: Option<usize>, per_address: Option<usize>) -> Builder {
    Server::builder().options(Options {
        caps: Caps {
            sessions,
            per_address,
        },
        ..Options::default()
    })
}

fn upgrade(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: here\r\n{UPGRADE}\r\n")
}

#[test]
fn one_session_too_many() {
    for (builder, expected) in [
        (
            capped(Some(2), None),
            (503, r#"{"code":4,"message":"Too many sessions"}"#),
        ),
        (
            capped(None, Some(2)),
            (
                429,
                r#"{"code":4,"message":"Too many sessions of this address"}"#,
            ),
        ),
    ] {
        let running = serve(builder.config(config()), |_, _| {});
        let mut http = Http::connect(running.to);
        let session = http.open();
        let mut socket = Http::connect(running.to);
        socket.send(upgrade(SOCKET));
        assert_eq!(socket.answer().status, 101);
        for request in [get(OPEN), upgrade(SOCKET)] {
            let mut third = Http::connect(running.to);
            third.send(request);
            assert_eq!(third.answer().found(), expected);
        }
        assert_eq!(http.post(&session, "1").text(), "ok");
        until(&1, || running.server.clients());
        Http::connect(running.to).open();
        drop(socket);
        until(&1, || running.server.clients());
    }
}

const CAP: usize = 12;
const STORM: usize = 120;

/// The `n`th client goes away at one of many points.
fn abandoned(to: SocketAddr, n: usize) {
    let mut http = Http::connect(to);
    match n % 7 {
        0 => {}
        1 => http.send("GET /engine"),
        2 => http.send(get(OPEN)),
        3 => http.send(upgrade(SOCKET)),
        4 => {
            http.send(upgrade(&format!("{SOCKET}&panic")));
            http.try_answer();
        }
        5 => {
            http.send(get(&format!("{OPEN}&deny")));
            http.answer();
        }
        _ => {
            let answer = http.get(OPEN);
            if answer.status == 200 {
                let mut socket = Http::connect(to);
                socket.send(upgrade(&format!("{SOCKET}&sid={}", sid(answer.text()))));
                socket.answer();
                http.send(get(OPEN));
            }
        }
    }
}

/// Fills every place there is, with clients that stay, and tries one more.
fn fill(running: &Running) {
    let mut there = 0;
    while there < CAP {
        let io = TcpStream::connect(running.to).unwrap();
        match siox_tcp::open(io, "here", SOCKET, &siox_tcp::Options::default()) {
            Ok(client) => {
                there += 1;
                thread::spawn(|| stays(client));
            }
            Err(refused) => assert!(refused.to_string().contains("503"), "{refused}"),
        }
    }
    assert_eq!(running.server.clients(), CAP);
    let mut http = Http::connect(running.to);
    assert_eq!(http.get(OPEN).status, 503);
}

fn stays(mut client: WebSocket<TcpStream>) {
    while let Ok(Some(message)) = client.read() {
        if message == Message::from("2") && client.send("3").is_err() {
            return;
        }
    }
}

#[test]
fn a_storm_of_clients_that_go_away_takes_no_place() {
    let config = Config {
        ping_interval: Duration::from_secs(1),
        ping_timeout: Duration::from_secs(1),
        upgrade_timeout: Duration::from_millis(100),
        ..config()
    };
    let builder = capped(Some(CAP), Some(CAP))
        .config(config)
        .allow_request(|about| {
            assert!(!about.query.contains("panic"), "a hook that breaks down");
            match about.query.contains("deny") {
                true => Admission::forbidden("no"),
                false => Admission::Granted,
            }
        });
    let running = serve(builder, |_, _| {});
    thread::scope(|scope| {
        for part in 0..4 {
            let to = running.to;
            scope.spawn(move || (0..STORM / 4).for_each(|n| abandoned(to, n * 4 + part)));
        }
    });
    until(&0, || running.server.clients());
    fill(&running);
}

/// Who breaks down over a client's end takes neither that client's place nor the deadlines of others.
#[test]
fn a_handler_that_breaks_down() {
    let config = Config {
        ping_interval: Duration::from_millis(50),
        ping_timeout: Duration::from_millis(50),
        ..config()
    };
    let builder = capped(Some(1), None).config(config);
    let server = builder.build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let serving = server.clone();
    thread::spawn(move || {
        serving.serve_handler(&listener, |_: &Socket, event: Event<'_>| {
            assert!(
                !matches!(event, Event::Closed(_)),
                "a handler that breaks down"
            );
        })
    });
    for _ in 0..3 {
        Http::connect(to).open();
        until(&0, || server.clients());
    }
    assert!(server.close(PATIENCE));
}
