//! The upgrade, with a server that is killed, refuses, lies or is slow in the middle of it.

use crate::{
    event, line, options,
    script::{Asked, OPEN, Server, impatient},
};
use siox_engineio::ClientConfig;
use siox_tcp::engine::{self, Client, ClientEvent};
use std::{io::Write, thread};

/// A session that polls and asks for a WebSocket.
struct Probing {
    server: Server,
    client: Client,
    poll: Asked,
    socket: Asked,
}

fn probing(engine: ClientConfig) -> Probing {
    let mut server = Server::new();
    let (url, options) = (server.url(), options(engine));
    let client = thread::scope(|scope| {
        scope.spawn(|| {
            let mut asked = server.expect("GET");
            asked.answer(OPEN);
            server.keep(asked.io);
        });
        engine::connect(&url, &options).unwrap()
    });
    // In whichever order they arrive.
    let (first, second) = (server.next(), server.next());
    let (socket, poll) = match first.is_socket() {
        true => (first, second),
        false => (second, first),
    };
    assert!(socket.line.contains("transport=websocket&sid=x"));
    Probing {
        server,
        client,
        poll,
        socket,
    }
}

#[test]
fn messages_cross_on_the_way() {
    let mut p = probing(ClientConfig::default());
    p.socket.agree();
    assert_eq!(p.socket.heard(), "2probe");
    p.socket.frame("3probe");
    p.socket.is_heard();
    p.client.send("queued").unwrap();
    p.poll.answer("4last");
    assert_eq!(p.socket.heard(), "5");
    assert_eq!(p.socket.heard(), "4queued");
    p.socket.frame("4first");
    for expected in ["last", "upgraded", "first"] {
        assert_eq!(line(&mut p.client), expected);
    }
    p.client.send("more").unwrap();
    assert_eq!(p.socket.heard(), "4more");
    p.socket.frame("2");
    assert_eq!(p.socket.heard(), "3");
    drop(p.socket);
    assert_eq!(line(&mut p.client), "closed: transport close");
}

/// The session goes on over polling, both ways.
fn lives_on(mut server: Server, mut client: Client, mut poll: Asked) {
    poll.answer("4down");
    server.keep(poll.io);
    assert_eq!(line(&mut client), "down");
    client.send("up").unwrap();
    let mut held = Vec::new();
    loop {
        let mut asked = server.next();
        if asked.body == "4up" {
            asked.answer("ok");
            break;
        }
        // The poll stays open.
        assert_eq!(asked.body, "");
        held.push(asked);
    }
}

#[test]
fn refusals() {
    for (answer, told) in [
        (
            "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n",
            "no upgrade: the server answered 400",
        ),
        (
            "HTTP/1.1 101 Yes\r\n\r\n",
            "no upgrade: the server cannot be reached",
        ),
        ("?\r\n\r\n", "no upgrade: the server cannot be reached"),
    ] {
        let mut p = probing(ClientConfig::default());
        p.socket.io.write_all(answer.as_bytes()).unwrap();
        assert_eq!(line(&mut p.client), told);
        lives_on(p.server, p.client, p.poll);
    }
}

#[test]
fn killed_at_each_step() {
    for step in 0..4 {
        let mut p = probing(ClientConfig::default());
        if step > 0 {
            p.socket.agree();
        }
        if step > 1 {
            assert_eq!(p.socket.heard(), "2probe");
        }
        if step > 2 {
            p.socket.frame("3probe");
            p.socket.is_heard();
        }
        drop(p.socket);
        let told = line(&mut p.client);
        assert_eq!(told, "no upgrade: the server cannot be reached", "{step}");
        lives_on(p.server, p.client, p.poll);
    }
}

#[test]
fn probes_answered_wrongly_or_never() {
    for wrong in ["3", "4a", "0{}", "5"] {
        let mut p = probing(ClientConfig::default());
        p.socket.agree();
        assert_eq!(p.socket.heard(), "2probe");
        p.socket.frame(wrong);
        let told = line(&mut p.client);
        assert_eq!(
            told,
            "no upgrade: the probe got another answer than its pong"
        );
        lives_on(p.server, p.client, p.poll);
    }
    for agrees in [true, false] {
        let mut p = probing(impatient());
        if agrees {
            p.socket.agree();
        }
        let told = line(&mut p.client);
        assert_eq!(told, "no upgrade: the upgrade took too long");
        lives_on(p.server, p.client, p.poll);
    }
}

#[test]
fn a_server_killed_with_all_its_connections() {
    let mut p = probing(ClientConfig::default());
    p.socket.agree();
    drop((p.poll, p.socket, p.server));
    let mut heard = Vec::new();
    while let Some(event) = event(&mut p.client) {
        heard.push(event);
    }
    let last = heard.pop().unwrap();
    assert!(matches!(last, ClientEvent::Closed { .. }), "{last:?}");
    let failed = |event: &ClientEvent<'_>| matches!(event, ClientEvent::UpgradeFailed(_));
    assert!(heard.iter().all(failed));
}
