//! A server that goes and comes back: what waits for it, and what the client says of itself anew.

use crate::{
    both::is_upgrade,
    rig::{Host, Log, log, ready, until},
};
use serde::{Deserialize, Serialize};
use siox::{
    Ack, Auth, Data, DisconnectReason, SendError, Server, Socket,
    blocking::{Client, ConnectionEvent, Overflow, Received},
};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

fn counting() -> (Server, Log<u32>) {
    let io = Server::new();
    let (tell, told) = log();
    io.namespace("/")
        .on("n", move |Data(n): Data<u32>, ack: Ack| {
            tell(n);
            ack.send(&n)
        });
    (io, told)
}

#[test]
fn a_buffer_is_delivered_once_and_in_order() {
    let (io, told) = counting();
    let mut host = Host::new(&io);
    let clients: Vec<Client> = host
        .ways("/")
        .into_iter()
        .map(|way| way.connect().unwrap())
        .collect();
    for client in &clients {
        // Before the first connection.
        for n in 0..10 {
            client.emit("n", &n).unwrap();
        }
        assert_eq!(told.take(10), (0..10).collect::<Vec<_>>());
    }
    host.kill();
    for client in &clients {
        until(|| !client.is_connected());
    }
    let (io, told) = counting();
    for n in 10..1_010u32 {
        clients[0].emit("n", &n).unwrap();
    }
    let last = clients[0].emit_with_ack::<u32>("n", &1_010, None);
    host.revive(&io);
    assert_eq!(told.take(1_001), (10..1_011).collect::<Vec<_>>());
    assert_eq!(last.wait().unwrap(), 1_010);
    for client in &clients[1..] {
        let answer = client.emit_with_ack::<u32>("n", &1, None).wait();
        assert_eq!(answer.unwrap(), 1);
        assert_eq!(told.next(), 1, "and nothing else");
    }
}

#[test]
fn the_connection_tells() {
    let mut host = Host::new(&counting().0);
    for way in host.ways("/") {
        let (tell, told) = log();
        let client = way
            .on_disconnect(move |reason: DisconnectReason| tell(reason))
            .connect()
            .unwrap();
        ready(&client);
        let first = client.id();
        let (event, events) = log();
        client.manager().on_event(move |e: &ConnectionEvent| {
            if !is_upgrade(e) {
                event(e.clone());
            }
        });
        host.kill();
        let reason = told.next();
        assert!(
            matches!(
                reason,
                DisconnectReason::TransportClose | DisconnectReason::TransportError
            ),
            "{reason}"
        );
        host.revive(&counting().0);
        ready(&client);
        assert_ne!(client.id(), first);
        assert!(matches!(events.next(), ConnectionEvent::Close { .. }));
        assert_eq!(events.next(), ConnectionEvent::ReconnectAttempt(1));
        while !matches!(events.next(), ConnectionEvent::Reconnect(1..)) {}
    }
}

#[test]
fn it_gives_up_when_it_was_told_to() {
    let mut host = Host::new(&Server::new());
    host.kill();
    let client = host.client("/").reconnection_attempts(2).connect().unwrap();
    assert!(client.ready().is_err());
    let client = host.client("/").reconnection(false).connect().unwrap();
    assert!(client.ready().is_err());
}

#[test]
fn the_buffer_is_bounded() {
    let mut host = Host::new(&Server::new());
    host.kill();
    let client = host
        .client("/")
        .offline_buffer(200, Overflow::Refuse)
        .connect()
        .unwrap();
    assert_eq!(client.emit("n", &1), Ok(()));
    assert_eq!(client.emit("n", &2), Ok(()));
    assert_eq!(client.emit("n", &3), Err(SendError::Full));
    assert_eq!(client.emit_when_ready("n", &3), Err(SendError::Full));
    assert_eq!(client.emit_volatile("n", &4), Ok(()), "lost");
    assert_eq!(client.volatile().emit("n", &4), Err(SendError::Closed));
    let (io, told) = counting();
    host.revive(&io);
    assert_eq!(told.take(2), [1, 2]);
}

#[derive(Serialize, Deserialize)]
struct Token {
    token: u32,
}

#[test]
fn credentials_are_asked_for_each_time() {
    let server = || {
        let io = Server::new();
        let (tell, told) = log();
        io.namespace("/")
            .on_connect(move |_: Socket, Auth(auth): Auth<Token>| tell(auth.token));
        (io, told)
    };
    let (io, told) = server();
    let mut host = Host::new(&io);
    let asked = AtomicU32::new(0);
    let client = host
        .client("/")
        .auth_with(move || match asked.fetch_add(1, Ordering::Relaxed) {
            2 => Err("no more tokens"),
            token => Ok(Token { token }),
        })
        .connect()
        .unwrap();
    let mut events = client.events();
    assert_eq!(told.next(), 0);
    host.kill();
    let (io, told) = server();
    host.revive(&io);
    assert_eq!(told.next(), 1);
    host.kill();
    host.revive(&server().0);
    let last = events.find_map(|event| match event {
        Received::ConnectError(error) if error.message() == "no more tokens" => Some(error),
        _ => None,
    });
    assert!(last.is_some() && !client.is_active());
    assert!(events.next_within(Duration::ZERO).is_err());
}

#[test]
fn an_overloaded_server_is_left_alone_as_long_as_it_asks() {
    use std::io::{Read, Write};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let _client = Client::builder(&url)
        .reconnection_delay(Duration::from_millis(1), Duration::from_millis(1))
        .connect()
        .unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
    let refused = std::time::Instant::now();
    let answer =
        b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).unwrap();
    drop(stream);
    // Whoever asks again early fails; a slow machine only asks later.
    drop(listener.accept().unwrap());
    assert!(refused.elapsed() >= Duration::from_secs(1));
}
